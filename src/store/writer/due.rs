//! Due rows, and what else is kept of a delivery beside its record.

use super::CommitBatch;
use crate::domain::delivery::{DueKey, DueRow, Trigger};
use crate::domain::id::{DeliveryId, Seq, WebhookNo};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::store::engine_error::EngineError;
use crate::store::records::delivery::DeliveryRecord;
use crate::store::records::{checked, due, event};
use crate::store::tables::{self, DeliveryKey};

impl CommitBatch<'_> {
    /// Writes the due row of a pending delivery, whose next attempt is decided on now.
    pub(super) fn enqueue(
        &mut self,
        webhook: &Webhook,
        event: Seq,
        record: &DeliveryRecord,
        (trigger, now): (Trigger, Timestamp),
    ) -> Result<DueRow, EngineError> {
        let row = record.due_row(due::key_of(webhook, event, record.due), trigger, now);
        self.rows.due.put(tables::due_key(webhook.no(), row.key), due::write(&row).as_slice())?;
        self.state.pending += 1;
        Ok(row)
    }

    /// Takes a due row away; whether it was there.
    pub(super) fn dequeue(&mut self, webhook: WebhookNo, key: DueKey) -> Result<bool, EngineError> {
        let there = self.rows.due.delete(tables::due_key(webhook, key))?;
        self.state.pending -= u64::from(there);
        Ok(there)
    }

    /// Whether a delivery's resource is read for the first time; from now on it is not.
    pub(super) fn use_resource(&mut self, id: DeliveryId, now: Timestamp) -> Result<bool, EngineError> {
        let key = tables::delivery_key(id.webhook(), id.event());
        let known = self.rows.deliveries.get(key)?.is_some() && !self.is_used(key)?;
        if known {
            self.rows.open_for_write(tables::USED)?.insert(key, now.as_millis())?;
        }
        Ok(known)
    }

    /// One that is damaged is there: what may be read once only is not read again.
    fn is_used(&self, key: DeliveryKey) -> Result<bool, EngineError> {
        let used = self.rows.open_for_read(tables::USED)?;
        let row = used.get(key)?;
        Ok(row.inspect(|row| _ = checked("used", key, row.sound())).is_some())
    }

    /// What is sent again may be read again.
    pub(super) fn forget_use(&mut self, webhook: WebhookNo, event: Seq) -> Result<(), EngineError> {
        let key = tables::delivery_key(webhook, event);
        if self.is_used(key)? {
            self.rows.open_for_write(tables::USED)?.remove(key)?;
        }
        Ok(())
    }

    /// Keeps the body that a template gave, for every attempt of the delivery.
    pub(super) fn keep_body(
        &mut self,
        webhook: WebhookNo,
        event: Seq,
        body: &[u8],
    ) -> Result<(), EngineError> {
        let key = tables::delivery_key(webhook, event);
        self.rows.open_for_write(tables::BODIES)?.insert(key, event::write_payload(body).as_slice())?;
        Ok(())
    }

    /// Takes a body away, if there is one; its length.
    pub(super) fn drop_body(&mut self, webhook: WebhookNo, event: Seq) -> Result<u64, EngineError> {
        let mut bodies = self.rows.open_for_write(tables::BODIES)?;
        let body = bodies.remove(tables::delivery_key(webhook, event))?;
        Ok(body.map_or(0, |body| body.value().len() as u64))
    }
}
