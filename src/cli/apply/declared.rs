//! What files declare.

use serde_json::{Map, Value};

/// A kind of thing, in the order in which they are made: later ones name earlier ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Account,
    Secret,
    EventType,
    Webhook,
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Account, Self::Secret, Self::EventType, Self::Webhook];

    /// The name of its table in files.
    pub(super) fn table(self) -> &'static str {
        match self {
            Self::Account => "accounts",
            Self::Secret => "secrets",
            Self::EventType => "event_types",
            Self::Webhook => "webhooks",
        }
    }

    /// What one is called.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Account => "account",
            Self::Secret => "secret",
            Self::EventType => "event type",
            Self::Webhook => "webhook",
        }
    }

    /// The keys that one may have.
    pub(super) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Account => &[],
            Self::Secret => &["account", "env", "file"],
            Self::EventType => &["account", "description", "example_file", "schema_file"],
            Self::Webhook => &[
                "account",
                "batch",
                "collect",
                "description",
                "events",
                "expires_at",
                "filter",
                "headers",
                "max_in_flight",
                "metadata",
                "ordering",
                "profile",
                "rate_limit",
                "resource",
                "secret",
                "tls",
                "url",
                "verification",
            ],
        }
    }
}

/// A thing that a file declares. It may hold secrets, and so it is not printed.
pub(super) struct Declared {
    pub(super) kind: Kind,
    /// The account it is in; `None`: the one that is acted for.
    pub(super) account: Option<String>,
    pub(super) name: String,
    /// Its file and line.
    pub(super) origin: String,
    /// Its members as the API takes them.
    pub(super) members: Map<String, Value>,
    /// What a webhook signs with, or what a stored secret is.
    pub(super) secret: Option<String>,
}

impl Declared {
    /// As errors name it.
    pub(super) fn subject(&self) -> String {
        format!("{}: {} {:?}", self.origin, self.kind.word(), self.name)
    }
}
