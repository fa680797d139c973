//! Events: what happened, with the payload's bytes as they came.

use std::fmt;
use std::sync::Arc;

use super::event_type::EventType;
use super::id::{AccountNo, EventId, WebhookNo};
use super::time::Timestamp;
use crate::limits;

/// Why a caller's key cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {} printable ASCII characters", limits::KEY_BYTES)]
pub struct KeyError;

/// A caller's own name for something: an event's id, an idempotency key, an order key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key(Box<str>);

impl Key {
    /// Checks a text.
    ///
    /// # Errors
    /// When it is empty, too long, or not printable ASCII.
    pub fn new(text: &str) -> Result<Self, KeyError> {
        let printable = text.bytes().all(|b| (0x20..0x7f).contains(&b));
        if text.is_empty() || text.len() > limits::KEY_BYTES || !printable {
            return Err(KeyError);
        }
        Ok(Self(text.into()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An event as its producer posted it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewEvent {
    /// The tenant it belongs to.
    pub account: AccountNo,
    /// Its type.
    pub event_type: EventType,
    /// The producer's own id for it.
    pub source_id: Option<Key>,
    /// When it happened, if the producer said so.
    pub occurred_at: Option<Timestamp>,
    /// Deliveries with one key keep their order where a webhook asks for it.
    pub order_key: Option<Key>,
    /// The producer's labels: a JSON object's text.
    pub metadata: Option<Box<str>>,
    /// The payload: JSON text, byte for byte as it came.
    pub data: Arc<[u8]>,
}

/// An accepted event without its payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHeader {
    /// Its id; carries its number.
    pub id: EventId,
    /// The tenant it belongs to.
    pub account: AccountNo,
    /// Its type.
    pub event_type: EventType,
    /// The producer's own id for it.
    pub source_id: Option<Key>,
    /// When it was accepted.
    pub accepted_at: Timestamp,
    /// When it happened: what the producer said, else `accepted_at`.
    pub occurred_at: Timestamp,
    /// The order key.
    pub order_key: Option<Key>,
    /// The producer's labels: a JSON object's text.
    pub metadata: Option<Box<str>>,
    /// The payload's length in bytes.
    pub data_len: u32,
    /// How many events it is made of, when it is a batch; 0 for one that was posted.
    pub batch_of: u32,
    /// The webhooks it goes to.
    pub webhooks: Vec<WebhookNo>,
    /// Webhooks that listen to its type and yet were skipped, and why; bounded by
    /// [`limits::SKIPPED_PER_EVENT`].
    pub skipped: Vec<(WebhookNo, Skip)>,
}

/// An accepted event whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Everything but the payload.
    pub header: EventHeader,
    /// The payload's bytes as they came.
    pub data: Arc<[u8]>,
}

/// Why a webhook that listens to an event's type does not get the event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Skip {
    /// The webhook's filter did not match the data.
    Filter,
    /// The webhook's filter would take longer for the data than a filter may.
    FilterCost,
    /// The webhook is paused and does not collect.
    Paused,
    /// The webhook is disabled and does not collect.
    Disabled,
    /// The webhook awaits its confirmation.
    Pending,
    /// The webhook's expiry has passed.
    Expired,
    /// The webhook went away while the event was being accepted.
    Removed,
    /// The webhook takes one event only, and has it.
    Spent,
    /// The webhook was declared for an actor, and another one of that actor to the same URL gets it.
    Twin,
}

impl Skip {
    /// Every reason.
    pub const ALL: [Self; 9] = [
        Self::Filter,
        Self::FilterCost,
        Self::Paused,
        Self::Disabled,
        Self::Pending,
        Self::Expired,
        Self::Removed,
        Self::Spent,
        Self::Twin,
    ];

    /// Whether the webhook missed an event that it would have got had it been served.
    #[must_use]
    pub fn is_missed(self) -> bool {
        match self {
            Self::Paused | Self::Disabled | Self::Pending | Self::Expired => true,
            Self::Filter | Self::FilterCost | Self::Removed | Self::Spent | Self::Twin => false,
        }
    }

    /// What anyone who reads the reason can do about it, where the word does not say it.
    #[must_use]
    pub fn detail(self) -> Option<String> {
        (self == Self::FilterCost).then(|| {
            format!(
                "the webhook's filter would take more than {} steps for this event's data; make the filter \
                 simpler, or the data smaller",
                limits::FILTER_STEPS
            )
        })
    }

    /// The reason's word in the API.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Filter => "filter",
            Self::FilterCost => "filter_cost",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
            Self::Pending => "pending",
            Self::Expired => "expired",
            Self::Removed => "removed",
            Self::Spent => "spent",
            Self::Twin => "twin",
        }
    }
}
