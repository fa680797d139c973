//! Asking receivers whether they want their webhooks. Until one consents, its webhook is pending and nothing
//! else is sent there; one that was confirmed and is to go elsewhere is served where it was. A receiver is asked a few times, then again after the next start, or when
//! somebody changes or resumes the webhook.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use super::sender::Sender;
use crate::clock;
use crate::domain::form::Verification;
use crate::domain::id::{AccountNo, WebhookNo};
use crate::domain::target::TargetUrl;
use crate::domain::webhook::{Webhook, WebhookState};
use crate::fair::FairBudget;
use crate::render::confirm::{Asking, Question, consents};
use crate::store::audit::Actor;
use crate::store::command::Edit;

/// The waits before each time a receiver is asked.
const WAITS: [Duration; 4] =
    [Duration::ZERO, Duration::from_secs(2), Duration::from_secs(30), Duration::from_secs(300)];

impl Sender {
    /// Asks a pending webhook's receiver until it consents, or has been asked often enough.
    pub(super) async fn confirm(self: Arc<Self>, no: WebhookNo, turns: FairBudget<AccountNo>) {
        for wait in WAITS {
            tokio::time::sleep(wait).await;
            let account = self.store.directory().webhook(no).map(|webhook| webhook.account);
            let Some(account) = account else { return };
            let _turn = turns.take(account).await;
            let Some(webhook) = self.store.directory().webhook(no).cloned() else { return };
            let Some(target) = webhook.to_confirm().filter(|_| !webhook.expired(clock::now())) else {
                return;
            };
            let kind = self.rules().profiles.verification(&webhook);
            match self.ask(&webhook, target, kind).await {
                Ok(()) => return self.activate(&webhook, target, kind).await,
                Err(why) => tracing::warn!(webhook = %webhook.id, why, "the receiver did not confirm"),
            }
        }
        self.give_up_callback(no).await;
    }

    /// Removes a webhook of one event that no one confirmed: no one asks for it again, and what waits for it
    /// would wait for ever.
    async fn give_up_callback(&self, no: WebhookNo) {
        let found = self.store.directory().webhook(no).cloned();
        let Some(webhook) = found.filter(|webhook| webhook.terms.once) else { return };
        if webhook.state == WebhookState::Pending {
            tracing::warn!(webhook = %webhook.id, "removed: its receiver did not confirm it");
            let _ = self.store.edit(Edit::RemoveWebhook(webhook.id), Actor::Daemon, clock::now()).await;
        }
    }

    /// Asks once. What no one asks to be confirmed any more is confirmed.
    async fn ask(
        &self,
        webhook: &Webhook,
        target: &TargetUrl,
        kind: Option<Verification>,
    ) -> Result<(), String> {
        let Some(kind) = kind else { return Ok(()) };
        let random: [u8; 24] = clock::random_bytes().map_err(|error| error.to_string())?;
        let challenge = match kind {
            // Its receiver checks signatures with what it echoes here.
            Verification::HookSecret => {
                let secret = &webhook.secrets.current;
                secret.public().unwrap_or_else(|| secret.expose().to_owned())
            }
            Verification::CloudEvents | Verification::WebSub | Verification::Challenge => {
                URL_SAFE_NO_PAD.encode(random)
            }
        };
        let origin = url::Url::parse(&self.public_url).ok();
        let origin = origin.as_ref().and_then(url::Url::host_str).unwrap_or("localhost");
        let topics: Vec<String> = webhook.events.iter().map(ToString::to_string).collect();
        let lease = webhook.expires_at.map(|at| at.since(clock::now()).as_secs());
        let topic = topics.join(",");
        let asking = Asking { kind, challenge: &challenge, origin, topic: &topic, lease };
        let Question { method, query, header, body } = Question::new(&asking);
        let mut request = self.request(webhook, method, Bytes::new());
        request.target = target.clone();
        if !body.is_empty() {
            request.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            request.body = body;
        }
        if let Some((name, value)) = header {
            let value = HeaderValue::from_str(&value).map_err(|error| error.to_string())?;
            request.headers.insert(name, value);
        }
        if !query.is_empty() {
            request.target = with_query(target, &query)?;
        }
        consents(&asking, &self.egress.exchange(request).await)
    }

    /// Serves a webhook at the target whose receiver confirmed it, unless it is another one by now.
    async fn activate(&self, asked: &Webhook, target: &TargetUrl, kind: Option<Verification>) {
        tracing::info!(webhook = %asked.id, "the receiver confirmed its webhook");
        let confirmed = |now: &Webhook| {
            let same = self.rules().profiles.verification(now) == kind;
            now.confirmed(target).filter(|_| same)
        };
        self.revise(asked.no(), confirmed).await;
    }
}

fn with_query(url: &TargetUrl, query: &str) -> Result<TargetUrl, String> {
    let joint = if url.as_str().contains('?') { '&' } else { '?' };
    TargetUrl::from_stored(&format!("{url}{joint}{query}")).map_err(|error| error.to_string())
}
