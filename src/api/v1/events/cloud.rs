//! CloudEvents 1.0 over HTTP: structured, batched and binary.
//!
//! An event is known by its source and id together. `type`, `time` and the extension `partitionkey`
//! become the event's type, time and order key; every other attribute becomes a label in `metadata`.
//! Data that is not JSON is kept as a JSON string: text as itself, bytes as base64 with the label
//! `dataencoding: base64`. With its `datacontenttype`, another label, it goes out as it came in.

use std::borrow::Cow;
use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::CONTENT_TYPE;
use percent_encoding::percent_decode_str;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use crate::api::members::metadata;
use crate::app::events::Draft;
use crate::domain::event::{Key, NewEvent};
use crate::domain::id::AccountNo;
use crate::domain::json;
use crate::http::document::{Faults, check_walk, explain};
use crate::http::problem::{Code, Problem};

/// A CloudEvent, for the API's description.
pub struct CloudEvent;

impl JsonSchema for CloudEvent {
    fn schema_name() -> Cow<'static, str> {
        "CloudEvent".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "object",
            "required": ["specversion", "type", "source", "id"],
            "properties": {
                "specversion": {"const": "1.0"},
                "type": {"type": "string"},
                "source": {"type": "string"},
                "id": {"type": "string"},
                "time": {"type": ["string", "null"]},
                "subject": {"type": ["string", "null"]},
                "datacontenttype": {"type": ["string", "null"]},
                "dataschema": {"type": ["string", "null"]},
                "partitionkey": {"type": ["string", "null"]},
                "data": true,
                "data_base64": {"type": ["string", "null"]},
            },
            "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
        })
    }
}

/// The event of a structured CloudEvent.
///
/// # Errors
/// When it is no JSON object.
pub fn structured(document: &[u8], account: AccountNo) -> Result<Draft, Problem> {
    let Some((mut members, carried)) = attributes(document) else {
        let (_, faults) = explain::<CloudEvent>(document)?;
        return Ok(Draft { event: None, source: String::new(), faults });
    };
    check_walk(document)?;
    let mut faults = Faults::default();
    let encoded = members.remove("data_base64").filter(|value| !value.is_null());
    let data = match (carried, encoded) {
        (Some(_), Some(_)) => {
            faults.add("/data_base64", "must not be used together with data");
            None
        }
        (Some(data), None) => Some(Cow::Borrowed(data.get().as_bytes())),
        (None, Some(encoded)) => decoded(&encoded, &mut members, &mut faults),
        (None, None) => Some(Cow::Borrowed(b"null".as_slice())),
    };
    Ok(event(members, data, account, faults))
}

/// The attributes of a structured CloudEvent, and its data as it is written.
fn attributes(document: &[u8]) -> Option<(Map<String, Value>, Option<&RawValue>)> {
    let mut members: BTreeMap<String, &RawValue> = serde_json::from_slice(document).ok()?;
    let data = members.remove("data").filter(|text| text.get() != "null");
    let read = |(name, text): (String, &RawValue)| Some((name, serde_json::from_str(text.get()).ok()?));
    Some((members.into_iter().map(read).collect::<Option<_>>()?, data))
}

/// Base64 data: JSON if it says it is and is; else kept as the base64 text.
fn decoded<'a>(
    encoded: &Value,
    members: &mut Map<String, Value>,
    faults: &mut Faults,
) -> Option<Cow<'a, [u8]>> {
    let bytes = encoded.as_str().and_then(|text| STANDARD.decode(text).ok());
    let Some(bytes) = bytes else {
        faults.add("/data_base64", "must be a base64 string");
        return None;
    };
    let media_type = members.get("datacontenttype").and_then(Value::as_str).unwrap_or_default();
    let kept = kept(Some(media_type.to_owned()), &bytes, members).map_err(|problem| {
        faults.add("/data_base64", problem.refusal.detail);
    });
    kept.ok().map(Cow::Owned)
}

/// Whether a request is a binary CloudEvent.
#[must_use]
pub fn is_binary(headers: &HeaderMap) -> bool {
    headers.keys().any(|name| matches!(name.as_str(), "ce-specversion" | "ce-id" | "ce-type"))
}

/// The event of a binary CloudEvent: attributes in `ce-*` headers, data as the body.
///
/// # Errors
/// When its body is not the JSON that it is said to be.
pub fn binary(
    headers: &HeaderMap,
    media_type: Option<String>,
    body: &[u8],
    account: AccountNo,
) -> Result<Draft, Problem> {
    let mut members = Map::new();
    let mut faults = Faults::default();
    for (name, value) in headers {
        let Some(name) = name.as_str().strip_prefix("ce-") else { continue };
        match value.to_str().ok().and_then(header_value) {
            Some(value) => drop(members.insert(name.to_owned(), Value::String(value))),
            None => faults.add(&format!("/{name}"), "must be printable ASCII, with UTF-8 percent-encoded"),
        }
    }
    // As it was sent, with its parameters.
    if let Some(sent) = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()) {
        members.insert("datacontenttype".to_owned(), sent.into());
    }
    let data = if body.is_empty() { b"null".to_vec() } else { kept(media_type, body, &mut members)? };
    Ok(event(members, Some(data.into()), account, faults))
}

/// An attribute's value in a header (HTTP binding, 3.1.3.2): double quotes around it go first, with the
/// backslashes before what they escape, then it is percent-decoded.
fn header_value(text: &str) -> Option<String> {
    let quoted = text.trim().strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    let plain = match quoted {
        None => Cow::Borrowed(text),
        Some(quoted) => {
            let mut plain = String::with_capacity(quoted.len());
            let mut chars = quoted.chars();
            while let Some(c) = chars.next() {
                plain.push(if c == '\\' { chars.next()? } else { c });
            }
            Cow::Owned(plain)
        }
    };
    percent_decode_str(&plain).decode_utf8().ok().map(Cow::into_owned)
}

/// Data of some media type as JSON.
fn kept(
    media_type: Option<String>,
    body: &[u8],
    members: &mut Map<String, Value>,
) -> Result<Vec<u8>, Problem> {
    let media_type = media_type.filter(|text| !text.is_empty()).unwrap_or("application/json".to_owned());
    if json::is_media_type(&media_type) {
        check_walk(body)?;
        return match serde_json::from_slice::<&RawValue>(body) {
            Ok(data) => Ok(data.get().as_bytes().to_vec()),
            Err(error) => Err(Problem::new(
                Code::MalformedJson,
                format!("the data is not JSON at line {}, column {}", error.line(), error.column()),
            )),
        };
    }
    let text = match std::str::from_utf8(body) {
        Ok(text) => text.to_owned(),
        Err(_) => {
            members.insert("dataencoding".to_owned(), "base64".into());
            STANDARD.encode(body)
        }
    };
    Ok(serde_json::to_vec(&text).unwrap_or_default())
}

fn event(
    members: Map<String, Value>,
    data: Option<Cow<'_, [u8]>>,
    account: AccountNo,
    mut faults: Faults,
) -> Draft {
    let read = attributed(members, data, account, &mut faults);
    let (event, source) = read.unzip();
    Draft { event, source: source.unwrap_or_default(), faults }
}

fn attributed(
    mut members: Map<String, Value>,
    data: Option<Cow<'_, [u8]>>,
    account: AccountNo,
    faults: &mut Faults,
) -> Option<(NewEvent, String)> {
    let mut text = |name: &str, faults: &mut Faults| match members.remove(name) {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) => Some(text),
        Some(_) => {
            faults.add(&format!("/{name}"), "must be a string");
            None
        }
    };
    let version = text("specversion", faults);
    if faults.require("/specversion", version.as_deref()).is_some_and(|version| version != "1.0") {
        faults.add("/specversion", "must be \"1.0\"");
    }
    let event_type = text("type", faults);
    let event_type = faults.require("/type", event_type.as_deref());
    let event_type = faults.parse("/type", event_type);
    let id = text("id", faults);
    let id = faults.require("/id", id).and_then(|id| faults.check("/id", Key::new(&id)));
    let source = text("source", faults).filter(|source| !source.is_empty());
    let source = faults.require("/source", source);
    let time = text("time", faults);
    let occurred_at = faults.parse("/time", time.as_deref());
    let order_key = text("partitionkey", faults);
    let order_key = order_key.and_then(|key| faults.check("/partitionkey", Key::new(&key)));
    for name in ["subject", "datacontenttype", "dataschema"] {
        let value = members.get(name).filter(|value| !value.is_null());
        if value.is_some_and(|value| value.as_str().is_none_or(str::is_empty)) {
            faults.add(&format!("/{name}"), "must be a string that is not empty");
        }
    }
    let source = source?;
    members.insert("source".to_owned(), source.clone().into());
    let labels = labels(members, faults)?;
    let event = NewEvent {
        account,
        event_type: event_type?,
        source_id: id,
        occurred_at,
        order_key,
        metadata: Some(labels),
        data: data?.into_owned().into(),
    };
    Some((event, source))
}

/// The attributes that have no place of their own.
fn labels(members: Map<String, Value>, faults: &mut Faults) -> Option<Box<str>> {
    for (name, value) in &members {
        if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
            faults.add(
                &format!("/{name}"),
                "is not an attribute: attribute names have lowercase letters and digits only",
            );
        } else if value.is_object() || value.is_array() {
            faults.add(&format!("/{name}"), "must be a string, a number or a boolean");
        }
    }
    let kept: Map<String, Value> = members.into_iter().filter(|(_, value)| !value.is_null()).collect();
    metadata(&serde_json::to_string(&kept).ok()?, faults)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(draft: Draft) -> Result<NewEvent, Problem> {
        Ok(draft.whole()?)
    }

    const A: AccountNo = AccountNo(1);

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (http::HeaderName::from_static(n), v.parse().unwrap())).collect()
    }

    #[test]
    fn a_structured_event_maps_to_ours() {
        let json = br#"{"specversion":"1.0","type":"order.paid","source":"/shop","id":"7","time":"2026-05-01T00:00:00Z",
            "subject":"o1","partitionkey":"p","tenant":3,"data":{"n": 1.50}}"#;
        let draft = structured(json, A).unwrap();
        let (event, source) = (draft.event.unwrap(), draft.source);
        assert_eq!((event.event_type.as_str(), source.as_str()), ("order.paid", "/shop"));
        assert_eq!(event.source_id.unwrap().as_str(), "7");
        assert_eq!(event.order_key.unwrap().as_str(), "p");
        assert_eq!(event.occurred_at.unwrap().to_string(), "2026-05-01T00:00:00.000Z");
        assert_eq!(event.metadata.as_deref(), Some(r#"{"source":"/shop","subject":"o1","tenant":3}"#));
        assert_eq!(&*event.data, br#"{"n": 1.50}"#);
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let problem = structured(br#"{"specversion":"0.3","id":1,"Bad_Name":"x","source":"s"}"#, A)
            .and_then(whole)
            .unwrap_err();
        let mut pointers: Vec<&str> = problem.errors.iter().map(|e| e.pointer.as_str()).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/Bad_Name", "/id", "/specversion", "/type"]);
        assert_eq!(structured(b"[", A).unwrap_err().code, Code::MalformedJson);
        assert_eq!(structured(b"[]", A).and_then(whole).unwrap_err().code, Code::Invalid);
    }

    #[test]
    fn base64_data_is_json_text_or_bytes() {
        let event = |media_type: &str, base64: &str| {
            let json = format!(
                r#"{{"specversion":"1.0","type":"a","source":"s","id":"1","datacontenttype":"{media_type}","data_base64":"{base64}"}}"#
            );
            structured(json.as_bytes(), A).and_then(whole).map(|event| {
                (String::from_utf8(event.data.to_vec()).unwrap(), event.metadata.unwrap().into_string())
            })
        };
        assert_eq!(event("application/json", "eyJhIjoxfQ==").unwrap().0, r#"{"a":1}"#);
        assert_eq!(event("text/plain", "aGk=").unwrap().0, r#""hi""#);
        let (data, labels) = event("image/png", "/9j/").unwrap();
        assert!(data == r#""/9j/""# && labels.contains(r#""dataencoding":"base64""#), "{labels}");
        assert!(event("application/json", "aGk=").is_err());
        assert!(event("image/png", "???").is_err());
    }

    #[test]
    fn a_binary_event_has_its_attributes_in_headers() {
        let all = [
            ("ce-specversion", "1.0"),
            ("ce-type", "order.paid"),
            ("ce-source", "/shop%20one"),
            ("ce-id", "7"),
            ("ce-tenant", "x"),
        ];
        assert!(is_binary(&headers(&all)));
        let draft = binary(&headers(&all), Some("application/json".into()), b" {\"a\": 1} ", A).unwrap();
        assert_eq!(draft.source, "/shop one");
        assert_eq!(&*draft.whole().unwrap().data, br#"{"a": 1}"#.as_slice());
        let draft = binary(&headers(&all), Some("text/plain".into()), b"hi", A).unwrap();
        assert_eq!(&*draft.whole().unwrap().data, br#""hi""#);
        let sent = [
            &all[..],
            &[("content-type", "text/plain; charset=UTF-8"), ("ce-note", r#""a \"%C3%BC\" %25""#)],
        ]
        .concat();
        let draft = binary(&headers(&sent), Some("text/plain".into()), b"hi", A).unwrap();
        let labels: Value =
            serde_json::from_str(draft.whole().unwrap().metadata.as_deref().unwrap()).unwrap();
        assert_eq!(labels["datacontenttype"], "text/plain; charset=UTF-8");
        assert_eq!(labels["note"], "a \"\u{fc}\" %");
        let problem = binary(&headers(&all[..2]), None, b"{}", A).and_then(whole).unwrap_err();
        assert_eq!(problem.errors.len(), 2);
        assert!(binary(&headers(&all), None, b"{", A).is_err());
    }
}
