//! Room on the disk. Below a floor nothing new is accepted, and a ballast file is given up, so that
//! what was accepted can still be delivered and recorded. Both come back on their own.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError, TryLockError};
use std::time::Instant;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::watch;

use crate::{clock, limits};

/// What free space is compared with.
#[derive(Debug, Clone, Copy)]
pub(super) struct Floor {
    /// Below this many free bytes nothing new is accepted.
    pub(super) free: u64,
    /// The ballast's size.
    pub(super) ballast: u64,
}

type Probe = Box<dyn Fn() -> io::Result<u64> + Send + Sync>;

/// Watches the file system that the store is on.
pub(super) struct Space {
    watched: Option<Watched>,
    full: AtomicBool,
    free: AtomicU64,
    /// Whether there is room to make the ballast again.
    ballast_due: AtomicBool,
    /// When making it failed, for a quota perhaps.
    ballast_failed: Mutex<Option<Instant>>,
    checked: Mutex<Option<Instant>>,
    /// Held by the thread that asks the file system.
    asking: Mutex<()>,
    /// Whether a write that finds no room waits for it, rather than failing.
    waits: AtomicBool,
    /// Whether a write waits for room.
    waiting: watch::Sender<bool>,
}

impl fmt::Debug for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Space").finish_non_exhaustive()
    }
}

struct Watched {
    floor: Floor,
    ballast: PathBuf,
    probe: Probe,
}

impl Space {
    /// Watches the file system of the store at `path`.
    pub(super) fn of(path: &Path, floor: Floor) -> Self {
        let store = path.to_owned();
        Self::probed(path, floor, Box::new(move || free(&store)))
    }

    /// Watches what `probe` says.
    pub(super) fn probed(path: &Path, floor: Floor, probe: Probe) -> Self {
        let mut ballast = path.as_os_str().to_owned();
        ballast.push(".ballast");
        Self { watched: Some(Watched { floor, ballast: ballast.into(), probe }), ..Self::unlimited() }
    }

    /// Room without end, for stores that are not files.
    pub(super) fn unlimited() -> Self {
        Self {
            watched: None,
            full: AtomicBool::new(false),
            free: AtomicU64::new(u64::MAX),
            ballast_due: AtomicBool::new(false),
            ballast_failed: Mutex::new(None),
            checked: Mutex::new(None),
            asking: Mutex::new(()),
            waits: AtomicBool::new(false),
            waiting: watch::Sender::new(false),
        }
    }

    /// From now on, or no longer, writes that find no room wait for it.
    pub(super) fn let_writes_wait(&self, wait: bool) {
        self.waits.store(wait, Relaxed);
    }

    /// Waits a while before a write that found no room is tried again; false if it is to fail.
    pub(super) fn wait_for_room(&self, error: &io::Error) -> bool {
        if !self.waits.load(Relaxed) {
            return false;
        }
        if !self.waiting.send_replace(true) {
            tracing::error!(
                %error,
                "the disk is full: the store waits for space, and nothing is stored until there is some"
            );
        }
        // The ballast may be all that is missing.
        self.check_now();
        self.give_up_ballast();
        std::thread::park_timeout(limits::ROOM_AGAIN);
        true
    }

    /// Waits until so many bytes are free, as long as writes wait for room. A write that finds none in the middle of a
    /// commit waits there, and the engine lets no one read meanwhile.
    pub(super) fn wait_before(&self, bytes: u64) {
        let mut waited = false;
        while self.free() < bytes && self.wait_for_room(&io::ErrorKind::StorageFull.into()) {
            waited = true;
        }
        if waited {
            self.has_written();
        }
    }

    /// A write was not, or no longer, held up.
    pub(super) fn has_written(&self) {
        if *self.waiting.borrow() && self.waiting.send_replace(false) {
            tracing::warn!("there is space on the disk again: the store continues");
        }
    }

    /// Waits until a write has waited for room for a while.
    pub(super) async fn waited_for_room(&self) {
        let mut waiting = self.waiting.subscribe();
        loop {
            // It ends with the store only.
            let _ = waiting.wait_for(|waiting| *waiting).await;
            let over = waiting.wait_for(|waiting| !*waiting);
            if tokio::time::timeout(limits::ROOM_ANSWER, over).await.is_err() {
                return;
            }
        }
    }

    fn give_up_ballast(&self) {
        let Some(Watched { ballast, .. }) = &self.watched else { return };
        match fs::remove_file(ballast) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "the reserve file cannot be released");
            }
            Ok(()) | Err(_) => {}
        }
    }

    /// Whether events are to be refused.
    pub(super) fn is_full(&self) -> bool {
        self.full.load(Relaxed) || self.is_waiting()
    }

    /// Whether a write waits for room.
    pub(super) fn is_waiting(&self) -> bool {
        *self.waiting.borrow()
    }

    /// Whether so many bytes may be written that are not the outcome of an attempt: half of the floor is
    /// left for those.
    pub(super) fn holds(&self, bytes: u64) -> bool {
        let floor = self.watched.as_ref().map_or(0, |watched| watched.floor.free);
        !self.is_waiting() && self.free() >= (floor / 2).saturating_add(bytes)
    }

    /// Whether room has come close to the floor since `before` bytes were free.
    pub(super) fn runs_out(&self, before: u64) -> bool {
        let floor = self.watched.as_ref().map_or(0, |watched| watched.floor.free);
        self.free() < before && self.free() < floor.saturating_add(floor / 4)
    }

    /// Free bytes when last looked.
    pub(super) fn free(&self) -> u64 {
        self.free.load(Relaxed)
    }

    /// Looks again unless that was done just now, or is being done.
    pub(super) fn check(&self) {
        let last = *self.checked.lock().unwrap_or_else(PoisonError::into_inner);
        if last.is_none_or(|last| clock::monotonic().duration_since(last) >= limits::SPACE_CHECK) {
            ask_alone(&self.asking, || self.look());
        }
    }

    /// Looks again: before each commit, since one that finds no room holds up all others.
    pub(super) fn check_now(&self) {
        let _alone = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        self.look();
    }

    fn look(&self) {
        let Some(watched) = &self.watched else { return };
        *self.checked.lock().unwrap_or_else(PoisonError::into_inner) = Some(clock::monotonic());
        match (watched.probe)() {
            Ok(free) => self.found(watched, free),
            Err(error) => tracing::warn!(%error, "free disk space cannot be read"),
        }
    }

    fn found(&self, watched: &Watched, free: u64) {
        let Watched { floor, ballast, .. } = watched;
        self.free.store(free, Relaxed);
        let kept = ballast.exists();
        // Twice the ballast, so that making it cannot lead back below the floor.
        let needed = floor.free.saturating_add(floor.ballast.saturating_mul(2));
        let room = free >= needed;
        // The room that the ballast gave is for outcomes: without it, events wait until there is more.
        let full = free < floor.free || !(kept || room);
        match (self.full.swap(full, Relaxed), full) {
            (false, true) => tracing::warn!(
                free,
                floor = floor.free,
                needed,
                "less disk space is free than store.disk_free_floor keeps: nothing new is stored until as many bytes \
                 as needed are free"
            ),
            (true, false) => tracing::warn!(free, floor = floor.free, "there is space on the disk again"),
            (true, true) | (false, false) => {}
        }
        if full {
            self.give_up_ballast();
        }
        self.ballast_due.store(room && !kept, Relaxed);
    }

    /// Makes the ballast if it is due: slow, so only the writer does it.
    pub(super) fn restore_ballast(&self) {
        let Some(Watched { floor, ballast, .. }) = &self.watched else { return };
        if !self.ballast_due.swap(false, Relaxed) {
            return;
        }
        let mut failed = self.ballast_failed.lock().unwrap_or_else(PoisonError::into_inner);
        let now = clock::monotonic();
        if failed.is_some_and(|at| now.duration_since(at) < limits::BALLAST_AGAIN) {
            return;
        }
        *failed = None;
        if let Err(error) = fill(ballast, floor.ballast) {
            tracing::warn!(%error, "the reserve file cannot be created");
            let _ = fs::remove_file(ballast);
            *failed = Some(now);
        }
    }
}

/// Asks a file system something, unless somebody is asking. It may hang, as one over the network does: then one
/// thread waits for it, and no worker of the runtime.
pub(super) fn ask_alone(asking: &Mutex<()>, ask: impl FnOnce()) {
    let _alone = match asking.try_lock() {
        Ok(alone) => alone,
        Err(TryLockError::Poisoned(alone)) => alone.into_inner(),
        Err(TryLockError::WouldBlock) => return,
    };
    let many = |runtime: Handle| runtime.runtime_flavor() == RuntimeFlavor::MultiThread;
    if Handle::try_current().is_ok_and(many) {
        tokio::task::block_in_place(ask);
    } else {
        ask();
    }
}

/// Free bytes of the file system that a file is on, or will be.
pub(super) fn free(file: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(directory(file))?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

/// A file's directory.
pub(super) fn directory(file: &Path) -> &Path {
    file.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a file for real: a sparse one would hold no room.
fn fill(path: &Path, bytes: u64) -> io::Result<()> {
    let mut private = File::options();
    let mut file = private.write(true).create(true).truncate(true).mode(0o600).open(path)?;
    io::copy(&mut io::Read::take(io::repeat(0), bytes), &mut file)?;
    file.flush()?;
    file.sync_data()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};
    use std::time::Duration;

    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_file_system_that_hangs_holds_up_no_worker() {
        let dir = tempfile::tempdir().unwrap();
        let (answer, hang) = mpsc::sync_channel(1);
        let hang = Mutex::new(hang);
        let (asked, asks) = tokio::sync::oneshot::channel();
        let asked = Mutex::new(Some(asked));
        let probe = move || {
            asked.lock().unwrap().take().map(|asked| asked.send(()));
            hang.lock().unwrap().recv().map_err(io::Error::other)
        };
        let floor = Floor { free: 5, ballast: 0 };
        let space = Arc::new(Space::probed(&dir.path().join("store"), floor, Box::new(probe)));
        let first = tokio::spawn({
            let space = Arc::clone(&space);
            async move { space.check() }
        });
        asks.await.unwrap();
        *space.checked.lock().unwrap() = None;
        let others = async {
            for _ in 0..3 {
                let space = Arc::clone(&space);
                tokio::spawn(async move { space.check() }).await.unwrap();
            }
        };
        let others = tokio::time::timeout(Duration::from_secs(20), others).await;
        let hangs = !first.is_finished() && !space.is_full();
        // Before anything is judged: a worker that hangs would hold up the end of the test.
        answer.send(3).unwrap();
        others.expect("they waited too");
        assert!(hangs);
        first.await.unwrap();
        assert!(space.is_full());
    }

    /// Where the disk has room and the ballast cannot be made all the same (a quota), it is not written again and again.
    #[test]
    fn a_ballast_that_cannot_be_made_is_tried_again_after_a_while() {
        let dir = tempfile::tempdir().unwrap();
        let (place, ballast) = (dir.path().join("later"), dir.path().join("later/store.ballast"));
        let floor = Floor { free: 5_000, ballast: 1_000 };
        let space = Space::probed(&place.join("store"), floor, Box::new(|| Ok(10_000)));
        let look = || {
            *space.checked.lock().unwrap() = None;
            space.check();
            space.restore_ballast();
            (space.is_full(), ballast.exists())
        };
        assert_eq!(look(), (false, false), "there is no such directory");
        fs::create_dir(&place).unwrap();
        assert_eq!(look(), (false, false), "it is too soon");
        let long_ago = clock::monotonic().checked_sub(limits::BALLAST_AGAIN).unwrap();
        *space.ballast_failed.lock().unwrap() = Some(long_ago);
        assert_eq!(look(), (false, true));
    }

    #[test]
    fn the_ballast_goes_below_the_floor_and_comes_back() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("store");
        let ballast = dir.path().join("store.ballast");
        let free = Arc::new(AtomicU64::new(10_000));
        let probed = Arc::clone(&free);
        let floor = Floor { free: 5_000, ballast: 1_000 };
        let space = Space::probed(&path, floor, Box::new(move || Ok(probed.load(Relaxed))));
        let look = |now_free: u64| {
            free.store(now_free, Relaxed);
            *space.checked.lock().unwrap() = None;
            space.check();
            space.restore_ballast();
            (space.is_full(), ballast.exists())
        };
        assert_eq!(look(10_000), (false, true));
        assert_eq!(fs::metadata(&ballast).unwrap().len(), 1_000);
        assert_eq!(look(4_999), (true, false));
        assert_eq!(look(6_999), (true, false), "what the ballast gave is not for events");
        assert_eq!(look(7_000), (false, true));
        assert_eq!(look(5_000), (false, true));
    }
}
