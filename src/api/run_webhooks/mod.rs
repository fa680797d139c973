//! Run webhooks (`/v2`): webhooks with templates, their dispatches, actors, runs and datasets.

use serde_json::{Value, json};

pub mod actors;
pub mod datasets;
pub mod dispatches;
pub mod records;
pub mod run;
pub mod runs;
pub mod settings;
mod shape;
mod view;
pub mod webhooks;
pub mod window;

use super::problem::{Code, Invalid, Problem};

/// A problem in this dialect's form.
#[must_use]
pub fn error(problem: &Problem) -> Value {
    let kind = match problem.code {
        Code::Unauthorized => "invalid-token",
        Code::Forbidden => "insufficient-permissions",
        Code::PathNotFound => "page-not-found",
        Code::NotFound | Code::JobNotFound | Code::Gone => "record-not-found",
        Code::MethodNotAllowed => "method-not-allowed",
        Code::TooLarge => "request-too-large",
        Code::UnsupportedMediaType => "unsupported-content-encoding",
        Code::RateLimited | Code::QuotaExceeded => "rate-limit-exceeded",
        Code::Invalid => "schema-validation",
        Code::MalformedJson
        | Code::MalformedRequest
        | Code::BadParameter
        | Code::BadCursor
        | Code::Conflict
        | Code::JobNotReady
        | Code::RequestTimeout => "invalid-input",
        Code::Internal
        | Code::Draining
        | Code::Overloaded
        | Code::NotReady
        | Code::StoreUnavailable
        | Code::StorageFull
        | Code::StoreDamaged => "internal-error",
    };
    let members: Vec<String> = problem.errors.iter().map(Invalid::to_string).collect();
    let message = if members.is_empty() { problem.detail.to_string() } else { members.join("; ") };
    json!({ "error": { "type": kind, "message": message } })
}
