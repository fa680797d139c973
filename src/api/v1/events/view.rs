//! Events in answers.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::api::display_json::{DisplayJson, raw};
use crate::api::v1::deliveries::DeliveryView;
use crate::api::words::OneOf;
use crate::app::events::Receipt;
use crate::domain::event::{EventHeader, Key, Skip};
use crate::domain::event_type::EventType;
use crate::domain::id::{EventId, WebhookId};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Json, json};

/// The result for an event.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AcceptedView {
    /// Its id.
    pub id: DisplayJson<EventId>,
    /// How many webhooks it goes to.
    pub deliveries: u32,
    /// Whether the same request was accepted before.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schemars(default)]
    pub duplicate: bool,
}

impl From<Receipt> for AcceptedView {
    fn from(receipt: Receipt) -> Self {
        let Receipt { id, deliveries, duplicate } = receipt;
        Self { id: DisplayJson(id), deliveries, duplicate }
    }
}

/// The result for one event, or for each in an array.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum AcceptedAnswer {
    /// One event.
    One(AcceptedView),
    /// The responses for an array of events, in its order.
    Many {
        /// Each event.
        data: Vec<AcceptedView>,
    },
}

impl AcceptedAnswer {
    /// The answer to one event, or to an array of them; 200 when all of them were there already.
    ///
    /// # Errors
    /// When one of them was not accepted, or nothing came of one event, which is a mistake of ours.
    pub fn answer(receipts: Vec<Result<Receipt, Refusal>>, is_array: bool) -> Result<Json<Self>, Problem> {
        let receipts = receipts.into_iter().collect::<Result<Vec<_>, _>>()?;
        let fresh = receipts.iter().any(|receipt| !receipt.duplicate);
        let mut views = receipts.into_iter().map(AcceptedView::from);
        let nothing = || Problem::new(Code::Internal, "nothing was accepted");
        let answer = match is_array {
            true => Self::Many { data: views.collect() },
            false => Self::One(views.next().ok_or_else(nothing)?),
        };
        json(if fresh { StatusCode::ACCEPTED } else { StatusCode::OK }, &answer)
    }
}

/// How many deliveries were changed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Count {
    /// How many.
    pub deliveries: u32,
}

/// An event in a list.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EventSummary {
    id: DisplayJson<EventId>,
    r#type: DisplayJson<EventType>,
    /// The producer's own id.
    source_id: Option<DisplayJson<Key>>,
    accepted_at: DisplayJson<Timestamp>,
    occurred_at: DisplayJson<Timestamp>,
    order_key: Option<DisplayJson<Key>>,
    /// The producer's labels.
    metadata: Option<Box<RawValue>>,
    /// The payload's length.
    data_bytes: u32,
    /// How many webhooks it goes to.
    deliveries: usize,
}

impl EventSummary {
    /// An event's form in a list.
    #[must_use]
    pub fn new(event: &EventHeader) -> Self {
        Self {
            id: DisplayJson(event.id),
            r#type: DisplayJson(event.event_type.clone()),
            source_id: event.source_id.clone().map(DisplayJson),
            accepted_at: DisplayJson(event.accepted_at),
            occurred_at: DisplayJson(event.occurred_at),
            order_key: event.order_key.clone().map(DisplayJson),
            metadata: event.metadata.as_deref().and_then(raw),
            data_bytes: event.data_len,
            deliveries: event.webhooks.len(),
        }
    }
}

/// A webhook that did not get the event, and why.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SkippedView {
    /// The webhook; null if it and its log are gone.
    pub webhook_id: Option<DisplayJson<WebhookId>>,
    /// Why.
    pub reason: OneOf<Skip>,
    /// How to correct it, where the reason does not say so.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(default)]
    pub detail: Option<String>,
}

/// An event whole.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EventView {
    id: DisplayJson<EventId>,
    r#type: DisplayJson<EventType>,
    /// The producer's own id.
    source_id: Option<DisplayJson<Key>>,
    accepted_at: DisplayJson<Timestamp>,
    occurred_at: DisplayJson<Timestamp>,
    order_key: Option<DisplayJson<Key>>,
    /// The producer's labels.
    metadata: Option<Box<RawValue>>,
    /// The payload, byte for byte; a batch's is the list of its events' payloads.
    #[schemars(with = "serde_json::Value")]
    data: Box<RawValue>,
    /// The events that a batch is made of, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    batch_of: Vec<DisplayJson<EventId>>,
    /// Its delivery to each webhook.
    deliveries: Vec<DeliveryView>,
    /// The webhooks that match its type and did not get it.
    skipped: Vec<SkippedView>,
}

impl EventView {
    /// An event's whole form.
    #[must_use]
    pub fn new(
        event: &EventHeader,
        data: Box<RawValue>,
        deliveries: Vec<DeliveryView>,
        skipped: Vec<SkippedView>,
    ) -> Self {
        Self {
            id: DisplayJson(event.id),
            r#type: DisplayJson(event.event_type.clone()),
            source_id: event.source_id.clone().map(DisplayJson),
            accepted_at: DisplayJson(event.accepted_at),
            occurred_at: DisplayJson(event.occurred_at),
            order_key: event.order_key.clone().map(DisplayJson),
            metadata: event.metadata.as_deref().and_then(raw),
            data,
            batch_of: Vec::new(),
            deliveries,
            skipped,
        }
    }

    /// With the events that it is made of.
    #[must_use]
    pub fn batch_of(self, members: Vec<EventId>) -> Self {
        Self { batch_of: members.into_iter().map(DisplayJson).collect(), ..self }
    }
}
