//! What waits for webhooks that are not served: until its events are as old as events are kept, and no longer.

use std::time::Duration;

use futures_util::future::join_all;

use super::check::consistent;
use super::sample::{self, Rig, at};
use super::upkeep::{DAY, POLICY, prune_all};
use crate::domain::delivery::{Delivery, DeliveryState, Reason};
use crate::domain::id::{EventId, WebhookNo};
use crate::domain::terms::{Batch, Terms};
use crate::domain::webhook::{DisabledWhy, Webhook, WebhookState};
use crate::limits;
use crate::store::command::Change;
use crate::store::upkeep::RetentionPolicy;

const HOUR: u64 = 3_600_000;

/// Webhooks that are not served, each for another reason.
fn unserved() -> Vec<Webhook> {
    let since = at(0);
    let state = |state| Webhook { state, ..sample::webhook(0) };
    vec![
        state(WebhookState::Paused { since }),
        state(WebhookState::Disabled { why: DisabledWhy::Gone, since }),
        state(WebhookState::Pending),
        Webhook { expires_at: Some(at(31 * DAY)), ..sample::webhook(0) },
    ]
}

fn look(rig: &Rig, event: EventId, webhook: WebhookNo) -> Option<Delivery> {
    rig.store().delivery(event.seq(), webhook).unwrap()
}

fn end(rig: &Rig, event: EventId, webhook: WebhookNo) -> Option<(DeliveryState, Option<Reason>)> {
    look(rig, event, webhook).map(|delivery| (delivery.state, delivery.reason))
}

const ENDED: Option<(DeliveryState, Option<Reason>)> =
    Some((DeliveryState::Cancelled, Some(Reason::Retention)));
const WAITS: Option<(DeliveryState, Option<Reason>)> = Some((DeliveryState::Pending, None));

#[tokio::test]
async fn what_waits_ends_at_its_events_age_and_then_goes_with_it() {
    let mut rig = Rig::new();
    let mut stopped = Vec::new();
    for webhook in unserved() {
        stopped.push(rig.webhook(webhook).await);
    }
    let served = rig.webhook(sample::webhook(0)).await;
    let alone = rig.accept(sample::accept("{}", &stopped)).await;
    let both = rig.accept(sample::accept("{}", &[stopped[0], served])).await;
    let young = rig.accept_at(sample::accept("{}", &stopped), at(2 * DAY)).await;

    prune_all(&rig, POLICY, at(29 * DAY)).await;
    assert_eq!(end(&rig, alone, stopped[0]), WAITS, "not before its time");
    prune_all(&rig, POLICY, at(31 * DAY)).await;
    for &no in &stopped {
        assert_eq!(end(&rig, alone, no), ENDED, "its end is there to be seen");
        assert_eq!(end(&rig, young, no), WAITS);
    }
    assert_eq!((end(&rig, both, stopped[0]), end(&rig, both, served)), (ENDED, WAITS));
    consistent(&rig.store()).unwrap();

    prune_all(&rig, POLICY, at(31 * DAY + 2 * HOUR)).await;
    assert_eq!(end(&rig, alone, stopped[0]), None, "nothing waits for ever");
    assert_eq!(end(&rig, both, served), WAITS, "what is still to be sent stays");
    let rows = rig.rows().await;
    assert!(!rows.is_empty());
}

#[tokio::test]
async fn what_waits_to_be_gathered_ends_too_and_a_one_time_webhook_with_its_one_event() {
    let rig = Rig::new();
    let paused = WebhookState::Paused { since: at(0) };
    let batch =
        Some(Batch { max_events: 100, max_bytes: 10_000, max_wait: Duration::from_secs(40 * 86_400) });
    let gathers = Webhook { terms: Terms { batch, ..Terms::default() }, state: paused, ..sample::webhook(0) };
    let once =
        Webhook { terms: Terms { once: true, ..Terms::default() }, state: paused, ..sample::webhook(0) };
    let (gathers, once) = (rig.webhook(gathers).await, rig.webhook(once).await);
    let event = rig.accept(sample::accept("{}", &[gathers, once])).await;
    prune_all(&rig, POLICY, at(31 * DAY)).await;
    assert_eq!((end(&rig, event, gathers), end(&rig, event, once)), (ENDED, ENDED));
    assert_eq!(rig.store().figures().pending, 0);
    assert!(rig.store().directory().webhook(once).is_none(), "it had its one event");
    rig.store().close_batches(at(50 * DAY)).await.unwrap();
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn a_wide_event_ends_over_several_commits() {
    let rig = Rig::new();
    let paused = Webhook { state: WebhookState::Paused { since: at(0) }, ..sample::webhook(0) };
    // Made together, in few commits: nobody takes what the store tells.
    let all = join_all((0..limits::COMMIT_SWEEP + 200).map(|_| rig.webhook(paused.clone()))).await;
    let event = rig.accept(sample::accept("{}", &all)).await;
    let step = rig.store().prune_tick(POLICY, at(31 * DAY)).await.unwrap();
    assert!(step.more && step.waiting <= limits::COMMIT_SWEEP as u64, "{}", step.waiting);
    prune_all(&rig, POLICY, at(31 * DAY)).await;
    assert!(all.iter().all(|no| end(&rig, event, *no) == ENDED));
}

#[tokio::test]
async fn over_the_budget_what_waits_gives_way_before_anybody_is_refused() {
    let mut rig = Rig::new();
    let paused = Webhook { state: WebhookState::Paused { since: at(0) }, ..sample::webhook(0) };
    let (waits, served) = (rig.webhook(paused).await, rig.webhook(sample::webhook(0)).await);
    let data = format!("\"{}\"", "x".repeat(100_000));
    let mut events = Vec::new();
    for _ in 0..20 {
        events.push(rig.accept(sample::accept(&data, &[waits])).await);
    }
    let policy = RetentionPolicy { max_bytes: Some(1_000_000), ..POLICY };
    prune_all(&rig, policy, at(10)).await;
    let left = events.iter().filter(|event| look(&rig, **event, waits).is_some()).count();
    assert!((1..15).contains(&left), "{left} of 20 are left");
    assert!(look(&rig, events[19], waits).is_some(), "the oldest go first");
    assert_eq!(rig.store().figures().refused_accounts, 0);
    let event = rig.accept(sample::accept("{}", &[served])).await;
    let (_, row) = rig.rows().await.remove(0);
    rig.complete(sample::complete(served, row, Change::Delivered, at(11)), at(11)).await;
    assert!(look(&rig, event, served).is_some());
    consistent(&rig.store()).unwrap();
}
