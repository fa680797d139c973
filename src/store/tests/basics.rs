//! What one event goes through.

use std::sync::Arc;

use crate::domain::delivery::{DeliveryState, DueKey, Reason, Trigger};
use crate::domain::event::Skip;
use crate::domain::id::{Seq, WebhookNo};
use crate::domain::outcome::ErrorKind;
use crate::domain::webhook::{DisabledWhy, Failing, Ordering, Webhook, WebhookState};
use crate::store::command::{Accepted, Complete, DeliveryChange, Edit, Refused, RunChange};
use crate::store::committed::Committed;
use crate::store::query::{DeliveryFilter, EventFilter, PageRequest, TailItem};

use super::sample::{self, Rig, at};
use crate::domain::id::AccountNo;

const FIRST: PageRequest<crate::store::DeliveryCursor> =
    PageRequest { after: None, descending: false, limit: 10 };

#[tokio::test]
async fn an_event_costs_few_row_writes() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let writes = |rig: &Rig| rig.store().figures().row_writes;
    // The first one of a block of numbers is a row of its account's list, too.
    let before = writes(&rig);
    rig.accept(sample::accept("{}", &[])).await;
    assert_eq!(writes(&rig) - before, 3, "event, payload, list");
    let before = writes(&rig);
    rig.accept(sample::accept("{}", &[webhook])).await;
    let (_, row) = rig.rows().await[0];
    let accepted = writes(&rig);
    assert_eq!(accepted - before, 4, "event, payload, delivery, due row");
    let row = rig
        .complete(
            sample::complete(webhook, row, DeliveryChange::Retry { due: at(9), spent: true }, at(1)),
            at(2),
        )
        .await;
    let retried = writes(&rig);
    assert_eq!(retried - accepted, 4, "attempt, delivery, due row moved");
    rig.complete(sample::complete(webhook, row.unwrap(), DeliveryChange::Delivered, at(9)), at(10)).await;
    assert_eq!(writes(&rig) - retried, 3, "attempt, delivery, due row gone");
    let keyed = crate::store::command::Accept {
        idempotency: vec![sample::idempotency("k", 1, at(99))],
        ..sample::accept("{}", &[webhook])
    };
    let before = writes(&rig);
    rig.accept(keyed).await;
    assert_eq!(writes(&rig) - before, 6, "and the key with its expiry");
}

#[tokio::test]
async fn an_event_is_delivered_after_a_retry_and_a_restart() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let event = rig.accept(sample::accept(r#"{"n":1}"#, &[webhook])).await;
    let (_, row) = rig.rows().await[0];
    assert_eq!((row.due, row.attempts, row.trigger, row.bytes), (at(0), 0, Trigger::Scheduled, 7));
    let retry = DeliveryChange::Retry { due: at(5_000), spent: true };
    rig.complete(sample::complete(webhook, row, retry, at(1)), at(2)).await.unwrap();

    let mut rig = rig.reopen().await;
    assert!(rig.opened.was_unclean);
    let head = rig.opened.lanes[..].first().copied().unwrap();
    assert_eq!((head.webhook, head.due), (webhook, at(5_000)));
    rig.store().load_lane(webhook, head.key, 10).unwrap();
    let row = rig
        .wait_in_stream(|committed| match committed {
            Committed::Page { rows, next: None, .. } => Some(rows[0]),
            _ => None,
        })
        .await;
    assert_eq!((row.attempts, row.due), (1, at(5_000)));
    assert_eq!(
        rig.complete(sample::complete(webhook, row, DeliveryChange::Delivered, at(5_001)), at(5_002)).await,
        None
    );

    let store = rig.store();
    let delivery = store.delivery(event.seq(), webhook).unwrap().unwrap();
    assert_eq!((delivery.state, delivery.attempts, delivery.event), (DeliveryState::Delivered, 2, event));
    let attempts = store.attempts(&delivery).unwrap();
    assert_eq!(attempts.iter().map(|(_, attempt)| attempt.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(&*store.event(event.seq()).unwrap().unwrap().data, br#"{"n":1}"#);
    assert_eq!(store.figures().pending, 0);

    let (items, place) = store.tail(None, Seq(0), 10).unwrap();
    assert!(matches!(items[0].1, TailItem::Event(_)));
    assert!(matches!(items[1].1, TailItem::Attempt { .. }));
    assert_eq!((items.len(), place), (3, items[2].0));
    let failed = DeliveryFilter { error: Some(ErrorKind::Status), ..DeliveryFilter::default() };
    assert!(
        store.deliveries(AccountNo(1), &failed, FIRST).unwrap().rows.is_empty(),
        "the last attempt succeeded"
    );
    let stats = store.stats(webhook, at(0)).unwrap();
    assert_eq!((stats.attempts, stats.successes, stats.backlog), (2, 1, 0));
}

#[tokio::test]
async fn a_repeated_request_is_recognised_until_its_key_expires() {
    let rig = Rig::new();
    let keyed = |body| crate::store::command::Accept {
        idempotency: vec![sample::idempotency("k", body, at(1_000))],
        ..sample::accept("{}", &[])
    };
    let store = rig.store();
    let first = store.accept_each(vec![keyed(1), keyed(1), keyed(2)], at(0)).await.unwrap();
    let Accepted::New { id, deliveries } = first[0] else { panic!("{first:?}") };
    assert_eq!(first[1..], [Accepted::Duplicate { id, deliveries }, Accepted::Conflict { id: Some(id) }]);
    assert_eq!(store.accept(vec![keyed(1)], at(999)).await.unwrap(), [first[1]]);
    let again = store.accept(vec![keyed(2)], at(1_000)).await.unwrap();
    assert!(matches!(again[0], Accepted::New { id: other, .. } if other != id));
}

#[tokio::test]
async fn a_request_with_a_conflict_stores_nothing() {
    let rig = Rig::new();
    let keyed = |key: &str, body| crate::store::command::Accept {
        idempotency: vec![sample::idempotency(key, body, at(1_000))],
        ..sample::accept("{}", &[])
    };
    let plain = || sample::accept("{}", &[]);
    let store = rig.store();
    let one = store.accept(vec![keyed("k", 1), keyed("k", 1)], at(0)).await.unwrap();
    let Accepted::New { id, deliveries } = one[0] else { panic!("{one:?}") };
    assert_eq!(one[1], Accepted::Duplicate { id, deliveries });
    let before = store.figures().row_writes;
    let within =
        store.accept(vec![plain(), keyed("l", 1), keyed("l", 1), keyed("l", 2)], at(1)).await.unwrap();
    let withheld = Accepted::Withheld;
    assert_eq!(within, [withheld, withheld, withheld, Accepted::Conflict { id: None }]);
    let known = store.accept(vec![keyed("k", 2), keyed("k", 1), keyed("m", 1)], at(1)).await.unwrap();
    assert_eq!(known, [Accepted::Conflict { id: Some(id) }, withheld, withheld]);
    assert_eq!(store.figures().row_writes, before, "nothing was stored");
    let after = store.accept(vec![keyed("l", 2), keyed("m", 2), keyed("k", 1)], at(2)).await.unwrap();
    assert!(matches!(after[..], [Accepted::New { .. }, Accepted::New { .. }, Accepted::Duplicate { .. }]));
}

#[tokio::test]
async fn a_change_of_what_was_meanwhile_changed_is_refused() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let present = |rig: &Rig| rig.store().directory().webhook(webhook).unwrap().clone();
    let from = present(&rig);
    rig.accept(sample::accept("{}", &[webhook])).await;
    let (_, row) = rig.rows().await[0];
    rig.complete(
        sample::complete(webhook, row, DeliveryChange::DisableWebhook(DisabledWhy::Gone), at(1)),
        at(2),
    )
    .await;
    let update = |from: &Arc<Webhook>| {
        let to = Webhook { description: "new".to_owned(), ..Webhook::clone(from) };
        Edit::UpdateWebhook { from: Arc::clone(from), to: Box::new(to) }
    };
    assert!(matches!(rig.edit(update(&from)).await, Err(Refused::State(_))));
    assert!(matches!(present(&rig).state, WebhookState::Disabled { .. }));
    rig.edit(update(&present(&rig))).await.unwrap();
    assert_eq!(present(&rig).description, "new");
    assert!(matches!(present(&rig).state, WebhookState::Disabled { .. }));
}

#[tokio::test]
async fn a_webhook_is_disabled_and_reported_once() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let mut rows = Vec::new();
    for _ in 0..3 {
        rig.accept(sample::accept("{}", &[webhook])).await;
        rows.push(rig.rows().await[0].1);
    }
    let notice = || vec![sample::accept(r#"{"operational":true}"#, &[])];
    let events = |rig: &Rig| {
        let all = PageRequest { after: None, descending: true, limit: 10 };
        rig.store().events(AccountNo(1), &EventFilter::default(), all).unwrap().rows.len()
    };
    for row in rows {
        let mut outcome =
            sample::complete(webhook, row, DeliveryChange::DisableWebhook(DisabledWhy::Gone), at(1));
        outcome.emit = notice();
        rig.complete(outcome, at(2)).await;
    }
    let (disabled, why) = (sample::id(webhook), DisabledWhy::Failing);
    let disable = || Edit::DisableWebhook { webhook: disabled, why, since: at(1), emit: notice() };
    rig.edit(disable()).await.unwrap();
    assert_eq!(events(&rig), 3 + 1, "three were sent, and one is about the end");
    let from = rig.store().directory().webhook(webhook).unwrap().clone();
    let to = Box::new(Webhook { state: WebhookState::Active, ..Webhook::clone(&from) });
    rig.edit(Edit::UpdateWebhook { from, to }).await.unwrap();
    rig.edit(disable()).await.unwrap();
    assert_eq!(events(&rig), 3 + 2);
    let state = rig.store().directory().webhook(webhook).unwrap().state;
    assert_eq!(state, WebhookState::Disabled { why: DisabledWhy::Failing, since: at(1) });
}

#[tokio::test]
async fn of_two_changes_of_a_run_of_failures_the_later_stands_whichever_comes_first() {
    let run = |attempts| Failing { since: at(1), attempts, warned: false };
    let change = |order, failing| RunChange {
        order,
        failing,
        emit: Some(sample::accept(r#"{"operational":true}"#, &[])),
    };
    for (late, stands, told) in [(3, None, 1), (5, Some(run(9)), 2)] {
        let mut rig = Rig::new();
        let webhook = rig.webhook(sample::webhook(0)).await;
        let mut rows = Vec::new();
        for _ in 0..3 {
            rig.accept(sample::accept("{}", &[webhook])).await;
            rows.push(rig.rows().await[0].1);
        }
        let mut outcomes =
            rows.into_iter().map(|row| sample::complete(webhook, row, DeliveryChange::Delivered, at(1)));
        for (order, failing) in [(4, None), (late, Some(run(9)))] {
            let outcome = outcomes.next().unwrap();
            rig.complete(Complete { run: Some(change(order, failing)), ..outcome }, at(2)).await;
        }
        let all = PageRequest { after: None, descending: true, limit: 10 };
        let events = rig.store().events(AccountNo(1), &EventFilter::default(), all).unwrap().rows.len();
        assert_eq!(events, 3 + told, "what is overtaken is not told");
        let mut rig = rig.reopen().await;
        assert_eq!(rig.opened.failing, Vec::from_iter(stands.map(|run| (webhook, run))));
        // The next process counts from the start again.
        rig.store().load_lane(webhook, DueKey { order: 0, event: Seq(0) }, 9).unwrap();
        let row = rig
            .wait_in_stream(|committed| match committed {
                Committed::Page { rows, .. } => rows.first().copied(),
                _ => None,
            })
            .await;
        let outcome = sample::complete(webhook, row, DeliveryChange::Delivered, at(3));
        rig.complete(Complete { run: Some(change(1, Some(run(1)))), ..outcome }, at(4)).await;
        let rig = rig.reopen().await;
        assert_eq!(rig.opened.failing, [(webhook, run(1))]);
    }
}

#[tokio::test]
async fn a_run_of_failures_from_before_a_resume_that_is_reported_late_changes_nothing() {
    let mut rig = Rig::new();
    let paused = Webhook { state: WebhookState::Paused { since: at(0) }, ..sample::webhook(0) };
    let webhook = rig.webhook(paused).await;
    let mut rows = Vec::new();
    for _ in 0..3 {
        rig.accept(sample::accept("{}", &[webhook])).await;
        rows.push(rig.rows().await[0].1);
    }
    let run = |since| Failing { since, attempts: 9, warned: true };
    rig.store().set_failing(webhook, Some(run(at(0)))).unwrap();
    // In the same commit as the resume, since outcomes may come between two.
    let from = rig.store().directory().webhook(webhook).unwrap().clone();
    let to = Box::new(Webhook { state: WebhookState::Active, ..Webhook::clone(&from) });
    rig.edit(Edit::UpdateWebhook { from, to }).await.unwrap();
    let notice = || sample::accept(r#"{"operational":true}"#, &[]);
    let since = at(0);
    for (order, row) in [1, 2].into_iter().zip(rows) {
        let change = RunChange { order, failing: Some(run(since)), emit: Some(notice()) };
        let outcome = sample::complete(webhook, row, DeliveryChange::Delivered, at(2));
        rig.complete(Complete { run: Some(change), ..outcome }, at(2)).await;
    }
    let why = DisabledWhy::Failing;
    rig.edit(Edit::DisableWebhook { webhook: sample::id(webhook), why, since, emit: vec![notice()] })
        .await
        .unwrap();
    let all = PageRequest { after: None, descending: true, limit: 10 };
    let events = rig.store().events(AccountNo(1), &EventFilter::default(), all).unwrap().rows.len();
    assert_eq!(events, 3, "no event is about it");
    // The scheduler has given it up by itself, and hears that it goes on.
    let saved = rig
        .wait_in_stream(|committed| match committed {
            Committed::WebhookSaved(saved) => Some(Arc::clone(saved)),
            _ => None,
        })
        .await;
    assert_eq!((saved.no(), saved.state), (webhook, WebhookState::Active));
    assert_eq!(rig.store().directory().webhook(webhook).unwrap().state, WebhookState::Active);
    let rig = rig.reopen().await;
    assert_eq!(rig.opened.failing, []);
}

#[tokio::test]
async fn a_webhook_that_went_away_is_skipped() {
    let rig = Rig::new();
    let event = rig.accept(sample::accept("{}", &[WebhookNo(7)])).await;
    let header = rig.store().event_header(event.seq()).unwrap().unwrap();
    assert_eq!((header.webhooks, header.skipped), (vec![], vec![(WebhookNo(7), Skip::Removed)]));
}

#[tokio::test]
async fn removing_a_webhook_cancels_what_waits_even_across_a_restart() {
    let mut rig = Rig::new();
    let [gone, stays] = [rig.webhook(sample::webhook(0)).await, rig.webhook(sample::webhook(0)).await];
    let wide: Vec<_> = (0..40).map(|_| sample::accept("{}", &[gone, stays])).collect();
    for _ in 0..50 {
        rig.store().accept(wide.clone(), at(0)).await.unwrap();
        rig.rows().await;
    }
    rig.edit(Edit::RemoveWebhook(sample::id(gone))).await.unwrap();
    assert_eq!(rig.edit(Edit::RemoveWebhook(sample::id(gone))).await.unwrap_err(), Refused::NotFound);
    let id = crate::domain::id::WebhookId::new(at(0), gone, 0x1234_5678_9abc);
    let mut rig = rig.reopen().await;
    assert!(rig.store().removed_webhook(id).unwrap().is_some());
    assert_eq!(rig.opened.lanes.iter().map(|lane| lane.webhook).collect::<Vec<_>>(), [stays]);
    while rig.store().figures().pending > 2_000 {
        tokio::task::yield_now().await;
    }
    rig.store().load_lane(stays, DueKey { order: 0, event: Seq(0) }, 10_000).unwrap();
    let left = rig
        .wait_in_stream(|committed| match committed {
            Committed::Page { rows, .. } => Some(rows.len()),
            _ => None,
        })
        .await;
    assert_eq!(left, 2_000);
    let cancelled = DeliveryFilter {
        webhook: Some(gone),
        state: Some(DeliveryState::Cancelled),
        ..DeliveryFilter::default()
    };
    assert_eq!(rig.store().count_deliveries(AccountNo(1), &cancelled, 10_000).unwrap().count, 2_000);
}

#[tokio::test]
async fn gone_disables_or_removes_in_the_same_commit() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let [first, second] = [(); 2].map(|()| sample::accept("{}", &[webhook]));
    let first = rig.accept(first).await;
    let (_, row) = rig.rows().await[0];
    let second = rig.accept(second).await;
    let (_, other) = rig.rows().await[0];
    let mut outcome =
        sample::complete(webhook, row, DeliveryChange::DisableWebhook(DisabledWhy::Gone), at(1));
    outcome.emit = vec![sample::accept(r#"{"operational":true}"#, &[])];
    rig.complete(outcome, at(2)).await;
    let state = rig.store().directory().webhook(webhook).unwrap().state;
    assert_eq!(state, WebhookState::Disabled { why: DisabledWhy::Gone, since: at(2) });
    let delivery = rig.store().delivery(first.seq(), webhook).unwrap().unwrap();
    assert_eq!((delivery.state, delivery.reason), (DeliveryState::Failed, Some(Reason::Gone)));
    let all = PageRequest { after: None, descending: true, limit: 10 };
    assert_eq!(rig.store().events(AccountNo(1), &EventFilter::default(), all).unwrap().rows.len(), 3);

    rig.complete(sample::complete(webhook, other, DeliveryChange::RemoveWebhook, at(3)), at(4)).await;
    assert!(rig.store().directory().webhook(webhook).is_none());
    let delivery = rig.store().delivery(second.seq(), webhook).unwrap().unwrap();
    assert_eq!((delivery.state, delivery.reason), (DeliveryState::Failed, Some(Reason::Gone)));
}

#[tokio::test]
async fn an_outcome_of_a_row_that_moved_is_logged_and_tells_the_row() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let event = rig.accept(sample::accept("{}", &[webhook])).await;
    let (_, row) = rig.rows().await[0];
    let id = rig.store().delivery(event.seq(), webhook).unwrap().unwrap().id;
    rig.edit(Edit::RetryNow(id)).await.unwrap();
    let moved = rig
        .wait_in_stream(|committed| match committed {
            Committed::Due { row, .. } => Some(*row),
            _ => None,
        })
        .await;
    assert_eq!((moved.due, moved.trigger), (at(1), Trigger::Manual));
    let told = rig.complete(sample::complete(webhook, row, DeliveryChange::Delivered, at(1)), at(2)).await;
    assert_eq!(told, Some(moved), "the scheduler left the row to its settlement");
    let delivery = rig.store().delivery(event.seq(), webhook).unwrap().unwrap();
    assert_eq!((delivery.state, delivery.attempts, delivery.log.len()), (DeliveryState::Pending, 0, 1));
    assert_eq!(rig.store().figures().pending, 1);
}

#[tokio::test]
async fn a_finished_delivery_gets_one_attempt_by_hand() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let event = rig.accept(sample::accept("{}", &[webhook])).await;
    let (_, row) = rig.rows().await[0];
    rig.complete(sample::complete(webhook, row, DeliveryChange::Failed(Reason::Exhausted), at(1)), at(2))
        .await;
    let look = |rig: &Rig| rig.store().delivery(event.seq(), webhook).unwrap().unwrap();
    assert_eq!(
        rig.edit(Edit::Cancel(look(&rig).id)).await.unwrap_err(),
        Refused::State("the delivery is not pending")
    );
    rig.edit(Edit::RetryNow(look(&rig).id)).await.unwrap();
    let row = rig
        .wait_in_stream(|committed| match committed {
            Committed::Due { row, .. } => Some(*row),
            _ => None,
        })
        .await;
    assert_eq!((look(&rig).state, row.trigger), (DeliveryState::Pending, Trigger::Manual));
    let offline = DeliveryChange::Retry { due: at(50), spent: false };
    let row = rig.complete(sample::complete(webhook, row, offline, at(3)), at(4)).await.unwrap();
    assert_eq!(row.trigger, Trigger::Manual);
    let retry = DeliveryChange::Retry { due: at(90), spent: true };
    assert_eq!(rig.complete(sample::complete(webhook, row, retry, at(50)), at(51)).await, None);
    assert_eq!((look(&rig).state, look(&rig).reason), (DeliveryState::Failed, Some(Reason::Exhausted)));
}

#[tokio::test]
async fn a_delivered_delivery_stays_one_when_a_try_by_hand_fails() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let event = rig.accept(sample::accept("{}", &[webhook])).await;
    let (_, row) = rig.rows().await[0];
    rig.complete(sample::complete(webhook, row, DeliveryChange::Delivered, at(1)), at(2)).await;
    let look = |rig: &Rig| rig.store().delivery(event.seq(), webhook).unwrap().unwrap();
    let delivered = look(&rig);
    for change in
        [DeliveryChange::Failed(Reason::FinalAnswer), DeliveryChange::Retry { due: at(90), spent: true }]
    {
        rig.edit(Edit::RetryNow(delivered.id)).await.unwrap();
        let row = rig
            .wait_in_stream(|committed| match committed {
                Committed::Due { row, .. } => Some(*row),
                _ => None,
            })
            .await;
        let mut outcome = sample::complete(webhook, row, change, at(3));
        if matches!(change, DeliveryChange::Failed(_)) {
            outcome.emit = vec![sample::accept(r#"{"operational":true}"#, &[])];
        }
        assert_eq!(rig.complete(outcome, at(4)).await, None);
        let now = look(&rig);
        assert_eq!((now.state, now.reason), (DeliveryState::Delivered, None));
        assert_eq!(now.finished_at, delivered.finished_at);
    }
    assert_eq!(look(&rig).log.len(), 3, "each attempt is in the log");
    let all = PageRequest { after: None, descending: true, limit: 10 };
    let events = rig.store().events(AccountNo(1), &EventFilter::default(), all).unwrap().rows;
    assert_eq!(events.len(), 1, "nothing is told of an end that is none");
    rig.edit(Edit::RetryNow(delivered.id)).await.unwrap();
    rig.edit(Edit::Cancel(delivered.id)).await.unwrap();
    assert_eq!(look(&rig).state, DeliveryState::Delivered);
}

#[tokio::test]
async fn a_waiting_head_keeps_its_place_in_an_ordered_lane() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(Webhook { ordering: Ordering::Webhook, ..sample::webhook(0) }).await;
    rig.accept(sample::accept("{}", &[webhook])).await;
    let (_, row) = rig.rows().await[0];
    assert_eq!(row.key.order, 0);
    let retry = DeliveryChange::Retry { due: at(5_000), spent: true };
    let next = rig.complete(sample::complete(webhook, row, retry, at(1)), at(2)).await.unwrap();
    assert_eq!((next.key, next.due), (row.key, at(5_000)));
    assert_eq!(rig.store().figures().pending, 1);
}
