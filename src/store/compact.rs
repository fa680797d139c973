//! Compaction: the store's rows in a new file that takes the place of the old one.
//!
//! It is a backup that is restored at once, through a pipe: what is there stays as it is until the new
//! file is whole, opens, and has as many rows in each table.

use std::io::{self, BufWriter, PipeReader, Read};
use std::path::Path;

use redb::{Database, ReadableDatabase as _, ReadableTableMetadata as _};

use super::backup::{self, BackupError, RestoreError};
use super::engine_error::EngineError;
use super::file;
use super::file::OpenOptions;
use super::open;
use super::open_error::OpenError;
use super::{space, tables};
use crate::limits;

/// What a store's file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Survey {
    /// Rows of all tables.
    pub rows: u64,
    /// Bytes of the rows.
    pub live_bytes: u64,
    /// Bytes of the file.
    pub file_bytes: u64,
    /// Bytes of the pages that hold them: about as many as a new file would have.
    pub compact_bytes: u64,
}

/// Why a store was not compacted; it is as it was.
#[derive(Debug, thiserror::Error)]
pub enum CompactError {
    /// The store cannot be opened or read.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The disk has no room for the new file beside the old one.
    #[error("the new file needs about {needed} bytes beside the old one; {} more have to be free", .needed - .free)]
    NoRoom {
        /// Bytes that are needed.
        needed: u64,
        /// Bytes that are free.
        free: u64,
    },
    /// The store cannot be read to its end.
    #[error(transparent)]
    Read(#[from] BackupError),
    /// The new file cannot be written, or does not hold what the old one does.
    #[error(transparent)]
    Write(#[from] RestoreError),
}

impl From<EngineError> for CompactError {
    fn from(engine_error: EngineError) -> Self {
        Self::Store(engine_error.into())
    }
}

/// Says what a closed store's file holds; nothing is written.
///
/// # Errors
/// When it is open elsewhere, is of another schema or key, or cannot be read.
pub fn survey(path: &Path, options: &OpenOptions) -> Result<Survey, CompactError> {
    measure(&open(path, options)?, path)
}

/// Compacts a closed store; `progress` is called with the bytes that were copied. The survey of the file that is there then.
///
/// # Errors
/// As [`CompactError`] says.
pub fn compact(
    path: &Path,
    options: &OpenOptions,
    progress: impl FnMut(usize),
) -> Result<Survey, CompactError> {
    // Held to the end, so that no daemon starts on what is about to be replaced.
    let db = open(path, options)?;
    let needed = measure(&db, path)?.compact_bytes.saturating_add(limits::COMPACT_SLACK_BYTES);
    let free = space::free(path).map_err(OpenError::from)?;
    if free < needed {
        return Err(CompactError::NoRoom { needed, free });
    }
    let (pipe, out) = io::pipe().map_err(OpenError::from)?;
    let (read, written) = std::thread::scope(|scope| {
        let out = BufWriter::with_capacity(limits::BACKUP_PIECE_BYTES, out);
        let read = scope.spawn(|| backup::write(&db, out));
        let same = |new: &mut Database| {
            same_rows(&db, new)?;
            // The engine lets a file grow ahead of what it needs.
            new.compact().map_err(|error| OpenError::Engine(error.to_string()))?;
            Ok(())
        };
        let written = backup::rebuild(
            path,
            options,
            |fill| backup::read(CountingReader { pipe, progress }, fill),
            same,
        );
        (read.join(), written)
    });
    match (read, written) {
        // When no one reads any more, the reader's reason is the one.
        (Ok(Err(error @ BackupError::Store(_))), _) => return Err(error.into()),
        (_, written) => written?,
    };
    drop(db);
    survey(path, options)
}

/// Opens a store of this program's schema and key, and keeps others out.
fn open(path: &Path, options: &OpenOptions) -> Result<Database, OpenError> {
    let db = file::builder(options).open(path)?;
    open::whole(&db, options)?;
    Ok(db)
}

fn measure(db: &Database, path: &Path) -> Result<Survey, CompactError> {
    let txn = db.begin_read().map_err(EngineError::from)?;
    let mut survey = Survey {
        rows: 0,
        live_bytes: 0,
        file_bytes: path.metadata().map_err(OpenError::from)?.len(),
        compact_bytes: 0,
    };
    for table in txn.list_tables().map_err(EngineError::from)? {
        let table = txn.open_untyped_table(table).map_err(EngineError::from)?;
        let stats = table.stats().map_err(EngineError::from)?;
        let live = stats.stored_bytes() + stats.metadata_bytes();
        survey.rows += table.len().map_err(EngineError::from)?;
        survey.live_bytes += live;
        survey.compact_bytes += live + stats.fragmented_bytes();
    }
    Ok(survey)
}

fn same_rows(old: &Database, new: &Database) -> Result<(), RestoreError> {
    match tables::counts(old)? == tables::counts(new)? {
        true => Ok(()),
        false => Err(RestoreError::Damaged("the new file does not hold the rows of the old one")),
    }
}

struct CountingReader<F> {
    pipe: PipeReader,
    progress: F,
}

impl<F: FnMut(usize)> Read for CountingReader<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.pipe.read(buffer)?;
        (self.progress)(length);
        Ok(length)
    }
}
