//! The routes of REST hooks, and of the resources that notifications point at.

use http::{Method, StatusCode};

use super::{resources, samples, subscribe, unsubscribe};
use crate::api::query::PAGING;
use crate::api::route::{LOCATION, Route, get, handler, post, route};
use crate::app::permissions as may;

/// The routes.
pub(in crate::api) fn routes() -> Vec<Route> {
    vec![
        post("/api/hooks", may::CHANGE_WEBHOOKS, handler!(takes subscribe::create))
            .about("Subscribe a target to an event; an ending subscription is renewed under its id.")
            .gives(StatusCode::CREATED)
            .with(&[LOCATION]),
        get("/api/hooks", may::SEE_WEBHOOKS, handler!(subscribe::list))
            .about("List subscriptions, newest first; a Link header leads to more.")
            .query(&PAGING)
            .gives(StatusCode::OK),
        get("/api/hooks/{id}", may::SEE_WEBHOOKS, handler!(subscribe::show))
            .about("Show a subscription.")
            .gives(StatusCode::OK),
        route(Method::DELETE, "/api/hooks/{id}", may::CHANGE_WEBHOOKS, handler!(unsubscribe::remove))
            .about("End a subscription; one that does not exist counts as ended.")
            .gives(StatusCode::OK),
        Route::new(Method::POST, "/api/hooks/unsubscribe", None, handler!(takes unsubscribe::remove_target))
            .about("End all subscriptions of a target; knowing the target is enough.")
            .gives(StatusCode::OK),
        get("/api/events/{type}/samples", may::SEE_EVENTS, handler!(samples::list))
            .about(
                "Show samples of an event as they are delivered, newest first; other parameters filter them.",
            )
            .query(&samples::PARAMS)
            .gives(StatusCode::OK),
        Route::new(Method::GET, "/r/{token}", None, handler!(resources::read))
            .about("Show what a delivered `resource_url` points at: an event's data, or a list of such.")
            .gives(StatusCode::OK)
            .refuses(&[StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::GONE]),
    ]
}
