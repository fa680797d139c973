//! Actors: what is run. One is declared under its id, with webhooks that hear of each of its runs.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::id::{AccountNo, WebhookNo};
use super::scope::Scope;
use super::time::Timestamp;
use super::webhook::Webhook;
use crate::limits;

/// Why a text is no actor's id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {} letters, digits and . _ - ~, and not only dots", limits::ACTOR_ID_BYTES)]
pub struct ActorIdError;

/// An actor's id, as its owner chose it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ActorId(Box<str>);

impl ActorId {
    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What the actor's webhooks are bound to, and its runs are about.
    #[must_use]
    pub fn scope(&self) -> Scope {
        Scope::of("actor", self)
    }

    /// Whether a webhook whose number an account's actor of this id names was made from its declaration. Numbers
    /// of webhooks that are gone are given again to others.
    #[must_use]
    pub fn owns(&self, account: AccountNo, webhook: &Webhook) -> bool {
        let bound = || webhook.terms.scope.as_ref() == Some(&self.scope());
        webhook.account == account && (webhook.terms.declared || bound())
    }
}

impl fmt::Display for ActorId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for ActorId {
    type Err = ActorIdError;
    fn from_str(text: &str) -> Result<Self, ActorIdError> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'~');
        let sound = (1..=limits::ACTOR_ID_BYTES).contains(&text.len()) && text.bytes().all(plain);
        if !sound || text.bytes().all(|b| b == b'.') {
            return Err(ActorIdError);
        }
        Ok(Self(text.into()))
    }
}

/// Show a declared actor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActorRecord {
    /// Its id.
    pub id: ActorId,
    /// Its declaration, a JSON object's text as it was given.
    pub declaration: Arc<str>,
    /// The webhooks created from it.
    pub webhooks: Vec<WebhookNo>,
    /// When it was first declared.
    pub created_at: Timestamp,
    /// When its declaration last changed.
    pub updated_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_fit_into_a_path() {
        for good in ["my-actor", "apify~web-scraper", "HG7ML7M8z78YcAPEB", "a", "v1.2_x"] {
            assert_eq!(good.parse::<ActorId>().unwrap().as_str(), good);
        }
        for bad in ["", ".", "..", "a/b", "a b", "a%20b", "ä", &"x".repeat(129)] {
            assert_eq!(bad.parse::<ActorId>(), Err(ActorIdError), "{bad}");
        }
    }
}
