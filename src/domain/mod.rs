//! The words of the house, pure and synchronous: no IO, no clock, no randomness, no async.
//!
//! A value of these types cannot exist in a wrong form; their constructors say what was wrong.

pub mod account;
pub mod actor;
pub mod address;
mod base32;
pub mod delivery;
pub mod dialect;
pub mod directory;
pub mod event;
pub mod event_type;
pub mod fanout;
pub mod filter;
pub mod form;
pub mod header;
pub mod hmac_scheme;
pub mod id;
pub mod job;
pub mod json;
pub mod locked;
pub mod media_type;
pub mod name;
pub mod operational;
pub mod outcome;
pub mod profile;
pub mod profiles;
pub mod proxy;
pub mod quota;
pub mod refusal;
pub mod reserved;
pub mod resource;
pub mod result_rows;
pub mod retry;
pub mod rsa;
pub mod schema;
pub mod scope;
pub mod secret;
pub mod signing_key;
pub mod subscriptions;
pub mod target;
pub mod template;
pub mod terms;
pub mod time;
pub mod tls;
pub mod token;
pub mod waiting;
pub mod webhook;
