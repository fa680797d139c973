//! The loop. It never waits for the network, the store or a receiver; it only waits for something to happen.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};

use super::dispatcher::Dispatcher;
use super::rules::Rules;
use super::state_log;
use super::status::Status;
use super::task::{Ended, How};
use super::waiting::Question;
use crate::clock;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::listen::End;
use crate::schedule::{Action, Health, Input};
use crate::store::committed::Committed;

/// How long the loop sleeps at most, so that a clock jump is seen soon.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// What the loop listens to.
pub(super) struct Channels {
    pub(super) committed: mpsc::Receiver<Vec<Committed>>,
    pub(super) ended: mpsc::Receiver<Ended>,
    pub(super) asked: mpsc::Receiver<Question>,
    pub(super) rules: watch::Receiver<Arc<Rules>>,
    pub(super) draining: watch::Receiver<bool>,
}

impl Dispatcher {
    pub(super) async fn run(mut self, channels: Channels, status: watch::Sender<Status>) {
        let Channels { mut committed, mut ended, mut asked, mut rules, mut draining } = channels;
        let listeners = self.sender.listeners.clone();
        loop {
            let now = self.now();
            self.rest_expired(now);
            self.act(now);
            self.start_suspect(now);
            self.start_held();
            self.answer_questions(now);
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
                Some(question) = asked.recv() => {
                    // What was committed before it was asked is known here by then, but for the newest commit.
                    self.take_ended(&mut ended);
                    while let Ok(batch) = committed.try_recv() {
                        self.take_committed(batch);
                    }
                    self.questions.push(question);
                }
                // Else each task's end would wake the loop, which has heard of it already.
                Some(_) = self.background.join_next(), if drains => {}
                Ok(()) = rules.changed() => {
                    let scheduler = rules.borrow_and_update().scheduler;
                    let now = self.now();
                    self.take_rules(scheduler, now);
                }
                () = listeners.changed() => self.take_listeners(),
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
            (Health::Success, _) => drop(self.duties.last_errors.remove(&webhook)),
            (_, Some(error)) => drop(self.duties.last_errors.insert(webhook, error)),
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
                    if self.duties.is_newly_disabled(&webhook) {
                        state_log::disabled(&webhook);
                    }
                    self.save_lane(&webhook, now);
                    self.track(&webhook, now);
                }
                Committed::WebhookRemoved(webhook) => {
                    self.duties.forget(webhook);
                    self.sender.egress.forget(webhook);
                    self.sender.listeners.end(webhook, End::Removed);
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
            Action::Disable { webhook, failing } => self.disable(webhook, failing.since, now),
            Action::Offline(offline) => {
                if offline {
                    tracing::warn!(
                        "offline: no attempt reaches any network; attempts are not spent until one does"
                    );
                } else {
                    tracing::warn!("online again");
                }
            }
        }
    }
}
