//! Edits: each is checked before it writes, so that a refused one leaves nothing in a transaction
//! that others share, and each is audited in its own commit.

use std::sync::Arc;

use super::CommitBatch;
use super::audit::disabled_because;
use crate::domain::account::Token;
use crate::domain::delivery::{DeliveryState, Reason};
use crate::domain::id::AccountNo;
use crate::domain::signing_key::SigningKey;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Webhook, WebhookState};
use crate::store::audit::{Actor, Note};
use crate::store::command::{ActorChange, Edit, Edited, Refused};
use crate::store::committed::Committed;
use crate::store::engine_error::EditError;

impl CommitBatch<'_> {
    pub(super) fn edit(&mut self, edit: Edit, actor: Actor, now: Timestamp) -> Result<Edited, EditError> {
        if let Some(unchanged) = self.unchanged(&edit) {
            return Ok(unchanged);
        }
        let mut note = self.note(&edit);
        let edited = match edit {
            Edit::CreateWebhook { webhook, idempotency } => {
                if let Some(known) = self.made_before(&webhook, idempotency.as_ref(), now)? {
                    return Ok(Edited::Webhook(known));
                }
                self.create_webhook(*webhook, idempotency.as_ref())
            }
            Edit::Subscribe(webhook) => self.subscribe(*webhook, now),
            Edit::UpdateWebhook { from, to } => self.update_webhook(&from, *to, now),
            Edit::DisableWebhook { webhook, why, since, emit } => {
                let webhook = self.webhook_with(webhook).ok_or(Refused::NotFound)?;
                if self.is_of_before(webhook.no(), since, now) {
                    // The caller has given it up; that it goes on has to reach them.
                    self.committed.push(Committed::WebhookSaved(Arc::clone(&webhook)));
                    return Ok(Edited::Webhook(webhook));
                }
                if !self.disable_webhook(&webhook, why, now)? {
                    return Ok(Edited::Webhook(webhook));
                }
                for event in emit {
                    self.accept(event, now)?;
                }
                Ok(Edited::Done)
            }
            // What became of it is entered when it is removed.
            Edit::ExpireWebhook { webhook, emit } => return self.enter_expiry(webhook, emit, now),
            Edit::RemoveWebhook(id) => {
                let webhook = self.webhook_with(id).ok_or(Refused::NotFound)?;
                self.remove_webhook(&webhook, Reason::WebhookRemoved, now)?;
                Ok(Edited::Done)
            }
            Edit::CreateAccount(account) => self.create_account(account),
            Edit::CreateToken(token) => self.create_token(token),
            Edit::RevokeToken(id) => self.revoke_token(id),
            Edit::PutEventType(account, record) => self.put_event_type(account, record),
            Edit::DeleteEventType(account, name) => self.delete_event_type(account, name),
            Edit::PutSecret(account, record) => self.put_secret(account, record),
            Edit::DeleteSecret(account, name) => self.delete_secret(account, name),
            Edit::PutActor(account, change) => self.put_actor(account, *change, now),
            Edit::DeleteActor(account, id) => self.delete_actor(account, id, now),
            Edit::RetryNow(id) => self.retry_now(id, now),
            Edit::Cancel(id) => self.call_off(id, DeliveryState::Cancelled, Reason::Cancelled, now),
            Edit::Quarantine(id) => self.call_off(id, DeliveryState::Failed, Reason::Quarantined, now),
            Edit::Replay { event, shares } => self.replay_event(event, shares, now),
            Edit::RevealSecret(id) => {
                self.webhook_with(id).map(|_| Edited::Done).ok_or(Refused::NotFound.into())
            }
            Edit::AddSigningKeys(keys) => self.add_signing_keys(keys),
            Edit::CreateReplay(new) => self.create_replay(*new, now),
            Edit::CancelReplay(id) => self.cancel_replay(id, now),
            Edit::Note(_) => Ok(Edited::Done),
        }?;
        // What was made has its id only now.
        match &edited {
            Edited::Webhook(webhook) => note.object = webhook.id.to_string(),
            Edited::Account(account) => {
                (note.object, note.account) = (account.id.to_string(), Some(account.id));
            }
            Edited::Replay(replay) => note.object = replay.id.to_string(),
            Edited::Actor(_) | Edited::Count(_) | Edited::Done => {}
        }
        self.audit(now, actor, note)?;
        Ok(edited)
    }

    /// What an edit gives that would leave everything as it is: neither a row nor an entry is made of it.
    fn unchanged(&self, edit: &Edit) -> Option<Edited> {
        match edit {
            Edit::PutSecret(account, record) => self
                .secret(*account, &record.name)
                .filter(|old| old.text == record.text)
                .map(|_| Edited::Done),
            Edit::UpdateWebhook { from, to } => {
                let old = self.webhook(to.no()).filter(|old| *old == *from)?;
                let same = Webhook { updated_at: old.updated_at, ..Webhook::clone(to) } == *old;
                same.then_some(Edited::Webhook(old))
            }
            _ => None,
        }
    }

    fn note(&self, edit: &Edit) -> Note {
        if let Edit::Note(note) = edit {
            return Note::clone(note);
        }
        let account = self.account_of(edit).and_then(|no| self.account_id(no));
        let (action, detail) = match edit {
            Edit::CreateWebhook { webhook, .. } => (action(edit), named(webhook)),
            Edit::RemoveWebhook(id) => {
                (action(edit), self.webhook_with(*id).map(|webhook| named(&webhook)).unwrap_or_default())
            }
            Edit::UpdateWebhook { from, to } => changed(from, to),
            Edit::DisableWebhook { why, .. } => ("webhook.disable", disabled_because(*why).to_owned()),
            Edit::CreateToken(token) => ("token.create", token_detail(token)),
            Edit::PutActor(_, change) => {
                let ActorChange { make, update, remove, .. } = &**change;
                let (make, update, remove) = (make.len(), update.len(), remove.len());
                ("actor.put", format!("webhooks: {make} made, {update} kept, {remove} removed"))
            }
            other => (action(other), String::new()),
        };
        Note { account, action, object: self.object(edit), detail }
    }

    /// The account that an edit is about, if it is about one.
    fn account_of(&self, edit: &Edit) -> Option<AccountNo> {
        let webhook = |id| self.webhook_with(id).map(|webhook| webhook.account);
        let event = |seq| self.header(seq).ok().flatten().map(|header| header.account);
        match edit {
            Edit::CreateWebhook { webhook, .. } | Edit::Subscribe(webhook) => Some(webhook.account),
            Edit::UpdateWebhook { to, .. } => Some(to.account),
            Edit::RemoveWebhook(id)
            | Edit::DisableWebhook { webhook: id, .. }
            | Edit::ExpireWebhook { webhook: id, .. }
            | Edit::RevealSecret(id) => webhook(*id),
            Edit::CreateToken(token) => Some(token.account),
            Edit::RevokeToken(id) => {
                self.core.directory().tokens().find(|token| token.id == *id).map(|token| token.account)
            }
            Edit::PutEventType(account, _)
            | Edit::DeleteEventType(account, _)
            | Edit::PutSecret(account, _)
            | Edit::DeleteSecret(account, _)
            | Edit::PutActor(account, _)
            | Edit::DeleteActor(account, _) => Some(*account),
            Edit::RetryNow(id) | Edit::Cancel(id) | Edit::Quarantine(id) => event(id.event()),
            Edit::Replay { event: seq, .. } => event(*seq),
            Edit::CreateReplay(new) => Some(new.account),
            Edit::CancelReplay(id) => {
                self.core.directory().replays().find(|(running, _)| running == id).map(|(_, account)| account)
            }
            Edit::CreateAccount(_) | Edit::AddSigningKeys(_) | Edit::Note(_) => None,
        }
    }

    fn object(&self, edit: &Edit) -> String {
        match edit {
            Edit::CreateWebhook { .. }
            | Edit::Subscribe(_)
            | Edit::CreateAccount(_)
            | Edit::CreateReplay(_)
            | Edit::Note(_) => String::new(),
            Edit::UpdateWebhook { to, .. } => to.id.to_string(),
            Edit::RemoveWebhook(id)
            | Edit::DisableWebhook { webhook: id, .. }
            | Edit::ExpireWebhook { webhook: id, .. }
            | Edit::RevealSecret(id) => id.to_string(),
            Edit::CreateToken(token) => token.id.to_string(),
            Edit::RevokeToken(id) => id.to_string(),
            Edit::PutEventType(_, record) => record.name.to_string(),
            Edit::DeleteEventType(_, name) => name.to_string(),
            Edit::PutSecret(_, record) => record.name.to_string(),
            Edit::DeleteSecret(_, name) => name.to_string(),
            Edit::PutActor(_, change) => change.actor.id.to_string(),
            Edit::DeleteActor(_, id) => id.to_string(),
            Edit::RetryNow(id) | Edit::Cancel(id) | Edit::Quarantine(id) => id.to_string(),
            Edit::Replay { event, .. } => {
                let header = self.header(*event).ok().flatten();
                header.map(|header| header.id.to_string()).unwrap_or_default()
            }
            Edit::CancelReplay(id) => id.to_string(),
            Edit::AddSigningKeys(keys) => keys.iter().map(SigningKey::kid).collect::<Vec<_>>().join(" "),
        }
    }
}

fn action(edit: &Edit) -> &'static str {
    match edit {
        Edit::CreateWebhook { .. } => "webhook.create",
        Edit::Subscribe(_) => "webhook.subscribe",
        Edit::UpdateWebhook { .. } => "webhook.update",
        Edit::DisableWebhook { .. } => "webhook.disable",
        Edit::RemoveWebhook(_) => "webhook.remove",
        Edit::ExpireWebhook { .. } => "webhook.expire",
        Edit::RevealSecret(_) => "webhook.reveal_secret",
        Edit::CreateAccount(_) => "account.create",
        Edit::CreateToken(_) => "token.create",
        Edit::RevokeToken(_) => "token.revoke",
        Edit::PutEventType(..) => "event_type.put",
        Edit::DeleteEventType(..) => "event_type.delete",
        Edit::PutSecret(..) => "secret.put",
        Edit::DeleteSecret(..) => "secret.delete",
        Edit::PutActor(..) => "actor.put",
        Edit::DeleteActor(..) => "actor.delete",
        Edit::RetryNow(_) => "delivery.retry",
        Edit::Cancel(_) => "delivery.cancel",
        Edit::Quarantine(_) => "delivery.readable",
        Edit::Replay { .. } => "event.replay",
        Edit::CreateReplay(_) => "replay.create",
        Edit::CancelReplay(_) => "replay.cancel",
        Edit::AddSigningKeys(_) => "signing_key.rotate",
        Edit::Note(note) => note.action,
    }
}

/// What people call a webhook.
fn named(webhook: &Webhook) -> String {
    webhook.name.as_ref().map(|name| format!("name: {name}")).unwrap_or_default()
}

/// What a change of a webhook is, and which members it changes.
fn changed(from: &Webhook, to: &Webhook) -> (&'static str, String) {
    let differing = from.differing(to);
    let action = match (differing.as_slice(), to.state) {
        (["secrets"], _) => "webhook.rotate_secret",
        (["state"], WebhookState::Paused { .. }) => "webhook.pause",
        (["state"], WebhookState::Active) if from.state == WebhookState::Pending => "webhook.confirm",
        (["state"] | ["state", "backlog"], WebhookState::Active) => "webhook.resume",
        _ => "webhook.update",
    };
    (action, differing.join(", "))
}

fn token_detail(token: &Token) -> String {
    token.roles.words().join(" ")
}
