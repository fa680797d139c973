//! What goes on beside deliveries: replays and retention.

use std::sync::Arc;
use std::time::Duration;

use super::query::{Counted, DeliveryCursor, DeliveryFilter};
use crate::domain::id::{AccountNo, ReplayId, Seq};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;

/// A replay to create.
#[derive(Debug, Clone)]
pub struct NewReplay {
    /// Its id.
    pub id: ReplayId,
    /// The tenant it belongs to.
    pub account: AccountNo,
    /// Which deliveries; frozen, and bounded by the newest event there is when it is made.
    pub filter: DeliveryFilter,
    /// Whether it sends what the filter's webhook missed, instead of deliveries there are.
    pub skipped: bool,
    /// The maximum number of deliveries per second.
    pub rate_per_second: Option<u32>,
    /// How many deliveries match, from [`super::Store::count_deliveries`] or [`super::Store::count_missed`].
    pub matched: Counted,
}

/// A replay: past deliveries that are being sent again as fresh ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// Its id.
    pub id: ReplayId,
    /// The tenant it belongs to.
    pub account: AccountNo,
    /// Which deliveries.
    pub filter: DeliveryFilter,
    /// Whether it sends what the filter's webhook missed, instead of deliveries there are.
    pub skipped: bool,
    /// Only events up to this number.
    pub up_to: Seq,
    /// The maximum number of deliveries per second.
    pub rate_per_second: Option<u32>,
    /// How many deliveries matched when it was created.
    pub matched: u64,
    /// Whether `matched` is all of them, or only as many as were counted.
    pub matched_exact: bool,
    /// How many were made pending again.
    pub done: u64,
    /// The last delivery it has looked at.
    pub cursor: Option<DeliveryCursor>,
    /// How far it is.
    pub state: ReplayState,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
}

/// How far a replay is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayState {
    /// It goes on.
    Running,
    /// Everything that matched was sent again.
    Done,
    /// Somebody stopped it.
    Cancelled,
}

impl ReplayState {
    /// The state's word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// Events with their payloads and deliveries, once none of them is pending; what waits for webhooks that
    /// are not served ends then. Jobs with their
    /// results, once they have ended for as long and none of their events is pending.
    pub events_for: Duration,
    /// Attempts.
    pub attempts_for: Duration,
    /// The audit log.
    pub audit_for: Duration,
    /// Entries of the audit log at most.
    pub audit_entries: u64,
    /// When the store holds more, the oldest finished events of the accounts that hold the most go before
    /// their time, and what waits for webhooks that are not served.
    pub max_bytes: Option<u64>,
}

/// What one step of retention did.
#[derive(Debug, Clone, Default)]
pub struct Pruned {
    /// Whether there is more to do now.
    pub more: bool,
    /// Events that were taken away.
    pub events: u64,
    /// Deliveries that waited for webhooks that are not served, and were cancelled.
    pub waiting: u64,
    /// Attempts that were taken away.
    pub attempts: u64,
    /// Jobs that were taken away with their results.
    pub jobs: u64,
    /// Webhooks whose expiry has passed, until that is entered
    /// ([`ExpireWebhook`](crate::store::command::Edit::ExpireWebhook)).
    pub expired: Vec<Arc<Webhook>>,
}
