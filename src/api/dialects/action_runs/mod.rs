//! Action runs (`/v2/action-runs`): a run is a job, its callback a one-shot webhook bound to it.
//!
//! The callback's body is the data of an event that nobody but that webhook hears, so it is fixed in
//! the commit that ends the run, and the same on every attempt.

pub mod callback;
pub mod create;
pub mod view;

use http::StatusCode;
use serde_json::{Value, json};

use crate::api::route::{Route, get, handler, post};
use crate::api::surface::Surface;
use crate::app::permissions as may;
use crate::http::problem::{Invalid, Problem};

/// Action runs, whose clients end paths with a slash.
pub const SURFACE: Surface = Surface {
    passes_over_slash: true,
    error: Some(|problem| (problem.status(), errors(problem))),
    ..Surface::dialect(&["/v2/action-runs"])
};

/// A problem in this dialect's form: one entry for each member that cannot be as it is.
#[must_use]
pub fn errors(problem: &Problem) -> Value {
    let code = problem.code.as_str();
    let entry = |detail: &str, source: Value| {
        json!({
            "status": problem.status().as_u16(),
            "code": code,
            "title": problem.code.title(),
            "detail": detail,
            "source": source,
            "meta": {},
        })
    };
    let entries: Vec<Value> = match problem.errors.as_slice() {
        [] => vec![entry(&problem.detail, json!({}))],
        members => {
            let member = |Invalid { pointer, detail }: &Invalid| entry(detail, json!({ "pointer": pointer }));
            members.iter().map(member).collect()
        }
    };
    json!({ "errors": entries })
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
