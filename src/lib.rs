//! Ringback: a webhook delivery daemon in one process and one file.
//!
//! `docs/architecture.md` is the map: rooms, the direction of imports, words, invariants.

pub mod admin;
pub mod api;
pub mod app;
pub mod cli;
pub mod clock;
pub mod config;
pub mod daemon;
pub mod dispatch;
pub mod domain;
pub mod egress;
pub mod fair;
pub mod http;
pub mod limits;
pub mod listen;
pub mod render;
pub mod schedule;
pub mod sign;
pub mod store;
pub mod telemetry;
mod trust;
