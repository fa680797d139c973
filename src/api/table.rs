//! The one table of routes. The router and the OpenAPI description are both built from it, so they
//! cannot drift apart.

use std::sync::OnceLock;

use http::{Method, StatusCode};
use serde_json::Value;

use super::call::Call;
use super::dialects::{action_runs, rest_hooks, run_webhooks};
use super::openapi::{self, DIALECTS, Dialects};
use super::route::{Described, InForm, Route, Written, handler};
use super::surface::Surface;
use super::v1;
use crate::http::problem::Problem;
use crate::http::response::{Response, fixed};

/// The dialects; of those that have a path, the first is meant.
pub const SURFACES: [&Surface; 3] = [&action_runs::SURFACE, &run_webhooks::SURFACE, &rest_hooks::SURFACE];

/// The API of a path.
#[must_use]
pub fn surface_of(path: &str) -> &'static Surface {
    SURFACES.into_iter().find(|surface| surface.has(path)).unwrap_or(&Surface::NATIVE)
}

/// The form of errors at a path; `None`: problem details.
pub(super) fn error_form(path: &str) -> Option<Described> {
    surface_of(path).error.as_ref().map(|form| form.described)
}

/// Every route there is.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut all = v1::routes::routes();
    all.extend(run_webhooks::routes::routes());
    all.extend(rest_hooks::routes::routes());
    all.extend(action_runs::routes());
    all.push(
        Route::new(Method::GET, "/openapi.json", None, handler!(describe))
            .about("Show this description: Ringback's own paths, and the providers' on request.")
            .query(&[DIALECTS])
            .gives(StatusCode::OK),
    );
    all
}

/// Answers `GET /openapi.json`.
async fn describe(call: Box<Call>) -> Result<InForm<Written<Value>>, Problem> {
    let dialects = call.query.word::<Dialects>(DIALECTS.name)?;
    Ok(description(dialects.is_some()).into())
}

/// The description of every route, or of Ringback's own.
#[must_use]
pub fn described(dialects: bool) -> Value {
    openapi::description(&routes(), error_form, dialects)
}

/// The description of every route as an answer.
pub(super) fn description(dialects: bool) -> Response {
    // One text for all who read it.
    static OWN: OnceLock<Vec<u8>> = OnceLock::new();
    static ALL: OnceLock<Vec<u8>> = OnceLock::new();
    let text = if dialects { &ALL } else { &OWN };
    let write = || described(dialects).to_string().into_bytes();
    fixed("application/json", text.get_or_init(write))
}
