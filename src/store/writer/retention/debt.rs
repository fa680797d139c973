//! What accounts have to give up because the store holds more than its budget.

use crate::domain::id::{AccountNo, NumberMap, Seq};
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::upkeep::RetentionPolicy;
use crate::store::usage::{Held, share};
use crate::store::writer::CommitBatch;
use crate::store::writer::state::Debt;

impl CommitBatch<'_> {
    /// Takes notice of what is held.
    pub(super) fn owe(&mut self, policy: &RetentionPolicy, held: Held, now: Timestamp) {
        let (usage, budget) = match (held, policy.max_bytes) {
            (Held::Counted(usage), Some(budget)) => (usage, budget),
            (Held::Fits, _) | (_, None) => return self.forgive(None),
            (Held::Unknown, Some(_)) => return,
        };
        self.forgive(None);
        let all = usage.values().sum::<u64>();
        self.core.budget.counted(all);
        if all <= budget {
            return;
        }
        // Somewhat less, so that the next count is not due at once.
        let share = share(&usage, budget - budget / limits::BUDGET_SLACK);
        let over = |(account, bytes): (AccountNo, u64)| Some((account, bytes.checked_sub(share)?));
        let owed: NumberMap<AccountNo, u64> =
            usage.into_iter().filter_map(over).filter(|(_, bytes)| *bytes > 0).collect();
        self.core.budget.collect();
        self.state.prune.debt =
            Some(Debt { next: Some(Seq(0)), began: now, share, owed, kept: NumberMap::default() });
    }

    pub(super) fn forgive(&mut self, more: Option<u64>) {
        self.state.prune.debt = None;
        self.core.budget.settle(more);
    }

    /// An account has so many bytes less.
    pub(in crate::store::writer) fn pay(&mut self, account: AccountNo, bytes: u64) {
        self.core.budget.freed(bytes);
        let Some(debt) = &mut self.state.prune.debt else { return };
        if let Some(owed) = debt.owed.get_mut(&account) {
            *owed = owed.saturating_sub(bytes);
            if *owed == 0 {
                debt.owed.remove(&account);
            }
        }
    }

    pub(super) fn owes(&self, account: AccountNo) -> bool {
        self.state.prune.debt.as_ref().is_some_and(|debt| debt.owed.contains_key(&account))
    }

    pub(super) fn keep(&mut self, account: AccountNo, bytes: u64) {
        if let Some(debt) = &mut self.state.prune.debt {
            *debt.kept.entry(account).or_default() += bytes;
        }
    }
}
