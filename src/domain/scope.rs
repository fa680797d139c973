//! What an event is about, where a webhook may be bound to just that: one job, one actor, one task.

use std::fmt;

/// A thing that events can be about. A webhook bound to a scope gets only events about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Scope(Box<str>);

impl Scope {
    /// One thing of a kind (`job`, `actor`, `task`), by its id.
    #[must_use]
    pub fn of(kind: &str, id: impl fmt::Display) -> Self {
        Self(format!("{kind}:{id}").into())
    }

    /// Its text, as it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The id of the thing, if it is of this kind.
    #[must_use]
    pub fn id_of(&self, kind: &str) -> Option<&str> {
        self.0.strip_prefix(kind)?.strip_prefix(':')
    }

    /// Its kind and its id.
    #[must_use]
    pub fn parts(&self) -> (&str, &str) {
        self.0.split_once(':').unwrap_or_default()
    }

    /// The scope of a stored text.
    #[must_use]
    pub fn from_stored(text: &str) -> Self {
        Self(text.into())
    }
}
