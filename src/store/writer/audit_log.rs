//! Where the audit log stands, and how much of it each account may fill.

use std::collections::HashMap;
use std::time::Duration;

use crate::domain::id::AccountId;
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::audit::{Actor, Span};

/// What is done so often that each minute of it is one entry with a count.
const FREQUENT: [&str; 3] = ["delivery.retry", "delivery.cancel", "event.replay"];

/// What is counted together beyond [`limits::AUDIT_COUNTED`].
const MORE: &str = "audit.more";

/// Where the log stands.
#[derive(Debug, Default)]
pub(in crate::store) struct AuditLog {
    pub(in crate::store) span: Span,
    /// Whether the note of it is older.
    pub(super) noted: bool,
    /// What accounts have entered lately.
    pub(super) shares: HashMap<AccountId, Share>,
}

/// What one account has entered lately. So it can add only so much, whatever it does how often.
#[derive(Debug, Default)]
pub(super) struct Share {
    /// When it may enter all of [`limits::AUDIT_BURST`] again; each entry puts it off.
    pub(super) used_until: Timestamp,
    /// Who does what often.
    pub(super) counted: HashMap<(Actor, &'static str), Counted>,
}

/// How often something was done after the first time.
#[derive(Debug)]
pub(super) struct Counted {
    pub(super) since: Timestamp,
    pub(super) more: u64,
    /// For how long it is counted.
    pub(super) during: Duration,
}

impl Share {
    /// Takes one of the entries that the account may make.
    pub(super) fn take(&mut self, at: Timestamp) -> bool {
        let full = at.plus(limits::AUDIT_EVERY * limits::AUDIT_BURST);
        // Where the clock was set back, no more is used than all.
        self.used_until = self.used_until.max(at).min(full);
        let used_until = self.used_until.plus(limits::AUDIT_EVERY);
        let has = used_until <= full;
        if has {
            self.used_until = used_until;
        }
        has
    }

    /// Whether this time is an entry of its own; if not, it is counted.
    pub(super) fn lists(&mut self, at: Timestamp, actor: Actor, action: &'static str) -> bool {
        if let Some(counted) = self.counted.get_mut(&(actor, action)) {
            counted.more += 1;
            return false;
        }
        let (has, room) = (self.take(at), self.counted.len() < limits::AUDIT_COUNTED);
        if has && !FREQUENT.contains(&action) {
            return true;
        }
        if room {
            let during = if has { limits::AUDIT_FREQUENT_FOR } else { limits::AUDIT_COUNTED_FOR };
            self.counted.insert((actor, action), Counted { since: at, more: 0, during });
        } else if !has {
            let counted = self.counted.entry((Actor::Daemon, MORE)).or_insert(Counted {
                since: at,
                more: 0,
                during: limits::AUDIT_COUNTED_FOR,
            });
            counted.more += 1;
        }
        has || room
    }

    /// The numbers that are to be entered now, or `all` of them.
    pub(super) fn due(&mut self, now: Timestamp, all: bool) -> Vec<((Actor, &'static str), Counted)> {
        let mut counted = std::mem::take(&mut self.counted);
        let mut due = Vec::new();
        for (key, counted) in counted.extract_if(|_, counted| all || counted.is_over(now)) {
            let minute = counted.during == limits::AUDIT_FREQUENT_FOR;
            if !all && minute && counted.more > 0 && !self.take(now) {
                // The number of a minute is one of the account's entries too, and waits for the hour without one.
                let during = limits::AUDIT_COUNTED_FOR;
                self.counted.insert(key, Counted { during, ..counted });
            } else if counted.more > 0 {
                due.push((key, counted));
            }
        }
        self.counted.extend(counted);
        due
    }
}

impl Counted {
    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        self.since > now.plus(self.during) || now.since(self.since) > self.during
    }
}

impl AuditLog {
    pub(in crate::store) fn new(span: Span) -> Self {
        Self { span, noted: true, shares: HashMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::TokenId;

    const ACTIONS: [&str; 5] =
        ["secret.put", "webhook.update", "webhook.reveal_secret", FREQUENT[0], FREQUENT[2]];

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis((1_000_000 + seconds) * 1000)
    }

    fn actor(no: u64) -> Actor {
        Actor::Token(TokenId::new(at(no), 7))
    }

    /// Whatever one account does, with however many tokens, for as long as the log is kept.
    #[test]
    fn an_account_at_full_rate_does_not_push_the_entries_of_others_out() {
        let (mut share, mut days, mut done) = (Share::default(), Vec::new(), 0);
        for day in 0..2_u64 {
            let (mut entries, mut counted) = (0, 0);
            for tick in (day * 86_400..(day + 1) * 86_400).step_by(10) {
                for n in 0..50_u64 {
                    done += 1;
                    let action = ACTIONS[usize::try_from(n % 5).unwrap()];
                    entries += u64::from(share.lists(at(tick), actor((tick + n) % 97), action));
                }
                let due = share.due(at(tick + 9), false);
                entries += due.len() as u64;
                counted += due.iter().map(|(_, counted)| counted.more).sum::<u64>();
                assert!(share.counted.len() <= limits::AUDIT_COUNTED + 1);
            }
            assert!(counted > 400_000, "what is not listed is counted: {counted} of {done}");
            days.push(entries);
        }
        assert!(days[0] > 1000, "{days:?}");
        let kept = days[0] + days[1] * (limits::AUDIT_FOR.as_secs() / 86_400);
        assert!(kept < limits::AUDIT_ENTRIES * 3 / 4, "{days:?}, {kept} in all");
    }

    #[test]
    fn an_account_gets_its_entries_back_and_a_clock_set_back_takes_none() {
        let mut share = Share::default();
        let burst = u64::from(limits::AUDIT_BURST);
        let listed = |share: &mut Share, seconds| {
            let times = 0..burst + 50;
            times.filter(|_| share.lists(at(seconds), actor(0), ACTIONS[0])).count() as u64
        };
        assert_eq!(listed(&mut share, 90_000), burst + 1, "and the first that is counted");
        assert_eq!(share.due(at(90_000), true)[0].1.more, 49);
        assert_eq!(listed(&mut share, 91_200), 11, "ten are back");
        assert_eq!(share.due(at(91_200), true)[0].1.more, burst + 39);
        assert_eq!(listed(&mut share, 0), 1);
        share.due(at(0), true);
        assert_eq!(listed(&mut share, 1200), 11);
        share.due(at(1200), true);
        assert_eq!(listed(&mut share, 1200 + 120 * burst), burst + 1);
    }
}
