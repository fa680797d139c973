//! Retention: bounded steps that take away what is old and finished, never anything that is still to be sent.
//!
//! A cursor walks the events once; an event with something pending stays behind it and is looked at
//! again in a later pass, so that it neither holds up nor slows down what comes after it. What waits for
//! a webhook that is not served ends when its event is old enough, and goes with it in the next pass, so that
//! its end can be seen for a while.

mod budget;
mod debt;
mod events;
mod jobs;
mod step;

use std::ops::Bound;
use std::sync::Arc;

pub(super) use self::step::Step;
use super::CommitBatch;
use crate::domain::delivery::Reason;
use crate::domain::id::{Seq, WebhookNo};
use crate::domain::quota::Held as DomainHeld;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::engine_error::EngineError;
use crate::store::records::idempotency::IdempotencyRecord;
use crate::store::records::{attempt, checked, readable, replay};
use crate::store::tables::{self, EXPIRES_IDEMPOTENCY, EXPIRES_WEBHOOK, ExpiryKey, meta};
use crate::store::upkeep::{Pruned, RetentionPolicy};
use crate::store::usage::{Held, value_bytes};

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
        self.check_indexes(now, &mut step)?;
        step.done.more |= self.prune_audit(now.minus(policy.audit_for), policy.audit_entries)?;
        let cursor = &mut self.state.prune;
        if at_front && now.since(cursor.pass_began) >= limits::PRUNE_AGAIN {
            (cursor.next, cursor.attempt, cursor.job) = (Seq(0), Seq(0), Seq(0));
            cursor.indexes.begin();
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

    /// What has a time of its own: idempotency keys and webhooks. A damaged row names what it does not stand for.
    fn expire(&mut self, now: Timestamp, step: &mut Step) -> Result<(), EngineError> {
        let end: ExpiryKey<'_> = (now.as_millis() + 1, 0, &[]);
        let due: Vec<(u64, u8, Vec<u8>, bool)> = self
            .rows
            .expiry
            .range(..end)?
            .take(EXPIRED_PER_STEP)
            .map(|row| {
                let (key, row) = row?;
                let sound = checked("expiry", key.value(), row.sound()).is_some();
                Ok((key.value().0, key.value().1, key.value().2.to_vec(), sound))
            })
            .collect::<Result<_, EngineError>>()?;
        step.done.more |= due.len() == EXPIRED_PER_STEP;
        for (when, kind, what, sound) in due {
            if step.left == 0 {
                // Removing webhooks, whose records may be large, took all of it.
                return Ok(());
            }
            step.spend(1);
            if !sound {
                self.rows.expiry.delete((when, kind, what.as_slice()))?;
                continue;
            }
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
