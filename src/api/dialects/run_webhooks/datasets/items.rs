//! Reading a dataset's items.

use std::sync::Arc;

use http::header::CONTENT_DISPOSITION;
use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::super::runs::run_in_path;
use super::super::window::flag;
use super::format::{Format, ItemFormat};
use super::range::Range;
use super::send::{Sender, Writer};
use crate::api::call::Call;
use crate::api::param::{Count, Param};
use crate::api::route::{BodyForm, Forms, InForm, JSON, NDJSON, body_form};
use crate::http::problem::Problem;

/// Which items, and how.
pub const PARAMS: [Param; 15] = [
    Param::of::<Count>("offset", "How many items to skip."),
    Param::of::<Count>("limit", "The maximum number of items; all of them by default."),
    Param::of::<bool>("desc", "1 or true: newest first."),
    Param::word::<Format>("format", "The form of the response; json by default."),
    Param::text("unwind", "Names, separated by commas: the elements of these members are items."),
    Param::text("flatten", "Names, separated by commas: what is within these members is shown as a.b."),
    Param::text("fields", "Names, separated by commas: the only members that are shown."),
    Param::text("omit", "Names, separated by commas: members that are not shown."),
    Param::of::<bool>("clean", "1 or true: skipHidden and skipEmpty."),
    Param::of::<bool>("skipHidden", "1 or true: without members whose names begin with #."),
    Param::of::<bool>("skipEmpty", "1 or true: without items that have no members."),
    Param::text("delimiter", "In csv, the one character between two cells; a comma by default."),
    Param::of::<bool>("skipHeaderRow", "1 or true: csv without the names of its columns."),
    Param::of::<bool>("bom", "1 or true: a byte order mark at the start."),
    Param::of::<bool>("attachment", "1 or true: to be saved by browsers."),
];

/// What is said of the page besides its items.
pub const PAGE_HEADERS: [Param; 5] = [
    Param::of::<Count>("X-Apify-Pagination-Total", "The number of the dataset's items."),
    Param::of::<Count>("X-Apify-Pagination-Offset", "The number of the first item."),
    Param::of::<Count>("X-Apify-Pagination-Count", "The number of items that follow."),
    Param::of::<Count>("X-Apify-Pagination-Limit", "The maximum number of items."),
    Param::of::<bool>("X-Apify-Pagination-Desc", "Whether the newest come first."),
];

/// What the header says where there is no limit.
const NO_LIMIT: u64 = 999_999_999_999;

/// The forms that items are shown in.
pub struct ItemForms;

impl Forms for ItemForms {
    const FORMS: &'static [BodyForm] =
        &[body_form::<Value>(JSON), body_form::<String>(NDJSON), body_form::<String>("text/csv")];
}

/// Answers `GET /v2/datasets/{id}/items`.
///
/// # Errors
/// When there is no such dataset, or a parameter makes no sense.
pub async fn items(call: Box<Call>) -> Result<InForm<ItemForms>, Problem> {
    let job = run_in_path(&call).await?;
    let offset = call.query.number::<u64>("offset")?.unwrap_or(0);
    let limit = call.query.number::<u64>("limit")?.filter(|limit| *limit > 0);
    let desc = flag(&call, "desc")?;
    let form = ItemFormat::of(&call)?;
    let attached = flag(&call, "attachment")?;
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
    let writer = Writer::new(form, csv);
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
    let desc = HeaderValue::from_static(if desc { "true" } else { "false" });
    headers.insert(HeaderName::from_static("x-apify-pagination-desc"), desc);
    Ok(answer.into())
}
