//! Where an account's events and jobs are among everybody's.
//!
//! A row of the list stands for a block of numbers: an account that is alone, or busy, writes few of them,
//! and the list of one that is neither is not far to seek.

use super::CommitBatch;
use crate::domain::id::{AccountNo, Seq};
use crate::limits;
use crate::store::engine_error::EngineError;
use crate::store::records::event;
use crate::store::tables::{self, LISTED_EVENTS, LISTED_JOBS};

impl CommitBatch<'_> {
    pub(super) fn list_event(&mut self, account: AccountNo, seq: Seq) -> Result<(), EngineError> {
        self.list(account, LISTED_EVENTS, seq)
    }

    pub(super) fn list_job(&mut self, account: AccountNo, seq: Seq) -> Result<(), EngineError> {
        self.list(account, LISTED_JOBS, seq)
    }

    fn list(&mut self, account: AccountNo, kind: u8, seq: Seq) -> Result<(), EngineError> {
        let key = tables::listed_key(account, kind, seq);
        // The newest block of each is remembered; a row that is there already is written again.
        if self.state.listed.insert((account, kind), key.2) != Some(key.2) {
            self.rows.open_for_write(tables::LISTED)?.insert(key, ())?;
        }
        Ok(())
    }

    /// Takes a block off an account's list, if the event that went was its last one there.
    pub(super) fn unlist_event(&mut self, account: AccountNo, seq: Seq) -> Result<(), EngineError> {
        for row in self.rows.events.table()?.range(block_of(seq))? {
            if event::read_account(row?.1.value()) == Ok(account) {
                return Ok(());
            }
        }
        self.unlist(account, LISTED_EVENTS, seq)
    }

    /// The same for a job.
    pub(super) fn unlist_job(&mut self, account: AccountNo, seq: Seq) -> Result<(), EngineError> {
        for row in self.rows.open_for_read(tables::JOBS)?.range(block_of(seq))? {
            // Jobs begin as events do.
            if event::read_account(row?.1.value()) == Ok(account) {
                return Ok(());
            }
        }
        self.unlist(account, LISTED_JOBS, seq)
    }

    fn unlist(&mut self, account: AccountNo, kind: u8, seq: Seq) -> Result<(), EngineError> {
        let key = tables::listed_key(account, kind, seq);
        self.rows.open_for_write(tables::LISTED)?.remove(key)?;
        if self.state.listed.get(&(account, kind)) == Some(&key.2) {
            self.state.listed.remove(&(account, kind));
        }
        Ok(())
    }
}

/// The numbers of the block that a number is in.
fn block_of(seq: Seq) -> std::ops::Range<u64> {
    let first = seq.0 - seq.0 % limits::LISTED_BLOCK;
    first..first.saturating_add(limits::LISTED_BLOCK)
}
