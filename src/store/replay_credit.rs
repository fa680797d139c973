//! How fast running replays go.

use std::collections::HashMap;

use crate::domain::id::ReplayId;
use crate::domain::time::Timestamp;

/// How much of a running replay's rate is unused.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReplayCredit {
    pub(super) credit: f64,
    pub(super) at: Timestamp,
}

/// Of each running replay.
pub(super) type ReplayCredits = HashMap<ReplayId, ReplayCredit>;
