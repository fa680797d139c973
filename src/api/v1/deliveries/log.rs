//! `GET /v1/webhooks/{id}/deliveries`: every attempt to deliver to a webhook, newest first.

use schemars::JsonSchema;
use serde::Serialize;

use super::body;
use super::view::{AttemptView, ErrorView, millis};
use crate::api::call::Call;
use crate::api::display_json::DisplayJson;
use crate::api::param::{Param, Whole};
use crate::api::query::Listing;
use crate::app::Page;
use crate::app::attempts::{self, LoggedAttempt};
use crate::app::webhook_list;
use crate::domain::event_type::EventType;
use crate::domain::id::{AttemptId, JobId, Seq};
use crate::domain::outcome::Response;
use crate::domain::reserved::is_of_a_job;
use crate::domain::time::Timestamp;
use crate::http::problem::{Code, Problem};
use crate::http::reply::Json;
use crate::limits;

/// How to page.
pub const PARAMS: [Param; 2] = [
    Param::of::<Whole<1, { limits::LOG_PAGE_MAX as u64 }>>(
        "limit",
        "Attempts per page: 1 to 200, 50 by default.",
    ),
    Param::text("cursor", "The next_cursor of the previous page."),
];

/// An attempt as its webhook's log shows it.
#[derive(Debug, Serialize, JsonSchema)]
pub struct LogView {
    id: DisplayJson<AttemptId>,
    /// The job that the event concerns, if any.
    job_id: Option<DisplayJson<JobId>>,
    /// The event's type; null when the event is no longer kept.
    event: Option<DisplayJson<EventType>>,
    /// 1 for the delivery's first attempt.
    attempt: u32,
    /// The receiver's response, if there was one.
    status_code: Option<u16>,
    /// Whether the attempt succeeded.
    delivered: bool,
    attempted_at: DisplayJson<Timestamp>,
    duration_ms: f64,
    error: Option<ErrorView>,
    /// The first bytes of the response body.
    response_preview: Option<String>,
}

impl LogView {
    fn new(LoggedAttempt { id, attempt, event }: &LoggedAttempt) -> Self {
        let exchange = &attempt.exchange;
        // A job's events have the job's id as their order key; what other events are ordered by may look
        // like one.
        let of_job = event.as_ref().filter(|event| is_of_a_job(&event.event_type));
        let job = of_job.and_then(|event| event.order_key.as_ref()?.as_str().parse().ok());
        let preview = |response: &Response| {
            let mut text = body::words(response);
            text.truncate(text.floor_char_boundary(limits::LOG_PREVIEW_BYTES));
            text
        };
        Self {
            id: DisplayJson(*id),
            job_id: job.map(DisplayJson),
            event: event.as_ref().map(|event| DisplayJson(event.event_type.clone())),
            attempt: attempt.number,
            status_code: exchange.status(),
            delivered: exchange.error.is_none(),
            attempted_at: DisplayJson(attempt.started_at),
            duration_ms: millis(exchange.timings.total),
            error: exchange.error.as_ref().map(ErrorView::new),
            response_preview: exchange.response.as_ref().map(preview),
        }
    }
}

/// Answers `GET /v1/webhooks/{id}/attempts`: the same attempts as deliveries show them.
///
/// # Errors
/// When there is no such webhook, a parameter makes no sense, or the store cannot be read.
pub async fn attempts(call: Box<Call>) -> Result<Json<Listing<AttemptView>>, Problem> {
    let found = logged(&call).await?;
    let view = |logged: &LoggedAttempt| {
        let event = logged.event.as_ref().map(|event| event.id);
        AttemptView::brief(logged.id, &logged.attempt, event)
    };
    call.list(found.rows.iter().map(view).collect(), found.next)
}

/// Answers `GET /v1/webhooks/{id}/deliveries`.
///
/// # Errors
/// When there is no such webhook, a parameter makes no sense, or the store cannot be read.
pub async fn list(call: Box<Call>) -> Result<Json<Listing<LogView>>, Problem> {
    let found = logged(&call).await?;
    call.list(found.rows.iter().map(LogView::new).collect(), found.next)
}

/// A page of the attempts of the webhook in the path.
async fn logged(call: &Call) -> Result<Page<LoggedAttempt, Seq>, Problem> {
    let id = call.param.parse().map_err(|_| Problem::not_found("webhook"))?;
    let (app, account) = (&call.context.app, call.account());
    let webhook = webhook_list::logged(app, account, id).await?;
    let limit = call.query.number::<usize>("limit").ok().flatten();
    if limit.is_some_and(|limit| limit > limits::LOG_PAGE_MAX) {
        let detail = format!("limit must be 1 to {}", limits::LOG_PAGE_MAX);
        return Err(Problem::new(Code::BadParameter, detail));
    }
    let page = call.query.page::<Seq>()?;
    Ok(attempts::of_webhook(app, account, webhook, page.after, page.limit).await?)
}
