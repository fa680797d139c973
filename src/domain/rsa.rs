//! RSA keys for RS256: read from a document, signing, and shown by their public half.

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::io::Positive;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeyPair;
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use zeroize::Zeroizing;

/// The bytes of the longest modulus: signing costs the cube of it, and tokens are made for every attempt.
const LONGEST_MODULUS: usize = 4096 / 8;

/// Why a text is not an RSA key that can sign.
#[derive(Debug, thiserror::Error)]
#[error("must be an RSA private key of 2048 to 4096 bits in PKCS #8 ({0})")]
pub struct RsaKeyError(String);

/// An RSA key that signs with RS256. Its memory is its library's to wipe.
pub struct RsaKey {
    pair: KeyPair,
    /// The public modulus, big-endian.
    pub modulus: Vec<u8>,
    /// The public exponent, big-endian.
    pub exponent: Vec<u8>,
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
        let part = |part: Positive<'_>| part.big_endian_without_leading_zero().to_vec();
        let (modulus, exponent) = (part(pair.public_key().modulus()), part(pair.public_key().exponent()));
        Ok(Self { pair, modulus, exponent })
    }

    /// The key as a PKCS #8 document.
    #[must_use]
    pub fn pkcs8(&self) -> Zeroizing<Vec<u8>> {
        // A key that was read can be written.
        let der = self.pair.as_der().map(|der: Pkcs8V1Der<'_>| der.as_ref().to_vec());
        Zeroizing::new(der.unwrap_or_default())
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

impl PartialEq for RsaKey {
    fn eq(&self, other: &Self) -> bool {
        (&self.modulus, &self.exponent) == (&other.modulus, &other.exponent)
    }
}

impl Eq for RsaKey {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_rsa_key_is_refused() {
        assert!(
            RsaKey::from_pkcs8(b"hello").is_err_and(|error| error.to_string().starts_with("must be an RSA"))
        );
    }

    #[test]
    fn a_key_is_written_as_it_was_read_and_a_long_one_is_refused() {
        let made = crate::clock::fresh_rsa_key().unwrap();
        let again = RsaKey::from_pkcs8(&made.pkcs8()).unwrap();
        assert!(again == made && again.pkcs8() == made.pkcs8());
        assert_eq!((made.modulus.len(), made.sign(b"x")), (256, again.sign(b"x")));
        let long = KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa8192).unwrap();
        let der: Pkcs8V1Der<'_> = long.as_der().unwrap();
        assert!(RsaKey::from_pkcs8(der.as_ref()).is_err());
    }
}
