//! A step.

use redb::WriteTransaction;

use crate::store::engine_error::EngineError;
use crate::store::seal::Seal;

/// From one schema to the next.
pub(in crate::store) struct Step {
    /// What the store has before it.
    pub(in crate::store) from: u32,
    /// Does a piece of it in one transaction; whether there is more to do. How far it is has to show in the
    /// store, since nothing else is remembered.
    pub(in crate::store) piece: fn(&WriteTransaction, &Seal) -> Result<bool, EngineError>,
}
