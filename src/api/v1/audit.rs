//! `/v1/audit`: who changed what. Managers see the entries of their account, admins all of them.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::api::auth::account_named;
use crate::api::call::Call;
use crate::api::display_json::DisplayJson;
use crate::api::param::Param;
use crate::api::query::Listing;
use crate::api::query::{ACCOUNT, Position};
use crate::app::accounts;
use crate::app::audit::{self, Actor, AuditCheck, AuditEntry, AuditFilter, Break};
use crate::app::permissions;
use crate::domain::id::AccountId;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::reply::{Json, json};

/// What entries can be filtered by.
pub const FILTERS: [Param; 5] = [
    Param::text("actor", "Only entries of this actor: a token's id, daemon or anonymous."),
    Param::text("action", "Only entries of this action or pattern, such as webhook.*."),
    Param::text("object", "Only entries about this id or name."),
    Param::time("since", "Only entries of this time or later."),
    Param::time("until", "Only entries before this time."),
];

/// An entry of the audit log.
#[derive(Debug, Serialize, JsonSchema)]
pub struct AuditView {
    /// The entry's number, counted over all accounts.
    no: u64,
    at: DisplayJson<Timestamp>,
    /// Who: a token's id, `daemon`, or `anonymous` without a known token.
    actor: DisplayJson<Actor>,
    /// The account concerned; null when there is none.
    account_id: Option<DisplayJson<AccountId>>,
    /// The account's name.
    account: Option<String>,
    /// The action, such as `webhook.create`.
    action: String,
    /// The id or name of the object; may be empty.
    object: String,
    /// More about it, such as which members were changed; never a secret.
    detail: String,
    /// The digest of the entry before, which may be another account's; zeros for the first.
    previous: String,
    /// SHA-256 of this entry with the digest of the one before, in hex.
    hash: String,
    /// The digest's version: 2 is described in the documentation, 1 was written by an older release.
    version: u8,
}

/// The result of checking the whole log.
#[derive(Debug, Serialize, JsonSchema)]
pub struct VerifyView {
    /// Whether the log is intact.
    intact: bool,
    /// How many entries were checked.
    entries: u64,
    /// The number of the oldest entry that is kept; null when there is none.
    from: Option<u64>,
    /// The number of the newest entry; null when there is none.
    to: Option<u64>,
    /// The newest entry's digest. Kept elsewhere, it shows when the store is replaced by an older copy.
    head: String,
    /// The first places where the log was changed, in order.
    breaks: Vec<BreakView>,
}

/// A place where the log was changed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct BreakView {
    /// The number of the entry there.
    no: u64,
    /// What is wrong.
    why: &'static str,
}

fn view(call: &Call, entry: AuditEntry) -> AuditView {
    let AuditEntry { no, at, actor, account, action, object, detail, previous, hash, version } = entry;
    let named = account.and_then(|id| accounts::find(&call.context.app, id).ok());
    AuditView {
        no,
        at: DisplayJson(at),
        actor: DisplayJson(actor),
        account_id: account.map(DisplayJson),
        account: named.map(|(account, _)| account.name.clone()),
        action,
        object,
        detail,
        previous: hex::encode(previous),
        hash: hex::encode(hash),
        version,
    }
}

/// The account whose entries the caller may and wants to see; `None`: everything.
fn account(call: &Call) -> Result<Option<AccountId>, Problem> {
    let named = account_named(&call.headers, call.query.text(ACCOUNT.name)).is_some();
    if call.caller.roles.may(permissions::ACT_FOR_ACCOUNTS) && !named {
        return Ok(None);
    }
    let own = accounts::of(&call.context.app, call.account());
    own.map(|account| Some(account.id)).ok_or_else(|| Problem::not_found("account"))
}

impl Position for u64 {
    fn to_bytes(&self) -> Vec<u8> {
        self.to_be_bytes().to_vec()
    }
    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self::from_be_bytes)
    }
}

/// Answers `GET /v1/audit`.
///
/// # Errors
/// When a parameter makes no sense, or the store cannot be read.
pub async fn list(call: Box<Call>) -> Result<Json<Listing<AuditView>>, Problem> {
    let filter = AuditFilter {
        account: account(&call)?,
        actor: call.query.value("actor")?,
        action: call.query.value("action")?,
        object: call.query.text("object").map(str::to_owned),
        since: call.query.value("since")?,
        until: call.query.value("until")?,
    };
    let page = call.query.page::<u64>()?;
    let found = audit::list(&call.context.app, call.account(), &filter, page).await?;
    let rows = found.rows.into_iter().map(|entry| view(&call, entry)).collect();
    call.list(rows, found.next)
}

/// Answers `GET /v1/audit/verify`.
///
/// # Errors
/// When the store cannot be read.
pub async fn verify(call: Box<Call>) -> Result<Json<VerifyView>, Problem> {
    let AuditCheck { entries, span, breaks } = audit::check(&call.context.app, call.account()).await?;
    let holds_some = span.next > span.first;
    json(
        StatusCode::OK,
        &VerifyView {
            intact: breaks.is_empty(),
            entries,
            from: holds_some.then_some(span.first),
            to: holds_some.then(|| span.next - 1),
            head: hex::encode(span.last),
            breaks: breaks.into_iter().map(|Break { no, why }| BreakView { no, why }).collect(),
        },
    )
}
