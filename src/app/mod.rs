//! What may be asked of Ringback, whoever asks: each use case checks what is asked, decides, and calls the
//! store. It knows no HTTP and no provider's form of requests; those parse into its drafts and render what
//! it answers.

mod busy;
pub mod core;
pub mod deliveries;
pub mod entropy;
pub mod events;
pub mod job_dialect;
pub mod jobs;
pub mod masked;
pub mod refused;
pub mod replays;
pub mod request_key;
pub mod results;
pub mod schemas;
pub mod tenant_work;
pub mod webhook_test;
pub mod webhooks;

pub use self::core::{App, Rules};
