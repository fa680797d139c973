//! Looking at attempts: those of a delivery, and those of a webhook.

use super::core::App;
use crate::domain::delivery::{Attempt, Delivery};
use crate::domain::id::{AccountNo, AttemptId, EventId, Seq, WebhookNo};
use crate::domain::refusal::Refusal;
pub use crate::store::LoggedAttempt;
use crate::store::Page;

/// The attempts of a delivery.
pub struct Attempts {
    /// Each with its id, the first one first.
    pub rows: Vec<(AttemptId, Attempt)>,
    /// The event that they sent: of a batch's member, the batch.
    pub event: Option<EventId>,
}

/// The attempts of a delivery of an account, in their order.
///
/// # Errors
/// When the store cannot be read.
pub async fn of_delivery(app: &App, account: AccountNo, delivery: Delivery) -> Result<Attempts, Refusal> {
    let found = app.read(account, move |store| {
        let rows = store.attempts(&delivery)?;
        let event = rows.first().map(|(_, attempt)| store.event_header(attempt.delivery.event()));
        let event = event.transpose()?.flatten().map(|event| event.id);
        Ok(Attempts { rows, event })
    });
    Ok(found.await?)
}

/// At most so many attempts of a webhook of an account, newest first, from after one on.
///
/// # Errors
/// When the store cannot be read.
pub async fn of_webhook(
    app: &App,
    account: AccountNo,
    webhook: WebhookNo,
    after: Option<Seq>,
    limit: usize,
) -> Result<Page<LoggedAttempt, Seq>, Refusal> {
    Ok(app.read(account, move |store| store.webhook_attempts(webhook, after, limit)).await?)
}
