//! Deliveries: looking at them, sending one again, calling one off.

use std::collections::HashMap;
use std::sync::Arc;

use super::core::App;
use crate::domain::delivery::{Delivery, DueRow};
use crate::domain::event::EventHeader;
use crate::domain::id::{AccountNo, DeliveryId, WebhookId, WebhookNo};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::audit::Actor;
use crate::store::command::Edit;
use crate::store::{Counted, Page, PageRequest, Store, StoreError};
pub use crate::store::{DeliveryCursor, DeliveryFilter, Label};

/// A delivery with what it is of.
#[derive(Debug)]
pub struct Listed {
    /// The delivery.
    pub delivery: Delivery,
    /// The event it was made for.
    pub event: Arc<EventHeader>,
    /// Its webhook, as it is now or was when it was removed; `None` when nothing is left of that.
    pub webhook: Option<Arc<Webhook>>,
}

/// An account's deliveries that a query wants, with their events. Every list of deliveries is made here.
///
/// # Errors
/// When the store cannot be read.
pub fn rows(
    store: &Store,
    account: AccountNo,
    filter: &DeliveryFilter,
    page: PageRequest<DeliveryCursor>,
) -> Result<Page<(Delivery, Arc<EventHeader>), DeliveryCursor>, StoreError> {
    store.deliveries(account, filter, page)
}

/// An event's deliveries to all of its webhooks, those that went with a batch too.
///
/// # Errors
/// When the store cannot be read.
pub fn rows_of(store: &Store, event: &EventHeader) -> Result<Vec<Delivery>, StoreError> {
    store.deliveries_of(event.id.seq(), &event.webhooks)
}

/// How many of an account's deliveries a filter wants; of a webhook that `missed` them, how many it missed.
///
/// # Errors
/// When the store cannot be read.
pub fn counted(
    store: &Store,
    account: AccountNo,
    filter: &DeliveryFilter,
    missed: Option<&Arc<Webhook>>,
) -> Result<Counted, StoreError> {
    match missed {
        Some(webhook) => store.count_missed(webhook, filter),
        None => store.count_deliveries(account, filter, limits::REPLAY_COUNT_SCAN),
    }
}

/// A page of an account's deliveries.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(
    app: &App,
    account: AccountNo,
    filter: DeliveryFilter,
    page: PageRequest<DeliveryCursor>,
) -> Result<Page<Listed, DeliveryCursor>, Refusal> {
    let found = app.read(account, move |store| rows(store, account, &filter, page)).await?;
    Ok(Page { rows: listed(app, account, found.rows).await?, next: found.next })
}

/// A delivery of an account.
///
/// # Errors
/// When there is none, or the store cannot be read.
pub async fn find(app: &App, account: AccountNo, id: DeliveryId) -> Result<Listed, Refusal> {
    let found = app
        .read(account, move |store| {
            let Some(delivery) = store.delivery(id.event(), id.webhook())? else { return Ok(None) };
            Ok(store.event_header(id.event())?.map(|event| (delivery, event)))
        })
        .await?;
    let own = found.filter(|(delivery, event)| delivery.id == id && event.account == account);
    let (delivery, event) = own.ok_or_else(|| Refusal::not_found("delivery"))?;
    let mut webhooks = webhooks(app, account, [delivery.webhook]).await?;
    let webhook = webhooks.remove(&delivery.webhook);
    Ok(Listed { delivery, event: Arc::new(event), webhook })
}

/// When pending deliveries of an account are due, in their order; `None` for those that are not pending.
///
/// # Errors
/// When the store cannot be read.
pub async fn due(
    app: &App,
    account: AccountNo,
    ids: Vec<DeliveryId>,
) -> Result<Vec<Option<DueRow>>, Refusal> {
    Ok(app.read(account, move |store| store.due_rows(&ids)).await?)
}

/// Makes an attempt now; the delivery afterwards.
///
/// # Errors
/// When there is no such delivery, or it cannot be sent.
pub async fn retry(
    app: &App,
    account: AccountNo,
    id: DeliveryId,
    by: Actor,
    now: Timestamp,
) -> Result<Listed, Refusal> {
    edit(app, account, id, Edit::RetryNow(id), by, now).await
}

/// Cancels a pending delivery; the delivery afterwards.
///
/// # Errors
/// When there is no such delivery, or it is not pending.
pub async fn cancel(
    app: &App,
    account: AccountNo,
    id: DeliveryId,
    by: Actor,
    now: Timestamp,
) -> Result<Listed, Refusal> {
    edit(app, account, id, Edit::Cancel(id), by, now).await
}

/// Changes a delivery of the account; the delivery afterwards.
async fn edit(
    app: &App,
    account: AccountNo,
    id: DeliveryId,
    edit: Edit,
    by: Actor,
    now: Timestamp,
) -> Result<Listed, Refusal> {
    find(app, account, id).await?;
    app.edit(edit, by, "delivery", now).await?;
    find(app, account, id).await
}

/// Deliveries with their event and their webhooks.
///
/// # Errors
/// When the store cannot be read.
pub async fn listed(
    app: &App,
    account: AccountNo,
    rows: Vec<(Delivery, Arc<EventHeader>)>,
) -> Result<Vec<Listed>, Refusal> {
    let webhooks = webhooks(app, account, rows.iter().map(|(delivery, _)| delivery.webhook)).await?;
    let listed = |(delivery, event): (Delivery, Arc<EventHeader>)| {
        let webhook = webhooks.get(&delivery.webhook).cloned();
        Listed { delivery, event, webhook }
    };
    Ok(rows.into_iter().map(listed).collect())
}

/// Webhooks of an account by their numbers, removed ones too.
///
/// # Errors
/// When the store cannot be read.
pub async fn webhooks(
    app: &App,
    account: AccountNo,
    numbers: impl IntoIterator<Item = WebhookNo>,
) -> Result<HashMap<WebhookNo, Arc<Webhook>>, StoreError> {
    let mut known = HashMap::new();
    let mut gone = Vec::new();
    {
        let directory = app.store.directory();
        for no in numbers {
            match directory.webhook_in(account, no) {
                Some(webhook) => drop(known.insert(no, Arc::clone(webhook))),
                None => gone.push(no),
            }
        }
    }
    if gone.is_empty() {
        return Ok(known);
    }
    gone.sort_unstable();
    gone.dedup();
    let removed = move |store: &Store| {
        let stored =
            |no| store.stored_webhook(no).map(|webhook| webhook.map(|webhook| (no, Arc::new(webhook))));
        gone.into_iter().map(stored).collect::<Result<Vec<_>, _>>()
    };
    let removed = app.read(account, removed).await?.into_iter().flatten();
    known.extend(removed.filter(|(_, webhook)| webhook.account == account));
    Ok(known)
}

/// The ids of webhooks of an account, removed ones too.
///
/// # Errors
/// When the store cannot be read.
pub async fn webhook_ids(
    app: &App,
    account: AccountNo,
    numbers: impl IntoIterator<Item = WebhookNo>,
) -> Result<HashMap<WebhookNo, WebhookId>, Refusal> {
    let webhooks = webhooks(app, account, numbers).await?;
    Ok(webhooks.into_iter().map(|(no, webhook)| (no, webhook.id)).collect())
}
