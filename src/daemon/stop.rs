//! The end, in order: requests first, then attempts and background tasks, then the admin listener, and
//! the store last.

use anyhow::{Context as _, bail};

use super::run::StopReason;
use super::service_manager;
use super::signals::StopSignals;
use super::wire::Daemon;
use crate::clock;
use crate::store::audit::{Actor, Note};

/// Stops everything and closes the store.
///
/// # Errors
/// When the daemon stops for a failure, or its store cannot be closed.
pub(super) async fn stop(mut daemon: Daemon, reason: StopReason) -> anyhow::Result<()> {
    tracing::info!("stopping: {reason}");
    let drain_time = daemon.in_force.borrow().config.dispatch.drain_time;
    let in_flight = daemon.dispatch.status.borrow().scheduler.in_flight;
    if matches!(reason, StopReason::Signal(StopSignals::INTERRUPT)) {
        tracing::info!(
            in_flight,
            at_most = ?drain_time,
            "waiting for requests and for attempts in flight to end; Ctrl-C again stops at once"
        );
    }
    let store = &daemon.store;
    // A write that waits for room would hold up the end; what it was to store is done again after the next start.
    store.let_writes_wait(false);
    daemon.draining.send_replace(true);
    service_manager::stopping();
    daemon.stop.send_replace(true);
    let _ = daemon.api.await;
    let notices = daemon.dispatch.notices.clone();
    daemon.dispatch.drain(drain_time).await;
    notices.emit_all_counted(clock::now()).await;
    while daemon.background.join_next().await.is_some() {}
    #[cfg(feature = "otlp")]
    if let Some(export) = daemon.export {
        export.end().await;
    }
    daemon.stop_admin.send_replace(true);
    let _ = daemon.admin.await;
    let stopped = Note::global("daemon.stop", "", reason.to_string());
    if let Err(error) = store.note(stopped, Actor::Daemon, clock::now()).await {
        tracing::warn!(%error, "the stop is not in the audit log");
    }
    if let StopReason::Failed(reason) = reason {
        bail!("{reason}; restart once the cause is fixed");
    }
    store.close_cleanly().await.context("the store could not be closed cleanly")
}
