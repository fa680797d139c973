//! Batches: gathered, closed, and what they say of their members.

use std::time::Duration;

use proptest::prelude::*;

use super::check::consistent;
use super::disk::{Chance, Disk};
use super::power::{BATCHING, IMAGE, block_on, power_up};
use super::sample::{self, Rig, at};
use super::upkeep::{DAY, POLICY, new_replay, prune_all};
use crate::domain::delivery::{Delivery, DeliveryState, DueRow, Reason};
use crate::domain::fanout::{Plan, Share};
use crate::domain::form::PayloadForm;
use crate::domain::id::{AccountNo, EventId, WebhookNo};
use crate::domain::terms::{Batch, Terms};
use crate::domain::webhook::{Ordering, Webhook};
use crate::limits;
use crate::store::audit::Actor;
use crate::store::command::{Accept, Accepted, DeliveryChange, Edit, Edited, Refused};
use crate::store::committed::Committed;
use crate::store::query::{Counted, DeliveryFilter, EventFilter, PageRequest};
use crate::store::{OpenOptions, Opened, Store};

const BATCH: Batch = Batch { max_events: 3, max_bytes: 100, max_wait: Duration::from_millis(10) };

fn batching(batch: Batch) -> Webhook {
    Webhook { terms: Terms { batch: Some(batch), ..Terms::default() }, ..sample::webhook(0) }
}

fn event(event_type: &str, data: &str, webhook: WebhookNo) -> Accept {
    let mut accept = sample::accept(data, &[webhook]);
    accept.event.event_type = event_type.parse().unwrap();
    accept
}

fn of(rig: &Rig, event: EventId, webhook: WebhookNo) -> Delivery {
    rig.store().delivery(event.seq(), webhook).unwrap().unwrap()
}

/// The next batch: its id, its data and its row.
async fn batch(rig: &mut Rig) -> (EventId, String, DueRow) {
    rig.wait_in_stream(|committed| match committed {
        Committed::Accepted { event, rows } if event.header.batch_of > 0 => {
            let data = String::from_utf8(event.data.to_vec()).unwrap();
            Some((event.header.id, data, rows[0].1))
        }
        _ => None,
    })
    .await
}

async fn rig() -> (Rig, WebhookNo) {
    let rig = Rig::new();
    let webhook = rig.webhook(batching(BATCH)).await;
    (rig, webhook)
}

async fn accept_all(rig: &Rig, webhook: WebhookNo, datas: &[&str]) -> Vec<EventId> {
    let mut ids = Vec::new();
    for data in datas {
        ids.push(rig.accept(event("a.b", data, webhook)).await);
    }
    ids
}

#[tokio::test]
async fn the_last_event_that_fits_closes_a_batch_and_its_members_stand_as_it_does() {
    let (mut rig, webhook) = rig().await;
    let members = accept_all(&rig, webhook, &["1", r#"{ "two": 2.0 }"#]).await;
    let waiting = of(&rig, members[0], webhook);
    assert_eq!((waiting.state, waiting.due, waiting.batch), (DeliveryState::Pending, None, None));
    assert_eq!(rig.store().figures().pending, 2);
    assert_eq!(rig.store().stats(webhook, at(0)).unwrap().backlog, 2);
    let last = rig.accept(event("a.b", "[3]", webhook)).await;
    let (id, data, row) = batch(&mut rig).await;
    assert_eq!(data, r#"[1,{ "two": 2.0 },[3]]"#);
    assert_eq!(rig.store().batch_members(id.seq()).unwrap(), [members[0], members[1], last]);
    let whole = of(&rig, id, webhook);
    let member = of(&rig, members[1], webhook);
    assert_eq!((member.batch, member.state, member.due), (Some(whole.id), DeliveryState::Pending, whole.due));
    assert_eq!(member.event, members[1]);
    consistent(&rig.store()).unwrap();

    rig.complete(sample::complete(webhook, row, DeliveryChange::Delivered, at(1)), at(2)).await;
    let member = of(&rig, members[0], webhook);
    assert_eq!((member.state, member.attempts, member.log.len()), (DeliveryState::Delivered, 1, 1));
    assert_eq!(rig.store().figures().pending, 0);

    let page = PageRequest { after: None, descending: false, limit: 10 };
    let listed = rig.store().deliveries(AccountNo(1), &DeliveryFilter::default(), page).unwrap();
    assert_eq!(listed.rows.iter().map(|(d, _)| d.id).collect::<Vec<_>>(), [whole.id], "found as the batch");
    let page = PageRequest { after: None, descending: false, limit: 10 };
    let events = rig.store().events(AccountNo(1), &EventFilter::default(), page).unwrap();
    assert_eq!(events.rows.len(), 3, "a batch was posted by nobody");
}

#[tokio::test]
async fn bytes_close_a_batch_before_it_is_too_large_and_a_large_event_goes_alone() {
    let (mut rig, webhook) = rig().await;
    let (half, large) = (format!("\"{}\"", "x".repeat(60)), format!("\"{}\"", "y".repeat(200)));
    accept_all(&rig, webhook, &[&half, &half]).await;
    assert_eq!(batch(&mut rig).await.1, format!("[{half}]"));
    rig.accept(event("a.b", &large, webhook)).await;
    let closed = rig.opened.committed.recv().await.unwrap();
    let datas: Vec<_> = closed
        .iter()
        .filter_map(|committed| match committed {
            Committed::Accepted { event, .. } => Some(String::from_utf8(event.data.to_vec()).unwrap()),
            _ => None,
        })
        .collect();
    assert_eq!(datas, [format!("[{half}]"), format!("[{large}]")]);
    // A profile may send less than the webhook asks for.
    let mut small = event("a.b", "1", webhook);
    small.plan.shares[0].room = 4;
    rig.store().accept(vec![small.clone(), small.clone(), small], at(0)).await.unwrap();
    assert_eq!(batch(&mut rig).await.1, "[1,1]");
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn batches_that_one_event_completes_are_made_in_bounded_commits() {
    let mut rig = Rig::new();
    let large = Batch { max_events: 2, max_bytes: 4 << 20, max_wait: Duration::from_secs(60) };
    let mut webhooks = Vec::new();
    for _ in 0..6 {
        webhooks.push(rig.webhook(batching(large)).await);
    }
    let data = |n: usize| format!("\"{}\"", n.to_string().repeat(3 << 19));
    let all = |n| sample::accept(&data(n), &webhooks);
    for n in [1, 2, 3] {
        rig.accept(all(n)).await;
    }
    let mut next = rig.store().next_batch();
    while next.borrow_and_update().is_some_and(|at_most| at_most <= at(1)) {
        rig.store().close_batches(at(1)).await.unwrap();
    }
    let mut commits: Vec<Vec<Vec<u8>>> = Vec::new();
    while commits.concat().len() < 6 {
        let committed = rig.opened.committed.recv().await.unwrap();
        let batches = committed.iter().filter_map(|committed| match committed {
            Committed::Accepted { event, .. } if event.header.batch_of > 0 => Some(event.data.to_vec()),
            _ => None,
        });
        commits.push(batches.collect::<Vec<_>>());
    }
    let batch = format!("[{},{}]", data(1), data(2)).into_bytes();
    for commit in &commits {
        assert!(
            commit.concat().len() <= limits::COMMIT_BYTES,
            "{} bytes in one commit",
            commit.concat().len()
        );
        assert!(commit.iter().all(|found| *found == batch));
    }
    // The third event waits on, for as long as it would have alone.
    assert_eq!(rig.store().figures().pending, 6 + 6);
    assert_eq!(*rig.store().next_batch().borrow(), Some(at(60_000)));
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn a_group_that_outgrew_a_batch_is_several_also_after_a_restart() {
    let (rig, webhook) = rig().await;
    // The commit is full, so nothing is closed in it.
    let mut events = vec![sample::accept(&"1".repeat(limits::COMMIT_BYTES), &[])];
    for (n, room) in [(1, u32::MAX), (2, 4), (3, u32::MAX), (4, u32::MAX), (5, u32::MAX)] {
        let mut small = event("a.b", &n.to_string(), webhook);
        small.plan.shares[0].room = room;
        events.push(small);
    }
    let mut told = event("a.b", "6", webhook);
    told.plan.shares[0].form = PayloadForm::ResourceUrl;
    events.push(told);
    rig.store().accept(events, at(0)).await.unwrap();
    assert_eq!(rig.store().figures().pending, 6);
    let mut rig = rig.reopen().await;
    rig.store().close_batches(at(10)).await.unwrap();
    let mut found = Vec::new();
    for committed in rig.opened.committed.recv().await.unwrap() {
        if let Committed::Accepted { event, rows } = committed {
            found.push((String::from_utf8(event.data.to_vec()).unwrap(), rows[0].1.form));
        }
    }
    let plain = |data: &str| (data.to_owned(), PayloadForm::Envelope);
    let last = ("[6]".to_owned(), PayloadForm::ResourceUrl);
    assert_eq!(found, [plain("[1,2]"), plain("[3,4]"), plain("[5]"), last]);
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn a_webhook_gathers_so_many_types_at_a_time() {
    let (mut rig, webhook) = rig().await;
    let types = limits::WEBHOOK_GATHERINGS;
    let events = (0..=types).map(|n| event(&format!("a.t{n}"), "1", webhook)).collect();
    rig.store().accept(events, at(0)).await.unwrap();
    // The one that was too many went at once.
    assert_eq!(batch(&mut rig).await.1, "[1]");
    assert_eq!(rig.store().figures().pending, types as u64 + 1);
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn types_and_forms_are_gathered_apart_and_templates_not_at_all() {
    let (mut rig, webhook) = rig().await;
    rig.accept(event("a.b", "1", webhook)).await;
    rig.accept(event("a.c", "2", webhook)).await;
    let mut told = event("a.c", "3", webhook);
    told.plan.shares[0].form = PayloadForm::ResourceUrl;
    rig.accept(told).await;
    let (_, data, row) = batch(&mut rig).await;
    assert_eq!((data.as_str(), row.form), ("[2]", PayloadForm::Envelope));
    rig.store().close_batches(at(10)).await.unwrap();
    assert_eq!(batch(&mut rig).await.1, "[1]");
    let mut templated = event("a.b", "4", webhook);
    templated.plan.shares[0].form = PayloadForm::Template;
    rig.accept(templated).await;
    assert_eq!(rig.rows().await.len(), 1);
}

#[tokio::test]
async fn time_closes_a_batch_also_after_a_crash() {
    let (rig, webhook) = rig().await;
    assert_eq!(*rig.store().next_batch().borrow(), None);
    let store = rig.store();
    store.accept(vec![event("a.b", "1", webhook)], at(5)).await.unwrap();
    store.accept(vec![event("a.b", "2", webhook)], at(9)).await.unwrap();
    drop(store);
    assert_eq!(*rig.store().next_batch().borrow(), Some(at(15)), "the first has waited longest");
    rig.store().close_batches(at(14)).await.unwrap();
    assert_eq!(rig.store().figures().pending, 2);
    let mut rig = rig.reopen().await;
    assert_eq!(*rig.store().next_batch().borrow(), Some(at(15)));
    assert_eq!(rig.opened.lanes.len(), 0);
    rig.store().close_batches(at(15)).await.unwrap();
    assert_eq!(*rig.store().next_batch().borrow(), None);
    let (id, data, row) = batch(&mut rig).await;
    assert_eq!((data.as_str(), row.due), ("[1,2]", at(15)));
    assert_eq!(of(&rig, id, webhook).created_at, at(15));
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn a_waiting_delivery_can_be_called_off_or_sent_at_once() {
    let (mut rig, webhook) = rig().await;
    let members = accept_all(&rig, webhook, &["1", "2"]).await;
    rig.edit(Edit::Cancel(of(&rig, members[0], webhook).id)).await.unwrap();
    let cancelled = of(&rig, members[0], webhook);
    assert_eq!((cancelled.state, cancelled.reason), (DeliveryState::Cancelled, Some(Reason::Cancelled)));
    consistent(&rig.store()).unwrap();
    rig.edit(Edit::RetryNow(of(&rig, members[1], webhook).id)).await.unwrap();
    assert_eq!(batch(&mut rig).await.1, "[2]");
    for edit in [Edit::Cancel, Edit::RetryNow] {
        let refused = rig.edit(edit(of(&rig, members[1], webhook).id)).await.unwrap_err();
        assert!(matches!(refused, Refused::State(why) if why.contains("batch")));
    }
    let alone = rig.accept(event("a.b", "3", webhook)).await;
    rig.edit(Edit::Cancel(of(&rig, alone, webhook).id)).await.unwrap();
    assert_eq!(*rig.store().next_batch().borrow(), None, "nothing is left to close");
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn removing_a_webhook_cancels_what_waits_also_after_a_crash() {
    let (rig, webhook) = rig().await;
    let members = accept_all(&rig, webhook, &["1", "2"]).await;
    rig.edit(Edit::RemoveWebhook(sample::id(webhook))).await.unwrap();
    assert_eq!(*rig.store().next_batch().borrow(), None);
    let rig = rig.reopen().await;
    // The next commit goes on with what is left.
    rig.webhook(sample::webhook(0)).await;
    for member in members {
        let delivery = of(&rig, member, webhook);
        let ended = (delivery.state, delivery.reason);
        assert_eq!(ended, (DeliveryState::Cancelled, Some(Reason::WebhookRemoved)));
    }
    assert_eq!(rig.store().figures().pending, 0);
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn what_has_expired_is_closed_when_it_is_renewed_and_else_cancelled() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(Webhook { expires_at: Some(at(8)), ..batching(BATCH) }).await;
    let gone = rig.webhook(Webhook { expires_at: Some(at(8)), ..batching(BATCH) }).await;
    let plan = both(webhook, gone);
    let member = rig.accept(Accept { plan, ..event("a.b", "1", webhook) }).await;
    rig.store().close_batches(at(10)).await.unwrap();
    assert_eq!((of(&rig, member, webhook).batch, of(&rig, member, gone).batch), (None, None));
    let from = rig.store().directory().webhook(webhook).cloned().unwrap();
    let to = Box::new(Webhook { expires_at: Some(at(99 * DAY)), ..Webhook::clone(&from) });
    rig.edit(Edit::UpdateWebhook { from, to }).await.unwrap();
    assert_eq!(*rig.store().next_batch().borrow(), Some(at(10)));
    rig.store().close_batches(at(11)).await.unwrap();
    assert_eq!(batch(&mut rig).await.1, "[1]");
    // That it has expired is entered first, and it goes at the next look.
    prune_all(&rig, POLICY, at(2 * DAY)).await;
    prune_all(&rig, POLICY, at(2 * DAY)).await;
    let delivery = of(&rig, member, gone);
    assert_eq!((delivery.state, delivery.reason), (DeliveryState::Cancelled, Some(Reason::Expired)));
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn changed_terms_hold_for_what_is_gathered_already() {
    let (mut rig, webhook) = rig().await;
    let change = async |rig: &Rig, batch| {
        let from = rig.store().directory().webhook(webhook).cloned().unwrap();
        let to = Box::new(Webhook { terms: Terms { batch, ..Terms::default() }, ..Webhook::clone(&from) });
        rig.edit(Edit::UpdateWebhook { from, to }).await.unwrap();
    };
    accept_all(&rig, webhook, &["1", "2"]).await;
    change(&rig, Some(Batch { max_wait: Duration::from_millis(4), ..BATCH })).await;
    assert_eq!(*rig.store().next_batch().borrow(), Some(at(4)));
    change(&rig, Some(Batch { max_events: 2, ..BATCH })).await;
    assert_eq!(batch(&mut rig).await.1, "[1,2]");
    rig.accept(event("a.b", "3", webhook)).await;
    change(&rig, None).await;
    assert_eq!(batch(&mut rig).await.1, "[3]");
    let alone = rig.accept(event("a.b", "4", webhook)).await;
    assert_eq!(rig.rows().await.len(), 1);
    assert_eq!(of(&rig, alone, webhook).due, Some(at(0)));
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn a_member_sent_again_is_gathered_again_and_a_batch_stays_one() {
    let (mut rig, webhook) = rig().await;
    let members = accept_all(&rig, webhook, &["1", "2", "3"]).await;
    let (id, _, row) = batch(&mut rig).await;
    let share = Share { webhook, form: PayloadForm::Envelope, body: None, due: at(0), room: u32::MAX };
    let again = |event: EventId| Edit::Replay { event: event.seq(), shares: vec![share.clone()] };
    let Edited::Count(0) = rig.edit(again(members[0])).await.unwrap() else { panic!("it is still to come") };
    let failed = DeliveryChange::Failed(Reason::Exhausted);
    rig.complete(sample::complete(webhook, row, failed, at(1)), at(2)).await;
    assert_eq!(of(&rig, members[0], webhook).reason, Some(Reason::Exhausted));
    rig.edit(again(members[0])).await.unwrap();
    let waiting = of(&rig, members[0], webhook);
    assert_eq!((waiting.state, waiting.batch), (DeliveryState::Pending, None));
    rig.edit(again(id)).await.unwrap();
    let row = rig
        .wait_in_stream(|committed| match committed {
            Committed::Due { row, .. } => Some(*row),
            _ => None,
        })
        .await;
    assert_eq!(row.key.event, id.seq(), "a batch is not gathered");
    consistent(&rig.store()).unwrap();

    rig.complete(sample::complete(webhook, row, failed, at(3)), at(3)).await;
    let matched = Counted { count: 1, exact: true };
    rig.edit(new_replay(webhook, None, matched)).await.unwrap();
    assert_eq!(
        rig.store().replay_tick(&sample::profiles(), 10, at(4)).await.unwrap().0,
        1,
        "as the batch, once"
    );
    assert_eq!(of(&rig, members[1], webhook).state, DeliveryState::Pending);
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn retention_keeps_what_waits_and_tells_members_that_outlive_their_batch() {
    let (mut rig, webhook) = rig().await;
    let other = rig.webhook(sample::webhook(0)).await;
    let pinned = rig.accept(Accept { plan: both(webhook, other), ..event("a.b", "1", webhook) }).await;
    prune_all(&rig, POLICY, at(40 * DAY)).await;
    assert!(rig.store().event(pinned.seq()).unwrap().is_some(), "it still waits for others");
    rig.store().close_batches(at(20)).await.unwrap();
    let (id, _, row) = batch(&mut rig).await;
    prune_all(&rig, POLICY, at(80 * DAY)).await;
    assert!(rig.store().event(id.seq()).unwrap().is_some(), "it is still to be sent");
    let failed = DeliveryChange::Failed(Reason::FinalAnswer);
    rig.complete(sample::complete(webhook, row, failed, at(30)), at(30)).await;
    prune_all(&rig, POLICY, at(120 * DAY)).await;
    assert!(rig.store().event(id.seq()).unwrap().is_none());
    assert_eq!(rig.store().batch_members(id.seq()).unwrap(), []);
    let member = of(&rig, pinned, webhook);
    let ended = (member.state, member.reason, member.attempts, member.batch);
    assert_eq!(ended, (DeliveryState::Failed, Some(Reason::FinalAnswer), 1, None));
}

#[tokio::test]
async fn on_a_full_disk_what_is_gathered_waits_for_room() {
    let (rig, webhook) = rig().await;
    let member = rig.accept(event("a.b", "1", webhook)).await;
    let dir = rig.stop().await;
    let path = dir.path().join("store");
    let full = OpenOptions { free_floor: u64::MAX, ..sample::options() };
    let opened = Store::open(&path, &full).unwrap();
    let rig = Rig { dir, opened };
    rig.store().close_batches(at(10)).await.unwrap();
    assert_eq!(of(&rig, member, webhook).batch, None);
    assert_eq!(*rig.store().next_batch().borrow(), Some(at(1010)), "it is looked at again");
    let mut rig = rig.reopen().await;
    rig.store().close_batches(at(1010)).await.unwrap();
    assert_eq!(batch(&mut rig).await.1, "[1]");
    consistent(&rig.store()).unwrap();
}

fn both(webhook: WebhookNo, other: WebhookNo) -> Plan {
    sample::accept("", &[webhook, other]).plan
}

#[tokio::test]
async fn batches_keep_one_order_where_the_lane_has_one_by_key() {
    let rig = Rig::new();
    let webhook = rig.webhook(Webhook { ordering: Ordering::Key, ..batching(BATCH) }).await;
    let mut rig = rig;
    accept_all(&rig, webhook, &["1", "2", "3", "4", "5", "6"]).await;
    let (first, second) = (batch(&mut rig).await.2, batch(&mut rig).await.2);
    assert!(first.order_key.is_some() && first.order_key == second.order_key && first.key < second.key);
}

/// What a step does; numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Accept { of: u8, length: usize },
    Close { wait: u64 },
    Cancel { event: usize },
    RetryNow { event: usize },
    Deliver,
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0u8..3, 1usize..60).prop_map(|(of, length)| Step::Accept { of, length }),
        2 => (0u64..15).prop_map(|wait| Step::Close { wait }),
        1 => any::<usize>().prop_map(|event| Step::Cancel { event }),
        1 => any::<usize>().prop_map(|event| Step::RetryNow { event }),
        1 => Just(Step::Deliver),
        1 => Just(Step::Crash),
    ]
}

struct World {
    disk: Disk,
    opened: Opened,
    now: u64,
    accepted: Vec<EventId>,
}

impl World {
    fn store(&self) -> Store {
        self.opened.store.clone()
    }

    async fn play(&mut self, step: Step) {
        self.now += 1;
        let (store, now) = (self.store(), at(self.now));
        let pick = |event: usize| {
            let id = self.accepted.get(event % self.accepted.len().max(1))?;
            Some(store.delivery(id.seq(), BATCHING).unwrap().unwrap())
        };
        match step {
            Step::Accept { of, length } => {
                let data = format!("\"{}\"", "x".repeat(length));
                let accept = event(&format!("a.t{of}"), &data, BATCHING);
                let accepted = store.accept(vec![accept], now).await.unwrap()[0];
                let Accepted::New { id, deliveries: 1 } = accepted else { panic!("{accepted:?}") };
                self.accepted.push(id);
            }
            Step::Close { wait } => store.close_batches(at(self.now + wait)).await.unwrap(),
            Step::Cancel { event } => {
                let Some(delivery) = pick(event) else { return };
                let waits = delivery.state == DeliveryState::Pending && delivery.batch.is_none();
                let edited = store.edit(Edit::Cancel(delivery.id), Actor::Daemon, now).await.unwrap();
                assert_eq!(edited.is_ok(), waits);
            }
            Step::RetryNow { event } => {
                let Some(delivery) = pick(event) else { return };
                let edited = store.edit(Edit::RetryNow(delivery.id), Actor::Daemon, now).await.unwrap();
                assert_eq!(edited.is_ok(), delivery.batch.is_none());
            }
            Step::Deliver => {
                while let Ok(batch) = self.opened.committed.try_recv() {
                    for committed in batch {
                        let Committed::Accepted { rows, .. } = committed else { continue };
                        for (webhook, row) in rows {
                            let complete = sample::complete(webhook, row, DeliveryChange::Delivered, now);
                            store.complete(complete, now).unwrap();
                        }
                    }
                }
            }
            Step::Crash => self.crash().await,
        }
    }

    async fn crash(&mut self) {
        // Everything before it is committed when this is answered.
        self.store().mark_suspects(vec![]).await.unwrap();
        let bytes = self.disk.after_power_cut(&mut Chance(self.now));
        self.disk = Disk::new(bytes, u64::MAX);
        let before = *self.store().next_batch().borrow();
        self.opened = power_up(self.disk.clone(), false).unwrap();
        let next = *self.store().next_batch().borrow();
        // Where the first was called off, the file knows only how long the others have waited.
        assert!(next.is_some() == before.is_some() && next >= before, "{before:?}, then {next:?}");
    }

    fn compare(&self) {
        consistent(&self.store()).unwrap();
        let mut batches = std::collections::BTreeMap::<_, Vec<EventId>>::new();
        for &id in &self.accepted {
            let delivery = self.store().delivery(id.seq(), BATCHING).unwrap().unwrap();
            if let Some(batch) = delivery.batch {
                batches.entry(batch.event()).or_default().push(id);
            }
        }
        for (batch, members) in batches {
            assert_eq!(self.store().batch_members(batch).unwrap(), members, "all, once, in their order");
            let whole = self.store().event(batch).unwrap().unwrap();
            assert!(members.len() <= 3 && (whole.data.len() <= 101 || members.len() == 1));
            for id in members {
                let header = self.store().event_header(id.seq()).unwrap().unwrap();
                assert_eq!(header.event_type, whole.header.event_type);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_event_waits_or_went_with_one_batch(steps in prop::collection::vec(step(), 1..60)) {
        let disk = Disk::new(IMAGE.clone(), u64::MAX);
        block_on(async {
            let opened = power_up(disk.clone(), false).unwrap();
            let mut world = World { disk, opened, now: 10, accepted: vec![] };
            for step in steps {
                world.play(step).await;
            }
            world.store().mark_suspects(vec![]).await.unwrap();
            world.compare();
            world.crash().await;
            world.compare();
            world.store().close_batches(at(1 << 30)).await.unwrap();
            assert_eq!(*world.store().next_batch().borrow(), None);
            world.compare();
        });
    }
}
