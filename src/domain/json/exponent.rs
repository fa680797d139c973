//! Exponents of ten of any size.

use std::cmp::Ordering;

/// An exponent. Equal ones are stored alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Exponent {
    /// One with [`NEAR_DIGITS`] digits at most.
    Near(i128),
    /// One with more.
    Far {
        /// Its sign.
        negative: bool,
        /// The first is not 0.
        digits: Box<str>,
    },
}

/// Digits that fit an `i128`, with room to add what a number's own digits move the point by.
const NEAR_DIGITS: usize = 30;
/// The smallest number with more digits.
const FAR: i128 = 10_i128.pow(30);

impl Exponent {
    /// The exponent that a text says, moved by so many digits; `None` if it is not a whole number.
    pub(super) fn read(text: &str, shift: i64) -> Option<Self> {
        let (negative, unsigned) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if unsigned.is_empty() || !unsigned.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let digits = unsigned.trim_start_matches('0');
        let shift = i128::from(if negative { shift.checked_neg()? } else { shift });
        // With more digits the shift changes neither the sign nor that it is far.
        let split = if digits.len() > NEAR_DIGITS + 1 { digits.len() - NEAR_DIGITS } else { 0 };
        let (high, low) = digits.split_at_checked(split)?;
        let low = if low.is_empty() { 0 } else { low.parse::<i128>().ok()? } + shift;
        if high.is_empty() {
            let value = if negative { -low } else { low };
            return Some(if value.abs() < FAR { Self::Near(value) } else { Self::far(value) });
        }
        let (high, low) = match low {
            ..0 => (stepped(high, (b'0', b'9'), |digit| digit - 1), low + FAR),
            FAR.. => (stepped(high, (b'9', b'0'), |digit| digit + 1), low - FAR),
            _ => (high.to_owned(), low),
        };
        let digits = format!("{high}{low:030}");
        Some(Self::Far { negative, digits: digits.trim_start_matches('0').into() })
    }

    fn far(value: i128) -> Self {
        Self::Far { negative: value < 0, digits: value.unsigned_abs().to_string().into() }
    }

    /// Digits that a comparison may have to look at, beyond those of ordinary exponents.
    pub(super) fn digits(&self) -> usize {
        match self {
            Self::Near(_) => 0,
            Self::Far { digits, .. } => digits.len(),
        }
    }

    /// How it stands to zero, as far as that decides: -1 and 1 for far ones.
    fn side(&self) -> i8 {
        match self {
            Self::Near(_) => 0,
            Self::Far { negative, .. } => 1 - 2 * i8::from(*negative),
        }
    }
}

/// Decimal digits plus or minus one: from the last digit on, those that are `from` become `to`, and the first
/// that is not is changed.
fn stepped(digits: &str, (from, to): (u8, u8), change: impl Fn(u8) -> u8) -> String {
    let kept = digits.trim_end_matches(char::from(from));
    let turned = digits.len() - kept.len();
    // Before the first digit there is a 0.
    let (head, last) = kept.split_at_checked(kept.len().saturating_sub(1)).unwrap_or_default();
    let last = change(last.bytes().next().unwrap_or(b'0'));
    let mut stepped = head.to_owned();
    stepped.push(char::from(last));
    stepped.extend(std::iter::repeat_n(char::from(to), turned));
    stepped
}

impl Ord for Exponent {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Near(a), Self::Near(b)) => a.cmp(b),
            (Self::Far { negative: a, digits: x }, Self::Far { negative: b, digits: y }) if a == b => {
                let ordering = x.len().cmp(&y.len()).then_with(|| x.cmp(y));
                if *a { ordering.reverse() } else { ordering }
            }
            _ => self.side().cmp(&other.side()),
        }
    }
}

impl PartialOrd for Exponent {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn far(negative: bool, digits: &str) -> Exponent {
        Exponent::Far { negative, digits: digits.into() }
    }

    #[test]
    fn a_shift_is_carried_through_all_digits() {
        let nines = "9".repeat(40);
        let one = format!("1{}", "0".repeat(40));
        assert_eq!(Exponent::read(&nines, 1), Some(far(false, &one)));
        assert_eq!(Exponent::read(&one, -1), Some(far(false, &nines)));
        assert_eq!(Exponent::read(&format!("-{nines}"), -1), Some(far(true, &one)));
        assert_eq!(Exponent::read(&format!("-000{one}"), 1), Some(far(true, &nines)));
        assert_eq!(Exponent::read(&FAR.to_string(), -1), Some(Exponent::Near(FAR - 1)));
        assert_eq!(Exponent::read(&(FAR - 1).to_string(), 1), Some(far(false, &FAR.to_string())));
        for text in ["", "-", "+", "1.0", "a", "--1"] {
            assert_eq!(Exponent::read(text, 0), None, "{text}");
        }
    }

    proptest! {
        /// Numbers of up to 37 digits, which an `i128` holds, so on both sides of what is near.
        #[test]
        fn exponents_stand_as_numbers_do(
            a in -10_i128.pow(37)..10_i128.pow(37), b in -10_i128.pow(32)..10_i128.pow(32), s: i64, near in -9_i64..9,
        ) {
            for (a, b) in [(a, b), (b, a), (a, a + i128::from(near)), (b, b + i128::from(near))] {
                let ordered = |b: i128| {
                    let a = Exponent::read(&a.to_string(), s)?;
                    Some(a.cmp(&Exponent::read(&b.to_string(), s)?))
                };
                if s > i64::MIN {
                    prop_assert_eq!(ordered(b), Some(a.cmp(&b)));
                    let moved = Exponent::read(&(a + i128::from(s)).to_string(), 0);
                    prop_assert_eq!(Exponent::read(&a.to_string(), s), moved);
                }
            }
        }
    }
}
