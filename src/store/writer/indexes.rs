//! Indexes, whose rows say again what other rows say: where a delivery waits, which events an account has.
//!
//! A damaged row of one would hide what it stands for, and nothing else meets a row whose key is damaged. So all of
//! their rows are looked at, from a start on and then as often as retention begins again, a bounded part in each of
//! its steps. A damaged one is reported and goes; then what the indexes are made of is walked, and what is missing
//! in them is entered again.

use super::CommitBatch;
use super::retention::Step;
use crate::domain::delivery::{DeliveryState, DueKey, Trigger};
use crate::domain::id::{AccountNo, Seq, WebhookNo};
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::committed::Committed;
use crate::store::engine::{Guard, KeyCodec, Range, Table};
use crate::store::engine_error::EngineError;
use crate::store::records::delivery::{Batching, DeliveryRecord};
use crate::store::records::{batch, checked, due, event, job, kept, readable};
use crate::store::tables::{self, LISTED_EVENTS, LISTED_JOBS};

/// Looks at a bounded part of a table after a key; the last key if there may be more.
type Part = fn(&mut CommitBatch<'_>, Option<&[u8]>, Timestamp) -> Result<Option<Vec<u8>>, EngineError>;

/// The indexes, and then what they are made of.
const PARTS: [Part; 11] = [
    |batch, after, _| {
        let sound = |key: tables::DueTableKey, row: &Guard<'_, &'static [u8]>| {
            readable("due", key, due::read(tables::decode_due_key(key).1, row.value())).is_some()
        };
        let (damaged, last) = look_at(batch.rows.due.after(after)?, sound)?;
        for key in damaged {
            let there = batch.rows.due.delete_stored(&key)?;
            batch.state.pending -= u64::from(there);
            batch.find_lost();
        }
        Ok(last)
    },
    |batch, after, _| {
        let sound = |key: tables::GatheringKey<'_>, row: &Guard<'_, &'static [u8]>| {
            readable("gathering", key, batch::read_added(row.value())).is_some()
        };
        let (damaged, last) = look_at(batch.rows.gathering.after(after)?, sound)?;
        for key in damaged {
            let there = batch.rows.gathering.delete_stored(&key)?;
            batch.state.pending -= u64::from(there);
            batch.find_lost();
        }
        Ok(last)
    },
    |batch, after, _| look_through(batch, tables::LISTED, after, true),
    |batch, after, _| look_through(batch, tables::JOB_DEADLINES, after, true),
    |batch, after, _| look_through(batch, tables::RUN_RECORD_LENGTHS, after, true),
    |batch, after, _| look_through(batch, tables::USED, after, false),
    |batch, after, _| look_through(batch, tables::SUSPECTS, after, false),
    |batch, after, _| {
        let sound =
            |key: tables::ExpiryKey<'_>, row: &Guard<'_, ()>| checked("expiry", key, row.sound()).is_some();
        Ok(look_at(batch.rows.expiry.after(after)?, sound)?.1)
    },
    |batch, after, now| batch.enter_deliveries(after, now),
    |batch, after, _| {
        let mut listed = Vec::new();
        let (_, last) = look_at(batch.rows.events.table()?.after(after)?, |seq: u64, row| {
            listed.extend(event::read_account(row.value()).ok().map(|account| (seq, account)));
            true
        })?;
        batch.enter_listed((listed, last), LISTED_EVENTS)
    },
    |batch, after, _| batch.enter_jobs(after),
];
/// The first of those that walk what the indexes are made of.
const MADE_OF: usize = 8;

impl CommitBatch<'_> {
    /// Looks at the next bounded part.
    pub(super) fn check_indexes(&mut self, now: Timestamp, step: &mut Step) -> Result<(), EngineError> {
        let place = &mut self.state.prune.indexes;
        if place.is_over {
            return Ok(());
        }
        let (part, after) = (place.part, place.after.take());
        let Some(look) = PARTS.get(part) else { return Ok(()) };
        let last = look(self, after.as_deref(), now)?;
        let place = &mut self.state.prune.indexes;
        // Rows in a page that is damaged may have no order.
        place.after = last.filter(|last| after.is_none_or(|after| after < *last));
        if place.after.is_none() {
            place.part = part + 1;
        }
        let is_last = place.part == if place.lost { PARTS.len() } else { MADE_OF };
        if is_last {
            (place.is_over, place.lost) = (true, false);
        }
        // What is lost is found at once, what may be damaged in due time.
        step.done.more |= place.lost;
        Ok(())
    }

    /// Rows of an index are lost: what it is made of is to be walked.
    pub(super) fn find_lost(&mut self) {
        let place = &mut self.state.prune.indexes;
        place.begin();
        if place.part >= MADE_OF {
            (place.part, place.after) = (MADE_OF, None);
        }
        place.lost = true;
    }

    /// Enters the deliveries again whose rows in a lane are damaged.
    pub(super) fn mend_lane(
        &mut self,
        no: WebhookNo,
        damaged: Vec<DueKey>,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        for key in damaged {
            let stands = self.stands_for(no, key)?;
            self.dequeue(no, key)?;
            match (self.webhook(no), self.record(no, key.event)?) {
                (Some(webhook), Some(record)) if stands => {
                    self.enqueue(&webhook, key.event, &record, (trigger(&record), now))?;
                }
                _ => self.find_lost(),
            }
        }
        Ok(())
    }

    /// Whether a key of a lane, whose row is damaged, is that of a pending delivery.
    pub(super) fn stands_for(&self, no: WebhookNo, key: DueKey) -> Result<bool, EngineError> {
        let Some(record) = self.record(no, key.event)? else { return Ok(false) };
        let place = self.webhook(no).map(|webhook| due::key_of(&webhook, key.event, record.due));
        Ok(record.state == DeliveryState::Pending && place.is_none_or(|place| place == key))
    }

    /// Enters the pending deliveries again that wait nowhere.
    fn enter_deliveries(
        &mut self,
        after: Option<&[u8]>,
        now: Timestamp,
    ) -> Result<Option<Vec<u8>>, EngineError> {
        let mut pending = Vec::new();
        let (_, last) = look_at(self.rows.deliveries.after(after)?, |key: tables::DeliveryKey, row| {
            // One that is damaged is met where it is asked for.
            let record = DeliveryRecord::read(row.value()).ok();
            pending.extend(
                record.filter(|record| record.state == DeliveryState::Pending).map(|record| (key, record)),
            );
            true
        })?;
        for ((no, seq), record) in pending {
            self.enter_delivery(WebhookNo(no), Seq(seq), record, now)?;
        }
        Ok(last)
    }

    fn enter_delivery(
        &mut self,
        no: WebhookNo,
        event: Seq,
        mut record: DeliveryRecord,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let Some(webhook) = self.webhook(no) else { return Ok(()) };
        match record.batching {
            Batching::In(_) => return Ok(()),
            Batching::Waiting => {
                let Some(header) = self.header(event)? else { return Ok(()) };
                let row = self.rows.gathering.get((no.0, header.event_type.as_str(), event.0))?;
                if row.is_some_and(|row| batch::read_added(row.value()).is_ok()) {
                    return Ok(());
                }
                self.stop_waiting(no, header.event_type.as_str(), event)?;
                if let Some(terms) = webhook.terms.batch_for(record.form) {
                    let waits = (event, &header.event_type);
                    return self.add_to_batch(&webhook, terms, waits, &mut record, (u32::MAX, now));
                }
                record.batching = Batching::Alone;
                self.save(no, event, &record)?;
            }
            Batching::Alone | Batching::Whole => {
                let key = due::key_of(&webhook, event, record.due);
                let row = self.rows.due.get(tables::due_key(no, key))?;
                if row.is_some_and(|row| due::read(key, row.value()).is_ok()) {
                    return Ok(());
                }
                self.dequeue(no, key)?;
            }
        }
        tracing::warn!(webhook = no.0, event = event.0, "a delivery that waited nowhere is entered again");
        let row = self.enqueue(&webhook, event, &record, (trigger(&record), now))?;
        self.committed.push(Committed::Withdrawn { webhook: no, event });
        self.committed.push(Committed::Due { webhook: no, row });
        Ok(())
    }

    /// The places that events or jobs have in their accounts' lists, and are missing there.
    fn enter_listed(&mut self, rows: Seen<AccountNo>, kind: u8) -> Result<Option<Vec<u8>>, EngineError> {
        let (accounts, last) = rows;
        for (seq, account) in accounts {
            let key = tables::listed_key(account, kind, Seq(seq));
            let is_there =
                self.rows.open_for_read(tables::LISTED)?.get(key)?.is_some_and(|row| row.sound().is_some());
            if !is_there {
                self.rows.open_for_write(tables::LISTED)?.insert(key, ())?;
            }
        }
        Ok(last)
    }

    /// Enters the jobs again that an index has lost: in lists, among the deadlines, and what their runs keep.
    fn enter_jobs(&mut self, after: Option<&[u8]>) -> Result<Option<Vec<u8>>, EngineError> {
        let mut jobs = Vec::new();
        let (_, last) = look_at(self.rows.open_for_read(tables::JOBS)?.after(after)?, |_: u64, row| {
            jobs.extend(job::read(row.value()).ok());
            true
        })?;
        let listed = jobs.iter().map(|job| (job.id.seq().0, job.account)).collect();
        for job in &jobs {
            if let Some(at) = job.waits_until() {
                let key = (at.as_millis(), job.id.seq().0);
                let row = self
                    .rows
                    .open_for_read(tables::JOB_DEADLINES)?
                    .get(key)?
                    .is_some_and(|row| row.sound().is_some());
                if !row {
                    self.set_deadline(job)?;
                }
            }
            self.enter_lengths(job.id.seq())?;
        }
        self.enter_listed((listed, last), LISTED_JOBS)
    }

    fn enter_lengths(&mut self, job: Seq) -> Result<(), EngineError> {
        let mut missing = Vec::new();
        {
            let lengths = self.rows.open_for_read(tables::RUN_RECORD_LENGTHS)?;
            for row in self.rows.open_for_read(tables::RUN_RECORDS)?.range((job.0, "")..(job.0 + 1, ""))? {
                let (key, row) = row?;
                let (_, name) = key.value();
                if lengths.get((job.0, name))?.is_none_or(|row| row.sound().is_none())
                    && let Ok(record) = kept::read(row.value())
                {
                    missing.push((name.to_owned(), record.data.len() as u64));
                }
            }
        }
        for (name, length) in missing {
            self.rows.open_for_write(tables::RUN_RECORD_LENGTHS)?.insert((job.0, name.as_str()), length)?;
        }
        Ok(())
    }
}

/// What is sent next of a delivery that is pending.
fn trigger(record: &DeliveryRecord) -> Trigger {
    if record.revived { Trigger::Manual } else { Trigger::Scheduled }
}

/// Numbers with what they have, and the last key if there may be more.
type Seen<T> = (Vec<(u64, T)>, Option<Vec<u8>>);

/// Looks at a bounded part of an index that has no records. Damaged rows of one that is made of others go.
fn look_through<K: KeyCodec, V: KeyCodec>(
    batch: &mut CommitBatch<'_>,
    table: Table<K, V>,
    after: Option<&[u8]>,
    is_made: bool,
) -> Result<Option<Vec<u8>>, EngineError>
where
    for<'a> K::Of<'a>: std::fmt::Debug,
{
    let (damaged, last) =
        look_at(batch.rows.open_for_read(table)?.after(after)?, |key, row: &Guard<'_, V>| {
            checked(table.name(), key, row.sound()).is_some()
        })?;
    if is_made && !damaged.is_empty() {
        let mut rows = batch.rows.open_for_write(table)?;
        for key in &damaged {
            rows.remove_stored(key)?;
        }
        drop(rows);
        batch.find_lost();
    }
    Ok(last)
}

/// Keys as they are written, and the last key if there may be more.
type Looked = (Vec<Vec<u8>>, Option<Vec<u8>>);

/// The keys of the next rows that are not sound, and the last key if there may be more.
fn look_at<K: KeyCodec, V: KeyCodec>(
    rows: Range<'_, K, V>,
    mut is_sound: impl FnMut(K::Of<'_>, &Guard<'_, V>) -> bool,
) -> Result<Looked, EngineError> {
    let (mut damaged, mut looked, mut last) = (Vec::new(), 0, None);
    for row in rows.take(limits::COMMIT_SWEEP) {
        let (key, row) = row?;
        let bytes = key.bytes().to_vec();
        if !is_sound(key.value(), &row) {
            damaged.push(bytes.clone());
        }
        (looked, last) = (looked + 1, Some(bytes));
    }
    Ok((damaged, last.filter(|_| looked == limits::COMMIT_SWEEP)))
}
