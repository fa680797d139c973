//! Incoming requests: who calls, the route table, `/v1`, and a folder for each provider's dialect.
//!
//! A handler parses a request, has `app` do it, and renders what came of it. It never calls `egress`, reads no
//! configuration, and answers 2xx for nothing that is not durable.

pub mod auth;
pub mod budgets;
pub mod call;
pub mod context;
pub mod dialects;
pub mod display_json;
pub mod event_stream;
mod members;
pub mod metrics;
pub mod openapi;
pub mod param;
pub mod query;
pub mod rates;
mod refusals;
pub mod request_key;
pub mod route;
pub mod router;
pub mod surface;
pub mod table;
#[cfg(test)]
pub(crate) mod tests;
pub mod v1;
mod words;

pub use context::{ApiSettings, Context};
pub use metrics::ApiMetrics;
pub use router::Api;
