//! Accounts (tenants), and the tokens that open them.

use super::id::{AccountId, AccountNo, TokenId};
use super::time::Timestamp;

/// The name of the account that always exists.
pub const DEFAULT_ACCOUNT: &str = "default";

/// A tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id; carries its number.
    pub id: AccountId,
    /// A name for people, unique in the store.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Account {
    /// The account's number.
    #[must_use]
    pub fn no(&self) -> AccountNo {
        self.id.no()
    }
}

/// What a token may do. Each role stands alone; `admin` includes all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything, in every account, and the admin listener.
    Admin,
    /// Posts events and jobs of its account.
    Producer,
    /// Keeps the webhooks of its account, replays, and reads.
    Manager,
    /// Reads its account.
    Reader,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 4] = [Self::Admin, Self::Producer, Self::Manager, Self::Reader];

    /// The role's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Producer => "producer",
            Self::Manager => "manager",
            Self::Reader => "reader",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    /// Whether a token of this role may do what asks for `needed`.
    #[must_use]
    pub fn permits(self, needed: Self) -> bool {
        match self {
            Self::Admin => true,
            Self::Manager => matches!(needed, Self::Manager | Self::Reader),
            Self::Producer | Self::Reader => self == needed,
        }
    }
}

/// A token without its text, which is known only by its digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Its public id.
    pub id: TokenId,
    /// SHA-256 of its text.
    pub digest: [u8; 32],
    /// The account it opens; for `admin`, the account it acts for unless it names another.
    pub account: AccountNo,
    /// What it may do.
    pub role: Role,
    /// A note for people.
    pub description: String,
    /// When it was made.
    pub created_at: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_permit_what_they_say() {
        let may = |role: Role| Role::ALL.map(|needed| role.permits(needed));
        assert_eq!(may(Role::Admin), [true, true, true, true]);
        assert_eq!(may(Role::Producer), [false, true, false, false]);
        assert_eq!(may(Role::Manager), [false, false, true, true]);
        assert_eq!(may(Role::Reader), [false, false, false, true]);
    }
}
