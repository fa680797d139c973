//! What came of an attempt.

use std::net::IpAddr;
use std::time::{Duration, UNIX_EPOCH};

use http::header::{LOCATION, RETRY_AFTER};
use http::{HeaderMap, StatusCode};

use super::time::Timestamp;
use crate::limits;

/// The kinds of failure an attempt can have; the words are part of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// The address gate refused where the name led.
    BlockedAddress,
    /// The name did not resolve.
    Dns,
    /// No connection: refused, reset, unreachable.
    Connect,
    /// The TLS handshake failed.
    Tls,
    /// No connection within the connect timeout.
    TimeoutConnect,
    /// No answer's head within the response timeout.
    TimeoutResponse,
    /// The attempt's total time ran out.
    TimeoutTotal,
    /// The answer's body did not end within the body timeout, where a whole answer was wanted.
    BodyTooSlow,
    /// An answer outside 2xx and 3xx.
    Status,
    /// A 3xx answer; redirects are never followed.
    Redirect,
    /// The answer was not HTTP.
    Protocol,
    /// The request could not be rendered.
    Render,
    /// A secret the request needs is unset.
    SecretMissing,
}

impl ErrorKind {
    /// Every kind, in the API's order.
    pub const ALL: [Self; 13] = [
        Self::BlockedAddress,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::TimeoutConnect,
        Self::TimeoutResponse,
        Self::TimeoutTotal,
        Self::BodyTooSlow,
        Self::Status,
        Self::Redirect,
        Self::Protocol,
        Self::Render,
        Self::SecretMissing,
    ];

    /// The kind's word in the API, the logs and the metrics.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BlockedAddress => "blocked_address",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::TimeoutConnect => "timeout_connect",
            Self::TimeoutResponse => "timeout_response",
            Self::TimeoutTotal => "timeout_total",
            Self::BodyTooSlow => "body_too_slow",
            Self::Status => "status",
            Self::Redirect => "redirect",
            Self::Protocol => "protocol",
            Self::Render => "render",
            Self::SecretMissing => "secret_missing",
        }
    }

    /// The kind of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

/// What an attempt failed for want of, where that says nothing of its receiver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// A network: there is no route to anywhere.
    Network,
    /// A name server: none answered. That a name does not exist is an answer.
    Resolver,
    /// What the daemon itself needs: descriptors, memory.
    Own,
}

/// A failure with a sentence for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttemptError {
    /// What kind it was.
    pub kind: ErrorKind,
    /// What happened, without secrets.
    pub detail: String,
}

/// How long the parts of an attempt took; `None` where the part did not happen (a pooled
/// connection resolves and connects nothing).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Timings {
    /// Resolving the name.
    pub dns: Option<Duration>,
    /// Connecting.
    pub connect: Option<Duration>,
    /// The TLS handshake.
    pub tls: Option<Duration>,
    /// From the request's start to the answer's first byte.
    pub first_byte: Option<Duration>,
    /// The whole attempt.
    pub total: Duration,
}

/// What a receiver answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The HTTP status code.
    pub status: u16,
    /// Header names and values as received, bounded in number.
    pub headers: HeaderMap,
    /// The first bytes of the body, at most [`crate::limits::RESPONSE_KEPT_BYTES`].
    pub body: Vec<u8>,
    /// Whether the body went on after `body`.
    pub truncated: bool,
}

impl Response {
    /// What a status outside 2xx means.
    #[must_use]
    pub fn refusal(&self) -> AttemptError {
        let status = self.status;
        let reason = StatusCode::from_u16(status).ok().and_then(|code| code.canonical_reason());
        let answered = format!("the receiver answered {status} {}", reason.unwrap_or_default());
        if (300..400).contains(&status) {
            let detail = match self.headers.get(LOCATION).map(|location| shown(location.as_bytes())) {
                Some(to) => {
                    format!(
                        "{answered} and points to {to}; redirects are not followed: change the webhook's URL"
                    )
                }
                None => format!("{}; redirects are not followed", answered.trim_end()),
            };
            return AttemptError { kind: ErrorKind::Redirect, detail };
        }
        AttemptError { kind: ErrorKind::Status, detail: answered.trim_end().to_owned() }
    }
}

/// Where a redirect points, without the query, which may repeat what was sent in confidence.
fn shown(location: &[u8]) -> String {
    let end = location.iter().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(location.len());
    let shown = location.get(..end.min(limits::REDIRECT_SHOWN_BYTES)).unwrap_or_default();
    shown.escape_ascii().to_string()
}

/// One exchange with a receiver, or the failure to have one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// How long its parts took.
    pub timings: Timings,
    /// The address that was connected to.
    pub remote_ip: Option<IpAddr>,
    /// The answer's head and first bytes, even where `error` says the rest failed.
    pub response: Option<Response>,
    /// Why the attempt failed; `None` exactly when the answer was a 2xx, and whole where that is wanted.
    pub error: Option<AttemptError>,
    /// What else is to be known of one that succeeded: that its answer broke off after the status, or that a
    /// kept connection had to be replaced.
    pub note: Option<String>,
    /// What it failed for want of, if that was not the receiver's fault.
    pub want: Option<Want>,
}

impl Exchange {
    /// An exchange that never reached the network.
    #[must_use]
    pub fn failed(kind: ErrorKind, detail: impl Into<String>) -> Self {
        Self {
            timings: Timings::default(),
            remote_ip: None,
            response: None,
            error: Some(AttemptError { kind, detail: detail.into() }),
            note: None,
            want: None,
        }
    }

    /// One whose answer came whole.
    #[must_use]
    pub fn answered(response: Response, total: Duration) -> Self {
        let error = (!(200..300).contains(&response.status)).then(|| response.refusal());
        let timings = Timings { total, ..Timings::default() };
        Self { timings, remote_ip: None, response: Some(response), error, note: None, want: None }
    }

    /// Whether the receiver took the delivery.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.error.is_none()
    }

    /// The answer's status code.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.response.as_ref().map(|response| response.status)
    }

    /// The instant `Retry-After` names, as seconds or as an HTTP date.
    #[must_use]
    pub fn retry_after(&self, now: Timestamp) -> Option<Timestamp> {
        let text = self.response.as_ref()?.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        // More seconds than a number holds are more than are waited for.
        let seconds = digits.then(|| Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
        let wait = seconds.or_else(|| date(text).map(|at| at.since(now)))?;
        Some(now.plus(wait.min(limits::RETRY_AFTER_MAX)))
    }
}

/// A date in one of the three forms of HTTP (RFC 9110, 5.6.7), or as mail has it, with another zone.
fn date(text: &str) -> Option<Timestamp> {
    let millis = match httpdate::parse_http_date(text) {
        Ok(date) => date.duration_since(UNIX_EPOCH).ok()?.as_millis().try_into().ok()?,
        Err(_) => jiff::fmt::rfc2822::parse(text).ok()?.timestamp().as_millisecond().try_into().ok()?,
    };
    Some(Timestamp::from_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(retry_after: &str) -> Exchange {
        Exchange {
            response: Some(Response {
                status: 503,
                headers: HeaderMap::from_iter([(RETRY_AFTER, retry_after.parse().unwrap())]),
                body: vec![],
                truncated: false,
            }),
            ..Exchange::failed(ErrorKind::Status, "503")
        }
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_to_a_cap() {
        let now: Timestamp = "2026-05-01T12:00:00Z".parse().unwrap();
        let at = |text: &str| answered(text).retry_after(now).map(|at| at.since(now).as_secs());
        assert_eq!(at("120"), Some(120));
        assert_eq!(at("Fri, 01 May 2026 12:01:00 GMT"), Some(60));
        assert_eq!(at("Thu, 30 Apr 2026 12:01:00 GMT"), Some(0));
        assert_eq!(at("Friday, 01-May-26 12:01:00 GMT"), Some(60));
        assert_eq!(at("Fri May  1 12:01:00 2026"), Some(60));
        assert_eq!(at("Fri, 01 May 2026 14:01:00 +0200"), Some(60));
        assert_eq!(at("99999999999"), Some(86_400));
        assert_eq!(at("99999999999999999999999"), Some(86_400));
        assert_eq!(at(""), None);
        assert_eq!(at("soon"), None);
        assert_eq!(at("-1"), None);
    }

    #[test]
    fn words_round_trip() {
        for kind in ErrorKind::ALL {
            assert_eq!(ErrorKind::parse(kind.as_str()), Some(kind));
        }
    }
}
