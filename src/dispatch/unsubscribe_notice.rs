//! Telling receivers that their webhooks were deactivated: a DELETE to the target, where that was asked for.
//!
//! The wish stands in the webhook until the DELETE was made, so a daemon that is killed before that makes it
//! after its next start; one that is killed between the two makes it again. What the receiver answers
//! changes nothing: it is mostly one that no longer answers.

use bytes::Bytes;
use http::header::USER_AGENT;
use http::{HeaderMap, Method};

use super::sender::Sender;
use crate::clock;
use crate::domain::id::WebhookNo;
use crate::domain::terms::Terms;
use crate::domain::webhook::{DisabledWhy, Webhook, WebhookState};
use crate::egress::OutgoingRequest;
use crate::store::audit::Actor;
use crate::store::command::{Edit, Refused};

/// How often a change is tried that others were quicker than.
const REVISIONS: u32 = 10;

/// Whether a webhook's receiver is to be informed that it was deactivated.
pub(super) fn is_owed(webhook: &Webhook) -> bool {
    let failing = matches!(webhook.state, WebhookState::Disabled { why: DisabledWhy::Failing, .. });
    failing && webhook.terms.notify_unsubscribe
}

impl Sender {
    /// Informs a receiver, and stores that it did.
    pub(super) async fn send_deactivated(&self, webhook: &Webhook) {
        let exchange = self.egress.exchange(self.request(webhook, Method::DELETE, Bytes::new())).await;
        tracing::info!(
            webhook = %webhook.id,
            status = exchange.status(),
            error = exchange.error.as_ref().map(|error| error.kind.as_str()),
            "notified the receiver that its webhook was deactivated"
        );
        let informed = |now: &Webhook| {
            let terms = Terms { notify_unsubscribe: false, ..now.terms.clone() };
            is_owed(now).then(|| Webhook { terms, ..now.clone() })
        };
        self.revise(webhook.no(), informed).await;
    }

    /// A request to a webhook's target that is not a delivery.
    pub(super) fn request(&self, webhook: &Webhook, method: Method, body: Bytes) -> OutgoingRequest {
        let rules = self.rules();
        let profile = rules.profiles.of(webhook);
        let mut headers = HeaderMap::new();
        for (name, value) in profile.headers.iter().chain(&webhook.headers) {
            headers.insert(name, value.clone());
        }
        headers.insert(USER_AGENT, profile.user_agent.clone());
        let (target, timeouts) = (webhook.url.clone(), profile.timeouts);
        OutgoingRequest {
            webhook: webhook.no(),
            account: webhook.account,
            method,
            target,
            headers,
            body,
            timeouts,
            whole_answer: true,
            any_certificate: webhook.terms.any_certificate,
            tls: webhook.tls.clone(),
        }
    }

    /// Changes a webhook as it stands, once more when it was changed meanwhile; `None` leaves it.
    pub(super) async fn revise(&self, no: WebhookNo, change: impl Fn(&Webhook) -> Option<Webhook>) {
        for _ in 0..REVISIONS {
            let Some(from) = self.store.directory().webhook(no).cloned() else { return };
            let Some(to) = change(&from) else { return };
            let now = clock::now();
            let to = Box::new(Webhook { updated_at: now, ..to });
            match self.store.edit(Edit::UpdateWebhook { from, to }, Actor::Daemon, now).await {
                Ok(Err(Refused::State(_))) => {}
                Ok(_) | Err(_) => return,
            }
        }
    }
}
