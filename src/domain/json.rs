//! JSON text as a value. Data is kept byte for byte and may hold what no value can: a number beyond
//! the largest double, or half a surrogate pair. Whoever looks into data, be it a filter or a schema, sees
//! the nearest there is instead, so that such a member hides nothing of the rest.

mod decimal;
mod digest;
mod exact;

use serde_json::Value;

pub use decimal::Decimal;
pub use digest::digest;
pub use exact::{Exact, Halves};

/// The value of a JSON text, if it is one.
#[must_use]
pub fn value(text: &[u8]) -> Option<Value> {
    serde_json::from_slice(text).or_else(|_| serde_json::from_slice(&tamed(text))).ok()
}

/// Whether what is of a media type is JSON.
#[must_use]
pub fn is_media_type(media_type: &str) -> bool {
    let name = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    name == "application/json" || name == "text/json" || name.ends_with("+json")
}

/// The text with the largest double for what is beyond it, and U+FFFD for halves of pairs.
pub(super) fn tamed(text: &[u8]) -> Vec<u8> {
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

/// The UTF-16 unit of the escape that `rest` begins with.
fn unit(rest: &[u8]) -> Option<u16> {
    let digits = rest.strip_prefix(b"\\u")?.get(..4)?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn what_no_value_can_hold_hides_nothing_else() {
        let text = br#"{"a":1,"big":[1e999,-1E+4000,1e5],"half":"x\ud800\u0041\\ud800","low":"\uDC00\"1e999","pair":"\ud83d\ude00"}"#;
        let seen = json!({
            "a": 1, "big": [f64::MAX, f64::MIN, 1e5], "half": "x\u{FFFD}A\\ud800", "low": "\u{FFFD}\"1e999",
            "pair": "\u{1F600}",
        });
        assert_eq!(value(text), Some(seen));
        assert_eq!(value(br#""\ud800\ud83d\ude00""#), Some(json!("\u{FFFD}\u{1F600}")));
    }

    #[test]
    fn no_json_is_no_value() {
        for text in [b"".as_slice(), b"{", b"\"\\", b"\"\\ud8", b"1e999x", b"\xff"] {
            assert_eq!(value(text), None);
        }
    }

    proptest! {
        #[test]
        fn tame_text_stays_as_it_is(text in r#"[\[{"\\u0-9a-dD8:,.eE+\- }\]]{0,60}"#) {
            if serde_json::from_str::<Value>(&text).is_ok() {
                prop_assert_eq!(tamed(text.as_bytes()), text.as_bytes());
            }
        }
    }
}
