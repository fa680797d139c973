//! Actors, and the API of run webhooks with its runs and datasets.

use http::{Method, StatusCode};

use super::{declarations, run_list, runs};
use crate::api::route::{Handler, LOCATION, Route, get, handler, post, route};
use crate::app::permissions as may;

/// Every route of theirs.
pub(in crate::api) fn routes() -> Vec<Route> {
    let mut all = actor_routes();
    all.extend(run_routes());
    all.extend(dataset_routes());
    all.extend(actors_runs_routes());
    all.extend(record_routes());
    all
}

fn actor_routes() -> Vec<Route> {
    vec![
        get("/v1/actors", may::SEE_ACTORS, handler!(declarations::list))
            .about("List declared actors by id.")
            .lists(),
        route(Method::PUT, "/v1/actors/{id}", may::DECLARE_ACTORS, handler!(takes declarations::put))
            .about("Declare an actor by its actor.json, whose webhooks get the events of all its runs.")
            .gives(StatusCode::OK)
            .gives(StatusCode::CREATED)
            .with(&[LOCATION]),
        get("/v1/actors/{id}", may::SEE_ACTORS, handler!(declarations::show))
            .about("Show a declared actor.")
            .gives(StatusCode::OK),
        route(Method::DELETE, "/v1/actors/{id}", may::DECLARE_ACTORS, handler!(declarations::delete))
            .about("Delete a declaration, and its webhooks with it.")
            .gives_nothing(),
    ]
}

fn run_routes() -> Vec<Route> {
    use super::{dispatches, webhooks as hooks, window};
    let read = |path, roles, handler, about| get(path, roles, handler).about(about).gives(StatusCode::OK);
    let read_run =
        |path, handler, about| get(path, may::SEE_JOBS, handler).about(about).gives(StatusCode::OK);
    let start = |path| {
        post(path, may::CHANGE_JOBS, handler!(takes runs::start))
            .about("Start a run; the body, of any type, is its input.")
            .query(&runs::START)
            .gives(StatusCode::CREATED)
            .with(&[LOCATION])
    };
    let list = |path, handler| {
        read_run(path, handler, "List runs.").query(&window::WINDOW).query(&run_list::FILTERS)
    };
    let webhooks = |path, handler| {
        read(path, may::SEE_WEBHOOKS, handler, "List webhooks, without their templates.")
            .query(&window::WINDOW)
    };
    let dispatched =
        |path, handler| read(path, may::SEE_DELIVERIES, handler, "List dispatches.").query(&window::WINDOW);
    vec![
        start("/v2/actors/{id}/runs"),
        start("/v2/acts/{id}/runs"),
        list("/v2/actors/{id}/runs", handler!(run_list::list_of_actor)),
        list("/v2/acts/{id}/runs", handler!(run_list::list_of_actor)),
        list("/v2/actor-runs", handler!(run_list::list)),
        read_run("/v2/actor-runs/{id}", handler!(runs::show), "Show a run.").query(&[runs::WAIT]),
        writes(Method::PUT, "/v2/actor-runs/{id}", handler!(takes runs::update))
            .about("Set a run's status message.")
            .gives(StatusCode::OK),
        abort("/v2/actor-runs/{id}/abort"),
        resurrect("/v2/actor-runs/{id}/resurrect"),
        post("/v2/webhooks", may::CHANGE_WEBHOOKS, handler!(takes hooks::create))
            .about("Create a webhook for the runs of an actor or a task, or for one run.")
            .gives(StatusCode::CREATED)
            .with(&[LOCATION])
            .gives(StatusCode::OK)
            .with(&[LOCATION]),
        webhooks("/v2/webhooks", handler!(hooks::list)),
        webhooks("/v2/actors/{id}/webhooks", handler!(hooks::list_of_actor)),
        webhooks("/v2/acts/{id}/webhooks", handler!(hooks::list_of_actor)),
        webhooks("/v2/actor-tasks/{id}/webhooks", handler!(hooks::list_of_task)),
        read("/v2/webhooks/{id}", may::SEE_WEBHOOKS, handler!(hooks::show), "Show a webhook."),
        route(Method::PUT, "/v2/webhooks/{id}", may::CHANGE_WEBHOOKS, handler!(takes hooks::update))
            .about("Change the given members.")
            .gives(StatusCode::OK),
        route(Method::DELETE, "/v2/webhooks/{id}", may::CHANGE_WEBHOOKS, handler!(hooks::remove))
            .about("Delete a webhook; its dispatches stay until retention removes them.")
            .gives_nothing(),
        post("/v2/webhooks/{id}/test", may::TEST_WEBHOOKS, handler!(hooks::test))
            .about("Send a TEST event to a webhook.")
            .gives(StatusCode::CREATED)
            .with(&[LOCATION]),
        dispatched("/v2/webhooks/{id}/dispatches", handler!(dispatches::list_of_webhook)),
        dispatched("/v2/webhook-dispatches", handler!(dispatches::list)),
        read(
            "/v2/webhook-dispatches/{id}",
            may::SEE_DELIVERIES,
            handler!(dispatches::show),
            "Show a dispatch and its calls.",
        ),
    ]
}

fn dataset_routes() -> Vec<Route> {
    use super::datasets;
    let read_run =
        |path, handler, about| get(path, may::SEE_JOBS, handler).about(about).gives(StatusCode::OK);
    let items = |path| {
        get(path, may::SEE_JOBS, handler!(datasets::items::items))
            .about("Stream a dataset's items.")
            .query(&datasets::items::PARAMS)
            .gives_every_form(StatusCode::OK)
            .with(&datasets::items::PAGE_HEADERS)
    };
    let push = |path| {
        post(path, may::CHANGE_JOBS, handler!(takes datasets::push::push))
            .about("Add an item, or an array of items, to a dataset in one commit.")
            .gives(StatusCode::CREATED)
    };
    vec![
        read_run("/v2/datasets/{id}", handler!(datasets::show::show), "Show a run's dataset."),
        read_run("/v2/actor-runs/{id}/dataset", handler!(datasets::show::show), "Show a run's dataset."),
        items("/v2/datasets/{id}/items"),
        items("/v2/actor-runs/{id}/dataset/items"),
        push("/v2/datasets/{id}/items"),
        push("/v2/actor-runs/{id}/dataset/items"),
        log("/v2/logs/{id}"),
        log("/v2/actor-runs/{id}/log"),
    ]
}

/// Does something to a run, as its executor does.
fn writes(method: Method, path: &'static str, handler: Handler) -> Route {
    route(method, path, may::CHANGE_JOBS, handler)
}

/// The key-value stores of runs.
fn record_routes() -> Vec<Route> {
    use super::records;
    let store = |path| {
        get(path, may::SEE_JOBS, handler!(records::show))
            .about("Show a run's key-value store.")
            .gives(StatusCode::OK)
    };
    let keys = |path| {
        get(path, may::SEE_JOBS, handler!(records::keys))
            .about("List the keys of a run's records.")
            .query(&records::KEYS)
            .gives(StatusCode::OK)
    };
    let read = |path| {
        get(path, may::SEE_JOBS, handler!(records::get))
            .about("Show a record of a run; INPUT is what the run was started with.")
            .gives(StatusCode::OK)
    };
    let put = |path| {
        writes(Method::PUT, path, handler!(takes records::put))
            .about("Store a record of any type under a key of a run.")
            .gives(StatusCode::CREATED)
    };
    let remove = |path| {
        writes(Method::DELETE, path, handler!(records::remove))
            .about("Delete a record of a run.")
            .gives_nothing()
    };
    vec![
        store("/v2/key-value-stores/{id}"),
        store("/v2/actor-runs/{id}/key-value-store"),
        store("/v2/actors/{id}/runs/last/key-value-store").query(&run_list::FILTERS),
        store("/v2/acts/{id}/runs/last/key-value-store").query(&run_list::FILTERS),
        keys("/v2/key-value-stores/{id}/keys"),
        keys("/v2/actor-runs/{id}/key-value-store/keys"),
        keys("/v2/actors/{id}/runs/last/key-value-store/keys").query(&run_list::FILTERS),
        keys("/v2/acts/{id}/runs/last/key-value-store/keys").query(&run_list::FILTERS),
        read("/v2/key-value-stores/{id}/records/{key}"),
        read("/v2/actor-runs/{id}/key-value-store/records/{key}"),
        read("/v2/actors/{id}/runs/last/key-value-store/records/{key}").query(&run_list::FILTERS),
        read("/v2/acts/{id}/runs/last/key-value-store/records/{key}").query(&run_list::FILTERS),
        put("/v2/key-value-stores/{id}/records/{key}"),
        put("/v2/actor-runs/{id}/key-value-store/records/{key}"),
        remove("/v2/key-value-stores/{id}/records/{key}"),
        remove("/v2/actor-runs/{id}/key-value-store/records/{key}"),
    ]
}

/// What is known of an actor, and of its runs by the way of it: each path with both words that the provider
/// has for actors.
fn actors_runs_routes() -> Vec<Route> {
    use super::{actors, datasets, window};
    let read = |path, handler, about| get(path, may::SEE_ACTORS, handler).about(about).gives(StatusCode::OK);
    let run = |path| {
        get(path, may::SEE_JOBS, handler!(runs::show))
            .about("Show a run of an actor.")
            .query(&[runs::WAIT])
            .gives(StatusCode::OK)
    };
    let last = |path: &'static str, handler| {
        let about = match path.rsplit('/').next() {
            Some("log") => "Show the log of an actor's newest run.",
            Some("dataset") => "Show the dataset of an actor's newest run.",
            _ => "Show an actor's newest run.",
        };
        get(path, may::SEE_JOBS, handler).about(about).query(&run_list::FILTERS).gives(StatusCode::OK)
    };
    let items = |path| {
        get(path, may::SEE_JOBS, handler!(datasets::items::items))
            .about("Stream the items of an actor's newest run.")
            .query(&run_list::FILTERS)
            .query(&datasets::items::PARAMS)
            .gives_every_form(StatusCode::OK)
            .with(&datasets::items::PAGE_HEADERS)
    };
    let actors = |path| read(path, handler!(actors::list), "List declared actors.").query(&window::WINDOW);
    vec![
        actors("/v2/actors"),
        actors("/v2/acts"),
        read("/v2/actors/{id}", handler!(actors::show), "Show a declared actor."),
        read("/v2/acts/{id}", handler!(actors::show), "Show a declared actor."),
        get("/v2/users/me", may::SEE_OWN_ACCOUNT, handler!(actors::user_of_token))
            .about("Show the token's account.")
            .gives(StatusCode::OK),
        run("/v2/actors/{id}/runs/{run}"),
        run("/v2/acts/{id}/runs/{run}"),
        abort("/v2/actors/{id}/runs/{run}/abort"),
        abort("/v2/acts/{id}/runs/{run}/abort"),
        resurrect("/v2/actors/{id}/runs/{run}/resurrect"),
        resurrect("/v2/acts/{id}/runs/{run}/resurrect"),
        last("/v2/actors/{id}/runs/last", handler!(runs::show)).query(&[runs::WAIT]),
        last("/v2/acts/{id}/runs/last", handler!(runs::show)).query(&[runs::WAIT]),
        last("/v2/actors/{id}/runs/last/log", handler!(runs::log)),
        last("/v2/acts/{id}/runs/last/log", handler!(runs::log)),
        last("/v2/actors/{id}/runs/last/dataset", handler!(datasets::show::show)),
        last("/v2/acts/{id}/runs/last/dataset", handler!(datasets::show::show)),
        items("/v2/actors/{id}/runs/last/dataset/items"),
        items("/v2/acts/{id}/runs/last/dataset/items"),
    ]
}

fn abort(path: &'static str) -> Route {
    post(path, may::CHANGE_JOBS, handler!(runs::abort))
        .about("Abort a run; one that has ended stays as it is.")
        .gives(StatusCode::OK)
}

fn resurrect(path: &'static str) -> Route {
    post(path, may::CHANGE_JOBS, handler!(runs::resurrect))
        .about("Resurrect a run that has ended.")
        .query(&runs::RESURRECT)
        .gives(StatusCode::OK)
}

fn log(path: &'static str) -> Route {
    get(path, may::SEE_JOBS, handler!(runs::log))
        .about("Show what the daemon knows about a run.")
        .gives(StatusCode::OK)
}
