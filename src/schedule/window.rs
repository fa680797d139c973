//! What one lane holds of its due rows in memory, and where the rest begins on disk.
//!
//! The invariant: every due row of the lane is in exactly one place —
//! - in flight ([`Flights`]);
//! - on disk only, with a key at or above `disk`;
//! - on disk only, stepped over: its order key `k` is in `stepped` with an event at or below its own;
//! - here, in `asked`: somebody wants it tried now, so it goes before the others of a lane without an
//!   order, wherever its key stands;
//! - otherwise here, in `rows`.
//!
//! Stepping over exists in lanes ordered by key only. When their rows wait behind blocked keys and
//! more is on disk, every row that is not the first of its key goes back to disk, and the key
//! remembers from where. The window then reads on for other keys. When the last row of such a key
//! leaves memory the key is hungry: a page from its first stepped-over row is read, of which only
//! rows of that key are taken. A window whose every row is the waiting head of a key of its own
//! reads no further: at most `lane_rows` blocked keys are seen past.

mod keys;
mod rows;

use std::collections::VecDeque;
use std::time::Duration;

use self::rows::{Load, key_of};
pub(super) use self::rows::{When, Window};
use super::flights::Flights;
use crate::domain::delivery::{DueKey, DueRow};
use crate::domain::id::Seq;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Ordering;
use crate::limits;

impl Window {
    pub(super) fn more_on_disk(&self) -> bool {
        self.disk.is_some() || !self.stepped.is_empty()
    }

    /// Nothing here, nothing on disk, nothing asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0 && !self.more_on_disk() && self.load.is_none()
    }

    pub(super) fn loading(&self) -> bool {
        self.load.is_some()
    }

    pub(super) fn overdue(&self, now: Timestamp) -> usize {
        self.all().filter(|row| row.due <= now).count()
    }

    pub(super) fn oldest_due(&self) -> Option<Timestamp> {
        self.all().map(|row| row.due).min()
    }

    pub(super) fn overdue_on_disk(&self, now: Timestamp) -> bool {
        !self.stepped.is_empty() || self.disk.is_some_and(|(_, due)| due <= now)
    }

    /// The row that may start: the place it has in the window, where rows that are asked for come first.
    pub(super) fn candidate(&self, flights: &Flights, now: Timestamp) -> When<usize> {
        match self.ordering {
            Ordering::Webhook if !flights.is_empty() => When::Never,
            Ordering::None | Ordering::Webhook => {
                // After the clock was set back, what is asked for may lie ahead.
                let fronts = [(0, self.asked.front()), (self.asked.len(), self.rows.front())];
                let fronts = fronts.into_iter().filter_map(|(at, row)| Some((at, row?.due)));
                match fronts.clone().find(|(_, due)| *due <= now) {
                    Some((at, _)) => When::Now(at),
                    None => fronts.map(|(_, due)| due).min().map_or(When::Never, When::At),
                }
            }
            Ordering::Key => self.survey(flights, now, 1).candidate,
        }
    }

    pub(super) fn get(&self, at: usize) -> Option<&DueRow> {
        at.checked_sub(self.asked.len()).map_or_else(|| self.asked.get(at), |at| self.rows.get(at))
    }

    pub(super) fn take(&mut self, at: usize) -> Option<DueRow> {
        match at.checked_sub(self.asked.len()) {
            None => self.asked.remove(at),
            Some(at) => self.rows.remove(at),
        }
    }

    /// Where a row is, as the store has it now: a row of the same delivery from before a change is another.
    pub(super) fn place_of(&self, row: &DueRow) -> Option<usize> {
        // By a clock that was set back it may be due earlier here than it is stored.
        self.all().position(|known| known.due <= row.due && DueRow { due: row.due, ..*known } == *row)
    }

    /// Whether another row has to be over before this one, and when that is due, if it is known.
    pub(super) fn before(&self, row: &DueRow, flights: &Flights) -> Option<Option<Timestamp>> {
        match self.ordering {
            Ordering::None => None,
            Ordering::Webhook if !flights.is_empty() => Some(None),
            Ordering::Webhook => {
                let first = self.rows.front().map(|first| (first.key, first.due)).or(self.disk);
                first.filter(|(key, _)| *key < row.key).map(|(_, due)| Some(due))
            }
            Ordering::Key => self.before_in_key(row, flights),
        }
    }

    /// Whether the row at a place was asked for.
    pub(super) fn is_asked(&self, at: usize) -> bool {
        at < self.asked.len()
    }

    /// Whether one more row may be tried before its turn.
    pub(super) fn takes_asked(&self) -> bool {
        self.ordering == Ordering::None && self.asked.len() < limits::SMALL_LANE_ROWS
    }

    /// A row that somebody wants tried now. Beyond a few it has to wait for its turn.
    pub(super) fn place_first(&mut self, row: DueRow, flights: &Flights) {
        if !self.takes_asked() || flights.has(row.key.event) {
            return self.place(row, flights);
        }
        self.forget(row.key.event);
        self.asked.push_back(row);
    }

    /// A row as the store now has it. A row in flight is left to its settlement.
    pub(super) fn place(&mut self, row: DueRow, flights: &Flights) {
        if flights.has(row.key.event) {
            return;
        }
        self.forget(row.key.event);
        match self.disk {
            Some((from, _)) if row.key > from => {}
            Some((from, _)) if row.key == from => self.disk = Some((from, row.due)),
            _ if self.is_stepped(&row) => {}
            _ => self.insert(row),
        }
    }

    /// A row is gone from the store.
    pub(super) fn withdraw(&mut self, event: Seq, flights: &Flights) {
        let key = self.forget(event).and_then(|row| row.order_key);
        self.key_left(key, flights);
        // With an order, the row behind the first one on disk may be due before it: at any time, also before one
        // that a clock says which is set back later.
        if let Some((from, _)) = self.disk
            && self.ordering != Ordering::None
            && from.event == event
        {
            self.disk = Some((from, Timestamp::default()));
        }
    }

    /// A row that was taken and not tried: it is on disk only, and so are all behind it.
    pub(super) fn give_back(&mut self, row: &DueRow) {
        self.begin_disk((row.key, row.due));
    }

    /// Has the disk begin here, if it does not earlier.
    fn begin_disk(&mut self, from: (DueKey, Timestamp)) {
        if self.disk.is_none_or(|disk| from < disk) {
            self.disk = Some(from);
            self.rows.truncate(self.rows.partition_point(|row| row.key < from.0));
        }
    }

    /// Follows a clock that was set back. How long the rows on disk wait is not known here, but all of them were
    /// made due by the same clock, so the first is read that much earlier.
    pub(super) fn set_back(&mut self, now: Timestamp, by: Duration) {
        self.clamp(now);
        if let Some((_, due)) = &mut self.disk {
            *due = now.max(due.minus(by));
        }
    }

    /// Has nothing wait for longer than it can, and what is wanted at once not at all, whatever the clock said
    /// when that was asked for.
    pub(super) fn clamp(&mut self, now: Timestamp) {
        self.asked.iter_mut().for_each(|row| row.due = row.due.min(now));
        self.rows.iter_mut().for_each(|row| *row = row.clamped(now));
        if self.ordering == Ordering::None {
            // Their keys are the times at which they were due, and the first is looked at alone: none waits
            // behind one that is due later.
            let mut next = Timestamp::from_millis(u64::MAX);
            for row in self.rows.iter_mut().rev() {
                next = row.due.min(next);
                row.due = next;
            }
        }
    }

    /// Keeps at most `room` rows; the highest go back to disk. Without room all do.
    pub(super) fn trim(&mut self, room: usize) {
        if room == 0 {
            return self.shelve();
        }
        // Half of it is for those that are in no one's way: what was asked for may lie ahead.
        let too_many = self.asked.split_off(self.asked.len().min(room / 2));
        if let Some(from) = too_many.iter().map(|row| (row.key, row.due)).min() {
            self.begin_disk(from);
        }
        if let Some(row) = self.rows.get(room - self.asked.len()) {
            self.begin_disk((row.key, row.due));
        }
        if self.rows.capacity() > 2 * room.max(self.rows.len()) {
            self.rows.shrink_to(room);
        }
    }

    fn shelve(&mut self) {
        let row = self.all().map(|row| (row.key, row.due)).min();
        let stepped = self.stepped.values().min().map(|first| (key_of(*first), Timestamp::default()));
        self.disk = [self.disk, row, stepped].into_iter().flatten().min();
        (self.asked, self.rows) = (VecDeque::new(), VecDeque::new());
        self.stepped.clear();
        self.hungry.clear();
    }

    /// Whether a page is wanted, when fewer than `low` rows can start and `room` rows are allowed.
    pub(super) fn wants_page(&self, flights: &Flights, low: usize, room: usize, now: Timestamp) -> When<()> {
        if self.load.is_some() || room == 0 {
            return When::Never;
        }
        if !self.hungry.is_empty() {
            return When::Now(());
        }
        let wanting = match self.ordering {
            Ordering::None => self.rows.len() < low.min(room.saturating_sub(self.asked.len())),
            Ordering::Webhook => self.rows.is_empty(),
            Ordering::Key => return self.wants_keys(flights, low, room, now),
        };
        match self.disk {
            Some((_, due)) if wanting && due <= now => When::Now(()),
            Some((_, due)) if wanting => When::At(due),
            _ => When::Never,
        }
    }

    /// Asks for a page: its first key and the rows wanted.
    pub(super) fn ask(&mut self, flights: &Flights, room: usize) -> Option<(DueKey, usize)> {
        if let Some(key) = self.hungry.first()
            && let Some(first) = self.stepped.get(key)
        {
            let from = key_of(*first);
            self.load = Some(Load::Key(*key, from));
            return Some((from, room));
        }
        let (from, _) = self.disk?;
        if self.ordering == Ordering::Key && !self.is_spacious(room) {
            self.step_over(flights);
        }
        self.load = Some(Load::Tail(from));
        Some((from, room.saturating_sub(self.len()).max(1)))
    }

    /// A page came; false if it was not the one asked for.
    pub(super) fn page(
        &mut self,
        from: DueKey,
        rows: Vec<DueRow>,
        next: Option<(DueKey, Timestamp)>,
        flights: &Flights,
        room: usize,
    ) -> bool {
        match self.load {
            Some(Load::Tail(asked)) if asked == from => {
                self.load = None;
                if self.disk.is_some_and(|(disk, _)| disk == from) {
                    self.disk = next;
                    for row in rows {
                        let asked = self.asked.iter().any(|asked| asked.key.event == row.key.event);
                        if !asked && !flights.has(row.key.event) && !self.is_stepped(&row) {
                            self.insert(row);
                        }
                    }
                    self.passed(flights);
                }
            }
            Some(Load::Key(key, asked)) if asked == from => {
                self.load = None;
                if self.stepped.get(&key) == Some(&from.event) {
                    self.feed(key, &rows, next.map(|(key, _)| key), flights, room);
                }
            }
            _ => return false,
        }
        true
    }
}
