//! `/v1/signing-keys`, and `/.well-known/jwks.json`: the keys that tokens are signed with. Their secret
//! halves are in no answer.

use std::sync::Arc;
use std::time::Duration;

use http::header::{CACHE_CONTROL, HeaderValue};
use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use crate::api::call::Call;
use crate::api::display_json::DisplayJson;
use crate::api::route::{MayTake, Route, get, handler, post};
use crate::app::entropy::no_entropy;
use crate::app::permissions as may;
use crate::clock;
use crate::domain::profile::JwtAlgorithm;
use crate::domain::signing_key::{KeyPair, KeyState, Origin, SigningKey, SigningKeys, signs_from};
use crate::domain::time::Timestamp;
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Json, json};
use crate::limits;
use crate::sign::keys::{jwk, jwks};
use crate::store::command::Edit;

/// Which keys are replaced, and when the new ones take over.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RotateKeysBody")]
pub struct RotateBody {
    /// Seconds until the new key signs; 300 by default, which is how long receivers may cache the list of keys.
    #[serde(default)]
    activate_after_seconds: Option<u64>,
    /// `EdDSA` or `RS256`; by default both.
    #[serde(default)]
    algorithm: Option<String>,
}

/// A signing key.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SigningKeyView {
    kid: String,
    algorithm: &'static str,
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
        algorithm: key.algorithm().as_str(),
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
    let keys = call.context.store.directory().signing_keys();
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
    if wait.is_some_and(|wait| wait > limits::SIGNING_KEY_WAIT) {
        let most = limits::SIGNING_KEY_WAIT.as_secs();
        faults.add("/activate_after_seconds", format_args!("must be 0 to {most}"));
    }
    let (keys, from_file) =
        (call.context.store.directory().signing_keys(), call.context.app.rules().rs256_from_file);
    let algorithms = match body.algorithm.as_deref().map(|word| (word, JwtAlgorithm::parse(word))) {
        None => JwtAlgorithm::ALL
            .into_iter()
            .filter(|&algorithm| may_be_made(algorithm, &keys, from_file))
            .collect(),
        Some((_, Some(JwtAlgorithm::Rs256))) if from_file => {
            faults.add(
                "/algorithm",
                "RS256 signs with the key in signing.rs256_key_file; replace that file, and reload the configuration",
            );
            vec![]
        }
        Some((_, Some(algorithm))) => vec![algorithm],
        Some((_, None)) => {
            faults.add("/algorithm", "must be EdDSA or RS256");
            vec![]
        }
    };
    faults.done()?;
    let mut pairs = Vec::new();
    for algorithm in algorithms {
        pairs.push((algorithm, fresh(algorithm).await?));
    }
    // The body, and making a key, may have taken their time.
    let now = clock::now();
    let key =
        |(algorithm, pair)| SigningKey::of(pair, Origin::Made, now, signs_from(&keys, algorithm, wait, now));
    let keys = pairs.into_iter().map(key).collect();
    call.edit(Edit::AddSigningKeys(keys), "signing key").await?;
    json(StatusCode::CREATED, &views(&call, now))
}

/// Whether a rotation of everything makes a key of this kind.
fn may_be_made(algorithm: JwtAlgorithm, keys: &SigningKeys, rs256_from_file: bool) -> bool {
    algorithm == JwtAlgorithm::EdDsa || !rs256_from_file && keys.newest(algorithm).is_some()
}

async fn fresh(algorithm: JwtAlgorithm) -> Result<KeyPair, Problem> {
    match algorithm {
        JwtAlgorithm::EdDsa => {
            let seed = Zeroizing::new(clock::random_bytes().map_err(|error| no_entropy(&error))?);
            Ok(KeyPair::Ed25519(Box::new((&*seed).into())))
        }
        JwtAlgorithm::Rs256 => {
            let made = tokio::task::spawn_blocking(clock::fresh_rsa_key).await;
            let made = made.ok().and_then(Result::ok);
            let key = made.ok_or_else(|| Problem::new(Code::Internal, "an RSA key could not be made"))?;
            Ok(KeyPair::Rsa(Arc::new(key)))
        }
    }
}

/// Answers `GET /.well-known/jwks.json`.
///
/// # Errors
/// When it has no JSON form.
pub async fn publish(call: Box<Call>) -> Result<Json<Value>, Problem> {
    let keys = call.context.store.directory().signing_keys();
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
