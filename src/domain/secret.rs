//! Secrets that sign. Their text leaves the process only in an audited reveal.
//!
//! A secret never prints, serialises or compares itself to anything but another secret, and its
//! memory is wiped when it goes.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{SigningKey, VerifyingKey};
use zeroize::Zeroizing;

use super::time::Timestamp;
use crate::limits;

/// The text every symmetric secret begins with.
const SYMMETRIC: &str = "whsec_";
/// The text every Ed25519 secret begins with.
const ASYMMETRIC: &str = "whsk_";
/// The text every Ed25519 public key begins with.
const PUBLIC: &str = "whpk_";

/// Why a text is not a secret, or a secret cannot be rotated in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// White space around it, or a line end: it was copied along.
    #[error("begins or ends with white space or a line end; leave that out")]
    Space,
    /// A length that no secret has, or a character that none should.
    #[error("must be 8 to {} bytes of text without control characters", limits::SIGNING_SECRET_BYTES)]
    Text,
    /// A public key.
    #[error("is a public key; the secret one begins with \"whsk_\"")]
    Public,
    /// The rest of a text with a prefix for a signature's version.
    #[error("begins with \"v1,\", which is not part of the secret; leave it out")]
    Version,
    /// The other alphabet.
    #[error(
        "is base64 with - and _ in the place of + and /, which receivers' libraries do not read; write it with + and /"
    )]
    UrlSafe,
    /// No padding.
    #[error("is base64 without its padding; end it with = until its length can be divided by four")]
    Padding,
    /// The rest is not base64.
    #[error("must be standard base64 with its padding, after \"whsec_\" or alone")]
    Base64,
    /// Too few or too many bytes to sign with.
    #[error("must hold the base64 of 16 to 64 bytes; these are {0}")]
    SymmetricLength(usize),
    /// Not the length of an Ed25519 key.
    #[error(
        "\"whsk_\" must be followed by the base64 of a 32-byte seed or a 64-byte key pair; these are {0} bytes"
    )]
    Ed25519Length(usize),
    /// The public half of a key pair is another key's.
    #[error("the key pair's public half does not belong to its secret half")]
    KeyPair,
    /// Not a public key.
    #[error("must be \"whpk_\" and the base64 of a 32-byte Ed25519 public key")]
    PublicKey,
    /// An overlap beyond the limit.
    #[error("must be 0 to {}", limits::SECRET_OVERLAP.as_secs())]
    Overlap,
}

/// What a secret computes with.
#[derive(Clone)]
pub(crate) enum Key {
    /// An HMAC key: the decoded bytes.
    Symmetric(Zeroizing<Vec<u8>>),
    /// A text that is the key itself, for signatures that are keyed with the text; and why it holds no bytes for the
    /// others.
    Text(SecretError),
    /// An Ed25519 key; wipes itself.
    Ed25519(Box<SigningKey>),
}

/// A signing secret: `whsec_…` for HMAC, or `whsk_…` for Ed25519.
#[derive(Clone)]
pub struct Secret {
    text: Zeroizing<Box<str>>,
    key: Key,
}

impl Secret {
    /// The secret of a text: the base64 of 16 to 64 bytes, mostly after `whsec_`; or `whsk_` and the base64 of an
    /// Ed25519 seed (32 bytes) or key pair (seed and public key, 64 bytes; Standard Webhooks' form). Any other text
    /// is a key for signatures that are keyed with the text itself.
    ///
    /// # Errors
    /// Says what the text lacks, without repeating it.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        if text.trim() != text {
            return Err(SecretError::Space);
        }
        let length = 8..=limits::SIGNING_SECRET_BYTES;
        if !length.contains(&text.len()) || text.chars().any(char::is_control) {
            return Err(SecretError::Text);
        }
        if text.starts_with(PUBLIC) {
            return Err(SecretError::Public);
        }
        let key = match text.strip_prefix(ASYMMETRIC) {
            Some(body) => Key::Ed25519(Box::new(signing_key(&decode(body)?)?)),
            None => match decode(text.strip_prefix(SYMMETRIC).unwrap_or(text)) {
                Ok(bytes) if (16..=64).contains(&bytes.len()) => Key::Symmetric(bytes),
                Ok(bytes) => Key::Text(SecretError::SymmetricLength(bytes.len())),
                Err(_) if text.starts_with("v1,") => Key::Text(SecretError::Version),
                Err(why) => Key::Text(why),
            },
        };
        Ok(Self { text: Zeroizing::new(text.into()), key })
    }

    /// Why it has no bytes for signatures that are not keyed with its text.
    #[must_use]
    pub fn is_text_only(&self) -> Option<&SecretError> {
        match &self.key {
            Key::Text(why) => Some(why),
            Key::Symmetric(_) | Key::Ed25519(_) => None,
        }
    }

    /// The symmetric secret of 24 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 24]) -> Self {
        let bytes = Zeroizing::new(bytes);
        // Of exactly its length, so that nothing is moved and left behind unwiped.
        let mut text = String::with_capacity(SYMMETRIC.len() + 32);
        text.push_str(SYMMETRIC);
        STANDARD.encode_string(&bytes[..], &mut text);
        Self { text: Zeroizing::new(text.into()), key: Key::Symmetric(Zeroizing::new(bytes.to_vec())) }
    }

    /// The secret's whole text, in the clear: for sealing, signing, and the one answer that shows it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.text
    }

    /// The public key's text (`whpk_…`) of an Ed25519 secret.
    #[must_use]
    pub fn public(&self) -> Option<String> {
        match &self.key {
            Key::Symmetric(_) | Key::Text(_) => None,
            Key::Ed25519(key) => Some(format!("{PUBLIC}{}", STANDARD.encode(key.verifying_key().as_bytes()))),
        }
    }

    pub(crate) fn key(&self) -> &Key {
        &self.key
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Secret {}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(…)")
    }
}

fn decode(body: &str) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let made_of = |alphabet: &[u8]| body.bytes().all(|b| b.is_ascii_alphanumeric() || alphabet.contains(&b));
    STANDARD.decode(body).map(Zeroizing::new).map_err(|_| match () {
        () if made_of(b"+/") && !body.len().is_multiple_of(4) => SecretError::Padding,
        () if made_of(b"-_=") => SecretError::UrlSafe,
        () => SecretError::Base64,
    })
}

fn signing_key(bytes: &[u8]) -> Result<SigningKey, SecretError> {
    if let Ok(seed) = bytes.try_into() {
        return Ok(SigningKey::from_bytes(seed));
    }
    let pair = bytes.try_into().map_err(|_| SecretError::Ed25519Length(bytes.len()))?;
    SigningKey::from_keypair_bytes(pair).map_err(|_| SecretError::KeyPair)
}

/// The public key of a `whpk_…` text.
pub(crate) fn public_key(text: &str) -> Result<VerifyingKey, SecretError> {
    let body = text.strip_prefix(PUBLIC).ok_or(SecretError::PublicKey)?;
    let bytes = decode(body)?;
    let bytes = bytes.as_slice().try_into().map_err(|_| SecretError::PublicKey)?;
    VerifyingKey::from_bytes(bytes).map_err(|_| SecretError::PublicKey)
}

/// Why a named secret cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NamedSecretError {
    /// Not a name.
    #[error(
        "must be 1 to {} capital letters, digits and underscores, the first of them a letter",
        limits::SECRET_NAME_BYTES
    )]
    Name,
    /// Not a value that a header can carry.
    #[error("must be 1 to {} visible ASCII characters, with spaces between them only", limits::SECRET_BYTES)]
    Value,
}

/// The name by which templates find a secret of their account: `WEBHOOK_SECRET`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SecretName(Box<str>);

impl SecretName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::str::FromStr for SecretName {
    type Err = NamedSecretError;
    fn from_str(text: &str) -> Result<Self, NamedSecretError> {
        let plain = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
        let first = text.bytes().next().is_some_and(|b| b.is_ascii_uppercase());
        if !first || text.len() > limits::SECRET_NAME_BYTES || !text.bytes().all(plain) {
            return Err(NamedSecretError::Name);
        }
        Ok(Self(text.into()))
    }
}

impl std::borrow::Borrow<str> for SecretName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for SecretName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// A secret text of an account, for the headers its templates make. It never prints, and its memory
/// is wiped when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretText(Zeroizing<Box<str>>);

impl SecretText {
    /// Checks a text: visible ASCII, with spaces inside it only, so that any header can carry it.
    ///
    /// # Errors
    /// When it is not one, without repeating it.
    pub fn parse(text: &str) -> Result<Self, NamedSecretError> {
        let visible = text.bytes().all(|b| (0x20..0x7f).contains(&b)) && text.trim() == text;
        if text.is_empty() || text.len() > limits::SECRET_BYTES || !visible {
            return Err(NamedSecretError::Value);
        }
        Ok(Self(Zeroizing::new(text.into())))
    }

    /// The text in the clear: for sealing, and for the request that carries it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for SecretText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretText(…)")
    }
}

/// What a webhook signs with: the newest secret, and older ones until their overlap ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSet {
    /// The newest.
    pub current: Secret,
    /// Older ones, newest first, each with the end of its overlap.
    pub previous: Vec<(Secret, Timestamp)>,
}

impl SecretSet {
    /// A set of one secret.
    #[must_use]
    pub fn new(current: Secret) -> Self {
        Self { current, previous: Vec::new() }
    }

    /// The set with `new` as its newest; the one it replaces goes on signing for
    /// `overlap_seconds`. Beyond [`limits::SECRETS_OVERLAPPING`] the oldest goes at once.
    ///
    /// # Errors
    /// When the overlap is longer than [`limits::SECRET_OVERLAP`].
    pub fn rotate(&self, new: Secret, overlap_seconds: u64, now: Timestamp) -> Result<Self, SecretError> {
        let overlap = Duration::from_secs(overlap_seconds);
        if overlap > limits::SECRET_OVERLAP {
            return Err(SecretError::Overlap);
        }
        let replaced = (self.current.clone(), now.plus(overlap));
        let previous = std::iter::once(&replaced)
            .chain(&self.previous)
            .filter(|(secret, until)| *until > now && *secret != new)
            .take(limits::SECRETS_OVERLAPPING)
            .cloned()
            .collect();
        Ok(Self { current: new, previous })
    }

    /// The secrets that sign now, newest first.
    pub fn signing(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        let live = self.previous.iter().filter(move |(_, until)| *until > now).map(|(secret, _)| secret);
        std::iter::once(&self.current).chain(live)
    }
}

/// A secret of an account, for its templates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretRecord {
    /// Its name.
    pub name: SecretName,
    /// Its text.
    pub text: SecretText,
    /// When it was first set.
    pub created_at: Timestamp,
    /// When it was last set.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn secret(byte: u8) -> Secret {
        Secret::from_random([byte; 24])
    }

    fn encoded(prefix: &str, bytes: &[u8]) -> String {
        format!("{prefix}{}", STANDARD.encode(bytes))
    }

    #[test]
    fn texts_are_taken_or_say_what_they_lack() {
        let refusal = |text: &str| Secret::parse(text).unwrap_err();
        for (text, want) in [
            ("hunter2", SecretError::Text),
            ("hunter\u{7}22", SecretError::Text),
            (" whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SecretError::Space),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\r\n", SecretError::Space),
            ("whpk_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", SecretError::Public),
        ] {
            assert_eq!(refusal(text), want, "{text}");
        }
        assert_eq!(refusal(&"x".repeat(limits::SIGNING_SECRET_BYTES + 1)), SecretError::Text);
        // Keys for signatures that are keyed with the text, and why for no others.
        for (text, why) in [
            ("It's a Secret".to_owned(), SecretError::Base64),
            ("whsec_äöü".to_owned(), SecretError::Base64),
            ("whsec_test_secret".to_owned(), SecretError::UrlSafe),
            ("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS".to_owned(), SecretError::Padding),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS".to_owned(), SecretError::Padding),
            ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZI-_LaLaS=".to_owned(), SecretError::UrlSafe),
            (format!("v1,{}", encoded("whsec_", &[1; 24])), SecretError::Version),
            (encoded("whsec_", &[1; 15]), SecretError::SymmetricLength(15)),
            (encoded("whsec_", &[1; 65]), SecretError::SymmetricLength(65)),
        ] {
            let secret = Secret::parse(&text).unwrap();
            assert_eq!((secret.is_text_only(), secret.expose()), (Some(&why), text.as_str()));
        }
        for text in [encoded("", &[1; 24]), encoded("whsec_", &[1; 16]), "0123456789abcdef".repeat(4)] {
            assert_eq!(Secret::parse(&text).unwrap().is_text_only(), None, "{text}");
        }
        assert_eq!(refusal(&encoded("whsk_", &[1; 33])), SecretError::Ed25519Length(33));
        assert_eq!(refusal(&encoded("whsk_", &[1; 64])), SecretError::KeyPair);
        assert!(Secret::parse(&encoded("whsec_", &[1; 64])).is_ok());
    }

    #[test]
    fn a_seed_and_its_key_pair_are_one_key() {
        let seed = [7; 32];
        let pair = SigningKey::from_bytes(&seed).to_keypair_bytes();
        let by_seed = Secret::parse(&encoded("whsk_", &seed)).unwrap();
        let by_pair = Secret::parse(&encoded("whsk_", &pair)).unwrap();
        assert_eq!(by_seed.public(), by_pair.public());
        let public = by_seed.public().unwrap();
        assert_eq!(public_key(&public).unwrap().as_bytes(), &pair[32..]);
        assert_eq!(secret(1).public(), None);
    }

    #[test]
    fn a_secret_does_not_show_in_debug_output() {
        let set = SecretSet::new(secret(1)).rotate(secret(2), 60, Timestamp::default()).unwrap();
        let shown = format!("{set:?}");
        assert!(!shown.contains("whsec_") && shown.contains("Secret(…)"), "{shown}");
    }

    #[test]
    fn the_replaced_secret_signs_until_its_overlap_ends() {
        let now = Timestamp::from_millis(1_000_000);
        let set = SecretSet::new(secret(1)).rotate(secret(2), 60, now).unwrap();
        let at = |secs| set.signing(now.plus(Duration::from_secs(secs))).cloned().collect::<Vec<_>>();
        assert_eq!(at(59), [secret(2), secret(1)]);
        assert_eq!(at(60), [secret(2)]);
        let at_once = SecretSet::new(secret(1)).rotate(secret(2), 0, now).unwrap();
        assert_eq!(at_once, SecretSet::new(secret(2)));
        let again = set.rotate(secret(1), 60, now).unwrap();
        assert_eq!(again.signing(now).cloned().collect::<Vec<_>>(), [secret(1), secret(2)]);
        assert_eq!(set.rotate(secret(3), 604_801, now), Err(SecretError::Overlap));
        assert!(set.rotate(secret(3), 604_800, now).is_ok());
    }

    proptest! {
        #[test]
        fn random_secrets_parse_back(bytes: [u8; 24]) {
            let made = Secret::from_random(bytes);
            let read = Secret::parse(made.expose()).unwrap();
            prop_assert_eq!(&read, &made);
            prop_assert!(matches!(read.key(), Key::Symmetric(key) if key[..] == bytes));
        }

        #[test]
        fn sets_stay_bounded_and_newest_first(overlaps in prop::collection::vec(0u64..1000, 0..12)) {
            let now = Timestamp::from_millis(1_000_000);
            let set = (1u8..).zip(&overlaps).fold(SecretSet::new(secret(0)), |set, (n, &overlap)| {
                set.rotate(secret(n), overlap, now).unwrap()
            });
            prop_assert!(set.previous.len() <= limits::SECRETS_OVERLAPPING);
            let keys: Vec<&str> = set.signing(now).map(Secret::expose).collect();
            prop_assert!(keys.windows(2).all(|pair| pair[0] > pair[1]), "each is older than the one before");
        }
    }
}
