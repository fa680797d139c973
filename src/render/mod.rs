//! From an event and a webhook to a request's headers and body.
//!
//! Pure, and never signs: the same event and webhook render to the same bytes for every attempt,
//! and a signature is made again for each.

pub mod confirm;
mod mask;
mod unpack;

use std::fmt;
use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, InvalidHeaderValue, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use crate::domain::event::{Event, EventHeader};
use crate::domain::form::PayloadForm;
use crate::domain::header::{MASK, is_reserved};
use crate::domain::id::DeliveryId;
use crate::domain::json;
use crate::domain::profile::Profile;
use crate::domain::time::Timestamp;

pub use mask::Confidential;
pub use unpack::unpack;

/// Why an event cannot be rendered.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A body over the profile's limit.
    #[error("the body has {bytes} bytes, over the profile's max_body of {max}")]
    TooLarge {
        /// The body's length.
        bytes: usize,
        /// The profile's limit.
        max: usize,
    },
    /// What a template gave was not kept.
    #[error(
        "the body that the webhook's template makes for this event is too large, or takes too much to make"
    )]
    Template,
    /// A body that is made elsewhere, and was not.
    #[error("the delivery's {0} is missing")]
    Missing(&'static str),
    /// An event type, or an id, that no header may hold.
    #[error("the event's type or the delivery's id cannot be sent in {0}")]
    EventHeader(HeaderName, #[source] InvalidHeaderValue),
}

/// A request without its target and its signature.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    /// The body, byte for byte.
    pub body: Bytes,
    /// Every header but those of the connection and the signature.
    pub headers: HeaderMap,
}

impl fmt::Debug for Rendered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Header values may be secrets, the body is the tenant's.
        let names = self.headers.keys().collect::<Vec<_>>();
        f.debug_struct("Rendered").field("headers", &names).field("body_len", &self.body.len()).finish()
    }
}

/// What a body may need besides its event.
#[derive(Debug, Clone, Copy, Default)]
pub struct RenderContext<'a> {
    /// The time of this attempt.
    pub now: Timestamp,
    /// The body that was made from a template when the event was accepted.
    pub templated: Option<&'a Bytes>,
    /// The delivery's id.
    pub delivery: Option<DeliveryId>,
    /// Where the data is to be read.
    pub resource_url: Option<&'a str>,
}

/// Renders `event` for a webhook with these `custom` headers (all of a webhook that matters here).
/// Headers, the later over the earlier of one name: the profile's, the webhook's, `Content-Type`
/// and `User-Agent`, the event's and the delivery's header; reserved names are left out.
///
/// # Errors
/// When the body is over the profile's limit, or the event's type fits no header.
pub fn render(
    event: &Event,
    custom: &[(HeaderName, HeaderValue)],
    profile: &Profile,
    form: PayloadForm,
    given: &RenderContext<'_>,
) -> Result<Rendered, RenderError> {
    let body = match form {
        PayloadForm::Envelope => envelope(event),
        PayloadForm::Data => Bytes::from_owner(event.data.clone()),
        PayloadForm::Stamped => stamped(event, given.now),
        PayloadForm::ResourceUrl => {
            let url = given.resource_url.ok_or(RenderError::Missing("resource URL"))?;
            format!(r#"{{"resource_url":"{url}"}}"#).into()
        }
        PayloadForm::Template => given.templated.ok_or(RenderError::Template)?.clone(),
        PayloadForm::CloudEvents => cloud_event(event),
    };
    if body.len() > profile.max_body {
        return Err(RenderError::TooLarge { bytes: body.len(), max: profile.max_body });
    }
    let mut headers = HeaderMap::with_capacity(profile.headers.len() + custom.len() + 8);
    for (name, value) in profile.headers.iter().chain(custom).filter(|(name, _)| !is_reserved(name)) {
        headers.insert(name, value.clone());
    }
    headers.insert(CONTENT_TYPE, profile.content_type.clone());
    headers.insert(USER_AGENT, profile.user_agent.clone());
    if let Some(name) = &profile.event_header {
        let value = HeaderValue::from_str(event.header.event_type.as_str());
        headers.insert(name, value.map_err(|error| RenderError::EventHeader(name.clone(), error))?);
    }
    if let (Some(name), Some(id)) = (&profile.delivery_header, given.delivery) {
        let value = HeaderValue::from_str(&id.to_string());
        headers.insert(name, value.map_err(|error| RenderError::EventHeader(name.clone(), error))?);
    }
    Ok(Rendered { body, headers })
}

/// The envelope; nothing in it needs escaping: ids, types and times are of safe alphabets, and the
/// data is JSON already.
fn envelope(event: &Event) -> Bytes {
    let EventHeader { id, event_type, occurred_at, .. } = &event.header;
    around(format_args!(r#"{{"id":"{id}","type":"{event_type}","timestamp":"{occurred_at}","data":"#), event)
}

/// The event with the time of the attempt.
fn stamped(event: &Event, now: Timestamp) -> Bytes {
    let event_type = &event.header.event_type;
    around(format_args!(r#"{{"event":"{event_type}","delivered_at":"{now}","data":"#), event)
}

/// CloudEvents 1.0 in structured mode. Attributes that came with the event are its metadata: its source,
/// its subject and its data's schema too. What else the format itself says is the event's own.
fn cloud_event(event: &Event) -> Bytes {
    let EventHeader { id, event_type, occurred_at, .. } = &event.header;
    let mut attributes: Map<String, Value> =
        event.header.metadata.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    attributes.retain(|name, value| is_attribute(name, value));
    attributes.entry("source").or_insert_with(|| "ringback".into());
    let source_id = event.header.source_id.as_ref().map(|id| id.as_str().to_owned());
    let (content_type, member) = carried(&mut attributes, &event.data);
    let own: [(&str, Value); 5] = [
        ("specversion", "1.0".into()),
        ("id", source_id.unwrap_or_else(|| id.to_string()).into()),
        ("type", event_type.as_str().into()),
        ("time", occurred_at.to_string().into()),
        ("datacontenttype", content_type.into()),
    ];
    attributes.extend(own.map(|(name, value)| (name.to_owned(), value)));
    let mut head = Value::Object(attributes).to_string();
    head.pop();
    around(format_args!(r#"{head},"{member}":"#), event)
}

/// What the data of an event is, and the member that carries it: text of its own type, or bytes, is kept as a
/// string with labels that say so; all else is JSON.
fn carried(attributes: &mut Map<String, Value>, data: &[u8]) -> (String, &'static str) {
    let said = match attributes.remove("datacontenttype") {
        Some(Value::String(said)) => said,
        _ => String::new(),
    };
    let is_text = data.first() == Some(&b'"');
    let in_base64 = is_text && attributes.get("dataencoding").is_some_and(|encoding| encoding == "base64");
    if !said.is_empty() && json::is_media_type(&said) {
        return (said, "data");
    }
    if said.is_empty() || !is_text {
        return ("application/json".to_owned(), "data");
    }
    let bytes =
        |text: &[u8]| serde_json::from_slice::<String>(text).is_ok_and(|text| STANDARD.decode(text).is_ok());
    if in_base64 && bytes(data) {
        attributes.remove("dataencoding");
        return (said, "data_base64");
    }
    (said, "data")
}

/// Whether a label in metadata can be an attribute of a CloudEvent: a scalar with a name of lower-case
/// letters and digits. `data` is no attribute's name: the event's data has it.
fn is_attribute(name: &str, value: &Value) -> bool {
    let plain = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    let text = || value.as_str().is_some_and(|text| !text.is_empty());
    match name {
        "" | "data" => false,
        "source" | "subject" | "dataschema" => text(),
        _ => plain && !value.is_object() && !value.is_array() && !value.is_null(),
    }
}

/// What a head holds beside the event's type, and the brace at the end, mostly need no more; a longer head
/// costs the body a move.
const HEAD_ROOM: usize = 128;

/// The data as the last member of an object that `head` begins.
fn around(head: fmt::Arguments<'_>, event: &Event) -> Bytes {
    let mut body = Vec::with_capacity(HEAD_ROOM + event.header.event_type.as_str().len() + event.data.len());
    // A vector takes whatever is written.
    let _ = body.write_fmt(head);
    body.extend_from_slice(&event.data);
    body.push(b'}');
    body.into()
}

/// The headers as they are kept with an attempt: names whole, values masked but for those that
/// hold no secret (signatures do not: who has one cannot make another).
#[must_use]
pub fn masked(headers: &HeaderMap, profile: &Profile) -> HeaderMap {
    let shown = |name: &HeaderName| {
        let known = ["accept", "content-length", "content-type", "host", "user-agent"];
        known.contains(&name.as_str()) || profile.filled_headers().any(|header| header == name)
    };
    let mut kept = headers.clone();
    for (_, value) in kept.iter_mut().filter(|(name, _)| !shown(name)) {
        *value = HeaderValue::from_static(MASK);
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{AccountNo, EventId, Seq};
    use crate::domain::profiles::Profiles;
    use crate::domain::secret::{Secret, SecretSet};
    use crate::domain::time::Timestamp;
    use crate::sign::{Message, sign};
    use proptest::prelude::*;
    use std::sync::Arc;

    const DATA: &[u8] = b"{ \"n\": 1.00,\t\"\\u00e4\": \"\xc3\xa4\" }\n";

    fn event(data: &[u8]) -> Event {
        let at: Timestamp = "2026-05-01T12:34:56.789Z".parse().unwrap();
        let header = EventHeader {
            id: EventId::new(at, Seq(7), 9),
            account: AccountNo(1),
            event_type: "order.paid".parse().unwrap(),
            source_id: None,
            accepted_at: Timestamp::from_millis(0),
            occurred_at: at,
            order_key: None,
            metadata: None,
            data_len: u32::try_from(data.len()).unwrap(),
            batch_of: 0,
            webhooks: vec![],
            skipped: vec![],
        };
        Event { header, data: Arc::from(data) }
    }

    fn custom(headers: &[(&'static str, &'static str)]) -> Vec<(HeaderName, HeaderValue)> {
        let header = |&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        headers.iter().map(header).collect()
    }

    #[test]
    fn the_envelope_holds_the_data_byte_for_byte() {
        let event = event(DATA);
        let rendered =
            render(&event, &[], &Profile::default(), PayloadForm::Envelope, &RenderContext::default())
                .unwrap();
        let head = format!(
            r#"{{"id":"{}","type":"order.paid","timestamp":"2026-05-01T12:34:56.789Z","data":"#,
            event.header.id
        );
        assert_eq!(rendered.body, [head.as_bytes(), DATA, b"}"].concat());
        let read: serde_json::Value = serde_json::from_slice(&rendered.body).unwrap();
        assert_eq!(read["data"], serde_json::from_slice::<serde_json::Value>(DATA).unwrap());
    }

    #[test]
    fn only_the_stamp_follows_the_attempt() {
        let event = event(DATA);
        let body = |form, now| {
            let given = RenderContext { now: Timestamp::from_millis(now), ..RenderContext::default() };
            render(&event, &[], &Profile::default(), form, &given).unwrap().body
        };
        let head = r#"{"event":"order.paid","delivered_at":"1970-01-01T00:00:05.000Z","data":"#;
        assert_eq!(body(PayloadForm::Stamped, 5000), [head.as_bytes(), DATA, b"}"].concat());
        assert_ne!(body(PayloadForm::Stamped, 5000), body(PayloadForm::Stamped, 6000));
        for form in [PayloadForm::Envelope, PayloadForm::Data, PayloadForm::CloudEvents] {
            assert_eq!(body(form, 5000), body(form, 6000));
        }
    }

    #[test]
    fn a_cloud_event_keeps_the_attributes_it_came_with() {
        let mut event = event(DATA);
        let read = |event: &Event| {
            let given = RenderContext::default();
            let rendered = render(event, &[], &Profile::default(), PayloadForm::CloudEvents, &given).unwrap();
            assert!(rendered.body.ends_with(&[DATA, b"}"].concat()));
            serde_json::from_slice::<serde_json::Value>(&rendered.body).unwrap()
        };
        let plain = read(&event);
        assert_eq!(plain["id"], event.header.id.to_string());
        assert_eq!((&plain["specversion"], &plain["source"]), (&"1.0".into(), &"ringback".into()));
        event.header.metadata = Some(r#"{"source":"/shop","tenant":3,"Not":"one","list":[1]}"#.into());
        event.header.source_id = crate::domain::event::Key::new("o-7").ok();
        let brought = read(&event);
        assert_eq!(
            (&brought["source"], &brought["tenant"], &brought["id"]),
            (&"/shop".into(), &3.into(), &"o-7".into())
        );
        assert!(brought.get("Not").is_none() && brought.get("list").is_none());
        assert_eq!(
            (&brought["type"], &brought["time"]),
            (&"order.paid".into(), &"2026-05-01T12:34:56.789Z".into())
        );
    }

    #[test]
    fn a_cloud_event_carries_its_data_as_it_came() {
        for (labels, data, content_type, member) in [
            ("{}", r#"{"a":1}"#, "application/json", r#""data":{"a":1}"#),
            (
                r#"{"datacontenttype":"application/vnd.x+json; v=1"}"#,
                "[1]",
                "application/vnd.x+json; v=1",
                r#""data":[1]"#,
            ),
            (r#"{"datacontenttype":"text/plain"}"#, r#""hi\n""#, "text/plain", r#""data":"hi\n""#),
            (
                r#"{"datacontenttype":"image/png","dataencoding":"base64"}"#,
                r#""iVBOR/8=""#,
                "image/png",
                r#""data_base64":"iVBOR/8=""#,
            ),
            // Labels that the data does not bear out.
            (r#"{"datacontenttype":"text/plain"}"#, "{}", "application/json", r#""data":{}"#),
            (r#"{"datacontenttype":7}"#, "7", "application/json", r#""data":7"#),
            (r#"{"dataencoding":"base64"}"#, r#""AA==""#, "application/json", r#""data":"AA==""#),
            (
                r#"{"datacontenttype":"image/png","dataencoding":"base64"}"#,
                r#""no""#,
                "image/png",
                r#""data":"no""#,
            ),
        ] {
            let mut event = event(data.as_bytes());
            event.header.metadata = Some(labels.into());
            let given = RenderContext::default();
            let rendered =
                render(&event, &[], &Profile::default(), PayloadForm::CloudEvents, &given).unwrap();
            let text = std::str::from_utf8(&rendered.body).unwrap();
            assert!(text.ends_with(&format!("{member}}}")), "{text}");
            let read: serde_json::Value = serde_json::from_str(text).unwrap();
            assert_eq!(read["datacontenttype"], content_type, "{text}");
            assert_eq!(
                read.get("dataencoding").is_some(),
                labels.contains("encoding") && member.contains("data\":")
            );
        }
    }

    /// The members of a JSON object, as often as they stand there.
    fn members(body: &[u8]) -> Vec<(String, serde_json::Value)> {
        struct Members(Vec<(String, serde_json::Value)>);
        impl<'de> serde::Deserialize<'de> for Members {
            fn deserialize<D: serde::Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
                struct Each;
                impl<'de> serde::de::Visitor<'de> for Each {
                    type Value = Members;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object")
                    }
                    fn visit_map<A: serde::de::MapAccess<'de>>(
                        self,
                        mut map: A,
                    ) -> Result<Members, A::Error> {
                        let mut all = Vec::new();
                        while let Some(entry) = map.next_entry()? {
                            all.push(entry);
                        }
                        Ok(Members(all))
                    }
                }
                reader.deserialize_map(Each)
            }
        }
        serde_json::from_slice::<Members>(body).unwrap().0
    }

    proptest! {
        #[test]
        fn metadata_takes_no_member_of_a_cloud_event(
            labels in proptest::collection::hash_map(
                prop_oneof![
                    proptest::sample::select(vec![
                        "specversion", "id", "source", "type", "time", "datacontenttype", "dataschema", "subject",
                        "data", "data_base64", "",
                    ])
                    .prop_map(str::to_owned),
                    "[a-z0-9]{1,6}",
                    any::<String>(),
                ],
                prop_oneof![Just(serde_json::json!("forged")), Just(7.into()), Just("".into()), Just(true.into())],
                0..12,
            ),
        ) {
            let mut event = event(br#"{"true":1}"#);
            event.header.metadata = Some(serde_json::to_string(&labels).unwrap().into());
            let given = RenderContext::default();
            let rendered = render(&event, &[], &Profile::default(), PayloadForm::CloudEvents, &given).unwrap();
            let all = members(&rendered.body);
            let names: std::collections::BTreeSet<_> = all.iter().map(|(name, _)| name.as_str()).collect();
            prop_assert_eq!(names.len(), all.len(), "{:?}", all);
            let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
            prop_assert!(names.iter().all(|name| !name.is_empty() && name.bytes().all(plain)), "{:?}", names);
            let read: serde_json::Value = serde_json::from_slice(&rendered.body).unwrap();
            let own = serde_json::json!({
                "specversion": "1.0", "id": event.header.id.to_string(), "type": "order.paid",
                "time": "2026-05-01T12:34:56.789Z", "datacontenttype": "application/json", "data": {"true": 1},
            });
            for (name, value) in own.as_object().unwrap() {
                prop_assert_eq!(&read[name], value, "{}", name);
            }
            prop_assert!(read["source"].as_str().is_some_and(|source| !source.is_empty()));
            for name in ["subject", "dataschema"] {
                prop_assert!(read.get(name).is_none_or(|value| value == "forged"), "{}", name);
            }
        }
    }

    #[test]
    fn what_is_made_elsewhere_must_be_given() {
        let (event, profile) = (event(DATA), Profile::default());
        let (body, url) = (Bytes::from_static(b"made"), "https://hooks.example/r/t");
        let given =
            RenderContext { templated: Some(&body), resource_url: Some(url), ..RenderContext::default() };
        for (form, want) in [
            (PayloadForm::Template, "made"),
            (PayloadForm::ResourceUrl, r#"{"resource_url":"https://hooks.example/r/t"}"#),
        ] {
            assert_eq!(render(&event, &[], &profile, form, &given).unwrap().body, want);
            let missing = render(&event, &[], &profile, form, &RenderContext::default());
            assert!(matches!(missing, Err(RenderError::Missing(_) | RenderError::Template)));
        }
    }

    #[test]
    fn bare_data_is_sent_without_a_copy() {
        let event = event(DATA);
        let rendered =
            render(&event, &[], &Profile::default(), PayloadForm::Data, &RenderContext::default()).unwrap();
        assert_eq!(rendered.body.as_ptr(), event.data.as_ptr());
        assert_eq!(rendered.body, DATA);
    }

    #[test]
    fn headers_come_from_profile_webhook_and_event() {
        let profiles = Profiles::new([]);
        let base = profiles.get("job-webhooks").unwrap();
        let profile = Profile { headers: custom(&[("x-env", "prod"), ("x-team", "a")]), ..base.clone() };
        let custom = custom(&[
            ("x-team", "b"),
            ("x-ringback-event", "forged"),
            ("user-agent", "forged"),
            ("host", "forged"),
        ]);
        let rendered =
            render(&event(DATA), &custom, &profile, PayloadForm::Data, &RenderContext::default()).unwrap();
        let mut sent: Vec<_> =
            rendered.headers.iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
        sent.sort_unstable();
        let agent = concat!("ringback/", env!("CARGO_PKG_VERSION"));
        let want = [
            ("content-type", "application/json"),
            ("user-agent", agent),
            ("x-env", "prod"),
            ("x-ringback-event", "order.paid"),
            ("x-team", "b"),
        ];
        assert_eq!(sent, want);
        assert!(!format!("{rendered:?}").contains("prod"));
    }

    #[test]
    fn a_body_over_the_profiles_limit_is_refused() {
        let profile = Profile { max_body: DATA.len(), ..Profile::default() };
        assert!(render(&event(DATA), &[], &profile, PayloadForm::Data, &RenderContext::default()).is_ok());
        let refused = render(&event(DATA), &[], &profile, PayloadForm::Envelope, &RenderContext::default())
            .unwrap_err();
        assert!(matches!(refused, RenderError::TooLarge { max, .. } if max == DATA.len()));
    }

    #[test]
    fn kept_headers_show_no_secret() {
        let profiles = Profiles::new([]);
        let profile = profiles.get("job-webhooks").unwrap();
        let custom = custom(&[("authorization", "Bearer abc"), ("x-token", "def")]);
        let mut rendered =
            render(&event(DATA), &custom, profile, PayloadForm::Data, &RenderContext::default()).unwrap();
        let message = Message {
            id: "evt_1",
            now: Timestamp::from_millis(5000),
            url: "https://a.example/",
            body: &rendered.body,
        };
        let secrets = SecretSet::new(Secret::from_random([1; 24]));
        sign(&profile.signature, &secrets, None, &message, &mut rendered.headers).unwrap();
        let kept = masked(&rendered.headers, profile);
        assert_eq!(kept.len(), rendered.headers.len());
        assert_eq!(kept["authorization"], MASK);
        assert_eq!(kept["x-token"], MASK);
        assert_eq!(kept["x-ringback-event"], "order.paid");
        assert!(kept["x-ringback-signature"].to_str().unwrap().starts_with("t=5,v1="));
        assert_eq!(kept["content-type"], "application/json");
    }
}
