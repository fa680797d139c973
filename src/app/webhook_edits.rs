//! Making, changing and removing webhooks: what passed the checks is stored here.

use std::sync::Arc;

use futures_util::future::join_all;

use super::core::App;
use super::webhooks::{Approved, WebhookChange};
use crate::domain::dialect::Dialect;
use crate::domain::id::WebhookId;
use crate::domain::refusal::Refusal;
use crate::domain::target::TargetUrl;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::store::audit::Actor;
pub use crate::store::command::Idempotency;
use crate::store::command::{Edit, Edited};

/// Makes a webhook. A subscription is one per account, target and event; where the owner gave a key and has
/// a webhook under it, that one is given as it is; and so is the one that the same request made before.
///
/// # Errors
/// When the account has too much, or the store cannot.
pub async fn create(
    app: &App,
    approved: Approved,
    idempotency: Option<Idempotency>,
    by: Actor,
    now: Timestamp,
) -> Result<Arc<Webhook>, Refusal> {
    let webhook = Box::new(approved.into_webhook());
    let edit = match webhook.terms.dialect {
        Dialect::RestHooks => Edit::Subscribe(webhook),
        Dialect::Native | Dialect::RunWebhooks | Dialect::ActionRuns => {
            Edit::CreateWebhook { webhook, idempotency }
        }
    };
    let made = stored(app, edit, by, "account", now).await?;
    if made.terms.any_certificate {
        warn_of_any_certificate(&made);
    }
    Ok(made)
}

fn warn_of_any_certificate(webhook: &Webhook) {
    tracing::warn!(
        webhook = %webhook.id,
        host = webhook.wanted_url().authority().to_str().unwrap_or_default(),
        "a webhook takes any certificate (tls.insecure): anyone on the way to its receiver can read and change what is sent"
    );
}

/// Stores a change.
///
/// # Errors
/// When somebody was quicker, or the store cannot.
pub async fn save(
    app: &App,
    change: WebhookChange,
    by: Actor,
    now: Timestamp,
) -> Result<Arc<Webhook>, Refusal> {
    let (from, to) = change.into_parts();
    let asked_before = from.terms.any_certificate;
    let saved = stored(app, Edit::UpdateWebhook { from, to: Box::new(to) }, by, "webhook", now).await?;
    if saved.terms.any_certificate && !asked_before {
        warn_of_any_certificate(&saved);
    }
    Ok(saved)
}

async fn stored(
    app: &App,
    edit: Edit,
    by: Actor,
    what: &'static str,
    now: Timestamp,
) -> Result<Arc<Webhook>, Refusal> {
    match app.edit(edit, by, what, now).await? {
        Edited::Webhook(webhook) => Ok(webhook),
        _ => Err(Refusal::not_found(what)),
    }
}

/// Removes a webhook: what waits for it is cancelled, its log stays.
///
/// # Errors
/// When it is gone already, or the store cannot.
pub async fn remove(app: &App, id: WebhookId, by: Actor, now: Timestamp) -> Result<(), Refusal> {
    app.edit(Edit::RemoveWebhook(id), by, "webhook", now).await.map(drop)
}

/// Removes the webhooks that are served at a target, no matter whose they are, for somebody who has no token. One that
/// is not confirmed yet cannot end what is served elsewhere.
///
/// # Errors
/// When the store cannot.
pub async fn remove_at(app: &App, target: &TargetUrl, now: Timestamp) -> Result<(), Refusal> {
    let found: Vec<WebhookId> = {
        let directory = app.store.directory();
        let at = directory.subscriptions().at(target).into_iter().filter_map(|no| directory.webhook(no));
        at.filter(|webhook| webhook.url == *target).map(|webhook| webhook.id).collect()
    };
    let removals = found.into_iter().map(|id| app.store.edit(Edit::RemoveWebhook(id), Actor::Anonymous, now));
    for removed in join_all(removals).await {
        // Refused only when it is gone already.
        removed?.ok();
    }
    Ok(())
}

/// Enters into the audit log that a webhook's secret is about to be shown.
///
/// # Errors
/// When the webhook is gone, or the store cannot.
pub async fn note_reveal(app: &App, id: WebhookId, by: Actor, now: Timestamp) -> Result<(), Refusal> {
    app.edit(Edit::RevealSecret(id), by, "webhook", now).await.map(drop)
}
