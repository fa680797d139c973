//! `/v1/jobs`: work that is done elsewhere, its state, its results, and its end.

pub mod append;
pub(in crate::api) mod csv;
pub(in crate::api) mod cutter;
pub mod edit;
pub mod list;
pub mod results;
pub mod view;
