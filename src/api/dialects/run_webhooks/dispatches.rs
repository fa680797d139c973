//! Dispatches: what was sent to a webhook for one event, and what came of it. A dispatch is a delivery.

use http::StatusCode;

use super::view::is_ours;
use super::view::{Dispatch, DispatchView};
use super::window::{Data, Listed, Window, data};
use crate::api::call::Call;
use crate::app::delivery_logs::{self, Logged};
use crate::domain::id::{DeliveryId, WebhookId, WebhookNo};
use crate::http::problem::Problem;
use crate::http::reply::Json;

fn view(found: &Logged, call: &Call, whole: bool) -> DispatchView {
    let dispatch = Dispatch {
        delivery: &found.delivery,
        event: &found.event,
        webhook: Some(&found.webhook),
        data: found.data.as_deref(),
        attempts: &found.attempts,
        whole,
    };
    dispatch.view(call)
}

/// A dispatch of the account, whole.
pub(super) async fn view_of(call: &Call, id: DeliveryId) -> Result<Option<DispatchView>, Problem> {
    let found = delivery_logs::find(&call.context.app, call.account(), id, is_ours).await?;
    Ok(found.map(|found| view(&found, call, true)))
}

/// Answers `GET /v2/webhook-dispatches/{id}`.
///
/// # Errors
/// When there is no such dispatch.
pub async fn show(call: Box<Call>) -> Result<Json<Data<DispatchView>>, Problem> {
    let missing = || Problem::not_found("dispatch");
    let id = call.param.parse().map_err(|_| missing())?;
    data(StatusCode::OK, view_of(&call, id).await?.ok_or_else(missing)?)
}

/// Answers `GET /v2/webhook-dispatches`.
///
/// # Errors
/// When a parameter makes no sense.
pub async fn list(call: Box<Call>) -> Listed<DispatchView> {
    page(call, None).await
}

/// Answers `GET /v2/webhooks/{id}/dispatches`; those of a removed webhook too, since its log stays.
///
/// # Errors
/// When there is no such webhook, or a parameter makes no sense.
pub async fn list_of_webhook(call: Box<Call>) -> Listed<DispatchView> {
    let missing = || Problem::not_found("webhook");
    let id: WebhookId = call.param.parse().map_err(|_| missing())?;
    let webhook = delivery_logs::webhook(&call.context.app, call.account(), id, is_ours).await?;
    page(call, Some(webhook.no())).await
}

async fn page(call: Box<Call>, webhook: Option<WebhookNo>) -> Listed<DispatchView> {
    let window = Window::of(&call)?;
    let (offset, limit) = window.range();
    let part = delivery_logs::Window { offset, limit, descending: window.desc };
    let listed = delivery_logs::list(&call.context.app, call.account(), webhook, is_ours, part);
    let (found, total) = listed.await?;
    let items = found.iter().map(|found| view(found, &call, false)).collect();
    window.answer(items, total)
}
