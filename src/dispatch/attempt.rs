//! One attempt, from a due row to a committed outcome: render, sign, send, judge, hand to the store.

use std::cell::RefCell;

use futures_util::FutureExt;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use tokio::sync::oneshot;

use super::sender::Sender;
use super::task::{Ended, How, Task, Unread};
use super::verdict::{change, ended, interrupted_wait, notice, run_notice};

use crate::clock;
use crate::domain::delivery::{Attempt, DeliveryState, Reason, Trigger};
use crate::domain::event::{Event, Key};
use crate::domain::form::PayloadForm;
use crate::domain::id::{AccountNo, DeliveryId};
use crate::domain::operational::Notice;
use crate::domain::outcome::{ErrorKind, Exchange, Want};
use crate::domain::profile::{Profile, SignatureScheme};
use crate::domain::template::{self, FillError, HeadersError};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Waits;
use crate::egress::OutgoingRequest;
use crate::limits;
use crate::listen::{self, Answered};
use crate::render::{self, Confidential, Rendered};
use crate::schedule::{self, Health, Landed};
use crate::sign;
use crate::store::Store;
use crate::store::command::{Accept, Complete, DeliveryChange, RunChange};
#[cfg(feature = "otlp")]
use crate::telemetry::otlp::Span;

/// What was sent, as it is kept, and what came back.
struct Sent {
    headers: HeaderMap,
    exchange: Exchange,
    /// Why nothing was sent, where no retry mends that.
    hopeless: Option<Reason>,
    /// What the answer is not to be kept with.
    confidential: Confidential,
    /// Who is to know once the outcome is durable.
    stored: Option<oneshot::Sender<()>>,
}

/// What an outcome changes besides its delivery: the webhook's run of failures, and operational events.
#[derive(Default)]
struct OutcomeEffects {
    run: Option<RunChange>,
    waits: Option<Waits>,
    emit: Vec<Accept>,
}

impl Sender {
    /// Makes the attempt. Whatever happens, the loop hears of its end and the store of its outcome: a lane
    /// that keeps an order would stand still else.
    pub(super) async fn run(&self, task: Task) {
        let attempt = std::panic::AssertUnwindSafe(self.attempt(task.clone())).catch_unwind().await;
        if attempt.is_err() {
            self.give_up(task).await;
        }
    }

    async fn attempt(&self, mut task: Task) {
        let started_at = clock::now();
        let found = self.store.directory().webhook(task.webhook.no()).cloned();
        let found = found.filter(|webhook| webhook.id == task.webhook.id);
        let Some(webhook) = found.filter(|webhook| self.serves(webhook, started_at)) else {
            // Removed, paused or the like since it was to start: nothing is sent.
            return self.give_back(&task).await;
        };
        // It may have waited for long: its target and its secret are those of now.
        task.webhook = webhook;
        let rules = self.rules();
        let profile = rules.profiles.of(&task.webhook);
        let sent = self.send(&task, profile, started_at);
        let sent = std::panic::AssertUnwindSafe(sent).catch_unwind().await;
        let sent =
            sent.unwrap_or_else(|_| Some(Sent::nothing("sending it failed inside the daemon; see its log")));
        // Its listener left without an answer.
        let Some(mut sent) = sent else { return self.give_back(&task).await };
        let stored = sent.stored.take();
        let now = clock::now();
        let error = sent.exchange.error.as_ref().map(|error| error.kind);
        let ended = ended(&task, profile, &sent.exchange, now);
        let Some(landed) = self.end(&task, ended, error).await else { return };
        self.metrics.attempted(task.webhook.id, &sent.exchange);
        if let (true, Some(event)) = (sent.exchange.succeeded(), &task.event) {
            self.metrics.delivered(now.since(event.header.accepted_at));
        }
        self.log(&task, &sent.exchange);
        let change = match sent.hopeless {
            Some(reason) => DeliveryChange::Failed(reason),
            None => {
                let since = self.wait_began(&task, &sent.exchange).await.unwrap_or(now);
                let spent = landed.spent && sent.exchange.want != Some(Want::Own);
                change(&task, profile, &sent.exchange, spent, since, now)
            }
        };
        match change {
            DeliveryChange::Delivered => self.metrics.ended(DeliveryState::Delivered),
            DeliveryChange::Retry { .. } => {}
            DeliveryChange::Failed(_) | DeliveryChange::DisableWebhook(_) | DeliveryChange::RemoveWebhook => {
                self.metrics.ended(DeliveryState::Failed);
            }
        }
        #[cfg(feature = "otlp")]
        self.trace(&task, &sent.exchange, started_at, now);
        let effects = self.effects(&task, &sent.exchange, change, landed, now);
        let complete = self.complete(task, started_at, sent, change, effects);
        if let Err(error) = self.store.complete(complete, now) {
            tracing::debug!(%error, "an outcome was not stored; the attempt will be repeated");
        } else if let Some(stored) = stored {
            self.say_stored(stored).await;
        }
    }

    /// Hands a row back to the loop: no attempt was made.
    async fn give_back(&self, task: &Task) {
        let (webhook, row) = (task.webhook.no(), task.row);
        let _ = self.ended.send(Ended { webhook, row, how: How::Returned }).await;
    }

    /// Says that an outcome is durable once it is: whatever is asked of the store after it is later.
    async fn say_stored(&self, stored: oneshot::Sender<()>) {
        if self.store.mark_suspects(Vec::new()).await.is_ok() {
            // Whoever waited may have gone.
            let _ = stored.send(());
        }
    }

    /// When the wait began that a failed try by hand interrupted, if it did.
    async fn wait_began(&self, task: &Task, exchange: &Exchange) -> Option<Timestamp> {
        if task.row.trigger == Trigger::Scheduled || exchange.succeeded() {
            return None;
        }
        let (event, webhook) = (task.row.key.event, task.webhook.no());
        let read = self.read(task.webhook.account, move |store| {
            let delivery = store.delivery(event, webhook).ok().flatten()?;
            let attempts = store.attempts(&delivery).ok()?;
            interrupted_wait(&attempts, delivery.started_at)
        });
        read.await.flatten()
    }

    /// Reads the store on a thread that may block, once the account may have one. `None`: the read panicked.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        account: AccountNo,
        read: impl FnOnce(&Store) -> T + Send + 'static,
    ) -> Option<T> {
        let permit = self.reads.take(account).await;
        let store = self.store.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let found = read(&store);
            // Here, since a thread goes on when no one waits for it any more.
            drop(permit);
            found
        });
        reading.await.ok()
    }

    /// Gives up a delivery that brought the process down, with an attempt that says so.
    pub(super) async fn quarantine(&self, task: Task) {
        let now = clock::now();
        let sent = Sent::nothing("not sent: each time it was, the daemon went down");
        let Some(landed) = self.end(&task, Health::Neutral.into(), None).await else { return };
        tracing::error!(webhook = %task.webhook.id, event = task.row.key.event.0, "delivery quarantined");
        let change = DeliveryChange::Failed(Reason::Quarantined);
        let effects = self.effects(&task, &sent.exchange, change, landed, now);
        let complete = self.complete(task, now, sent, change, effects);
        if let Err(error) = self.store.complete(complete, now) {
            tracing::debug!(%error, "a quarantine was not stored; it will be repeated");
        }
    }

    /// Gives up a delivery whose attempt panicked, without asking or reporting to what may panic again.
    async fn give_up(&self, task: Task) {
        let now = clock::now();
        tracing::error!(webhook = %task.webhook.id, event = task.row.key.event.0, "an attempt failed inside the daemon");
        // When the loop has heard of the end already, this changes nothing.
        if self.end(&task, Health::Neutral.into(), None).await.is_none() {
            return;
        }
        let sent = Sent::nothing("the attempt failed inside the daemon; see its log");
        let change = DeliveryChange::Failed(Reason::Quarantined);
        let complete = self.complete(task, now, sent, change, OutcomeEffects::default());
        if let Err(error) = self.store.complete(complete, now) {
            tracing::debug!(%error, "an outcome was not stored; the attempt will be repeated");
        }
    }

    /// Informs the loop, which must know of the end before the store can report the outcome to it, and
    /// learns what the end makes of the lane. `None`: the loop has ended.
    async fn end(&self, task: &Task, ended: schedule::Ended, error: Option<ErrorKind>) -> Option<Landed> {
        let (landed, answer) = oneshot::channel();
        let how = How::Made { ended, error, landed };
        self.ended.send(Ended { webhook: task.webhook.no(), row: task.row, how }).await.ok()?;
        answer.await.ok()
    }

    /// Sends it. `None`: to a listener, which left without an answer.
    async fn send(&self, task: &Task, profile: &Profile, now: Timestamp) -> Option<Sent> {
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
        let delivery = delivery_id(task, event.header.accepted_at);
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
            delivery: delivery_id(task, event.header.accepted_at),
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

    /// What an attempt's end changes besides its delivery, and the events about it.
    fn effects(
        &self,
        task: &Task,
        exchange: &Exchange,
        change: DeliveryChange,
        landed: Landed,
        now: Timestamp,
    ) -> OutcomeEffects {
        #[cfg(feature = "faults")]
        #[expect(clippy::panic, reason = "the fault that tests plant")]
        if task.event.as_ref().is_some_and(|event| event.header.event_type.as_str() == "fault.panic") {
            panic!("planted");
        }
        let last_error = exchange.error.as_ref().map(|error| error.kind);
        let accept = |notice: Notice| self.notices.accept(&notice, &task.webhook, last_error, now);
        let notice = task.event.as_deref().and_then(|event| notice(change, event));
        let emit = notice.and_then(accept).into_iter().collect();
        let run = landed.run.map(|schedule::RunChange { order, failing, news }| RunChange {
            order,
            failing,
            emit: run_notice(news, failing).and_then(accept),
        });
        OutcomeEffects { run, waits: landed.waits, emit }
    }

    fn complete(
        &self,
        task: Task,
        started_at: Timestamp,
        mut sent: Sent,
        change: DeliveryChange,
        OutcomeEffects { run, waits, emit }: OutcomeEffects,
    ) -> Complete {
        // Before it is masked: what is repeated in it is to be found.
        if let Some(response) = &mut sent.exchange.response {
            render::unpack(response);
        }
        sent.confidential.mask(&mut sent.exchange);
        let accepted_at = task.event.as_ref().map_or(started_at, |event| event.header.accepted_at);
        let delivery = delivery_id(&task, accepted_at);
        let Task { webhook, row, .. } = task;
        Complete {
            row,
            webhook: webhook.no(),
            attempt: Attempt {
                delivery,
                number: 0,
                trigger: row.trigger,
                started_at,
                request_headers: sent.headers,
                exchange: sent.exchange,
            },
            change,
            run,
            waits,
            emit,
        }
    }

    #[cfg(feature = "otlp")]
    fn trace(&self, task: &Task, exchange: &Exchange, started_at: Timestamp, ended_at: Timestamp) {
        let Some(spans) = &self.spans else { return };
        spans.record(Span {
            event: task.event.as_ref().map(|event| event.header.id),
            webhook: task.webhook.id,
            attempt: task.row.attempts + 1,
            started_at,
            ended_at,
            status: exchange.status(),
            error: exchange.error.as_ref().map(|error| error.kind),
        });
    }

    fn log(&self, task: &Task, exchange: &Exchange) {
        let event = task.event.as_ref().map(|event| event.header.id);
        tracing::info!(
            event = event.map(tracing::field::display),
            webhook = %task.webhook.id,
            attempt = task.row.attempts + 1,
            status = exchange.status(),
            error = exchange.error.as_ref().map(|error| error.kind.as_str()),
            duration_ms = u64::try_from(exchange.timings.total.as_millis()).ok(),
            "attempt"
        );
    }
}

impl Sent {
    fn nothing(detail: impl Into<String>) -> Self {
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
    }
}

/// The run that a token is about, where the webhook is bound to one: by the id that its API gave the
/// event, else by the job's own.
fn subject(task: &Task) -> Option<&str> {
    let job = task.webhook.terms.scope.as_ref()?.id_of("job")?;
    let given = task.event.as_ref()?.header.source_id.as_ref();
    Some(given.map_or(job, Key::as_str))
}

fn delivery_id(task: &Task, accepted_at: Timestamp) -> DeliveryId {
    DeliveryId::new(accepted_at, task.row.key.event, task.webhook.no())
}
