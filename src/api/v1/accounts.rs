//! `/v1/accounts`: the tenants.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::call::Call;
use crate::api::display_json::DisplayJson;
use crate::api::query::Listing;
use crate::api::route::Takes;
use crate::app::accounts;
use crate::domain::account::Account;
use crate::domain::id::{AccountId, AccountNo};
use crate::domain::quota::Held;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::reply::{Json, created, json};

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

/// Answers `POST /v1/accounts`.
///
/// # Errors
/// When the name is taken or cannot be one.
pub async fn create(mut call: Box<Call>, document: Takes<AccountBody>) -> Result<Json<AccountView>, Problem> {
    let (body, mut faults) = document.read(&mut call).await?;
    let name = faults.require("/name", body.name);
    let name = faults.parse("/name", name.as_deref());
    let account = accounts::create(&call.context.app, faults.unless(name)?, call.actor(), call.now).await?;
    created(&format!("/v1/accounts/{}", account.id), &AccountView::new(&account, Held::default()))
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
    let id = call.param.parse().map_err(|_| Problem::not_found("account"))?;
    let (account, held) = accounts::find(&call.context.app, id)?;
    json(StatusCode::OK, &AccountView::new(&account, held))
}

/// Answers `GET /v1/accounts`.
///
/// # Errors
/// When a parameter makes no sense.
pub async fn list(call: Box<Call>) -> Result<Json<Listing<AccountView>>, Problem> {
    let page = call.query.page::<AccountNo>()?;
    let found = accounts::page(&call.context.app, &page);
    call.list(found.rows.iter().map(|(account, held)| AccountView::new(account, *held)).collect(), found.next)
}
