//! What is wrong with a request's head, before anybody looks what it asks for. What is no request at all
//! is answered by hyper: a bare 400.

use http::header::{AUTHORIZATION, HOST, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Request, StatusCode, Version};

use super::problem::{Code, Problem};
use crate::limits;

/// How long path and query of a request may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TargetBound {
    /// In bytes.
    pub bytes: usize,
    /// What to do where it has to be longer.
    pub remedy: Option<&'static str>,
}

impl Default for TargetBound {
    fn default() -> Self {
        Self { bytes: limits::REQUEST_TARGET_BYTES, remedy: None }
    }
}

/// Makes sure that a head is short enough, and that everybody reads it the same way.
///
/// # Errors
/// Says what is wrong with it.
pub(super) fn check<B>(request: &Request<B>, target: TargetBound) -> Result<(), Problem> {
    bounded(request, target)?;
    unambiguous(request)
}

/// Refuses a head that two readers could understand differently (RFC 9112, sections 3.2 and 6.1).
fn unambiguous<B>(request: &Request<B>) -> Result<(), Problem> {
    let headers = request.headers();
    let malformed = |detail| Problem::new(Code::MalformedRequest, detail).closing();
    match headers.get_all(HOST).iter().count() {
        0 if request.version() >= Version::HTTP_11 => {
            return Err(malformed("an HTTP/1.1 request needs a Host header"));
        }
        0 | 1 => {}
        _ => return Err(malformed("Host may be sent only once")),
    }
    if headers.get_all(AUTHORIZATION).iter().count() > 1 {
        return Err(malformed("Authorization may be sent only once"));
    }
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let is_chunked = |value: &HeaderValue| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked");
    let plain = codings.next().is_none_or(is_chunked) && codings.next().is_none();
    if !plain {
        let problem = malformed("Transfer-Encoding may be chunked and nothing else");
        return Err(problem.with_status(StatusCode::NOT_IMPLEMENTED));
    }
    Ok(())
}

/// Refuses a head that is too long. hyper bounds only what it reads at once, which may be more.
fn bounded<B>(request: &Request<B>, bound: TargetBound) -> Result<(), Problem> {
    let too_long =
        |status, detail| Problem::new(Code::MalformedRequest, detail).with_status(status).closing();
    let line =
        |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + ": \r\n".len();
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    if target > bound.bytes {
        let remedy = bound.remedy.map(|remedy| format!("; {remedy}")).unwrap_or_default();
        let detail = format!("path and query may have at most {} bytes{remedy}", bound.bytes);
        return Err(too_long(StatusCode::URI_TOO_LONG, detail));
    }
    let head = target + request.headers().iter().map(line).sum::<usize>();
    if head > limits::REQUEST_HEAD_BYTES {
        let (bytes, headers) = (limits::REQUEST_HEAD_BYTES, limits::REQUEST_HEADERS);
        let detail = format!("a request's head may have at most {bytes} bytes and {headers} headers");
        return Err(too_long(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, detail));
    }
    Ok(())
}
