//! `/v1/actors`: what is run, and the webhooks that hear of each of its runs. A declaration is an
//! `actor.json`: its `webhooks` are made to be what it says, and the rest is kept as it is.

use std::collections::HashSet;
use std::sync::Arc;

use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use super::webhooks::declared;
use crate::api::call::Call;
use crate::api::context::Context;
use crate::api::display_json::{DisplayJson, raw};
use crate::api::query::Listing;
use crate::api::route::Takes;
use crate::app::actors::{self, Declaration};
use crate::app::audit::Actor;
use crate::app::masked::{UNKNOWN, comes_back};
use crate::app::webhooks::Approved;
use crate::domain::actor::{ActorId, ActorRecord};
use crate::domain::header::MASK;
use crate::domain::id::{AccountNo, WebhookId};
use crate::domain::refusal::push;
use crate::domain::target::TargetUrl;
use crate::domain::template;
use crate::domain::time::Timestamp;
use crate::http::content_type::{media_type, unsupported};
use crate::http::document::{Faults, check_walk, is_object, syntax};
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Json, created, json};
use crate::http::response::{Response, no_content, segment};
use crate::limits;

/// A declaration: an `actor.json`. Members that are not named here are kept with it.
#[derive(Debug, Deserialize, JsonSchema)]
pub struct ActorBody {
    /// The webhooks of its runs, in the form of run webhooks without a condition.
    #[serde(default)]
    #[schemars(with = "Vec<serde_json::Map<String, serde_json::Value>>")]
    webhooks: Vec<Box<RawValue>>,
}

/// A declared actor.
#[derive(Debug, Serialize, JsonSchema)]
pub struct ActorView {
    id: DisplayJson<ActorId>,
    /// As given.
    #[schemars(with = "serde_json::Map<String, serde_json::Value>")]
    declaration: Option<Box<RawValue>>,
    /// The webhooks created from it.
    webhooks: Vec<DisplayJson<WebhookId>>,
    created_at: DisplayJson<Timestamp>,
    updated_at: DisplayJson<Timestamp>,
}

impl ActorView {
    /// An actor as who makes the call may see it.
    fn new(actor: &ActorRecord, call: &Call) -> Self {
        let webhooks = actors::webhooks_of(&call.context.app, call.account(), actor);
        Self {
            id: DisplayJson(actor.id.clone()),
            declaration: if call.manages_secrets() {
                raw(&actor.declaration)
            } else {
                raw(&masked(&actor.declaration))
            },
            webhooks: webhooks.iter().map(|webhook| DisplayJson(webhook.id)).collect(),
            created_at: DisplayJson(actor.created_at),
            updated_at: DisplayJson(actor.updated_at),
        }
    }
}

/// The members of a declaration whose values are credentials as often as not, wherever they stand.
const ENVIRONMENTS: [&str; 2] = ["environmentVariables", "envVars"];

/// A declaration for who may not know its webhooks' credentials, nor the values of its environment.
fn masked(declaration: &str) -> String {
    let mut declared: Value = serde_json::from_str(declaration).unwrap_or_default();
    let webhooks = declared.get_mut("webhooks").and_then(Value::as_array_mut);
    for webhook in webhooks.into_iter().flatten().filter_map(Value::as_object_mut) {
        for (name, value) in webhook {
            let Value::String(text) = value else { continue };
            match name.as_str() {
                "requestUrl" => match TargetUrl::from_stored(text) {
                    Ok(target) => *text = target.masked(),
                    Err(_) => MASK.clone_into(text),
                },
                "headersTemplate" => *text = template::masked(text),
                _ => {}
            }
        }
    }
    each_value(&mut declared, false, &mut String::new(), &mut |_, value| *value = MASK.into());
    declared.to_string()
}

/// Visits the values of a declaration's environment, with the pointers to them.
fn each_value(
    value: &mut Value,
    within: bool,
    pointer: &mut String,
    visit: &mut impl FnMut(&str, &mut Value),
) {
    let length = pointer.len();
    let mut step = |name: &str, value: &mut Value, within| {
        push(pointer, name);
        each_value(value, within, pointer, visit);
        pointer.truncate(length);
    };
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                step(name, value, within || ENVIRONMENTS.contains(&name.as_str()));
            }
        }
        Value::Array(items) => {
            for (at, value) in items.iter_mut().enumerate() {
                step(&at.to_string(), value, within);
            }
        }
        Value::Null => {}
        _ if within => visit(pointer, value),
        _ => {}
    }
}

/// Whose declaration it is, who gives it, and when.
#[derive(Clone, Copy)]
pub struct Declaring<'c> {
    /// What handlers work with.
    pub context: &'c Context,
    /// The account it is for.
    pub account: AccountNo,
    /// Who gives it.
    pub by: Actor,
    /// Whether they may manage the account's secrets.
    pub secrets: bool,
    /// When.
    pub now: Timestamp,
}

impl Declaring<'_> {
    /// Makes an actor and its webhooks what `declaration` says, in one commit. Nothing is stored when
    /// they are so already.
    ///
    /// # Errors
    /// Names every member that cannot be taken.
    pub async fn declare(self, id: ActorId, declaration: &[u8]) -> Result<Arc<ActorRecord>, Problem> {
        let app = &self.context.app;
        let known = actors::find(app, self.account, &id).ok();
        let given = std::str::from_utf8(declaration).unwrap_or_default().trim();
        if let Some(known) = known.filter(|known| comes_back(given, &masked(&known.declaration))) {
            return Ok(known);
        }
        let (text, webhooks) = self.read(&id, declaration)?;
        let declaration = Declaration { id, text: text.into(), webhooks };
        Ok(actors::declare(app, self.account, declaration, self.by, self.now).await?)
    }

    /// A declaration's text, and its webhooks without those that say what another one says.
    fn read<'t>(self, id: &ActorId, declaration: &'t [u8]) -> Result<(&'t str, Vec<Approved>), Problem> {
        check_walk(declaration)?;
        if !is_object(declaration) {
            return Err(Problem::new(Code::MalformedJson, "a declaration must be a JSON object"));
        }
        let body: ActorBody = serde_json::from_slice(declaration).map_err(|error| match error.is_data() {
            true => Problem::invalid(vec![]).at("/webhooks", "must be an array of objects"),
            false => syntax(&error),
        })?;
        let text = std::str::from_utf8(declaration).map(str::trim).unwrap_or_default();
        let mut faults = Faults::default();
        if body.webhooks.len() > limits::WEBHOOKS_PER_ACTOR {
            faults.add("/webhooks", format_args!("may hold at most {}", limits::WEBHOOKS_PER_ACTOR));
        }
        let mut whole: Value = serde_json::from_str(text).unwrap_or_default();
        each_value(&mut whole, false, &mut String::new(), &mut |pointer, value| {
            if value == MASK {
                faults.add(pointer, UNKNOWN);
            }
        });
        let rules = self.context.app.rules();
        let asking = rules.asking(self.secrets, self.now);
        let mut seen = HashSet::new();
        let mut drafts = Vec::new();
        for (at, webhook) in body.webhooks.iter().enumerate().take(limits::WEBHOOKS_PER_ACTOR) {
            let scope = id.scope();
            match declared(self.account, scope, webhook.get(), &asking) {
                Ok(draft) => {
                    let url = draft.webhook().url.as_str().to_owned();
                    drafts.extend(draft.listening(|event| seen.insert((event.clone(), url.clone()))));
                }
                Err(problem) if problem.errors.is_empty() => {
                    faults.add(&format!("/webhooks/{at}"), problem.refusal.detail);
                }
                Err(problem) => {
                    for fault in problem.refusal.errors {
                        faults.add(&format!("/webhooks/{at}{}", fault.pointer), fault.detail);
                    }
                }
            }
        }
        faults.done()?;
        Ok((text, drafts))
    }
}

fn named(call: &Call) -> Result<Arc<ActorRecord>, Problem> {
    let id = call.param.parse().map_err(|_| Problem::not_found("actor"))?;
    Ok(actors::find(&call.context.app, call.account(), &id)?)
}

/// Answers `PUT /v1/actors/{id}`.
///
/// # Errors
/// Names every member that cannot be taken.
pub async fn put(mut call: Box<Call>, _: Takes<ActorBody>) -> Result<Json<ActorView>, Problem> {
    match media_type(&call.headers)?.as_deref() {
        None | Some("application/json") => {}
        Some(other) => return Err(unsupported(other, "application/json")),
    }
    let id: ActorId =
        call.param.parse().map_err(|error| Problem::bad_name("an actor", &call.param, error))?;
    let body = call.body.json(limits::ACTOR_BYTES).await?;
    let known = named(&call).is_ok();
    let declaring = Declaring {
        context: &call.context,
        account: call.account(),
        by: call.actor(),
        secrets: call.manages_secrets(),
        now: call.now,
    };
    let path = format!("/v1/actors/{}", segment(id.as_str()));
    let actor = declaring.declare(id, &body).await?;
    let view = ActorView::new(&actor, &call);
    if known { json(StatusCode::OK, &view) } else { created(&path, &view) }
}

/// Answers `GET /v1/actors`.
///
/// # Errors
/// When a parameter makes no sense.
pub async fn list(call: Box<Call>) -> Result<Json<Listing<ActorView>>, Problem> {
    let page = call.query.page_by_name()?;
    let found = actors::page(&call.context.app, call.account(), &page);
    call.list(found.rows.iter().map(|actor| ActorView::new(actor, &call)).collect(), found.next)
}

/// Answers `GET /v1/actors/{id}`.
///
/// # Errors
/// When no such actor is declared.
pub async fn show(call: Box<Call>) -> Result<Json<ActorView>, Problem> {
    json(StatusCode::OK, &ActorView::new(&*named(&call)?, &call))
}

/// Answers `DELETE /v1/actors/{id}`.
///
/// # Errors
/// When no such actor is declared.
pub async fn delete(call: Box<Call>) -> Result<Response, Problem> {
    // One whose declaration cannot be read is not known, and can be deleted all the same.
    let id: ActorId = call.param.parse().map_err(|_| Problem::not_found("actor"))?;
    actors::delete(&call.context.app, call.account(), id, call.actor(), call.now).await?;
    Ok(no_content())
}
