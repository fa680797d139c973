//! In which form the events of a request come, and how they are read from it.

use bytes::Bytes;
use http::HeaderMap;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{body, cloud};
use crate::api::call::Call;
use crate::app::events::Draft;
use crate::domain::id::AccountNo;
use crate::domain::refusal::Refusal;
use crate::http::content_type::{media_type, unsupported};
use crate::http::document::json_text;
use crate::http::problem::{Code, Invalid, Problem};
use crate::limits;

const TAKEN: &str = "application/json, application/x-ndjson, application/cloudevents+json, \
                     application/cloudevents-batch+json, or any type with ce-* headers";

/// How one event is read.
type Reader = fn(&[u8], AccountNo) -> Result<Draft, Problem>;

/// A form that events come in.
pub enum Form {
    /// One event, or an array of them, as the body's first byte says.
    Json,
    /// A structured CloudEvent.
    Cloud,
    /// An array of them.
    Clouds,
    /// A CloudEvent whose attributes are headers; of which type its data is.
    Binary(Option<String>),
    /// Lines, each an event.
    Lines,
}

/// The events of a request.
pub enum Events {
    /// One.
    One(Draft),
    /// An array of them, each with what kept it from being read.
    Many(Vec<Result<Draft, Refusal>>),
    /// A stream.
    Lines,
}

impl Form {
    /// The form of a request.
    ///
    /// # Errors
    /// 415 when its type is no form of events.
    pub fn of(headers: &HeaderMap) -> Result<Self, Problem> {
        let media_type = media_type(headers)?;
        // A structured event says so by its media type, whatever headers a proxy or library adds.
        let is_structured =
            media_type.as_deref().is_some_and(|found| found.starts_with("application/cloudevents"));
        if cloud::is_binary(headers) && !is_structured {
            return Ok(Self::Binary(media_type));
        }
        match media_type.as_deref() {
            None | Some("application/json") => Ok(Self::Json),
            Some("application/cloudevents+json") => Ok(Self::Cloud),
            Some("application/cloudevents-batch+json") => Ok(Self::Clouds),
            Some("application/x-ndjson" | "application/jsonl" | "application/ndjson") => Ok(Self::Lines),
            Some(other) => Err(unsupported(other, TAKEN)),
        }
    }

    /// The events of a request in this form. Long bodies are read off the runtime's workers.
    ///
    /// # Errors
    /// When the body is not what it is said to be.
    pub async fn read(self, call: &mut Call) -> Result<Events, Problem> {
        let most = call.context.app.rules().event_data_bytes;
        let body = match self {
            Self::Lines => return Ok(Events::Lines),
            Self::Binary(_) => call.body.whole(most).await?,
            Self::Json | Self::Cloud | Self::Clouds => call.body.json(limits::REQUEST_BODY_BYTES).await?,
        };
        let (account, headers, long) = (call.account(), call.headers.clone(), is_long(&body));
        let read = move || self.events(&body, &headers, account, most);
        call.context.app.tenant_work.run_if_long(account, long, read).await?
    }

    /// The events of a body whose data may have `most` bytes each.
    fn events(
        self,
        body: &Bytes,
        headers: &HeaderMap,
        account: AccountNo,
        most: usize,
    ) -> Result<Events, Problem> {
        let is_array = body.trim_ascii_start().starts_with(b"[");
        match self {
            Self::Lines => Ok(Events::Lines),
            Self::Binary(media_type) => cloud::binary(headers, media_type, body, account).map(Events::One),
            Self::Json if is_array => many(body, body::one_event, account, most),
            Self::Clouds => many(body, cloud::structured, account, most),
            Self::Json => one(body, body::one_event, account, most).map(Events::One),
            Self::Cloud => one(body, cloud::structured, account, most).map(Events::One),
        }
    }
}

/// The event of a document.
fn one(document: &[u8], read: Reader, account: AccountNo, most: usize) -> Result<Draft, Problem> {
    check_size(document, most)?;
    read(document, account)
}

/// The events of an array, up to as many as cannot be read as an answer names.
fn many(body: &Bytes, read: Reader, account: AccountNo, most: usize) -> Result<Events, Problem> {
    let elements = elements(body)?;
    let (mut drafts, mut unread) = (Vec::with_capacity(elements.len()), 0);
    for element in elements {
        let draft = one(element.get().as_bytes(), read, account, most);
        unread += usize::from(draft.as_ref().map_or(true, |draft| draft.faults.any()));
        drafts.push(draft.map_err(Refusal::from));
        if unread == limits::PROBLEM_ERRORS {
            break;
        }
    }
    Ok(Events::Many(drafts))
}

/// The event of a line, which is read off the runtime's workers where that takes long.
///
/// # Errors
/// When it is larger than one event can be, or no event.
pub async fn line(call: &Call, text: Bytes) -> Result<Draft, Problem> {
    let (account, most, long) = (call.account(), call.context.app.rules().event_data_bytes, is_long(&text));
    let read = move || one(&text, body::one_event, account, most);
    call.context.app.tenant_work.run_if_long(account, long, read).await?
}

/// Whether reading so many bytes of JSON is long work.
fn is_long(document: &[u8]) -> bool {
    document.len() > limits::LONG_BYTES
}

/// Refuses what is larger than one event can be, before anything is made of it.
fn check_size(document: &[u8], most: usize) -> Result<(), Problem> {
    if document.len() <= most + limits::EVENT_EXTRA_BYTES {
        return Ok(());
    }
    Err(Problem::new(Code::TooLarge, format!("an event's data may have at most {most} bytes"))
        .at("/data", format!("may have at most {most} bytes")))
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

/// The elements of a JSON array.
fn elements(body: &[u8]) -> Result<Vec<&RawValue>, Problem> {
    let Ok(Elements { kept, count }) = serde_json::from_slice(body) else {
        json_text(body)?;
        return Err(Problem::invalid(vec![Invalid::new("", "must be an array of events")]));
    };
    if (1..=limits::EVENTS_PER_ARRAY).contains(&count) {
        return Ok(kept);
    }
    let most = limits::EVENTS_PER_ARRAY;
    let detail = format!(
        "an array may hold 1 to {most} events; this one holds {count}. Longer ones can be streamed as \
         application/x-ndjson"
    );
    let problem = Problem::new(if count == 0 { Code::Invalid } else { Code::TooLarge }, detail);
    Err(problem.at("", format!("must hold 1 to {most} events")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_of_wrong_events_is_read_no_further_than_an_answer_names() {
        let wrong = format!("[{}]", vec![r#"{"x":1}"#; 1000].join(","));
        let read = many(&wrong.into_bytes().into(), body::one_event, AccountNo(1), 1 << 20).unwrap();
        assert!(matches!(read, Events::Many(drafts) if drafts.len() == limits::PROBLEM_ERRORS));
    }

    #[test]
    fn arrays_are_bounded() {
        assert!(elements(b"[]").is_err());
        let many = format!("[{}]", vec!["1"; 1001].join(","));
        assert_eq!(elements(many.as_bytes()).unwrap_err().code, Code::TooLarge);
    }
}
