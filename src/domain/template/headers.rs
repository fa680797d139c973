//! Templates of headers: one JSON object of names and values. Its strings are always filled in.

use std::ops::ControlFlow::Continue;

use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::budget::{FillBudget, FillError};
use super::compiled::{Compiled, Roots, TemplateError};
use super::values::Data;
use crate::domain::header::is_reserved;
use crate::domain::json;
use crate::domain::secret::SecretText;
use crate::domain::time::Timestamp;
use crate::limits;

/// Why headers cannot be made from a template.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeadersError {
    /// The text is not a template.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// It cannot be filled in.
    #[error(transparent)]
    Fill(#[from] FillError),
    /// Not an object.
    #[error("must be a JSON object of headers")]
    NotObject,
    /// Too many headers.
    #[error("may hold at most {} headers", limits::CUSTOM_HEADERS)]
    Many,
    /// Not a header's name.
    #[error("{0:?} is not a header's name; use letters, digits and \"-\"")]
    Name(String),
    /// A value that no header may have.
    #[error(
        "the value of {0} must be a string, a number, true, false or null, of at most {max} visible ASCII characters",
        max = limits::CUSTOM_HEADER_BYTES
    )]
    Value(HeaderName),
}

/// Whether a text is a template of headers. Reserved names are taken, and not sent.
///
/// # Errors
/// Says why it is not.
pub fn check_headers(text: &str, roots: Roots) -> Result<(), HeadersError> {
    let compiled = Compiled::read(text, true)?;
    compiled.check(roots)?;
    let mut budget = FillBudget::HEADERS;
    let mut sample = String::with_capacity(compiled.length(&[], budget.given, &mut budget)?);
    let _ = compiled.each(&[], |text| {
        sample.push_str(text);
        Continue(())
    });
    headers(sample.as_bytes()).map(|_| ())
}

/// A template of headers for who may not know its secrets: what is written in it as values is masked, names
/// and variables stand.
#[must_use]
pub fn masked(text: &str) -> String {
    super::read::masked(text)
}

/// Whether a value that is written in a template of headers holds a mask.
#[must_use]
pub fn holds_mask(text: &str) -> bool {
    super::read::holds_mask(text)
}

/// The headers that a template gives, without reserved ones. Null leaves a header out. Their values
/// do not show in debug output.
///
/// # Errors
/// When a secret is not set, or a value fits no header; no value is repeated.
pub fn fill_headers<'s>(
    text: &str,
    data: &[u8],
    accepted_at: Timestamp,
    secret: impl Fn(&str) -> Option<&'s SecretText>,
) -> Result<Vec<(HeaderName, HeaderValue)>, HeadersError> {
    let mut budget = FillBudget::HEADERS;
    headers(&Compiled::read(text, true)?.fill(&Data::new(data), accepted_at, secret, &mut budget)?)
}

fn headers(filled: &[u8]) -> Result<Vec<(HeaderName, HeaderValue)>, HeadersError> {
    let Some(Value::Object(members)) = json::value(filled) else { return Err(HeadersError::NotObject) };
    if members.len() > limits::CUSTOM_HEADERS {
        return Err(HeadersError::Many);
    }
    let mut headers = Vec::with_capacity(members.len());
    for (name, value) in members {
        let name = name.parse::<HeaderName>().map_err(|_| HeadersError::Name(name))?;
        if let Some(value) = header_value(&name, value)?
            && !is_reserved(&name)
        {
            headers.push((name, value));
        }
    }
    Ok(headers)
}

fn header_value(name: &HeaderName, value: Value) -> Result<Option<HeaderValue>, HeadersError> {
    let bad = || HeadersError::Value(name.clone());
    let text = match value {
        Value::Null => return Ok(None),
        Value::String(text) => zeroize::Zeroizing::new(text),
        Value::Number(_) | Value::Bool(_) => zeroize::Zeroizing::new(value.to_string()),
        Value::Array(_) | Value::Object(_) => return Err(bad()),
    };
    let visible = text.bytes().all(|b| (0x20..0x7f).contains(&b));
    if !visible || name.as_str().len() + text.len() > limits::CUSTOM_HEADER_BYTES {
        return Err(bad());
    }
    let mut value = HeaderValue::from_str(text.trim()).map_err(|_| bad())?;
    value.set_sensitive(true);
    Ok(Some(value))
}
