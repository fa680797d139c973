//! One webhook's queue: its settings, and, while there is anything to do or to remember, its rows,
//! its flights and its condition. A lane at rest is its settings and little else.

use std::time::Duration;

use crate::domain::delivery::{DueKey, DueRow};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Failing, Waits};
use crate::limits;

use super::budget::{Place, Standing};
use super::condition::Condition;
use super::flights::Flights;
use super::pace::Bucket;
use super::types::{LaneSettings, LaneStatus, SchedulerConfig};
use super::window::{When, Window};

/// A lane.
#[derive(Debug)]
pub(super) struct Lane {
    pub(super) settings: LaneSettings,
    pub(super) bucket: Bucket,
    /// Something was sent to it.
    tried: bool,
    /// It delivered something.
    pub(super) proven: bool,
    pub(super) busy: Option<Box<Busy>>,
}

/// What a lane has while there is something to do or to remember.
#[derive(Debug)]
pub(super) struct Busy {
    pub(super) window: Window,
    pub(super) flights: Flights,
    pub(super) condition: Condition,
    /// The scheduler's count of starts at its last turn.
    pub(super) turn: u64,
    pub(super) registered: Registered,
}

/// Where the scheduler has noted a lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Registered {
    /// Its part of the budget: standing, slots, bytes.
    pub(super) share: (Standing, u32, u64),
    pub(super) place: Option<(Standing, Place)>,
    /// The payload of the row that is to start.
    pub(super) bytes: u64,
    pub(super) timer: Option<Timestamp>,
    pub(super) rows: usize,
    /// Waits for its turn to load a page.
    pub(super) queued: bool,
}

impl Busy {
    pub(super) fn new(settings: &LaneSettings, disk: Option<(DueKey, Timestamp)>, turn: u64) -> Self {
        Self {
            window: Window::new(settings.ordering, disk),
            flights: Flights::default(),
            condition: Condition::default(),
            turn,
            registered: Registered {
                share: (Standing::Unknown, 0, 0),
                place: None,
                bytes: 0,
                timer: None,
                rows: 0,
                queued: false,
            },
        }
    }
}

impl Lane {
    /// A lane at rest.
    pub(super) fn new(settings: LaneSettings) -> Self {
        Self { settings, bucket: Bucket::default(), tried: false, proven: false, busy: None }
    }

    /// Its rows and the like, made if there are none.
    pub(super) fn busy(&mut self, turn: u64) -> &mut Busy {
        self.busy.get_or_insert_with(|| Box::new(Busy::new(&self.settings, None, turn)))
    }

    /// Takes over new settings, all but the ordering.
    pub(super) fn change(&mut self, settings: LaneSettings, now: Timestamp) {
        if self.is_stopped()
            && !settings.paused
            && let Some(busy) = &mut self.busy
        {
            busy.condition.resume(now);
        }
        self.settings = LaneSettings { ordering: self.settings.ordering, ..settings };
        // A faster rate does not have to wait for the tokens of a slower one.
        self.clamp(now);
    }

    /// Attempts it may have in flight when all is well.
    pub(super) fn cap(&self, config: &SchedulerConfig) -> u32 {
        self.settings.max_in_flight.unwrap_or(config.lane_in_flight).max(1)
    }

    pub(super) fn standing(&self, now: Timestamp) -> Standing {
        match &self.busy {
            Some(busy) if busy.condition.is_ailing() => Standing::Ailing,
            _ if self.proven => Standing::Proven,
            Some(busy) if busy.flights.silent_at().is_some_and(|at| at <= now) => Standing::Ailing,
            _ if self.tried => Standing::Unknown,
            _ => Standing::New,
        }
    }

    /// When a lane of which nothing is known will be taken for one that fails.
    pub(super) fn silent_at(&self, now: Timestamp) -> Option<Timestamp> {
        let busy = self.busy.as_ref().filter(|_| !self.proven)?;
        busy.flights.silent_at().filter(|at| *at > now)
    }

    /// Waiting rows it may hold in memory.
    pub(super) fn room(&self, config: &SchedulerConfig, scarce: bool, now: Timestamp) -> usize {
        let rows = config.lane_rows.max(1);
        if self.is_stopped() {
            0
        } else if scarce || self.standing(now) == Standing::Ailing {
            rows.min(limits::SMALL_LANE_ROWS)
        } else {
            rows
        }
    }

    /// Paused, disabled, given up: nothing starts until the settings change.
    pub(super) fn is_stopped(&self) -> bool {
        self.settings.paused || self.busy.as_ref().is_some_and(|busy| busy.condition.is_given_up())
    }

    /// Whether there is nothing to do and nothing to remember.
    pub(super) fn is_idle(&self, now: Timestamp) -> bool {
        self.busy.as_ref().is_none_or(|busy| {
            busy.window.is_empty() && busy.flights.is_empty() && busy.condition.is_well(now)
        })
    }

    /// The row that may start now (its place in the window), or when one may.
    pub(super) fn start(&self, config: &SchedulerConfig, now: Timestamp) -> When<usize> {
        let Some(busy) = &self.busy else { return When::Never };
        let allowed = busy.condition.allowed(self.cap(config));
        // Outcomes that wait for their commit are bounded too.
        let unsettled = allowed as usize + config.lane_rows;
        let stopped = self.is_stopped() || busy.flights.are_final();
        if stopped || busy.flights.in_air() >= allowed || busy.flights.len() >= unsettled {
            return When::Never;
        }
        let tokens = self.settings.rate_limit.and_then(|limit| self.bucket.ahead(limit, now));
        let candidate = busy.window.candidate(&busy.flights, now);
        let asked = matches!(candidate, When::Now(at) if busy.window.is_asked(at));
        match (candidate, busy.condition.rests_for(now, asked).max(tokens)) {
            (When::Now(_), Some(at)) => When::At(at),
            (When::At(due), Some(at)) => When::At(due.max(at)),
            (when, _) => when,
        }
    }

    /// Whether an attempt that was set aside may be made.
    pub(super) fn may_resume(&self, config: &SchedulerConfig, now: Timestamp) -> bool {
        let Some(busy) = &self.busy else { return false };
        let allowed = busy.condition.allowed(self.cap(config));
        let stopped = self.is_stopped() || busy.flights.are_final();
        !stopped && busy.flights.in_air() < allowed && busy.condition.rests(now).is_none()
    }

    /// Whether the row at a place of the window has the size that the budget was asked for.
    pub(super) fn is_noted(&self, at: usize) -> bool {
        self.busy.as_ref().is_some_and(|busy| {
            busy.window.get(at).is_some_and(|row| u64::from(row.bytes) == busy.registered.bytes)
        })
    }

    /// Whether a page of rows is wanted, or when.
    pub(super) fn load(&self, config: &SchedulerConfig, scarce: bool, now: Timestamp) -> When<()> {
        let Some(busy) = &self.busy else { return When::Never };
        if self.is_stopped() {
            return When::Never;
        }
        let room = self.room(config, scarce, now);
        let allowed = busy.condition.allowed(self.cap(config)) as usize;
        let low = if busy.condition.is_probing() { 1 } else { allowed.max(room / 4) };
        match (busy.window.wants_page(&busy.flights, low, room, now), busy.condition.rests(now)) {
            (When::Now(()), Some(at)) => When::At(at),
            (When::At(due), Some(at)) => When::At(due.max(at)),
            (when, _) => when,
        }
    }

    /// Takes the row at a place of the window and notes it as started; says whether it is a probe.
    pub(super) fn launch(
        &mut self,
        at: usize,
        offline: bool,
        ticket: u64,
        now: Timestamp,
    ) -> Option<(DueRow, bool)> {
        let busy = self.busy.as_mut()?;
        let row = busy.window.take(at)?;
        if let Some(limit) = self.settings.rate_limit {
            self.bucket.take(limit, now);
        }
        let probe = busy.condition.is_probing();
        busy.flights.begin(&row, probe, ticket, now);
        busy.turn = ticket;
        self.tried = true;
        Some((row, probe || offline))
    }

    /// What of its waits is worth keeping across a restart.
    pub(super) fn waits(&self, now: Timestamp) -> Option<Waits> {
        let limited = self.settings.rate_limit.is_some();
        let rests_until = self.busy.as_ref().and_then(|busy| busy.condition.wants_nothing_until(now));
        let waits = Waits {
            rests_until,
            rests_for: rests_until.map_or(Duration::ZERO, |until| until.since(now)),
            tokens_full_at: if limited { self.bucket.worth_keeping(now) } else { None },
        };
        Some(waits).filter(|waits| *waits != Waits::default())
    }

    /// Keeps every wait to its greatest length, also after the rate changed.
    pub(super) fn clamp(&mut self, now: Timestamp) {
        if let Some(limit) = self.settings.rate_limit {
            self.bucket.clamp(limit, now);
        }
        if let Some(busy) = &mut self.busy {
            busy.window.clamp(now);
            busy.condition.clamp(now);
            busy.flights.clamp(now);
        }
    }

    /// Takes notice of a clock that was set back.
    pub(super) fn set_back(&mut self, now: Timestamp, by: Duration) {
        self.clamp(now);
        if let Some(busy) = &mut self.busy {
            busy.window.set_back(now, by);
        }
    }

    /// Its figures.
    pub(super) fn status(&self, config: &SchedulerConfig, now: Timestamp) -> LaneStatus {
        let cap = self.cap(config);
        let busy = self.busy.as_deref();
        let condition = busy.map(|busy| &busy.condition);
        LaneStatus {
            in_flight: busy.map_or(0, |busy| busy.flights.in_air() as usize),
            rows: busy.map_or(0, |busy| busy.window.len()),
            more_on_disk: busy.is_some_and(|busy| busy.window.more_on_disk()),
            allowed: condition.map_or(cap, |condition| condition.allowed(cap)),
            probing: condition.is_some_and(Condition::is_probing),
            rests_until: condition.and_then(|condition| condition.rests(now)),
            failing: condition.and_then(Condition::failing).filter(|run: &Failing| run.attempts > 0),
        }
    }
}
