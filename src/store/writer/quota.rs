//! What accounts hold as a transaction leaves it, and whether there is room for more.

use std::sync::Arc;

use super::CommitBatch;
use super::commit_batch::DirectoryChange;
use crate::domain::account::Token;
use crate::domain::actor::{ActorId, ActorRecord};
use crate::domain::event_type::{EventType, EventTypeRecord};
use crate::domain::id::AccountNo;
use crate::domain::quota::{Exceeded, Held};
use crate::domain::secret::{SecretName, SecretRecord};
use crate::store::command::Refused;

impl CommitBatch<'_> {
    /// Notes a change to the directory, and what its account holds after it.
    pub(super) fn change(&mut self, change: DirectoryChange) {
        if let Some((account, before, after)) = self.effect(&change) {
            let held = self.held_by(account) - before + after;
            self.held.insert(account, held);
        }
        match &change {
            DirectoryChange::Webhook(webhook) => {
                drop(self.webhooks.insert(webhook.no(), Some(Arc::clone(webhook))));
            }
            DirectoryChange::RemoveWebhook(no) => drop(self.webhooks.insert(*no, None)),
            _ => {}
        }
        self.changes.push(change);
    }

    /// Whether an account may hold `after` in place of `before`.
    pub(super) fn room(&self, account: AccountNo, before: Held, after: Held) -> Result<(), Refused> {
        let (own, all) = (self.held_by(account), self.held_by_all());
        let checked = self.core.quotas().check(own, all, before, after);
        checked.map_err(|Exceeded { what, most, setting, by_all }| {
            if by_all {
                Refused::StoreQuota { what, setting }
            } else {
                Refused::Quota { what, most, setting }
            }
        })
    }

    fn held_by(&self, account: AccountNo) -> Held {
        self.held.get(&account).copied().unwrap_or_else(|| self.core.directory().held_by(account))
    }

    fn held_by_all(&self) -> Held {
        let directory = self.core.directory();
        let committed = self.held.keys().map(|account| directory.held_by(*account)).sum();
        directory.held_by_all() - committed + self.held.values().copied().sum()
    }

    /// Whose memory a change takes: what was there before, and what is there after it.
    fn effect(&self, change: &DirectoryChange) -> Option<(AccountNo, Held, Held)> {
        let none = Held::default();
        let size = |held: Option<Held>| held.unwrap_or_default();
        Some(match change {
            DirectoryChange::Webhook(webhook) => {
                let before = self.webhook(webhook.no()).map(|old| Held::of_webhook(&old));
                (webhook.account, size(before), Held::of_webhook(webhook))
            }
            DirectoryChange::RemoveWebhook(no) => {
                let old = self.webhook(*no)?;
                (old.account, Held::of_webhook(&old), none)
            }
            DirectoryChange::EventType(account, record) => {
                let before = self.event_type(*account, &record.name).map(|old| Held::of_event_type(&old));
                (*account, size(before), Held::of_event_type(record))
            }
            DirectoryChange::RemoveEventType(account, name) => {
                let before = self.event_type(*account, name).map(|old| Held::of_event_type(&old));
                (*account, size(before), none)
            }
            DirectoryChange::Secret(account, record) => {
                let before = self.secret(*account, &record.name).map(|old| Held::of_secret(&old));
                (*account, size(before), Held::of_secret(record))
            }
            DirectoryChange::RemoveSecret(account, name) => {
                let before = self.secret(*account, name).map(|old| Held::of_secret(&old));
                (*account, size(before), none)
            }
            DirectoryChange::Actor(account, actor) => {
                let before = self.actor(*account, &actor.id).map(|old| Held::of_actor(&old));
                (*account, size(before), Held::of_actor(actor))
            }
            DirectoryChange::RemoveActor(account, id) => {
                let before = self.actor(*account, id).map(|old| Held::of_actor(&old));
                (*account, size(before), none)
            }
            DirectoryChange::Token(token) => {
                let before = self.token(&token.digest).map(|old| Held::of_token(&old));
                (token.account, size(before), Held::of_token(token))
            }
            DirectoryChange::RemoveToken(digest) => {
                let old = self.token(digest)?;
                (old.account, Held::of_token(&old), none)
            }
            DirectoryChange::Replay(_, account) => (*account, none, Held::of_replay()),
            DirectoryChange::RemoveReplay(_, account) => (*account, Held::of_replay(), none),
            DirectoryChange::Account(_)
            | DirectoryChange::SigningKey(..)
            | DirectoryChange::RemoveSigningKey(_) => return None,
        })
    }

    /// The declared event type as this transaction leaves it.
    pub(super) fn event_type(&self, account: AccountNo, name: &EventType) -> Option<Arc<EventTypeRecord>> {
        for change in self.changes.iter().rev() {
            match change {
                DirectoryChange::EventType(of, record) if *of == account && record.name == *name => {
                    return Some(Arc::new(record.clone()));
                }
                DirectoryChange::RemoveEventType(of, removed) if *of == account && removed == name => {
                    return None;
                }
                _ => {}
            }
        }
        self.core.directory().event_type(account, name).cloned()
    }

    /// The secret as this transaction leaves it.
    pub(super) fn secret(&self, account: AccountNo, name: &SecretName) -> Option<Arc<SecretRecord>> {
        for change in self.changes.iter().rev() {
            match change {
                DirectoryChange::Secret(of, record) if *of == account && record.name == *name => {
                    return Some(Arc::new(record.clone()));
                }
                DirectoryChange::RemoveSecret(of, removed) if *of == account && removed == name => {
                    return None;
                }
                _ => {}
            }
        }
        self.core.directory().secret(account, name.as_str()).cloned()
    }

    fn token(&self, digest: &[u8; 32]) -> Option<Arc<Token>> {
        for change in self.changes.iter().rev() {
            match change {
                DirectoryChange::Token(token) if token.digest == *digest => {
                    return Some(Arc::new(token.clone()));
                }
                DirectoryChange::RemoveToken(removed) if removed == digest => return None,
                _ => {}
            }
        }
        self.core.directory().token(digest).cloned()
    }

    /// The actor as this transaction leaves it.
    pub(super) fn actor(&self, account: AccountNo, id: &ActorId) -> Option<Arc<ActorRecord>> {
        for change in self.changes.iter().rev() {
            match change {
                DirectoryChange::Actor(of, actor) if *of == account && actor.id == *id => {
                    return Some(Arc::clone(actor));
                }
                DirectoryChange::RemoveActor(of, removed) if *of == account && removed == id => return None,
                _ => {}
            }
        }
        self.core.directory().actor(account, id).cloned()
    }
}
