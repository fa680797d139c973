//! Datasets: the results of runs. They can be read while the run goes on, and go out row by row.

mod format;
pub mod items;
pub mod push;
mod range;
mod send;
pub mod show;
