//! What the loop knows. What it does stands above, each part in a file of its own.

use std::sync::Arc;
use std::time::Instant;

use tokio::task::JoinSet;

use super::cache::EventCache;
use super::crash_suspects::CrashSuspects;
use super::duties::WebhookDuties;
use super::sender::Sender;
use super::task::Task;
use super::waiting::Question;
use crate::clock::Leaps;
use crate::schedule::Scheduler;
use crate::store::Store;

pub(super) struct Dispatcher {
    pub(super) scheduler: Scheduler,
    pub(super) cache: EventCache,
    pub(super) sender: Arc<Sender>,
    pub(super) store: Store,
    /// Attempts, page requests and small edits under way; their number is bounded by the
    /// scheduler's caps.
    pub(super) background: JoinSet<()>,
    pub(super) crash_suspects: CrashSuspects,
    /// After a burst of attempts that had to connect: when the next may begin.
    pub(super) rests_until: Option<Instant>,
    /// Attempts of this turn that must wait for their payloads, or for being noted.
    pub(super) held: Vec<Task>,
    pub(super) note: bool,
    pub(super) duties: WebhookDuties,
    /// What was asked since the scheduler was last listened to.
    pub(super) questions: Vec<Question>,
    pub(super) leaps: Leaps,
}
