//! Answers that are streams of server-sent events.

use std::borrow::Cow;
use std::fmt::Write as _;

use bytes::Bytes;
use serde::Serialize;

use super::route::{BodyForm, Forms, body_form};
use crate::app::standing::Ended;

/// Server-sent events.
pub struct EventStream;

impl EventStream {
    /// Their media type.
    pub const TYPE: &'static str = "text/event-stream";
    /// What keeps a quiet connection open, and shows whether its client is still there.
    pub const COMMENT: &'static [u8] = b":\n\n";
}

impl Forms for EventStream {
    const FORMS: &'static [BodyForm] = &[body_form::<String>(Self::TYPE)];
}

/// Why a stream ends, its last event.
#[derive(Serialize)]
pub struct Bye {
    reason: &'static str,
    detail: Cow<'static, str>,
}

impl Bye {
    /// A reason in a word and in a sentence.
    #[must_use]
    pub const fn new(reason: &'static str, detail: &'static str) -> Self {
        Self { reason, detail: Cow::Borrowed(detail) }
    }

    /// The token that it was begun with opens nothing any longer.
    #[must_use]
    pub fn ended(ended: Ended) -> Self {
        Self { reason: ended.word(), detail: ended.to_string().into() }
    }

    /// The last event.
    #[must_use]
    pub fn frame(&self) -> Bytes {
        frame("bye", None, self)
    }
}

/// One server-sent event. JSON has no raw line ends, so its data is always one line.
pub fn frame(name: &str, id: Option<u64>, data: &impl Serialize) -> Bytes {
    let mut text = String::new();
    if let Some(id) = id {
        let _ = writeln!(text, "id: {id}");
    }
    let data = serde_json::to_string(data).unwrap_or_default();
    let _ = write!(text, "event: {name}\ndata: {data}\n\n");
    text.into()
}
