//! Taking finished events away, with all that is kept of them.

use super::step::Step;
use crate::domain::delivery::{DeliveryState, Reason};
use crate::domain::event::EventHeader;
use crate::domain::form::PayloadForm;
use crate::domain::id::{AccountNo, Seq};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::store::engine_error::EngineError;
use crate::store::records::delivery::Batching;
use crate::store::records::{event, readable};
use crate::store::tables;
use crate::store::usage::{event_bytes, value_bytes};
use crate::store::writer::CommitBatch;

impl CommitBatch<'_> {
    /// Whether everything old enough was looked at. What was accepted when the clock was ahead is stepped over.
    pub(super) fn prune_events(
        &mut self,
        before: Timestamp,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<bool, EngineError> {
        while step.left > 0 {
            let from = self.state.prune.next.0;
            let (seq, header) = match self.rows.events.table()?.range(from..)?.next().transpose()? {
                Some((seq, row)) => (seq.value(), readable("events", seq.value(), event::read(row.value()))),
                None => return Ok(true),
            };
            step.spend(1);
            if let Some(header) = header {
                if header.accepted_at >= before && header.accepted_at <= now {
                    return Ok(true);
                }
                if header.accepted_at < before && !self.retire(&header, now, step)? {
                    return Ok(false);
                }
            }
            self.state.prune.next = Seq(seq + 1);
        }
        Ok(false)
    }

    /// Takes an old event away, or ends what waits of it; whether the walk may go on.
    fn retire(&mut self, header: &EventHeader, now: Timestamp, step: &mut Step) -> Result<bool, EngineError> {
        let ended = step.done.waiting;
        if !self.end_waiting(header, now, step)? {
            return Ok(false);
        }
        if step.done.waiting > ended || !self.is_finished(header, step)? {
            return Ok(true);
        }
        self.prune_event(header, false, step)
    }

    /// Ends what of an event waits for webhooks that are not served, and for listeners, which may
    /// never come back. Whether all of that was done: a wide event
    /// may take several steps.
    pub(super) fn end_waiting(
        &mut self,
        header: &EventHeader,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<bool, EngineError> {
        let seq = header.id.seq();
        for &no in &header.webhooks {
            if step.left == 0 {
                return Ok(false);
            }
            let unserved = |webhook: &Webhook| !webhook.is_served(now) || webhook.has_listener();
            let Some(webhook) = self.webhook(no).filter(|webhook| unserved(webhook)) else { continue };
            let Some(mut record) = self.record(no, seq)? else { continue };
            if record.state == DeliveryState::Pending && !matches!(record.batching, Batching::In(_)) {
                let end = (DeliveryState::Cancelled, Reason::Retention);
                self.end_pending(&webhook, header, &mut record, end, now)?;
                step.spend(1);
                step.done.waiting += 1;
            }
        }
        Ok(true)
    }

    /// Whether nothing of an event is pending.
    pub(super) fn is_finished(&self, header: &EventHeader, step: &mut Step) -> Result<bool, EngineError> {
        for &no in &header.webhooks {
            if let Some(record) = self.record(no, header.id.seq())?
                && self.is_pending(no, &record)?
            {
                step.spend(header.webhooks.len());
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes a finished event away, with its attempts if it goes before its time. Whether all of it is gone:
    /// a wide event may take several steps.
    pub(super) fn prune_event(
        &mut self,
        header: &EventHeader,
        early: bool,
        step: &mut Step,
    ) -> Result<bool, EngineError> {
        let (account, seq) = (header.account, header.id.seq());
        if header.batch_of > 0 {
            let members = self.dissolve(seq)?;
            step.spend(members);
        }
        for &no in &header.webhooks {
            if step.left == 0 {
                return Ok(false);
            }
            let Some(record) = self.record(no, seq)? else { continue };
            if early {
                self.drop_attempts(account, &record.log, step)?;
            }
            if record.form == PayloadForm::Template {
                let body = self.drop_body(no, seq)?;
                self.pay(account, value_bytes(body));
            }
            self.rows.deliveries.delete(tables::delivery_key(no, seq))?;
            self.forget_use(no, seq)?;
            self.forget_removed(no)?;
            step.spend(1);
        }
        self.rows.payloads.delete(seq)?;
        self.rows.events.delete(seq)?;
        self.unlist_event(account, seq)?;
        self.pay(account, event_bytes(header));
        step.done.events += 1;
        Ok(true)
    }

    fn drop_attempts(&mut self, account: AccountNo, log: &[Seq], step: &mut Step) -> Result<(), EngineError> {
        for &seq in log {
            let length = self.rows.attempts.get(seq)?.map(|row| row.value().len() as u64);
            let Some(length) = length else { continue };
            self.rows.attempts.delete(seq)?;
            self.pay(account, value_bytes(length));
            step.spend(1);
            step.done.attempts += 1;
        }
        Ok(())
    }
}
