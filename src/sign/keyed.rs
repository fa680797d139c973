//! An HMAC over what a profile's pattern says.

use aws_lc_rs::hmac::{Algorithm, Context, HMAC_SHA1_FOR_LEGACY_USE_ONLY, HMAC_SHA256, HMAC_SHA512, Key};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue};

use super::message::{Message, SignError};
use crate::domain::hmac_scheme::{Encoding, HmacAlgorithm, HmacKey, HmacScheme, Part};
use crate::domain::secret::{self, Secret};

/// Adds the headers of a scheme, signed with the newest secret: receivers of such signatures expect one.
///
/// # Errors
/// When the scheme cannot use the secret, or the id cannot be sent.
pub(super) fn sign(
    scheme: &HmacScheme,
    secret: &Secret,
    message: &Message<'_>,
    headers: &mut HeaderMap,
) -> Result<(), SignError> {
    let mut digits = itoa::Buffer::new();
    let stamp = digits.format(message.now.as_secs());
    let mut context = Context::with_key(&Key::new(algorithm(scheme.algorithm), key(scheme, secret)?));
    for part in scheme.content.parts() {
        context.update(match part {
            Part::Text(text) => text.as_bytes(),
            Part::Id => message.id.as_bytes(),
            Part::Timestamp => stamp.as_bytes(),
            Part::Url => message.url.as_bytes(),
            Part::Body => message.body,
        });
    }
    let tag = context.sign();
    let mut value = scheme.prefix.clone();
    match scheme.encoding {
        Encoding::Hex => value.push_str(&hex::encode(tag)),
        Encoding::Base64 => STANDARD.encode_string(tag, &mut value),
    }
    headers.insert(&scheme.header, HeaderValue::try_from(value)?);
    if let Some(name) = &scheme.timestamp_header {
        headers.insert(name, HeaderValue::from_str(stamp)?);
    }
    if let Some(name) = &scheme.id_header {
        headers.insert(name, HeaderValue::from_str(message.id)?);
    }
    Ok(())
}

fn key<'s>(scheme: &HmacScheme, secret: &'s Secret) -> Result<&'s [u8], SignError> {
    match (scheme.key, secret.key()) {
        (_, secret::Key::Ed25519(_)) => Err(SignError::Asymmetric(scheme.header.clone())),
        (HmacKey::Text, _) => Ok(secret.expose().as_bytes()),
        (HmacKey::Bytes, secret::Key::Symmetric(bytes)) => Ok(bytes),
        (HmacKey::Bytes, secret::Key::Text(why)) => {
            Err(SignError::Text { header: scheme.header.clone(), why: why.clone() })
        }
    }
}

fn algorithm(algorithm: HmacAlgorithm) -> Algorithm {
    match algorithm {
        HmacAlgorithm::Sha1 => HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        HmacAlgorithm::Sha256 => HMAC_SHA256,
        HmacAlgorithm::Sha512 => HMAC_SHA512,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::time::Timestamp;
    use http::HeaderName;

    fn scheme(content: &str, algorithm: HmacAlgorithm, encoding: Encoding, key: HmacKey) -> HmacScheme {
        HmacScheme {
            header: HeaderName::from_static("x-sig"),
            algorithm,
            content: content.parse().unwrap(),
            encoding,
            prefix: "p=".to_owned(),
            key,
            timestamp_header: Some(HeaderName::from_static("x-time")),
            id_header: Some(HeaderName::from_static("x-id")),
        }
    }

    fn message() -> Message<'static> {
        let now = Timestamp::from_millis(1_614_265_330_999);
        Message { id: "evt_1", now, url: "https://a.example/in?b=c", body: b"{}" }
    }

    /// Computed with Python's `hmac` and `hashlib`.
    #[test]
    fn signatures_are_those_of_another_implementation() {
        use {Encoding::*, HmacAlgorithm::*, HmacKey::*};
        let secret = Secret::parse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        for (scheme, expected) in [
            (
                scheme("{body}", Sha256, Hex, Text),
                "6cbbcdf2c8016ca85b50543b19e8e121ef16137967bdfa3ce660972922bafaeb",
            ),
            (scheme("v0:{timestamp}:{body}", Sha1, Hex, Bytes), "b356c567bfb2fd64bbe2aae670479dda1987e864"),
            (
                scheme("{url}|{id}|{body}", Sha512, Base64, Text),
                "hcKRu9dzh2E9TOGpduqKdRtA6Fm6F/0+cu/7n4+ZVvBbIQrS9/fYbHiSWcAT5bFpfW0C5hm4piblvI3yir5BMQ==",
            ),
        ] {
            let mut headers =
                HeaderMap::from_iter([(scheme.header.clone(), HeaderValue::from_static("forged"))]);
            sign(&scheme, &secret, &message(), &mut headers).unwrap();
            assert_eq!(headers["x-sig"], format!("p={expected}"), "{:?}", scheme.content);
            assert_eq!(headers["x-time"], "1614265330");
            assert_eq!(headers["x-id"], "evt_1");
            assert_eq!(headers.len(), 3);
        }
    }

    #[test]
    fn a_secret_that_cannot_sign_is_named_with_its_reason() {
        let refused = |key, text: &str| {
            let scheme = scheme("{body}", HmacAlgorithm::Sha256, Encoding::Hex, key);
            let secret = Secret::parse(text).unwrap();
            sign(&scheme, &secret, &message(), &mut HeaderMap::new()).err().map(|error| error.to_string())
        };
        assert_eq!(refused(HmacKey::Text, "any text at all"), None);
        let bytes = refused(HmacKey::Bytes, "any text at all").unwrap();
        assert!(bytes.starts_with("the signature in x-sig needs a secret in base64"), "{bytes}");
        let ed25519 = refused(HmacKey::Text, "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A=").unwrap();
        assert!(ed25519.starts_with("the signature in x-sig needs a symmetric secret"), "{ed25519}");
    }
}
