//! JSON text as a value. Data is kept byte for byte and may hold what no value can: a number beyond
//! the largest double, or half a surrogate pair. Anyone who looks into data, be it a filter or a schema, sees
//! the nearest there is instead, so that such a member hides nothing of the rest.

mod decimal;
mod digest;
mod exact;
mod exponent;
mod tame;

use serde_json::Value;

use super::media_type;

pub use decimal::Decimal;
pub use digest::digest;
pub use exact::{Exact, Halves};

pub(super) use tame::tamed;

/// The value of a JSON text, if it is one.
#[must_use]
pub fn value(text: &[u8]) -> Option<Value> {
    serde_json::from_slice(text).or_else(|_| serde_json::from_slice(&tamed(text))).ok()
}

/// Whether what is of a media type is JSON.
#[must_use]
pub fn is_media_type(media_type: &str) -> bool {
    let name = media_type::name(media_type);
    name == "application/json" || name == "text/json" || name.ends_with("+json")
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
