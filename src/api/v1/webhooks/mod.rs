//! `/v1/webhooks`: what listens to events, and how it is served.

pub mod act;
pub mod edit;
pub mod revision;
pub mod secrets;
pub mod settings;
pub mod stats;
pub mod terms;
pub mod tls;
pub mod view;
