//! Accounts (tenants), and the tokens that open them.

use std::str::FromStr;

use super::id::{AccountId, AccountNo, TokenId};
use super::time::Timestamp;
use crate::limits;

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

/// A name that an account can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountName(String);

/// Why a text is not the name of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 1 to {} lowercase letters, digits and . _ -", limits::ACCOUNT_NAME_BYTES)]
pub struct AccountNameError;

impl AccountName {
    /// The name.
    #[must_use]
    pub fn into_text(self) -> String {
        self.0
    }
}

impl FromStr for AccountName {
    type Err = AccountNameError;
    fn from_str(name: &str) -> Result<Self, AccountNameError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
        let fits = (1..=limits::ACCOUNT_NAME_BYTES).contains(&name.len()) && name.bytes().all(plain);
        // A name with an id's prefix could be taken for an id.
        if fits && !name.starts_with(AccountId::PREFIX) {
            Ok(Self(name.to_owned()))
        } else {
            Err(AccountNameError)
        }
    }
}

/// Something that a token may do. Each role stands alone; `admin` includes all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Everything, in every account, and the admin listener.
    Admin,
    /// Posts events and jobs of its account, and reads its jobs and runs.
    Producer,
    /// Manages the webhooks and secrets of its account, replays, and reads.
    Manager,
    /// Reads its account.
    Reader,
    /// Reads the metrics page, and nothing else.
    Metrics,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Admin, Self::Producer, Self::Manager, Self::Reader, Self::Metrics];

    /// The role's word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Producer => "producer",
            Self::Manager => "manager",
            Self::Reader => "reader",
            Self::Metrics => "metrics",
        }
    }

    /// The role of a word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == word)
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of roles: those that a token holds, or those that may call a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Roles(u8);

impl Roles {
    /// The set of these roles.
    #[must_use]
    pub const fn of(roles: &[Role]) -> Self {
        let (mut bits, mut rest) = (0, roles);
        while let [role, others @ ..] = rest {
            bits |= role.bit();
            rest = others;
        }
        Self(bits)
    }

    /// Whether it holds a role.
    #[must_use]
    pub const fn has(self, role: Role) -> bool {
        self.0 & role.bit() != 0
    }

    /// Whether who holds these roles may do what is for holders of any of `able`.
    #[must_use]
    pub const fn may(self, able: Self) -> bool {
        self.has(Role::Admin) || self.0 & able.0 != 0
    }

    /// Its roles, in the order of [`Role::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Role> {
        Role::ALL.into_iter().filter(move |role| self.has(*role))
    }

    /// Its roles' words.
    #[must_use]
    pub fn words(self) -> Vec<&'static str> {
        self.iter().map(Role::as_str).collect()
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
    /// Its roles.
    pub roles: Roles,
    /// A description.
    pub description: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// From when on it opens nothing; `None`: it has no end.
    pub expires_at: Option<Timestamp>,
    /// The beginning of the hour in which it was last used, as far as that is stored.
    pub last_used_at: Option<Timestamp>,
}

impl Token {
    /// Whether it has expired.
    #[must_use]
    pub fn expired(&self, now: Timestamp) -> bool {
        self.expires_at.is_some_and(|at| at <= now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for good in ["a", "team-1", "x.y_z"] {
            assert!(good.parse::<AccountName>().is_ok(), "{good}");
        }
        for bad in ["", "A", "a b", "acct_x", "ä", &"a".repeat(65)] {
            assert!(bad.parse::<AccountName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn sets_hold_what_they_were_made_of() {
        assert_eq!(Roles::of(&[]).words(), [""; 0]);
        assert_eq!(Roles::of(&[Role::Reader, Role::Admin, Role::Reader]).words(), ["admin", "reader"]);
        assert_eq!(Roles::of(&Role::ALL).iter().collect::<Vec<_>>(), Role::ALL);
        for role in Role::ALL {
            assert_eq!(Role::parse(role.as_str()), Some(role));
            assert_eq!(Roles::of(&[role]).iter().collect::<Vec<_>>(), [role]);
        }
    }

    #[test]
    fn one_role_in_common_is_enough_and_admin_always_is() {
        let able = Roles::of(&[Role::Manager, Role::Reader]);
        let may = Role::ALL.map(|role| Roles::of(&[role]).may(able));
        assert_eq!(may, [true, false, true, true, false]);
        assert!(Roles::of(&[Role::Producer, Role::Reader]).may(able));
        assert!(!Roles::of(&[Role::Producer, Role::Metrics]).may(able));
        assert!(!Roles::of(&[]).may(able));
        // What only admins may do is for no one besides them.
        assert_eq!(
            Role::ALL.map(|role| Roles::of(&[role]).may(Roles::of(&[]))),
            [true, false, false, false, false]
        );
    }
}
