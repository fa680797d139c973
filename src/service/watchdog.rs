//! The service manager's watchdog: it is told that the daemon is alive only while the scheduler
//! turns, so that a daemon that hangs is started again.

use std::time::Duration;

use tokio::sync::watch;

use crate::clock;
use crate::dispatch::Status;

/// Tells the service manager, half as often as it wants to hear, for as long as the scheduler
/// turned within that time. Ends at once where no watchdog waits.
pub(super) async fn run(status: watch::Receiver<Status>) {
    let Some(within) = sd_notify::watchdog_enabled() else { return };
    loop {
        tokio::time::sleep(within / 2).await;
        if alive(&status.borrow(), within) {
            let _ = sd_notify::notify(&[sd_notify::NotifyState::Watchdog]);
        } else {
            tracing::error!("the scheduler does not turn; the service manager is not told that all is well");
        }
    }
}

fn alive(status: &Status, within: Duration) -> bool {
    clock::now().since(status.turned_at) < within
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scheduler_that_stopped_turning_is_noticed() {
        let within = Duration::from_secs(10);
        let turned =
            |ago| Status { turned_at: clock::now().minus(Duration::from_secs(ago)), ..Status::default() };
        assert!(alive(&turned(1), within));
        assert!(!alive(&turned(11), within));
    }
}
