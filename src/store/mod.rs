//! The store: one redb file. Nothing outside this room names a redb type.
//!
//! Every change goes through one writer thread, which commits what is queued in one transaction
//! and answers only then. Reads are short transactions of their own. `docs/storage.md` describes
//! the file.

mod ask;
pub mod audit;
pub mod backup;
mod budget;
pub mod command;
pub mod committed;
pub mod compact;
mod core;
mod engine;
mod engine_error;
pub mod export;
mod file;
mod gathering;
mod handle;
mod json;
mod load;
mod look;
mod migrate;
mod open;
mod open_error;
pub mod query;
mod queue;
mod read;
mod records;
mod replay_credit;
mod seal;
mod space;
mod tables;
#[cfg(test)]
mod tests;
pub mod upkeep;
mod usage;
pub mod verify;
mod waiting_file;
mod weight;
mod write;
mod writer;

pub use self::core::DirectoryRef;

pub use file::{OpenOptions, SCHEMA};
pub use handle::{Opened, Store, StoreError};
pub use open_error::OpenError;
pub use query::{
    Counted, DeliveryCursor, DeliveryFilter, EventFilter, JobFilter, Label, LoggedAttempt, LongRow, Page,
    PageRequest, StoreFigures, TailItem, WebhookStats,
};
pub use writer::Resealed;
