//! The rows of a lane that are in memory, and where the rest begins.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::domain::delivery::{DueKey, DueRow};
use crate::domain::id::Seq;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Ordering;

/// Whether there is something now, later, or not before something else happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::schedule) enum When<T> {
    Now(T),
    At(Timestamp),
    Never,
}

/// A page that was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Load {
    /// Rows from `disk` on.
    Tail(DueKey),
    /// Rows of a hungry key.
    Key(u64, DueKey),
}

/// A lane's rows.
#[derive(Debug)]
pub(in crate::schedule) struct Window {
    pub(super) ordering: Ordering,
    /// In the order they were asked for.
    pub(super) asked: VecDeque<DueRow>,
    /// In key order.
    pub(super) rows: VecDeque<DueRow>,
    pub(super) disk: Option<(DueKey, Timestamp)>,
    pub(super) stepped: BTreeMap<u64, Seq>,
    pub(super) hungry: BTreeSet<u64>,
    pub(super) load: Option<Load>,
    /// The highest event that was ever in `rows`: above it no search is needed.
    pub(super) newest: Seq,
}

impl Window {
    pub(in crate::schedule) fn new(ordering: Ordering, disk: Option<(DueKey, Timestamp)>) -> Self {
        Self {
            ordering,
            asked: VecDeque::new(),
            rows: VecDeque::new(),
            disk,
            stepped: BTreeMap::new(),
            hungry: BTreeSet::new(),
            load: None,
            newest: Seq(0),
        }
    }

    pub(in crate::schedule) fn len(&self) -> usize {
        self.asked.len() + self.rows.len()
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &DueRow> {
        self.asked.iter().chain(&self.rows)
    }

    pub(super) fn insert(&mut self, row: DueRow) {
        self.newest = self.newest.max(row.key.event);
        let at = self.rows.partition_point(|other| other.key < row.key);
        self.rows.insert(at, row);
    }

    pub(super) fn forget(&mut self, event: Seq) -> Option<DueRow> {
        if let Some(at) = self.asked.iter().position(|row| row.key.event == event) {
            return self.asked.remove(at);
        }
        if event > self.newest {
            return None;
        }
        let at = self.rows.iter().position(|row| row.key.event == event)?;
        self.rows.remove(at)
    }
}

/// The key of an event in a lane with an order.
pub(super) fn key_of(event: Seq) -> DueKey {
    DueKey { order: 0, event }
}
