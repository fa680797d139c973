//! Opening and creating the file.
//!
//! Creation has to survive a power cut: the file is made under another name, synced, and renamed,
//! so that the name never stands for half a store.

mod error;

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use redb::backends::FileBackend;
use redb::{Builder, Database, ReadTransaction, ReadableDatabase, StorageBackend as _};
use zeroize::Zeroizing;

use super::core::{Constants, Core};
use super::halt::Halt;
use super::load::{Found, load, number};
use super::migrate::{self, Step};
use super::queue;
use super::records::{account, damaged};
use super::seal::Seal;
use super::space::{self, Floor, Space};
use super::tables::{self, meta};
use super::waiting_file::WaitingFile;
use super::writer::{Pace, Stream, Writer};
use super::{Opened, Store};
use crate::domain::account::{Account, DEFAULT_ACCOUNT};
use crate::domain::id::{AccountId, AccountNo};
use crate::domain::profile::JwtAlgorithm;
use crate::domain::resource::{self, ResourceKey};
use crate::domain::time::Timestamp;
use crate::{clock, limits};

pub use error::OpenError;

/// The file's schema that this program writes.
pub const SCHEMA: u32 = 2;
pub(super) const RESOURCE_KEY_ROW: &[u8] = b"meta/resource_key";
pub(super) const AUDIT_ROW: &[u8] = b"meta/audit";
pub(super) const CANARY: &[u8] = b"ringback";
pub(super) const CANARY_ROW: &[u8] = b"meta/canary";

/// How to open a store.
#[derive(Clone)]
pub struct OpenOptions {
    /// The engine's page cache in bytes.
    pub cache_bytes: usize,
    /// What seals secrets; it lives outside the file.
    pub seal_key: [u8; 32],
    /// What sealed before it; needed until everything is sealed anew.
    pub previous_seal_keys: Vec<[u8; 32]>,
    /// Free bytes on the disk below which events are refused.
    pub free_floor: u64,
    /// The size of the file that is given up below the floor.
    pub ballast_bytes: u64,
    /// The time.
    pub now: Timestamp,
    /// Unpredictable bits, for the id of the account that a new store begins with.
    pub random: u64,
}

impl OpenOptions {
    /// The usual bounds.
    #[must_use]
    pub fn new(seal_key: [u8; 32], now: Timestamp, random: u64) -> Self {
        Self {
            cache_bytes: limits::STORE_CACHE_BYTES,
            seal_key,
            previous_seal_keys: Vec::new(),
            free_floor: limits::DISK_FREE_FLOOR,
            ballast_bytes: limits::BALLAST_BYTES,
            now,
            random,
        }
    }

    pub(super) fn seal(&self) -> Seal {
        Seal::with_previous(&self.seal_key, &self.previous_seal_keys)
    }
}

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
        // Whoever holds the store's lock is the only one who may be making another in its place.
        if let Err(error) = fs::remove_file(unfinished(path))
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%error, "files that an interrupted command left beside the store cannot be removed");
        }
        check(&db.begin_read().map_err(Halt::from)?, &options.seal())?;
        migrate::bring_up(&db, path, steps, &options.seal())?;
        let early_ack = cfg!(feature = "fault-early-ack");
        start(db, options, space, Some(path.to_owned()), early_ack)
    }
}

/// Refuses a file before the engine writes to it, which it does whenever it closes one: what is refused
/// stays as it is, byte for byte.
fn look(path: &Path, options: &OpenOptions) -> Result<(), OpenError> {
    // What cannot be opened like this was not closed, and is for the engine to mend or to refuse.
    let Ok(db) = builder(options).open_read_only(path) else { return Ok(()) };
    let txn = db.begin_read().map_err(Halt::from)?;
    check(&txn, &options.seal())?;
    migrate::room(&txn, path)
}

pub(super) fn builder(options: &OpenOptions) -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(options.cache_bytes);
    builder
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

/// The store's name while it is being made.
pub(super) fn unfinished(path: &Path) -> PathBuf {
    beside(path, ".tmp")
}

/// A file beside the store: its name, and more.
pub(super) fn beside(path: &Path, more: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(more);
    name.into()
}

/// An empty database in place of whatever a crash left at `path`.
pub(super) fn fresh(path: &Path, options: &OpenOptions) -> Result<(Database, File), OpenError> {
    // The directory may be open to others; what was sent to webhooks is not for them.
    let mut private = File::options();
    private.read(true).write(true).create(true).truncate(false).mode(0o600);
    let file = private.open(path)?;
    // Whoever else is making the store holds the lock; what nobody holds was left by a crash.
    file.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => OpenError::Locked,
        TryLockError::Error(error) => OpenError::Io(error),
    })?;
    file.set_len(0)?;
    let db = builder(options).create_with_backend(FileBackend::new(file.try_clone()?)?)?;
    Ok((db, file))
}

/// Makes the names in `path`'s directory durable.
pub(super) fn sync_directory(path: &Path) -> io::Result<()> {
    File::open(space::directory(path))?.sync_all()
}

/// Whether a database is a store of this program's schema that these keys open; it is read whole, as
/// at a start.
pub(super) fn whole(db: &Database, options: &OpenOptions) -> Result<(), OpenError> {
    let seal = options.seal();
    let txn = db.begin_read().map_err(Halt::from)?;
    check(&txn, &seal)?;
    let found = schema(&txn)?;
    if found != SCHEMA {
        return Err(OpenError::Older { found, supported: SCHEMA });
    }
    load(&txn, &seal)?;
    Ok(())
}

/// Writes what every store begins with, in one commit.
pub(super) fn initialise(db: &Database, options: &OpenOptions) -> Result<(), Halt> {
    let mut txn = db.begin_write()?;
    txn.set_quick_repair(true);
    tables::create(&txn)?;
    {
        let canary = Seal::new(&options.seal_key).seal(clock::random_bytes()?, CANARY_ROW, CANARY);
        let mut table = tables::META.write(&txn)?;
        table.insert(meta::SCHEMA, SCHEMA.to_be_bytes().as_slice())?;
        table.insert(meta::CANARY, canary.as_slice())?;
        table.insert(meta::CLEAN, [1].as_slice())?;
        table.insert(meta::CALLBACK_ALGORITHM, JwtAlgorithm::Rs256.as_str().as_bytes())?;
        let key = Zeroizing::new(clock::random_bytes::<{ resource::KEY_BYTES }>()?);
        let key = Seal::new(&options.seal_key).seal(clock::random_bytes()?, RESOURCE_KEY_ROW, key.as_slice());
        table.insert(meta::RESOURCE_KEY, key.as_slice())?;
        let no = AccountNo(1);
        let account = Account {
            id: AccountId::new(options.now, no, options.random),
            name: DEFAULT_ACCOUNT.to_owned(),
            created_at: options.now,
        };
        tables::ACCOUNTS.write(&txn)?.insert(no.0, account::write_account(&account).as_slice())?;
    }
    txn.commit()?;
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
    let txn = db.begin_read().map_err(Halt::from)?;
    let clean = check(&txn, &seal)?;
    let text_keys_until = number(&tables::META.read(&txn).map_err(Halt::from)?, meta::TEXT_KEYS_UNTIL)?;
    let constants = Constants {
        resource_key: resource_key(&txn, &seal)?,
        callback_algorithm: callback_algorithm(&txn)?,
        text_keys_until: Timestamp::from_millis(text_keys_until.unwrap_or_default()),
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
    let core = Arc::new(Core::new(db, directory, seal, constants, space, path, &state));
    core.counters.damaged.store(met, Relaxed);
    let (queue, commands) = queue::queue();
    let (told, committed) = Stream::new();
    let pace = Pace::new(tokio::runtime::Handle::try_current().ok());
    let writer = Writer { core: Arc::clone(&core), commands, committed: told, state, pace, early_ack };
    std::thread::Builder::new().name("store-writer".to_owned()).spawn(move || writer.run())?;
    let store = Store { core, queue };
    Ok(Opened { store, committed, lanes, failing, waits, suspects, was_unclean: !clean })
}

/// The file's schema.
pub(super) fn schema(txn: &ReadTransaction) -> Result<u32, OpenError> {
    let table = tables::META.read(txn).map_err(|_| OpenError::NotAStore)?;
    let schema = number(&table, meta::SCHEMA)?.ok_or(OpenError::NotAStore)?;
    Ok(u32::try_from(schema).unwrap_or(u32::MAX))
}

/// Whether the file is ours, of a schema we know and sealed with our key; then, whether it was
/// closed cleanly.
pub(super) fn check(txn: &ReadTransaction, seal: &Seal) -> Result<bool, OpenError> {
    let found = schema(txn)?;
    if found > SCHEMA {
        return Err(OpenError::Newer { found, supported: SCHEMA });
    }
    let table = tables::META.read(txn).map_err(Halt::from)?;
    let canary = table.get(meta::CANARY).map_err(Halt::from)?.ok_or(OpenError::NotAStore)?;
    seal.open(CANARY_ROW, canary.value()).ok_or(OpenError::WrongKey)?;
    if let Some(next) = table.get(meta::CANARY_NEXT).map_err(Halt::from)? {
        seal.open(CANARY_ROW, next.value()).ok_or(OpenError::KeyMissing)?;
    }
    Ok(number(&table, meta::CLEAN)? == Some(1))
}

/// What resources' URLs are made with: made once, with the store, so that they outlive every start.
fn resource_key(txn: &ReadTransaction, seal: &Seal) -> Result<ResourceKey, OpenError> {
    let table = tables::META.read(txn).map_err(Halt::from)?;
    let row = table.get(meta::RESOURCE_KEY).map_err(Halt::from)?;
    let missing = || OpenError::Engine("it has no key for resources".to_owned());
    let key = seal.open(RESOURCE_KEY_ROW, row.ok_or_else(missing)?.value()).ok_or(OpenError::WrongKey)?;
    Ok(ResourceKey::from_random(key.as_slice().try_into().map_err(|_| missing())?))
}

fn callback_algorithm(txn: &ReadTransaction) -> Result<JwtAlgorithm, Halt> {
    let table = tables::META.read(txn)?;
    let row = table.get(meta::CALLBACK_ALGORITHM)?;
    let word = row.as_ref().and_then(|row| std::str::from_utf8(row.value()).ok());
    Ok(word.and_then(JwtAlgorithm::parse).unwrap_or(JwtAlgorithm::EdDsa))
}

/// From here on a crash shows, and so does that another key seals.
fn begin(db: &Database, seal: &Seal) -> Result<(), Halt> {
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
