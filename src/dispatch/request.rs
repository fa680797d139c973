//! The request of an attempt: rendered, signed, and sent to a URL or handed to a listener.

use std::cell::RefCell;

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::sync::oneshot;

use super::sender::Sender;
use super::task::{Task, Unread};
use crate::clock;
use crate::domain::delivery::Reason;
use crate::domain::event::{Event, Key};
use crate::domain::form::PayloadForm;
use crate::domain::outcome::{ErrorKind, Exchange, Want};
use crate::domain::profile::{Profile, SignatureScheme};
use crate::domain::template::{self, FillError, HeadersError};
use crate::domain::time::Timestamp;
use crate::egress::OutgoingRequest;
use crate::limits;
use crate::listen::{self, Answered};
use crate::render::{self, Confidential, Rendered};
use crate::sign;

/// What was sent, as it is kept, and what came back.
pub(super) struct Sent {
    pub(super) headers: HeaderMap,
    pub(super) exchange: Exchange,
    /// Why nothing was sent, where no retry mends that.
    pub(super) hopeless: Option<Reason>,
    /// What the answer is not to be kept with.
    pub(super) confidential: Confidential,
    /// Who is to know once the outcome is durable.
    pub(super) stored: Option<oneshot::Sender<()>>,
}

impl Sender {
    /// Sends it. `None`: to a listener, which left without an answer.
    pub(super) async fn send(&self, task: &Task, profile: &Profile, now: Timestamp) -> Option<Sent> {
        let event = match (&task.event, task.unread) {
            (Some(event), None) => event,
            (_, Some(Unread::Failed)) => return Some(Sent::unread()),
            (_, Some(Unread::Lost)) | (None, None) => return Some(Sent::lost()),
        };
        #[cfg(feature = "faults")]
        if event.header.event_type.as_str() == "fault.poison" {
            std::process::abort();
        }
        let mut confidential = Confidential::default();
        let made = match self.made_headers(task, event, &mut confidential) {
            Ok(made) => made,
            Err(error) => return Some(Sent::unmade(&error)),
        };
        let delivery = task.delivery(event.header.accepted_at);
        let resource_url = (task.row.form == PayloadForm::ResourceUrl)
            .then(|| self.store.resource_key().url(&self.public_url, delivery));
        let given = render::RenderContext {
            now,
            templated: task.body.as_ref(),
            delivery: Some(delivery),
            resource_url: resource_url.as_deref(),
        };
        let custom = [task.webhook.headers.as_slice(), &made].concat();
        let mut rendered = match render::render(event, &custom, profile, task.row.form, &given) {
            Ok(rendered) => rendered,
            Err(error) => {
                let too_large = matches!(error, render::RenderError::TooLarge { .. });
                let hopeless = too_large.then_some(Reason::TooLarge);
                return Some(Sent { hopeless, ..Sent::nothing(error.to_string()) });
            }
        };
        let id = event.header.id.to_string();
        let message = sign::Message { id: &id, now, url: task.webhook.url.as_str(), body: &rendered.body };
        if let Err(reason) = self.sign(task, profile, &message, &mut rendered.headers) {
            let exchange = Exchange::failed(ErrorKind::SecretMissing, reason);
            return Some(Sent { exchange, ..Sent::nothing("") });
        }
        let headers = render::masked(&rendered.headers, profile);
        confidential.add_headers(&rendered.headers, &headers);
        confidential.add_target(&task.webhook.url);
        let (exchange, stored) = if task.webhook.has_listener() {
            let Answered { exchange, stored } = self.hand_over(task, profile, event, rendered).await?;
            (exchange, Some(stored))
        } else {
            (self.egress.exchange(outgoing(task, profile, rendered)).await, None)
        };
        Some(Sent { headers, exchange, hopeless: None, confidential, stored })
    }

    /// Has a webhook's listener make the request. `None`: it left without an answer.
    async fn hand_over(
        &self,
        task: &Task,
        profile: &Profile,
        event: &Event,
        rendered: Rendered,
    ) -> Option<Answered> {
        let within = profile.timeouts.total;
        let request = listen::Request {
            delivery: task.delivery(event.header.accepted_at),
            event: event.header.id,
            event_type: event.header.event_type.clone(),
            number: task.row.attempts + 1,
            headers: rendered.headers,
            body: rendered.body,
            within,
        };
        let time = within.saturating_add(limits::LISTENER_GRACE);
        let started = clock::monotonic();
        let mut answered = self.listeners.exchange(task.webhook.no(), request, time).await?;
        // What its target took, as it says, or all that passed.
        let (took, passed) =
            (&mut answered.exchange.timings.total, clock::monotonic().duration_since(started));
        *took = if took.is_zero() { passed } else { passed.min(*took) };
        Some(answered)
    }

    fn sign(
        &self,
        task: &Task,
        profile: &Profile,
        message: &sign::Message<'_>,
        headers: &mut HeaderMap,
    ) -> Result<(), String> {
        let (schemes, secrets) = (&profile.signature, &task.webhook.secrets);
        if !schemes.iter().any(|scheme| matches!(scheme, SignatureScheme::Jwt { .. })) {
            return sign::sign(schemes, secrets, None, message, headers).map_err(|error| error.to_string());
        }
        let keys = self.store.directory().signing_keys();
        let issuer = sign::jwt::Issuer {
            url: &self.public_url,
            subject: subject(task).unwrap_or(message.id),
            token_id: clock::random_bytes().map(u128::from_le_bytes).map_err(|error| error.to_string())?,
            keys: &keys,
            algorithm: self.store.callback_algorithm(),
        };
        sign::sign(schemes, secrets, Some(&issuer), message, headers).map_err(|error| error.to_string())
    }

    /// The headers that the webhook's template gives. They hold secrets, so they are made for each
    /// attempt and kept nowhere.
    fn made_headers(
        &self,
        task: &Task,
        event: &Event,
        confidential: &mut Confidential,
    ) -> Result<Vec<(HeaderName, HeaderValue)>, HeadersError> {
        let template = task.webhook.terms.template.as_deref();
        let Some(text) = template.and_then(|template| template.headers.as_deref()) else {
            return Ok(Vec::new());
        };
        let secrets: Vec<_> = self.store.directory().secrets(task.webhook.account).cloned().collect();
        let confidential = RefCell::new(confidential);
        let secret = |name: &str| {
            let text = &secrets.iter().find(|secret| secret.name.as_str() == name)?.text;
            confidential.borrow_mut().add_secret(text.expose());
            Some(text)
        };
        template::fill_headers(text, &event.data, event.header.accepted_at, secret)
    }
}

impl Sent {
    pub(super) fn nothing(detail: impl Into<String>) -> Self {
        let exchange = Exchange::failed(ErrorKind::Render, detail);
        let (headers, confidential) = (HeaderMap::new(), Confidential::default());
        Self { headers, exchange, hopeless: None, confidential, stored: None }
    }

    /// What is to be sent is damaged or gone.
    fn lost() -> Self {
        let detail =
            "not sent: the event's data is damaged or no longer in the store; the daemon's log has more";
        Self { hopeless: Some(Reason::Quarantined), ..Self::nothing(detail) }
    }

    /// What is to be sent could not be read, which is not the receiver's fault.
    fn unread() -> Self {
        let mut sent = Self::nothing("not sent: the event's data could not be read; it is tried again");
        sent.exchange.want = Some(Want::Own);
        sent
    }

    fn unmade(error: &HeadersError) -> Self {
        let kind = match error {
            HeadersError::Fill(FillError::SecretMissing(_)) => ErrorKind::SecretMissing,
            _ => ErrorKind::Render,
        };
        Self { exchange: Exchange::failed(kind, error.to_string()), ..Self::nothing("") }
    }
}

/// A rendered request on its way to a URL.
fn outgoing(task: &Task, profile: &Profile, rendered: Rendered) -> OutgoingRequest {
    OutgoingRequest {
        webhook: task.webhook.no(),
        account: task.webhook.account,
        method: Method::POST,
        target: task.webhook.url.clone(),
        headers: rendered.headers,
        body: rendered.body,
        timeouts: profile.timeouts,
        whole_answer: profile.whole_answer,
        any_certificate: task.webhook.terms.any_certificate,
        tls: task.webhook.tls.clone(),
    }
}

/// The run that a token is about, where the webhook is bound to one: by the id that its API gave the
/// event, else by the job's own.
fn subject(task: &Task) -> Option<&str> {
    let job = task.webhook.terms.scope.as_ref()?.id_of("job")?;
    let given = task.event.as_ref()?.header.source_id.as_ref();
    Some(given.map_or(job, Key::as_str))
}
