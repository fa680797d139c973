//! A line's members, and how texts and bytes stand in it.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::de::Error as _;
use serde_json::Value;
use serde_json::value::RawValue;

use super::fault::Fault;

/// The members of a line, each as it stands there.
pub(in crate::store) struct Line<'a>(BTreeMap<&'a str, &'a RawValue>);

impl<'a> Line<'a> {
    pub(in crate::store) fn parse(line: &'a [u8]) -> Result<Self, Fault> {
        serde_json::from_slice(line).map(Self).map_err(Fault::custom)
    }

    /// A member's text as it stands.
    pub(in crate::store) fn raw(&self, name: &str) -> Option<&'a str> {
        self.0.get(name).map(|raw| raw.get())
    }

    /// A member that must be there.
    pub(in crate::store) fn value(&self, name: &str) -> Result<Value, Fault> {
        let raw = self.raw(name).ok_or_else(|| Fault(format!("{name}: is missing")))?;
        serde_json::from_str(raw).map_err(|error| Fault(format!("{name}: {error}")))
    }

    /// The bytes of a member that [`push_bytes`] or [`push_json`] wrote.
    pub(in crate::store) fn bytes(&self, name: &str) -> Result<Vec<u8>, Fault> {
        read_bytes(&self.value(name)?).ok_or_else(|| Fault(format!("{name}: must be a string")))
    }
}

/// Adds a text as a JSON string.
pub(in crate::store) fn push_text(given: &str, text: &mut String) {
    text.push_str(&Value::from(given).to_string());
}

/// Adds bytes: as a string where they are UTF-8, else as `{"base64":"…"}`.
pub(in crate::store) fn push_bytes(bytes: &[u8], text: &mut String) {
    match std::str::from_utf8(bytes) {
        Ok(given) => push_text(given, text),
        Err(_) => {
            text.push_str("{\"base64\":\"");
            STANDARD.encode_string(bytes, text);
            text.push_str("\"}");
        }
    }
}

/// The bytes that [`push_bytes`] wrote.
pub(in crate::store) fn read_bytes(value: &Value) -> Option<Vec<u8>> {
    match value {
        Value::String(text) => Some(text.as_bytes().to_vec()),
        other => STANDARD.decode(other.get("base64")?.as_str()?).ok(),
    }
}

/// A JSON text that can stand in a line as it is, and comes out of it as it went in.
pub(in crate::store) fn inline(json: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(json).ok().filter(|text| !text.contains('\n'))?;
    let raw: &RawValue = serde_json::from_str(text).ok()?;
    (raw.get() == text).then_some(text)
}
