//! Jobs and their results.

use std::ops::Bound;
use std::sync::Arc;

use super::listed::walk_account;
use crate::domain::id::{AccountNo, JobId, Seq};
use crate::domain::job::{Job, RunRecord};
use crate::domain::result_rows::ResultRows;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::query::{JobFilter, LongRow, Page, PageRequest};
use crate::store::records::{checked, job, kept, readable};
use crate::store::tables::LISTED_JOBS;
use crate::store::{Store, StoreError, tables};

impl Store {
    /// A job.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn job(&self, id: JobId) -> Result<Option<Job>, StoreError> {
        self.read_one(|txn| {
            let Some(row) = tables::JOBS.read(txn)?.get(id.seq().0)? else { return Ok(None) };
            let job = readable("jobs", id, job::read(row.value()));
            Ok(job.filter(|job| job.id == id))
        })
    }

    /// A job's input.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn job_input(&self, id: JobId) -> Result<Option<Arc<[u8]>>, StoreError> {
        self.read_one(|txn| {
            let Some(row) = tables::JOB_INPUTS.read(txn)?.get(id.seq().0)? else { return Ok(None) };
            Ok(readable("job_inputs", id, job::read_input(row.value())))
        })
    }

    /// What a job's run keeps under a key, once `hold` has taken room for so many bytes of it.
    ///
    /// # Errors
    /// The outer one when the store is unavailable, the inner one when there is no room.
    pub fn run_record<E>(
        &self,
        id: JobId,
        key: &str,
        hold: impl FnOnce(usize) -> Result<(), E>,
    ) -> Result<Result<Option<RunRecord>, E>, StoreError> {
        let found = self.read_one(|txn| {
            let Some(row) = tables::RUN_RECORDS.read(txn)?.get((id.seq().0, key))? else { return Ok(None) };
            if let Err(full) = hold(row.value().len()) {
                return Ok(Some(Err(full)));
            }
            Ok(readable("run_records", id, kept::read(row.value())).map(Ok))
        });
        Ok(found?.transpose())
    }

    /// The keys under which a job's run keeps something, after one of them and at most so many, with its length.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn run_records(
        &self,
        id: JobId,
        after: &str,
        limit: usize,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        self.read(|txn| {
            let (seq, mut found) = (id.seq().0, Vec::new());
            for row in tables::RUN_RECORD_LENGTHS.read(txn)?.range((seq, after)..(seq + 1, ""))? {
                let (key, length) = row?;
                let (_, key) = key.value();
                if found.len() == limit {
                    break;
                }
                if key != after
                    && let Some(length) = checked("run_record_lengths", (seq, key), length.sound())
                {
                    found.push((key.to_owned(), length));
                }
            }
            Ok(found)
        })
    }

    /// A page of an account's jobs.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn jobs(
        &self,
        account: AccountNo,
        filter: &JobFilter,
        page: PageRequest<Seq>,
    ) -> Result<Page<Job, Seq>, StoreError> {
        self.read(|txn| {
            let jobs = tables::JOBS.read(txn)?;
            let everything = (Bound::Unbounded, Bound::Unbounded);
            let mut found = Page { rows: Vec::new(), next: None };
            let mut last = None;
            let rows =
                walk_account(txn, (account, LISTED_JOBS), &jobs, everything, page.after, page.descending)?;
            for (looked, row) in rows.enumerate() {
                let (seq, row) = row?;
                if found.rows.len() == page.limit || looked == limits::PAGE_SCAN {
                    found.next = last;
                    break;
                }
                last = Some(Seq(seq.value()));
                let Some(job) = readable("jobs", seq.value(), job::read(row.value())) else { continue };
                if page.descending && filter.is_past(&job) {
                    break;
                }
                if job.account == account && filter.wants(&job) {
                    found.rows.push(job);
                }
            }
            Ok(found)
        })
    }

    /// Rows of a job's results from the row with number `from` on: at most `limit`, and no more once
    /// they take `bytes`. None beyond the end.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn rows(&self, id: JobId, from: u64, limit: u64, bytes: usize) -> Result<ResultRows, StoreError> {
        let rows = self.short_rows(id, from, limit, bytes, usize::MAX)?;
        Ok(rows.unwrap_or_default())
    }

    /// The same, of rows that are no longer than `longest`: they end before a longer one. When that is the first,
    /// nothing of it is read but its length.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn short_rows(
        &self,
        id: JobId,
        from: u64,
        limit: u64,
        bytes: usize,
        longest: usize,
    ) -> Result<Result<ResultRows, LongRow>, StoreError> {
        self.read(|txn| {
            let results = tables::RESULTS.read(txn)?;
            let mut rows = ResultRows::default();
            let job = id.seq().0;
            let holds = results.range((job, 0)..=(job, from))?.next_back().transpose()?;
            let Some(first) = holds.map(|(key, _)| key.value()) else { return Ok(Ok(rows)) };
            for block in results.range(first..=(job, u64::MAX))? {
                let (key, block) = block?;
                let first = key.value().1;
                let Some((_, text)) = readable("results", key.value(), job::read_block(block.value())) else {
                    break;
                };
                let passed = usize::try_from(from.saturating_sub(first)).unwrap_or(usize::MAX);
                for row in crate::domain::result_rows::lines(text).skip(passed) {
                    if rows.len() == limit || rows.text().len() >= bytes {
                        return Ok(Ok(rows));
                    }
                    match row.len() {
                        length if length <= longest => rows.push(row),
                        length if rows.is_empty() => return Ok(Err(LongRow(length))),
                        _ => return Ok(Ok(rows)),
                    }
                }
            }
            Ok(Ok(rows))
        })
    }

    /// When the next job times out.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn next_deadline(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(|txn| {
            let deadlines = tables::JOB_DEADLINES.read(txn)?;
            // One that is damaged is looked at as any: that passes over it.
            let first = deadlines.first()?;
            Ok(first.map(|(key, _)| Timestamp::from_millis(key.value().0)))
        })
    }

    /// The jobs of the next `limit` deadlines after a place; `next` is the last of these places, if there is one.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn deadlines(&self, after: (u64, u64), limit: usize) -> Result<Page<Job, (u64, u64)>, StoreError> {
        self.read(|txn| {
            let (jobs, mut found) = (tables::JOBS.read(txn)?, Page { rows: Vec::new(), next: None });
            let places = (Bound::Excluded(after), Bound::Unbounded);
            for row in tables::JOB_DEADLINES.read(txn)?.range(places)?.take(limit) {
                let (place, row) = row?;
                let place = place.value();
                found.next = Some(place);
                if checked("job_deadlines", place, row.sound()).is_none() {
                    continue;
                }
                let Some(row) = jobs.get(place.1)? else { continue };
                found.rows.extend(readable("jobs", place.1, job::read(row.value())));
            }
            Ok(found)
        })
    }

    /// Jobs that have not ended and whose deadline has passed, at most `limit`.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn overdue_jobs(&self, now: Timestamp, limit: usize) -> Result<Vec<Job>, StoreError> {
        self.read(|txn| {
            let jobs = tables::JOBS.read(txn)?;
            let mut found = Vec::new();
            for row in tables::JOB_DEADLINES.read(txn)?.range(..(now.as_millis() + 1, 0))?.take(limit) {
                let (place, row) = row?;
                let (place, seq) = (place.value(), place.value().1);
                if checked("job_deadlines", place, row.sound()).is_none() {
                    continue;
                }
                let Some(row) = jobs.get(seq)? else { continue };
                found.extend(readable("jobs", seq, job::read(row.value())));
            }
            Ok(found)
        })
    }
}
