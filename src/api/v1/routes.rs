//! The routes of Ringback's own API.

mod settings;

use http::{Method, StatusCode};

use super::{deliveries, events, jobs, replays, signing_keys, tail, webhooks};
use crate::api::query;
use crate::api::route::{Route, get, get_work, handler, manage, work};

/// Every route of it.
pub(in crate::api) fn routes() -> Vec<Route> {
    let mut all = event_routes();
    all.extend(webhook_routes());
    all.extend(delivery_routes());
    all.extend(replay_routes());
    all.extend(job_routes());
    all.extend(settings::routes());
    all.extend(signing_keys::routes());
    all
}

fn event_routes() -> Vec<Route> {
    use events::{list, post};
    vec![
        work("/v1/events", handler!(takes post::post))
            .about("Post an event, an array of events in one commit, a stream of events, or CloudEvents.")
            .header(query::IDEMPOTENCY_KEY)
            .gives(StatusCode::ACCEPTED)
            .gives_every_form(StatusCode::OK),
        get("/v1/events", handler!(list::list))
            .about("List events, newest first.")
            .query(&list::FILTERS)
            .lists(),
        get("/v1/events/{id}", handler!(list::show))
            .about("Show an event, where it went, and which webhooks were skipped and why.")
            .gives(StatusCode::OK),
        manage(Method::POST, "/v1/events/{id}/replay", handler!(takes list::replay))
            .about("Send an event again: to the webhooks that missed it, to one, or to all.")
            .gives(StatusCode::ACCEPTED),
    ]
}

fn webhook_routes() -> Vec<Route> {
    use webhooks::{act, edit, secrets, stats};
    vec![
        manage(Method::POST, "/v1/webhooks", handler!(takes edit::create))
            .about("Create a webhook. Its secret is shown only in this response.")
            .header(query::IDEMPOTENCY_KEY)
            .gives(StatusCode::CREATED)
            .gives(StatusCode::OK),
        get("/v1/webhooks", handler!(act::list))
            .about("List webhooks, newest first.")
            .query(&act::FILTERS)
            .lists(),
        get("/v1/webhooks/{id}", handler!(act::show))
            .about("Show a webhook.")
            .gives(StatusCode::OK),
        manage(Method::PATCH, "/v1/webhooks/{id}", handler!(takes edit::update))
            .about("Change the given members; null removes a member.")
            .gives(StatusCode::OK),
        manage(Method::DELETE, "/v1/webhooks/{id}", handler!(act::remove))
            .about("Delete a webhook and cancel its pending deliveries; its log stays until retention removes it.")
            .gives_nothing(),
        manage(Method::POST, "/v1/webhooks/{id}/pause", handler!(act::pause))
            .about("Pause a webhook; its events wait until it is resumed, unless its collect is false.")
            .gives(StatusCode::OK),
        manage(Method::POST, "/v1/webhooks/{id}/resume", handler!(takes act::resume))
            .about("Resume a paused or disabled webhook, or ask a pending one's receiver for confirmation again.")
            .gives(StatusCode::OK),
        manage(Method::POST, "/v1/webhooks/{id}/test", handler!(act::test))
            .about("Send an event of the type webhook.test to this webhook only, whatever it listens to.")
            .gives(StatusCode::ACCEPTED),
        manage(Method::POST, "/v1/webhooks/{id}/rotate-secret", handler!(takes secrets::rotate))
            .about("Replace the secret; the old one may go on signing for a while.")
            .gives(StatusCode::OK),
        manage(Method::GET, "/v1/webhooks/{id}/secret", handler!(secrets::reveal))
            .about("Show a webhook's secret; the audit log records it.")
            .gives(StatusCode::OK),
        get("/v1/webhooks/{id}/attempts", handler!(deliveries::log::attempts))
            .about("List every attempt to deliver to a webhook, newest first, as deliveries show them.")
            .query(&deliveries::log::PARAMS)
            .gives(StatusCode::OK),
        get("/v1/webhooks/{id}/deliveries", handler!(deliveries::log::list))
            .about("List the same attempts in the form of job webhooks.")
            .query(&deliveries::log::PARAMS)
            .gives(StatusCode::OK),
        get("/v1/webhooks/{id}/stats", handler!(stats::show))
            .about("Show a webhook's recent statistics.")
            .query(&stats::PARAMS)
            .gives(StatusCode::OK),
    ]
}

fn delivery_routes() -> Vec<Route> {
    vec![
        get("/v1/deliveries", handler!(deliveries::list))
            .about("List deliveries, newest first.")
            .query(&[deliveries::WEBHOOK])
            .query(&deliveries::FILTERS)
            .lists(),
        get("/v1/deliveries/{id}", handler!(deliveries::show))
            .about("Show a delivery and its attempts.")
            .gives(StatusCode::OK),
        manage(Method::POST, "/v1/deliveries/{id}/retry", handler!(deliveries::retry))
            .about("Make an attempt now; the schedule stays as it is.")
            .gives(StatusCode::ACCEPTED),
        manage(Method::POST, "/v1/deliveries/{id}/cancel", handler!(deliveries::cancel))
            .about("Cancel a pending delivery.")
            .gives(StatusCode::OK),
        get("/v1/tail", handler!(tail::follow))
            .about("Follow accepted events and attempts as server-sent events.")
            .query(&tail::FILTERS)
            .header(tail::LAST_EVENT_ID)
            .gives(StatusCode::OK),
    ]
}

fn job_routes() -> Vec<Route> {
    use jobs::{append, edit, list, results};
    vec![
        work("/v1/jobs", handler!(takes edit::create))
            .about("Create a job. The event job.created carries it to the worker.")
            .header(query::IDEMPOTENCY_KEY)
            .gives(StatusCode::CREATED)
            .gives(StatusCode::OK),
        get_work("/v1/jobs", handler!(list::list))
            .about("List jobs, newest first.")
            .query(&list::FILTERS)
            .lists(),
        get_work("/v1/jobs/{id}", handler!(list::show)).about("Show a job.").gives(StatusCode::OK),
        work("/v1/jobs/{id}/start", handler!(edit::start))
            .about("Mark a job as running.")
            .gives(StatusCode::OK),
        work("/v1/jobs/{id}/results", handler!(takes append::append))
            .about("Append rows of results, one JSON value per line, as they arrive.")
            .query(&append::PARAMS)
            .gives(StatusCode::OK),
        get_work("/v1/jobs/{id}/results", handler!(results::show))
            .about("Show the results of a job that has ended.")
            .query(&results::PARAMS)
            .gives_every_form(StatusCode::OK),
        work("/v1/jobs/{id}/complete", handler!(takes edit::complete))
            .about("Complete a job. A job ends only once.")
            .gives(StatusCode::OK),
        work("/v1/jobs/{id}/abort", handler!(edit::abort)).about("Abort a job.").gives(StatusCode::OK),
    ]
}

fn replay_routes() -> Vec<Route> {
    vec![
        manage(Method::POST, "/v1/replays", handler!(takes replays::create))
            .about("Send matching deliveries again, at a given rate, across restarts.")
            .gives(StatusCode::ACCEPTED)
            .gives(StatusCode::OK),
        get("/v1/replays", handler!(replays::list)).about("List replays, newest first.").lists(),
        get("/v1/replays/{id}", handler!(replays::show))
            .about("Show a replay and its progress.")
            .gives(StatusCode::OK),
        manage(Method::POST, "/v1/replays/{id}/cancel", handler!(replays::cancel))
            .about("Stop a replay; what it has sent stays sent.")
            .gives(StatusCode::OK),
    ]
}
