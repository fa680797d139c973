//! One transaction being filled: it applies commands, and collects what may be published only after the
//! commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::oneshot;

use super::command::Command;
use super::pending_reply::PendingReply;
use super::rows::WriteTables;
use super::state::State;
use crate::clock;
use crate::domain::account::{Account, Token};
use crate::domain::actor::{ActorId, ActorRecord};
use crate::domain::directory::Directory;
use crate::domain::event_type::{EventType, EventTypeRecord};
use crate::domain::id::{AccountNo, NumberMap, ReplayId, Seq, WebhookId, WebhookNo};
use crate::domain::quota::Held;
use crate::domain::secret::{SecretName, SecretRecord};
use crate::domain::signing_key::SigningKey;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::fair::Permit;
use crate::store::command::{Accept, Accepted, Refused};
use crate::store::committed::Committed;
use crate::store::core::Core;
use crate::store::engine_error::{EditError, EngineError};
use crate::store::records::delivery::DeliveryRecord;
use crate::store::records::readable;
use crate::store::tables::{self, meta};

/// A change to the directory, made after the commit.
pub(super) enum DirectoryChange {
    Account(Account),
    Token(Token),
    RemoveToken([u8; 32]),
    Webhook(Arc<Webhook>),
    RemoveWebhook(WebhookNo),
    EventType(AccountNo, EventTypeRecord),
    RemoveEventType(AccountNo, EventType),
    Secret(AccountNo, SecretRecord),
    RemoveSecret(AccountNo, SecretName),
    Actor(AccountNo, Arc<ActorRecord>),
    RemoveActor(AccountNo, ActorId),
    Replay(ReplayId, AccountNo),
    RemoveReplay(ReplayId, AccountNo),
    SigningKey(u64, Box<SigningKey>),
    RemoveSigningKey(u64),
}

impl DirectoryChange {
    pub(super) fn apply(self, directory: &mut Directory) {
        match self {
            Self::Account(account) => directory.put_account(account),
            Self::Token(token) => directory.put_token(token),
            Self::RemoveToken(digest) => directory.remove_token(&digest),
            Self::Webhook(webhook) => directory.put_webhook(webhook),
            Self::RemoveWebhook(no) => directory.remove_webhook(no),
            Self::EventType(account, record) => directory.put_event_type(account, record),
            Self::RemoveEventType(account, name) => directory.remove_event_type(account, &name),
            Self::Secret(account, record) => directory.put_secret(account, record),
            Self::RemoveSecret(account, name) => directory.remove_secret(account, &name),
            Self::Actor(account, actor) => directory.put_actor(account, actor),
            Self::RemoveActor(account, id) => directory.remove_actor(account, &id),
            Self::Replay(id, account) => directory.put_replay(id, account),
            Self::RemoveReplay(id, _) => directory.remove_replay(id),
            Self::SigningKey(no, key) => directory.put_signing_key(no, *key),
            Self::RemoveSigningKey(no) => directory.remove_signing_key(no),
        }
    }
}

/// Tells a refusal, which is an answer, from a failure, which ends the writer.
fn answered<T>(done: Result<T, EditError>) -> Result<Result<T, Refused>, EngineError> {
    match done {
        Ok(done) => Ok(Ok(done)),
        Err(EditError::Refused(refused)) => Ok(Err(refused)),
        Err(EditError::EngineError(engine_error)) => Err(engine_error),
    }
}

/// One transaction being filled, and what it leaves to be published once it is committed.
pub(super) struct CommitBatch<'t> {
    pub(super) rows: WriteTables<'t>,
    /// What it weighs so far.
    pub(super) weight: usize,
    pub(super) core: &'t Core,
    pub(super) state: &'t mut State,
    pub(super) early_ack: bool,
    pub(super) answers: Vec<PendingReply>,
    /// The places in the queue of what is answered.
    pub(super) places: Vec<Permit<AccountNo>>,
    pub(super) committed: Vec<Committed>,
    pub(super) changes: Vec<DirectoryChange>,
    /// What `changes` make of webhooks; `None` where they remove one.
    pub(super) webhooks: NumberMap<WebhookNo, Option<Arc<Webhook>>>,
    /// What the accounts that `changes` are about hold after them.
    pub(super) held: BTreeMap<AccountNo, Held>,
    /// Whether a job got a deadline.
    pub(super) deadlines: bool,
}

/// What a filled transaction leaves to be published.
pub(super) struct CommitEffects {
    pub(super) writes: u64,
    pub(super) answers: Vec<PendingReply>,
    pub(super) places: Vec<Permit<AccountNo>>,
    pub(super) committed: Vec<Committed>,
    pub(super) changes: Vec<DirectoryChange>,
    pub(super) deadlines: bool,
}

impl CommitBatch<'_> {
    pub(super) fn apply(&mut self, command: Command) -> Result<(), EngineError> {
        match command {
            Command::Accept { events, together, now, reply } => {
                let accepted = self.accept_all(events, together, now)?;
                self.answer(reply, accepted);
            }
            Command::Complete { outcome, now } => self.complete(*outcome, now)?,
            Command::Edit { edit, actor, now, reply } => {
                let edited = answered(self.edit(edit, actor, now))?;
                self.later(reply, edited);
            }
            Command::Reserve { webhooks, reply } => {
                let reserved = answered(self.reserve(webhooks))?;
                self.later(reply, reserved);
            }
            Command::CreateJob { create, now, reply } => {
                let job = answered(self.create_job(*create, now))?;
                self.later(reply, job);
            }
            Command::UpdateJob { update, unfired: _, now, reply } => {
                let job = answered(self.update_job(*update, now))?;
                self.later(reply, job);
            }
            Command::PutRecord { put, reply } => {
                let done = answered(self.put_record(&put))?;
                self.later(reply, done);
            }
            Command::AppendRows { append, now, reply } => {
                let count = answered(self.append_rows(&append, now))?;
                self.later(reply, count);
            }
            Command::LoadLane { webhook, from, limit } => self.load_lane(webhook, from, limit)?,
            #[cfg(test)]
            Command::SetFailing(webhook, failing) => self.set_failing(webhook, failing)?,
            Command::UseResource { delivery, now, reply } => {
                let first = self.use_resource(delivery, now)?;
                self.later(reply, first);
            }
            Command::CloseBatches { now, reply } => {
                self.close_due(now)?;
                self.later(reply, ());
            }
            Command::MarkSuspects { rows, reply } => {
                self.mark_suspects(&rows)?;
                self.later(reply, ());
            }
            Command::Replay { slice, now, reply } => {
                let done = self.replay_slice(*slice, now)?;
                self.later(reply, done);
            }
            Command::Prune { policy, held, now, reply } => {
                let pruned = self.prune(&policy, held, now)?;
                self.later(reply, pruned);
            }
            Command::Reseal { reply } => {
                let resealed = self.reseal()?;
                self.later(reply, resealed);
            }
            Command::TokensUsed { uses, reply } => {
                self.tokens_used(&uses)?;
                self.later(reply, ());
            }
            Command::Close { reply } => {
                self.count_frequent(clock::now(), true)?;
                self.clear_noted()?;
                self.rows.open_for_write(tables::META)?.insert(meta::CLEAN, [1].as_slice())?;
                self.later(reply, ());
            }
        }
        Ok(())
    }

    /// Accepts events; if they are stored together, all or none.
    fn accept_all(
        &mut self,
        events: Vec<Accept>,
        together: bool,
        now: Timestamp,
    ) -> Result<Vec<Accepted>, EngineError> {
        let conflicts = if together { self.conflicts(&events, now)? } else { None };
        match conflicts {
            Some(conflicts) => Ok(conflicts),
            None => events.into_iter().map(|event| self.accept(event, now)).collect(),
        }
    }

    /// The one place where answers to `accept` are let go: after the commit, in `Writer::publish`.
    fn answer(&mut self, reply: oneshot::Sender<Vec<Accepted>>, accepted: Vec<Accepted>) {
        let answer = PendingReply::Accepted { reply, accepted };
        if self.early_ack { answer.send() } else { self.answers.push(answer) }
    }

    fn later<T: Send + 'static>(&mut self, reply: oneshot::Sender<T>, answer: T) {
        self.answers.push(PendingReply::Other(Box::new(move || {
            let _ = reply.send(answer);
        })));
    }

    /// The webhook as this transaction leaves it; `None` once it is removed.
    pub(super) fn webhook(&self, no: WebhookNo) -> Option<Arc<Webhook>> {
        match self.webhooks.get(&no) {
            Some(changed) => changed.clone(),
            None => self.core.directory().webhook(no).cloned(),
        }
    }

    /// The webhook of an id. A number may be another webhook's by now.
    pub(super) fn webhook_with(&self, id: WebhookId) -> Option<Arc<Webhook>> {
        self.webhook(id.no()).filter(|webhook| webhook.id == id)
    }

    /// The webhook of a number that something of an account names, if it is still that account's.
    pub(super) fn webhook_in(&self, account: AccountNo, no: WebhookNo) -> Option<Arc<Webhook>> {
        self.webhook(no).filter(|webhook| webhook.account == account)
    }

    pub(super) fn record(
        &self,
        webhook: WebhookNo,
        event: Seq,
    ) -> Result<Option<DeliveryRecord>, EngineError> {
        let key = tables::delivery_key(webhook, event);
        let Some(row) = self.rows.deliveries.get(key)? else { return Ok(None) };
        Ok(readable("deliveries", key, DeliveryRecord::read(row.value())))
    }

    pub(super) fn save(
        &mut self,
        webhook: WebhookNo,
        event: Seq,
        record: &DeliveryRecord,
    ) -> Result<(), EngineError> {
        self.rows.deliveries.put(tables::delivery_key(webhook, event), record.write().as_slice())
    }
}
