//! A digest of a JSON text's value: the same for every way to write the same value.
//!
//! White space, the order of members and how a string is escaped make no difference. Numbers are the same
//! when their text is: `1`, `1.0` and `1e0` are three.

use memchr::memchr2;
use serde::de::IgnoredAny;
use sha2::{Digest as _, Sha256};
use smallvec::SmallVec;

use super::tame::unit;
use crate::limits;

/// Ends a text or a number. It is in neither, since both are UTF-8 (halves of pairs alike).
const END: u8 = 0xFF;

/// What is hashed before a value, so that no two kinds of values can meet.
const STRING: u8 = b'"';
const SCALAR: u8 = b'n';
const ARRAY: u8 = b'[';
const OBJECT: u8 = b'{';
/// Before bytes that are not a JSON text, or one that nests too deeply.
const BYTES: u8 = b'b';

/// The digest of a text's value; of its bytes where it is not JSON.
#[must_use]
pub fn digest(text: &[u8]) -> [u8; 32] {
    let is_json = serde_json::from_slice::<IgnoredAny>(text).is_ok();
    let value = if is_json { value_digest(text) } else { None };
    value.unwrap_or_else(|| Sha256::new().chain_update([BYTES]).chain_update(text).finalize().into())
}

/// An array or object that has begun, or the whole.
struct Open {
    /// Of an array: its values so far. Of an object: the member that has begun.
    hash: Sha256,
    /// Of an object: the digests of its members. They are put in order when it ends.
    members: Option<Vec<[u8; 32]>>,
    /// Whether the next string is a member's name.
    at_name: bool,
}

impl Open {
    fn new(kind: u8) -> Self {
        let members = (kind == OBJECT).then(Vec::new);
        let hash = if members.is_some() { Sha256::new() } else { Sha256::new_with_prefix([kind]) };
        Self { hash, at_name: members.is_some(), members }
    }

    /// A value has ended: with it the member whose value it is.
    fn value_ended(&mut self) {
        if let Some(members) = &mut self.members {
            members.push(self.hash.finalize_reset().into());
            self.at_name = true;
        }
    }

    fn finish(mut self) -> [u8; 32] {
        if let Some(mut members) = self.members {
            members.sort_unstable();
            self.hash.update([OBJECT]);
            members.iter().for_each(|member| self.hash.update(member));
        }
        self.hash.finalize().into()
    }
}

/// The digest of a valid text's value; `None` when it nests too deeply.
fn value_digest(text: &[u8]) -> Option<[u8; 32]> {
    let mut open: SmallVec<[Open; 4]> = SmallVec::new();
    open.push(Open::new(ARRAY));
    let mut rest = text;
    while let Some((&byte, after)) = rest.split_first() {
        let top = open.last_mut()?;
        rest = after;
        match byte {
            b'{' | b'[' => {
                if open.len() > limits::JSON_DEPTH {
                    return None;
                }
                open.push(Open::new(byte));
            }
            b'}' | b']' => {
                let ended = open.pop()?.finish();
                let top = open.last_mut()?;
                top.hash.update([byte]);
                top.hash.update(ended);
                top.value_ended();
            }
            b'"' => {
                top.hash.update([STRING]);
                rest = string(after, &mut top.hash);
                top.hash.update([END]);
                if top.at_name {
                    top.at_name = false;
                } else {
                    top.value_ended();
                }
            }
            b' ' | b'\t' | b'\n' | b'\r' | b',' | b':' => {}
            _ => {
                let more = after.iter().take_while(|byte| !b" \t\n\r,]}".contains(byte)).count();
                let (text, next) = after.split_at_checked(more)?;
                rest = next;
                top.hash.update([SCALAR, byte]);
                top.hash.update(text);
                top.hash.update([END]);
                top.value_ended();
            }
        }
    }
    Some(open.pop()?.finish())
}

/// Hashes the characters of a string up to its closing quote; what follows that.
fn string<'a>(mut rest: &'a [u8], hash: &mut Sha256) -> &'a [u8] {
    while let Some(at) = memchr2(b'"', b'\\', rest) {
        let (plain, special) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        hash.update(plain);
        if special.first() == Some(&b'"') {
            return special.get(1..).unwrap_or_default();
        }
        let mut utf8 = [0; 4];
        let (character, length) = escaped(special);
        hash.update(encoded(character, &mut utf8));
        rest = special.get(length..).unwrap_or_default();
    }
    hash.update(rest);
    &[]
}

/// The character of the escape that `rest` begins with, and how long the escape is. Half a pair stands for
/// itself.
fn escaped(rest: &[u8]) -> (u32, usize) {
    if let Some(first) = unit(rest) {
        let second = rest.get(6..).and_then(unit).filter(|unit| (0xDC00..0xE000).contains(unit));
        return match second {
            Some(second) if (0xD800..0xDC00).contains(&first) => {
                (0x1_0000 + ((u32::from(first) - 0xD800) << 10) + (u32::from(second) - 0xDC00), 12)
            }
            Some(_) | None => (first.into(), 6),
        };
    }
    let character = match rest.get(1).copied().unwrap_or_default() {
        b'b' => 0x08,
        b'f' => 0x0C,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => other,
    };
    (character.into(), 2)
}

/// A character as UTF-8; half a pair in the same form, which no valid text has.
fn encoded(character: u32, bytes: &mut [u8; 4]) -> &[u8] {
    if let Some(character) = char::from_u32(character) {
        return character.encode_utf8(bytes).as_bytes();
    }
    let part = |shift: u32, mask: u32| u8::try_from((character >> shift) & mask).unwrap_or_default();
    *bytes = [0xE0 | part(12, 0xF), 0x80 | part(6, 0x3F), 0x80 | part(0, 0x3F), 0];
    bytes.get(..3).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn same(a: &str, b: &str) -> bool {
        digest(a.as_bytes()) == digest(b.as_bytes())
    }

    #[test]
    fn the_spelling_of_a_value_makes_no_difference() {
        for (a, b) in [
            (r#"{"a":1,"b":[true,null]}"#, " {\n\t\"b\" : [ true ,null ],\r\"a\": 1 } "),
            (r#"{"a":{"x":1,"y":2},"b":{}}"#, r#"{"b":{ },"a":{"y":2,"x":1}}"#),
            (r#""A\/\u00e9\ud83d\ude00""#, r#""\u0041/é😀""#),
            (r#""\b\f\n\r\t\"\\""#, r#""\u0008\u000C\u000a\u000d\u0009\u0022\u005c""#),
            (r#""\ud800x\uDC00""#, r#""\uD800x\udc00""#),
            (r#"{"\u0061":1}"#, r#"{"a":1}"#),
            (r#"{"\ud800":1,"\udc00x":2}"#, r#"{"\uDC00\u0078":2,"\uD800":1}"#),
        ] {
            assert!(same(a, b), "{a} {b}");
        }
    }

    #[test]
    fn other_values_are_told_apart() {
        let texts = [
            "1",
            "1.0",
            "1e0",
            "10",
            "-1",
            "\"1\"",
            "\"\"",
            "[]",
            "{}",
            "[[]]",
            "[{}]",
            "[1,0]",
            "[10]",
            "[1,[0]]",
            "[[1,0]]",
            "null",
            "\"null\"",
            "true",
            "false",
            "[\"a\",\"b\"]",
            "[\"b\",\"a\"]",
            "[\"ab\"]",
            "[\"a\\\"b\"]",
            r#"{"a":1}"#,
            r#"{"a":"1"}"#,
            r#"{"a":[1]}"#,
            r#"{"b":1}"#,
            r#"{"a":{"b":1}}"#,
            r#"{"a":1,"b":2}"#,
            r#"{"a":2,"b":1}"#,
            r#"["a",1,"b",2]"#,
            r#"{"a":"b"}"#,
            r#"["a","b",{}]"#,
            r#""\ud800""#,
            r#""\udc00""#,
            r#"{"\ud800":1}"#,
            r#"{"\udc00":1}"#,
            "{\"\u{FFFD}\":1}",
            "\"\u{FFFD}\"",
            r#"{"a":{"b":1,"c":2}}"#,
            r#"{"a":{"b":1},"c":2}"#,
            "not json",
            "not  json",
            "",
            " ",
        ];
        for (at, a) in texts.iter().enumerate() {
            assert!(texts.iter().skip(at + 1).all(|b| !same(a, b)), "{a}");
        }
        let deep = |depth: usize, space: &str| format!("{}{space}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(same(&deep(limits::JSON_DEPTH, ""), &deep(limits::JSON_DEPTH, " ")));
        assert!(!same(&deep(100, ""), &deep(100, " ")), "too deep: by its bytes");
        assert!(!same(&deep(1 << 20, ""), &deep(1 << 20, " ")));
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(any::<String>(), inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// The value written otherwise: members backwards, white space, everything escaped.
    fn otherwise(value: &Value) -> String {
        let text = |text: &str| {
            let units: String = text.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
            format!(" \"{units}\" ")
        };
        match value {
            Value::String(string) => text(string),
            Value::Array(values) => {
                format!("[ {}\n]", values.iter().map(otherwise).collect::<Vec<_>>().join(","))
            }
            Value::Object(members) => {
                let members =
                    members.iter().rev().map(|(name, value)| format!("{}:{}", text(name), otherwise(value)));
                format!("{{\t{}}} ", members.collect::<Vec<_>>().join(" ,"))
            }
            other => other.to_string(),
        }
    }

    proptest! {
        #[test]
        fn any_value_is_the_same_written_otherwise(value in any_value(), other in any_value()) {
            let text = value.to_string();
            prop_assert!(same(&text, &otherwise(&value)), "{}", text);
            prop_assert_eq!(same(&text, &other.to_string()), value == other);
            prop_assert!(!same(&text, &json!([value]).to_string()));
        }

        #[test]
        fn any_bytes_have_one(bytes: Vec<u8>) {
            let _ = (digest(&bytes), value_digest(&bytes));
        }
    }
}
