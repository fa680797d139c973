//! JSON whose numbers are what their text says, of any size.

use std::collections::BTreeMap;

use memchr::memchr2;
use serde::de::IgnoredAny;

use super::decimal::Decimal;
use super::tame::tamed;
use crate::limits;

/// A JSON value.
#[derive(Debug, Clone, PartialEq)]
pub enum Exact {
    /// null
    Null,
    /// true or false
    Bool(bool),
    /// A number, as exact as its text.
    Number(Decimal),
    /// Its characters, without quotes and escapes.
    String(String),
    /// Its elements.
    Array(Vec<Exact>),
    /// Its members by name.
    Object(BTreeMap<String, Exact>),
}

/// What to make of half a surrogate pair, which no string can hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Halves {
    /// It is U+FFFD, so that such a string hides nothing of the rest.
    Replaced,
    /// The text is not taken.
    Refused,
}

impl Exact {
    /// The value of a JSON text.
    ///
    /// # Errors
    /// When it is not JSON, or nests deeper than [`limits::JSON_READ_DEPTH`].
    pub fn read(text: &[u8], halves: Halves) -> Result<Self, String> {
        serde_json::from_slice::<IgnoredAny>(text).map_err(|error| error.to_string())?;
        let mut reader = Reader { rest: text, depth: 0, halves };
        reader.value().ok_or_else(|| "it nests too deep, or a string in it is not Unicode".to_owned())
    }

    /// The members, if it is an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&BTreeMap<String, Self>> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The elements, if it is an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(elements) => Some(elements),
            _ => None,
        }
    }

    /// The text, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }
}

impl From<usize> for Exact {
    fn from(count: usize) -> Self {
        Self::Number(Decimal::from(i64::try_from(count).unwrap_or(i64::MAX)))
    }
}

/// Reads a text that is known to be JSON.
struct Reader<'t> {
    rest: &'t [u8],
    depth: usize,
    halves: Halves,
}

impl<'t> Reader<'t> {
    fn value(&mut self) -> Option<Exact> {
        self.blank();
        Some(match *self.rest.first()? {
            b'"' => Exact::String(self.string()?),
            b'[' => {
                let mut elements = Vec::new();
                self.each(b']', &mut |reader| {
                    elements.push(reader.value()?);
                    Some(())
                })?;
                Exact::Array(elements)
            }
            b'{' => {
                let mut members = BTreeMap::new();
                self.each(b'}', &mut |reader| {
                    let name = reader.string()?;
                    reader.blank();
                    reader.take(1)?;
                    members.insert(name, reader.value()?);
                    Some(())
                })?;
                Exact::Object(members)
            }
            _ => self.word()?,
        })
    }

    /// What stands between brackets, one by one.
    fn each(&mut self, close: u8, one: &mut dyn FnMut(&mut Self) -> Option<()>) -> Option<()> {
        self.depth += 1;
        if self.depth > limits::JSON_READ_DEPTH {
            return None;
        }
        self.take(1)?;
        self.blank();
        if self.rest.first() != Some(&close) {
            loop {
                self.blank();
                one(self)?;
                self.blank();
                if self.rest.first() != Some(&b',') {
                    break;
                }
                self.take(1)?;
            }
        }
        self.depth -= 1;
        self.take(1).map(drop)
    }

    /// A number, true, false or null.
    fn word(&mut self) -> Option<Exact> {
        let length = self.rest.iter().take_while(|byte| !b" \t\n\r,]}".contains(byte)).count();
        Some(match self.take(length)? {
            b"null" => Exact::Null,
            b"true" => Exact::Bool(true),
            b"false" => Exact::Bool(false),
            number => Exact::Number(Decimal::read(std::str::from_utf8(number).ok()?)?),
        })
    }

    fn string(&mut self) -> Option<String> {
        let mut length = 1;
        loop {
            let at = length + memchr2(b'"', b'\\', self.rest.get(length..)?)?;
            length = at + 1;
            if self.rest.get(at) == Some(&b'"') {
                break;
            }
            length += 1;
        }
        let quoted = self.take(length)?;
        match serde_json::from_slice(quoted) {
            Ok(text) => Some(text),
            Err(_) if self.halves == Halves::Replaced => serde_json::from_slice(&tamed(quoted)).ok(),
            Err(_) => None,
        }
    }

    fn blank(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }

    fn take(&mut self, length: usize) -> Option<&'t [u8]> {
        let (taken, rest) = self.rest.split_at_checked(length)?;
        self.rest = rest;
        Some(taken)
    }
}

/// As others hold it, where they can hold its numbers.
#[cfg(test)]
impl From<&Exact> for serde_json::Value {
    fn from(value: &Exact) -> Self {
        match value {
            Exact::Null => Self::Null,
            Exact::Bool(value) => (*value).into(),
            Exact::Number(Decimal::Short { mantissa, exponent }) => match u32::try_from(*exponent) {
                Ok(zeros) => (mantissa * 10_i64.pow(zeros)).into(),
                Err(_) => format!("{mantissa}e{exponent}").parse::<f64>().unwrap().into(),
            },
            Exact::Number(Decimal::Long(_)) => panic!("{value:?}"),
            Exact::String(text) => text.clone().into(),
            Exact::Array(elements) => elements.iter().map(Self::from).collect(),
            Exact::Object(members) => {
                members.iter().map(|(name, value)| (name.clone(), Self::from(value))).collect()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn read(text: &str) -> Result<Exact, String> {
        Exact::read(text.as_bytes(), Halves::Replaced)
    }

    #[test]
    fn every_value_is_read() {
        let text = " {\"a\\n\" : [ 1 , -2.5,true,false ,null,[ ],{ }], \"b\":\"x\\\\\\\"\\u00e9\u{1F600}\",\"\":\"\"}\n";
        let value: Value = serde_json::from_str(text).unwrap();
        assert_eq!(Value::from(&read(text).unwrap()), value);
        let half = r#"{"a":"x\ud800","b":1}"#;
        assert_eq!(Value::from(&read(half).unwrap()), json!({"a": "x\u{FFFD}", "b": 1}));
        assert!(Exact::read(half.as_bytes(), Halves::Refused).is_err());
        for bad in ["", "{", "[1,]", "01", "nul", "\"", "[1]]"] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let deep = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(
            read(&deep(limits::JSON_READ_DEPTH)).is_ok() && read(&deep(limits::JSON_READ_DEPTH + 1)).is_err()
        );
    }

    /// With fractions that are whole as whole numbers.
    fn whole(value: Value) -> Value {
        match value {
            Value::Number(number) => match number.as_f64() {
                Some(float) if float.fract() == 0.0 => format!("{float:.0}").parse::<i64>().unwrap().into(),
                _ => Value::Number(number),
            },
            Value::Array(elements) => elements.into_iter().map(whole).collect(),
            Value::Object(members) => members.into_iter().map(|(name, value)| (name, whole(value))).collect(),
            other => other,
        }
    }

    fn json_text() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            r"-?(0|[1-9][0-9]{0,5})(\.[0-9]{1,4})?( |\n)?".prop_map(String::from),
            r#""([a-z😀{\[,:]|\\[nt"\\/]|\\u00e9|\\ud83d\\ude00){0,5}""#.prop_map(String::from),
            Just("null ".to_owned()),
            Just(" true".to_owned()),
        ];
        leaf.prop_recursive(4, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(|all| format!("[{}]", all.join(","))),
                prop::collection::vec(inner, 0..4).prop_map(|all| {
                    let members = all.iter().enumerate().map(|(at, value)| format!("\"{at}\\n\" : {value}"));
                    format!("{{ {}}}", members.collect::<Vec<_>>().join(", "))
                }),
            ]
        })
    }

    proptest! {
        #[test]
        fn any_json_is_read_as_others_read_it(text in json_text()) {
            let theirs: Value = serde_json::from_str(&text).unwrap();
            prop_assert_eq!(Value::from(&read(&text).unwrap()), whole(theirs), "{}", text);
        }

        #[test]
        fn any_other_text_is_refused(text in r#"[\[{"\\ua0-2:,.\-e }\]]{0,40}"#) {
            let is_json = serde_json::from_str::<IgnoredAny>(&text).is_ok();
            prop_assert_eq!(read(&text).is_ok(), is_json, "{}", text);
        }
    }
}
