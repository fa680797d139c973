//! The store: one redb file. Nothing outside this room names a redb type.
//!
//! Every change goes through one writer thread, which commits what is queued in one transaction
//! and answers only then. Reads are short transactions of their own. `docs/storage.md` describes
//! the file.

pub mod audit;
pub mod backup;
mod budget;
pub mod command;
pub mod committed;
pub mod compact;
mod core;
mod engine;
pub mod export;
mod gathering;
mod halt;
mod load;
mod migrate;
mod open;
pub mod query;
mod read;
mod records;
mod seal;
mod space;
mod tables;
#[cfg(test)]
mod tests;
pub mod upkeep;
mod usage;
mod writer;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, mpsc, oneshot, watch};

use self::core::{Core, Counters};
use crate::domain::delivery::DueKey;
use crate::domain::event_type::EventType;
use crate::domain::id::{AccountNo, DeliveryId, Seq, WebhookNo};
use crate::domain::job::Job;
use crate::domain::profile::JwtAlgorithm;
use crate::domain::quota::Quotas;
use crate::domain::resource::ResourceKey;
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Failing, Webhook};
use crate::limits;
use audit::Note;
use command::{
    Accept, Accepted, Actor, AppendRows, Complete, CreateJob, Edit, Edited, Refused, Reserved, TokenUse,
    UpdateJob,
};
use committed::{Committed, LaneHead};
use upkeep::{Pruned, RetentionPolicy};
use usage::Held;
use writer::Command;

pub use self::core::DirectoryRef;
pub use writer::Resealed;

pub use open::{OpenError, OpenOptions, SCHEMA};
pub use query::{
    Counted, DeliveryCursor, DeliveryFilter, EventFilter, JobFilter, LoggedAttempt, Page, PageRequest,
    StoreFigures, TailItem, WebhookStats,
};

/// Why the store cannot answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The writer's queue is full: try again shortly.
    #[error("the store is busy")]
    Busy,
    /// The disk budget is spent: nothing new is accepted; reads and deliveries go on.
    #[error("the disk is full")]
    Full,
    /// What is pending of the account takes more than its share of the store's budget: nothing new is
    /// accepted for it.
    #[error("the account holds more than its share of the store")]
    Share,
    /// The store failed; the process is about to stop.
    #[error("the store is unavailable")]
    Unavailable,
}

/// An open store. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    core: Arc<Core>,
    queue: mpsc::Sender<Command>,
}

/// What a freshly opened store hands to its one dispatcher.
pub struct Opened {
    /// The handle.
    pub store: Store,
    /// Everything committed from now on, in order. Its end says that the writer has ended. It is to
    /// be drained or dropped: when it is full, the writer waits.
    pub committed: mpsc::Receiver<Vec<Committed>>,
    /// The lanes that have something pending.
    pub lanes: Vec<LaneHead>,
    /// The webhooks in a run of failures.
    pub failing: Vec<(WebhookNo, Failing)>,
    /// Rows that were marked as suspects and not completed since, and how often they were marked.
    pub suspects: Vec<(WebhookNo, Seq, u32)>,
    /// Whether the process that had the store before did not end with [`Store::close_cleanly`].
    pub was_unclean: bool,
}

impl Store {
    /// The directory, for a short look: it is locked meanwhile.
    pub fn directory(&self) -> DirectoryRef<'_> {
        self.core.directory()
    }

    /// Sets how much one account may hold from now on. What is there stays.
    pub fn set_quotas(&self, quotas: Quotas) {
        self.core.set_quotas(quotas);
    }

    /// The webhooks of `account` that listen to `event_type`, in order, as they are now. Nothing is locked
    /// any more once it returns, so filters and templates may take their time; and it looks at
    /// [`limits::LISTENERS_AT_ONCE`] under one lock, so that the writer waits for no more.
    #[must_use]
    pub fn listeners(
        &self,
        account: AccountNo,
        event_type: &EventType,
        about: &[Scope],
    ) -> Vec<Arc<Webhook>> {
        let numbers = self.directory().listeners(account, event_type, about);
        self.webhooks_of(&numbers)
    }

    /// The webhooks of these numbers that there are.
    #[must_use]
    pub fn webhooks_of(&self, numbers: &[WebhookNo]) -> Vec<Arc<Webhook>> {
        let mut webhooks = Vec::with_capacity(numbers.len());
        for some in numbers.chunks(limits::LISTENERS_AT_ONCE) {
            let directory = self.directory();
            webhooks.extend(some.iter().filter_map(|&no| directory.webhook(no).cloned()));
        }
        webhooks
    }

    /// Accepts events in one commit, all or none: when the key of one is taken for something else,
    /// none is stored.
    ///
    /// # Errors
    /// When the store is busy, full or unavailable; then nothing was stored.
    pub async fn accept(&self, events: Vec<Accept>, now: Timestamp) -> Result<Vec<Accepted>, StoreError> {
        self.take(events, true, now).await
    }

    /// Accepts events in one commit, each for itself: one whose key is taken holds up no other.
    ///
    /// # Errors
    /// When the store is busy, full or unavailable; then nothing was stored.
    pub async fn accept_each(
        &self,
        events: Vec<Accept>,
        now: Timestamp,
    ) -> Result<Vec<Accepted>, StoreError> {
        self.take(events, false, now).await
    }

    async fn take(
        &self,
        events: Vec<Accept>,
        together: bool,
        now: Timestamp,
    ) -> Result<Vec<Accepted>, StoreError> {
        let bytes = events.iter().map(Accept::weight).sum::<usize>();
        if events.iter().any(|event| self.core.budget.refuses(event.event.account)) {
            return Err(StoreError::Share);
        }
        self.ingest(bytes, |permit, reply| Command::Accept { events, together, now, bytes, reply, permit })
            .await
    }

    /// Accepts what the daemon has to say. The room that is kept for outcomes serves it, too, half of it:
    /// that the disk is full can be said only when it is.
    ///
    /// # Errors
    /// When the store cannot take it.
    pub async fn accept_notice(&self, event: Accept, now: Timestamp) -> Result<(), StoreError> {
        let bytes = event.weight();
        self.core.space.check();
        if !self.core.space.holds(bytes as u64) {
            return Err(StoreError::Full);
        }
        let (events, together) = (vec![event], false);
        let command = |permit, reply| Command::Accept { events, together, now, bytes, reply, permit };
        self.queued(bytes, command).await.map(|_: Vec<Accepted>| ())
    }

    /// Queues a command that takes room on the disk, and waits for its answer.
    async fn ingest<T>(
        &self,
        bytes: usize,
        command: impl FnOnce(OwnedSemaphorePermit, oneshot::Sender<T>) -> Command,
    ) -> Result<T, StoreError> {
        self.core.space.check();
        if self.core.space.is_full() {
            return Err(StoreError::Full);
        }
        self.queued(bytes, command).await
    }

    async fn queued<T>(
        &self,
        bytes: usize,
        command: impl FnOnce(OwnedSemaphorePermit, oneshot::Sender<T>) -> Command,
    ) -> Result<T, StoreError> {
        let places = (bytes / limits::INGEST_UNIT_BYTES + 1).min(limits::INGEST_QUEUE);
        let places = u32::try_from(places).unwrap_or(u32::MAX);
        let permit =
            Arc::clone(&self.core.ingest).try_acquire_many_owned(places).map_err(|_| StoreError::Busy)?;
        let (reply, answer) = oneshot::channel();
        self.queue.try_send(command(permit, reply)).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => StoreError::Busy,
            mpsc::error::TrySendError::Closed(_) => StoreError::Unavailable,
        })?;
        answer.await.map_err(|_| StoreError::Unavailable)
    }

    /// Gives out a job's number and those of `webhooks` webhooks, to make them with
    /// [`Store::create_job`]: so their ids are known before there is anything on disk.
    ///
    /// # Errors
    /// The outer one when the store is unavailable, the inner one when the numbers are used up.
    pub async fn reserve(&self, webhooks: u32) -> Result<Result<Reserved, Refused>, StoreError> {
        self.ask(|reply| Command::Reserve { webhooks, reply }).await
    }

    /// Makes a job, its webhooks and its first events in one commit; the job as it is then.
    ///
    /// # Errors
    /// The outer one when the store is busy, full or unavailable, the inner one when it is refused.
    pub async fn create_job(
        &self,
        create: CreateJob,
        now: Timestamp,
    ) -> Result<Result<Job, Refused>, StoreError> {
        let bytes = create.weight();
        if self.core.budget.refuses(create.job.account) {
            return Err(StoreError::Share);
        }
        let create = Box::new(create);
        self.ingest(bytes, |permit, reply| Command::CreateJob { create, now, bytes, reply, permit }).await
    }

    /// Takes a job a step on, in one commit with the events that tell it and its deadline's row; the
    /// job as it is then.
    ///
    /// # Errors
    /// The outer one when the store is unavailable; the inner one when the job is no longer what the
    /// step was computed from ([`Refused::Stale`]), or is gone.
    pub async fn update_job(
        &self,
        update: UpdateJob,
        now: Timestamp,
    ) -> Result<Result<Job, Refused>, StoreError> {
        let update = Box::new(update);
        self.ask(|reply| Command::UpdateJob { update, now, reply }).await
    }

    /// Adds rows to a job's results in one commit; how many there are then.
    ///
    /// # Errors
    /// The outer one when the store is busy, full or unavailable; the inner one when the job has
    /// ended, the rows would leave a gap, or there is no such job.
    pub async fn append_rows(
        &self,
        append: AppendRows,
        now: Timestamp,
    ) -> Result<Result<u64, Refused>, StoreError> {
        let bytes = append.rows.text().len();
        if self.core.budget.refused() > 0
            && self.job(append.job)?.is_some_and(|job| self.core.budget.refuses(job.account))
        {
            return Err(StoreError::Share);
        }
        self.ingest(bytes, |permit, reply| Command::AppendRows { append, now, reply, permit }).await
    }

    /// Enters something into the audit log.
    ///
    /// # Errors
    /// When the store is busy or unavailable.
    pub async fn note(&self, note: Note, actor: Actor, now: Timestamp) -> Result<(), StoreError> {
        // Nothing refuses a note.
        self.edit(Edit::Note(Box::new(note)), actor, now).await.map(|_| ())
    }

    /// Waits until a job got a deadline that nobody has looked at yet.
    pub async fn deadline_set(&self) {
        self.core.deadline_set.notified().await;
    }

    /// Commits an attempt's outcome. Waits for room in the queue; the commit shows in the stream.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn complete(&self, complete: Complete, now: Timestamp) -> Result<(), StoreError> {
        self.wait(Command::Complete { outcome: Box::new(complete.into()), now }).await
    }

    /// Carries out an edit in one audited commit.
    ///
    /// # Errors
    /// The outer one when the store cannot, the inner one when the edit is refused.
    pub async fn edit(
        &self,
        edit: Edit,
        actor: Actor,
        now: Timestamp,
    ) -> Result<Result<Edited, Refused>, StoreError> {
        self.ask(|reply| Command::Edit { edit, actor, now, reply }).await
    }

    /// Asks for a page of a lane's due rows; it comes in the stream.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn load_lane(&self, webhook: WebhookNo, from: DueKey, limit: usize) -> Result<(), StoreError> {
        self.wait(Command::LoadLane { webhook, from, limit }).await
    }

    /// Keeps (or, with `None`, forgets) the run of failures a webhook is in.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn set_failing(&self, webhook: WebhookNo, failing: Option<Failing>) -> Result<(), StoreError> {
        self.wait(Command::SetFailing(webhook, failing)).await
    }

    /// What resources' URLs are made and known with.
    #[must_use]
    pub fn resource_key(&self) -> &ResourceKey {
        &self.core.constants.resource_key
    }

    /// What callbacks' tokens are signed with where a profile does not say.
    #[must_use]
    pub fn callback_algorithm(&self) -> JwtAlgorithm {
        self.core.constants.callback_algorithm
    }

    /// Reads a resource that may be read once only: whether this is the time. Of any number of
    /// callers one hears so, after the commit that says it.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn use_resource(&self, delivery: DeliveryId, now: Timestamp) -> Result<bool, StoreError> {
        self.ask(|reply| Command::UseResource { delivery, now, reply }).await
    }

    /// Closes the batches whose time has come; [`Self::next_batch`] says when that is.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn close_batches(&self, now: Timestamp) -> Result<(), StoreError> {
        self.ask(|reply| Command::CloseBatches { now, reply }).await
    }

    /// When the next batch closes by its time, while there is one.
    #[must_use]
    pub fn next_batch(&self) -> watch::Receiver<Option<Timestamp>> {
        self.core.next_batch.subscribe()
    }

    /// Counts a crash against rows that were in flight when the process died. An attempt that ends
    /// clears its row. Answers when it, and whatever was asked for before it, is durable.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn mark_suspects(&self, rows: Vec<(WebhookNo, Seq)>) -> Result<(), StoreError> {
        self.ask(|reply| Command::MarkSuspects { rows, reply }).await
    }

    /// Does one bounded step of retention: expired keys and webhooks, old attempts and events.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn prune_tick(&self, policy: RetentionPolicy, now: Timestamp) -> Result<Pruned, StoreError> {
        let held = match policy.max_bytes {
            Some(budget) if self.core.file_bytes() > budget => {
                if self.core.budget.is_due(budget) {
                    Held::Counted(self.usage().await?)
                } else {
                    Held::Unknown
                }
            }
            Some(_) | None => Held::Fits,
        };
        self.ask(|reply| Command::Prune { policy, held, now, reply }).await
    }

    /// Does one bounded step of sealing anew what an earlier key sealed.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn reseal_tick(&self) -> Result<Resealed, StoreError> {
        self.ask(|reply| Command::Reseal { reply }).await
    }

    /// Notes when tokens were last used, in one commit.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn tokens_used(&self, uses: Vec<TokenUse>) -> Result<(), StoreError> {
        self.ask(|reply| Command::TokensUsed { uses, reply }).await
    }

    /// Changes whenever a token was taken away, once the directory no longer has it.
    #[must_use]
    pub fn tokens_gone(&self) -> watch::Receiver<()> {
        self.core.tokens_gone.subscribe()
    }

    /// Ends the writer after what is queued, and notes that the process ended in order. After it,
    /// everything is [`StoreError::Unavailable`].
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn close_cleanly(&self) -> Result<(), StoreError> {
        self.ask(|reply| Command::Close { reply }).await
    }

    /// Waits until the store has failed, and says why. After that nothing can be written: the
    /// process is to end.
    pub async fn failed(&self) -> String {
        let mut failure = self.core.failure.subscribe();
        match failure.wait_for(Option::is_some).await {
            Ok(reason) => reason.as_deref().unwrap_or_default().to_owned(),
            Err(_) => "the store is gone".to_owned(),
        }
    }

    /// The newest number of the sequence that is committed; changes wake the live tails.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Seq> {
        self.core.head.subscribe()
    }

    /// Figures.
    #[must_use]
    pub fn figures(&self) -> StoreFigures {
        self.core.space.check();
        let Counters {
            commits,
            row_writes,
            commit_nanos,
            last_commit_nanos,
            pending,
            commands,
            durations,
            sizes,
        } = &self.core.counters;
        StoreFigures {
            file_bytes: self.core.file_bytes(),
            disk_free_bytes: self.core.space.free(),
            held_bytes: self.core.budget.held(),
            full: self.core.space.is_full(),
            refused_accounts: self.core.budget.refused(),
            moved: self.core.is_moved(),
            commits: commits.load(Relaxed),
            row_writes: row_writes.load(Relaxed),
            commit_time: Duration::from_nanos(commit_nanos.load(Relaxed)),
            last_commit: Duration::from_nanos(last_commit_nanos.load(Relaxed)),
            queued: self.queue.max_capacity() - self.queue.capacity(),
            pending: pending.load(Relaxed),
            commands: commands.load(Relaxed),
            durations: durations.each_ref().map(|bucket| bucket.load(Relaxed)),
            sizes: sizes.each_ref().map(|bucket| bucket.load(Relaxed)),
        }
    }

    /// Queues a command, waiting for room.
    async fn wait(&self, command: Command) -> Result<(), StoreError> {
        self.queue.send(command).await.map_err(|_| StoreError::Unavailable)
    }

    /// Queues a command and waits for its answer.
    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.wait(command(reply)).await?;
        answer.await.map_err(|_| StoreError::Unavailable)
    }
}
