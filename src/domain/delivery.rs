//! Deliveries and their attempts.

use std::time::Duration;

use http::HeaderMap;

use super::form::PayloadForm;
use super::id::{DeliveryId, EventId, Seq, WebhookNo};
use super::outcome::{ErrorKind, Exchange};
use super::time::Timestamp;

/// Where a delivery stands. In flight is not a state: the due entry stays until the outcome
/// commits, so a crash can repeat an attempt but never lose one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// Waits for its next attempt.
    Pending,
    /// A receiver took it.
    Delivered,
    /// Given up.
    Failed,
    /// Called off before it was delivered.
    Cancelled,
}

impl DeliveryState {
    /// The state's word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }

    /// Every state.
    pub const ALL: [Self; 4] = [Self::Pending, Self::Delivered, Self::Failed, Self::Cancelled];
}

/// Why a delivery ended, or waits although it should not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The policy's attempts are used up.
    Exhausted,
    /// The receiver's answer was final under the policy.
    FinalAnswer,
    /// Somebody cancelled it.
    Cancelled,
    /// Its webhook was removed.
    WebhookRemoved,
    /// The receiver answered 410.
    Gone,
    /// Sending it brought the process down twice.
    Quarantined,
    /// Its webhook expired.
    Expired,
    /// Its body is larger than its profile sends.
    TooLarge,
    /// Its webhook was paused, disabled or unconfirmed until its event was as old as events are kept.
    Retention,
    /// Its webhook was resumed without what had waited.
    Dropped,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::Exhausted,
        Self::FinalAnswer,
        Self::Cancelled,
        Self::WebhookRemoved,
        Self::Gone,
        Self::Quarantined,
        Self::Expired,
        Self::TooLarge,
        Self::Retention,
        Self::Dropped,
    ];

    /// The state of what ended for this reason.
    #[must_use]
    pub fn state(self) -> DeliveryState {
        match self {
            Self::Exhausted | Self::FinalAnswer | Self::Gone | Self::Quarantined | Self::TooLarge => {
                DeliveryState::Failed
            }
            Self::Cancelled | Self::WebhookRemoved | Self::Expired | Self::Retention | Self::Dropped => {
                DeliveryState::Cancelled
            }
        }
    }

    /// The reason's word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Exhausted => "exhausted",
            Self::FinalAnswer => "final_answer",
            Self::Cancelled => "cancelled",
            Self::WebhookRemoved => "webhook_removed",
            Self::Gone => "gone",
            Self::Quarantined => "quarantined",
            Self::Expired => "expired",
            Self::TooLarge => "too_large",
            Self::Retention => "retention",
            Self::Dropped => "dropped",
        }
    }
}

/// Where a due row stands in its lane's order. Lanes without ordering are ordered by due time;
/// lanes with an order by the event's number, so that a waiting head keeps its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DueKey {
    /// The due time in milliseconds, or 0 in a lane with an order.
    pub order: u64,
    /// The event's number.
    pub event: Seq,
}

/// What caused an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trigger {
    /// The schedule.
    Scheduled,
    /// Somebody asked for it.
    Manual,
}

impl Trigger {
    /// Every trigger.
    pub const ALL: [Self; 2] = [Self::Scheduled, Self::Manual];

    /// The trigger's word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Scheduled => "scheduled",
            Self::Manual => "manual",
        }
    }
}

/// A pending delivery as the scheduler sees it: a row of the due table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DueRow {
    /// Its place in the lane.
    pub key: DueKey,
    /// When its next attempt is due.
    pub due: Timestamp,
    /// Attempts already made that count against the policy.
    pub attempts: u32,
    /// A hash of the event's order key.
    pub order_key: Option<u64>,
    /// What caused the next attempt.
    pub trigger: Trigger,
    /// What its body holds, fixed when the event was accepted.
    pub form: PayloadForm,
    /// The payload's length in bytes.
    pub bytes: u32,
    /// How long its next attempt has to wait, from when that was decided: in seconds, rounded up.
    pub wait: u32,
}

impl DueRow {
    /// The wait of a row of which that is not known.
    pub const UNKNOWN_WAIT: u32 = u32::MAX;

    /// The wait of a row of which it is decided now when it is due.
    #[must_use]
    pub fn wait_until(due: Timestamp, now: Timestamp) -> u32 {
        u32::try_from(due.since(now).as_millis().div_ceil(1000)).unwrap_or(Self::UNKNOWN_WAIT)
    }

    /// The row, due no later than its whole wait from now on: what is due later was made due by a clock that was
    /// ahead.
    #[must_use]
    pub fn clamped(self, now: Timestamp) -> Self {
        let latest = now.plus(Duration::from_secs(self.wait.into()));
        Self { due: self.due.min(latest), ..self }
    }

    /// When a lane whose first row on disk this is has to read it: at once where a clock that was ahead made it
    /// due, since what stands behind it may be due earlier than it is.
    #[must_use]
    pub fn read_at(self, now: Timestamp) -> Timestamp {
        if self.clamped(now).due < self.due { now } else { self.due }
    }
}

/// A delivery as people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id; carries the numbers of its event and webhook.
    pub id: DeliveryId,
    /// Its event.
    pub event: EventId,
    /// Its webhook.
    pub webhook: WebhookNo,
    /// Where it stands.
    pub state: DeliveryState,
    /// What its body holds, fixed when the event was accepted.
    pub form: PayloadForm,
    /// Attempts that count against the policy.
    pub attempts: u32,
    /// The newest attempts' numbers in the store's sequence, oldest first, bounded by
    /// [`crate::limits::ATTEMPTS_PER_DELIVERY`].
    pub log: Vec<Seq>,
    /// When the next attempt is due, while pending; `None` while its event waits for others.
    pub due: Option<Timestamp>,
    /// When the event was accepted.
    pub created_at: Timestamp,
    /// When it was made, or last sent again.
    pub started_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Why it ended.
    pub reason: Option<Reason>,
    /// How its last attempt failed, if it did.
    pub last_error: Option<ErrorKind>,
    /// The delivery of the batch that its event went with: what became of that stands here.
    pub batch: Option<DeliveryId>,
}

/// One try to send a delivery, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its delivery.
    pub delivery: DeliveryId,
    /// 1 for the delivery's first attempt.
    pub number: u32,
    /// What caused it.
    pub trigger: Trigger,
    /// When it began.
    pub started_at: Timestamp,
    /// The request's headers, secrets masked.
    pub request_headers: HeaderMap,
    /// What came of it.
    pub exchange: Exchange,
}
