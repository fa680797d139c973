//! Deliveries: looking at them, sending one again, calling one off.

use std::collections::HashMap;
use std::sync::Arc;

use super::core::App;
use crate::domain::delivery::Delivery;
use crate::domain::event::EventHeader;
use crate::domain::id::{AccountNo, DeliveryId, WebhookId, WebhookNo};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::store::audit::Actor;
use crate::store::command::Edit;
use crate::store::{DeliveryCursor, DeliveryFilter, Page, PageRequest, Store, StoreError};

/// A delivery, with the id of its webhook unless nothing is left of that.
pub type Listed = (Delivery, Option<WebhookId>);

/// An account's deliveries that a filter wants, with their events. Every list of deliveries is made here.
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

/// A page of an account's deliveries.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(
    app: &App,
    account: AccountNo,
    filter: DeliveryFilter,
    page: PageRequest<DeliveryCursor>,
) -> Result<Page<Listed, DeliveryCursor>, StoreError> {
    let found = app.read(account, move |store| rows(store, account, &filter, page)).await?;
    let ids = webhook_ids(app, account, found.rows.iter().map(|(delivery, _)| delivery.webhook)).await?;
    let listed = |(delivery, _): (Delivery, _)| {
        let webhook = ids.get(&delivery.webhook).copied();
        (delivery, webhook)
    };
    Ok(Page { rows: found.rows.into_iter().map(listed).collect(), next: found.next })
}

/// A delivery of an account.
///
/// # Errors
/// When there is none, or the store cannot be read.
pub async fn find(app: &App, account: AccountNo, id: DeliveryId) -> Result<Listed, Refusal> {
    let found = app
        .read(account, move |store| {
            let Some(delivery) = store.delivery(id.event(), id.webhook())? else { return Ok(None) };
            Ok(store.event_header(id.event())?.map(|event| (delivery, event.account)))
        })
        .await?;
    let own = found.filter(|(delivery, of)| delivery.id == id && *of == account);
    let (delivery, _) = own.ok_or_else(|| Refusal::not_found("delivery"))?;
    let ids = webhook_ids(app, account, [delivery.webhook]).await?;
    let webhook = ids.get(&delivery.webhook).copied();
    Ok((delivery, webhook))
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
    find(app, account, id).await?;
    app.edit(Edit::RetryNow(id), by, "delivery", now).await?;
    find(app, account, id).await
}

/// Calls a pending delivery off; the delivery afterwards.
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
    find(app, account, id).await?;
    app.edit(Edit::Cancel(id), by, "delivery", now).await?;
    find(app, account, id).await
}

/// The ids of webhooks, removed ones too.
///
/// # Errors
/// When the store cannot be read.
pub async fn webhook_ids(
    app: &App,
    account: AccountNo,
    numbers: impl IntoIterator<Item = WebhookNo>,
) -> Result<HashMap<WebhookNo, WebhookId>, StoreError> {
    let mut known = HashMap::new();
    let mut gone = Vec::new();
    {
        let directory = app.store.directory();
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
    let removed = move |store: &Store| {
        gone.into_iter()
            .map(|no| store.webhook_id(no).map(|id| id.map(|id| (no, id))))
            .collect::<Result<Vec<_>, _>>()
    };
    known.extend(app.read(account, removed).await?.into_iter().flatten());
    Ok(known)
}
