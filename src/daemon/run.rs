//! The daemon at work: it says that it is ready, and waits for a reason to stop.

use std::fmt;
use std::io::Write as _;

use super::service_manager;
use super::signals::StopSignals;
use super::wire::Daemon;

/// Why the daemon stops.
pub(super) enum StopReason {
    Signal(&'static str),
    Requested,
    /// A failure; the daemon ends with an error, for its supervisor to start it again.
    Failed(String),
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Signal(name) => f.write_str(name),
            Self::Requested => f.write_str("asked over the admin listener"),
            Self::Failed(reason) => f.write_str(reason),
        }
    }
}

/// Announces the daemon once its scheduler turns, and waits until it is to stop.
pub(super) async fn run(daemon: &mut Daemon, signals: &mut StopSignals) -> anyhow::Result<StopReason> {
    let mut status = daemon.dispatch.status.clone();
    let _ = status.wait_for(|status| status.turned_at.is_some()).await;
    announce(daemon)?;
    let Daemon { store, dispatch, drain, .. } = daemon;
    Ok(tokio::select! {
        biased;
        reason = store.failed() => {
            StopReason::Failed(format!("the store failed and cannot be written any more: {reason}"))
        }
        () = dispatch.ended() => StopReason::Failed("the dispatch loop ended".to_owned()),
        signal = signals.recv() => StopReason::Signal(signal),
        () = drain.notified() => StopReason::Requested,
    })
}

/// Says on standard output, in the log and to the service manager that requests are accepted.
fn announce(daemon: &Daemon) -> anyhow::Result<()> {
    let loaded = daemon.in_force.borrow();
    let store = loaded.config.data_dir.display();
    let [listen, admin] = &daemon.urls;
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready  {listen}   admin {admin}   store {store}")?;
    out.flush()?;
    tracing::info!(listen, admin, %store, "ready");
    service_manager::ready();
    Ok(())
}
