//! Each request's id, and what every answer carries besides it.

use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::header::{CONTENT_SECURITY_POLICY, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::response::Response;
use crate::clock;

static REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Ids for requests that bring none: unlikely to repeat over restarts, cheap to make.
pub struct RequestIds {
    /// How they all begin.
    start: String,
    next: AtomicU64,
}

impl RequestIds {
    /// Ids that begin as no earlier start of the daemon's did.
    #[expect(clippy::new_without_default, reason = "it reads entropy")]
    pub fn new() -> Self {
        let start = clock::random_bytes().map_or_else(|_| clock::now().as_millis(), u64::from_be_bytes);
        Self { start: format!("{start:016x}-"), next: AtomicU64::new(1) }
    }

    /// The caller's id, if it is a sane one; else a fresh one.
    pub fn of(&self, headers: &HeaderMap) -> Arc<str> {
        let given = headers.get(&REQUEST_ID).and_then(|value| value.to_str().ok());
        let sane = |id: &&str| {
            let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
            (1..=64).contains(&id.len()) && id.bytes().all(plain)
        };
        given.filter(sane).map_or_else(|| self.next(), Arc::from)
    }

    /// A fresh id.
    pub fn next(&self) -> Arc<str> {
        let mut id = String::with_capacity(2 * self.start.len());
        id.push_str(&self.start);
        // Writing to a String cannot fail.
        let _ = write!(id, "{:x}", self.next.fetch_add(1, Ordering::Relaxed));
        id.into()
    }
}

/// Adds what every answer carries. Callers decide what is in many of them, so a browser that is shown one
/// neither guesses a type nor runs anything in it.
pub fn finish(answer: &mut Response, request_id: &str) {
    let headers = answer.headers_mut();
    if let Ok(value) = HeaderValue::from_str(request_id) {
        headers.insert(&REQUEST_ID, value);
    }
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static("sandbox; default-src 'none'"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sane_request_id_is_kept() {
        let ids = RequestIds::new();
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(&REQUEST_ID, text.parse().unwrap());
            ids.of(&headers).to_string()
        };
        assert_eq!(of("a-B_1.2"), "a-B_1.2");
        for bad in ["", "a b", "a\"b", &"x".repeat(65)] {
            assert_ne!(of(bad), bad);
        }
        assert_ne!(ids.of(&HeaderMap::new()), ids.of(&HeaderMap::new()));
    }
}
