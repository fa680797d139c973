//! Wall-clock time as whole milliseconds since 1970-01-01T00:00:00Z.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

/// The last instant that has a text: 9999-12-31T23:59:59.999Z.
const MAX_MILLIS: u64 = 253_402_300_799_999;

/// A wall-clock instant; its text is RFC 3339 in UTC with milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(u64);

/// A text that is not an RFC 3339 time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be an RFC 3339 time with a zone, as 2026-05-01T12:34:56.789Z")]
pub struct TimestampError;

impl Timestamp {
    /// The instant `millis` milliseconds after the epoch, at most the end of the year 9999.
    #[must_use]
    pub fn from_millis(millis: u64) -> Self {
        Self(millis.min(MAX_MILLIS))
    }

    /// Milliseconds since the epoch.
    #[must_use]
    pub fn as_millis(self) -> u64 {
        self.0
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub fn as_secs(self) -> u64 {
        self.0 / 1000
    }

    /// This instant and `wait` more; stops at the end of time.
    #[must_use]
    pub fn plus(self, wait: Duration) -> Self {
        Self::from_millis(self.0.saturating_add(millis(wait)))
    }

    /// This instant less `wait`; stops at the epoch.
    #[must_use]
    pub fn minus(self, wait: Duration) -> Self {
        Self(self.0.saturating_sub(millis(wait)))
    }

    /// How long `earlier` lies back; zero if it lies ahead.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }
}

fn millis(wait: Duration) -> u64 {
    u64::try_from(wait.as_millis()).unwrap_or(u64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = date(self.0 / 86_400_000);
        let (hours, minutes, seconds) = (self.0 / 3_600_000 % 24, self.0 / 60_000 % 60, self.0 / 1000 % 60);
        let parts = [month, day, hours, minutes, seconds];
        // All digits in their order are one number of 17 digits.
        let mut rest = parts.iter().fold(year, |number, part| number * 100 + part) * 1000 + self.0 % 1000;
        let mut text = *b"0000-00-00T00:00:00.000Z";
        for digit in text.iter_mut().rev().filter(|place| **place == b'0') {
            *digit += (rest % 10) as u8;
            rest /= 10;
        }
        f.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// Year, month and day of the day so many days after 1970-01-01.
///
/// Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years that begin in March, in eras
/// of 400 years.
fn date(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, of_era) = (days / 146_097, days % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let months = (5 * of_year + 2) / 153;
    let day = of_year - (153 * months + 2) / 5 + 1;
    let month = if months < 10 { months + 3 } else { months - 9 };
    (400 * era + year + u64::from(month <= 2), month, day)
}

impl FromStr for Timestamp {
    type Err = TimestampError;
    fn from_str(text: &str) -> Result<Self, TimestampError> {
        let instant: jiff::Timestamp = text.parse().map_err(|_| TimestampError)?;
        u64::try_from(instant.as_millisecond()).map(Self::from_millis).map_err(|_| TimestampError)
    }
}

/// The duration of a text: a number and `ms`, `s`, `m`, `h` or `d`.
///
/// # Errors
/// Says what the text should have been.
pub fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: u64 = match text.get(digits.len()..) {
        Some("ms") => 1,
        Some("s") => 1000,
        Some("m") => 60_000,
        Some("h") => 3_600_000,
        Some("d") => 86_400_000,
        _ => return Err("must be a duration, as \"250ms\", \"5s\", \"30m\", \"12h\" or \"30d\"".to_owned()),
    };
    let number: u64 =
        digits.parse().map_err(|_| "must be a whole number and a unit, as \"5s\"".to_owned())?;
    number.checked_mul(unit).map(Duration::from_millis).ok_or_else(|| "is too long".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn text_round_trips(ms in 0..=MAX_MILLIS) {
            let at = Timestamp::from_millis(ms);
            prop_assert_eq!(at.to_string().parse::<Timestamp>().unwrap(), at);
            let instant = jiff::Timestamp::from_millisecond(i64::try_from(ms).unwrap()).unwrap();
            prop_assert_eq!(at.to_string(), format!("{instant:.3}"));
        }
    }

    #[test]
    fn text_has_milliseconds_and_z() {
        assert_eq!(Timestamp::from_millis(1_777_638_896_789).to_string(), "2026-05-01T12:34:56.789Z");
        assert_eq!(Timestamp::from_millis(0).to_string(), "1970-01-01T00:00:00.000Z");
        assert_eq!(Timestamp::from_millis(MAX_MILLIS).to_string(), "9999-12-31T23:59:59.999Z");
        assert!("2026-05-01".parse::<Timestamp>().is_err());
    }

    #[test]
    fn every_day_of_a_cycle_has_its_date() {
        for day in 0..=146_097 {
            let instant = jiff::Timestamp::from_second(day * 86_400).unwrap();
            let at = Timestamp::from_millis(u64::try_from(day).unwrap() * 86_400_000);
            assert_eq!(at.to_string(), format!("{instant:.3}"));
        }
    }

    #[test]
    fn durations() {
        assert_eq!(duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        assert_eq!(duration("30d"), Ok(Duration::from_secs(30 * 86_400)));
        for bad in
            ["", "5", "s", "-5s", "1.5h", "5 s", "5w", "99999999999999999999d", "18446744073709551615d"]
        {
            assert!(duration(bad).is_err(), "{bad}");
        }
    }
}
