//! Jobs: made, changed, given results. A step, its events and its deadline's row are one commit.

use super::CommitBatch;
use super::retention::Step;
use crate::domain::delivery::{DeliveryState, Reason};
use crate::domain::id::{JobId, WebhookNo};
use crate::domain::job::{Job, JobStatus};
use crate::domain::quota::Held;
use crate::domain::result_rows::ResultRows;
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::command::{
    Accept, Accepted, AppendRows, CreateJob, PutRecord, Refused, Reserved, UpdateJob,
};
use crate::store::engine_error::{EditError, EngineError};
use crate::store::records::{job as record, kept, readable};
use crate::store::tables;
use crate::store::usage::record_bytes;

impl CommitBatch<'_> {
    /// Numbers that are given out once. They are on disk only with what they are used for, and a
    /// number that was not used is given out again after a restart.
    pub(super) fn reserve(&mut self, webhooks: u32) -> Result<Reserved, EditError> {
        let webhook = self.take_webhooks(webhooks)?;
        Ok(Reserved { job: self.state.take_seq(), webhook })
    }

    pub(super) fn create_job(&mut self, new: CreateJob, now: Timestamp) -> Result<Job, EditError> {
        let CreateJob { mut job, input, webhooks, emit } = new;
        self.refuse_repeated(&emit, now)?;
        self.room(job.account, Held::default(), webhooks.iter().map(Held::of_webhook).sum())?;
        let known = self.rows.open_for_read(tables::ACCOUNTS)?.get(job.account.0)?.is_some();
        if !known || self.rows.open_for_read(tables::JOBS)?.get(job.id.seq().0)?.is_some() {
            return Err(Refused::NotFound.into());
        }
        for webhook in webhooks {
            self.save_webhook(webhook)?;
        }
        if let Some(input) = input {
            let bytes = record::write_input(&input);
            self.rows.open_for_write(tables::JOB_INPUTS)?.insert(job.id.seq().0, bytes.as_slice())?;
        }
        self.emit_job_events(&mut job, emit, now)?;
        self.set_deadline(&job)?;
        self.save_job(&job)?;
        self.list_job(job.account, job.id.seq())?;
        Ok(job)
    }

    fn refuse_repeated(&self, emit: &[Accept], now: Timestamp) -> Result<(), EditError> {
        for accept in emit {
            let (event, same) = match self.known(accept.event.account, &accept.idempotency, now)? {
                Some(Accepted::Duplicate { id, .. }) => (id, true),
                Some(Accepted::Conflict { id: Some(id) }) => (id, false),
                _ => continue,
            };
            return Err(Refused::Repeated { event, same }.into());
        }
        Ok(())
    }

    pub(super) fn update_job(&mut self, step: UpdateJob, now: Timestamp) -> Result<Job, EditError> {
        let UpdateJob { from, mut to, emit } = step;
        let old = self.job(from.id)?.ok_or(Refused::NotFound)?;
        if old != from {
            return Err(Refused::Stale.into());
        }
        if let Some(at) = old.waits_until() {
            self.rows.open_for_write(tables::JOB_DEADLINES)?.remove((at.as_millis(), old.id.seq().0))?;
        }
        self.emit_job_events(&mut to, emit, now)?;
        self.set_deadline(&to)?;
        self.save_job(&to)?;
        if to.status.is_terminal() {
            self.end_unfired(&to, now)?;
        }
        Ok(to)
    }

    /// Adds rows; how many there are then.
    pub(super) fn append_rows(&mut self, append: &AppendRows, now: Timestamp) -> Result<u64, EditError> {
        let job = self.job(append.job)?.filter(|job| job.account == append.account);
        let mut job = job.ok_or(Refused::NotFound)?;
        if job.status.is_terminal() {
            return Err(Refused::State("the job has ended; it takes no more results").into());
        }
        let present = match append.offset {
            Some(offset) if offset > job.result_count => {
                return Err(Refused::State("the offset is beyond the last stored row").into());
            }
            Some(offset) => job.result_count - offset,
            None => 0,
        };
        if present >= append.rows.len() {
            return Ok(job.result_count);
        }
        self.write_rows(&mut job, &append.rows, present)?;
        if job.status == JobStatus::Queued {
            (job.status, job.started_at) = (JobStatus::Running, Some(now));
        }
        self.save_job(&job)?;
        Ok(job.result_count)
    }

    /// Puts something under a key of a job's, or takes it away.
    pub(super) fn put_record(&mut self, put: &PutRecord) -> Result<(), EditError> {
        self.job(put.job)?.filter(|job| job.account == put.account).ok_or(Refused::NotFound)?;
        let seq = put.job.seq().0;
        let key = (seq, &*put.key);
        let mut lengths = self.rows.open_for_write(tables::RUN_RECORD_LENGTHS)?;
        let old = lengths.get(key)?.map(|length| length.sound().unwrap_or_default());
        match &put.record {
            Some(kept) => {
                let is_full = || -> Result<bool, EngineError> {
                    let all = lengths.range((seq, "")..(seq + 1, ""))?.take(limits::RUN_RECORDS);
                    Ok(all.count() == limits::RUN_RECORDS)
                };
                if old.is_none() && is_full()? {
                    return Err(Refused::Limit("a run may keep 1000 records; delete some").into());
                }
                lengths.insert(key, kept.data.len() as u64)?;
                self.rows.open_for_write(tables::RUN_RECORDS)?.insert(key, kept::write(kept).as_slice())?;
            }
            None => {
                lengths.remove(key)?;
                self.rows.open_for_write(tables::RUN_RECORDS)?.remove(key)?;
            }
        }
        drop(lengths);
        self.pay(put.account, old.map_or(0, record_bytes));
        Ok(())
    }

    /// Writes the rows after the first `passed` as blocks.
    fn write_rows(&mut self, job: &mut Job, rows: &ResultRows, passed: u64) -> Result<(), EngineError> {
        let mut table = self.rows.open_for_write(tables::RESULTS)?;
        let seq = job.id.seq().0;
        let (mut block, mut count) = (Vec::new(), 0u32);
        let mut flush = |job: &mut Job, block: &mut Vec<u8>, count: &mut u32| -> Result<(), EngineError> {
            let bytes = record::write_block(*count, block);
            table.insert((seq, job.result_count), bytes.as_slice())?;
            job.result_count += u64::from(*count);
            block.clear();
            *count = 0;
            Ok(())
        };
        for row in rows.iter().skip(usize::try_from(passed).unwrap_or(usize::MAX)) {
            if count > 0 && block.len() + row.len() + 1 > limits::RESULT_BLOCK_BYTES {
                flush(job, &mut block, &mut count)?;
            }
            block.extend_from_slice(row);
            block.push(b'\n');
            count += 1;
        }
        if count > 0 {
            flush(job, &mut block, &mut count)?;
        }
        Ok(())
    }

    pub(super) fn job(&self, id: JobId) -> Result<Option<Job>, EngineError> {
        let table = self.rows.open_for_read(tables::JOBS)?;
        let Some(row) = table.get(id.seq().0)? else { return Ok(None) };
        let job = readable("jobs", id, record::read(row.value()));
        Ok(job.filter(|job| job.id == id))
    }

    fn save_job(&mut self, job: &Job) -> Result<(), EngineError> {
        self.rows.open_for_write(tables::JOBS)?.insert(job.id.seq().0, record::write(job).as_slice())?;
        Ok(())
    }

    /// Accepts a job's events and keeps their numbers with it.
    fn emit_job_events(
        &mut self,
        job: &mut Job,
        emit: Vec<Accept>,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        for event in emit {
            if let Accepted::New { id, .. } | Accepted::Duplicate { id, .. } = self.accept(event, now)? {
                job.events.push(id.seq());
            }
        }
        let older = job.events.len().saturating_sub(limits::EVENTS_PER_JOB);
        job.events.drain(..older);
        Ok(())
    }

    pub(super) fn set_deadline(&mut self, job: &Job) -> Result<(), EngineError> {
        if let Some(at) = job.waits_until() {
            self.rows.open_for_write(tables::JOB_DEADLINES)?.insert((at.as_millis(), job.id.seq().0), ())?;
            self.deadlines = true;
        }
        Ok(())
    }

    /// Removes the one-shot webhooks bound to the job for which nothing is pending: its end was not
    /// theirs.
    fn end_unfired(&mut self, job: &Job, now: Timestamp) -> Result<(), EngineError> {
        let bound = self.core.directory().one_shots_of(job.account, &Scope::of("job", job.id));
        for no in bound.into_iter().chain(job.webhooks.iter().copied()) {
            let webhook = self.webhook(no).filter(|webhook| webhook.terms.once && job.owns(webhook));
            if let Some(webhook) = webhook
                && !self.has_pending(no)?
            {
                self.remove_webhook(&webhook, Reason::WebhookRemoved, now)?;
            }
        }
        Ok(())
    }

    fn has_pending(&self, no: WebhookNo) -> Result<bool, EngineError> {
        let lane = (no.0, 0, 0)..=(no.0, u64::MAX, u64::MAX);
        Ok(self.rows.due.range(lane)?.next().transpose()?.is_some())
    }

    /// Whether one of a job's events waits for its delivery.
    pub(super) fn job_is_pending(&self, job: &Job, step: &mut Step) -> Result<bool, EngineError> {
        for &seq in &job.events {
            let Some(header) = self.header(seq)? else { continue };
            step.spend(header.webhooks.len());
            for no in header.webhooks {
                let record = self.record(no, seq)?;
                if record.is_some_and(|record| record.state == DeliveryState::Pending) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}
