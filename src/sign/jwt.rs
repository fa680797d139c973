//! Tokens in a header (RFC 7519): who sent what, when, about which run. Made again for each attempt.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::message::{Message, SignError};
use crate::domain::profile::JwtAlgorithm;
use crate::domain::signing_key::SigningKeys;
use crate::limits;

/// Who makes tokens, and for what.
#[derive(Debug, Clone, Copy)]
pub struct Issuer<'a> {
    /// `iss`: the API's base URL as others see it.
    pub url: &'a str,
    /// `sub`: the run's id, or the event's where there is no run.
    pub subject: &'a str,
    /// `jti`: unpredictable, and another for each token.
    pub token_id: u128,
    /// The keys.
    pub keys: &'a SigningKeys,
    /// The algorithm where a profile leaves it to the store.
    pub algorithm: JwtAlgorithm,
}

#[derive(Serialize)]
struct Head<'a> {
    alg: &'a str,
    typ: &'a str,
    kid: &'a str,
}

/// No `aud`: common verifiers refuse a token with one unless they are told which.
#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a str,
    iat: u64,
    exp: u64,
    jti: String,
    body_sha256: String,
}

/// The token for a message: a compact JWS.
pub(super) fn token(
    issuer: &Issuer<'_>,
    algorithm: Option<JwtAlgorithm>,
    message: &Message<'_>,
) -> Result<String, SignError> {
    let algorithm = algorithm.unwrap_or(issuer.algorithm);
    let no_key = || SignError::NoKey(algorithm.as_str());
    let iat = message.now.as_secs();
    let claims = Claims {
        iss: issuer.url,
        sub: issuer.subject,
        iat,
        exp: iat.saturating_add(limits::TOKEN_LIFE.as_secs()),
        jti: format!("{:032x}", issuer.token_id),
        body_sha256: hex::encode(Sha256::digest(message.body)),
    };
    let key = issuer.keys.signing(algorithm, message.now).ok_or_else(no_key)?;
    let head = Head { alg: algorithm.as_str(), typ: "JWT", kid: key.kid() };
    let text = part(&head).zip(part(&claims)).map(|(head, claims)| format!("{head}.{claims}"));
    let text = text.ok_or_else(no_key)?;
    let signature = key.sign(text.as_bytes()).ok_or_else(no_key)?;
    Ok(format!("{text}.{}", encoded(&signature)))
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn part(value: &impl Serialize) -> Option<String> {
    serde_json::to_vec(value).ok().map(|json| encoded(&json))
}

#[cfg(test)]
mod tests {
    use super::*;
    use ed25519_dalek::Signature;
    use serde_json::{Value, json};

    use crate::domain::signing_key::{KeyPair, SigningKey};
    use crate::domain::time::Timestamp;

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_millis(secs * 1000 + 999)
    }

    fn issuer(keys: &SigningKeys, algorithm: JwtAlgorithm) -> Issuer<'_> {
        Issuer { url: "https://hooks.example.com", subject: "run_7", token_id: 0xabc, keys, algorithm }
    }

    fn decoded(part: &str) -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    }

    #[test]
    fn a_token_says_what_the_contract_says_and_no_audience() {
        let keys = SigningKeys::default().with(1, SigningKey::new(&[1; 32], at(0), at(0)));
        let message = Message { id: "evt", now: at(1000), url: "https://a.example/", body: b"{}" };
        let token = token(&issuer(&keys, JwtAlgorithm::EdDsa), None, &message).unwrap();
        let [head, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("{token}") };
        let key = keys.signing(JwtAlgorithm::EdDsa, at(0)).unwrap();
        assert_eq!(decoded(head), json!({"alg": "EdDSA", "typ": "JWT", "kid": key.kid()}));
        assert_eq!(
            decoded(claims),
            json!({
                "iss": "https://hooks.example.com",
                "sub": "run_7",
                "iat": 1000,
                "exp": 1300,
                "jti": "00000000000000000000000000000abc",
                "body_sha256": "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",
            })
        );
        let signature = Signature::from_slice(&URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
        let signed = format!("{head}.{claims}");
        let KeyPair::Ed25519(pair) = key.pair() else { panic!("{key:?}") };
        pair.verifying_key().verify_strict(signed.as_bytes(), &signature).unwrap();
    }

    #[test]
    fn without_its_key_nothing_is_signed() {
        let message = Message { id: "evt", now: at(0), url: "https://a.example/", body: b"" };
        for algorithm in [JwtAlgorithm::EdDsa, JwtAlgorithm::Rs256] {
            let refused =
                token(&issuer(&SigningKeys::default(), JwtAlgorithm::EdDsa), Some(algorithm), &message)
                    .unwrap_err();
            assert_eq!(refused.to_string(), format!("there is no key to sign with {}", algorithm.as_str()));
        }
    }
}
