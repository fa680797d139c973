//! A request on a connection, its answer to the end or to a bound, and what that means.

use std::error::Error as _;
use std::io;
use std::pin::pin;
use std::time::Instant;

use http_body::Body;
use hyper::body::Incoming;
use tokio::time::timeout_at;

use super::connection::{Connection, Message};
use super::deadline::after;
use super::failure::Failure;
use super::tls;
use crate::clock;
use crate::domain::outcome::{ErrorKind, Exchange, Response};
use crate::domain::profile::Timeouts;
use crate::limits;

/// What became of a request on a connection.
pub(super) enum Sent {
    /// The answer was read to its end.
    Whole,
    /// The answer went on beyond what is read of one.
    Capped,
    /// Not a byte was written; the request is back in its place.
    Unsent(Failure),
    /// The connection ended before a byte of an answer.
    Unanswered(Failure),
}

/// Sends the request, which is taken from its place, and reads the answer into `record`, under one timer.
pub(super) async fn converse(
    connection: &mut Connection,
    message: &mut Message,
    timeouts: &Timeouts,
    total_by: Instant,
    record: &mut Exchange,
) -> Result<Sent, Failure> {
    let sent_at = clock::monotonic();
    let answer_by = after(sent_at, timeouts.body);
    let talk = async {
        let answer = match connection.send(message).await {
            Ok(answer) => answer,
            Err(mut error) => {
                let failure = not_http(connection.foreign()).unwrap_or_else(|| broken(error.error()));
                if let Some(unsent) = error.take_message() {
                    *message = unsent;
                    return Ok(Sent::Unsent(failure));
                }
                return if connection.answered() { Err(failure) } else { Ok(Sent::Unanswered(failure)) };
            }
        };
        record.timings.first_byte = Some(clock::monotonic().duration_since(sent_at));
        let (head, body) = answer.into_parts();
        let response = record.response.insert(Response {
            status: head.status.as_u16(),
            headers: head.headers,
            body: Vec::new(),
            truncated: false,
        });
        read_body(connection, body, response).await
    };
    // Pinned first, so that the timer does not move all that a conversation holds.
    let talked = timeout_at(answer_by.min(total_by).into(), pin!(talk)).await;
    let Ok(result) = talked else {
        return Err(too_slow(timeouts, total_by <= answer_by, record.response.is_some()));
    };
    result
}

async fn read_body(
    connection: &mut Connection,
    mut body: Incoming,
    response: &mut Response,
) -> Result<Sent, Failure> {
    if body.is_end_stream() {
        return Ok(Sent::Whole);
    }
    let mut read = 0;
    while let Some(frame) = connection.frame(&mut body).await {
        let Ok(data) = frame.map_err(|error| broken(&error))?.into_data() else { continue };
        read += data.len();
        let room = limits::RESPONSE_KEPT_BYTES.saturating_sub(response.body.len()).min(data.len());
        response.body.extend_from_slice(data.get(..room).unwrap_or_default());
        response.truncated = read > limits::RESPONSE_KEPT_BYTES;
        if read > limits::RESPONSE_READ_BYTES {
            return Ok(Sent::Capped);
        }
    }
    Ok(Sent::Whole)
}

fn too_slow(timeouts: &Timeouts, total: bool, answered: bool) -> Failure {
    let missing = if answered { "the answer's body did not end" } else { "there was no answer" };
    let (kind, within) = match (total, answered) {
        (true, _) => (ErrorKind::TimeoutTotal, timeouts.total),
        (false, true) => (ErrorKind::BodyTooSlow, timeouts.body),
        (false, false) => (ErrorKind::TimeoutResponse, timeouts.body),
    };
    Failure::new(kind, format!("{missing} within {within:?}"))
}

/// What answered in another language than HTTP/1.
fn not_http(began: Option<&[u8]>) -> Option<Failure> {
    let began = began?;
    // The record types of TLS: an alert, or a handshake.
    let detail = if matches!(began, [0x15 | 0x16, 3, ..]) {
        "the receiver speaks TLS; the URL has to begin with https://".to_owned()
    } else {
        format!("the receiver does not speak HTTP/1; its response began with \"{}\"", began.escape_ascii())
    };
    Some(Failure::new(ErrorKind::Protocol, detail))
}

/// What broke a connection in mid exchange.
fn broken(error: &hyper::Error) -> Failure {
    let mut detail = error.to_string();
    let mut cause = error.source();
    let mut kind = if error.is_parse() { ErrorKind::Protocol } else { ErrorKind::Connect };
    while let Some(error) = cause {
        if let Some(io) = error.downcast_ref::<io::Error>() {
            kind = io_kind(io);
            if let Some(why) = tls::refused(io) {
                return Failure::new(kind, format!("{detail}: {why}"));
            }
        }
        // Some libraries' texts end with a link to their documentation.
        let text = error.to_string();
        detail = format!("{detail}: {}", text.split(": https://").next().unwrap_or_default());
        cause = error.source();
    }
    Failure::new(kind, detail)
}

fn io_kind(error: &io::Error) -> ErrorKind {
    match error.kind() {
        _ if error.get_ref().is_some_and(|inner| inner.is::<rustls::Error>()) => ErrorKind::Tls,
        // What hyper's decoder of bodies says of lengths and chunks that make no sense.
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => ErrorKind::Protocol,
        _ => ErrorKind::Connect,
    }
}

/// Says what the exchange came to. The status decides, whatever became of the body behind it; only where a whole
/// answer is wanted, one that stalls is none.
pub(super) fn judge(record: &mut Exchange, failure: Option<Failure>, whole_answer: bool) {
    let replaced = record.note.take();
    let mut error = match (&mut record.response, failure) {
        (Some(response), Some(failure))
            if whole_answer && failure.is_stall() && (200..300).contains(&response.status) =>
        {
            response.truncated = true;
            Some(failure.error)
        }
        (Some(response), failure) => {
            response.truncated |= failure.is_some();
            let cut = failure.map(|failure| format!("the answer was cut off: {}", failure.error.detail));
            record.note = Some([replaced.clone(), cut].into_iter().flatten().collect::<Vec<_>>().join("; "));
            (!(200..300).contains(&response.status)).then(|| response.refusal())
        }
        (None, Some(failure)) => {
            record.want = failure.want;
            Some(failure.error)
        }
        (None, None) => None,
    };
    record.note = record.note.take().filter(|note| !note.is_empty() && error.is_none());
    if let (Some(error), Some(replaced)) = (&mut error, replaced) {
        error.detail = format!("{}; {replaced}", error.detail);
    }
    record.error = error;
}
