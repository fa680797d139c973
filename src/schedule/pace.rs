//! Waits of a lane: rests that a clock set back cannot lengthen, and the token bucket.

use std::time::Duration;

use crate::domain::time::Timestamp;
use crate::domain::webhook::RateLimit;
use crate::limits;

/// A wait until an instant. It remembers its length, so that a clock that is set back cannot make
/// it longer than it was.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rest {
    until: Timestamp,
    length: Duration,
}

impl Rest {
    /// A wait of `length` from `now`.
    pub(super) fn new(now: Timestamp, length: Duration) -> Self {
        Self { until: now.plus(length), length }
    }

    /// The end, if it lies ahead.
    pub(super) fn ahead(self, now: Timestamp) -> Option<Timestamp> {
        (self.until > now).then_some(self.until)
    }

    /// A wait until an instant, no longer than `most`.
    pub(super) fn kept(until: Timestamp, most: Duration, now: Timestamp) -> Self {
        Self::new(now, until.since(now).min(most))
    }

    /// The wall clock leapt ahead, which is no time that went by.
    pub(super) fn leapt(&mut self, by: Duration) {
        self.until = self.until.plus(by);
    }

    /// The end.
    pub(super) fn until(self) -> Timestamp {
        self.until
    }

    /// Takes notice of a clock that was set back.
    pub(super) fn clamp(&mut self, now: Timestamp) {
        self.until = self.until.min(now.plus(self.length));
    }
}

/// A token bucket, as the one instant (in milliseconds, with fractions) at which it will be full.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Bucket {
    full_at: f64,
}

impl Bucket {
    /// As it was kept; it waits no longer than an empty one.
    pub(super) fn kept(full_at: Timestamp, limit: RateLimit, now: Timestamp) -> Self {
        let mut bucket = Self { full_at: millis(full_at) };
        bucket.clamp(limit, now);
        bucket
    }

    /// When it will be full, where that is worth keeping.
    pub(super) fn worth_keeping(self, now: Timestamp) -> Option<Timestamp> {
        let full_at = whole(self.full_at.ceil());
        Some(full_at).filter(|at| at.since(now) > limits::TOKENS_KEPT)
    }

    /// When the next token is there, if that lies ahead.
    pub(super) fn ahead(self, limit: RateLimit, now: Timestamp) -> Option<Timestamp> {
        let next = self.full_at - interval(limit) * f64::from(limit.burst.max(1) - 1);
        let next = whole(next);
        (next > now).then_some(next)
    }

    /// Takes a token.
    pub(super) fn take(&mut self, limit: RateLimit, now: Timestamp) {
        self.full_at = self.full_at.max(millis(now)) + interval(limit);
    }

    /// Gives a token back that was not used.
    pub(super) fn give_back(&mut self, limit: RateLimit) {
        self.full_at -= interval(limit);
    }

    /// Takes notice of a clock that was set back: no fuller wait than an empty bucket's.
    pub(super) fn clamp(&mut self, limit: RateLimit, now: Timestamp) {
        let empty = millis(now) + interval(limit) * f64::from(limit.burst.max(1));
        self.full_at = self.full_at.min(empty);
    }
}

fn interval(limit: RateLimit) -> f64 {
    1000.0 / limit.per_second.max(1e-9)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of a date stay under 2^53")]
fn millis(at: Timestamp) -> f64 {
    at.as_millis() as f64
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "float casts saturate")]
fn whole(millis: f64) -> Timestamp {
    // Rounded down: up to a millisecond early now, never in the long run; rounded up, rates above
    // one per millisecond could not be kept.
    Timestamp::from_millis(millis as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Timestamp {
        Timestamp::from_millis(1_000_000 + ms)
    }

    #[test]
    fn a_bucket_allows_its_burst_and_then_its_rate() {
        let limit = RateLimit { per_second: 10.0, burst: 3 };
        let mut bucket = Bucket::default();
        for _ in 0..3 {
            assert_eq!(bucket.ahead(limit, at(0)), None);
            bucket.take(limit, at(0));
        }
        assert_eq!(bucket.ahead(limit, at(0)), Some(at(100)));
        assert_eq!(bucket.ahead(limit, at(100)), None);
        bucket.take(limit, at(100));
        assert_eq!(bucket.ahead(limit, at(199)), Some(at(200)));
        assert_eq!(bucket.ahead(limit, at(5000)), None);
    }

    #[test]
    fn rates_above_one_per_millisecond_add_up() {
        let limit = RateLimit { per_second: 2500.0, burst: 1 };
        let mut bucket = Bucket::default();
        let mut taken = 0;
        for ms in 0..1000 {
            while bucket.ahead(limit, at(ms)).is_none() {
                bucket.take(limit, at(ms));
                taken += 1;
            }
        }
        assert!((2499..=2501).contains(&taken), "{taken}");
    }

    #[test]
    fn a_clock_set_back_lengthens_nothing() {
        let mut rest = Rest::new(at(10_000), Duration::from_secs(1));
        rest.clamp(at(0));
        assert_eq!(rest.ahead(at(0)), Some(at(1000)));
        let limit = RateLimit { per_second: 1.0, burst: 2 };
        let mut bucket = Bucket::default();
        bucket.take(limit, at(100_000));
        bucket.clamp(limit, at(0));
        assert_eq!(bucket.ahead(limit, at(0)), Some(at(1000)));
    }
}
