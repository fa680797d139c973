//! A store of a backup.

use std::fs;
use std::io::Read;
use std::panic::catch_unwind;
use std::path::Path;

use redb::{Database, ReadableDatabase as _, WriteTransaction};

use super::format::{BackupSummary, RestoreError, pairs, read};
use crate::store::audit::Ends;
use crate::store::audit::{Actor, AuditEntry, Note, Span};
use crate::store::engine::{KeyCodec, Table, fits};
use crate::store::engine_error::EngineError;
use crate::store::file;
use crate::store::file::OpenOptions;
use crate::store::migrate;
use crate::store::open;
use crate::store::open_error::OpenError;
use crate::store::records::audit;
use crate::store::seal;
use crate::store::tables::{self, Visit, meta};
use crate::{clock, limits};

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
    make(path, options, replace, "store.restore", |fill| read(input, fill))
}

/// What takes a table's name and a frame of its rows.
pub(in crate::store) type Fill<'f> = dyn FnMut(&str, &[u8]) -> Result<(), RestoreError> + 'f;

/// Makes a store at `path` of the rows that `rows` gives, as [`restore`] does. Its audit log goes on with `action`.
pub(in crate::store) fn make<T>(
    path: &Path,
    options: &OpenOptions,
    replace: bool,
    action: &'static str,
    rows: impl FnOnce(&mut Fill<'_>) -> Result<T, RestoreError>,
) -> Result<T, RestoreError> {
    // Held to the end, so that no daemon starts on what is about to be replaced.
    let _held = match path.try_exists().map_err(RestoreError::Io)? {
        true if !replace => return Err(RestoreError::Exists(path.to_owned())),
        true => hold(path, options)?,
        false => None,
    };
    rebuild(path, options, rows, |db| {
        closed(db)?;
        migrate::run(db, migrate::STEPS, &options.seal())?;
        Ok(enter(db, options, action)?)
    })
}

/// Takes the lock of the store that is there. One that is damaged has none to take; replacing it is what
/// a backup is for.
fn hold(path: &Path, options: &OpenOptions) -> Result<Option<Database>, OpenError> {
    // The engine panics on some damage that it does not expect.
    match catch_unwind(|| file::builder(options).open(path)) {
        Ok(Ok(db)) => Ok(Some(db)),
        Ok(Err(error)) => match OpenError::from(error) {
            error @ (OpenError::Locked | OpenError::Io(_)) => Err(error),
            _ => Ok(None),
        },
        Err(_) => Ok(None),
    }
}

/// Notes that no crash lies behind a store, whatever its rows say: they were read while a daemon ran.
fn closed(db: &Database) -> Result<(), EngineError> {
    let mut txn = db.begin_write()?;
    txn.set_quick_repair(true);
    tables::META.write(&txn)?.insert(meta::CLEAN, [1].as_slice())?;
    txn.commit()?;
    Ok(())
}

/// Goes on with the audit log of a store that no one has open.
fn enter(db: &Database, options: &OpenOptions, action: &'static str) -> Result<(), EngineError> {
    let (seal, txn) = (options.seal(), db.begin_read()?);
    if file::check(&txn, &seal).is_err() {
        // Anyone who looks at the whole of it says why.
        return Ok(());
    }
    let span = Ends::read(&txn, &seal)?.go_on();
    drop(txn);
    let note = Note::global(action, "", "");
    let entry = AuditEntry::chained(span.next, options.now, Actor::Daemon, note, span.last);
    let span = Span { next: span.next + 1, last: entry.hash, ..span };
    let sealed = seal.seal(clock::random_bytes()?, seal::AUDIT_ROW, &span.to_bytes());
    let mut txn = db.begin_write()?;
    txn.set_quick_repair(true);
    tables::AUDIT.write(&txn)?.insert(entry.no, audit::write(&entry).as_slice())?;
    tables::META.write(&txn)?.insert(meta::AUDIT, sealed.as_slice())?;
    txn.commit()?;
    Ok(())
}

/// Makes a store of rows beside `path`, and gives it that name once it is whole and `settle`d. The
/// caller holds the lock of what is there. What is not finished is removed.
pub(in crate::store) fn rebuild<T>(
    path: &Path,
    options: &OpenOptions,
    rows: impl FnOnce(&mut Fill<'_>) -> Result<T, RestoreError>,
    settle: impl FnOnce(&mut Database) -> Result<(), RestoreError>,
) -> Result<T, RestoreError> {
    let unfinished = file::unfinished(path);
    let (mut db, file) = file::fresh(&unfinished, options)?;
    let build = || {
        let summary = fill(rows, &db)?;
        settle(&mut db)?;
        open::whole(&db, options).map_err(|error| match error {
            OpenError::WrongKey => RestoreError::WrongKey,
            other => other.into(),
        })?;
        drop(db);
        let named = file.sync_all().and_then(|()| fs::rename(&unfinished, path));
        named.and_then(|()| file::sync_directory(path)).map_err(RestoreError::Io)?;
        Ok(summary)
    };
    build().inspect_err(|_| drop(fs::remove_file(&unfinished)))
}

fn fill<T>(
    rows: impl FnOnce(&mut Fill<'_>) -> Result<T, RestoreError>,
    db: &Database,
) -> Result<T, RestoreError> {
    let begin = || -> Result<WriteTransaction, EngineError> {
        let mut txn = db.begin_write()?;
        txn.set_quick_repair(true);
        tables::create(&txn)?;
        Ok(txn)
    };
    // The engine waits for one transaction's end before it begins the next.
    let mut open = None;
    let mut bytes = 0;
    let summary = rows(&mut |table, rows| {
        let txn = open.take().map_or_else(begin, Ok)?;
        let mut insert = Insert { txn: &txn, table, rows, known: false };
        tables::each(&mut insert)?;
        if !insert.known {
            return Err(RestoreError::Damaged("it has an unknown table"));
        }
        bytes += rows.len();
        if bytes > limits::COMMIT_BYTES {
            txn.commit().map_err(EngineError::from)?;
            bytes = 0;
        } else {
            open = Some(txn);
        }
        Ok(())
    })?;
    open.map_or_else(begin, Ok)?.commit().map_err(EngineError::from)?;
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

    fn visit<K: KeyCodec, V: KeyCodec>(&mut self, table: Table<K, V>) -> Result<(), RestoreError> {
        if table.name() != self.table {
            return Ok(());
        }
        self.known = true;
        let mut into = table.write(self.txn).map_err(EngineError::from)?;
        for (key, value) in pairs(self.rows) {
            // What has a checksum, and is damaged, stays so, and is noticed where it is read.
            if !fits::<K>(key) || !table.is_checked() && !fits::<V>(value) {
                return Err(RestoreError::Damaged("a row does not fit its table"));
            }
            into.put_stored(key, value).map_err(EngineError::from)?;
        }
        Ok(())
    }
}
