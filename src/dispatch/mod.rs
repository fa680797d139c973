//! Drives the scheduler: feeds it what the store committed and what came of attempts, and does
//! what it says. The loop never waits for the network, the store or a receiver; it only waits for
//! something to happen.

mod attempt;
mod cache;
mod caution;
mod confirm;
mod farewell;
mod notices;
mod off_worker;
mod start;
mod verdict;
mod webhooks;

pub use notices::Notices;

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use attempt::{Ended, How, Sender, Task};
use cache::EventCache;
use caution::Caution;
use webhooks::Minded;

use crate::clock::{self, Leaps};
use crate::domain::profile::Profiles;
use crate::domain::time::Timestamp;
use crate::egress::Egress;
use crate::fair::FairBudget;
use crate::limits;
use crate::schedule::{Action, Health, Input, Scheduler, SchedulerConfig, Snapshot};
use crate::store::committed::Committed;
use crate::store::{Opened, Store};
use crate::telemetry::metrics::Metrics;
#[cfg(feature = "otlp")]
use crate::telemetry::otlp::Spans;

/// How long the loop sleeps at most, so that a clock jump is seen soon.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// What dispatch is made of.
pub struct Parts {
    /// The store as it was opened.
    pub opened: Opened,
    /// The way out.
    pub egress: Egress,
    /// What may change meanwhile.
    pub rules: watch::Receiver<Arc<Rules>>,
    /// Where figures go.
    pub metrics: Arc<Metrics>,
    /// The API's base URL as others see it, without a slash at its end.
    pub public_url: Arc<str>,
    /// Where attempts are told as spans, if anywhere.
    #[cfg(feature = "otlp")]
    pub spans: Option<Spans>,
}

/// What an operator may change while the loop runs.
pub struct Rules {
    /// How to render, sign and retry.
    pub profiles: Arc<Profiles>,
    /// The scheduler's bounds.
    pub scheduler: SchedulerConfig,
}

/// What the loop last knew of itself.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// When it last turned; not by the wall clock, which may be set.
    pub turned_at: Option<Instant>,
    /// The scheduler's figures.
    pub scheduler: Snapshot,
}

impl Status {
    /// Whether it turned within so long.
    #[must_use]
    pub fn turned_within(&self, time: Duration) -> bool {
        self.turned_at.is_some_and(|at| clock::monotonic().saturating_duration_since(at) < time)
    }
}

/// A running loop.
pub struct Handle {
    /// Its figures, refreshed at least every second.
    pub status: watch::Receiver<Status>,
    /// Tells operational events.
    pub notices: Notices,
    drain: watch::Sender<bool>,
    done: tokio::task::JoinHandle<()>,
}

impl Handle {
    /// Waits until the loop ends, which without a drain it does only when it or the store failed.
    pub async fn ended(&mut self) {
        let _ = (&mut self.done).await;
    }

    /// Starts nothing more and waits until what is in flight has ended, at most `time`. What has
    /// not ended is due again after the next start.
    pub async fn drain(self, time: Duration) {
        self.drain.send_replace(true);
        if self.done.is_finished() {
            return;
        }
        let mut done = self.done;
        if tokio::time::timeout(time, &mut done).await.is_err() {
            tracing::info!("the drain time is over; what was still in flight will be sent again");
            // Its attempts end with it: the store is closed next, and would refuse their outcomes.
            done.abort();
            let _ = done.await;
        }
    }
}

/// Starts the loop.
#[must_use]
pub fn start(parts: Parts) -> Handle {
    let (status_sender, status) = watch::channel(Status::default());
    let (drain, draining) = watch::channel(false);
    let (ended_sender, ended) = mpsc::channel(limits::GLOBAL_IN_FLIGHT as usize);
    #[cfg(feature = "otlp")]
    let spans = parts.spans;
    let Parts { opened, egress, rules, metrics, public_url, .. } = parts;
    let Opened { store, committed, lanes, failing, waits, was_unclean, suspects, .. } = opened;
    let notices = Notices::new(store.clone(), rules.clone());
    let scheduler = rules.borrow().scheduler;
    let sender = Sender {
        store: store.clone(),
        egress,
        rules: rules.clone(),
        notices: notices.clone(),
        metrics,
        public_url,
        #[cfg(feature = "otlp")]
        spans,
        ended: ended_sender,
        reads: FairBudget::new(limits::PAYLOAD_READS, limits::PAYLOAD_READS),
    };
    let mut dispatcher = Dispatcher {
        scheduler: Scheduler::new(scheduler),
        cache: EventCache::new(limits::PAYLOAD_CACHE_BYTES),
        sender: Arc::new(sender),
        store,
        background: JoinSet::new(),
        caution: Caution::new(was_unclean, suspects, clock::now()),
        rests_until: None,
        held: Vec::new(),
        note: false,
        minded: Minded::default(),
        leaps: Leaps::default(),
    };
    dispatcher.open_lanes(&lanes, &failing.into_iter().collect(), &waits.into_iter().collect());
    let done = tokio::spawn(dispatcher.run(committed, ended, rules, draining, status_sender));
    Handle { status, notices, drain, done }
}

struct Dispatcher {
    scheduler: Scheduler,
    cache: EventCache,
    sender: Arc<Sender>,
    store: Store,
    /// Attempts, page requests and small edits under way; their number is bounded by the
    /// scheduler's caps.
    background: JoinSet<()>,
    caution: Caution,
    /// After a burst of attempts that had to connect: when the next may begin.
    rests_until: Option<Instant>,
    /// Attempts of this turn that must wait for their payloads, or for being noted.
    held: Vec<Task>,
    note: bool,
    minded: Minded,
    leaps: Leaps,
}

impl Dispatcher {
    async fn run(
        mut self,
        mut committed: mpsc::Receiver<Vec<Committed>>,
        mut ended: mpsc::Receiver<Ended>,
        mut rules: watch::Receiver<Arc<Rules>>,
        mut draining: watch::Receiver<bool>,
        status: watch::Sender<Status>,
    ) {
        loop {
            let now = self.now();
            self.rest_expired(now);
            self.act(now);
            self.start_suspect(now);
            self.start_held();
            self.publish(&status, now);
            while self.background.try_join_next().is_some() {}
            let drains = *draining.borrow();
            if drains && self.background.is_empty() {
                return;
            }
            let sleep = tokio::time::sleep(self.sleep(now));
            tokio::select! {
                batch = committed.recv() => match batch {
                    Some(batch) => {
                        // An outcome is committed only after its attempt said that it ended.
                        self.take_ended(&mut ended);
                        self.take_committed(batch);
                    }
                    None => return,
                },
                Some(end) = ended.recv() => {
                    self.end(end);
                    self.take_ended(&mut ended);
                }
                // Else each task's end would wake the loop, which has heard of it already.
                Some(_) = self.background.join_next(), if drains => {}
                Ok(()) = rules.changed() => {
                    let scheduler = rules.borrow_and_update().scheduler;
                    let now = self.now();
                    self.take_rules(scheduler, now);
                }
                Ok(()) = draining.changed() => self.scheduler.handle(Input::Drain, now),
                () = sleep => {}
            }
        }
    }

    /// Does what the scheduler says. After some attempts that have to connect it rests: a burst of them
    /// would take the processors from all others, and would come again as a burst when they time out.
    fn act(&mut self, now: Timestamp) {
        if self.rests_until.is_some_and(|until| clock::monotonic() < until) {
            return;
        }
        // What could not be recorded would be queued without an end, and sent again after a restart.
        if self.store.waits_for_room() {
            self.rests_until = Some(clock::monotonic() + limits::ROOM_AGAIN);
            return;
        }
        self.rests_until = None;
        let mut connecting = 0;
        while let Some(action) = self.scheduler.next(now) {
            if let Action::Start { webhook, .. } = &action {
                connecting += usize::from(!self.sender.egress.is_connected(*webhook));
            }
            self.perform(action, now);
            if connecting == limits::CONNECTING_AT_ONCE {
                self.rests_until = Some(clock::monotonic() + limits::CONNECTING_REST);
                return;
            }
        }
    }

    /// Walks over all lanes, hence not every turn.
    fn publish(&self, status: &watch::Sender<Status>, now: Timestamp) {
        let (last, at) = (status.borrow().turned_at, clock::monotonic());
        if last.is_none_or(|last| at.saturating_duration_since(last) >= LONGEST_SLEEP) {
            status.send_replace(Status { turned_at: Some(at), scheduler: self.scheduler.snapshot(now) });
        }
    }

    fn sleep(&self, now: Timestamp) -> Duration {
        if let Some(until) = self.rests_until {
            return until.saturating_duration_since(clock::monotonic());
        }
        let wakeup = self.scheduler.next_wakeup();
        wakeup.map_or(LONGEST_SLEEP, |at| at.since(now).min(LONGEST_SLEEP))
    }

    fn take_ended(&mut self, ended: &mut mpsc::Receiver<Ended>) {
        while let Ok(end) = ended.try_recv() {
            self.end(end);
        }
    }

    fn end(&mut self, end: Ended) {
        let Ended { webhook, row, how } = end;
        let How::Made { ended, error, landed } = how else {
            let now = self.now();
            return self.give_back(webhook, &row, now);
        };
        match (ended.health, error) {
            (Health::Success, _) => drop(self.minded.last_errors.remove(&webhook)),
            (_, Some(error)) => drop(self.minded.last_errors.insert(webhook, error)),
            (_, None) => {}
        }
        let now = self.now();
        let _ = landed.send(self.scheduler.ended(webhook, row.key.event, ended, now));
    }

    fn take_committed(&mut self, batch: Vec<Committed>) {
        let now = self.now();
        for committed in batch {
            match committed {
                Committed::Accepted { event, rows } => {
                    let served = rows.iter().filter(|(no, _)| self.scheduler.serves(*no)).count();
                    self.cache.insert(event, served);
                    for (webhook, row) in rows {
                        self.scheduler.handle(Input::Committed { webhook, row }, now);
                    }
                }
                Committed::Due { webhook, row } => {
                    self.release_suspect(webhook, row.key.event, now);
                    self.scheduler.handle(Input::Committed { webhook, row }, now);
                }
                Committed::Withdrawn { webhook, event } => {
                    self.release_suspect(webhook, event, now);
                    self.scheduler.handle(Input::Withdrawn { webhook, event }, now);
                }
                Committed::Settled { webhook, event, next } => {
                    if next.is_none() {
                        self.cache.release(event);
                    }
                    self.scheduler.handle(Input::Settled { webhook, event, next }, now);
                }
                Committed::Page { webhook, from, rows, next } => {
                    self.scheduler.handle(Input::Page { webhook, from, rows, next }, now);
                }
                Committed::WebhookSaved(webhook) => {
                    self.save_lane(&webhook, now);
                    self.mind(&webhook, now);
                }
                Committed::WebhookRemoved(webhook) => {
                    self.minded.forget(webhook);
                    self.sender.egress.forget(webhook);
                    self.scheduler.handle(Input::LaneRemoved { webhook }, now);
                }
            }
        }
    }

    fn perform(&mut self, action: Action, now: Timestamp) {
        match action {
            Action::Start { webhook, row, .. } => self.start(webhook, row, now),
            Action::LoadPage { webhook, from, limit } => {
                let _ = self.store.load_lane(webhook, from, limit);
            }
            Action::Disable { webhook, .. } => self.disable(webhook, now),
            Action::Offline(offline) => {
                if offline {
                    tracing::warn!(
                        "offline: no attempt reaches any network; attempts are not spent until one does"
                    );
                } else {
                    tracing::info!("online again");
                }
            }
        }
    }
}
