//! Reading the audit log, and following its chain.

use std::ops::Bound;

use crate::limits;
use crate::store::audit::{AuditCheck, AuditEntry, AuditFilter, AuditWalk, Chain, Ends, Walked};
use crate::store::query::{CLOCK_SLACK, Page, PageRequest};
use crate::store::records::{audit as record, readable};
use crate::store::tables::{self};
use crate::store::{Store, StoreError};

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
                let Some(entry) = readable("audit", no, record::read(no, row.value())) else { continue };
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
