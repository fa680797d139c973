//! Failures of the engine. They are not told apart: each one stops the store.

use super::command::Refused;

/// The engine failed; nothing can be written any more.
#[derive(Debug)]
pub(super) struct Halt(pub(super) String);

/// Why an edit ends early.
#[derive(Debug)]
pub(super) enum Stop {
    /// It is refused; nothing was written.
    Refused(Refused),
    /// The store failed.
    Halt(Halt),
}

impl From<Refused> for Stop {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

macro_rules! from_engine {
    ($($error:path),+ $(,)?) => {
        $(
            impl From<$error> for Halt {
                fn from(error: $error) -> Self {
                    Self(error.to_string())
                }
            }
            impl From<$error> for Stop {
                fn from(error: $error) -> Self {
                    Self::Halt(error.into())
                }
            }
        )+
    };
}

from_engine!(
    redb::StorageError,
    redb::TableError,
    redb::TransactionError,
    redb::CommitError,
    crate::clock::EntropyError,
);

impl From<Halt> for Stop {
    fn from(halt: Halt) -> Self {
        Self::Halt(halt)
    }
}
