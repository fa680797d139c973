//! `/v1/deliveries`: each event's way to each webhook, attempt by attempt.

pub mod body;
pub mod log;
mod view;
mod waiting;

use std::collections::HashMap;

use http::StatusCode;

use crate::api::call::Call;
use crate::api::context::Context;
use crate::api::query::Param;
use crate::domain::delivery::{Delivery, DeliveryState};
use crate::domain::id::{AccountNo, DeliveryId, WebhookId, WebhookNo};
use crate::domain::outcome::ErrorKind;
use crate::http::answer::Answer;
use crate::http::problem::Problem;
use crate::http::reply::json;
use crate::store::command::Edit;
use crate::store::{DeliveryCursor, DeliveryFilter};
pub use view::{AttemptView, DeliveryDetail, DeliveryView};

/// The webhook that deliveries go to.
pub const WEBHOOK: Param = Param { name: "webhook_id", about: "Only deliveries to this webhook." };

/// What deliveries can be filtered by.
pub const FILTERS: [Param; 5] = [
    Param { name: "state", about: "pending, delivered, failed or cancelled." },
    Param { name: "event_type", about: "Only deliveries of events of this type or pattern." },
    Param { name: "since", about: "Only deliveries of events accepted at or after this time." },
    Param { name: "until", about: "Only deliveries of events accepted before this time." },
    Param { name: "error", about: "Only deliveries whose last attempt failed with this kind of error." },
];

/// The ids of webhooks, removed ones too.
///
/// # Errors
/// When the store cannot be read.
pub async fn webhook_ids(
    context: &Context,
    account: AccountNo,
    numbers: impl IntoIterator<Item = WebhookNo>,
) -> Result<HashMap<WebhookNo, WebhookId>, Problem> {
    let mut known = HashMap::new();
    let mut gone = Vec::new();
    {
        let directory = context.store.directory();
        for no in numbers {
            match directory.webhook(no) {
                Some(webhook) => drop(known.insert(no, webhook.id)),
                None => gone.push(no),
            }
        }
    }
    if gone.is_empty() {
        return Ok(known);
    }
    gone.sort_unstable();
    gone.dedup();
    let removed = move |store: &crate::store::Store| {
        gone.into_iter()
            .map(|no| store.webhook_id(no).map(|id| id.map(|id| (no, id))))
            .collect::<Result<Vec<_>, _>>()
    };
    known.extend(context.read(account, removed).await?.into_iter().flatten());
    Ok(known)
}

/// The filter that a query asks for, but for the webhook.
pub(in crate::api) fn filter(call: &Call, webhook: Option<WebhookNo>) -> Result<DeliveryFilter, Problem> {
    let kinds = ErrorKind::ALL.map(ErrorKind::as_str).join(", ");
    Ok(DeliveryFilter {
        webhook,
        state: call.query.word("state", DeliveryState::parse, "pending, delivered, failed, cancelled")?,
        event_type: call.query.value("event_type")?,
        since: call.query.value("since")?,
        until: call.query.value("until")?,
        error: call.query.word("error", ErrorKind::parse, &kinds)?,
    })
}

/// Answers `GET /v1/deliveries`.
///
/// # Errors
/// When a parameter has no sense, or the store cannot be read.
pub async fn list(call: Box<Call>) -> Result<Answer, Problem> {
    let webhook = match call.query.value::<WebhookId>(WEBHOOK.name)? {
        Some(id) => Some(own_webhook(&call, id).await?),
        None => None,
    };
    page(call, webhook).await
}

/// The number of a webhook of the account; a removed one too, since its log stays.
async fn own_webhook(call: &Call, id: WebhookId) -> Result<WebhookNo, Problem> {
    let account = call.account();
    if call.context.store.directory().webhook_of(account, id).is_some() {
        return Ok(id.no());
    }
    let removed = call.read(move |store| store.removed_webhook(id)).await?;
    removed
        .filter(|webhook| webhook.account == account)
        .map(|webhook| webhook.no())
        .ok_or_else(|| Problem::not_found("webhook"))
}

async fn page(call: Box<Call>, webhook: Option<WebhookNo>) -> Result<Answer, Problem> {
    let filter = filter(&call, webhook)?;
    let page = call.query.page::<DeliveryCursor>()?;
    let account = call.account();
    let found = call.read(move |store| store.deliveries(account, &filter, page)).await?;
    let webhooks = webhook_ids(&call.context, account, found.rows.iter().map(|(d, _)| d.webhook)).await?;
    let view =
        |(delivery, _): &(Delivery, _)| DeliveryView::new(delivery, webhooks.get(&delivery.webhook).copied());
    call.list(found.rows.iter().map(view).collect(), found.next)
}

/// A delivery of the account, by the id in the path.
async fn own_delivery(call: &Call) -> Result<Delivery, Problem> {
    let missing = || Problem::not_found("delivery");
    let id: DeliveryId = call.param.parse().map_err(|_| missing())?;
    let found = call
        .read(move |store| {
            let Some(delivery) = store.delivery(id.event(), id.webhook())? else { return Ok(None) };
            Ok(store.event_header(id.event())?.map(|event| (delivery, event.account)))
        })
        .await?;
    found
        .filter(|(delivery, account)| delivery.id == id && *account == call.account())
        .map(|(delivery, _)| delivery)
        .ok_or_else(missing)
}

async fn view(call: &Call, delivery: &Delivery) -> Result<DeliveryView, Problem> {
    let ids = webhook_ids(&call.context, call.account(), [delivery.webhook]).await?;
    let waiting = waiting::waiting(call, delivery).await?;
    Ok(DeliveryView::new(delivery, ids.get(&delivery.webhook).copied()).waits_for(waiting))
}

/// Answers `GET /v1/deliveries/{id}`.
///
/// # Errors
/// When there is no such delivery, or the store cannot be read.
pub async fn show(call: Box<Call>) -> Result<Answer, Problem> {
    let delivery = own_delivery(&call).await?;
    json(StatusCode::OK, &detail(&call, delivery).await?)
}

/// A delivery with its attempts.
pub(in crate::api) async fn detail(call: &Call, delivery: Delivery) -> Result<DeliveryDetail, Problem> {
    let view = view(call, &delivery).await?;
    let attempts = call.read(move |store| store.attempts(&delivery)).await?;
    let attempt_log = attempts.iter().map(|(id, attempt)| AttemptView::whole(*id, attempt)).collect();
    Ok(DeliveryDetail { delivery: view, attempt_log })
}

/// Answers `POST /v1/deliveries/{id}/retry`.
///
/// # Errors
/// When there is no such delivery, or it cannot be sent.
pub async fn retry(call: Box<Call>) -> Result<Answer, Problem> {
    let delivery = own_delivery(&call).await?;
    call.edit(Edit::RetryNow(delivery.id), "delivery").await?;
    let delivery = own_delivery(&call).await?;
    json(StatusCode::ACCEPTED, &view(&call, &delivery).await?)
}

/// Answers `POST /v1/deliveries/{id}/cancel`.
///
/// # Errors
/// When there is no such delivery, or it is not pending.
pub async fn cancel(call: Box<Call>) -> Result<Answer, Problem> {
    let delivery = own_delivery(&call).await?;
    call.edit(Edit::Cancel(delivery.id), "delivery").await?;
    let delivery = own_delivery(&call).await?;
    json(StatusCode::OK, &view(&call, &delivery).await?)
}
