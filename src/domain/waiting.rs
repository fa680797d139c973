//! What a pending delivery waits for.

use super::time::Timestamp;

/// What a pending delivery waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WaitingFor {
    /// Attempts in flight to end: those of its webhook, or of all.
    Slot,
    /// The time of its next attempt.
    Retry,
    /// The receiver asked for a pause, or answers that it has too much to do.
    RetryAfter,
    /// The receiver fails, so that one attempt at a time tests whether it is back.
    Probe,
    /// A delivery before it, since the webhook keeps an order.
    Order,
    /// The webhook's rate limit.
    RateLimit,
    /// Other events, to go with them as a batch.
    Batch,
    /// The receiver to confirm the webhook.
    Confirmation,
    /// The webhook to be resumed: somebody paused it.
    Paused,
    /// The webhook to be resumed: it was disabled.
    Disabled,
    /// Its listener to connect.
    Listener,
    /// A network.
    Offline,
    /// Room on the disk: nothing is sent whose outcome could not be stored.
    Journal,
}

impl WaitingFor {
    /// All there are.
    pub const ALL: [Self; 13] = [
        Self::Slot,
        Self::Retry,
        Self::RetryAfter,
        Self::Probe,
        Self::Order,
        Self::RateLimit,
        Self::Batch,
        Self::Confirmation,
        Self::Paused,
        Self::Disabled,
        Self::Listener,
        Self::Offline,
        Self::Journal,
    ];

    /// Its word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Slot => "slot",
            Self::Retry => "retry",
            Self::RetryAfter => "retry_after",
            Self::Probe => "probe",
            Self::Order => "order",
            Self::RateLimit => "rate_limit",
            Self::Batch => "batch",
            Self::Confirmation => "confirmation",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
            Self::Listener => "listener",
            Self::Offline => "offline",
            Self::Journal => "journal",
        }
    }
}

/// Why a pending delivery is not being sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    /// What it waits for.
    pub what: WaitingFor,
    /// The earliest time at which it may be sent; `None` where no time says it.
    pub until: Option<Timestamp>,
}

impl From<WaitingFor> for Waiting {
    fn from(what: WaitingFor) -> Self {
        Self { what, until: None }
    }
}
