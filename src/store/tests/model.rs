//! The store against a naive model of it: any sequence of what callers and dispatch can do, with
//! crashes in between, leaves both with the same deliveries and the same lanes.

use std::collections::BTreeMap;

use proptest::prelude::*;
use tokio::sync::mpsc;

use super::check::consistent;
use super::disk::{Chance, Disk};
use super::power::{IMAGE, WEBHOOKS, block_on, power_up};
use super::sample::{self, at};
use crate::domain::delivery::{DeliveryState, DueKey, DueRow, Reason, Trigger};
use crate::domain::fanout::Share;
use crate::domain::form::PayloadForm;
use crate::domain::id::{DeliveryId, EventId, Seq, WebhookNo};
use crate::store::Opened;
use crate::store::Store;
use crate::store::audit::Actor;
use crate::store::command::{Accept, Accepted, DeliveryChange, Edit, Refused};
use crate::store::committed::Committed;

/// What a step does; numbers choose among what there is.
#[derive(Debug, Clone)]
enum Step {
    Accept { webhooks: u8, key: Option<u8> },
    Settle { row: usize, change: u8, wait: u64 },
    SettleStale { row: usize },
    RetryNow { delivery: usize },
    Cancel { delivery: usize },
    Quarantine { delivery: usize },
    Replay { event: usize },
    Remove { webhook: usize },
    Crash,
}

fn step() -> impl Strategy<Value = Step> {
    let any = any::<usize>;
    prop_oneof![
        6 => (0u8..8, prop::option::weighted(0.3, 0u8..4)).prop_map(|(webhooks, key)| Step::Accept { webhooks, key }),
        8 => (any(), 0u8..5, 0u64..9).prop_map(|(row, change, wait)| Step::Settle { row, change, wait }),
        1 => any().prop_map(|row| Step::SettleStale { row }),
        2 => any().prop_map(|delivery| Step::RetryNow { delivery }),
        1 => any().prop_map(|delivery| Step::Cancel { delivery }),
        1 => any().prop_map(|delivery| Step::Quarantine { delivery }),
        1 => any().prop_map(|event| Step::Replay { event }),
        1 => (0usize..12).prop_map(|webhook| Step::Remove { webhook }),
        1 => Just(Step::Crash),
    ]
}

#[derive(Debug, Clone, PartialEq)]
struct Expected {
    id: DeliveryId,
    state: DeliveryState,
    reason: Option<Reason>,
    attempts: u32,
    made: usize,
    due: u64,
    wait: u64,
    /// How it had ended, while it is pending for one more attempt by hand.
    had: Option<(DeliveryState, Option<Reason>)>,
    trigger: Trigger,
}

impl Expected {
    /// What is tried by hand after its end changes that only by being delivered.
    fn end(&mut self, state: DeliveryState, reason: Option<Reason>) {
        let had = self.had.take().filter(|_| state != DeliveryState::Delivered);
        (self.state, self.reason) = had.unwrap_or((state, reason));
    }
}

#[derive(Default)]
struct Model {
    now: u64,
    removed: Vec<WebhookNo>,
    events: Vec<EventId>,
    keys: BTreeMap<u8, (EventId, u32)>,
    deliveries: BTreeMap<(WebhookNo, Seq), Expected>,
    stale: Vec<(WebhookNo, DueRow)>,
}

impl Model {
    /// The rows of a lane in its order.
    fn lane(&self, webhook: WebhookNo) -> Vec<DueRow> {
        let of_lane =
            self.deliveries.iter().filter(|((no, _), d)| *no == webhook && d.state == DeliveryState::Pending);
        let mut rows: Vec<_> = of_lane.map(|(&(no, event), d)| row(no, event, d)).collect();
        rows.sort_by_key(|row| row.key);
        rows
    }

    fn rows(&self) -> Vec<(WebhookNo, DueRow)> {
        WEBHOOKS.into_iter().flat_map(|no| self.lane(no).into_iter().map(move |row| (no, row))).collect()
    }

    fn pick(&self, delivery: usize) -> Option<((WebhookNo, Seq), Expected)> {
        let all: Vec<_> = self.deliveries.iter().collect();
        all.get(delivery % all.len().max(1)).map(|&(&key, expected)| (key, expected.clone()))
    }
}

fn row(no: WebhookNo, event: Seq, d: &Expected) -> DueRow {
    let order = if no.0 == 3 { 0 } else { at(d.due).as_millis() };
    DueRow {
        key: DueKey { order, event },
        due: at(d.due),
        attempts: d.attempts,
        order_key: None,
        trigger: d.trigger,
        form: PayloadForm::Envelope,
        bytes: 2,
        wait: u32::try_from(d.wait.div_ceil(1000)).unwrap(),
    }
}

struct World {
    disk: Disk,
    store: Store,
    committed: mpsc::Receiver<Vec<Committed>>,
    model: Model,
}

impl World {
    async fn play(&mut self, step: Step) {
        self.model.now += 1;
        match step {
            Step::Accept { webhooks, key } => self.accept(webhooks, key).await,
            Step::Settle { row, change, wait } => self.settle(row, change, wait).await,
            Step::SettleStale { row } => self.settle_stale(row).await,
            Step::RetryNow { delivery } => self.retry_now(delivery).await,
            Step::Cancel { delivery } => {
                self.call_off(delivery, Edit::Cancel, DeliveryState::Cancelled, Reason::Cancelled).await;
            }
            Step::Quarantine { delivery } => {
                self.call_off(delivery, Edit::Quarantine, DeliveryState::Failed, Reason::Quarantined).await;
            }
            Step::Replay { event } => self.replay(event).await,
            Step::Remove { webhook } => self.remove(webhook).await,
            Step::Crash => self.crash().await,
        }
    }

    async fn edit(&self, edit: Edit) -> Result<(), Refused> {
        self.store.edit(edit, Actor::Daemon, at(self.model.now)).await.unwrap().map(drop)
    }

    async fn accept(&mut self, webhooks: u8, key: Option<u8>) {
        let chosen: Vec<_> = WEBHOOKS.into_iter().filter(|no| webhooks >> (no.0 - 1) & 1 == 1).collect();
        let idempotency =
            key.iter().map(|key| sample::idempotency(&key.to_string(), 1, at(1 << 40))).collect();
        let accept = Accept { idempotency, ..sample::accept("{}", &chosen) };
        let now = self.model.now;
        let present: Vec<_> = chosen.into_iter().filter(|no| !self.model.removed.contains(no)).collect();
        let deliveries = present.len() as u32;
        let accepted = self.store.accept(vec![accept], at(now)).await.unwrap()[0];
        let id = match (accepted, key.and_then(|key| self.model.keys.get(&key))) {
            (Accepted::New { id, deliveries: found }, None) if found == deliveries => id,
            (Accepted::Duplicate { id, deliveries }, Some(&known)) if (id, deliveries) == known => return,
            other => panic!("{other:?}"),
        };
        self.model.events.push(id);
        self.model.keys.extend(key.map(|key| (key, (id, deliveries))));
        for no in present {
            let expected = Expected {
                id: DeliveryId::new(at(now), id.seq(), no),
                state: DeliveryState::Pending,
                reason: None,
                attempts: 0,
                made: 0,
                due: 0,
                wait: 0,
                had: None,
                trigger: Trigger::Scheduled,
            };
            self.model.deliveries.insert((no, id.seq()), expected);
        }
    }

    async fn settle(&mut self, pick: usize, change: u8, wait: u64) {
        let rows = self.model.rows();
        let Some(&(no, row)) = rows.get(pick % rows.len().max(1)) else { return };
        let due = self.model.now + wait;
        let change = match change {
            0 => DeliveryChange::Delivered,
            1 => DeliveryChange::Failed(Reason::FinalAnswer),
            2 => DeliveryChange::Retry { due: at(due), spent: false },
            _ => DeliveryChange::Retry { due: at(due), spent: true },
        };
        let now = at(self.model.now);
        self.store.complete(sample::complete(no, row, change, now), now).unwrap();
        self.model.stale.push((no, row));
        let expected = self.model.deliveries.get_mut(&(no, row.key.event)).unwrap();
        expected.made += 1;
        // A try by hand in the middle of a schedule takes nothing from it.
        let by_hand = expected.trigger == Trigger::Manual && expected.had.is_none();
        expected.attempts += match change {
            DeliveryChange::Retry { spent, .. } => u32::from(spent && !by_hand),
            _ => 1,
        };
        let (state, reason) = match change {
            DeliveryChange::Delivered => (DeliveryState::Delivered, None),
            DeliveryChange::Failed(reason) => (DeliveryState::Failed, Some(reason)),
            DeliveryChange::Retry { spent: true, .. } if expected.had.is_some() => {
                (DeliveryState::Failed, Some(Reason::Exhausted))
            }
            _ => {
                (expected.due, expected.wait) = (due, wait);
                let by_hand = expected.had.is_some();
                expected.trigger = if by_hand { Trigger::Manual } else { Trigger::Scheduled };
                return;
            }
        };
        expected.end(state, reason);
    }

    /// An outcome of a row that is no longer there only adds to the log.
    async fn settle_stale(&mut self, pick: usize) {
        let Some(&(no, row)) = self.model.stale.get(pick % self.model.stale.len().max(1)) else { return };
        if self.model.lane(no).iter().any(|there| there.key == row.key) {
            return;
        }
        let now = at(self.model.now);
        self.store.complete(sample::complete(no, row, DeliveryChange::Delivered, now), now).unwrap();
        let expected = self.model.deliveries.get_mut(&(no, row.key.event)).unwrap();
        expected.made += 1;
        // It was delivered, although it was cancelled, by an attempt that counts.
        if expected.state != DeliveryState::Pending {
            expected.attempts += u32::from(expected.state != DeliveryState::Delivered);
            expected.end(DeliveryState::Delivered, None);
        }
    }

    async fn retry_now(&mut self, pick: usize) {
        let Some(((no, event), expected)) = self.model.pick(pick) else { return };
        let edited = self.edit(Edit::RetryNow(expected.id)).await;
        assert_eq!(edited.is_ok(), !self.model.removed.contains(&no));
        if edited.is_ok() {
            let now = self.model.now;
            let finished = expected.state != DeliveryState::Pending;
            let delivery = self.model.deliveries.get_mut(&(no, event)).unwrap();
            (delivery.due, delivery.wait, delivery.trigger) = (now, 0, Trigger::Manual);
            if finished {
                delivery.had = Some((expected.state, expected.reason));
            }
            (delivery.state, delivery.reason) = (DeliveryState::Pending, None);
        }
    }

    async fn call_off(
        &mut self,
        pick: usize,
        edit: fn(DeliveryId) -> Edit,
        state: DeliveryState,
        reason: Reason,
    ) {
        let Some((key, expected)) = self.model.pick(pick) else { return };
        let edited = self.edit(edit(expected.id)).await;
        assert_eq!(edited.is_ok(), expected.state == DeliveryState::Pending);
        if edited.is_ok() {
            self.model.deliveries.get_mut(&key).unwrap().end(state, Some(reason));
        }
    }

    /// Sends an event again to every webhook.
    async fn replay(&mut self, pick: usize) {
        let Some(&id) = self.model.events.get(pick % self.model.events.len().max(1)) else { return };
        let now = self.model.now;
        let share = |webhook| Share {
            webhook,
            form: PayloadForm::Envelope,
            body: None,
            due: at(now),
            room: u32::MAX,
        };
        let shares = WEBHOOKS.map(share).to_vec();
        self.edit(Edit::Replay { event: id.seq(), shares }).await.unwrap();
        let accepted_at = self.store.event_header(id.seq()).unwrap().unwrap().accepted_at;
        for no in WEBHOOKS.into_iter().filter(|no| !self.model.removed.contains(no)) {
            let expected = self.model.deliveries.entry((no, id.seq())).or_insert(Expected {
                id: DeliveryId::new(accepted_at, id.seq(), no),
                state: DeliveryState::Failed,
                reason: None,
                attempts: 0,
                made: 0,
                due: 0,
                wait: 0,
                had: None,
                trigger: Trigger::Scheduled,
            });
            if expected.state != DeliveryState::Pending {
                (expected.state, expected.reason) = (DeliveryState::Pending, None);
                (expected.due, expected.wait) = (now, 0);
                (expected.attempts, expected.trigger) = (0, Trigger::Scheduled);
            }
        }
    }

    async fn remove(&mut self, pick: usize) {
        let Some(&no) = WEBHOOKS.get(pick) else { return };
        let edited = self.edit(Edit::RemoveWebhook(sample::id(no))).await;
        assert_eq!(edited.is_ok(), !self.model.removed.contains(&no));
        if edited.is_ok() {
            self.model.removed.push(no);
            for expected in self.model.deliveries.iter_mut().filter(|((of, _), _)| *of == no).map(|(_, d)| d)
            {
                if expected.state == DeliveryState::Pending {
                    expected.end(DeliveryState::Cancelled, Some(Reason::WebhookRemoved));
                }
            }
        }
    }

    async fn crash(&mut self) {
        // The writer lets go of the old file when its last handle is gone; this one stays dark.
        self.settled().await;
        let bytes = self.disk.after_power_cut(&mut Chance(self.model.now));
        self.disk = Disk::new(bytes, u64::MAX);
        let Opened { store, committed, lanes, .. } = power_up(self.disk.clone(), false).unwrap();
        let heads: Vec<_> = lanes.into_iter().map(|lane| (lane.webhook, lane.key, lane.due)).collect();
        let expected = |no| self.model.lane(no).first().map(|row| (no, row.key, row.due));
        assert_eq!(heads, WEBHOOKS.into_iter().filter_map(expected).collect::<Vec<_>>());
        (self.store, self.committed) = (store, committed);
    }

    /// Waits until everything that was asked for is committed.
    async fn settled(&mut self) {
        let probe = DueKey { order: u64::MAX, event: Seq(self.model.now) };
        self.store.load_lane(WEBHOOKS[0], probe, 1).unwrap();
        loop {
            let batch = self.committed.recv().await.unwrap();
            if batch
                .iter()
                .any(|committed| matches!(committed, Committed::Page { from, .. } if *from == probe))
            {
                return;
            }
        }
    }

    async fn lane(&mut self, no: WebhookNo) -> Vec<DueRow> {
        let from = DueKey { order: 0, event: Seq(0) };
        self.store.load_lane(no, from, 10_000).unwrap();
        loop {
            for committed in self.committed.recv().await.unwrap() {
                match committed {
                    Committed::Page { webhook, rows, next: None, .. } if webhook == no => return rows,
                    _ => {}
                }
            }
        }
    }

    async fn compare(&mut self) {
        self.settled().await;
        consistent(&self.store).unwrap();
        for no in WEBHOOKS {
            assert_eq!(self.lane(no).await, self.model.lane(no));
        }
        for (&(no, event), expected) in &self.model.deliveries {
            let found = self.store.delivery(event, no).unwrap().unwrap();
            assert_eq!(
                (found.id, found.state, found.reason, found.attempts, found.log.len()),
                (expected.id, expected.state, expected.reason, expected.attempts, expected.made),
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_store_does_what_its_model_does(steps in prop::collection::vec(step(), 1..60)) {
        let disk = Disk::new(IMAGE.clone(), u64::MAX);
        block_on(async {
            let Opened { store, committed, .. } = power_up(disk.clone(), false).unwrap();
            let mut world = World { disk, store, committed, model: Model { now: 10, ..Model::default() } };
            for step in steps {
                world.play(step).await;
            }
            world.compare().await;
            world.crash().await;
            world.compare().await;
        });
    }
}
