//! The daemon's own signing keys. Which of them signs, and which must still be published, depends on
//! nothing but the time.
//!
//! Receivers fetch the public keys and keep them for a while, so a key is published before it signs,
//! and stays published until the last token it signed has expired.

use std::sync::Arc;
use std::time::Duration;

use ed25519_dalek::SigningKey as Ed25519;

use super::time::Timestamp;
use crate::limits;

/// A key that signs tokens. Its secret half is wiped when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningKey {
    key: Ed25519,
    /// When it was made; from then on it is published.
    pub created_at: Timestamp,
    /// From when on it signs.
    pub signs_from: Timestamp,
}

impl SigningKey {
    /// The key of a 32-byte seed.
    #[must_use]
    pub fn new(seed: &[u8; 32], created_at: Timestamp, signs_from: Timestamp) -> Self {
        Self { key: Ed25519::from_bytes(seed), created_at, signs_from }
    }

    /// What signs.
    #[must_use]
    pub fn key(&self) -> &Ed25519 {
        &self.key
    }

    /// The public half's 32 bytes.
    #[must_use]
    pub fn public(&self) -> [u8; 32] {
        self.key.verifying_key().to_bytes()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey(…, from {})", self.signs_from)
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

    /// The key that signs: the newest whose time has come. The oldest signs when no time has, as
    /// after a clock was set back.
    #[must_use]
    pub fn signing(&self, now: Timestamp) -> Option<&SigningKey> {
        let begun = self.0.iter().rev().find(|(_, key)| key.signs_from <= now);
        begun.or(self.0.first()).map(|(_, key)| &**key)
    }

    /// Every key with its number and what it is doing, oldest first.
    pub fn states(&self, now: Timestamp) -> impl Iterator<Item = (u64, &SigningKey, KeyState)> {
        let signing = self.signing(now);
        self.0.iter().enumerate().map(move |(at, (no, key))| {
            // The newer keys' first instant ended this one.
            let newer = self.0.get(at + 1..).unwrap_or_default();
            let replaced = newer.iter().map(|(_, key)| key.signs_from).min();
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

/// The first instant a key may sign that is made now and waits for `wait`; the very first key signs
/// at once, since nobody has kept a list without it.
#[must_use]
pub fn signs_from(keys: &SigningKeys, wait: Option<Duration>, now: Timestamp) -> Timestamp {
    let usual = if keys.is_empty() { Duration::ZERO } else { limits::JWKS_LIFE };
    now.plus(wait.unwrap_or(usual))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        assert_eq!(signs_from(&SigningKeys::default(), None, at(1000)), at(1000));
        assert_eq!(signs_from(&first, None, at(5000)), at(5300));
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
        assert_eq!(keys.signing(at(200)), Some(&key(3, 200, 200)));
        assert_eq!(keys.signing(at(400)), Some(&key(3, 200, 200)), "the one before never signs");
        assert_eq!(states(&keys, 800), [KeyState::Over, KeyState::Over, KeyState::Signing]);
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
                let from = signs_from(&keys, wait, at(now));
                keys = keys.with(no.into(), SigningKey::new(&[no; 32], at(now), from));
                for instant in (now..now + 1500).step_by(50) {
                    let signing = keys.signing(at(instant)).unwrap();
                    for age in [0, 299] {
                        prop_assert!(keys.published(at(instant + age)).any(|key| key == signing));
                    }
                    prop_assert_eq!(keys.states(at(instant)).filter(|(.., s)| *s == KeyState::Signing).count(), 1);
                }
            }
        }
    }
}
