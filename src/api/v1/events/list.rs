//! Looking at events, and sending them again.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::view::{Count, EventSummary, EventView, SkippedView};
use crate::api::call::Call;
use crate::api::display_json::DisplayJson;
use crate::api::param::{Param, Pattern};
use crate::api::query::Listing;
use crate::api::route::MayTake;
use crate::api::v1::deliveries::views;
use crate::api::words::OneOf;
use crate::app::events::{self, EventFilter, Followed};
use crate::app::replays::{self, Whom};
use crate::app::webhook_list;
use crate::domain::event::Skip;
use crate::domain::id::{EventId, Seq, WebhookId, WebhookNo};
use crate::http::document::Faults;
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Json, json};

/// What events can be filtered by.
pub const FILTERS: [Param; 3] = [
    Param::of::<Pattern>("type", "Only events of this type, or of types that match, such as order.*"),
    Param::time("since", "Only events accepted at or after this time."),
    Param::time("until", "Only events accepted before this time."),
];

/// Answers `GET /v1/events`.
///
/// # Errors
/// When a parameter makes no sense, or the store cannot be read.
pub async fn list(call: Box<Call>) -> Result<Json<Listing<EventSummary>>, Problem> {
    let filter = EventFilter {
        event_type: call.query.value("type")?,
        since: call.query.value("since")?,
        until: call.query.value("until")?,
    };
    let page = call.query.page::<Seq>()?;
    let found = events::list(&call.context.app, call.account(), filter, page).await?;
    call.list(found.rows.iter().map(EventSummary::new).collect(), found.next)
}

/// The id in the path.
fn id(call: &Call) -> Result<EventId, Problem> {
    call.param.parse().map_err(|_| Problem::not_found("event"))
}

/// Answers `GET /v1/events/{id}`.
///
/// # Errors
/// When there is no such event, or the store cannot be read.
pub async fn show(call: Box<Call>) -> Result<Json<EventView>, Problem> {
    let id = id(&call)?;
    let found = events::find(&call.context.app, call.account(), id).await?;
    let Followed { event, data, deliveries, members, skipped: ids } = found;
    let skipped_view = |(no, skip): &(WebhookNo, Skip)| SkippedView {
        webhook_id: ids.get(no).copied().map(DisplayJson),
        reason: OneOf(*skip),
        detail: skip.detail(),
    };
    let skipped: Vec<_> = event.skipped.iter().map(skipped_view).collect();
    let deliveries = views(&call, &deliveries).await?;
    let data = serde_json::from_slice::<Box<RawValue>>(&data).map_err(|error| {
        tracing::error!(event = %id, %error, "a stored payload is not JSON");
        Problem::new(Code::Internal, "the event's payload cannot be shown")
    })?;
    let view = EventView::new(&event, data, deliveries, skipped);
    json(StatusCode::OK, &view.batch_of(members))
}

/// What to send again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "EventReplayBody")]
pub struct ReplayBody {
    /// To this webhook only, whether or not it got the event before.
    #[serde(default)]
    webhook_id: Option<String>,
    /// To all webhooks that have a delivery of it or would get it now. Without either member it goes to those
    /// that missed it: whose delivery failed or was cancelled, or that were skipped because they were paused,
    /// disabled, unconfirmed or expired.
    #[serde(default)]
    all: Option<bool>,
}

/// Answers `POST /v1/events/{id}/replay`.
///
/// # Errors
/// When there is no such event or webhook, or the store cannot.
pub async fn replay(mut call: Box<Call>, document: MayTake<ReplayBody>) -> Result<Json<Count>, Problem> {
    let id = id(&call)?;
    let (body, mut faults) = document.read(&mut call).await?;
    let app = &call.context.app;
    let event = replays::event(app, call.account(), id).await?;
    let whom = whom(&call, body, &mut faults);
    let whom = faults.unless(whom)?;
    let deliveries = replays::send_again(app, event, whom, call.actor(), call.now).await?;
    json(StatusCode::ACCEPTED, &Count { deliveries })
}

fn whom(call: &Call, body: ReplayBody, faults: &mut Faults) -> Option<Whom> {
    let all = body.all == Some(true);
    let Some(named) = body.webhook_id else { return Some(if all { Whom::All } else { Whom::Missed }) };
    let id = faults.parse::<WebhookId>("/webhook_id", Some(&named))?;
    if webhook_list::find(&call.context.app, call.account(), id).is_err() {
        faults.add("/webhook_id", "is not a webhook of this account");
    }
    if all {
        faults.add("/all", "cannot be used together with webhook_id; leave one of them out");
    }
    Some(Whom::One(id.no()))
}
