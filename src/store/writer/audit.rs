//! Writing the audit log: entries, the sealed note of where it begins and ends, and its retention.

use std::collections::HashMap;

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

/// Where the log stands.
#[derive(Debug, Default)]
pub(in crate::store) struct Log {
    pub(in crate::store) span: Span,
    /// Whether the note of it is older.
    noted: bool,
    /// Who does what how often: since when, and how often after the first time.
    frequent: HashMap<(Actor, &'static str, Option<AccountId>), (Timestamp, u64)>,
}

impl Log {
    pub(in crate::store) fn new(span: Span) -> Self {
        Self { span, noted: true, frequent: HashMap::new() }
    }
}

impl Turn<'_> {
    /// Enters what was done. Of what is done often, only the first within a minute is entered at once, and the
    /// others as their number.
    pub(super) fn audit(&mut self, at: Timestamp, actor: Actor, note: Note) -> Result<(), Halt> {
        if FREQUENT.contains(&note.action) {
            let frequent = &mut self.state.audit.frequent;
            let key = (actor, note.action, note.account);
            if let Some((_, more)) = frequent.get_mut(&key) {
                *more += 1;
                return Ok(());
            }
            if frequent.len() < limits::AUDIT_FREQUENT {
                frequent.insert(key, (at, 0));
            }
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

    /// Enters the numbers of what was done often before `before`.
    pub(super) fn count_frequent(&mut self, before: Timestamp, now: Timestamp) -> Result<(), Halt> {
        let over: Vec<_> =
            self.state.audit.frequent.extract_if(|_, (since, _)| *since < before || *since > now).collect();
        for ((actor, action, account), (since, more)) in over {
            if more > 0 {
                let detail = format!("{more} more since {since}");
                self.enter(now, actor, Note { account, action, object: String::new(), detail })?;
            }
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
