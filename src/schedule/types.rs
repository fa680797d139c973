//! The inputs of the scheduler and what it asks for.

use std::time::Duration;

use crate::domain::delivery::{DueKey, DueRow};
use crate::domain::id::{Seq, WebhookNo};
use crate::domain::profile::DisableAfter;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Failing, Ordering, RateLimit, Waits};
use crate::limits;

/// The scheduler's bounds; the defaults are those of [`crate::limits`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SchedulerConfig {
    /// Attempts in flight over all lanes; at least 1.
    pub global_in_flight: u32,
    /// Attempts in flight in a lane that names no number; at least 1.
    pub lane_in_flight: u32,
    /// Payload bytes of the attempts in flight; a single larger one goes alone.
    pub bytes_in_flight: u64,
    /// Due rows of one lane held in memory, those in flight not counted; at least 1.
    pub lane_rows: usize,
    /// Due rows of all lanes held in memory before lanes are kept small.
    pub all_rows: usize,
    /// Pages being read at once.
    pub lane_loads: usize,
    /// Consecutive failures after which a lane only probes; at least 1.
    pub breaker_after: u32,
    /// The longest wait between the probes of a failing lane.
    pub probe_max: Duration,
}

impl Default for SchedulerConfig {
    fn default() -> Self {
        Self {
            global_in_flight: limits::GLOBAL_IN_FLIGHT,
            lane_in_flight: limits::LANE_IN_FLIGHT,
            bytes_in_flight: limits::BYTES_IN_FLIGHT,
            lane_rows: limits::LANE_ROWS,
            all_rows: limits::ALL_LANE_ROWS,
            lane_loads: limits::LANE_LOADS,
            breaker_after: limits::BREAKER_AFTER,
            probe_max: limits::PROBE_MAX,
        }
    }
}

/// How a lane is to be served.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct LaneSettings {
    /// Whether its deliveries keep an order; never changes.
    pub ordering: Ordering,
    /// Attempts in flight; `None`: the configured default.
    pub max_in_flight: Option<u32>,
    /// How fast attempts may start.
    pub rate_limit: Option<RateLimit>,
    /// When failures disable the webhook; `None`: never.
    pub disable_after: Option<DisableAfter>,
    /// Nothing is started: paused, disabled, pending or expired. The rows stay.
    pub paused: bool,
}

/// Something that happened. Everything but `Drain` comes in the order in which the store
/// committed it (ends of exchanges, [`super::Scheduler::ended`], come when they come).
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A webhook was made, or is found at start.
    LaneOpened {
        /// The lane.
        webhook: WebhookNo,
        /// How to serve it.
        settings: LaneSettings,
        /// Its first due row on disk and that row's due time; `None`: it has none.
        disk_from: Option<(DueKey, Timestamp)>,
        /// The kept run of failures.
        failing: Option<Failing>,
        /// What it had to wait for when that was kept.
        waits: Waits,
    },
    /// Its settings changed. A change from paused to not paused starts the run of failures
    /// afresh: somebody believes in the receiver again.
    LaneChanged {
        /// The lane.
        webhook: WebhookNo,
        /// How to serve it from now on.
        settings: LaneSettings,
    },
    /// The webhook is gone; everything about it is forgotten.
    LaneRemoved {
        /// The lane.
        webhook: WebhookNo,
    },
    /// A row was committed: a new delivery, or one that was rescheduled from outside.
    Committed {
        /// The lane.
        webhook: WebhookNo,
        /// The row.
        row: DueRow,
    },
    /// A row was deleted from outside: cancelled or moved.
    Withdrawn {
        /// The lane.
        webhook: WebhookNo,
        /// The row's event.
        event: Seq,
    },
    /// The answer to [`Action::LoadPage`], as of its place in the stream.
    Page {
        /// The lane.
        webhook: WebhookNo,
        /// What was asked for.
        from: DueKey,
        /// The lane's due rows from there on, in key order.
        rows: Vec<DueRow>,
        /// The first row after these and its due time; `None`: there is none.
        next: Option<(DueKey, Timestamp)>,
    },
    /// An attempt's outcome is committed.
    Settled {
        /// The lane.
        webhook: WebhookNo,
        /// The row's event.
        event: Seq,
        /// The row as it is now; `None`: the delivery is over.
        next: Option<DueRow>,
    },
    /// Start nothing more, read nothing more.
    Drain,
}

/// What an exchange says about its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// It took the delivery.
    Success,
    /// It did not.
    Failure,
    /// It took too long.
    TimedOut,
    /// 429, 502 or 504: too much for it.
    Throttled,
    /// It named the time before which it wants nothing; this moves the whole lane.
    RetryAfter(Timestamp),
    /// There was no route to it.
    NoRoute,
    /// No server answered that was asked for its address. A name that does not exist is a [`Self::Failure`].
    Unresolved,
    /// The failure was ours (rendering, a secret): nothing is said about the receiver.
    Neutral,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// What it says about its receiver.
    pub health: Health,
    /// Whether its delivery has used half of the attempts whose end disables the webhook.
    pub half_used: bool,
    /// Whether its outcome removes or disables the webhook: nothing more is started before it is committed.
    pub is_final: bool,
}

impl From<Health> for Ended {
    fn from(health: Health) -> Self {
        Self { health, half_used: false, is_final: false }
    }
}

/// Something to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Start an attempt. Its end is to be reported by [`super::Scheduler::ended`], the commit of its
    /// outcome by [`Input::Settled`].
    Start {
        /// The lane.
        webhook: WebhookNo,
        /// The delivery.
        row: DueRow,
        /// Whether it tests if the receiver, or the network, is back.
        probe: bool,
    },
    /// Read due rows and answer with [`Input::Page`].
    LoadPage {
        /// The lane.
        webhook: WebhookNo,
        /// The first key wanted.
        from: DueKey,
        /// Rows wanted at most; at least 1.
        limit: usize,
    },
    /// The webhook failed for too long. Said once; the lane rests until its settings change.
    Disable {
        /// The lane.
        webhook: WebhookNo,
        /// The run.
        failing: Failing,
    },
    /// There is no network, or there is one again.
    Offline(bool),
}

/// What the end of an attempt makes of its lane; to be stored in its outcome's commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Landed {
    /// Whether the attempt counts against the retry policy.
    pub spent: bool,
    /// How the lane's run of failures changed.
    pub run: Option<RunChange>,
    /// What it waits for, where that is worth keeping.
    pub waits: Option<Waits>,
}

/// A change of a lane's run of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RunChange {
    /// Counts the changes: of two the higher one stands, whichever is stored first.
    pub order: u64,
    /// The run; `None` when it is over.
    pub failing: Option<Failing>,
    /// What is new of it, for the log and the webhook's owner.
    pub news: Option<RunNews>,
}

/// What is new of a run of failures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunNews {
    /// The webhook is only probed from now on.
    Probing,
    /// The webhook is half-way to being disabled. Said once in a run.
    HalfWay,
    /// The run is over, and the webhook was only probed, or its owner was warned.
    Recovered,
}

/// Figures for metrics and status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// Lanes known.
    pub lanes: usize,
    /// Lanes with rows, attempts or a history of failures.
    pub active: usize,
    /// Lanes that could start an attempt now.
    pub ready: usize,
    /// Lanes that only probe.
    pub probing: usize,
    /// Exchanges going on.
    pub in_flight: usize,
    /// Exchanges that ended and whose outcome is not committed.
    pub unsettled: usize,
    /// Payload bytes of the exchanges going on.
    pub bytes_in_flight: u64,
    /// Waiting rows in memory.
    pub rows: usize,
    /// Waiting rows in memory whose time has come.
    pub overdue: usize,
    /// Lanes with overdue rows that are only on disk.
    pub overdue_on_disk: usize,
    /// When the waiting row in memory was due that has waited longest.
    pub oldest_due: Option<Timestamp>,
    /// Pages being read.
    pub loads: usize,
    /// Whether there is no network.
    pub offline: bool,
}

/// One lane's figures for status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneStatus {
    /// Exchanges going on.
    pub in_flight: usize,
    /// Waiting rows in memory.
    pub rows: usize,
    /// Whether more rows are on disk.
    pub more_on_disk: bool,
    /// Attempts it may have in flight at present.
    pub allowed: u32,
    /// Whether it only probes.
    pub probing: bool,
    /// Until when its receiver, or its failing, makes it rest.
    pub rests_until: Option<Timestamp>,
    /// The run of failures it is in.
    pub failing: Option<Failing>,
}
