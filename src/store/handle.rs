//! The handle of an open store.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::committed::{Committed, LaneHead};
use super::core::Core;
use super::queue::Sender;
use super::writer::Queued;
use crate::domain::id::{Seq, WebhookNo};
use crate::domain::webhook::{Failing, Waits};

/// Why the store cannot answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// What accounts wait for takes up the writer's queue: try again shortly.
    #[error("the store is busy")]
    Busy,
    /// What the account waits for takes up its part of the writer's queue: try again shortly.
    #[error("the account has too much waiting to be stored")]
    AccountBusy,
    /// It is more than one commit may hold.
    #[error("it is more than can be stored at once")]
    TooLarge,
    /// The disk budget is spent: nothing new is accepted; reads and deliveries go on.
    #[error("the disk is full")]
    Full,
    /// The disk is full, and the write waits for room: it may be stored yet.
    #[error("the disk is full; the write waits for room")]
    Waiting,
    /// What is pending of the account takes more than its share of the store's budget: nothing new is
    /// accepted for it.
    #[error("the account holds more than its share of the store")]
    Share,
    /// What is asked for is there, and damaged.
    #[error("it is damaged")]
    Damaged,
    /// The store failed; the process is about to stop.
    #[error("the store is unavailable")]
    Unavailable,
}

/// An open store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    pub(super) core: Arc<Core>,
    pub(super) queue: Sender<Queued>,
}

/// What a freshly opened store hands to its one dispatcher.
pub struct Opened {
    /// The handle.
    pub store: Store,
    /// Everything committed from now on, in order. Its end says that the writer has ended. It is to
    /// be drained or dropped: when it is full, the writer waits.
    pub committed: mpsc::Receiver<Vec<Committed>>,
    /// The lanes that have something pending.
    pub lanes: Vec<LaneHead>,
    /// The webhooks in a run of failures.
    pub failing: Vec<(WebhookNo, Failing)>,
    /// What sending to webhooks had to wait for.
    pub waits: Vec<(WebhookNo, Waits)>,
    /// Rows that were marked as suspects and not completed since, and how often they were marked.
    pub suspects: Vec<(WebhookNo, Seq, u32)>,
    /// Whether the process that had the store before did not end with [`Store::close_cleanly`].
    pub was_unclean: bool,
}
