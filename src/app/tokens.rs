//! Access tokens: who may call. A token's text is known to the one who makes it, and to no one else.

use std::sync::Arc;

use super::core::{App, NO_ACCOUNT};
use super::entropy::no_entropy;
use super::pages::{Page, PageRequest, page_of};
use crate::clock;
use crate::domain::account::{Role, Roles, Token};
use crate::domain::id::{AccountNo, TokenId};
use crate::domain::refusal::{Code, Refusal};
use crate::domain::time::Timestamp;
use crate::domain::token::AccessToken;
use crate::store::audit::Actor;
use crate::store::command::Edit;

/// A token to make.
#[derive(Debug)]
pub struct NewToken {
    /// The account it opens.
    pub account: AccountNo,
    /// What it may do.
    pub roles: Roles,
    /// What people call it.
    pub description: String,
    /// When it expires.
    pub expires_at: Option<Timestamp>,
}

/// Makes a token; the token, and its text.
///
/// # Errors
/// When the account is gone, or the store cannot.
pub async fn create(
    app: &App,
    new: NewToken,
    by: Actor,
    now: Timestamp,
) -> Result<(Token, AccessToken), Refusal> {
    let text = AccessToken::from_random(clock::random_bytes().map_err(|e| no_entropy(&e))?);
    let random = clock::random_bytes().map(u128::from_be_bytes).map_err(|e| no_entropy(&e))?;
    let NewToken { account, roles, description, expires_at } = new;
    let token = Token {
        id: TokenId::new(now, random),
        digest: text.digest(),
        account,
        roles,
        description,
        created_at: now,
        expires_at,
        last_used_at: None,
    };
    app.edit(Edit::CreateToken(token.clone()), by, "account", now).await?;
    Ok((token, text))
}

/// When a token was last used, to the hour.
#[must_use]
pub fn last_used(app: &App, token: &Token) -> Option<Timestamp> {
    app.token_uses.last(token)
}

/// The token of an id.
///
/// # Errors
/// When there is none.
pub fn find(app: &App, id: TokenId) -> Result<Arc<Token>, Refusal> {
    let found = app.store.directory().tokens().find(|token| token.id == id).cloned();
    found.ok_or_else(|| Refusal::not_found("token"))
}

/// A page of the tokens of an account, or of all of them.
#[must_use]
pub fn page(app: &App, account: Option<AccountNo>, page: &PageRequest<TokenId>) -> Page<Arc<Token>, TokenId> {
    let is_asked = |token: &&Arc<Token>| account.is_none_or(|account| token.account == account);
    let mut all: Vec<_> = app.store.directory().tokens().filter(is_asked).cloned().collect();
    all.sort_unstable_by_key(|token| token.id);
    page_of(all.into_iter(), |token| token.id, page)
}

/// Revokes a token.
///
/// # Errors
/// When there is no such token, or it is the last one that can make others.
pub async fn revoke(app: &App, id: TokenId, by: Actor, now: Timestamp) -> Result<(), Refusal> {
    let _one_at_a_time = app.editing(NO_ACCOUNT).await;
    let last = {
        let directory = app.store.directory();
        // One that ends may end while no one looks.
        let lasting = |token: &&Arc<Token>| token.roles.has(Role::Admin) && token.expires_at.is_none();
        let mut lasting = directory.tokens().filter(lasting);
        lasting.next().is_some_and(|only| only.id == id) && lasting.next().is_none()
    };
    if last {
        let detail = "this is the last admin token that does not expire; make another one first";
        return Err(Refusal::new(Code::Conflict, detail));
    }
    app.edit(Edit::RevokeToken(id), by, "token", now).await.map(drop)
}
