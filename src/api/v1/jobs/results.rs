//! `GET /v1/jobs/{id}/results`: a page as JSON, or all of them as a stream in bounded memory.

use std::sync::Arc;

use http::{HeaderName, HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::csv::{Csv, Header};
use super::cutter::Cutter;
use super::edit::id;
use crate::api::call::Call;
use crate::api::context::Context;
use crate::api::display_json::raw;
use crate::api::param::{Count, Param, Whole};
use crate::api::route::{BodyForm, Forms, InForm, JSON, NDJSON, body_form};
use crate::api::words::Words;
use crate::app::jobs::find;
use crate::app::results::{LongRow, Rows, short_rows};
use crate::domain::job::Job;
use crate::domain::result_rows::ResultRows;
use crate::http::owner::Owner;
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Json, json};
use crate::http::response::{Pieces, Response};
use crate::limits;

/// Which rows, and how.
pub const PARAMS: [Param; 3] = [
    Param::of::<Whole<1, { limits::RESULTS_MAX }>>(
        "limit",
        "Rows in the response: 1 to 1000. By default 100 as JSON, and all of them as ndjson or csv.",
    ),
    Param::of::<Count>("offset", "The number of the first row, from 0."),
    Param::word::<Format>("format", "The form of the response; json by default."),
];

/// A streamed answer says how many rows follow, so that one that broke off is noticed.
const ROW_COUNT: HeaderName = HeaderName::from_static("x-row-count");

/// It, as the description has it.
pub const ROW_COUNT_HEADER: Param =
    Param::of::<Count>("X-Row-Count", "The number of rows that follow, of `ndjson` and `csv`.");

/// Some rows of a job's results.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ResultPage {
    /// The rows as they were appended.
    #[schemars(with = "Vec<serde_json::Value>")]
    data: Vec<Box<RawValue>>,
    meta: Meta,
}

/// The forms that rows are shown in.
pub struct ResultForms;

impl Forms for ResultForms {
    const FORMS: &'static [BodyForm] =
        &[body_form::<ResultPage>(JSON), body_form::<String>(NDJSON), body_form::<String>("text/csv")];
}

/// The position of the page among all rows.
#[derive(Debug, Serialize, JsonSchema)]
struct Meta {
    /// Rows in this response. Large rows make a page shorter than its limit.
    count: u64,
    /// The number of rows.
    total: u64,
    limit: u64,
    offset: u64,
    /// Whether there are more rows.
    has_more: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Ndjson,
    Csv,
}

impl Words for Format {
    const NAME: &'static str = "ResultFormat";
    const ALL: &'static [Self] = &[Self::Json, Self::Ndjson, Self::Csv];
    fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }
}

/// Answers `GET /v1/jobs/{id}/results`.
///
/// # Errors
/// 404 when there is no such job, 409 before its end, 400 when a parameter makes no sense.
pub async fn show(call: Box<Call>) -> Result<InForm<ResultForms>, Problem> {
    let limit = match call.query.text("limit").map(str::parse) {
        None => None,
        Some(Ok(limit)) if (1..=limits::RESULTS_MAX).contains(&limit) => Some(limit),
        Some(_) => {
            let detail = format!("limit must be 1 to {}", limits::RESULTS_MAX);
            return Err(Problem::new(Code::BadParameter, detail));
        }
    };
    let offset = call.query.number::<u64>("offset")?.unwrap_or(0);
    let format = call.query.word("format")?.unwrap_or(Format::Json);
    let job = find(&call.context.app, call.account(), id(&call)?).await?;
    if !job.status.is_terminal() {
        let detail =
            format!("the job is {}; its results are available when it has ended", job.status.as_str());
        return Err(Problem::new(Code::JobNotReady, detail));
    }
    match format {
        Format::Json => {
            page(&call, &job, limit.unwrap_or(limits::RESULTS_DEFAULT), offset).await.map(InForm::from)
        }
        Format::Ndjson => Ok(stream(call, &job, limit, offset, None).into()),
        Format::Csv => {
            let header = header(&call.context, &job, offset, rows_from(&job, offset, limit)).await?;
            Ok(stream(call, &job, limit, offset, Some(header.table(None))).into())
        }
    }
}

/// How many rows there are from one on, of those that are asked for.
fn rows_from(job: &Job, offset: u64, limit: Option<u64>) -> u64 {
    job.result_count.saturating_sub(offset).min(limit.unwrap_or(u64::MAX))
}

fn rows_wanted(job: &Job, from: u64, limit: u64, bytes: usize) -> Rows {
    Rows { account: job.account, job: job.id, from, limit, bytes }
}

/// The columns of so many rows.
async fn header(context: &Context, job: &Job, mut from: u64, mut left: u64) -> Result<Header, Problem> {
    let mut header = Header::default();
    while left > 0 {
        let asked = rows_wanted(job, from, left, limits::RESULT_CHUNK_BYTES);
        let mut _held = None;
        let rows = match short_rows(&context.app, asked, limits::RESULT_ROW_BYTES).await? {
            Ok(rows) => rows,
            Err(LongRow(length)) => {
                _held = Some(context.budgets.hold_row(Owner::Account(job.account), length)?);
                short_rows(&context.app, asked, length).await?.unwrap_or_default()
            }
        };
        if rows.is_empty() {
            break;
        }
        rows.iter().try_for_each(|row| header.add(row))?;
        from += rows.len();
        left -= rows.len();
    }
    Ok(header)
}

async fn page(call: &Call, job: &Job, limit: u64, offset: u64) -> Result<Json<ResultPage>, Problem> {
    let (app, asked) = (&call.context.app, rows_wanted(job, offset, limit, limits::RESULT_PAGE_BYTES));
    let mut held = None;
    let rows = match short_rows(app, asked, limits::RESULT_ROW_BYTES).await? {
        Ok(rows) => rows,
        Err(LongRow(length)) => {
            held = Some(call.context.budgets.hold_row(Owner::Account(call.account()), length)?);
            short_rows(app, asked, length).await?.unwrap_or_default()
        }
    };
    let data: Vec<_> = rows.iter().filter_map(|row| std::str::from_utf8(row).ok()).filter_map(raw).collect();
    let total = job.result_count;
    let has_more = offset.saturating_add(rows.len()) < total;
    let meta = Meta { count: rows.len(), total, limit, offset, has_more };
    let answer = json(StatusCode::OK, &ResultPage { data, meta });
    // From here on it counts as an answer.
    drop(held);
    answer
}

fn stream(call: Box<Call>, job: &Job, limit: Option<u64>, offset: u64, csv: Option<Csv>) -> Response {
    let left = rows_from(job, offset, limit);
    let media_type = if csv.is_some() { "text/csv; charset=utf-8" } else { "application/x-ndjson" };
    let (pieces, mut answer) = call.pieces(media_type);
    let cutter = Cutter::default();
    let left_rows = rows_wanted(job, offset, left, limits::RESULT_CHUNK_BYTES);
    tokio::spawn(Sender { asked: left_rows, csv, cutter, pieces }.run(call));
    answer.headers_mut().insert(ROW_COUNT, HeaderValue::from(left));
    answer
}

/// Sends rows as fast as they are taken.
struct Sender {
    asked: Rows,
    csv: Option<Csv>,
    cutter: Cutter,
    pieces: Pieces,
}

impl Sender {
    async fn run(mut self, call: Box<Call>) {
        let app = Arc::clone(&call.context.app);
        while self.asked.limit > 0 {
            let Some(mut room) = self.pieces.room(limits::PIECE_BYTES).await else { return };
            let (asked, job, from) = (self.asked, self.asked.job, self.asked.from);
            let mut rows = short_rows(&app, asked, limits::RESULT_ROW_BYTES).await;
            if let Ok(Err(LongRow(length))) = rows {
                drop(room);
                let Some(more) = self.pieces.room_for_row(length).await else { return };
                room = more;
                rows = short_rows(&app, asked, length).await;
            }
            let rows = match rows.map(Result::unwrap_or_default) {
                Ok(rows) if !rows.is_empty() => rows,
                Ok(_) => {
                    tracing::warn!(%job, from, "the results were deleted while they were being sent");
                    return;
                }
                Err(refusal) => {
                    tracing::warn!(%job, detail = %refusal.detail, "the results could not be sent completely");
                    return;
                }
            };
            let (written, ended) = self.written(&rows);
            drop(rows);
            self.asked.from += ended;
            self.asked.limit -= ended;
            if !self.pieces.put(written, room).await {
                return;
            }
            // A long table lets others have the worker between its pieces.
            tokio::task::yield_now().await;
        }
    }

    /// A piece, and how many of the rows it ends.
    fn written(&mut self, rows: &ResultRows) -> (Vec<u8>, u64) {
        match &self.csv {
            None => self.cutter.piece(rows.iter(), |row, _, out| {
                out.extend_from_slice(row);
                out.push(b'\n');
            }),
            Some(csv) => self.cutter.piece(rows.iter(), |row, begun, out| csv.row(row, begun, out)),
        }
    }
}
