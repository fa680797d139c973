//! Numbers of any size, as they are written in JSON: compared digit by digit, without rounding.

use std::borrow::Cow;
use std::cmp::Ordering;

use super::exponent::Exponent;

/// Digits that surely fit the mantissa of [`Decimal::Short`].
const SHORT_DIGITS: usize = 18;

/// A number. Equal numbers are stored alike however they are written: 100, 1e2 and 100.0 are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decimal {
    /// `mantissa * 10^exponent`.
    Short {
        /// It does not end in 0, unless it is 0.
        mantissa: i64,
        /// Of ten.
        exponent: i32,
    },
    /// One with more digits, or an exponent beyond these.
    Long(Box<Long>),
}

/// `0.DIGITS * 10^point`, with digits that neither begin nor end with 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Long {
    negative: bool,
    /// Whatever it says, no digit is ever written out for it.
    point: Exponent,
    digits: Box<str>,
}

impl Decimal {
    /// The number that a text says, which must be a number in JSON.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
        let (coefficient, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = coefficient.split_once('.').unwrap_or((coefficient, ""));
        let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) {
            return None;
        }
        let all: Cow<'_, str> =
            if fraction.is_empty() { whole.into() } else { format!("{whole}{fraction}").into() };
        let without_zeros = all.trim_start_matches('0');
        let zeros = all.len() - without_zeros.len();
        let digits = without_zeros.trim_end_matches('0');
        if digits.is_empty() {
            return Some(Self::from(0));
        }
        let size = |length: usize| i64::try_from(length).unwrap_or(i64::MAX);
        let point = Exponent::read(exponent, size(whole.len()).saturating_sub(size(zeros)))?;
        if digits.len() <= SHORT_DIGITS
            && let Ok(mantissa) = digits.parse::<i64>()
            && let Exponent::Near(point) = point
            && let Ok(exponent) = i32::try_from(point.saturating_sub(size(digits.len()).into()))
        {
            return Some(Self::Short { mantissa: if negative { -mantissa } else { mantissa }, exponent });
        }
        Some(Self::Long(Box::new(Long { negative, point, digits: digits.into() })))
    }

    /// Digits that a comparison may have to look at, beyond those of ordinary numbers.
    #[must_use]
    pub fn digits(&self) -> usize {
        match self {
            Self::Short { .. } => 0,
            Self::Long(long) => long.digits.len() + long.point.digits(),
        }
    }

    /// -1, 0 or 1.
    fn sign(&self) -> i64 {
        match self {
            Self::Short { mantissa, .. } => mantissa.signum(),
            Self::Long(long) => 1 - 2 * i64::from(long.negative),
        }
    }

    /// How far both are from 0, compared. Nothing is allocated for it.
    fn cmp_size(&self, other: &Self) -> Ordering {
        let mut buffers = [itoa::Buffer::new(), itoa::Buffer::new()];
        let [a, b] = &mut buffers;
        let ((point, digits), (other_point, other_digits)) = (self.parts(a), other.parts(b));
        let ordering = match (point, other_point) {
            (Ok(a), Ok(b)) => a.cmp(&b),
            (Ok(a), Err(b)) => Exponent::Near(a).cmp(b),
            (Err(a), Ok(b)) => a.cmp(&Exponent::Near(b)),
            (Err(a), Err(b)) => a.cmp(b),
        };
        // Digits that do not end in 0 stand to each other as the texts do, the points being the same.
        ordering.then_with(|| digits.cmp(other_digits))
    }

    /// Where the point is before the digits, and these.
    fn parts<'a>(&'a self, buffer: &'a mut itoa::Buffer) -> (Result<i128, &'a Exponent>, &'a [u8]) {
        match self {
            Self::Short { mantissa, exponent } => {
                let digits = buffer.format(mantissa.unsigned_abs()).as_bytes();
                (Ok(i128::from(*exponent) + i128::try_from(digits.len()).unwrap_or(0)), digits)
            }
            Self::Long(long) => (Err(&long.point), long.digits.as_bytes()),
        }
    }
}

impl From<i64> for Decimal {
    fn from(number: i64) -> Self {
        let (mut mantissa, mut exponent) = (number, 0);
        while mantissa != 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
        }
        // The few of nineteen digits are long when they are read from a text.
        if mantissa.unsigned_abs() < 10_u64.pow(18) {
            return Self::Short { mantissa, exponent };
        }
        let digits = mantissa.unsigned_abs().to_string();
        let point = i128::from(exponent) + i128::try_from(digits.len()).unwrap_or(0);
        let point = Exponent::Near(point);
        Self::Long(Box::new(Long { negative: number < 0, point, digits: digits.into() }))
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Self::Short { mantissa: a, exponent: x }, Self::Short { mantissa: b, exponent: y }) =
            (self, other)
            && x == y
        {
            return a.cmp(b);
        }
        let sign = self.sign();
        if sign != other.sign() || sign == 0 {
            return sign.cmp(&other.sign());
        }
        let ordering = self.cmp_size(other);
        if sign < 0 { ordering.reverse() } else { ordering }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn order(a: &str, b: &str) -> Ordering {
        let (a, b) = (Decimal::read(a).unwrap(), Decimal::read(b).unwrap());
        let ordering = a.cmp(&b);
        assert_eq!((ordering.is_eq(), b.cmp(&a)), (a == b, ordering.reverse()), "{a:?} {b:?}");
        ordering
    }

    #[test]
    fn the_same_number_written_otherwise_is_the_same() {
        for (a, b) in [
            ("0", "-0"),
            ("0", "0.000e999999999999999999999"),
            ("100", "1e2"),
            ("100", "1E+0002"),
            ("100", "100.000"),
            ("0.001", "1e-3"),
            ("-12.50", "-1.25e1"),
            ("18446744073709551617", "1844674407370955161.7e1"),
            ("18446744073709551617", "0.18446744073709551617e20"),
            ("1e400", "10e399"),
            ("1e-2147483650", "0.1e-2147483649"),
            ("10e9223372036854775807", "1e9223372036854775808"),
            ("0.1e-9223372036854775808", "1e-9223372036854775809"),
            ("1e1000000000000000000000000000000000000000", "10e999999999999999999999999999999999999999"),
            (
                "100e-00999999999999999999999999999999999999999",
                "0.1e-999999999999999999999999999999999999996",
            ),
        ] {
            assert_eq!(order(a, b), Ordering::Equal, "{a} {b}");
        }
    }

    #[test]
    fn neighbours_differ_at_any_size() {
        let ordered = [
            "-1e99999999999999999999",
            "-1e99999999999999999998",
            "-1e9223372036854775808",
            "-1e9223372036854775807",
            "-1e400",
            "-18446744073709551617",
            "-18446744073709551616",
            "-9007199254740993",
            "-9007199254740992",
            "-1.1",
            "-1",
            "-1e-400",
            "-1e-9223372036854775808",
            "-1e-9223372036854775809",
            "-1e-99999999999999999999",
            "0",
            "1e-1000000000000000000000000000000000000000",
            "2e-1000000000000000000000000000000000000000",
            "1e-999999999999999999999999999999999999999",
            "1e-99999999999999999999",
            "1e-99999999999999999998",
            "1e-999999999",
            "1e-400",
            "0.1",
            "0.10000000000000000000000000000000000000001",
            "0.2",
            "1",
            "1.000000000000000000000000000001",
            "9.99",
            "10",
            "12",
            "99",
            "123",
            "9007199254740992",
            "9007199254740993",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551616",
            "18446744073709551617",
            "1e308",
            "1e400",
            "1.0000000000000000000000000000000000000001e400",
            "1e999999999",
            "9e999999999",
            "1e9223372036854775807",
            "1e9223372036854775808",
            "9e9223372036854775808",
            "1e99999999999999999998",
            "1e99999999999999999999",
            "1.1e99999999999999999999",
            "1e1000000000000000000000000000000000000000",
            "1e1000000000000000000000000000000000000001",
        ];
        for (at, a) in ordered.iter().enumerate() {
            for (other, b) in ordered.iter().enumerate() {
                assert_eq!(order(a, b), at.cmp(&other), "{a} {b}");
            }
        }
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["", "-", "a", ".5", "1a", "1.a", "--1", "1e", "1e-", "1ea", "1e1.0"] {
            assert_eq!(Decimal::read(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn whole_numbers_stand_as_they_do(a: i64, b: i64, c in -200_i64..200, d in -200_i64..200) {
            for (a, b) in [(a, b), (c, d), (a, c), (a, a)] {
                prop_assert_eq!(order(&a.to_string(), &b.to_string()), a.cmp(&b));
                prop_assert_eq!(&Decimal::from(a), &Decimal::read(&a.to_string()).unwrap());
            }
        }

        #[test]
        fn fractions_stand_as_they_do(a in -99_999_i64..99_999, b in -99_999_i64..99_999, e in 0_usize..5) {
            let text = |n: i64| {
                let digits = format!("{:06}", n.unsigned_abs());
                let (whole, fraction) = digits.split_at(digits.len() - e);
                let sign = if n < 0 { "-" } else { "" };
                if e == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
            };
            prop_assert_eq!(order(&text(a), &text(b)), a.cmp(&b));
            prop_assert_eq!(order(&text(a), &format!("{a}e-{e}")), Ordering::Equal);
        }
    }
}
