//! The providers' dialects: each parses its requests into the core's words and renders the core's answers in its
//! form. They share no code with each other.

pub mod action_runs;
pub mod rest_hooks;
pub mod run_webhooks;
