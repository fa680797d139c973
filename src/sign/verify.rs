//! Verification, for people who wonder why their receiver rejects a delivery: every refusal says
//! why. It takes the forms that [`super::sign()`] makes, and never trusts what it has not checked.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::ed25519::signature::MultipartVerifier as _;
use ed25519_dalek::{Signature, VerifyingKey};
use hmac::Mac as _;
use http::{HeaderMap, HeaderName, HeaderValue};

use super::{WEBHOOK_ID, WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP};
use crate::domain::secret::{Key, Secret, SecretError, public_key};
use crate::domain::time::Timestamp;

/// How far a signature's time may be off; what the Standard Webhooks and Stripe libraries take.
pub const TOLERANCE: Duration = Duration::from_secs(300);

/// Why a message is not to be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VerifyError {
    /// No signature at all.
    #[error("there is no signature: neither a header webhook-signature nor one that holds t=…,v1=…")]
    Unsigned,
    /// A header of the Standard Webhooks form is missing.
    #[error("the header {0} is missing")]
    Missing(HeaderName),
    /// A header cannot be read.
    #[error("the header {header} is malformed: it should hold {want}")]
    Malformed {
        /// The header.
        header: HeaderName,
        /// What it should hold.
        want: &'static str,
    },
    /// Signed too long ago.
    #[error(
        "the timestamp is {age} s old; at most {tolerance} s are accepted: the message is old, or a clock is off"
    )]
    Stale {
        /// Its age in seconds.
        age: u64,
        /// The age that is taken.
        tolerance: u64,
    },
    /// Signed too far ahead.
    #[error("the timestamp is {ahead} s in the future; at most {tolerance} s are accepted: a clock is off")]
    Future {
        /// How far ahead in seconds.
        ahead: u64,
        /// How far ahead is taken.
        tolerance: u64,
    },
    /// Signatures, but none of the key's kind.
    #[error("there is no signature that this kind of secret makes: {0} is needed")]
    Kind(&'static str),
    /// The signature matches once the body's last newline is gone.
    #[error("the signature matches this body only without its last newline: an editor or a shell added one")]
    TrailingNewline,
    /// The signature does not match.
    #[error("the signature does not match: the secret is different, or the body was changed")]
    Mismatch,
}

/// A message that is what its sender signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The header whose signature matched.
    pub header: HeaderName,
    /// The message's id, where the form has one.
    pub id: Option<String>,
    /// When it was signed.
    pub signed_at: Timestamp,
}

/// What a receiver verifies with.
#[derive(Debug, Clone)]
pub enum Verifier {
    /// The webhook's secret.
    Secret(Secret),
    /// The public key of an Ed25519 secret.
    Public(VerifyingKey),
}

impl Verifier {
    /// The verifier of a `whsec_…`, `whsk_…` or `whpk_…` text.
    ///
    /// # Errors
    /// Says what the text lacks.
    pub fn parse(text: &str) -> Result<Self, SecretError> {
        if text.starts_with("whpk_") {
            public_key(text).map(Self::Public)
        } else {
            Secret::parse(text).map(Self::Secret)
        }
    }
}

/// What the headers claim.
struct Claim<'a> {
    header: HeaderName,
    id: Option<&'a str>,
    stamp: &'a str,
    signatures: Vec<Claimed>,
}

enum Claimed {
    /// HMAC, keyed with the decoded secret.
    V1(Vec<u8>),
    /// Ed25519.
    V1a(Box<Signature>),
    /// HMAC, keyed with the secret's text.
    Timestamped([u8; 32]),
}

/// Checks a message's signature and age.
///
/// # Errors
/// Says why the message is not to be trusted.
pub fn verify(
    headers: &HeaderMap,
    body: &[u8],
    verifier: &Verifier,
    now: Timestamp,
    tolerance: Duration,
) -> Result<Verified, VerifyError> {
    let claim = read(headers)?;
    let seconds = stamped(&claim)?;
    // The signature first: with a wrong secret, an age says nothing.
    if claim.matches(body, verifier)? {
        let signed_at = check_age(seconds, now, tolerance)?;
        return Ok(Verified { header: claim.header, id: claim.id.map(str::to_owned), signed_at });
    }
    let trimmed = body.strip_suffix(b"\n").map(|body| body.strip_suffix(b"\r").unwrap_or(body));
    match trimmed {
        Some(body) if claim.matches(body, verifier)? => Err(VerifyError::TrailingNewline),
        _ => Err(VerifyError::Mismatch),
    }
}

fn read(headers: &HeaderMap) -> Result<Claim<'_>, VerifyError> {
    let standard = [WEBHOOK_SIGNATURE, WEBHOOK_TIMESTAMP, WEBHOOK_ID];
    if standard.iter().any(|name| headers.contains_key(name)) {
        return read_standard(headers);
    }
    let timestamped = |(name, value): (&HeaderName, &'_ HeaderValue)| {
        value.to_str().is_ok_and(|value| read_timestamped(value).is_some()).then(|| name.clone())
    };
    let named = || headers.keys().find(|name| name.as_str().ends_with("-signature")).cloned();
    let header = headers.iter().find_map(timestamped).or_else(named).ok_or(VerifyError::Unsigned)?;
    let value = text(headers, &header)?;
    let malformed =
        VerifyError::Malformed { header: header.clone(), want: "t=<unix seconds>,v1=<64 hex digits>" };
    let (stamp, signatures) = read_timestamped(value).ok_or(malformed)?;
    Ok(Claim { header, id: None, stamp, signatures })
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<&'a str, VerifyError> {
    let value = headers.get(name).ok_or_else(|| VerifyError::Missing(name.clone()))?;
    value.to_str().map_err(|_| VerifyError::Malformed { header: name.clone(), want: "ASCII text" })
}

fn read_standard(headers: &HeaderMap) -> Result<Claim<'_>, VerifyError> {
    let id = text(headers, &WEBHOOK_ID)?;
    let stamp = text(headers, &WEBHOOK_TIMESTAMP)?;
    let value = text(headers, &WEBHOOK_SIGNATURE)?;
    let signature = |part: &str| {
        let (version, encoded) = part.split_once(',')?;
        let bytes = STANDARD.decode(encoded).ok()?;
        match version {
            "v1" => Some(Claimed::V1(bytes)),
            "v1a" => Some(Claimed::V1a(Box::new(Signature::from_slice(&bytes).ok()?))),
            _ => None,
        }
    };
    let signatures: Vec<_> = value.split(' ').filter_map(signature).collect();
    if signatures.is_empty() {
        let want = "v1,<base64> or v1a,<base64>, several separated by a space";
        return Err(VerifyError::Malformed { header: WEBHOOK_SIGNATURE, want });
    }
    Ok(Claim { header: WEBHOOK_SIGNATURE, id: Some(id), stamp, signatures })
}

/// The time and the signatures of `t=…,v1=…`.
fn read_timestamped(value: &str) -> Option<(&str, Vec<Claimed>)> {
    let mut stamp = None;
    let mut signatures = Vec::new();
    for part in value.split(',') {
        match part.trim().split_once('=')? {
            ("t", seconds) => stamp = Some(seconds),
            ("v1", text) => {
                let mut signature = [0; 32];
                hex::decode_to_slice(text, &mut signature).ok()?;
                signatures.push(Claimed::Timestamped(signature));
            }
            _ => {}
        }
    }
    stamp.filter(|_| !signatures.is_empty()).map(|stamp| (stamp, signatures))
}

fn stamped(claim: &Claim<'_>) -> Result<u64, VerifyError> {
    let header = if claim.id.is_some() { WEBHOOK_TIMESTAMP } else { claim.header.clone() };
    claim.stamp.parse().map_err(|_| VerifyError::Malformed { header, want: "whole seconds since 1970" })
}

fn check_age(seconds: u64, now: Timestamp, tolerance: Duration) -> Result<Timestamp, VerifyError> {
    let (now, tolerance) = (now.as_secs(), tolerance.as_secs());
    let (age, ahead) = (now.saturating_sub(seconds), seconds.saturating_sub(now));
    if age > tolerance {
        Err(VerifyError::Stale { age, tolerance })
    } else if ahead > tolerance {
        Err(VerifyError::Future { ahead, tolerance })
    } else {
        Ok(Timestamp::from_millis(seconds.saturating_mul(1000)))
    }
}

impl Claim<'_> {
    /// Whether a signature matches; an error when none is of the verifier's kind.
    fn matches(&self, body: &[u8], verifier: &Verifier) -> Result<bool, VerifyError> {
        let mut kin =
            self.signatures.iter().filter_map(|claimed| self.one(claimed, body, verifier)).peekable();
        if kin.peek().is_none() {
            let symmetric = matches!(verifier, Verifier::Secret(s) if matches!(s.key(), Key::Symmetric(_) | Key::Text(_)));
            return Err(VerifyError::Kind(if symmetric { "v1 (HMAC)" } else { "v1a (Ed25519)" }));
        }
        Ok(kin.any(|matches| matches))
    }

    /// Whether `claimed` matches, compared in constant time; `None` when it is of another kind.
    fn one(&self, claimed: &Claimed, body: &[u8], verifier: &Verifier) -> Option<bool> {
        let id = self.id.unwrap_or_default().as_bytes();
        let standard = super::standard_parts(id, self.stamp.as_bytes(), body);
        match (claimed, verifier) {
            (Claimed::V1(tag), Verifier::Secret(secret)) => match secret.key() {
                Key::Symmetric(key) => Some(super::mac(key, &standard).verify_slice(tag).is_ok()),
                Key::Ed25519(_) | Key::Text(_) => None,
            },
            (Claimed::Timestamped(tag), Verifier::Secret(secret)) => match secret.key() {
                Key::Symmetric(_) | Key::Text(_) => {
                    let parts = super::timestamped_parts(self.stamp.as_bytes(), body);
                    Some(super::mac(secret.expose().as_bytes(), &parts).verify_slice(tag).is_ok())
                }
                Key::Ed25519(_) => None,
            },
            (Claimed::V1a(signature), Verifier::Secret(secret)) => match secret.key() {
                Key::Symmetric(_) | Key::Text(_) => None,
                Key::Ed25519(key) => Some(key.multipart_verify(&standard, signature).is_ok()),
            },
            (Claimed::V1a(signature), Verifier::Public(key)) => {
                Some(key.multipart_verify(&standard, signature).is_ok())
            }
            (Claimed::V1(_) | Claimed::Timestamped(_), Verifier::Public(_)) => None,
        }
    }
}

/// Verifies a saved message: `header_lines` are lines `Name: value`, a request line before them
/// and empty lines are skipped. The answer and the refusal are sentences for people.
///
/// # Errors
/// Says why the message, the secret or the header lines cannot be taken.
pub fn check(secret: &str, header_lines: &str, body: &[u8], now: Timestamp) -> Result<String, String> {
    let verifier = Verifier::parse(secret.trim()).map_err(|error| format!("the secret {error}"))?;
    let headers = parse_lines(header_lines)?;
    let verified = verify(&headers, body, &verifier, now, TOLERANCE).map_err(|error| error.to_string())?;
    let id = verified.id.map(|id| format!(" of {id}")).unwrap_or_default();
    let age = now.since(verified.signed_at).as_secs();
    Ok(format!("the signature{id} in {} matches; it was made {age} s ago", verified.header))
}

fn parse_lines(lines: &str) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (at, line) in lines.lines().enumerate() {
        let request_line = at == 0 && line.split(' ').any(|word| word.starts_with("HTTP/"));
        if request_line || line.trim().is_empty() {
            continue;
        }
        let malformed = || format!("line {} of the headers is not \"Name: value\"", at + 1);
        let (name, value) = line.split_once(':').ok_or_else(malformed)?;
        let name: HeaderName = name.trim().parse().map_err(|_| malformed())?;
        headers.append(name, value.trim().parse().map_err(|_| malformed())?);
    }
    Ok(headers)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::profile::SignatureScheme;
    use crate::domain::secret::SecretSet;
    use crate::sign::{Message, sign};
    use proptest::prelude::*;

    const BODY: &[u8] = b"{\"a\":1}";
    const ED25519: &str = "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=";

    fn now() -> Timestamp {
        Timestamp::from_millis(1_777_638_896_789)
    }

    fn hmac_key() -> Secret {
        Secret::from_random([7; 24])
    }

    fn schemes() -> [SignatureScheme; 2] {
        let header = HeaderName::from_static("x-brand-signature");
        [SignatureScheme::Standard, SignatureScheme::Timestamped { header, multi_signature: true }]
    }

    fn signed(scheme: &SignatureScheme, secrets: &SecretSet) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let message = Message { id: "msg_1", now: now(), url: "https://a.example/", body: BODY };
        sign(std::slice::from_ref(scheme), secrets, None, &message, &mut headers).unwrap();
        headers
    }

    fn result(
        headers: &HeaderMap,
        body: &[u8],
        secret: &Secret,
        at: Timestamp,
    ) -> Result<Verified, VerifyError> {
        verify(headers, body, &Verifier::Secret(secret.clone()), at, TOLERANCE)
    }

    #[test]
    fn what_is_signed_verifies_and_nothing_else_does() {
        for scheme in schemes() {
            let headers = signed(&scheme, &SecretSet::new(hmac_key()));
            let verified = result(&headers, BODY, &hmac_key(), now()).unwrap();
            assert_eq!(verified.signed_at.as_secs(), now().as_secs());
            assert_eq!(verified.id.is_some(), scheme == SignatureScheme::Standard);
            let other = Secret::from_random([8; 24]);
            assert_eq!(result(&headers, BODY, &other, now()), Err(VerifyError::Mismatch));
            for at in 0..BODY.len() {
                let mut altered = BODY.to_vec();
                altered[at] ^= 1;
                assert_eq!(result(&headers, &altered, &hmac_key(), now()), Err(VerifyError::Mismatch));
            }
            for newline in ["\n", "\r\n"] {
                let body = [BODY, newline.as_bytes()].concat();
                let refused = result(&headers, &body, &hmac_key(), now());
                assert_eq!(refused, Err(VerifyError::TrailingNewline));
            }
        }
    }

    #[test]
    fn either_secret_of_an_overlap_verifies() {
        let new = Secret::from_random([8; 24]);
        let set = SecretSet::new(hmac_key()).rotate(new.clone(), 60, now()).unwrap();
        for scheme in schemes() {
            let headers = signed(&scheme, &set);
            assert!(result(&headers, BODY, &hmac_key(), now()).is_ok());
            assert!(result(&headers, BODY, &new, now()).is_ok());
        }
    }

    #[test]
    fn age_is_checked_to_the_second() {
        for scheme in schemes() {
            let headers = signed(&scheme, &SecretSet::new(hmac_key()));
            let later = |secs| result(&headers, BODY, &hmac_key(), now().plus(Duration::from_secs(secs)));
            let earlier = |secs| result(&headers, BODY, &hmac_key(), now().minus(Duration::from_secs(secs)));
            assert!(later(300).is_ok() && earlier(300).is_ok());
            assert_eq!(later(301), Err(VerifyError::Stale { age: 301, tolerance: 300 }));
            assert_eq!(earlier(301), Err(VerifyError::Future { ahead: 301, tolerance: 300 }));
            let wrong = Secret::from_random([9; 24]);
            let old = result(&headers, BODY, &wrong, now().plus(Duration::from_secs(301)));
            assert_eq!(old, Err(VerifyError::Mismatch), "what is not signed has no age");
        }
    }

    #[test]
    fn ed25519_verifies_with_either_half() {
        let secret = Secret::parse(ED25519).unwrap();
        let headers = signed(&SignatureScheme::Standard, &SecretSet::new(secret.clone()));
        let public = Verifier::parse(&secret.public().unwrap()).unwrap();
        assert!(verify(&headers, BODY, &public, now(), TOLERANCE).is_ok());
        assert!(result(&headers, BODY, &secret, now()).is_ok());
        let altered = verify(&headers, b"{}", &public, now(), TOLERANCE);
        assert_eq!(altered, Err(VerifyError::Mismatch));
        assert_eq!(result(&headers, BODY, &hmac_key(), now()), Err(VerifyError::Kind("v1 (HMAC)")));
        let headers = signed(&SignatureScheme::Standard, &SecretSet::new(hmac_key()));
        let refused = verify(&headers, BODY, &public, now(), TOLERANCE);
        assert_eq!(refused, Err(VerifyError::Kind("v1a (Ed25519)")));
    }

    #[test]
    fn headers_that_cannot_be_read_are_named() {
        let mut headers = signed(&SignatureScheme::Standard, &SecretSet::new(hmac_key()));
        headers.remove(WEBHOOK_TIMESTAMP);
        let missing = result(&headers, BODY, &hmac_key(), now()).unwrap_err();
        assert_eq!(missing.to_string(), "the header webhook-timestamp is missing");
        headers.insert(WEBHOOK_TIMESTAMP, HeaderValue::from_static("yesterday"));
        let malformed = result(&headers, BODY, &hmac_key(), now()).unwrap_err();
        assert!(malformed.to_string().starts_with("the header webhook-timestamp is malformed"));
        headers.insert(WEBHOOK_SIGNATURE, HeaderValue::from_static("v0,AAAA"));
        let malformed = result(&headers, BODY, &hmac_key(), now()).unwrap_err();
        assert!(malformed.to_string().starts_with("the header webhook-signature is malformed"));
        assert_eq!(result(&HeaderMap::new(), BODY, &hmac_key(), now()), Err(VerifyError::Unsigned));
        let name = HeaderName::from_static("x-brand-signature");
        for value in ["", "t=1", "v1=00", "t=1,v1=zz", "t=1,v1=+0"] {
            let headers = HeaderMap::from_iter([(name.clone(), HeaderValue::from_static(value))]);
            let refused = result(&headers, BODY, &hmac_key(), now());
            assert!(matches!(refused, Err(VerifyError::Malformed { .. })), "{value}: {refused:?}");
        }
    }

    #[test]
    fn a_saved_message_is_checked() {
        let headers = signed(&SignatureScheme::Standard, &SecretSet::new(hmac_key()));
        let mut lines = String::from("POST /hook HTTP/1.1\r\n");
        for (name, value) in &headers {
            lines += &format!("{name}: {}\r\n", value.to_str().unwrap());
        }
        let now = now().plus(Duration::from_secs(3));
        let check = |secret: &str, lines: &str| check(secret, lines, BODY, now);
        let good = "the signature of msg_1 in webhook-signature matches; it was made 3 s ago";
        assert_eq!(check(hmac_key().expose(), &lines).as_deref(), Ok(good));
        assert_eq!(
            check("whsec_", &lines).unwrap_err(),
            "the secret must be 8 to 256 bytes of text without control characters"
        );
        let refused = check(hmac_key().expose(), "A: b\nnonsense").unwrap_err();
        assert_eq!(refused, "line 2 of the headers is not \"Name: value\"");
        let refused = check(hmac_key().expose(), "").unwrap_err();
        assert!(refused.starts_with("there is no signature"));
    }

    proptest! {
        #[test]
        fn any_header_is_refused_with_a_reason(value in "(t=|v1=|v1a,|v1,|[0-9a-f=, ]|.)*", standard: bool) {
            if let Ok(value) = HeaderValue::from_str(&value) {
                let mut headers = HeaderMap::new();
                if standard {
                    headers.insert(WEBHOOK_ID, value.clone());
                    headers.insert(WEBHOOK_TIMESTAMP, value.clone());
                    headers.insert(WEBHOOK_SIGNATURE, value);
                } else {
                    headers.insert("x-brand-signature", value);
                }
                prop_assert!(result(&headers, BODY, &hmac_key(), now()).is_err());
            }
        }
    }
}
