//! Idle connections. One belongs to one webhook, one vetted address and one origin, and only a
//! connection whose last answer was read to its end is kept.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::connection::Connection;
use super::tls::Security;
use crate::clock;
use crate::domain::id::{NumberMap, WebhookNo};
use crate::domain::target::TargetUrl;
use crate::limits;

/// Expired connections are closed in batches this far apart.
const SWEEP: Duration = Duration::from_secs(1);

pub(super) struct Pool {
    state: Mutex<State>,
    /// Connections kept over all webhooks.
    most: usize,
}

/// `Turn` counts up, so the smallest has been idle the longest.
type Turn = u64;

#[derive(Default)]
struct State {
    next: Turn,
    idle: BTreeMap<(WebhookNo, Turn), Idle>,
    by_age: BTreeMap<Turn, WebhookNo>,
    /// How many each webhook has: counting them would walk over all of them.
    counts: NumberMap<WebhookNo, usize>,
    /// Whether a task is there that closes what expires.
    swept: bool,
}

/// What a connection leads to.
pub(super) struct Origin {
    /// The target; its scheme and authority count.
    pub(super) target: TargetUrl,
    /// What both ends prove: a connection that proved something else is not the same.
    pub(super) security: Security,
}

struct Idle {
    origin: Origin,
    since: Instant,
    connection: Connection,
}

impl Pool {
    pub(super) fn new(most: usize) -> Self {
        Self { state: Mutex::default(), most }
    }

    /// The most recently used connection of the webhook to the target's origin at one of
    /// `addresses`.
    pub(super) fn take(
        &self,
        webhook: WebhookNo,
        origin: &Origin,
        addresses: &[IpAddr],
    ) -> Option<Connection> {
        let target = &origin.target;
        let fits = |idle: &Idle| {
            addresses.contains(&idle.connection.address.ip())
                && idle.origin.security == origin.security
                && idle.origin.target.scheme() == target.scheme()
                && idle.origin.target.authority() == target.authority()
        };
        let mut state = self.state();
        let turn = state.of(webhook).rev().find(|(_, idle)| fits(idle)).map(|(&(_, turn), _)| turn)?;
        state.remove(webhook, turn).map(|idle| idle.connection)
    }

    /// Keeps a connection, at the cost of the one idle longest if there are too many.
    pub(super) fn put(self: &Arc<Self>, webhook: WebhookNo, origin: Origin, connection: Connection) {
        let mut state = self.state();
        let turn = state.next;
        state.next += 1;
        state.idle.insert((webhook, turn), Idle { origin, since: clock::monotonic(), connection });
        state.by_age.insert(turn, webhook);
        *state.counts.entry(webhook).or_default() += 1;
        let surplus = state.surplus(webhook, self.most);
        let start_sweeper = !std::mem::replace(&mut state.swept, true);
        drop(state);
        // Closing sockets is not for the lock.
        drop(surplus);
        if start_sweeper {
            self.start_sweeper();
        }
    }

    /// Whether a webhook has a connection that waits for work.
    pub(super) fn has(&self, webhook: WebhookNo) -> bool {
        self.state().counts.contains_key(&webhook)
    }

    /// Closes a webhook's connections.
    pub(super) fn forget(&self, webhook: WebhookNo) {
        let mut state = self.state();
        let turns: Vec<Turn> = state.of(webhook).map(|(&(_, turn), _)| turn).collect();
        let closing: Vec<Option<Idle>> = turns.into_iter().map(|turn| state.remove(webhook, turn)).collect();
        drop(state);
        drop(closing);
    }

    /// Closes the one that has been idle longest, whose descriptor others need. False: there is none.
    pub(super) fn shed(&self) -> bool {
        let mut state = self.state();
        let oldest = state.by_age.first_key_value().map(|(&turn, &webhook)| (webhook, turn));
        let shed = oldest.and_then(|(webhook, turn)| state.remove(webhook, turn));
        drop(state);
        shed.is_some()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        let state = self.state();
        assert_eq!(state.idle.len(), state.by_age.len());
        assert_eq!(state.idle.len(), state.counts.values().sum::<usize>());
        state.idle.len()
    }

    fn start_sweeper(self: &Arc<Self>) {
        let pool = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut wait = limits::IDLE_CONNECTION;
            loop {
                tokio::time::sleep(wait).await;
                let Some(next) = pool.upgrade().and_then(|pool| pool.sweep(clock::monotonic())) else {
                    return;
                };
                wait = next.max(SWEEP);
            }
        });
    }

    /// Closes what expired; how long until the next one does, `None` when nothing is left.
    pub(super) fn sweep(&self, now: Instant) -> Option<Duration> {
        let mut closing = Vec::new();
        let mut state = self.state();
        while let Some((&turn, &webhook)) = state.by_age.first_key_value() {
            let since = state.idle.get(&(webhook, turn)).map_or(now, |idle| idle.since);
            let age = now.saturating_duration_since(since);
            if let Some(left) = limits::IDLE_CONNECTION.checked_sub(age).filter(|left| !left.is_zero()) {
                return Some(left);
            }
            closing.extend(state.remove(webhook, turn));
        }
        state.swept = false;
        None
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn of(&self, webhook: WebhookNo) -> impl DoubleEndedIterator<Item = (&(WebhookNo, Turn), &Idle)> {
        self.idle.range((webhook, 0)..=(webhook, Turn::MAX))
    }

    fn remove(&mut self, webhook: WebhookNo, turn: Turn) -> Option<Idle> {
        self.by_age.remove(&turn);
        let removed = self.idle.remove(&(webhook, turn))?;
        if let Some(count) = self.counts.get_mut(&webhook) {
            *count -= 1;
            if *count == 0 {
                self.counts.remove(&webhook);
            }
        }
        Some(removed)
    }

    /// The longest idle of a webhook that has too many, or of all when all are too many.
    fn surplus(&mut self, webhook: WebhookNo, most: usize) -> Option<Idle> {
        if self.counts.get(&webhook).is_some_and(|&count| count > limits::IDLE_PER_WEBHOOK) {
            let turn = self.of(webhook).next().map(|(&(_, turn), _)| turn)?;
            return self.remove(webhook, turn);
        }
        if self.idle.len() > most {
            let (&turn, &webhook) = self.by_age.first_key_value()?;
            return self.remove(webhook, turn);
        }
        None
    }
}
