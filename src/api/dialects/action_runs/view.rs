//! A run in answers and in its callback.

use std::str::FromStr as _;

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::api::call::Call;
use crate::api::route::{InForm, JSON, Written};
use crate::app::jobs;
use crate::app::results::{Rows, rows};
use crate::domain::dialect::Dialect;
use crate::domain::id::JobId;
use crate::domain::job::{Job, JobStatus};
use crate::domain::result_rows::ResultRows;
use crate::http::problem::{Code, Problem};
use crate::http::response::{Pieces, typed};
use crate::limits;

/// What a run's id begins with, in place of a job's.
const PREFIX: &str = "arun_";

/// A run.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunAnswer {
    data: RunView,
}

/// A run. Its results are exactly as given, byte for byte.
#[derive(Debug, Serialize, JsonSchema)]
struct RunView {
    /// `run`.
    r#type: String,
    id: String,
    run_id: String,
    /// `waiting`, `success` or `error`.
    status: String,
    /// The run's results, once it has ended.
    results: Vec<Value>,
    /// Why it failed.
    errors: Vec<Value>,
}

/// A run's id: its job's, with another beginning.
#[must_use]
pub fn run_id(job: JobId) -> String {
    let text = job.to_string();
    format!("{PREFIX}{}", text.strip_prefix(JobId::PREFIX).unwrap_or(&text))
}

fn job_id(text: &str) -> Option<JobId> {
    let rest = text.strip_prefix(PREFIX)?;
    JobId::from_str(&format!("{}{rest}", JobId::PREFIX)).ok()
}

/// The run of the id in the path.
///
/// # Errors
/// 404 when the account has none of this id.
pub(super) async fn run_in_path(call: &Call) -> Result<Job, Problem> {
    let missing = || Problem::not_found("run");
    let id = job_id(&call.param).ok_or_else(missing)?;
    let found = jobs::find(&call.context.app, call.account(), id).await;
    match found {
        Ok(job) if job.dialect == Dialect::ActionRuns => Ok(job),
        Ok(_) => Err(missing()),
        Err(problem) if problem.code == Code::JobNotFound => Err(missing()),
        Err(refusal) => Err(refusal.into()),
    }
}

fn status(job: &Job) -> &'static str {
    match job.status {
        JobStatus::Queued | JobStatus::Running => "waiting",
        JobStatus::Succeeded => "success",
        JobStatus::Failed | JobStatus::TimedOut | JobStatus::Aborted => "error",
    }
}

/// Why a run failed, as a JSON array's text: what its executor said, in an object if it was none. Never
/// empty for a run that failed.
fn errors(job: &Job) -> String {
    let own = |code: &str, title: &str| json!([{ "code": code, "title": title }]).to_string();
    match job.status {
        JobStatus::Queued | JobStatus::Running | JobStatus::Succeeded => "[]".to_owned(),
        JobStatus::TimedOut => own("timed_out", "The run did not end in time"),
        JobStatus::Aborted => own("aborted", "The run was aborted"),
        JobStatus::Failed => match job.error.as_deref() {
            Some(said) => said_errors(said),
            None => own("failed", "The run failed"),
        },
    }
}

fn said_errors(said: &str) -> String {
    let failed = |detail: Value| json!([{ "code": "failed", "title": "The run failed", "detail": detail }]);
    if said.starts_with('{') {
        return format!("[{said}]");
    }
    match serde_json::from_str::<Vec<&RawValue>>(said) {
        Ok(list) if !list.is_empty() && list.iter().all(|one| one.get().starts_with('{')) => said.to_owned(),
        _ => failed(serde_json::from_str(said).unwrap_or_else(|_| said.into())).to_string(),
    }
}

/// The text before the first of the results. `run_id` is in answers only.
fn head(job: &Job, answer: bool) -> String {
    let (id, status) = (run_id(job.id), status(job));
    let again = if answer { format!(r#""run_id":"{id}","#) } else { String::new() };
    format!(r#"{{"data":{{"type":"run","id":"{id}",{again}"status":"{status}","results":["#)
}

/// The text after the last of the results.
fn tail(job: &Job) -> String {
    format!(r#"],"errors":{}}}}}"#, errors(job))
}

/// Rows as elements of an array; `first` if none comes before them.
fn elements(rows: &ResultRows, first: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(rows.text().len() + 1);
    for (at, row) in rows.iter().enumerate() {
        if at > 0 || !first {
            out.push(b',');
        }
        out.extend_from_slice(row);
    }
    out
}

fn whole(job: &Job, answer: bool, rows: &ResultRows) -> Vec<u8> {
    [head(job, answer).as_bytes(), &elements(rows, true), tail(job).as_bytes()].concat()
}

/// What the callback of a run that has ended says. Results that would make it longer than an event may
/// be are left out, and it says how many; they can be fetched.
#[must_use]
pub fn callback_body(job: &Job, rows: &ResultRows, most: usize) -> Vec<u8> {
    let count = job.result_count;
    if rows.len() == count {
        let body = whole(job, false, rows);
        if body.len() <= most {
            return body;
        }
    }
    let without = whole(job, false, &ResultRows::default());
    let open = without.strip_suffix(b"}}").unwrap_or(&without);
    [open, format!(r#","results_omitted":{count}}}}}"#).as_bytes()].concat()
}

/// Answers `GET /v2/action-runs/{id}`. Results are shown once the run has ended.
///
/// # Errors
/// 404 when there is no such run.
pub async fn show(call: Box<Call>) -> Result<InForm<Written<RunAnswer>>, Problem> {
    let job = run_in_path(&call).await?;
    let count = if job.status.is_terminal() { job.result_count } else { 0 };
    let (account, bytes) = (job.account, limits::RESULT_PAGE_BYTES);
    let asked = Rows { account, job: job.id, from: 0, limit: count, bytes };
    let rows = rows(&call.context.app, asked).await?;
    if rows.len() == count {
        return Ok(typed(StatusCode::OK, JSON, whole(&job, true, &rows)).into());
    }
    let (pieces, answer) = call.pieces(JSON);
    tokio::spawn(stream(call, job, rows, pieces));
    Ok(answer.into())
}

/// Sends a long answer as fast as it is taken. One that breaks off is no JSON.
async fn stream(call: Box<Call>, job: Job, mut some: ResultRows, pieces: Pieces) {
    let (id, count) = (job.id, job.result_count);
    let mut sent = 0;
    let mut chunk = head(&job, true).into_bytes();
    while !some.is_empty() {
        chunk.extend(elements(&some, sent == 0));
        sent += some.len();
        let Some(room) = pieces.room(chunk.len()).await else { return };
        if !pieces.put(std::mem::take(&mut chunk), room).await {
            return;
        }
        let (account, bytes) = (job.account, limits::RESULT_CHUNK_BYTES);
        let asked = Rows { account, job: id, from: sent, limit: count - sent, bytes };
        some = match rows(&call.context.app, asked).await {
            Ok(rows) => rows,
            Err(refusal) => {
                tracing::warn!(job = %id, detail = %refusal.detail, "the results of a run could not be sent completely");
                return;
            }
        };
    }
    if sent == count
        && let Some(room) = pieces.room(1).await
    {
        pieces.put(tail(&job).into(), room).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{AccountNo, Seq};
    use crate::domain::time::Timestamp;

    fn job(status: JobStatus, error: Option<&str>) -> Job {
        let at = Timestamp::from_millis(1000);
        Job {
            id: JobId::new(at, Seq(7), 3),
            account: AccountNo(1),
            dialect: Dialect::ActionRuns,
            job_type: "action".parse().unwrap(),
            status,
            error: error.map(Into::into),
            result_count: 2,
            timeout: None,
            deadline: None,
            metadata: None,
            scopes: vec![],
            webhooks: vec![],
            events: vec![],
            created_at: at,
            started_at: None,
            completed_at: None,
        }
    }

    fn rows() -> ResultRows {
        let mut rows = ResultRows::default();
        rows.push(br#"{"n": 1.50}"#);
        rows.push(b"2");
        rows
    }

    #[test]
    fn a_run_id_is_its_jobs_with_another_beginning() {
        let id = job(JobStatus::Queued, None).id;
        assert_eq!(run_id(id), id.to_string().replace("job_", "arun_"));
        assert_eq!(job_id(&run_id(id)), Some(id));
        assert_eq!(job_id(&id.to_string()), None);
    }

    #[test]
    fn results_are_as_they_were_given() {
        let job = job(JobStatus::Succeeded, None);
        let id = run_id(job.id);
        let body = String::from_utf8(callback_body(&job, &rows(), 1000)).unwrap();
        let exact = format!(
            r#"{{"data":{{"type":"run","id":"{id}","status":"success","results":[{{"n": 1.50}},2],"errors":[]}}}}"#
        );
        assert_eq!(body, exact);
        let short = String::from_utf8(callback_body(&job, &rows(), exact.len() - 1)).unwrap();
        assert_eq!(
            short,
            format!(
                r#"{{"data":{{"type":"run","id":"{id}","status":"success","results":[],"errors":[],"results_omitted":2}}}}"#
            )
        );
        assert_eq!(
            callback_body(&job, &ResultRows::default(), 1000),
            short.into_bytes(),
            "not all were read"
        );
    }

    #[test]
    fn whoever_failed_says_why() {
        let said = |status, error| errors(&job(status, error));
        assert_eq!(said(JobStatus::Failed, Some(r#"{"code": 5}"#)), r#"[{"code": 5}]"#);
        assert_eq!(said(JobStatus::Failed, Some(r#"[{"a":1}, {}]"#)), r#"[{"a":1}, {}]"#);
        let detail = |error| {
            let all: Value = serde_json::from_str(&said(JobStatus::Failed, Some(error))).unwrap();
            assert_eq!((&all[0]["code"], all.as_array().unwrap().len()), (&json!("failed"), 1));
            all[0]["detail"].clone()
        };
        assert_eq!(
            (detail("\"why\""), detail("[]"), detail("[{},1]")),
            (json!("why"), json!([]), json!([{}, 1]))
        );
        for (status, code) in [
            (JobStatus::Failed, "failed"),
            (JobStatus::TimedOut, "timed_out"),
            (JobStatus::Aborted, "aborted"),
        ] {
            let all: Value = serde_json::from_str(&said(status, None)).unwrap();
            assert_eq!(all[0]["code"], code);
        }
        assert_eq!(said(JobStatus::Succeeded, None), "[]");
    }
}
