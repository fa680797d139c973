//! What jobs leave behind: the rows of their results, and what their runs keep under keys.

use std::sync::Arc;
use std::time::Duration;

use super::busy::while_busy;
use super::core::App;
use super::jobs::job_refused;
use crate::clock;
use crate::domain::job::{Job, RunRecord};
use crate::domain::refusal::Refusal;
use crate::domain::result_rows::ResultRows;
use crate::limits;
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
