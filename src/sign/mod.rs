//! Signatures over exactly the bytes that are sent, and their verification.
//!
//! Pure: the time and the secrets are arguments. It never decides which webhook signs with what.

pub mod jwt;
mod keyed;
pub mod keys;
mod message;
pub mod verify;

#[cfg(test)]
mod clients;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::Signature;
use ed25519_dalek::ed25519::signature::MultipartSigner as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

use crate::domain::profile::SignatureScheme;
use crate::domain::secret::{Key, Secret, SecretSet};
use jwt::Issuer;
pub use message::{Message, SignError};

/// Standard Webhooks: the message's id.
pub const WEBHOOK_ID: HeaderName = HeaderName::from_static("webhook-id");
/// Standard Webhooks: when it was signed, in seconds since the epoch.
pub const WEBHOOK_TIMESTAMP: HeaderName = HeaderName::from_static("webhook-timestamp");
/// Standard Webhooks: the signatures.
pub const WEBHOOK_SIGNATURE: HeaderName = HeaderName::from_static("webhook-signature");

/// `v1,` and 32 bytes in base64. A text that fills its room becomes a header's value as it is.
const SYMMETRIC_LEN: usize = 3 + 44;

/// Adds the headers of all `schemes` to `headers`, in place of what is there under their names.
///
/// # Errors
/// When a scheme cannot use the newest secret or lacks a key, or the id cannot be sent.
pub fn sign(
    schemes: &[SignatureScheme],
    secrets: &SecretSet,
    issuer: Option<&Issuer<'_>>,
    message: &Message<'_>,
    headers: &mut HeaderMap,
) -> Result<(), SignError> {
    for scheme in schemes {
        match scheme {
            SignatureScheme::Standard => standard(secrets, message, headers)?,
            SignatureScheme::Timestamped { header, multi_signature } => {
                let value = timestamped(secrets, message, *multi_signature);
                let value = value.ok_or_else(|| SignError::Asymmetric(header.clone()))?;
                headers.insert(header, HeaderValue::try_from(value)?);
            }
            SignatureScheme::Hmac(scheme) => keyed::sign(scheme, &secrets.current, message, headers)?,
            SignatureScheme::Jwt { header, algorithm } => {
                let issuer = issuer.ok_or(SignError::NoIssuer)?;
                let value = jwt::token(issuer, *algorithm, message)?;
                headers.insert(header, HeaderValue::try_from(value)?);
            }
        }
    }
    Ok(())
}

/// Source: Standard Webhooks, "Signature scheme".
fn standard(secrets: &SecretSet, message: &Message<'_>, headers: &mut HeaderMap) -> Result<(), SignError> {
    let mut digits = itoa::Buffer::new();
    let stamp = digits.format(message.now.as_secs());
    let parts = standard_parts(message.id.as_bytes(), stamp.as_bytes(), message.body);
    let mut value = String::with_capacity(SYMMETRIC_LEN);
    if let Some(why) = secrets.current.is_text_only() {
        return Err(SignError::Text { header: WEBHOOK_SIGNATURE, why: why.clone() });
    }
    for secret in secrets.signing(message.now).filter(|secret| secret.is_text_only().is_none()) {
        if !value.is_empty() {
            value.push(' ');
        }
        match secret.key() {
            Key::Symmetric(key) => {
                value.push_str("v1,");
                STANDARD.encode_string(mac(key, &parts).finalize().into_bytes(), &mut value);
            }
            Key::Ed25519(key) => {
                let signature: Signature = key.multipart_sign(&parts);
                value.push_str("v1a,");
                STANDARD.encode_string(signature.to_bytes(), &mut value);
            }
            Key::Text(_) => {}
        }
    }
    headers.insert(WEBHOOK_ID, HeaderValue::from_str(message.id)?);
    headers.insert(WEBHOOK_TIMESTAMP, HeaderValue::from_str(stamp)?);
    headers.insert(WEBHOOK_SIGNATURE, HeaderValue::try_from(value)?);
    Ok(())
}

/// `t=…,v1=…`, keyed with the secret's whole text; `None` when the newest secret is not symmetric.
fn timestamped(secrets: &SecretSet, message: &Message<'_>, multi_signature: bool) -> Option<String> {
    let stamp = message.now.as_secs().to_string();
    let parts = timestamped_parts(stamp.as_bytes(), message.body);
    let symmetric = |secret: &&Secret| matches!(secret.key(), Key::Symmetric(_) | Key::Text(_));
    if !symmetric(&&secrets.current) {
        return None;
    }
    let signatures = if multi_signature { usize::MAX } else { 1 };
    let mut value = format!("t={stamp}");
    for secret in secrets.signing(message.now).filter(symmetric).take(signatures) {
        value.push_str(",v1=");
        value.push_str(&hex::encode(mac(secret.expose().as_bytes(), &parts).finalize().into_bytes()));
    }
    Some(value)
}

fn standard_parts<'a>(id: &'a [u8], stamp: &'a [u8], body: &'a [u8]) -> [&'a [u8]; 5] {
    [id, b".", stamp, b".", body]
}

fn timestamped_parts<'a>(stamp: &'a [u8], body: &'a [u8]) -> [&'a [u8]; 3] {
    [stamp, b".", body]
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
fn mac(key: &[u8], parts: &[&[u8]]) -> Hmac<Sha256> {
    let mut mac = Hmac::new_from_slice(key).expect("a key of any length");
    parts.iter().for_each(|part| mac.update(part));
    mac
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use std::time::Duration;

    fn secret(text: &str) -> Secret {
        Secret::parse(text).unwrap()
    }

    fn signed(scheme: SignatureScheme, secrets: &SecretSet, message: &Message<'_>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        sign(&[scheme], secrets, None, message, &mut headers).unwrap();
        headers
    }

    fn timestamped(multi_signature: bool) -> SignatureScheme {
        SignatureScheme::Timestamped { header: HeaderName::from_static("x-sig"), multi_signature }
    }

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

    /// The example of the Standard Webhooks libraries' own tests.
    fn example() -> Message<'static> {
        let now = Timestamp::from_millis(1_614_265_330_999);
        Message {
            id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            now,
            url: "https://a.example/",
            body: br#"{"test": 2432232314}"#,
        }
    }

    #[test]
    fn standard_signatures_are_those_of_the_reference() {
        let headers = signed(SignatureScheme::Standard, &SecretSet::new(secret(SECRET)), &example());
        assert_eq!(headers["webhook-id"], "msg_p5jXN8AQM9LWM0D4loKWxJek");
        assert_eq!(headers["webhook-timestamp"], "1614265330");
        assert_eq!(headers["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    /// Computed with Python's `hmac`, keyed with the secret's whole text.
    #[test]
    fn timestamped_signatures_are_those_of_another_implementation() {
        let headers = signed(timestamped(false), &SecretSet::new(secret(SECRET)), &example());
        assert_eq!(
            headers["x-sig"],
            "t=1614265330,v1=2e37df5d4a028c51a7f3133d64ae1e300d2c2c900f1b1d49d4369ad2530f8964"
        );
    }

    /// The key of RFC 8032, section 7.1, test 1; the signature was made with Python's
    /// `cryptography` over `msg_1.1614265330.{}`.
    #[test]
    fn ed25519_signatures_are_those_of_another_implementation() {
        let set = SecretSet::new(secret("whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A="));
        assert_eq!(set.current.public().unwrap(), "whpk_11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
        let message = Message { id: "msg_1", body: b"{}", ..example() };
        let headers = signed(SignatureScheme::Standard, &set, &message);
        assert_eq!(
            headers["webhook-signature"],
            "v1a,hGvhpd3FOe3YsVEIIX1pYKgY77U2Cj/jLClZW2K4VpFr77TQ/Fy9LFlysuLiC06UQhE5GOgPzDr3hPQ7QhqpDw=="
        );
        let refused = sign(&[timestamped(false)], &set, None, &message, &mut HeaderMap::new()).unwrap_err();
        assert!(refused.to_string().starts_with("the signature in x-sig needs a symmetric secret"));
    }

    #[test]
    fn an_overlap_sends_both_where_the_scheme_allows_it() {
        let message = example();
        let old = SecretSet::new(secret(SECRET));
        let new = Secret::from_random([1; 24]);
        let both = old.rotate(new.clone(), 60, message.now).unwrap();
        let value = |scheme, set: &SecretSet, message: &Message<'_>| {
            let headers = signed(scheme, set, message);
            let value = headers.get("webhook-signature").or(headers.get("x-sig")).unwrap();
            value.to_str().unwrap().to_owned()
        };
        let new = SecretSet::new(new);
        let of = |set| value(SignatureScheme::Standard, set, &message);
        assert_eq!(of(&both), format!("{} {}", of(&new), of(&old)));
        let single = |set| value(timestamped(false), set, &message);
        assert_eq!(single(&both), single(&new));
        let old_v1 = single(&old).split_once(',').unwrap().1.to_owned();
        assert_eq!(value(timestamped(true), &both, &message), format!("{},{old_v1}", single(&new)));
        let later = Message { now: message.now.plus(Duration::from_secs(60)), ..message };
        let of_later = |set| value(SignatureScheme::Standard, set, &later);
        assert_eq!(of_later(&both), of_later(&new));
    }

    #[test]
    fn all_schemes_of_a_profile_are_computed() {
        let schemes = [SignatureScheme::Standard, timestamped(false)];
        let mut headers = HeaderMap::from_iter([(WEBHOOK_ID, HeaderValue::from_static("forged"))]);
        sign(&schemes, &SecretSet::new(secret(SECRET)), None, &example(), &mut headers).unwrap();
        assert_eq!(headers.get_all("webhook-id").iter().count(), 1);
        assert_eq!(headers["webhook-id"], example().id);
        assert!(headers.contains_key("webhook-signature") && headers.contains_key("x-sig"));
        let unsendable = Message { id: "a\nb", ..example() };
        let refused = sign(&schemes, &SecretSet::new(secret(SECRET)), None, &unsendable, &mut headers);
        assert!(matches!(refused, Err(SignError::Id(_))));
    }
}
