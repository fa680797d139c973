//! Lowercase Crockford base32, in which ids and access tokens are written.

/// The digits by their values: 0-9a-z without i, l, o, u.
const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The digit of the lowest five bits.
pub(super) fn digit(bits: u128) -> u8 {
    DIGITS.get((bits & 31) as usize).copied().unwrap_or(b'0')
}

/// Fills `text` with the lowest bits, five to a digit.
pub(super) fn write(mut bits: u128, text: &mut [u8]) {
    for place in text.iter_mut().rev() {
        *place = digit(bits);
        bits >>= 5;
    }
}

/// The value of a digit.
pub(super) fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'h' => Some(digit - b'a' + 10),
        b'j' | b'k' => Some(digit - b'j' + 18),
        b'm' | b'n' => Some(digit - b'm' + 20),
        b'p'..=b't' => Some(digit - b'p' + 22),
        b'v'..=b'z' => Some(digit - b'v' + 27),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_values_are_each_others() {
        for digit in 0..=u8::MAX {
            let place = DIGITS.iter().position(|&known| known == digit);
            assert_eq!(value(digit).map(usize::from), place, "{}", char::from(digit));
        }
        let mut text = [0; 3];
        write(31 << 10 | 10 << 5, &mut text);
        assert_eq!(&text, b"za0");
    }
}
