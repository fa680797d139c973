//! What is known of an open store without a look at its file.

use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use tokio::sync::watch;

use super::core::Counters;
use super::core::DirectoryRef;
use super::handle::Store;
use super::query::StoreFigures;
use crate::domain::event_type::EventType;
use crate::domain::id::{AccountNo, Seq, WebhookNo};
use crate::domain::profile::JwtAlgorithm;
use crate::domain::quota::Quotas;
use crate::domain::resource::ResourceKey;
use crate::domain::scope::Scope;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::limits;

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

    /// Waits until a job got a deadline that nobody has looked at yet.
    pub async fn deadline_set(&self) {
        self.core.deadline_set.notified().await;
    }

    /// When the next batch closes by its time, while there is one.
    #[must_use]
    pub fn next_batch(&self) -> watch::Receiver<Option<Timestamp>> {
        self.core.next_batch.subscribe()
    }

    /// Changes whenever a token was taken away, once the directory no longer has it.
    #[must_use]
    pub fn tokens_gone(&self) -> watch::Receiver<()> {
        self.core.tokens_gone.subscribe()
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
}
