//! A wall clock that leaps ahead, by a mistake of a time server or of a person, must not cost what is
//! kept: what removes things by their age waits until the new time has stood for a while.

use std::time::{Duration, Instant};

use crate::clock::{self, Leaps};
use crate::domain::time::Timestamp;
use crate::limits;

/// Watches the wall clock by the monotonic one.
#[derive(Debug, Default)]
pub(super) struct Leap {
    leaps: Leaps,
    /// When a clock that leapt is believed.
    believed_at: Option<Instant>,
}

impl Leap {
    /// Whether the time can be believed. How far it leapt, the first time that it is seen.
    pub(super) fn look(&mut self, wall: Timestamp, at: Instant) -> Result<(), Option<Duration>> {
        if let clock::Leap::Ahead(ahead) = self.leaps.look(wall, at)
            && ahead >= limits::CLOCK_LEAP
        {
            self.believed_at = Some(at + limits::CLOCK_BELIEVED_AFTER);
            return Err(Some(ahead));
        }
        match self.believed_at {
            Some(believed) if at < believed => Err(None),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_leaps_is_believed_once_it_stood_for_a_while() {
        let (began, mut leap) = (clock::monotonic(), Leap::default());
        let mut look = |wall: u64, seconds: u64| {
            leap.look(Timestamp::from_millis(wall * 1000), began + Duration::from_secs(seconds))
        };
        assert_eq!(look(1_000, 0), Ok(()));
        assert_eq!(look(1_012, 10), Ok(()), "clocks drift");
        assert_eq!(look(9_020, 18), Err(Some(Duration::from_secs(8_000))));
        assert_eq!(look(9_030, 28), Err(None));
        // Set right again: what is removed by age is as young as it was.
        assert_eq!(look(1_042, 38), Err(None));
        let long = limits::CLOCK_BELIEVED_AFTER.as_secs();
        assert_eq!(look(1_042 + long, 38 + long), Ok(()));
    }
}
