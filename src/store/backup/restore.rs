//! A store of a backup.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use redb::{Database, WriteTransaction};

use super::{BackupSummary, RestoreError, pairs, read};
use crate::limits;
use crate::store::engine::{Form, Table, fits};
use crate::store::halt::Halt;
use crate::store::open::{self, OpenError, OpenOptions};
use crate::store::tables::{self, Visit, meta};

/// Makes a store at `path` of a backup. The file has its name only once it is whole, opens, and its
/// secrets do; until then what is there stays as it is.
///
/// # Errors
/// As [`RestoreError`] says. Without `replace`, a store that is there is not touched; with it, one
/// that a process has open is not.
pub fn restore(
    input: impl Read,
    path: &Path,
    options: &OpenOptions,
    replace: bool,
) -> Result<BackupSummary, RestoreError> {
    // Held to the end, so that no daemon starts on what is about to be replaced.
    let _held = match path.try_exists().map_err(RestoreError::Io)? {
        true if !replace => return Err(RestoreError::Exists(path.to_owned())),
        true => Some(open::builder(options).open(path).map_err(OpenError::from)?),
        false => None,
    };
    let mut partial = path.as_os_str().to_owned();
    partial.push(".restore");
    let partial = PathBuf::from(partial);
    let (db, file) = open::fresh(&partial, options)?;
    let summary = fill(input, &db)?;
    open::whole(&db, options).map_err(|error| match error {
        OpenError::WrongKey => RestoreError::WrongKey,
        other => other.into(),
    })?;
    drop(db);
    file.sync_all().map_err(RestoreError::Io)?;
    fs::rename(&partial, path).map_err(RestoreError::Io)?;
    open::sync_directory(path).map_err(RestoreError::Io)?;
    Ok(summary)
}

fn fill(input: impl Read, db: &Database) -> Result<BackupSummary, RestoreError> {
    let begin = || -> Result<WriteTransaction, Halt> {
        let mut txn = db.begin_write()?;
        txn.set_quick_repair(true);
        Ok(txn)
    };
    let mut txn = begin()?;
    tables::create(&txn)?;
    let mut bytes = 0;
    let summary = read(input, |table, rows| {
        let mut insert = Insert { txn: &txn, table, rows, known: false };
        tables::each(&mut insert)?;
        if !insert.known {
            return Err(RestoreError::Damaged("it has a table that no store has"));
        }
        bytes += rows.len();
        if bytes > limits::COMMIT_BYTES {
            std::mem::replace(&mut txn, begin()?).commit().map_err(Halt::from)?;
            bytes = 0;
        }
        Ok(())
    })?;
    tables::META.write(&txn).map_err(Halt::from)?.insert(meta::CLEAN, [1].as_slice()).map_err(Halt::from)?;
    txn.commit().map_err(Halt::from)?;
    Ok(summary)
}

struct Insert<'a> {
    txn: &'a WriteTransaction,
    table: &'a str,
    rows: &'a [u8],
    known: bool,
}

impl Visit for Insert<'_> {
    type Error = RestoreError;

    fn visit<K: Form, V: Form>(&mut self, table: Table<K, V>) -> Result<(), RestoreError> {
        if table.name() != self.table {
            return Ok(());
        }
        self.known = true;
        let mut into = table.write(self.txn).map_err(Halt::from)?;
        for (key, value) in pairs(self.rows) {
            if !fits::<K>(key) || !fits::<V>(value) {
                return Err(RestoreError::Damaged("a row does not fit its table"));
            }
            into.put(key, value).map_err(Halt::from)?;
        }
        Ok(())
    }
}
