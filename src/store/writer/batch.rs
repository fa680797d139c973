//! Batches: events of one type that a webhook gets together, as one event whose data is the list of
//! theirs.
//!
//! An event waits in `gathering` from the commit that accepts it. The batch closes when one of its
//! bounds is reached; then, in one commit, its event and its delivery are made, its members name it,
//! and nothing of them waits any more. So each waits in one place at any time, whenever the power goes.

use std::sync::Arc;
use std::time::Duration;

use super::Turn;
use super::accept::fresh;
use crate::domain::delivery::{DeliveryState, Reason, Trigger};
use crate::domain::event::{Event, EventHeader};
use crate::domain::event_type::EventType;
use crate::domain::fanout::Share;
use crate::domain::id::{EventId, Seq, WebhookNo};
use crate::domain::terms::Batch;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::store::committed::Committed;
use crate::store::gathering::{Added, Group};
use crate::store::halt::Halt;
use crate::store::records::batch::{self, BatchRecord};
use crate::store::records::delivery::{Batching, DeliveryRecord};
use crate::store::records::{event, quarantine};
use crate::store::tables;
use crate::{clock, limits};

/// How soon a batch is looked at again for which there is no room.
const NO_ROOM: Duration = Duration::from_secs(1);
/// The same where its webhook has expired, and will be removed unless it is renewed.
const EXPIRED: Duration = Duration::from_secs(3600);
/// What batches are ordered by in lanes that keep an order by key: a batch may hold several keys, so
/// batches keep one order among themselves.
const ORDER: u64 = 0;

/// What closing takes from `gathering`.
struct Members {
    ids: Vec<EventId>,
    data: Vec<u8>,
    /// When the newest of them would have been sent alone.
    due: Timestamp,
}

impl Turn<'_> {
    /// Lets a pending delivery wait for others; `room` is what one body of its profile holds.
    pub(super) fn gather(
        &mut self,
        webhook: &Webhook,
        batch: Batch,
        (seq, event_type): (Seq, &EventType),
        record: &mut DeliveryRecord,
        (room, now): (u32, Timestamp),
    ) -> Result<(), Halt> {
        let group = (webhook.no(), event_type.clone());
        let batch = Batch { max_bytes: batch.max_bytes.min(room), ..batch };
        let added = Added { at: now, bytes: u64::from(record.bytes) + 1, form: record.form };
        let before = self.state.gathering.get(&group);
        if before.is_some_and(|before| {
            before.form != added.form || before.bytes + added.bytes > u64::from(batch.max_bytes)
        }) {
            self.close(&group, now)?;
        }
        record.batching = Batching::Waiting;
        self.save(group.0, seq, record)?;
        let key = (group.0.0, event_type.as_str(), seq.0);
        self.rows.gathering.put(key, batch::write_added(added).as_slice())?;
        self.state.pending += 1;
        if self.state.gathering.add(&group, added, batch.max_wait).is_full(batch) {
            self.close(&group, now)?;
        }
        Ok(())
    }

    /// Closes the batches whose time has come, a bounded part of them.
    pub(super) fn close_due(&mut self, now: Timestamp) -> Result<(), Halt> {
        let (mut rows, mut bytes) = (0, 0);
        while let Some(group) = self.state.gathering.due(now) {
            if rows >= limits::COMMIT_SWEEP || bytes >= limits::COMMIT_BYTES as u64 {
                break;
            }
            let Some(gathered) = self.state.gathering.get(&group) else { break };
            let hindered = match self.webhook(group.0) {
                Some(webhook) if webhook.expired(now) => Some(EXPIRED),
                _ if !self.core.space.holds(bytes + gathered.bytes) => Some(NO_ROOM),
                _ => None,
            };
            if let Some(wait) = hindered {
                self.state.gathering.close_at(&group, now.plus(wait));
                continue;
            }
            rows += gathered.events as usize;
            bytes += gathered.bytes;
            self.close(&group, now)?;
        }
        Ok(())
    }

    /// Brings what a webhook gathers to its changed terms.
    pub(super) fn regather(&mut self, webhook: &Webhook, now: Timestamp) -> Result<(), Halt> {
        for group in self.state.gathering.of(webhook.no()) {
            let gathered = self.state.gathering.get(&group);
            match webhook.terms.batch {
                Some(batch) if !gathered.is_some_and(|gathered| gathered.is_full(batch)) => {
                    self.state.gathering.wait_for(&group, batch.max_wait);
                }
                Some(_) | None => self.close(&group, now)?,
            }
        }
        Ok(())
    }

    /// Makes a batch of what is gathered.
    pub(super) fn close(&mut self, group: &Group, now: Timestamp) -> Result<(), Halt> {
        let (Some(webhook), Some(gathered)) = (self.webhook(group.0), self.state.gathering.remove(group))
        else {
            return Ok(());
        };
        let seq = self.state.take_seq();
        let Members { ids, data, due } = self.take_members(group, seq, now)?;
        if ids.is_empty() {
            return Ok(());
        }
        let random = clock::random_bits()?;
        let header = EventHeader {
            id: EventId::new(now, seq, random),
            account: webhook.account,
            event_type: group.1.clone(),
            source_id: None,
            accepted_at: now,
            occurred_at: now,
            order_key: None,
            metadata: None,
            data_len: u32::try_from(data.len()).unwrap_or(u32::MAX),
            batch_of: u32::try_from(ids.len()).unwrap_or(u32::MAX),
            webhooks: vec![webhook.no()],
            skipped: Vec::new(),
        };
        self.rows.events.put(seq, event::write(&header))?;
        self.rows.payloads.put(seq, event::write_payload(&data))?;
        let members = BatchRecord { webhook: webhook.no(), members: ids };
        self.rows.other(tables::BATCHES)?.insert(seq.0, members.write().as_slice())?;
        let share = Share {
            webhook: webhook.no(),
            form: gathered.form,
            body: None,
            due: due.max(now),
            room: u32::MAX,
        };
        let record = DeliveryRecord {
            batching: Batching::Whole,
            order_key: Some(ORDER),
            ..fresh(&header, &share, random)
        };
        self.save(webhook.no(), seq, &record)?;
        let row = self.enqueue(&webhook, seq, &record, Trigger::Scheduled)?;
        let event = Arc::new(Event { header, data: data.into() });
        self.committed.push(Committed::Accepted { event, rows: vec![(webhook.no(), row)] });
        Ok(())
    }

    /// Takes what waits for the batch with number `seq`, in the order it was accepted in.
    fn take_members(&mut self, group: &Group, seq: Seq, now: Timestamp) -> Result<Members, Halt> {
        let (no, event_type) = (group.0, group.1.as_str());
        let waiting = (no.0, event_type, 0)..=(no.0, event_type, u64::MAX);
        let waiting: Vec<u64> = self
            .rows
            .gathering
            .range(waiting)?
            .map(|row| row.map(|(key, _)| key.value().2))
            .collect::<Result<_, _>>()?;
        let mut members = Members { ids: Vec::with_capacity(waiting.len()), data: b"[".to_vec(), due: now };
        for member in waiting.into_iter().map(Seq) {
            self.stop_waiting(no, event_type, member)?;
            let Some(mut record) = self.record(no, member)? else { continue };
            let payload = match self.rows.payloads.get(member)? {
                Some(row) => quarantine("payloads", member, event::read_payload(row.value())),
                None => None,
            };
            if let Some(payload) = payload {
                if !members.ids.is_empty() {
                    members.data.push(b',');
                }
                members.data.extend_from_slice(&payload);
                members.ids.push(EventId::new(record.created_at, member, record.event_random));
                members.due = record.due;
                record.batching = Batching::In(seq);
            } else {
                // There is nothing left that could be sent.
                record.batching = Batching::Alone;
                record.finish(DeliveryState::Failed, Some(Reason::Exhausted), now);
            }
            self.save(no, member, &record)?;
        }
        members.data.push(b']');
        Ok(members)
    }

    /// Takes a row out of `gathering`.
    pub(super) fn stop_waiting(&mut self, no: WebhookNo, event_type: &str, member: Seq) -> Result<(), Halt> {
        let there = self.rows.gathering.delete((no.0, event_type, member.0))?;
        self.state.pending -= u64::from(there);
        Ok(())
    }

    /// Whether something of a delivery is still to come: of one that went with a batch, the batch says.
    pub(super) fn is_pending(&self, no: WebhookNo, record: &DeliveryRecord) -> Result<bool, Halt> {
        let whole = match record.batching {
            Batching::In(batch) => self.record(no, batch)?,
            Batching::Alone | Batching::Waiting | Batching::Whole => {
                return Ok(record.state == DeliveryState::Pending);
            }
        };
        Ok(whole.is_some_and(|whole| whole.state == DeliveryState::Pending))
    }

    /// Writes how a batch ended to those of its members that are still there, before it goes itself;
    /// how many there were.
    pub(super) fn dissolve(&mut self, seq: Seq) -> Result<usize, Halt> {
        let known = match self.rows.look(tables::BATCHES)?.get(seq.0)? {
            Some(row) => quarantine("batches", seq, BatchRecord::read(row.value())),
            None => None,
        };
        let Some(BatchRecord { webhook, members }) = known else { return Ok(0) };
        let whole = self.record(webhook, seq)?;
        for member in members.iter().map(|id| id.seq()) {
            let Some(mut record) = self.record(webhook, member)? else { continue };
            if record.batching == Batching::In(seq) {
                record.batching = Batching::Alone;
                if let Some(whole) = &whole {
                    record.end_as(whole);
                }
                self.save(webhook, member, &record)?;
            }
        }
        self.rows.other(tables::BATCHES)?.remove(seq.0)?;
        Ok(members.len())
    }
}
