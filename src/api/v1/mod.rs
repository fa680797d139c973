//! `/v1`: Ringback's own API.

pub mod accounts;
pub mod audit;
pub mod deliveries;
pub mod event_types;
pub mod events;
pub mod jobs;
pub mod listen;
pub mod replays;
pub mod routes;
pub mod secrets;
pub mod signing_keys;
pub mod tail;
pub mod tokens;
pub mod webhooks;
