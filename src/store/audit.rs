//! The audit log: who changed what, each entry chained to the one before.
//!
//! The chain shows what was changed or taken out of the middle. What was cut off at either end shows by the
//! sealed note of where the log begins and ends, which anyone who has the file but not the key cannot write.

pub(super) mod entry;
mod span;

use sha2::{Digest as _, Sha256};

pub use entry::{Actor, AuditEntry, Hash, Note};
pub(super) use span::Ends;
pub use span::Span;

use crate::domain::event_type::{EventPattern, EventType};
use crate::domain::id::{AccountId, TokenId};
use crate::domain::time::Timestamp;
use crate::limits;

/// Which entries a list wants.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    /// Those about this account.
    pub account: Option<AccountId>,
    /// Those of this actor.
    pub actor: Option<Actor>,
    /// Those whose action matches, as `webhook.*`.
    pub action: Option<EventPattern>,
    /// Only entries about this id or name.
    pub object: Option<String>,
    /// Those from then on.
    pub since: Option<Timestamp>,
    /// Those before.
    pub until: Option<Timestamp>,
}

impl AuditFilter {
    pub(super) fn wants(&self, entry: &AuditEntry) -> bool {
        let is_of = |pattern: &EventPattern| {
            entry.action.parse::<EventType>().is_ok_and(|action| pattern.matches(&action))
        };
        self.account.is_none_or(|account| entry.account == Some(account))
            && self.actor.is_none_or(|actor| entry.actor == actor)
            && self.action.as_ref().is_none_or(is_of)
            && self.object.as_deref().is_none_or(|object| entry.object == object)
            && self.since.is_none_or(|since| entry.at >= since)
            && self.until.is_none_or(|until| entry.at < until)
    }
}

/// A place where the log was changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Break {
    /// The entry there.
    pub no: u64,
    /// What is wrong.
    pub why: &'static str,
}

/// What looking through the log found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditCheck {
    /// Entries that were looked at.
    pub entries: u64,
    /// Where the log begins and ends.
    pub span: Span,
    /// The first places where it was changed after it was written.
    pub breaks: Vec<Break>,
}

/// A look through the log that is under way.
#[derive(Debug, Default)]
pub struct AuditWalk(pub(super) Option<Chain>);

/// How far a look through the log is.
#[derive(Debug)]
pub enum Walked {
    /// There is more to look at.
    More(AuditWalk),
    /// It is at the end.
    Done(AuditCheck),
}

/// Follows the chain from entry to entry.
#[derive(Debug, Clone)]
pub struct Chain {
    next: u64,
    last: Hash,
    /// Entries so far.
    pub entries: u64,
    /// What was found wrong, up to [`limits::AUDIT_BREAKS`].
    pub breaks: Vec<Break>,
}

impl Chain {
    /// The chain from an entry on, with the digest of the one before it.
    #[must_use]
    pub fn new(first: u64, before: Hash) -> Self {
        Self { next: first, last: before, entries: 0, breaks: Vec::new() }
    }

    /// Goes on with the next entry; `None`: its row cannot be read.
    pub fn follow(&mut self, no: u64, entry: Option<&AuditEntry>) {
        self.entries += 1;
        let why = match entry {
            None => Some("the entry cannot be read"),
            Some(entry) if !entry.is_intact() => Some("the entry was changed"),
            Some(_) if no < self.next => Some("it was deleted once, and exists again"),
            Some(_) if no != self.next => Some("entries before it are missing"),
            Some(entry) if entry.previous != self.last => Some("it does not follow the entry before it"),
            Some(_) => None,
        };
        if let Some(why) = why {
            self.fault(no, why);
        }
        self.next = no.saturating_add(1);
        self.last = entry.map_or(self.last, |entry| entry.hash);
    }

    pub(super) fn fault(&mut self, no: u64, why: &'static str) {
        if self.breaks.len() < limits::AUDIT_BREAKS {
            self.breaks.push(Break { no, why });
        }
    }

    /// Goes on at the beginning of what is kept.
    pub(super) fn skip(&mut self, span: &Span) {
        (self.next, self.last) = (span.first, span.before);
    }

    /// Holds the end against where it should be.
    pub(super) fn end(&mut self, span: &Span) {
        if self.next < span.next {
            self.fault(self.next, "entries at the end are missing");
        } else if self.next > span.next {
            self.fault(span.next, "entries were added after the end");
        } else if self.last != span.last && self.breaks.is_empty() {
            self.fault(self.next.saturating_sub(1), "the newest entry is another one");
        }
    }

    /// The number that is expected next.
    #[must_use]
    pub fn next(&self) -> u64 {
        self.next
    }
}

impl AuditEntry {
    /// The entry that follows one with the digest `previous`.
    pub(super) fn chained(no: u64, at: Timestamp, actor: Actor, note: Note, previous: Hash) -> Self {
        let Note { account, action, object, detail } = note;
        let mut entry = Self {
            no,
            at,
            actor,
            account,
            action: action.to_owned(),
            object: one_line(&object),
            detail: one_line(&detail),
            previous,
            hash: [0; 32],
            version: super::records::audit::VERSION,
        };
        entry.hash = entry.digest();
        entry
    }

    /// Whether the entry is what its digest says.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.hash == self.digest()
    }

    fn digest(&self) -> Hash {
        match super::records::audit::first_digest(self) {
            Some(digest) => digest,
            None => Sha256::digest(self.text()).into(),
        }
    }

    /// What the digest is of: a line for each part, so that any program can make it of an exported entry.
    fn text(&self) -> String {
        let account = self.account.map(|account| account.to_string()).unwrap_or_default();
        let Self { no, at, action, object, detail, .. } = self;
        let (actor, previous) = (self.actor.to_string(), hex::encode(self.previous));
        format!("ringback-audit-2\n{no}\n{at}\n{actor}\n{account}\n{action}\n{object}\n{detail}\n{previous}")
    }
}

/// A text without line ends, of a bounded length.
fn one_line(text: &str) -> String {
    let plain = text.chars().map(|char| if char.is_control() { ' ' } else { char });
    let mut bytes = 0;
    plain
        .take_while(|char| {
            bytes += char.len_utf8();
            bytes <= limits::AUDIT_TEXT_BYTES
        })
        .collect()
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Token(id) => id.fmt(f),
            Self::Daemon => f.write_str("daemon"),
            Self::Anonymous => f.write_str("anonymous"),
        }
    }
}

impl std::str::FromStr for Actor {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "daemon" => Ok(Self::Daemon),
            "anonymous" => Ok(Self::Anonymous),
            id => id
                .parse::<TokenId>()
                .map(Self::Token)
                .map_err(|_| "must be a token's id, daemon or anonymous"),
        }
    }
}
