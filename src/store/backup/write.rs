//! A database's rows as a backup's stream.

use std::io::{self, Write};

use redb::{Database, ReadTransaction, ReadableDatabase};
use sha2::{Digest, Sha256};

use super::format::{BackupError, BackupSummary, END, FORMAT, MAGIC, ROWS, TABLE, checksum};
use crate::limits;
use crate::store::engine::{KeyCodec, Table};
use crate::store::engine_error::EngineError;
use crate::store::file::SCHEMA;
use crate::store::tables::{self, Visit};

/// Writes a consistent copy of a database whose schema is this program's.
pub(in crate::store) fn write(db: &Database, out: impl Write) -> Result<BackupSummary, BackupError> {
    let txn = db.begin_read().map_err(EngineError::from)?;
    let mut frames = Frames { out, hash: Sha256::new(), summary: BackupSummary::default() };
    let (mut last, mut rows) = (String::new(), Vec::new());
    frames.write(MAGIC)?;
    frames.write(&FORMAT.to_be_bytes())?;
    frames.write(&SCHEMA.to_be_bytes())?;
    each_row(&txn, &mut |table, key, value| {
        if table != last || rows.len() >= limits::BACKUP_FRAME_BYTES {
            frames.rows(&mut rows)?;
        }
        if table != last {
            frames.frame(TABLE, table.as_bytes())?;
            table.clone_into(&mut last);
        }
        put(&mut rows, key)?;
        put(&mut rows, value)?;
        frames.summary.rows += 1;
        Ok(())
    })?;
    frames.rows(&mut rows)?;
    let mut end = frames.summary.rows.to_be_bytes().to_vec();
    end.extend_from_slice(&frames.hash.clone().finalize());
    frames.frame(END, &end)?;
    frames.out.flush()?;
    Ok(frames.summary)
}

struct Frames<W> {
    out: W,
    hash: Sha256,
    summary: BackupSummary,
}

impl<W: Write> Frames<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.hash.update(bytes);
        self.summary.bytes += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    fn frame(&mut self, kind: u8, payload: &[u8]) -> io::Result<()> {
        let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
        self.write(&[kind])?;
        self.write(&length.to_be_bytes())?;
        self.write(payload)?;
        self.write(&checksum(kind, payload).to_be_bytes())
    }

    fn rows(&mut self, rows: &mut Vec<u8>) -> io::Result<()> {
        let gathered = std::mem::take(rows);
        if gathered.is_empty() { Ok(()) } else { self.frame(ROWS, &gathered) }
    }
}

/// What is done with a row: its table's name, its key and its value.
type Row<'r> = dyn FnMut(&str, &[u8], &[u8]) -> Result<(), BackupError> + 'r;

/// Gives every row of every table.
pub(in crate::store) fn each_row(txn: &ReadTransaction, row: &mut Row<'_>) -> Result<(), BackupError> {
    struct Each<'a, 'r>(&'a ReadTransaction, &'a mut Row<'r>);
    impl Visit for Each<'_, '_> {
        type Error = BackupError;
        fn visit<K: KeyCodec, V: KeyCodec>(&mut self, table: Table<K, V>) -> Result<(), BackupError> {
            for row in table.read(self.0).map_err(EngineError::from)?.iter().map_err(EngineError::from)? {
                let (key, value) = row.map_err(EngineError::from)?;
                (self.1)(table.name(), key.bytes(), value.bytes())?;
            }
            Ok(())
        }
    }
    tables::each(&mut Each(txn, row))
}

pub(in crate::store) fn put(rows: &mut Vec<u8>, bytes: &[u8]) -> io::Result<()> {
    let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
    rows.extend_from_slice(&length.to_be_bytes());
    rows.extend_from_slice(bytes);
    Ok(())
}
