//! The keys that callbacks' tokens are signed with.

use std::sync::Arc;
use std::time::Duration;

use zeroize::Zeroizing;

use super::core::App;
use super::entropy::no_entropy;
use crate::clock;
use crate::domain::profile::JwtAlgorithm;
use crate::domain::refusal::{Code, Faults, Invalid, Refusal};
use crate::domain::signing_key::{KeyPair, Origin, SigningKey, SigningKeys, signs_from};
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::audit::Actor;
use crate::store::command::Edit;

/// All keys.
#[must_use]
pub fn all(app: &App) -> Arc<SigningKeys> {
    app.store.directory().signing_keys()
}

/// A rotation that passed the checks.
#[derive(Debug)]
pub struct Rotation {
    keys: Arc<SigningKeys>,
    algorithms: Vec<JwtAlgorithm>,
    wait: Option<Duration>,
}

impl Rotation {
    /// Checks a rotation of the keys of one algorithm, or of every one that has keys, after which the new keys sign
    /// once they were published for as long as `wait`.
    ///
    /// # Errors
    /// When the wait is too long, or the key is the operator's to replace.
    pub fn checked(
        app: &App,
        algorithm: Option<JwtAlgorithm>,
        wait: Option<Duration>,
    ) -> Result<Self, Vec<Invalid>> {
        let mut faults = Faults::default();
        if wait.is_some_and(|wait| wait > limits::SIGNING_KEY_WAIT) {
            let most = limits::SIGNING_KEY_WAIT.as_secs();
            faults.add("/activate_after_seconds", format_args!("must be 0 to {most}"));
        }
        let (keys, from_file) = (all(app), app.rules().rs256_from_file);
        if algorithm == Some(JwtAlgorithm::Rs256) && from_file {
            faults.add(
                "/algorithm",
                "RS256 signs with the key in signing.rs256_key_file; replace that file, and reload the configuration",
            );
        }
        let is_made = |algorithm: &JwtAlgorithm| match algorithm {
            JwtAlgorithm::EdDsa => true,
            JwtAlgorithm::Rs256 => !from_file && keys.newest(*algorithm).is_some(),
        };
        let algorithms = match algorithm {
            None => JwtAlgorithm::ALL.into_iter().filter(is_made).collect(),
            Some(algorithm) => vec![algorithm],
        };
        if faults.any() { Err(faults.into_vec()) } else { Ok(Self { keys, algorithms, wait }) }
    }
}

/// Makes new keys; when that was.
///
/// # Errors
/// When there are too many keys, or the store cannot.
pub async fn rotate(app: &App, rotation: Rotation, by: Actor) -> Result<Timestamp, Refusal> {
    let Rotation { keys, algorithms, wait } = rotation;
    let mut pairs = Vec::new();
    for algorithm in algorithms {
        pairs.push((algorithm, fresh(algorithm).await?));
    }
    // Making a key may have taken its time.
    let now = clock::now();
    let key =
        |(algorithm, pair)| SigningKey::of(pair, Origin::Made, now, signs_from(&keys, algorithm, wait, now));
    let made = pairs.into_iter().map(key).collect();
    app.edit(Edit::AddSigningKeys(made), by, "signing key", now).await?;
    Ok(now)
}

async fn fresh(algorithm: JwtAlgorithm) -> Result<KeyPair, Refusal> {
    match algorithm {
        JwtAlgorithm::EdDsa => {
            let seed = Zeroizing::new(clock::random_bytes().map_err(|error| no_entropy(&error))?);
            Ok(KeyPair::Ed25519(Box::new((&*seed).into())))
        }
        JwtAlgorithm::Rs256 => {
            let made = tokio::task::spawn_blocking(clock::fresh_rsa_key).await;
            let made = made.ok().and_then(Result::ok);
            let key = made.ok_or_else(|| Refusal::new(Code::Internal, "an RSA key could not be made"))?;
            Ok(KeyPair::Rsa(Arc::new(key)))
        }
    }
}
