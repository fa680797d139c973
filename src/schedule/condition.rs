//! What one lane's attempts say about its receiver, and what follows: how many attempts it may
//! have in flight, whether it rests, whether it only probes, whether it is given up.

use std::time::Duration;

use crate::domain::profile::DisableAfter;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Failing, Waits};
use crate::limits;

use super::flights::Flight;
use super::pace::Rest;
use super::types::{Health, RunNews, SchedulerConfig};

/// A lane's condition; the default is that of a lane no one has complained about.
#[derive(Debug, Default)]
pub(super) struct Condition {
    /// Attempts allowed in flight while less than the lane's cap (multiplicative decrease).
    share: Option<u32>,
    /// Successes towards the next additive increase.
    gained: u32,
    /// Flights begun before this start are from before the last decrease: one round, one decrease.
    cut_at: u64,
    /// It timed out, or was failing when the daemon started, and has not recovered its whole share since.
    slow: bool,
    /// Consecutive failures that count towards the breaker.
    strikes: u32,
    failing: Option<Failing>,
    /// The wait between probes, while the breaker is open.
    probing: Option<Probing>,
    rest: Option<Rest>,
    /// The next rest of a receiver that is throttled at its least share.
    throttle: Duration,
    /// `Disable` was said.
    given_up: bool,
    /// Others had a network when this lane found no route: the fault is its own.
    pub(super) routeless: bool,
}

#[derive(Debug)]
struct Probing {
    rest: Rest,
    step: Duration,
}

/// What is to be reported to the outside after an attempt.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// How the run of failures stands now, where it changed.
    pub(super) run: Option<Option<Failing>>,
    pub(super) news: Option<RunNews>,
    pub(super) disable: Option<Failing>,
}

impl Condition {
    /// The condition of a lane with a kept run of failures.
    pub(super) fn restored(
        failing: Option<Failing>,
        waits: Waits,
        config: &SchedulerConfig,
        now: Timestamp,
    ) -> Self {
        let strikes = failing.map_or(0, |run| run.attempts);
        let rest = waits
            .rests_until
            .map(|until| Rest::kept(until, waits.rests_for.min(limits::RETRY_AFTER_MAX), now));
        // It takes its slots with those that fail, and few of them, until it delivers.
        let share = (strikes > 0).then_some(1);
        let mut condition = Self { failing, strikes, slow: strikes > 0, share, rest, ..Self::default() };
        if strikes >= config.breaker_after.max(1) {
            let rest = Rest::new(now, Duration::ZERO);
            condition.probing = Some(Probing { rest, step: limits::PROBE_FIRST });
        }
        condition
    }

    /// Nothing to remember.
    pub(super) fn is_well(&self, now: Timestamp) -> bool {
        let quiet = self.rest.is_none_or(|rest| rest.ahead(now).is_none());
        self.failing.is_none()
            && self.share.is_none()
            && quiet
            && self.throttle.is_zero()
            && !(self.slow || self.given_up || self.routeless)
    }

    /// Whether the lane takes its slots from the failing lanes' part of the budget.
    pub(super) fn is_ailing(&self) -> bool {
        self.slow || self.probing.is_some()
    }

    /// Whether the lane only probes.
    pub(super) fn is_probing(&self) -> bool {
        self.probing.is_some()
    }

    pub(super) fn is_given_up(&self) -> bool {
        self.given_up
    }

    pub(super) fn failing(&self) -> Option<Failing> {
        self.failing
    }

    /// Attempts allowed in flight, of the lane's `cap`.
    pub(super) fn allowed(&self, cap: u32) -> u32 {
        if self.probing.is_some() { 1 } else { self.share.map_or(cap, |share| share.min(cap)) }
    }

    /// The end of the lane's rest, if it lies ahead.
    pub(super) fn rests(&self, now: Timestamp) -> Option<Timestamp> {
        self.rests_for(now, false)
    }

    /// As [`Self::rests`]; for an attempt that is `asked` for, the wait between probes is none.
    pub(super) fn rests_for(&self, now: Timestamp, asked: bool) -> Option<Timestamp> {
        let probe = self.probing.as_ref().filter(|_| !asked).map(|probing| probing.rest);
        [self.rest, probe].into_iter().flatten().filter_map(|rest| rest.ahead(now)).max()
    }

    /// Until when its receiver wants nothing, if that lies ahead.
    pub(super) fn wants_nothing_until(&self, now: Timestamp) -> Option<Timestamp> {
        self.rest.and_then(|rest| rest.ahead(now))
    }

    /// Takes notice of a clock that was set back.
    pub(super) fn clamp(&mut self, now: Timestamp) {
        self.rests_mut().for_each(|rest| rest.clamp(now));
        if let Some(run) = &mut self.failing {
            run.since = run.since.min(now);
        }
    }

    /// Takes notice of a clock that leapt ahead: neither a rest nor a run of failures is the longer for it.
    pub(super) fn leapt(&mut self, by: Duration) {
        self.rests_mut().for_each(|rest| rest.leapt(by));
        if let Some(run) = &mut self.failing {
            run.since = run.since.plus(by);
        }
    }

    fn rests_mut(&mut self) -> impl Iterator<Item = &mut Rest> {
        self.rest.iter_mut().chain(self.probing.as_mut().map(|probing| &mut probing.rest))
    }

    /// Somebody resumed the webhook: a new run, which no failure has entered yet, so that the
    /// first success still reports that a kept run is over. What the receiver asked for stands.
    pub(super) fn resume(&mut self, now: Timestamp) {
        self.failing = self.failing.map(|_| Failing { since: now, attempts: 0, warned: false });
        self.strikes = 0;
        self.probing = None;
        self.given_up = false;
    }

    /// Somebody asks for an attempt now: the next probe does not wait. What the receiver asked for stands.
    pub(super) fn ask(&mut self, now: Timestamp) {
        if let Some(probing) = &mut self.probing {
            probing.rest = Rest::new(now, Duration::ZERO);
        }
    }

    /// Takes notice of an attempt's end; `ticket` is the scheduler's count of starts.
    pub(super) fn note(&mut self, end: &End<'_>) -> News {
        let config = end.config;
        if !matches!(end.health, Health::NoRoute | Health::Unresolved | Health::Neutral) {
            self.routeless = false;
        }
        match end.health {
            Health::Neutral => {
                self.next_probe(end);
                News::default()
            }
            Health::Success => self.succeed(end.cap),
            Health::Throttled => {
                self.throttle(end);
                self.fail(end, false)
            }
            Health::RetryAfter(at) => {
                let length = at.since(end.now).min(limits::RETRY_AFTER_MAX);
                self.rest_for(length, end.now);
                self.fail(end, false)
            }
            Health::Failure | Health::NoRoute | Health::Unresolved => {
                let opened = self.strike(end, config);
                self.fail(end, opened)
            }
            Health::TimedOut => {
                self.slow = true;
                self.cut(end);
                let opened = self.strike(end, config);
                self.fail(end, opened)
            }
        }
    }

    fn succeed(&mut self, cap: u32) -> News {
        let was_open = self.probing.take().is_some();
        self.strikes = 0;
        self.throttle = if self.throttle > limits::PROBE_FIRST { self.throttle / 2 } else { Duration::ZERO };
        if let Some(share) = self.share {
            self.gained += 1;
            if self.gained >= share {
                self.gained = 0;
                self.share = (share + 1 < cap).then_some(share + 1);
            }
        }
        if self.share.is_none() {
            self.slow = false;
        }
        let Some(run) = self.failing.take() else { return News::default() };
        let news = (was_open || run.warned).then_some(RunNews::Recovered);
        News { run: Some(None), news, disable: None }
    }

    /// A failure that counts towards the breaker; whether it opens it.
    fn strike(&mut self, end: &End<'_>, config: &SchedulerConfig) -> bool {
        self.strikes = self.strikes.saturating_add(1);
        let opens = self.probing.is_none() && self.strikes >= config.breaker_after.max(1);
        if opens {
            let step = limits::PROBE_FIRST.min(config.probe_max);
            self.probing = Some(Probing { rest: Rest::new(end.now, step), step });
        } else {
            self.next_probe(end);
        }
        opens
    }

    /// A failure of any kind; `opened`: the breaker, just now.
    fn fail(&mut self, end: &End<'_>, opened: bool) -> News {
        let run = self.failing.filter(|run| run.attempts > 0);
        let mut run = run.unwrap_or(Failing { since: end.now, attempts: 0, warned: false });
        run.attempts = run.attempts.saturating_add(1);
        let lasted = end.now.since(run.since);
        let over = |rule: DisableAfter| run.attempts >= rule.attempts && lasted >= rule.failing_for;
        let half = |rule: DisableAfter| {
            run.attempts.saturating_mul(2) >= rule.attempts && lasted.saturating_mul(2) >= rule.failing_for
        };
        let disable = !self.given_up && end.disable_after.is_some_and(over);
        let half = end.half_used || end.disable_after.is_some_and(half);
        let warn = half && !(run.warned || disable || self.given_up);
        run.warned |= warn;
        self.given_up |= disable;
        self.failing = Some(run);
        let news = match (warn, opened) {
            (true, _) => Some(RunNews::HalfWay),
            (false, true) => Some(RunNews::Probing),
            (false, false) => None,
        };
        News { run: Some(Some(run)), news, disable: disable.then_some(run) }
    }

    /// After a probe that did not succeed the next one is later.
    fn next_probe(&mut self, end: &End<'_>) {
        if let Some(probing) = &mut self.probing
            && end.flight.probe
        {
            probing.step = (probing.step * 2).min(end.config.probe_max);
            probing.rest = Rest::new(end.now, probing.step);
        }
    }

    fn throttle(&mut self, end: &End<'_>) {
        let least = self.allowed(end.cap) <= 1;
        if least && end.flight.ticket >= self.cut_at {
            self.throttle = (self.throttle * 2).clamp(limits::PROBE_FIRST, limits::THROTTLE_MAX);
            self.rest_for(self.throttle, end.now);
        }
        self.cut(end);
    }

    /// Halves the share, once for all flights begun before.
    fn cut(&mut self, end: &End<'_>) {
        if end.flight.ticket >= self.cut_at {
            self.cut_at = end.ticket;
            self.gained = 0;
            let share = (self.share.unwrap_or(end.cap).min(end.cap) / 2).max(1);
            self.share = (share < end.cap).then_some(share);
        }
    }

    fn rest_for(&mut self, length: Duration, now: Timestamp) {
        let rest = Rest::new(now, length);
        if self.rest.is_none_or(|old| old.until() < rest.until()) {
            self.rest = Some(rest);
        }
    }
}

/// An attempt's end and all that judging it needs.
pub(super) struct End<'a> {
    pub(super) health: Health,
    pub(super) flight: &'a Flight,
    /// The lane's cap on attempts in flight.
    pub(super) cap: u32,
    pub(super) disable_after: Option<DisableAfter>,
    pub(super) half_used: bool,
    pub(super) config: &'a SchedulerConfig,
    /// The scheduler's count of starts.
    pub(super) ticket: u64,
    pub(super) now: Timestamp,
}
