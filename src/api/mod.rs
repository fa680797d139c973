//! Incoming HTTP: the accept loop and its bounds, who calls, and `/v1`.
//!
//! It never calls `egress`, reads no configuration, and answers 2xx for nothing that is not durable.

pub mod accounts;
pub mod action_runs;
pub mod actors;
pub mod audit;
pub mod auth;
pub mod auth_failures;
pub mod budgets;
pub mod call;
pub mod context;
pub mod deliveries;
pub mod event_types;
pub mod events;
pub mod jobs;
pub mod metrics;
pub mod openapi;
pub mod query;
pub mod rates;
mod refusals;
pub mod replays;
pub mod resources;
pub mod rest_hooks;
pub mod router;
pub mod routes;
pub mod run_webhooks;
pub mod schemas;
pub mod secrets;
pub mod shown;
pub mod signing_keys;
pub mod standing;
pub mod surface;
pub mod tail;
pub mod tenant_work;
#[cfg(test)]
pub(crate) mod tests;
pub mod tokens;
pub mod uses;
pub mod webhooks;

pub use context::{ApiSettings, Context};
pub use metrics::ApiMetrics;
pub use router::Api;
