//! What waits for webhooks that are not served: until its events are as old as events are kept, and no longer.

use std::time::Duration;

use futures_util::future::join_all;

use super::check::consistent;
use super::sample::{self, Rig, at};
use super::upkeep::{DAY, POLICY, prune_all};
use crate::domain::delivery::{Delivery, DeliveryState, Reason};
use crate::domain::event::Skip;
use crate::domain::filter::Filter;
use crate::domain::id::{AccountNo, EventId, ReplayId, WebhookNo};
use crate::domain::terms::{Batch, Terms};
use crate::domain::webhook::{DisabledWhy, Webhook, WebhookState};
use crate::limits;
use crate::store::audit::Actor;
use crate::store::command::{Accepted, DeliveryChange, Edit, Refused};
use crate::store::committed::Committed;
use crate::store::query::{Counted, DeliveryFilter};
use crate::store::upkeep::{NewReplay, ReplayState, RetentionPolicy};
use crate::store::{Opened, Store};

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
    // Made together, in few commits: nothing reads the stream of the store.
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
    rig.complete(sample::complete(served, row, DeliveryChange::Delivered, at(11)), at(11)).await;
    assert!(look(&rig, event, served).is_some());
    consistent(&rig.store()).unwrap();
}

/// Resumes a webhook without what waited for it.
async fn resume_without(rig: &Rig, no: WebhookNo) {
    let from = rig.store().directory().webhook(no).unwrap().clone();
    let dropping = Some(*rig.store().watch().borrow());
    let to = Box::new(Webhook { state: WebhookState::Active, dropping, ..Webhook::clone(&from) });
    rig.edit(Edit::UpdateWebhook { from, to }).await.unwrap();
}

/// How many deliveries of these are in a state.
fn count(rig: &Rig, no: WebhookNo, events: &[EventId], want: (DeliveryState, Option<Reason>)) -> usize {
    events.iter().filter(|event| end(rig, **event, no) == Some(want)).count()
}

const DROPPED: (DeliveryState, Option<Reason>) = (DeliveryState::Cancelled, Some(Reason::Dropped));
const PENDING: (DeliveryState, Option<Reason>) = (DeliveryState::Pending, None);

/// Opens the store again after a crash; with it, what was told before.
async fn reopened(rig: Rig) -> (Rig, Vec<Vec<Committed>>) {
    let Rig { dir, opened: Opened { store, mut committed, .. } } = rig;
    drop(store);
    let mut told = Vec::new();
    while let Some(batch) = committed.recv().await {
        told.push(batch);
    }
    let opened = Store::open(&dir.path().join("store"), &sample::options()).unwrap();
    (Rig { dir, opened }, told)
}

#[tokio::test]
async fn what_is_dropped_goes_part_by_part_over_a_restart_and_nothing_that_came_later() {
    let rig = Rig::new();
    let paused = Webhook { state: WebhookState::Paused { since: at(0) }, ..sample::webhook(0) };
    let (no, other) = (rig.webhook(paused.clone()).await, rig.webhook(paused).await);
    let mut old = Vec::new();
    for _ in 0..5 {
        let some = vec![sample::accept("{}", &[no, other]); limits::COMMIT_SWEEP / 2];
        for accepted in rig.store().accept(some, at(0)).await.unwrap() {
            let Accepted::New { id, .. } = accepted else { panic!("{accepted:?}") };
            old.push(id);
        }
    }
    assert_eq!(rig.store().backlog(no).unwrap(), Counted { count: old.len() as u64, exact: true });
    resume_without(&rig, no).await;
    let webhook = rig.store().directory().webhook(no).unwrap().clone();
    let new = rig.accept(sample::accept("{}", &[no])).await;
    assert!(!webhook.is_served(at(1)), "nothing is sent before all of it is dropped");

    // Mostly it is in the middle of it; the writer may be quicker, and then nothing more is told.
    let (mut rig, mut parts) = reopened(rig).await;
    while !rig.store().directory().webhook(no).unwrap().is_served(at(1)) {
        parts.push(rig.opened.committed.recv().await.unwrap());
    }
    for part in parts {
        let withdrawn = |told: &&Committed| matches!(told, Committed::Withdrawn { .. });
        assert!(part.iter().filter(withdrawn).count() <= limits::COMMIT_SWEEP, "too many in one commit");
    }
    assert_eq!(count(&rig, no, &old, DROPPED), old.len());
    assert_eq!(count(&rig, other, &old, PENDING), old.len(), "others' stays");
    assert_eq!(count(&rig, no, &[new], PENDING), 1, "what came later is sent");
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn what_is_sent_again_while_a_backlog_is_dropped_is_not_dropped_with_it() {
    let mut rig = Rig::new();
    let no = rig.webhook(sample::webhook(0)).await;
    let sent = rig.accept(sample::accept("{}", &[no])).await;
    let (_, row) = rig.rows().await.remove(0);
    rig.complete(sample::complete(no, row, DeliveryChange::Delivered, at(1)), at(1)).await;
    let from = rig.store().directory().webhook(no).unwrap().clone();
    let paused = Webhook { state: WebhookState::Paused { since: at(1) }, ..Webhook::clone(&from) };
    rig.edit(Edit::UpdateWebhook { from, to: Box::new(paused) }).await.unwrap();
    // Enough of them that the drop is under way for many commits.
    for _ in 0..20 {
        let some = vec![sample::accept("{}", &[no]); limits::COMMIT_SWEEP / 2];
        rig.store().accept(some, at(2)).await.unwrap();
        rig.rows().await;
    }
    let filter = DeliveryFilter { state: Some(DeliveryState::Delivered), ..DeliveryFilter::default() };
    let replay = NewReplay {
        id: ReplayId::new(at(20), 1),
        account: AccountNo(1),
        filter,
        skipped: false,
        rate_per_second: None,
        matched: Counted { count: 1, exact: true },
    };
    rig.edit(Edit::CreateReplay(Box::new(replay))).await.unwrap();
    let shares = sample::accept("{}", &[no]).plan.shares;
    let profiles = sample::profiles();
    let (store, other) = (rig.store(), rig.store());
    let ((), again, replayed) = tokio::join!(
        resume_without(&rig, no),
        store.edit(Edit::Replay { event: sent.seq(), shares }, Actor::Daemon, at(3)),
        other.replay_tick(&profiles, 10, at(3)),
    );
    let again = again.unwrap();
    let Err(Refused::State(why)) = again else { panic!("{again:?}") };
    assert!(why.contains("is being dropped"), "{why}");
    assert_eq!(replayed.unwrap().0, 0, "a replay waits until that is done");
    rig.wait_in_stream(|committed| match committed {
        Committed::WebhookSaved(saved) if saved.is_served(at(3)) => Some(()),
        _ => None,
    })
    .await;
    while rig.store().replay_tick(&sample::profiles(), 10, at(22)).await.unwrap().1 {}
    assert_eq!(count(&rig, no, &[sent], PENDING), 1, "and then goes on where it was");
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn after_the_clock_was_set_back_nothing_gathers_for_longer_than_its_own_time() {
    let batch = Some(Batch { max_events: 100, max_bytes: 10_000, max_wait: Duration::from_secs(10) });
    for restarts in [false, true] {
        let rig = Rig::new();
        let gathers = Webhook { terms: Terms { batch, ..Terms::default() }, ..sample::webhook(0) };
        let no = rig.webhook(gathers).await;
        let event = rig.accept_at(sample::accept("{}", &[no]), at(5 * HOUR)).await;
        rig.store().close_batches(at(5 * HOUR)).await.unwrap();
        let rig = if restarts { rig.reopen().await } else { rig };
        rig.store().close_batches(at(10)).await.unwrap();
        assert_eq!(*rig.store().next_batch().borrow(), Some(at(10_010)), "{restarts}");
        rig.store().close_batches(at(10_010)).await.unwrap();
        assert!(look(&rig, event, no).unwrap().batch.is_some(), "it went with its batch");
        consistent(&rig.store()).unwrap();
    }
}

#[tokio::test]
async fn a_webhook_that_expired_by_a_clock_that_is_set_back_is_served_again_until_its_time() {
    let rig = Rig::new();
    let expires_at = Some(at(DAY));
    let no = rig.webhook(Webhook { expires_at, ..sample::webhook(0) }).await;
    let event = rig.accept(sample::accept("{}", &[no])).await;
    prune_all(&rig, POLICY, at(DAY + HOUR)).await;
    assert!(rig.store().directory().webhook(no).unwrap().expired(at(DAY + HOUR)));
    // Set back: it has not expired, its backlog stands, and it is looked at again when its time comes.
    prune_all(&rig, POLICY, at(HOUR)).await;
    assert_eq!(end(&rig, event, no), WAITS);
    assert!(rig.store().directory().webhook(no).unwrap().is_served(at(HOUR)));
    let grace = u64::try_from(limits::EXPIRED_GRACE.as_millis()).unwrap();
    prune_all(&rig, POLICY, at(DAY + grace)).await;
    assert!(rig.store().directory().webhook(no).is_none(), "it goes at its time and grace");
}

#[tokio::test]
async fn what_waits_to_be_gathered_is_dropped_and_batches_wait_meanwhile() {
    let mut rig = Rig::new();
    let batch = Some(Batch { max_events: 100, max_bytes: 10_000, max_wait: Duration::from_millis(10) });
    let paused = WebhookState::Paused { since: at(0) };
    let gathers = Webhook { terms: Terms { batch, ..Terms::default() }, state: paused, ..sample::webhook(0) };
    let no = rig.webhook(gathers).await;
    let old = [rig.accept(sample::accept("{}", &[no])).await, rig.accept(sample::accept("{}", &[no])).await];
    resume_without(&rig, no).await;
    rig.wait_in_stream(|committed| match committed {
        Committed::WebhookSaved(saved) if saved.is_served(at(1)) => Some(()),
        _ => None,
    })
    .await;
    let new = rig.accept(sample::accept("{}", &[no])).await;
    assert_eq!(count(&rig, no, &old, DROPPED), 2);
    rig.store().close_batches(at(5_000)).await.unwrap();
    let (_, row) = rig.rows().await[0];
    rig.complete(sample::complete(no, row, DeliveryChange::Delivered, at(6_000)), at(6_000)).await;
    assert_eq!(count(&rig, no, &[new], (DeliveryState::Delivered, None)), 1);
    assert_eq!(count(&rig, no, &old, DROPPED), 2);
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn nothing_is_tried_by_hand_at_a_webhook_that_is_not_served() {
    let rig = Rig::new();
    for webhook in unserved() {
        let no = rig.webhook(webhook).await;
        let event = rig.accept(sample::accept("{}", &[no])).await;
        let before = look(&rig, event, no).unwrap();
        let now = at(32 * DAY);
        let retried = rig.store().edit(Edit::RetryNow(before.id), Actor::Daemon, now).await.unwrap();
        let Err(Refused::State(why)) = retried else { panic!("{retried:?}") };
        assert!(why.starts_with("the webhook"), "{why}");
        assert_eq!(look(&rig, event, no).unwrap(), before, "it stays as it was");
    }
    let no = rig.webhook(sample::webhook(0)).await;
    let event = rig.accept(sample::accept("{}", &[no])).await;
    rig.edit(Edit::RetryNow(look(&rig, event, no).unwrap().id)).await.unwrap();
}

#[tokio::test]
async fn what_a_webhook_missed_is_what_it_would_get_as_it_is_now() {
    let rig = Rig::new();
    let no = rig
        .webhook(Webhook {
            events: vec!["order.*".parse().unwrap()],
            filter: Filter::parse(r#"{"n":1}"#).ok(),
            created_at: at(5),
            ..sample::webhook(0)
        })
        .await;
    let event = |event_type: &str, n: u32, skip: Option<Skip>| {
        let mut accept = sample::accept(&format!(r#"{{"n":{n}}}"#), &[]);
        accept.event.event_type = event_type.parse().unwrap();
        accept.plan.skipped = skip.map(|skip| (no, skip)).into_iter().collect();
        accept
    };
    rig.accept_at(event("order.paid", 1, Some(Skip::Paused)), at(1)).await;
    let mut missed = Vec::new();
    for skip in [Some(Skip::Paused), Some(Skip::Disabled), Some(Skip::Expired), Some(Skip::Filter), None] {
        missed.push(rig.accept_at(event("order.paid", 1, skip), at(10)).await);
    }
    for skip in [Skip::Spent, Skip::Twin] {
        rig.accept_at(event("order.paid", 1, Some(skip)), at(10)).await;
    }
    rig.accept_at(event("order.paid", 2, Some(Skip::Paused)), at(10)).await;
    rig.accept_at(event("user.made", 1, None), at(10)).await;
    rig.accept_at(sample::accept(r#"{"n":1}"#, &[no]), at(10)).await;

    let webhook = rig.store().directory().webhook(no).unwrap().clone();
    let filter = DeliveryFilter { webhook: Some(no), ..DeliveryFilter::default() };
    let counted = |rig: &Rig, filter: &DeliveryFilter| rig.store().count_missed(&webhook, filter).unwrap();
    assert_eq!(counted(&rig, &filter), Counted { count: 5, exact: true });
    let late = DeliveryFilter { since: Some(at(11)), ..filter.clone() };
    assert_eq!(counted(&rig, &late).count, 0);

    let new = |id| NewReplay {
        id: ReplayId::new(at(20), id),
        account: AccountNo(1),
        filter: filter.clone(),
        skipped: true,
        rate_per_second: None,
        matched: Counted { count: 5, exact: true },
    };
    for id in [1, 2] {
        rig.edit(Edit::CreateReplay(Box::new(new(id)))).await.unwrap();
    }
    let after = rig.accept_at(event("order.paid", 1, Some(Skip::Paused)), at(30)).await;
    let sent = rig.store().replay_tick(&sample::profiles(), 2, at(31)).await.unwrap().0;
    assert_eq!(sent, 4, "the second goes on where the first has not been");
    let rig = rig.reopen().await;
    while rig.store().replay_tick(&sample::profiles(), 2, at(32)).await.unwrap().1 {}
    assert_eq!(count(&rig, no, &missed, PENDING), 5);
    assert_eq!(end(&rig, after, no), None, "only what there was when it was asked for");
    let ended = rig.store().replay(new(1).id).unwrap().unwrap();
    let other = rig.store().replay(new(2).id).unwrap().unwrap();
    assert_eq!(
        (ended.state, other.state, ended.done + other.done),
        (ReplayState::Done, ReplayState::Done, 5)
    );
    let header = rig.store().event_header(missed[0].seq()).unwrap().unwrap();
    assert_eq!((header.webhooks, header.skipped), (vec![no], vec![]));
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn what_was_called_off_while_it_was_being_delivered_is_delivered() {
    let mut rig = Rig::new();
    let paused = Webhook { state: WebhookState::Paused { since: at(0) }, ..sample::webhook(0) };
    let (dropped, removed) = (rig.webhook(paused).await, rig.webhook(sample::webhook(0)).await);
    let event = rig.accept(sample::accept("{}", &[dropped, removed])).await;
    let cancelled = rig.accept(sample::accept("{}", &[removed])).await;
    let rows = [rig.rows().await, rig.rows().await].concat();
    resume_without(&rig, dropped).await;
    rig.edit(Edit::Cancel(look(&rig, cancelled, removed).unwrap().id)).await.unwrap();
    rig.edit(Edit::RemoveWebhook(sample::id(removed))).await.unwrap();
    assert_eq!(end(&rig, event, dropped), Some(DROPPED));
    for (no, row) in rows.clone() {
        let failed = DeliveryChange::Retry { due: at(9), spent: true };
        rig.complete(sample::complete(no, row, failed, at(1)), at(2)).await;
        let state = look(&rig, EventId::new(at(0), row.key.event, 7), no).unwrap().state;
        assert_eq!(state, DeliveryState::Cancelled, "what failed stays called off");
        rig.complete(sample::complete(no, row, DeliveryChange::Delivered, at(3)), at(4)).await;
    }
    for (event, no) in [(event, dropped), (event, removed), (cancelled, removed)] {
        let delivery = look(&rig, event, no).unwrap();
        assert_eq!((delivery.state, delivery.reason), (DeliveryState::Delivered, None));
        assert_eq!((delivery.finished_at, delivery.last_error), (Some(at(4)), None));
        assert_eq!(delivery.attempts, 1, "the one that delivered it");
    }
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn what_a_webhook_missed_is_counted_and_sent_within_what_filters_may_take() {
    let rig = Rig::new();
    let costly = Filter::parse(&format!("{:?}", r"$[?search(@.text, '\\p{L}b')]")).ok();
    assert!(costly.is_some());
    let no = rig.webhook(Webhook { filter: costly, ..sample::webhook(0) }).await;
    let data = format!(r#"{{"text":"{}b"}}"#, "a".repeat(1_500));
    let accept = || {
        let mut accept = sample::accept(&data, &[]);
        accept.plan.skipped = vec![(no, Skip::Paused)];
        accept
    };
    let all = 140;
    rig.store().accept((0..all).map(|_| accept()).collect(), at(1)).await.unwrap();
    let webhook = rig.store().directory().webhook(no).unwrap().clone();
    let filter = DeliveryFilter { webhook: Some(no), ..DeliveryFilter::default() };
    let matched = rig.store().count_missed(&webhook, &filter).unwrap();
    assert!(!matched.exact && (1..all).contains(&matched.count), "{matched:?}");
    let (id, account) = (ReplayId::new(at(20), 1), AccountNo(1));
    let replay = NewReplay { id, account, filter, skipped: true, rate_per_second: None, matched };
    rig.edit(Edit::CreateReplay(Box::new(replay))).await.unwrap();
    let (sent, more) = rig.store().replay_tick(&sample::profiles(), 500, at(31)).await.unwrap();
    assert!(more && (1..140).contains(&sent), "{sent} in one step");
    while rig.store().replay_tick(&sample::profiles(), 500, at(32)).await.unwrap().1 {}
    assert_eq!(rig.store().replay(id).unwrap().unwrap().done, all);
}
