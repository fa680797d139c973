//! Backups: a consistent copy of every row as a stream, while the store goes on.
//!
//! ```text
//! "RINGBACK-BACKUP\n"  format u32  schema u32            (numbers are big-endian)
//! frame*: kind u8, length u32, payload, CRC-32 of kind and payload u32
//!   1 table: its name
//!   2 rows:  (key length u32, key, value length u32, value)*
//!   3 end:   number of rows u64, SHA-256 of everything before this frame
//! ```
//!
//! One read transaction gives the copy, so what it reads is one moment of the store; the pages of
//! that moment are kept until it ends, and the file grows by what is changed meanwhile. Secrets stay
//! sealed with the key that lies outside the file.

mod file;
mod format;
mod gentle;
mod restore;
mod write;

use std::io::{Read, Write};

use super::Store;
use super::engine::value_of;
use super::file::OpenOptions;
use super::seal;
use super::tables::{self, meta};

use format::pairs;
pub(super) use format::read;
pub use format::{BackupError, BackupSummary, RestoreError};
pub(super) use gentle::Gentle;
pub use restore::restore;
pub(super) use restore::{make, rebuild};
pub(super) use write::{each_row, put, write};

impl Store {
    /// Writes a consistent copy of the store to `out`. It blocks, for as long as `out` does. It is given up when
    /// the store's disk runs out of room meanwhile; an `out` that would wait for long says that it would block
    /// now and then, so that this is noticed.
    ///
    /// # Errors
    /// When the store cannot be read, or `out` not written.
    pub fn backup(&self, out: impl Write) -> Result<BackupSummary, BackupError> {
        write(&self.core.db, Gentle::new(out, &self.core.space))
    }
}

/// Reads a backup to its end and says what it holds; nothing is written.
///
/// # Errors
/// When it is not whole, not ours, or not to be opened with the keys that are given.
pub fn verify(input: impl Read, keys: Option<&OpenOptions>) -> Result<BackupSummary, RestoreError> {
    let seal = keys.map(OpenOptions::seal);
    let mut opened = seal.is_none();
    let summary = read(input, |table, rows| {
        for (key, value) in pairs(rows) {
            if table == tables::META.name() && value_of::<&str>(key) == meta::CANARY {
                opened = seal.as_ref().is_none_or(|seal| seal.open(seal::CANARY_ROW, value).is_some());
            }
        }
        Ok(())
    })?;
    if opened { Ok(summary) } else { Err(RestoreError::WrongKey) }
}
