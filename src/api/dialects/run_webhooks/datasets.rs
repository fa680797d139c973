//! Datasets: the results of runs. They can be read while the run goes on, and go out row by row.

use std::sync::Arc;

use http::header::CONTENT_DISPOSITION;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::json;
use serde_json::value::RawValue;

use super::runs::{own, refuse};
use super::shape::Shape;
use super::view::storage;
use super::window::flag;
use crate::api::call::Call;
use crate::api::context::Context;
use crate::api::query::Param;
use crate::api::v1::jobs::csv::{Csv, Header};
use crate::api::v1::jobs::cutter::{Cutter, Put};
use crate::app::jobs;
use crate::clock;
use crate::domain::id::{AccountNo, JobId};
use crate::domain::job::Job;
use crate::domain::result_rows::ResultRows;
use crate::http::content_type::media_type;
use crate::http::document::{BOM, check_walk, syntax};
use crate::http::owner::Owner;
use crate::http::problem::{Code, Invalid, Problem};
use crate::http::reply::{Json, json as answer};
use crate::http::response::{Pieces, Response};
use crate::limits;
use crate::store::command::AppendRows;
use crate::store::{LongRow, Store, StoreError};
use serde_json::Value;

/// Which items, and how.
pub const PARAMS: [Param; 15] = [
    Param { name: "offset", about: "How many items to skip." },
    Param { name: "limit", about: "The maximum number of items; all of them by default." },
    Param { name: "desc", about: "1 or true: newest first." },
    Param { name: "format", about: "json (the default), jsonl or csv." },
    Param { name: "unwind", about: "Names, separated by commas: the elements of these members are items." },
    Param {
        name: "flatten",
        about: "Names, separated by commas: what is within these members is shown as a.b.",
    },
    Param { name: "fields", about: "Names, separated by commas: the only members that are shown." },
    Param { name: "omit", about: "Names, separated by commas: members that are not shown." },
    Param { name: "clean", about: "1 or true: skipHidden and skipEmpty." },
    Param { name: "skipHidden", about: "1 or true: without members whose names begin with #." },
    Param { name: "skipEmpty", about: "1 or true: without items that have no members." },
    Param { name: "delimiter", about: "In csv, the one character between two cells; a comma by default." },
    Param { name: "skipHeaderRow", about: "1 or true: csv without the names of its columns." },
    Param { name: "bom", about: "1 or true: a byte order mark at the start." },
    Param { name: "attachment", about: "1 or true: to be saved by browsers." },
];
/// Parameters that the provider has and that are not supported.
const REFUSED: [&str; 7] =
    ["view", "simplified", "skipFailedPages", "xmlRoot", "xmlRow", "feedTitle", "feedDescription"];

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

    fn extension(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Lines => "jsonl",
            Self::Csv => "csv",
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
pub async fn items(call: Box<Call>) -> Result<Response, Problem> {
    let job = own(&call).await?;
    send(&call, &job).await
}

/// How items go out.
struct ItemFormat {
    format: Format,
    shape: Shape,
    delimiter: char,
    named: bool,
    bom: bool,
}

impl ItemFormat {
    fn of(call: &Call) -> Result<Self, Problem> {
        refuse(call, &REFUSED)?;
        let one = |text: &str| {
            let mut chars = text.chars();
            chars.next().filter(|c| chars.next().is_none() && !matches!(c, '"' | '\r' | '\n'))
        };
        let delimiter = call.query.text("delimiter").map(one);
        let wrong = || Problem::new(Code::BadParameter, "delimiter must be one character other than a quote");
        Ok(Self {
            format: call.query.word("format", Format::parse, "json, jsonl, csv")?.unwrap_or(Format::Json),
            shape: Shape::of(call)?,
            delimiter: delimiter.unwrap_or(Some(',')).ok_or_else(wrong)?,
            named: !flag(call, "skipHeaderRow")?,
            bom: flag(call, "bom")?,
        })
    }
}

/// Some of a dataset's items.
#[derive(Debug, Clone, Copy)]
struct Range {
    account: AccountNo,
    job: JobId,
    from: u64,
    until: u64,
    desc: bool,
}

async fn send(call: &Call, job: &Job) -> Result<Response, Problem> {
    let offset = call.query.number::<u64>("offset")?.unwrap_or(0);
    let limit = call.query.number::<u64>("limit")?.filter(|limit| *limit > 0);
    let desc = flag(call, "desc")?;
    let form = ItemFormat::of(call)?;
    let attached = flag(call, "attachment")?;
    let total = job.result_count;
    let count = total.saturating_sub(offset).min(limit.unwrap_or(u64::MAX));
    let rest = if desc { total.saturating_sub(offset).saturating_sub(count) } else { offset };
    let range = Range { account: job.account, job: job.id, from: rest, until: rest + count, desc };
    let context = Arc::clone(&call.context);
    let csv = match form.format {
        Format::Csv => {
            let mut table = range.header(&context, &form.shape).await?.table(form.shape.fields());
            (table.delimiter, table.named) = (form.delimiter, form.named);
            Some(table)
        }
        Format::Json | Format::Lines => None,
    };
    let (pieces, mut answer) = call.pieces(form.format.media_type());
    if attached {
        let name = format!("attachment; filename=\"dataset_{}.{}\"", job.id, form.format.extension());
        answer
            .headers_mut()
            .extend(HeaderValue::from_str(&name).ok().map(|name| (CONTENT_DISPOSITION, name)));
    }
    let writer = Writer { form, csv, cutter: Cutter::default(), shown: 0 };
    tokio::spawn(Sender { range, writer, pieces }.run(context));
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

impl Range {
    /// So many rows are done with.
    fn pass(&mut self, rows: u64) {
        if self.desc {
            self.until -= rows;
        } else {
            self.from += rows;
        }
    }

    /// The columns of the items.
    async fn header(mut self, context: &Context, shape: &Shape) -> Result<Header, Problem> {
        self.desc = false;
        let mut header = Header::nested();
        while self.from < self.until {
            let mut _held = None;
            let rows = match self.next(context, limits::RESULT_ROW_BYTES).await {
                Err(Unread::Long(length)) => {
                    _held = Some(context.budgets.hold_row(Owner::Account(self.account), length)?);
                    self.next(context, length).await
                }
                read => read,
            };
            let rows = rows.map_err(|_| StoreError::Unavailable)?;
            for row in rows.iter() {
                let (mut shown, mut wrong, mut whole) = (0, None, false);
                while !whole && wrong.is_none() {
                    let start = shown;
                    whole = shape.each(row, start, &mut |item| {
                        shown += 1;
                        wrong = item.and_then(|item| header.add(&item).err());
                        wrong.is_none() && shown < start + limits::UNWOUND_AT_ONCE
                    });
                    if !whole {
                        // Others have their turn between the parts of a long list.
                        tokio::task::yield_now().await;
                    }
                }
                wrong.map_or(Ok(()), Err)?;
            }
            self.pass(rows.len());
        }
        Ok(header)
    }

    /// The next rows, in the order they were stored, none of them longer than `longest`.
    async fn next(&self, context: &Context, longest: usize) -> Result<ResultRows, Unread> {
        let mut wanted = (self.until - self.from).min(if self.desc { BACKWARDS } else { u64::MAX });
        loop {
            let job = self.job;
            let first = if self.desc { self.until - wanted } else { self.from };
            let read = move |store: &Store| {
                store.short_rows(job, first, wanted, limits::RESULT_CHUNK_BYTES, longest)
            };
            let rows = match context.read(self.account, read).await {
                Ok(Ok(rows)) if !rows.is_empty() => rows,
                Ok(Err(_)) if self.desc && wanted > 1 => {
                    wanted /= 2;
                    continue;
                }
                Ok(Err(LongRow(length))) => return Err(Unread::Long(length)),
                // The answer ends without its last byte, so its reader knows.
                Ok(_) => {
                    tracing::warn!(%job, first, "the items were deleted while they were being sent");
                    return Err(Unread::Broken);
                }
                Err(problem) => {
                    tracing::warn!(%job, detail = %problem.detail, "the items could not be sent completely");
                    return Err(Unread::Broken);
                }
            };
            if self.desc && rows.len() != wanted {
                // Too large to be had at once: fewer of them, from the end.
                wanted = (rows.len() / 2).max(1);
                continue;
            }
            return Ok(rows);
        }
    }
}

/// Why rows were not read.
enum Unread {
    /// The first of them is so long.
    Long(usize),
    /// They cannot be, as the log says.
    Broken,
}

/// Sends a range's rows as fast as they are taken.
struct Sender {
    range: Range,
    writer: Writer,
    pieces: Pieces,
}

impl Sender {
    async fn run(mut self, context: Arc<Context>) {
        while self.range.from < self.range.until {
            let Some(mut room) = self.pieces.room(limits::PIECE_BYTES).await else { return };
            let mut read = self.range.next(&context, limits::RESULT_ROW_BYTES).await;
            if let Err(Unread::Long(length)) = read {
                drop(room);
                let Some(more) = self.pieces.room_for_row(length).await else { return };
                room = more;
                read = self.range.next(&context, length).await;
            }
            let Ok(rows) = read else { return };
            let (out, ended) = self.writer.piece(&rows, self.range.desc);
            drop(rows);
            self.range.pass(ended);
            if !out.is_empty() && !self.pieces.put(out, room).await {
                return;
            }
            // A long table lets others have the worker between its pieces.
            tokio::task::yield_now().await;
        }
        if let Some(room) = self.pieces.room(1).await {
            self.pieces.put(self.writer.end(), room).await;
        }
    }
}

/// Rows in the order in which they go out.
fn ordered(rows: &ResultRows, backwards: bool) -> Vec<&[u8]> {
    let mut all: Vec<&[u8]> = rows.iter().collect();
    if backwards {
        all.reverse();
    }
    all
}

/// Rows in the form that was asked for.
struct Writer {
    form: ItemFormat,
    /// There is one where items are shown as CSV.
    csv: Option<Csv>,
    cutter: Cutter,
    /// Items that are shown of the row at hand, which is unwound.
    shown: u64,
}

impl Writer {
    /// A piece, and how many of the rows it ends.
    fn piece(&mut self, rows: &ResultRows, backwards: bool) -> (Vec<u8>, u64) {
        let Self { form, csv, cutter, shown } = self;
        let (mut piece, mut ended, mut looked) = (cutter.begin(), 0, 0);
        for row in ordered(rows, backwards) {
            let before = *shown;
            let whole = form.shape.each(row, *shown, &mut |item| {
                let put = item.map_or(Put::Whole, |item| {
                    piece.row(|begun, out| written(form, csv.as_ref(), &item, begun, out))
                });
                *shown += u64::from(put != Put::Part);
                looked += 1;
                put == Put::Whole && looked < limits::UNWOUND_AT_ONCE.max(rows.len())
            });
            // One that is not unwound is at its end when it is shown.
            if whole || !form.shape.unwinds() && *shown > before {
                *shown = 0;
                ended += 1;
            }
            if !whole {
                break;
            }
        }
        (piece.into_bytes(), ended)
    }

    /// What stands after all items.
    fn end(&self) -> Vec<u8> {
        let mut out = Vec::new();
        let begun = self.cutter.begun;
        if self.form.bom && !begun {
            out.extend_from_slice(BOM);
        }
        match (self.form.format, &self.csv) {
            (Format::Json, _) => out.extend_from_slice(if begun { b"]" } else { b"[]" }),
            (Format::Csv, Some(csv)) if !begun => csv.header(&mut out),
            (Format::Lines | Format::Csv, _) => {}
        }
        out
    }
}

/// Writes an item.
fn written(form: &ItemFormat, csv: Option<&Csv>, item: &[u8], begun: bool, out: &mut Vec<u8>) {
    if form.bom && !begun {
        out.extend_from_slice(BOM);
    }
    match form.format {
        Format::Csv => csv.into_iter().for_each(|csv| csv.row(item, begun, out)),
        Format::Lines => {
            out.extend_from_slice(item);
            out.push(b'\n');
        }
        Format::Json => {
            out.push(if begun { b',' } else { b'[' });
            out.extend_from_slice(item);
        }
    }
}

/// Answers `GET /v2/datasets/{id}`.
///
/// # Errors
/// When there is no such dataset.
pub async fn show(call: Box<Call>) -> Result<Json<Value>, Problem> {
    let job = own(&call).await?;
    let own = json!({
        "itemCount": job.result_count,
        "cleanItemCount": job.result_count - empty_items(&call, &job).await?,
        "consoleUrl": format!("{}/v2/datasets/{}/items", call.context.public_url, job.id),
        // Clients of some versions take no dataset without these. Nobody counts them here.
        "stats": { "readCount": 0, "writeCount": 0, "deleteCount": 0, "storageBytes": 0 },
    });
    let data = storage(&call, &job, own);
    answer(StatusCode::OK, &json!({ "data": data }))
}

/// How many items have no members that `clean` shows, as far as a bounded look goes.
async fn empty_items(call: &Call, job: &Job) -> Result<u64, Problem> {
    let (clean, id) = (Arc::new(Shape::clean()), job.id);
    let (mut from, mut empty, mut bytes) = (0, 0, 0);
    while bytes < limits::CLEAN_SCAN_BYTES {
        let clean = Arc::clone(&clean);
        // They are shaped where they are read: that may block.
        let look = move |store: &Store| {
            let (chunk, longest) = (limits::RESULT_CHUNK_BYTES, limits::RESULT_ROW_BYTES);
            let rows = match store.short_rows(id, from, u64::MAX, chunk, longest)? {
                Ok(rows) => rows,
                // One that long has something in it.
                Err(LongRow(length)) => return Ok((1, length, 0)),
            };
            let mut empty = 0;
            rows.iter().for_each(|row| {
                clean.each(row, 0, &mut |item| {
                    empty += u64::from(item.is_none());
                    true
                });
            });
            Ok((rows.len(), rows.text().len(), empty))
        };
        let (count, length, without) = call.read(look).await?;
        if count == 0 {
            break;
        }
        (from, bytes, empty) = (from + count, bytes + length, empty + without);
    }
    // Rows that came since the job was read are not counted in either.
    Ok(empty.min(job.result_count))
}

/// Answers `POST /v2/datasets/{id}/items`: an item, or an array of items, in one commit.
///
/// # Errors
/// When there is no such dataset, its run has ended, or the body is no JSON.
pub async fn push(mut call: Box<Call>) -> Result<Json<Value>, Problem> {
    media_type(&call.headers)?;
    let job = own(&call).await?;
    let body = call.body.json(limits::REQUEST_BODY_BYTES).await?;
    // Clients of some versions push no items as no body.
    let mut rows = ResultRows::default();
    if !body.is_empty() {
        // The rows beside the body, until that is let go.
        call.body.hold(2 * body.len())?;
        let long = body.len() > limits::LONG_BYTES;
        rows = call.context.app.tenant_work.run_if_long(job.account, long, move || pushed(&body)).await??;
        call.body.hold_only(rows.text().len());
    }
    let rows = Arc::new(rows);
    for _ in 0..PATIENCE {
        let rows = Arc::clone(&rows);
        let append = AppendRows { account: job.account, job: job.id, offset: None, rows };
        match call.context.store.append_rows(append, clock::now()).await {
            Err(StoreError::Busy | StoreError::AccountBusy) => tokio::time::sleep(PAUSE).await,
            stored => {
                stored?.map_err(|refused| jobs::job_refused(&refused))?;
                return answer(StatusCode::CREATED, &json!({}));
            }
        }
    }
    Err(StoreError::Busy.into())
}

fn pushed(body: &[u8]) -> Result<ResultRows, Problem> {
    check_walk(body)?;
    let document: &RawValue = serde_json::from_slice(body).map_err(|error| syntax(&error))?;
    let mut rows = ResultRows::default();
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

/// Adds an item as a row.
fn push_row(item: &RawValue, pointer: &str, rows: &mut ResultRows) -> Result<(), Problem> {
    let text = item.get();
    let fault = |code, detail: String| {
        let invalid = Invalid::new(pointer, detail);
        Err(Problem::new(code, invalid.to_string()).at(invalid.pointer, invalid.detail))
    };
    if !text.starts_with('{') {
        return fault(Code::MalformedJson, "must be an object".to_owned());
    }
    if text.len() > limits::ITEM_BYTES {
        let most = limits::ITEM_BYTES;
        return fault(Code::TooLarge, format!("has {} bytes; an item may have {most}", text.len()));
    }
    if text.len() > limits::RESULT_ROW_BYTES && values(text.as_bytes()) > limits::ITEM_VALUES {
        let (long, most) = (limits::RESULT_ROW_BYTES, limits::ITEM_VALUES);
        let detail =
            format!("has more than {most} values, and an item of more than {long} bytes may have no more");
        return fault(Code::TooLarge, detail + "; push it as several items");
    }
    rows.push_on_one_line(text.as_bytes());
    Ok(())
}

/// About how many values are within a JSON text: those that begin a list or an object, or follow another one.
fn values(text: &[u8]) -> usize {
    let (mut count, mut in_string, mut escaped) = (0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => count += 1,
            _ => {}
        }
    }
    count
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

    fn writer(format: Format, csv: Option<Csv>) -> Writer {
        let form = ItemFormat { format, shape: Shape::default(), delimiter: ',', named: true, bom: false };
        Writer { form, csv, cutter: Cutter::default(), shown: 0 }
    }

    fn table(rows: &ResultRows) -> Csv {
        let mut header = Header::nested();
        rows.iter().for_each(|row| header.add(row).unwrap());
        header.table(None)
    }

    #[test]
    fn each_format_has_its_form() {
        let mut rows = ResultRows::default();
        rows.push(br#"{"a":1,"b":"x"}"#);
        rows.push(br#"{"a":2,"c":"y"}"#);
        let written = |format, backwards, bom| {
            let mut writer = writer(format, Some(table(&rows)));
            writer.form.bom = bom;
            let (mut out, ended) = writer.piece(&rows, backwards);
            assert_eq!(ended, 2);
            out.extend_from_slice(&writer.end());
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(Format::Json, false, false), r#"[{"a":1,"b":"x"},{"a":2,"c":"y"}]"#);
        assert_eq!(written(Format::Lines, true, false), "{\"a\":2,\"c\":\"y\"}\n{\"a\":1,\"b\":\"x\"}\n");
        assert_eq!(written(Format::Csv, false, true), "\u{FEFF}a,b,c\r\n1,x,\r\n2,,y\r\n");
        let none = Writer {
            form: ItemFormat { bom: true, ..writer(Format::Json, None).form },
            ..writer(Format::Json, None)
        };
        assert_eq!(none.end(), "\u{FEFF}[]".as_bytes());
    }

    #[test]
    fn what_is_unwound_comes_whole_in_bounded_pieces() {
        let mut rows = ResultRows::default();
        let (count, text) = (3000, "x".repeat(2000));
        let list: Vec<String> = (0..count).map(|n| n.to_string()).collect();
        rows.push(format!("{{\"l\":[{}],\"t\":\"{text}\"}}", list.join(",")).as_bytes());
        rows.push(br#"{"l":7}"#);
        let mut writer = writer(Format::Lines, None);
        writer.form.shape = Shape::unwinding("l");
        let (mut all, mut ended) = (String::new(), 0);
        while ended < 2 {
            let mut left = ResultRows::default();
            rows.iter().skip(ended).for_each(|row| left.push(row));
            let (piece, rows) = writer.piece(&left, false);
            assert!(piece.len() <= limits::PIECE_BYTES, "{} bytes in a piece", piece.len());
            all.push_str(std::str::from_utf8(&piece).unwrap());
            ended += usize::try_from(rows).unwrap();
        }
        let want = (0..count).map(|n| format!("{{\"l\":{n},\"t\":\"{text}\"}}\n"));
        assert!(all == want.chain(["{\"l\":7}\n".to_owned()]).collect::<String>());
    }

    #[test]
    fn a_wide_table_goes_out_in_bounded_pieces() {
        let mut rows = ResultRows::default();
        let names: Vec<String> = (0..limits::CSV_COLUMNS).map(|n| format!("\"{n}\":\"\\\"{n}\"")).collect();
        rows.push(format!("{{{}}}", names.join(",")).as_bytes());
        (1..16_000).for_each(|_| rows.push(b"{}"));
        for backwards in [false, true] {
            let mut writer = writer(Format::Csv, Some(table(&rows)));
            let (piece, ended) = writer.piece(&rows, backwards);
            assert!(piece.len() <= limits::PIECE_BYTES, "{} bytes in a piece", piece.len());
            assert!((1..10).contains(&ended), "{ended} rows in a piece");
        }
    }
}
