//! Looking at the callbacks of jobs: a job's own webhook, and what was sent to it.

use std::sync::Arc;

use super::core::App;
use crate::domain::delivery::Delivery;
use crate::domain::job::Job;
use crate::domain::refusal::Refusal;
use crate::domain::webhook::Webhook;
use crate::store::{Store, StoreError};

/// A job's callback, as far as it is kept.
pub struct Callback {
    /// The webhook, as it is or was when it was removed.
    pub webhook: Option<Arc<Webhook>>,
    /// What was sent to it, once the job has ended.
    pub delivery: Option<Delivery>,
}

/// The callback of a job; `None` where it was made without one.
///
/// # Errors
/// When the store cannot be read.
pub async fn of_job(app: &App, job: &Job) -> Result<Option<Callback>, Refusal> {
    let Some(&no) = job.webhooks.first() else { return Ok(None) };
    let standing = app.store.directory().webhook(no).filter(|webhook| job.owns(webhook)).cloned();
    let job = job.clone();
    let found = app.read(job.account, move |store| {
        let removed = store.stored_webhook(no)?.filter(|webhook| job.owns(webhook)).map(Arc::new);
        Ok(Callback { webhook: standing.or(removed), delivery: delivery(store, &job)? })
    });
    Ok(Some(found.await?))
}

/// Of a job's events, the delivery of the one that went to its webhook.
fn delivery(store: &Store, job: &Job) -> Result<Option<Delivery>, StoreError> {
    for &webhook in &job.webhooks {
        for &event in &job.events {
            if let Some(delivery) = store.delivery(event, webhook)? {
                return Ok(Some(delivery));
            }
        }
    }
    Ok(None)
}
