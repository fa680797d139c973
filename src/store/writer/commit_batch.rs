//! One transaction being filled, and what it collects that may be published only after the commit. Everything that
//! is done to it stands above.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::pending_reply::PendingReply;
use super::rows::WriteTables;
use super::state::State;
use crate::domain::account::{Account, Token};
use crate::domain::actor::{ActorId, ActorRecord};
use crate::domain::directory::Directory;
use crate::domain::event::EventHeader;
use crate::domain::event_type::{EventType, EventTypeRecord};
use crate::domain::id::{AccountNo, NumberMap, ReplayId, Seq, WebhookId, WebhookNo};
use crate::domain::quota::Held;
use crate::domain::secret::{SecretName, SecretRecord};
use crate::domain::signing_key::SigningKey;
use crate::domain::webhook::Webhook;
use crate::fair::Permit;
use crate::store::committed::Committed;
use crate::store::core::Core;
use crate::store::engine_error::EngineError;
use crate::store::records::delivery::DeliveryRecord;
use crate::store::records::{event, readable};
use crate::store::tables::{self};

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

    pub(super) fn header(&self, event: Seq) -> Result<Option<EventHeader>, EngineError> {
        let Some(row) = self.rows.events.get(event)? else { return Ok(None) };
        Ok(readable("events", event, event::read(row.value())))
    }
}
