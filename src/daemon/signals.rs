//! The signals that the daemon listens to. They are caught from the very start, so that one that comes
//! right after the ready line, or before it, is not lost.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// All of them.
pub(super) struct Signals {
    pub(super) stop: StopSignals,
    /// Makes the daemon read its configuration again.
    pub(super) hangup: Signal,
}

/// The signals that end the daemon.
pub(super) struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    pub(super) fn new() -> io::Result<Self> {
        let stop = StopSignals {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        };
        Ok(Self { stop, hangup: signal(SignalKind::hangup())? })
    }
}

impl StopSignals {
    /// The name of Ctrl-C.
    pub(super) const INTERRUPT: &'static str = "SIGINT";

    /// Waits for the next one; its name.
    pub(super) async fn recv(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => Self::INTERRUPT,
        }
    }

    /// Waits for the next Ctrl-C.
    pub(super) async fn interrupted(&mut self) {
        self.interrupt.recv().await;
    }
}
