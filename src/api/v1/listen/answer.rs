//! `POST /v1/listen/{id}/answers`: what a listener's target answered, which is the attempt.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::call::Call;
use crate::api::route::Takes;
use crate::api::v1::webhooks::edit::webhook_in_path;
use crate::app::listening;
use crate::domain::id::DeliveryId;
use crate::domain::outcome::{ErrorKind, Exchange, Response as Answered, Timings};
use crate::domain::refusal::Refusal;
use crate::http::document::Faults;
use crate::http::problem::{Code, Problem};
use crate::http::response::{Response, no_content};
use crate::limits;

/// What may go wrong between a listener and its target.
const KINDS: [ErrorKind; 8] = [
    ErrorKind::Dns,
    ErrorKind::Connect,
    ErrorKind::Tls,
    ErrorKind::TimeoutConnect,
    ErrorKind::TimeoutResponse,
    ErrorKind::TimeoutTotal,
    ErrorKind::BodyTooSlow,
    ErrorKind::Protocol,
];

/// A header.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ListenHeader")]
pub struct HeaderBody {
    /// Its name.
    pub(super) name: String,
    /// Its value.
    pub(super) value: String,
}

/// What a listener's target answered, or why it did not.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ListenAnswer")]
pub struct AnswerBody {
    /// The request's `delivery_id`.
    delivery_id: String,
    /// The request's `request`.
    request: u64,
    /// The status that the target answered with.
    #[serde(default)]
    #[schemars(range(min = 100, max = 599))]
    status: Option<u16>,
    /// The headers that it answered with.
    #[serde(default)]
    headers: Vec<HeaderBody>,
    /// The body that it answered with, in base64. The first 16 KiB are kept.
    #[serde(default)]
    body: Option<String>,
    /// Whether the body went on after that.
    #[serde(default)]
    truncated: bool,
    /// How long it took, in milliseconds.
    #[serde(default)]
    duration_ms: Option<f64>,
    /// Why there is no answer; in place of `status`.
    #[serde(default)]
    error: Option<AnswerError>,
}

/// Why a target did not answer.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ListenError")]
pub struct AnswerError {
    /// Its kind, as attempts have it.
    #[schemars(extend("enum" = KINDS.map(ErrorKind::as_str)))]
    kind: String,
    /// What happened.
    #[serde(default)]
    detail: String,
}

/// Answers `POST /v1/listen/{id}/answers`, once the attempt is durable.
///
/// # Errors
/// When there is no such listener, nothing waits for the answer, or it could not be stored.
pub async fn answer(mut call: Box<Call>, document: Takes<AnswerBody>) -> Result<Response, Problem> {
    let webhook = webhook_in_path(&call)?;
    let (body, faults) = document.read_of(&mut call, limits::LISTENER_ANSWER_BYTES).await?;
    let (delivery, request, exchange) = body.check(faults)?;
    if !webhook.has_listener() {
        let detail = "the webhook has a URL: what its receiver answers there is the attempt";
        return Err(Problem::new(Code::Conflict, detail));
    }
    listening::answer(&call.context.app, &webhook, request, delivery, exchange).await?;
    Ok(no_content())
}

impl AnswerBody {
    fn check(self, mut faults: Faults) -> Result<(DeliveryId, u64, Exchange), Refusal> {
        let delivery = faults.parse("/delivery_id", Some(self.delivery_id.as_str()));
        let took = self.duration_ms.map(|millis| Duration::try_from_secs_f64(millis / 1e3));
        let took = took.and_then(|took| {
            faults.check("/duration_ms", took.map_err(|_| "must be a number of milliseconds from 0 up"))
        });
        let took = took.unwrap_or_default();
        let exchange = match (self.status, self.error) {
            (Some(status), None) => {
                if !(100..600).contains(&status) {
                    faults.add("/status", "must be 100 to 599");
                }
                let headers = headers(self.headers, &mut faults);
                let body = self.body.map(|text| STANDARD.decode(text).map_err(|_| "must be base64"));
                let mut body = body.and_then(|body| faults.check("/body", body)).unwrap_or_default();
                let truncated = self.truncated || body.len() > limits::RESPONSE_KEPT_BYTES;
                body.truncate(limits::RESPONSE_KEPT_BYTES);
                Some(Exchange::answered(Answered { status, headers, body, truncated }, took))
            }
            (None, Some(error)) => error.check(&mut faults).map(|exchange| {
                let timings = Timings { total: took, ..Timings::default() };
                Exchange { timings, ..exchange }
            }),
            (Some(_), Some(_)) => {
                faults.add("/error", "cannot be given together with a status");
                None
            }
            (None, None) => {
                faults.add("/status", "is required, unless there is an error");
                None
            }
        };
        let request = self.request;
        faults.unless(delivery.zip(exchange).map(|(delivery, exchange)| (delivery, request, exchange)))
    }
}

impl AnswerError {
    fn check(self, faults: &mut Faults) -> Option<Exchange> {
        let kind = ErrorKind::parse(&self.kind).filter(|kind| KINDS.contains(kind));
        let known = KINDS.map(ErrorKind::as_str).join(", ");
        let kind = faults.check("/error/kind", kind.ok_or_else(|| format!("must be one of {known}")))?;
        let detail: String = self.detail.chars().take(limits::LISTENER_ERROR_CHARS).collect();
        Some(Exchange::failed(kind, detail))
    }
}

fn headers(given: Vec<HeaderBody>, faults: &mut Faults) -> HeaderMap {
    let most = limits::LISTENER_ANSWER_HEADERS;
    if given.len() > most {
        faults.add("/headers", format_args!("may hold at most {most} headers"));
        return HeaderMap::new();
    }
    let mut headers = HeaderMap::with_capacity(given.len());
    for (at, header) in given.into_iter().enumerate() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).map_err(|_| "is not a header name");
        let name = faults.check(&format!("/headers/{at}/name"), name);
        let value = HeaderValue::from_str(&header.value).map_err(|_| "is not a header value");
        let value = faults.check(&format!("/headers/{at}/value"), value);
        if let (Some(name), Some(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}
