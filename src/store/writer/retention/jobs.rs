//! Jobs that ended long ago go with their results, a bounded part of them in each commit.

use super::Step;
use crate::domain::id::Seq;
use crate::domain::job::Job;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::engine_error::EngineError;
use crate::store::records::{job as record, readable};
use crate::store::tables;
use crate::store::usage::{ROW_BYTES, record_bytes, value_bytes};
use crate::store::writer::CommitBatch;

/// What taking a block of results away counts among a step's rows: it is a page of its own.
const BLOCK_ROWS: usize = 4;
/// Blocks that a step takes away even when looking at the job's events took all of it: so it goes on.
const LEAST_BLOCKS: usize = 16;

impl CommitBatch<'_> {
    /// Whether every job old enough was looked at.
    pub(super) fn prune_jobs(
        &mut self,
        before: Timestamp,
        now: Timestamp,
        step: &mut Step,
    ) -> Result<bool, EngineError> {
        while step.left > 0 {
            let from = self.state.prune.job.0;
            let (seq, job) = match self.rows.open_for_read(tables::JOBS)?.range(from..)?.next().transpose()? {
                Some((seq, row)) => (seq.value(), readable("jobs", seq.value(), record::read(row.value()))),
                None => return Ok(true),
            };
            step.spend(1);
            if let Some(job) = job {
                if job.created_at >= before && job.created_at <= now {
                    return Ok(true);
                }
                let over = job.completed_at.is_some_and(|at| at < before);
                if over && !self.job_is_pending(&job, step)? && !self.prune_job(&job, step)? {
                    return Ok(false);
                }
            }
            self.state.prune.job = Seq(seq + 1);
        }
        Ok(false)
    }

    /// Takes a job away, its results first; whether all of it is gone.
    pub(super) fn prune_job(&mut self, job: &Job, step: &mut Step) -> Result<bool, EngineError> {
        let seq = job.id.seq().0;
        let most = step.left.div_ceil(BLOCK_ROWS).max(LEAST_BLOCKS);
        let mut blocks = Vec::new();
        for row in self.rows.open_for_read(tables::RESULTS)?.range((seq, 0)..=(seq, u64::MAX))?.take(most) {
            let (key, block) = row?;
            blocks.push((key.value(), block.value().len() as u64));
        }
        step.spend(blocks.len() * BLOCK_ROWS);
        let mut bytes = 0;
        let mut results = self.rows.open_for_write(tables::RESULTS)?;
        for (key, length) in &blocks {
            results.remove(*key)?;
            bytes += value_bytes(*length);
        }
        drop(results);
        self.pay(job.account, bytes);
        if blocks.len() == most {
            return Ok(false);
        }
        if !self.prune_records(job, step)? {
            return Ok(false);
        }
        let input =
            self.rows.open_for_write(tables::JOB_INPUTS)?.remove(seq)?.map(|row| row.value().len() as u64);
        self.rows.open_for_write(tables::JOBS)?.remove(seq)?;
        self.unlist_job(job.account, job.id.seq())?;
        self.pay(job.account, ROW_BYTES + value_bytes(input.unwrap_or_default()));
        step.done.jobs += 1;
        Ok(true)
    }

    /// Takes away what a job's run keeps; whether all of it is gone.
    fn prune_records(&mut self, job: &Job, step: &mut Step) -> Result<bool, EngineError> {
        let seq = job.id.seq().0;
        let most = step.left.div_ceil(BLOCK_ROWS).max(LEAST_BLOCKS);
        let (mut kept, mut bytes, mut all) = (Vec::new(), 0, true);
        for row in self.rows.open_for_read(tables::RUN_RECORD_LENGTHS)?.range((seq, "")..(seq + 1, ""))? {
            let (key, length) = row?;
            if kept.len() == most || bytes >= limits::COMMIT_BYTES as u64 {
                all = false;
                break;
            }
            bytes += record_bytes(length.sound().unwrap_or_default());
            kept.push(key.value().1.to_owned());
        }
        step.spend(kept.len() * BLOCK_ROWS);
        let mut lengths = self.rows.open_for_write(tables::RUN_RECORD_LENGTHS)?;
        let mut records = self.rows.open_for_write(tables::RUN_RECORDS)?;
        for key in &kept {
            lengths.remove((seq, key.as_str()))?;
            records.remove((seq, key.as_str()))?;
        }
        drop((lengths, records));
        self.pay(job.account, bytes);
        Ok(all)
    }
}
