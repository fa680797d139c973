//! The daemon's own signing keys. Which of them signs, and which must still be published, depends on
//! nothing but the time.
//!
//! Receivers fetch the public keys and keep them for a while, so a key is published before it signs,
//! and stays published until the last token it signed has expired.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey as Ed25519};
use sha2::{Digest as _, Sha256};

use super::profile::JwtAlgorithm;
use super::rsa::RsaKey;
use super::time::Timestamp;
use crate::limits;

/// What signs: the secret half.
#[derive(Clone, PartialEq, Eq)]
pub enum KeyPair {
    /// For EdDSA.
    Ed25519(Box<Ed25519>),
    /// For RS256.
    Rsa(Arc<RsaKey>),
}

/// Where a key comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The daemon made it.
    Made,
    /// The file that `signing.rs256_key_file` names.
    File,
}

/// A key that signs tokens. Its secret half is wiped when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    pair: KeyPair,
    kid: String,
    /// Where it comes from.
    pub origin: Origin,
    /// When it was made; from then on it is published.
    pub created_at: Timestamp,
    /// From when on it signs.
    pub signs_from: Timestamp,
}

impl SigningKey {
    /// The Ed25519 key of a 32-byte seed.
    #[must_use]
    pub fn new(seed: &[u8; 32], created_at: Timestamp, signs_from: Timestamp) -> Self {
        let pair = KeyPair::Ed25519(Box::new(Ed25519::from_bytes(seed)));
        Self::of(pair, Origin::Made, created_at, signs_from)
    }

    /// A key of either kind.
    #[must_use]
    pub fn of(pair: KeyPair, origin: Origin, created_at: Timestamp, signs_from: Timestamp) -> Self {
        let kid = thumbprint(&pair);
        Self { pair, kid, origin, created_at, signs_from }
    }

    /// What signs.
    #[must_use]
    pub fn pair(&self) -> &KeyPair {
        &self.pair
    }

    /// What it signs with.
    #[must_use]
    pub fn algorithm(&self) -> JwtAlgorithm {
        match self.pair {
            KeyPair::Ed25519(_) => JwtAlgorithm::EdDsa,
            KeyPair::Rsa(_) => JwtAlgorithm::Rs256,
        }
    }

    /// The thumbprint that names it (RFC 7638).
    #[must_use]
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The members of its public half as a JSON Web Key, in the order of a thumbprint.
    #[must_use]
    pub fn public(&self) -> Vec<(&'static str, String)> {
        public(&self.pair)
    }

    /// The signature of a text.
    #[must_use]
    pub fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        match &self.pair {
            KeyPair::Ed25519(key) => Some(key.sign(text).to_bytes().to_vec()),
            KeyPair::Rsa(key) => key.sign(text),
        }
    }
}

fn public(pair: &KeyPair) -> Vec<(&'static str, String)> {
    let encoded = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    match pair {
        KeyPair::Ed25519(key) => {
            let x = encoded(key.verifying_key().as_bytes());
            vec![("crv", "Ed25519".to_owned()), ("kty", "OKP".to_owned()), ("x", x)]
        }
        KeyPair::Rsa(key) => {
            vec![("e", encoded(&key.exponent)), ("kty", "RSA".to_owned()), ("n", encoded(&key.modulus))]
        }
    }
}

/// The members hold nothing that JSON would have to escape.
fn thumbprint(pair: &KeyPair) -> String {
    let members: Vec<_> = public(pair).iter().map(|(name, value)| format!(r#""{name}":"{value}""#)).collect();
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{{{}}}", members.join(","))))
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({}, from {})", self.kid, self.signs_from)
    }
}

/// What a key is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyState {
    /// Published, so that receivers know it by the time it signs.
    Waiting,
    /// Signs.
    Signing,
    /// Published for the tokens it signed.
    Retired {
        /// Until when.
        until: Timestamp,
    },
    /// Nothing needs it any more.
    Over,
}

/// All signing keys by their number, which is the order they were made in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SigningKeys(Vec<(u64, Arc<SigningKey>)>);

impl SigningKeys {
    /// The keys with one more.
    #[must_use]
    pub fn with(&self, no: u64, key: SigningKey) -> Self {
        let mut keys = self.without(no).0;
        let at = keys.partition_point(|(other, _)| *other < no);
        keys.insert(at, (no, Arc::new(key)));
        Self(keys)
    }

    /// The keys without one.
    #[must_use]
    pub fn without(&self, no: u64) -> Self {
        Self(self.0.iter().filter(|(other, _)| *other != no).cloned().collect())
    }

    /// The keys of one algorithm, oldest first.
    fn of(&self, algorithm: JwtAlgorithm) -> impl DoubleEndedIterator<Item = &SigningKey> {
        self.0.iter().map(|(_, key)| &**key).filter(move |key| key.algorithm() == algorithm)
    }

    /// The newest key of an algorithm, which may wait still.
    #[must_use]
    pub fn newest(&self, algorithm: JwtAlgorithm) -> Option<&SigningKey> {
        self.of(algorithm).next_back()
    }

    /// How many keys of an algorithm there are.
    #[must_use]
    pub fn count(&self, algorithm: JwtAlgorithm) -> usize {
        self.of(algorithm).count()
    }

    /// The key that signs with an algorithm: the newest whose time has come. The oldest signs when no time
    /// has, as after a clock was set back.
    #[must_use]
    pub fn signing(&self, algorithm: JwtAlgorithm, now: Timestamp) -> Option<&SigningKey> {
        self.of(algorithm).rev().find(|key| key.signs_from <= now).or(self.of(algorithm).next())
    }

    /// Every key with its number and what it is doing, oldest first.
    pub fn states(&self, now: Timestamp) -> impl Iterator<Item = (u64, &SigningKey, KeyState)> {
        self.0.iter().enumerate().map(move |(at, (no, key))| {
            // The first instant of the newer keys that do the same ended this one.
            let newer = self.0.get(at + 1..).unwrap_or_default().iter().map(|(_, key)| key);
            let newer = newer.filter(|newer| newer.algorithm() == key.algorithm());
            let replaced = newer.map(|key| key.signs_from).min();
            let signing = self.signing(key.algorithm(), now);
            let state = match replaced.filter(|at| *at <= now) {
                _ if signing.is_some_and(|signing| std::ptr::eq(signing, &raw const **key)) => {
                    KeyState::Signing
                }
                None => KeyState::Waiting,
                Some(at) => {
                    let until = at.plus(limits::TOKEN_LIFE + limits::TOKEN_SKEW);
                    if until > now { KeyState::Retired { until } } else { KeyState::Over }
                }
            };
            (*no, &**key, state)
        })
    }

    /// The keys that receivers must be able to find, oldest first.
    pub fn published(&self, now: Timestamp) -> impl Iterator<Item = &SigningKey> {
        self.states(now).filter(|(.., state)| *state != KeyState::Over).map(|(_, key, _)| key)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The first instant a key of this algorithm may sign that is made now and waits for `wait`; the very first
/// one signs at once, since there is none that could until then.
#[must_use]
pub fn signs_from(
    keys: &SigningKeys,
    algorithm: JwtAlgorithm,
    wait: Option<Duration>,
    now: Timestamp,
) -> Timestamp {
    let usual = if keys.newest(algorithm).is_none() { Duration::ZERO } else { limits::JWKS_LIFE };
    now.plus(wait.unwrap_or(usual))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    use super::super::profile::JwtAlgorithm::{EdDsa, Rs256};

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_millis(secs * 1000)
    }

    fn key(no: u8, created: u64, from: u64) -> SigningKey {
        SigningKey::new(&[no; 32], at(created), at(from))
    }

    fn states(keys: &SigningKeys, now: u64) -> Vec<KeyState> {
        keys.states(at(now)).map(|(.., state)| state).collect()
    }

    #[test]
    fn a_new_key_waits_signs_and_outlives_its_tokens() {
        let first = SigningKeys::default().with(1, key(1, 1000, 1000));
        assert_eq!(signs_from(&SigningKeys::default(), EdDsa, None, at(1000)), at(1000));
        assert_eq!(signs_from(&first, EdDsa, None, at(5000)), at(5300));
        let keys = first.with(2, key(2, 5000, 5300));
        assert_eq!(states(&keys, 5299), [KeyState::Signing, KeyState::Waiting]);
        let retired = KeyState::Retired { until: at(5900) };
        assert_eq!(states(&keys, 5300), [retired, KeyState::Signing]);
        assert_eq!(states(&keys, 5899), [retired, KeyState::Signing]);
        assert_eq!(states(&keys, 5900), [KeyState::Over, KeyState::Signing]);
        assert_eq!(keys.published(at(5900)).count(), 1);
    }

    #[test]
    fn a_key_made_later_wins_even_over_one_that_still_waits() {
        let keys = SigningKeys::default().with(1, key(1, 0, 0)).with(2, key(2, 100, 400));
        let keys = keys.with(3, key(3, 200, 200));
        assert_eq!(keys.signing(EdDsa, at(200)), Some(&key(3, 200, 200)));
        assert_eq!(keys.signing(EdDsa, at(400)), Some(&key(3, 200, 200)), "the one before never signs");
        assert_eq!(states(&keys, 800), [KeyState::Over, KeyState::Over, KeyState::Signing]);
    }

    #[test]
    fn each_algorithm_has_its_own_keys() {
        let rsa = |created, from| {
            let pair = KeyPair::Rsa(Arc::new(crate::clock::fresh_rsa_key().unwrap()));
            SigningKey::of(pair, Origin::File, at(created), at(from))
        };
        let keys = SigningKeys::default().with(1, key(1, 0, 0));
        assert_eq!((keys.signing(Rs256, at(50)), signs_from(&keys, Rs256, None, at(50))), (None, at(50)));
        let keys = keys.with(2, rsa(50, 50)).with(3, key(3, 100, 400)).with(4, rsa(200, 500));
        let of = |now| [EdDsa, Rs256].map(|algorithm| keys.signing(algorithm, at(now)).unwrap().created_at);
        assert_eq!((of(499), of(500)), ([at(100), at(50)], [at(100), at(200)]));
        let retired = |secs| KeyState::Retired { until: at(secs) };
        assert_eq!(states(&keys, 550), [retired(1000), retired(1100), KeyState::Signing, KeyState::Signing]);
        assert_eq!((keys.count(EdDsa), keys.newest(Rs256).unwrap().created_at), (2, at(200)));
    }

    #[test]
    fn a_clock_set_back_leaves_a_key_to_sign_with() {
        let keys = SigningKeys::default().with(1, key(1, 1000, 1000)).with(2, key(2, 2000, 2300));
        assert_eq!(states(&keys, 10), [KeyState::Signing, KeyState::Waiting]);
    }

    proptest! {
        /// Whatever is rotated when, a key signs at every instant, it is published then and for as
        /// long as a token of it lives, and was published for its whole wait before.
        #[test]
        fn whoever_signs_is_published(steps in proptest::collection::vec((0u64..900, proptest::option::of(0u64..700)), 1..8)) {
            let mut keys = SigningKeys::default();
            let mut now = 1000;
            for (no, (later, wait)) in (1u8..).zip(steps) {
                now += later;
                let wait = wait.map(Duration::from_secs);
                let from = signs_from(&keys, EdDsa, wait, at(now));
                keys = keys.with(no.into(), SigningKey::new(&[no; 32], at(now), from));
                for instant in (now..now + 1500).step_by(50) {
                    let signing = keys.signing(EdDsa, at(instant)).unwrap();
                    for age in [0, 299] {
                        prop_assert!(keys.published(at(instant + age)).any(|key| key == signing));
                    }
                    prop_assert_eq!(keys.states(at(instant)).filter(|(.., s)| *s == KeyState::Signing).count(), 1);
                }
            }
        }
    }
}
