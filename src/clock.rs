//! The only reader of time and entropy. Everything else is handed their values.

use std::cell::RefCell;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use zeroize::Zeroizing;

use crate::domain::rsa::RsaKey;
use crate::domain::time::Timestamp;

/// The wall clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX))
}

/// The monotonic clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
pub fn monotonic() -> Instant {
    Instant::now()
}

/// What the wall clock did, seen by the monotonic one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Leap {
    /// Nothing, or nothing to be seen.
    None,
    /// It went further than the time that went by, by this much.
    Ahead(Duration),
    /// It was set back.
    Back,
}

/// Watches the wall clock by the monotonic one.
#[derive(Debug, Clone, Copy, Default)]
pub struct Leaps(Option<(Timestamp, Instant)>);

impl Leaps {
    /// What the wall clock did since the last look.
    pub fn look(&mut self, wall: Timestamp, at: Instant) -> Leap {
        let Some((before, since)) = self.0.replace((wall, at)) else { return Leap::None };
        if wall < before {
            return Leap::Back;
        }
        let ahead = wall.since(before).saturating_sub(at.saturating_duration_since(since));
        if ahead.is_zero() { Leap::None } else { Leap::Ahead(ahead) }
    }
}

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes: {0}")]
pub struct EntropyError(getrandom::Error);

/// Unpredictable bytes.
///
/// # Errors
/// When the operating system has none to give.
pub fn random_bytes<const N: usize>() -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(EntropyError)?;
    Ok(bytes)
}

/// Unpredictable bits that are no secret, such as an id's: drawn many at a time, since each look into
/// the operating system costs a system call.
///
/// # Errors
/// When the operating system has none to give.
pub fn random_bits() -> Result<u32, EntropyError> {
    thread_local!(static LEFT: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) });
    LEFT.with_borrow_mut(|left| {
        if left.is_empty() {
            let drawn = random_bytes::<256>()?;
            left.extend(drawn.as_chunks().0.iter().copied().map(u32::from_ne_bytes));
        }
        Ok(left.pop().unwrap_or_default())
    })
}

/// Making an RSA key failed.
#[derive(Debug, thiserror::Error)]
#[error("an RSA key could not be made")]
pub struct RsaError;

/// A fresh RSA key of 2048 bits, from the library's own source of random bytes. It takes some tenths of a
/// second of one core: not for a thread that others wait for.
///
/// # Errors
/// When the library cannot.
pub fn fresh_rsa_key() -> Result<RsaKey, RsaError> {
    let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| RsaError)?;
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| RsaError)?;
    let der = Zeroizing::new(der.as_ref().to_vec());
    RsaKey::from_pkcs8(&der).map_err(|_| RsaError)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn drawn_bits_differ_within_a_draw_and_from_one_to_the_next() {
        let drawn: BTreeSet<u32> = (0..1_000).map(|_| random_bits().unwrap()).collect();
        // Two of a thousand are the same once in 8,600 times.
        assert!(drawn.len() >= 998, "{} of 1,000 differ", drawn.len());
    }
}
