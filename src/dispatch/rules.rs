//! What an operator may change while the loop runs.

use std::sync::Arc;

use crate::domain::profiles::Profiles;
use crate::schedule::SchedulerConfig;

/// What an operator may change while the loop runs.
pub struct Rules {
    /// How to render, sign and retry.
    pub profiles: Arc<Profiles>,
    /// The scheduler's bounds.
    pub scheduler: SchedulerConfig,
}
