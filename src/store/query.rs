//! What lists ask for and get.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde_json::value::RawValue;

use crate::domain::delivery::{Attempt, DeliveryState, DueRow};
use crate::domain::dialect::Dialect;
use crate::domain::event::{EventHeader, Key};
use crate::domain::event_type::EventPattern;
use crate::domain::id::{AttemptId, EventId, Seq, WebhookNo};
use crate::domain::job::{Job, JobStatus};
use crate::domain::outcome::ErrorKind;
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;

/// One page of a list: the rows, and where the next page begins.
#[derive(Debug, Clone)]
pub struct Page<T, C> {
    /// The rows. A page may be short, or empty, and still have a next one: the rows that one page
    /// looks at are bounded.
    pub rows: Vec<T>,
    /// Where the next page begins; `None` at the end.
    pub next: Option<C>,
}

/// Which events a list wants.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    /// Those of types that match.
    pub event_type: Option<EventPattern>,
    /// Those accepted at or after.
    pub since: Option<Timestamp>,
    /// Those accepted before.
    pub until: Option<Timestamp>,
}

/// Which deliveries a list or a replay wants.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeliveryFilter {
    /// Only deliveries to this webhook.
    pub webhook: Option<WebhookNo>,
    /// Those in this state.
    pub state: Option<DeliveryState>,
    /// Those of events of types that match.
    pub event_type: Option<EventPattern>,
    /// Those of events accepted at or after.
    pub since: Option<Timestamp>,
    /// Those of events accepted before.
    pub until: Option<Timestamp>,
    /// Only deliveries whose last attempt failed with this kind of error.
    pub error: Option<ErrorKind>,
    /// Those of this event.
    pub event: Option<EventId>,
    /// Those of events with this id of their own.
    pub source_id: Option<Key>,
    /// Those of events with this label.
    pub label: Option<Label>,
}

/// A member of events' metadata, and what it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// A text as it is, anything else as it is written in JSON.
    pub value: String,
}

impl Label {
    /// Whether metadata, a JSON object, has it.
    #[must_use]
    pub fn is_in(&self, metadata: &str) -> bool {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(metadata).unwrap_or_default();
        members.get(&self.name).is_some_and(|value| {
            let text = serde_json::from_str::<String>(value.get());
            text.as_deref().unwrap_or(value.get()) == self.value
        })
    }
}

impl DeliveryFilter {
    /// Whether deliveries of an event can be wanted, whatever they are.
    pub(super) fn wants(&self, event: &EventHeader) -> bool {
        self.event.is_none_or(|id| event.id == id)
            && self.source_id.as_ref().is_none_or(|key| event.source_id.as_ref() == Some(key))
            && self
                .label
                .as_ref()
                .is_none_or(|label| event.metadata.as_deref().is_some_and(|metadata| label.is_in(metadata)))
    }
}

/// How far the wall clock may have been set back without hiding a row from a list by time.
pub(super) const CLOCK_SLACK: Duration = Duration::from_secs(3600);

/// Which jobs a list wants.
#[derive(Debug, Clone, Default)]
pub struct JobFilter {
    /// Those in one of these states; in any of them when there is none.
    pub statuses: Vec<JobStatus>,
    /// Those of types that match.
    pub job_type: Option<EventPattern>,
    /// Those made at or after.
    pub since: Option<Timestamp>,
    /// Those made through this API.
    pub dialect: Option<Dialect>,
    /// Those that are about this.
    pub scope: Option<Scope>,
}

impl JobFilter {
    /// Whether no job made before this one is wanted: numbers are given in the order of time, but for
    /// a clock that was set back.
    pub(super) fn is_past(&self, job: &Job) -> bool {
        self.since.is_some_and(|since| job.created_at < since.minus(CLOCK_SLACK))
    }

    pub(super) fn wants(&self, job: &Job) -> bool {
        (self.statuses.is_empty() || self.statuses.contains(&job.status))
            && self.job_type.as_ref().is_none_or(|pattern| pattern.matches(&job.job_type))
            && self.since.is_none_or(|since| job.created_at >= since)
            && self.dialect.is_none_or(|dialect| job.dialect == dialect)
            && self.scope.as_ref().is_none_or(|scope| job.scopes.contains(scope))
    }
}

/// The order and the size of a page.
#[derive(Debug, Clone, Copy)]
pub struct PageRequest<C> {
    /// Where to go on: what an earlier page gave as `next`.
    pub after: Option<C>,
    /// Newest first?
    pub descending: bool,
    /// At most this many rows.
    pub limit: usize,
}

/// A page's place among deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveryCursor {
    /// The event's number.
    pub event: Seq,
    /// The webhook's number.
    pub webhook: WebhookNo,
}

/// A row of results is longer than what was to be read: so many bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LongRow(pub usize);

/// How many deliveries match a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counted {
    /// Those that were found.
    pub count: u64,
    /// Whether everything was looked at; else there may be more.
    pub exact: bool,
}

/// An attempt with the header of its event, as long as that is kept.
#[derive(Debug, Clone)]
pub struct LoggedAttempt {
    /// Its id.
    pub id: AttemptId,
    /// The attempt.
    pub attempt: Attempt,
    /// Its event.
    pub event: Option<EventHeader>,
}

/// One thing of the live tail.
#[derive(Debug, Clone)]
pub enum TailItem {
    /// An event was accepted.
    Event(Arc<EventHeader>),
    /// An attempt was made.
    Attempt {
        /// Its id.
        id: AttemptId,
        /// The attempt.
        attempt: Arc<Attempt>,
        /// Its event's header.
        event: Arc<EventHeader>,
    },
}

/// What the log says of one webhook over a window of time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WebhookStats {
    /// Attempts in the window, as far as they were looked at.
    pub attempts: u64,
    /// Those that succeeded.
    pub successes: u64,
    /// How many of the newest failed in a row.
    pub consecutive_failures: u64,
    /// How long half of them took at most; `None` without attempts.
    pub p50: Option<Duration>,
    /// How long 95 of 100 took at most.
    pub p95: Option<Duration>,
    /// How long 99 of 100 took at most.
    pub p99: Option<Duration>,
    /// Whether only the newest part of the window was counted.
    pub sampled: bool,
    /// Pending deliveries, counted up to [`crate::limits::STATS_BACKLOG`].
    pub backlog: u64,
    /// Whether there are more pending deliveries than that.
    pub backlog_more: bool,
    /// The first of them.
    pub oldest: Option<DueRow>,
}

/// What commits are counted by: microseconds at most.
pub const DURATIONS: [u64; 12] =
    [500, 1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, u64::MAX];
/// What commits are counted by: commands at most.
pub const SIZES: [u64; 11] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, u64::MAX];

/// Figures for `/admin/status` and `/metrics`.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoreFigures {
    /// The file's size in bytes.
    pub file_bytes: u64,
    /// Free bytes on its file system.
    pub disk_free_bytes: u64,
    /// What the events, attempts and jobs in it take, about, where a budget made it be counted. The rest of
    /// the file is room that is used again.
    pub held_bytes: Option<u64>,
    /// Whether events are refused for want of room.
    pub full: bool,
    /// Accounts that are refused events because what is pending takes more than their share.
    pub refused_accounts: usize,
    /// Whether the store's name no longer stands for the file that is open.
    pub moved: bool,
    /// How often damaged rows were met since the start.
    pub damaged: u64,
    /// Commits since the start.
    pub commits: u64,
    /// Rows written since the start.
    pub row_writes: u64,
    /// How long all commits took together.
    pub commit_time: Duration,
    /// How long the last commit took.
    pub last_commit: Duration,
    /// Commands waiting for the writer.
    pub queued: usize,
    /// Pending deliveries.
    pub pending: u64,
    /// Commands that commits carried out, since the start.
    pub commands: u64,
    /// Commits by how long they took, as [`DURATIONS`] bounds it.
    pub durations: [u64; DURATIONS.len()],
    /// Commits by their commands, as [`SIZES`] bounds it.
    pub sizes: [u64; SIZES.len()],
}
