//! How a route may refuse a request, each way with a status that its description names.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::api::route::{Described, JSON, Route};

use super::names::is_own;
use super::schemas::Schemas;

/// The media type of problem details.
pub(super) const PROBLEM: &str = "application/problem+json";

/// A way: its status, its name among the components, and what it says.
struct Refusal(StatusCode, &'static str, &'static str);

const REFUSALS: [Refusal; 12] = [
    Refusal(
        StatusCode::BAD_REQUEST,
        "BadRequest",
        "A parameter, a header or the cursor is not valid here, or the body is not JSON.",
    ),
    Refusal(StatusCode::UNAUTHORIZED, "Unauthorized", "The token is missing, unknown, expired or revoked."),
    Refusal(StatusCode::FORBIDDEN, "Forbidden", "The token's roles do not allow it."),
    Refusal(StatusCode::NOT_FOUND, "NotFound", "It does not exist in this account, or the account does not."),
    Refusal(
        StatusCode::CONFLICT,
        "Conflict",
        "It conflicts with the current state, or with an earlier request with the same key; or a quota is reached.",
    ),
    Refusal(
        StatusCode::PRECONDITION_FAILED,
        "PreconditionFailed",
        "It was changed: it is no longer what `If-Match` names.",
    ),
    Refusal(StatusCode::GONE, "Gone", "It existed and no longer does."),
    Refusal(StatusCode::PAYLOAD_TOO_LARGE, "TooLarge", "The body is larger than allowed."),
    Refusal(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UnsupportedMediaType",
        "The body's Content-Type or Content-Encoding is not supported here.",
    ),
    Refusal(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", "Members have invalid values; `errors` names each."),
    Refusal(
        StatusCode::TOO_MANY_REQUESTS,
        "TooMany",
        "The token, the account or the address is at one of its limits: requests a second, requests in progress, waits, memory for bodies and responses. Other accounts are not affected. `detail` names the setting.",
    ),
    Refusal(
        StatusCode::SERVICE_UNAVAILABLE,
        "Unavailable",
        "The daemon is at its limits for all accounts together, it is stopping, or its store cannot be used.",
    ),
];

impl Refusal {
    /// Whether a route can give it.
    fn is_of(&self, route: &Route) -> bool {
        // What takes no document refuses one that says something.
        let reads_body = !route.handler.takes.is_empty() || route.acts();
        let by_kind = match self.0 {
            StatusCode::BAD_REQUEST | StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => true,
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => route.roles.is_some(),
            StatusCode::NOT_FOUND => route.path.contains('{') || route.roles.is_some() && !route.global,
            StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNSUPPORTED_MEDIA_TYPE => reads_body,
            // Dialects answer 400.
            StatusCode::UNPROCESSABLE_ENTITY => reads_body && is_own(route.path),
            // What is made may be there already, or be one more than a quota allows.
            StatusCode::CONFLICT => route.roles.is_some() && route.makes_or_changes(),
            _ => false,
        };
        by_kind || route.refusals.contains(&self.0)
    }

    fn response(&self, media_type: &str, form: &Value) -> Value {
        let mut response = json!({"description": self.2, "content": {media_type: {"schema": form}}});
        if let Some((name, about, schema)) = self.header()
            && let Some(members) = response.as_object_mut()
        {
            members.insert(
                "headers".to_owned(),
                json!({name: {"description": about, "schema": {"type": schema}}}),
            );
        }
        response
    }

    /// A header that comes with it.
    fn header(&self) -> Option<(&'static str, &'static str, &'static str)> {
        match self.0 {
            StatusCode::UNAUTHORIZED => {
                Some(("WWW-Authenticate", "How to authenticate: with a bearer token.", "string"))
            }
            StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
                Some(("Retry-After", "Seconds to wait before the request is sent again.", "integer"))
            }
            _ => None,
        }
    }
}

/// The responses that refusals at Ringback's own paths refer to.
pub(super) fn components(problem: &Value) -> Map<String, Value> {
    let each = REFUSALS.iter().map(|refusal| (refusal.1.to_owned(), refusal.response(PROBLEM, problem)));
    let other = json!({
        "description": "What is wrong, and how to correct it (RFC 9457).",
        "content": {PROBLEM: {"schema": problem}},
    });
    each.chain([("Problem".to_owned(), other)]).collect()
}

/// The refusals of a route, by their status, in the form that its API has for errors.
pub(super) fn of(route: &Route, error: Option<Described>, schemas: &mut Schemas) -> Vec<(String, Value)> {
    let form = error.map(|form| schemas.of(form));
    let refer = |name: &str| json!({"$ref": format!("#/components/responses/{name}")});
    let each = REFUSALS.iter().filter(|refusal| refusal.is_of(route)).map(|refusal| {
        let response = match &form {
            None => refer(refusal.1),
            // A dialect has a form of its own.
            Some(form) => refusal.response(JSON, form),
        };
        (refusal.0.as_str().to_owned(), response)
    });
    let other = match &form {
        None => refer("Problem"),
        Some(form) => json!({"description": "What is wrong.", "content": {JSON: {"schema": form}}}),
    };
    each.chain([("default".to_owned(), other)]).collect()
}
