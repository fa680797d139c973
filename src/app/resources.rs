//! Resources: what deliveries point at instead of holding it.

use std::sync::Arc;

use super::core::{App, DAEMON};
use crate::domain::delivery::Delivery;
use crate::domain::event::Event;
use crate::domain::id::DeliveryId;
use crate::domain::refusal::Refusal;
use crate::domain::terms::ResourceTerms;
use crate::domain::time::Timestamp;
use crate::store::{Store, StoreError};

/// A delivery with what its resource is made of.
pub struct Resource {
    /// The delivery.
    pub delivery: Delivery,
    /// Its event.
    pub event: Event,
    /// Who may read it, and for how long.
    pub terms: ResourceTerms,
    /// Whether it was used up.
    pub used: bool,
}

/// The resource that a token names, no matter who asks.
///
/// # Errors
/// When there is none, or the store cannot be read.
pub async fn find(app: &App, token: &str) -> Result<Resource, Refusal> {
    let missing = || Refusal::not_found("resource");
    let id = app.store.resource_key().delivery(token).ok_or_else(missing)?;
    app.read(DAEMON, move |store| read(store, id)).await?.ok_or_else(missing)
}

/// Uses a resource up; whether it was not used up before.
///
/// # Errors
/// When the store cannot.
pub async fn use_up(app: &App, resource: &Resource, now: Timestamp) -> Result<bool, Refusal> {
    Ok(app.store.use_resource(resource.delivery.id, now).await?)
}

fn read(store: &Store, id: DeliveryId) -> Result<Option<Resource>, StoreError> {
    let found = store.delivery(id.event(), id.webhook())?.filter(|delivery| delivery.id == id);
    let Some(delivery) = found else { return Ok(None) };
    let Some(event) = store.event(id.event())? else { return Ok(None) };
    let known = store.directory().webhook(id.webhook()).map(Arc::clone);
    let terms = match known {
        Some(webhook) => Some(webhook.terms.resource),
        None => store.stored_webhook(id.webhook())?.map(|webhook| webhook.terms.resource),
    };
    let used = store.is_used(id)?;
    Ok(terms.map(|terms| Resource { delivery, event, terms, used }))
}
