//! Actors: a declaration and its webhooks change in one commit.

use std::sync::Arc;

use super::{Change, Turn};
use crate::domain::actor::{ActorId, ActorRecord};
use crate::domain::delivery::Reason;
use crate::domain::id::AccountNo;
use crate::domain::time::Timestamp;
use crate::store::command::{ActorChange, Edited, Refused};
use crate::store::halt::Stop;
use crate::store::records::{actor as record, quarantine};
use crate::store::tables;
use crate::{clock, limits};

/// Why a declaration that is stored but not known may not be replaced.
const UNREADABLE: &str = "the actor's stored declaration cannot be read; if it is sealed with an earlier key, give that key \
                          in secrets.previous_key_files and restart, or delete the actor and declare it again";

impl Turn<'_> {
    /// The actor as this transaction leaves it.
    fn actor(&self, account: AccountNo, id: &ActorId) -> Option<Arc<ActorRecord>> {
        for change in self.changes.iter().rev() {
            match change {
                Change::Actor(of, actor) if *of == account && actor.id == *id => {
                    return Some(Arc::clone(actor));
                }
                Change::RemoveActor(of, removed) if *of == account && removed == id => return None,
                _ => {}
            }
        }
        self.core.directory().actor(account, id).cloned()
    }

    pub(super) fn put_actor(
        &mut self,
        account: AccountNo,
        change: ActorChange,
        now: Timestamp,
    ) -> Result<Edited, Stop> {
        let ActorChange { mut actor, make, update, remove } = change;
        self.room_for_webhooks(&make)?;
        let known = self.rows.look(tables::ACTORS)?.get((account.0, actor.id.as_str()))?.is_some();
        if known && self.actor(account, &actor.id).is_none() {
            // To declare it again would make its webhooks twice.
            return Err(Refused::State(UNREADABLE).into());
        }
        if !known && self.core.directory().actors(account).count() >= limits::ACTORS {
            return Err(Refused::Limit("there are as many actors as an account may have").into());
        }
        for (from, _) in &update {
            if self.webhook(from.no()).is_none_or(|stands| stands != *from) {
                return Err(Refused::State("a webhook of the actor was changed meanwhile; try again").into());
            }
        }
        actor.webhooks.clear();
        for (from, to) in update {
            actor.webhooks.push(from.no());
            if *from != to {
                self.update_webhook(&from, to, now)?;
            }
        }
        for webhook in make {
            if let Edited::Webhook(made) = self.create_webhook(webhook)? {
                actor.webhooks.push(made.no());
            }
        }
        for no in remove {
            if let Some(webhook) = self.webhook(no) {
                self.remove_webhook(&webhook, Reason::WebhookRemoved, now)?;
            }
        }
        let bytes = record::write(account, &actor, &self.core.seal, clock::random_bytes()?);
        self.rows.other(tables::ACTORS)?.insert((account.0, actor.id.as_str()), bytes.as_slice())?;
        let actor = Arc::new(actor);
        self.changes.push(Change::Actor(account, Arc::clone(&actor)));
        Ok(Edited::Actor(actor))
    }

    pub(super) fn delete_actor(
        &mut self,
        account: AccountNo,
        id: ActorId,
        now: Timestamp,
    ) -> Result<Edited, Stop> {
        let row =
            self.rows.look(tables::ACTORS)?.get((account.0, id.as_str()))?.map(|row| row.value().to_vec());
        let row = row.ok_or(Refused::NotFound)?;
        let Some(webhooks) = quarantine("actors", id.as_str(), record::webhooks(&row)) else {
            return Err(Refused::State(UNREADABLE).into());
        };
        self.rows.other(tables::ACTORS)?.remove((account.0, id.as_str()))?;
        for no in webhooks {
            if let Some(webhook) = self.webhook(no) {
                self.remove_webhook(&webhook, Reason::WebhookRemoved, now)?;
            }
        }
        self.changes.push(Change::RemoveActor(account, id));
        Ok(Edited::Done)
    }
}
