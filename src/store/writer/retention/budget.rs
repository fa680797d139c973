//! What goes before its time because the store holds more than its budget: of the accounts that hold the
//! most, the oldest that is finished or waits for a webhook that is not served, until all hold what fits. Who
//! holds less than that loses nothing.

use super::step::Step;
use crate::domain::id::Seq;
use crate::domain::job::Job;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::engine_error::EngineError;
use crate::store::records::{attempt, event, job as job_record, readable};
use crate::store::tables;
use crate::store::usage::{ROW_BYTES, event_bytes, value_bytes};
use crate::store::writer::CommitBatch;
use crate::store::writer::state::Debt;

/// What a number of the sequence stands for.
enum Row {
    Event,
    Job,
    Attempt,
}

impl CommitBatch<'_> {
    /// Takes away what accounts owe, oldest first.
    pub(super) fn collect(&mut self, now: Timestamp, step: &mut Step) -> Result<(), EngineError> {
        while step.left > 0 {
            let Some(debt) = &mut self.state.prune.debt else { return Ok(()) };
            if debt.owed.is_empty() {
                self.forgive(None);
                return Ok(());
            }
            let Some(from) = debt.next else {
                if now.since(debt.began) >= limits::PRUNE_AGAIN_FULL {
                    (debt.next, debt.began) = (Some(Seq(0)), now);
                    debt.kept.clear();
                    continue;
                }
                return Ok(());
            };
            let Some((seq, row)) = self.first_from(from)? else {
                self.end_walk();
                return Ok(());
            };
            step.spend(1);
            let gone = match row {
                Row::Event => self.collect_event(seq, now, step)?,
                Row::Job => self.collect_job(seq, step)?,
                Row::Attempt => self.collect_attempt(seq, step)?,
            };
            if !gone {
                return Ok(());
            }
            if let Some(debt) = &mut self.state.prune.debt {
                debt.next = Some(Seq(seq.0 + 1));
            }
        }
        Ok(())
    }

    /// The first event, job or attempt from a number on.
    fn first_from(&mut self, from: Seq) -> Result<Option<(Seq, Row)>, EngineError> {
        let key = |row: Option<u64>, kind| row.map(|seq| (Seq(seq), kind));
        let event = self.rows.events.table()?.range(from.0..)?.next().transpose()?;
        let event = key(event.map(|(seq, _)| seq.value()), Row::Event);
        let jobs = self.rows.open_for_read(tables::JOBS)?;
        let job = jobs.range(from.0..)?.next().transpose()?;
        let job = key(job.map(|(seq, _)| seq.value()), Row::Job);
        let attempt = self.rows.attempts.table()?.range(from.0..)?.next().transpose()?;
        let attempt = key(attempt.map(|(seq, _)| seq.value()), Row::Attempt);
        Ok([event, job, attempt].into_iter().flatten().min_by_key(|(seq, _)| *seq))
    }

    /// Whether the event is dealt with.
    fn collect_event(&mut self, seq: Seq, now: Timestamp, step: &mut Step) -> Result<bool, EngineError> {
        let Some(row) = self.rows.events.get(seq)? else { return Ok(true) };
        let Some(header) = readable("events", seq, event::read(row.value())) else { return Ok(true) };
        drop(row);
        if !self.owes(header.account) {
            return Ok(true);
        }
        // Else what no one can be sent would have the account refused what others can be.
        if !self.end_waiting(&header, now, step)? {
            return Ok(false);
        }
        if !self.is_finished(&header, step)? {
            self.keep(header.account, event_bytes(&header));
            return Ok(true);
        }
        self.prune_event(&header, true, step)
    }

    /// Whether the job is dealt with.
    fn collect_job(&mut self, seq: Seq, step: &mut Step) -> Result<bool, EngineError> {
        let job: Option<Job> = match self.rows.open_for_read(tables::JOBS)?.get(seq.0)? {
            Some(row) => readable("jobs", seq, job_record::read(row.value())),
            None => None,
        };
        let Some(job) = job.filter(|job| self.owes(job.account)) else { return Ok(true) };
        if job.completed_at.is_none() || self.job_is_pending(&job, step)? {
            self.keep(job.account, ROW_BYTES);
            return Ok(true);
        }
        self.prune_job(&job, step)
    }

    /// An attempt goes with its event. One that outlived it goes in its own turn.
    fn collect_attempt(&mut self, seq: Seq, step: &mut Step) -> Result<bool, EngineError> {
        let (head, length) = match self.rows.attempts.get(seq)? {
            Some(row) => (readable("attempts", seq, attempt::read_head(row.value())), row.value().len()),
            None => (None, 0),
        };
        let Some(head) = head else { return Ok(true) };
        let account = self.webhook(head.delivery.webhook()).map(|webhook| webhook.account);
        // Of a webhook that is gone with its event no one can see it.
        let owes = account.is_none_or(|account| self.owes(account));
        if !owes || self.rows.events.get(head.delivery.event())?.is_some() {
            return Ok(true);
        }
        self.rows.attempts.delete(seq)?;
        if let Some(account) = account {
            self.pay(account, value_bytes(length as u64));
        }
        step.done.attempts += 1;
        Ok(true)
    }

    /// All that is finished is gone. Of who still owes, those are refused events whose pending ones take more
    /// than their share; for the others there is no more to do.
    fn end_walk(&mut self) {
        let Some(debt) = &mut self.state.prune.debt else { return };
        debt.next = None;
        let Debt { owed, kept, share, .. } = debt;
        owed.retain(|account, _| kept.get(account).is_some_and(|bytes| bytes > share));
        if owed.is_empty() {
            let more = *share / limits::BUDGET_SLACK;
            self.forgive(Some(more));
        } else {
            self.core.budget.refuse(owed.keys().copied().collect());
        }
    }
}
