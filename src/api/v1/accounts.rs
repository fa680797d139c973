//! `/v1/accounts`: the tenants.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::call::Call;
use crate::api::context::NOBODY;
use crate::api::display_json::DisplayJson;
use crate::api::query::Listing;
use crate::api::route::Takes;
use crate::app::entropy::random;
use crate::app::pages::{Page, page_of};
use crate::domain::account::Account;
use crate::domain::id::{AccountId, AccountNo};
use crate::domain::quota::Held;
use crate::domain::time::Timestamp;
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Json, created, json};
use crate::limits;
use crate::store::command::{Edit, Edited};

/// An account to create.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct AccountBody {
    /// The name: lowercase letters, digits and `. _ -`.
    #[serde(default)]
    #[schemars(required)]
    name: Option<String>,
}

/// An account.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AccountView {
    id: DisplayJson<AccountId>,
    name: String,
    created_at: DisplayJson<Timestamp>,
    /// Its usage of what `[quotas]` limits.
    usage: Usage,
}

/// What an account holds.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Usage {
    webhooks: usize,
    event_types: usize,
    /// Replays that have not ended.
    replays: usize,
    /// Memory used by its webhooks, event types, actors, secrets and tokens, in bytes.
    memory_bytes: usize,
}

impl AccountView {
    fn new(account: &Account, held: Held) -> Self {
        let Held { webhooks, event_types, replays, bytes } = held;
        Self {
            id: DisplayJson(account.id),
            name: account.name.clone(),
            created_at: DisplayJson(account.created_at),
            usage: Usage { webhooks, event_types, replays, memory_bytes: bytes },
        }
    }
}

fn check_name(name: &str) -> Result<(), String> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-');
    let fits = (1..=limits::ACCOUNT_NAME_BYTES).contains(&name.len()) && name.bytes().all(plain);
    let rule = || {
        let most = limits::ACCOUNT_NAME_BYTES;
        format!("must be 1 to {most} lowercase letters, digits and . _ -")
    };
    // A name with an id's prefix could be taken for an id.
    if fits && !name.starts_with(AccountId::PREFIX) { Ok(()) } else { Err(rule()) }
}

/// Answers `POST /v1/accounts`.
///
/// # Errors
/// When the name is taken or cannot be one.
pub async fn create(mut call: Box<Call>, document: Takes<AccountBody>) -> Result<Json<AccountView>, Problem> {
    let (body, mut faults) = document.read(&mut call).await?;
    if let Some(name) = faults.require("/name", body.name.as_deref()) {
        faults.check("/name", check_name(name));
    }
    let name = faults.unless(body.name)?;
    let _one_at_a_time = call.context.app.editing(NOBODY).await;
    if call.context.store.directory().account_named(&name).is_some() {
        return Err(Problem::new(Code::Conflict, "an account with this name exists").at("/name", "is taken"));
    }
    let id = AccountId::new(call.now, AccountNo(0), random()?);
    let account = Account { id, name, created_at: call.now };
    match call.edit(Edit::CreateAccount(account), "account").await? {
        Edited::Account(account) => {
            created(&format!("/v1/accounts/{}", account.id), &AccountView::new(&account, Held::default()))
        }
        _ => Err(Problem::new(Code::Internal, "the account was not created")),
    }
}

impl crate::api::query::Position for AccountNo {
    fn to_bytes(&self) -> Vec<u8> {
        self.0.to_be_bytes().to_vec()
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(u32::from_be_bytes).map(Self)
    }
}

/// Answers `GET /v1/accounts/{id}`.
///
/// # Errors
/// When there is no such account.
pub async fn get(call: Box<Call>) -> Result<Json<AccountView>, Problem> {
    let id: Option<AccountId> = call.param.parse().ok();
    let found = {
        let directory = call.context.store.directory();
        let account = id.and_then(|id| directory.account(id.no()).filter(|account| account.id == id));
        account.map(|account| AccountView::new(account, directory.held_by(account.no())))
    };
    json(StatusCode::OK, &found.ok_or_else(|| Problem::not_found("account"))?)
}

/// Answers `GET /v1/accounts`.
///
/// # Errors
/// When a parameter has no sense.
pub async fn list(call: Box<Call>) -> Result<Json<Listing<AccountView>>, Problem> {
    let page = call.query.page::<AccountNo>()?;
    let (rows, next) = {
        let directory = call.context.store.directory();
        let Page { rows, next } = page_of(directory.accounts(), |account| account.no(), &page);
        (
            rows.into_iter()
                .map(|account| AccountView::new(account, directory.held_by(account.no())))
                .collect(),
            next,
        )
    };
    call.list(rows, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for good in ["a", "team-1", "x.y_z"] {
            assert!(check_name(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "a b", "acct_x", "ä", &"a".repeat(65)] {
            assert!(check_name(bad).is_err(), "{bad}");
        }
    }
}
