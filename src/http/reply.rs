//! Answers that are JSON.

use http::StatusCode;
use serde::Serialize;

use super::answer::{Answer, located, typed};
use super::problem::{Code, Problem};

/// An answer with a JSON body.
///
/// # Errors
/// When the value has no JSON form, which is a mistake of ours.
pub fn json(status: StatusCode, value: &impl Serialize) -> Result<Answer, Problem> {
    let body = serde_json::to_vec(value).map_err(|error| {
        tracing::error!(%error, "a response cannot be written as JSON");
        Problem::new(Code::Internal, "the answer could not be written")
    })?;
    Ok(typed(status, "application/json", body))
}

/// An answer about something that was made at `path`.
///
/// # Errors
/// When the value has no JSON form, which is a mistake of ours.
pub fn created(path: &str, value: &impl Serialize) -> Result<Answer, Problem> {
    json(StatusCode::CREATED, value).map(|answer| located(answer, path))
}
