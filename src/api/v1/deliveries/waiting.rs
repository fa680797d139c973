//! What a pending delivery waits for.

use crate::api::call::Call;
use crate::clock;
use crate::domain::delivery::{Delivery, DeliveryState};
use crate::domain::time::Timestamp;
use crate::domain::waiting::{Waiting, WaitingFor};
use crate::domain::webhook::{Webhook, WebhookState};
use crate::http::problem::Problem;

/// What a delivery waits for; `None` if it is not pending, is being sent, or is about to be.
pub(super) async fn waiting(call: &Call, delivery: &Delivery) -> Result<Option<Waiting>, Problem> {
    if delivery.state != DeliveryState::Pending {
        return Ok(None);
    }
    let found = call.context.store.directory().webhook(delivery.webhook).cloned();
    let Some(webhook) = found else { return Ok(None) };
    if let Some(what) = unserved(&webhook, clock::now()) {
        return Ok(what.map(Waiting::from));
    }
    if delivery.due.is_none() {
        return Ok(Some(WaitingFor::Batch.into()));
    }
    let id = delivery.batch.unwrap_or(delivery.id);
    let row = call.read(move |store| store.due_row(id)).await?;
    let Some(row) = row else { return Ok(None) };
    Ok(call.context.waiting_for(delivery.webhook, row).await)
}

/// Whether nothing is sent to a webhook in its state, and what would change that; the inner `None` where
/// nothing does, because what is pending is about to end.
fn unserved(webhook: &Webhook, now: Timestamp) -> Option<Option<WaitingFor>> {
    match webhook.state {
        WebhookState::Removed { .. } => Some(None),
        _ if webhook.expired(now) => Some(None),
        WebhookState::Pending => Some(Some(WaitingFor::Confirmation)),
        WebhookState::Paused { .. } => Some(Some(WaitingFor::Paused)),
        WebhookState::Disabled { .. } => Some(Some(WaitingFor::Disabled)),
        WebhookState::Active => None,
    }
}
