//! Runs of failures of webhooks.

use super::CommitBatch;
use crate::domain::id::WebhookNo;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Failing;
use crate::store::command::RunChange;
use crate::store::engine_error::EngineError;
use crate::store::records::account;
use crate::store::tables;

impl CommitBatch<'_> {
    /// Outcomes of one webhook may come here in another order than their attempts ended.
    pub(super) fn change_run(
        &mut self,
        no: WebhookNo,
        run: RunChange,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        if self.webhook(no).is_none() {
            return Ok(());
        }
        let latest = self.state.run_changes.entry(no).or_default();
        if run.order <= *latest {
            return Ok(());
        }
        *latest = run.order;
        if run.failing.is_some_and(|failing| self.is_of_before(no, failing.since, now)) {
            return Ok(());
        }
        self.set_failing(no, run.failing)?;
        if let Some(event) = run.emit {
            self.accept(event, now)?;
        }
        Ok(())
    }

    /// Whether a run of failures that began then was over when the webhook was resumed.
    pub(super) fn is_of_before(&mut self, no: WebhookNo, since: Timestamp, now: Timestamp) -> bool {
        // After the clock was set back, nothing is known of what was before.
        let resumed = self.state.resumed.get(&no).is_some_and(|at| since < *at && *at <= now);
        if !resumed {
            self.state.resumed.remove(&no);
        }
        resumed
    }

    pub(super) fn set_failing(
        &mut self,
        webhook: WebhookNo,
        failing: Option<Failing>,
    ) -> Result<(), EngineError> {
        let mut table = self.rows.open_for_write(tables::FAILING)?;
        match failing {
            Some(failing) if self.webhook(webhook).is_some() => {
                table.insert(webhook.0, account::write_failing(failing).as_slice())?;
            }
            Some(_) | None => {
                table.remove(webhook.0)?;
            }
        }
        Ok(())
    }
}
