//! The APIs that webhooks and jobs are made through.

/// The API a webhook or a job was made through, and is shown by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Dialect {
    /// Ringback's own.
    #[default]
    Native,
    /// REST hooks, also those that only notify.
    RestHooks,
    /// Run webhooks.
    RunWebhooks,
    /// Action runs with a callback.
    ActionRuns,
}
