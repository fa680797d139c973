//! The store's file, whose writes wait for room on the disk.
//!
//! The engine takes no more writes after one has failed. So a write that finds no room does not fail: it
//! waits, and with it the writer, while everything that is read goes on. Once there is room it goes on
//! where it stood.

use std::io;
use std::ops::Bound;
use std::sync::Arc;

use redb::backends::FileBackend;
use redb::{BackendError, StorageBackend};

use super::space::Space;

#[derive(Debug)]
pub(super) struct WaitingFile {
    file: FileBackend,
    space: Arc<Space>,
}

impl WaitingFile {
    pub(super) fn new(file: FileBackend, space: Arc<Space>) -> Self {
        Self { file, space }
    }

    /// Writes, again and again until there is room.
    fn write_patiently(&self, write: impl Fn() -> io::Result<()>) -> io::Result<()> {
        loop {
            match write() {
                Err(error) if is_full(&error) && self.space.wait_for_room(&error) => {}
                written => {
                    self.space.has_written();
                    return written;
                }
            }
        }
    }
}

/// Whether a write failed because the disk, or what one may have of it, is full.
fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

type Edge = Bound<u64>;

impl StorageBackend for WaitingFile {
    fn len(&self) -> io::Result<u64> {
        self.file.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.file.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.write_patiently(|| self.file.set_len(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        // What the system could not write, it forgets: to sync again would say nothing.
        self.file.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.write_patiently(|| self.file.write(offset, data))
    }

    fn close(&self) -> io::Result<()> {
        self.file.close()
    }

    fn try_lock_range(&self, start: Edge, end: Edge) -> Result<bool, BackendError> {
        self.file.try_lock_range(start, end)
    }

    fn try_lock_shared_range(&self, start: Edge, end: Edge) -> Result<bool, BackendError> {
        self.file.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Edge, end: Edge) -> Result<(), BackendError> {
        self.file.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Edge, end: Edge) -> Result<(), BackendError> {
        self.file.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Edge, end: Edge) -> Result<(), BackendError> {
        self.file.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Edge, end: Edge) -> Result<bool, BackendError> {
        self.file.query_lock_range(start, end)
    }
}
