//! What the loop says of itself.

use std::time::{Duration, Instant};

use crate::clock;
use crate::schedule::Snapshot;

/// What the loop last knew of itself.
#[derive(Debug, Clone, Default)]
pub struct Status {
    /// When it last turned; not by the wall clock, which may be set.
    pub turned_at: Option<Instant>,
    /// The scheduler's figures.
    pub scheduler: Snapshot,
}

impl Status {
    /// Whether it turned within so long.
    #[must_use]
    pub fn turned_within(&self, time: Duration) -> bool {
        self.turned_at.is_some_and(|at| clock::monotonic().saturating_duration_since(at) < time)
    }
}
