//! Making jobs, and the steps that their executors and owners take.

use std::borrow::Cow;
use std::time::Duration;

use http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::view::JobView;
use crate::api::call::Call;
use crate::api::members::metadata;
use crate::api::request_key;
use crate::api::route::Takes;
use crate::api::v1::webhooks::edit::draft;
use crate::api::words::{OneOf, Words};
use crate::app::jobs;
use crate::app::jobs::{Made, NewJob};
use crate::app::webhooks::{Approved, make};
use crate::domain::dialect::Dialect;
use crate::domain::event_type::EventPattern;
use crate::domain::id::JobId;
use crate::domain::job::{Job, JobStatus, NotNow};
use crate::domain::profile::JOB_PROFILE;
use crate::domain::reserved::JOB_ENDS;
use crate::domain::time;
use crate::domain::webhook::Settings;
use crate::http::document::Faults;
use crate::http::problem::Problem;
use crate::http::reply::{Json, json};
use crate::limits;

/// A job to create.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["type"]))]
#[derive(Default)]
pub struct JobBody {
    /// The type of work: dot-separated segments such as `report.build`.
    #[serde(rename = "type")]
    #[schemars(required)]
    job_type: Option<String>,
    /// The input: any JSON, passed on byte for byte.
    #[schemars(with = "Option<serde_json::Value>")]
    input: Option<Box<RawValue>>,
    /// Gets one signed event when the job ends.
    callback_url: Option<String>,
    /// How long it may take from now on: a duration as "30s", or whole seconds.
    #[schemars(with = "Timeout")]
    timeout: Option<Value>,
    /// The owner's labels: an object.
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    metadata: Option<Box<RawValue>>,
}

/// A duration's text, or whole seconds: the form of `timeout`.
struct Timeout;

impl JsonSchema for Timeout {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        "Timeout".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": ["string", "integer", "null"]})
    }
}

impl Timeout {
    fn checked(value: &Value) -> Result<Duration, &'static str> {
        let timeout = match value {
            Value::String(text) => time::duration(text).ok(),
            other => other.as_u64().map(Duration::from_secs),
        };
        let sane = |timeout: &Duration| !timeout.is_zero() && *timeout <= limits::JOB_TIMEOUT;
        timeout
            .filter(sane)
            .ok_or("must be a duration such as \"250ms\", \"30s\" or \"2h\", or whole seconds; at most 365d")
    }
}

impl JobBody {
    fn checked(self, call: &Call, faults: &mut Faults) -> Result<Option<NewJob>, Problem> {
        let job_type = faults.require("/type", self.job_type);
        let job_type = faults.parse("/type", job_type.as_deref());
        let timeout = self.timeout.and_then(|timeout| faults.check("/timeout", Timeout::checked(&timeout)));
        let metadata = self.metadata.and_then(|text| metadata(text.get(), faults));
        let input = self.input.filter(|input| {
            let fits = input.get().len() <= limits::JOB_INPUT_BYTES;
            if !fits {
                faults.add("/input", format_args!("may have at most {} bytes", limits::JOB_INPUT_BYTES));
            }
            fits
        });
        let callbacks = match self.callback_url {
            Some(url) => callback(url, call, faults)?,
            None => None,
        };
        Ok(job_type.map(|job_type| NewJob {
            account: call.account(),
            dialect: Dialect::Native,
            job_type,
            input: input.map(|input| input.get().as_bytes().into()),
            timeout,
            metadata,
            scopes: Vec::new(),
            callbacks: callbacks.into_iter().collect(),
            idempotency: None,
        }))
    }
}

/// The webhook of a callback_url: it gets the job's end, once.
fn callback(url: String, call: &Call, faults: &mut Faults) -> Result<Option<Approved>, Problem> {
    let mut draft = draft(call.account(), call.now)?;
    let ends = JOB_ENDS.iter().filter_map(|name| name.parse().ok().map(EventPattern::Exact));
    draft.settings = Settings { profile: JOB_PROFILE.to_owned(), events: ends.collect(), ..draft.settings };
    draft.url = Some(url);
    let made = make(draft, &call.context.app.rules().asking(call.manages_secrets(), call.now));
    Ok(faults.judged(made, |_| "/callback_url"))
}

/// Answers `POST /v1/jobs`.
///
/// # Errors
/// Names every member that cannot be taken; 409 when its key was used with other content.
pub async fn create(mut call: Box<Call>, document: Takes<JobBody>) -> Result<Json<JobView>, Problem> {
    let key = request_key::of(&call.headers)?;
    let most = limits::JOB_INPUT_BYTES + limits::EVENT_EXTRA_BYTES;
    let (body, mut faults, text) = document.read_text(&mut call, most).await?;
    let new = body.checked(&call, &mut faults)?;
    let mut new = faults.unless(new)?;
    if let Some(key) = key {
        new.idempotency = key.idempotency("job", call.account(), text, &call.context.app, call.now).await?;
    }
    let input = new.input.clone();
    let Made { job, webhooks, duplicate } = jobs::create(&call.context.app, new, call.now).await?;
    let view = JobView::new(&job).answering(duplicate).with_input(input.as_deref());
    let view = view.with_callback(webhooks.first());
    let status = if duplicate { StatusCode::OK } else { StatusCode::CREATED };
    let answer = json(status, &view).map(Json::no_store)?;
    Ok(answer.located(&format!("/v1/jobs/{}", job.id)))
}

/// The id in the path.
pub(super) fn id(call: &Call) -> Result<JobId, Problem> {
    call.param.parse().map_err(|_| jobs::not_found().into())
}

async fn step(call: &Call, change: impl Fn(&Job) -> Result<Job, NotNow>) -> Result<Json<JobView>, Problem> {
    let job = jobs::step(&call.context.app, call.account(), id(call)?, change, call.now).await?;
    json(StatusCode::OK, &JobView::new(&job))
}

/// Answers `POST /v1/jobs/{id}/start`.
///
/// # Errors
/// 404 when there is no such job, 409 when it is not queued.
pub async fn start(call: Box<Call>) -> Result<Json<JobView>, Problem> {
    step(&call, |job| job.start(call.now)).await
}

/// Answers `POST /v1/jobs/{id}/abort`.
///
/// # Errors
/// 404 when there is no such job, 409 when it has ended.
pub async fn abort(call: Box<Call>) -> Result<Json<JobView>, Problem> {
    step(&call, |job| job.abort(call.now)).await
}

/// How a job ended.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(extend("required" = ["status"]))]
pub struct CompleteBody {
    #[schemars(with = "OneOf<EndStatus>")]
    status: Option<OneOf<EndStatus>>,
    /// What went wrong: any JSON. Only with `failed`.
    #[schemars(with = "Option<serde_json::Value>")]
    error: Option<Box<RawValue>>,
}

/// The ends that the worker says.
#[derive(Debug, Clone, Copy)]
enum EndStatus {
    Succeeded,
    Failed,
}

impl Words for EndStatus {
    const NAME: &'static str = "EndStatus";
    const ALL: &'static [Self] = &[Self::Succeeded, Self::Failed];
    fn word(self) -> &'static str {
        match self {
            Self::Succeeded => JobStatus::Succeeded.as_str(),
            Self::Failed => JobStatus::Failed.as_str(),
        }
    }
}

enum End {
    Succeeded,
    Failed(Option<Box<str>>),
}

impl CompleteBody {
    fn checked(self, faults: &mut Faults) -> Option<End> {
        let error = self.error.map(|error| Box::from(error.get()));
        if error.as_deref().is_some_and(|error: &str| error.len() > limits::JOB_ERROR_BYTES) {
            faults.add("/error", format_args!("may have at most {} bytes", limits::JOB_ERROR_BYTES));
        }
        match faults.require("/status", self.status)?.0 {
            EndStatus::Succeeded if error.is_some() => {
                faults.add("/error", "is only allowed with the status failed");
                None
            }
            EndStatus::Succeeded => Some(End::Succeeded),
            EndStatus::Failed => Some(End::Failed(error)),
        }
    }
}

/// Answers `POST /v1/jobs/{id}/complete`.
///
/// # Errors
/// 404 when there is no such job, 409 when it has ended.
pub async fn complete(mut call: Box<Call>, document: Takes<CompleteBody>) -> Result<Json<JobView>, Problem> {
    let (body, mut faults) = document.read(&mut call).await?;
    let end = body.checked(&mut faults);
    let end = faults.unless(end)?;
    step(&call, |job| match &end {
        End::Succeeded => job.succeed(call.now),
        End::Failed(error) => job.fail(error.clone(), call.now),
    })
    .await
}
