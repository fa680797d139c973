//! Where the log begins and ends.

use redb::ReadTransaction;

use super::entry::Hash;
use crate::store::engine_error::EngineError;
use crate::store::records::audit as record;
use crate::store::seal::{AUDIT_ROW, Seal};
use crate::store::tables::{self, meta};

/// Where the log begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The number of the oldest entry that is kept.
    pub first: u64,
    /// The digest of the entry before it, which retention took away; zeros when there was none.
    pub before: Hash,
    /// The number of the next entry.
    pub next: u64,
    /// The newest entry's digest.
    pub last: Hash,
}

impl Default for Span {
    fn default() -> Self {
        Self { first: 1, before: [0; 32], next: 1, last: [0; 32] }
    }
}

impl Span {
    pub(in crate::store) fn to_bytes(self) -> Vec<u8> {
        [&self.first.to_be_bytes()[..], &self.before, &self.next.to_be_bytes(), &self.last].concat()
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (first, rest) = bytes.split_first_chunk()?;
        let (before, rest) = rest.split_first_chunk()?;
        let (next, rest) = rest.split_first_chunk()?;
        let (first, next) = (u64::from_be_bytes(*first), u64::from_be_bytes(*next));
        Some(Self { first, before: *before, next, last: rest.try_into().ok()? })
    }
}

/// Where the log begins and ends: as it was noted, and as the rows have it.
pub(in crate::store) struct Ends {
    pub(in crate::store) noted: Option<Span>,
    pub(in crate::store) rows: Span,
    /// Whether the newest entry was written with such a note.
    pub(in crate::store) needed: bool,
}

impl Ends {
    pub(in crate::store) fn read(txn: &ReadTransaction, seal: &Seal) -> Result<Self, EngineError> {
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
