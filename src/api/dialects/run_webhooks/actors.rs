//! Actors as this dialect's clients see them.

use std::sync::Arc;

use http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::unsupported::refuse;
use super::view::user;
use super::window::{Data, Listed, Window, data};
use crate::api::call::Call;
use crate::api::display_json::DisplayJson;
use crate::app::pages::fitting;
use crate::app::{accounts, actors};
use crate::domain::actor::ActorRecord;
use crate::domain::time::Timestamp;
use crate::http::problem::Problem;
use crate::http::reply::Json;

/// No members: there is nothing here that they could say.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "RunNothing")]
pub struct Nothing {}

/// An actor in a list.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunActorSummary")]
pub struct Summary {
    id: String,
    name: String,
    /// The account's name.
    username: String,
    /// As its declaration has it.
    title: Option<Value>,
    created_at: DisplayJson<Timestamp>,
    modified_at: DisplayJson<Timestamp>,
    stats: Nothing,
}

impl Summary {
    fn new(actor: &ActorRecord, declared: &Value, username: &str) -> Self {
        Self {
            id: actor.id.as_str().to_owned(),
            name: declared.get("name").and_then(Value::as_str).unwrap_or(actor.id.as_str()).to_owned(),
            username: username.to_owned(),
            title: declared.get("title").cloned(),
            created_at: DisplayJson(actor.created_at),
            modified_at: DisplayJson(actor.updated_at),
            stats: Nothing {},
        }
    }
}

/// An actor.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunActor")]
pub struct Whole {
    #[serde(flatten)]
    summary: Summary,
    /// The account's id.
    user_id: String,
    /// As its declaration has it.
    description: Option<Value>,
    is_public: bool,
    versions: [Nothing; 0],
    default_run_options: RunOptions,
    tagged_builds: Nothing,
}

/// How runs are started that say nothing else.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunActorOptions")]
struct RunOptions {
    build: &'static str,
    timeout_secs: u32,
    memory_mbytes: u32,
}

/// Answers `GET /v2/actors/{id}`.
///
/// # Errors
/// When no such actor is declared.
pub async fn show(call: Box<Call>) -> Result<Json<Data<Whole>>, Problem> {
    let id = call.param.parse().map_err(|_| Problem::not_found("actor"))?;
    let actor = actors::find(&call.context.app, call.account(), &id)?;
    let declared: Value = serde_json::from_str(&actor.declaration).unwrap_or_default();
    let actor = Whole {
        summary: Summary::new(&actor, &declared, &username(&call)),
        user_id: user(&call),
        description: declared.get("description").cloned(),
        is_public: false,
        versions: [],
        default_run_options: RunOptions {
            build: "latest",
            timeout_secs: 0,
            memory_mbytes: super::run::MEMORY_MBYTES,
        },
        tagged_builds: Nothing {},
    };
    data(StatusCode::OK, actor)
}

/// The name of the caller's account.
fn username(call: &Call) -> String {
    accounts::of(&call.context.app, call.account()).map(|account| account.name.clone()).unwrap_or_default()
}

/// Answers `GET /v2/acts`: the declared ones.
///
/// # Errors
/// When a parameter makes no sense.
pub async fn list(call: Box<Call>) -> Listed<Summary> {
    refuse(&call, &["sortBy"])?;
    let window = Window::of(&call)?;
    let mut all = actors::list(&call.context.app, call.account());
    all.sort_by_key(|actor| actor.created_at);
    if window.desc {
        all.reverse();
    }
    let (offset, limit) = window.range();
    let username = username(&call);
    let shown = |actor: &Arc<ActorRecord>| {
        Summary::new(actor, &serde_json::from_str(&actor.declaration).unwrap_or_default(), &username)
    };
    // Their declarations are read for it and may be long: then there are fewer in the answer, as it says.
    let rows = all.get(offset..).unwrap_or_default();
    let fitting = fitting(rows.iter().map(|actor| actor.declaration.len()));
    let items = rows.iter().take(limit.min(fitting)).map(shown).collect();
    window.answer(items, all.len() as u64)
}

/// The account of a token.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunUser")]
pub struct User {
    id: String,
    username: String,
    profile: Nothing,
    is_paying: bool,
    created_at: Option<DisplayJson<Timestamp>>,
}

/// Answers `GET /v2/users/me`: what clients try their token with.
///
/// # Errors
/// When there is no answer, which is a mistake of ours.
pub async fn user_of_token(call: Box<Call>) -> Result<Json<Data<User>>, Problem> {
    let account = accounts::of(&call.context.app, call.account());
    let created_at = account.map(|account| DisplayJson(account.created_at));
    let (id, username) = (user(&call), username(&call));
    data(StatusCode::OK, User { id, username, profile: Nothing {}, is_paying: false, created_at })
}
