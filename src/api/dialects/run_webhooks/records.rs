//! A run's key-value store: what the run keeps for itself and for those who read it, `OUTPUT` above all. `INPUT` is
//! what it was started with, unless the run puts another in its place.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use super::run::RunMetadata;
use super::runs::run_in_path;
use super::view::storage;
use crate::api::call::Call;
use crate::api::param::{Count, Param};
use crate::api::route::{BodyForm, Forms, InForm, TakesAny, body_form};
use crate::app::jobs;
use crate::app::results;
use crate::domain::job::RunRecord;
use crate::http::owner::Owner;
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Json, json as answer};
use crate::http::response::{Response, attachment, no_content, segment};
use crate::limits;

/// Which keys a list shows.
pub const KEYS: [Param; 3] = [
    Param::of::<Count>("limit", "Keys in the response: at most 1000, which is the default."),
    Param::text("exclusiveStartKey", "The key after which the list begins."),
    Param::text("prefix", "Only keys that begin with this text."),
];

/// The key of what a run was started with.
const INPUT: &str = "INPUT";

/// The key in the path.
fn key(call: &Call) -> Result<&str, Problem> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"!-_.'()".contains(&b);
    let key = call.key.as_str();
    if key.is_empty() || key.len() > limits::RUN_KEY_BYTES || !key.bytes().all(plain) {
        let most = limits::RUN_KEY_BYTES;
        let detail = format!("a key must be 1 to {most} letters, digits and any of !-_.'()");
        return Err(Problem::new(Code::BadParameter, detail));
    }
    Ok(key)
}

/// Answers `GET /v2/key-value-stores/{id}`.
///
/// # Errors
/// When there is no such run.
pub async fn show(call: Box<Call>) -> Result<Json<Value>, Problem> {
    let job = run_in_path(&call).await?;
    let own = json!({
        "keysPublicUrl": format!("{}/v2/key-value-stores/{}/keys", call.context.public_url, job.id),
        // Clients of some versions take no store without these. No one counts them here.
        "stats": { "readCount": 0, "writeCount": 0, "deleteCount": 0, "listCount": 0, "s3StorageBytes": 0 },
    });
    let data = storage(&call, &job, own);
    answer(StatusCode::OK, &json!({ "data": data }))
}

/// Answers `GET /v2/key-value-stores/{id}/keys`.
///
/// # Errors
/// When there is no such run, or a parameter makes no sense.
pub async fn keys(call: Box<Call>) -> Result<Json<Value>, Problem> {
    let job = run_in_path(&call).await?;
    let limit = call.query.number::<usize>("limit")?.filter(|limit| *limit > 0);
    let limit = limit.unwrap_or(limits::RUN_RECORDS).min(limits::RUN_RECORDS);
    let start = call.query.text("exclusiveStartKey").map(str::to_owned);
    let prefix = call.query.text("prefix").unwrap_or_default().to_owned();
    let (id, after) = (job.id, start.clone().unwrap_or_default());
    let input = RunMetadata::of(&job).input_bytes as u64;
    let mut found = results::kept_keys(&call.context.app, &job, after).await?;
    let is_after = start.as_deref().is_none_or(|start| INPUT > start);
    if input > 0 && is_after && !found.iter().any(|(key, _)| key == INPUT) {
        found.push((INPUT.to_owned(), input));
        found.sort();
    }
    found.retain(|(key, _)| key.starts_with(&prefix));
    let is_truncated = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_truncated).map(|(key, _)| key.clone());
    let url =
        |key: &str| format!("{}/v2/key-value-stores/{id}/records/{}", call.context.public_url, segment(key));
    let items: Vec<Value> = found
        .iter()
        .map(|(key, size)| json!({ "key": key, "size": size, "recordPublicUrl": url(key) }))
        .collect();
    let data = json!({
        "items": items,
        "count": items.len(),
        "limit": limit,
        "exclusiveStartKey": start,
        "isTruncated": is_truncated,
        "nextExclusiveStartKey": next,
    });
    answer(StatusCode::OK, &json!({ "data": data }))
}

/// A record, of the type that it was put with.
pub struct AsPut;

impl Forms for AsPut {
    const FORMS: &'static [BodyForm] = &[body_form::<String>("*/*")];
}

/// Answers `GET /v2/key-value-stores/{id}/records/{key}`, with the type that it was put with.
///
/// # Errors
/// When there is no such run, or it keeps nothing under that key.
pub async fn get(call: Box<Call>) -> Result<InForm<AsPut>, Problem> {
    let job = run_in_path(&call).await?;
    let key = key(&call)?.to_owned();
    let (app, context) = (&call.context.app, Arc::clone(&call.context));
    let owner = Owner::Account(call.account());
    // The answer is held for itself.
    let hold = move |length| context.budgets.hold_row(owner, length);
    let is_input = key == INPUT;
    let found = results::kept(app, &job, key, hold).await??;
    let input = if found.is_none() && is_input { jobs::input(app, &job).await? } else { None };
    let (content_type, data) = match (found, input) {
        (Some(RunRecord { content_type, data, .. }), _) => (Some(content_type.into_string()), data),
        (None, Some(input)) => (RunMetadata::of(&job).content_type, input),
        (None, None) => return Err(Problem::not_found("record")),
    };
    let unknown = || HeaderValue::from_static("application/octet-stream");
    let content_type = content_type.and_then(|text| text.parse().ok()).unwrap_or_else(unknown);
    Ok(attachment(content_type, Bytes::from_owner(data)).into())
}

/// Answers `PUT /v2/key-value-stores/{id}/records/{key}`.
///
/// # Errors
/// When there is no such run, it is too long, or the run keeps too many.
pub async fn put(mut call: Box<Call>, _: TakesAny) -> Result<Json<Value>, Problem> {
    let job = run_in_path(&call).await?;
    let key: Box<str> = key(&call)?.into();
    let content_type = call.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let content_type = content_type.unwrap_or("application/octet-stream").to_owned();
    if content_type.len() > limits::RUN_LABEL_BYTES {
        let detail = format!("Content-Type may have at most {} bytes", limits::RUN_LABEL_BYTES);
        return Err(Problem::new(Code::BadParameter, detail));
    }
    let data = call.body.whole(limits::RUN_RECORD_BYTES).await?;
    let record =
        RunRecord { content_type: content_type.into(), updated_at: call.now, data: data.as_ref().into() };
    results::keep(&call.context.app, &job, key, Some(record)).await?;
    answer(StatusCode::CREATED, &json!({}))
}

/// Answers `DELETE /v2/key-value-stores/{id}/records/{key}`, whether there was one or not.
///
/// # Errors
/// When there is no such run.
pub async fn remove(call: Box<Call>) -> Result<Response, Problem> {
    let job = run_in_path(&call).await?;
    results::keep(&call.context.app, &job, key(&call)?.into(), None).await?;
    Ok(no_content())
}
