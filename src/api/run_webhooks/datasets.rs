//! Datasets: the results of runs. They can be read while the run goes on, and go out row by row.

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use serde_json::value::RawValue;

use super::run::Asked;
use super::runs::{last, own, user};
use super::shape::Shape;
use super::window::flag;
use crate::api::answer::{Answer, Pieces, json as answer, pieces};
use crate::api::call::{Call, media_type};
use crate::api::context::Context;
use crate::api::document::{check_walk, syntax};
use crate::api::jobs::csv::Csv;
use crate::api::jobs::cutter::Cutter;
use crate::api::jobs::work;
use crate::api::problem::{Code, Problem};
use crate::api::query::Param;
use crate::clock;
use crate::domain::id::{AccountNo, JobId};
use crate::domain::job::Job;
use crate::domain::rows::Rows;
use crate::limits;
use crate::store::StoreError;
use crate::store::command::AppendRows;

/// Which items, and how.
pub const PARAMS: [Param; 9] = [
    Param { name: "offset", about: "How many items are passed over." },
    Param { name: "limit", about: "Items at most; all of them unless given." },
    Param { name: "desc", about: "1 or true: newest first." },
    Param { name: "format", about: "json (the default), jsonl or csv." },
    Param { name: "fields", about: "Names, separated by commas: the only members that are shown." },
    Param { name: "omit", about: "Names, separated by commas: members that are not shown." },
    Param { name: "clean", about: "1 or true: skipHidden and skipEmpty." },
    Param { name: "skipHidden", about: "1 or true: without members whose names begin with #." },
    Param { name: "skipEmpty", about: "1 or true: without items that have no members." },
];

/// What the header says where there is no limit.
const NO_LIMIT: u64 = 999_999_999_999;
/// The most rows that are read at once from the end.
const BACKWARDS: u64 = 1000;
/// Waits for a busy store before a push is given up: 100 × 20 ms.
const PATIENCE: u32 = 100;
const PAUSE: std::time::Duration = std::time::Duration::from_millis(20);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Lines,
    Csv,
}

impl Format {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Lines),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }

    fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::Lines => "application/x-ndjson; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
        }
    }
}

/// Answers `GET /v2/datasets/{id}/items`.
///
/// # Errors
/// When there is no such dataset, or a parameter has no sense.
pub async fn items(call: Box<Call>) -> Result<Answer, Problem> {
    let job = own(&call).await?;
    send(&call, &job).await
}

/// Answers `GET /v2/actors/{id}/runs/last/dataset/items`.
///
/// # Errors
/// When the actor has no run, or a parameter has no sense.
pub async fn last_items(call: Box<Call>) -> Result<Answer, Problem> {
    let job = last(&call).await?;
    send(&call, &job).await
}

async fn send(call: &Call, job: &Job) -> Result<Answer, Problem> {
    let offset = call.query.number::<u64>("offset")?.unwrap_or(0);
    let limit = call.query.number::<u64>("limit")?.filter(|limit| *limit > 0);
    let desc = flag(call, "desc")?;
    let format = call.query.word("format", Format::parse, "json, jsonl, csv")?.unwrap_or(Format::Json);
    let shape = Shape::of(call)?;
    let total = job.result_count;
    let count = total.saturating_sub(offset).min(limit.unwrap_or(u64::MAX));
    let (pieces, mut answer) = pieces(call, format.media_type());
    let rest = if desc { total.saturating_sub(offset).saturating_sub(count) } else { offset };
    let mut sender = Sender {
        account: job.account,
        job: job.id,
        from: rest,
        until: rest + count,
        desc,
        writer: Writer { format, shape, csv: None, cutter: Cutter::default() },
        pieces,
    };
    let context = std::sync::Arc::clone(&call.context);
    if format == Format::Csv {
        sender.columns(&context).await?;
    }
    tokio::spawn(sender.run(context));
    let headers = answer.headers_mut();
    for (name, value) in [
        ("x-apify-pagination-total", total),
        ("x-apify-pagination-offset", offset),
        ("x-apify-pagination-count", count),
        ("x-apify-pagination-limit", limit.unwrap_or(NO_LIMIT)),
    ] {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
    told(headers, desc);
    Ok(answer)
}

fn told(headers: &mut HeaderMap, desc: bool) {
    let value = HeaderValue::from_static(if desc { "true" } else { "false" });
    headers.insert(HeaderName::from_static("x-apify-pagination-desc"), value);
}

/// Sends the rows from one number up to another as fast as they are taken.
struct Sender {
    account: AccountNo,
    job: JobId,
    from: u64,
    until: u64,
    desc: bool,
    writer: Writer,
    pieces: Pieces,
}

impl Sender {
    /// Reads up to the first item that is shown: its members are the columns.
    async fn columns(&mut self, context: &Context) -> Result<(), Problem> {
        while self.from < self.until {
            let rows = self.next(context).await.ok_or(StoreError::Unavailable)?;
            for row in ordered(&rows, self.desc) {
                if let Some(row) = self.writer.shape.shaped(row) {
                    self.writer.csv = Some(Csv::of(&row)?);
                    return Ok(());
                }
                self.pass(1);
            }
        }
        Ok(())
    }

    /// So many rows are done with.
    fn pass(&mut self, rows: u64) {
        if self.desc {
            self.until -= rows;
        } else {
            self.from += rows;
        }
    }

    async fn run(mut self, context: std::sync::Arc<Context>) {
        while self.from < self.until {
            let Some(room) = self.pieces.room(limits::PIECE_BYTES).await else { return };
            let Some(rows) = self.next(&context).await else { return };
            let (out, ended) = self.writer.piece(&rows, self.desc);
            self.pass(ended);
            if !out.is_empty() && !self.pieces.put(out, room).await {
                return;
            }
            // A long table lets others have the worker between its pieces.
            tokio::task::yield_now().await;
        }
        if let Some(room) = self.pieces.room(1).await {
            self.pieces.put(self.writer.end().to_vec(), room).await;
        }
    }

    /// The next rows, in the order they were stored; `None` when they cannot be read.
    async fn next(&self, context: &Context) -> Option<Rows> {
        let mut wanted = (self.until - self.from).min(if self.desc { BACKWARDS } else { u64::MAX });
        loop {
            let job = self.job;
            let first = if self.desc { self.until - wanted } else { self.from };
            let read = context
                .read(self.account, move |store| store.rows(job, first, wanted, limits::RESULT_CHUNK_BYTES));
            let rows = match read.await {
                Ok(rows) if !rows.is_empty() => rows,
                // The answer ends without its last byte, so its reader knows.
                Ok(_) => {
                    tracing::warn!(%job, first, "items went away while they were sent");
                    return None;
                }
                Err(problem) => {
                    tracing::warn!(%job, detail = %problem.detail, "items could not be sent to their end");
                    return None;
                }
            };
            if self.desc && rows.len() != wanted {
                // Too large to be had at once: fewer of them, from the end.
                wanted = (rows.len() / 2).max(1);
                continue;
            }
            return Some(rows);
        }
    }
}

/// Rows in the order in which they go out.
fn ordered(rows: &Rows, backwards: bool) -> Vec<&[u8]> {
    let mut all: Vec<&[u8]> = rows.iter().collect();
    if backwards {
        all.reverse();
    }
    all
}

/// Rows in the form that was asked for.
struct Writer {
    format: Format,
    shape: Shape,
    /// There is one when an item is shown as CSV.
    csv: Option<Csv>,
    cutter: Cutter,
}

impl Writer {
    /// A piece, and how many of the rows it ends.
    fn piece(&mut self, rows: &Rows, backwards: bool) -> (Vec<u8>, u64) {
        let (format, shape, csv) = (self.format, &self.shape, &self.csv);
        self.cutter.piece(ordered(rows, backwards).into_iter(), |row, begun, out| {
            let Some(row) = shape.shaped(row) else { return };
            match format {
                Format::Csv => csv.iter().for_each(|csv| csv.row(&row, begun, out)),
                Format::Lines => {
                    out.extend_from_slice(&row);
                    out.push(b'\n');
                }
                Format::Json => {
                    out.push(if begun { b',' } else { b'[' });
                    out.extend_from_slice(&row);
                }
            }
        })
    }

    fn end(&self) -> &'static [u8] {
        match (self.format, self.cutter.begun) {
            (Format::Json, true) => b"]",
            (Format::Json, false) => b"[]",
            (Format::Lines | Format::Csv, _) => b"",
        }
    }
}

/// Answers `GET /v2/datasets/{id}`.
///
/// # Errors
/// When there is no such dataset.
pub async fn show(call: Box<Call>) -> Result<Answer, Problem> {
    let job = own(&call).await?;
    let id = job.id.to_string();
    let changed = job.completed_at.or(job.started_at).unwrap_or(job.created_at).to_string();
    let data = json!({
        "id": id,
        "userId": user(&call),
        "actId": Asked::of(&job).actor_id,
        "actRunId": id,
        "createdAt": job.created_at.to_string(),
        "modifiedAt": changed,
        "accessedAt": changed,
        "itemCount": job.result_count,
        "cleanItemCount": job.result_count,
        "consoleUrl": format!("{}/v2/datasets/{id}/items", call.context.public_url),
        "stats": {},
    });
    answer(StatusCode::OK, &json!({ "data": data }))
}

/// Answers `POST /v2/datasets/{id}/items`: an item, or an array of items, in one commit.
///
/// # Errors
/// When there is no such dataset, its run has ended, or the body is no JSON.
pub async fn push(mut call: Box<Call>) -> Result<Answer, Problem> {
    media_type(&call.headers)?;
    let job = own(&call).await?;
    let body = call.body(limits::REQUEST_BODY_BYTES).await?;
    let rows = pushed(&body)?;
    for _ in 0..PATIENCE {
        let append = AppendRows { account: job.account, job: job.id, offset: None, rows: rows.clone() };
        match call.context.store.append_rows(append, clock::now()).await {
            Err(StoreError::Busy | StoreError::AccountBusy) => tokio::time::sleep(PAUSE).await,
            stored => {
                stored?.map_err(|refused| work::refusal(&refused))?;
                return answer(StatusCode::CREATED, &json!({}));
            }
        }
    }
    Err(StoreError::Busy.into())
}

fn pushed(body: &[u8]) -> Result<Rows, Problem> {
    check_walk(body)?;
    let document: &RawValue = serde_json::from_slice(body).map_err(|error| syntax(&error))?;
    let mut rows = Rows::default();
    if document.get().starts_with('[') {
        let items: Vec<&RawValue> = serde_json::from_str(document.get()).map_err(|error| syntax(&error))?;
        for (at, item) in items.into_iter().enumerate() {
            push_row(item, &format!("/{at}"), &mut rows)?;
        }
    } else {
        push_row(document, "", &mut rows)?;
    }
    Ok(rows)
}

/// Adds an item on one line: between its parts, a line's end is white space like any other.
fn push_row(item: &RawValue, pointer: &str, rows: &mut Rows) -> Result<(), Problem> {
    let text = item.get();
    let fault = |detail: String| Err(Problem::new(Code::MalformedJson, detail.clone()).at(pointer, detail));
    if !text.starts_with('{') {
        return fault("an item must be an object".to_owned());
    }
    if text.len() > limits::RESULT_ROW_BYTES {
        return fault(format!("an item may have at most {} bytes", limits::RESULT_ROW_BYTES));
    }
    let line: Vec<u8> = text.bytes().map(|b| if matches!(b, b'\n' | b'\r') { b' ' } else { b }).collect();
    rows.push(&line);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_rows_of_one_line() {
        let rows = pushed(b"[{\"a\": [1,\n 2]}, {\"b\":\"\\n\"}]").unwrap();
        assert_eq!(rows.text(), b"{\"a\": [1,  2]}\n{\"b\":\"\\n\"}\n");
        assert_eq!(pushed(b" {\"a\":1} ").unwrap().len(), 1);
        assert_eq!(pushed(b"[]").unwrap().len(), 0);
        for bad in ["", "[1]", "7", "[{}", "[{\"a\":1,\"a\":2}]"] {
            assert_eq!(pushed(bad.as_bytes()).unwrap_err().code, Code::MalformedJson, "{bad}");
        }
    }

    #[test]
    fn each_format_has_its_form() {
        let mut rows = Rows::default();
        rows.push(br#"{"a":1,"b":"x"}"#);
        rows.push(br#"{"a":2,"b":"y"}"#);
        let written = |format, backwards| {
            let csv = rows.iter().next().map(|row| Csv::of(row).unwrap());
            let mut writer = Writer { format, shape: Shape::default(), csv, cutter: Cutter::default() };
            let (mut out, ended) = writer.piece(&rows, backwards);
            assert_eq!(ended, 2);
            out.extend_from_slice(writer.end());
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(Format::Json, false), r#"[{"a":1,"b":"x"},{"a":2,"b":"y"}]"#);
        assert_eq!(written(Format::Lines, true), "{\"a\":2,\"b\":\"y\"}\n{\"a\":1,\"b\":\"x\"}\n");
        assert_eq!(written(Format::Csv, false), "a,b\r\n1,x\r\n2,y\r\n");
    }

    #[test]
    fn a_wide_table_goes_out_in_bounded_pieces() {
        let mut rows = Rows::default();
        let names: Vec<String> = (0..limits::CSV_COLUMNS).map(|n| format!("\"{n}\":\"\\\"{n}\"")).collect();
        rows.push(format!("{{{}}}", names.join(",")).as_bytes());
        (1..16_000).for_each(|_| rows.push(b"{}"));
        for backwards in [false, true] {
            let csv = Some(Csv::of(rows.iter().next().unwrap()).unwrap());
            let mut writer =
                Writer { format: Format::Csv, shape: Shape::default(), csv, cutter: Cutter::default() };
            let (piece, ended) = writer.piece(&rows, backwards);
            assert!(piece.len() <= limits::PIECE_BYTES, "{} bytes in a piece", piece.len());
            assert!((1..10).contains(&ended), "{ended} rows in a piece");
        }
    }
}
