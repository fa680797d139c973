//! The public keys as receivers fetch them (RFC 7517).

use serde_json::{Map, Value, json};

use crate::domain::profile::JwtAlgorithm;
use crate::domain::signing_key::{SigningKey, SigningKeys};
use crate::domain::time::Timestamp;

/// The public keys that receivers must be able to find now: RSA keys first, since some libraries give up at
/// the first key they do not know, and of a kind the newest first.
#[must_use]
pub fn jwks(keys: &SigningKeys, now: Timestamp) -> Value {
    let mut published: Vec<&SigningKey> = keys.published(now).collect();
    published.reverse();
    published.sort_by_key(|key| key.algorithm() != JwtAlgorithm::Rs256);
    let mut seen = Vec::new();
    // A key that came back is there twice, and is one to receivers.
    published.retain(|key| {
        !seen.contains(&key.kid()) && {
            seen.push(key.kid());
            true
        }
    });
    json!({ "keys": published.into_iter().map(jwk).collect::<Value>() })
}

/// A key's public half as receivers take it (RFC 7517, RFC 8037).
#[must_use]
pub fn jwk(key: &SigningKey) -> Value {
    let mut members: Map<_, _> =
        key.public().into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    for (name, value) in [("kid", key.kid()), ("use", "sig"), ("alg", key.algorithm().as_str())] {
        members.insert(name.to_owned(), value.into());
    }
    members.into()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use crate::domain::signing_key::{KeyPair, Origin};

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    /// RFC 8037, appendix A.1 to A.3.
    #[test]
    fn a_thumbprint_is_that_of_the_standard() {
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let key = SigningKey::new(&seed.try_into().unwrap(), at(0), at(0));
        assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let key = jwk(&key);
        assert_eq!(
            (&key["crv"], &key["x"]),
            (&json!("Ed25519"), &json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"))
        );
    }

    #[test]
    fn rsa_keys_come_first_then_the_newest_and_nothing_secret_is_shown() {
        let rsa = Arc::new(crate::clock::fresh_rsa_key().unwrap());
        let rsa = |from| SigningKey::of(KeyPair::Rsa(Arc::clone(&rsa)), Origin::File, at(from), at(from));
        let keys = SigningKeys::default().with(1, rsa(0)).with(2, SigningKey::new(&[1; 32], at(0), at(0)));
        let keys = keys.with(3, SigningKey::new(&[2; 32], at(1000), at(301_000))).with(4, rsa(1000));
        let shown = jwks(&keys, at(2000));
        let kids: Vec<_> = shown["keys"].as_array().unwrap().iter().map(|key| key["kid"].clone()).collect();
        let of = |seed| SigningKey::new(&[seed; 32], at(0), at(0));
        assert_eq!(kids, [rsa(0).kid(), of(2).kid(), of(1).kid()], "a key that came back is one");
        assert!(!shown.to_string().contains(r#""d""#));
    }
}
