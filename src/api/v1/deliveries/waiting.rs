//! What pending deliveries wait for.

use super::DeliveryView;
use crate::api::call::Call;
use crate::app::deliveries::{Listed, due};
use crate::clock;
use crate::domain::delivery::DeliveryState;
use crate::domain::id::DeliveryId;
use crate::domain::time::Timestamp;
use crate::domain::waiting::{Waiting, WaitingFor};
use crate::domain::webhook::{Webhook, WebhookState};
use crate::http::problem::Problem;
use crate::limits;

/// Deliveries as who makes the call may see them, each with what it waits for. For a page of them the store is
/// read once, and whoever sends them is asked once.
///
/// # Errors
/// When the store cannot be read.
pub(in crate::api) async fn views(call: &Call, listed: &[Listed]) -> Result<Vec<DeliveryView>, Problem> {
    let mut views = Vec::with_capacity(listed.len());
    // An event may have gone to more webhooks than a page has rows: the loop that sends is not held up by all at once.
    for page in listed.chunks(limits::PAGE_MAX) {
        let waiting = waiting(call, page).await?;
        let view = |(listed, waiting)| DeliveryView::new(listed, call).waits_for(waiting);
        views.extend(page.iter().zip(waiting).map(view));
    }
    Ok(views)
}

/// What is known of a delivery's wait.
#[derive(Clone, Copy)]
enum Known {
    /// What it waits for; `None` if it is not pending, is being sent, or is about to be.
    Waiting(Option<Waiting>),
    /// Only whoever sends it knows.
    Ask,
}

async fn waiting(call: &Call, listed: &[Listed]) -> Result<Vec<Option<Waiting>>, Problem> {
    let now = clock::now();
    let known: Vec<Known> = listed.iter().map(|listed| known(listed, now)).collect();
    let asked = listed.iter().zip(&known).filter(|(_, known)| matches!(known, Known::Ask));
    let ids: Vec<_> =
        asked.map(|(Listed { delivery, .. }, _)| delivery.batch.unwrap_or(delivery.id)).collect();
    let mut answers = ask(call, ids).await?.into_iter();
    let waiting = |known| match known {
        Known::Waiting(waiting) => waiting,
        Known::Ask => answers.next().flatten(),
    };
    Ok(known.into_iter().map(waiting).collect())
}

fn known(Listed { delivery, webhook, .. }: &Listed, now: Timestamp) -> Known {
    let webhook = webhook.as_ref().filter(|_| delivery.state == DeliveryState::Pending);
    let Some(webhook) = webhook else { return Known::Waiting(None) };
    match unserved(webhook, now) {
        Some(what) => Known::Waiting(what.map(Waiting::from)),
        None if delivery.due.is_none() => Known::Waiting(Some(WaitingFor::Batch.into())),
        None => Known::Ask,
    }
}

/// What pending deliveries of webhooks that are served wait for, in their order.
async fn ask(call: &Call, ids: Vec<DeliveryId>) -> Result<Vec<Option<Waiting>>, Problem> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let numbers: Vec<_> = ids.iter().map(|id| id.webhook()).collect();
    let rows = due(&call.context.app, call.account(), ids).await?;
    let pending = numbers.into_iter().zip(&rows).filter_map(|(no, row)| Some((no, (*row)?))).collect();
    let mut answers = call.context.waiting_for(pending).await.into_iter();
    Ok(rows.iter().map(|row| row.and_then(|_| answers.next().flatten())).collect())
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
