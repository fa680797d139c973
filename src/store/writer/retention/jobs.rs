//! Jobs that ended long ago go with their results, a bounded part of them in each commit.

use super::{ROW_BYTES, Step};
use crate::domain::id::Seq;
use crate::domain::job::Job;
use crate::domain::time::Timestamp;
use crate::store::halt::Halt;
use crate::store::records::{job as record, quarantine};
use crate::store::tables;
use crate::store::writer::Turn;

/// What taking a block of results away counts among a step's rows: it is a page of its own.
const BLOCK_ROWS: usize = 4;

impl Turn<'_> {
    /// Whether every job old enough was looked at.
    pub(super) fn prune_jobs(&mut self, before: Timestamp, step: &mut Step) -> Result<bool, Halt> {
        while step.left > 0 {
            let from = self.state.prune.job.0;
            let (seq, job) = match self.rows.look(tables::JOBS)?.range(from..)?.next().transpose()? {
                Some((seq, row)) => (seq.value(), quarantine("jobs", seq.value(), record::read(row.value()))),
                None => return Ok(true),
            };
            step.spend(1);
            let in_debt = self.state.prune.owed > 0 && seq < self.state.prune.next.0;
            if let Some(job) = job {
                if job.created_at >= before && !in_debt {
                    return Ok(true);
                }
                let over = job.completed_at.is_some_and(|at| in_debt || at < before);
                if !over || self.job_is_pending(&job)? {
                    self.state.prune.kept += ROW_BYTES;
                } else if !self.prune_job(&job, step)? {
                    return Ok(false);
                }
            }
            self.state.prune.job = Seq(seq + 1);
        }
        Ok(false)
    }

    /// Takes a job away, its results first; whether all of it is gone.
    fn prune_job(&mut self, job: &Job, step: &mut Step) -> Result<bool, Halt> {
        let seq = job.id.seq().0;
        let most = step.left.div_ceil(BLOCK_ROWS);
        let mut blocks = Vec::new();
        for row in self.rows.look(tables::RESULTS)?.range((seq, 0)..=(seq, u64::MAX))?.take(most) {
            let (key, block) = row?;
            blocks.push((key.value(), block.value().len() as u64));
        }
        step.spend(blocks.len() * BLOCK_ROWS);
        let mut bytes = 0;
        let mut results = self.rows.other(tables::RESULTS)?;
        for (key, length) in &blocks {
            results.remove(*key)?;
            bytes += length;
        }
        drop(results);
        self.pay(bytes);
        if blocks.len() == most {
            return Ok(false);
        }
        let input = self.rows.other(tables::JOB_INPUTS)?.remove(seq)?.map(|row| row.value().len() as u64);
        self.rows.other(tables::JOBS)?.remove(seq)?;
        self.pay(ROW_BYTES + input.unwrap_or_default());
        step.done.jobs += 1;
        Ok(true)
    }
}
