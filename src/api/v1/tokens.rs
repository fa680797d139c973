//! `/v1/tokens`: who may call. A token's text is in the answer that makes it and nowhere else.

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::auth::account_named;
use crate::api::call::Call;
use crate::api::display_json::DisplayJson;
use crate::api::members::description;
use crate::api::query::Listing;
use crate::api::query::{ACCOUNT, Position};
use crate::api::route::Takes;
use crate::api::words::OneOf;
use crate::app::accounts;
use crate::app::tokens::{self, NewToken};
use crate::domain::account::{Role, Roles, Token};
use crate::domain::id::{AccountId, AccountNo, TokenId};
use crate::domain::time::{Timestamp, duration};
use crate::http::document::Faults;
use crate::http::problem::Problem;
use crate::http::reply::{Json, created, json};
use crate::http::response::{Response, no_content};

/// A token to create.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("anyOf" = [{"required": ["roles"]}, {"required": ["role"]}]))]
pub struct TokenBody {
    /// Its roles.
    #[serde(default)]
    roles: Option<Vec<OneOf<Role>>>,
    /// Its only role, instead of `roles`.
    #[serde(default)]
    role: Option<OneOf<Role>>,
    /// The account it gives access to, by name or id; by default the caller's.
    #[serde(default)]
    account: Option<String>,
    /// A description.
    #[serde(default)]
    description: Option<String>,
    /// When it expires; by default never.
    #[serde(default)]
    #[schemars(extend("format" = "date-time"))]
    expires_at: Option<String>,
    /// How long it is valid, instead of `expires_at`: `12h`, `30d`.
    #[serde(default)]
    expires_in: Option<String>,
}

/// A token.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TokenView {
    id: DisplayJson<TokenId>,
    /// Its roles.
    roles: Vec<OneOf<Role>>,
    /// The only role; null when `roles` has several.
    role: Option<OneOf<Role>>,
    account_id: Option<DisplayJson<AccountId>>,
    /// The account's name.
    account: Option<String>,
    description: String,
    created_at: DisplayJson<Timestamp>,
    /// When it expires. An expired token is listed for another 30 days.
    expires_at: Option<DisplayJson<Timestamp>>,
    /// The beginning of the hour in which it was last used.
    last_used_at: Option<DisplayJson<Timestamp>>,
    /// The token itself; only in the response that creates it.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

fn view(call: &Call, token: &Token, text: Option<String>) -> TokenView {
    let account = accounts::of(&call.context.app, token.account);
    let roles: Vec<_> = token.roles.iter().map(OneOf).collect();
    TokenView {
        id: DisplayJson(token.id),
        role: if let [only] = roles.as_slice() { Some(*only) } else { None },
        roles,
        account_id: account.as_ref().map(|account| DisplayJson(account.id)),
        account: account.map(|account| account.name.clone()),
        description: token.description.clone(),
        created_at: DisplayJson(token.created_at),
        expires_at: token.expires_at.map(DisplayJson),
        last_used_at: tokens::last_used(&call.context.app, token).map(DisplayJson),
        token: text,
    }
}

/// The roles of a new token.
fn roles(many: Option<Vec<OneOf<Role>>>, one: Option<OneOf<Role>>, faults: &mut Faults) -> Option<Roles> {
    match (many, one) {
        (Some(_), Some(_)) => {
            faults.add("/role", "cannot be used together with roles");
            None
        }
        (None, Some(OneOf(role))) => Some(Roles::of(&[role])),
        // A role that is no word of one has been left out, and reported.
        (None, None) if faults.iter().any(|fault| fault.pointer == "/role") => None,
        (many, None) => {
            let roles = faults.require("/roles", many)?;
            if roles.is_empty() || roles.len() > Role::ALL.len() {
                faults.add("/roles", format_args!("must hold 1 to {} roles", Role::ALL.len()));
                return None;
            }
            let roles: Vec<Role> = roles.into_iter().map(|OneOf(role)| role).collect();
            Some(Roles::of(&roles))
        }
    }
}

/// The end of a new token, if it is to have one.
fn expiry(at: Option<&str>, within: Option<&str>, now: Timestamp, faults: &mut Faults) -> Option<Timestamp> {
    let (pointer, end) = match (at, within) {
        (Some(_), Some(_)) => {
            faults.add("/expires_in", "cannot be used together with expires_at");
            return None;
        }
        (at, None) => ("/expires_at", faults.parse("/expires_at", at)),
        (None, Some(within)) => {
            let within = faults.check("/expires_in", duration(within));
            ("/expires_in", within.map(|within| now.plus(within)))
        }
    };
    if end.is_some_and(|end| end <= now) {
        faults.add(pointer, "must be in the future");
    }
    end
}

fn account(call: &Call, named: Option<&str>, faults: &mut Faults) -> AccountNo {
    let Some(named) = named else { return call.account() };
    let found = accounts::named(&call.context.app, named);
    found.map_or_else(
        || {
            faults.add("/account", "is not the name or the id of an account");
            call.account()
        },
        |account| account.no(),
    )
}

/// Answers `POST /v1/tokens`.
///
/// # Errors
/// When the role or the account is none.
pub async fn create(mut call: Box<Call>, document: Takes<TokenBody>) -> Result<Json<TokenView>, Problem> {
    let (body, mut faults) = document.read(&mut call).await?;
    let roles = roles(body.roles, body.role, &mut faults);
    let expires_at = expiry(body.expires_at.as_deref(), body.expires_in.as_deref(), call.now, &mut faults);
    let account = account(&call, body.account.as_deref(), &mut faults);
    let description = description(body.description, &mut faults);
    let roles = faults.unless(roles)?;
    let new = NewToken { account, roles, description, expires_at };
    let (token, text) = tokens::create(&call.context.app, new, call.actor(), call.now).await?;
    let shown = view(&call, &token, Some(text.expose().to_owned()));
    created(&format!("/v1/tokens/{}", token.id), &shown).map(Json::no_store)
}

impl Position for TokenId {
    fn to_bytes(&self) -> Vec<u8> {
        (*self).to_bytes().to_vec()
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_bytes)
    }
}

/// Answers `GET /v1/tokens`.
///
/// # Errors
/// When a parameter makes no sense.
pub async fn list(call: Box<Call>) -> Result<Json<Listing<TokenView>>, Problem> {
    let page = call.query.page::<TokenId>()?;
    let named = account_named(&call.headers, call.query.text(ACCOUNT.name)).map(|_| call.account());
    let found = tokens::page(&call.context.app, named, &page);
    call.list(found.rows.iter().map(|token| view(&call, token, None)).collect(), found.next)
}

/// The id in the path.
fn id(call: &Call) -> Result<TokenId, Problem> {
    call.param.parse().map_err(|_| Problem::not_found("token"))
}

/// Answers `GET /v1/tokens/{id}`.
///
/// # Errors
/// When there is no such token.
pub async fn get(call: Box<Call>) -> Result<Json<TokenView>, Problem> {
    let token = tokens::find(&call.context.app, id(&call)?)?;
    json(StatusCode::OK, &view(&call, &token, None))
}

/// Answers `DELETE /v1/tokens/{id}`.
///
/// # Errors
/// When there is no such token, or it is the last one that can make others.
pub async fn revoke(call: Box<Call>) -> Result<Response, Problem> {
    tokens::revoke(&call.context.app, id(&call)?, call.actor(), call.now).await?;
    Ok(no_content())
}
