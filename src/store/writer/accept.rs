//! Accepting events: the event, its deliveries and their due rows, in one commit.

use std::collections::HashMap;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::CommitBatch;
use crate::domain::delivery::{DeliveryState, DueRow, Trigger};
use crate::domain::event::{Event, EventHeader, Key, Skip};
use crate::domain::event_type::EventType;
use crate::domain::fanout::{Plan, Share};
use crate::domain::id::{AccountNo, EventId, WebhookNo};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::command::{Accept, Accepted, Idempotency};
use crate::store::committed::Committed;
use crate::store::engine_error::EngineError;
use crate::store::records::delivery::{Batching, DeliveryRecord};
use crate::store::records::idempotency::{Compares, IdempotencyRecord};
use crate::store::records::{event, readable};
use crate::store::tables::{self, EXPIRES_IDEMPOTENCY};

type Receiver = (Arc<Webhook>, Share);
type Skipped = (WebhookNo, Skip);

/// What a key was used for.
pub(super) struct Remembered {
    /// The id of what was made.
    pub(super) made: [u8; 16],
    /// How many webhooks the event went to.
    pub(super) deliveries: u32,
    /// Whether the same was asked for.
    pub(super) same: bool,
}

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

    /// What a request's events get when it may not be stored, because one of them has a key that is
    /// taken for something else, by an earlier request or within this one.
    pub(super) fn conflicts(
        &self,
        events: &[Accept],
        now: Timestamp,
    ) -> Result<Option<Vec<Accepted>>, EngineError> {
        let mut answers = vec![Accepted::Withheld; events.len()];
        let mut bodies = HashMap::new();
        for (answer, event) in answers.iter_mut().zip(events) {
            let account = event.event.account;
            for asked in &event.idempotency {
                let first = *bodies.entry((account, &asked.key)).or_insert(asked.body);
                match self.known_by(account, asked, now)? {
                    Some(conflict @ Accepted::Conflict { .. }) => *answer = conflict,
                    None if first != asked.body => *answer = Accepted::Conflict { id: None },
                    Some(_) | None => {}
                }
            }
        }
        let conflict = answers.iter().any(|answer| *answer != Accepted::Withheld);
        Ok(conflict.then_some(answers))
    }

    /// What an earlier request with one of the same keys got.
    pub(super) fn known(
        &self,
        account: AccountNo,
        asked: &[Idempotency],
        now: Timestamp,
    ) -> Result<Option<Accepted>, EngineError> {
        let mut found = None;
        for asked in asked {
            match self.known_by(account, asked, now)? {
                Some(conflict @ Accepted::Conflict { .. }) => return Ok(Some(conflict)),
                known => found = found.or(known),
            }
        }
        Ok(found)
    }

    fn known_by(
        &self,
        account: AccountNo,
        asked: &Idempotency,
        now: Timestamp,
    ) -> Result<Option<Accepted>, EngineError> {
        Ok(self.remembered(account, asked, now)?.map(|Remembered { made, deliveries, same }| {
            let id = EventId::from_bytes(made);
            if same { Accepted::Duplicate { id, deliveries } } else { Accepted::Conflict { id: Some(id) } }
        }))
    }

    /// What a key stands for, unless it has expired.
    pub(super) fn remembered(
        &self,
        account: AccountNo,
        asked: &Idempotency,
        now: Timestamp,
    ) -> Result<Option<Remembered>, EngineError> {
        let key = tables::idempotency_key(account, &asked.key);
        let Some(row) = self.rows.idempotency.get(key)? else { return Ok(None) };
        let known = readable("idempotency", account, IdempotencyRecord::read(row.value()));
        let known = known.filter(|known| known.expires_at > now.as_millis());
        Ok(known.map(|known| {
            let same = match known.compares {
                Compares::Values => known.body == asked.body,
                Compares::Texts => Some(known.body) == asked.text,
            };
            Remembered { made: known.made, deliveries: known.deliveries, same }
        }))
    }

    pub(super) fn remember(
        &mut self,
        account: AccountNo,
        asked: &Idempotency,
        made: [u8; 16],
        deliveries: u32,
    ) -> Result<(), EngineError> {
        let key = tables::idempotency_key(account, &asked.key);
        let expires_at = asked.expires_at.as_millis();
        let (body, compares) = (asked.body, Compares::Values);
        let record = IdempotencyRecord { made, deliveries, body, expires_at, compares };
        self.rows.idempotency.put(key, record.write().as_slice())?;
        let what = tables::idempotency_bytes(key);
        self.rows.expiry.put((expires_at, EXPIRES_IDEMPOTENCY, what.as_slice()), ())
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
}

/// A delivery of an event that nothing was tried for yet.
pub(super) fn fresh(header: &EventHeader, share: &Share, event_random: u32) -> DeliveryRecord {
    DeliveryRecord {
        created_at: header.accepted_at,
        started_at: header.accepted_at,
        event_random,
        form: share.form,
        state: DeliveryState::Pending,
        attempts: 0,
        made: 0,
        log: Vec::new(),
        due: share.due,
        finished_at: None,
        reason: None,
        error: None,
        revived: false,
        order_key: header.order_key.as_ref().map(order_hash),
        bytes: bytes(header, share),
        batching: Batching::Alone,
    }
}

/// What a delivery's attempts hold in memory.
pub(super) fn bytes(header: &EventHeader, share: &Share) -> u32 {
    let body = share.body.as_ref().map_or(0, |body| body.len());
    header.data_len.saturating_add(u32::try_from(body).unwrap_or(u32::MAX))
}

/// The same for the same key in every version of the program, since it is stored.
fn order_hash(key: &Key) -> u64 {
    let digest: [u8; 32] = Sha256::digest(key.as_str()).into();
    digest.first_chunk().copied().map_or(0, u64::from_be_bytes)
}
