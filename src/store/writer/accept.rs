//! Accepting events: the event, its deliveries and their due rows, in one commit.

use std::sync::Arc;

use super::CommitBatch;
use super::fresh::fresh;
use crate::domain::delivery::{DueRow, Trigger};
use crate::domain::event::{Event, EventHeader, Skip};
use crate::domain::event_type::EventType;
use crate::domain::fanout::{Plan, Share};
use crate::domain::id::{AccountNo, EventId, Seq, WebhookNo};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::command::{Accept, Accepted};
use crate::store::committed::Committed;
use crate::store::engine_error::EngineError;
use crate::store::records::event;

type Receiver = (Arc<Webhook>, Share);
type Skipped = (WebhookNo, Skip);

impl CommitBatch<'_> {
    pub(super) fn accept(&mut self, accept: Accept, now: Timestamp) -> Result<Accepted, EngineError> {
        let Accept { event: new, plan, idempotency, random } = accept;
        if let Some(known) = self.known(new.account, &idempotency, now)? {
            if let Accepted::Duplicate { id, deliveries } = known {
                // A key that is new stands for the event from now on as well.
                for asked in &idempotency {
                    if self.known_by(new.account, asked, now)?.is_none() {
                        self.remember(new.account, asked, id.to_bytes(), deliveries)?;
                    }
                }
            }
            return Ok(known);
        }
        let seq = self.state.take_seq();
        let id = EventId::new(now, seq, random);
        let (shares, skipped) = self.present(new.account, plan, &new.event_type)?;
        let header = EventHeader {
            id,
            account: new.account,
            event_type: new.event_type,
            source_id: new.source_id,
            accepted_at: now,
            occurred_at: new.occurred_at.unwrap_or(now),
            order_key: new.order_key,
            metadata: new.metadata,
            data_len: u32::try_from(new.data.len()).unwrap_or(u32::MAX),
            batch_of: 0,
            webhooks: shares.iter().map(|(webhook, _)| webhook.no()).collect(),
            skipped,
        };
        self.rows.events.put(seq, event::write(&header))?;
        self.list_event(header.account, seq)?;
        self.rows.payloads.put(seq, event::write_payload(&new.data))?;
        let mut rows = Vec::with_capacity(shares.len());
        let deliveries = u32::try_from(shares.len()).unwrap_or(u32::MAX);
        for (webhook, share) in shares {
            let row = self.deliver(&header, &webhook, &share, random)?;
            rows.extend(row.map(|row| (webhook.no(), row)));
        }
        for asked in &idempotency {
            self.remember(new.account, asked, id.to_bytes(), deliveries)?;
        }
        if !rows.is_empty() {
            let event = Arc::new(Event { header, data: new.data });
            self.committed.push(Committed::Accepted { event, rows });
        }
        Ok(Accepted::New { id, deliveries })
    }

    /// The plan without the webhooks that went away since it was made, or had the one event they take.
    fn present(
        &self,
        account: AccountNo,
        plan: Plan,
        event_type: &EventType,
    ) -> Result<(Vec<Receiver>, Vec<Skipped>), EngineError> {
        let mut skipped = plan.skipped;
        let mut present = Vec::with_capacity(plan.shares.len());
        for share in plan.shares {
            let skip = match self.webhook_in(account, share.webhook) {
                Some(webhook) if webhook.listens_to(event_type) && self.is_spent(&webhook)? => Skip::Spent,
                Some(webhook) => {
                    present.push((webhook, share));
                    continue;
                }
                None => Skip::Removed,
            };
            if skipped.len() < limits::SKIPPED_PER_EVENT {
                skipped.push((share.webhook, skip));
            }
        }
        Ok((present, skipped))
    }

    /// Makes a delivery; its due row, unless its event waits for others.
    fn deliver(
        &mut self,
        header: &EventHeader,
        webhook: &Webhook,
        share: &Share,
        random: u32,
    ) -> Result<Option<DueRow>, EngineError> {
        let mut record = fresh(header, share, random);
        let seq = header.id.seq();
        if let Some(batch) = webhook.terms.batch_for(share.form) {
            let event = (seq, &header.event_type);
            self.add_to_batch(webhook, batch, event, &mut record, (share.room, header.accepted_at))?;
            return Ok(None);
        }
        self.save(webhook.no(), seq, &record)?;
        if let Some(body) = &share.body {
            self.keep_body(webhook.no(), seq, body)?;
        }
        self.enqueue(webhook, seq, &record, (Trigger::Scheduled, header.accepted_at)).map(Some)
    }

    /// Whether a webhook takes one event only, and has it. Tests do not count, up to a number.
    fn is_spent(&self, webhook: &Webhook) -> Result<bool, EngineError> {
        if !webhook.terms.once {
            return Ok(false);
        }
        let no = webhook.no().0;
        for (looked, row) in self.rows.deliveries.range((no, 0)..=(no, u64::MAX))?.enumerate() {
            if looked == limits::ONE_SHOT_DELIVERIES {
                return Ok(true);
            }
            let (key, _) = row?;
            let header = self.header(Seq(key.value().1))?;
            if header.is_some_and(|header| webhook.listens_to(&header.event_type)) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}
