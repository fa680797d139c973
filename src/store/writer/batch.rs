//! Batches: events of one type that a webhook gets together, as one event whose data is the list of
//! theirs.
//!
//! An event waits in `gathering` from the commit that accepts it. The batch closes when one of its
//! bounds is reached; then, in one commit, its event and its delivery are made, its members name it,
//! and nothing of them waits any more. So each waits in one place at any time, whenever the power goes.

use std::sync::Arc;
use std::time::Duration;

use super::CommitBatch;
use super::fresh::fresh;
use crate::domain::delivery::{DeliveryState, Reason, Trigger};
use crate::domain::event::{Event, EventHeader};
use crate::domain::event_type::EventType;
use crate::domain::fanout::Share;
use crate::domain::form::PayloadForm;
use crate::domain::id::{EventId, Seq, WebhookNo};
use crate::domain::terms::Batch;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::store::committed::Committed;
use crate::store::engine_error::EngineError;
use crate::store::gathering::{Added, Group, PendingBatch};
use crate::store::records::batch::{self, BatchRecord};
use crate::store::records::delivery::{Batching, DeliveryRecord};
use crate::store::records::{event, readable};
use crate::store::tables;
use crate::{clock, limits};

/// How soon a batch is looked at again for which there is no room.
const NO_ROOM: Duration = Duration::from_secs(1);
/// The same where what waits for its webhook is being called off.
const DROPPING: Duration = Duration::from_secs(1);
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

/// What one batch takes of a group: as much of what waits as fits into one.
struct Taken {
    /// Each with when it began to wait.
    members: Vec<(Seq, Timestamp)>,
    bytes: u64,
    form: PayloadForm,
    /// The first that is left.
    next: Option<Added>,
}

/// What closing a batch weighs in a commit.
fn weight(gathered: PendingBatch) -> usize {
    let events = gathered.events.min(limits::BATCH_EVENTS) as usize;
    let bytes = gathered.bytes.min(limits::BATCH_BYTES.into());
    events * limits::ROW_WEIGHT_BYTES + usize::try_from(bytes).unwrap_or(usize::MAX)
}

impl CommitBatch<'_> {
    /// Lets a pending delivery wait for others; `room` is what one body of its profile holds.
    pub(super) fn add_to_batch(
        &mut self,
        webhook: &Webhook,
        batch: Batch,
        (seq, event_type): (Seq, &EventType),
        record: &mut DeliveryRecord,
        (room, now): (u32, Timestamp),
    ) -> Result<(), EngineError> {
        let group = (webhook.no(), event_type.clone());
        let room = Some(room).filter(|room| *room < batch.max_bytes);
        let batch = Batch { max_bytes: room.unwrap_or(batch.max_bytes), ..batch };
        let added = Added { at: now, bytes: u64::from(record.bytes) + 1, form: record.form, room };
        let before = self.state.gathering.get(&group);
        if before.is_some_and(|before| {
            before.form != added.form || before.bytes + added.bytes > u64::from(batch.max_bytes)
        }) {
            self.close_soon(&group, now)?;
        }
        record.batching = Batching::Waiting;
        self.save(group.0, seq, record)?;
        let key = (group.0.0, event_type.as_str(), seq.0);
        self.rows.gathering.put(key, batch::write_added(added).as_slice())?;
        self.state.pending += 1;
        let gathered = self.state.gathering.add(&group, added, batch.max_wait);
        if gathered.is_full(batch) || self.state.gathering.is_crowded(group.0) {
            self.close_soon(&group, now)?;
        }
        Ok(())
    }

    /// Makes a batch of a group in this commit if it holds so much more, else in one of the next. Of an event that
    /// completes a batch for each of its webhooks, all of them in one commit would be millions of rows.
    fn close_soon(&mut self, group: &Group, now: Timestamp) -> Result<(), EngineError> {
        let Some(gathered) = self.state.gathering.get(group) else { return Ok(()) };
        if self.is_dropping(group.0) {
            self.state.gathering.close_at(group, now.plus(DROPPING));
            return Ok(());
        }
        if self.weight.saturating_add(weight(gathered)) <= limits::COMMIT_BYTES {
            return self.close(group, now);
        }
        self.state.gathering.close_at(group, now);
        Ok(())
    }

    /// Whether what waits for a webhook is being called off; a batch of it would not be.
    fn is_dropping(&self, no: WebhookNo) -> bool {
        self.webhook(no).is_some_and(|webhook| webhook.dropping.is_some())
    }

    /// Closes the batches whose time has come: one at least, and as many as fit into the commit.
    pub(super) fn close_due(&mut self, now: Timestamp) -> Result<(), EngineError> {
        for group in self.state.gathering.observe(now) {
            let Some(webhook) = self.webhook(group.0) else { continue };
            let max_wait = webhook.terms.batch.map(|batch| batch.max_wait).unwrap_or_default();
            // What was hindered waits for longer than its own time.
            let most = max_wait.max(if webhook.expired(now) { EXPIRED } else { NO_ROOM.max(DROPPING) });
            self.state.gathering.clamp(&group, most, now);
        }
        let mut bytes = 0;
        for looked in 0..limits::COMMIT_SWEEP {
            let Some(group) = self.state.gathering.due(now) else { break };
            let Some(gathered) = self.state.gathering.get(&group) else { break };
            if looked > 0 && self.weight.saturating_add(weight(gathered)) > limits::COMMIT_BYTES {
                break;
            }
            let more = gathered.bytes.min(limits::BATCH_BYTES.into());
            let hindered = match self.webhook(group.0) {
                Some(webhook) if webhook.expired(now) => Some(EXPIRED),
                Some(webhook) if webhook.dropping.is_some() => Some(DROPPING),
                _ if !self.core.space.holds(bytes + more) => Some(NO_ROOM),
                _ => None,
            };
            if let Some(wait) = hindered {
                self.state.gathering.close_at(&group, now.plus(wait));
                continue;
            }
            bytes += more;
            self.close(&group, now)?;
        }
        Ok(())
    }

    /// Brings what a webhook gathers to its changed terms.
    pub(super) fn regather(&mut self, webhook: &Webhook, now: Timestamp) -> Result<(), EngineError> {
        for group in self.state.gathering.of(webhook.no()) {
            let gathered = self.state.gathering.get(&group);
            match webhook.terms.batch {
                Some(batch) if !gathered.is_some_and(|gathered| gathered.is_full(batch)) => {
                    self.state.gathering.wait_for(&group, batch.max_wait);
                }
                Some(_) | None => self.close_soon(&group, now)?,
            }
        }
        Ok(())
    }

    /// Makes a batch of what is gathered; what does not fit into one goes on waiting, for a short time.
    pub(super) fn close(&mut self, group: &Group, now: Timestamp) -> Result<(), EngineError> {
        let (Some(webhook), Some(gathered)) = (self.webhook(group.0), self.state.gathering.remove(group))
        else {
            return Ok(());
        };
        let Some(Taken { members, bytes, form, next }) =
            self.first_batch(group, gathered, webhook.terms.batch, now)?
        else {
            return Ok(());
        };
        self.weight = self.weight.saturating_add(weight(gathered));
        if let Some(next) = next {
            let taken = u32::try_from(members.len()).unwrap_or(u32::MAX);
            let rest = gathered.without(taken, bytes, next, webhook.terms.batch);
            self.state.gathering.put(group.clone(), rest);
        }
        let seq = self.state.take_seq();
        let Members { ids, data, due } = self.take_members(group, seq, members, now)?;
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
        self.list_event(header.account, seq)?;
        self.rows.payloads.put(seq, event::write_payload(&data))?;
        let members = BatchRecord { webhook: webhook.no(), members: ids };
        self.rows.open_for_write(tables::BATCHES)?.insert(seq.0, members.write().as_slice())?;
        let share = Share { webhook: webhook.no(), form, body: None, due: due.max(now), room: u32::MAX };
        let record = DeliveryRecord {
            batching: Batching::Whole,
            order_key: Some(ORDER),
            ..fresh(&header, &share, random)
        };
        self.save(webhook.no(), seq, &record)?;
        let row = self.enqueue(&webhook, seq, &record, (Trigger::Scheduled, now))?;
        let event = Arc::new(Event { header, data: data.into() });
        self.committed.push(Committed::Accepted { event, rows: vec![(webhook.no(), row)] });
        Ok(())
    }

    /// What waits first and fits into one batch: it is of one form, and there is always one at least.
    fn first_batch(
        &self,
        group: &Group,
        gathered: PendingBatch,
        batch: Option<Batch>,
        now: Timestamp,
    ) -> Result<Option<Taken>, EngineError> {
        let (no, event_type) = (group.0, group.1.as_str());
        let (events, bytes) = batch
            .map_or((limits::BATCH_EVENTS, limits::BATCH_BYTES), |batch| (batch.max_events, batch.max_bytes));
        let most = u64::from(gathered.room.unwrap_or(bytes).min(bytes));
        let mut taken = Taken { members: Vec::new(), bytes: 0, form: gathered.form, next: None };
        for row in self.rows.gathering.range((no.0, event_type, 0)..=(no.0, event_type, u64::MAX))? {
            let (key, row) = row?;
            let seq = key.value().2;
            // One that does not decode goes with those around it.
            let added = readable("gathering", (no, seq), batch::read_added(row.value()));
            if let Some(added) = added {
                if taken.members.is_empty() {
                    taken.form = added.form;
                }
                let full = taken.members.len() >= events as usize || taken.bytes + added.bytes > most;
                if !taken.members.is_empty() && (full || added.form != taken.form) {
                    taken.next = Some(added);
                    break;
                }
                taken.bytes += added.bytes;
            }
            taken.members.push((Seq(seq), added.map_or(now, |added| added.at)));
        }
        Ok(Some(taken).filter(|taken| !taken.members.is_empty()))
    }

    /// Takes the members of the batch with number `seq`, in the order they were accepted in.
    fn take_members(
        &mut self,
        group: &Group,
        seq: Seq,
        waiting: Vec<(Seq, Timestamp)>,
        now: Timestamp,
    ) -> Result<Members, EngineError> {
        let (no, event_type) = (group.0, group.1.as_str());
        let mut members = Members { ids: Vec::with_capacity(waiting.len()), data: b"[".to_vec(), due: now };
        for (member, since) in waiting {
            self.stop_waiting(no, event_type, member)?;
            let Some(mut record) = self.record(no, member)? else { continue };
            let payload = match self.rows.payloads.get(member)? {
                Some(row) => readable("payloads", member, event::read_payload(row.value())),
                None => None,
            };
            if let Some(payload) = payload {
                if !members.ids.is_empty() {
                    members.data.push(b',');
                }
                members.data.extend_from_slice(&payload);
                members.ids.push(EventId::new(record.created_at, member, record.event_random));
                // Not as late as a clock says that was ahead then.
                members.due = record.due.min(now.plus(record.due.since(since)));
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
    pub(super) fn stop_waiting(
        &mut self,
        no: WebhookNo,
        event_type: &str,
        member: Seq,
    ) -> Result<(), EngineError> {
        let there = self.rows.gathering.delete((no.0, event_type, member.0))?;
        self.state.pending -= u64::from(there);
        Ok(())
    }

    /// Whether something of a delivery is still to come: of one that went with a batch, the batch says.
    pub(super) fn is_pending(&self, no: WebhookNo, record: &DeliveryRecord) -> Result<bool, EngineError> {
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
    pub(super) fn dissolve(&mut self, seq: Seq) -> Result<usize, EngineError> {
        let known = match self.rows.open_for_read(tables::BATCHES)?.get(seq.0)? {
            Some(row) => readable("batches", seq, BatchRecord::read(row.value())),
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
        self.rows.open_for_write(tables::BATCHES)?.remove(seq.0)?;
        Ok(members.len())
    }
}
