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
mod engine_error;
pub mod export;
mod file;
mod gathering;
mod handle;
mod json;
mod load;
mod migrate;
mod open;
mod open_error;
pub mod query;
mod queue;
mod read;
mod records;
mod replay_credit;
mod seal;
mod space;
mod tables;
#[cfg(test)]
mod tests;
pub mod upkeep;
mod usage;
pub mod verify;
mod waiting_file;
mod weight;
mod writer;

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::{oneshot, watch};

use self::core::Counters;
use crate::domain::delivery::DueKey;
use crate::domain::event_type::EventType;
use crate::domain::id::{AccountNo, DeliveryId, Seq, WebhookNo};
use crate::domain::job::Job;
use crate::domain::profile::JwtAlgorithm;
use crate::domain::quota::Quotas;
use crate::domain::resource::ResourceKey;
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::fair::{Exhausted, Permit};
use crate::limits;
use audit::{Actor, Note};
use command::{
    Accept, Accepted, AppendRows, Complete, CreateJob, Edit, Edited, PutRecord, Refused, Reserved, TokenUse,
    UpdateJob,
};
use queue::Lane;
use upkeep::{Pruned, RetentionPolicy};
use usage::Held;
use writer::{Command, Queued};

pub use self::core::DirectoryRef;
pub use writer::Resealed;

pub use file::{OpenOptions, SCHEMA};
pub use handle::{Opened, Store, StoreError};
pub use open_error::OpenError;
pub use query::{
    Counted, DeliveryCursor, DeliveryFilter, DeliveryQuery, EventFilter, JobFilter, Label, LoggedAttempt,
    LongRow, Page, PageRequest, StoreFigures, TailItem, WebhookStats,
};

impl Store {
    /// The directory, for a short look: it is locked meanwhile.
    pub fn directory(&self) -> DirectoryRef<'_> {
        self.core.directory()
    }

    /// The latest time that was found in the store when it was opened: about when it was last in use. The epoch where it
    /// held none.
    #[must_use]
    pub fn last_seen(&self) -> Timestamp {
        self.core.constants.last_seen
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
        self.webhooks_of(account, &numbers)
    }

    /// The webhooks of these numbers that there are in an account.
    #[must_use]
    pub fn webhooks_of(&self, account: AccountNo, numbers: &[WebhookNo]) -> Vec<Arc<Webhook>> {
        let mut webhooks = Vec::with_capacity(numbers.len());
        for some in numbers.chunks(limits::LISTENERS_AT_ONCE) {
            let directory = self.directory();
            webhooks.extend(some.iter().filter_map(|&no| directory.webhook_in(account, no).cloned()));
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
        let Some(account) = events.first().map(|first| first.event.account) else { return Ok(Vec::new()) };
        self.ingest(account, |reply| Command::Accept { events, together, now, reply }).await
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
        if bytes > limits::COMMAND_BYTES {
            return Err(StoreError::TooLarge);
        }
        let (events, together) = (vec![event], false);
        self.ask(|reply| Command::Accept { events, together, now, reply }).await.map(drop)
    }

    /// Queues a command of an account that takes room on the disk, and waits for its answer.
    async fn ingest<T>(
        &self,
        account: AccountNo,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, StoreError> {
        if self.core.budget.refuses(account) {
            return Err(StoreError::Share);
        }
        self.room_to_grow()?;
        self.ask_for(account, command).await
    }

    /// Makes sure that there is room for what makes the store grow.
    fn room_to_grow(&self) -> Result<(), StoreError> {
        self.core.space.check();
        if self.core.space.is_full() { Err(StoreError::Full) } else { Ok(()) }
    }

    /// Gives out a job's number and those of `webhooks` webhooks of an account, to make them with
    /// [`Store::create_job`]: so their ids are known before there is anything on disk.
    ///
    /// # Errors
    /// The outer one when the store is busy or unavailable, the inner one when the numbers are used up.
    pub async fn reserve(
        &self,
        account: AccountNo,
        webhooks: u32,
    ) -> Result<Result<Reserved, Refused>, StoreError> {
        self.ask_for(account, |reply| Command::Reserve { webhooks, reply }).await
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
        let (account, create) = (create.job.account, Box::new(create));
        self.ingest(account, |reply| Command::CreateJob { create, now, reply }).await
    }

    /// Takes a job a step on, in one commit with the events about it and its deadline's row; the
    /// job as it is then.
    ///
    /// # Errors
    /// The outer one when the store is busy or unavailable; the inner one when the job is no longer what the
    /// step was computed from ([`Refused::Stale`]), or is gone.
    pub async fn update_job(
        &self,
        update: UpdateJob,
        now: Timestamp,
    ) -> Result<Result<Job, Refused>, StoreError> {
        let (account, update) = (update.to.account, Box::new(update));
        let unfired = if update.to.status.is_terminal() {
            let bound = self.directory().one_shots_of(account, &Scope::of("job", update.to.id)).len();
            bound + update.to.webhooks.len()
        } else {
            0
        };
        self.ask_for(account, |reply| Command::UpdateJob { update, unfired, now, reply }).await
    }

    /// Puts something under a key of a job's run, or takes it away, in one commit.
    ///
    /// # Errors
    /// The outer one when the store is busy, full or unavailable; the inner one when there is no such job, or it
    /// has too many keys.
    pub async fn put_record(&self, put: PutRecord) -> Result<Result<(), Refused>, StoreError> {
        self.ingest(put.account, |reply| Command::PutRecord { put, reply }).await
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
        self.ingest(append.account, |reply| Command::AppendRows { append, now, reply }).await
    }

    /// Enters something into the audit log.
    ///
    /// # Errors
    /// When the store is busy or unavailable.
    pub async fn note(&self, note: Note, actor: Actor, now: Timestamp) -> Result<(), StoreError> {
        // Nothing refuses a note.
        self.edit(Edit::Note(Box::new(note)), actor, now).await.map(|_| ())
    }

    /// Waits until a job got a deadline that no one has looked at yet.
    pub async fn deadline_set(&self) {
        self.core.deadline_set.notified().await;
    }

    /// Commits an attempt's outcome; the commit shows in the stream.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn complete(&self, complete: Complete, now: Timestamp) -> Result<(), StoreError> {
        self.push(Command::Complete { outcome: Box::new(complete.into()), now })
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
        let account = match actor {
            Actor::Token(_) => edit.account(&self.directory()),
            Actor::Daemon | Actor::Anonymous => None,
        };
        if matches!(actor, Actor::Token(_)) && edit.makes() {
            self.room_to_grow()?;
        }
        let command = |reply| Command::Edit { edit, actor, now, reply };
        match (account, actor) {
            (Some(account), _) => self.ask_for(account, command).await,
            (None, Actor::Token(_)) => {
                let (reply, answer) = oneshot::channel();
                self.push(command(reply))?;
                self.or_waiting(answer).await
            }
            (None, Actor::Daemon | Actor::Anonymous) => self.ask(command).await,
        }
    }

    /// Asks for a page of a lane's due rows; it comes in the stream.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn load_lane(&self, webhook: WebhookNo, from: DueKey, limit: usize) -> Result<(), StoreError> {
        self.push(Command::LoadLane { webhook, from, limit })
    }

    /// Keeps (or, with `None`, forgets) the run of failures a webhook is in.
    #[cfg(test)]
    pub(crate) fn set_failing(
        &self,
        webhook: WebhookNo,
        failing: Option<crate::domain::webhook::Failing>,
    ) -> Result<(), StoreError> {
        self.push(Command::SetFailing(webhook, failing))
    }

    /// What resources' URLs are made and known with.
    #[must_use]
    pub fn resource_key(&self) -> &ResourceKey {
        &self.core.constants.resource_key
    }

    /// Whether there may be idempotency keys that stand for a request's text, and not for what it says:
    /// those that a version before this one stored.
    #[must_use]
    pub fn has_text_keys(&self, now: Timestamp) -> bool {
        now < self.core.constants.text_keys_until
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
        let webhook = self.directory().webhook(delivery.webhook()).map(|webhook| webhook.account);
        let command = |reply| Command::UseResource { delivery, now, reply };
        match webhook {
            Some(account) => self.ask_for(account, command).await,
            None => self.ask(command).await,
        }
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
            Some(budget) if self.core.found().bytes > budget => {
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

    /// Does one bounded step of resealing what an earlier key sealed.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn reseal_tick(&self) -> Result<Resealed, StoreError> {
        self.ask(|reply| Command::Reseal { reply }).await
    }

    /// Notes when tokens were last used, a bounded part of them in each commit.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub async fn tokens_used(&self, uses: Vec<TokenUse>) -> Result<(), StoreError> {
        for part in uses.chunks(limits::COMMIT_SWEEP) {
            let uses = part.to_vec();
            self.ask(|reply| Command::TokensUsed { uses, reply }).await?;
        }
        Ok(())
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
        let (reply, answer) = oneshot::channel();
        self.queue_in(Lane::Last, Command::Close { reply }, None)?;
        answer.await.map_err(|_| StoreError::Unavailable)
    }

    /// Whether a write waits for room on the disk, so that nothing can be stored.
    #[must_use]
    pub fn waits_for_room(&self) -> bool {
        self.core.space.is_waiting()
    }

    /// From now on, or no longer, a write that finds no room on the disk waits for it. Otherwise it fails, and with it
    /// the store.
    pub fn let_writes_wait(&self, wait: bool) {
        self.core.space.let_writes_wait(wait);
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
        let found = self.core.found();
        let Counters {
            commits,
            row_writes,
            commit_nanos,
            last_commit_nanos,
            pending,
            commands,
            durations,
            sizes,
            damaged,
        } = &self.core.counters;
        StoreFigures {
            file_bytes: found.bytes,
            disk_free_bytes: self.core.space.free(),
            held_bytes: self.core.budget.held(),
            full: self.core.space.is_full(),
            refused_accounts: self.core.budget.refused(),
            moved: self.core.is_moved(found),
            damaged: damaged.load(Relaxed),
            commits: commits.load(Relaxed),
            row_writes: row_writes.load(Relaxed),
            commit_time: Duration::from_nanos(commit_nanos.load(Relaxed)),
            last_commit: Duration::from_nanos(last_commit_nanos.load(Relaxed)),
            queued: self.queue.waiting(),
            pending: pending.load(Relaxed),
            commands: commands.load(Relaxed),
            durations: durations.each_ref().map(|bucket| bucket.load(Relaxed)),
            sizes: sizes.each_ref().map(|bucket| bucket.load(Relaxed)),
        }
    }

    /// Queues a command of the daemon's own. How many there are is bounded by what they are about: rows that
    /// dispatch holds in memory, and what goes on in the background.
    fn push(&self, command: Command) -> Result<(), StoreError> {
        self.queue_in(Lane::Daemon, command, None)
    }

    fn queue_in(
        &self,
        lane: Lane,
        command: Command,
        places: Option<Permit<AccountNo>>,
    ) -> Result<(), StoreError> {
        let weight = command.weight();
        let queued = Queued { command, weight, places };
        self.queue.push(lane, weight, queued).map_err(|_| StoreError::Unavailable)
    }

    /// Queues a command of the daemon's own and waits for its answer.
    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        self.push(command(reply))?;
        answer.await.map_err(|_| StoreError::Unavailable)
    }

    /// Queues a command of an account and waits for its answer.
    async fn ask_for<T>(
        &self,
        account: AccountNo,
        command: impl FnOnce(oneshot::Sender<T>) -> Command,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let command = command(reply);
        let weight = command.weight();
        if weight > limits::COMMAND_BYTES {
            return Err(StoreError::TooLarge);
        }
        let places = self.core.places.try_take(account, 1 + weight / limits::INGEST_UNIT_BYTES);
        let places = places.map_err(|why| match why {
            Exhausted::Key => StoreError::AccountBusy,
            Exhausted::All => StoreError::Busy,
        })?;
        self.queue_in(Lane::Account(account), command, Some(places))?;
        self.or_waiting(answer).await
    }

    /// The answer to a caller. It may come late when a write waits for room, and then the caller hears that.
    async fn or_waiting<T>(&self, answer: oneshot::Receiver<T>) -> Result<T, StoreError> {
        tokio::select! {
            biased;
            answer = answer => answer.map_err(|_| StoreError::Unavailable),
            () = self.core.space.waited_for_room() => Err(StoreError::Waiting),
        }
    }
}
