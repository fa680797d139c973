//! What the writer says it has committed, and what was when it began: all that dispatch knows of the store.

use std::sync::Arc;

use crate::domain::delivery::{DueKey, DueRow};
use crate::domain::event::Event;
use crate::domain::id::{Seq, WebhookNo};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;

/// Something that was committed. Dispatch gets these in the order of the commits, and so always
/// knows what is on disk.
#[derive(Debug, Clone)]
pub enum Committed {
    /// An event and its due rows. Events without a subscriber are not reported.
    Accepted {
        /// The event, payload included.
        event: Arc<Event>,
        /// Its rows.
        rows: Vec<(WebhookNo, DueRow)>,
    },
    /// A row that became due by an edit.
    Due {
        /// Its webhook.
        webhook: WebhookNo,
        /// The row.
        row: DueRow,
    },
    /// A pending delivery that is no longer to be sent, or not at the time it was.
    Withdrawn {
        /// Its webhook.
        webhook: WebhookNo,
        /// Its event.
        event: Seq,
    },
    /// An attempt's outcome.
    Settled {
        /// Its webhook.
        webhook: WebhookNo,
        /// Its event.
        event: Seq,
        /// The row as it is now, rescheduled by the outcome or moved by an edit meanwhile; `None`
        /// when the delivery is over.
        next: Option<DueRow>,
    },
    /// A page that was asked for, exact at this place in the stream.
    Page {
        /// Its webhook.
        webhook: WebhookNo,
        /// The key it was asked from.
        from: DueKey,
        /// The rows from there on.
        rows: Vec<DueRow>,
        /// The first row after them.
        next: Option<(DueKey, Timestamp)>,
    },
    /// A webhook that was made or changed.
    WebhookSaved(Arc<Webhook>),
    /// A webhook that was removed.
    WebhookRemoved(WebhookNo),
}

/// A lane that has something pending, as found when the store is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneHead {
    /// Its webhook.
    pub webhook: WebhookNo,
    /// Its first row's place.
    pub key: DueKey,
    /// When its first row is due.
    pub due: Timestamp,
}
