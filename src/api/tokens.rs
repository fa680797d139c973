//! `/v1/tokens`: who may call. A token's text is in the answer that makes it and nowhere else.

use http::header::{CACHE_CONTROL, HeaderValue};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::accounts::no_entropy;
use super::answer::{Answer, created, no_content};
use super::auth::account_named;
use super::call::Call;
use super::document::Faults;
use super::problem::{Code, Problem};
use super::query::{ACCOUNT, Position, page_of};
use super::shown::Shown;
use crate::clock;
use crate::domain::account::{Role, Token};
use crate::domain::id::{AccountId, AccountNo, TokenId};
use crate::domain::time::Timestamp;
use crate::domain::token::AccessToken;
use crate::limits;
use crate::store::command::Edit;

/// A token to make.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(extend("required" = ["role"]))]
pub struct TokenBody {
    /// What it may do: admin, producer, manager, reader or metrics.
    #[serde(default)]
    #[schemars(required)]
    role: Option<String>,
    /// The account it opens, by name or id; the caller's unless given.
    #[serde(default)]
    account: Option<String>,
    /// A note for people.
    #[serde(default)]
    description: Option<String>,
}

/// A token.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TokenView {
    id: Shown<TokenId>,
    role: &'static str,
    account_id: Option<Shown<AccountId>>,
    /// The account's name.
    account: Option<String>,
    description: String,
    created_at: Shown<Timestamp>,
    /// The token itself, in the answer that makes it only.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

fn view(call: &Call, token: &Token, text: Option<String>) -> TokenView {
    let account = call.context.store.directory().account(token.account).cloned();
    TokenView {
        id: Shown(token.id),
        role: token.role.as_str(),
        account_id: account.as_ref().map(|account| Shown(account.id)),
        account: account.map(|account| account.name.clone()),
        description: token.description.clone(),
        created_at: Shown(token.created_at),
        token: text,
    }
}

/// A note for people, checked.
pub(super) fn description(text: Option<String>, faults: &mut Faults) -> String {
    let text = text.unwrap_or_default();
    if text.len() > limits::DESCRIPTION_BYTES {
        faults.add("/description", format_args!("may have at most {} bytes", limits::DESCRIPTION_BYTES));
    }
    text
}

fn account(call: &Call, named: Option<&str>, faults: &mut Faults) -> AccountNo {
    let Some(named) = named else { return call.account() };
    let directory = call.context.store.directory();
    let found = match named.parse::<AccountId>() {
        Ok(id) => directory.account(id.no()).filter(|account| account.id == id),
        Err(_) => directory.account_named(named),
    };
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
pub async fn create(mut call: Box<Call>) -> Result<Answer, Problem> {
    let (body, mut faults) = call.document::<TokenBody>().await?;
    let role = faults.require("/role", body.role).and_then(|word| {
        let words = Role::ALL.map(Role::as_str).join(", ");
        faults.check("/role", Role::parse(&word).ok_or_else(|| format!("must be one of {words}")))
    });
    let account = account(&call, body.account.as_deref(), &mut faults);
    let description = description(body.description, &mut faults);
    let role = faults.unless(role)?;
    let secret = AccessToken::from_random(clock::random_bytes().map_err(|e| no_entropy(&e))?);
    let random = clock::random_bytes().map(u128::from_be_bytes).map_err(|e| no_entropy(&e))?;
    let id = TokenId::new(call.now, random);
    let token = Token { id, digest: secret.digest(), account, role, description, created_at: call.now };
    call.edit(Edit::CreateToken(token.clone()), "account").await?;
    let shown = view(&call, &token, Some(secret.expose().to_owned()));
    created(&format!("/v1/tokens/{id}"), &shown).map(private)
}

/// An answer that no cache may keep.
pub(super) fn private(mut answer: Answer) -> Answer {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
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
/// When a parameter has no sense.
pub async fn list(call: Box<Call>) -> Result<Answer, Problem> {
    let page = call.query.page::<TokenId>()?;
    let named = account_named(&call.headers, call.query.text(ACCOUNT.name)).map(|_| call.account());
    let is_asked = |token: &&std::sync::Arc<Token>| named.is_none_or(|account| token.account == account);
    let mut all: Vec<_> = call.context.store.directory().tokens().filter(is_asked).cloned().collect();
    all.sort_unstable_by_key(|token| token.id);
    let (rows, next) = page_of(all.into_iter(), |token| token.id, &page);
    call.list(rows.iter().map(|token| view(&call, token, None)).collect(), next)
}

/// Answers `DELETE /v1/tokens/{id}`.
///
/// # Errors
/// When there is no such token, or it is the last one that can make others.
pub async fn revoke(call: Box<Call>) -> Result<Answer, Problem> {
    let id: TokenId = call.param.parse().map_err(|_| Problem::not_found("token"))?;
    let _one_at_a_time = call.context.editing.lock().await;
    let last = {
        let directory = call.context.store.directory();
        let mut admins = directory.tokens().filter(|token| token.role == Role::Admin);
        admins.next().is_some_and(|only| only.id == id) && admins.next().is_none()
    };
    if last {
        return Err(Problem::new(Code::Conflict, "this is the last admin token; make another one first"));
    }
    call.edit(Edit::RevokeToken(id), "token").await?;
    Ok(no_content())
}
