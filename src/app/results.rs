//! What jobs leave behind: the rows of their results, and what their runs keep under keys.

use std::sync::Arc;
use std::time::Duration;

use super::busy::while_busy;
use super::core::App;
use super::jobs::job_refused;
use crate::clock;
use crate::domain::id::{AccountNo, JobId};
use crate::domain::job::{Job, RunRecord};
use crate::domain::refusal::Refusal;
use crate::domain::result_rows::ResultRows;
use crate::limits;
pub use crate::store::LongRow;
use crate::store::command::{AppendRows, PutRecord};

/// Adds rows to a job's results in one commit, the first of them under the number `offset`, or after the last one
/// there is; how many there are then. A busy store is waited for, for as long as `patience`.
///
/// # Errors
/// When the job has ended, the rows would leave a gap, or the store cannot.
pub async fn append(
    app: &App,
    job: &Job,
    offset: Option<u64>,
    rows: ResultRows,
    patience: Duration,
) -> Result<u64, Refusal> {
    let rows = Arc::new(rows);
    let ask = || {
        let append = AppendRows { account: job.account, job: job.id, offset, rows: Arc::clone(&rows) };
        app.store.append_rows(append, clock::now())
    };
    while_busy(patience, ask).await?.map_err(|refused| job_refused(&refused))
}

/// Has a job's run keep something under a key, or nothing any longer.
///
/// # Errors
/// When the run keeps too many, there is no such job, or the store cannot.
pub async fn keep(app: &App, job: &Job, key: Box<str>, record: Option<RunRecord>) -> Result<(), Refusal> {
    let put = PutRecord { account: job.account, job: job.id, key, record };
    let ask = || app.store.put_record(put.clone());
    while_busy(limits::PUSH_PATIENCE, ask).await?.map_err(|refused| job_refused(&refused))
}

/// Which rows of a job's results.
#[derive(Debug, Clone, Copy)]
pub struct Rows {
    /// Whose they are.
    pub account: AccountNo,
    /// The job.
    pub job: JobId,
    /// The number of the first one.
    pub from: u64,
    /// At most so many,
    pub limit: u64,
    /// and about so many bytes; one row at least.
    pub bytes: usize,
}

/// Rows of a job's results, whatever their length.
///
/// # Errors
/// When the store cannot be read.
pub async fn rows(app: &App, asked: Rows) -> Result<ResultRows, Refusal> {
    let Rows { account, job, from, limit, bytes } = asked;
    Ok(app.read(account, move |store| store.rows(job, from, limit, bytes)).await?)
}

/// Rows of a job's results up to one that is longer than `longest`; where the first one is, how long it is.
///
/// # Errors
/// When the store cannot be read.
pub async fn short_rows(
    app: &App,
    asked: Rows,
    longest: usize,
) -> Result<Result<ResultRows, LongRow>, Refusal> {
    let Rows { account, job, from, limit, bytes } = asked;
    Ok(app.read(account, move |store| store.short_rows(job, from, limit, bytes, longest)).await?)
}

/// What `look` makes of such rows. It is done where they are read: it may block.
///
/// # Errors
/// When the store cannot be read.
pub async fn look_at<T: Send + 'static>(
    app: &App,
    asked: Rows,
    longest: usize,
    look: impl FnOnce(Result<ResultRows, LongRow>) -> T + Send + 'static,
) -> Result<T, Refusal> {
    let Rows { account, job, from, limit, bytes } = asked;
    let look = app.read(account, move |store| Ok(look(store.short_rows(job, from, limit, bytes, longest)?)));
    Ok(look.await?)
}

/// What a job's run keeps, after a key: the keys in their order, each with how many bytes are under it.
///
/// # Errors
/// When the store cannot be read.
pub async fn kept_keys(app: &App, job: &Job, after: String) -> Result<Vec<(String, u64)>, Refusal> {
    let id = job.id;
    Ok(app.read(job.account, move |store| store.run_records(id, &after, limits::RUN_RECORDS)).await?)
}

/// What a job's run keeps under a key. `hold` takes its length before it is read, and what it gives is kept
/// until it was.
///
/// # Errors
/// The outer one when the store cannot be read, the inner one where `hold` refuses.
pub async fn kept<H, E: Send + 'static>(
    app: &App,
    job: &Job,
    key: String,
    hold: impl FnOnce(usize) -> Result<H, E> + Send + 'static,
) -> Result<Result<Option<RunRecord>, E>, Refusal> {
    let id = job.id;
    let found = app.read(job.account, move |store| {
        let mut held = None;
        let found = store.run_record(id, &key, |length| {
            held = Some(hold(length)?);
            Ok(())
        });
        drop(held);
        found
    });
    Ok(found.await?)
}
