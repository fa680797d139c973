//! What the writer is asked for.

use tokio::sync::oneshot;

use super::audit::{Actor, Note};
use super::command::{
    Accept, Accepted, AppendRows, Complete, CreateJob, Edit, Edited, PutRecord, Refused, Reserved, TokenUse,
    UpdateJob,
};
use super::handle::{Store, StoreError};
use super::queue::Lane;
use super::upkeep::{Pruned, RetentionPolicy};
use super::usage::Held;
use super::writer::Command;
use super::writer::Resealed;
use crate::domain::delivery::DueKey;
use crate::domain::id::{AccountNo, DeliveryId, Seq, WebhookNo};
use crate::domain::job::Job;
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::limits;

impl Store {
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
}
