//! The naive model: the due table as plain maps, what is in flight, and what must hold whenever
//! the scheduler starts a row. It knows nothing of windows, turns or timers.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::delivery::{DueKey, DueRow};
use crate::domain::id::Seq;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Failing, Ordering, Waits};
use crate::schedule::LaneSettings;

/// A row under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Flying {
    pub(super) row: DueRow,
    pub(super) in_air: bool,
    /// Its attempt waits for something outside.
    pub(super) aside: bool,
}

/// One lane: the truth on disk and what is under way.
#[derive(Debug)]
pub(super) struct LaneModel {
    pub(super) settings: LaneSettings,
    pub(super) removed: bool,
    pub(super) disk: BTreeMap<DueKey, DueRow>,
    places: BTreeMap<Seq, DueKey>,
    pub(super) flying: BTreeMap<Seq, Flying>,
    /// The run of failures that is stored, and the one that the scheduler last reported.
    pub(super) failing: Option<Failing>,
    pub(super) run: Option<Failing>,
    pub(super) loading: bool,
    /// Tokens of the rate limit, and when (wall clock) they were counted.
    pub(super) tokens: f64,
    pub(super) counted: u64,
    /// Nothing may start before this, unless the clock jumped since it was said.
    pub(super) not_before: u64,
    /// Attempts whose outcome is to end the webhook and is not committed.
    pub(super) finals: usize,
    /// Whether the clock was set back since it was made.
    pub(super) set_back: bool,
    /// What it waits for, as it is stored.
    pub(super) waits: Waits,
    /// It delivered since the start.
    pub(super) proven: bool,
    /// `Disable` was said and the settings did not change since.
    pub(super) disabled: bool,
}

impl LaneModel {
    pub(super) fn new(settings: LaneSettings) -> Self {
        Self {
            settings,
            removed: false,
            disk: BTreeMap::new(),
            places: BTreeMap::new(),
            flying: BTreeMap::new(),
            failing: None,
            run: None,
            loading: false,
            tokens: settings.rate_limit.map_or(0.0, |limit| f64::from(limit.burst)),
            counted: 0,
            not_before: 0,
            finals: 0,
            set_back: false,
            waits: Waits::default(),
            proven: false,
            disabled: false,
        }
    }

    pub(super) fn row_of(&self, event: Seq) -> Option<DueRow> {
        self.disk.get(self.places.get(&event)?).copied()
    }

    pub(super) fn in_air(&self) -> usize {
        self.flying.values().filter(|flying| flying.in_air).count()
    }

    pub(super) fn key(&self, event: Seq, due: Timestamp) -> DueKey {
        let order = if self.settings.ordering == Ordering::None { due.as_millis() } else { 0 };
        DueKey { order, event }
    }

    /// Puts a row at its place, instead of where it was.
    pub(super) fn put(&mut self, row: DueRow) {
        self.drop_row(row.key.event);
        self.places.insert(row.key.event, row.key);
        self.disk.insert(row.key, row);
    }

    pub(super) fn drop_row(&mut self, event: Seq) -> bool {
        self.places.remove(&event).is_some_and(|key| self.disk.remove(&key).is_some())
    }

    /// The rows from a key on, and the first after them.
    pub(super) fn page(
        &self,
        from: DueKey,
        limit: usize,
        now: Timestamp,
    ) -> (Vec<DueRow>, Option<(DueKey, Timestamp)>) {
        let mut range = self.disk.range(from..);
        let rows = range.by_ref().take(limit).map(|(_, row)| *row).collect();
        (rows, range.next().map(|(key, row)| (*key, row.clamped(now).due)))
    }

    /// Whether the order lets a row go that is on disk and not under way.
    fn in_order(&self, row: &DueRow) -> bool {
        let key = |row: &DueRow| match self.settings.ordering {
            Ordering::None => None,
            Ordering::Webhook => Some(0),
            Ordering::Key => row.order_key,
        };
        let Some(own) = key(row) else { return true };
        let mut before = self.disk.range(..row.key).map(|(_, other)| other);
        !self.flying.values().any(|flying| key(&flying.row) == Some(own))
            && !before.any(|other| key(other) == Some(own))
    }

    /// A row that nothing but the scheduler's own reasons keeps from starting; asked only while
    /// nothing is under way.
    pub(super) fn startable(&self, now: Timestamp) -> Option<DueRow> {
        let mut blocked = BTreeSet::new();
        let mut rows = self.disk.values().filter(|row| match self.settings.ordering {
            Ordering::None => true,
            Ordering::Webhook => blocked.insert(0),
            Ordering::Key => row.order_key.is_none_or(|key| blocked.insert(key)),
        });
        rows.find(|row| row.due <= now).copied()
    }

    /// Whether a row is the stored one. After the clock was set back one that is due too late is due earlier.
    fn is_it(&self, row: &DueRow, stored: &DueRow) -> bool {
        let due = if self.set_back { row.due.min(stored.due) } else { stored.due };
        *row == DueRow { due, ..*stored }
    }

    /// The process died: of what it knew only what was stored is left.
    pub(super) fn forget(&mut self) {
        let second = self.settings.rate_limit.map_or(0.0, |limit| limit.per_second);
        let burst = self.settings.rate_limit.map_or(0.0, |limit| f64::from(limit.burst));
        // What was under way is not stored, nor is what would be full again at once.
        let unstored = f64::from(u32::try_from(self.flying.len()).unwrap()) + second + 1.0;
        self.tokens = (self.tokens + unstored).min(burst);
        self.not_before =
            if self.not_before == 0 { 0 } else { self.waits.rests_until.map_or(0, Timestamp::as_millis) };
        self.flying.clear();
        (self.finals, self.proven, self.loading, self.disabled) = (0, false, false, false);
        self.run = self.failing;
    }

    /// Counts the tokens there are at most; a clock set back gives none.
    pub(super) fn count_tokens(&mut self, now: u64) {
        if let Some(limit) = self.settings.rate_limit {
            #[expect(clippy::cast_precision_loss, reason = "spans are small")]
            let gained = now.saturating_sub(self.counted) as f64 / 1000.0 * limit.per_second;
            self.tokens = (self.tokens + gained).min(f64::from(limit.burst));
        }
        self.counted = now;
    }

    /// What is wrong with making an attempt now that was set aside.
    pub(super) fn judge_resumed(&self, now: Timestamp, default_cap: u32) -> Result<(), String> {
        let cap = self.settings.max_in_flight.unwrap_or(default_cap) as usize;
        let stopped = self.removed || self.settings.paused || self.disabled || self.finals > 0;
        if stopped || self.in_air() >= cap || now.as_millis() < self.not_before {
            return Err(format!("an attempt is resumed against the rules: {self:?}"));
        }
        Ok(())
    }

    /// What is wrong with starting this row now, if anything.
    pub(super) fn judge(&mut self, row: &DueRow, now: Timestamp, default_cap: u32) -> Result<(), String> {
        let event = row.key.event;
        let cap = self.settings.max_in_flight.unwrap_or(default_cap) as usize;
        self.count_tokens(now.as_millis());
        let wrong = if self.removed || self.settings.paused || self.disabled {
            "the lane is stopped"
        } else if self.finals > 0 {
            "its webhook is about to end"
        } else if !self.disk.get(&row.key).is_some_and(|stored| self.is_it(row, stored)) {
            "the row is not on disk"
        } else if row.due > now {
            "the row is not due"
        } else if self.flying.contains_key(&event) {
            "the row is under way"
        } else if self.in_air() >= cap {
            "the lane's cap is full"
        } else if !self.in_order(row) {
            "the order does not let it"
        } else if self.settings.rate_limit.is_some_and(|limit| self.tokens < 1.0 - limit.per_second / 500.0) {
            "the rate limit has no token"
        } else if now.as_millis() < self.not_before {
            "the receiver wants nothing yet"
        } else {
            self.tokens -= 1.0;
            self.flying.insert(event, Flying { row: *row, in_air: true, aside: false });
            return Ok(());
        };
        Err(wrong.to_owned())
    }
}
