//! The one writer: what it is asked for becomes true, and is reported, batch by batch and in order.

use std::time::Duration;

use super::world::{Command, Fault, Happening, World, number};
use crate::domain::delivery::{DueRow, Trigger};
use crate::domain::id::Seq;
use crate::domain::time::Timestamp;
use crate::schedule::{Health, Input, Landed, LaneSettings};

impl World {
    pub(super) fn commit_later(&mut self, command: Command) {
        if self.writer.is_empty() {
            let later = self.rng.below(20);
            self.plan(later, Happening::Commit);
        }
        self.writer.push_back(command);
    }

    /// The writer's batch: all that is queued, in order, and reported in order.
    pub(super) fn commit(&mut self) {
        for command in std::mem::take(&mut self.writer) {
            self.apply(command);
        }
    }

    pub(super) fn apply(&mut self, command: Command) {
        let now = self.wall_now();
        match command {
            Command::Open => self.add_lane(false),
            Command::Accept { lane, row } => {
                if !self.lanes[lane].removed {
                    self.lanes[lane].put(row);
                    self.input(Input::Committed { webhook: number(lane), row });
                }
            }
            Command::Load { lane, from, limit } => {
                self.lanes[lane].loading = false;
                let (rows, next) = self.lanes[lane].page(from, limit, now);
                self.input(Input::Page { webhook: number(lane), from, rows, next });
            }
            Command::UplinkChange { lane, settings } => {
                if !self.lanes[lane].removed {
                    (self.lanes[lane].settings, self.lanes[lane].disabled) = (settings, false);
                    self.input(Input::LaneChanged { webhook: number(lane), settings });
                }
            }
            Command::Disable { lane } => {
                let settings = LaneSettings { paused: true, ..self.lanes[lane].settings };
                self.apply(Command::UplinkChange { lane, settings });
            }
            Command::Remove { lane } => self.remove(lane),
            Command::Cancel { lane, nth } => {
                if let Some(row) = self.nth_row(lane, nth) {
                    self.lanes[lane].drop_row(row.key.event);
                    self.input(Input::Withdrawn { webhook: number(lane), event: row.key.event });
                }
            }
            Command::RetryNow { lane, nth } => self.reschedule(lane, nth, now),
            Command::Postpone { lane, nth, by } => {
                self.reschedule(lane, nth, now.plus(Duration::from_millis(by)));
            }
            Command::Settle { lane, event, health, is_final, landed } => {
                self.settle(lane, event, health, landed);
                if is_final {
                    let model = &mut self.lanes[lane];
                    model.finals = model.finals.saturating_sub(1);
                    let settings = LaneSettings { paused: landed.spent, ..model.settings };
                    self.apply(Command::UplinkChange { lane, settings });
                }
            }
        }
    }

    pub(super) fn remove(&mut self, lane: usize) {
        // One lane stays, so that there is always something to do.
        if self.lanes.iter().filter(|lane| !lane.removed).count() > 1 {
            let model = &mut self.lanes[lane];
            model.removed = true;
            model.disk.clear();
            model.flying.clear();
            model.finals = 0;
            if self.offline_probe.is_some_and(|(prober, _)| prober == lane) {
                self.offline_probe = None;
            }
            self.input(Input::LaneRemoved { webhook: number(lane) });
        }
    }

    pub(super) fn reschedule(&mut self, lane: usize, nth: u64, due: Timestamp) {
        let Some(row) = self.nth_row(lane, nth) else { return };
        let now = self.wall_now();
        let row = DueRow {
            key: self.lanes[lane].key(row.key.event, due),
            due,
            attempts: 0,
            trigger: Trigger::Manual,
            wait: DueRow::wait_until(due, now),
            ..row
        };
        self.lanes[lane].put(row);
        self.input(Input::Committed { webhook: number(lane), row });
    }

    pub(super) fn settle(&mut self, lane: usize, event: Seq, health: Health, landed: Landed) {
        let now = self.wall_now();
        let wait = self.rng.pick(&[0, 10, 1_000, 5_000, 60_000, 600_000]);
        let postponed = self.rng.below(wait + 1);
        let model = &mut self.lanes[lane];
        model.flying.remove(&event);
        if let Some(waits) = landed.waits {
            model.waits = waits;
        }
        if let Some(run) = landed.run {
            model.failing = run.failing;
        }
        let next = model.row_of(event).and_then(|row| {
            let attempts = row.attempts + u32::from(landed.spent);
            let due = match health {
                Health::RetryAfter(at) => Some(at),
                _ if landed.spent => Some(now.plus(Duration::from_millis(postponed))),
                _ => None,
            };
            let wait = due.map_or(row.wait, |due| DueRow::wait_until(due, now));
            let due = due.unwrap_or(row.due);
            let again = health != Health::Success && attempts < 6;
            again.then(|| DueRow { key: model.key(event, due), due, attempts, wait, ..row })
        });
        match next {
            Some(row) => model.put(row),
            None => _ = model.drop_row(event),
        }
        let lost = self.fault == Some(Fault::LostRetry) && self.rng.one_in(10);
        let next = if lost { None } else { next };
        self.input(Input::Settled { webhook: number(lane), event, next });
    }

    pub(super) fn nth_row(&self, lane: usize, nth: u64) -> Option<DueRow> {
        let rows = &self.lanes[lane].disk;
        let nth = usize::try_from(nth).unwrap().checked_rem(rows.len())?;
        rows.values().nth(nth).copied()
    }
}
