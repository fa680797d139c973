//! Background work: each piece is a name, an interval and a bounded step that says whether there is
//! more to do at once.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::clock;
use crate::config::Retention;
use crate::dispatch::Notices;
use crate::domain::operational::Notice;
use crate::limits;
use crate::store::upkeep::RetentionPolicy;
use crate::store::{Store, StoreError};

/// How often retention looks for something to take away.
const PRUNE_EVERY: Duration = Duration::from_secs(10);
/// How often running replays send their next slice.
const REPLAY_EVERY: Duration = Duration::from_millis(200);

/// Starts retention and replays; they end when `stopping` turns true.
pub(super) fn start(
    retention: Retention,
    store: &Store,
    notices: Notices,
    stopping: &watch::Receiver<bool>,
) -> JoinSet<()> {
    let policy = RetentionPolicy {
        events_for: retention.events,
        attempts_for: retention.attempts,
        max_file_bytes: retention.max_store_bytes,
    };
    let mut work = JoinSet::new();
    work.spawn(prune(policy, store.clone(), notices, stopping.clone()));
    work.spawn(replay(store.clone(), stopping.clone()));
    work
}

async fn prune(policy: RetentionPolicy, store: Store, notices: Notices, mut stopping: watch::Receiver<bool>) {
    while !stopped(&mut stopping, PRUNE_EVERY).await {
        loop {
            let now = clock::now();
            let pruned = match store.prune_tick(policy, now).await {
                Ok(pruned) => pruned,
                Err(error) => {
                    tracing::warn!(%error, "retention could not go on; it will try again");
                    break;
                }
            };
            for webhook in &pruned.expired {
                tracing::info!(webhook = %webhook.id, "webhook expired");
                notices.tell(&Notice::WebhookExpired, webhook, now).await;
            }
            if pruned.events + pruned.attempts > 0 {
                tracing::debug!(events = pruned.events, attempts = pruned.attempts, "pruned");
            }
            if !pruned.more || *stopping.borrow() {
                break;
            }
        }
    }
}

async fn replay(store: Store, mut stopping: watch::Receiver<bool>) {
    while !stopped(&mut stopping, REPLAY_EVERY).await {
        match store.replay_tick(limits::REPLAY_SLICE, clock::now()).await {
            Ok(_) | Err(StoreError::Busy | StoreError::Full) => {}
            Err(StoreError::Unavailable) => return,
        }
    }
}

/// Waits; whether it is time to end.
async fn stopped(stopping: &mut watch::Receiver<bool>, wait: Duration) -> bool {
    tokio::time::timeout(wait, stopping.wait_for(|stop| *stop)).await.is_ok()
}
