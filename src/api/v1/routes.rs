//! The routes of Ringback's own API.

mod settings;

use http::{Method, StatusCode};

use super::{deliveries, events, jobs, listen, replays, signing_keys, tail, webhooks};
use crate::api::query;
use crate::api::route::{LOCATION, LOCATION_UNLESS_TRIED, Route, get, handler, post, route};
use crate::app::permissions as may;

/// Every route of it.
pub(in crate::api) fn routes() -> Vec<Route> {
    let mut all = event_routes();
    all.extend(webhook_routes());
    all.extend(delivery_routes());
    all.extend(listen_routes());
    all.extend(replay_routes());
    all.extend(job_routes());
    all.extend(settings::routes());
    all.extend(signing_keys::routes());
    all
}

fn event_routes() -> Vec<Route> {
    use events::{list, post};
    vec![
        post("/v1/events", may::POST_EVENTS, handler!(takes post::post))
            .about("Post an event, an array of events in one commit, a stream of events, or CloudEvents.")
            .header(query::IDEMPOTENCY_KEY)
            .gives(StatusCode::ACCEPTED)
            .gives_every_form(StatusCode::OK),
        get("/v1/events", may::SEE_EVENTS, handler!(list::list))
            .about("List events, newest first.")
            .query(&list::FILTERS)
            .lists(),
        get("/v1/events/{id}", may::SEE_EVENTS, handler!(list::show))
            .about("Show an event, where it went, and which webhooks were skipped and why.")
            .gives(StatusCode::OK),
        post("/v1/events/{id}/replay", may::REPLAY_EVENTS, handler!(takes list::replay))
            .about("Send an event again: to the webhooks that missed it, to one, or to all.")
            .gives(StatusCode::ACCEPTED),
    ]
}

fn webhook_routes() -> Vec<Route> {
    use webhooks::revision::{ETAG, IF_MATCH};
    use webhooks::{act, edit, secrets, stats};
    vec![
        post("/v1/webhooks", may::CHANGE_WEBHOOKS, handler!(takes edit::create))
            .about("Create a webhook. Its secret is shown only in this response.")
            .query(&[query::DRY_RUN])
            .header(query::IDEMPOTENCY_KEY)
            .gives(StatusCode::CREATED)
            .with(&[LOCATION, ETAG])
            .gives(StatusCode::OK)
            .with(&[LOCATION_UNLESS_TRIED, ETAG]),
        get("/v1/webhooks", may::SEE_WEBHOOKS, handler!(act::list))
            .about("List webhooks, newest first.")
            .query(&act::FILTERS)
            .lists(),
        get("/v1/webhooks/{id}", may::SEE_WEBHOOKS, handler!(act::show))
            .about("Show a webhook.")
            .gives(StatusCode::OK)
            .with(&[ETAG]),
        route(Method::PATCH, "/v1/webhooks/{id}", may::CHANGE_WEBHOOKS, handler!(takes edit::update))
            .about("Change the given members; null removes a member.")
            .query(&[query::DRY_RUN])
            .header(IF_MATCH)
            .gives(StatusCode::OK)
            .with(&[ETAG])
            .refuses(&[StatusCode::PRECONDITION_FAILED]),
        route(Method::DELETE, "/v1/webhooks/{id}", may::CHANGE_WEBHOOKS, handler!(act::remove))
            .about("Delete a webhook and cancel its pending deliveries; its log stays until retention removes it.")
            .header(IF_MATCH)
            .gives_nothing()
            .refuses(&[StatusCode::PRECONDITION_FAILED]),
        post("/v1/webhooks/{id}/pause", may::CHANGE_WEBHOOKS, handler!(act::pause))
            .about("Pause a webhook; its events wait until it is resumed, unless its collect is false.")
            .gives(StatusCode::OK)
            .with(&[ETAG]),
        post("/v1/webhooks/{id}/resume", may::CHANGE_WEBHOOKS, handler!(takes act::resume))
            .about("Resume a paused or disabled webhook, or ask a pending one's receiver for confirmation again.")
            .gives(StatusCode::OK)
            .with(&[ETAG]),
        post("/v1/webhooks/{id}/test", may::TEST_WEBHOOKS, handler!(act::test))
            .about("Send an event of the type webhook.test to this webhook only, whatever it listens to.")
            .gives(StatusCode::ACCEPTED),
        post("/v1/webhooks/{id}/rotate-secret", may::MANAGE_SECRETS, handler!(takes secrets::rotate))
            .about("Replace the secret; the old one may go on signing for a while.")
            .query(&[query::DRY_RUN])
            .gives(StatusCode::OK),
        get("/v1/webhooks/{id}/secret", may::MANAGE_SECRETS, handler!(secrets::reveal))
            .about("Show a webhook's secret; the audit log records it.")
            .gives(StatusCode::OK),
        get("/v1/webhooks/{id}/attempts", may::SEE_WEBHOOKS, handler!(deliveries::log::attempts))
            .about("List every attempt to deliver to a webhook, newest first, as deliveries show them.")
            .query(&deliveries::log::PARAMS)
            .gives(StatusCode::OK),
        get("/v1/webhooks/{id}/deliveries", may::SEE_WEBHOOKS, handler!(deliveries::log::list))
            .about("List the same attempts in the form of job webhooks.")
            .query(&deliveries::log::PARAMS)
            .gives(StatusCode::OK),
        get("/v1/webhooks/{id}/stats", may::SEE_WEBHOOKS, handler!(stats::show))
            .about("Show a webhook's recent statistics.")
            .query(&stats::PARAMS)
            .gives(StatusCode::OK),
    ]
}

fn delivery_routes() -> Vec<Route> {
    vec![
        get("/v1/deliveries", may::SEE_DELIVERIES, handler!(deliveries::list))
            .about("List deliveries, newest first.")
            .query(&[deliveries::WEBHOOK])
            .query(&deliveries::FILTERS)
            .lists(),
        get("/v1/deliveries/{id}", may::SEE_DELIVERIES, handler!(deliveries::show))
            .about("Show a delivery and its attempts.")
            .gives(StatusCode::OK),
        post("/v1/deliveries/{id}/retry", may::RETRY_DELIVERIES, handler!(deliveries::retry))
            .about("Make an attempt now; the schedule stays as it is.")
            .gives(StatusCode::ACCEPTED),
        post("/v1/deliveries/{id}/cancel", may::CANCEL_DELIVERIES, handler!(deliveries::cancel))
            .about("Cancel a pending delivery.")
            .gives(StatusCode::OK),
        get("/v1/tail", may::FOLLOW, handler!(tail::follow))
            .about("Follow accepted events and attempts as server-sent events.")
            .query(&tail::FILTERS)
            .header(tail::LAST_EVENT_ID)
            .gives(StatusCode::OK),
    ]
}

fn listen_routes() -> Vec<Route> {
    vec![
        post("/v1/listen", may::CHANGE_WEBHOOKS, handler!(takes listen::listen))
            .about("Receive deliveries over this connection, as server-sent events, in place of a receiver at a URL.")
            .gives(StatusCode::OK),
        post("/v1/listen/{id}/answers", may::CHANGE_WEBHOOKS, handler!(takes listen::answer::answer))
            .about("Say what came of a request that a listener was sent. That is the attempt.")
            .gives_nothing(),
    ]
}

fn job_routes() -> Vec<Route> {
    use jobs::{append, edit, list, results};
    vec![
        post("/v1/jobs", may::CHANGE_JOBS, handler!(takes edit::create))
            .about("Create a job. The event job.created carries it to the worker.")
            .header(query::IDEMPOTENCY_KEY)
            .gives(StatusCode::CREATED)
            .with(&[LOCATION])
            .gives(StatusCode::OK)
            .with(&[LOCATION]),
        get("/v1/jobs", may::SEE_JOBS, handler!(list::list))
            .about("List jobs, newest first.")
            .query(&list::FILTERS)
            .lists(),
        get("/v1/jobs/{id}", may::SEE_JOBS, handler!(list::show)).about("Show a job.").gives(StatusCode::OK),
        post("/v1/jobs/{id}/start", may::CHANGE_JOBS, handler!(edit::start))
            .about("Mark a job as running.")
            .gives(StatusCode::OK),
        post("/v1/jobs/{id}/results", may::CHANGE_JOBS, handler!(takes append::append))
            .about("Append rows of results, one JSON value per line, as they arrive.")
            .query(&append::PARAMS)
            .gives(StatusCode::OK),
        get("/v1/jobs/{id}/results", may::SEE_JOBS, handler!(results::show))
            .about("Show the results of a job that has ended.")
            .query(&results::PARAMS)
            .gives_every_form(StatusCode::OK)
            .with(&[results::ROW_COUNT_HEADER])
            // Before the job has ended; a table of too many columns.
            .refuses(&[StatusCode::CONFLICT, StatusCode::UNPROCESSABLE_ENTITY]),
        post("/v1/jobs/{id}/complete", may::CHANGE_JOBS, handler!(takes edit::complete))
            .about("Complete a job. A job ends only once.")
            .gives(StatusCode::OK),
        post("/v1/jobs/{id}/abort", may::CHANGE_JOBS, handler!(edit::abort))
            .about("Abort a job.")
            .gives(StatusCode::OK),
    ]
}

fn replay_routes() -> Vec<Route> {
    vec![
        post("/v1/replays", may::CHANGE_REPLAYS, handler!(takes replays::create))
            .about("Send matching deliveries again, at a given rate, across restarts.")
            .gives(StatusCode::ACCEPTED)
            .gives(StatusCode::OK),
        get("/v1/replays", may::SEE_REPLAYS, handler!(replays::list))
            .about("List replays, newest first.")
            .lists(),
        get("/v1/replays/{id}", may::SEE_REPLAYS, handler!(replays::show))
            .about("Show a replay and its progress.")
            .gives(StatusCode::OK),
        post("/v1/replays/{id}/cancel", may::CHANGE_REPLAYS, handler!(replays::cancel))
            .about("Stop a replay; what it has sent stays sent.")
            .gives(StatusCode::OK),
    ]
}
