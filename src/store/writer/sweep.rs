//! Cancelling what waits for a removed webhook, a bounded part in each commit. It goes on after a
//! restart: the rows themselves say what is left.

use super::Turn;
use crate::domain::delivery::{DeliveryState, DueKey, Reason};
use crate::domain::id::{Seq, WebhookNo};
use crate::domain::time::Timestamp;
use crate::store::halt::Halt;
use crate::store::records::delivery::Batching;
use crate::store::tables::{self, DueTableKey};
use crate::{clock, limits};

impl Turn<'_> {
    /// One part of the sweeps there are.
    pub(super) fn sweep(&mut self) -> Result<(), Halt> {
        let mut left = limits::COMMIT_SWEEP;
        while let Some((&webhook, &reason)) = self.state.sweeps.first_key_value() {
            let swept = self.sweep_webhook(webhook, reason, left)?;
            // Looking costs something, too.
            left = left.saturating_sub(swept + 1);
            if left == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Cancels what waits for a webhook, at most `most` of it; how much it was.
    fn sweep_webhook(&mut self, webhook: WebhookNo, reason: Reason, most: usize) -> Result<usize, Halt> {
        let now = clock::now();
        let end = DueKey { order: u64::MAX, event: Seq(u64::MAX) };
        let lane = (webhook.0, 0, 0)..=tables::due_key(webhook, end);
        let keys: Vec<DueTableKey> = self
            .rows
            .due
            .range(lane)?
            .take(most)
            .map(|row| row.map(|(key, _)| key.value()))
            .collect::<Result<_, _>>()?;
        for &key in &keys {
            let (_, key) = tables::of_due_key(key);
            self.dequeue(webhook, key)?;
            self.clear_suspect(webhook, key.event)?;
            if let Some(mut record) = self.record(webhook, key.event)? {
                record.finish(DeliveryState::Cancelled, Some(reason), now);
                self.save(webhook, key.event, &record)?;
            }
        }
        let waiting = self.sweep_waiting(webhook, reason, most - keys.len(), now)?;
        if keys.len() + waiting < most {
            self.state.sweeps.remove(&webhook);
        }
        Ok(keys.len() + waiting)
    }

    /// The same for what waits to be gathered, at most `most` of it; how much it was.
    fn sweep_waiting(
        &mut self,
        webhook: WebhookNo,
        reason: Reason,
        most: usize,
        now: Timestamp,
    ) -> Result<usize, Halt> {
        let waiting: Vec<(String, u64)> = self
            .rows
            .gathering
            .range(tables::gathering_of(webhook))?
            .take(most)
            .map(|row| row.map(|(key, _)| (key.value().1.to_owned(), key.value().2)))
            .collect::<Result<_, _>>()?;
        for (event_type, event) in &waiting {
            let event = Seq(*event);
            self.stop_waiting(webhook, event_type, event)?;
            if let Some(mut record) = self.record(webhook, event)? {
                record.batching = Batching::Alone;
                record.finish(DeliveryState::Cancelled, Some(reason), now);
                self.save(webhook, event, &record)?;
            }
        }
        Ok(waiting.len())
    }
}
