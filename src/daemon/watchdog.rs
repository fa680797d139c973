//! The service manager's watchdog: it hears that the daemon is alive only while the scheduler
//! turns, so that a daemon that hangs is started again.

use tokio::sync::watch;

use crate::dispatch::Status;

/// Tells the service manager, half as often as it wants to hear, for as long as the scheduler
/// turned within that time. Ends at once where no watchdog waits.
pub(super) async fn run(status: watch::Receiver<Status>) {
    let Some(within) = sd_notify::watchdog_enabled() else { return };
    loop {
        tokio::time::sleep(within / 2).await;
        if status.borrow().turned_within(within) {
            let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
        } else {
            tracing::error!(
                "the scheduler has stopped turning; the service manager's watchdog is not notified"
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock;

    #[test]
    fn a_scheduler_that_stopped_turning_is_noticed() {
        let within = Duration::from_secs(10);
        let ago = |seconds| clock::monotonic().checked_sub(Duration::from_secs(seconds));
        let turned = |seconds| Status { turned_at: ago(seconds), ..Status::default() };
        assert!(turned(1).turned_within(within));
        assert!(!turned(11).turned_within(within));
        assert!(!Status::default().turned_within(within));
    }
}
