//! The demo's directory: made again each time, and only ever deleted if a demo made it.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use crate::cli::failure::Failure;

/// A file that says that a demo made the directory. It is locked while one runs.
const MARKER: &str = ".ringback-demo";

/// A fresh directory, held for this demo.
pub(super) struct Directory {
    path: PathBuf,
    _marker: File,
}

impl Directory {
    /// An empty directory at `path`; an earlier demo's is deleted.
    pub(super) fn fresh(path: &Path) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| Failure::other(format!("{}: {error}", path.display()));
        match File::open(path.join(MARKER)) {
            Ok(marker) => {
                lock(&marker, path)?;
                fs::remove_dir_all(path).map_err(failed)?;
            }
            Err(_) if fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_some()) => {
                let why = "was not made by a demo, so it is left alone; name another with --data-dir";
                return Err(Failure::other(format!("{} {why}", path.display())));
            }
            Err(_) => {}
        }
        fs::create_dir_all(path).map_err(failed)?;
        let marker = File::create(path.join(MARKER)).map_err(failed)?;
        lock(&marker, path)?;
        Ok(Self { path: path.to_owned(), _marker: marker })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The daemon's configuration.
    pub(super) fn config(&self) -> PathBuf {
        self.path.join("demo.toml")
    }

    /// The daemon's log.
    pub(super) fn log(&self) -> PathBuf {
        self.path.join("daemon.log")
    }
}

fn lock(marker: &File, path: &Path) -> Result<(), Failure> {
    marker.try_lock().map_err(|error| match error {
        TryLockError::WouldBlock => Failure::other(format!("another demo runs in {}", path.display())),
        TryLockError::Error(error) => Failure::other(format!("{}: {error}", path.display())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_demo_is_deleted_and_nothing_else_ever() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("demo");
        let first = Directory::fresh(&path).unwrap();
        fs::write(path.join("left over"), "x").unwrap();
        assert!(Directory::fresh(&path).is_err(), "the first one still runs");
        drop(first);
        drop(Directory::fresh(&path).unwrap());
        assert!(!path.join("left over").exists());

        fs::remove_file(path.join(MARKER)).unwrap();
        fs::write(path.join("precious"), "x").unwrap();
        assert!(Directory::fresh(&path).is_err());
        assert!(path.join("precious").exists());
    }
}
