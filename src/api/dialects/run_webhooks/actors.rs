//! Actors as this dialect's clients see them.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

use super::unsupported::refuse;
use super::view::user;
use super::window::Window;
use crate::api::call::Call;
use crate::app::pages::fitting;
use crate::app::{accounts, actors};
use crate::domain::actor::ActorRecord;
use crate::http::problem::Problem;
use crate::http::reply::{Json, json as answer};

/// Answers `GET /v2/actors/{id}`.
///
/// # Errors
/// When no such actor is declared.
pub async fn show(call: Box<Call>) -> Result<Json<Value>, Problem> {
    let id = call.param.parse().map_err(|_| Problem::not_found("actor"))?;
    let actor = actors::find(&call.context.app, call.account(), &id)?;
    let declared: Value = serde_json::from_str(&actor.declaration).unwrap_or_default();
    let mut data = summary(&actor, &declared, &username(&call));
    let more = json!({
        "userId": user(&call),
        "description": declared.get("description"),
        "isPublic": false,
        "versions": [],
        "defaultRunOptions": { "build": "latest", "timeoutSecs": 0, "memoryMbytes": super::run::MEMORY_MBYTES },
        "taggedBuilds": {},
    });
    if let (Value::Object(data), Value::Object(more)) = (&mut data, more) {
        data.extend(more);
    }
    answer(StatusCode::OK, &json!({ "data": data }))
}

/// An actor in a list.
fn summary(actor: &ActorRecord, declared: &Value, username: &str) -> Value {
    json!({
        "id": actor.id.as_str(),
        "name": declared.get("name").and_then(Value::as_str).unwrap_or(actor.id.as_str()),
        "username": username,
        "title": declared.get("title"),
        "createdAt": actor.created_at.to_string(),
        "modifiedAt": actor.updated_at.to_string(),
        "stats": {},
    })
}

/// The name of the caller's account.
fn username(call: &Call) -> String {
    accounts::of(&call.context.app, call.account()).map(|account| account.name.clone()).unwrap_or_default()
}

/// Answers `GET /v2/acts`: the declared ones.
///
/// # Errors
/// When a parameter makes no sense.
pub async fn list(call: Box<Call>) -> Result<Json<Value>, Problem> {
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
        summary(actor, &serde_json::from_str(&actor.declaration).unwrap_or_default(), &username)
    };
    // Their declarations are read for it and may be long: then there are fewer in the answer, as it says.
    let rows = all.get(offset..).unwrap_or_default();
    let fitting = fitting(rows.iter().map(|actor| actor.declaration.len()));
    let items: Vec<Value> = rows.iter().take(limit.min(fitting)).map(shown).collect();
    window.answer(&items, all.len() as u64)
}

/// Answers `GET /v2/users/me`: what clients try their token with.
///
/// # Errors
/// When there is no answer, which is a mistake of ours.
pub async fn user_of_token(call: Box<Call>) -> Result<Json<Value>, Problem> {
    let account = accounts::of(&call.context.app, call.account());
    let created_at = account.map(|account| account.created_at.to_string());
    let data = json!({
        "id": user(&call),
        "username": username(&call),
        "profile": {},
        "isPaying": false,
        "createdAt": created_at,
    });
    answer(StatusCode::OK, &json!({ "data": data }))
}
