//! Webhooks in answers. Secrets are not among their members but in the answer that makes one;
//! custom headers show their names only, since they may carry credentials, and so may a target's query,
//! which only managers see.

use std::collections::BTreeMap;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::value::RawValue;

use super::terms::{BatchBody, ResourceBody};
use super::tls::TlsView;
use crate::api::call::Call;
use crate::api::display_json::{DisplayJson, raw};
use crate::api::words::{OneOf, words};
use crate::app::Counted;
use crate::domain::event_type::EventPattern;
use crate::domain::filter::Filter;
use crate::domain::form::Verification;
use crate::domain::header::MASK;
use crate::domain::id::WebhookId;
use crate::domain::name::{ManagedBy, WebhookName};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{DisabledWhy, Ordering, RateLimit, ReceiverHealth, Webhook, WebhookState};

/// A webhook.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WebhookView {
    id: DisplayJson<WebhookId>,
    /// What people call it.
    name: Option<DisplayJson<WebhookName>>,
    /// The tool that manages it.
    managed_by: Option<DisplayJson<ManagedBy>>,
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
    ordering: OneOf<Ordering>,
    /// Whether events are kept for it while it is paused, disabled or not confirmed yet.
    collect: bool,
    expires_at: Option<DisplayJson<Timestamp>>,
    /// How its events are batched.
    batch: Option<BatchBody>,
    /// How its resources may be read.
    resource: ResourceBody,
    metadata: Option<Box<RawValue>>,
    /// How its receiver has to confirm it; null: as its profile says.
    verification: Option<OneOf<Verification>>,
    /// Whom it trusts and who it says that it is; null: whom the daemon trusts, and without a certificate.
    tls: Option<TlsView>,
    state: OneOf<ShownState>,
    /// When it was paused, disabled or expired.
    state_since: Option<DisplayJson<Timestamp>>,
    /// Why it is disabled.
    disabled_reason: Option<OneOf<DisabledWhy>>,
    /// How its receiver has been doing.
    health: HealthView,
    created_at: DisplayJson<Timestamp>,
    updated_at: DisplayJson<Timestamp>,
    /// Its secret; only in the response that creates it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    /// What happens to its backlog; only in the response that resumes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    backlog: Option<BacklogView>,
    /// Which members the request would change; only in the response to a change with `dry_run`.
    #[serde(skip_serializing_if = "Option::is_none")]
    would_change: Option<Vec<&'static str>>,
}

#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum HealthState {
    Ok,
    Failing,
    Probing,
}

/// How a webhook's receiver has been doing.
#[derive(Debug, Serialize, JsonSchema)]
pub struct HealthView {
    /// ok: its last attempt succeeded, or none was made; failing: the last attempts failed; probing: so many
    /// failed that one attempt at a time tests whether it is back.
    state: HealthState,
    /// When the first of the attempts was that failed in a row.
    failing_since: Option<DisplayJson<Timestamp>>,
    /// How many failed in a row.
    failures: u32,
    /// While it is probed: the earliest time of the next probe; null where one may be made at once, or where
    /// nothing is sent because the webhook is paused, disabled or expired.
    next_probe_at: Option<DisplayJson<Timestamp>>,
}

impl HealthView {
    /// The health of a webhook's receiver.
    #[must_use]
    pub fn new(webhook: &Webhook, health: ReceiverHealth, now: Timestamp) -> Self {
        let ReceiverHealth { failing, probing, rests_until } = health;
        let state = match failing {
            _ if probing => HealthState::Probing,
            Some(_) => HealthState::Failing,
            None => HealthState::Ok,
        };
        let next = rests_until.filter(|_| probing && webhook.is_served(now));
        Self {
            state,
            failing_since: failing.map(|run| DisplayJson(run.since)),
            failures: failing.map_or(0, |run| run.attempts),
            next_probe_at: next.map(DisplayJson),
        }
    }
}

/// Webhooks as who makes the call may see them, each with how its receiver has been doing: for a page of them
/// the dispatcher is asked once.
pub async fn views(call: &Call, webhooks: &[Arc<Webhook>]) -> Vec<WebhookView> {
    let health = call.context.health(webhooks.iter().map(|webhook| webhook.no()).collect()).await;
    let health = health.into_iter().chain(std::iter::repeat(ReceiverHealth::default()));
    webhooks.iter().zip(health).map(|(webhook, health)| WebhookView::new(webhook, health, call)).collect()
}

/// One webhook, as [`views`].
pub async fn view(call: &Call, webhook: &Webhook) -> WebhookView {
    let health = call.context.health(vec![webhook.no()]).await;
    WebhookView::new(webhook, health.first().copied().unwrap_or_default(), call)
}

/// What to do with a backlog.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BacklogAction {
    /// Send it.
    Deliver,
    /// Cancel it.
    Drop,
}

impl BacklogAction {
    /// Every action.
    pub const ALL: [Self; 2] = [Self::Deliver, Self::Drop];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Deliver => "deliver",
            Self::Drop => "drop",
        }
    }
}

words! { BacklogAction "BacklogAction" }

/// What happens to the backlog of a resumed webhook.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BacklogView {
    /// deliver: they are sent, at the webhook's rate; drop: they are cancelled.
    action: OneOf<BacklogAction>,
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
    fn new(webhook: &Webhook, health: ReceiverHealth, call: &Call) -> Self {
        let (state, state_since) = state(webhook, call.now);
        Self {
            id: DisplayJson(webhook.id),
            name: webhook.name.clone().map(DisplayJson),
            managed_by: webhook.managed_by.clone().map(DisplayJson),
            url: call.shown_target(&webhook.url),
            pending_url: webhook.pending_url.as_ref().map(|url| call.shown_target(url)),
            events: webhook.events.iter().cloned().map(DisplayJson).collect(),
            profile: webhook.profile.clone(),
            description: webhook.description.clone(),
            headers: webhook.headers.iter().map(|(name, _)| (name.to_string(), MASK)).collect(),
            filter: webhook.filter.as_ref().map(Filter::as_json).and_then(raw),
            rate_limit: webhook.rate_limit.map(RateLimitView::from),
            max_in_flight: webhook.max_in_flight,
            ordering: OneOf(webhook.ordering),
            collect: webhook.collect,
            expires_at: webhook.expires_at.map(DisplayJson),
            batch: webhook.terms.batch.map(BatchBody::from),
            resource: webhook.terms.resource.into(),
            metadata: webhook.metadata.as_deref().and_then(raw),
            verification: webhook.terms.verification.map(OneOf),
            tls: TlsView::of(webhook),
            state: OneOf(state),
            state_since: state_since.map(DisplayJson),
            disabled_reason: match webhook.state {
                WebhookState::Disabled { why, .. } => Some(OneOf(why)),
                _ => None,
            },
            health: HealthView::new(webhook, health, call.now),
            created_at: DisplayJson(webhook.created_at),
            updated_at: DisplayJson(webhook.updated_at),
            secret: None,
            backlog: None,
            would_change: None,
        }
    }

    /// With what becomes of what waited for it.
    #[must_use]
    pub fn with_backlog(self, action: BacklogAction, waited: Counted) -> Self {
        let Counted { count: deliveries, exact } = waited;
        Self { backlog: Some(BacklogView { action: OneOf(action), deliveries, more: !exact }), ..self }
    }

    /// With what a change that is only tried would change.
    #[must_use]
    pub fn with_changes(self, members: Vec<&'static str>) -> Self {
        Self { would_change: Some(members), ..self }
    }

    /// With the secret it signs with, for the answer that made it.
    #[must_use]
    pub fn with_secret(self, webhook: &Webhook) -> Self {
        Self { secret: Some(webhook.secrets.current.expose().to_owned()), ..self }
    }
}

/// A webhook's state as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ShownState {
    /// Its receiver has not confirmed it yet.
    Pending,
    /// Events are sent.
    Active,
    /// Its owner paused it.
    Paused,
    /// The daemon gave it up.
    Disabled,
    /// Its time is over.
    Expired,
    /// Only its log is left.
    Removed,
}

impl ShownState {
    /// Every state.
    pub const ALL: [Self; 6] =
        [Self::Pending, Self::Active, Self::Paused, Self::Disabled, Self::Expired, Self::Removed];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Active => "active",
            Self::Paused => "paused",
            Self::Disabled => "disabled",
            Self::Expired => "expired",
            Self::Removed => "removed",
        }
    }
}

words! { ShownState "WebhookState" }

/// A webhook's state, and since when it is in it.
#[must_use]
pub fn state(webhook: &Webhook, now: Timestamp) -> (ShownState, Option<Timestamp>) {
    match webhook.state {
        WebhookState::Removed { since } => (ShownState::Removed, Some(since)),
        _ if webhook.expired(now) => (ShownState::Expired, webhook.expires_at),
        WebhookState::Pending => (ShownState::Pending, None),
        WebhookState::Active => (ShownState::Active, None),
        WebhookState::Paused { since } => (ShownState::Paused, Some(since)),
        WebhookState::Disabled { since, .. } => (ShownState::Disabled, Some(since)),
    }
}
