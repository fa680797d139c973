//! The store's file: how it is named, made and recognised.

use std::fs::{File, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use redb::backends::FileBackend;
use redb::{Builder, Database, ReadTransaction};
use zeroize::Zeroizing;

use super::engine_error::EngineError;
use super::open_error::OpenError;
use super::records::account;
use super::seal::{CANARY, CANARY_ROW, RESOURCE_KEY_ROW, Seal};
use super::space;
use super::tables::{self, meta, number};
use crate::domain::account::{Account, DEFAULT_ACCOUNT};
use crate::domain::id::{AccountId, AccountNo};
use crate::domain::profile::JwtAlgorithm;
use crate::domain::resource;
use crate::domain::time::Timestamp;
use crate::{clock, limits};

/// The file's schema that this program writes.
pub const SCHEMA: u32 = 2;

/// How to open a store.
#[derive(Clone)]
pub struct OpenOptions {
    /// The engine's page cache in bytes.
    pub cache_bytes: usize,
    /// What seals secrets; it lives outside the file.
    pub seal_key: [u8; 32],
    /// What sealed before it; needed until everything is resealed.
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

pub(super) fn builder(options: &OpenOptions) -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(options.cache_bytes);
    builder
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
    // Another process that is making the store holds the lock; what no one holds was left by a crash.
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

/// Writes what every store begins with, in one commit.
pub(super) fn initialise(db: &Database, options: &OpenOptions) -> Result<(), EngineError> {
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
    let table = tables::META.read(txn).map_err(EngineError::from)?;
    let canary = table.get(meta::CANARY).map_err(EngineError::from)?.ok_or(OpenError::NotAStore)?;
    seal.open(CANARY_ROW, canary.value()).ok_or(OpenError::WrongKey)?;
    if let Some(next) = table.get(meta::CANARY_NEXT).map_err(EngineError::from)? {
        seal.open(CANARY_ROW, next.value()).ok_or(OpenError::KeyMissing)?;
    }
    Ok(number(&table, meta::CLEAN)? == Some(1))
}
