//! From schema 1 to 2: records that have another form are written in it.
//!
//! Each piece goes on after the last row that the one before it looked at. A row that does not open or decode is
//! left as it is, as it would be by a start.

use std::collections::BTreeSet;

use redb::WriteTransaction;

use super::step::Step;
use crate::clock;
use crate::domain::id::Seq;
use crate::limits;
use crate::store::engine::{KeyCodec, value_of};
use crate::store::engine_error::EngineError;
use crate::store::records::{Decoded, account, event, readable, replay, signing_key, webhook};
use crate::store::seal::{NONCE, Seal};
use crate::store::tables::{self, LISTED_EVENTS, LISTED_JOBS, Records, meta};

pub(in crate::store) const STEP: Step = Step { from: 1, piece };

/// What the step does, in this order. How far it is stands in `meta` until all is done: the place in this list, and
/// the last key that was looked at.
const PARTS: [Part; 7] = [
    |txn, seal, after| {
        rewrite(txn, tables::WEBHOOKS, after, |_, row, nonce| webhook::upgrade(row, seal, nonce))
    },
    |txn, _, after| rewrite(txn, tables::TOKENS, after, |_, row, _| account::upgrade_token(row)),
    |txn, _, after| rewrite(txn, tables::FAILING, after, |_, row, _| account::upgrade_failing(row)),
    |txn, _, after| rewrite(txn, tables::EVENT_TYPES, after, |_, row, _| account::upgrade_event_type(row)),
    |txn, _, after| rewrite(txn, tables::REPLAYS, after, |_, row, _| replay::upgrade(row)),
    |txn, seal, after| {
        let upgrade = |no, row: &[u8], nonce| signing_key::upgrade(no, row, seal, nonce);
        rewrite(txn, tables::SIGNING_KEYS, after, upgrade)
    },
    move_removed,
];

/// Does a bounded part, after a key; the last key that was looked at if there may be more.
type Part = fn(&WriteTransaction, &Seal, Option<&[u8]>) -> Result<Option<Vec<u8>>, EngineError>;

fn piece(txn: &WriteTransaction, seal: &Seal) -> Result<bool, EngineError> {
    let more = next_part(txn, seal)?
        || list(txn, tables::EVENTS, LISTED_EVENTS, limits::MIGRATE_LISTED)?
        || list(txn, tables::JOBS, LISTED_JOBS, limits::MIGRATE_LISTED)?;
    if !more {
        note_text_keys(txn)?;
        let mut table = tables::META.write(txn)?;
        table.remove(meta::REWRITING)?;
        table.remove(meta::LISTING_EVENTS)?;
        table.remove(meta::LISTING_JOBS)?;
    }
    Ok(more)
}

/// Does the next bounded part of what stands in [`PARTS`]; whether there may be more.
fn next_part(txn: &WriteTransaction, seal: &Seal) -> Result<bool, EngineError> {
    let place = {
        let standing = tables::META.write(txn)?;
        let place = standing.get(meta::REWRITING)?;
        place.map(|row| row.value().to_vec()).unwrap_or_default()
    };
    let (done, after) = place.split_first().map_or((0, None), |(done, key)| (*done, Some(key)));
    let mut after = after.filter(|key| !key.is_empty());
    for (part, done) in PARTS.iter().zip(0_u8..).skip(usize::from(done)) {
        let last = part(txn, seal, after.take())?;
        let next = match &last {
            Some(key) => [&[done], key.as_slice()].concat(),
            None => vec![done + 1],
        };
        tables::META.write(txn)?.insert(meta::REWRITING, next.as_slice())?;
        if last.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Moves the next removed webhooks to a table of their own. One without a log goes.
fn move_removed(
    txn: &WriteTransaction,
    _: &Seal,
    after: Option<&[u8]>,
) -> Result<Option<Vec<u8>>, EngineError> {
    let mut webhooks = tables::WEBHOOKS.write(txn)?;
    let (mut found, mut looked, mut last) = (Vec::new(), 0, None);
    for row in webhooks.after(after)?.take(limits::MIGRATE_ROWS) {
        let (no, row) = row?;
        (looked, last) = (looked + 1, Some(no.value()));
        if webhook::read_removed(row.value()).is_some() {
            found.push((no.value(), row.value().to_vec()));
        }
    }
    let mut removed = tables::REMOVED.write(txn)?;
    let deliveries = tables::DELIVERIES.write(txn)?;
    for (no, row) in &found {
        webhooks.remove(*no)?;
        if deliveries.range((*no, 0)..=(*no, u64::MAX))?.next().is_some() {
            removed.insert(*no, row.as_slice())?;
        }
    }
    // Numbers go on after the last one, gone or not.
    let mut table = tables::META.write(txn)?;
    let floor = last.unwrap_or_default().saturating_add(1).to_be_bytes();
    if table.get(meta::WEBHOOK_FLOOR)?.is_none_or(|known| known.value() < floor.as_slice()) {
        table.insert(meta::WEBHOOK_FLOOR, floor.as_slice())?;
    }
    Ok(last.filter(|_| looked == limits::MIGRATE_ROWS).map(|no| no.to_be_bytes().to_vec()))
}

/// Puts the next `most` events, or jobs, on their accounts' lists; whether there may be more. How far it is
/// stands in `meta` until all is done.
pub(in crate::store) fn list(
    txn: &WriteTransaction,
    table: Records<u64>,
    kind: u8,
    most: usize,
) -> Result<bool, EngineError> {
    let place = if kind == LISTED_EVENTS { meta::LISTING_EVENTS } else { meta::LISTING_JOBS };
    let mut standing = tables::META.write(txn)?;
    let next = standing.get(place)?.and_then(|row| row.value().try_into().ok().map(u64::from_be_bytes));
    let (mut keys, mut looked, mut next) = (BTreeSet::new(), 0, next.unwrap_or_default());
    for row in table.write(txn)?.range(next..)?.take(most) {
        let (seq, row) = row?;
        // Jobs begin as events do.
        let account = readable(table.name(), seq.value(), event::read_account(row.value()));
        keys.extend(account.map(|account| tables::listed_key(account, kind, Seq(seq.value()))));
        (next, looked) = (seq.value().saturating_add(1), looked + 1);
    }
    let mut listed = tables::LISTED.write(txn)?;
    for key in keys {
        listed.insert(key, ())?;
    }
    standing.insert(place, next.to_be_bytes().as_slice())?;
    Ok(looked == most)
}

/// Notes when the last idempotency key expires that stands for a text: until then, texts are compared, too.
fn note_text_keys(txn: &WriteTransaction) -> Result<(), EngineError> {
    let expiry = tables::EXPIRY.write(txn)?;
    for row in expiry.iter()?.rev() {
        let (when, kind, _) = row?.0.value();
        if kind == tables::EXPIRES_IDEMPOTENCY {
            tables::META.write(txn)?.insert(meta::TEXT_KEYS_UNTIL, when.to_be_bytes().as_slice())?;
            break;
        }
    }
    Ok(())
}

/// Writes the next rows of a table in their new form, which `upgrade` makes of those that have the old one.
fn rewrite<K: KeyCodec>(
    txn: &WriteTransaction,
    table: Records<K>,
    after: Option<&[u8]>,
    upgrade: impl Fn(K::Of<'_>, &[u8], [u8; NONCE]) -> Decoded<Option<Vec<u8>>>,
) -> Result<Option<Vec<u8>>, EngineError> {
    let mut rows = table.write(txn)?;
    let (mut upgraded, mut looked, mut last) = (Vec::new(), 0, None);
    for row in rows.after(after)?.take(limits::MIGRATE_ROWS) {
        let (key, value) = row?;
        let bytes = key.bytes().to_vec();
        let row = upgrade(key.value(), value.value(), clock::random_bytes()?);
        if let Some(Some(row)) = readable(table.name(), &bytes, row) {
            upgraded.push((bytes.clone(), row));
        }
        (looked, last) = (looked + 1, Some(bytes));
    }
    for (key, row) in &upgraded {
        rows.insert(value_of::<K>(key), row.as_slice())?;
    }
    Ok(last.filter(|_| looked == limits::MIGRATE_ROWS))
}
