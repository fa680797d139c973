//! What must hold in every file, whatever happened to it.

use std::collections::BTreeSet;

use redb::ReadableDatabase;

use crate::domain::delivery::{DeliveryState, DueKey};
use crate::domain::id::Seq;
use crate::domain::result_rows::lines;
use crate::store::records::batch::{self, BatchRecord};
use crate::store::records::delivery::{Batching, DeliveryRecord};
use crate::store::records::{attempt, due, event, job};
use crate::store::tables::{LISTED_EVENTS, LISTED_JOBS};
use crate::store::{Store, tables};

/// Tells the first thing that does not fit.
pub(super) fn consistent(store: &Store) -> Result<(), String> {
    let txn = store.core.db.begin_read().map_err(|error| error.to_string())?;
    let events = tables::EVENTS.read(&txn).unwrap();
    let payloads = tables::PAYLOADS.read(&txn).unwrap();
    let deliveries = tables::DELIVERIES.read(&txn).unwrap();
    let due_rows = tables::DUE.read(&txn).unwrap();
    let attempts = tables::ATTEMPTS.read(&txn).unwrap();
    let mut known = BTreeSet::new();
    for row in events.iter().unwrap() {
        let (seq, row) = row.map_err(|error| error.to_string())?;
        let header = event::read(row.value()).map_err(|error| format!("event {}: {error}", seq.value()))?;
        let payload =
            payloads.get(seq.value()).unwrap().ok_or(format!("event {} has no payload", seq.value()))?;
        event::read_payload(payload.value()).map_err(|error| format!("payload {}: {error}", seq.value()))?;
        known.extend(header.webhooks.iter().map(|no| (no.0, seq.value())));
    }
    let gathering = tables::GATHERING.read(&txn).unwrap();
    let mut pending = BTreeSet::new();
    let mut gone = BTreeSet::new();
    let mut found = BTreeSet::new();
    for row in deliveries.iter().unwrap() {
        let (key, row) = row.unwrap();
        let record = DeliveryRecord::read(row.value()).map_err(|error| error.to_string())?;
        found.insert(key.value());
        match record.batching {
            Batching::In(batch) => drop(gone.insert((key.value().0, batch.0, key.value().1))),
            _ if record.state == DeliveryState::Pending => drop(pending.insert(key.value())),
            _ => {}
        }
        for seq in &record.log {
            let row =
                attempts.get(seq.0).unwrap().ok_or(format!("{:?} lost attempt {}", key.value(), seq.0))?;
            attempt::read(row.value()).map_err(|error| error.to_string())?;
        }
        if u64::from(record.made) != record.log.len() as u64 {
            return Err(format!("{:?} made {} but logged {:?}", key.value(), record.made, record.log));
        }
    }
    if known != found {
        return Err(format!("events name {known:?}, deliveries are {found:?}"));
    }
    let mut queued = due_once(&txn)?;
    let mut waiting = 0;
    for row in gathering.iter().unwrap() {
        let (key, row) = row.unwrap();
        let (webhook, event_type, event) = key.value();
        batch::read_added(row.value()).map_err(|error| error.to_string())?;
        let of_type = events.get(event).unwrap().and_then(|row| event::read(row.value()).ok());
        if of_type.is_none_or(|header| header.event_type.as_str() != event_type) {
            return Err(format!("{event} waits among {event_type}"));
        }
        if !queued.insert((webhook, event)) {
            return Err(format!("{:?} is queued and waits", (webhook, event)));
        }
        waiting += 1;
    }
    batches_hold_their_members(&txn, &gone)?;
    if pending != queued {
        return Err(format!("pending {pending:?}, queued {queued:?}"));
    }
    let counted = store.figures().pending;
    if counted != due_rows.len().unwrap() + waiting {
        return Err(format!("{counted} counted as pending of {}", queued.len()));
    }
    listed_as_they_are(&txn)?;
    fitting_jobs(&txn)
}

/// What is queued: each delivery once.
fn due_once(txn: &redb::ReadTransaction) -> Result<BTreeSet<(u32, u64)>, String> {
    let mut queued = BTreeSet::new();
    for row in tables::DUE.read(txn).unwrap().iter().unwrap() {
        let (key, row) = row.unwrap();
        let (webhook, order, event) = key.value();
        due::read(DueKey { order, event: Seq(event) }, row.value()).map_err(|error| error.to_string())?;
        if !queued.insert((webhook, event)) {
            return Err(format!("{:?} is queued twice", (webhook, event)));
        }
    }
    Ok(queued)
}

/// The accounts' lists name the blocks in which an account has something, and no other.
fn listed_as_they_are(txn: &redb::ReadTransaction) -> Result<(), String> {
    let mut known = BTreeSet::new();
    for (table, kind) in [(tables::EVENTS, LISTED_EVENTS), (tables::JOBS, LISTED_JOBS)] {
        for row in table.read(txn).unwrap().iter().unwrap() {
            let (seq, row) = row.unwrap();
            let account = event::read_account(row.value()).map_err(|error| error.to_string())?;
            known.insert(tables::listed_key(account, kind, Seq(seq.value())));
        }
    }
    let listed = tables::LISTED.read(txn).unwrap();
    let listed: BTreeSet<_> = listed.iter().unwrap().map(|row| row.unwrap().0.value()).collect();
    if known == listed { Ok(()) } else { Err(format!("listed {listed:?}, there is {known:?}")) }
}

/// A job has its rows whole, and a deadline's row exactly while it may time out.
fn fitting_jobs(txn: &redb::ReadTransaction) -> Result<(), String> {
    let results = tables::RESULTS.read(txn).unwrap();
    let (mut waiting, mut known) = (BTreeSet::new(), BTreeSet::new());
    for row in tables::JOBS.read(txn).unwrap().iter().unwrap() {
        let (seq, row) = row.unwrap();
        let job = job::read(row.value()).map_err(|error| error.to_string())?;
        known.insert(seq.value());
        waiting.extend(job.waits_until().map(|at| (at.as_millis(), seq.value())));
        let mut rows = 0;
        for block in results.range((seq.value(), 0)..=(seq.value(), u64::MAX)).unwrap() {
            let (key, block) = block.unwrap();
            let (count, text) = job::read_block(block.value()).map_err(|error| error.to_string())?;
            if key.value().1 != rows || lines(text).count() != count as usize {
                return Err(format!("{:?} does not follow row {rows}", key.value()));
            }
            rows += u64::from(count);
        }
        if rows != job.result_count {
            return Err(format!("{} has {rows} rows of {}", job.id, job.result_count));
        }
    }
    let deadlines = tables::JOB_DEADLINES.read(txn).unwrap();
    let found: BTreeSet<_> = deadlines.iter().unwrap().map(|row| row.unwrap().0.value()).collect();
    if found != waiting {
        return Err(format!("deadlines {found:?}, jobs that wait {waiting:?}"));
    }
    let orphan = results.iter().unwrap().find(|row| !known.contains(&row.as_ref().unwrap().0.value().0));
    orphan.map_or(Ok(()), |row| Err(format!("rows of no job: {:?}", row.unwrap().0.value())))
}

/// An event that says that it went with a batch is in it, once, and the batch's data is the list of theirs.
fn batches_hold_their_members(
    txn: &redb::ReadTransaction,
    gone: &BTreeSet<(u32, u64, u64)>,
) -> Result<(), String> {
    let payloads = tables::PAYLOADS.read(txn).unwrap();
    let payload = |seq: u64| {
        let row = payloads.get(seq).unwrap().ok_or(format!("{seq} has no payload"))?;
        event::read_payload(row.value()).map_err(|error| error.to_string())
    };
    let mut named = BTreeSet::new();
    for row in tables::BATCHES.read(txn).unwrap().iter().unwrap() {
        let (batch, row) = row.unwrap();
        let record = BatchRecord::read(row.value()).map_err(|error| error.to_string())?;
        let mut list = Vec::new();
        for member in record.members.iter().map(|id| id.seq().0) {
            if !named.insert((record.webhook.0, batch.value(), member)) {
                return Err(format!("batch {} names {member} twice", batch.value()));
            }
            list.push(payload(member)?.to_vec());
        }
        let whole = [b"[".as_slice(), &list.join(&b','), b"]"].concat();
        if *payload(batch.value())? != *whole {
            return Err(format!("batch {} does not hold its members", batch.value()));
        }
    }
    let lost: Vec<_> = gone.difference(&named).collect();
    if lost.is_empty() { Ok(()) } else { Err(format!("no batch knows of {lost:?}")) }
}
