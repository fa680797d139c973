//! Failed authentications on their way into the audit log. They are counted in memory, and entered now and
//! then by the background: a stranger's request never makes the store write, and however many there are, they are
//! few entries.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::domain::time::Timestamp;
use crate::store::audit::{Actor, Note};
use crate::store::{Store, StoreError};
use crate::{clock, limits};

const MINUTE: Duration = Duration::from_secs(60);

/// The failures that are not entered yet, and how many of the present minute are in the daemon's log.
#[derive(Debug, Default)]
pub struct AuthFailures {
    window: Mutex<Window>,
    minute: Mutex<Minute>,
}

/// What was logged since `began`.
#[derive(Debug, Default)]
struct Minute {
    began: Option<Instant>,
    lines: u32,
    /// Failures without a line of their own.
    silent: u64,
}

/// What there was since `began`, by address for the first few, and of all others together.
#[derive(Debug, Default)]
struct Window {
    began: Timestamp,
    by_address: BTreeMap<IpAddr, Count>,
    others: Count,
}

#[derive(Debug, Default, Clone, Copy)]
struct Count {
    /// Failures that are not entered yet, and when the first of them was.
    failures: u64,
    since: Timestamp,
    /// Whether some are entered.
    entered: bool,
}

impl Count {
    fn add(&mut self, now: Timestamp) {
        if self.failures == 0 {
            self.since = now;
        }
        self.failures = self.failures.saturating_add(1);
    }

    /// Their number and since when, if that is to be entered now.
    fn due(&mut self, over: bool) -> Option<(u64, Timestamp)> {
        if self.failures == 0 || self.entered && !over {
            return None;
        }
        self.entered = true;
        Some((std::mem::take(&mut self.failures), self.since))
    }
}

impl AuthFailures {
    /// Counts one more of an address.
    pub fn add(&self, address: IpAddr, now: Timestamp) {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        if window.by_address.is_empty() {
            window.began = now;
        }
        let full = window.by_address.len() >= limits::AUDIT_ADDRESSES;
        match window.by_address.get_mut(&address) {
            Some(count) => count.add(now),
            None if full => window.others.add(now),
            None => window.by_address.entry(address).or_default().add(now),
        }
    }

    /// Whether a failure has a line in the daemon's log; `few`: whether its address has not had too many.
    pub fn is_logged(&self, few: bool, now: Instant) -> bool {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        minute.began.get_or_insert(now);
        let logged = few && minute.lines < limits::AUTH_FAILURE_LINES;
        if logged {
            minute.lines += 1;
        } else {
            minute.silent += 1;
        }
        logged
    }

    /// How many had no line in the minute that is over; `all`: so far.
    fn unlogged(&self, now: Instant, all: bool) -> u64 {
        let mut minute = self.minute.lock().unwrap_or_else(PoisonError::into_inner);
        let over = |began: Instant| all || now.saturating_duration_since(began) >= MINUTE;
        if minute.began.is_some_and(over) { std::mem::take(&mut *minute).silent } else { 0 }
    }

    /// What is to be entered now; `all`: whatever there is.
    fn due(&self, now: Timestamp, all: bool) -> Vec<Note> {
        let mut window = self.window.lock().unwrap_or_else(PoisonError::into_inner);
        // The clock may have been set back.
        let over = all || now < window.began || now.since(window.began) >= limits::AUDIT_FAILURES_FOR;
        let note = |address: String, of: &str, (failures, since): (u64, Timestamp)| {
            let requests = if failures == 1 { "request" } else { "requests" };
            let detail = format!("{failures} {requests} of {of} since {since}");
            Note::global("auth.failed", address, detail)
        };
        let Window { by_address, others, .. } = &mut *window;
        let of_one = by_address.iter_mut().filter_map(|(address, count)| {
            count.due(over).map(|due| note(address.to_string(), "this address", due))
        });
        let mut notes: Vec<Note> = of_one.collect();
        notes.extend(others.due(over).map(|due| note(String::new(), "other addresses", due)));
        if over {
            *window = Window::default();
        }
        notes
    }
}

/// Enters the failed authentications whose time it is, and logs how many of the last minute had no line of their
/// own; `all`: whatever there is.
///
/// # Errors
/// When the store is busy or unavailable; then they are in the daemon's log alone.
pub async fn enter(
    failures: &AuthFailures,
    store: &Store,
    now: Timestamp,
    all: bool,
) -> Result<(), StoreError> {
    let unlogged = failures.unlogged(clock::monotonic(), all);
    if unlogged > 0 {
        tracing::info!(requests = unlogged, "more requests were not authenticated within a minute");
    }
    for note in failures.due(now, all) {
        store.note(note, Actor::Anonymous, now).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_790_000_000_000 + 1000 * seconds)
    }

    fn address(n: usize) -> IpAddr {
        std::net::Ipv4Addr::from_bits(0xc000_0200 + u32::try_from(n).unwrap()).into()
    }

    fn shown(notes: &[Note]) -> Vec<(&str, &str)> {
        notes.iter().map(|note| (note.object.as_str(), note.detail.as_str())).collect()
    }

    #[test]
    fn an_address_is_entered_soon_and_then_as_a_number() {
        let failures = AuthFailures::default();
        assert_eq!(failures.due(at(0), true), []);
        failures.add(address(1), at(0));
        let one = [("192.0.2.1", "1 request of this address since 2026-09-21T14:13:20.000Z")];
        assert_eq!(shown(&failures.due(at(3), false)), one);
        for n in 0..500 {
            failures.add(address(1), at(4 + n));
        }
        assert_eq!(failures.due(at(900), false), []);
        let rest = [("192.0.2.1", "500 requests of this address since 2026-09-21T14:13:24.000Z")];
        assert_eq!(shown(&failures.due(at(3600), false)), rest);
        assert_eq!(failures.due(at(9000), true), []);
        failures.add(address(1), at(9001));
        assert_eq!(failures.due(at(9002), false).len(), 1, "another hour");
        failures.add(address(1), at(9003));
        assert_eq!(failures.due(at(9004), true).len(), 1, "a stop keeps nothing back");
        failures.add(address(1), at(9005));
        failures.due(at(9006), false);
        failures.add(address(1), at(9007));
        assert_eq!(failures.due(at(8000), false).len(), 1, "the clock was set back");
    }

    #[test]
    fn a_minute_has_so_many_lines_and_one_for_the_others() {
        let (failures, begun) = (AuthFailures::default(), clock::monotonic());
        let at = |seconds| begun + Duration::from_secs(seconds);
        assert_eq!(failures.unlogged(at(0), true), 0);
        let lines = limits::AUTH_FAILURE_LINES as usize;
        let logged = (0..lines + 50).filter(|_| failures.is_logged(true, at(1))).count();
        assert_eq!(logged, lines, "from however many addresses");
        assert!(!failures.is_logged(false, at(2)));
        assert_eq!(failures.unlogged(at(60), false), 0, "the minute is not over");
        assert_eq!((failures.unlogged(at(61), false), failures.unlogged(at(61), true)), (51, 0));
        assert!(failures.is_logged(true, at(62)), "another minute");
        assert!(!failures.is_logged(false, at(63)), "too many of one address");
        assert_eq!(failures.unlogged(at(64), true), 1, "a stop keeps nothing back");
    }

    /// However many fail from however many addresses, for as long as the log is kept.
    #[test]
    fn a_flood_from_everywhere_does_not_push_other_entries_out() {
        let (failures, mut entries) = (AuthFailures::default(), 0);
        let every = limits::AUDIT_FAILURES_EVERY.as_secs();
        let day = 24 * 3600;
        let mut next = 0;
        for tick in 0..day / every {
            for _ in 0..50 {
                failures.add(address(next % 5000), at(tick * every));
                next += 1;
            }
            let notes = failures.due(at((tick + 1) * every), false);
            assert!(notes.len() <= limits::AUDIT_ADDRESSES + 1);
            entries += notes.len() as u64;
            assert!(failures.window.lock().unwrap().by_address.len() <= limits::AUDIT_ADDRESSES);
        }
        assert!(entries > 24, "{entries}");
        let kept = entries * limits::AUDIT_FOR.as_secs() / day;
        assert!(kept < limits::AUDIT_ENTRIES / 2, "{kept}");
    }
}
