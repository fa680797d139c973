//! The store's own budget, as the writer and the handles share it: what is held, about, and which accounts
//! hold so much that cannot go that nothing new is taken from them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{PoisonError, RwLock};

use crate::domain::id::AccountNo;

#[derive(Default)]
pub(super) struct Budget {
    /// Bytes, right when they were counted and about right since.
    held: AtomicU64,
    counted: AtomicBool,
    /// Whether what was counted is being acted upon.
    collecting: AtomicBool,
    /// A new count has nothing to find before more than this is held.
    due_above: AtomicU64,
    refused: RwLock<Vec<AccountNo>>,
}

impl Budget {
    /// What is held, about, once it was counted.
    pub(super) fn held(&self) -> Option<u64> {
        self.counted.load(Relaxed).then(|| self.held.load(Relaxed))
    }

    pub(super) fn added(&self, bytes: u64) {
        let _ = self.held.fetch_update(Relaxed, Relaxed, |held| Some(held.saturating_add(bytes)));
    }

    pub(super) fn freed(&self, bytes: u64) {
        let _ = self.held.fetch_update(Relaxed, Relaxed, |held| Some(held.saturating_sub(bytes)));
    }

    pub(super) fn counted(&self, bytes: u64) {
        self.held.store(bytes, Relaxed);
        self.counted.store(true, Relaxed);
    }

    /// Whether it is time to count what accounts hold.
    pub(super) fn is_due(&self, budget: u64) -> bool {
        let above = self.due_above.load(Relaxed).max(budget);
        !self.collecting.load(Relaxed) && self.held().is_none_or(|held| held > above)
    }

    /// What is over the budget is being taken away.
    pub(super) fn collect(&self) {
        self.collecting.store(true, Relaxed);
    }

    /// There is nothing to take away, unless `more` than now is held. No one is refused.
    pub(super) fn settle(&self, more: Option<u64>) {
        let above = more.map_or(0, |more| self.held.load(Relaxed).saturating_add(more));
        self.due_above.store(above, Relaxed);
        self.collecting.store(false, Relaxed);
        self.refuse(Vec::new());
    }

    /// Takes nothing new from these accounts, and from all others.
    pub(super) fn refuse(&self, accounts: Vec<AccountNo>) {
        let mut refused = self.refused.write().unwrap_or_else(PoisonError::into_inner);
        if *refused != accounts {
            tracing::warn!(
                accounts = accounts.len(),
                "accounts whose pending deliveries take more than their share of the store's budget are refused events"
            );
            *refused = accounts;
        }
    }

    pub(super) fn refuses(&self, account: AccountNo) -> bool {
        self.refused.read().unwrap_or_else(PoisonError::into_inner).contains(&account)
    }

    /// How many accounts are refused.
    pub(super) fn refused(&self) -> usize {
        self.refused.read().unwrap_or_else(PoisonError::into_inner).len()
    }
}
