//! A wall clock that leaps ahead, by a mistake of a time server or of a person, must not cost what is
//! kept: what removes things by their age goes by the time there would be without the leap, until the new one has
//! stood for a while.

use std::time::{Duration, Instant};

use crate::clock::{self, Leaps};
use crate::domain::time::Timestamp;
use crate::limits;

/// Watches the wall clock by the monotonic one.
#[derive(Debug, Default)]
pub(super) struct Leap {
    leaps: Leaps,
    doubt: Option<Doubt>,
}

/// A clock that leapt and is not believed yet.
#[derive(Debug)]
struct Doubt {
    believed_at: Instant,
    /// What it would have said at an instant, had it not leapt.
    steady: (Timestamp, Instant),
}

/// What to make of a clock.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Look {
    /// The time to go by: the clock's, or as long as that is in doubt what it would be without the leap.
    pub(super) now: Timestamp,
    /// Whether it is in doubt.
    pub(super) doubted: bool,
    /// How far it leapt, the first time that this is seen.
    pub(super) leapt: Option<Duration>,
}

impl Leap {
    /// After a start, of a store that was last in use then: the clock may be ahead, or nothing ran for a while.
    pub(super) fn since(last_seen: Timestamp, wall: Timestamp, at: Instant) -> Self {
        let mut leap = Self::default();
        if last_seen > Timestamp::default() && wall.since(last_seen) >= limits::CLOCK_LEAP {
            leap.distrust((last_seen, at), at);
        }
        leap
    }

    pub(super) fn look(&mut self, wall: Timestamp, at: Instant) -> Look {
        let leapt = match self.leaps.look(wall, at) {
            clock::Leap::Ahead(ahead) if ahead >= limits::CLOCK_LEAP => Some(ahead),
            _ => None,
        };
        if let Some(ahead) = leapt {
            let steady = self.steady(at).unwrap_or_else(|| wall.minus(ahead));
            self.distrust((steady, at), at);
        }
        self.doubt.take_if(|doubt| at >= doubt.believed_at);
        let steady = self.steady(at);
        // It may have been set right meanwhile.
        Look { now: steady.map_or(wall, |steady| steady.min(wall)), doubted: steady.is_some(), leapt }
    }

    fn distrust(&mut self, steady: (Timestamp, Instant), at: Instant) {
        self.doubt = Some(Doubt { believed_at: at + limits::CLOCK_BELIEVED_AFTER, steady });
    }

    fn steady(&self, at: Instant) -> Option<Timestamp> {
        let (then, since) = self.doubt.as_ref()?.steady;
        Some(then.plus(at.saturating_duration_since(since)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(seconds: u64) -> Timestamp {
        Timestamp::from_millis(seconds * 1000)
    }

    /// What a look gives: the time to go by in seconds, whether it is in doubt, how far it leapt.
    fn look(leap: &mut Leap, began: Instant, wall: u64, passed: u64) -> (u64, bool, Option<u64>) {
        let Look { now, doubted, leapt } = leap.look(second(wall), began + Duration::from_secs(passed));
        (now.as_millis() / 1000, doubted, leapt.map(|leapt| leapt.as_secs()))
    }

    #[test]
    fn a_clock_that_leaps_is_believed_once_it_stood_for_a_while() {
        let (began, mut leap) = (clock::monotonic(), Leap::default());
        let mut look = |wall, passed| look(&mut leap, began, wall, passed);
        assert_eq!(look(1_000, 0), (1_000, false, None));
        assert_eq!(look(1_012, 10), (1_012, false, None), "clocks drift");
        assert_eq!(look(9_020, 18), (1_020, true, Some(8_000)));
        assert_eq!(look(9_030, 28), (1_030, true, None));
        // A second leap, while the first is in doubt.
        assert_eq!(look(19_032, 30), (1_032, true, Some(10_000)));
        // Set right again: what is removed by age is as young as it was.
        assert_eq!(look(1_040, 40), (1_040, true, None));
        let long = limits::CLOCK_BELIEVED_AFTER.as_secs();
        assert_eq!(look(1_040 + long, 40 + long), (1_040 + long, false, None));
    }

    #[test]
    fn a_clock_that_is_ahead_at_a_start_is_believed_as_late() {
        let (began, long) = (clock::monotonic(), limits::CLOCK_BELIEVED_AFTER.as_secs());
        let mut leap = Leap::since(second(1_000), second(90_000), began);
        assert_eq!(look(&mut leap, began, 90_010, 10), (1_010, true, None));
        assert_eq!(look(&mut leap, began, 90_000 + long, long), (90_000 + long, false, None));
        let mut soon = Leap::since(second(1_000), second(1_030), began);
        assert_eq!(look(&mut soon, began, 1_040, 10), (1_040, false, None), "an ordinary restart");
        let mut new = Leap::since(Timestamp::default(), second(1_030), began);
        assert_eq!(look(&mut new, began, 1_040, 10), (1_040, false, None), "nothing is old in a new store");
        let mut back = Leap::since(second(5_000), second(1_030), began);
        assert_eq!(look(&mut back, began, 1_040, 10), (1_040, false, None));
    }
}
