//! Actors as this dialect's clients see them.

use http::StatusCode;
use serde_json::{Value, json};

use super::runs::user;
use crate::api::answer::{Answer, json as answer};
use crate::api::call::Call;
use crate::api::problem::Problem;
use crate::domain::actor::ActorId;

/// Answers `GET /v2/actors/{id}`.
///
/// # Errors
/// When no such actor is declared.
pub async fn show(call: Box<Call>) -> Result<Answer, Problem> {
    let missing = || Problem::not_found("actor");
    let id: ActorId = call.param.parse().map_err(|_| missing())?;
    let (actor, username) = {
        let directory = call.context.store.directory();
        let actor = directory.actor(call.account(), &id).cloned().ok_or_else(missing)?;
        let account = directory.account(call.account());
        (actor, account.map(|account| account.name.clone()).unwrap_or_default())
    };
    let declared: Value = serde_json::from_str(&actor.declaration).unwrap_or_default();
    let name = declared.get("name").and_then(Value::as_str).unwrap_or(id.as_str());
    let data = json!({
        "id": id.as_str(),
        "userId": user(&call),
        "name": name,
        "username": username,
        "title": declared.get("title"),
        "description": declared.get("description"),
        "isPublic": false,
        "createdAt": actor.created_at.to_string(),
        "modifiedAt": actor.updated_at.to_string(),
        "stats": {},
        "versions": [],
        "defaultRunOptions": { "build": "latest", "timeoutSecs": 0, "memoryMbytes": super::run::MEMORY_MBYTES },
        "taggedBuilds": {},
    });
    answer(StatusCode::OK, &json!({ "data": data }))
}
