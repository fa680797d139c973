//! Edits: each is checked before it writes, so that a refused one leaves nothing in a transaction
//! that others share, and each is audited in its own commit.

use super::Turn;
use crate::domain::delivery::{DeliveryState, Reason};
use crate::domain::id::WebhookNo;
use crate::domain::signing_key::SigningKey;
use crate::domain::time::Timestamp;
use crate::store::command::{Actor, Edit, Edited, Refused};
use crate::store::halt::{Halt, Stop};
use crate::store::tables;
use crate::store::upkeep::AuditEntry;

impl Turn<'_> {
    pub(super) fn edit(&mut self, edit: Edit, actor: Actor, now: Timestamp) -> Result<Edited, Stop> {
        let action = action(&edit);
        let subject = self.subject(&edit);
        let edited = match edit {
            Edit::CreateWebhook(webhook) => {
                if let Some(known) = self.keyed_as(&webhook) {
                    return Ok(Edited::Webhook(known));
                }
                self.create_webhook(*webhook)
            }
            Edit::Subscribe(webhook) => self.subscribe(*webhook, now),
            Edit::UpdateWebhook { from, to } => self.update_webhook(&from, *to, now),
            Edit::DisableWebhook { webhook, why, emit } => {
                let webhook = self.webhook(webhook).ok_or(Refused::NotFound)?;
                if !self.disable_webhook(&webhook, why, now)? {
                    return Ok(Edited::Webhook(webhook));
                }
                for event in emit {
                    self.accept(event, now)?;
                }
                Ok(Edited::Done)
            }
            Edit::RemoveWebhook(no) => {
                let webhook = self.webhook(no).ok_or(Refused::NotFound)?;
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
            Edit::RevealSecret(no) => self.webhook(no).map(|_| Edited::Done).ok_or(Refused::NotFound.into()),
            Edit::AddSigningKeys(keys) => self.add_signing_keys(keys),
            Edit::CreateReplay(new) => self.create_replay(*new, now),
            Edit::CancelReplay(id) => self.cancel_replay(id, now),
        }?;
        // What was made has its id only now.
        let subject = match &edited {
            Edited::Webhook(webhook) => webhook.id.to_string(),
            Edited::Account(account) => account.id.to_string(),
            Edited::Replay(replay) => replay.id.to_string(),
            Edited::Actor(_) | Edited::Count(_) | Edited::Done => subject,
        };
        self.audit(now, actor, action, subject)?;
        Ok(edited)
    }

    pub(super) fn audit(
        &mut self,
        at: Timestamp,
        actor: Actor,
        action: &str,
        subject: String,
    ) -> Result<(), Halt> {
        let entry = AuditEntry::chained(at, actor, action, subject, self.state.last_audit);
        self.rows.other(tables::AUDIT)?.insert(self.state.next_audit, entry.write().as_slice())?;
        self.state.next_audit += 1;
        self.state.last_audit = entry.hash;
        Ok(())
    }

    fn subject(&self, edit: &Edit) -> String {
        let webhook =
            |no: WebhookNo| self.webhook(no).map(|webhook| webhook.id.to_string()).unwrap_or_default();
        match edit {
            Edit::CreateWebhook(_) | Edit::Subscribe(_) | Edit::CreateAccount(_) | Edit::CreateReplay(_) => {
                String::new()
            }
            Edit::UpdateWebhook { to, .. } => to.id.to_string(),
            Edit::RemoveWebhook(no) | Edit::DisableWebhook { webhook: no, .. } | Edit::RevealSecret(no) => {
                webhook(*no)
            }
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
        Edit::CreateWebhook(_) => "webhook.create",
        Edit::Subscribe(_) => "webhook.subscribe",
        Edit::UpdateWebhook { .. } => "webhook.update",
        Edit::DisableWebhook { .. } => "webhook.disable",
        Edit::RemoveWebhook(_) => "webhook.remove",
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
        Edit::Quarantine(_) => "delivery.quarantine",
        Edit::Replay { .. } => "event.replay",
        Edit::CreateReplay(_) => "replay.create",
        Edit::CancelReplay(_) => "replay.cancel",
        Edit::AddSigningKeys(_) => "signing_key.rotate",
    }
}
