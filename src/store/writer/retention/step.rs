//! One step of retention.

use crate::store::upkeep::Pruned;

/// What one step may still do.
pub(in crate::store::writer) struct Step {
    pub(super) left: usize,
    pub(in crate::store::writer) done: Pruned,
}

impl Step {
    pub(in crate::store::writer) fn spend(&mut self, rows: usize) {
        self.left = self.left.saturating_sub(rows);
    }
}
