//! Pages of lanes, for the scheduler.

use super::CommitBatch;
use crate::clock;
use crate::domain::delivery::{DueKey, DueRow};
use crate::domain::id::{Seq, WebhookNo};
use crate::domain::time::Timestamp;
use crate::store::committed::Committed;
use crate::store::engine_error::EngineError;
use crate::store::records::{due, readable};
use crate::store::tables;

/// The rows of a page, the place and time of the next one, and the keys of those that are damaged.
type LanePage = (Vec<DueRow>, Option<(DueKey, Timestamp)>, Vec<DueKey>);

impl CommitBatch<'_> {
    /// A page of a lane, exact at this place in the stream; empty for a webhook that was removed.
    pub(super) fn load_lane(
        &mut self,
        webhook: WebhookNo,
        from: DueKey,
        limit: usize,
    ) -> Result<(), EngineError> {
        let now = clock::now();
        let (mut rows, mut next) = (Vec::new(), None);
        if self.webhook(webhook).is_some() {
            let damaged;
            (rows, next, damaged) = self.lane_page(webhook, from, (limit, now))?;
            if !damaged.is_empty() {
                self.mend_lane(webhook, damaged, now)?;
                (rows, next, _) = self.lane_page(webhook, from, (limit, now))?;
            }
        }
        self.committed.push(Committed::Page { webhook, from, rows, next });
        Ok(())
    }

    /// The rows of a page, the place and time of the next one, and the keys of those that are damaged.
    fn lane_page(
        &self,
        webhook: WebhookNo,
        from: DueKey,
        (limit, now): (usize, Timestamp),
    ) -> Result<LanePage, EngineError> {
        let (mut rows, mut damaged) = (Vec::new(), Vec::new());
        let end = tables::due_key(webhook, DueKey { order: u64::MAX, event: Seq(u64::MAX) });
        for row in self.rows.due.range(tables::due_key(webhook, from)..=end)? {
            let (key, value) = row?;
            let (_, key) = tables::decode_due_key(key.value());
            let row = readable("due", (webhook, key), due::read(key, value.value()));
            let Some(row) = row else {
                damaged.push(key);
                continue;
            };
            if rows.len() == limit {
                return Ok((rows, Some((key, row.read_at(now))), damaged));
            }
            rows.push(row);
        }
        Ok((rows, None, damaged))
    }
}
