//! The part of a window that only lanes ordered by key need: what may start behind blocked keys,
//! stepping over their rows, and fetching those back.

use std::collections::HashSet;

use super::rows::{When, Window};
use crate::domain::delivery::{DueKey, DueRow};
use crate::domain::id::Seq;
use crate::domain::time::Timestamp;
use crate::schedule::flights::Flights;

impl Window {
    /// Tells that a row of this order key left memory or flight.
    pub(in crate::schedule) fn key_left(&mut self, key: Option<u64>, flights: &Flights) {
        let Some(key) = key else { return };
        if self.stepped.contains_key(&key)
            && !flights.order_keys().any(|held| held == key)
            && !self.rows.iter().any(|row| row.order_key == Some(key))
        {
            self.hungry.insert(key);
        }
    }

    /// The disk begins later now. A key whose rows before the stepped-over ones are gone from it, as when
    /// they were withdrawn, is waited for by no one.
    pub(super) fn passed(&mut self, flights: &Flights) {
        let disk = self.disk.map(|(from, _)| from.event);
        let passed = |first: &Seq| disk.is_none_or(|disk| *first < disk);
        let keys: Vec<u64> =
            self.stepped.iter().filter(|(_, first)| passed(first)).map(|(key, _)| *key).collect();
        keys.into_iter().for_each(|key| self.key_left(Some(key), flights));
    }

    /// Lanes ordered by key read on whatever the due time of the first row on disk is: those
    /// behind it may be due before it.
    pub(super) fn wants_keys(&self, flights: &Flights, low: usize, room: usize, now: Timestamp) -> When<()> {
        if self.disk.is_none() {
            return When::Never;
        }
        let survey = self.survey(flights, now, low);
        let spacious = survey.kept <= room - room.div_ceil(4) && self.stepped.len() < room;
        let hungry = survey.ready < low && (self.is_spacious(room) || spacious);
        if hungry { When::Now(()) } else { When::Never }
    }

    pub(super) fn is_spacious(&self, room: usize) -> bool {
        self.rows.len() <= room - room.div_ceil(4)
    }

    /// Takes the rows of a hungry key, up to where the disk begins or a part of the room is full.
    pub(super) fn feed(
        &mut self,
        key: u64,
        rows: &[DueRow],
        next: Option<DueKey>,
        flights: &Flights,
        room: usize,
    ) {
        let end = self.disk.map(|(from, _)| from);
        let below = |at: &DueKey| end.is_none_or(|end| *at < end);
        let mut own = rows.iter().filter(|row| row.order_key == Some(key) && below(&row.key));
        self.hungry.remove(&key);
        self.stepped.remove(&key);
        for row in own.by_ref().take(room.div_ceil(4)) {
            if !flights.has(row.key.event) {
                self.insert(*row);
            }
        }
        if let Some(rest) = own.next().map(|row| row.key).or(next).filter(below) {
            self.stepped.insert(key, rest.event);
            self.key_left(Some(key), flights);
        }
    }

    /// Leaves every row to disk that is not the first of its key.
    pub(super) fn step_over(&mut self, flights: &Flights) {
        let mut seen: HashSet<u64> = flights.order_keys().collect();
        let stepped = &mut self.stepped;
        self.rows.retain(|row| match row.order_key {
            Some(key) if !seen.insert(key) => {
                let first = stepped.entry(key).or_insert(row.key.event);
                *first = row.key.event.min(*first);
                false
            }
            _ => true,
        });
    }

    /// What can start in a lane ordered by key; ends as soon as `enough` rows can.
    pub(super) fn survey(&self, flights: &Flights, now: Timestamp, enough: usize) -> Survey {
        let mut survey = Survey { candidate: When::Never, ready: 0, kept: 0 };
        let mut seen: HashSet<u64> = flights.order_keys().collect();
        for (at, row) in self.rows.iter().enumerate() {
            if row.order_key.is_some_and(|key| !seen.insert(key)) {
                continue;
            }
            survey.kept += 1;
            survey.candidate = match survey.candidate {
                When::Now(first) => When::Now(first),
                _ if row.due <= now => When::Now(at),
                When::At(due) => When::At(due.min(row.due)),
                When::Never => When::At(row.due),
            };
            survey.ready += usize::from(row.due <= now);
            if survey.ready >= enough {
                break;
            }
        }
        survey
    }

    /// As [`Window::before`]: whether a row of the same order key is in flight, here or stepped over.
    pub(super) fn before_in_key(&self, row: &DueRow, flights: &Flights) -> Option<Option<Timestamp>> {
        let key = row.order_key?;
        if flights.order_keys().any(|held| held == key) {
            return Some(None);
        }
        let first = self.rows.iter().find(|first| first.order_key == Some(key) && first.key < row.key);
        let stepped = self.stepped.get(&key).filter(|first| **first < row.key.event);
        first.map(|first| Some(first.due)).or(stepped.map(|_| None))
    }

    pub(super) fn is_stepped(&self, row: &DueRow) -> bool {
        let first = row.order_key.and_then(|key| self.stepped.get(&key));
        first.is_some_and(|first| *first <= row.key.event)
    }
}

/// What a walk through the rows of a lane ordered by key found.
pub(super) struct Survey {
    pub(super) candidate: When<usize>,
    /// Rows that can start.
    ready: usize,
    /// Rows that stepping over would keep.
    kept: usize,
}
