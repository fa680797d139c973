//! Resources: what a `resource_url` points at. The last part of such a URL is not kept anywhere: it
//! is the delivery's id under a key of the store's own, so that anyone who has not been sent one cannot
//! make one, and every retry sends the same.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::id::DeliveryId;

/// A key's length in bytes.
pub const KEY_BYTES: usize = 32;
/// An id's length in bytes; the code behind it has as many.
const ID_BYTES: usize = 16;

/// What resources' names are made and known with. Never prints itself.
#[derive(Clone)]
pub struct ResourceKey(Zeroizing<[u8; KEY_BYTES]>);

impl ResourceKey {
    /// The key of random bytes.
    #[must_use]
    pub fn from_random(bytes: [u8; KEY_BYTES]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Where a delivery's data is to be read: `base` is the API's, without a slash at its end.
    #[must_use]
    pub fn url(&self, base: &str, delivery: DeliveryId) -> String {
        let id = delivery.to_bytes();
        let code = self.mac(&id).finalize().into_bytes();
        let bytes: Vec<u8> = id.into_iter().chain(code.into_iter().take(ID_BYTES)).collect();
        format!("{base}/r/{}", URL_SAFE_NO_PAD.encode(bytes))
    }

    /// The delivery that a URL's last part names, if it was made with this key. The codes are
    /// compared in constant time.
    #[must_use]
    pub fn delivery(&self, token: &str) -> Option<DeliveryId> {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (id, code) = bytes.split_first_chunk::<ID_BYTES>()?;
        let whole = code.len() == ID_BYTES && self.mac(id).verify_truncated_left(code).is_ok();
        whole.then(|| DeliveryId::from_bytes(*id))
    }

    /// A digest of a request, from which no one without the key can guess what was in it.
    #[must_use]
    pub fn digest(&self, request: &[u8]) -> [u8; 32] {
        self.mac_of(b"request", request).finalize().into_bytes().into()
    }

    fn mac(&self, id: &[u8]) -> Hmac<Sha256> {
        self.mac_of(b"resource", id)
    }

    #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
    fn mac_of(&self, what: &[u8], bytes: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.0.as_slice()).expect("a key of any length");
        mac.update(what);
        mac.update(bytes);
        mac
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{Seq, WebhookNo};
    use crate::domain::time::Timestamp;
    use proptest::prelude::*;

    const BASE: &str = "https://hooks.example";

    fn token(url: &str) -> &str {
        url.strip_prefix("https://hooks.example/r/").unwrap()
    }

    proptest! {
        #[test]
        fn only_what_was_made_is_known(key: [u8; 32], seq in 0u64..1 << 48, no: u32, at in 0usize..32, flip in 1u8..) {
            let key = ResourceKey::from_random(key);
            let id = DeliveryId::new(Timestamp::from_millis(1 << 40), Seq(seq), WebhookNo(no));
            let url = key.url(BASE, id);
            prop_assert_eq!(&url, &key.url(BASE, id), "the same for every attempt");
            prop_assert_eq!(key.delivery(token(&url)), Some(id));
            let mut bytes = URL_SAFE_NO_PAD.decode(token(&url)).unwrap();
            bytes[at] ^= flip;
            prop_assert_eq!(key.delivery(&URL_SAFE_NO_PAD.encode(bytes)), None);
        }

        #[test]
        fn any_text_is_a_delivery_or_none(text: String) {
            prop_assert_eq!(ResourceKey::from_random([7; 32]).delivery(&text), None);
        }
    }

    #[test]
    fn shortened_codes_and_other_keys_are_refused() {
        let key = ResourceKey::from_random([1; 32]);
        let url = key.url(BASE, DeliveryId::from_bytes([9; 16]));
        let bytes = URL_SAFE_NO_PAD.decode(token(&url)).unwrap();
        for cut in [0, 16, 17, 31] {
            assert_eq!(key.delivery(&URL_SAFE_NO_PAD.encode(&bytes[..cut])), None, "{cut}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(key.delivery(&URL_SAFE_NO_PAD.encode(longer)), None);
        assert_eq!(ResourceKey::from_random([2; 32]).delivery(token(&url)), None);
    }
}
