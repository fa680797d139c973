//! What callers may do to one delivery.

use super::CommitBatch;
use super::fresh::{bytes, fresh};
use crate::domain::delivery::{DeliveryState, Reason, Trigger};
use crate::domain::event::EventHeader;
use crate::domain::fanout::Share;
use crate::domain::form::PayloadForm;
use crate::domain::id::{DeliveryId, Seq, WebhookNo};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Webhook, WebhookState};
use crate::store::command::{Edited, Refused};
use crate::store::committed::Committed;
use crate::store::engine_error::{EditError, EngineError};
use crate::store::gathering::Group;
use crate::store::records::delivery::{Batching, DeliveryRecord};
use crate::store::records::{due, event};

const BEING_DROPPED: &str = "the webhook's backlog is being dropped; try again once that is done";
const WENT_WITH_A_BATCH: Refused =
    Refused::State("the event was sent in a batch; retry the batch's delivery instead");

impl CommitBatch<'_> {
    pub(super) fn retry_now(&mut self, id: DeliveryId, now: Timestamp) -> Result<Edited, EditError> {
        let (no, event) = (id.webhook(), id.event());
        let mut record = self.named(id)?;
        let webhook = self.webhook(no).ok_or(Refused::State("the webhook was removed"))?;
        if self.rows.payloads.get(event)?.is_none() {
            return Err(Refused::State("the event's payload is no longer kept").into());
        }
        if let Some(why) = unserved(&webhook, now) {
            return Err(Refused::State(why).into());
        }
        match record.batching {
            Batching::In(_) => return Err(WENT_WITH_A_BATCH.into()),
            Batching::Waiting => {
                self.close(&self.group(no, event)?, now)?;
                return Ok(Edited::Count(1));
            }
            Batching::Alone | Batching::Whole => {}
        }
        if record.state == DeliveryState::Pending {
            self.dequeue(no, due::key_of(&webhook, event, record.due))?;
            self.committed.push(Committed::Withdrawn { webhook: no, event });
            record.due = now;
        } else {
            record.revive(now);
            self.forget_use(no, event)?;
        }
        self.save(no, event, &record)?;
        let row = self.enqueue(&webhook, event, &record, (Trigger::Manual, now))?;
        self.committed.push(Committed::Due { webhook: no, row });
        Ok(Edited::Count(1))
    }

    /// Ends a pending delivery without an attempt.
    pub(super) fn call_off(
        &mut self,
        id: DeliveryId,
        state: DeliveryState,
        reason: Reason,
        now: Timestamp,
    ) -> Result<Edited, EditError> {
        let (no, event) = (id.webhook(), id.event());
        let mut record = self.named(id)?;
        if matches!(record.batching, Batching::In(_)) {
            return Err(WENT_WITH_A_BATCH.into());
        }
        if record.state != DeliveryState::Pending {
            return Err(Refused::State("the delivery is not pending").into());
        }
        let webhook = self.webhook(no).ok_or(Refused::State("the webhook was removed"))?;
        let header = self.header(event)?.ok_or(Refused::NotFound)?;
        self.end_pending(&webhook, &header, &mut record, (state, reason), now)?;
        Ok(Edited::Count(1))
    }

    /// Ends a pending delivery that went with no batch.
    pub(super) fn end_pending(
        &mut self,
        webhook: &Webhook,
        header: &EventHeader,
        record: &mut DeliveryRecord,
        (state, reason): (DeliveryState, Reason),
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let (no, event) = (webhook.no(), header.id.seq());
        if record.batching == Batching::Waiting {
            let group = (no, header.event_type.clone());
            self.state.gathering.take(&group, u64::from(record.bytes) + 1);
            self.stop_waiting(no, group.1.as_str(), event)?;
            record.batching = Batching::Alone;
        } else {
            self.dequeue(no, due::key_of(webhook, event, record.due))?;
        }
        record.finish(state, Some(reason), now);
        self.save(no, event, record)?;
        self.clear_suspect(no, event)?;
        self.committed.push(Committed::Withdrawn { webhook: no, event });
        self.end_once(no, event, now)
    }

    /// Sends an event again.
    pub(super) fn replay_event(
        &mut self,
        event: Seq,
        shares: Vec<Share>,
        now: Timestamp,
    ) -> Result<Edited, EditError> {
        self.header(event)?.ok_or(Refused::NotFound)?;
        if self.rows.payloads.get(event)?.is_none() {
            return Err(Refused::State("the event's payload is no longer kept").into());
        }
        if shares.iter().any(|share| self.drops(share.webhook, event)) {
            return Err(Refused::State(BEING_DROPPED).into());
        }
        Ok(Edited::Count(self.send_again(event, shares, now)?))
    }

    /// Whether a delivery would be called off with what a webhook is being resumed without, if it waited now.
    pub(super) fn drops(&self, no: WebhookNo, event: Seq) -> bool {
        self.webhook(no).and_then(|webhook| webhook.dropping).is_some_and(|up_to| event <= up_to)
    }

    /// Sends an event again where it is still there; to how many webhooks.
    pub(super) fn send_again(
        &mut self,
        event: Seq,
        shares: Vec<Share>,
        now: Timestamp,
    ) -> Result<u32, EngineError> {
        let Some(mut header) = self.header(event)? else { return Ok(0) };
        if self.rows.payloads.get(event)?.is_none() {
            return Ok(0);
        }
        let mut touched = 0;
        let known = header.webhooks.len();
        for share in shares {
            let Some(webhook) = self.webhook_in(header.account, share.webhook) else { continue };
            let mut record = match self.record(share.webhook, event)? {
                Some(record) if self.is_pending(share.webhook, &record)? => continue,
                Some(record) => record,
                None => added(&mut header, &share),
            };
            match &share.body {
                Some(body) => self.keep_body(share.webhook, event, body)?,
                None if record.form == PayloadForm::Template => {
                    self.drop_body(share.webhook, event)?;
                }
                None => {}
            }
            (record.form, record.bytes) = (share.form, bytes(&header, &share));
            self.start_over(&webhook, &header, &mut record, (share.due, share.room, now))?;
            touched += 1;
        }
        if header.webhooks.len() != known {
            self.rows.events.put(event, event::write(&header))?;
        }
        Ok(touched)
    }

    /// Makes a delivery pending as if it were new, its log kept. A batch stays the batch it is; any other
    /// event waits for others again where the webhook gathers.
    pub(super) fn start_over(
        &mut self,
        webhook: &Webhook,
        header: &EventHeader,
        record: &mut DeliveryRecord,
        (due, room, now): (Timestamp, u32, Timestamp),
    ) -> Result<(), EngineError> {
        let event = header.id.seq();
        record.start(due);
        self.forget_use(webhook.no(), event)?;
        record.batching = if header.batch_of > 0 { Batching::Whole } else { Batching::Alone };
        if let Some(batch) = webhook.terms.batch_for(record.form)
            && record.batching == Batching::Alone
        {
            return self.add_to_batch(webhook, batch, (event, &header.event_type), record, (room, now));
        }
        self.save(webhook.no(), event, record)?;
        let row = self.enqueue(webhook, event, record, (Trigger::Scheduled, now))?;
        self.committed.push(Committed::Due { webhook: webhook.no(), row });
        Ok(())
    }

    /// Where a waiting event waits.
    fn group(&self, no: WebhookNo, event: Seq) -> Result<Group, EditError> {
        let header = self.header(event)?.ok_or(Refused::NotFound)?;
        Ok((no, header.event_type))
    }

    /// The delivery of an id.
    fn named(&self, id: DeliveryId) -> Result<DeliveryRecord, EditError> {
        let record = self.record(id.webhook(), id.event())?;
        let named = record.filter(|record| record.id(id.event(), id.webhook()) == id);
        Ok(named.ok_or(Refused::NotFound)?)
    }
}

/// Why nothing is sent to a webhook now, and what would change that.
fn unserved(webhook: &Webhook, now: Timestamp) -> Option<&'static str> {
    match webhook.state {
        WebhookState::Removed { .. } => Some("the webhook was removed"),
        _ if webhook.expired(now) => Some("the webhook has expired; give it an expires_at in the future"),
        WebhookState::Pending => {
            Some("the webhook's receiver has not confirmed it; resume asks the receiver again")
        }
        WebhookState::Paused { .. } => Some("the webhook is paused; resume it first"),
        WebhookState::Disabled { .. } => Some("the webhook is disabled; resume it first"),
        WebhookState::Active if webhook.dropping.is_some() => Some(BEING_DROPPED),
        WebhookState::Active => None,
    }
}

/// A delivery that the event did not have.
fn added(header: &mut EventHeader, share: &Share) -> DeliveryRecord {
    if !header.webhooks.contains(&share.webhook) {
        header.webhooks.push(share.webhook);
    }
    header.skipped.retain(|(no, _)| *no != share.webhook);
    let random = header.id.to_bytes().last_chunk().copied().map_or(0, u32::from_be_bytes);
    fresh(header, share, random)
}
