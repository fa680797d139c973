//! Why a store cannot be opened, for those who have to mend it.

use std::io;

use redb::{DatabaseError, StorageError};

use crate::store::engine_error::EngineError;

/// Why a store cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("another process has the store open")]
    Locked,
    /// A newer program wrote it.
    #[error("the store has schema {found}; this program knows up to {supported}")]
    Newer {
        /// The file's schema.
        found: u32,
        /// The newest this program knows.
        supported: u32,
    },
    /// An older program wrote it.
    #[error("the store has schema {found}; start the daemon once, which brings it to {supported}")]
    Older {
        /// The file's schema.
        found: u32,
        /// This program's.
        supported: u32,
    },
    /// There is no room for the copy that is made before the schema changes.
    #[error("the schema changes, and the copy of the store that is made before needs {0} more bytes of disk")]
    NoRoom(u64),
    /// It is something else.
    #[error("the file is not a Ringback store")]
    NotAStore,
    /// Its secrets are sealed with another key.
    #[error("none of the given keys opens the store's secrets")]
    WrongKey,
    /// Sealing with a newer key had begun.
    #[error("some of the store's secrets are sealed with a newer key already, which is missing")]
    KeyMissing,
    /// The file cannot be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The engine cannot use the file.
    #[error("the store cannot be opened: {0}")]
    Engine(String),
}

impl From<EngineError> for OpenError {
    fn from(EngineError(reason): EngineError) -> Self {
        Self::Engine(reason)
    }
}

impl From<DatabaseError> for OpenError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::DatabaseAlreadyOpen => Self::Locked,
            DatabaseError::Storage(StorageError::Io(error)) if error.kind() == io::ErrorKind::InvalidData => {
                Self::NotAStore
            }
            DatabaseError::Storage(StorageError::Io(error)) => Self::Io(error),
            other => Self::Engine(other.to_string()),
        }
    }
}
