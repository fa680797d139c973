//! Looking at webhooks: which there are, and what is known of one.

use std::sync::Arc;

use super::core::App;
use super::pages::{Counted, Page, PageRequest, page_of};
use crate::domain::delivery::Delivery;
use crate::domain::id::{AccountNo, WebhookId, WebhookNo};
use crate::domain::refusal::Refusal;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::limits;
pub use crate::store::WebhookStats;

/// The webhooks of an account that are `wanted`, in the order of their numbers. It is short work: nothing
/// about webhooks changes meanwhile.
#[must_use]
pub fn list(app: &App, account: AccountNo, wanted: impl Fn(&Webhook) -> bool) -> Vec<Arc<Webhook>> {
    let directory = app.store.directory();
    directory.webhooks().filter(|webhook| webhook.account == account && wanted(webhook)).cloned().collect()
}

/// A page of them.
#[must_use]
pub fn page(
    app: &App,
    account: AccountNo,
    wanted: impl Fn(&Webhook) -> bool,
    page: &PageRequest<WebhookNo>,
) -> Page<Arc<Webhook>, WebhookNo> {
    let directory = app.store.directory();
    let all = directory.webhooks().filter(|webhook| webhook.account == account && wanted(webhook));
    let Page { rows, next } = page_of(all, |webhook| webhook.no(), page);
    Page { rows: rows.into_iter().cloned().collect(), next }
}

/// The webhook of an account by its id.
///
/// # Errors
/// When there is none.
pub fn find(app: &App, account: AccountNo, id: WebhookId) -> Result<Arc<Webhook>, Refusal> {
    let found = app.store.directory().webhook_of(account, id).cloned();
    found.ok_or_else(|| Refusal::not_found("webhook"))
}

/// The number of the webhook of an account by its id; of a removed one, too, since its log stays.
///
/// # Errors
/// When there is none, or the store cannot be read.
pub async fn logged(app: &App, account: AccountNo, id: WebhookId) -> Result<WebhookNo, Refusal> {
    if find(app, account, id).is_ok() {
        return Ok(id.no());
    }
    let removed = app.read(account, move |store| store.removed_webhook(id)).await?;
    let own = removed.filter(|webhook| webhook.account == account);
    own.map(|webhook| webhook.no()).ok_or_else(|| Refusal::not_found("webhook"))
}

/// What the log says of a webhook of an account since then, and how many events its filter kept from it.
///
/// # Errors
/// When the store cannot be read.
pub async fn statistics(
    app: &App,
    webhook: &Webhook,
    since: Timestamp,
) -> Result<(WebhookStats, u64), Refusal> {
    let (no, account, has_filter) = (webhook.no(), webhook.account, webhook.filter.is_some());
    let read = app.read(account, move |store| {
        let skipped = if has_filter { store.skipped_by_filter(account, no, since)? } else { 0 };
        Ok((store.stats(no, since)?, skipped))
    });
    Ok(read.await?)
}

/// How many deliveries wait for a webhook.
///
/// # Errors
/// When the store cannot be read.
pub async fn backlog(app: &App, webhook: &Webhook) -> Result<Counted, Refusal> {
    let no = webhook.no();
    Ok(app.read(webhook.account, move |store| store.backlog(no)).await?)
}

/// How many deliveries of a webhook there are, as far as they are counted, and the newest of them.
pub type Log = (usize, Option<Delivery>);

/// How many deliveries of each of these webhooks of an account there are, and the newest; `None` for those
/// that come after so many were counted in all.
///
/// # Errors
/// When the store cannot be read.
pub async fn logs(
    app: &App,
    account: AccountNo,
    webhooks: Vec<WebhookNo>,
) -> Result<Vec<Option<Log>>, Refusal> {
    let counted = app.read(account, move |store| {
        let mut left = limits::DISPATCH_COUNT;
        let counted = webhooks.into_iter().map(|no| {
            if left == 0 {
                return Ok(None);
            }
            let log = store.log_of(no, left.min(limits::PAGE_SCAN))?;
            left = left.saturating_sub(log.0);
            Ok(Some(log))
        });
        counted.collect()
    });
    Ok(counted.await?)
}
