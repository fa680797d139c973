//! Of which type a body says that it is.

use http::HeaderMap;
use http::header::CONTENT_TYPE;

use super::problem::{Code, Problem};
use crate::domain::media_type;

/// The media type without its parameters, in lower case.
///
/// # Errors
/// 415 for a character set that is not UTF-8.
pub fn media_type(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    let (media_type, parameters) = media_type::parts(text);
    let charset = parameters.iter().find(|(name, _)| name == "charset").map(|(_, value)| value.as_str());
    let is_utf8 =
        |charset: &str| ["utf-8", "utf8", "us-ascii"].iter().any(|name| charset.eq_ignore_ascii_case(name));
    match charset {
        Some(charset) if !is_utf8(charset) => Err(unsupported(text, "UTF-8 only")),
        _ => Ok(Some(media_type)),
    }
}

/// Makes sure that a body, if it says of what type it is, is JSON.
///
/// # Errors
/// 415 when it is of another type.
pub fn is_json(headers: &HeaderMap) -> Result<(), Problem> {
    match media_type(headers)?.as_deref() {
        None | Some("application/json" | "application/merge-patch+json") => Ok(()),
        Some(other) => Err(unsupported(other, "application/json")),
    }
}

/// The problem of a body of another type than those taken.
#[must_use]
pub fn unsupported(found: &str, taken: &str) -> Problem {
    let detail = format!("the body's Content-Type is \"{found}\"; use {taken}");
    Problem::new(Code::UnsupportedMediaType, detail).closing()
}
