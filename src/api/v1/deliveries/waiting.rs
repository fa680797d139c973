//! What pending deliveries wait for.

use super::view::{DeliveryView, Wait};
use crate::api::call::Call;
use crate::app::deliveries::{self, Listed};
use crate::clock;
use crate::domain::delivery::{DeliveryState, DueRow};
use crate::domain::id::{Seq, WebhookNo};
use crate::domain::time::Timestamp;
use crate::domain::waiting::{Waiting, WaitingFor};
use crate::domain::webhook::{Webhook, WebhookState};
use crate::http::problem::Problem;
use crate::limits;

/// Deliveries as who makes the call may see them, each with what it waits for. For a page of them the store is
/// read once, and the dispatcher is asked once.
///
/// # Errors
/// When the store cannot be read.
pub(in crate::api) async fn views(call: &Call, listed: &[Listed]) -> Result<Vec<DeliveryView>, Problem> {
    let mut views = Vec::with_capacity(listed.len());
    // An event may have gone to more webhooks than a page has rows: the loop that sends is not held up by all at once.
    for page in listed.chunks(limits::PAGE_MAX) {
        let waits = waits(call, page).await?;
        let view = |(listed, wait): (&Listed, Wait)| DeliveryView::new(listed, call, wait);
        views.extend(page.iter().zip(waits).map(view));
    }
    Ok(views)
}

/// What is known of what a delivery waits for.
#[derive(Clone, Copy)]
enum Known {
    /// `None` if it is not pending, is being sent, or is about to be.
    Waiting(Option<WaitingFor>),
    /// Only the dispatcher knows.
    Ask,
}

async fn waits(call: &Call, listed: &[Listed]) -> Result<Vec<Wait>, Problem> {
    let now = clock::now();
    let rows = rows(call, listed).await?;
    let known: Vec<Known> = listed.iter().map(|listed| known(listed, now)).collect();
    let asked = listed.iter().zip(&known).zip(&rows).filter(|((_, known), _)| matches!(known, Known::Ask));
    let pending = asked.filter_map(|((listed, _), row)| Some((listed.delivery.webhook, (*row)?))).collect();
    let mut answers = ask(call, pending).await.into_iter();
    let wait = |((listed, known), row): ((&Listed, Known), &Option<DueRow>)| {
        let waiting = match (known, row) {
            (Known::Waiting(what), _) => what.map(Waiting::from),
            (Known::Ask, Some(_)) => answers.next().flatten(),
            (Known::Ask, None) => None,
        };
        // By a clock that was set back it may be due earlier than it is stored.
        let due = row.map(|row| row.clamped(now).due).or(listed.delivery.due);
        let until = match waiting {
            Some(Waiting { what: WaitingFor::Retry, until: Some(until) }) => Some(until),
            Some(Waiting { until: Some(until), .. }) => due.map(|due| due.max(until)),
            _ => due,
        };
        Wait { what: waiting.map(|waiting| waiting.what), until }
    };
    Ok(listed.iter().zip(known).zip(&rows).map(wait).collect())
}

/// The rows of those that have one, which are pending.
async fn rows(call: &Call, listed: &[Listed]) -> Result<Vec<Option<DueRow>>, Problem> {
    let due: Vec<_> = listed.iter().map(|Listed { delivery, .. }| delivery.due.is_some()).collect();
    let with_row = listed.iter().zip(&due).filter(|(_, due)| **due);
    let ids: Vec<_> =
        with_row.map(|(Listed { delivery, .. }, _)| delivery.batch.unwrap_or(delivery.id)).collect();
    if ids.is_empty() {
        return Ok(vec![None; listed.len()]);
    }
    let mut found = deliveries::due(&call.context.app, call.account(), ids).await?.into_iter();
    Ok(due.into_iter().map(|due| if due { found.next().flatten() } else { None }).collect())
}

fn known(Listed { delivery, webhook, .. }: &Listed, now: Timestamp) -> Known {
    let webhook = webhook.as_ref().filter(|_| delivery.state == DeliveryState::Pending);
    let Some(webhook) = webhook else { return Known::Waiting(None) };
    match unserved(webhook, delivery.batch.unwrap_or(delivery.id).event(), now) {
        Some(what) => Known::Waiting(what),
        None if delivery.due.is_none() => Known::Waiting(Some(WaitingFor::Batch)),
        None => Known::Ask,
    }
}

/// What rows of webhooks that are served wait for, in their order.
async fn ask(call: &Call, rows: Vec<(WebhookNo, DueRow)>) -> Vec<Option<Waiting>> {
    if rows.is_empty() {
        return Vec::new();
    }
    call.context.waiting_for(rows).await
}

/// Whether an event is not sent to a webhook in its state, and what would change that; the inner `None` where
/// no one has to do anything, because the delivery is about to end, or to be sent.
fn unserved(webhook: &Webhook, event: Seq, now: Timestamp) -> Option<Option<WaitingFor>> {
    match webhook.state {
        WebhookState::Removed { .. } => Some(None),
        _ if webhook.expired(now) => Some(None),
        // It was resumed without its backlog, of which this is a part.
        _ if webhook.dropping.is_some_and(|up_to| event <= up_to) => Some(None),
        WebhookState::Pending => Some(Some(WaitingFor::Confirmation)),
        WebhookState::Paused { .. } => Some(Some(WaitingFor::Paused)),
        WebhookState::Disabled { .. } => Some(Some(WaitingFor::Disabled)),
        // What came later goes as soon as that is done, within moments.
        WebhookState::Active if webhook.dropping.is_some() => Some(None),
        WebhookState::Active => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::id::{AccountNo, WebhookId};
    use crate::domain::secret::Secret;
    use crate::domain::target::TargetUrl;
    use crate::domain::webhook::DisabledWhy;

    #[test]
    fn only_what_somebody_has_to_resume_waits_for_that() {
        let now = clock::now();
        let id = WebhookId::new(now, WebhookNo(1), 2);
        let url = TargetUrl::from_stored("https://example.com/hook").unwrap();
        let secret = Secret::parse("whsec_Y2FuYXJ5LXNlY3JldC0wMTIzNDU2Nzg5YWJjZGVm").unwrap();
        let plain = Webhook::plain(id, AccountNo(1), url, secret, now);
        let (paused, ends) = (WebhookState::Paused { since: now }, Some(None));
        let disabled = WebhookState::Disabled { why: DisabledWhy::Gone, since: now };
        let cases = [
            (WebhookState::Active, None),
            (WebhookState::Pending, Some(Some(WaitingFor::Confirmation))),
            (paused, Some(Some(WaitingFor::Paused))),
            (disabled, Some(Some(WaitingFor::Disabled))),
            (WebhookState::Removed { since: now }, ends),
        ];
        for (state, stands) in cases {
            let webhook = Webhook { state, ..plain.clone() };
            assert_eq!(unserved(&webhook, Seq(7), now), stands, "{state:?}");
            assert_eq!(stands.is_none(), webhook.is_served(now), "{state:?}");
            // While what waited is dropped, in whatever state that began or was paused since.
            let drops = Webhook { dropping: Some(Seq(7)), ..webhook };
            assert_eq!(unserved(&drops, Seq(7), now), ends, "{state:?}");
            assert_eq!(unserved(&drops, Seq(8), now), stands.or(ends), "{state:?}");
            let expired = Webhook { expires_at: Some(now.minus(Duration::from_secs(1))), ..drops };
            assert_eq!(unserved(&expired, Seq(8), now), ends, "{state:?}");
        }
    }
}
