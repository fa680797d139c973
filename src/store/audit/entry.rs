//! What the log says: who did what.

use crate::domain::id::{AccountId, TokenId};
use crate::domain::time::Timestamp;

/// A digest.
pub type Hash = [u8; 32];

/// Something to enter into the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The account that it is about, if it is about one.
    pub account: Option<AccountId>,
    /// What, as `webhook.create`.
    pub action: &'static str,
    /// The id or name of what was changed.
    pub object: String,
    /// More about it; never a secret.
    pub detail: String,
}

impl Note {
    /// About no account.
    #[must_use]
    pub fn global(action: &'static str, object: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { account: None, action, object: object.into(), detail: detail.into() }
    }
}

/// One entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// Its number. Every number is given once, one after the other.
    pub no: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: Actor,
    /// The account that it is about, if it is about one.
    pub account: Option<AccountId>,
    /// What, as `webhook.create`.
    pub action: String,
    /// The id or name of what was changed.
    pub object: String,
    /// More about it.
    pub detail: String,
    /// The digest of the entry before; zeros for the first.
    pub previous: Hash,
    /// SHA-256 of this entry with the digest of the one before.
    pub hash: Hash,
    /// The version of its record, which says what the digest is of.
    pub version: u8,
}

/// Who asked, for the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Actor {
    /// A caller with a token.
    Token(TokenId),
    /// The daemon itself.
    Daemon,
    /// A caller without a known token.
    Anonymous,
}
