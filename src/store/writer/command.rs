//! What the writer is asked to do.

use tokio::sync::oneshot;

use crate::domain::delivery::{DueKey, DueRow};
use crate::domain::fanout::Share;
use crate::domain::id::{AccountNo, DeliveryId, ReplayId, Seq, WebhookNo};
use crate::domain::job::Job;
use crate::domain::outcome::ErrorKind;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Waits;
use crate::fair::Permit;
use crate::store::audit::Actor;
use crate::store::command::{
    Accept, Accepted, AppendRows, Complete, CreateJob, DeliveryChange, Edit, Edited, PutRecord, Refused,
    Reserved, RunChange, TokenUse, UpdateJob,
};
use crate::store::query::DeliveryCursor;
use crate::store::records::attempt::{self, Unnumbered};
use crate::store::upkeep::{Pruned, RetentionPolicy};
use crate::store::usage::Held;

/// What the writer is asked to do.
pub(in crate::store) enum Command {
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
    #[cfg(test)]
    SetFailing(WebhookNo, Option<crate::domain::webhook::Failing>),
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
pub(in crate::store) struct Queued {
    pub(in crate::store) command: Command,
    pub(in crate::store) weight: usize,
    /// Its places in the queue, where an account asked for it. They are free again once it is answered.
    pub(in crate::store) places: Option<Permit<AccountNo>>,
}

impl Queued {
    /// What it adds to what its account holds, about.
    pub(super) fn adds(&self) -> usize {
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

/// An outcome as the writer takes it. The one that made the attempt writes its row and frees what it was made
/// of: across threads that costs more.
pub(in crate::store) struct Outcome {
    pub(super) row: DueRow,
    pub(super) webhook: WebhookNo,
    pub(in crate::store) attempt: Unnumbered,
    pub(super) error: Option<ErrorKind>,
    pub(super) change: DeliveryChange,
    pub(in crate::store) run: Option<RunChange>,
    pub(super) waits: Option<Waits>,
    pub(in crate::store) emit: Vec<Accept>,
}

impl From<Complete> for Outcome {
    fn from(complete: Complete) -> Self {
        let Complete { row, webhook, attempt, change, run, waits, emit } = complete;
        let error = attempt.exchange.error.as_ref().map(|error| error.kind);
        Self { row, webhook, attempt: attempt::write(&attempt), error, change, run, waits, emit }
    }
}

/// The next part of a replay, as found by reading.
pub(in crate::store) struct Slice {
    pub(in crate::store) replay: ReplayId,
    /// Where the reading began. If the replay is elsewhere by now, the slice is dropped.
    pub(in crate::store) from: Option<DeliveryCursor>,
    pub(in crate::store) rows: Vec<(WebhookNo, Seq)>,
    /// Events that the replay's webhook missed, with what it gets of them.
    pub(in crate::store) missed: Vec<(Seq, Share)>,
    /// Where it ended; `None` at the end.
    pub(in crate::store) next: Option<DeliveryCursor>,
}

/// How far resealing has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resealed {
    /// There is more to do.
    More,
    /// So many rows are of a form that this program does not know. They may be sealed with an earlier key,
    /// so the earlier keys have to stay.
    Kept(u64),
    /// Everything is sealed with the current key.
    Done,
}
