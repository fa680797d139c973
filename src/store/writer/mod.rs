//! The writer: one thread that owns every change to the file.
//!
//! It takes what is queued, applies it in one transaction, commits, and only then answers and
//! tells. It never waits for a time to fill a commit (what is ready to run may run first), never sends
//! over a network, and never writes on after a failure of the engine.

mod accept;
mod account;
mod actor;
mod apply;
mod audit;
mod audit_log;
mod batch;
mod command;
mod commit_batch;
mod complete;
mod delivery;
mod due;
mod edit;
mod expiry;
mod failing;
mod fresh;
mod idempotency;
mod indexes;
mod job;
mod lane;
mod listed;
mod pace;
mod pending_reply;
mod quota;
mod replay;
mod reseal;
mod retention;
mod rows;
mod signing;
mod state;
mod stream;
mod suspects;
mod sweep;
mod webhook;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use redb::WriteTransaction;

use self::commit_batch::{CommitBatch, CommitEffects, DirectoryChange};
use self::rows::WriteTables;
use super::core::Core;
use super::engine_error::EngineError;
use super::queue::{Batch, Receiver};
use super::records::damaged;
use crate::clock;
use crate::domain::id::{NumberMap, Seq};
use crate::limits;

pub(super) use audit_log::AuditLog;
pub use command::Resealed;
pub(super) use command::{Command, Queued, Slice};
pub(super) use pace::Pace;
pub(super) use state::{PruneCursor, ResealCursor, State, Sweep, Sweeps};
pub(super) use stream::Stream;

/// The writer.
pub(super) struct Writer {
    pub(super) core: Arc<Core>,
    pub(super) commands: Receiver<Queued>,
    pub(super) committed: Stream,
    pub(super) state: State,
    pub(super) pace: Pace,
    /// A planted fault: answers to `accept` go out before the commit. Only tests set it, to show
    /// that the crash tests notice.
    pub(super) early_ack: bool,
}

/// Says that the store failed when the writer ends for any reason but a clean close.
struct Alarm(Arc<Core>);

impl Drop for Alarm {
    fn drop(&mut self) {
        self.0.fail("the writer stopped");
    }
}

impl Writer {
    /// Works until every handle is gone, the store is closed, or the engine fails.
    pub(super) fn run(mut self) {
        let alarm = Alarm(Arc::clone(&self.core));
        while let Some(batch) = self.next_batch() {
            let closing = batch.commands.iter().any(|queued| matches!(queued.command, Command::Close { .. }));
            if let Err(EngineError(reason)) = self.turn(batch) {
                tracing::error!(reason, "the store failed");
                self.core.fail(&reason);
                break;
            }
            if closing {
                break;
            }
        }
        // The file is let go of before the stream ends, so that the stream's end says so.
        let Self { core, commands, committed, .. } = self;
        drop((commands, alarm, core));
        drop(committed);
    }

    /// The next commit's commands; waits while there is nothing at all to do.
    fn next_batch(&mut self) -> Option<Batch<Queued>> {
        self.pace.rest();
        let batch = self.commands.take(self.state.sweeps.is_empty())?;
        self.core.budget.added(batch.commands.iter().map(|queued| queued.adds() as u64).sum());
        Some(batch)
    }

    /// One commit.
    fn turn(&mut self, batch: Batch<Queued>) -> Result<(), EngineError> {
        self.core.space.check_now();
        self.core.space.restore_ballast();
        self.core.space.wait_before(limits::COMMIT_ROOM_BYTES + 2 * batch.weight as u64);
        let begun = clock::monotonic();
        let mut txn = self.core.db.begin_write()?;
        // Opening after a crash then takes milliseconds; it implies two-phase commit, which holds
        // against payloads made to look like the engine's own pages.
        txn.set_quick_repair(true);
        let commands = batch.commands.len();
        let before = damaged();
        let effects = self.fill(&txn, batch)?;
        self.core.counters.damaged.fetch_add(damaged() - before, Relaxed);
        if effects.writes == 0 {
            txn.abort()?;
        } else {
            txn.commit()?;
            self.core.counters.commit(commands, effects.writes, clock::monotonic().duration_since(begun));
        }
        self.publish(effects, clock::monotonic().duration_since(begun));
        Ok(())
    }

    fn fill(&mut self, txn: &WriteTransaction, batch: Batch<Queued>) -> Result<CommitEffects, EngineError> {
        let mut turn = CommitBatch {
            rows: WriteTables::open(txn)?,
            weight: batch.weight,
            core: &self.core,
            state: &mut self.state,
            early_ack: self.early_ack,
            answers: Vec::with_capacity(batch.commands.len()),
            places: Vec::with_capacity(batch.commands.len()),
            committed: Vec::with_capacity(batch.commands.len()),
            changes: Vec::new(),
            webhooks: NumberMap::default(),
            held: BTreeMap::new(),
            deadlines: false,
        };
        for Queued { command, places, .. } in batch.commands {
            turn.places.extend(places);
            turn.apply(command)?;
        }
        turn.sweep()?;
        turn.note_span()?;
        turn.rows.flush()?;
        let CommitBatch { rows, answers, places, committed, changes, deadlines, .. } = turn;
        Ok(CommitEffects { writes: rows.writes(), answers, places, committed, changes, deadlines })
    }

    /// Everything that may only happen once the transaction, which took so long, is durable.
    fn publish(&mut self, effects: CommitEffects, took: Duration) {
        if !effects.changes.is_empty() {
            let gone = effects.changes.iter().any(|change| matches!(change, DirectoryChange::RemoveToken(_)));
            let mut directory = self.core.directory_mut();
            effects.changes.into_iter().for_each(|change| change.apply(&mut directory));
            drop(directory);
            if gone {
                self.core.tokens_gone.send_replace(());
            }
        }
        self.core.counters.pending.store(self.state.pending, Relaxed);
        self.core.head.send_if_modified(|head| {
            let newest = Seq(self.state.next_seq.saturating_sub(1));
            std::mem::replace(head, newest) != newest
        });
        self.core.next_batch.send_if_modified(|next| {
            let first = self.state.gathering.next();
            std::mem::replace(next, first) != first
        });
        self.pace.answer(effects.answers, effects.places, took);
        if effects.deadlines {
            self.core.deadline_set.notify_one();
        }
        if !effects.committed.is_empty() {
            self.committed.send(effects.committed);
        }
    }
}
