//! Sealing: what must not be readable in the file is encrypted with a key that lives outside it.
//!
//! XChaCha20-Poly1305; nonces are random and handed in, 192 bits make a repetition impossible in
//! practice. The associated data binds a sealed part to its row.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::records::{BadRecord, Decoded};

/// A nonce's length in bytes.
pub(super) const NONCE: usize = 24;

/// The names of sealed rows in `meta`, which bind what is sealed to its row.
pub(super) const RESOURCE_KEY_ROW: &[u8] = b"meta/resource_key";
pub(super) const AUDIT_ROW: &[u8] = b"meta/audit";
/// What the canary says, by which a wrong key shows.
pub(super) const CANARY: &[u8] = b"ringback";
pub(super) const CANARY_ROW: &[u8] = b"meta/canary";

/// The key and what is done with it; and the keys before it, which open what they sealed.
pub(super) struct Seal {
    current: XChaCha20Poly1305,
    previous: Vec<XChaCha20Poly1305>,
}

impl Seal {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self::with_previous(key, &[])
    }

    pub(super) fn with_previous(key: &[u8; 32], previous: &[[u8; 32]]) -> Self {
        let cipher = |key: &[u8; 32]| XChaCha20Poly1305::new(key.into());
        Self { current: cipher(key), previous: previous.iter().map(cipher).collect() }
    }

    /// The nonce and the sealed text.
    pub(super) fn seal(&self, nonce: [u8; NONCE], aad: &[u8], plain: &[u8]) -> Vec<u8> {
        let sealed = self.current.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad });
        // Sealing fails only for texts of 256 GiB and more; a text of a webhook is bounded.
        [nonce.as_slice(), &sealed.unwrap_or_default()].concat()
    }

    /// The text, or `None` when it was sealed with an unknown key, for another row, or was changed.
    pub(super) fn open(&self, aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        std::iter::once(&self.current).chain(&self.previous).find_map(|key| open(key, aad, sealed))
    }

    /// Whether earlier keys are given.
    pub(super) fn has_previous(&self) -> bool {
        !self.previous.is_empty()
    }

    /// Whether it was sealed with the current key.
    pub(super) fn is_current(&self, aad: &[u8], sealed: &[u8]) -> bool {
        open(&self.current, aad, sealed).is_some()
    }

    /// What an earlier key sealed, sealed with the current one; `None` when that is so already.
    pub(super) fn anew(&self, nonce: [u8; NONCE], aad: &[u8], sealed: &[u8]) -> Decoded<Option<Vec<u8>>> {
        if self.is_current(aad, sealed) {
            return Ok(None);
        }
        let plain = self.open(aad, sealed).ok_or(BadRecord::Sealed)?;
        Ok(Some(self.seal(nonce, aad, &plain)))
    }
}

fn open(key: &XChaCha20Poly1305, aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
    key.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad }).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn opens_only_as_it_was_sealed(key: [u8; 32], nonce: [u8; NONCE], aad: Vec<u8>, plain: Vec<u8>, at: prop::sample::Index) {
            let seal = Seal::new(&key);
            let mut sealed = seal.seal(nonce, &aad, &plain);
            prop_assert_eq!(&*seal.open(&aad, &sealed).unwrap(), &plain);
            let other_row = [aad.as_slice(), b"x"].concat();
            prop_assert!(seal.open(&other_row, &sealed).is_none());
            let mut other_key = key;
            other_key[0] ^= 1;
            prop_assert!(Seal::new(&other_key).open(&aad, &sealed).is_none());
            let at = at.index(sealed.len());
            sealed[at] ^= 1;
            prop_assert!(seal.open(&aad, &sealed).is_none());
        }
    }

    #[test]
    fn an_earlier_key_opens_and_what_it_sealed_is_sealed_anew_once() {
        let old = Seal::new(&[1; 32]).seal([0; NONCE], b"row", b"plain");
        let both = Seal::with_previous(&[2; 32], &[[9; 32], [1; 32]]);
        assert_eq!(both.open(b"row", &old).unwrap().as_slice(), b"plain");
        let new = both.anew([3; NONCE], b"row", &old).unwrap().unwrap();
        assert_eq!(both.anew([4; NONCE], b"row", &new), Ok(None));
        assert_eq!(Seal::new(&[2; 32]).open(b"row", &new).unwrap().as_slice(), b"plain");
        assert_eq!(Seal::new(&[2; 32]).anew([4; NONCE], b"row", &old), Err(BadRecord::Sealed));
    }

    #[test]
    fn short_texts_are_refused() {
        assert!(Seal::new(&[0; 32]).open(&[], &[0; 10]).is_none());
    }
}
