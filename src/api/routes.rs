//! The one table of routes. The router and the OpenAPI description are both built from it, so they
//! cannot drift apart.

mod hooks;
mod runs;
mod settings;

use std::future::Future;
use std::pin::Pin;

use http::{Method, StatusCode};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::Value;

use super::call::Call;
use super::query::{self, PAGING, Param};
use super::surface::Surface;
use super::{
    action_runs, deliveries, events, jobs, openapi, replays, rest_hooks, run_webhooks, signing_keys, tail,
    webhooks,
};
use crate::domain::account::{Role, Roles};
use crate::http::answer::Answer;
use crate::http::problem::Problem;

/// The dialects; of those that have a path, the first is meant.
pub const SURFACES: [&Surface; 3] = [&action_runs::SURFACE, &run_webhooks::SURFACE, &rest_hooks::SURFACE];

/// The API of a path.
#[must_use]
pub fn surface_of(path: &str) -> &'static Surface {
    SURFACES.into_iter().find(|surface| surface.has(path)).unwrap_or(&Surface::NATIVE)
}

/// A handler's answer to come.
pub type Pending = Pin<Box<dyn Future<Output = Result<Answer, Problem>> + Send>>;

/// A type's JSON Schema in a description.
pub type Described = fn(&mut SchemaGenerator) -> Schema;

/// A body's media type and JSON Schema.
pub type Taken = (&'static str, Described);

/// What a route answers with.
#[derive(Clone, Copy)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The body's media type.
    pub media_type: &'static str,
    /// The body's JSON Schema; `None` for an answer without a body.
    pub schema: Option<Described>,
}

/// A route.
#[derive(Clone)]
pub struct Route {
    /// The method; GET includes HEAD.
    pub method: Method,
    /// The path, with at most two variables in braces.
    pub path: &'static str,
    /// The roles that may call it, besides admin; `None`: anybody may, without a token.
    pub roles: Option<Roles>,
    /// Whether it is about no account, so that none can be named.
    pub global: bool,
    /// What it does, in a sentence.
    pub summary: &'static str,
    /// Its query parameters.
    pub query: Vec<Param>,
    /// The media types of its body and their schemas.
    pub takes: Vec<Taken>,
    /// Whether its body may be left out.
    pub bodiless: bool,
    /// Its answer when all is well.
    pub replies: Vec<Reply>,
    /// A header of its own.
    pub header: Option<Param>,
    /// What answers it.
    pub handler: fn(Box<Call>) -> Pending,
}

impl Route {
    pub(super) fn new(
        method: Method,
        path: &'static str,
        roles: Option<Roles>,
        handler: fn(Box<Call>) -> Pending,
    ) -> Self {
        Self {
            method,
            path,
            roles,
            global: false,
            summary: "",
            query: Vec::new(),
            takes: Vec::new(),
            bodiless: false,
            replies: Vec::new(),
            header: None,
            handler,
        }
    }

    pub(super) fn about(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// Whether all that it is asked for is in its path.
    pub(super) fn acts(&self) -> bool {
        self.method == Method::POST && self.takes.is_empty()
    }

    /// Whether a repetition may make something again, or undo a later change.
    pub(super) fn makes_or_changes(&self) -> bool {
        [Method::POST, Method::PUT, Method::PATCH].contains(&self.method)
    }

    /// Whether the repetition of a request is recognised by its key.
    pub(super) fn takes_keys(&self) -> bool {
        self.header.is_some_and(|header| header.name == query::IDEMPOTENCY_KEY.name)
    }

    /// Is about no account.
    pub(super) fn global(self) -> Self {
        Self { global: true, ..self }
    }

    fn header(self, header: Param) -> Self {
        Self { header: Some(header), ..self }
    }

    fn query(mut self, params: &[Param]) -> Self {
        self.query.extend_from_slice(params);
        self
    }

    pub(super) fn takes<T: JsonSchema>(self) -> Self {
        self.takes_as::<T>("application/json")
    }

    fn takes_as<T: JsonSchema>(mut self, media_type: &'static str) -> Self {
        self.takes.push((media_type, SchemaGenerator::subschema_for::<T>));
        self
    }

    /// Takes a body of any type, or none.
    fn takes_any(self) -> Self {
        Self { bodiless: true, ..self.takes_as::<String>("*/*") }
    }

    /// Takes a body that may be left out.
    pub(super) fn may_take<T: JsonSchema>(self) -> Self {
        Self { bodiless: true, ..self.takes::<T>() }
    }

    pub(super) fn gives<T: JsonSchema>(self, status: StatusCode) -> Self {
        self.gives_as::<T>(status, "application/json")
    }

    fn gives_as<T: JsonSchema>(mut self, status: StatusCode, media_type: &'static str) -> Self {
        self.replies.push(Reply { status, media_type, schema: Some(SchemaGenerator::subschema_for::<T>) });
        self
    }

    fn gives_nothing(mut self) -> Self {
        self.replies.push(Reply { status: StatusCode::NO_CONTENT, media_type: "", schema: None });
        self
    }

    fn lists<T: JsonSchema>(self) -> Self {
        self.query(&PAGING).gives::<super::query::Listing<T>>(StatusCode::OK)
    }
}

macro_rules! handler {
    ($path:path) => {
        |call| Box::pin($path(call))
    };
}
pub(super) use handler;

/// Holders of any of these roles, and admins.
#[expect(clippy::unnecessary_wraps, reason = "what stands in its place is None: anybody")]
pub(super) const fn any_of(roles: &[Role]) -> Option<Roles> {
    Some(Roles::of(roles))
}

pub(super) fn get(path: &'static str, handler: fn(Box<Call>) -> Pending) -> Route {
    Route::new(Method::GET, path, any_of(&[Role::Manager, Role::Reader]), handler)
}

/// Reads jobs or runs, which those who make them may, too.
pub(super) fn get_work(path: &'static str, handler: fn(Box<Call>) -> Pending) -> Route {
    Route::new(Method::GET, path, any_of(&[Role::Producer, Role::Manager, Role::Reader]), handler)
}

/// Makes jobs, runs or events, or a step of one.
pub(super) fn work(path: &'static str, handler: fn(Box<Call>) -> Pending) -> Route {
    Route::new(Method::POST, path, any_of(&[Role::Producer]), handler)
}

fn manage(method: Method, path: &'static str, handler: fn(Box<Call>) -> Pending) -> Route {
    Route::new(method, path, any_of(&[Role::Manager]), handler)
}

pub(super) fn admin(method: Method, path: &'static str, handler: fn(Box<Call>) -> Pending) -> Route {
    Route::new(method, path, any_of(&[]), handler)
}

/// Every route there is.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut all = event_routes();
    all.extend(webhook_routes());
    all.extend(delivery_routes());
    all.extend(replay_routes());
    all.extend(job_routes());
    all.extend(runs::routes());
    all.extend(settings::routes());
    all.extend(hooks::routes());
    all.extend(action_runs::routes());
    all.extend(signing_keys::routes());
    all.push(
        Route::new(Method::GET, "/openapi.json", None, handler!(openapi::show))
            .about("Show this description: Ringback's own paths, and the providers' on request.")
            .query(&[openapi::DIALECTS])
            .gives::<Value>(StatusCode::OK),
    );
    all
}

fn event_routes() -> Vec<Route> {
    use events::{cloud, list, post, stream, view};
    vec![
        work("/v1/events", handler!(post::post))
            .about("Post an event, an array of events in one commit, a stream of events, or CloudEvents.")
            .header(query::IDEMPOTENCY_KEY)
            .takes::<post::EventsBody>()
            .takes_as::<post::EventBody<'_>>("application/x-ndjson")
            .takes_as::<cloud::CloudEvent>("application/cloudevents+json")
            .takes_as::<Vec<cloud::CloudEvent>>("application/cloudevents-batch+json")
            .gives::<view::AcceptedAnswer>(StatusCode::ACCEPTED)
            .gives::<view::AcceptedAnswer>(StatusCode::OK)
            .gives_as::<stream::LineView<'_>>(StatusCode::OK, "application/x-ndjson"),
        get("/v1/events", handler!(list::list))
            .about("List events, newest first.")
            .query(&list::FILTERS)
            .lists::<view::EventSummary>(),
        get("/v1/events/{id}", handler!(list::show))
            .about("Show an event, where it went, and which webhooks were skipped and why.")
            .gives::<view::EventView<'_>>(StatusCode::OK),
        manage(Method::POST, "/v1/events/{id}/replay", handler!(list::replay))
            .about("Send an event again: to the webhooks that missed it, to one, or to all.")
            .may_take::<list::ReplayBody>()
            .gives::<view::Count>(StatusCode::ACCEPTED),
    ]
}

fn webhook_routes() -> Vec<Route> {
    use webhooks::{act, edit, secrets, stats, view};
    vec![
        manage(Method::POST, "/v1/webhooks", handler!(edit::create))
            .about("Create a webhook. Its secret is shown only in this response.")
            .header(query::IDEMPOTENCY_KEY)
            .takes::<edit::WebhookBody>()
            .gives::<view::WebhookView>(StatusCode::CREATED)
            .gives::<view::WebhookView>(StatusCode::OK),
        get("/v1/webhooks", handler!(act::list))
            .about("List webhooks, newest first.")
            .query(&act::FILTERS)
            .lists::<view::WebhookView>(),
        get("/v1/webhooks/{id}", handler!(act::show))
            .about("Show a webhook.")
            .gives::<view::WebhookView>(StatusCode::OK),
        manage(Method::PATCH, "/v1/webhooks/{id}", handler!(edit::update))
            .about("Change the given members; null removes a member.")
            .takes::<edit::WebhookPatch>()
            .takes_as::<edit::WebhookPatch>("application/merge-patch+json")
            .gives::<view::WebhookView>(StatusCode::OK),
        manage(Method::DELETE, "/v1/webhooks/{id}", handler!(act::remove))
            .about("Delete a webhook and cancel its pending deliveries; its log stays until retention removes it.")
            .gives_nothing(),
        manage(Method::POST, "/v1/webhooks/{id}/pause", handler!(act::pause))
            .about("Pause a webhook; its events wait until it is resumed, unless its collect is false.")
            .gives::<view::WebhookView>(StatusCode::OK),
        manage(Method::POST, "/v1/webhooks/{id}/resume", handler!(act::resume))
            .about("Resume a paused or disabled webhook, or ask a pending one's receiver for confirmation again.")
            .may_take::<act::ResumeBody>()
            .gives::<view::WebhookView>(StatusCode::OK),
        manage(Method::POST, "/v1/webhooks/{id}/test", handler!(act::test))
            .about("Send an event of the type webhook.test to this webhook only, whatever it listens to.")
            .gives::<events::view::AcceptedView>(StatusCode::ACCEPTED),
        manage(Method::POST, "/v1/webhooks/{id}/rotate-secret", handler!(secrets::rotate))
            .about("Replace the secret; the old one may go on signing for a while.")
            .may_take::<secrets::RotateBody>()
            .gives::<secrets::SecretView>(StatusCode::OK),
        manage(Method::GET, "/v1/webhooks/{id}/secret", handler!(secrets::reveal))
            .about("Show a webhook's secret; the audit log records it.")
            .gives::<secrets::SecretView>(StatusCode::OK),
        get("/v1/webhooks/{id}/deliveries", handler!(deliveries::log::list))
            .about("List every attempt to deliver to a webhook, newest first.")
            .query(&deliveries::log::PARAMS)
            .gives::<query::Listing<deliveries::log::LogView>>(StatusCode::OK),
        get("/v1/webhooks/{id}/stats", handler!(stats::show))
            .about("Show a webhook's recent statistics.")
            .query(&stats::PARAMS)
            .gives::<stats::StatsView>(StatusCode::OK),
    ]
}

fn delivery_routes() -> Vec<Route> {
    vec![
        get("/v1/deliveries", handler!(deliveries::list))
            .about("List deliveries, newest first.")
            .query(&[deliveries::WEBHOOK])
            .query(&deliveries::FILTERS)
            .lists::<deliveries::DeliveryView>(),
        get("/v1/deliveries/{id}", handler!(deliveries::show))
            .about("Show a delivery and its attempts.")
            .gives::<deliveries::DeliveryDetail>(StatusCode::OK),
        manage(Method::POST, "/v1/deliveries/{id}/retry", handler!(deliveries::retry))
            .about("Make an attempt now; the schedule stays as it is.")
            .gives::<deliveries::DeliveryView>(StatusCode::ACCEPTED),
        manage(Method::POST, "/v1/deliveries/{id}/cancel", handler!(deliveries::cancel))
            .about("Cancel a pending delivery.")
            .gives::<deliveries::DeliveryView>(StatusCode::OK),
        get("/v1/tail", handler!(tail::follow))
            .about("Follow accepted events and attempts as server-sent events.")
            .query(&tail::FILTERS)
            .header(tail::LAST_EVENT_ID)
            .gives_as::<String>(StatusCode::OK, "text/event-stream"),
    ]
}

fn job_routes() -> Vec<Route> {
    use jobs::{append, edit, list, results, view};
    vec![
        work("/v1/jobs", handler!(edit::create))
            .about("Create a job. The event job.created carries it to the worker.")
            .header(query::IDEMPOTENCY_KEY)
            .takes::<edit::JobBody>()
            .gives::<view::JobView>(StatusCode::CREATED)
            .gives::<view::JobView>(StatusCode::OK),
        get_work("/v1/jobs", handler!(list::list))
            .about("List jobs, newest first.")
            .query(&list::FILTERS)
            .lists::<view::JobView>(),
        get_work("/v1/jobs/{id}", handler!(list::show))
            .about("Show a job.")
            .gives::<view::JobView>(StatusCode::OK),
        work("/v1/jobs/{id}/start", handler!(edit::start))
            .about("Mark a job as running.")
            .gives::<view::JobView>(StatusCode::OK),
        work("/v1/jobs/{id}/results", handler!(append::append))
            .about("Append rows of results, one JSON value per line, as they arrive.")
            .query(&append::PARAMS)
            .takes_as::<Value>("application/x-ndjson")
            .gives::<view::ResultCount>(StatusCode::OK),
        get_work("/v1/jobs/{id}/results", handler!(results::show))
            .about("Show the results of a job that has ended.")
            .query(&results::PARAMS)
            .gives::<results::ResultPage>(StatusCode::OK)
            .gives_as::<String>(StatusCode::OK, "application/x-ndjson")
            .gives_as::<String>(StatusCode::OK, "text/csv"),
        work("/v1/jobs/{id}/complete", handler!(edit::complete))
            .about("Complete a job. A job ends only once.")
            .takes::<edit::CompleteBody>()
            .gives::<view::JobView>(StatusCode::OK),
        work("/v1/jobs/{id}/abort", handler!(edit::abort))
            .about("Abort a job.")
            .gives::<view::JobView>(StatusCode::OK),
    ]
}

fn replay_routes() -> Vec<Route> {
    use replays::{ReplayBody, ReplayView};
    vec![
        manage(Method::POST, "/v1/replays", handler!(replays::create))
            .about("Send matching deliveries again, at a given rate, across restarts.")
            .takes::<ReplayBody>()
            .gives::<ReplayView>(StatusCode::ACCEPTED)
            .gives::<ReplayView>(StatusCode::OK),
        get("/v1/replays", handler!(replays::list))
            .about("List replays, newest first.")
            .lists::<ReplayView>(),
        get("/v1/replays/{id}", handler!(replays::show))
            .about("Show a replay and its progress.")
            .gives::<ReplayView>(StatusCode::OK),
        manage(Method::POST, "/v1/replays/{id}/cancel", handler!(replays::cancel))
            .about("Stop a replay; what it has sent stays sent.")
            .gives::<ReplayView>(StatusCode::OK),
    ]
}
