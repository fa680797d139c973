//! A run of a query on data, and the steps that it still has.

use super::pattern::BYTES_PER_STEP;
use crate::domain::json::Exact;

/// Why a run ended without an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    /// Its steps are used up.
    Spent,
    /// It needs a pattern that was left out.
    Pattern,
}

pub(super) type Run<T> = Result<T, Stopped>;

/// A run: what `$` stands for, and the steps that are left.
pub(super) struct Runner<'a> {
    pub(super) root: &'a Exact,
    pub(super) left: u64,
}

impl Runner<'_> {
    pub(super) fn spend(&mut self, steps: u64) -> Run<()> {
        match self.left.checked_sub(steps) {
            Some(left) => {
                self.left = left;
                Ok(())
            }
            None => {
                self.left = 0;
                Err(Stopped::Spent)
            }
        }
    }

    pub(super) fn spend_text(&mut self, bytes: usize) -> Run<()> {
        self.spend(1 + (bytes / BYTES_PER_STEP) as u64)
    }

    /// Finding a member among so many: its name is compared with some of theirs, which may begin alike.
    pub(super) fn spend_lookup(&mut self, members: usize, name: &str) -> Run<()> {
        let compared = 1 + u64::from(members.checked_ilog2().unwrap_or(0));
        self.spend(compared * (1 + (name.len() / BYTES_PER_STEP) as u64))
    }
}
