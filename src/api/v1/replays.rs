//! `/v1/replays`: past deliveries sent again, many at a time, at a pace, across restarts.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::call::Call;
use crate::api::display_json::DisplayJson;
use crate::api::query::Listing;
use crate::api::query::Position;
use crate::api::route::Takes;
use crate::api::v1::deliveries::label;
use crate::api::words::{OneOf, Words};
use crate::app::deliveries::{DeliveryFilter, webhook_ids};
use crate::app::replays::{self, Replay, Wanted};
use crate::app::webhook_list;
use crate::app::{App, Counted};
use crate::domain::delivery::DeliveryState;
use crate::domain::event::Key;
use crate::domain::event_type::EventPattern;
use crate::domain::id::{AccountNo, EventId, ReplayId, WebhookId};
use crate::domain::outcome::ErrorKind;
use crate::domain::time::Timestamp;
use crate::http::document::{Faults, object};
use crate::http::problem::Problem;
use crate::http::reply::{Json, json};

/// What is sent again: deliveries in a state, or what a webhook missed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReplayedState {
    Delivery(DeliveryState),
    Skipped,
}

impl ReplayedState {
    fn of(state: Option<DeliveryState>, skipped: bool) -> Option<Self> {
        if skipped { Some(Self::Skipped) } else { state.map(Self::Delivery) }
    }

    fn delivery(self) -> Option<DeliveryState> {
        match self {
            Self::Delivery(state) => Some(state),
            Self::Skipped => None,
        }
    }
}

impl Words for ReplayedState {
    const NAME: &'static str = "ReplayedState";
    const ALL: &'static [Self] = &[
        Self::Delivery(DeliveryState::Pending),
        Self::Delivery(DeliveryState::Delivered),
        Self::Delivery(DeliveryState::Failed),
        Self::Delivery(DeliveryState::Cancelled),
        Self::Skipped,
    ];
    fn word(self) -> &'static str {
        match self {
            Self::Delivery(state) => state.as_str(),
            Self::Skipped => "skipped",
        }
    }
}

/// A replay to create.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["filter"]))]
pub struct ReplayBody {
    /// Which deliveries to send again; at least one member, so that everything is never meant by
    /// mistake.
    #[serde(default, deserialize_with = "object")]
    #[schemars(with = "FilterBody")]
    filter: Option<FilterBody>,
    /// The maximum number of deliveries per second.
    #[serde(default)]
    #[schemars(range(min = 1, max = u32::MAX))]
    rate_per_second: Option<u32>,
    /// Only count what would be sent.
    #[serde(default)]
    dry_run: Option<bool>,
}

/// Which deliveries.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FilterBody {
    webhook_id: Option<String>,
    /// A delivery's state; or skipped, with a webhook_id: the events since the webhook was made that it would get as
    /// it is now, and of which it has no delivery.
    state: Option<OneOf<ReplayedState>>,
    /// Only deliveries of events of this type or pattern.
    r#type: Option<String>,
    /// The former name of `type`.
    #[schemars(extend("deprecated" = true))]
    event_type: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    since: Option<String>,
    #[schemars(extend("format" = "date-time"))]
    until: Option<String>,
    error: Option<OneOf<ErrorKind>>,
    /// Only deliveries of this event.
    event_id: Option<String>,
    /// Only deliveries of events with this id of the producer's own.
    source_id: Option<String>,
    /// NAME:VALUE: only deliveries of events whose metadata has a member of this name and value.
    metadata: Option<String>,
}

/// The filter.
#[derive(Debug, Serialize, JsonSchema)]
pub struct FilterView {
    webhook_id: Option<DisplayJson<WebhookId>>,
    state: Option<OneOf<ReplayedState>>,
    /// Only deliveries of events of this type or pattern.
    r#type: Option<DisplayJson<EventPattern>>,
    /// The former name of `type`.
    #[schemars(extend("deprecated" = true))]
    event_type: Option<DisplayJson<EventPattern>>,
    since: Option<DisplayJson<Timestamp>>,
    until: Option<DisplayJson<Timestamp>>,
    error: Option<OneOf<ErrorKind>>,
    event_id: Option<DisplayJson<EventId>>,
    /// Of events with this id of the producer's own.
    source_id: Option<String>,
    /// NAME:VALUE, of events whose metadata has a member of this name and value.
    metadata: Option<String>,
}

/// A replay, or with `dry_run` what it would do.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ReplayView {
    /// Null in a dry run.
    id: Option<DisplayJson<ReplayId>>,
    #[schemars(extend("enum" = ["dry_run", "running", "done", "cancelled"]))]
    /// dry_run, running, done or cancelled.
    state: &'static str,
    filter: FilterView,
    rate_per_second: Option<u32>,
    /// How many deliveries matched when it was created.
    matched: u64,
    /// Whether everything was counted; if false there may be more.
    matched_exact: bool,
    /// How many were made pending again.
    done: u64,
    created_at: DisplayJson<Timestamp>,
    finished_at: Option<DisplayJson<Timestamp>>,
}

async fn filter_view(
    app: &App,
    account: AccountNo,
    filter: &DeliveryFilter,
    skipped: bool,
) -> Result<FilterView, Problem> {
    let ids = webhook_ids(app, account, filter.webhook).await?;
    Ok(FilterView {
        webhook_id: filter.webhook.and_then(|no| ids.get(&no).copied()).map(DisplayJson),
        state: ReplayedState::of(filter.state, skipped).map(OneOf),
        r#type: filter.event_type.clone().map(DisplayJson),
        event_type: filter.event_type.clone().map(DisplayJson),
        since: filter.since.map(DisplayJson),
        until: filter.until.map(DisplayJson),
        error: filter.error.map(OneOf),
        event_id: filter.event.map(DisplayJson),
        source_id: filter.source_id.as_ref().map(|key| key.as_str().to_owned()),
        metadata: filter.label.as_ref().map(|label| format!("{}:{}", label.name, label.value)),
    })
}

async fn view(app: &App, replay: &Replay) -> Result<ReplayView, Problem> {
    Ok(ReplayView {
        id: Some(DisplayJson(replay.id)),
        state: replay.state.as_str(),
        filter: filter_view(app, replay.account, &replay.filter, replay.skipped).await?,
        rate_per_second: replay.rate_per_second,
        matched: replay.matched,
        matched_exact: replay.matched_exact,
        done: replay.done,
        created_at: DisplayJson(replay.created_at),
        finished_at: replay.finished_at.map(DisplayJson),
    })
}

/// The filter's deliveries, and whether it is what its webhook missed instead.
fn checked(body: &FilterBody, call: &Call, faults: &mut Faults) -> (DeliveryFilter, bool) {
    let webhook = faults.parse::<WebhookId>("/filter/webhook_id", body.webhook_id.as_deref());
    if let Some(id) = webhook
        && webhook_list::find(&call.context.app, call.account(), id).is_err()
    {
        faults.add("/filter/webhook_id", "is not a webhook of this account");
    }
    let state = body.state.map(|OneOf(state)| state);
    let skipped = state == Some(ReplayedState::Skipped);
    if skipped && body.webhook_id.is_none() {
        faults.add(
            "/filter/webhook_id",
            "is required with the state skipped: name the webhook that missed them",
        );
    }
    if skipped && body.error.is_some() {
        faults.add("/filter/error", "cannot be used with the state skipped: nothing was tried");
    }
    if body.r#type.is_some() && body.event_type.is_some() {
        faults.add("/filter/event_type", "is the former name of type; give one of them");
    }
    let named = faults.parse("/filter/type", body.r#type.as_deref());
    let formerly = faults.parse("/filter/event_type", body.event_type.as_deref());
    let filter = DeliveryFilter {
        webhook: webhook.map(|id| id.no()),
        state: state.and_then(ReplayedState::delivery),
        event_type: named.or(formerly),
        since: faults.parse("/filter/since", body.since.as_deref()),
        until: faults.parse("/filter/until", body.until.as_deref()),
        error: body.error.map(|OneOf(kind)| kind),
        event: faults.parse::<EventId>("/filter/event_id", body.event_id.as_deref()),
        source_id: checked_text(faults, "/filter/source_id", body.source_id.as_deref(), Key::new),
        label: checked_text(faults, "/filter/metadata", body.metadata.as_deref(), label),
    };
    if !faults.any() && filter == DeliveryFilter::default() {
        faults.add("/filter", "must name at least one member");
    }
    (filter, skipped)
}

/// A member's text as `read` understands it.
fn checked_text<T, E: std::fmt::Display>(
    faults: &mut Faults,
    pointer: &str,
    text: Option<&str>,
    read: fn(&str) -> Result<T, E>,
) -> Option<T> {
    faults.check(pointer, read(text?))
}

/// Answers `POST /v1/replays`.
///
/// # Errors
/// Names every member that cannot be taken; 409 when too many replays are running.
pub async fn create(mut call: Box<Call>, document: Takes<ReplayBody>) -> Result<Json<ReplayView>, Problem> {
    let (body, mut faults) = document.read(&mut call).await?;
    let filter = faults.require("/filter", body.filter).map(|filter| checked(&filter, &call, &mut faults));
    if body.rate_per_second == Some(0) {
        faults.add("/rate_per_second", "must be at least 1");
    }
    let (filter, skipped) = faults.unless(filter)?;
    let wanted = Wanted { account: call.account(), filter, skipped, rate_per_second: body.rate_per_second };
    let app = &call.context.app;
    let matched = replays::count(app, &wanted).await?;
    if body.dry_run == Some(true) {
        return dry_run(&call, &wanted, matched).await;
    }
    let replay = replays::start(app, wanted, matched, call.actor(), call.now).await?;
    json(StatusCode::ACCEPTED, &view(app, &replay).await?)
}

async fn dry_run(call: &Call, wanted: &Wanted, matched: Counted) -> Result<Json<ReplayView>, Problem> {
    let view = ReplayView {
        id: None,
        state: "dry_run",
        filter: filter_view(&call.context.app, wanted.account, &wanted.filter, wanted.skipped).await?,
        rate_per_second: wanted.rate_per_second,
        matched: matched.count,
        matched_exact: matched.exact,
        done: 0,
        created_at: DisplayJson(call.now),
        finished_at: None,
    };
    json(StatusCode::OK, &view)
}

impl Position for ReplayId {
    fn to_bytes(&self) -> Vec<u8> {
        (*self).to_bytes().to_vec()
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_bytes)
    }
}

/// Answers `GET /v1/replays`.
///
/// # Errors
/// When a parameter makes no sense, or the store cannot be read.
pub async fn list(call: Box<Call>) -> Result<Json<Listing<ReplayView>>, Problem> {
    let page = call.query.page::<ReplayId>()?;
    let found = replays::list(&call.context.app, call.account(), page).await?;
    let mut views = Vec::with_capacity(found.rows.len());
    for replay in &found.rows {
        views.push(view(&call.context.app, replay).await?);
    }
    call.list(views, found.next)
}

/// The id in the path.
fn id(call: &Call) -> Result<ReplayId, Problem> {
    call.param.parse().map_err(|_| Problem::not_found("replay"))
}

/// Answers `GET /v1/replays/{id}`.
///
/// # Errors
/// When there is no such replay, or the store cannot be read.
pub async fn show(call: Box<Call>) -> Result<Json<ReplayView>, Problem> {
    let replay = replays::find(&call.context.app, call.account(), id(&call)?).await?;
    json(StatusCode::OK, &view(&call.context.app, &replay).await?)
}

/// Answers `POST /v1/replays/{id}/cancel`.
///
/// # Errors
/// When there is no such replay, or it has ended.
pub async fn cancel(call: Box<Call>) -> Result<Json<ReplayView>, Problem> {
    let (app, id) = (&call.context.app, id(&call)?);
    let replay = replays::cancel(app, call.account(), id, call.actor(), call.now).await?;
    json(StatusCode::OK, &view(app, &replay).await?)
}
