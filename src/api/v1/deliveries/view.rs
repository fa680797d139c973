//! Deliveries and attempts in answers.

use std::net::IpAddr;
use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::Serialize;

use super::body;
use crate::api::call::Call;
use crate::api::display_json::DisplayJson;
use crate::api::words::OneOf;
use crate::app::deliveries::Listed;
use crate::domain::delivery::{Attempt, DeliveryState, Reason, Trigger};
use crate::domain::event_type::EventType;
use crate::domain::id::{AttemptId, DeliveryId, EventId, WebhookId};
use crate::domain::name::WebhookName;
use crate::domain::outcome::{AttemptError, ErrorKind};
use crate::domain::time::Timestamp;
use crate::domain::waiting::WaitingFor;

/// How long a delivery waits.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Wait {
    /// What it waits for; `None` if it is not pending, is being sent, or is about to be, or to end.
    pub(super) what: Option<WaitingFor>,
    /// The earliest time at which it can be sent, while pending; `None` while its event waits for others.
    pub(super) until: Option<Timestamp>,
}

/// A delivery.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeliveryView {
    id: DisplayJson<DeliveryId>,
    event_id: DisplayJson<EventId>,
    /// Null if the webhook and its log are gone.
    webhook_id: Option<DisplayJson<WebhookId>>,
    /// What people call the webhook.
    webhook_name: Option<DisplayJson<WebhookName>>,
    /// Where the webhook leads now, or led; values in its query are masked for those who may not manage it.
    url: Option<String>,
    /// The event's type.
    event_type: DisplayJson<EventType>,
    /// The delivery of the batch that the event went with, whose state and attempts these are; null for
    /// one that goes alone, that is a batch, or that still waits for others.
    batch_id: Option<DisplayJson<DeliveryId>>,
    state: OneOf<DeliveryState>,
    /// Attempts that count for the retry policy.
    attempts: u32,
    /// When the next attempt is due, while pending, and the earliest time at which it can be made; null while the
    /// event waits for others.
    next_attempt_at: Option<DisplayJson<Timestamp>>,
    /// What a pending delivery waits for; left out while it is being sent, or is about to be sent or cancelled.
    #[serde(skip_serializing_if = "Option::is_none")]
    waiting_for: Option<OneOf<WaitingFor>>,
    created_at: DisplayJson<Timestamp>,
    finished_at: Option<DisplayJson<Timestamp>>,
    /// Why it ended.
    reason: Option<OneOf<Reason>>,
    /// How the last attempt failed, if it did: a kind of error, as the list's `error` takes it.
    last_error: Option<OneOf<ErrorKind>>,
}

impl DeliveryView {
    /// A delivery's form, as who makes the call may see it.
    pub(super) fn new(listed: &Listed, call: &Call, wait: Wait) -> Self {
        let Listed { delivery, event, webhook } = listed;
        let webhook = webhook.as_ref();
        Self {
            id: DisplayJson(delivery.id),
            event_id: DisplayJson(delivery.event),
            webhook_id: webhook.map(|webhook| DisplayJson(webhook.id)),
            webhook_name: webhook.and_then(|webhook| webhook.name.clone()).map(DisplayJson),
            url: webhook.map(|webhook| call.shown_target(&webhook.url)),
            event_type: DisplayJson(event.event_type.clone()),
            batch_id: delivery.batch.map(DisplayJson),
            state: OneOf(delivery.state),
            attempts: delivery.attempts,
            next_attempt_at: wait.until.map(DisplayJson),
            waiting_for: wait.what.map(OneOf),
            created_at: DisplayJson(delivery.created_at),
            finished_at: delivery.finished_at.map(DisplayJson),
            reason: delivery.reason.map(OneOf),
            last_error: delivery.last_error.map(OneOf),
        }
    }
}

/// A delivery with its attempts.
#[derive(Debug, Serialize, JsonSchema)]
pub struct DeliveryDetail {
    #[serde(flatten)]
    pub(super) delivery: DeliveryView,
    /// The kept attempts, oldest first.
    pub(super) attempt_log: Vec<AttemptView>,
}

/// An attempt.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AttemptView {
    id: DisplayJson<AttemptId>,
    delivery_id: DisplayJson<DeliveryId>,
    /// Null when the event is no longer kept.
    event_id: Option<DisplayJson<EventId>>,
    /// 1 for the delivery's first attempt.
    number: u32,
    trigger: OneOf<Trigger>,
    started_at: DisplayJson<Timestamp>,
    duration_ms: f64,
    dns_ms: Option<f64>,
    connect_ms: Option<f64>,
    tls_ms: Option<f64>,
    first_byte_ms: Option<f64>,
    remote_ip: Option<IpAddr>,
    status_code: Option<u16>,
    error: Option<ErrorView>,
    /// A note on a successful attempt: its response ended after the status, or a reused connection had to be replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// The request's headers, secrets masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_headers: Option<Vec<HeaderView>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_headers: Option<Vec<HeaderView>>,
    /// The first 16 KiB of the response body.
    #[serde(skip_serializing_if = "Option::is_none")]
    response_body: Option<String>,
    /// base64 where the body is not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    response_body_encoding: Option<&'static str>,
    response_truncated: bool,
}

/// Why an attempt failed.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct ErrorView {
    /// Its kind.
    kind: OneOf<ErrorKind>,
    /// What happened.
    detail: String,
}

impl ErrorView {
    pub(super) fn new(error: &AttemptError) -> Self {
        Self { kind: OneOf(error.kind), detail: error.detail.clone() }
    }
}

/// A header.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct HeaderView {
    name: String,
    value: String,
}

fn headers(all: &HeaderMap) -> Vec<HeaderView> {
    let view = |(name, value): (&HeaderName, &HeaderValue)| HeaderView {
        name: name.to_string(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    };
    all.iter().map(view).collect()
}

pub(super) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

impl AttemptView {
    /// An attempt's form, without headers and bodies.
    #[must_use]
    pub fn brief(id: AttemptId, attempt: &Attempt, event: Option<EventId>) -> Self {
        let exchange = &attempt.exchange;
        let timings = exchange.timings;
        Self {
            id: DisplayJson(id),
            delivery_id: DisplayJson(attempt.delivery),
            event_id: event.map(DisplayJson),
            number: attempt.number,
            trigger: OneOf(attempt.trigger),
            started_at: DisplayJson(attempt.started_at),
            duration_ms: millis(timings.total),
            dns_ms: timings.dns.map(millis),
            connect_ms: timings.connect.map(millis),
            tls_ms: timings.tls.map(millis),
            first_byte_ms: timings.first_byte.map(millis),
            remote_ip: exchange.remote_ip,
            status_code: exchange.status(),
            error: exchange.error.as_ref().map(ErrorView::new),
            note: exchange.note.clone(),
            request_headers: None,
            response_headers: None,
            response_body: None,
            response_body_encoding: None,
            response_truncated: exchange.response.as_ref().is_some_and(|response| response.truncated),
        }
    }

    /// An attempt's whole form.
    #[must_use]
    pub fn whole(id: AttemptId, attempt: &Attempt, event: Option<EventId>) -> Self {
        let response = attempt.exchange.response.as_ref();
        let (body, encoding) = response.map(body::text).unzip();
        Self {
            request_headers: Some(headers(&attempt.request_headers)),
            response_headers: response.map(|response| headers(&response.headers)),
            response_body: body,
            response_body_encoding: encoding.flatten(),
            ..Self::brief(id, attempt, event)
        }
    }
}
