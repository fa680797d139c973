//! Writing the audit log: entries, the sealed note of where it begins and ends, and its retention.

use std::collections::HashMap;
use std::time::Duration;

use super::Turn;
use crate::domain::id::AccountId;
use crate::domain::time::Timestamp;
use crate::store::audit::{AuditEntry, Note, Span};
use crate::store::command::Actor;
use crate::store::halt::Halt;
use crate::store::open::AUDIT_ROW;
use crate::store::records::{audit as record, quarantine};
use crate::store::tables::{self, meta};
use crate::{clock, limits};

/// What is done so often that each minute of it is one entry with a count.
const FREQUENT: [&str; 3] = ["delivery.retry", "delivery.cancel", "event.replay"];

/// What is counted together beyond [`limits::AUDIT_COUNTED`].
const MORE: &str = "audit.more";

/// Where the log stands.
#[derive(Debug, Default)]
pub(in crate::store) struct Log {
    pub(in crate::store) span: Span,
    /// Whether the note of it is older.
    noted: bool,
    /// What accounts have entered lately.
    shares: HashMap<AccountId, Share>,
}

/// What one account has entered lately. So it can add only so much, whatever it does how often.
#[derive(Debug, Default)]
struct Share {
    /// When it may enter all of [`limits::AUDIT_BURST`] again; each entry puts it off.
    used_until: Timestamp,
    /// Who does what often.
    counted: HashMap<(Actor, &'static str), Counted>,
}

/// How often something was done after the first time.
#[derive(Debug)]
struct Counted {
    since: Timestamp,
    more: u64,
    /// For how long it is counted.
    during: Duration,
}

impl Share {
    /// Takes one of the entries that the account may make.
    fn take(&mut self, at: Timestamp) -> bool {
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
    fn lists(&mut self, at: Timestamp, actor: Actor, action: &'static str) -> bool {
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
    fn due(&mut self, now: Timestamp, all: bool) -> Vec<((Actor, &'static str), Counted)> {
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
    fn is_over(&self, now: Timestamp) -> bool {
        self.since > now.plus(self.during) || now.since(self.since) > self.during
    }
}

impl Log {
    pub(in crate::store) fn new(span: Span) -> Self {
        Self { span, noted: true, shares: HashMap::new() }
    }
}

impl Turn<'_> {
    /// Enters what was done. Of what an account does often, only the first is entered at once, and the others as
    /// their number.
    pub(super) fn audit(&mut self, at: Timestamp, actor: Actor, note: Note) -> Result<(), Halt> {
        if let Some(account) = note.account
            && !self.state.audit.shares.entry(account).or_default().lists(at, actor, note.action)
        {
            return Ok(());
        }
        self.enter(at, actor, note)
    }

    fn enter(&mut self, at: Timestamp, actor: Actor, note: Note) -> Result<(), Halt> {
        let Span { next, last, .. } = self.state.audit.span;
        let entry = AuditEntry::chained(next, at, actor, note, last);
        self.rows.other(tables::AUDIT)?.insert(next, record::write(&entry).as_slice())?;
        let log = &mut self.state.audit;
        (log.span.next, log.span.last, log.noted) = (next + 1, entry.hash, false);
        Ok(())
    }

    /// Enters the numbers of what was done often, once their time is over, or `all` of them.
    pub(super) fn count_frequent(&mut self, now: Timestamp, all: bool) -> Result<(), Halt> {
        let mut due = Vec::new();
        self.state.audit.shares.retain(|account, share| {
            due.extend(share.due(now, all).into_iter().map(|counted| (*account, counted)));
            !share.counted.is_empty() || share.used_until > now
        });
        for (account, ((actor, action), Counted { since, more, .. })) in due {
            let detail = format!("{more} more since {since}");
            self.enter(now, actor, Note { account: Some(account), action, object: String::new(), detail })?;
        }
        Ok(())
    }

    /// Notes where the log begins and ends, in the commit that changed it.
    pub(super) fn note_span(&mut self) -> Result<(), Halt> {
        if self.state.audit.noted {
            return Ok(());
        }
        let span = self.state.audit.span.to_bytes();
        let sealed = self.core.seal.seal(clock::random_bytes()?, AUDIT_ROW, &span);
        self.rows.other(tables::META)?.insert(meta::AUDIT, sealed.as_slice())?;
        self.state.audit.noted = true;
        Ok(())
    }

    /// Takes away the oldest entries: those before `before`, and those beyond the newest `most`. Whether there
    /// are more.
    pub(super) fn prune_audit(&mut self, before: Timestamp, most: u64) -> Result<bool, Halt> {
        let mut span = self.state.audit.span;
        let mut gone = Vec::new();
        for row in self.rows.look(tables::AUDIT)?.range(..)?.take(limits::AUDIT_PRUNED) {
            let (no, row) = row?;
            let no = no.value();
            // One that cannot be read is for people to look at, and stays.
            let Some(entry) = quarantine("audit", no, record::read(no, row.value())) else { break };
            if entry.at >= before && span.next.saturating_sub(no) <= most {
                break;
            }
            gone.push(no);
            (span.first, span.before) = (no + 1, entry.hash);
        }
        if gone.is_empty() {
            return Ok(false);
        }
        let mut table = self.rows.other(tables::AUDIT)?;
        for no in &gone {
            table.remove(*no)?;
        }
        drop(table);
        (self.state.audit.span, self.state.audit.noted) = (span, false);
        Ok(gone.len() == limits::AUDIT_PRUNED)
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
