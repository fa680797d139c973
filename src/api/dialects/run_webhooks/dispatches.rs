//! Dispatches: what was sent to a webhook for one event, and what came of it. A dispatch is a delivery.

use std::collections::HashMap;
use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::view::Dispatch;
use super::view::is_ours;
use super::window::Window;
use crate::api::call::Call;
use crate::app::deliveries::rows;
use crate::domain::delivery::{Attempt, Delivery};
use crate::domain::event::EventHeader;
use crate::domain::id::{AccountNo, DeliveryId, WebhookId, WebhookNo};
use crate::domain::webhook::Webhook;
use crate::http::problem::Problem;
use crate::http::reply::{Json, json as answer};
use crate::limits;
use crate::store::{DeliveryFilter, PageRequest, Store, StoreError};

/// A webhook of an account, removed ones too, if it is this dialect's.
fn ours(store: &Store, account: AccountNo, no: WebhookNo) -> Result<Option<Arc<Webhook>>, StoreError> {
    let stands = store.directory().webhook(no).cloned();
    let webhook = match stands {
        Some(webhook) => Some(webhook),
        None => store.stored_webhook(no)?.map(Arc::new),
    };
    Ok(webhook.filter(|webhook| webhook.account == account && is_ours(webhook)))
}

/// What one answer shows of a dispatch.
struct Found {
    delivery: Delivery,
    event: Arc<EventHeader>,
    webhook: Arc<Webhook>,
    data: Option<Arc<[u8]>>,
    attempts: Vec<Attempt>,
}

impl Found {
    fn read(
        store: &Store,
        delivery: Delivery,
        event: Arc<EventHeader>,
        webhook: Arc<Webhook>,
        most_data: u32,
    ) -> Result<Self, StoreError> {
        let data = if event.data_len <= most_data { store.event(event.id.seq())? } else { None };
        let attempts = store.attempts(&delivery)?.into_iter().map(|(_, attempt)| attempt).collect();
        Ok(Self { delivery, event, webhook, data: data.map(|event| event.data), attempts })
    }

    /// Without what a list does not show: it may be a megabyte each.
    fn brief(mut self) -> Self {
        for attempt in &mut self.attempts {
            attempt.request_headers.clear();
            if let Some(response) = &mut attempt.exchange.response {
                response.headers.clear();
                response.body = Vec::new();
            }
        }
        self
    }

    fn view(&self, call: &Call, whole: bool) -> Value {
        let dispatch = Dispatch {
            delivery: &self.delivery,
            event: &self.event,
            webhook: Some(&self.webhook),
            data: self.data.as_deref(),
            attempts: &self.attempts,
            whole,
        };
        dispatch.view(call)
    }
}

/// A dispatch of the account, whole.
pub(super) async fn view_of(call: &Call, id: DeliveryId) -> Result<Option<Value>, Problem> {
    let account = call.account();
    let found = call
        .read(move |store| {
            let Some(delivery) = store.delivery(id.event(), id.webhook())? else { return Ok(None) };
            let Some(event) = store.event_header(id.event())? else { return Ok(None) };
            let Some(webhook) = ours(store, account, id.webhook())? else { return Ok(None) };
            if delivery.id != id || event.account != account {
                return Ok(None);
            }
            Found::read(store, delivery, Arc::new(event), webhook, u32::MAX).map(Some)
        })
        .await?;
    Ok(found.map(|found| found.view(call, true)))
}

/// Answers `GET /v2/webhook-dispatches/{id}`.
///
/// # Errors
/// When there is no such dispatch.
pub async fn show(call: Box<Call>) -> Result<Json<Value>, Problem> {
    let missing = || Problem::not_found("dispatch");
    let id = call.param.parse().map_err(|_| missing())?;
    let data = view_of(&call, id).await?.ok_or_else(missing)?;
    answer(StatusCode::OK, &json!({ "data": data }))
}

/// Answers `GET /v2/webhook-dispatches`.
///
/// # Errors
/// When a parameter has no sense.
pub async fn list(call: Box<Call>) -> Result<Json<Value>, Problem> {
    page(call, None).await
}

/// Answers `GET /v2/webhooks/{id}/dispatches`; those of a removed webhook too, since its log stays.
///
/// # Errors
/// When there is no such webhook, or a parameter has no sense.
pub async fn list_of_webhook(call: Box<Call>) -> Result<Json<Value>, Problem> {
    let missing = || Problem::not_found("webhook");
    let id: WebhookId = call.param.parse().map_err(|_| missing())?;
    let account = call.account();
    let webhook = call.read(move |store| ours(store, account, id.no())).await?;
    webhook.filter(|webhook| webhook.id == id).ok_or_else(missing)?;
    page(call, Some(id.no())).await
}

async fn page(call: Box<Call>, webhook: Option<WebhookNo>) -> Result<Json<Value>, Problem> {
    let window = Window::of(&call)?;
    let account = call.account();
    let (found, total) = call.read(move |store| look(store, account, webhook, window)).await?;
    let items: Vec<Value> = found.iter().map(|found| found.view(&call, false)).collect();
    window.answer(&items, total)
}

/// The dispatches in a window, and how many there are, as far as it is looked.
fn look(
    store: &Store,
    account: AccountNo,
    webhook: Option<WebhookNo>,
    window: Window,
) -> Result<(Vec<Found>, u64), StoreError> {
    let query = (&DeliveryFilter { webhook, ..DeliveryFilter::default() }).into();
    let mut page = PageRequest { after: None, descending: window.desc, limit: limits::PAGE_SCAN };
    let (offset, limit) = window.range();
    let mut known: HashMap<WebhookNo, Option<Arc<Webhook>>> = HashMap::new();
    let (mut found, mut total) = (Vec::new(), 0_usize);
    // What the data of all that is shown may take.
    let mut room = limits::DISPATCH_LIST_BYTES;
    for _ in 0..limits::DISPATCH_SCAN / limits::PAGE_SCAN {
        let page_of = rows(store, account, &query, page)?;
        for (delivery, event) in page_of.rows {
            let webhook = match known.get(&delivery.webhook) {
                Some(webhook) => webhook.clone(),
                None => {
                    let webhook = ours(store, account, delivery.webhook)?;
                    known.insert(delivery.webhook, webhook.clone());
                    webhook
                }
            };
            let Some(webhook) = webhook else { continue };
            if total >= offset && found.len() < limit {
                let most = limits::DISPATCH_DATA_BYTES.min(room);
                let one = Found::read(store, delivery, event, webhook, most)?;
                room = room.saturating_sub(one.data.as_ref().map_or(0, |_| one.event.data_len));
                found.push(one.brief());
            }
            total += 1;
        }
        page.after = page_of.next;
        if page_of.next.is_none() {
            break;
        }
    }
    Ok((found, total as u64))
}
