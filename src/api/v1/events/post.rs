//! `POST /v1/events`. What the body is follows from its media type; a JSON body that begins with a
//! bracket is an array.

use std::borrow::Cow;

use bytes::Bytes;
use http::StatusCode;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::accept::{Allowances, Draft, as_one_request, commit_all, commit_one, prepare};
use super::view::AcceptedAnswer;
use super::{cloud, stream};
use crate::api::call::Call;
use crate::api::context::Context;
use crate::api::members::metadata;
use crate::api::request_key::RequestKey;
use crate::domain::event::{Key, NewEvent};
use crate::domain::id::AccountNo;
use crate::domain::time::Timestamp;
use crate::http::answer::Answer;
use crate::http::content_type::{media_type, unsupported};
use crate::http::document::{Faults, check_walk, explain, is_object, json_text, usable};
use crate::http::problem::{Code, Invalid, Problem};
use crate::http::reply::json;
use crate::limits;
use crate::store::StoreError;
use crate::store::command::Accept;

const TAKEN: &str = "application/json, application/x-ndjson, application/cloudevents+json, \
                     application/cloudevents-batch+json, or any type with ce-* headers";

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
pub(in crate::api) fn one_event(document: &[u8], account: AccountNo) -> Result<Draft, Problem> {
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

/// Answers `POST /v1/events`.
///
/// # Errors
/// When the body is not events, or they cannot be accepted.
pub async fn post(mut call: Box<Call>) -> Result<Answer, Problem> {
    let media_type = media_type(&call.headers)?;
    let key = RequestKey::of(&call.headers)?;
    // A structured event says so by its media type, whatever headers a proxy or library adds.
    let is_structured =
        media_type.as_deref().is_some_and(|found| found.starts_with("application/cloudevents"));
    if cloud::is_binary(&call.headers) && !is_structured {
        let body = call.body.whole(call.context.rules().settings.event_data_bytes).await?;
        let (headers, account, long) = (call.headers.clone(), call.account(), is_long(&body));
        let read = move || cloud::binary(&headers, media_type, &body, account);
        let draft = call.context.tenant_work.run_if_long(account, long, read).await??;
        return accept_one(&call, draft, key).await;
    }
    match media_type.as_deref() {
        None | Some("application/json") => {
            let body = call.body.json(limits::REQUEST_BODY_BYTES).await?;
            if body.trim_ascii_start().starts_with(b"[") {
                return accept_many(&call, body, one_event, key).await;
            }
            accept_one(&call, draft(&call, body, one_event).await?, key).await
        }
        Some("application/cloudevents+json") => {
            let body = call.body.json(limits::REQUEST_BODY_BYTES).await?;
            accept_one(&call, draft(&call, body, cloud::structured).await?, key).await
        }
        Some("application/cloudevents-batch+json") => {
            let body = call.body.json(limits::REQUEST_BODY_BYTES).await?;
            accept_many(&call, body, cloud::structured, key).await
        }
        Some("application/x-ndjson" | "application/jsonl" | "application/ndjson") => {
            Ok(stream::answer(call, key))
        }
        Some(other) => Err(unsupported(other, TAKEN)),
    }
}

/// The first elements of a JSON array as they are written, and how many there are. What is too
/// many is counted, not kept.
struct Elements<'a> {
    kept: Vec<&'a RawValue>,
    count: usize,
}

impl<'de> Deserialize<'de> for Elements<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Elements<'de>;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
                let mut kept = Vec::new();
                while kept.len() < limits::EVENTS_PER_ARRAY {
                    let Some(element) = seq.next_element()? else { break };
                    kept.push(element);
                }
                let mut count = kept.len();
                while seq.next_element::<IgnoredAny>()?.is_some() {
                    count += 1;
                }
                Ok(Elements { kept, count })
            }
        }
        deserializer.deserialize_seq(Reader)
    }
}

/// The elements of a JSON array, with their places.
fn elements(body: &Bytes) -> Result<Vec<(usize, Bytes)>, Problem> {
    let Ok(Elements { kept, count }) = serde_json::from_slice(body) else {
        json_text(body)?;
        return Err(Problem::invalid(vec![Invalid::new("", "must be an array of events")]));
    };
    if (1..=limits::EVENTS_PER_ARRAY).contains(&count) {
        return Ok(kept
            .into_iter()
            .map(|element| body.slice_ref(element.get().as_bytes()))
            .enumerate()
            .collect());
    }
    let most = limits::EVENTS_PER_ARRAY;
    let detail = format!(
        "an array may hold 1 to {most} events; this one holds {count}. Longer ones can be streamed as \
         application/x-ndjson"
    );
    let problem = Problem::new(if count == 0 { Code::Invalid } else { Code::TooLarge }, detail);
    Err(problem.at("", format!("must hold 1 to {most} events")))
}

/// Refuses what is larger than one event can be, before anything is made of it.
fn check_size(context: &Context, document: &[u8]) -> Result<(), Problem> {
    let most = context.rules().settings.event_data_bytes;
    if document.len() <= most + limits::EVENT_EXTRA_BYTES {
        return Ok(());
    }
    Err(Problem::new(Code::TooLarge, format!("an event's data may have at most {most} bytes"))
        .at("/data", format!("may have at most {most} bytes")))
}

/// A problem with an element, as a problem with the array.
fn at_place(problem: Problem, at: usize) -> Problem {
    let errors = match problem.errors.as_slice() {
        [] => vec![Invalid::new(format!("/{at}"), problem.detail.clone())],
        errors => {
            errors.iter().map(|e| Invalid::new(format!("/{at}{}", e.pointer), e.detail.clone())).collect()
        }
    };
    Problem { errors, ..problem }
}

async fn accept_one(call: &Call, draft: Draft, key: Option<RequestKey>) -> Result<Answer, Problem> {
    let request = key.as_ref().map(|key| (key, 0));
    let accept = prepare(&call.context, draft, request, &mut Allowances::default(), call.now).await?;
    let view = commit_one(&call.context, accept, call.now).await?;
    let status = if view.duplicate { StatusCode::OK } else { StatusCode::ACCEPTED };
    json(status, &AcceptedAnswer::One(view))
}

/// How one event of an array is read.
type Reader = fn(&[u8], AccountNo) -> Result<Draft, Problem>;

async fn accept_many(
    call: &Call,
    body: Bytes,
    read: Reader,
    key: Option<RequestKey>,
) -> Result<Answer, Problem> {
    let long = is_long(&body);
    let elements =
        call.context.tenant_work.run_if_long(call.account(), long, move || elements(&body)).await??;
    let (mut accepts, faults) = prepare_many(call, elements, read, key.as_ref()).await?;
    if let Some(worst) = faults.iter().map(|problem| problem.code).max_by_key(|code| code.status().as_u16()) {
        let errors: Vec<Invalid> = faults.into_iter().flat_map(|problem| problem.errors).collect();
        return Err(Problem { code: worst, ..Problem::invalid(errors) });
    }
    if key.is_some() {
        as_one_request(&mut accepts);
    }
    let views = commit_all(&call.context, accepts, call.now).await?;
    let fresh = views.iter().any(|view| !view.duplicate);
    let status = if fresh { StatusCode::ACCEPTED } else { StatusCode::OK };
    json(status, &AcceptedAnswer::Many { data: views })
}

/// The event of a document, which is read off the runtime's workers where that takes long.
async fn draft(call: &Call, document: Bytes, read: Reader) -> Result<Draft, Problem> {
    check_size(&call.context, &document)?;
    let (account, long) = (call.account(), is_long(&document));
    call.context.tenant_work.run_if_long(account, long, move || read(&document, account)).await?
}

/// Whether reading so many bytes of JSON is long work.
fn is_long(document: &[u8]) -> bool {
    document.len() > limits::LONG_BYTES
}

/// The commands for an array's events, or what is wrong with each that cannot be accepted.
///
/// # Errors
/// When they are too much for one request.
async fn prepare_many(
    call: &Call,
    elements: Vec<(usize, Bytes)>,
    read: Reader,
    key: Option<&RequestKey>,
) -> Result<(Vec<Accept>, Vec<Problem>), Problem> {
    let (mut accepts, mut faults) = (Vec::with_capacity(elements.len()), Vec::new());
    let (mut allowances, mut turn, mut weight) = (Allowances::default(), Turn::default(), 0);
    for (at, element) in elements {
        turn.take(element.len()).await;
        let request = key.map(|key| (key, at as u64));
        let accept = match draft(call, element, read).await {
            Ok(draft) => prepare(&call.context, draft, request, &mut allowances, call.now).await,
            Err(problem) => Err(problem),
        };
        match accept {
            Ok(accept) => {
                weight += accept.weight();
                accepts.push(accept);
            }
            Err(problem) if allowances.plan.is_exceeded() => return Err(problem),
            Err(problem) => faults.push(at_place(problem, at)),
        }
        // The store would refuse it, once all of it is in memory.
        if weight > limits::COMMAND_BYTES {
            return Err(StoreError::TooLarge.into());
        }
        if faults.len() == limits::PROBLEM_ERRORS {
            break;
        }
    }
    Ok((accepts, faults))
}

/// The turn of a task that prepares many events: after some it lets others have theirs.
#[derive(Default)]
pub(super) struct Turn {
    bytes: usize,
}

impl Turn {
    /// An event of so many bytes comes next.
    pub(super) async fn take(&mut self, bytes: usize) {
        if self.bytes > limits::PREPARED_BYTES {
            self.bytes = 0;
            tokio::task::yield_now().await;
        }
        self.bytes += bytes + limits::PREPARED_EVENT_BYTES;
    }
}

/// The command for one line of a stream.
pub(super) async fn line_accept(
    call: &Call,
    line: Bytes,
    key: Option<&RequestKey>,
    number: u64,
    now: Timestamp,
    allowances: &mut Allowances,
) -> Result<Accept, Problem> {
    let draft = draft(call, line, one_event).await?;
    // Places begin at 0 whatever form a request has.
    let request = key.map(|key| (key, number.saturating_sub(1)));
    prepare(&call.context, draft, request, allowances, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(json: &str) -> Result<NewEvent, Problem> {
        one_event(json.as_bytes(), AccountNo(1))?.whole()
    }

    fn pointers(json: &str) -> Vec<String> {
        event(json).unwrap_err().errors.into_iter().map(|error| error.pointer).collect()
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

    #[test]
    fn arrays_are_bounded_and_their_elements_named() {
        assert!(elements(&Bytes::from_static(b"[]")).is_err());
        let many = format!("[{}]", vec!["1"; 1001].join(","));
        assert_eq!(elements(&many.into()).unwrap_err().code, Code::TooLarge);
        let problem = at_place(event("{}").unwrap_err(), 3);
        assert_eq!(problem.errors[0].pointer, "/3/type");
    }
}
