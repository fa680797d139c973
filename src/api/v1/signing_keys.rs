//! `/v1/signing-keys`, and `/.well-known/jwks.json`: the keys that tokens are signed with. Their secret
//! halves are in no answer.

use std::time::Duration;

use http::header::{CACHE_CONTROL, HeaderValue};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::call::Call;
use crate::api::display_json::DisplayJson;
use crate::api::route::{MayTake, Route, get, handler, post};
use crate::api::words::OneOf;
use crate::app::permissions as may;
use crate::app::signing_keys::{self, Rotation};
use crate::domain::profile::JwtAlgorithm;
use crate::domain::signing_key::{KeyState, Origin, SigningKey};
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::reply::{Json, json};
use crate::sign::keys::{jwk, jwks};

/// Which keys are replaced, and when the new ones take over.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RotateKeysBody")]
pub struct RotateBody {
    /// Seconds until the new key signs; 300 by default, which is how long receivers may cache the list of keys.
    #[serde(default)]
    activate_after_seconds: Option<u64>,
    /// By default both.
    #[serde(default)]
    algorithm: Option<OneOf<JwtAlgorithm>>,
}

/// A signing key.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SigningKeyView {
    kid: String,
    algorithm: OneOf<JwtAlgorithm>,
    /// `made` by the daemon, or read from a `file` (`signing.rs256_key_file`).
    #[schemars(extend("enum" = ["made", "file"]))]
    origin: &'static str,
    /// `waiting`, `signing` or `retired`: a retired key stays published for the tokens it signed.
    #[schemars(extend("enum" = ["waiting", "signing", "retired"]))]
    state: &'static str,
    created_at: DisplayJson<Timestamp>,
    signs_from: DisplayJson<Timestamp>,
    /// When a retired key stops being published.
    published_until: Option<DisplayJson<Timestamp>>,
    /// The public half (RFC 7517).
    public_key: Value,
}

/// The signing keys, newest first.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SigningKeysView {
    data: Vec<SigningKeyView>,
}

fn view(key: &SigningKey, state: KeyState) -> Option<SigningKeyView> {
    let (state, until) = match state {
        KeyState::Waiting => ("waiting", None),
        KeyState::Signing => ("signing", None),
        KeyState::Retired { until } => ("retired", Some(DisplayJson(until))),
        KeyState::Over => return None,
    };
    Some(SigningKeyView {
        kid: key.kid().to_owned(),
        algorithm: OneOf(key.algorithm()),
        origin: match key.origin {
            Origin::Made => "made",
            Origin::File => "file",
        },
        state,
        created_at: DisplayJson(key.created_at),
        signs_from: DisplayJson(key.signs_from),
        published_until: until,
        public_key: jwk(key),
    })
}

fn views(call: &Call, now: Timestamp) -> SigningKeysView {
    let keys = signing_keys::all(&call.context.app);
    let mut data: Vec<_> = keys.states(now).filter_map(|(_, key, state)| view(key, state)).collect();
    data.reverse();
    SigningKeysView { data }
}

/// Answers `GET /v1/signing-keys`.
///
/// # Errors
/// When it has no JSON form.
pub async fn list(call: Box<Call>) -> Result<Json<SigningKeysView>, Problem> {
    json(StatusCode::OK, &views(&call, call.now))
}

/// Answers `POST /v1/signing-keys/rotate`.
///
/// # Errors
/// When the wait is too long, or there are too many keys.
pub async fn rotate(
    mut call: Box<Call>,
    document: MayTake<RotateBody>,
) -> Result<Json<SigningKeysView>, Problem> {
    let (body, mut faults) = document.read(&mut call).await?;
    let wait = body.activate_after_seconds.map(Duration::from_secs);
    let algorithm = body.algorithm.map(|OneOf(algorithm)| algorithm);
    let rotation = faults.extend(Rotation::checked(&call.context.app, algorithm, wait));
    let now = signing_keys::rotate(&call.context.app, faults.unless(rotation)?, call.actor()).await?;
    json(StatusCode::CREATED, &views(&call, now))
}

/// Answers `GET /.well-known/jwks.json`.
///
/// # Errors
/// When it has no JSON form.
pub async fn publish(call: Box<Call>) -> Result<Json<Value>, Problem> {
    let keys = signing_keys::all(&call.context.app);
    let mut answer = json(StatusCode::OK, &jwks(&keys, call.now))?;
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    Ok(answer)
}

/// Their routes.
pub(in crate::api) fn routes() -> Vec<Route> {
    vec![
        get("/v1/signing-keys", may::SEE_SIGNING_KEYS, handler!(list))
            .about("List the daemon's signing keys, newest first.")
            .global()
            .gives(StatusCode::OK),
        post("/v1/signing-keys/rotate", may::ROTATE_SIGNING_KEYS, handler!(takes rotate))
            .about("Create new signing keys, which are published at once and sign a little later.")
            .global()
            .gives(StatusCode::CREATED),
        Route::new(Method::GET, "/.well-known/jwks.json", None, handler!(publish))
            .about("Show the public keys that verify callback tokens (a JSON Web Key Set).")
            .gives(StatusCode::OK),
    ]
}
