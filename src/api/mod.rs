//! Incoming HTTP: the accept loop and its bounds, who calls, and `/v1`.
//!
//! It never calls `egress`, reads no configuration, and answers 2xx for nothing that is not durable.

pub mod accounts;
pub mod action_runs;
pub mod actors;
pub mod answer;
pub mod arriving;
pub mod audit;
pub mod auth;
pub mod auth_failures;
pub mod budgets;
pub mod call;
pub mod connection;
pub mod context;
pub mod deliveries;
pub mod document;
pub mod event_types;
pub mod events;
mod gather;
mod inflate;
pub mod jobs;
pub mod lines;
pub mod listener;
pub mod metrics;
pub mod openapi;
pub mod problem;
pub mod proxies;
pub mod query;
pub mod rates;
pub mod replays;
pub mod resources;
pub mod rest_hooks;
pub mod router;
pub mod routes;
pub mod run_webhooks;
pub mod schemas;
pub mod secrets;
pub mod server;
pub mod shown;
pub mod signing_keys;
pub mod standing;
pub mod surface;
pub mod tail;
pub mod tenant_work;
#[cfg(test)]
pub(crate) mod tests;
pub mod tokens;
mod unread;
pub mod uses;
pub mod walk;
pub mod webhooks;

pub use context::{ApiSettings, Context};
pub use metrics::ApiMetrics;
pub use router::Api;
pub use server::{Bounds, Handler, serve};
