//! Run webhooks (`/v2`): webhooks with templates, their dispatches, actors, runs and datasets.

use http::StatusCode;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Value, json};

pub mod actors;
pub mod datasets;
pub mod declarations;
pub mod dispatches;
pub mod records;
pub mod routes;
pub mod run;
pub mod run_list;
pub mod runs;
pub mod settings;
mod shape;
mod unsupported;
mod view;
pub mod webhooks;
pub mod window;

use crate::api::surface::{ErrorForm, Surface};
use crate::http::head::TargetBound;
use crate::http::problem::{Code, Invalid, Problem};
use crate::limits;

/// Run webhooks, with runs and datasets.
pub const SURFACE: Surface = Surface {
    token_parameter: Some("token"),
    offers: OFFERS,
    target_bound,
    error: Some(ErrorForm {
        write: |problem| (status(problem), error(problem)),
        described: SchemaGenerator::subschema_for::<ErrorBody>,
    }),
    ..Surface::dialect(&["/v2"])
};

/// Longer where a run is started, since its webhooks stand in the query.
fn target_bound(path: &str) -> TargetBound {
    if !path.ends_with("/runs") {
        return TargetBound::default();
    }
    let remedy = Some("a webhook with longer templates is made with POST /v2/webhooks");
    TargetBound { bytes: limits::WEBHOOKS_TARGET_BYTES, remedy }
}

/// Members that cannot be as they are get 400 here, unless something else is said.
fn status(problem: &Problem) -> StatusCode {
    let bad = problem.code == Code::Invalid && problem.status.is_none();
    if bad { StatusCode::BAD_REQUEST } else { problem.status() }
}

/// What is offered of the provider's API, and what its libraries ask for that is not.
const OFFERS: &str = "offered are actors, runs (each with one dataset, one key-value store and a log of its own), \
    webhooks and their dispatches; named datasets and key-value stores, request queues, builds, schedules, \
    tasks' runs and runs that a request waits for (run-sync) are not; /openapi.json?dialects=all lists the paths";

/// An error of this dialect.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RunError")]
struct ErrorBody {
    error: ErrorMembers,
}

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RunErrorMembers")]
struct ErrorMembers {
    /// What kind of error it is, in the provider's words.
    r#type: &'static str,
    /// What is wrong, and how to correct it.
    message: String,
}

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
        | Code::PreconditionFailed
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
    json!(ErrorBody { error: ErrorMembers { r#type: kind, message } })
}
