//! Webhooks in answers. Secrets are not among their members but in the answer that makes one;
//! custom headers show their names only, since they may carry credentials, and so may a target's query,
//! which only managers see.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::terms::{BatchBody, ResourceBody};
use crate::api::call::Call;
use crate::api::display_json::{DisplayJson, raw};
use crate::domain::event_type::EventPattern;
use crate::domain::filter::Filter;
use crate::domain::form::Verification;
use crate::domain::header::MASK;
use crate::domain::id::WebhookId;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{RateLimit, Webhook, WebhookState};
use crate::store::Counted;

/// A webhook.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WebhookView {
    id: DisplayJson<WebhookId>,
    url: String,
    /// The new URL, used once its receiver has confirmed it.
    pending_url: Option<String>,
    events: Vec<DisplayJson<EventPattern>>,
    profile: String,
    description: String,
    /// Custom headers, their values masked.
    headers: BTreeMap<String, &'static str>,
    filter: Option<Box<RawValue>>,
    rate_limit: Option<RateLimitView>,
    max_in_flight: Option<u32>,
    /// none, webhook or key.
    #[schemars(extend("enum" = ["none", "webhook", "key"]))]
    ordering: &'static str,
    /// Whether events are kept for it while it is paused, disabled or not confirmed yet.
    collect: bool,
    expires_at: Option<DisplayJson<Timestamp>>,
    /// How its events are batched.
    batch: Option<BatchBody>,
    /// How its resources may be read.
    resource: ResourceBody,
    metadata: Option<Box<RawValue>>,
    /// How its receiver has to confirm it; null: as its profile says.
    verification: Option<&'static str>,
    /// pending, active, paused, disabled or expired.
    #[schemars(extend("enum" = ["pending", "active", "paused", "disabled", "expired", "removed"]))]
    state: &'static str,
    /// When it was paused, disabled or expired.
    state_since: Option<DisplayJson<Timestamp>>,
    /// Why it is disabled: failing or gone.
    disabled_reason: Option<&'static str>,
    created_at: DisplayJson<Timestamp>,
    updated_at: DisplayJson<Timestamp>,
    /// Its secret; only in the response that creates it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// What happens to its backlog; only in the response that resumes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    backlog: Option<BacklogView>,
}

/// What happens to the backlog of a resumed webhook.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BacklogView {
    /// deliver: they are sent, at the webhook's rate; drop: they are cancelled.
    action: &'static str,
    /// How many deliveries waited.
    deliveries: u64,
    /// Whether more waited than were counted.
    more: bool,
}

/// A rate limit.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RateLimitView {
    per_second: f64,
    burst: u32,
}

impl From<RateLimit> for RateLimitView {
    fn from(limit: RateLimit) -> Self {
        Self { per_second: limit.per_second, burst: limit.burst }
    }
}

impl WebhookView {
    /// A webhook as who makes the call may see it.
    #[must_use]
    pub fn new(webhook: &Webhook, call: &Call) -> Self {
        let (state, state_since) = state(webhook, call.now);
        Self {
            id: DisplayJson(webhook.id),
            url: call.shown_target(&webhook.url),
            pending_url: webhook.pending_url.as_ref().map(|url| call.shown_target(url)),
            events: webhook.events.iter().cloned().map(DisplayJson).collect(),
            profile: webhook.profile.clone(),
            description: webhook.description.clone(),
            headers: webhook.headers.iter().map(|(name, _)| (name.to_string(), MASK)).collect(),
            filter: webhook.filter.as_ref().map(Filter::as_json).and_then(raw),
            rate_limit: webhook.rate_limit.map(RateLimitView::from),
            max_in_flight: webhook.max_in_flight,
            ordering: webhook.ordering.as_str(),
            collect: webhook.collect,
            expires_at: webhook.expires_at.map(DisplayJson),
            batch: webhook.terms.batch.map(BatchBody::from),
            resource: webhook.terms.resource.into(),
            metadata: webhook.metadata.as_deref().and_then(raw),
            verification: webhook.terms.verification.map(Verification::as_str),
            state,
            state_since: state_since.map(DisplayJson),
            disabled_reason: match webhook.state {
                WebhookState::Disabled { why, .. } => Some(why.as_str()),
                _ => None,
            },
            created_at: DisplayJson(webhook.created_at),
            updated_at: DisplayJson(webhook.updated_at),
            secret: None,
            backlog: None,
        }
    }

    /// With what becomes of what waited for it.
    #[must_use]
    pub fn with_backlog(self, action: &'static str, waited: Counted) -> Self {
        let Counted { count: deliveries, exact } = waited;
        Self { backlog: Some(BacklogView { action, deliveries, more: !exact }), ..self }
    }

    /// With the secret it signs with, for the answer that made it.
    #[must_use]
    pub fn with_secret(self, webhook: &Webhook) -> Self {
        Self { secret: Some(webhook.secrets.current.expose().to_owned()), ..self }
    }
}

/// A webhook's state in words, and since when.
#[must_use]
pub fn state(webhook: &Webhook, now: Timestamp) -> (&'static str, Option<Timestamp>) {
    match webhook.state {
        WebhookState::Removed { since } => ("removed", Some(since)),
        _ if webhook.expired(now) => ("expired", webhook.expires_at),
        WebhookState::Pending => ("pending", None),
        WebhookState::Active => ("active", None),
        WebhookState::Paused { since } => ("paused", Some(since)),
        WebhookState::Disabled { since, .. } => ("disabled", Some(since)),
    }
}
