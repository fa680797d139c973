//! What the admin listener shows and moves, and what keeps the daemon from its work.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use serde_json::Value;
use tokio::sync::{Notify, mpsc, oneshot, watch};

use crate::api::context::Context;
use crate::dispatch::Status;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::request_id::RequestIds;
use crate::store::Store;
use crate::store::audit::Actor;
use crate::telemetry::metrics::BackupFigures;

/// The loop turns at least every second; after this long it stands.
const STANDS_AFTER: Duration = Duration::from_secs(10);

/// What the admin listener shows and moves; built by the daemon.
pub struct AdminContext {
    /// The API's context: who may call.
    pub api: Arc<Context>,
    /// The store.
    pub store: Store,
    /// What dispatch last said of itself.
    pub dispatch: watch::Receiver<Status>,
    /// The text of `/metrics`.
    pub metrics: Box<dyn Fn() -> String + Send + Sync>,
    /// Told when the daemon is asked to drain and stop.
    pub drain: Arc<Notify>,
    /// Told when the configuration is to be read again.
    pub reload: mpsc::Sender<Reload>,
    /// The configuration in force, without secrets.
    pub config: Box<dyn Fn() -> Value + Send + Sync>,
    /// What is known of scheduled backups.
    pub backups: BackupFigures,
    /// When the daemon started.
    pub started_at: Timestamp,
}

/// Asks for the configuration to be read again.
pub struct Reload {
    /// Who asks.
    pub by: Actor,
    /// Told what changed, or why nothing did.
    pub reply: oneshot::Sender<Result<Value, Problem>>,
}

/// The admin listener's handler.
pub struct Admin {
    pub(super) context: AdminContext,
    pub(super) ids: RequestIds,
}

impl Admin {
    /// The handler over a context.
    #[must_use]
    pub fn new(context: AdminContext) -> Self {
        Self { context, ids: RequestIds::new() }
    }

    /// Everything that keeps the daemon from its work.
    pub(super) fn wrong(&self) -> Vec<String> {
        let (api, store) = (&self.context.api, &self.context.store);
        let mut wrong = Vec::new();
        if api.draining() {
            wrong.push("the daemon is stopping".to_owned());
        }
        if let Some(why) = store.failed().now_or_never() {
            wrong.push(format!("the store failed: {why}"));
        }
        if store.figures().full {
            wrong.push("the disk is full: nothing new is stored until there is room on it".to_owned());
        }
        let damaged = store.figures().damaged;
        if damaged > 0 {
            wrong.push(format!(
                "the store is damaged: damaged rows were met {damaged} times since the start (the log names them); restore a backup; a start that meets none is ready again"
            ));
        }
        if store.figures().moved {
            wrong.push(
                "the store's file was moved away or replaced while it is open; stop the daemon and put it back"
                    .to_owned(),
            );
        }
        if !self.context.dispatch.borrow().turned_within(STANDS_AFTER) {
            wrong.push("the scheduler does not turn".to_owned());
        }
        wrong
    }
}
