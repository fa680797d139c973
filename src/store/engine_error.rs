//! Failures of the engine. They are not distinguished: each one stops the store.

use super::command::Refused;

/// The engine failed; nothing can be written any more.
#[derive(Debug)]
pub(super) struct EngineError(pub(super) String);

/// Why an edit ends early.
#[derive(Debug)]
pub(super) enum EditError {
    /// It is refused; nothing was written.
    Refused(Refused),
    /// The store failed.
    EngineError(EngineError),
}

impl From<Refused> for EditError {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

macro_rules! from_engine {
    ($($error:path),+ $(,)?) => {
        $(
            impl From<$error> for EngineError {
                fn from(error: $error) -> Self {
                    Self(error.to_string())
                }
            }
            impl From<$error> for EditError {
                fn from(error: $error) -> Self {
                    Self::EngineError(error.into())
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

impl From<EngineError> for EditError {
    fn from(engine_error: EngineError) -> Self {
        Self::EngineError(engine_error)
    }
}
