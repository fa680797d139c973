// verify.rs
use base64::{Engine as _, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit as _, Mac as _};

pub fn verify(secret: &str, id: &str, timestamp: &str, signatures: &str, body: &[u8], now: i64) -> bool {
    let Ok(key) = BASE64_STANDARD.decode(secret.trim_start_matches("whsec_")) else { return false };
    let fresh = timestamp.parse::<i64>().is_ok_and(|then| then.abs_diff(now) <= 300);
    let Ok(mac) = Hmac::<sha2::Sha256>::new_from_slice(&key) else { return false };
    let mac = mac.chain_update(format!("{id}.{timestamp}.")).chain_update(body);
    let given =
        signatures.split(' ').filter_map(|each| BASE64_STANDARD.decode(each.strip_prefix("v1,")?).ok());
    fresh && given.into_iter().any(|each| mac.clone().verify_slice(&each).is_ok())
}
