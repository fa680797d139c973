//! Looking at events.

use std::collections::HashMap;
use std::sync::Arc;

use crate::app::core::App;
use crate::app::deliveries::{Listed, listed, rows_of, webhook_ids};
use crate::domain::event::EventHeader;
use crate::domain::id::{AccountNo, EventId, Seq, WebhookId, WebhookNo};
use crate::domain::refusal::Refusal;
use crate::store::{EventFilter, Page, PageRequest};

/// A page of an account's events that a filter wants.
///
/// # Errors
/// When the store cannot be read.
pub async fn list(
    app: &App,
    account: AccountNo,
    filter: EventFilter,
    page: PageRequest<Seq>,
) -> Result<Page<EventHeader, Seq>, Refusal> {
    Ok(app.read(account, move |store| store.events(account, &filter, page)).await?)
}

/// An event, and where it went.
pub struct Followed {
    /// What is known of it.
    pub event: Arc<EventHeader>,
    /// Its data, a JSON text.
    pub data: Arc<[u8]>,
    /// Its deliveries.
    pub deliveries: Vec<Listed>,
    /// The events of a batch.
    pub members: Vec<EventId>,
    /// The ids of the webhooks that were skipped, as far as they are known.
    pub skipped: HashMap<WebhookNo, WebhookId>,
}

/// The event of an account by its id, with its deliveries.
///
/// # Errors
/// When there is none, or the store cannot be read.
pub async fn find(app: &App, account: AccountNo, id: EventId) -> Result<Followed, Refusal> {
    let found = app
        .read(account, move |store| {
            let event = store.event(id.seq())?;
            let Some(event) = event.filter(|e| e.header.id == id && e.header.account == account) else {
                return Ok(None);
            };
            let deliveries = rows_of(store, &event.header)?;
            let members = store.batch_members(id.seq())?;
            Ok(Some((event, deliveries, members)))
        })
        .await?;
    let (event, deliveries, members) = found.ok_or_else(|| Refusal::not_found("event"))?;
    let (data, event) = (event.data, Arc::new(event.header));
    let skipped = webhook_ids(app, account, event.skipped.iter().map(|(no, _)| *no)).await?;
    let rows = deliveries.into_iter().map(|delivery| (delivery, Arc::clone(&event))).collect();
    let deliveries = listed(app, account, rows).await?;
    Ok(Followed { event, data, deliveries, members, skipped })
}
