//! `POST /v1/jobs/{id}/results`: rows, one JSON text per line, appended while they arrive.
//!
//! Memory is bounded by one batch and one row. What was committed before a bad line or a broken
//! connection stays; with `offset`, the same stream may be sent again.

use http::StatusCode;

use super::edit::id;
use super::view::ResultCount;
use crate::api::call::Call;
use crate::api::param::{Count, Param};
use crate::api::route::{BodyForm, Forms, NDJSON, TakesForm, body_form};
use crate::app::jobs::find;
use crate::app::results;
use crate::domain::job::Job;
use crate::domain::result_rows::ResultRows;
use crate::http::content_type::{media_type, unsupported};
use crate::http::document::{check_walk, json_text};
use crate::http::lines::{Line, Lines};
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Json, json};
use crate::limits;

/// Where the rows belong.
pub const PARAMS: [Param; 1] = [Param::of::<Count>(
    "offset",
    "The number of the first row, from 0. Rows that are stored already are skipped, so a repeated request is harmless. By default, rows go after the last one.",
)];

/// Rows, one a line.
pub struct Rows;

impl Forms for Rows {
    const FORMS: &'static [BodyForm] = &[body_form::<serde_json::Value>(NDJSON)];
}

/// Answers `POST /v1/jobs/{id}/results`.
///
/// # Errors
/// 404 when there is no such job, 409 when it has ended or the rows would leave a gap, 400 at the
/// first line that is not JSON.
pub async fn append(mut call: Box<Call>, _: TakesForm<Rows>) -> Result<Json<ResultCount>, Problem> {
    let job = find(&call.context.app, call.account(), id(&call)?).await;
    let job = job.map_err(|refusal| Problem::from(refusal).closing())?;
    match media_type(&call.headers)?.as_deref() {
        Some("application/x-ndjson" | "application/jsonl" | "application/ndjson") => {}
        other => return Err(unsupported(other.unwrap_or_default(), "application/x-ndjson")),
    }
    let offset = call.query.number("offset")?;
    let stored = job.result_count;
    let mut stream = Stream { job, offset, batch: ResultRows::default(), stored, committed: false };
    let mut lines = Lines::new(limits::RESULT_ROW_BYTES);
    loop {
        match call.body.chunk().await? {
            Some(chunk) => {
                lines.push(&chunk);
                call.body.hold(lines.waiting() + stream.batch.text().len())?;
            }
            None => lines.end(),
        }
        while let Some((number, line)) = lines.next_line() {
            if let Err(problem) = stream.take(line) {
                stream.commit(&call).await?;
                return Err(stream.located(number, &problem));
            }
            if stream.batch.text().len() >= limits::RESULT_BATCH_BYTES {
                stream.commit(&call).await?;
            }
        }
        if lines.is_done() {
            break;
        }
    }
    stream.commit(&call).await?;
    json(StatusCode::OK, &ResultCount { result_count: stream.stored })
}

struct Stream {
    job: Job,
    /// The number of the batch's first row, where the caller said it.
    offset: Option<u64>,
    batch: ResultRows,
    /// How many rows the job has.
    stored: u64,
    /// Whether anything was committed: a stream without rows is still looked at by the store.
    committed: bool,
}

impl Stream {
    fn take(&mut self, line: Line) -> Result<(), Problem> {
        let Line::Whole(text) = line else {
            let most = limits::RESULT_ROW_BYTES;
            return Err(Problem::new(Code::TooLarge, format!("a row may have at most {most} bytes")));
        };
        let row = text.trim_ascii();
        json_text(row)?;
        check_walk(row)?;
        self.batch.push(row);
        Ok(())
    }

    async fn commit(&mut self, call: &Call) -> Result<(), Problem> {
        if self.committed && self.batch.is_empty() {
            return Ok(());
        }
        call.open_for_more()?;
        let rows = std::mem::take(&mut self.batch);
        let offset = self.offset;
        self.offset = offset.map(|offset| offset.saturating_add(rows.len()));
        self.committed = true;
        let appended =
            results::append(&call.context.app, &self.job, offset, rows, limits::ROWS_PATIENCE).await;
        self.stored = appended.map_err(|refusal| Problem::from(refusal).closing())?;
        Ok(())
    }

    /// A problem of one line, with what became of those before it.
    fn located(&self, number: u64, problem: &Problem) -> Problem {
        let detail = format!(
            "line {number}: {}; the rows before it are stored, and the job has {} now",
            problem.detail, self.stored
        );
        Problem::new(problem.code, detail).closing()
    }
}
