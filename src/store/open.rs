//! Opening and creating the file.
//!
//! Creation has to survive a power cut: the file is made under another name, synced, and renamed,
//! so that the name never stands for half a store.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use redb::backends::FileBackend;
use redb::{Database, ReadTransaction, ReadableDatabase, StorageBackend as _};

use super::core::{Constants, Core, Known};
use super::engine_error::EngineError;
use super::file::{
    OpenOptions, SCHEMA, builder, check, fresh, initialise, schema, sync_directory, unfinished,
};
use super::load::{Found, last_seen, load};
use super::migrate::{self, Step};
use super::open_error::OpenError;
use super::queue;
use super::records::damaged;
use super::seal::{CANARY, CANARY_ROW, RESOURCE_KEY_ROW, Seal};
use super::space::{Floor, Space};
use super::tables::{self, meta, number};
use super::waiting_file::WaitingFile;
use super::writer::{Pace, Stream, Writer};
use super::{Opened, Store};
use crate::clock;
use crate::domain::id::Seq;
use crate::domain::profile::JwtAlgorithm;
use crate::domain::resource::ResourceKey;
use crate::domain::time::Timestamp;

impl Store {
    /// Opens the store at `path`; makes it, with the account `default`, where there is none.
    ///
    /// # Errors
    /// As [`OpenError`] says.
    pub fn open(path: &Path, options: &OpenOptions) -> Result<Opened, OpenError> {
        Self::open_with(path, options, migrate::STEPS)
    }

    pub(super) fn open_with(path: &Path, options: &OpenOptions, steps: &[Step]) -> Result<Opened, OpenError> {
        if !path.try_exists()? {
            create(path, options)?;
        }
        look(path, options)?;
        let floor = Floor { free: options.free_floor, ballast: options.ballast_bytes };
        let space = Arc::new(Space::of(path, floor));
        let file = FileBackend::new(File::options().read(true).write(true).open(path)?)?;
        if file.len()? == 0 {
            return Err(OpenError::NotAStore);
        }
        let db = builder(options).create_with_backend(WaitingFile::new(file, Arc::clone(&space)))?;
        // The holder of the store's lock is the only one who may be making another in its place.
        if let Err(error) = fs::remove_file(unfinished(path))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "files that an interrupted command left beside the store cannot be removed");
        }
        check(&db.begin_read().map_err(EngineError::from)?, &options.seal())?;
        migrate::bring_up(&db, path, steps, &options.seal())?;
        let early_ack = cfg!(feature = "faults") && std::env::var_os("FAULT_EARLY_ACK").is_some();
        start(db, options, space, Some(path.to_owned()), early_ack)
    }
}

/// Refuses a file before the engine writes to it, which it does whenever it closes one: what is refused
/// stays as it is, byte for byte.
fn look(path: &Path, options: &OpenOptions) -> Result<(), OpenError> {
    // What cannot be opened like this was not closed, and is for the engine to mend or to refuse.
    let Ok(db) = builder(options).open_read_only(path) else { return Ok(()) };
    let txn = db.begin_read().map_err(EngineError::from)?;
    check(&txn, &options.seal())?;
    migrate::room(&txn, path)
}

fn create(path: &Path, options: &OpenOptions) -> Result<(), OpenError> {
    let unfinished = unfinished(path);
    let (db, file) = fresh(&unfinished, options)?;
    initialise(&db, options)?;
    drop(db);
    file.sync_all()?;
    fs::rename(&unfinished, path)?;
    sync_directory(path)?;
    Ok(())
}

/// Whether a database is a store of this program's schema that these keys open; it is read whole, as
/// at a start.
pub(super) fn whole(db: &Database, options: &OpenOptions) -> Result<(), OpenError> {
    let seal = options.seal();
    let txn = db.begin_read().map_err(EngineError::from)?;
    check(&txn, &seal)?;
    let found = schema(&txn)?;
    if found != SCHEMA {
        return Err(OpenError::Older { found, supported: SCHEMA });
    }
    load(&txn, &seal)?;
    Ok(())
}

/// Starts the writer on an open database.
pub(super) fn start(
    db: Database,
    options: &OpenOptions,
    space: Arc<Space>,
    path: Option<PathBuf>,
    early_ack: bool,
) -> Result<Opened, OpenError> {
    let seal = options.seal();
    let txn = db.begin_read().map_err(EngineError::from)?;
    let clean = check(&txn, &seal)?;
    let text_keys_until =
        number(&tables::META.read(&txn).map_err(EngineError::from)?, meta::TEXT_KEYS_UNTIL)?;
    let constants = Constants {
        resource_key: resource_key(&txn, &seal)?,
        callback_algorithm: callback_algorithm(&txn)?,
        text_keys_until: Timestamp::from_millis(text_keys_until.unwrap_or_default()),
        last_seen: last_seen(&txn)?,
    };
    let before = damaged();
    let found = load(&txn, &seal)?;
    let met = damaged() - before;
    drop(txn);
    // Before the first write: on a full disk the ballast makes room for it.
    space.check();
    space.restore_ballast();
    begin(&db, &seal)?;
    let Found { directory, state, lanes, failing, waits } = found;
    let suspects =
        state.suspects.iter().map(|(&(webhook, event), &crashes)| (webhook, event, crashes)).collect();
    let known = Known {
        pending: state.pending,
        newest: Seq(state.next_seq.saturating_sub(1)),
        next_batch: state.gathering.next(),
    };
    let core = Arc::new(Core::new(db, directory, seal, constants, space, path, known));
    core.counters.damaged.store(met, Relaxed);
    let (queue, commands) = queue::queue();
    let (stream, committed) = Stream::new();
    let pace = Pace::new(tokio::runtime::Handle::try_current().ok());
    let writer = Writer { core: Arc::clone(&core), commands, committed: stream, state, pace, early_ack };
    std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || writer.run())?;
    let store = Store { core, queue };
    Ok(Opened { store, committed, lanes, failing, waits, suspects, was_unclean: !clean })
}

/// What resources' URLs are made with: made once, with the store, so that they outlive every start.
fn resource_key(txn: &ReadTransaction, seal: &Seal) -> Result<ResourceKey, OpenError> {
    let table = tables::META.read(txn).map_err(EngineError::from)?;
    let row = table.get(meta::RESOURCE_KEY).map_err(EngineError::from)?;
    let missing = || OpenError::Engine("it has no key for resources".to_owned());
    let key = seal.open(RESOURCE_KEY_ROW, row.ok_or_else(missing)?.value()).ok_or(OpenError::WrongKey)?;
    Ok(ResourceKey::from_random(key.as_slice().try_into().map_err(|_| missing())?))
}

fn callback_algorithm(txn: &ReadTransaction) -> Result<JwtAlgorithm, EngineError> {
    let table = tables::META.read(txn)?;
    let row = table.get(meta::CALLBACK_ALGORITHM)?;
    let word = row.as_ref().and_then(|row| std::str::from_utf8(row.value()).ok());
    Ok(word.and_then(JwtAlgorithm::parse).unwrap_or(JwtAlgorithm::EdDsa))
}

/// From here on a crash shows, and so does that another key seals.
fn begin(db: &Database, seal: &Seal) -> Result<(), EngineError> {
    let mut txn = db.begin_write()?;
    txn.set_quick_repair(true);
    {
        let mut table = tables::META.write(&txn)?;
        table.insert(meta::CLEAN, [0].as_slice())?;
        let sealed = table.get(meta::CANARY)?.is_some_and(|row| seal.is_current(CANARY_ROW, row.value()));
        if !sealed {
            let next = seal.seal(clock::random_bytes()?, CANARY_ROW, CANARY);
            table.insert(meta::CANARY_NEXT, next.as_slice())?;
        }
    }
    txn.commit()?;
    Ok(())
}
