//! An account's events and jobs among everybody's, by the blocks of numbers that hold some.

use std::iter;
use std::ops::Bound;

use redb::ReadTransaction;

use super::window::{Events, Found, Window, directed, narrowed};
use crate::domain::id::{AccountNo, Seq};
use crate::limits;
use crate::store::engine_error::EngineError;
use crate::store::records::checked;
use crate::store::tables;

/// The rows of a window after a place, in either direction, of the blocks in which an account has some. Those of
/// others in the same blocks are among them.
pub(super) fn walk_account<'t>(
    txn: &ReadTransaction,
    (account, kind): (AccountNo, u8),
    table: &'t Events,
    window: Window,
    after: Option<Seq>,
    descending: bool,
) -> Result<Box<dyn Iterator<Item = Found> + 't>, EngineError> {
    let Some((first, last)) = inclusive(narrowed(window, after, descending)) else {
        return Ok(Box::new(iter::empty()));
    };
    let block = |seq| tables::listed_key(account, kind, Seq(seq));
    let blocks = directed(tables::LISTED.read(txn)?.range(block(first)..=block(last))?, descending);
    let rows = blocks.flat_map(move |row| -> Box<dyn Iterator<Item = Found>> {
        let rows = row.and_then(|(key, row)| {
            if checked("listed", key.value(), row.sound()).is_none() {
                return table.range(1..1);
            }
            let begin = key.value().2.saturating_mul(limits::LISTED_BLOCK);
            let end = begin.saturating_add(limits::LISTED_BLOCK - 1);
            table.range(begin.max(first)..=end.min(last))
        });
        match rows {
            Ok(rows) => directed(rows, descending),
            Err(error) => Box::new(iter::once(Err(error))),
        }
    });
    Ok(Box::new(rows))
}

/// The numbers of a window, if it has any.
fn inclusive((from, to): Window) -> Option<(u64, u64)> {
    let first = match from {
        Bound::Included(from) => from,
        Bound::Excluded(from) => from.checked_add(1)?,
        Bound::Unbounded => 0,
    };
    let last = match to {
        Bound::Included(to) => to,
        Bound::Excluded(to) => to.checked_sub(1)?,
        Bound::Unbounded => u64::MAX,
    };
    (first <= last).then_some((first, last))
}
