//! Access tokens: `rb_`, 256 random bits and a checksum, so that a mistyped token is distinguished from an
//! unknown one. A token's text is shown once; only its digest is kept.

use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use super::base32;

const PREFIX: &str = "rb_";
/// 52 characters hold 256 bits.
const RANDOM_LEN: usize = 52;
/// 7 characters hold 32 bits.
const CHECK_LEN: usize = 7;

/// Why a text is not an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AccessTokenError {
    /// Not the form of a token at all.
    #[error("is not an access token: those begin with \"rb_\" and have 62 characters")]
    Form,
    /// The checksum does not fit: a character was mistyped or lost.
    #[error("is mistyped: its checksum does not match")]
    Checksum,
}

/// An access token in the clear. Never prints itself.
#[derive(Clone, PartialEq, Eq)]
pub struct AccessToken(Zeroizing<String>);

impl AccessToken {
    /// The token of 32 random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; 32]) -> Self {
        let bytes = Zeroizing::new(bytes);
        let mut text = Zeroizing::new(String::with_capacity(PREFIX.len() + RANDOM_LEN + CHECK_LEN));
        text.push_str(PREFIX);
        let (mut held, mut bits) = (0u128, 0);
        for &byte in bytes.iter().chain(std::iter::once(&0)) {
            held = held << 8 | u128::from(byte);
            bits += 8;
            while bits >= 5 && text.len() < PREFIX.len() + RANDOM_LEN {
                bits -= 5;
                text.push(char::from(base32::digit(held >> bits)));
            }
        }
        let check = checksum(&text);
        text.extend(check.map(char::from));
        Self(text)
    }

    /// The token of a text.
    ///
    /// # Errors
    /// Says whether the text is no token, or a mistyped one.
    pub fn parse(text: &str) -> Result<Self, AccessTokenError> {
        Self::check(text).map(|()| Self(Zeroizing::new(text.to_owned())))
    }

    /// Whether a text can be a token at all.
    ///
    /// # Errors
    /// Says whether the text is no token, or a mistyped one.
    pub fn check(text: &str) -> Result<(), AccessTokenError> {
        let body = text.strip_prefix(PREFIX).ok_or(AccessTokenError::Form)?;
        let formed = body.len() == RANDOM_LEN + CHECK_LEN && body.bytes().all(|b| base32::value(b).is_some());
        if !formed {
            return Err(AccessTokenError::Form);
        }
        match text.split_at_checked(PREFIX.len() + RANDOM_LEN) {
            Some((random, check)) if checksum(random) == check.as_bytes() => Ok(()),
            _ => Err(AccessTokenError::Checksum),
        }
    }

    /// What is kept of a token with this text, if there is one.
    #[must_use]
    pub fn digest_of(text: &str) -> [u8; 32] {
        Sha256::digest(text).into()
    }

    /// The token in the clear, for the one answer or file that shows it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is kept of it: SHA-256 of its text.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        Self::digest_of(&self.0)
    }
}

impl std::fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AccessToken(…)")
    }
}

fn checksum(text: &str) -> [u8; CHECK_LEN] {
    let mut check = [0; CHECK_LEN];
    base32::write(crc32fast::hash(text.as_bytes()).into(), &mut check);
    check
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn tokens_parse_back_and_differ(a: [u8; 32], b: [u8; 32]) {
            let (one, two) = (AccessToken::from_random(a), AccessToken::from_random(b));
            prop_assert_eq!(one.expose().len(), 62);
            prop_assert_eq!(&AccessToken::parse(one.expose()).unwrap(), &one);
            prop_assert_eq!(a == b, one == two);
            prop_assert_eq!(a == b, one.digest() == two.digest());
            prop_assert_eq!(AccessToken::digest_of(one.expose()), one.digest());
        }

        #[test]
        fn a_wrong_character_is_a_typo(bytes: [u8; 32], at in 3usize..62, to in 0u128..32) {
            let token = AccessToken::from_random(bytes);
            let mut text = token.expose().as_bytes().to_vec();
            prop_assume!(text[at] != base32::digit(to));
            text[at] = base32::digit(to);
            let text = String::from_utf8(text).unwrap();
            prop_assert_eq!(AccessToken::parse(&text), Err(AccessTokenError::Checksum));
            prop_assert_eq!(AccessToken::check(&text), Err(AccessTokenError::Checksum));
        }
    }

    #[test]
    fn other_texts_are_no_tokens() {
        for text in ["", "rb_", "hunter2", "Bearer rb_0", &format!("rb_{}", "u".repeat(59))] {
            assert_eq!(AccessToken::parse(text), Err(AccessTokenError::Form), "{text}");
        }
        assert_eq!(format!("{:?}", AccessToken::from_random([1; 32])), "AccessToken(…)");
    }
}
