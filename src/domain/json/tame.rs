//! JSON text that may hold what no value can, made into text that a value can be read of.

/// The text with the largest double for what is beyond it, and U+FFFD for halves of pairs.
pub(in crate::domain) fn tamed(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    let mut in_string = false;
    while let Some(&first) = rest.first() {
        let taken = match first {
            b'\\' if in_string => escape(rest, &mut out),
            b'-' | b'0'..=b'9' if !in_string => number(rest, &mut out),
            _ => {
                in_string ^= first == b'"';
                out.push(first);
                1
            }
        };
        rest = rest.get(taken..).unwrap_or_default();
    }
    out
}

/// Copies the escape that `rest` begins with; returns how long it is.
fn escape(rest: &[u8], out: &mut Vec<u8>) -> usize {
    let high = unit(rest).filter(|unit| (0xD800..0xDC00).contains(unit));
    let next = rest.get(6..).and_then(unit).filter(|unit| (0xDC00..0xE000).contains(unit));
    let length = match (unit(rest), high, next) {
        (Some(_), Some(_), Some(_)) => 12,
        (Some(0xD800..0xE000), _, _) => {
            out.extend_from_slice("\u{FFFD}".as_bytes());
            return 6;
        }
        (Some(_), _, _) => 6,
        (None, _, _) => 2,
    };
    out.extend_from_slice(rest.get(..length).unwrap_or(rest));
    length
}

/// Copies the number that `rest` begins with; returns how long it is.
fn number(rest: &[u8], out: &mut Vec<u8>) -> usize {
    let part = |b: &u8| matches!(b, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E');
    let length = rest.iter().take_while(|b| part(b)).count();
    let text = rest.get(..length).unwrap_or_default();
    let read = std::str::from_utf8(text).ok().and_then(|text| text.parse::<f64>().ok());
    match read.filter(|number| number.is_infinite()) {
        Some(number) => out.extend_from_slice(format!("{:e}", f64::MAX.copysign(number)).as_bytes()),
        None => out.extend_from_slice(text),
    }
    length
}

/// The UTF-16 unit of the escape that `rest` begins with.
pub(super) fn unit(rest: &[u8]) -> Option<u16> {
    let digits = rest.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
