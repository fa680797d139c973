//! What the writer knows besides the tables, and where its long walks stand.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

use super::audit_log::AuditLog;
use super::command::Resealed;
use crate::domain::delivery::Reason;
use crate::domain::id::{AccountNo, NumberMap, Seq, WebhookNo};
use crate::domain::time::Timestamp;
use crate::store::gathering::Gathering;
use crate::store::tables::DueTableKey;

/// What the writer knows besides the tables. It changes while a transaction is filled; if the
/// commit fails, the writer ends and no one reads it again.
pub(in crate::store) struct State {
    pub(in crate::store) next_seq: u64,
    pub(in crate::store) next_webhook: u32,
    pub(in crate::store) next_account: u32,
    pub(in crate::store) audit: AuditLog,
    /// Webhooks whose pending rows are being cancelled.
    pub(in crate::store) sweeps: Sweeps,
    /// Rows that were in flight when the process died.
    pub(in crate::store) suspects: NumberMap<(WebhookNo, Seq), u32>,
    /// Those of them that are in flight now, as far as is noted: a crash now would be theirs.
    pub(in crate::store) noted: BTreeSet<(WebhookNo, Seq)>,
    /// Of each webhook the latest change of its run of failures since the start.
    pub(in crate::store) run_changes: NumberMap<WebhookNo, u64>,
    /// When webhooks were resumed, until they fail again: what failed before is told late.
    pub(in crate::store) resumed: NumberMap<WebhookNo, Timestamp>,
    pub(in crate::store) gathering: Gathering,
    /// The newest block of each account's lists that was written since the start.
    pub(in crate::store) listed: NumberMap<(AccountNo, u8), u64>,
    pub(in crate::store) prune: PruneCursor,
    pub(in crate::store) reseal: ResealCursor,
    pub(in crate::store) pending: u64,
}

impl State {
    pub(super) fn take_seq(&mut self) -> Seq {
        let seq = Seq(self.next_seq);
        self.next_seq += 1;
        seq
    }
}

/// The sweeps that are under way.
#[derive(Debug, Default)]
pub(in crate::store) struct Sweeps {
    all: BTreeMap<WebhookNo, Sweep>,
    /// The webhook whose turn was last.
    last: WebhookNo,
}

impl Sweeps {
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    pub(in crate::store) fn insert(&mut self, no: WebhookNo, sweep: Sweep) {
        self.all.insert(no, sweep);
    }

    /// Takes the sweep whose turn it is: they take turns, so that a long one does not keep the others waiting.
    pub(super) fn take_next(&mut self) -> Option<(WebhookNo, Sweep)> {
        let after = (Bound::Excluded(self.last), Bound::Unbounded);
        let next = self.all.range(after).next().or_else(|| self.all.first_key_value());
        self.last = *next?.0;
        self.all.remove_entry(&self.last)
    }

    /// Lets a sweep that was taken go on when its turn comes again, unless there is a new one of its webhook.
    pub(super) fn put_back(&mut self, no: WebhookNo, sweep: Sweep) {
        self.all.entry(no).or_insert(sweep);
    }
}

/// What is cancelled of a webhook's lane.
#[derive(Debug, Clone, Copy)]
pub(in crate::store) struct Sweep {
    pub(super) reason: Reason,
    /// Of which events: those that are accepted meanwhile stay.
    pub(super) up_to: Seq,
    /// Where the part of the lane begins that is still to be looked at.
    pub(super) from: Bound<DueTableKey>,
}

impl Sweep {
    /// All of a webhook that was removed.
    pub(in crate::store) fn removing(no: WebhookNo, reason: Reason) -> Self {
        Self { reason, up_to: Seq(u64::MAX), from: Bound::Included((no.0, 0, 0)) }
    }

    /// What waited for a webhook that was resumed.
    pub(in crate::store) fn dropping(no: WebhookNo, up_to: Seq) -> Self {
        Self { reason: Reason::Dropped, up_to, from: Bound::Included((no.0, 0, 0)) }
    }
}

/// Where resealing stands.
#[derive(Debug, Default)]
pub(in crate::store) struct ResealCursor {
    /// Which of [`SEALED`].
    pub(super) table: usize,
    /// The last row of it that was looked at: its key as the engine writes it.
    pub(super) after: Option<Vec<u8>>,
    /// Rows that this pass sealed with the current key.
    pub(super) resealed: u64,
    /// Rows of this pass that this program does not understand: they may be sealed with an earlier key.
    pub(super) unknown: u64,
    /// How it ended. It ends once for each start.
    pub(super) end: Option<Resealed>,
}

/// Where retention stands.
#[derive(Debug, Default)]
pub(in crate::store) struct PruneCursor {
    /// The next event to look at.
    pub(super) next: Seq,
    /// The next attempt to look at.
    pub(super) attempt: Seq,
    /// When the walk began at the first event.
    pub(super) pass_began: Timestamp,
    /// The next job to look at.
    pub(super) job: Seq,
    /// The last replay that was looked at, where there are more.
    pub(super) replay: Option<[u8; 16]>,
    /// What is to go before its time.
    pub(super) debt: Option<Debt>,
    pub(super) indexes: IndexCheck,
}

/// Where the walk through the indexes stands.
#[derive(Debug, Default)]
pub(in crate::store) struct IndexCheck {
    /// Which part of it.
    pub(super) part: usize,
    pub(super) is_over: bool,
    /// The last row of it that was looked at: its key as the engine writes it.
    pub(super) after: Option<Vec<u8>>,
    /// Whether rows of an index are lost: then what they are made of is walked, too.
    pub(super) lost: bool,
}

impl IndexCheck {
    /// Begins again, unless it is under way.
    pub(super) fn begin(&mut self) {
        if self.is_over {
            (self.part, self.is_over) = (0, false);
        }
    }
}

/// What accounts have to give up.
#[derive(Debug)]
pub(super) struct Debt {
    /// The next number to look at; `None` once all were, until it is time to begin again.
    pub(super) next: Option<Seq>,
    /// When the walk began at the first number.
    pub(super) began: Timestamp,
    /// What one account may hold.
    pub(super) share: u64,
    pub(super) owed: NumberMap<AccountNo, u64>,
    /// What the walk went past because something of it is pending.
    pub(super) kept: NumberMap<AccountNo, u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweeps_take_turns() {
        let mut sweeps = Sweeps::default();
        let sweep = |no| Sweep::removing(WebhookNo(no), Reason::WebhookRemoved);
        (1..=3).for_each(|no| sweeps.insert(WebhookNo(no), sweep(no)));
        let mut turns = Vec::new();
        while let Some((WebhookNo(no), taken)) = sweeps.take_next() {
            turns.push(no);
            // The first is long, and a fourth comes meanwhile.
            if no == 1 && turns.len() < 6 {
                sweeps.put_back(WebhookNo(no), taken);
                sweeps.insert(WebhookNo(4), sweep(4));
            }
        }
        assert_eq!(turns, [1, 2, 3, 4, 1, 4, 1]);
    }
}
