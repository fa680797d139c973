//! Webhooks: made, changed, removed.

use std::sync::Arc;

use super::state::Sweep;
use super::{CommitBatch, DirectoryChange};
use crate::domain::delivery::Reason;
use crate::domain::id::{Seq, WebhookId, WebhookNo};
use crate::domain::quota::Held;
use crate::domain::subscriptions::{overlap, renewed};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{DisabledWhy, Webhook, WebhookState};
use crate::store::command::{Edited, Idempotency, Refused};
use crate::store::committed::Committed;
use crate::store::engine_error::{EditError, EngineError};
use crate::store::records::webhook as record;
use crate::store::tables::{self, meta};
use crate::{clock, limits};

const TAKEN: Refused = Refused::State("the target is subscribed to this event already");

const NAME_TAKEN: Refused =
    Refused::State("the account has another webhook of this name; give this one another name");

impl CommitBatch<'_> {
    /// Makes a webhook, and remembers by which key its repetition is recognised.
    pub(super) fn create_webhook(
        &mut self,
        webhook: Webhook,
        asked: Option<&Idempotency>,
    ) -> Result<Edited, EditError> {
        if self.has_namesake(&webhook) {
            return Err(NAME_TAKEN.into());
        }
        self.room(webhook.account, Held::default(), Held::of_webhook(&webhook))?;
        if let Some(scope) = webhook.terms.scope.as_ref().filter(|_| webhook.terms.once) {
            let bound = self.core.directory().one_shots_of(webhook.account, scope).len();
            if bound >= limits::ONE_SHOTS_PER_THING {
                return Err(Refused::Limit("it has the maximum number of one-time webhooks").into());
            }
        }
        let made = self.add_webhook(webhook)?;
        if let Some(asked) = asked {
            self.remember(made.account, asked, made.id.to_bytes(), 0)?;
        }
        Ok(Edited::Webhook(made))
    }

    /// The webhook that the same request made before, if it did.
    pub(super) fn made_before(
        &self,
        webhook: &Webhook,
        asked: Option<&Idempotency>,
        now: Timestamp,
    ) -> Result<Option<Arc<Webhook>>, EditError> {
        if let Some(known) = self.keyed_as(webhook) {
            return Ok(Some(known));
        }
        let Some(asked) = asked else { return Ok(None) };
        let Some(known) = self.remembered(webhook.account, asked, now)? else { return Ok(None) };
        let made = known.same.then(|| WebhookId::from_bytes(known.made)).and_then(|id| {
            self.webhook(id.no()).filter(|made| made.id == id && made.account == webhook.account)
        });
        made.map(Some).ok_or(Refused::KeyTaken.into())
    }

    /// Makes a webhook that there is room for.
    pub(super) fn add_webhook(&mut self, mut webhook: Webhook) -> Result<Arc<Webhook>, EditError> {
        if self.rows.open_for_read(tables::ACCOUNTS)?.get(webhook.account.0)?.is_none() {
            return Err(Refused::NotFound.into());
        }
        let no = self.take_webhooks(1)?;
        webhook.id = WebhookId::from_bytes(numbered(webhook.id.to_bytes(), no.0));
        Ok(self.save_webhook(webhook)?)
    }

    /// Numbers that no webhook has, and no log of a removed one: so many in a row, of which this is the first.
    /// After the last number there is they begin again: fifty days after they were given out first where a thousand
    /// webhooks are made each second, else years. What names a number and may be older than that (jobs, actors, replays,
    /// events that were skipped) looks whether the webhook is still its own; ids differ in their time all the same.
    pub(super) fn take_webhooks(&mut self, count: u32) -> Result<WebhookNo, EditError> {
        let count = count.max(1);
        let mut first = self.state.next_webhook.max(1);
        let mut free = 0;
        for _ in 0..limits::COMMIT_SWEEP {
            let Some(no) = first.checked_add(free) else {
                (first, free) = (1, 0);
                continue;
            };
            if self.is_number_used(no)? {
                (first, free) = (no.checked_add(1).unwrap_or(1), 0);
                continue;
            }
            free += 1;
            if free == count {
                self.state.next_webhook = no.checked_add(1).unwrap_or(1);
                return Ok(WebhookNo(first));
            }
        }
        // The next one who asks looks further.
        self.state.next_webhook = first;
        Err(Refused::Limit("there are too few unused webhook numbers here; try again").into())
    }

    fn is_number_used(&self, no: u32) -> Result<bool, EngineError> {
        Ok(self.webhooks.contains_key(&WebhookNo(no))
            || self.rows.open_for_read(tables::WEBHOOKS)?.get(no)?.is_some()
            || self.rows.open_for_read(tables::REMOVED)?.get(no)?.is_some())
    }

    /// Makes or renews a subscription. Only the writer makes webhooks, so of two callers at the same time
    /// one subscribes and the other hears that it is taken.
    pub(super) fn subscribe(&mut self, wanted: Webhook, now: Timestamp) -> Result<Edited, EditError> {
        let known = self.subscribed_alike(&wanted);
        let again = match known.as_slice() {
            [] => return self.create_webhook(wanted, None),
            [old] => renewed(old, wanted).map(|to| (old, to)),
            _ => None,
        };
        let (old, to) = again.ok_or(TAKEN)?;
        self.room(old.account, Held::of_webhook(old), Held::of_webhook(&to))?;
        Ok(Edited::Webhook(self.replace_webhook(old, to, now)?))
    }

    /// The subscriptions of the account to one of the events at one of the targets, as this transaction
    /// leaves them.
    fn subscribed_alike(&self, wanted: &Webhook) -> Vec<Arc<Webhook>> {
        let mut known = self.core.directory().subscriptions().like(wanted);
        known.extend(self.changes.iter().filter_map(|change| match change {
            DirectoryChange::Webhook(webhook) => Some(webhook.no()),
            _ => None,
        }));
        let known = known.into_iter().filter_map(|no| self.webhook(no));
        known.filter(|webhook| overlap(webhook, wanted)).collect()
    }

    /// Whether a subscription would become one that another one is already.
    fn becomes_a_second(&self, from: &Webhook, to: &Webhook) -> bool {
        let moves = (&from.url, &from.pending_url, &from.events) != (&to.url, &to.pending_url, &to.events);
        moves && self.subscribed_alike(to).iter().any(|other| other.no() != to.no())
    }

    /// Whether another webhook of the account has this one's name, as this transaction leaves them.
    fn has_namesake(&self, webhook: &Webhook) -> bool {
        let Some(name) = &webhook.name else { return false };
        let known = self.core.directory().webhook_named(webhook.account, name).map(|known| known.no());
        let changed = self.changes.iter().filter_map(|change| match change {
            DirectoryChange::Webhook(other) => Some(other.no()),
            _ => None,
        });
        let same = |other: &Webhook| {
            (other.account, other.name.as_ref()) == (webhook.account, Some(name))
                && other.no() != webhook.no()
        };
        known.into_iter().chain(changed).filter_map(|no| self.webhook(no)).any(|other| same(&other))
    }

    pub(super) fn update_webhook(
        &mut self,
        from: &Webhook,
        webhook: Webhook,
        now: Timestamp,
    ) -> Result<Edited, EditError> {
        self.room(from.account, Held::of_webhook(from), Held::of_webhook(&webhook))?;
        Ok(Edited::Webhook(self.alter_webhook(from, webhook, now)?))
    }

    /// Changes a webhook where there is room for what it becomes.
    pub(super) fn alter_webhook(
        &mut self,
        from: &Webhook,
        webhook: Webhook,
        now: Timestamp,
    ) -> Result<Arc<Webhook>, EditError> {
        let old = self.webhook(webhook.no()).ok_or(Refused::NotFound)?;
        if old.id != webhook.id || old.account != webhook.account {
            return Err(Refused::NotFound.into());
        }
        if *old != *from {
            return Err(Refused::State("the webhook was changed at the same time; try again").into());
        }
        if old.ordering != webhook.ordering {
            return Err(Refused::State("a webhook's ordering is fixed when it is created").into());
        }
        if matches!(webhook.state, WebhookState::Removed { .. }) {
            return Err(Refused::State("a webhook is removed by removing it").into());
        }
        if self.becomes_a_second(&old, &webhook) {
            return Err(TAKEN.into());
        }
        if old.name != webhook.name && self.has_namesake(&webhook) {
            return Err(NAME_TAKEN.into());
        }
        Ok(self.replace_webhook(&old, webhook, now)?)
    }

    fn replace_webhook(
        &mut self,
        old: &Webhook,
        mut to: Webhook,
        now: Timestamp,
    ) -> Result<Arc<Webhook>, EngineError> {
        if to.expires_at != old.expires_at {
            self.forget_expiry(old)?;
        }
        if !old.is_served(now) && to.state == WebhookState::Active && !to.expired(now) {
            // Its receiver gets a new chance: an old run of failures must not disable it at the next one, nor what
            // is told late of that.
            self.set_failing(old.no(), None)?;
            self.state.resumed.insert(old.no(), now);
        }
        if to.dropping.is_some() && to.dropping != old.dropping {
            // All there is by now, batches that closed meanwhile too.
            let up_to = Seq(self.state.next_seq.saturating_sub(1));
            to.dropping = Some(up_to);
            self.state.sweeps.insert(to.no(), Sweep::dropping(to.no(), up_to));
        }
        let webhook = self.save_webhook(to)?;
        if webhook.terms.batch != old.terms.batch || webhook.expires_at != old.expires_at {
            self.regather(&webhook, now)?;
        }
        Ok(webhook)
    }

    /// The webhook that its owner made under the same key before, as this transaction leaves it.
    pub(super) fn keyed_as(&self, webhook: &Webhook) -> Option<Arc<Webhook>> {
        let key = webhook.terms.key.as_ref()?;
        let same = |other: &Webhook| {
            other.terms.key.as_ref() == Some(key)
                && (other.account, other.terms.dialect) == (webhook.account, webhook.terms.dialect)
        };
        let made = self.changes.iter().rev().find_map(|change| match change {
            DirectoryChange::Webhook(other) if same(other) => Some(other.no()),
            _ => None,
        });
        let known = || self.core.directory().webhook_keyed_as(webhook).map(|known| known.no());
        self.webhook(made.or_else(known)?)
    }

    /// Writes a webhook that goes on to exist.
    pub(super) fn save_webhook(&mut self, webhook: Webhook) -> Result<Arc<Webhook>, EngineError> {
        self.write_webhook(&webhook)?;
        if let Some(at) = webhook.expires_at
            && !self.is_told_expired(webhook.no(), at)?
        {
            self.put_expiry(webhook.no(), at)?;
        }
        let webhook = Arc::new(webhook);
        self.change(DirectoryChange::Webhook(Arc::clone(&webhook)));
        self.committed.push(Committed::WebhookSaved(Arc::clone(&webhook)));
        Ok(webhook)
    }

    /// Disables a webhook; whether it was not yet.
    pub(super) fn disable_webhook(
        &mut self,
        webhook: &Webhook,
        why: DisabledWhy,
        now: Timestamp,
    ) -> Result<bool, EngineError> {
        if matches!(webhook.state, WebhookState::Disabled { .. }) {
            return Ok(false);
        }
        let state = WebhookState::Disabled { why, since: now };
        self.save_webhook(Webhook { state, updated_at: now, ..webhook.clone() })?;
        Ok(true)
    }

    /// Removes a webhook; what waits for it is cancelled from this commit on.
    pub(super) fn remove_webhook(
        &mut self,
        webhook: &Webhook,
        reason: Reason,
        now: Timestamp,
    ) -> Result<(), EngineError> {
        let no = webhook.no();
        let state = WebhookState::Removed { since: now };
        let bytes = self.sealed(&Webhook { state, ..webhook.clone() })?;
        self.rows.open_for_write(tables::WEBHOOKS)?.remove(no.0)?;
        // Without a log there is no one who asks for it.
        if self.has_log(no)? {
            self.rows.open_for_write(tables::REMOVED)?.insert(no.0, bytes.as_slice())?;
        } else {
            self.keep_webhook_floor()?;
        }
        self.forget_expiry(webhook)?;
        self.rows.open_for_write(tables::FAILING)?.remove(no.0)?;
        self.rows.open_for_write(tables::WAITS)?.remove(no.0)?;
        let gathers = self.state.gathering.of(no);
        if !gathers.is_empty()
            || self.rows.due.range((no.0, 0, 0)..=(no.0, u64::MAX, u64::MAX))?.next().is_some()
        {
            self.state.sweeps.insert(no, Sweep::removing(no, reason));
        }
        for group in gathers {
            self.state.gathering.remove(&group);
        }
        self.state.run_changes.remove(&no);
        self.state.resumed.remove(&no);
        self.change(DirectoryChange::RemoveWebhook(no));
        self.committed.push(Committed::WebhookRemoved(no));
        Ok(())
    }

    /// Whether there are deliveries of a webhook.
    fn has_log(&self, no: WebhookNo) -> Result<bool, EngineError> {
        Ok(self.rows.deliveries.range((no.0, 0)..=(no.0, u64::MAX))?.next().transpose()?.is_some())
    }

    /// A removed webhook goes with the last of its log.
    pub(super) fn forget_removed(&mut self, no: WebhookNo) -> Result<(), EngineError> {
        let removed = self.rows.open_for_read(tables::REMOVED)?.get(no.0)?.is_some();
        if removed && !self.has_log(no)? {
            self.rows.open_for_write(tables::REMOVED)?.remove(no.0)?;
            self.keep_webhook_floor()?;
        }
        Ok(())
    }

    /// The rows that name the last number may be gone now.
    fn keep_webhook_floor(&mut self) -> Result<(), EngineError> {
        let floor = self.state.next_webhook.to_be_bytes();
        self.rows.open_for_write(tables::META)?.insert(meta::WEBHOOK_FLOOR, floor.as_slice())?;
        Ok(())
    }

    /// Removes a webhook that takes one event only, once the delivery of that has ended.
    pub(super) fn end_once(&mut self, no: WebhookNo, event: Seq, now: Timestamp) -> Result<(), EngineError> {
        let Some(webhook) = self.webhook(no).filter(|webhook| webhook.terms.once) else { return Ok(()) };
        match self.header(event)? {
            Some(header) if webhook.listens_to(&header.event_type) => {
                self.remove_webhook(&webhook, Reason::WebhookRemoved, now)
            }
            Some(_) | None => Ok(()),
        }
    }

    fn write_webhook(&mut self, webhook: &Webhook) -> Result<(), EngineError> {
        let bytes = self.sealed(webhook)?;
        self.rows.open_for_write(tables::WEBHOOKS)?.insert(webhook.no().0, bytes.as_slice())?;
        Ok(())
    }

    fn sealed(&self, webhook: &Webhook) -> Result<Vec<u8>, EngineError> {
        Ok(record::write(webhook, &self.core.seal, clock::random_bytes()?))
    }
}

/// An id's bytes with another number: six bytes of time, four of number, six of chance.
pub(super) fn numbered(mut id: [u8; 16], no: u32) -> [u8; 16] {
    if let Some(place) = id.get_mut(6..10) {
        place.copy_from_slice(&no.to_be_bytes());
    }
    id
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_takes_another_number() {
        let (at, random) = (Timestamp::from_millis(77), 0xabcd);
        let id = WebhookId::new(at, WebhookNo(0), random);
        let again = WebhookId::from_bytes(numbered(id.to_bytes(), 0x0102_0304));
        assert_eq!(again, WebhookId::new(at, WebhookNo(0x0102_0304), random));
    }
}
