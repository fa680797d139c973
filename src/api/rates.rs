//! Counts per key in windows of time: failed authentications per address, requests per token.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::limits;

/// Counts of one kind. At most [`limits::RATE_ENTRIES`] keys are remembered.
#[derive(Debug)]
pub struct Rates<K> {
    window: Duration,
    counts: Mutex<HashMap<K, (Instant, u32)>>,
}

impl<K: Eq + Hash> Rates<K> {
    /// Counts in windows of this length.
    #[must_use]
    pub fn new(window: Duration) -> Self {
        Self { window, counts: Mutex::default() }
    }

    /// Counts one more for `key`. When its window holds more than `most`, the wait for the next.
    pub fn count(&self, key: K, most: u32, now: Instant) -> Option<Duration> {
        let (count, wait) = self.counted(key, now);
        (count > most).then_some(wait)
    }

    /// Counts one more for `key`: how many its window holds, and the wait for the next window.
    pub fn counted(&self, key: K, now: Instant) -> (u32, Duration) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if counts.len() >= limits::RATE_ENTRIES && !counts.contains_key(&key) {
            counts.retain(|_, (since, _)| now.saturating_duration_since(*since) < self.window);
            if counts.len() >= limits::RATE_ENTRIES {
                counts.clear();
            }
        }
        let (since, count) = counts.entry(key).or_insert((now, 0));
        if now.saturating_duration_since(*since) >= self.window {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        (*count, (*since + self.window).saturating_duration_since(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_fill_and_pass() {
        let rates = Rates::new(Duration::from_secs(60));
        let start = crate::clock::monotonic();
        let at = |secs| start + Duration::from_secs(secs);
        assert_eq!([rates.count(1, 2, at(0)), rates.count(1, 2, at(1))], [None, None]);
        assert_eq!(rates.count(1, 2, at(20)), Some(Duration::from_secs(40)));
        assert_eq!(rates.count(2, 2, at(20)), None);
        assert_eq!(rates.count(1, 2, at(60)), None);
    }

    #[test]
    fn keys_are_bounded() {
        let rates = Rates::new(Duration::from_secs(60));
        let now = crate::clock::monotonic();
        for key in 0..3 * limits::RATE_ENTRIES {
            rates.count(key, 1, now);
        }
        assert!(rates.counts.lock().unwrap().len() <= limits::RATE_ENTRIES);
    }
}
