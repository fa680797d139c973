//! `/v1/signing-keys`, and `/.well-known/jwks.json`: the keys that tokens are signed with. Their secret
//! halves are in no answer.

use std::time::Duration;

use http::header::{CACHE_CONTROL, HeaderValue};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::accounts::no_entropy;
use super::answer::{Answer, json};
use super::call::Call;
use super::problem::Problem;
use super::routes::{Route, admin, get, handler};
use super::shown::Shown;
use crate::clock;
use crate::domain::signing_key::{KeyState, SigningKey, signs_from};
use crate::domain::time::Timestamp;
use crate::limits;
use crate::sign::keys::{jwk, jwks, kid};
use crate::store::command::Edit;

/// When a new key takes over.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RotateBody {
    /// Seconds until the new key signs; 300 unless given, which is as long as receivers may keep the
    /// list of keys without it.
    #[serde(default)]
    activate_after_seconds: Option<u64>,
}

/// A signing key.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SigningKeyView {
    kid: String,
    algorithm: &'static str,
    /// `waiting`, `signing` or `retired`: a retired key stays published for the tokens it signed.
    state: &'static str,
    created_at: Shown<Timestamp>,
    signs_from: Shown<Timestamp>,
    /// Until when a retired key is published.
    published_until: Option<Shown<Timestamp>>,
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
        KeyState::Retired { until } => ("retired", Some(Shown(until))),
        KeyState::Over => return None,
    };
    Some(SigningKeyView {
        kid: kid(&key.public()),
        algorithm: "EdDSA",
        state,
        created_at: Shown(key.created_at),
        signs_from: Shown(key.signs_from),
        published_until: until,
        public_key: jwk(&key.public()),
    })
}

fn views(call: &Call, now: Timestamp) -> SigningKeysView {
    let keys = call.context.store.directory().signing_keys();
    let mut data: Vec<_> = keys.states(now).filter_map(|(_, key, state)| view(key, state)).collect();
    data.reverse();
    SigningKeysView { data }
}

/// Answers `GET /v1/signing-keys`.
///
/// # Errors
/// When it has no JSON form.
pub async fn list(call: Box<Call>) -> Result<Answer, Problem> {
    json(StatusCode::OK, &views(&call, call.now))
}

/// Answers `POST /v1/signing-keys/rotate`.
///
/// # Errors
/// When the wait is too long, or there are too many keys.
pub async fn rotate(mut call: Box<Call>) -> Result<Answer, Problem> {
    let (body, mut faults) = call.optional_document::<RotateBody>().await?;
    let wait = body.activate_after_seconds.map(Duration::from_secs);
    if wait.is_some_and(|wait| wait > limits::SIGNING_KEY_WAIT) {
        let most = limits::SIGNING_KEY_WAIT.as_secs();
        faults.add("/activate_after_seconds", format_args!("must be 0 to {most}"));
    }
    faults.done()?;
    let seed = Zeroizing::new(clock::random_bytes().map_err(|error| no_entropy(&error))?);
    // The body may have taken its time.
    let now = clock::now();
    let from = signs_from(&call.context.store.directory().signing_keys(), wait, now);
    let key = SigningKey::new(&seed, now, from);
    call.edit(Edit::AddSigningKey(Box::new(key)), "signing key").await?;
    json(StatusCode::CREATED, &views(&call, now))
}

/// Answers `GET /.well-known/jwks.json`.
///
/// # Errors
/// When it has no JSON form.
pub async fn publish(call: Box<Call>) -> Result<Answer, Problem> {
    let keys = call.context.store.directory().signing_keys();
    let mut answer = json(StatusCode::OK, &jwks(&keys, call.context.rules().rs256.as_deref(), call.now))?;
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    Ok(answer)
}

/// Their routes.
pub(super) fn routes() -> Vec<Route> {
    vec![
        get("/v1/signing-keys", handler!(list))
            .about("Lists the daemon's signing keys, newest first.")
            .gives::<SigningKeysView>(StatusCode::OK),
        admin(Method::POST, "/v1/signing-keys/rotate", handler!(rotate))
            .about("Makes a new signing key, which is published at once and signs a little later.")
            .may_take::<RotateBody>()
            .gives::<SigningKeysView>(StatusCode::CREATED),
        Route::new(Method::GET, "/.well-known/jwks.json", None, handler!(publish))
            .about("The public keys that callbacks' tokens are verified with (a JSON Web Key Set).")
            .gives::<Value>(StatusCode::OK),
    ]
}
