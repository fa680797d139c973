//! The writer: one thread that owns every change to the file.
//!
//! It takes what is queued, applies it in one transaction, commits, and only then answers and
//! tells. It never waits for a time to fill a commit (what is ready to run may run first), never sends
//! over a network, and never writes on after a failure of the engine.

mod accept;
mod account;
mod actor;
mod audit;
mod batch;
mod complete;
mod delivery;
mod edit;
mod job;
mod listed;
mod pace;
mod quota;
mod replay;
mod reseal;
mod retention;
mod rows;
mod signing;
mod stream;
mod sweep;
mod turn;
mod webhook;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use redb::WriteTransaction;
use tokio::sync::oneshot;

use self::complete::Outcome;
use self::rows::Rows;
use self::turn::{Change, Told, Turn};
use super::command::{
    Accept, Accepted, Actor, AppendRows, CreateJob, Edit, Edited, PutRecord, Refused, Reserved, TokenUse,
    UpdateJob,
};
use super::core::Core;
use super::gathering::Gathering;
use super::halt::Halt;
use super::queue::{Batch, Receiver};
use super::records::damaged;
use super::upkeep::{Pruned, RetentionPolicy};
use super::usage::Held;
use crate::clock;
use crate::domain::delivery::DueKey;
use crate::domain::id::{AccountNo, DeliveryId, NumberMap, Seq, WebhookNo};
use crate::domain::job::Job;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Failing;
use crate::fair::Permit;

pub(super) use audit::Log as AuditLog;
pub(super) use pace::Pace;
pub(super) use replay::Slice;
pub(super) use reseal::Cursor as ResealCursor;
pub use reseal::Resealed;
pub(super) use retention::Cursor as PruneCursor;
pub(super) use stream::Stream;
pub(super) use sweep::Sweep;

/// What the writer is asked to do.
pub(super) enum Command {
    Accept {
        events: Vec<Accept>,
        /// Whether they are stored all or none.
        together: bool,
        now: Timestamp,
        reply: oneshot::Sender<Vec<Accepted>>,
    },
    Complete {
        outcome: Box<Outcome>,
        now: Timestamp,
    },
    Edit {
        edit: Edit,
        actor: Actor,
        now: Timestamp,
        reply: oneshot::Sender<Result<Edited, Refused>>,
    },
    Reserve {
        webhooks: u32,
        reply: oneshot::Sender<Result<Reserved, Refused>>,
    },
    CreateJob {
        create: Box<CreateJob>,
        now: Timestamp,
        reply: oneshot::Sender<Result<Job, Refused>>,
    },
    UpdateJob {
        update: Box<UpdateJob>,
        /// How many webhooks it may remove, about.
        unfired: usize,
        now: Timestamp,
        reply: oneshot::Sender<Result<Job, Refused>>,
    },
    PutRecord {
        put: PutRecord,
        reply: oneshot::Sender<Result<(), Refused>>,
    },
    AppendRows {
        append: AppendRows,
        now: Timestamp,
        reply: oneshot::Sender<Result<u64, Refused>>,
    },
    LoadLane {
        webhook: WebhookNo,
        from: DueKey,
        limit: usize,
    },
    SetFailing(WebhookNo, Option<Failing>),
    UseResource {
        delivery: DeliveryId,
        now: Timestamp,
        reply: oneshot::Sender<bool>,
    },
    CloseBatches {
        now: Timestamp,
        reply: oneshot::Sender<()>,
    },
    MarkSuspects {
        rows: Vec<(WebhookNo, Seq)>,
        reply: oneshot::Sender<()>,
    },
    Replay {
        slice: Box<Slice>,
        now: Timestamp,
        reply: oneshot::Sender<u64>,
    },
    Prune {
        policy: RetentionPolicy,
        held: Held,
        now: Timestamp,
        reply: oneshot::Sender<Pruned>,
    },
    Reseal {
        reply: oneshot::Sender<Resealed>,
    },
    TokensUsed {
        uses: Vec<TokenUse>,
        reply: oneshot::Sender<()>,
    },
    Close {
        reply: oneshot::Sender<()>,
    },
}

/// A command that waits for its commit.
pub(super) struct Queued {
    pub(super) command: Command,
    pub(super) weight: usize,
    /// Its places in the queue, where an account asked for it. They are free again once it is answered.
    pub(super) places: Option<Permit<AccountNo>>,
}

impl Queued {
    /// What it adds to what its account holds, about.
    fn adds(&self) -> usize {
        match &self.command {
            Command::Accept { .. }
            | Command::CreateJob { .. }
            | Command::UpdateJob { .. }
            | Command::PutRecord { .. }
            | Command::AppendRows { .. } => self.weight,
            Command::Complete { outcome, .. } => outcome.attempt.len(),
            _ => 0,
        }
    }
}

/// What the writer knows besides the tables. It changes while a transaction is filled; if the
/// commit fails, the writer ends and nobody reads it again.
pub(super) struct State {
    pub(super) next_seq: u64,
    pub(super) next_webhook: u32,
    pub(super) next_account: u32,
    pub(super) audit: AuditLog,
    /// Webhooks whose pending rows are being cancelled.
    pub(super) sweeps: BTreeMap<WebhookNo, Sweep>,
    /// Rows that were in flight when the process died.
    pub(super) suspects: NumberMap<(WebhookNo, Seq), u32>,
    /// Of each webhook the latest change of its run of failures since the start.
    pub(super) run_changes: NumberMap<WebhookNo, u64>,
    pub(super) gathering: Gathering,
    /// The newest block of each account's lists that was written since the start.
    pub(super) listed: NumberMap<(AccountNo, u8), u64>,
    pub(super) prune: PruneCursor,
    pub(super) reseal: ResealCursor,
    pub(super) pending: u64,
}

impl State {
    fn take_seq(&mut self) -> Seq {
        let seq = Seq(self.next_seq);
        self.next_seq += 1;
        seq
    }
}

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
            if let Err(Halt(reason)) = self.turn(batch) {
                tracing::error!(reason, "the store failed");
                self.core.fail(&reason);
                break;
            }
            if closing {
                break;
            }
        }
        // The file is let go of before the stream ends, so that the stream's end tells it.
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
    fn turn(&mut self, batch: Batch<Queued>) -> Result<(), Halt> {
        self.core.space.check_now();
        self.core.space.restore_ballast();
        let begun = clock::monotonic();
        let mut txn = self.core.db.begin_write()?;
        // Opening after a crash then takes milliseconds; it implies two-phase commit, which holds
        // against payloads made to look like the engine's own pages.
        txn.set_quick_repair(true);
        let commands = batch.commands.len();
        let before = damaged();
        let told = self.fill(&txn, batch)?;
        self.core.counters.damaged.fetch_add(damaged() - before, Relaxed);
        if told.writes == 0 {
            txn.abort()?;
        } else {
            txn.commit()?;
            self.core.counters.commit(commands, told.writes, clock::monotonic().duration_since(begun));
        }
        self.tell(told, clock::monotonic().duration_since(begun));
        Ok(())
    }

    fn fill(&mut self, txn: &WriteTransaction, batch: Batch<Queued>) -> Result<Told, Halt> {
        let mut turn = Turn {
            rows: Rows::open(txn)?,
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
        let Turn { rows, answers, places, committed, changes, deadlines, .. } = turn;
        Ok(Told { writes: rows.writes(), answers, places, committed, changes, deadlines })
    }

    /// Everything that may only happen once the transaction, which took so long, is durable.
    fn tell(&mut self, told: Told, took: Duration) {
        if !told.changes.is_empty() {
            let gone = told.changes.iter().any(|change| matches!(change, Change::RemoveToken(_)));
            let mut directory = self.core.directory_mut();
            told.changes.into_iter().for_each(|change| change.apply(&mut directory));
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
        self.pace.answer(told.answers, told.places, took);
        if told.deadlines {
            self.core.deadline_set.notify_one();
        }
        if !told.committed.is_empty() {
            self.committed.send(told.committed);
        }
    }
}
