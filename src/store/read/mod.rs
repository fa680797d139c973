//! Reading: each call is one short read transaction, and no page looks at more rows than its bound.

mod attempts;
mod audit;
mod deliveries;
mod events;
mod jobs;
mod listed;
mod missed;
mod replays;
mod stats;
mod tail;
mod usage;
mod window;

use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::Ordering::Relaxed;

use redb::{ReadTransaction, ReadableDatabase};

use super::engine_error::EngineError;
use super::records::damaged;
use super::{Store, StoreError};

impl Store {
    /// One look at the file. A failure of the engine stops the store for everybody.
    fn read<T>(
        &self,
        look: impl FnOnce(&ReadTransaction) -> Result<T, EngineError>,
    ) -> Result<T, StoreError> {
        self.looked(look).map(|(found, _)| found)
    }

    /// A look for one thing, which is an error where that is damaged: it is there, and no one knows what it says.
    fn read_one<T>(
        &self,
        look: impl FnOnce(&ReadTransaction) -> Result<Option<T>, EngineError>,
    ) -> Result<Option<T>, StoreError> {
        match self.looked(look)? {
            (None, true) => Err(StoreError::Damaged),
            (found, _) => Ok(found),
        }
    }

    /// A look, and whether it met damaged rows.
    fn looked<T>(
        &self,
        look: impl FnOnce(&ReadTransaction) -> Result<T, EngineError>,
    ) -> Result<(T, bool), StoreError> {
        if self.core.has_failed() {
            return Err(StoreError::Unavailable);
        }
        let before = damaged();
        // The engine panics on some damage that it does not expect. What is read leaves nothing half-done.
        let found = panic::catch_unwind(AssertUnwindSafe(|| {
            let txn = self.core.db.begin_read()?;
            look(&txn)
        }));
        let met = damaged() - before;
        self.core.counters.damaged.fetch_add(met, Relaxed);
        let Ok(found) = found else {
            self.core.counters.damaged.fetch_add(1, Relaxed);
            tracing::error!("the store is damaged and cannot be read");
            return Err(StoreError::Damaged);
        };
        let found = found.map_err(|EngineError(reason)| {
            tracing::error!(reason, "the store failed");
            self.core.fail(&reason);
            StoreError::Unavailable
        })?;
        Ok((found, met > 0))
    }
}
