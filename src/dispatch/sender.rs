//! What every attempt works with. Its ways are in the files of what it does: attempts, confirmations,
//! notices to receivers.

use std::sync::Arc;

use tokio::sync::{mpsc, watch};

use super::notices::Notices;
use super::rules::Rules;
use super::task::Ended;
use crate::domain::id::AccountNo;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::egress::Egress;
use crate::fair::FairBudget;
use crate::listen::Listeners;
use crate::store::Store;
use crate::telemetry::metrics::Metrics;
#[cfg(feature = "otlp")]
use crate::telemetry::otlp::Spans;

/// What every attempt needs.
pub(super) struct Sender {
    pub(super) store: Store,
    pub(super) egress: Egress,
    pub(super) listeners: Listeners,
    pub(super) rules: watch::Receiver<Arc<Rules>>,
    pub(super) notices: Notices,
    pub(super) metrics: Arc<Metrics>,
    pub(super) public_url: Arc<str>,
    #[cfg(feature = "otlp")]
    pub(super) spans: Option<Spans>,
    pub(super) ended: mpsc::Sender<Ended>,
    /// Reads of the store at once, fair over accounts: each occupies a blocking thread.
    pub(super) reads: FairBudget<AccountNo>,
}

impl Sender {
    /// The rules in force.
    pub(super) fn rules(&self) -> Arc<Rules> {
        Arc::clone(&self.rules.borrow())
    }

    /// Whether anything is sent to a webhook now. What is pending for an absent listener waits for it.
    pub(super) fn serves(&self, webhook: &Webhook, now: Timestamp) -> bool {
        webhook.is_served(now) && (!webhook.has_listener() || self.listeners.is_attached(webhook.no()))
    }
}
