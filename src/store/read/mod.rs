//! Reading: each call is one short read transaction, and no page looks at more rows than its bound.

mod attempts;
pub(super) mod audit;
mod deliveries;
mod events;
mod jobs;
mod listed;
mod missed;
mod replays;
mod stats;
mod tail;
mod usage;

pub(super) use replays::Paces;

use redb::{ReadTransaction, ReadableDatabase};

use super::halt::Halt;
use super::{Store, StoreError};

impl Store {
    /// One look at the file. A failure of the engine stops the store for everybody.
    fn read<T>(&self, look: impl FnOnce(&ReadTransaction) -> Result<T, Halt>) -> Result<T, StoreError> {
        if self.core.has_failed() {
            return Err(StoreError::Unavailable);
        }
        let found = || {
            let txn = self.core.db.begin_read()?;
            look(&txn)
        };
        found().map_err(|Halt(reason)| {
            tracing::error!(reason, "the store failed");
            self.core.fail(&reason);
            StoreError::Unavailable
        })
    }
}
