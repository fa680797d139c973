//! Listeners: webhooks whose receiver is a client that holds a connection to the API.

use std::sync::Arc;

use super::core::App;
use super::webhook_edits;
use crate::domain::event::Key;
use crate::domain::id::{AccountNo, DeliveryId, WebhookId};
use crate::domain::outcome::Exchange;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
pub use crate::listen::{Attached, End, Request};
use crate::store::audit::Actor;

/// The listener that an account keeps under a name.
#[must_use]
pub fn kept(app: &App, account: AccountNo, name: &Key) -> Option<Arc<Webhook>> {
    let directory = app.store.directory();
    let mut all = directory.webhooks().filter(|webhook| webhook.account == account && webhook.has_listener());
    all.find(|webhook| webhook.terms.key.as_ref() == Some(name)).cloned()
}

/// Connects a listener: from now on it is sent what is due. Who was connected in its place is not any more.
#[must_use]
pub fn attach(app: &App, webhook: &Webhook) -> Attached {
    app.listeners.attach(webhook.no())
}

/// Takes what a listener's target answered; returns once that is durable as the attempt.
///
/// # Errors
/// When no request waits for the answer, or it could not be stored: then the delivery is sent again.
pub async fn answer(
    app: &App,
    webhook: &Webhook,
    request: u64,
    delivery: DeliveryId,
    exchange: Exchange,
) -> Result<(), Refusal> {
    let Some(stored) = app.listeners.answer(webhook.no(), request, delivery, exchange) else {
        let detail = "nothing waits for this answer: it was given already, or the stream that the request came over \
                      has ended; a delivery without an answer is sent again";
        return Err(Refusal::new(Code::Conflict, detail));
    };
    let lost = |_| {
        Refusal::new(Code::StoreUnavailable, "the answer could not be stored; the delivery is sent again")
    };
    stored.await.map_err(lost)
}

/// Ends a listener that is not kept, after its connection.
pub async fn end(app: &App, webhook: WebhookId, now: Timestamp) {
    // Refused only when it is gone already; what the store cannot do now is done at the next start.
    let _ = webhook_edits::remove(app, webhook, Actor::Daemon, now).await;
}

/// Ends what should have ended with connections to a daemon that is no more.
pub async fn remove_left_over(app: &App, now: Timestamp) {
    let left: Vec<WebhookId> = {
        let directory = app.store.directory();
        directory
            .webhooks()
            .filter(|webhook| webhook.ends_with_connection())
            .map(|webhook| webhook.id)
            .collect()
    };
    for webhook in left {
        end(app, webhook, now).await;
    }
}
