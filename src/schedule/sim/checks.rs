//! What the scheduler asks for, done and judged, and what must hold when it asks for nothing.

use std::time::Duration;

use super::world::{Command, Fault, Step, World, number};
use crate::domain::delivery::DueRow;
use crate::domain::id::WebhookNo;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Failing, Ordering};
use crate::limits;
use crate::schedule::{Action, RunChange};

impl World {
    pub(super) fn pull(&mut self) -> Step {
        self.release_held();
        let now = self.wall_now();
        for _ in 0..10_000 {
            match self.scheduler.next(now) {
                Some(action) => self.act(action)?,
                None => return Ok(()),
            }
        }
        Err("the actions have no end".to_owned())
    }

    pub(super) fn act(&mut self, action: Action) -> Step {
        let lane_of = |webhook: WebhookNo| usize::try_from(webhook.0).unwrap();
        match action {
            Action::Start { webhook, row, probe } => {
                let lane = lane_of(webhook);
                self.judge(lane, &row, probe)
                    .map_err(|wrong| format!("lane {lane} started {row:?}: {wrong}"))?;
                let others = self.lanes.iter().skip(1).any(|other| other.in_air() > 0);
                if self.fault == Some(Fault::Unfair) && lane == 0 && others {
                    self.held.push((lane, row));
                } else if lane != 0 && self.rng.one_in(50) {
                    self.give_back(lane, &row);
                } else if lane != 0 && self.rng.one_in(50) {
                    self.set_aside(lane, row.key.event);
                } else {
                    self.take_off(lane, row.key.event);
                }
            }
            Action::LoadPage { webhook, from, limit } => {
                let lane = lane_of(webhook);
                let loading = self.lanes.iter().filter(|lane| lane.loading && !lane.removed).count();
                if limit == 0 || limit > self.config.lane_rows {
                    return Err(format!("a page of {limit} rows is wanted"));
                }
                if self.lanes[lane].loading || loading >= self.config.lane_loads {
                    return Err("too many pages are being read".to_owned());
                }
                self.lanes[lane].loading = true;
                self.commit_later(Command::Load { lane, from, limit });
            }
            Action::Disable { webhook, failing } => self.disable(lane_of(webhook), failing)?,
            Action::Offline(offline) => {
                if self.offline == offline {
                    return Err(format!("offline is said twice: {offline}"));
                }
                (self.offline, self.offline_probe) = (offline, None);
            }
        }
        Ok(())
    }

    /// A run is stored with its outcome; what it was in the scheduler before says whether it can be over.
    pub(super) fn check_run(&mut self, lane: usize, run: Option<RunChange>) -> Step {
        let Some(RunChange { failing, .. }) = run else { return Ok(()) };
        let before = std::mem::replace(&mut self.lanes[lane].run, failing);
        match (before, failing) {
            (None, None) => Err(format!("lane {lane} recovered from nothing")),
            (Some(before), Some(now)) if now.attempts != 1 && now.attempts <= before.attempts => {
                Err(format!("lane {lane}: {now:?} after {before:?}"))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn disable(&mut self, lane: usize, failing: Failing) -> Step {
        let Some(rule) = self.lanes[lane].settings.disable_after else {
            return Err(format!("lane {lane} is disabled without a rule"));
        };
        let long = self.wall_now().since(failing.since) >= rule.failing_for;
        if self.lanes[lane].disabled || !long || failing.attempts < rule.attempts {
            return Err(format!("lane {lane} is disabled against its rule"));
        }
        self.lanes[lane].disabled = true;
        self.commit_later(Command::Disable { lane });
        Ok(())
    }

    pub(super) fn judge(&mut self, lane: usize, row: &DueRow, probe: bool) -> Step {
        let now = self.wall_now();
        let (slots, bytes) = self.under_way();
        if slots >= self.config.global_in_flight as usize {
            return Err("the global cap is full".to_owned());
        }
        if !self.offline && slots > 0 && bytes + u64::from(row.bytes) > self.config.bytes_in_flight {
            return Err("the byte budget is spent".to_owned());
        }
        if self.offline && (!probe || self.offline_probe.is_some()) {
            return Err("there is no network".to_owned());
        }
        if self.offline {
            self.offline_probe = Some((lane, row.key.event));
        }
        self.starts += 1;
        self.lanes[lane].judge(row, now, self.config.lane_in_flight)
    }

    pub(super) fn under_way(&self) -> (usize, u64) {
        let flying = self.lanes.iter().flat_map(|lane| lane.flying.values()).filter(|f| f.in_air);
        flying.fold((0, 0), |(slots, bytes), f| (slots + 1, bytes + u64::from(f.row.bytes)))
    }

    /// What must hold whenever the scheduler has nothing more to say.
    pub(super) fn check(&mut self) -> Step {
        let now = self.wall_now();
        if let Some(at) = self.scheduler.next_wakeup().filter(|at| *at <= now) {
            return Err(format!("nothing to do at {now}, yet woken at {at}"));
        }
        let (slots, bytes) = self.under_way();
        if self.scheduler.in_flight() != slots {
            return Err("the count of exchanges is wrong".to_owned());
        }
        self.check_fair(now)?;
        let free = (slots + 1) * 2 <= self.config.global_in_flight as usize
            && bytes * 2 + 1000 < self.config.bytes_in_flight;
        // Lanes of which nothing is known have a few slots together.
        let young = self.lanes.iter().any(|lane| !lane.proven && lane.in_air() > 0);
        let loading = self.lanes.iter().any(|lane| lane.loading) || !self.writer.is_empty();
        let busy = loading || self.offline || !(free || slots == 0);
        for lane in 0..self.lanes.len() {
            let busy = busy || young && !self.lanes[lane].proven;
            self.check_lane(lane, busy, now).map_err(|wrong| format!("lane {lane}: {wrong}"))?;
        }
        Ok(())
    }

    /// The healthy lane's rows start soon, whatever the others do. Until it delivered for the first time it has
    /// the few slots in common with all others of which nothing is known, each of which keeps one for a second.
    pub(super) fn check_fair(&self, now: Timestamp) -> Step {
        let most = Duration::from_secs(if self.lanes[0].proven { 2 } else { 8 });
        let waits = |row: &&DueRow| {
            let flying = self.lanes[0].flying.contains_key(&row.key.event);
            let held = self.held.iter().any(|(_, held)| held.key == row.key);
            (!flying || held) && now.since(row.due) > most
        };
        match self.lanes[0].disk.values().find(waits) {
            Some(row) if self.fair => Err(format!("the healthy lane waits: {row:?} at {now}")),
            _ => Ok(()),
        }
    }

    /// A row that could start, does: unless the lane rests, or something is on its way to it.
    pub(super) fn check_lane(&self, lane: usize, busy: bool, now: Timestamp) -> Step {
        let model = &self.lanes[lane];
        let Some(status) = self.scheduler.lane(number(lane), now) else {
            return if model.removed { Ok(()) } else { Err("is forgotten".to_owned()) };
        };
        if status.rows > self.config.lane_rows {
            return Err(format!("{} rows in memory", status.rows));
        }
        let crowded = model.settings.ordering == Ordering::Key && {
            status.rows * 4 > 3 * self.config.lane_rows.min(limits::SMALL_LANE_ROWS)
        };
        let excused = model.settings.paused
            || model.disabled
            || model.settings.rate_limit.is_some()
            || status.rests_until.is_some()
            || !model.flying.is_empty()
            || busy
            || crowded;
        if excused {
            return Ok(());
        }
        match model.startable(now) {
            Some(row) => Err(format!(
                "{row:?} could start at {now} and does not; {status:?} {:?} {:?} {:?}",
                model.settings,
                self.scheduler.snapshot(now),
                self.config,
            )),
            None => Ok(()),
        }
    }
}
