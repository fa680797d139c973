//! Deliveries with all that is known of them: the event's data, the webhook, the attempts.

use std::collections::HashMap;
use std::sync::Arc;

use super::core::App;
use super::deliveries::rows;
use crate::domain::delivery::{Attempt, Delivery};
use crate::domain::event::EventHeader;
use crate::domain::id::{AccountNo, DeliveryId, WebhookId, WebhookNo};
use crate::domain::refusal::Refusal;
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::{DeliveryFilter, PageRequest, Store, StoreError};

/// A delivery with all that is known of it.
pub struct Logged {
    /// The delivery.
    pub delivery: Delivery,
    /// Its event.
    pub event: Arc<EventHeader>,
    /// Its webhook, as it is or was when it was removed.
    pub webhook: Arc<Webhook>,
    /// Its event's data, where that is asked for.
    pub data: Option<Arc<[u8]>>,
    /// Its attempts, in their order.
    pub attempts: Vec<Attempt>,
}

/// Which webhooks are meant.
pub type Meant = fn(&Webhook) -> bool;

/// A part of a list.
#[derive(Debug, Clone, Copy)]
pub struct Window {
    /// So many are passed over.
    pub offset: usize,
    /// At most so many are in it.
    pub limit: usize,
    /// Whether the newest comes first.
    pub descending: bool,
}

/// The webhook of an account by its id, removed ones too, if it is meant.
///
/// # Errors
/// When there is none, or the store cannot be read.
pub async fn webhook(
    app: &App,
    account: AccountNo,
    id: WebhookId,
    meant: Meant,
) -> Result<Arc<Webhook>, Refusal> {
    let found = app.read(account, move |store| known(store, account, id.no(), meant)).await?;
    found.filter(|webhook| webhook.id == id).ok_or_else(|| Refusal::not_found("webhook"))
}

/// The delivery of an account by its id, whole, if it is to a webhook that is meant.
///
/// # Errors
/// When the store cannot be read.
pub async fn find(
    app: &App,
    account: AccountNo,
    id: DeliveryId,
    meant: Meant,
) -> Result<Option<Logged>, Refusal> {
    let found = app.read(account, move |store| {
        let Some(delivery) = store.delivery(id.event(), id.webhook())? else { return Ok(None) };
        let Some(event) = store.event_header(id.event())? else { return Ok(None) };
        let Some(webhook) = known(store, account, id.webhook(), meant)? else { return Ok(None) };
        if delivery.id != id || event.account != account {
            return Ok(None);
        }
        Logged::read(store, delivery, Arc::new(event), webhook, u32::MAX).map(Some)
    });
    Ok(found.await?)
}

/// The deliveries of an account in a window, of one webhook or of all that are meant, and how many there are,
/// as far as it is looked. They come without what their attempts sent and received.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(
    app: &App,
    account: AccountNo,
    webhook: Option<WebhookNo>,
    meant: Meant,
    window: Window,
) -> Result<(Vec<Logged>, u64), Refusal> {
    Ok(app.read(account, move |store| look(store, account, webhook, meant, window)).await?)
}

impl Logged {
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
}

/// A webhook of an account, removed ones too, if it is meant.
fn known(
    store: &Store,
    account: AccountNo,
    no: WebhookNo,
    meant: Meant,
) -> Result<Option<Arc<Webhook>>, StoreError> {
    let stands = store.directory().webhook(no).cloned();
    let webhook = match stands {
        Some(webhook) => Some(webhook),
        None => store.stored_webhook(no)?.map(Arc::new),
    };
    Ok(webhook.filter(|webhook| webhook.account == account && meant(webhook)))
}

fn look(
    store: &Store,
    account: AccountNo,
    webhook: Option<WebhookNo>,
    meant: Meant,
    window: Window,
) -> Result<(Vec<Logged>, u64), StoreError> {
    let filter = DeliveryFilter { webhook, ..DeliveryFilter::default() };
    let mut page = PageRequest { after: None, descending: window.descending, limit: limits::PAGE_SCAN };
    let mut webhooks: HashMap<WebhookNo, Option<Arc<Webhook>>> = HashMap::new();
    let (mut found, mut total) = (Vec::new(), 0_usize);
    // What the data of all that is shown may take.
    let mut room = limits::DISPATCH_LIST_BYTES;
    for _ in 0..limits::DISPATCH_SCAN / limits::PAGE_SCAN {
        let page_of = rows(store, account, &filter, page)?;
        for (delivery, event) in page_of.rows {
            let webhook = match webhooks.get(&delivery.webhook) {
                Some(webhook) => webhook.clone(),
                None => {
                    let webhook = known(store, account, delivery.webhook, meant)?;
                    webhooks.insert(delivery.webhook, webhook.clone());
                    webhook
                }
            };
            let Some(webhook) = webhook else { continue };
            if total >= window.offset && found.len() < window.limit {
                let most = limits::DISPATCH_DATA_BYTES.min(room);
                let one = Logged::read(store, delivery, event, webhook, most)?;
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
