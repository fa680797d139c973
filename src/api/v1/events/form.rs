//! In which form the events of a request come, and how they are read from it.

use bytes::Bytes;
use http::HeaderMap;
use serde::de::{IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::{body, cloud};
use crate::api::call::Call;
use crate::api::context::Context;
use crate::app::events::Draft;
use crate::app::tenant_work::Turn;
use crate::domain::id::AccountNo;
use crate::domain::refusal::Refusal;
use crate::http::content_type::{media_type, unsupported};
use crate::http::document::json_text;
use crate::http::problem::{Code, Invalid, Problem};
use crate::limits;

const TAKEN: &str = "application/json, application/x-ndjson, application/cloudevents+json, \
                     application/cloudevents-batch+json, or any type with ce-* headers";

/// How one event is read.
pub type Reader = fn(&[u8], AccountNo) -> Result<Draft, Problem>;

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

    /// The events of a request in this form.
    ///
    /// # Errors
    /// When the body is not what it is said to be.
    pub async fn read(self, call: &mut Call) -> Result<Events, Problem> {
        match self {
            Self::Lines => Ok(Events::Lines),
            Self::Binary(media_type) => {
                let body = call.body.whole(call.context.app.rules().event_data_bytes).await?;
                let (headers, account, long) = (call.headers.clone(), call.account(), is_long(&body));
                let read = move || cloud::binary(&headers, media_type, &body, account);
                let draft = call.context.app.tenant_work.run_if_long(account, long, read).await??;
                Ok(Events::One(draft))
            }
            Self::Cloud => {
                let body = call.body.json(limits::REQUEST_BODY_BYTES).await?;
                Ok(Events::One(draft(call, body, cloud::structured).await?))
            }
            Self::Clouds => {
                let body = call.body.json(limits::REQUEST_BODY_BYTES).await?;
                many(call, body, cloud::structured).await
            }
            Self::Json => {
                let body = call.body.json(limits::REQUEST_BODY_BYTES).await?;
                if body.trim_ascii_start().starts_with(b"[") {
                    return many(call, body, body::one_event).await;
                }
                Ok(Events::One(draft(call, body, body::one_event).await?))
            }
        }
    }
}

/// The events of an array, up to as many as cannot be read as an answer names.
async fn many(call: &Call, body: Bytes, read: Reader) -> Result<Events, Problem> {
    let (account, long) = (call.account(), is_long(&body));
    let elements = call.context.app.tenant_work.run_if_long(account, long, move || elements(&body)).await??;
    let (mut drafts, mut unread, mut turn) = (Vec::with_capacity(elements.len()), 0, Turn::default());
    for element in elements {
        turn.take(element.len()).await;
        let draft = draft(call, element, read).await;
        unread += usize::from(draft.is_err());
        drafts.push(draft.map_err(Refusal::from));
        if unread == limits::PROBLEM_ERRORS {
            break;
        }
    }
    Ok(Events::Many(drafts))
}

/// The event of a document, which is read off the runtime's workers where that takes long.
pub async fn draft(call: &Call, document: Bytes, read: Reader) -> Result<Draft, Problem> {
    check_size(&call.context, &document)?;
    let (account, long) = (call.account(), is_long(&document));
    call.context.app.tenant_work.run_if_long(account, long, move || read(&document, account)).await?
}

/// Whether reading so many bytes of JSON is long work.
fn is_long(document: &[u8]) -> bool {
    document.len() > limits::LONG_BYTES
}

/// Refuses what is larger than one event can be, before anything is made of it.
fn check_size(context: &Context, document: &[u8]) -> Result<(), Problem> {
    let most = context.app.rules().event_data_bytes;
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
fn elements(body: &Bytes) -> Result<Vec<Bytes>, Problem> {
    let Ok(Elements { kept, count }) = serde_json::from_slice(body) else {
        json_text(body)?;
        return Err(Problem::invalid(vec![Invalid::new("", "must be an array of events")]));
    };
    if (1..=limits::EVENTS_PER_ARRAY).contains(&count) {
        return Ok(kept.into_iter().map(|element| body.slice_ref(element.get().as_bytes())).collect());
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
    fn arrays_are_bounded() {
        assert!(elements(&Bytes::from_static(b"[]")).is_err());
        let many = format!("[{}]", vec!["1"; 1001].join(","));
        assert_eq!(elements(&many.into()).unwrap_err().code, Code::TooLarge);
    }
}
