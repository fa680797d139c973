//! The stream itself: its frames, how they are read, and what can be wrong with it.

use std::io::{self, BufReader, Read};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use crate::limits;
use crate::store::engine_error::EngineError;
use crate::store::file::SCHEMA;
use crate::store::open_error::OpenError;

pub(super) const MAGIC: &[u8; 16] = b"RINGBACK-BACKUP\n";
pub(super) const FORMAT: u32 = 1;
pub(super) const TABLE: u8 = 1;
pub(super) const ROWS: u8 = 2;
pub(super) const END: u8 = 3;

/// What a backup holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct BackupSummary {
    /// Rows of all tables.
    pub rows: u64,
    /// Its bytes.
    pub bytes: u64,
}

/// Why a backup was not made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It cannot be written.
    #[error("the backup cannot be written: {0}")]
    Io(#[from] io::Error),
    /// The store cannot be read.
    #[error("the store cannot be read: {0}")]
    Store(String),
    /// What was written cannot be read back.
    #[error("the backup cannot be read back: {0}")]
    Unread(#[from] RestoreError),
    /// What was read back is something else.
    #[error("{} rows were written and {} read back", .0.rows, .1.rows)]
    Other(BackupSummary, BackupSummary),
}

/// Why a backup is not taken back.
#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    /// It is something else.
    #[error("this is not a backup of Ringback")]
    NotABackup,
    /// A newer program wrote it.
    #[error("the backup has {what} {found}; this program knows up to {supported}")]
    Newer {
        /// What is newer.
        what: &'static str,
        /// What was found.
        found: u32,
        /// The newest this program knows.
        supported: u32,
    },
    /// It ends before its end.
    #[error("the backup is cut off after {0} rows")]
    CutOff(u64),
    /// It was changed after it was written.
    #[error("the backup is damaged: {0}")]
    Damaged(&'static str),
    /// A line of an export is not what it should be.
    #[error("line {0}: {1}")]
    Line(u64, String),
    /// Its secrets are sealed with another key.
    #[error("the key does not open its secrets; put the seal key of the store that it was made of in place")]
    WrongKey,
    /// There is a store already.
    #[error("a store already exists at {0}")]
    Exists(PathBuf),
    /// A file cannot be read or written.
    #[error(transparent)]
    Io(io::Error),
    /// The new store cannot be written or opened.
    #[error(transparent)]
    Store(#[from] OpenError),
}

impl From<EngineError> for BackupError {
    fn from(EngineError(reason): EngineError) -> Self {
        Self::Store(reason)
    }
}

impl From<EngineError> for RestoreError {
    fn from(engine_error: EngineError) -> Self {
        Self::Store(engine_error.into())
    }
}

pub(super) fn checksum(kind: u8, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&[kind]);
    hasher.update(payload);
    hasher.finalize()
}

/// The keys and values of a frame of rows. The frame's checksum held, so what is not whole here was
/// never written.
pub(super) fn pairs(mut rows: &[u8]) -> impl Iterator<Item = (&[u8], &[u8])> {
    std::iter::from_fn(move || Some((take(&mut rows)?, take(&mut rows)?)))
}

fn take<'a>(rows: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, rest) = rows.split_first_chunk::<4>()?;
    let (bytes, rest) = rest.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    *rows = rest;
    Some(bytes)
}

/// Reads frames, and gives those of rows with their table's name, until the end, which it checks.
pub(in crate::store) fn read(
    input: impl Read,
    mut rows: impl FnMut(&str, &[u8]) -> Result<(), RestoreError>,
) -> Result<BackupSummary, RestoreError> {
    let mut source =
        Source { input: BufReader::new(input), hash: Sha256::new(), summary: BackupSummary::default() };
    let mut head = [0; 24];
    source.exact(&mut head).map_err(|_| RestoreError::NotABackup)?;
    let (magic, [format, schema]) = (head.first_chunk::<16>(), [16, 20].map(|at| number(&head, at)));
    if magic != Some(MAGIC) {
        return Err(RestoreError::NotABackup);
    }
    for (what, found, supported) in [("format", format, FORMAT), ("schema", schema, SCHEMA)] {
        if found > supported {
            return Err(RestoreError::Newer { what, found, supported });
        }
    }
    let mut table = String::new();
    let mut payload = Vec::new();
    loop {
        let before = source.hash.clone();
        match source.frame(&mut payload)? {
            TABLE => {
                table = String::from_utf8(std::mem::take(&mut payload))
                    .map_err(|_| RestoreError::Damaged("a table's name is not text"))?;
            }
            ROWS => {
                source.summary.rows += pairs(&payload).count() as u64;
                rows(&table, &payload)?;
            }
            END => {
                let mut wanted = source.summary.rows.to_be_bytes().to_vec();
                wanted.extend_from_slice(&before.finalize());
                let right = payload == wanted;
                return if right {
                    Ok(source.summary)
                } else {
                    Err(RestoreError::Damaged("its checksum is wrong"))
                };
            }
            _ => return Err(RestoreError::Damaged("it has a frame of an unknown kind")),
        }
    }
}

fn number(head: &[u8], at: usize) -> u32 {
    head.get(at..).and_then(<[u8]>::first_chunk::<4>).map_or(u32::MAX, |bytes| u32::from_be_bytes(*bytes))
}

struct Source<R> {
    input: BufReader<R>,
    hash: Sha256,
    summary: BackupSummary,
}

impl<R: Read> Source<R> {
    fn exact(&mut self, bytes: &mut [u8]) -> Result<(), RestoreError> {
        self.input.read_exact(bytes).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => RestoreError::CutOff(self.summary.rows),
            _ => RestoreError::Io(error),
        })?;
        self.hash.update(&*bytes);
        self.summary.bytes += bytes.len() as u64;
        Ok(())
    }

    fn frame(&mut self, payload: &mut Vec<u8>) -> Result<u8, RestoreError> {
        let mut head = [0; 5];
        self.exact(&mut head)?;
        let [kind, length @ ..] = head;
        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
        if length > limits::BACKUP_FRAME_MAX {
            return Err(RestoreError::Damaged("a frame is longer than allowed"));
        }
        payload.clear();
        payload.resize(length, 0);
        self.exact(payload)?;
        let mut sum = [0; 4];
        self.exact(&mut sum)?;
        if u32::from_be_bytes(sum) != checksum(kind, payload) {
            return Err(RestoreError::Damaged("a frame's checksum is wrong"));
        }
        Ok(kind)
    }
}
