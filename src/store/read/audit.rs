//! Reading the audit log, and following its chain.

use std::ops::Bound;

use redb::ReadTransaction;

use crate::limits;
use crate::store::audit::{AuditCheck, AuditEntry, AuditFilter, AuditWalk, Chain, Span, Walked};
use crate::store::halt::Halt;
use crate::store::open::AUDIT_ROW;
use crate::store::query::{CLOCK_SLACK, Page, PageRequest};
use crate::store::records::{audit as record, quarantine};
use crate::store::seal::Seal;
use crate::store::tables::{self, meta};
use crate::store::{Store, StoreError};

/// Where the log begins and ends: as it was noted, and as the rows have it.
pub(in crate::store) struct Ends {
    pub(in crate::store) noted: Option<Span>,
    rows: Span,
    /// Whether the newest entry was written with such a note.
    needed: bool,
}

impl Ends {
    pub(in crate::store) fn read(txn: &ReadTransaction, seal: &Seal) -> Result<Self, Halt> {
        let noted = tables::META.read(txn)?.get(meta::AUDIT)?.and_then(|row| {
            let opened = seal.open(AUDIT_ROW, row.value())?;
            Span::from_bytes(&opened)
        });
        let table = tables::AUDIT.read(txn)?;
        let mut rows = Span::default();
        if let Some((no, row)) = table.first()? {
            rows.first = no.value();
            rows.before = record::read(no.value(), row.value()).map_or([0; 32], |entry| entry.previous);
        }
        let mut needed = false;
        if let Some((no, row)) = table.last()? {
            rows.next = no.value().saturating_add(1);
            let newest = record::read(no.value(), row.value()).ok();
            needed = newest.as_ref().is_none_or(|entry| entry.version == record::VERSION);
            rows.last = newest.map_or([0; 32], |entry| entry.hash);
        }
        Ok(Self { noted, rows, needed })
    }

    /// Where the writer goes on. A note that is missing where there should be one shows for good: what is
    /// written next does not follow what is there.
    pub(in crate::store) fn go_on(&self) -> Span {
        match self.noted {
            // Numbers are given once, whatever was put at the end meanwhile.
            Some(noted) => Span { next: noted.next.max(self.rows.next), ..noted },
            None if self.needed => {
                tracing::error!("the note of where the audit log ends is missing; the store was changed");
                Span { last: [0; 32], ..self.rows }
            }
            None => self.rows,
        }
    }
}

impl Store {
    /// A page of the audit log by number. It looks at a bounded number of rows.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn audit(
        &self,
        filter: &AuditFilter,
        page: PageRequest<u64>,
    ) -> Result<Page<AuditEntry, u64>, StoreError> {
        self.read(|txn| {
            let table = tables::AUDIT.read(txn)?;
            let range = match page.after {
                Some(after) if page.descending => (Bound::Unbounded, Bound::Excluded(after)),
                Some(after) => (Bound::Excluded(after), Bound::Unbounded),
                None => (Bound::Unbounded, Bound::Unbounded),
            };
            let rows = table.range(range)?;
            let rows: Box<dyn Iterator<Item = _>> =
                if page.descending { Box::new(rows.rev()) } else { Box::new(rows) };
            let mut found = Page { rows: Vec::new(), next: None };
            let mut last = None;
            for (looked, row) in rows.enumerate() {
                if found.rows.len() == page.limit || looked == limits::PAGE_SCAN {
                    found.next = last;
                    break;
                }
                let (no, row) = row?;
                let no = no.value();
                last = Some(no);
                let Some(entry) = quarantine("audit", no, record::read(no, row.value())) else { continue };
                // Entries are in the order of time, but for a clock that was set.
                let past = match page.descending {
                    true => filter.since.is_some_and(|since| entry.at < since.minus(CLOCK_SLACK)),
                    false => filter.until.is_some_and(|until| entry.at >= until.plus(CLOCK_SLACK)),
                };
                if past {
                    break;
                }
                if filter.wants(&entry) {
                    found.rows.push(entry);
                }
            }
            Ok(found)
        })
    }

    /// Follows the chain of the audit log, from its beginning or from where `walk` stands, over a bounded number
    /// of rows. It blocks.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn check_audit(&self, walk: AuditWalk) -> Result<Walked, StoreError> {
        let AuditWalk(mut walked) = walk;
        self.read(|txn| {
            let ends = Ends::read(txn, &self.core.seal)?;
            let span = ends.noted.unwrap_or(ends.rows);
            let mut chain = walked.take().unwrap_or_else(|| Chain::new(span.first, span.before));
            if chain.next() < span.first {
                // Retention went past meanwhile.
                chain.skip(&span);
            }
            // What stands before the beginning was taken away once, and is back.
            let from = if chain.entries == 0 { 0 } else { chain.next() };
            let mut looked = 0;
            for row in tables::AUDIT.read(txn)?.range(from..)?.take(limits::AUDIT_CHECK_ROWS) {
                let (no, row) = row?;
                looked += 1;
                chain.follow(no.value(), record::read(no.value(), row.value()).ok().as_ref());
            }
            if looked == limits::AUDIT_CHECK_ROWS {
                return Ok(Walked::More(AuditWalk(Some(chain))));
            }
            chain.end(&span);
            if ends.noted.is_none() && ends.needed {
                chain.fault(span.next, "the note of where the log ends is missing");
            }
            Ok(Walked::Done(AuditCheck { entries: chain.entries, span, breaks: chain.breaks }))
        })
    }
}
