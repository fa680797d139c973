//! Accounts: the tenants.

use std::sync::Arc;

use super::core::{App, NO_ACCOUNT};
use super::entropy::random;
use super::pages::{Page, PageRequest, page_of};
use crate::domain::account::{Account, AccountName};
use crate::domain::id::{AccountId, AccountNo};
use crate::domain::quota::Held;
use crate::domain::refusal::{Code, Refusal};
use crate::domain::time::Timestamp;
use crate::store::audit::Actor;
use crate::store::command::{Edit, Edited};

/// An account, and what it holds.
pub type Holder = (Arc<Account>, Held);

/// Makes an account.
///
/// # Errors
/// When the name is taken, or the store cannot.
pub async fn create(
    app: &App,
    name: AccountName,
    by: Actor,
    now: Timestamp,
) -> Result<Arc<Account>, Refusal> {
    let _one_at_a_time = app.editing(NO_ACCOUNT).await;
    let name = name.into_text();
    if app.store.directory().account_named(&name).is_some() {
        return Err(Refusal::new(Code::Conflict, "an account with this name exists").at("/name", "is taken"));
    }
    let id = AccountId::new(now, AccountNo(0), random()?);
    let account = Account { id, name, created_at: now };
    match app.edit(Edit::CreateAccount(account), by, "account", now).await? {
        Edited::Account(account) => Ok(account),
        _ => Err(Refusal::new(Code::Internal, "the account was not created")),
    }
}

/// The account of an id.
///
/// # Errors
/// When there is none.
pub fn find(app: &App, id: AccountId) -> Result<Holder, Refusal> {
    let directory = app.store.directory();
    let found = directory.account(id.no()).filter(|account| account.id == id).cloned();
    let account = found.ok_or_else(|| Refusal::not_found("account"))?;
    let held = directory.held_by(account.no());
    Ok((account, held))
}

/// The account of a number.
#[must_use]
pub fn of(app: &App, no: AccountNo) -> Option<Arc<Account>> {
    app.store.directory().account(no).cloned()
}

/// The account of a name or an id.
#[must_use]
pub fn named(app: &App, text: &str) -> Option<Arc<Account>> {
    match text.parse::<AccountId>() {
        Ok(id) => find(app, id).ok().map(|(account, _)| account),
        Err(_) => app.store.directory().account_named(text).cloned(),
    }
}

/// A page of all accounts.
#[must_use]
pub fn page(app: &App, page: &PageRequest<AccountNo>) -> Page<Holder, AccountNo> {
    let directory = app.store.directory();
    let Page { rows, next } = page_of(directory.accounts(), |account| account.no(), page);
    let holder = |account: &Arc<Account>| (Arc::clone(account), directory.held_by(account.no()));
    Page { rows: rows.into_iter().map(holder).collect(), next }
}
