//! A backup as a file that the daemon writes by itself.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use super::{BackupError, BackupSummary, verify};
use crate::limits;
use crate::store::file;
use crate::store::{Store, space};

impl Store {
    /// Writes a backup to `partial`, reads it back, and only then gives it the name `path`, durably.
    /// What is not whole is removed. It ends early when `stopping` says so, and when it would leave less
    /// than `keep_free` bytes on its disk. It blocks.
    ///
    /// # Errors
    /// When the store cannot be read, or the file not written, or not read back as it was written.
    pub fn backup_file(
        &self,
        partial: &Path,
        path: &Path,
        keep_free: u64,
        stopping: &dyn Fn() -> bool,
    ) -> Result<BackupSummary, BackupError> {
        let written = self.write_file(partial, keep_free, stopping).and_then(|summary| {
            fs::rename(partial, path)?;
            file::sync_directory(path)?;
            Ok(summary)
        });
        // What cannot be removed is written over by the next one.
        written.inspect_err(|_| drop(fs::remove_file(partial)))
    }

    fn write_file(
        &self,
        partial: &Path,
        keep_free: u64,
        stopping: &dyn Fn() -> bool,
    ) -> Result<BackupSummary, BackupError> {
        // A new file, for its owner alone, whatever a kill left there.
        match fs::remove_file(partial) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        let file = File::options().write(true).create_new(true).mode(0o600).open(partial)?;
        let out = Careful { file: &file, path: partial, keep_free, stopping };
        let summary = self.backup(BufWriter::with_capacity(limits::BACKUP_LOOK_BYTES, out))?;
        file.sync_all()?;
        let file = File::open(partial)?;
        let found = verify(Careful { file: &file, path: partial, keep_free, stopping }, None)?;
        if found == summary { Ok(summary) } else { Err(BackupError::Other(summary, found)) }
    }
}

/// A file that is given up rather than to fill its disk or to hold up the daemon's end.
struct Careful<'a> {
    file: &'a File,
    path: &'a Path,
    keep_free: u64,
    stopping: &'a dyn Fn() -> bool,
}

impl Careful<'_> {
    fn go_on(&self) -> io::Result<()> {
        if (self.stopping)() { Err(io::Error::other("the daemon is stopping")) } else { Ok(()) }
    }
}

impl Write for Careful<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.go_on()?;
        let left = space::free(self.path)?.saturating_sub(bytes.len() as u64);
        if left < self.keep_free {
            let why = format!("its disk has to keep {} bytes free (store.disk_free_floor)", self.keep_free);
            return Err(io::Error::new(io::ErrorKind::StorageFull, why));
        }
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Careful<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.go_on()?;
        self.file.read(buffer)
    }
}
