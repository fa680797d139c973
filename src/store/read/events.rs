//! Events and single rows.

use std::sync::Arc;

use super::listed::walk_account;
use super::window::{header, wants, window};
use crate::domain::delivery::{Attempt, Delivery};
use crate::domain::event::{Event, EventHeader};
use crate::domain::id::{AccountNo, AttemptId, DeliveryId, EventId, Seq, WebhookId, WebhookNo};
use crate::domain::webhook::{Webhook, WebhookState};
use crate::limits;
use crate::store::engine_error::EngineError;
use crate::store::query::{EventFilter, Page, PageRequest};
use crate::store::records::batch::BatchRecord;
use crate::store::records::delivery::{Batching, DeliveryRecord};
use crate::store::records::{attempt, checked, event, readable, webhook};
use crate::store::tables::LISTED_EVENTS;
use crate::store::{Store, StoreError, tables};

impl Store {
    /// An event whole.
    ///
    /// # Errors
    /// When the store is unavailable, or the event is damaged.
    pub fn event(&self, seq: Seq) -> Result<Option<Event>, StoreError> {
        self.read_one(|txn| {
            let Some(header) = header(&tables::EVENTS.read(txn)?, seq)? else { return Ok(None) };
            let payloads = tables::PAYLOADS.read(txn)?;
            let Some(row) = payloads.get(seq.0)? else { return Ok(None) };
            let data = readable("payloads", seq, event::read_payload(row.value()));
            Ok(data.map(|data| Event { header, data }))
        })
    }

    /// The body that a template gave for a delivery.
    ///
    /// # Errors
    /// When the store is unavailable, or the body is damaged.
    pub fn body(&self, webhook: WebhookNo, event: Seq) -> Result<Option<Arc<[u8]>>, StoreError> {
        self.read_one(|txn| {
            let key = tables::delivery_key(webhook, event);
            let Some(row) = tables::BODIES.read(txn)?.get(key)? else { return Ok(None) };
            Ok(readable("bodies", key, event::read_payload(row.value())))
        })
    }

    /// An event without its payload.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn event_header(&self, seq: Seq) -> Result<Option<EventHeader>, StoreError> {
        self.read_one(|txn| header(&tables::EVENTS.read(txn)?, seq))
    }

    /// A page of an account's events, as they were posted: without batches of them.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn events(
        &self,
        account: AccountNo,
        filter: &EventFilter,
        page: PageRequest<Seq>,
    ) -> Result<Page<EventHeader, Seq>, StoreError> {
        self.read(|txn| {
            let events = tables::EVENTS.read(txn)?;
            let window = window(&events, filter.since, filter.until)?;
            let mut found = Page { rows: Vec::new(), next: None };
            let mut last = None;
            let rows =
                walk_account(txn, (account, LISTED_EVENTS), &events, window, page.after, page.descending)?;
            for (looked, row) in rows.enumerate() {
                let (seq, row) = row?;
                if found.rows.len() == page.limit || looked == limits::PAGE_SCAN {
                    found.next = last;
                    break;
                }
                last = Some(Seq(seq.value()));
                let header = readable("events", seq.value(), event::read(row.value()));
                found.rows.extend(header.filter(|header| {
                    header.account == account && header.batch_of == 0 && wants(filter, header)
                }));
            }
            Ok(found)
        })
    }

    /// A delivery. One that went with a batch stands as the batch's does, with its attempts.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn delivery(&self, event: Seq, webhook: WebhookNo) -> Result<Option<Delivery>, StoreError> {
        self.read_one(|txn| {
            let deliveries = tables::DELIVERIES.read(txn)?;
            let record = |event: Seq| {
                let key = tables::delivery_key(webhook, event);
                let Some(row) = deliveries.get(key)? else { return Ok(None) };
                Ok::<_, EngineError>(readable("deliveries", key, DeliveryRecord::read(row.value())))
            };
            let Some(own) = record(event)? else { return Ok(None) };
            let Batching::In(batch) = own.batching else {
                return Ok(Some(own.into_delivery(event, webhook)));
            };
            if deliveries.get(tables::delivery_key(webhook, batch))?.is_none() {
                // It went with its event. The batch had ended by then, and so had those that went with it.
                return Ok(Some(own.into_delivery(event, webhook)));
            }
            // Where it is damaged, no one knows how this one stands.
            let whole = record(batch)?;
            Ok(whole.map(|whole| own.into_member(event, whole.into_delivery(batch, webhook))))
        })
    }

    /// The events that went with a batch, in their order.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn batch_members(&self, batch: Seq) -> Result<Vec<EventId>, StoreError> {
        let found = self.read_one(|txn| {
            let Some(row) = tables::BATCHES.read(txn)?.get(batch.0)? else { return Ok(None) };
            Ok(readable("batches", batch, BatchRecord::read(row.value())))
        });
        Ok(found?.map(|record| record.members).unwrap_or_default())
    }

    /// Whether a delivery's resource was read, where that may be done once only.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn is_used(&self, delivery: DeliveryId) -> Result<bool, StoreError> {
        let key = tables::delivery_key(delivery.webhook(), delivery.event());
        self.read(|txn| {
            let row = tables::USED.read(txn)?.get(key)?;
            // One that is damaged is there: what may be read once only is not read again.
            Ok(row.inspect(|row| _ = checked("used", key, row.sound())).is_some())
        })
    }

    /// A webhook's record, removed or not, of which something is left.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn stored_webhook(&self, no: WebhookNo) -> Result<Option<Webhook>, StoreError> {
        self.read_one(|txn| {
            let row = match tables::WEBHOOKS.read(txn)?.get(no.0)? {
                Some(row) => Some(row),
                None => tables::REMOVED.read(txn)?.get(no.0)?,
            };
            let Some(row) = row else { return Ok(None) };
            Ok(readable("webhooks", no, webhook::read(row.value(), &self.core.seal)))
        })
    }

    /// The deliveries of an event to those of these webhooks that have one.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn deliveries_of(&self, event: Seq, webhooks: &[WebhookNo]) -> Result<Vec<Delivery>, StoreError> {
        let found = webhooks.iter().map(|no| self.delivery(event, *no));
        found.filter_map(Result::transpose).collect()
    }

    /// The attempts of a delivery that are kept, oldest first.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn attempts(&self, delivery: &Delivery) -> Result<Vec<(AttemptId, Attempt)>, StoreError> {
        self.read(|txn| {
            let attempts = tables::ATTEMPTS.read(txn)?;
            let mut found = Vec::with_capacity(delivery.log.len());
            for &seq in &delivery.log {
                let Some(row) = attempts.get(seq.0)? else { continue };
                let Some(attempt) = readable("attempts", seq, attempt::read(row.value())) else { continue };
                found.push((AttemptId::new(attempt.started_at, seq, delivery.webhook), attempt));
            }
            Ok(found)
        })
    }

    /// A webhook that was removed but whose log is still there.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn removed_webhook(&self, id: WebhookId) -> Result<Option<Webhook>, StoreError> {
        let removed = |webhook: &Webhook| matches!(webhook.state, WebhookState::Removed { .. });
        let webhook = self.stored_webhook(id.no())?;
        Ok(webhook.filter(|webhook| webhook.id == id && removed(webhook)))
    }
}
