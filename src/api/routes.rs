//! The one table of routes. The router and the OpenAPI description are both built from it, so they
//! cannot drift apart.

use std::future::Future;
use std::pin::Pin;

use http::{Method, StatusCode};
use schemars::JsonSchema;
use serde_json::Value;

use super::answer::Answer;
use super::call::Call;
use super::document::schema_of;
use super::problem::Problem;
use super::query::{self, PAGING, Param};
use super::{
    accounts, action_runs, actors, deliveries, event_types, events, jobs, openapi, replays, resources,
    rest_hooks, run_webhooks, secrets, signing_keys, tail, tokens, webhooks,
};
use crate::domain::account::Role;

/// A handler's answer to come.
pub type Pending = Pin<Box<dyn Future<Output = Result<Answer, Problem>> + Send>>;

/// A body's media type and JSON Schema.
pub type Taken = (&'static str, fn() -> Value);

/// What a route answers with.
#[derive(Clone, Copy)]
pub struct Reply {
    /// The status.
    pub status: StatusCode,
    /// The body's media type.
    pub media_type: &'static str,
    /// The body's JSON Schema; `None` for an answer without a body.
    pub schema: Option<fn() -> Value>,
}

/// A route.
#[derive(Clone)]
pub struct Route {
    /// The method; GET includes HEAD.
    pub method: Method,
    /// The path, with at most one variable in braces.
    pub path: &'static str,
    /// The role it asks for; `None`: anybody may call it.
    pub role: Option<Role>,
    /// Another role that may call it as well.
    pub also: Option<Role>,
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
    /// What answers it.
    pub handler: fn(Call) -> Pending,
}

impl Route {
    pub(super) fn new(
        method: Method,
        path: &'static str,
        role: Option<Role>,
        handler: fn(Call) -> Pending,
    ) -> Self {
        Self {
            method,
            path,
            role,
            also: None,
            summary: "",
            query: Vec::new(),
            takes: Vec::new(),
            bodiless: false,
            replies: Vec::new(),
            handler,
        }
    }

    pub(super) fn about(self, summary: &'static str) -> Self {
        Self { summary, ..self }
    }

    /// Whether a token of this role may call it.
    pub(super) fn admits(&self, held: Role) -> bool {
        self.role.into_iter().chain(self.also).any(|role| held.permits(role))
    }

    pub(super) fn also(self, role: Role) -> Self {
        Self { also: Some(role), ..self }
    }

    fn query(mut self, params: &[Param]) -> Self {
        self.query.extend_from_slice(params);
        self
    }

    pub(super) fn takes<T: JsonSchema>(self) -> Self {
        self.takes_as::<T>("application/json")
    }

    fn takes_as<T: JsonSchema>(mut self, media_type: &'static str) -> Self {
        self.takes.push((media_type, schema_of::<T>));
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
        self.replies.push(Reply { status, media_type, schema: Some(schema_of::<T>) });
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

pub(super) fn get(path: &'static str, handler: fn(Call) -> Pending) -> Route {
    Route::new(Method::GET, path, Some(Role::Reader), handler)
}

fn manage(method: Method, path: &'static str, handler: fn(Call) -> Pending) -> Route {
    Route::new(method, path, Some(Role::Manager), handler)
}

pub(super) fn admin(method: Method, path: &'static str, handler: fn(Call) -> Pending) -> Route {
    Route::new(method, path, Some(Role::Admin), handler)
}

/// Every route there is.
#[must_use]
pub fn routes() -> Vec<Route> {
    let mut all = event_routes();
    all.extend(webhook_routes());
    all.extend(delivery_routes());
    all.extend(replay_routes());
    all.extend(job_routes());
    all.extend(actor_routes());
    all.extend(run_routes());
    all.extend(event_type_routes());
    all.extend(rest_hook_routes());
    all.push(
        Route::new(Method::GET, "/r/{token}", None, handler!(resources::read))
            .about("Gives what a delivered `resource_url` points at: an event's data, or a list of such.")
            .gives::<Value>(StatusCode::OK),
    );
    all.extend(secret_routes());
    all.extend(action_runs::routes());
    all.extend(admin_routes());
    all.extend(signing_keys::routes());
    all.push(
        Route::new(Method::GET, "/openapi.json", None, handler!(openapi::show))
            .about("This description.")
            .gives::<Value>(StatusCode::OK),
    );
    all
}

fn event_routes() -> Vec<Route> {
    use events::{cloud, list, post, view};
    vec![
        Route::new(Method::POST, "/v1/events", Some(Role::Producer), handler!(post::post))
            .about("Accepts an event, an array of events in one commit, a stream of events, or CloudEvents.")
            .takes::<post::EventsBody>()
            .takes_as::<post::EventBody<'_>>("application/x-ndjson")
            .takes_as::<cloud::CloudEvent>("application/cloudevents+json")
            .takes_as::<Vec<cloud::CloudEvent>>("application/cloudevents-batch+json")
            .gives::<view::AcceptedAnswer>(StatusCode::ACCEPTED)
            .gives::<view::AcceptedAnswer>(StatusCode::OK),
        get("/v1/events", handler!(list::list))
            .about("Lists events, newest first.")
            .query(&list::FILTERS)
            .lists::<view::EventSummary>(),
        get("/v1/events/{id}", handler!(list::show))
            .about("Shows an event, where it went, and which webhooks were skipped and why.")
            .gives::<view::EventView<'_>>(StatusCode::OK),
        manage(Method::POST, "/v1/events/{id}/replay", handler!(list::replay))
            .about("Sends an event again, to all its webhooks or to one.")
            .may_take::<list::ReplayBody>()
            .gives::<view::Count>(StatusCode::ACCEPTED),
    ]
}

fn webhook_routes() -> Vec<Route> {
    use webhooks::{act, edit, secrets, stats, view};
    vec![
        manage(Method::POST, "/v1/webhooks", handler!(edit::create))
            .about("Makes a webhook. Its secret is shown in this answer only.")
            .takes::<edit::WebhookBody>()
            .gives::<view::WebhookView>(StatusCode::CREATED),
        get("/v1/webhooks", handler!(act::list))
            .about("Lists webhooks, newest first.")
            .query(&act::FILTERS)
            .lists::<view::WebhookView>(),
        get("/v1/webhooks/{id}", handler!(act::show))
            .about("Shows a webhook.")
            .gives::<view::WebhookView>(StatusCode::OK),
        manage(Method::PATCH, "/v1/webhooks/{id}", handler!(edit::update))
            .about("Changes the members that are given; null takes a member away.")
            .takes::<edit::WebhookPatch>()
            .takes_as::<edit::WebhookPatch>("application/merge-patch+json")
            .gives::<view::WebhookView>(StatusCode::OK),
        manage(Method::DELETE, "/v1/webhooks/{id}", handler!(act::remove))
            .about("Removes a webhook and cancels what waits for it; its log stays until retention.")
            .gives_nothing(),
        manage(Method::POST, "/v1/webhooks/{id}/pause", handler!(act::pause))
            .about("Pauses a webhook.")
            .gives::<view::WebhookView>(StatusCode::OK),
        manage(Method::POST, "/v1/webhooks/{id}/resume", handler!(act::resume))
            .about("Resumes a paused webhook, takes a disabled one back, or asks a pending one's receiver again.")
            .gives::<view::WebhookView>(StatusCode::OK),
        manage(Method::POST, "/v1/webhooks/{id}/test", handler!(act::test))
            .about("Sends an event of the type webhook.test to this webhook only, whatever it listens to.")
            .gives::<events::view::AcceptedView>(StatusCode::ACCEPTED),
        manage(Method::POST, "/v1/webhooks/{id}/rotate-secret", handler!(secrets::rotate))
            .about("Puts a new secret in place of the current one, which may go on signing for a while.")
            .may_take::<secrets::RotateBody>()
            .gives::<secrets::SecretView>(StatusCode::OK),
        manage(Method::GET, "/v1/webhooks/{id}/secret", handler!(secrets::reveal))
            .about("Reveals a webhook's secret; this is remembered in the audit log.")
            .gives::<secrets::SecretView>(StatusCode::OK),
        get("/v1/webhooks/{id}/deliveries", handler!(deliveries::log::list))
            .about("Lists every attempt to deliver to a webhook, newest first.")
            .query(&deliveries::log::PARAMS)
            .gives::<query::Listing<deliveries::log::LogView>>(StatusCode::OK),
        get("/v1/webhooks/{id}/stats", handler!(stats::show))
            .about("How a webhook has fared lately.")
            .query(&stats::PARAMS)
            .gives::<stats::StatsView>(StatusCode::OK),
    ]
}

fn delivery_routes() -> Vec<Route> {
    vec![
        get("/v1/deliveries", handler!(deliveries::list))
            .about("Lists deliveries, newest first.")
            .query(&[deliveries::WEBHOOK])
            .query(&deliveries::FILTERS)
            .lists::<deliveries::DeliveryView>(),
        get("/v1/deliveries/{id}", handler!(deliveries::show))
            .about("Shows a delivery and its attempts.")
            .gives::<deliveries::DeliveryDetail>(StatusCode::OK),
        manage(Method::POST, "/v1/deliveries/{id}/retry", handler!(deliveries::retry))
            .about("Makes an attempt now; the schedule stays as it is.")
            .gives::<deliveries::DeliveryView>(StatusCode::ACCEPTED),
        manage(Method::POST, "/v1/deliveries/{id}/cancel", handler!(deliveries::cancel))
            .about("Calls a pending delivery off.")
            .gives::<deliveries::DeliveryView>(StatusCode::OK),
        get("/v1/tail", handler!(tail::follow))
            .about("Follows accepted events and attempts as server-sent events.")
            .query(&tail::FILTERS)
            .gives_as::<String>(StatusCode::OK, "text/event-stream"),
    ]
}

fn job_routes() -> Vec<Route> {
    use jobs::{append, edit, list, results, view};
    let work = |path, handler| Route::new(Method::POST, path, Some(Role::Producer), handler);
    vec![
        work("/v1/jobs", handler!(edit::create))
            .about("Makes a job. The event job.created carries it to whoever does the work.")
            .takes::<edit::JobBody>()
            .gives::<view::JobView>(StatusCode::CREATED),
        get("/v1/jobs", handler!(list::list))
            .about("Lists jobs, newest first.")
            .query(&list::FILTERS)
            .lists::<view::JobView>(),
        get("/v1/jobs/{id}", handler!(list::show))
            .about("Shows a job.")
            .gives::<view::JobView>(StatusCode::OK),
        work("/v1/jobs/{id}/start", handler!(edit::start))
            .about("Says that somebody works on a job.")
            .gives::<view::JobView>(StatusCode::OK),
        work("/v1/jobs/{id}/results", handler!(append::append))
            .about("Appends rows of results, one JSON text per line, while they arrive.")
            .query(&append::PARAMS)
            .takes_as::<Value>("application/x-ndjson")
            .gives::<view::ResultCount>(StatusCode::OK),
        get("/v1/jobs/{id}/results", handler!(results::show))
            .about("Shows the results of a job that has ended.")
            .query(&results::PARAMS)
            .gives::<results::ResultPage>(StatusCode::OK)
            .gives_as::<String>(StatusCode::OK, "application/x-ndjson")
            .gives_as::<String>(StatusCode::OK, "text/csv"),
        work("/v1/jobs/{id}/complete", handler!(edit::complete))
            .about("Says how a job ended. It ends once.")
            .takes::<edit::CompleteBody>()
            .gives::<view::JobView>(StatusCode::OK),
        work("/v1/jobs/{id}/abort", handler!(edit::abort))
            .about("Calls a job off.")
            .gives::<view::JobView>(StatusCode::OK),
    ]
}

fn actor_routes() -> Vec<Route> {
    vec![
        get("/v1/actors", handler!(actors::list))
            .about("Lists declared actors by id.")
            .lists::<actors::ActorView>(),
        manage(Method::PUT, "/v1/actors/{id}", handler!(actors::put))
            .about("Declares an actor by its actor.json, whose webhooks hear of each of its runs.")
            .takes::<actors::ActorBody>()
            .gives::<actors::ActorView>(StatusCode::OK)
            .gives::<actors::ActorView>(StatusCode::CREATED),
        get("/v1/actors/{id}", handler!(actors::show))
            .about("Shows a declared actor.")
            .gives::<actors::ActorView>(StatusCode::OK),
        manage(Method::DELETE, "/v1/actors/{id}", handler!(actors::delete))
            .about("Takes a declaration back, and its webhooks with it.")
            .gives_nothing(),
    ]
}

fn run_routes() -> Vec<Route> {
    use run_webhooks::{actors, datasets, dispatches, runs, webhooks as hooks, window};
    let work = |path, handler| Route::new(Method::POST, path, Some(Role::Producer), handler);
    let read = |path, handler, about| get(path, handler).about(about).gives::<Value>(StatusCode::OK);
    let items = |path| {
        get(path, handler!(datasets::items))
            .about("A dataset's items, streamed.")
            .query(&datasets::PARAMS)
            .gives::<Value>(StatusCode::OK)
            .gives_as::<String>(StatusCode::OK, "application/x-ndjson")
            .gives_as::<String>(StatusCode::OK, "text/csv")
    };
    let start = |path| {
        work(path, handler!(runs::start))
            .about("Starts a run; the body, of any type, is its input.")
            .query(&runs::START)
            .takes_any()
            .gives::<Value>(StatusCode::CREATED)
    };
    let list =
        |path, handler| read(path, handler, "Lists runs.").query(&window::WINDOW).query(&runs::FILTERS);
    let last = |path, handler| read(path, handler, "An actor's newest run.").query(&runs::FILTERS);
    let webhooks = |path, handler| {
        read(path, handler, "Lists webhooks, without their templates.").query(&window::WINDOW)
    };
    let dispatched = |path, handler| read(path, handler, "Lists dispatches.").query(&window::WINDOW);
    let push = |path| {
        work(path, handler!(datasets::push))
            .about("Adds an item, or an array of items, to a dataset in one commit.")
            .takes::<Value>()
            .gives::<Value>(StatusCode::CREATED)
    };
    vec![
        start("/v2/actors/{id}/runs"),
        start("/v2/acts/{id}/runs"),
        list("/v2/actors/{id}/runs", handler!(runs::list_of_actor)),
        list("/v2/acts/{id}/runs", handler!(runs::list_of_actor)),
        last("/v2/actors/{id}/runs/last", handler!(runs::show_last)),
        last("/v2/acts/{id}/runs/last", handler!(runs::show_last)),
        last("/v2/actors/{id}/runs/last/dataset/items", handler!(datasets::last_items))
            .query(&datasets::PARAMS),
        last("/v2/acts/{id}/runs/last/dataset/items", handler!(datasets::last_items))
            .query(&datasets::PARAMS),
        read("/v2/actors/{id}", handler!(actors::show), "A declared actor."),
        read("/v2/acts/{id}", handler!(actors::show), "A declared actor."),
        list("/v2/actor-runs", handler!(runs::list)),
        read("/v2/actor-runs/{id}", handler!(runs::show), "Shows a run.").query(&[runs::WAIT]),
        work("/v2/actor-runs/{id}/abort", handler!(runs::abort))
            .about("Calls a run off; one that has ended stays as it is.")
            .gives::<Value>(StatusCode::OK),
        work("/v2/actor-runs/{id}/resurrect", handler!(runs::resurrect))
            .about("Lets a run go on that has ended.")
            .query(&runs::RESURRECT)
            .gives::<Value>(StatusCode::OK),
        manage(Method::POST, "/v2/webhooks", handler!(hooks::create))
            .about("Makes a webhook for the runs of an actor or a task, or for one run.")
            .takes::<hooks::WebhookBody>()
            .gives::<Value>(StatusCode::CREATED)
            .gives::<Value>(StatusCode::OK),
        webhooks("/v2/webhooks", handler!(hooks::list)),
        webhooks("/v2/actors/{id}/webhooks", handler!(hooks::list_of_actor)),
        webhooks("/v2/acts/{id}/webhooks", handler!(hooks::list_of_actor)),
        webhooks("/v2/actor-tasks/{id}/webhooks", handler!(hooks::list_of_task)),
        read("/v2/webhooks/{id}", handler!(hooks::show), "Shows a webhook."),
        manage(Method::PUT, "/v2/webhooks/{id}", handler!(hooks::update))
            .about("Changes the members that are given.")
            .takes::<hooks::WebhookBody>()
            .gives::<Value>(StatusCode::OK),
        manage(Method::DELETE, "/v2/webhooks/{id}", handler!(hooks::remove))
            .about("Removes a webhook; its dispatches stay until retention.")
            .gives_nothing(),
        manage(Method::POST, "/v2/webhooks/{id}/test", handler!(hooks::test))
            .about("Dispatches a TEST event to a webhook.")
            .gives::<Value>(StatusCode::CREATED),
        dispatched("/v2/webhooks/{id}/dispatches", handler!(dispatches::list_of_webhook)),
        dispatched("/v2/webhook-dispatches", handler!(dispatches::list)),
        read("/v2/webhook-dispatches/{id}", handler!(dispatches::show), "Shows a dispatch and its calls."),
        read("/v2/datasets/{id}", handler!(datasets::show), "Shows a run's dataset."),
        read("/v2/actor-runs/{id}/dataset", handler!(datasets::show), "Shows a run's dataset."),
        items("/v2/datasets/{id}/items"),
        items("/v2/actor-runs/{id}/dataset/items"),
        push("/v2/datasets/{id}/items"),
        push("/v2/actor-runs/{id}/dataset/items"),
        read(
            "/v2/key-value-stores/{id}/records/INPUT",
            handler!(runs::input),
            "What a run was started with.",
        ),
        read(
            "/v2/actor-runs/{id}/key-value-store/records/INPUT",
            handler!(runs::input),
            "What a run was started with.",
        ),
        get("/v2/logs/{id}", handler!(runs::log))
            .about("What the daemon knows of a run.")
            .gives_as::<String>(StatusCode::OK, "text/plain"),
        get("/v2/actor-runs/{id}/log", handler!(runs::log))
            .about("What the daemon knows of a run.")
            .gives_as::<String>(StatusCode::OK, "text/plain"),
    ]
}

fn replay_routes() -> Vec<Route> {
    use replays::{ReplayBody, ReplayView};
    vec![
        manage(Method::POST, "/v1/replays", handler!(replays::create))
            .about("Sends the deliveries that match again, at a pace, across restarts.")
            .takes::<ReplayBody>()
            .gives::<ReplayView>(StatusCode::ACCEPTED)
            .gives::<ReplayView>(StatusCode::OK),
        get("/v1/replays", handler!(replays::list))
            .about("Lists replays, newest first.")
            .lists::<ReplayView>(),
        get("/v1/replays/{id}", handler!(replays::show))
            .about("Shows a replay and how far it is.")
            .gives::<ReplayView>(StatusCode::OK),
        manage(Method::POST, "/v1/replays/{id}/cancel", handler!(replays::cancel))
            .about("Stops a replay; what it has sent stays sent.")
            .gives::<ReplayView>(StatusCode::OK),
    ]
}

fn event_type_routes() -> Vec<Route> {
    use event_types as types;
    vec![
        get("/v1/event-types", handler!(types::list))
            .about("Lists declared event types by name.")
            .lists::<types::EventTypeView>(),
        manage(Method::PUT, "/v1/event-types/{*name}", handler!(types::put))
            .about("Declares an event type; with a schema, events whose data does not fit are refused.")
            .takes::<types::EventTypeBody>()
            .gives::<types::EventTypeView>(StatusCode::OK)
            .gives::<types::EventTypeView>(StatusCode::CREATED),
        get("/v1/event-types/{*name}", handler!(types::show))
            .about("Shows a declared event type.")
            .gives::<types::EventTypeView>(StatusCode::OK),
        manage(Method::DELETE, "/v1/event-types/{*name}", handler!(types::delete))
            .about("Takes a declaration back; events of the type are taken as before it.")
            .gives_nothing(),
    ]
}

fn rest_hook_routes() -> Vec<Route> {
    use rest_hooks::{samples, settings, subscribe, unsubscribe, view};
    vec![
        manage(Method::POST, "/api/hooks", handler!(subscribe::create))
            .about("Subscribes a target to an event; one that ends is renewed under its id.")
            .takes::<settings::HookBody>()
            .gives::<view::HookView>(StatusCode::CREATED),
        get("/api/hooks", handler!(subscribe::list))
            .about("Lists subscriptions, newest first; a Link header leads to more.")
            .query(&PAGING)
            .gives::<Vec<view::HookView>>(StatusCode::OK),
        get("/api/hooks/{id}", handler!(subscribe::show))
            .about("Shows a subscription.")
            .gives::<view::HookView>(StatusCode::OK),
        manage(Method::DELETE, "/api/hooks/{id}", handler!(unsubscribe::remove))
            .about("Ends a subscription; one that is not there is ended already.")
            .gives::<unsubscribe::Unsubscribed>(StatusCode::OK),
        Route::new(Method::POST, "/api/hooks/unsubscribe", None, handler!(unsubscribe::remove_target))
            .about("Ends the subscriptions of a target, for whoever knows it.")
            .takes::<unsubscribe::UnsubscribeBody>()
            .gives::<unsubscribe::Silenced>(StatusCode::OK),
        get("/api/events/{type}/samples", handler!(samples::list))
            .about("Samples of an event, as they are delivered, newest first; other parameters filter them.")
            .query(&samples::PARAMS)
            .gives::<Vec<Value>>(StatusCode::OK),
    ]
}

fn secret_routes() -> Vec<Route> {
    vec![
        manage(Method::GET, "/v1/secrets", handler!(secrets::list))
            .about("Lists the account's secrets by name, without their values.")
            .lists::<secrets::NamedSecretView>(),
        manage(Method::PUT, "/v1/secrets/{name}", handler!(secrets::put))
            .about("Sets a secret that templates of headers can name; its value is never shown.")
            .takes::<secrets::SecretBody>()
            .gives::<secrets::NamedSecretView>(StatusCode::OK)
            .gives::<secrets::NamedSecretView>(StatusCode::CREATED),
        manage(Method::DELETE, "/v1/secrets/{name}", handler!(secrets::delete))
            .about("Takes a secret away; what names it fails from now on.")
            .gives_nothing(),
    ]
}

fn admin_routes() -> Vec<Route> {
    vec![
        admin(Method::POST, "/v1/tokens", handler!(tokens::create))
            .about("Makes a token. Its text is shown in this answer only.")
            .takes::<tokens::TokenBody>()
            .gives::<tokens::TokenView>(StatusCode::CREATED),
        admin(Method::GET, "/v1/tokens", handler!(tokens::list))
            .about("Lists tokens, newest first.")
            .lists::<tokens::TokenView>(),
        admin(Method::DELETE, "/v1/tokens/{id}", handler!(tokens::revoke))
            .about("Revokes a token.")
            .gives_nothing(),
        admin(Method::POST, "/v1/accounts", handler!(accounts::create))
            .about("Makes an account.")
            .takes::<accounts::AccountBody>()
            .gives::<accounts::AccountView>(StatusCode::CREATED),
        admin(Method::GET, "/v1/accounts", handler!(accounts::list))
            .about("Lists accounts, newest first.")
            .lists::<accounts::AccountView>(),
    ]
}
