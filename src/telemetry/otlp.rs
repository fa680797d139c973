//! Attempts as spans, to a collector, as JSON over OTLP/HTTP. Only in builds with the feature `otlp`.
//!
//! All attempts of an event are one trace, whose id is the event's own 128 bits. Delivery never waits for
//! this: what the queue or the collector does not take is lost, counted, and logged once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::{CONNECTION, CONTENT_TYPE, HOST, USER_AGENT};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::clock;
use crate::domain::id::{EventId, WebhookId};
use crate::domain::outcome::ErrorKind;
use crate::domain::time::Timestamp;

/// Spans that wait at once: a second of more attempts than the store takes outcomes of, in about 1 MiB.
const QUEUE: usize = 16_384;
/// Spans in one request: about 300 KiB of JSON, far below what collectors refuse.
const BATCH: usize = 512;
/// How long a span waits for others to go with.
const LINGER: Duration = Duration::from_secs(1);
/// One request's total time.
const REQUEST_TIME: Duration = Duration::from_secs(5);
/// How long a stopping daemon waits for the last spans to be taken.
const FLUSH_TIME: Duration = Duration::from_secs(5);

/// OTLP's `SPAN_KIND_CLIENT`.
const KIND_CLIENT: u8 = 3;
/// OTLP's `STATUS_CODE_ERROR`.
const STATUS_ERROR: u8 = 2;

/// One attempt.
#[derive(Debug, Clone, Copy)]
pub struct Span {
    /// The event that was sent; `None` when it could not be read.
    pub event: Option<EventId>,
    /// The webhook it was sent to.
    pub webhook: WebhookId,
    /// Which attempt of the delivery it was; the first is 1.
    pub attempt: u32,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended.
    pub ended_at: Timestamp,
    /// The answer's HTTP status, if there was an answer.
    pub status: Option<u16>,
    /// Why it failed; `None`: it succeeded.
    pub error: Option<ErrorKind>,
}

/// Where attempts are recorded as spans.
#[derive(Clone)]
pub struct Spans {
    queue: mpsc::Sender<Span>,
    lost: Arc<AtomicU64>,
}

impl Spans {
    /// Takes a span to be exported. It never waits: a span that finds the queue full is lost.
    pub fn record(&self, span: Span) {
        if self.queue.try_send(span).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// The export, which goes on until it is ended.
pub struct Export {
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Export {
    /// Sends what waits, for a bounded time, and ends.
    pub async fn end(self) {
        let _ = self.stop.send(());
        let task = self.running.abort_handle();
        if timeout(FLUSH_TIME, self.running).await.is_err() {
            task.abort();
            tracing::info!("the OTLP collector did not accept the last spans in time; they are lost");
        }
    }
}

/// Starts the export to an `http` URL without a slash at its end; spans go to its `/v1/traces`.
///
/// # Errors
/// When it is no such URL.
pub fn start(endpoint: &str) -> Result<(Spans, Export), http::Error> {
    let uri: http::Uri = endpoint.parse()?;
    let host = uri.host().unwrap_or_default();
    let address = format!("{host}:{}", uri.port_u16().unwrap_or(80));
    let path = format!("{}/v1/traces", uri.path().trim_end_matches('/'));
    let lost = Arc::new(AtomicU64::new(0));
    let (sender, queue) = mpsc::channel(QUEUE);
    let (stop, stopping) = oneshot::channel();
    let exporter = Exporter { queue, stopping, address, path, lost: Arc::clone(&lost), failed: None };
    let running = tokio::spawn(exporter.run());
    Ok((Spans { queue: sender, lost }, Export { stop, running }))
}

struct Exporter {
    queue: mpsc::Receiver<Span>,
    stopping: oneshot::Receiver<()>,
    /// The collector's host and port.
    address: String,
    path: String,
    /// Spans that found the queue full since this was last asked.
    lost: Arc<AtomicU64>,
    /// How many spans are lost since the collector failed; `None`: it works.
    failed: Option<u64>,
}

impl Exporter {
    async fn run(mut self) {
        loop {
            let mut batch = Vec::new();
            tokio::select! {
                () = fill_batch(&mut self.queue, &mut batch) => {}
                _ = &mut self.stopping, if !self.queue.is_closed() => self.queue.close(),
            }
            if !batch.is_empty() {
                self.export(&batch).await;
            } else if self.queue.is_closed() && self.queue.is_empty() {
                return;
            }
        }
    }

    async fn export(&mut self, batch: &[Span]) {
        let sent = timeout(REQUEST_TIME, self.post(request_of(batch).to_string())).await;
        let sent = sent.unwrap_or_else(|_| Err(format!("no answer within {REQUEST_TIME:?}")));
        let mut lost = self.lost.swap(0, Ordering::Relaxed);
        let reason = match sent {
            Err(reason) => {
                lost += batch.len() as u64;
                Some(reason)
            }
            Ok(()) if lost > 0 => Some("it is slower than attempts are made".to_owned()),
            Ok(()) => None,
        };
        let collector = &self.address;
        self.failed = match (reason, self.failed) {
            (Some(reason), None) => {
                tracing::warn!(
                    collector,
                    reason,
                    "the OTLP collector does not accept all spans; they are lost"
                );
                Some(lost)
            }
            (Some(_), Some(before)) => Some(before + lost),
            (None, Some(lost)) => {
                tracing::info!(collector, lost, "the OTLP collector accepts spans again");
                None
            }
            (None, None) => None,
        };
    }

    /// Posts one request on a connection of its own; nothing is sent twice.
    async fn post(&self, body: String) -> Result<(), String> {
        let request = Request::post(&self.path)
            .header(HOST, &self.address)
            .header(CONTENT_TYPE, "application/json")
            .header(USER_AGENT, concat!("ringback/", env!("CARGO_PKG_VERSION")))
            .header(CONNECTION, "close")
            .body(Full::new(Bytes::from(body)))
            .map_err(|error| error.to_string())?;
        let stream = TcpStream::connect(&self.address).await.map_err(|error| error.to_string())?;
        let shaken = http1::handshake(TokioIo::new(stream)).await;
        let (mut sender, connection) = shaken.map_err(|error| error.to_string())?;
        // Ends with this call, however that ends.
        let mut driving = JoinSet::new();
        driving.spawn(connection);
        let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
        match answer.status() {
            status if status.is_success() => Ok(()),
            status => Err(format!("it answered {status}")),
        }
    }
}

/// Takes spans until there is a batch, or some and the time is over; none when all are taken and no more
/// can come.
async fn fill_batch(queue: &mut mpsc::Receiver<Span>, batch: &mut Vec<Span>) {
    if queue.recv_many(batch, BATCH).await == 0 {
        return;
    }
    let more = async {
        while let room @ 1.. = BATCH.saturating_sub(batch.len()) {
            if queue.recv_many(batch, room).await == 0 {
                return;
            }
        }
    };
    let _ = timeout(LINGER, more).await;
}

/// An `ExportTraceServiceRequest` in OTLP's JSON form.
fn request_of(batch: &[Span]) -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let resource = [text("service.name", "ringback"), text("service.version", version)];
    let spans: Vec<Value> = batch.iter().filter_map(span_of).collect();
    let scope = json!({"name": "ringback", "version": version});
    json!({"resourceSpans": [{
        "resource": {"attributes": resource},
        "scopeSpans": [{"scope": scope, "spans": spans}],
    }]})
}

/// `None` when there is no randomness for its id.
fn span_of(span: &Span) -> Option<Value> {
    let trace = span.event.map_or_else(clock::random_bytes, |event| Ok(event.to_bytes())).ok()?;
    let id = clock::random_bytes::<8>().ok()?;
    let event = span.event.map(|event| text("ringback.event.id", &event.to_string()));
    let status = span.status.map(|status| whole("http.response.status_code", status.into()));
    let error = span.error.map(|kind| text("error.type", kind.as_str()));
    let always =
        [text("ringback.webhook.id", &span.webhook.to_string()), whole("ringback.attempt", span.attempt)];
    let attributes: Vec<Value> = event.into_iter().chain(always).chain(status).chain(error).collect();
    Some(json!({
        "traceId": hex::encode(trace),
        "spanId": hex::encode(id),
        "name": "attempt",
        "kind": KIND_CLIENT,
        "startTimeUnixNano": nanos(span.started_at),
        // The wall clock may have been set back meanwhile.
        "endTimeUnixNano": nanos(span.ended_at.max(span.started_at)),
        "attributes": attributes,
        "status": if span.error.is_some() { json!({"code": STATUS_ERROR}) } else { json!({}) },
    }))
}

fn text(key: &str, value: &str) -> Value {
    json!({"key": key, "value": {"stringValue": value}})
}

/// 64-bit numbers are texts in OTLP's JSON.
fn whole(key: &str, value: u32) -> Value {
    json!({"key": key, "value": {"intValue": value.to_string()}})
}

fn nanos(at: Timestamp) -> String {
    (u128::from(at.as_millis()) * 1_000_000).to_string()
}
