//! Deadlines of one step.

use std::time::{Duration, Instant};

/// No deadline is further away, whatever was configured: instants have an end.
const FURTHEST: Duration = Duration::from_secs(24 * 3600);

/// The instant that is `wait` after `start`.
pub(super) fn after(start: Instant, wait: Duration) -> Instant {
    start + wait.min(FURTHEST)
}
