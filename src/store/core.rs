//! What the handles and the writer share.

use std::ops::Deref;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::Duration;

use tokio::sync::{Notify, watch};

use super::budget::Budget;
use super::query::{DURATIONS, SIZES};
use super::replay_credit::ReplayCredits;
use super::seal::Seal;
use super::space::{Space, ask_alone};
use crate::domain::directory::Directory;
use crate::domain::id::{AccountNo, Seq};
use crate::domain::locked::Locked;
use crate::domain::profile::JwtAlgorithm;
use crate::domain::quota::Quotas;
use crate::domain::resource::ResourceKey;
use crate::domain::time::Timestamp;
use crate::fair::FairBudget;
use crate::limits;

/// What was made with the store and stays.
pub(super) struct Constants {
    pub(super) resource_key: ResourceKey,
    /// What callbacks' tokens are signed with where a profile does not say.
    pub(super) callback_algorithm: JwtAlgorithm,
    /// Until when idempotency keys of schema 1 may be there.
    pub(super) text_keys_until: Timestamp,
    /// The latest time that was found in the store when it was opened.
    pub(super) last_seen: Timestamp,
}

/// What was found in the file and handles get to know.
#[derive(Clone, Copy)]
pub(super) struct Known {
    /// Deliveries that are pending.
    pub(super) pending: u64,
    /// The newest committed number.
    pub(super) newest: Seq,
    /// When the next batch closes.
    pub(super) next_batch: Option<Timestamp>,
}

/// See the module.
pub(super) struct Core {
    pub(super) db: redb::Database,
    pub(super) directory: RwLock<Directory>,
    pub(super) seal: Seal,
    pub(super) constants: Constants,
    pub(super) space: Arc<Space>,
    pub(super) budget: Budget,
    pub(super) path: Option<PathBuf>,
    /// The device and the number of the file that the path stood for when it was opened.
    file: Option<(u64, u64)>,
    found: Mutex<Found>,
    /// Held by the thread that asks what stands under the store's name.
    asking: Mutex<()>,
    pub(super) counters: Counters,
    /// Places in the queue for what accounts ask for.
    pub(super) places: FairBudget<AccountNo>,
    /// The newest committed number.
    pub(super) head: watch::Sender<Seq>,
    /// Rings when a token was taken away.
    pub(super) tokens_gone: watch::Sender<()>,
    /// When the next batch closes.
    pub(super) next_batch: watch::Sender<Option<Timestamp>>,
    /// Why the store failed.
    pub(super) failure: watch::Sender<Option<Arc<str>>>,
    pub(super) paces: Mutex<ReplayCredits>,
    quotas: Mutex<Quotas>,
    /// Rings when a job got a deadline.
    pub(super) deadline_set: Notify,
}

/// The directory, locked for reading. The writer changes the directory under the same lock, so anyone who
/// holds this takes out what it needs and lets go; in debug builds a filter or template that runs
/// meanwhile panics.
pub struct DirectoryRef<'d> {
    directory: RwLockReadGuard<'d, Directory>,
    _locked: Locked,
}

impl Deref for DirectoryRef<'_> {
    type Target = Directory;
    fn deref(&self) -> &Directory {
        &self.directory
    }
}

#[derive(Default)]
pub(super) struct Counters {
    pub(super) commits: AtomicU64,
    pub(super) row_writes: AtomicU64,
    pub(super) commit_nanos: AtomicU64,
    pub(super) last_commit_nanos: AtomicU64,
    pub(super) pending: AtomicU64,
    /// How often damaged rows were met.
    pub(super) damaged: AtomicU64,
    /// Commands that commits carried out.
    pub(super) commands: AtomicU64,
    pub(super) durations: [AtomicU64; DURATIONS.len()],
    pub(super) sizes: [AtomicU64; SIZES.len()],
}

impl Counters {
    /// Counts a commit of so many commands.
    pub(super) fn commit(&self, commands: usize, writes: u64, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.commands.fetch_add(commands as u64, Relaxed);
        for (buckets, bounds, value) in [
            (self.durations.as_slice(), DURATIONS.as_slice(), micros),
            (self.sizes.as_slice(), SIZES.as_slice(), commands as u64),
        ] {
            if let Some(bucket) = buckets.get(bounds.partition_point(|bound| *bound < value)) {
                bucket.fetch_add(1, Relaxed);
            }
        }
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        self.commits.fetch_add(1, Relaxed);
        self.row_writes.fetch_add(writes, Relaxed);
        self.commit_nanos.fetch_add(nanos, Relaxed);
        self.last_commit_nanos.store(nanos, Relaxed);
    }
}

impl Core {
    pub(super) fn new(
        db: redb::Database,
        directory: Directory,
        seal: Seal,
        constants: Constants,
        space: Arc<Space>,
        path: Option<PathBuf>,
        known: Known,
    ) -> Self {
        let counters = Counters { pending: AtomicU64::new(known.pending), ..Counters::default() };
        let found = path.as_deref().map_or_else(Found::default, Found::at);
        Self {
            db,
            directory: RwLock::new(directory),
            seal,
            constants,
            space,
            budget: Budget::default(),
            file: found.file,
            found: Mutex::new(found),
            asking: Mutex::new(()),
            path,
            counters,
            places: FairBudget::new(limits::ACCOUNT_INGEST_QUEUE, limits::INGEST_QUEUE),
            head: watch::Sender::new(known.newest),
            tokens_gone: watch::Sender::new(()),
            next_batch: watch::Sender::new(known.next_batch),
            failure: watch::Sender::new(None),
            paces: Mutex::default(),
            quotas: Mutex::default(),
            deadline_set: Notify::new(),
        }
    }

    // A panic while a lock is held leaves nothing half-done behind that a reader could meet.
    pub(super) fn directory(&self) -> DirectoryRef<'_> {
        let directory = self.directory.read().unwrap_or_else(PoisonError::into_inner);
        DirectoryRef { directory, _locked: Locked::new() }
    }

    pub(super) fn directory_mut(&self) -> RwLockWriteGuard<'_, Directory> {
        self.directory.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn paces(&self) -> MutexGuard<'_, ReplayCredits> {
        self.paces.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How much one account may hold.
    pub(super) fn quotas(&self) -> Quotas {
        *self.quotas.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn set_quotas(&self, quotas: Quotas) {
        *self.quotas.lock().unwrap_or_else(PoisonError::into_inner) = quotas;
    }

    /// Remembers the first failure, for good.
    pub(super) fn fail(&self, reason: &str) {
        self.failure.send_if_modified(|failure| {
            let first = failure.is_none();
            failure.get_or_insert_with(|| reason.into());
            first
        });
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failure.borrow().is_some()
    }

    /// What stands under the store's name.
    pub(super) fn found(&self) -> Found {
        let found = || self.found.lock().unwrap_or_else(PoisonError::into_inner);
        ask_alone(&self.asking, || {
            let now = self.path.as_deref().map_or_else(Found::default, Found::at);
            *found() = now;
        });
        *found()
    }

    /// Whether the store's name no longer stands for the file that is open.
    pub(super) fn is_moved(&self, found: Found) -> bool {
        self.file != found.file
    }
}

/// A file as its name leads to it: which one, and its length.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Found {
    file: Option<(u64, u64)>,
    pub(super) bytes: u64,
}

impl Found {
    fn at(path: &Path) -> Self {
        std::fs::metadata(path).map_or_else(
            |_| Self::default(),
            |found| Self { file: Some((found.dev(), found.ino())), bytes: found.len() },
        )
    }
}
