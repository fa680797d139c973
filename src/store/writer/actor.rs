//! Actors: a declaration and its webhooks change in one commit.

use std::sync::Arc;

use super::{CommitBatch, DirectoryChange};
use crate::domain::actor::ActorId;
use crate::domain::delivery::Reason;
use crate::domain::id::AccountNo;
use crate::domain::quota::Held;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::store::command::{ActorChange, Edited, Refused};
use crate::store::engine_error::EditError;
use crate::store::records::{actor as record, readable};
use crate::store::tables;
use crate::{clock, limits};

/// Why a declaration that is stored but not known may not be replaced.
const UNREADABLE: &str = "the actor's stored declaration cannot be read; if it is sealed with an earlier key, give that key \
                          in secrets.previous_key_files and restart, or delete the actor and declare it again";

impl CommitBatch<'_> {
    pub(super) fn put_actor(
        &mut self,
        account: AccountNo,
        change: ActorChange,
        now: Timestamp,
    ) -> Result<Edited, EditError> {
        let ActorChange { mut actor, make, update, remove } = change;
        let known = self.rows.open_for_read(tables::ACTORS)?.get((account.0, actor.id.as_str()))?.is_some();
        if known && self.actor(account, &actor.id).is_none() {
            // To declare it again would make its webhooks twice.
            return Err(Refused::State(UNREADABLE).into());
        }
        if !known && self.core.directory().actors(account).count() >= limits::ACTORS {
            return Err(Refused::Limit("the account has the maximum number of actors").into());
        }
        for (from, _) in &update {
            if self.webhook(from.no()).is_none_or(|stands| stands != *from) {
                return Err(
                    Refused::State("a webhook of the actor was changed at the same time; try again").into()
                );
            }
        }
        let removed = remove.iter().filter_map(|no| self.webhook(*no));
        let removed: Vec<Arc<Webhook>> = removed.filter(|webhook| actor.id.owns(account, webhook)).collect();
        let stood = update.iter().map(|(from, _)| from).chain(&removed);
        let before = self.actor(account, &actor.id).map(|old| Held::of_actor(&old)).unwrap_or_default();
        let before = before + stood.map(|webhook| Held::of_webhook(webhook)).sum();
        let stands = update.iter().map(|(_, to)| to).chain(&make);
        let after = Held::of_actor(&actor) + stands.map(Held::of_webhook).sum();
        self.room(account, before, after)?;
        actor.webhooks.clear();
        for (from, to) in update {
            actor.webhooks.push(from.no());
            if *from != to {
                self.alter_webhook(&from, to, now)?;
            }
        }
        for webhook in make {
            actor.webhooks.push(self.add_webhook(webhook)?.no());
        }
        for webhook in removed {
            self.remove_webhook(&webhook, Reason::WebhookRemoved, now)?;
        }
        let bytes = record::write(account, &actor, &self.core.seal, clock::random_bytes()?);
        self.rows.open_for_write(tables::ACTORS)?.insert((account.0, actor.id.as_str()), bytes.as_slice())?;
        let actor = Arc::new(actor);
        self.change(DirectoryChange::Actor(account, Arc::clone(&actor)));
        Ok(Edited::Actor(actor))
    }

    pub(super) fn delete_actor(
        &mut self,
        account: AccountNo,
        id: ActorId,
        now: Timestamp,
    ) -> Result<Edited, EditError> {
        let row = self
            .rows
            .open_for_read(tables::ACTORS)?
            .get((account.0, id.as_str()))?
            .map(|row| row.value().to_vec());
        let row = row.ok_or(Refused::NotFound)?;
        let Some(webhooks) = readable("actors", id.as_str(), record::webhooks(&row)) else {
            return Err(Refused::State(UNREADABLE).into());
        };
        self.rows.open_for_write(tables::ACTORS)?.remove((account.0, id.as_str()))?;
        for no in webhooks {
            if let Some(webhook) = self.webhook(no).filter(|webhook| id.owns(account, webhook)) {
                self.remove_webhook(&webhook, Reason::WebhookRemoved, now)?;
            }
        }
        self.change(DirectoryChange::RemoveActor(account, id));
        Ok(Edited::Done)
    }
}
