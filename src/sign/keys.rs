//! The public keys as receivers fetch them (RFC 7517), and the RSA key an operator may add for those
//! that are pinned to RSA.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::domain::signing_key::SigningKeys;
use crate::domain::time::Timestamp;

/// The bytes of the longest modulus: signing costs the cube of it, and tokens are made for every attempt.
const LONGEST_MODULUS: usize = 4096 / 8;

/// Why a text is not an RSA key that can sign.
#[derive(Debug, thiserror::Error)]
#[error("must be an RSA private key of 2048 to 4096 bits in PKCS #8 ({0})")]
pub struct RsaKeyError(String);

/// An RSA key that signs with RS256. Its memory is its library's to wipe.
pub struct RsaKey {
    pair: KeyPair,
    modulus: String,
    exponent: String,
}

impl RsaKey {
    /// The key of a PKCS #8 document (DER).
    ///
    /// # Errors
    /// When it is something else, or too weak.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, RsaKeyError> {
        let pair = KeyPair::from_pkcs8(der).map_err(|error| RsaKeyError(error.to_string()))?;
        if pair.public_modulus_len() > LONGEST_MODULUS {
            return Err(RsaKeyError("it is longer".to_owned()));
        }
        let (modulus, exponent) = {
            let public = pair.public_key();
            let part = |part: aws_lc_rs::io::Positive<'_>| encoded(part.big_endian_without_leading_zero());
            (part(public.modulus()), part(public.exponent()))
        };
        Ok(Self { pair, modulus, exponent })
    }

    /// The thumbprint that names it (RFC 7638).
    #[must_use]
    pub fn kid(&self) -> String {
        thumbprint(&format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, self.exponent, self.modulus))
    }

    /// The RS256 signature of a text. The same text gives the same bytes; the randomness inside only
    /// blinds the computation.
    #[must_use]
    pub fn sign(&self, text: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text, &mut signature).ok()?;
        Some(signature)
    }
}

impl std::fmt::Debug for RsaKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RsaKey({})", self.kid())
    }
}

/// The name of an Ed25519 key: its thumbprint (RFC 7638).
#[must_use]
pub fn kid(public: &[u8; 32]) -> String {
    thumbprint(&format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encoded(public)))
}

/// The public keys that receivers must be able to find now, newest first.
#[must_use]
pub fn jwks(keys: &SigningKeys, rsa: Option<&RsaKey>, now: Timestamp) -> Value {
    let mut published: Vec<Value> = keys.published(now).map(|key| jwk(&key.public())).collect();
    published.reverse();
    published.extend(rsa.map(|rsa| {
        json!({"kty": "RSA", "n": rsa.modulus, "e": rsa.exponent, "kid": rsa.kid(), "use": "sig", "alg": "RS256"})
    }));
    json!({ "keys": published })
}

/// An Ed25519 key's public half as receivers take it (RFC 8037).
#[must_use]
pub fn jwk(public: &[u8; 32]) -> Value {
    let x = encoded(public);
    json!({"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid(public), "use": "sig", "alg": "EdDSA"})
}

fn thumbprint(members: &str) -> String {
    encoded(&Sha256::digest(members))
}

pub(super) fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::signing_key::SigningKey;

    /// RFC 8037, appendix A.2 and A.3.
    #[test]
    fn a_thumbprint_is_that_of_the_standard() {
        let x = URL_SAFE_NO_PAD.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo").unwrap();
        let public: [u8; 32] = x.try_into().unwrap();
        assert_eq!(kid(&public), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let key = jwk(&public);
        assert_eq!(
            (&key["crv"], &key["x"]),
            (&json!("Ed25519"), &json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))
        );
    }

    #[test]
    fn the_newest_key_comes_first_and_nothing_secret_is_told() {
        let at = Timestamp::from_millis;
        let keys = SigningKeys::default().with(1, SigningKey::new(&[1; 32], at(0), at(0)));
        let keys = keys.with(2, SigningKey::new(&[2; 32], at(1000), at(301_000)));
        let told = jwks(&keys, None, at(2000));
        let kids: Vec<_> = told["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect();
        let of = |seed| json!(kid(&SigningKey::new(&[seed; 32], at(0), at(0)).public()));
        assert_eq!(kids, [of(2), of(1)]);
        assert!(!told.to_string().contains(r#""d""#));
    }

    #[test]
    fn what_is_no_rsa_key_is_refused() {
        assert!(
            RsaKey::from_pkcs8(b"hello").unwrap_err().to_string().starts_with("must be an RSA private key")
        );
    }
}
