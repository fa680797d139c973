//! In which form the events of a request come, and how they are read from it.

use bytes::Bytes;
use http::HeaderMap;

use super::body::one_event;
use super::cloud;
use super::documents::{array, document, is_long};
use crate::api::call::Call;
use crate::api::request_key;
use crate::app::events::Posted;
use crate::app::request_key::RequestKey;
use crate::domain::id::AccountNo;
use crate::http::content_type::{media_type, unsupported};
use crate::http::problem::Problem;
use crate::limits;

const TAKEN: &str = "application/json, application/x-ndjson, application/cloudevents+json, \
                     application/cloudevents-batch+json, or any type with ce-* headers";

/// What a request posts.
pub enum Incoming {
    /// Events, all of them there.
    Whole(Posted),
    /// Lines that are read while they arrive, with the request's key.
    Lines(Option<RequestKey>),
}

/// What a request posts, in whatever form. Long bodies are read off the runtime's workers.
///
/// # Errors
/// 415 when its type is no form of events; and when its key is none, or its body is not what it is said to be.
pub async fn read(call: &mut Call) -> Result<Incoming, Problem> {
    let form = Form::of(&call.headers)?;
    let key = request_key::of(&call.headers)?;
    let most = call.context.app.rules().event_data_bytes;
    let body = match form {
        Form::Lines => return Ok(Incoming::Lines(key)),
        Form::Binary(_) => call.body.whole(most).await?,
        Form::Json | Form::Cloud | Form::Clouds => call.body.json(limits::REQUEST_BODY_BYTES).await?,
    };
    let (account, headers, long) = (call.account(), call.headers.clone(), is_long(&body));
    let read = move || form.events(&body, &headers, account, most, key);
    call.context.app.tenant_work.run_if_long(account, long, read).await?.map(Incoming::Whole)
}

/// A form that events come in.
#[derive(Debug, PartialEq, Eq)]
enum Form {
    /// One event, or an array of them, as the body's first byte says.
    Json,
    /// A structured CloudEvent.
    Cloud,
    /// An array of them.
    Clouds,
    /// A CloudEvent whose attributes are headers; of which type its data is.
    Binary(Option<String>),
    /// Lines, each an event. They are read while they arrive.
    Lines,
}

impl Form {
    /// The form of a request.
    ///
    /// # Errors
    /// 415 when its type is no form of events.
    fn of(headers: &HeaderMap) -> Result<Self, Problem> {
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

    /// The events of a body whose data may have `most` bytes each.
    fn events(
        self,
        body: &Bytes,
        headers: &HeaderMap,
        account: AccountNo,
        most: usize,
        key: Option<RequestKey>,
    ) -> Result<Posted, Problem> {
        let is_array =
            self == Self::Clouds || self != Self::Cloud && body.trim_ascii_start().starts_with(b"[");
        let reader = match self {
            Self::Binary(media_type) => {
                return Ok(Posted::one(cloud::binary(headers, media_type, body, account)?, key));
            }
            Self::Cloud | Self::Clouds => cloud::structured,
            Self::Json | Self::Lines => one_event,
        };
        match is_array {
            true => Ok(Posted::array(array(body, reader, account, most)?, key)),
            false => Ok(Posted::one(document(body, reader, account, most)?, key)),
        }
    }
}
