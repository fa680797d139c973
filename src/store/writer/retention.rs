//! Retention: bounded steps that take away what is old and finished, never anything that is still to be sent.
//!
//! A cursor walks the events once; an event with something pending stays behind it and is looked at
//! again in a later pass, so that it neither holds up nor slows down what comes after it. What waits for
//! a webhook that is not served ends when its event is old enough, and goes with it in the next pass, so that
//! its end can be seen for a while.

mod budget;
mod jobs;
mod step;

use std::ops::Bound;
use std::sync::Arc;

pub(super) use self::step::Step;
use super::CommitBatch;
use crate::domain::delivery::{DeliveryState, Reason};
use crate::domain::event::EventHeader;
use crate::domain::form::PayloadForm;
use crate::domain::id::{AccountNo, Seq, WebhookNo};
use crate::domain::quota::Held as DomainHeld;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::engine_error::EngineError;
use crate::store::records::delivery::Batching;
use crate::store::records::idempotency::IdempotencyRecord;
use crate::store::records::{attempt, event, readable, replay};
use crate::store::tables::{self, EXPIRES_IDEMPOTENCY, EXPIRES_WEBHOOK, ExpiryKey, meta};
use crate::store::upkeep::{Pruned, RetentionPolicy};
use crate::store::usage::{Held, event_bytes, value_bytes};

/// Expiry rows and attempts that one step takes, of each; the rest of it is for events.
const EXPIRED_PER_STEP: usize = limits::COMMIT_SWEEP / 4;
/// See [`EXPIRED_PER_STEP`].
const ATTEMPTS_PER_STEP: usize = limits::COMMIT_SWEEP / 2;

impl CommitBatch<'_> {
    pub(super) fn prune(
        &mut self,
        policy: &RetentionPolicy,
        held: Held,
        now: Timestamp,
    ) -> Result<Pruned, EngineError> {
        let mut step = Step { left: limits::COMMIT_SWEEP, done: Pruned::default() };
        self.expire(now, &mut step)?;
        self.prune_attempts(now.minus(policy.attempts_for), now, &mut step)?;
        let before = now.minus(policy.events_for);
        let at_front =
            self.prune_events(before, now, &mut step)? && self.prune_jobs(before, now, &mut step)?;
        self.owe(policy, held, now);
        self.collect(now, &mut step)?;
        self.prune_replays(before, now, &mut step)?;
        self.prune_signing_keys(now)?;
        self.count_frequent(now, false)?;
        step.done.more |= self.prune_audit(now.minus(policy.audit_for), policy.audit_entries)?;
        let cursor = &mut self.state.prune;
        if at_front && now.since(cursor.pass_began) >= limits::PRUNE_AGAIN {
            (cursor.next, cursor.attempt, cursor.job) = (Seq(0), Seq(0), Seq(0));
            cursor.pass_began = now;
        }
        if step.done.events + step.done.attempts + step.done.jobs > 0 {
            // The rows that name the last number may be gone now.
            let floor = self.state.next_seq.to_be_bytes();
            self.rows.open_for_write(tables::META)?.insert(meta::SEQ_FLOOR, floor.as_slice())?;
        }
        step.done.more |= step.left == 0;
        Ok(step.done)
    }

    /// What has a time of its own: idempotency keys and webhooks.
    fn expire(&mut self, now: Timestamp, step: &mut Step) -> Result<(), EngineError> {
        let end: ExpiryKey<'_> = (now.as_millis() + 1, 0, &[]);
        let due: Vec<(u64, u8, Vec<u8>)> = self
            .rows
            .expiry
            .range(..end)?
            .take(EXPIRED_PER_STEP)
            .map(|row| row.map(|(key, _)| (key.value().0, key.value().1, key.value().2.to_vec())))
            .collect::<Result<_, _>>()?;
        step.done.more |= due.len() == EXPIRED_PER_STEP;
        for (when, kind, what) in due {
            if step.left == 0 {
                // Removing webhooks, whose records may be large, took all of it.
                return Ok(());
            }
            step.spend(1);
            if kind == EXPIRES_WEBHOOK && self.reports_expired(when, &what, now, step) {
                continue;
            }
            self.rows.expiry.delete((when, kind, what.as_slice()))?;
            match kind {
                EXPIRES_IDEMPOTENCY => self.expire_key(when, &what)?,
                EXPIRES_WEBHOOK => self.expire_webhook(&what, now, step)?,
                _ => tracing::error!(kind, "an expiry row of an unknown kind is dropped"),
            }
        }
        Ok(())
    }

    fn expire_key(&mut self, when: u64, what: &[u8]) -> Result<(), EngineError> {
        let Some(key) = tables::of_idempotency_bytes(what) else { return Ok(()) };
        let record = match self.rows.idempotency.get(key)? {
            Some(row) => readable("idempotency", key.0, IdempotencyRecord::read(row.value())),
            None => None,
        };
        // The key may have been used again since, and then expires later.
        if record.is_some_and(|record| record.expires_at == when) {
            self.rows.idempotency.delete(key)?;
        }
        Ok(())
    }

    fn expiring(&self, what: &[u8], now: Timestamp) -> Option<(Arc<Webhook>, Timestamp)> {
        let no = what.try_into().map(u32::from_be_bytes).ok()?;
        let webhook = self.webhook(WebhookNo(no))?;
        let at = webhook.expires_at.filter(|at| *at <= now)?;
        Some((webhook, at))
    }

    /// Reports that a webhook has expired, if that is what a row is for. The row stays until that is entered together
    /// with the event that says so, so that no crash comes between them.
    fn reports_expired(&self, when: u64, what: &[u8], now: Timestamp, step: &mut Step) -> bool {
        let Some((webhook, at)) = self.expiring(what, now) else { return false };
        let reports = when == at.as_millis();
        step.done.expired.extend(reports.then_some(webhook));
        reports
    }

    /// Removes a webhook after its grace.
    fn expire_webhook(&mut self, what: &[u8], now: Timestamp, step: &mut Step) -> Result<(), EngineError> {
        let Some((webhook, at)) = self.expiring(what, now) else { return Ok(()) };
        let end = at.plus(limits::EXPIRED_GRACE);
        if end <= now {
            self.remove_webhook(&webhook, Reason::Expired, now)?;
            self.audit_webhook(&webhook, "webhook.remove", "it had expired", now)?;
            step.spend(DomainHeld::of_webhook(&webhook).bytes / limits::SWEEP_ROW_BYTES);
        } else {
            self.put_expiry(webhook.no(), end)?;
        }
        Ok(())
    }

    /// Attempts go in the order they were made. One from a time when the clock was ahead is stepped over, or
    /// all after it would stay until that time comes.
    fn prune_attempts(
        &mut self,
        before: Timestamp,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), EngineError> {
        let passed = self.state.prune.next.0;
        for _ in 0..ATTEMPTS_PER_STEP {
            let (seq, old, bytes) = {
                let from = self.state.prune.attempt.0;
                let row = self.rows.attempts.table()?.range(from..)?.next().transpose()?;
                let Some((seq, row)) = row else { return Ok(()) };
                let (seq, bytes) = (seq.value(), row.value());
                let started_at = attempt::read_head(bytes).map(|head| head.started_at).ok();
                if started_at.is_some_and(|at| at >= before && at <= now) {
                    return Ok(());
                }
                // One that does not decode goes with the events around it.
                let old = started_at.map_or(seq < passed, |at| at < before);
                if !old && started_at.is_none() {
                    return Ok(());
                }
                (seq, old, bytes.len())
            };
            self.state.prune.attempt = Seq(seq + 1);
            if !old {
                step.spend(1);
                continue;
            }
            self.rows.attempts.delete(Seq(seq))?;
            self.core.budget.freed(value_bytes(bytes as u64));
            step.spend(1);
            step.done.attempts += 1;
        }
        step.done.more = true;
        Ok(())
    }

    /// Whether everything old enough was looked at. What was accepted when the clock was ahead is stepped over.
    fn prune_events(
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

    /// Ends what of an event waits for webhooks that are not served, and for listeners, who may never come back.
    /// Whether all of that was done: a wide event
    /// may take several steps.
    fn end_waiting(
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
            let Some(webhook) =
                self.webhook(no).filter(|webhook| !webhook.is_served(now) || webhook.has_listener())
            else {
                continue;
            };
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
    fn is_finished(&self, header: &EventHeader, step: &mut Step) -> Result<bool, EngineError> {
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
    fn prune_event(
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

    /// Replays that ended long ago go, in the order in which they were made.
    fn prune_replays(
        &mut self,
        before: Timestamp,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<(), EngineError> {
        let (mut ended, mut looked) = (Vec::new(), None);
        let from = self.state.prune.replay.take().map_or(Bound::Unbounded, Bound::Excluded);
        let table = self.rows.open_for_read(tables::REPLAYS)?;
        let mut rows = table.range((from, Bound::Unbounded))?;
        for _ in 0..EXPIRED_PER_STEP {
            let Some(row) = rows.next() else { break };
            let (key, row) = row?;
            let replay = replay::read(row.value()).ok();
            // One that a clock ahead made is no sign that all after it are young.
            if replay.as_ref().is_some_and(|replay| (before..=now).contains(&replay.created_at)) {
                looked = None;
                break;
            }
            looked = Some(key.value());
            if replay.and_then(|replay| replay.finished_at).is_some_and(|at| at < before) {
                ended.push(key.value());
            }
        }
        let more = looked.filter(|_| rows.next().is_some());
        drop(rows);
        drop(table);
        self.state.prune.replay = more;
        step.done.more |= more.is_some();
        if !ended.is_empty() {
            let mut table = self.rows.open_for_write(tables::REPLAYS)?;
            ended.into_iter().try_for_each(|id| table.remove(id).map(drop))?;
        }
        Ok(())
    }
}
