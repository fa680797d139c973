//! Who calls, once that is known.

use crate::domain::account::{Role, Roles};
use crate::domain::id::{AccountNo, TokenId};
use crate::domain::time::Timestamp;
use crate::http::problem::{Code, Problem};

/// An authenticated caller.
#[derive(Debug, Clone, Copy)]
pub struct Caller {
    /// Its token.
    pub token: TokenId,
    /// What the token may do.
    pub roles: Roles,
    /// The account it acts for.
    pub account: AccountNo,
}

impl Caller {
    /// Who calls where no token is asked for.
    #[must_use]
    pub fn nobody() -> Self {
        Self { token: TokenId::new(Timestamp::default(), 0), roles: Roles::default(), account: AccountNo(0) }
    }

    /// Makes sure that the caller may do what is for holders of any of `able`.
    ///
    /// # Errors
    /// 403, naming the roles that may.
    pub fn may(self, able: Roles) -> Result<(), Problem> {
        if self.roles.may(able) {
            return Ok(());
        }
        let held = self.roles.words().join(" and ");
        let able: Vec<&str> = std::iter::once(Role::Admin.as_str()).chain(able.words()).collect();
        let detail = format!("a token with the role {held} may not do this; {} may", able.join(" or "));
        Err(Problem::new(Code::Forbidden, detail).closing())
    }
}
