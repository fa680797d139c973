//! Background work: each piece is a name, an interval and a bounded step that says whether there is
//! more to do at once.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;

use super::leap::Leap;
use crate::app::{App, auth_failures, jobs, token_uses};
use crate::clock;
use crate::dispatch::Notices;
use crate::domain::operational::DaemonNotice;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::upkeep::RetentionPolicy;
use crate::store::{Resealed, Store, StoreError};

/// How often retention looks for something to take away.
const PRUNE_EVERY: Duration = Duration::from_secs(10);
/// How often the room on the disk is looked at.
const SPACE_LOOK: Duration = Duration::from_secs(5);
/// How often running replays send their next slice.
const REPLAY_EVERY: Duration = Duration::from_millis(200);

/// How often the first deadline is looked at anyway: the wall clock may be set back, and until that is seen a job
/// has so much more time.
const DEADLINE_LOOK: Duration = Duration::from_secs(1);
/// The pause after jobs could not be timed out.
const DEADLINE_AGAIN: Duration = Duration::from_secs(1);
/// Jobs that are timed out before the next look at the clock.
const DEADLINES_PER_STEP: usize = 100;

/// How long the wait for a batch's time is at most, so that a clock jump is seen soon.
const LONGEST_SLEEP: Duration = Duration::from_secs(1);

/// Starts retention, replays, the closing of batches, resealing and the watch over deadlines; they end
/// when `stopping` turns true.
pub(super) fn start(
    retention: watch::Receiver<RetentionPolicy>,
    store: &Store,
    app: &Arc<App>,
    notices: &Notices,
    disk_free_floor: u64,
    stopping: &watch::Receiver<bool>,
) -> JoinSet<()> {
    let mut work = JoinSet::new();
    work.spawn(prune(retention, store.clone(), notices.clone(), stopping.clone()));
    work.spawn(watch_space(store.clone(), notices.clone(), disk_free_floor, stopping.clone()));
    work.spawn(reseal(store.clone(), stopping.clone()));
    work.spawn(replay(store.clone(), Arc::clone(app), stopping.clone()));
    work.spawn(deadlines(store.clone(), Arc::clone(app), stopping.clone()));
    work.spawn(close_batches(store.clone(), stopping.clone()));
    work.spawn(tokens(store.clone(), Arc::clone(app), stopping.clone()));
    work.spawn(failed_authentications(store.clone(), Arc::clone(app), stopping.clone()));
    work
}

async fn prune(
    retention: watch::Receiver<RetentionPolicy>,
    store: Store,
    notices: Notices,
    mut stopping: watch::Receiver<bool>,
) {
    let mut leap = Leap::since(store.last_seen(), clock::now(), clock::monotonic());
    while !stopped(&mut stopping, PRUNE_EVERY).await {
        loop {
            // There may be many steps, and the clock may jump in the midst of them.
            let (policy, look) = (*retention.borrow(), leap.look(clock::now(), clock::monotonic()));
            if let Some(ahead) = look.leapt {
                let seconds = ahead.as_secs();
                tracing::warn!(seconds, "the clock jumped ahead; nothing more is removed by age for a while");
            }
            let pruned = match store.prune_tick(policy, look.now).await {
                Ok(pruned) => pruned,
                Err(error) => {
                    tracing::warn!(%error, "retention could not continue; the daemon will try again");
                    break;
                }
            };
            let mut entered = 0;
            for webhook in &pruned.expired {
                if !notices.emit_expired(webhook, look.now).await {
                    break;
                }
                entered += 1;
                tracing::warn!(webhook = %webhook.id, host = %webhook.url.host(), "webhook expired");
            }
            if pruned.waiting > 0 {
                let (deliveries, reason) = (pruned.waiting, "retention");
                tracing::info!(deliveries, reason, "cancelled deliveries of paused or disabled webhooks");
            }
            if pruned.events + pruned.attempts + pruned.jobs > 0 {
                let (events, attempts, jobs) = (pruned.events, pruned.attempts, pruned.jobs);
                tracing::debug!(events, attempts, jobs, "pruned");
            }
            // What could not be entered is reported again by the next look.
            if !pruned.more || entered < pruned.expired.len() || *stopping.borrow() {
                break;
            }
        }
    }
}

/// Tells the operator once that room is running out, and again only after there was some.
async fn watch_space(store: Store, notices: Notices, floor: u64, mut stopping: watch::Receiver<bool>) {
    let mut low = false;
    while !stopped(&mut stopping, SPACE_LOOK).await {
        let figures = store.figures();
        let (free, full) = (figures.disk_free_bytes, figures.full);
        let was_low = std::mem::replace(&mut low, full || free < floor.saturating_mul(2));
        if low && !was_low {
            tracing::warn!(free, floor, full, "the disk is running out of space");
            notices.emit_to_operator(&DaemonNotice::StoreLowSpace { free, floor, full }, clock::now()).await;
        }
    }
}

async fn replay(store: Store, app: Arc<App>, mut stopping: watch::Receiver<bool>) {
    while !stopped(&mut stopping, REPLAY_EVERY).await {
        let rules = app.rules();
        let tick = store.replay_tick(&rules.profiles, limits::REPLAY_SLICE, clock::now());
        if let Err(StoreError::Unavailable) = tick.await {
            return;
        }
    }
}

/// Goes on from the beginning after a restart, past what is done already.
async fn reseal(store: Store, stopping: watch::Receiver<bool>) {
    let mut began = false;
    while !*stopping.borrow() {
        match store.reseal_tick().await {
            Ok(Resealed::More) if !began => {
                tracing::info!("sealing secrets with the current key");
                began = true;
            }
            Ok(Resealed::More) => {}
            Ok(Resealed::Kept(rows)) => {
                tracing::error!(
                    rows,
                    "the store holds rows that this program does not understand; they may be sealed with a previous \
                     key, so keep secrets.previous_key_files, and use the program that wrote them"
                );
                return;
            }
            Ok(Resealed::Done) if began => {
                tracing::info!(
                    "every secret is sealed with the current key; the previous keys are no longer needed"
                );
                return;
            }
            Ok(Resealed::Done) => return,
            Err(error) => {
                tracing::warn!(%error, "sealing secrets with the current key could not continue");
                return;
            }
        }
    }
}

/// Ends jobs when their deadline passes: it sleeps until the first of them, or until a nearer one is set.
async fn deadlines(store: Store, app: Arc<App>, mut stopping: watch::Receiver<bool>) {
    let mut pause = Duration::ZERO;
    let mut leap = Leap::default();
    let mut latest = store.last_seen();
    loop {
        let now = clock::now();
        let clamped =
            if now < latest { jobs::clamp_deadlines(&app, DEADLINES_PER_STEP, now).await } else { Ok(()) };
        match clamped {
            Ok(()) => latest = now,
            Err(problem) => {
                tracing::warn!(detail = %problem.detail, "some jobs keep a deadline from before the clock was set back; the daemon will try again");
            }
        }
        if leap.look(now, clock::monotonic()).doubted {
            // A job that timed out stays so: until the new time is believed none does.
            if stopped(&mut stopping, DEADLINE_LOOK).await {
                return;
            }
            continue;
        }
        let next = match app.read(crate::app::core::DAEMON, Store::next_deadline).await {
            Ok(next) => next,
            Err(_) => return,
        };
        let wait = deadline_wait(next, clock::now()).max(pause);
        tokio::select! {
            stop = stopped(&mut stopping, wait) => if stop { return },
            () = store.deadline_set(), if pause.is_zero() => continue,
        }
        pause = match jobs::time_out(&app, DEADLINES_PER_STEP, clock::now()).await {
            // A row that cannot be read stays overdue.
            Ok(0) if wait.is_zero() => DEADLINE_AGAIN,
            Ok(_) => Duration::ZERO,
            Err(problem) => {
                tracing::warn!(detail = %problem.detail, "jobs could not be timed out; the daemon will try again");
                DEADLINE_AGAIN
            }
        };
    }
}

/// How long it is until deadlines are looked at.
fn deadline_wait(next: Option<Timestamp>, now: Timestamp) -> Duration {
    next.map_or(DEADLINE_LOOK, |at| at.since(now).min(DEADLINE_LOOK))
}

/// Closes batches when their time has come.
async fn close_batches(store: Store, mut stopping: watch::Receiver<bool>) {
    let mut next = store.next_batch();
    let mut latest = None;
    loop {
        let now = clock::now();
        let at = *next.borrow_and_update();
        // After a start, and once the clock was set back, what closes too late is to close earlier.
        let steady = latest.replace(now).is_some_and(|latest| latest <= now);
        if at.is_some_and(|at| at <= now || !steady) {
            if store.close_batches(now).await.is_err() {
                return;
            }
            continue;
        }
        let wait = at.map_or(LONGEST_SLEEP, |at| at.since(now).min(LONGEST_SLEEP));
        tokio::select! {
            changed = next.changed() => if changed.is_err() { return },
            () = tokio::time::sleep(wait) => {}
            _ = stopping.wait_for(|stop| *stop) => return,
        }
    }
}

/// Stores when tokens were last used, and takes those away that expired long ago; the last time when it is
/// time to end.
async fn tokens(store: Store, app: Arc<App>, mut stopping: watch::Receiver<bool>) {
    let mut last = false;
    while !last {
        last = stopped(&mut stopping, limits::TOKEN_USES_STORED).await;
        if let Err(error) = token_uses::keep(&app.token_uses, &store, clock::now()).await {
            tracing::warn!(%error, "the times when tokens were last used could not be stored");
            return;
        }
    }
}

/// Enters failed authentications into the audit log; the last ones when it is time to end.
async fn failed_authentications(store: Store, app: Arc<App>, mut stopping: watch::Receiver<bool>) {
    let mut last = false;
    while !last {
        last = stopped(&mut stopping, limits::AUDIT_FAILURES_EVERY).await;
        if let Err(error) = auth_failures::enter(&app.auth_failures, &store, clock::now(), last).await {
            tracing::warn!(%error, "failed authentications could not be written to the audit log");
        }
    }
}

/// Waits; whether it is time to end.
pub(super) async fn stopped(stopping: &mut watch::Receiver<bool>, wait: Duration) -> bool {
    tokio::time::timeout(wait, stopping.wait_for(|stop| *stop)).await.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing tells the daemon that the wall clock was set, so a far deadline is no reason not to look at it.
    #[test]
    fn deadlines_are_looked_at_when_one_has_come_and_each_second() {
        let now = Timestamp::from_millis(1_700_000_000_000);
        for (next, wait) in [
            (None, DEADLINE_LOOK),
            (Some(now.minus(DEADLINE_LOOK)), Duration::ZERO),
            (Some(now), Duration::ZERO),
            (Some(now.plus(DEADLINE_LOOK / 4)), DEADLINE_LOOK / 4),
            (Some(now.plus(Duration::from_secs(3600))), DEADLINE_LOOK),
        ] {
            assert_eq!(deadline_wait(next, now), wait, "{next:?}");
        }
        assert!(DEADLINE_LOOK <= Duration::from_secs(1));
    }
}
