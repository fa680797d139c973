//! The providers' dialects: each parses its requests into the core's words and renders the core's answers in its
//! form. They share no code with each other.

pub mod action_runs;
pub mod rest_hooks;
pub mod run_webhooks;

use crate::app::job_dialect::JobDialects;
use crate::domain::dialect::Dialect;

/// The events that the jobs of each dialect emit.
#[must_use]
pub fn job_dialects() -> JobDialects {
    JobDialects::default()
        .with(Dialect::ActionRuns, action_runs::callback::Runs)
        .with(Dialect::RunWebhooks, run_webhooks::run::Runs)
}
