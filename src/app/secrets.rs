//! Secrets with a name: texts that templates put into headers.

use std::sync::Arc;

use super::core::App;
use super::pages::{Page, PageRequest, page_of};
use crate::domain::id::AccountNo;
use crate::domain::refusal::Refusal;
use crate::domain::secret::{SecretName, SecretRecord, SecretText};
use crate::domain::time::Timestamp;
use crate::store::audit::Actor;
use crate::store::command::Edit;

/// A secret that is set.
pub struct Set {
    /// It, as it is now.
    pub record: SecretRecord,
    /// Whether there was none of this name before.
    pub is_new: bool,
}

/// Sets a secret of an account; without an actor it is only said what that would be.
///
/// # Errors
/// When the account has too many, or the store cannot.
pub async fn put(
    app: &App,
    account: AccountNo,
    (name, text): (SecretName, SecretText),
    by: Option<Actor>,
    now: Timestamp,
) -> Result<Set, Refusal> {
    let before = app.store.directory().secret(account, name.as_str()).cloned();
    let created_at = before.as_ref().map_or(now, |before| before.created_at);
    // The same text again changes nothing.
    let same = before.as_ref().filter(|before| before.text == text);
    let updated_at = same.map_or(now, |same| same.updated_at);
    let record = SecretRecord { name, text, created_at, updated_at };
    if let Some(by) = by {
        app.edit(Edit::PutSecret(account, record.clone()), by, "secret", now).await?;
    }
    Ok(Set { record, is_new: before.is_none() })
}

/// A page of an account's secrets, by name.
#[must_use]
pub fn page(app: &App, account: AccountNo, page: &PageRequest<String>) -> Page<Arc<SecretRecord>, String> {
    let directory = app.store.directory();
    page_of(directory.secrets(account).cloned(), |record| record.name.to_string(), page)
}

/// Takes a secret of an account away.
///
/// # Errors
/// When there is none of this name, or the store cannot.
pub async fn delete(
    app: &App,
    account: AccountNo,
    name: SecretName,
    by: Actor,
    now: Timestamp,
) -> Result<(), Refusal> {
    app.edit(Edit::DeleteSecret(account, name), by, "secret", now).await.map(drop)
}
