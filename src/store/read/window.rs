//! Events by their numbers: which of them are of a time, in either direction.

use std::ops::Bound;

use crate::domain::event::EventHeader;
use crate::domain::id::Seq;
use crate::domain::time::Timestamp;
use crate::store::engine::{ReadTable, Row};
use crate::store::engine_error::EngineError;
use crate::store::query::{CLOCK_SLACK, EventFilter};
use crate::store::records::{event, readable};

pub(super) type Events = ReadTable<u64, &'static [u8]>;

pub(super) fn header(events: &Events, seq: Seq) -> Result<Option<EventHeader>, EngineError> {
    let Some(row) = events.get(seq.0)? else { return Ok(None) };
    Ok(readable("events", seq, event::read(row.value())))
}

pub(super) type Window = (Bound<u64>, Bound<u64>);

pub(super) type Found = Result<Row<'static, u64, &'static [u8]>, redb::StorageError>;

/// The rows of a window after a place, in either direction.
pub(super) fn walk(
    table: &Events,
    window: Window,
    after: Option<Seq>,
    descending: bool,
) -> Result<Box<dyn Iterator<Item = Found>>, EngineError> {
    Ok(directed(table.range(narrowed(window, after, descending))?, descending))
}

/// What is left of a window after a place.
pub(super) fn narrowed((from, to): Window, after: Option<Seq>, descending: bool) -> Window {
    match after {
        Some(Seq(after)) if descending => (from, Bound::Excluded(after)),
        Some(Seq(after)) => (Bound::Excluded(after), to),
        None => (from, to),
    }
}

/// Rows in either direction.
pub(super) fn directed<'r, T>(
    rows: impl DoubleEndedIterator<Item = T> + 'r,
    descending: bool,
) -> Box<dyn Iterator<Item = T> + 'r> {
    if descending { Box::new(rows.rev()) } else { Box::new(rows) }
}

/// The numbers among which the events of a time are, found by bisection: events are numbered in
/// the order they were accepted.
pub(super) fn window(
    events: &Events,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
) -> Result<Window, EngineError> {
    let from = match since {
        Some(since) => Bound::Included(first_at(events, since.minus(CLOCK_SLACK))?),
        None => Bound::Unbounded,
    };
    let to = match until {
        Some(until) => Bound::Excluded(first_at(events, until.plus(CLOCK_SLACK))?),
        None => Bound::Unbounded,
    };
    Ok((from, to))
}

/// The number of the first event accepted at or after a time.
fn first_at(events: &Events, at: Timestamp) -> Result<u64, EngineError> {
    let Some((first, _)) = events.first()? else { return Ok(0) };
    let Some((last, _)) = events.last()? else { return Ok(0) };
    let (mut low, mut high) = (first.value(), last.value().saturating_add(1));
    while low < high {
        let middle = low + (high - low) / 2;
        match events.range(middle..high)?.next().transpose()? {
            Some((seq, row)) => {
                let earlier = event::read(row.value()).is_ok_and(|header| header.accepted_at < at);
                if earlier { low = seq.value() + 1 } else { high = middle }
            }
            None => high = middle,
        }
    }
    Ok(low)
}

pub(super) fn wants(filter: &EventFilter, header: &EventHeader) -> bool {
    filter.since.is_none_or(|since| header.accepted_at >= since)
        && filter.until.is_none_or(|until| header.accepted_at < until)
        && filter.event_type.as_ref().is_none_or(|pattern| pattern.matches(&header.event_type))
}
