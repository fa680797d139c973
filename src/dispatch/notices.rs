//! Emitting operational events. Of each type an account gets so many within a minute one by one; what
//! comes on top is emitted as one when the minute is over, so that a thousand webhooks that fail at once do
//! not cause a million events.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

use super::off_worker::off_worker;
use super::rules::Rules;
use crate::clock;
use crate::domain::account::DEFAULT_ACCOUNT;
use crate::domain::event::NewEvent;
use crate::domain::fanout::{self, Allowance};
use crate::domain::id::{AccountNo, WebhookId, WebhookNo};
use crate::domain::operational::{DaemonNotice, Many, Notice};
use crate::domain::outcome::ErrorKind;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::Store;
use crate::store::audit::Actor;
use crate::store::command::{Accept, Edit};

/// A type of notices of an account.
type Topic = (AccountNo, &'static str);

/// Accepts operational events.
#[derive(Clone)]
pub struct Notices {
    store: Store,
    rules: watch::Receiver<Arc<Rules>>,
    minutes: Arc<Mutex<HashMap<Topic, Minute>>>,
}

/// What was emitted of a topic since its minute began.
struct Minute {
    began: Instant,
    emitted: u32,
    more: Option<More>,
}

/// What came on top.
struct More {
    count: u64,
    webhooks: BTreeMap<WebhookNo, WebhookId>,
    since: Timestamp,
}

impl Minute {
    fn new(began: Instant) -> Self {
        Self { began, emitted: 0, more: None }
    }

    /// Whether one more is emitted by itself; else it is counted.
    fn admits(&mut self, webhook: WebhookId, now: Timestamp) -> bool {
        if self.emitted < limits::NOTICES_PER_MINUTE {
            self.emitted += 1;
            return true;
        }
        let more = self.more.get_or_insert_with(|| More { count: 0, webhooks: BTreeMap::new(), since: now });
        more.count += 1;
        if more.webhooks.len() < limits::NOTICE_WEBHOOKS {
            more.webhooks.insert(webhook.no(), webhook);
        }
        false
    }
}

impl Notices {
    /// Accepts them into `store`.
    #[must_use]
    pub fn new(store: Store, rules: watch::Receiver<Arc<Rules>>) -> Self {
        Self { store, rules, minutes: Arc::default() }
    }

    /// The operational event with where it goes; `None` when it is counted among others, or cannot be made.
    pub(super) fn accept(
        &self,
        notice: &Notice,
        webhook: &Webhook,
        last_error: Option<ErrorKind>,
        now: Timestamp,
    ) -> Option<Accept> {
        if !self.admits((webhook.account, notice.name()), webhook.id, now) {
            return None;
        }
        let event = notice.event(webhook.account, webhook.id, last_error)?;
        self.planned(event, |no| no == webhook.no(), now)
    }

    /// Whether a notice is emitted by itself. The first that is not has its minute's end waited for.
    fn admits(&self, topic: Topic, webhook: WebhookId, now: Timestamp) -> bool {
        let at = clock::monotonic();
        let mut minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
        // Those that are over and have nothing left to emit.
        minutes.retain(|_, minute| minute.more.is_some() || at < minute.began + limits::NOTICE_MINUTE);
        let minute = minutes.entry(topic).or_insert_with(|| Minute::new(at));
        let was_waited_for = minute.more.is_some();
        let admitted = minute.admits(webhook, now);
        if !admitted && !was_waited_for {
            let rest = (minute.began + limits::NOTICE_MINUTE).saturating_duration_since(at);
            tokio::spawn(self.clone().emit_counted_later(topic, rest));
        }
        admitted
    }

    async fn emit_counted_later(self, topic: Topic, wait: Duration) {
        tokio::time::sleep(wait).await;
        self.emit_counted(topic, clock::now()).await;
    }

    /// Emits what was counted, all topics together, before the daemon stops.
    pub async fn emit_all_counted(&self, now: Timestamp) {
        let topics: Vec<Topic> = {
            let minutes = self.minutes.lock().unwrap_or_else(PoisonError::into_inner);
            minutes.keys().copied().collect()
        };
        for topic in topics {
            self.emit_counted(topic, now).await;
        }
    }

    async fn emit_counted(&self, topic: Topic, now: Timestamp) {
        let minute = self.minutes.lock().unwrap_or_else(PoisonError::into_inner).remove(&topic);
        let Some(More { count, webhooks, since }) = minute.and_then(|minute| minute.more) else { return };
        let (account, name) = topic;
        let shown = webhooks.values().take(limits::NOTICE_WEBHOOKS_SHOWN).copied().collect();
        let event = Many { name, count, webhooks: shown, since }.event(account);
        let accept = event.and_then(|event| self.planned(event, |no| webhooks.contains_key(&no), now));
        self.take(accept, now).await;
    }

    /// The event for those who listen, without the webhooks that it is about.
    fn planned(&self, event: NewEvent, about: impl Fn(WebhookNo) -> bool, now: Timestamp) -> Option<Accept> {
        let profiles = Arc::clone(&self.rules.borrow().profiles);
        let mut listeners = self.store.listeners(event.account, &event.event_type, &[]);
        listeners.retain(|webhook| !about(webhook.no()));
        let plan = || fanout::plan(&listeners, &[], &profiles, &event.data, now, &mut Allowance::default());
        let long = fanout::price(&listeners, event.data.len()) > limits::LONG_STEPS;
        let plan = if long { off_worker(plan) } else { plan() }.ok()?;
        let random = clock::random_bits().ok()?;
        Some(Accept { event, plan, idempotency: Vec::new(), random })
    }

    /// Enters in one commit that a webhook has expired, and the event that says so; whether that was done.
    pub async fn emit_expired(&self, webhook: &Webhook, now: Timestamp) -> bool {
        let emit = self.accept(&Notice::WebhookExpired, webhook, None, now);
        let edit = Edit::ExpireWebhook { webhook: webhook.id, emit };
        match self.store.edit(edit, Actor::Daemon, now).await {
            // One that is gone by now has nothing left to enter.
            Ok(_) => true,
            Err(error) => {
                tracing::warn!(%error, webhook = %webhook.id, "a webhook's expiry was not stored");
                false
            }
        }
    }

    /// Accepts what concerns the daemon, in a commit of its own, for the account `default`.
    pub async fn emit_to_operator(&self, notice: &DaemonNotice, now: Timestamp) {
        let account = self.store.directory().account_named(DEFAULT_ACCOUNT).map(|account| account.no());
        let event = account.and_then(|account| notice.event(account));
        let accept = event.and_then(|event| self.planned(event, |_| false, now));
        self.take(accept, now).await;
    }

    async fn take(&self, accept: Option<Accept>, now: Timestamp) {
        let Some(accept) = accept else { return };
        let event_type = accept.event.event_type.clone();
        if let Err(error) = self.store.accept_notice(accept, now).await {
            tracing::warn!(%error, %event_type, "an operational event was not stored");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_are_reported_and_the_others_counted() {
        let id = |no: u32| WebhookId::new(Timestamp::from_millis(1), WebhookNo(no), 7);
        let at = Timestamp::from_millis;
        let mut minute = Minute::new(clock::monotonic());
        let alone = (0..300).filter(|&no| minute.admits(id(no % 30), at(no.into()))).count();
        assert_eq!(alone, limits::NOTICES_PER_MINUTE as usize);
        let more = minute.more.unwrap();
        assert_eq!(more.count, 300 - alone as u64);
        assert_eq!((more.webhooks.len(), more.since), (30, at(alone as u64)));
    }
}
