//! Deliveries during whose attempts the daemon ended: what may have brought it down.

use super::CommitBatch;
use crate::domain::id::{Seq, WebhookNo};
use crate::store::engine_error::EngineError;
use crate::store::tables;

impl CommitBatch<'_> {
    pub(super) fn mark_suspects(&mut self, rows: &[(WebhookNo, Seq)]) -> Result<(), EngineError> {
        let mut table = self.rows.open_for_write(tables::SUSPECTS)?;
        for &(webhook, event) in rows {
            // A second attempt in this life of the daemon is no second crash.
            if !self.state.noted.insert((webhook, event)) {
                continue;
            }
            let crashes = self.state.suspects.entry((webhook, event)).or_default();
            *crashes = crashes.saturating_add(1);
            table.insert(tables::delivery_key(webhook, event), *crashes)?;
        }
        Ok(())
    }

    /// A row that was attempted to its end is no suspect any more.
    pub(super) fn clear_suspect(&mut self, webhook: WebhookNo, event: Seq) -> Result<(), EngineError> {
        self.state.noted.remove(&(webhook, event));
        if self.state.suspects.remove(&(webhook, event)).is_some() {
            self.rows.open_for_write(tables::SUSPECTS)?.remove(tables::delivery_key(webhook, event))?;
        }
        Ok(())
    }

    /// The daemon ends in order, so nothing in flight brought it down: what was counted for this life is taken back.
    pub(super) fn clear_noted(&mut self) -> Result<(), EngineError> {
        let mut table = self.rows.open_for_write(tables::SUSPECTS)?;
        for (webhook, event) in std::mem::take(&mut self.state.noted) {
            let Some(crashes) = self.state.suspects.remove(&(webhook, event)) else { continue };
            let (key, before) = (tables::delivery_key(webhook, event), crashes.saturating_sub(1));
            if before == 0 {
                table.remove(key)?;
            } else {
                table.insert(key, before)?;
            }
        }
        Ok(())
    }
}
