//! How values look in JSON.

use std::borrow::Cow;
use std::fmt::Display;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::app::audit::Actor;
use crate::domain::actor::ActorId;
use crate::domain::event::Key;
use crate::domain::event_type::{EventPattern, EventType};
use crate::domain::id::{AccountId, AttemptId, DeliveryId, EventId, JobId, ReplayId, TokenId, WebhookId};
use crate::domain::name::{ManagedBy, WebhookName};
use crate::domain::time::Timestamp;

/// A value that is shown as its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisplayJson<T>(pub T);

impl<T: Display> Serialize for DisplayJson<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

/// What texts of a kind are, for the API's description.
pub trait Text {
    /// The name of their form, as JSON Schema has it.
    const FORMAT: Option<&'static str> = None;
}

impl Text for Timestamp {
    const FORMAT: Option<&'static str> = Some("date-time");
}
impl Text for AccountId {}
impl Text for ActorId {}
impl Text for AttemptId {}
impl Text for Actor {}
impl Text for DeliveryId {}
impl Text for EventId {}
impl Text for EventPattern {}
impl Text for EventType {}
impl Text for JobId {}
impl Text for Key {}
impl Text for ManagedBy {}
impl Text for ReplayId {}
impl Text for TokenId {}
impl Text for WebhookId {}
impl Text for WebhookName {}

impl<T: Text> JsonSchema for DisplayJson<T> {
    fn inline_schema() -> bool {
        true
    }
    fn schema_name() -> Cow<'static, str> {
        T::FORMAT.unwrap_or("Text").into()
    }
    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let mut schema = String::json_schema(generator);
        if let Some(format) = T::FORMAT {
            schema.insert("format".to_owned(), format.into());
        }
        schema
    }
}

/// JSON text as a part of an answer, byte for byte; `None` if it is not JSON.
#[must_use]
pub fn raw(json: &str) -> Option<Box<RawValue>> {
    RawValue::from_string(json.to_owned()).ok()
}
