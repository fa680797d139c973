//! The log lines about webhooks whose state changed by what their receivers did.

use crate::domain::outcome::Exchange;
use crate::domain::webhook::{DisabledWhy, Webhook, WebhookState};
use crate::schedule::{RunChange, RunNews};

/// What is new of a run of failures, with what the newest attempt came to.
pub(super) fn run(webhook: &Webhook, exchange: &Exchange, run: &RunChange) {
    let (id, host) = (webhook.id, webhook.url.host());
    let attempts = run.failing.map_or(0, |run| run.attempts);
    let reason = exchange.error.as_ref().map_or("", |error| error.detail.as_str());
    match run.news {
        Some(RunNews::Probing) => {
            tracing::warn!(webhook = %id, %host, attempts, reason, "webhook failing: it is only probed until it answers");
        }
        Some(RunNews::HalfWay) => {
            tracing::warn!(webhook = %id, %host, attempts, reason, "webhook failing: half-way to being disabled");
        }
        Some(RunNews::Recovered) => tracing::warn!(webhook = %id, %host, "webhook recovered"),
        None => {}
    }
}

/// A webhook was disabled.
pub(super) fn disabled(webhook: &Webhook) {
    let WebhookState::Disabled { why, .. } = webhook.state else { return };
    let reason = match why {
        DisabledWhy::Failing => "it has failed for too long",
        DisabledWhy::Gone => "its receiver answered 410",
    };
    tracing::warn!(webhook = %webhook.id, host = %webhook.url.host(), reason, "webhook disabled");
}
