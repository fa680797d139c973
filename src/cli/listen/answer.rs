//! What the target answered, as the daemon takes it, and posting it until the daemon has it.

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::target::Request;
use crate::cli::connection::{Daemon, with_id};
use crate::cli::failure::Failure;
use crate::clock;
use crate::domain::outcome::{Exchange, Response};
use crate::limits;

/// The pause before an answer is posted again.
const PAUSE: Duration = Duration::from_millis(250);

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Posted {
    /// It is durable as the attempt.
    Recorded,
    /// A post of it was lost on the way: it was recorded, or the delivery is sent again.
    Unknown,
    /// It came too late, or the daemon lost the request: the delivery is sent again.
    Dropped,
}

/// Posts what came of a request. A daemon that cannot be reached, or is busy, is asked again until `by`.
///
/// # Errors
/// When the daemon refuses it.
pub(super) async fn post(
    daemon: &Daemon,
    webhook: &str,
    request: &Request,
    exchange: &Exchange,
    by: Instant,
) -> Result<Posted, Failure> {
    let path = with_id("/v1/listen", webhook, "/answers");
    let body = body(request, exchange);
    let mut lost = false;
    loop {
        match daemon.ask(Method::POST, &path, Some(&body)).await {
            Ok(reply) if reply.status.is_success() => return Ok(Posted::Recorded),
            Ok(reply) if reply.status == StatusCode::CONFLICT && lost => return Ok(Posted::Unknown),
            // The stream says why, and ends.
            Ok(reply) if [StatusCode::CONFLICT, StatusCode::NOT_FOUND].contains(&reply.status) => {
                return Ok(Posted::Dropped);
            }
            Ok(reply) if !is_busy(reply.status) => return Err(daemon.refusal(&reply)),
            Ok(_) => {}
            Err(_) => lost = true,
        }
        if clock::monotonic() >= by {
            return Ok(if lost { Posted::Unknown } else { Posted::Dropped });
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether the daemon would answer otherwise a moment later.
pub(super) fn is_busy(status: StatusCode) -> bool {
    status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error()
}

fn body(request: &Request, exchange: &Exchange) -> Value {
    let mut body = match (&exchange.response, &exchange.error) {
        (Some(response), _) if response.status < 600 => answered(response),
        (Some(response), _) => {
            let detail = format!("the target answered {}, which is not an HTTP status", response.status);
            json!({"error": {"kind": "protocol", "detail": detail}})
        }
        (None, Some(error)) => json!({"error": {"kind": error.kind.as_str(), "detail": error.detail}}),
        (None, None) => json!({"error": {"kind": "protocol", "detail": "the target did not answer"}}),
    };
    if let Some(members) = body.as_object_mut() {
        members.insert("delivery_id".to_owned(), json!(request.delivery_id));
        members.insert("request".to_owned(), json!(request.request));
        members.insert("duration_ms".to_owned(), json!(exchange.timings.total.as_secs_f64() * 1e3));
    }
    body
}

fn answered(response: &Response) -> Value {
    let mut room = limits::FORWARD_HEADER_BYTES;
    let text = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    };
    let fits = |(name, value): &(String, String)| {
        let left = room.checked_sub(name.len() + value.len());
        room = left.unwrap_or(room);
        left.is_some()
    };
    let headers = response.headers.iter().filter_map(text).filter(fits);
    let headers = headers.take(limits::LISTENER_ANSWER_HEADERS);
    let headers: Vec<Value> = headers.map(|(name, value)| json!({"name": name, "value": value})).collect();
    json!({
        "status": response.status, "headers": headers, "body": STANDARD.encode(&response.body),
        "truncated": response.truncated,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::outcome::ErrorKind;
    use http::{HeaderMap, HeaderValue};

    fn request() -> Request {
        let request = json!({"delivery_id": "dlv_1", "request": 7, "attempt": 1, "event_id": "evt_1",
            "event_type": "a.b", "headers": [], "body": "", "timeout_ms": 1000});
        serde_json::from_value(request).unwrap()
    }

    #[test]
    fn an_answer_is_what_the_daemon_takes() {
        let mut headers = HeaderMap::new();
        headers.append("x-a", HeaderValue::from_static("1"));
        headers.append("x-latin", HeaderValue::from_bytes(b"\xe9").unwrap());
        headers.append("x-long", HeaderValue::from_str(&"a".repeat(limits::FORWARD_HEADER_BYTES)).unwrap());
        headers.append("x-b", HeaderValue::from_static("2"));
        let response = Response { status: 503, headers, body: b"no".to_vec(), truncated: true };
        let exchange = Exchange::answered(response, Duration::from_micros(1500));
        let expected = json!({"delivery_id": "dlv_1", "request": 7, "status": 503, "duration_ms": 1.5,
            "headers": [{"name": "x-a", "value": "1"}, {"name": "x-b", "value": "2"}], "body": "bm8=",
            "truncated": true});
        assert_eq!(body(&request(), &exchange), expected);
        let failed = body(&request(), &Exchange::failed(ErrorKind::Tls, "why"));
        assert_eq!(failed["error"], json!({"kind": "tls", "detail": "why"}));
        assert!(failed.get("status").is_none());
        let odd = Response { status: 999, headers: HeaderMap::new(), body: Vec::new(), truncated: false };
        let odd = body(&request(), &Exchange::answered(odd, Duration::ZERO));
        assert_eq!((&odd["error"]["kind"], odd.get("status")), (&json!("protocol"), None));
    }

    /// Answers each connection with one of these statuses, or closes it without an answer.
    async fn daemon(statuses: &'static [Option<u16>]) -> (Daemon, tokio::task::JoinHandle<()>) {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let served = tokio::spawn(async move {
            for status in statuses {
                let (mut stream, _) = listener.accept().await.unwrap();
                let Some(status) = status else { continue };
                let mut request = vec![0; 4096];
                assert!(stream.read(&mut request).await.unwrap() > 0);
                let head = format!("HTTP/1.1 {status} x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
                stream.write_all(head.as_bytes()).await.unwrap();
            }
        });
        (Daemon::at(&url, &url, None).unwrap(), served)
    }

    #[tokio::test]
    async fn an_answer_is_posted_until_the_daemon_has_it() {
        let exchange = Exchange::failed(ErrorKind::Connect, "no");
        let patience = Duration::from_secs(60);
        for (statuses, posted) in [
            (&[Some(204)][..], Ok(Posted::Recorded)),
            (&[Some(503), Some(429), Some(204)], Ok(Posted::Recorded)),
            (&[None, Some(204)], Ok(Posted::Recorded)),
            // The first one was taken, perhaps.
            (&[None, Some(409)], Ok(Posted::Unknown)),
            (&[Some(409)], Ok(Posted::Dropped)),
            (&[Some(404)], Ok(Posted::Dropped)),
            (&[Some(422)], Err(())),
        ] {
            let (daemon, served) = daemon(statuses).await;
            let by = clock::monotonic() + patience;
            let came = post(&daemon, "wh_1", &request(), &exchange, by).await;
            assert_eq!(came.map_err(drop), posted, "{statuses:?}");
            served.await.unwrap();
        }
        let (busy, _served) = daemon(&[Some(503)]).await;
        let late = post(&busy, "wh_1", &request(), &exchange, clock::monotonic()).await;
        assert_eq!(late, Ok(Posted::Dropped));
    }
}
