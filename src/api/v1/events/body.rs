//! An event as Ringback's own API has it.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use crate::api::members::metadata;
use crate::app::events::Draft;
use crate::domain::event::{Key, NewEvent};
use crate::domain::id::AccountNo;
use crate::http::document::{Faults, check_walk, explain, is_object, usable};
use crate::http::problem::Problem;
use crate::limits;

/// An event in a request.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["type", "data"]))]
pub struct EventBody<'a> {
    /// Its type: dot-separated segments such as `order.paid`.
    #[serde(borrow, rename = "type", default)]
    #[schemars(required)]
    event_type: Option<Cow<'a, str>>,
    /// The payload: any JSON, kept byte for byte.
    #[serde(borrow, default, deserialize_with = "present")]
    #[schemars(required, with = "serde_json::Value")]
    data: Option<&'a RawValue>,
    /// The producer's own id; a second event with it is a repetition.
    #[serde(borrow, default)]
    id: Option<Cow<'a, str>>,
    /// When it happened; by default when it is accepted.
    #[serde(borrow, default)]
    #[schemars(extend("format" = "date-time"))]
    occurred_at: Option<Cow<'a, str>>,
    /// Events with the same key keep their order at webhooks with `ordering: key`.
    #[serde(borrow, default)]
    order_key: Option<Cow<'a, str>>,
    /// The producer's labels: an object.
    #[serde(borrow, default)]
    #[schemars(with = "Option<serde_json::Map<String, serde_json::Value>>")]
    metadata: Option<&'a RawValue>,
}

/// `null` is data like any other.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// One event or an array of them, for the API's description.
pub struct EventsBody;

impl JsonSchema for EventsBody {
    fn schema_name() -> Cow<'static, str> {
        "Events".into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let one = generator.subschema_for::<EventBody<'_>>();
        json_schema!({
            "anyOf": [one, {"type": "array", "items": one, "minItems": 1, "maxItems": limits::EVENTS_PER_ARRAY}]
        })
    }
}

impl<'a> EventBody<'a> {
    /// As text at once: of bytes, serde looks at each string by itself, and again at what it keeps unread.
    fn read(document: &'a [u8]) -> Option<Self> {
        serde_json::from_str(std::str::from_utf8(document).ok()?).ok()
    }

    fn checked(self, account: AccountNo, faults: &mut Faults) -> Option<NewEvent> {
        let event_type = faults.require("/type", self.event_type.as_deref());
        let event_type = faults.parse("/type", event_type);
        let mut key = |pointer: &str, text: Option<Cow<'_, str>>| {
            text.and_then(|text| faults.check(pointer, Key::new(&text)))
        };
        let source_id = key("/id", self.id);
        let order_key = key("/order_key", self.order_key);
        let occurred_at = faults.parse("/occurred_at", self.occurred_at.as_deref());
        let metadata = self.metadata.and_then(|text| metadata(text.get(), faults));
        let data = faults.require("/data", self.data);
        Some(NewEvent {
            account,
            event_type: event_type?,
            source_id,
            occurred_at,
            order_key,
            metadata,
            data: data?.get().as_bytes().into(),
        })
    }
}

/// The event of a JSON document.
///
/// # Errors
/// When it is no JSON object.
pub fn one_event(document: &[u8], account: AccountNo) -> Result<Draft, Problem> {
    let mut faults = Faults::default();
    if is_object(document)
        && let Some(body) = EventBody::read(document)
    {
        check_walk(document)?;
        let event = body.checked(account, &mut faults);
        return Ok(Draft { event, source: String::new(), faults });
    }
    let (members, mut faults) = explain::<EventBody<'_>>(document)?;
    let usable = usable(members, &faults, &|text| EventBody::read(text).is_some());
    let event = EventBody::read(&usable).and_then(|body| body.checked(account, &mut faults));
    Ok(Draft { event, source: String::new(), faults })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::problem::Code;

    fn event(json: &str) -> Result<NewEvent, Problem> {
        Ok(one_event(json.as_bytes(), AccountNo(1))?.whole()?)
    }

    fn pointers(json: &str) -> Vec<String> {
        event(json).unwrap_err().refusal.errors.into_iter().map(|error| error.pointer).collect()
    }

    #[test]
    fn data_is_kept_byte_for_byte() {
        let data = "{ \"n\": 12345678901234567890.10, \"e\": 1e999,\t\"s\": \"\\u00e9\" }";
        let event = event(&format!(r#"{{"type":"a.b","data":{data}}}"#)).unwrap();
        assert_eq!(std::str::from_utf8(&event.data).unwrap(), data);
        let null = super::one_event(br#"{"type":"a.b","data":null}"#, AccountNo(1)).unwrap().whole().unwrap();
        assert_eq!(&*null.data, b"null");
    }

    #[test]
    fn every_fault_of_an_event_is_named() {
        assert_eq!(pointers("{}"), ["/type", "/data"]);
        let mut found =
            pointers(r#"{"type":"a..b","dta":1,"id":"","occurred_at":"now","order_key":"é","metadata":[]}"#);
        found.sort();
        assert_eq!(found, ["/data", "/dta", "/id", "/metadata", "/occurred_at", "/order_key", "/type"]);
        assert_eq!(pointers(r#"{"type":"a","data":1,"metadata":{},"id":7}"#), ["/id"]);
        let big = format!(r#"{{"type":"a","data":1,"metadata":{{"a":"{}"}}}}"#, "x".repeat(5000));
        assert_eq!(pointers(&big), ["/metadata"]);
    }

    #[test]
    fn doubled_members_and_depth_are_found_inside_data() {
        let problem = event(r#"{"type":"a","data":{"x":[{"k":1,"k":2}]}}"#).unwrap_err();
        assert_eq!((problem.code, problem.errors[0].pointer.as_str()), (Code::MalformedJson, "/data/x/0/k"));
        let deep = format!(r#"{{"type":"a","data":{}{}}}"#, "[".repeat(64), "]".repeat(64));
        assert_eq!(event(&deep).unwrap_err().code, Code::MalformedJson);
    }
}
