//! Subscriptions in answers.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::conditions::shown_conditions;
use super::settings::Kind;
use crate::api::call::Call;
use crate::api::display_json::DisplayJson;
use crate::api::v1::webhooks::view::{ShownState, state};
use crate::api::words::OneOf;
use crate::domain::event_type::EventPattern;
use crate::domain::id::WebhookId;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;

/// A subscription.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HookView {
    id: DisplayJson<WebhookId>,
    target_url: String,
    /// The event or pattern it receives, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<DisplayJson<EventPattern>>,
    /// The events or patterns it receives, if there are several.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(default)]
    events: Vec<DisplayJson<EventPattern>>,
    kind: OneOf<Kind>,
    state: OneOf<ShownState>,
    /// The conditions on the data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<Value>")]
    filter: Option<Box<RawValue>>,
    /// Nothing is sent after this time, until it is renewed.
    #[serde(skip_serializing_if = "Option::is_none")]
    expiration_date: Option<DisplayJson<Timestamp>>,
    created_at: DisplayJson<Timestamp>,
}

impl HookView {
    /// A subscription as who makes the call may see it.
    #[must_use]
    pub fn new(webhook: &Webhook, call: &Call) -> Self {
        let kind =
            if webhook.profile == Kind::Notification.profile() { Kind::Notification } else { Kind::Rest };
        let several = webhook.events.len() > 1;
        let event = webhook.events.first().filter(|_| !several);
        Self {
            id: DisplayJson(webhook.id),
            target_url: call.shown_target(&webhook.url),
            event: event.cloned().map(DisplayJson),
            events: webhook.events.iter().filter(|_| several).cloned().map(DisplayJson).collect(),
            kind: OneOf(kind),
            state: OneOf(state(webhook, call.now).0),
            filter: webhook.filter.as_ref().and_then(shown_conditions),
            expiration_date: webhook.expires_at.map(DisplayJson),
            created_at: DisplayJson(webhook.created_at),
        }
    }
}
