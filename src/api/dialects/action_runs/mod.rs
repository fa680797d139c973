//! Action runs (`/v2/action-runs`): a run is a job, its callback a one-shot webhook bound to it.
//!
//! The callback's body is the data of an event that no one but that webhook hears, so it is fixed in
//! the commit that ends the run, and the same on every attempt.

pub mod callback;
pub mod create;
pub mod view;

use http::StatusCode;
use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::api::route::{Route, get, handler, post};
use crate::api::surface::{ErrorForm, Surface};
use crate::app::permissions as may;
use crate::http::problem::{Invalid, Problem};

/// Action runs, whose clients end paths with a slash.
pub const SURFACE: Surface = Surface {
    passes_over_slash: true,
    error: Some(ErrorForm {
        write: |problem| (problem.status(), errors(problem)),
        described: SchemaGenerator::subschema_for::<ErrorsBody>,
    }),
    ..Surface::dialect(&["/v2/action-runs"])
};

/// The errors of a request.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ActionRunErrors")]
struct ErrorsBody {
    errors: Vec<ErrorEntry>,
}

/// One of them.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ActionRunError")]
struct ErrorEntry {
    status: u16,
    code: &'static str,
    title: &'static str,
    detail: String,
    /// `pointer`: the member that cannot be as it is.
    source: Map<String, Value>,
    meta: Map<String, Value>,
}

/// A problem in this dialect's form: one entry for each member that cannot be as it is.
#[must_use]
pub fn errors(problem: &Problem) -> Value {
    let code = problem.code.as_str();
    let entry = |detail: &str, pointer: Option<&String>| ErrorEntry {
        status: problem.status().as_u16(),
        code,
        title: problem.code.title(),
        detail: detail.to_owned(),
        source: pointer.map(|pointer| ("pointer".to_owned(), json!(pointer))).into_iter().collect(),
        meta: Map::new(),
    };
    let errors = match problem.errors.as_slice() {
        [] => vec![entry(&problem.detail, None)],
        members => members.iter().map(|Invalid { pointer, detail }| entry(detail, Some(pointer))).collect(),
    };
    json!(ErrorsBody { errors })
}

/// Its routes.
pub(in crate::api) fn routes() -> Vec<Route> {
    vec![
        post("/v2/action-runs", may::CHANGE_JOBS, handler!(takes create::create))
            .about("Create a run. With a callback_url, its result is sent there when it ends.")
            .gives(StatusCode::OK),
        get("/v2/action-runs/{id}", may::SEE_JOBS, handler!(view::show))
            .about("Show a run, and its results once it has ended.")
            .gives(StatusCode::OK),
        get("/v2/action-runs/{id}/callback", may::SEE_JOBS, handler!(callback::show))
            .about("Show the attempts to deliver a run's callback.")
            .gives(StatusCode::OK),
    ]
}
