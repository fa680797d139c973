//! A run's key-value store: what the run keeps for itself and for those who read it, `OUTPUT` above all. `INPUT` is
//! what it was started with, unless the run puts another in its place.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;

use super::actors::Nothing;
use super::run::RunMetadata;
use super::runs::run_in_path;
use super::view::Storage;
use super::window::{Data, data};
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

/// A run's key-value store.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunStore")]
pub struct StoreView {
    #[serde(flatten)]
    storage: Storage,
    keys_public_url: String,
    /// Clients of some versions take no store without these. No one counts them here.
    stats: StoreStats,
}

#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunStoreStats")]
struct StoreStats {
    read_count: u64,
    write_count: u64,
    delete_count: u64,
    list_count: u64,
    #[serde(rename = "s3StorageBytes")]
    storage_bytes: u64,
}

/// Answers `GET /v2/key-value-stores/{id}`.
///
/// # Errors
/// When there is no such run.
pub async fn show(call: Box<Call>) -> Result<Json<Data<StoreView>>, Problem> {
    let job = run_in_path(&call).await?;
    let store = StoreView {
        storage: Storage::of(&call, &job),
        keys_public_url: format!("{}/v2/key-value-stores/{}/keys", call.context.public_url, job.id),
        stats: StoreStats::default(),
    };
    data(StatusCode::OK, store)
}

/// A key of a run's store.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunKey")]
struct KeyView {
    key: String,
    /// The record's bytes.
    size: u64,
    record_public_url: String,
}

/// The keys of a run's store, or a part of them.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunKeys")]
pub struct KeysView {
    items: Vec<KeyView>,
    count: usize,
    limit: usize,
    exclusive_start_key: Option<String>,
    /// Whether there are more.
    is_truncated: bool,
    /// Where the next part begins.
    next_exclusive_start_key: Option<String>,
}

/// Answers `GET /v2/key-value-stores/{id}/keys`.
///
/// # Errors
/// When there is no such run, or a parameter makes no sense.
pub async fn keys(call: Box<Call>) -> Result<Json<Data<KeysView>>, Problem> {
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
    let shown = |(key, size): (String, u64)| KeyView { record_public_url: url(&key), key, size };
    let keys = KeysView {
        count: found.len(),
        items: found.into_iter().map(shown).collect(),
        limit,
        exclusive_start_key: start,
        is_truncated,
        next_exclusive_start_key: next,
    };
    data(StatusCode::OK, keys)
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
pub async fn put(mut call: Box<Call>, _: TakesAny) -> Result<Json<Nothing>, Problem> {
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
    answer(StatusCode::CREATED, &Nothing {})
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
