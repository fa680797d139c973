//! An attempt as the loop hands it out, and as it comes back.

use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::oneshot;

use crate::domain::delivery::DueRow;
use crate::domain::event::Event;
use crate::domain::form::PayloadForm;
use crate::domain::id::{DeliveryId, WebhookNo};
use crate::domain::outcome::ErrorKind;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::schedule::{self, Landed};

/// An exchange is over; its outcome is on its way to the store.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) webhook: WebhookNo,
    pub(super) row: DueRow,
    pub(super) how: How,
}

/// What became of an attempt.
#[derive(Debug)]
pub(super) enum How {
    /// It was made.
    Made {
        ended: schedule::Ended,
        /// What went wrong.
        error: Option<ErrorKind>,
        /// Told what that makes of its lane, which is part of the outcome.
        landed: oneshot::Sender<Landed>,
    },
    /// It was not, since its webhook is not served any more.
    Returned,
}

/// What is sent, to whom.
#[derive(Clone)]
pub(super) struct Task {
    pub(super) webhook: Arc<Webhook>,
    pub(super) row: DueRow,
    /// `None` before the payload is read, and when it could not be.
    pub(super) event: Option<Arc<Event>>,
    /// What the webhook's template gave when the event was accepted.
    pub(super) body: Option<Bytes>,
    /// Why one of them could not be read.
    pub(super) unread: Option<Unread>,
}

/// Why a payload could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Unread {
    /// It is damaged or gone: no later attempt finds it.
    Lost,
    /// Reading failed, and may go well later.
    Failed,
}

impl Task {
    /// The delivery, whose event was accepted at a time.
    pub(super) fn delivery(&self, accepted_at: Timestamp) -> DeliveryId {
        DeliveryId::new(accepted_at, self.row.key.event, self.webhook.no())
    }

    /// Whether all that its form needs is here.
    pub(super) fn is_whole(&self) -> bool {
        self.event.is_some() && (self.row.form != PayloadForm::Template || self.body.is_some())
    }
}
