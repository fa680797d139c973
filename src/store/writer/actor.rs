//! Actors: a declaration and its webhooks change in one commit.

use std::sync::Arc;

use super::{Change, Turn};
use crate::domain::actor::ActorId;
use crate::domain::delivery::Reason;
use crate::domain::id::AccountNo;
use crate::domain::time::Timestamp;
use crate::store::command::{ActorChange, Edited, Refused};
use crate::store::halt::Stop;
use crate::store::records::actor as record;
use crate::store::tables;
use crate::{clock, limits};

impl Turn<'_> {
    pub(super) fn put_actor(
        &mut self,
        account: AccountNo,
        change: ActorChange,
        now: Timestamp,
    ) -> Result<Edited, Stop> {
        let ActorChange { mut actor, make, update, remove } = change;
        self.room_for_webhooks(&make)?;
        let known = self.rows.look(tables::ACTORS)?.get((account.0, actor.id.as_str()))?.is_some();
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
        let actor = self.core.directory().actor(account, &id).cloned().ok_or(Refused::NotFound)?;
        if self.rows.other(tables::ACTORS)?.remove((account.0, id.as_str()))?.is_none() {
            return Err(Refused::NotFound.into());
        }
        for no in &actor.webhooks {
            if let Some(webhook) = self.webhook(*no) {
                self.remove_webhook(&webhook, Reason::WebhookRemoved, now)?;
            }
        }
        self.changes.push(Change::RemoveActor(account, id));
        Ok(Edited::Done)
    }
}
