//! `Idempotency-Key`, the header.

use http::{HeaderMap, HeaderName};

use crate::app::request_key::RequestKey;
use crate::domain::event::Key;
use crate::http::problem::{Code, Problem};

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The key of a request, if it has one.
///
/// # Errors
/// 400 when the header is not a key.
pub fn of(headers: &HeaderMap) -> Result<Option<RequestKey>, Problem> {
    let mut values = headers.get_all(&IDEMPOTENCY_KEY).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Problem::new(Code::MalformedRequest, "Idempotency-Key may be sent only once"));
    }
    match Key::new(value.to_str().unwrap_or_default()) {
        Ok(key) => Ok(Some(RequestKey::new(key))),
        Err(error) => Err(Problem::new(Code::MalformedRequest, format!("Idempotency-Key {error}"))),
    }
}

/// Makes sure that a request has no key, where none is taken: anyone who gives one must not believe that a
/// repetition does nothing.
///
/// # Errors
/// 400 when there is one.
pub fn refuse(headers: &HeaderMap) -> Result<(), Problem> {
    if !headers.contains_key(&IDEMPOTENCY_KEY) {
        return Ok(());
    }
    let detail =
        "Idempotency-Key is not supported here: a repeated request would not be recognised; leave it out";
    Err(Problem::new(Code::MalformedRequest, detail))
}
