//! What goes on beside deliveries: replays, retention, expiry, a full disk, failure.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;

use super::check::consistent;
use super::disk::Disk;
use super::power::{IMAGE, WEBHOOKS, power_up};
use super::sample::{self, Rig, at};
use crate::domain::account::Account;
use crate::domain::delivery::{DeliveryState, Reason};
use crate::domain::id::{AccountId, AccountNo, ReplayId, Seq, WebhookId, WebhookNo};
use crate::domain::terms::Template;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::audit::Actor;
use crate::store::command::{Accept, Accepted, DeliveryChange, Edit, Edited, Refused};
use crate::store::query::{Counted, DeliveryFilter, PageRequest};
use crate::store::records::replay as record;
use crate::store::tables;
use crate::store::upkeep::{NewReplay, Pruned, Replay, ReplayState, RetentionPolicy};
use crate::store::{Opened, StoreError};

pub(super) const DAY: u64 = 24 * 3_600_000;
pub(super) const POLICY: RetentionPolicy = RetentionPolicy {
    audit_for: crate::limits::AUDIT_FOR,
    audit_entries: crate::limits::AUDIT_ENTRIES,
    events_for: Duration::from_secs(30 * 24 * 3600),
    attempts_for: Duration::from_secs(30 * 24 * 3600),
    max_bytes: None,
};

/// A webhook with failed deliveries.
async fn failed(rig: &mut Rig, count: usize) -> WebhookNo {
    let webhook = rig.webhook(sample::webhook(0)).await;
    for _ in 0..count {
        rig.accept(sample::accept("{}", &[webhook])).await;
        let (_, row) = rig.rows().await[0];
        rig.complete(sample::complete(webhook, row, DeliveryChange::Failed(Reason::Exhausted), at(1)), at(2))
            .await;
    }
    webhook
}

pub(super) fn new_replay(webhook: WebhookNo, rate_per_second: Option<u32>, matched: Counted) -> Edit {
    let filter = of(webhook, DeliveryState::Failed);
    let id = ReplayId::new(at(5), 1);
    Edit::CreateReplay(Box::new(NewReplay {
        id,
        account: AccountNo(1),
        filter,
        skipped: false,
        rate_per_second,
        matched,
    }))
}

fn of(webhook: WebhookNo, state: DeliveryState) -> DeliveryFilter {
    DeliveryFilter { webhook: Some(webhook), state: Some(state), ..DeliveryFilter::default() }
}

const NEWEST: PageRequest<ReplayId> = PageRequest { after: None, descending: true, limit: 2 };

#[tokio::test]
async fn replays_behind_thousands_of_another_account_are_found_page_by_page() {
    let rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let Edited::Replay(replay) =
        rig.edit(new_replay(webhook, None, Counted { count: 0, exact: true })).await.unwrap()
    else {
        panic!()
    };
    let others = limits::PAGE_SCAN as u64 + 10;
    let store = rig.store();
    let txn = store.core.db.begin_write().unwrap();
    {
        let mut table = tables::REPLAYS.write(&txn).unwrap();
        let mut put = |account, no| {
            let replay = Replay { id: ReplayId::new(at(100 + no), 1), account, ..Replay::clone(&replay) };
            table.insert(replay.id.to_bytes(), record::write(&replay).as_slice()).unwrap();
        };
        (0..others).for_each(|no| put(AccountNo(2), 2 * no + 2));
        [1, 3, 4 * others].into_iter().for_each(|no| put(AccountNo(1), no));
    }
    txn.commit().unwrap();
    for (descending, mut left) in
        [(true, [4 * others + 100, 103, 101, 5]), (false, [5, 101, 103, 4 * others + 100])]
            .map(|(descending, all)| (descending, all.to_vec()))
    {
        let (mut page, mut pages) = (PageRequest { descending, ..NEWEST }, 0);
        loop {
            let found = store.replays(AccountNo(1), page).unwrap();
            assert!(found.rows.len() <= 2);
            for row in found.rows {
                assert_eq!(row.id, ReplayId::new(at(left.remove(0)), 1));
            }
            pages += 1;
            let Some(next) = found.next else { break };
            page.after = Some(next);
        }
        assert_eq!((left, pages), (vec![], 3), "descending: {descending}");
    }
}

#[tokio::test]
async fn a_replay_goes_on_after_a_restart_and_ends() {
    let mut rig = Rig::new();
    let webhook = failed(&mut rig, 7).await;
    let matched =
        rig.store().count_deliveries(AccountNo(1), &of(webhook, DeliveryState::Failed), 10_000).unwrap();
    assert_eq!(matched, Counted { count: 7, exact: true });
    let Edited::Replay(replay) = rig.edit(new_replay(webhook, None, matched)).await.unwrap() else {
        panic!()
    };
    failed(&mut rig, 1).await;
    assert_eq!(rig.store().replay_tick(&sample::profiles(), 3, at(6)).await.unwrap(), (3, true));
    let rig = rig.reopen().await;
    let found = rig.store().replay(replay.id).unwrap().unwrap();
    assert_eq!((found.done, found.matched, found.state), (3, 7, ReplayState::Running));
    while rig.store().replay_tick(&sample::profiles(), 3, at(7)).await.unwrap().1 {}
    let found = rig.store().replays(AccountNo(1), NEWEST).unwrap().rows.remove(0);
    assert_eq!((found.done, found.state, found.finished_at), (7, ReplayState::Done, Some(at(7))));
    assert_eq!(rig.store().figures().pending, 7);
    assert_eq!(
        rig.edit(Edit::CancelReplay(replay.id)).await.unwrap_err(),
        Refused::State("the replay has ended")
    );
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn a_replay_keeps_its_rate_and_can_be_stopped() {
    let mut rig = Rig::new();
    let webhook = failed(&mut rig, 9).await;
    let Edited::Replay(replay) =
        rig.edit(new_replay(webhook, Some(2), Counted { count: 9, exact: true })).await.unwrap()
    else {
        panic!()
    };
    let mut sent = vec![];
    for ms in [0, 100, 500, 1_000, 1_000, 60_000] {
        sent.push(rig.store().replay_tick(&sample::profiles(), 100, at(ms)).await.unwrap().0);
    }
    assert_eq!(sent, [2, 0, 1, 1, 0, 2], "two per second, and no burst after a pause");
    rig.edit(Edit::CancelReplay(replay.id)).await.unwrap();
    assert_eq!(rig.store().replay_tick(&sample::profiles(), 100, at(70_000)).await.unwrap(), (0, false));
    assert_eq!(rig.store().replay(replay.id).unwrap().unwrap().state, ReplayState::Cancelled);
}

pub(super) async fn prune_all(rig: &Rig, policy: RetentionPolicy, now: Timestamp) -> Pruned {
    let mut all = Pruned::default();
    loop {
        let step = rig.store().prune_tick(policy, now).await.unwrap();
        all.events += step.events;
        all.attempts += step.attempts;
        all.waiting += step.waiting;
        for webhook in step.expired {
            rig.store()
                .edit(Edit::ExpireWebhook { webhook: webhook.id, emit: None }, Actor::Daemon, now)
                .await
                .unwrap()
                .unwrap();
            all.expired.push(webhook);
        }
        if !step.more {
            return all;
        }
    }
}

#[tokio::test]
async fn what_is_old_and_finished_goes_and_what_is_pending_stays() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let stuck = rig.accept(sample::accept("{}", &[webhook])).await;
    let (_, stuck_row) = rig.rows().await[0];
    let done = failed(&mut rig, 3).await;
    let late = rig.store().accept(vec![sample::accept("{}", &[])], at(20 * DAY)).await.unwrap();
    let Accepted::New { id: late, .. } = late[0] else { panic!() };

    let pruned = prune_all(&rig, POLICY, at(29 * DAY)).await;
    assert_eq!((pruned.events, pruned.attempts), (0, 0));
    let pruned = prune_all(&rig, POLICY, at(31 * DAY)).await;
    assert_eq!((pruned.events, pruned.attempts), (3, 3));
    assert!(rig.store().event(stuck.seq()).unwrap().is_some());
    assert!(rig.store().event(late.seq()).unwrap().is_some());
    assert_eq!(
        rig.store().count_deliveries(AccountNo(1), &DeliveryFilter::default(), 1_000).unwrap().count,
        1
    );
    consistent(&rig.store()).unwrap();

    // A later pass takes what was pending then and is finished now.
    rig.complete(sample::complete(webhook, stuck_row, DeliveryChange::Delivered, at(31 * DAY)), at(31 * DAY))
        .await;
    let pruned = prune_all(&rig, POLICY, at(31 * DAY + 2 * 3_600_000)).await;
    assert_eq!(pruned.events, 1);
    assert!(rig.store().event(stuck.seq()).unwrap().is_none());

    // A removed webhook goes with the last of its log, and its number is not used again.
    rig.edit(Edit::RemoveWebhook(sample::id(done))).await.unwrap();
    prune_all(&rig, POLICY, at(33 * DAY)).await;
    let id = WebhookId::new(at(0), done, 0x1234_5678_9abc);
    assert_eq!(rig.store().removed_webhook(id).unwrap(), None);
    let rig = rig.reopen().await;
    assert_eq!(rig.webhook(sample::webhook(0)).await, WebhookNo(done.0 + 1));
}

#[tokio::test]
async fn a_resource_is_used_once_and_forgotten_with_its_event() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let event = rig.accept(sample::accept("1", &[webhook])).await;
    let (_, row) = rig.rows().await[0];
    let id = rig.store().delivery(event.seq(), webhook).unwrap().unwrap().id;
    let url = rig.store().resource_key().url("", id);
    let turns = join_all((0..50).map(|_| rig.opened.store.use_resource(id, at(1)))).await;
    assert_eq!(turns.into_iter().filter(|turn| *turn == Ok(true)).count(), 1);
    rig.complete(sample::complete(webhook, row, DeliveryChange::Delivered, at(1)), at(2)).await;
    let rig = rig.reopen().await;
    assert!(rig.store().is_used(id).unwrap());
    assert_eq!(rig.store().resource_key().url("", id), url, "the key outlives the process");
    assert_eq!(rig.store().use_resource(id, at(3)).await, Ok(false));
    prune_all(&rig, POLICY, at(40 * DAY)).await;
    assert!(!rig.store().is_used(id).unwrap());
    assert_eq!(rig.store().use_resource(id, at(3)).await, Ok(false), "there is nothing left to read");
}

#[tokio::test]
async fn what_is_from_a_time_when_the_clock_was_ahead_holds_up_nothing() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let year = 365 * DAY;
    // The second is accepted and attempted while the clock is a year ahead.
    for when in [0, year, 1] {
        rig.store().accept(vec![sample::accept("{}", &[webhook])], at(when)).await.unwrap();
        let (_, row) = rig.rows().await[0];
        rig.complete(sample::complete(webhook, row, DeliveryChange::Delivered, at(when)), at(when)).await;
    }
    let pruned = prune_all(&rig, POLICY, at(40 * DAY)).await;
    assert_eq!((pruned.events, pruned.attempts), (2, 2));
    let pruned = prune_all(&rig, POLICY, at(year + 40 * DAY)).await;
    assert_eq!((pruned.events, pruned.attempts), (1, 1));
}

#[tokio::test]
async fn numbers_go_on_after_everything_was_pruned() {
    let mut rig = Rig::new();
    failed(&mut rig, 2).await;
    assert_eq!(*rig.store().watch().borrow(), Seq(4));
    let pruned = prune_all(&rig, POLICY, at(40 * DAY)).await;
    assert_eq!((pruned.events, pruned.attempts), (2, 2));
    let rig = rig.reopen().await;
    assert_eq!(rig.accept(sample::accept("{}", &[])).await.seq(), Seq(5));
}

#[tokio::test]
async fn over_its_budget_the_oldest_finished_go_before_their_time() {
    let mut rig = Rig::new();
    let pending = rig.webhook(sample::webhook(0)).await;
    let stuck = rig.accept(sample::accept("{}", &[pending])).await;
    rig.rows().await;
    failed(&mut rig, 5).await;
    let small = RetentionPolicy { max_bytes: Some(1), ..POLICY };
    let pruned = prune_all(&rig, small, at(3)).await;
    assert_eq!(pruned.events, 5);
    assert!(rig.store().event(stuck.seq()).unwrap().is_some());
    // Within its budget, nothing more goes before its time.
    let fits = RetentionPolicy { max_bytes: Some(2 * rig.store().figures().file_bytes), ..POLICY };
    prune_all(&rig, fits, at(3)).await;
    failed(&mut rig, 1).await;
    assert_eq!(prune_all(&rig, fits, at(3)).await.events, 0);
}

#[tokio::test]
async fn keys_and_webhooks_expire() {
    let rig = Rig::new();
    let webhook = rig.webhook(Webhook { expires_at: Some(at(50)), ..sample::webhook(0) }).await;
    let later = Webhook { expires_at: Some(at(500)), ..sample::webhook(0) };
    let extended = rig.webhook(Webhook { expires_at: Some(at(50)), ..sample::webhook(0) }).await;
    let from = rig.store().directory().webhook(extended).unwrap().clone();
    let to = Box::new(Webhook { id: from.id, ..later });
    rig.edit(Edit::UpdateWebhook { from, to }).await.unwrap();
    let keyed = || Accept {
        idempotency: vec![sample::idempotency("k", 1, at(100))],
        ..sample::accept("{}", &[webhook])
    };
    let event = rig.accept(keyed()).await;
    let pruned = prune_all(&rig, POLICY, at(60)).await;
    assert_eq!(pruned.expired.iter().map(|webhook| webhook.no()).collect::<Vec<_>>(), [webhook]);
    assert!(rig.store().directory().webhook(extended).is_some());
    let known = rig.store().accept(vec![keyed()], at(60)).await.unwrap();
    assert_eq!(known, [Accepted::Duplicate { id: event, deliveries: 1 }]);
    let writes = rig.store().figures().row_writes;
    prune_all(&rig, POLICY, at(100)).await;
    assert_eq!(rig.store().figures().row_writes - writes, 2, "the key and its expiry");

    // That it expired is told once, whatever is changed of it then.
    let from = rig.store().directory().webhook(webhook).unwrap().clone();
    let to = Box::new(Webhook { description: "changed".to_owned(), ..Webhook::clone(&from) });
    rig.edit(Edit::UpdateWebhook { from, to }).await.unwrap();
    let rig = rig.reopen().await;
    assert!(prune_all(&rig, POLICY, at(101)).await.expired.is_empty(), "it was told before");

    // What waits for an expired webhook waits on until its grace is over.
    let look = || rig.store().delivery(event.seq(), webhook).unwrap().unwrap();
    let grace = limits::EXPIRED_GRACE;
    prune_all(&rig, POLICY, at(49).plus(grace)).await;
    assert!(rig.store().directory().webhook(webhook).is_some());
    assert_eq!(look().state, DeliveryState::Pending);
    assert!(prune_all(&rig, POLICY, at(50).plus(grace)).await.expired.is_empty(), "it was told before");
    assert!(rig.store().directory().webhook(webhook).is_none());
    rig.accept(sample::accept("{}", &[])).await;
    assert_eq!((look().state, look().reason), (DeliveryState::Cancelled, Some(Reason::Expired)));
}

#[tokio::test]
async fn an_expired_webhook_that_nobody_looked_at_for_long_goes_once_that_is_entered() {
    let rig = Rig::new();
    let webhook = rig.webhook(Webhook { expires_at: Some(at(50)), ..sample::webhook(0) }).await;
    let late = at(51).plus(limits::EXPIRED_GRACE);
    let pruned = prune_all(&rig, POLICY, late).await;
    assert_eq!(pruned.expired.iter().map(|webhook| webhook.no()).collect::<Vec<_>>(), [webhook]);
    assert!(rig.store().directory().webhook(webhook).is_some(), "not before its event");
    assert!(prune_all(&rig, POLICY, late).await.expired.is_empty());
    assert!(rig.store().directory().webhook(webhook).is_none());
}

#[tokio::test]
async fn a_spent_budget_refuses_events_until_something_may_go() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    rig.accept(sample::accept("{}", &[webhook])).await;
    let (_, row) = rig.rows().await[0];
    let tiny = RetentionPolicy { max_bytes: Some(1), ..POLICY };
    prune_all(&rig, tiny, at(3)).await;
    let event = || vec![sample::accept("{}", &[])];
    assert_eq!(rig.store().accept(event(), at(3)).await, Err(StoreError::Share));
    rig.complete(sample::complete(webhook, row, DeliveryChange::Delivered, at(4)), at(4)).await;
    assert_eq!(prune_all(&rig, tiny, at(5 * 60_000)).await.events, 1);
    let roomy = RetentionPolicy { max_bytes: Some(1 << 40), ..POLICY };
    prune_all(&rig, roomy, at(6 * 60_000)).await;
    assert!(rig.store().accept(event(), at(3)).await.is_ok());
}

#[tokio::test]
async fn a_budget_that_holds_what_is_there_takes_nothing_away() {
    let mut rig = Rig::new();
    failed(&mut rig, 5).await;
    // Less than the engine's smallest file, more than what is in it.
    let small = RetentionPolicy { max_bytes: Some(20_000), ..POLICY };
    assert!(rig.store().figures().file_bytes > 20_000);
    assert_eq!(prune_all(&rig, small, at(3)).await.events, 0);
    let held = rig.store().figures().held_bytes.expect("it was counted");
    assert!(held > 5 * 600 && held < 20_000, "{held}");
}

fn of_account(account: u32, bytes: usize, webhooks: &[WebhookNo]) -> Accept {
    let mut accept = sample::accept(&format!("\"{}\"", "x".repeat(bytes)), webhooks);
    accept.event.account = AccountNo(account);
    accept
}

async fn accepted(rig: &Rig, accept: Accept) -> Seq {
    let Accepted::New { id, .. } = rig.store().accept(vec![accept], at(0)).await.unwrap()[0] else {
        panic!()
    };
    id.seq()
}

#[tokio::test]
async fn a_flood_of_one_account_takes_its_own_history_and_only_as_much_as_has_to_go() {
    let rig = Rig::new();
    let quiet: Vec<Seq> = rig_events(&rig, 2, 20, 100).await;
    let flood = rig_events(&rig, 1, 60, 200_000).await;
    let also: Vec<Seq> = rig_events(&rig, 3, 20, 50_000).await;
    let policy = RetentionPolicy { max_bytes: Some(4 << 20), ..POLICY };
    prune_all(&rig, policy, at(3)).await;
    let left = |events: &[Seq]| -> Vec<bool> {
        events.iter().map(|seq| rig.store().event(*seq).unwrap().is_some()).collect()
    };
    assert!(left(&quiet).iter().all(|kept| *kept), "who holds little loses nothing");
    assert!(left(&also).iter().all(|kept| *kept), "nor does who holds less than its share");
    let flood = left(&flood);
    assert!(flood.is_sorted(), "the newest stay");
    // Each takes 256 KiB of pages.
    let kept = flood.iter().filter(|kept| **kept).count();
    assert!((8..=12).contains(&kept), "{kept} of 60 stay");
    let held = rig.store().figures().held_bytes.unwrap();
    assert!(held <= 4 << 20 && held > 3 << 20, "{held}");
    assert!(!rig.store().figures().full && rig.store().figures().file_bytes > 4 << 20);
    // The file is as long as it was; that is no reason to take more.
    assert_eq!(prune_all(&rig, policy, at(4)).await.events, 0);
    // More makes the oldest of what is left go.
    rig_events(&rig, 1, 4, 200_000).await;
    assert!((1..=8).contains(&prune_all(&rig, policy, at(5)).await.events));
    assert!(left(&quiet).iter().all(|kept| *kept));
    consistent(&rig.store()).unwrap();
}

async fn rig_events(rig: &Rig, account: u32, count: usize, bytes: usize) -> Vec<Seq> {
    let mut events = Vec::new();
    for _ in 0..count {
        events.push(accepted(rig, of_account(account, bytes, &[])).await);
    }
    events
}

#[tokio::test]
async fn who_waits_for_more_than_its_share_is_refused_and_no_other() {
    let rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let quiet = rig_events(&rig, 2, 5, 100).await;
    for _ in 0..20 {
        accepted(&rig, of_account(1, 100_000, &[webhook])).await;
    }
    let policy = RetentionPolicy { max_bytes: Some(1 << 20), ..POLICY };
    assert_eq!(prune_all(&rig, policy, at(3)).await.events, 0);
    assert_eq!(rig.store().figures().refused_accounts, 1);
    let accept = |account| rig.opened.store.accept(vec![of_account(account, 10, &[])], at(4));
    assert_eq!(accept(1).await, Err(StoreError::Share));
    accept(2).await.unwrap();
    assert!(!rig.store().figures().full);
    // Its backlog's end lets it go on, at the cost of its own.
    rig.edit(Edit::RemoveWebhook(sample::id(webhook))).await.unwrap();
    let later = at(3).plus(limits::PRUNE_AGAIN_FULL);
    assert!(prune_all(&rig, policy, later).await.events >= 10);
    accept(1).await.unwrap();
    assert!(quiet.iter().all(|seq| rig.store().event(*seq).unwrap().is_some()));
}

#[tokio::test]
async fn attempts_go_with_what_goes_early_and_others_stay() {
    let mut rig = Rig::new();
    let id = AccountId::new(at(0), AccountNo(2), 7);
    rig.edit(Edit::CreateAccount(Account { id, name: "two".into(), created_at: at(0) })).await.unwrap();
    let other = rig.webhook(Webhook { account: AccountNo(2), ..sample::webhook(0) }).await;
    accepted(&rig, of_account(2, 10, &[other])).await;
    let (_, row) = rig.rows().await[0];
    rig.complete(sample::complete(other, row, DeliveryChange::Delivered, at(1)), at(2)).await;
    let own = failed(&mut rig, 3).await;
    rig_events(&rig, 1, 20, 100_000).await;
    let policy = RetentionPolicy { max_bytes: Some(1 << 20), ..POLICY };
    let pruned = prune_all(&rig, policy, at(3)).await;
    assert!(pruned.events > 3 && pruned.attempts == 3, "{pruned:?}");
    let delivery = rig.store().delivery(row.key.event, other).unwrap().unwrap();
    assert_eq!(rig.store().attempts(&delivery).unwrap().len(), 1);
    assert_eq!(rig.store().log_of(own, 10).unwrap().0, 0);
    // What was counted is what was paid: nothing is left of an account that gave up all.
    let all = RetentionPolicy { max_bytes: Some(1), ..POLICY };
    rig_events(&rig, 1, 1, 10).await;
    prune_all(&rig, all, at(4)).await;
    assert_eq!(rig.store().figures().held_bytes, Some(0));
}

#[tokio::test]
async fn requests_at_the_same_time_share_a_commit() {
    let rig = Rig::new();
    let before = rig.store().figures().commits;
    let all = (0..200).map(|_| {
        let store = rig.store();
        async move { store.accept(vec![sample::accept("{}", &[])], at(0)).await }
    });
    let answers = futures_util::future::join_all(all).await;
    assert!(answers.iter().all(Result::is_ok));
    assert!(rig.store().figures().commits - before < 100);
}

#[tokio::test]
async fn a_full_disk_refuses_events_and_nothing_else() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    rig.accept(sample::accept("{}", &[webhook])).await;
    let (_, row) = rig.rows().await[0];
    let dir = rig.stop().await;
    let path = dir.path().join("store");
    let options = crate::store::OpenOptions { free_floor: u64::MAX, ..sample::options() };
    let opened = crate::store::Store::open(&path, &options).unwrap();
    let mut rig = Rig { dir, opened };
    assert_eq!(rig.store().accept(vec![sample::accept("{}", &[])], at(0)).await, Err(StoreError::Full));
    rig.complete(sample::complete(webhook, row, DeliveryChange::Delivered, at(1)), at(2)).await;
    assert_eq!(
        rig.store().delivery(row.key.event, webhook).unwrap().unwrap().state,
        DeliveryState::Delivered
    );
    assert!(rig.store().figures().full);
}

#[tokio::test]
async fn a_failure_is_reported_to_all_callers_for_good() {
    let Opened { store, committed: _stream, .. } = power_up(Disk::new(IMAGE.clone(), 30), false).unwrap();
    let mut outcome = Ok(vec![]);
    for _ in 0..30 {
        outcome = store.accept(vec![sample::accept("{}", &WEBHOOKS)], at(0)).await;
    }
    assert_eq!(outcome, Err(StoreError::Unavailable));
    assert!(store.failed().await.contains("the power is gone"));
    assert_eq!(store.event(Seq(1)).unwrap_err(), StoreError::Unavailable);
    assert_eq!(store.set_failing(WebhookNo(1), None), Err(StoreError::Unavailable));
}

#[tokio::test]
async fn ended_replays_go_a_bounded_part_at_a_time() {
    let mut rig = Rig::new();
    let webhook = failed(&mut rig, 1).await;
    let matched = Counted { count: 1, exact: true };
    for n in 0..600u128 {
        let Edit::CreateReplay(new) = new_replay(webhook, None, matched) else { panic!() };
        let id = ReplayId::new(at(5), n + 1);
        rig.edit(Edit::CreateReplay(Box::new(NewReplay { id, ..*new }))).await.unwrap();
        if n > 0 {
            rig.edit(Edit::CancelReplay(id)).await.unwrap();
        }
    }
    let page = PageRequest { limit: 1000, ..NEWEST };
    let left = |rig: &Rig| rig.store().replays(AccountNo(1), page).unwrap().rows.len();
    let first = rig.store().prune_tick(POLICY, at(31 * DAY)).await.unwrap();
    assert!(first.more && left(&rig) > 300, "one step takes a part of them");
    prune_all(&rig, POLICY, at(31 * DAY)).await;
    assert_eq!(left(&rig), 1, "the one that has not ended stays");
}

#[tokio::test]
async fn webhooks_with_large_templates_expire_a_few_at_a_time() {
    let rig = Rig::new();
    let mut large = sample::webhook(0);
    large.expires_at = Some(at(10));
    large.terms.template = Some(Arc::new(Template {
        payload: Some("x".repeat(limits::TEMPLATE_BYTES).into()),
        headers: None,
        interpolate_strings: false,
    }));
    for _ in 0..12 {
        rig.webhook(large.clone()).await;
    }
    let late = at(40 * DAY);
    let all = rig.store().prune_tick(POLICY, late).await.unwrap().expired;
    assert_eq!(all.len(), 12);
    for webhook in all {
        let enter = Edit::ExpireWebhook { webhook: webhook.id, emit: None };
        rig.store().edit(enter, Actor::Daemon, late).await.unwrap().unwrap();
    }
    let (mut steps, mut left) = (0, 12);
    loop {
        let step = rig.store().prune_tick(POLICY, late).await.unwrap();
        let before = std::mem::replace(&mut left, rig.store().directory().webhooks().count());
        steps += 1;
        assert!(before - left < 6, "{} at once", before - left);
        if !step.more {
            break;
        }
    }
    assert!(left == 0 && steps > 2, "{left} after {steps} steps");
}

#[tokio::test]
async fn an_expiry_is_reported_until_it_is_entered_with_its_event_whatever_crash_comes_between() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(Webhook { expires_at: Some(at(50)), ..sample::webhook(0) }).await;
    let listener = rig.webhook(sample::webhook(0)).await;
    let enter = |rig: &Rig| {
        let emit = Some(sample::accept(r#"{"operational":true}"#, &[listener]));
        let (store, webhook) = (rig.store(), sample::id(webhook));
        async move { store.edit(Edit::ExpireWebhook { webhook, emit }, Actor::Daemon, at(60)).await.unwrap() }
    };
    let reported = |step: Pruned| step.expired.iter().map(|webhook| webhook.no()).collect::<Vec<_>>();
    for _ in 0..3 {
        // Each life of the daemon ends after retention's commit and before anything is said.
        assert_eq!(reported(rig.store().prune_tick(POLICY, at(60)).await.unwrap()), [webhook]);
        rig = rig.reopen().await;
    }
    let pending = |rig: &Rig| rig.store().figures().pending;
    assert_eq!(pending(&rig), 0);
    enter(&rig).await.unwrap();
    assert_eq!(pending(&rig), 1, "the event is there with the entry");
    for _ in 0..2 {
        rig = rig.reopen().await;
        assert!(reported(rig.store().prune_tick(POLICY, at(61)).await.unwrap()).is_empty());
        enter(&rig).await.unwrap();
        assert_eq!(pending(&rig), 1, "and is not said twice");
    }
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn a_one_time_webhook_that_was_tested_without_end_takes_nothing() {
    let rig = Rig::new();
    let mut once = sample::webhook(0);
    once.terms.once = true;
    once.events = vec!["order.paid".parse().unwrap()];
    for (tests, takes) in [(limits::ONE_SHOT_DELIVERIES, 1), (limits::ONE_SHOT_DELIVERIES + 1, 0)] {
        let webhook = rig.webhook(once.clone()).await;
        let mut test = sample::accept("{}", &[webhook]);
        test.event.event_type = "webhook.test".parse().unwrap();
        rig.store().accept(vec![test; tests], at(0)).await.unwrap();
        let accepted = rig.store().accept(vec![sample::accept("{}", &[webhook])], at(0)).await.unwrap();
        assert!(
            matches!(accepted[0], Accepted::New { deliveries, .. } if deliveries == takes),
            "{accepted:?}"
        );
    }
}
