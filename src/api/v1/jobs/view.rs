//! Jobs in answers.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::api::display_json::{DisplayJson, raw};
use crate::api::words::OneOf;
use crate::domain::event_type::EventType;
use crate::domain::id::{JobId, WebhookId};
use crate::domain::job::{Job, JobStatus};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;

/// A job.
#[derive(Debug, Serialize, JsonSchema)]
pub struct JobView {
    id: DisplayJson<JobId>,
    r#type: DisplayJson<EventType>,
    status: OneOf<JobStatus>,
    /// How many rows of results there are.
    result_count: u64,
    /// The executor's error.
    error: Option<Box<RawValue>>,
    /// The owner's labels.
    metadata: Option<Box<RawValue>>,
    /// How long it may take after its creation.
    timeout_ms: Option<u64>,
    /// When it times out.
    deadline: Option<DisplayJson<Timestamp>>,
    created_at: DisplayJson<Timestamp>,
    /// When work on it started.
    started_at: Option<DisplayJson<Timestamp>>,
    /// When it ended.
    completed_at: Option<DisplayJson<Timestamp>>,
    /// The input; only where one job is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    input: Option<Box<RawValue>>,
    /// The webhook of its callback_url; only in the response that creates it.
    #[serde(skip_serializing_if = "Option::is_none")]
    callback: Option<CallbackView>,
    /// Whether an earlier request with the same key created it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    duplicate: bool,
}

/// The webhook of a job's callback_url, which is called once.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "JobCallback")]
pub struct CallbackView {
    webhook_id: DisplayJson<WebhookId>,
    /// The secret that signs its request; shown only in this response.
    secret: String,
}

impl JobView {
    /// A job's form in a list.
    #[must_use]
    pub fn new(job: &Job) -> Self {
        Self {
            id: DisplayJson(job.id),
            r#type: DisplayJson(job.job_type.clone()),
            status: OneOf(job.status),
            result_count: job.result_count,
            error: job.error.as_deref().and_then(raw),
            metadata: job.metadata.as_deref().and_then(raw),
            timeout_ms: job.timeout.map(|timeout| u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX)),
            deadline: job.deadline.map(DisplayJson),
            created_at: DisplayJson(job.created_at),
            started_at: job.started_at.map(DisplayJson),
            completed_at: job.completed_at.map(DisplayJson),
            input: None,
            callback: None,
            duplicate: false,
        }
    }

    /// The same with the input.
    #[must_use]
    pub fn with_input(self, input: Option<&[u8]>) -> Self {
        let input = input.and_then(|text| std::str::from_utf8(text).ok()).and_then(raw);
        Self { input, ..self }
    }

    /// The same with the callback's webhook and its secret.
    #[must_use]
    pub fn with_callback(self, webhook: Option<&Webhook>) -> Self {
        let view = |webhook: &Webhook| CallbackView {
            webhook_id: DisplayJson(webhook.id),
            secret: webhook.secrets.current.expose().to_owned(),
        };
        Self { callback: webhook.map(view), ..self }
    }

    /// The same as the answer to a request, which may have made it before.
    #[must_use]
    pub fn answering(self, duplicate: bool) -> Self {
        Self { duplicate, ..self }
    }
}

/// How many rows of results a job has.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ResultCount {
    /// How many rows there are now.
    pub result_count: u64,
}
