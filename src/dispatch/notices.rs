//! Operational events that no attempt brings about.

use std::sync::Arc;

use tokio::sync::watch;

use super::Rules;
use crate::clock;
use crate::domain::account::DEFAULT_ACCOUNT;
use crate::domain::event::NewEvent;
use crate::domain::operational::{DaemonNotice, Notice};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::store::Store;
use crate::store::command::Accept;

/// Accepts operational events.
#[derive(Clone)]
pub struct Notices {
    pub(super) store: Store,
    pub(super) rules: watch::Receiver<Arc<Rules>>,
}

impl Notices {
    /// Accepts them into `store`.
    #[must_use]
    pub fn new(store: Store, rules: watch::Receiver<Arc<Rules>>) -> Self {
        Self { store, rules }
    }

    /// The operational event with where it goes; `None` when it cannot be made.
    pub(super) fn accept(
        &self,
        notice: &Notice,
        webhook: &Webhook,
        last_error: Option<&str>,
        now: Timestamp,
    ) -> Option<Accept> {
        self.planned(notice.event(webhook, last_error)?, now)
    }

    fn planned(&self, event: NewEvent, now: Timestamp) -> Option<Accept> {
        let profiles = Arc::clone(&self.rules.borrow().profiles);
        let directory = self.store.directory();
        let plan = directory.plan(event.account, &event.event_type, &[], &event.data, &profiles, now).ok()?;
        let random = clock::random_bits().ok()?;
        Some(Accept { event, plan, idempotency: Vec::new(), random })
    }

    /// Accepts it in a commit of its own.
    pub async fn tell(&self, notice: &Notice, webhook: &Webhook, now: Timestamp) {
        let Some(accept) = self.accept(notice, webhook, None, now) else { return };
        if let Err(error) = self.store.accept(vec![accept], now).await {
            tracing::warn!(%error, webhook = %webhook.id, "an operational event was not stored");
        }
    }

    /// Accepts what concerns the daemon, in a commit of its own, for the account `default`.
    pub async fn tell_all(&self, notice: &DaemonNotice, now: Timestamp) {
        let account = self.store.directory().account_named(DEFAULT_ACCOUNT).map(|account| account.no());
        let event = account.and_then(|account| notice.event(account));
        let Some(accept) = event.and_then(|event| self.planned(event, now)) else { return };
        if let Err(error) = self.store.accept(vec![accept], now).await {
            tracing::warn!(%error, "an operational event was not stored");
        }
    }
}
