//! What must hold in every file, whatever happened to it.

use std::collections::BTreeSet;

use redb::{ReadableDatabase, ReadableTable, ReadableTableMetadata};

use crate::domain::delivery::{DeliveryState, DueKey};
use crate::domain::id::Seq;
use crate::store::records::delivery::DeliveryRecord;
use crate::store::records::{attempt, due, event};
use crate::store::{Store, tables};

/// Tells the first thing that does not fit.
pub(super) fn consistent(store: &Store) -> Result<(), String> {
    let txn = store.core.db.begin_read().map_err(|error| error.to_string())?;
    let events = txn.open_table(tables::EVENTS).unwrap();
    let payloads = txn.open_table(tables::PAYLOADS).unwrap();
    let deliveries = txn.open_table(tables::DELIVERIES).unwrap();
    let due_rows = txn.open_table(tables::DUE).unwrap();
    let attempts = txn.open_table(tables::ATTEMPTS).unwrap();
    let mut known = BTreeSet::new();
    for row in events.iter().unwrap() {
        let (seq, row) = row.map_err(|error| error.to_string())?;
        let header = event::read(row.value()).map_err(|error| format!("event {}: {error}", seq.value()))?;
        let payload =
            payloads.get(seq.value()).unwrap().ok_or(format!("event {} has no payload", seq.value()))?;
        event::read_payload(payload.value()).map_err(|error| format!("payload {}: {error}", seq.value()))?;
        known.extend(header.webhooks.iter().map(|no| (no.0, seq.value())));
    }
    let mut pending = BTreeSet::new();
    let mut found = BTreeSet::new();
    for row in deliveries.iter().unwrap() {
        let (key, row) = row.unwrap();
        let record = DeliveryRecord::read(row.value()).map_err(|error| error.to_string())?;
        found.insert(key.value());
        if record.state == DeliveryState::Pending {
            pending.insert(key.value());
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
    let mut queued = BTreeSet::new();
    for row in due_rows.iter().unwrap() {
        let (key, row) = row.unwrap();
        let (webhook, order, event) = key.value();
        due::read(DueKey { order, event: Seq(event) }, row.value()).map_err(|error| error.to_string())?;
        if !queued.insert((webhook, event)) {
            return Err(format!("{:?} is queued twice", (webhook, event)));
        }
    }
    if pending != queued {
        return Err(format!("pending {pending:?}, queued {queued:?}"));
    }
    let counted = store.figures().pending;
    if counted != due_rows.len().unwrap() {
        return Err(format!("{counted} counted as pending of {}", queued.len()));
    }
    Ok(())
}
