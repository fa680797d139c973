//! What webhooks ask for besides deliveries: when they expire, who is asked to confirm one or informed of its end.

use std::collections::{BTreeSet, HashMap, HashSet};

use tokio::task::{AbortHandle, JoinSet};

use crate::domain::id::{AccountNo, WebhookNo};
use crate::domain::outcome::ErrorKind;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Webhook, WebhookState};
use crate::fair::FairBudget;
use crate::limits;

/// What is known of webhooks besides their lanes.
pub(super) struct WebhookDuties {
    /// When webhooks expire. An entry may be one that holds no longer.
    pub(super) expiries: BTreeSet<(Timestamp, WebhookNo)>,
    /// Webhooks whose receivers are being informed that they were deactivated.
    pub(super) notified: HashSet<WebhookNo>,
    /// Webhooks whose receivers are being asked to confirm them. It is not waited for when the loop ends:
    /// they are asked again after the next start.
    pub(super) asking: JoinSet<()>,
    pub(super) pending: HashMap<WebhookNo, AbortHandle>,
    /// How the newest attempt of each webhook that fails went.
    pub(super) last_errors: HashMap<WebhookNo, ErrorKind>,
    /// Those that are disabled.
    disabled: HashSet<WebhookNo>,
    /// Receivers asked at once, fair over accounts: a silent one takes its time.
    pub(super) turns: FairBudget<AccountNo>,
}

impl Default for WebhookDuties {
    fn default() -> Self {
        Self {
            expiries: BTreeSet::new(),
            notified: HashSet::new(),
            asking: JoinSet::new(),
            pending: HashMap::new(),
            last_errors: HashMap::new(),
            disabled: HashSet::new(),
            turns: FairBudget::new(limits::CONFIRMATIONS, limits::CONFIRMATIONS),
        }
    }
}

impl WebhookDuties {
    /// A webhook was removed.
    pub(super) fn forget(&mut self, no: WebhookNo) {
        self.notified.remove(&no);
        self.last_errors.remove(&no);
        self.disabled.remove(&no);
        self.stop_asking(no);
    }

    /// Whether the webhook is disabled and was not when this was asked before.
    pub(super) fn is_newly_disabled(&mut self, webhook: &Webhook) -> bool {
        if matches!(webhook.state, WebhookState::Disabled { .. }) {
            return self.disabled.insert(webhook.no());
        }
        self.disabled.remove(&webhook.no());
        false
    }

    pub(super) fn expires(&mut self, webhook: &Webhook, now: Timestamp) {
        self.expiries.extend(webhook.expires_at.filter(|at| *at > now).map(|at| (at, webhook.no())));
    }

    pub(super) fn stop_asking(&mut self, no: WebhookNo) {
        while self.asking.try_join_next().is_some() {}
        if let Some(asking) = self.pending.remove(&no) {
            asking.abort();
        }
    }
}
