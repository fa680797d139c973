//! Who asks, once that is known.

use super::accounts;
use super::core::App;
use super::permissions;
use super::standing::{Ended, Standing};
use crate::clock;
use crate::domain::account::{Role, Roles};
use crate::domain::id::{AccountNo, TokenId};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::time::Timestamp;
use crate::domain::token::{AccessToken, AccessTokenError};

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

/// Why a text opens nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    /// It did once.
    #[error("{0}")]
    Ended(Ended),
    /// It can be no token.
    #[error("the token {0}")]
    Malformed(AccessTokenError),
    /// There is no such token.
    #[error("unknown token")]
    Unknown,
}

/// The caller with a token of this text, and whether the token still opens anything later on.
///
/// # Errors
/// When it opens nothing.
pub fn by_token(app: &App, text: &str) -> Result<(Caller, Standing), Unknown> {
    let digest = AccessToken::digest_of(text);
    // Older than the look at the directory, so that no end is missed.
    let gone = app.store.tokens_gone();
    if let Some(token) = app.store.directory().token(&digest) {
        let now = clock::now();
        if let Some(at) = token.expires_at.filter(|_| token.expired(now)) {
            return Err(Unknown::Ended(Ended::Expired(at)));
        }
        app.token_uses.note(token, now);
        let caller = Caller { token: token.id, roles: token.roles, account: token.account };
        return Ok((caller, Standing::of(app.store.clone(), token, gone)));
    }
    // A known digest is a token's, so only another text is looked at for what is wrong with it.
    AccessToken::check(text).map_err(Unknown::Malformed)?;
    Err(Unknown::Unknown)
}

impl Caller {
    /// Who calls where no token is asked for.
    #[must_use]
    pub fn anonymous() -> Self {
        Self { token: TokenId::new(Timestamp::default(), 0), roles: Roles::default(), account: AccountNo(0) }
    }

    /// Makes sure that the caller may do what is for holders of any of `able`.
    ///
    /// # Errors
    /// Names the roles that may.
    pub fn may(self, able: Roles) -> Result<(), Refusal> {
        if self.roles.may(able) {
            return Ok(());
        }
        let held = self.roles.words().join(" and ");
        let able: Vec<&str> = std::iter::once(Role::Admin.as_str()).chain(able.words()).collect();
        let detail = format!("a token with the role {held} may not do this; {} may", able.join(" or "));
        Err(Refusal::new(Code::Forbidden, detail))
    }

    /// The caller, acting for the account it names: an admin token may name any.
    ///
    /// # Errors
    /// When it may name none, or there is no such account.
    pub fn acting_for(self, app: &App, named: Option<&str>) -> Result<Self, Refusal> {
        let Some(named) = named else { return Ok(self) };
        if !self.roles.may(permissions::ACT_FOR_ACCOUNTS) {
            return Err(Refusal::new(Code::Forbidden, "only admin tokens may name an account"));
        }
        let account = accounts::named(app, named).ok_or_else(|| Refusal::not_found("account"))?;
        Ok(Self { account: account.no(), ..self })
    }
}
