//! `/v1/deliveries`: each event's way to each webhook, attempt by attempt.

pub mod body;
pub mod log;
mod view;
mod waiting;

use http::StatusCode;

use crate::api::call::Call;
use crate::api::param::{OwnKey, Param, Pattern};
use crate::api::query::Listing;
use crate::app::attempts;
use crate::app::deliveries::{self, DeliveryCursor, DeliveryFilter, Label, Listed};
use crate::app::webhook_list::logged;
use crate::domain::delivery::{Attempt, DeliveryState};
use crate::domain::event::Key;
use crate::domain::id::{AttemptId, DeliveryId, WebhookId, WebhookNo};
use crate::domain::outcome::ErrorKind;
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Json, json};
pub use view::{AttemptView, DeliveryDetail, DeliveryView};
pub(super) use waiting::views;

/// The webhook that deliveries go to.
pub const WEBHOOK: Param = Param::text("webhook_id", "Only deliveries to this webhook.");

/// What deliveries can be filtered by.
pub const FILTERS: [Param; 9] = [
    Param::word::<DeliveryState>("state", "Only deliveries in this state."),
    Param::of::<Pattern>("type", "Only deliveries of events of this type or pattern."),
    Param::of::<Pattern>("event_type", "The former name of type."),
    Param::text("event_id", "Only deliveries of this event."),
    Param::of::<OwnKey>("source_id", "Only deliveries of events with this id of the producer's own."),
    Param::text(
        "metadata",
        "NAME:VALUE: only deliveries of events whose metadata has a member of this name and value.",
    ),
    Param::time("since", "Only deliveries of events accepted at or after this time."),
    Param::time("until", "Only deliveries of events accepted before this time."),
    Param::word::<ErrorKind>("error", "Only deliveries whose last attempt failed with this kind of error."),
];

/// What a request asks for, but for the webhook.
fn filter_of(call: &Call, webhook: Option<WebhookNo>) -> Result<DeliveryFilter, Problem> {
    let (named, formerly) = (call.query.value("type")?, call.query.value("event_type")?);
    if named.is_some() && formerly.is_some() {
        let detail = "event_type is the former name of type; give one of them";
        return Err(Problem::new(Code::BadParameter, detail));
    }
    let source_id = call.query.text("source_id").map(Key::new).transpose();
    let wrong = |error| Problem::new(Code::BadParameter, format!("source_id {error}"));
    let wrong_label = |error| Problem::new(Code::BadParameter, format!("metadata {error}"));
    Ok(DeliveryFilter {
        webhook,
        state: call.query.word::<DeliveryState>("state")?,
        event_type: named.or(formerly),
        since: call.query.value("since")?,
        until: call.query.value("until")?,
        error: call.query.word::<ErrorKind>("error")?,
        event: call.query.value("event_id")?,
        source_id: source_id.map_err(wrong)?,
        label: call.query.text("metadata").map(label).transpose().map_err(wrong_label)?,
    })
}

/// A label as it is written: its name and its value.
///
/// # Errors
/// Says what it must be.
pub fn label(text: &str) -> Result<Label, &'static str> {
    let (name, value) = text
        .split_once(':')
        .filter(|(name, _)| !name.is_empty())
        .ok_or("must be NAME:VALUE, a member's name and what it is, such as customer:42")?;
    Ok(Label { name: name.to_owned(), value: value.to_owned() })
}

/// Answers `GET /v1/deliveries`.
///
/// # Errors
/// When a parameter makes no sense, or the store cannot be read.
pub async fn list(call: Box<Call>) -> Result<Json<Listing<DeliveryView>>, Problem> {
    let webhook = match call.query.value::<WebhookId>(WEBHOOK.name)? {
        Some(id) => Some(logged(&call.context.app, call.account(), id).await?),
        None => None,
    };
    page(call, webhook).await
}

async fn page(call: Box<Call>, webhook: Option<WebhookNo>) -> Result<Json<Listing<DeliveryView>>, Problem> {
    let asked = filter_of(&call, webhook)?;
    let page = call.query.page::<DeliveryCursor>()?;
    let found = deliveries::list(&call.context.app, call.account(), asked, page).await?;
    call.list(views(&call, &found.rows).await?, found.next)
}

/// The id in the path.
fn id(call: &Call) -> Result<DeliveryId, Problem> {
    call.param.parse().map_err(|_| Problem::not_found("delivery"))
}

/// A delivery, and what it waits for.
async fn view(call: &Call, listed: &Listed) -> Result<DeliveryView, Problem> {
    let mut views = views(call, std::slice::from_ref(listed)).await?;
    views.pop().ok_or_else(|| Problem::not_found("delivery"))
}

/// Answers `GET /v1/deliveries/{id}`.
///
/// # Errors
/// When there is no such delivery, or the store cannot be read.
pub async fn show(call: Box<Call>) -> Result<Json<DeliveryDetail>, Problem> {
    let delivery = deliveries::find(&call.context.app, call.account(), id(&call)?).await?;
    json(StatusCode::OK, &detail(&call, delivery).await?)
}

/// A delivery with its attempts.
pub(in crate::api) async fn detail(call: &Call, listed: Listed) -> Result<DeliveryDetail, Problem> {
    let view = view(call, &listed).await?;
    let found = attempts::of_delivery(&call.context.app, call.account(), listed.delivery).await?;
    let whole = |(id, attempt): &(AttemptId, Attempt)| AttemptView::whole(*id, attempt, found.event);
    let attempt_log = found.rows.iter().map(whole).collect();
    Ok(DeliveryDetail { delivery: view, attempt_log })
}

/// Answers `POST /v1/deliveries/{id}/retry`.
///
/// # Errors
/// When there is no such delivery, or it cannot be sent.
pub async fn retry(call: Box<Call>) -> Result<Json<DeliveryView>, Problem> {
    let (app, id) = (&call.context.app, id(&call)?);
    let listed = deliveries::retry(app, call.account(), id, call.actor(), call.now).await?;
    json(StatusCode::ACCEPTED, &view(&call, &listed).await?)
}

/// Answers `POST /v1/deliveries/{id}/cancel`.
///
/// # Errors
/// When there is no such delivery, or it is not pending.
pub async fn cancel(call: Box<Call>) -> Result<Json<DeliveryView>, Problem> {
    let (app, id) = (&call.context.app, id(&call)?);
    let listed = deliveries::cancel(app, call.account(), id, call.actor(), call.now).await?;
    json(StatusCode::OK, &view(&call, &listed).await?)
}
