//! What may be asked of Ringback, no matter who asks: each use case checks what is asked, decides, and calls the
//! store. It knows no HTTP and no provider's form of requests; those parse into its drafts and render what
//! it answers.

pub mod accounts;
pub mod actors;
pub mod attempts;
pub mod audit;
pub mod auth_failures;
mod busy;
pub mod callbacks;
pub mod caller;
pub mod core;
pub mod deliveries;
pub mod delivery_logs;
pub mod entropy;
pub mod event_types;
pub mod events;
pub mod job_dialect;
pub mod jobs;
pub mod listening;
pub mod masked;
pub mod pages;
pub mod permissions;
pub mod refused;
pub mod replays;
pub mod request_key;
pub mod resources;
pub mod results;
pub mod samples;
pub mod schemas;
pub mod secrets;
pub mod signing_keys;
pub mod standing;
pub mod tail;
pub mod tenant_work;
pub mod token_uses;
pub mod tokens;
pub mod webhook_edits;
pub mod webhook_list;
pub mod webhook_test;
pub mod webhooks;

pub use self::core::{App, Rules};
pub use self::pages::{Counted, Page, PageRequest};
