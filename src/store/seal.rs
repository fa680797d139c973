//! Sealing: what must not be readable in the file is encrypted with a key that lives outside it.
//!
//! XChaCha20-Poly1305; nonces are random and handed in, 192 bits make a repetition impossible in
//! practice. The associated data binds a sealed part to its row.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

/// A nonce's length in bytes.
pub(super) const NONCE: usize = 24;

/// The key and what is done with it.
pub(super) struct Seal(XChaCha20Poly1305);

impl Seal {
    pub(super) fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// The nonce and the sealed text.
    pub(super) fn seal(&self, nonce: [u8; NONCE], aad: &[u8], plain: &[u8]) -> Vec<u8> {
        let sealed = self.0.encrypt(&XNonce::from(nonce), Payload { msg: plain, aad });
        // Sealing fails only for texts of 256 GiB and more; a text of a webhook is bounded.
        [nonce.as_slice(), &sealed.unwrap_or_default()].concat()
    }

    /// The text, or `None` when it was sealed with another key, for another row, or was changed.
    pub(super) fn open(&self, aad: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE>()?;
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad }).ok().map(Zeroizing::new)
    }
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
    fn short_texts_are_refused() {
        assert!(Seal::new(&[0; 32]).open(&[], &[0; 10]).is_none());
    }
}
