//! The receivers: how long an exchange takes and how it ends.

use std::time::Duration;

use super::world::{Command, Fault, Happening, Mood, Step, World, number};
use crate::domain::delivery::DueRow;
use crate::domain::id::Seq;
use crate::schedule::{Ended, Health, Input};

impl World {
    pub(super) fn end(&mut self, lane: usize, event: Seq, attempt: u64) -> Step {
        let now = self.wall_now();
        let health = self.health(lane, attempt);
        if let Some(flying) = self.lanes[lane].flying.get_mut(&event) {
            flying.in_air = false;
        }
        if self.offline_probe == Some((lane, event)) {
            self.offline_probe = None;
        }
        // A receiver may say that it is gone, which is the end of its webhook.
        let is_final = health == Health::Failure && self.rng.one_in(8);
        let landed = self.scheduler.ended(number(lane), event, Ended { is_final, ..health.into() }, now);
        self.check_run(lane, landed.run)?;
        if let Health::RetryAfter(at) = health {
            let model = &mut self.lanes[lane];
            model.not_before = model.not_before.max(at.as_millis());
        }
        if self.fault == Some(Fault::EarlySettle) && self.rng.one_in(10) {
            let next = self.lanes[lane].row_of(event);
            self.input(Input::Settled { webhook: number(lane), event, next });
        }
        self.lanes[lane].proven |= health == Health::Success;
        self.lanes[lane].finals += usize::from(is_final);
        self.commit_later(Command::Settle { lane, event, health, is_final, landed });
        Ok(())
    }

    pub(super) fn health(&mut self, lane: usize, attempt: u64) -> Health {
        let wait = Duration::from_millis(self.rng.between(1, 30_000));
        match self.moods[lane] {
            _ if self.no_network => self.rng.pick(&[Health::NoRoute, Health::Unresolved]),
            _ if !self.calm && attempt.is_multiple_of(40) && lane != 0 => Health::Neutral,
            Mood::Fine => Health::Success,
            Mood::Failing => Health::Failure,
            Mood::Flaky => self.rng.pick(&[Health::Success, Health::Failure, Health::TimedOut]),
            Mood::Dead => Health::TimedOut,
            Mood::Throttling => self.rng.pick(&[Health::Success, Health::Throttled, Health::Throttled]),
            Mood::RetryAfter => Health::RetryAfter(self.wall_now().plus(wait)),
            Mood::Unresolvable => Health::Unresolved,
        }
    }

    pub(super) fn take_off(&mut self, lane: usize, event: Seq) {
        self.attempts += 1;
        let long = match self.moods[lane] {
            _ if self.no_network => 1,
            Mood::Dead => 30_000,
            Mood::Fine if self.fair => self.rng.between(1, 50),
            Mood::Fine => self.rng.between(1, 2_000),
            _ => self.rng.between(1, 300),
        };
        let (epoch, attempt) = (self.epoch, self.attempts);
        self.plan(long, Happening::End { epoch, lane, event, attempt });
    }

    /// The attempt is not made after all.
    pub(super) fn give_back(&mut self, lane: usize, row: &DueRow) {
        self.lanes[lane].flying.remove(&row.key.event);
        self.lanes[lane].tokens += 1.0;
        if self.offline_probe == Some((lane, row.key.event)) {
            self.offline_probe = None;
        }
        let now = self.wall_now();
        self.scheduler.returned(number(lane), row, now);
    }

    /// The attempt waits for something outside.
    pub(super) fn set_aside(&mut self, lane: usize, event: Seq) {
        if let Some(flying) = self.lanes[lane].flying.get_mut(&event) {
            (flying.in_air, flying.aside) = (false, true);
        }
        if self.offline_probe == Some((lane, event)) {
            self.offline_probe = None;
        }
        let now = self.wall_now();
        self.scheduler.set_aside(number(lane), event, now);
        let (later, epoch) = (self.rng.between(1, 30_000), self.epoch);
        self.plan(later, Happening::Resume { epoch, lane, event });
    }

    /// What it waited for is there.
    pub(super) fn resume(&mut self, lane: usize, event: Seq) -> Step {
        let now = self.wall_now();
        let (slots, _) = self.under_way();
        let model = &mut self.lanes[lane];
        let waits = model.flying.get(&event).is_some_and(|flying| flying.aside);
        match self.scheduler.resume(number(lane), event, now) {
            _ if !waits && model.removed => {}
            Some(true) if waits => {
                if self.offline && self.offline_probe.is_some()
                    || slots >= self.config.global_in_flight as usize
                {
                    return Err(format!("lane {lane} resumed {event:?} without a slot"));
                }
                if self.offline {
                    self.offline_probe = Some((lane, event));
                }
                model.judge_resumed(now, self.config.lane_in_flight)?;
                if let Some(flying) = model.flying.get_mut(&event) {
                    (flying.in_air, flying.aside) = (true, false);
                }
                self.take_off(lane, event);
            }
            Some(false) if waits => {
                let epoch = self.epoch;
                self.plan(500, Happening::Resume { epoch, lane, event });
            }
            other => return Err(format!("lane {lane} says {other:?} of {event:?}, which waits: {waits}")),
        }
        Ok(())
    }

    pub(super) fn release_held(&mut self) {
        if !self.held.is_empty() && !self.lanes.iter().skip(1).any(|lane| lane.in_air() > 0) {
            for (lane, row) in std::mem::take(&mut self.held) {
                self.take_off(lane, row.key.event);
            }
        }
    }
}
