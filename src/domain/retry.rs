//! When to try again: a pure function of the policy, the attempt, its outcome, a drawn jitter and
//! the time.

use std::time::Duration;

use super::outcome::{ErrorKind, Exchange};
use super::time::Timestamp;
use crate::limits;

/// Why a policy cannot be taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RetryError {
    /// No attempt, or too many.
    #[error("a retry policy makes 1 to {max} attempts; this one makes {0}", max = limits::RETRY_ATTEMPTS)]
    Attempts(usize),
    /// A wait beyond the limit.
    #[error("a wait may last {max} days at most; this one lasts {secs} s", max = limits::RETRY_WAIT.as_secs() / 86_400, secs = .0.as_secs())]
    Wait(Duration),
    /// Waits that would shrink.
    #[error("factor must be a number of at least 1; this one is {0}")]
    Factor(f64),
    /// A jitter that is not a fraction.
    #[error("jitter must be a fraction from 0 to 1; this one is {0}")]
    Jitter(f64),
}

/// The waits before each attempt.
#[derive(Debug, Clone, PartialEq)]
pub enum Waits {
    /// One wait per attempt, the first included: `["0s", "5s", "5m", …]`.
    Schedule(Vec<Duration>),
    /// `base`, `base·factor`, `base·factor²`, … to `max`, `attempts` in all.
    Exponential {
        /// The wait before the second attempt.
        base: Duration,
        /// Each wait as a multiple of the one before.
        factor: f64,
        /// The longest wait.
        max: Duration,
        /// Attempts in all.
        attempts: u32,
    },
    /// `base·n²` after the n-th attempt, `attempts` in all.
    Quadratic {
        /// The wait before the second attempt.
        base: Duration,
        /// Attempts in all.
        attempts: u32,
    },
}

impl Waits {
    /// Checks the bounds: 1 to [`limits::RETRY_ATTEMPTS`] attempts, no wait over
    /// [`limits::RETRY_WAIT`], and a factor that does not shrink.
    ///
    /// # Errors
    /// Names the bound that does not hold.
    pub fn check(&self) -> Result<(), RetryError> {
        let attempts = self.attempts() as usize;
        if attempts == 0 || attempts > limits::RETRY_ATTEMPTS as usize {
            return Err(RetryError::Attempts(attempts));
        }
        let longest = match self {
            Self::Schedule(waits) => waits.iter().copied().max().unwrap_or_default(),
            Self::Exponential { factor, .. } if !(factor.is_finite() && *factor >= 1.0) => {
                return Err(RetryError::Factor(*factor));
            }
            Self::Exponential { base, max, .. } => *base.max(max),
            Self::Quadratic { attempts, .. } => self.after(attempts.saturating_sub(1)),
        };
        if longest > limits::RETRY_WAIT { Err(RetryError::Wait(longest)) } else { Ok(()) }
    }

    /// Attempts in all.
    #[must_use]
    pub fn attempts(&self) -> u32 {
        match self {
            Self::Schedule(waits) => u32::try_from(waits.len()).unwrap_or(u32::MAX),
            Self::Exponential { attempts, .. } | Self::Quadratic { attempts, .. } => *attempts,
        }
    }

    /// The wait after `made` attempts; before the first only a schedule waits.
    fn after(&self, made: u32) -> Duration {
        match self {
            Self::Schedule(waits) => waits.get(made as usize).copied().unwrap_or_default(),
            Self::Exponential { .. } | Self::Quadratic { .. } if made == 0 => Duration::ZERO,
            Self::Exponential { base, factor, max, .. } => {
                let wait = base.as_secs_f64() * factor.powf(f64::from(made - 1));
                Duration::try_from_secs_f64(wait).map_or(*max, |wait| wait.min(*max))
            }
            Self::Quadratic { base, .. } => base.saturating_mul(made.saturating_mul(made)),
        }
    }
}

/// A whole retry policy.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    /// The waits.
    pub waits: Waits,
    /// The fraction of each wait, 0 to 1, that is drawn at random and added.
    pub jitter: f64,
    /// Which failures are worth another attempt.
    pub retry_on: RetryOn,
    /// Whether `Retry-After` is obeyed.
    pub respect_retry_after: bool,
    /// What a `410 Gone` means.
    pub on_gone: OnGone,
    /// Whether a `413` is a failure like another. The body will not shrink, so that repeating it is
    /// noise unless a contract says that everything is repeated.
    pub retry_too_large: bool,
}

impl RetryPolicy {
    /// The policy, if its waits and its jitter are within bounds.
    ///
    /// # Errors
    /// Names the bound that does not hold.
    pub fn checked(self) -> Result<Self, RetryError> {
        self.waits.check()?;
        if (0.0..=1.0).contains(&self.jitter) { Ok(self) } else { Err(RetryError::Jitter(self.jitter)) }
    }

    /// The wait before the first attempt.
    #[must_use]
    pub fn first_wait(&self) -> Duration {
        self.waits.after(0)
    }

    /// Attempts in all.
    #[must_use]
    pub fn max_attempts(&self) -> u32 {
        self.waits.attempts()
    }

    /// What follows from `exchange`, the delivery's `attempts_made`-th (1 for the first); `jitter` is a
    /// number drawn from 0 to 1. The wait begins at `since`: now, or earlier where the attempt
    /// interrupted it.
    #[must_use]
    pub fn decide(
        &self,
        attempts_made: u32,
        exchange: &Exchange,
        jitter: f64,
        since: Timestamp,
        now: Timestamp,
    ) -> Verdict {
        let Some(error) = &exchange.error else { return Verdict::Delivered };
        let status = exchange.status();
        match (status, self.on_gone) {
            (Some(410), OnGone::Remove) => return Verdict::Remove,
            (Some(410), OnGone::Disable) => return Verdict::Disable,
            (Some(413), _) if !self.retry_too_large => return Verdict::GiveUp(GiveUp::Final),
            // Nothing was sent, and nothing would be.
            _ if error.kind == ErrorKind::SecretMissing => return Verdict::GiveUp(GiveUp::Final),
            _ => {}
        }
        if self.retry_on == RetryOn::ServerErrors && is_final(error.kind, status) {
            return Verdict::GiveUp(GiveUp::Final);
        }
        if attempts_made >= self.max_attempts() {
            return Verdict::GiveUp(GiveUp::Exhausted);
        }
        let wait = self.waits.after(attempts_made).min(limits::RETRY_WAIT);
        let extra = wait.as_secs_f64() * (self.jitter * jitter).clamp(0.0, 1.0);
        let scheduled = since.plus(wait + Duration::try_from_secs_f64(extra).unwrap_or_default()).max(now);
        let asked = match status {
            Some(429 | 500..) if self.respect_retry_after => exchange.retry_after(now),
            _ => None,
        };
        Verdict::At(asked.map_or(scheduled, |asked| asked.max(scheduled)))
    }
}

/// Whether only [`RetryOn::AnyFailure`] tries again: the receiver refused for a reason of its own,
/// or the request could not be made.
fn is_final(kind: ErrorKind, status: Option<u16>) -> bool {
    matches!(kind, ErrorKind::Render | ErrorKind::SecretMissing) || matches!(status, Some(300..500))
}

/// Which failures are worth another attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryOn {
    /// Every failure; whether a 413 too, says [`RetryPolicy::retry_too_large`].
    AnyFailure,
    /// 5xx answers and failures without an answer; 3xx and 4xx are final.
    ServerErrors,
}

/// What a `410 Gone` means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnGone {
    /// The webhook is removed.
    Remove,
    /// The webhook is disabled.
    Disable,
    /// A failure like another.
    Retry,
}

/// Why a delivery was given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GiveUp {
    /// The policy's attempts are used up.
    Exhausted,
    /// The answer is final under the policy (`retry_on`, or a 413).
    Final,
}

/// What follows from an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Delivered.
    Delivered,
    /// Try again at this time.
    At(Timestamp),
    /// Do not try again.
    GiveUp(GiveUp),
    /// The receiver is gone: remove the webhook and cancel what waits for it.
    Remove,
    /// The receiver is gone: disable the webhook; its deliveries wait.
    Disable,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::outcome::Response;
    use crate::domain::profile::Profile;
    use crate::domain::profiles::Profiles;
    use proptest::prelude::*;

    const NOW: u64 = 1_777_638_896_789;

    fn now() -> Timestamp {
        Timestamp::from_millis(NOW)
    }

    fn answered(status: u16, headers: &[(&str, &str)]) -> Exchange {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse::<http::HeaderName>().unwrap(), value.parse().unwrap()))
            .collect();
        let response = Response { status, headers, body: vec![], truncated: false };
        let failed = Exchange::failed(ErrorKind::Status, status.to_string());
        let error = failed.error.clone().filter(|_| !(200..300).contains(&status));
        Exchange { response: Some(response), error, ..failed }
    }

    fn policy(waits: Waits) -> RetryPolicy {
        RetryPolicy { waits, ..Profile::default().retry }
    }

    fn wait(policy: &RetryPolicy, made: u32, exchange: &Exchange) -> Option<Duration> {
        match policy.decide(made, exchange, 0.0, now(), now()) {
            Verdict::At(at) => Some(at.since(now())),
            _ => None,
        }
    }

    #[test]
    fn the_standard_table_is_walked_to_its_end() {
        let policy = Profile::default().retry;
        let waits: Vec<u64> =
            (1..10).map(|n| wait(&policy, n, &answered(500, &[])).unwrap().as_secs()).collect();
        assert_eq!(waits, [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400]);
        assert_eq!(policy.first_wait(), Duration::ZERO);
        assert_eq!(policy.max_attempts(), 10);
        let exhausted = Verdict::GiveUp(GiveUp::Exhausted);
        assert_eq!(policy.decide(10, &answered(500, &[]), 0.0, now(), now()), exhausted);
    }

    #[test]
    fn a_wait_that_was_interrupted_goes_on() {
        let policy = Profile::default().retry;
        let since = Timestamp::from_millis(NOW - 60_000);
        let decide = |made, exchange: &Exchange| match policy.decide(made, exchange, 0.0, since, now()) {
            Verdict::At(at) => at.since(now()).as_secs(),
            other => panic!("{other:?}"),
        };
        assert_eq!(decide(2, &answered(500, &[])), 240, "a minute of five is over");
        assert_eq!(decide(1, &answered(500, &[])), 0, "all of it is over");
        assert_eq!(
            decide(2, &answered(503, &[("retry-after", "600")])),
            600,
            "what is asked for counts from now"
        );
    }

    #[test]
    fn the_quadratic_table_retries_whatever_fails_twice() {
        let profiles = Profiles::new([]);
        let policy = &profiles.get("job-webhooks").unwrap().retry;
        for status in [302, 400, 413, 500] {
            let waits =
                [1, 2, 3].map(|n| wait(policy, n, &answered(status, &[])).map(|wait| wait.as_millis()));
            assert_eq!(waits, [Some(250), Some(1000), None], "{status}");
        }
        assert_eq!(policy.decide(1, &answered(410, &[]), 0.0, now(), now()), Verdict::Remove);
    }

    #[test]
    fn run_webhooks_are_tried_again_eleven_times_over_34_hours() {
        let profiles = Profiles::new([]);
        let profile = profiles.get("run-webhooks").unwrap();
        let minutes = |n| wait(&profile.retry, n, &answered(400, &[])).map(|wait| wait.as_secs() / 60);
        let waits: Vec<_> = (1..=12).map(minutes).collect();
        let want: Vec<_> = (0..11).map(|n| Some(1 << n)).chain([None]).collect();
        assert_eq!(waits, want);
        assert_eq!(profile.attempts_of(&"TEST".parse().unwrap()), Some(4));
        assert_eq!(profile.attempts_of(&"ACTOR.RUN.FAILED".parse().unwrap()), None);
    }

    #[test]
    fn exponential_waits_grow_to_their_maximum() {
        let (base, max) = (Duration::from_secs(60), Duration::from_secs(600));
        let policy = policy(Waits::Exponential { base, factor: 2.0, max, attempts: 100 });
        let waits = [1, 2, 3, 4, 5, 99].map(|n| wait(&policy, n, &answered(500, &[])).unwrap().as_secs());
        assert_eq!(waits, [60, 120, 240, 480, 600, 600]);
        assert_eq!(policy.first_wait(), Duration::ZERO);
    }

    #[test]
    fn verdicts_follow_the_answer_and_the_policy() {
        let any = Profile::default().retry;
        let server = RetryPolicy { retry_on: RetryOn::ServerErrors, ..any.clone() };
        let decide =
            |policy: &RetryPolicy, exchange: &Exchange| policy.decide(1, exchange, 0.0, now(), now());
        let retried = Verdict::At(now().plus(Duration::from_secs(5)));
        let last = Verdict::GiveUp(GiveUp::Final);
        for (status, under_any, under_server) in [
            (204, Verdict::Delivered, Verdict::Delivered),
            (302, retried, last),
            (400, retried, last),
            (410, Verdict::Disable, Verdict::Disable),
            (413, last, last),
            (429, retried, last),
            (500, retried, retried),
            (599, retried, retried),
        ] {
            let exchange = answered(status, &[]);
            assert_eq!(decide(&any, &exchange), under_any, "{status}");
            assert_eq!(decide(&server, &exchange), under_server, "{status}");
        }
        assert_eq!(decide(&any, &Exchange::failed(ErrorKind::Render, "")), retried);
        assert_eq!(decide(&server, &Exchange::failed(ErrorKind::Render, "")), last);
        let every = RetryPolicy { retry_too_large: true, ..any.clone() };
        assert_eq!(decide(&every, &answered(413, &[])), retried);
        for policy in [&any, &server, &every] {
            assert_eq!(decide(policy, &Exchange::failed(ErrorKind::SecretMissing, "")), last);
        }
        for kind in [ErrorKind::Dns, ErrorKind::TimeoutTotal, ErrorKind::BlockedAddress] {
            assert_eq!(decide(&server, &Exchange::failed(kind, "")), retried);
        }
        let broken_off = Exchange { error: answered(500, &[]).error, ..answered(200, &[]) };
        assert_eq!(decide(&server, &broken_off), retried);
    }

    #[test]
    fn gone_is_what_the_policy_says() {
        let policy = |on_gone| RetryPolicy { on_gone, ..Profile::default().retry };
        let decide = |on_gone| policy(on_gone).decide(1, &answered(410, &[]), 0.0, now(), now());
        assert_eq!(decide(OnGone::Remove), Verdict::Remove);
        assert_eq!(decide(OnGone::Disable), Verdict::Disable);
        assert_eq!(decide(OnGone::Retry), Verdict::At(now().plus(Duration::from_secs(5))));
    }

    #[test]
    fn retry_after_only_ever_delays() {
        let policy = Profile::default().retry;
        let deaf = RetryPolicy { respect_retry_after: false, ..policy.clone() };
        let asks = |status, secs: &str| answered(status, &[("retry-after", secs)]);
        let secs = |policy: &RetryPolicy, exchange: &Exchange| wait(policy, 1, exchange).unwrap().as_secs();
        assert_eq!(secs(&policy, &asks(429, "60")), 60);
        assert_eq!(secs(&policy, &asks(503, "60")), 60);
        assert_eq!(secs(&policy, &asks(503, "1")), 5);
        assert_eq!(secs(&policy, &asks(400, "60")), 5);
        assert_eq!(secs(&deaf, &asks(429, "60")), 5);
    }

    #[test]
    fn policies_out_of_bounds_are_refused() {
        let (day, base) = (Duration::from_secs(86_400), Duration::from_secs(1));
        let exponential = |factor, attempts| Waits::Exponential { base, factor, max: day, attempts };
        let month = Duration::from_secs(31 * 86_400);
        for (waits, error) in [
            (Waits::Schedule(vec![]), RetryError::Attempts(0)),
            (Waits::Schedule(vec![base; 101]), RetryError::Attempts(101)),
            (Waits::Schedule(vec![month]), RetryError::Wait(month)),
            (exponential(0.5, 3), RetryError::Factor(0.5)),
            (exponential(f64::INFINITY, 3), RetryError::Factor(f64::INFINITY)),
            (exponential(2.0, 0), RetryError::Attempts(0)),
            (Waits::Quadratic { base: day, attempts: 7 }, RetryError::Wait(day * 36)),
        ] {
            assert_eq!(policy(waits).checked(), Err(error));
        }
        assert!(matches!(exponential(f64::NAN, 3).check(), Err(RetryError::Factor(_))));
        let jittery = RetryPolicy { jitter: 1.1, ..Profile::default().retry };
        assert_eq!(jittery.checked(), Err(RetryError::Jitter(1.1)));
        assert!(Profile::default().retry.checked().is_ok());
        let shown = RetryError::Wait(month).to_string();
        assert_eq!(shown, "a wait may last 30 days at most; this one lasts 2678400 s");
    }

    fn growing() -> impl Strategy<Value = Waits> {
        let secs = |range: std::ops::Range<u64>| range.prop_map(Duration::from_millis);
        prop_oneof![
            (secs(0..100_000), 1.0..5.0f64, secs(0..100_000_000), 1u32..=100)
                .prop_map(|(base, factor, max, attempts)| Waits::Exponential { base, factor, max, attempts }),
            (secs(0..100_000), 1u32..=100).prop_map(|(base, attempts)| Waits::Quadratic { base, attempts }),
        ]
    }

    proptest! {
        #[test]
        fn a_next_attempt_is_within_its_bounds(waits in growing(), fraction in 0.0..=1.0f64, drawn in 0.0..=1.0f64, made in 1u32..=120) {
            let policy = RetryPolicy { jitter: fraction, ..policy(waits) }.checked().unwrap();
            let verdict = policy.decide(made, &answered(500, &[]), drawn, now(), now());
            prop_assert_eq!(verdict, policy.decide(made, &answered(500, &[]), drawn, now(), now()));
            if made >= policy.max_attempts() {
                prop_assert_eq!(verdict, Verdict::GiveUp(GiveUp::Exhausted));
            } else {
                let plain = wait(&policy, made, &answered(500, &[])).unwrap();
                let Verdict::At(at) = verdict else { panic!("{verdict:?}") };
                prop_assert!(at >= now().plus(plain));
                prop_assert!(at <= now().plus(plain.mul_f64(1.0 + fraction) + Duration::from_millis(1)));
            }
        }

        #[test]
        fn waits_never_shrink(waits in growing()) {
            let policy = policy(waits);
            let all: Vec<_> = (1..policy.max_attempts()).map(|n| wait(&policy, n, &answered(500, &[]))).collect();
            prop_assert!(all.is_sorted());
        }

        #[test]
        fn any_numbers_give_a_verdict(base: u64, factor: f64, max: u64, attempts: u32, made: u32, jitter: f64, drawn: f64) {
            let (base, max) = (Duration::from_millis(base), Duration::from_millis(max));
            for waits in [Waits::Exponential { base, factor, max, attempts }, Waits::Quadratic { base, attempts }] {
                let policy = RetryPolicy { jitter, ..policy(waits) };
                if let Verdict::At(at) = policy.decide(made, &answered(500, &[]), drawn, now(), now()) {
                    prop_assert!(at >= now());
                }
            }
        }
    }
}
