//! Cancelling what waits for a removed webhook, or what waited for one when it was resumed without it, a bounded
//! part in each commit. It goes on after a restart: the rows themselves say what is left.

use std::ops::Bound;
use std::sync::Arc;

use super::CommitBatch;
use super::state::Sweep;
use crate::domain::delivery::{DeliveryState, DueKey, Reason};
use crate::domain::id::{Seq, WebhookNo};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::store::committed::Committed;
use crate::store::engine_error::EngineError;
use crate::store::records::delivery::Batching;
use crate::store::records::{due, readable};
use crate::store::tables::{self, DueTableKey};
use crate::{clock, limits};

impl CommitBatch<'_> {
    /// One part of the sweeps there are.
    pub(super) fn sweep(&mut self) -> Result<(), EngineError> {
        let mut left = limits::COMMIT_SWEEP;
        while let Some((webhook, sweep)) = self.state.sweeps.take_next() {
            let swept = self.sweep_webhook(webhook, sweep, left)?;
            // Looking costs something, too.
            left = left.saturating_sub(swept + 1);
            if left == 0 {
                break;
            }
        }
        Ok(())
    }

    /// Looks at a part of what waits for a webhook, at most `most` of it, and cancels it; how much it was.
    fn sweep_webhook(&mut self, no: WebhookNo, mut sweep: Sweep, most: usize) -> Result<usize, EngineError> {
        let now = clock::now();
        let webhook = self.webhook(no);
        let end = DueKey { order: u64::MAX, event: Seq(u64::MAX) };
        let lane = (sweep.from, Bound::Included(tables::due_key(no, end)));
        let keys: Vec<(DueTableKey, bool)> = self
            .rows
            .due
            .range(lane)?
            .take(most)
            .map(|row| {
                let (key, row) = row?;
                let key = key.value();
                let sound = due::read(tables::decode_due_key(key).1, row.value());
                Ok((key, readable("due", key, sound).is_some()))
            })
            .collect::<Result<_, EngineError>>()?;
        for &(key, sound) in &keys {
            sweep.from = Bound::Excluded(key);
            let (_, key) = tables::decode_due_key(key);
            if !sound && !self.stands_for(no, key)? {
                self.dequeue(no, key)?;
                self.find_lost();
                continue;
            }
            if key.event > sweep.up_to {
                continue;
            }
            self.dequeue(no, key)?;
            self.clear_suspect(no, key.event)?;
            if let Some(mut record) = self.record(no, key.event)? {
                record.finish(DeliveryState::Cancelled, Some(sweep.reason), now);
                self.save(no, key.event, &record)?;
            }
            if webhook.is_some() {
                self.committed.push(Committed::Withdrawn { webhook: no, event: key.event });
                self.end_once(no, key.event, now)?;
            }
        }
        let room = most - keys.len();
        let waiting = match webhook {
            Some(_) => self.drop_waiting(no, sweep, room, now)?,
            None => self.sweep_waiting(no, sweep.reason, room, now)?,
        };
        let looked = keys.len() + waiting;
        if looked == most {
            // A webhook that took one event only may be removed by now, and then all of it goes.
            self.state.sweeps.put_back(no, sweep);
        } else if let Some(webhook) = self.webhook(no) {
            self.save_webhook(Webhook { dropping: None, ..Arc::unwrap_or_clone(webhook) })?;
        }
        Ok(looked)
    }

    /// The same for what waits to be gathered for a webhook that goes on.
    fn drop_waiting(
        &mut self,
        no: WebhookNo,
        sweep: Sweep,
        most: usize,
        now: Timestamp,
    ) -> Result<usize, EngineError> {
        let mut dropped = 0;
        for group in self.state.gathering.of(no) {
            let event_type = group.1.as_str();
            let old = (no.0, event_type, 0)..=(no.0, event_type, sweep.up_to.0);
            let waiting: Vec<Seq> = self
                .rows
                .gathering
                .range(old)?
                .take(most - dropped)
                .map(|row| row.map(|(key, _)| Seq(key.value().2)))
                .collect::<Result<_, _>>()?;
            dropped += waiting.len();
            for event in waiting {
                let bytes = self.record(no, event)?.map_or(0, |record| u64::from(record.bytes) + 1);
                self.state.gathering.take(&group, bytes);
                self.cancel_waiting(no, event_type, event, sweep.reason, now)?;
                self.end_once(no, event, now)?;
            }
        }
        Ok(dropped)
    }

    /// The same for what waits to be gathered for one that is removed, at most `most` of it; how much it was.
    fn sweep_waiting(
        &mut self,
        webhook: WebhookNo,
        reason: Reason,
        most: usize,
        now: Timestamp,
    ) -> Result<usize, EngineError> {
        let waiting: Vec<(String, u64)> = self
            .rows
            .gathering
            .range(tables::gathering_of(webhook))?
            .take(most)
            .map(|row| row.map(|(key, _)| (key.value().1.to_owned(), key.value().2)))
            .collect::<Result<_, _>>()?;
        for (event_type, event) in &waiting {
            self.cancel_waiting(webhook, event_type, Seq(*event), reason, now)?;
        }
        Ok(waiting.len())
    }

    fn cancel_waiting(
        &mut self,
        no: WebhookNo,
        event_type: &str,
        event: Seq,
        reason: Reason,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        self.stop_waiting(no, event_type, event)?;
        if let Some(mut record) = self.record(no, event)? {
            record.batching = Batching::Alone;
            record.finish(DeliveryState::Cancelled, Some(reason), now);
            self.save(no, event, &record)?;
        }
        Ok(())
    }
}
