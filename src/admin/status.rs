//! What `/admin/status` says.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::state::Admin;
use crate::api::v1::webhooks::view::{self, HealthView};
use crate::clock;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{ReceiverHealth, Webhook, WebhookState};
use crate::limits;

impl Admin {
    pub(super) async fn status(&self) -> Value {
        let now = clock::now();
        let (accounts, states) = {
            let directory = self.context.store.directory();
            let mut states = BTreeMap::<_, u64>::new();
            for webhook in directory.webhooks() {
                *states.entry(view::state(webhook, now).0.as_str()).or_default() += 1;
            }
            (directory.accounts().count(), states)
        };
        let attention = self.attention(now).await;
        let wrong = self.wrong();
        let scheduler = self.context.dispatch.borrow().scheduler;
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "started_at": self.context.started_at.to_string(),
            "uptime_seconds": now.since(self.context.started_at).as_secs(),
            "ready": wrong.is_empty(),
            "wrong": wrong,
            "offline": scheduler.offline,
            "accounts": accounts,
            "webhooks": states.values().sum::<u64>(),
            "webhook_states": states,
            "attention": attention,
            "backup": self.backup_figures(),
            "store": self.store(),
            "scheduler": {
                "lanes": scheduler.lanes,
                "active_lanes": scheduler.active,
                "ready_lanes": scheduler.ready,
                "probing_lanes": scheduler.probing,
                "in_flight": scheduler.in_flight,
                "bytes_in_flight": scheduler.bytes_in_flight,
                "rows_in_memory": scheduler.rows,
                "overdue": scheduler.overdue,
                "overdue_lanes_on_disk": scheduler.overdue_on_disk,
                "oldest_due_at": scheduler.oldest_due.map(|at| at.to_string()),
            },
        })
    }

    /// How many webhooks somebody should look at, and some of them: those that failed longest, then those that were
    /// disabled last.
    async fn attention(&self, now: Timestamp) -> Value {
        let (served, mut disabled): (Vec<_>, Vec<_>) = {
            let directory = self.context.store.directory();
            let of_interest = |webhook: &&Arc<Webhook>| webhook.is_served(now) || is_disabled(webhook);
            let webhooks = directory.webhooks().filter(of_interest).cloned();
            webhooks.partition(|webhook| !is_disabled(webhook))
        };
        // A scheduler that stands answers nothing, and the status has to say so.
        let asked = tokio::time::timeout(limits::STATUS_HEALTH_WAIT, self.failing(served));
        let mut failing = asked.await.unwrap_or_default();
        failing.sort_by_key(|(_, health)| health.failing.map(|run| run.since));
        disabled.sort_by_key(|webhook| std::cmp::Reverse(view::state(webhook, now).1));
        let count = failing.len() + disabled.len();
        let disabled = disabled.into_iter().map(|webhook| (webhook, ReceiverHealth::default()));
        let first = failing.into_iter().chain(disabled).take(limits::STATUS_WEBHOOKS);
        let first: Vec<Value> = first.map(|(webhook, health)| shown(&webhook, health, now)).collect();
        json!({"webhooks": count, "first": first})
    }

    /// Those of these webhooks whose receivers failed so many times in a row.
    async fn failing(&self, served: Vec<Arc<Webhook>>) -> Vec<(Arc<Webhook>, ReceiverHealth)> {
        let mut failing = Vec::new();
        for some in served.chunks(limits::PAGE_MAX) {
            let health = self.context.api.health(some.iter().map(|webhook| webhook.no()).collect()).await;
            let pairs = some.iter().cloned().zip(health);
            failing.extend(pairs.filter(|(_, health)| {
                health.probing || health.failing.is_some_and(|run| run.attempts >= limits::STATUS_FAILURES)
            }));
        }
        failing
    }

    fn backup_figures(&self) -> Value {
        let figures = &self.context.backups;
        let seconds = |figure: i64| u64::try_from(figure).ok().filter(|seconds| *seconds > 0);
        let last =
            seconds(figures.last_success.get()).map(|at| Timestamp::from_millis(at * 1000).to_string());
        json!({
            "every_seconds": seconds(figures.interval.get()),
            "last_success_at": last,
            "failures": figures.failures.get(),
        })
    }

    fn store(&self) -> Value {
        let store = self.context.store.figures();
        json!({
            "pending_deliveries": store.pending,
            "file_bytes": store.file_bytes,
            "held_bytes": store.held_bytes,
            "disk_free_bytes": store.disk_free_bytes,
            "full": store.full,
            "refused_accounts": store.refused_accounts,
            "damaged": store.damaged,
            "commits": store.commits,
            "last_commit_ms": store.last_commit.as_secs_f64() * 1e3,
            "queued": store.queued,
        })
    }
}

fn is_disabled(webhook: &Webhook) -> bool {
    matches!(webhook.state, WebhookState::Disabled { .. })
}

/// A webhook that somebody should look at; of its URL nothing that may be secret.
fn shown(webhook: &Webhook, health: ReceiverHealth, now: Timestamp) -> Value {
    let (state, since) = view::state(webhook, now);
    let why = match webhook.state {
        WebhookState::Disabled { why, .. } => Some(why.as_str()),
        _ => None,
    };
    json!({
        "id": webhook.id.to_string(),
        "name": webhook.name.as_ref().map(|name| name.as_str()),
        "url": webhook.url.masked(),
        "description": webhook.description,
        "state": state.as_str(),
        "state_since": since.map(|at| at.to_string()),
        "disabled_reason": why,
        "health": HealthView::new(webhook, health, now),
    })
}
