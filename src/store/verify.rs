//! Verification: a closed store's file, walked from the engine's pages to what its rows say of each other.
//! Nothing is written to it: what the engine writes while it looks is kept in memory.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use redb::backends::FileBackend;
use redb::{BackendError, Database, ReadTransaction, ReadableDatabase as _, StorageBackend};

use super::backup::each_row;
use super::engine::checksum;
use super::engine::{Guard, KeyCodec};
use super::engine_error::EngineError;
use super::export;
use super::file;
use super::file::OpenOptions;
use super::open_error::OpenError;
use super::records::delivery::{Batching, DeliveryRecord};
use super::records::{event, job};
use super::tables::{self, LISTED_EVENTS, LISTED_JOBS};
use crate::domain::delivery::DeliveryState;
use crate::domain::id::Seq;
use crate::limits;

/// What was found in a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Rows by table.
    pub rows: BTreeMap<String, u64>,
    /// How much is wrong.
    pub faults: u64,
    /// The first of it, in words.
    pub listed: Vec<String>,
}

impl Verdict {
    fn fault(&mut self, text: String) {
        self.faults += 1;
        if self.listed.len() < limits::VERIFY_FAULTS_LISTED {
            self.listed.push(text);
        }
    }
}

/// Walks a closed store's file.
///
/// # Errors
/// When it is open elsewhere, is no store, or is one of another schema or key.
pub fn verify(path: &Path, options: &OpenOptions) -> Result<Verdict, OpenError> {
    let file = FileBackend::new(File::options().read(true).write(true).open(path)?)?;
    if file.len()? == 0 {
        return Err(OpenError::NotAStore);
    }
    let mut db = file::builder(options).create_with_backend(Untouched::new(file)?)?;
    let mut verdict = Verdict::default();
    // The engine's answer to damage that it does not expect is a panic.
    let pages = panic::catch_unwind(AssertUnwindSafe(|| db.check_integrity()));
    if !matches!(pages, Ok(Ok(true))) {
        verdict.fault("some pages were changed after they were written".to_owned());
    }
    let walked = panic::catch_unwind(AssertUnwindSafe(|| walk(&db, options, &mut verdict)));
    match walked {
        Ok(walked) => walked?,
        Err(_) => verdict.fault("reading cannot continue: a page is damaged".to_owned()),
    }
    Ok(verdict)
}

fn walk(db: &Database, options: &OpenOptions, verdict: &mut Verdict) -> Result<(), OpenError> {
    let txn = db.begin_read().map_err(EngineError::from)?;
    file::check(&txn, &options.seal())?;
    let schema = file::schema(&txn)?;
    let mut rows = BTreeMap::new();
    let walked = each_row(&txn, &mut |table, key, value| {
        match rows.get_mut(table) {
            Some(count) => *count += 1,
            None => drop(rows.insert(table.to_owned(), 1)),
        }
        let plain = if tables::is_checked(table) { checksum::plain(key, value) } else { Some(value) };
        let wrong = match plain {
            None => Some("does not match its checksum"),
            Some(plain) if !export::is_sound(table, key, plain, schema) => Some("cannot be read"),
            Some(_) => None,
        };
        if let Some(wrong) = wrong {
            verdict.fault(format!("{table}: row {} {wrong}", key.escape_ascii()));
        }
        Ok(())
    });
    if let Err(error) = walked {
        verdict.fault(format!("not all rows can be read: {error}"));
    }
    verdict.rows = rows;
    if schema == file::SCHEMA {
        related(&txn, verdict)?;
    }
    Ok(())
}

/// What rows say of other rows.
fn related(txn: &ReadTransaction, verdict: &mut Verdict) -> Result<(), EngineError> {
    let payloads = tables::PAYLOADS.read(txn)?;
    let deliveries = tables::DELIVERIES.read(txn)?;
    let events = tables::EVENTS.read(txn)?;
    let listed = tables::LISTED.read(txn)?;
    for row in events.iter()? {
        let (seq, row) = row?;
        let seq = seq.value();
        if payloads.get(seq)?.is_none() {
            verdict.fault(format!("event {seq} has no data"));
        }
        let Ok(header) = event::read(row.value()) else { continue };
        if !is_there(listed.get(tables::listed_key(header.account, LISTED_EVENTS, Seq(seq)))?) {
            verdict.fault(format!("event {seq} is not in the list of its account"));
        }
        for no in header.webhooks.iter() {
            if deliveries.get((no.0, seq))?.is_none() {
                verdict.fault(format!("event {seq} has no delivery to webhook {}", no.0));
            }
        }
    }
    let attempts = tables::ATTEMPTS.read(txn)?;
    let mut pending: u64 = 0;
    for row in deliveries.iter()? {
        let (key, row) = row?;
        let (webhook, seq) = key.value();
        let Ok(record) = DeliveryRecord::read(row.value()) else { continue };
        let is_pending =
            record.state == DeliveryState::Pending && !matches!(record.batching, Batching::In(_));
        pending += u64::from(is_pending);
        if events.get(seq)?.is_none() {
            verdict.fault(format!("the delivery of event {seq} to webhook {webhook} has no event"));
        }
        for attempt in &record.log {
            if attempts.get(attempt.0)?.is_none() {
                verdict
                    .fault(format!("attempt {} of event {seq} to webhook {webhook} is missing", attempt.0));
            }
        }
    }
    let waiting = tables::DUE.read(txn)?.len()? + tables::GATHERING.read(txn)?.len()?;
    if waiting != pending {
        verdict.fault(format!("{pending} deliveries are pending, and {waiting} are due or gathered"));
    }
    jobs(txn, verdict)
}

/// Whether an index has a row, and it is sound.
fn is_there<V: KeyCodec>(row: Option<Guard<'_, V>>) -> bool {
    row.is_some_and(|row| row.sound().is_some())
}

fn jobs(txn: &ReadTransaction, verdict: &mut Verdict) -> Result<(), EngineError> {
    let (listed, deadlines) = (tables::LISTED.read(txn)?, tables::JOB_DEADLINES.read(txn)?);
    let lengths = tables::RUN_RECORD_LENGTHS.read(txn)?;
    for row in tables::RUN_RECORDS.read(txn)?.iter()? {
        let (row, _) = row?;
        let (job, key) = row.value();
        if !is_there(lengths.get((job, key))?) {
            verdict.fault(format!("what the run of job {job} keeps under {key:?} is not counted"));
        }
    }
    let results = tables::RESULTS.read(txn)?;
    for row in tables::JOBS.read(txn)?.iter()? {
        let (seq, row) = row?;
        let Ok(record) = job::read(row.value()) else { continue };
        if !is_there(listed.get(tables::listed_key(record.account, LISTED_JOBS, record.id.seq()))?) {
            verdict.fault(format!("{} is not in the list of its account", record.id));
        }
        if let Some(at) = record.waits_until()
            && !is_there(deadlines.get((at.as_millis(), seq.value()))?)
        {
            verdict.fault(format!("{} has no deadline in the index of deadlines", record.id));
        }
        let mut rows = 0;
        for block in results.range((seq.value(), 0)..=(seq.value(), u64::MAX))? {
            rows += job::read_block(block?.1.value()).map_or(0, |(count, _)| u64::from(count));
        }
        if rows != record.result_count {
            verdict
                .fault(format!("{} has {rows} rows of results, and says {}", record.id, record.result_count));
        }
    }
    Ok(())
}

/// A file that is read; what is written to it is kept in memory.
#[derive(Debug)]
struct Untouched {
    file: FileBackend,
    over: Mutex<Over>,
}

#[derive(Debug)]
struct Over {
    len: u64,
    pages: BTreeMap<u64, Vec<u8>>,
}

const PAGE: usize = 4096;

impl Untouched {
    fn new(file: FileBackend) -> io::Result<Self> {
        let over = Mutex::new(Over { len: file.len()?, pages: BTreeMap::new() });
        Ok(Self { file, over })
    }
}

impl Over {
    /// A page as it would be in the file.
    fn page(&mut self, no: u64, file: &FileBackend) -> io::Result<&mut Vec<u8>> {
        use std::collections::btree_map::Entry;
        match self.pages.entry(no) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(place) => Ok(place.insert(stored(no, file)?)),
        }
    }
}

/// A page of the file; behind its end there is nothing.
fn stored(no: u64, file: &FileBackend) -> io::Result<Vec<u8>> {
    let mut page = vec![0; PAGE];
    let start = no * PAGE as u64;
    let there = file.len()?.saturating_sub(start).min(PAGE as u64);
    if let Some(part) = page.get_mut(..usize::try_from(there).unwrap_or(PAGE)).filter(|part| !part.is_empty())
    {
        file.read(start, part)?;
    }
    Ok(page)
}

/// The pages that bytes lie in: each one's number, where in it they begin, and how many.
fn pieces(offset: u64, length: usize) -> impl Iterator<Item = (u64, usize, usize)> {
    let mut at = offset;
    let end = offset + length as u64;
    std::iter::from_fn(move || {
        if at >= end {
            return None;
        }
        let (no, begin) = (at / PAGE as u64, usize::try_from(at % PAGE as u64).unwrap_or_default());
        let count = (PAGE - begin).min(usize::try_from(end - at).unwrap_or(PAGE));
        at += count as u64;
        Some((no, begin, count))
    })
}

type Edge = std::ops::Bound<u64>;

impl StorageBackend for Untouched {
    fn len(&self) -> io::Result<u64> {
        Ok(self.over.lock().unwrap_or_else(PoisonError::into_inner).len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left = out;
        for (no, begin, count) in pieces(offset, left.len()) {
            let (now, rest) = left.split_at_mut(count);
            match over.pages.get(&no) {
                Some(page) => now.copy_from_slice(page.get(begin..begin + count).unwrap_or_default()),
                None => {
                    now.copy_from_slice(
                        stored(no, &self.file)?.get(begin..begin + count).unwrap_or_default(),
                    );
                }
            }
            left = rest;
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.over.lock().unwrap_or_else(PoisonError::into_inner).len = len;
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        let mut over = self.over.lock().unwrap_or_else(PoisonError::into_inner);
        let mut left = data;
        for (no, begin, count) in pieces(offset, data.len()) {
            let (now, rest) = left.split_at(count);
            if let Some(place) = over.page(no, &self.file)?.get_mut(begin..begin + count) {
                place.copy_from_slice(now);
            }
            left = rest;
        }
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Edge, end: Edge) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Edge, end: Edge) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Edge, end: Edge) -> Result<(), BackendError> {
        self.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Edge, end: Edge) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Edge, end: Edge) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Edge, end: Edge) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}
