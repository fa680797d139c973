//! Rules that hold for every route.

use http::Method;

use super::{Rig, default_settings, request};
use crate::api::ApiSettings;
use crate::api::route::Route;
use crate::api::table::routes;
use crate::api::table::surface_of;
use crate::domain::account::Role;
use crate::http::Bounds;

pub(super) fn concrete(route: &Route) -> String {
    let id = match route.path {
        path if path.contains("/events/") => "evt_00000000000000000000000000",
        path if path.contains("/webhooks/") => "wh_00000000000000000000000000",
        path if path.contains("/deliveries/") => "dlv_00000000000000000000000000",
        path if path.contains("/replays/") => "rpl_00000000000000000000000000",
        path if path.contains("/jobs/") => "job_00000000000000000000000000",
        path if path.contains("/tokens/") => "tok_00000000000000000000000000",
        _ => "order.paid",
    };
    route.path.replace("{id}", id).replace("{*name}", id).replace("{type}", id).replace("{name}", "KEY")
}

/// The routes of Ringback's own API; a dialect's clients send more than is documented.
fn native_routes() -> impl Iterator<Item = Route> {
    routes().into_iter().filter(|route| !surface_of(route.path).is_lenient)
}

#[tokio::test]
async fn every_document_refuses_unknown_members() {
    let rig = Rig::new().await;
    rig.webhook("").await;
    // An actor's declaration is a provider's document, which may say more than is known here.
    let takes = |route: &Route| {
        route.path != "/v1/actors/{id}"
            && route.handler.takes.iter().any(|(kind, _)| *kind == "application/json")
    };
    for route in native_routes().filter(takes) {
        let reply = rig.call(route.method.as_str(), &concrete(&route), r#"{"frobnicate":1}"#).await;
        // A thing that does not exist is said before a body is looked at.
        match reply.status.as_u16() {
            404 => assert!(route.path.contains("{id}"), "{}", route.path),
            // A declaration is somebody else's document.
            201 => assert_eq!(route.path, "/v1/actors/{id}"),
            422 => assert!(reply.pointers().contains(&"/frobnicate".to_owned()), "{}", route.path),
            other => panic!("{} {}: {other} {}", route.method, route.path, reply.text()),
        }
    }
}

#[tokio::test]
async fn what_takes_no_document_refuses_members() {
    let rig = Rig::new().await;
    let webhook = rig.webhook("").await;
    let mut looked = 0;
    for route in
        native_routes().filter(|route| route.method == Method::POST && route.handler.takes.is_empty())
    {
        let path = concrete(&route);
        let reply = rig.post(&path, r#"{"frobnicate":1}"#).await.expect(422);
        assert_eq!(reply.pointers(), ["/frobnicate"], "{path}");
        assert_eq!(rig.post(&path, "{").await.expect(400).json()["code"], "malformed_json", "{path}");
        looked += 1;
    }
    assert!(looked >= 7, "{looked}");
    let pause = format!("/v1/webhooks/{webhook}/pause");
    let other = [("content-type", "text/plain")];
    let admin = Some(rig.of(Role::Admin));
    rig.request(&Method::POST, &pause, admin, &other, "now").await.expect(415);
    rig.post(&pause, r#"{"until":"tomorrow"}"#).await.expect(422);
    let state = rig.get(&format!("/v1/webhooks/{webhook}")).await.json()["state"].clone();
    assert_eq!(state, "active", "what was refused did nothing");
    for body in ["", "{}", " \n"] {
        assert_eq!(rig.post(&pause, body).await.expect(200).json()["state"], "paused", "{body}");
    }
    rig.request(&Method::POST, &pause, admin, &other, "").await.expect(200);
}

#[tokio::test]
async fn every_list_pages_and_refuses_unknown_parameters() {
    let rig = Rig::new().await;
    for route in native_routes().filter(|route| route.query.iter().any(|p| p.name == "cursor")) {
        if route.path.contains("{id}") {
            continue;
        }
        let page = rig.get(&format!("{}?limit=1", route.path)).await.expect(200).json();
        assert!(page["data"].is_array() && page.get("next_cursor").is_some(), "{page}");
        let bad = rig.get(&format!("{}?limt=1", route.path)).await.expect(400).json();
        assert_eq!(bad["detail"], "unknown parameter limt; did you mean limit?");
        let bad = rig.get(&format!("{}?cursor=zzz", route.path)).await.expect(400).json();
        assert_eq!(bad["code"], "bad_cursor");
    }
}

#[tokio::test]
async fn paths_are_literal_and_methods_are_named() {
    let rig = Rig::new().await;
    for path in [
        "/",
        "/v1",
        "/v1/nothing",
        "/v1//events",
        "//v1/events",
        "/v1/events/",
        "/v1/%65vents",
        "/v1/events%2f",
        "/v1/x/../events",
        "/v1/./events",
        "/V1/events",
        "/v1/event-types/a%252fb",
        "/v1/event-types/..%2fevents",
        "/v1/event-types/%2e%2e/events",
        "/v1/event-types/a%2f%2fb",
        "/api/events/a/b/samples",
    ] {
        // A name that no event type can have is one that none has.
        let code = if path.ends_with("a%252fb") { "not_found" } else { "path_not_found" };
        assert_eq!(rig.get(path).await.expect(404).json()["code"], code, "{path}");
    }
    let reply = rig.call("PATCH", "/v1/events", "").await.expect(405);
    assert_eq!(reply.headers["allow"], "POST, GET, HEAD, OPTIONS");
    assert_eq!(
        rig.call("OPTIONS", "/v1/events", "").await.expect(204).headers["allow"],
        "POST, GET, HEAD, OPTIONS"
    );
    let head = rig.call("HEAD", "/v1/events", "").await.expect(200);
    assert!(head.body.is_empty() && head.headers["content-length"] != "0", "{:?}", head.headers);
}

#[tokio::test]
async fn every_answer_has_a_request_id() {
    let rig = Rig::new().await;
    let own = [("x-request-id", "mine-1")];
    let reply = rig.request(&Method::GET, "/v1/nothing", None, &own, "").await.expect(404);
    assert_eq!(reply.headers["x-request-id"], "mine-1");
    assert_eq!(reply.json()["request_id"], "mine-1");
    assert!(rig.get("/v1/events").await.headers.contains_key("x-request-id"));
}

#[tokio::test]
async fn the_description_is_public() {
    let rig = Rig::new().await;
    let reply = rig.request(&Method::GET, "/openapi.json", None, &[], "").await.expect(200);
    let paths = reply.json()["paths"].as_object().unwrap().len();
    assert!(paths > 15);
}

#[tokio::test]
async fn tokens_open_their_own_account_only() {
    let rig = Rig::new().await;
    rig.post("/v1/accounts", r#"{"name":"other"}"#).await.expect(201);
    let reader = rig.token(Role::Reader, "other").await;
    let (webhook, event) = (rig.webhook("").await, rig.event("a.b").await);
    for path in [format!("/v1/webhooks/{webhook}"), format!("/v1/events/{event}")] {
        rig.get(&path).await.expect(200);
        let theirs = rig.request(&Method::GET, &path, Some(&reader), &[], "").await.expect(404);
        let kind = if path.contains("webhooks") { "wh_0" } else { "evt_0" };
        let (start, _) = path.rsplit_once('/').unwrap();
        let unknown = format!("{start}/{kind}{}", "0".repeat(25));
        let nobodys = rig.request(&Method::GET, &unknown, Some(&reader), &[], "").await.expect(404);
        assert_eq!(theirs.json()["detail"], nobodys.json()["detail"]);
    }
    let named = [("x-ringback-account", "default")];
    rig.request(&Method::GET, "/v1/webhooks", Some(&reader), &named, "").await.expect(403);
    let all = rig.get("/v1/webhooks?account=other").await.expect(200).json();
    assert_eq!(all["data"].as_array().unwrap().len(), 0);
    rig.get("/v1/webhooks?account=nobody").await.expect(404);
    let events = rig.request(&Method::GET, "/v1/events", Some(&reader), &[], "").await.expect(200);
    assert_eq!(events.json()["data"].as_array().unwrap().len(), 0);
}

#[tokio::test]
async fn failed_authentications_are_limited_but_lock_nobody_out() {
    let settings = ApiSettings { auth_failures_per_minute: 3, ..default_settings() };
    let rig = Rig::with(settings, Bounds::default()).await;
    for _ in 0..3 {
        let reply = rig.request(&Method::GET, "/v1/events", Some("rb_x"), &[], "").await.expect(401);
        assert!(reply.json()["detail"].as_str().unwrap().contains("not an access token"));
    }
    let reply = rig.request(&Method::GET, "/v1/events", Some("rb_x"), &[], "").await.expect(429);
    assert!(reply.headers.contains_key("retry-after"));
    rig.get("/v1/events").await.expect(200);
}

#[tokio::test]
async fn requests_per_second_can_be_limited_per_token_and_per_account() {
    for (settings, named) in [
        (
            ApiSettings { requests_per_second_per_token: 5, ..default_settings() },
            "requests_per_second_per_token",
        ),
        (ApiSettings { requests_per_second: 5, ..default_settings() }, "quotas.requests_per_second)"),
    ] {
        let rig = Rig::with(settings, Bounds::default()).await;
        let mut limited = 0;
        for _ in 0..20 {
            let reply = rig.get("/v1/events").await;
            if reply.status.as_u16() == 429 {
                assert_eq!(reply.headers["retry-after"], "1");
                assert!(reply.text().contains(named), "{}", reply.text());
                limited += 1;
            }
        }
        assert!((1..=15).contains(&limited), "{limited}");
    }
}

#[tokio::test]
async fn a_draining_daemon_ends_what_has_no_end_and_answers_the_rest() {
    let rig = Rig::new().await;
    rig.draining.send_replace(true);
    rig.post("/v1/events", r#"{"type":"a","data":1}"#).await.expect(202);
    let token = Some(rig.of(Role::Admin));
    let kind = [("content-type", "application/x-ndjson")];
    let reply =
        request(rig.addr, &Method::POST, "/v1/events", token, &kind, "{\"type\":\"a\",\"data\":1}\n").await;
    assert!(reply.text().contains("draining"), "{}", reply.text());
    rig.get("/v1/events").await.expect(200);
}

#[tokio::test]
async fn each_surface_answers_in_its_own_form() {
    let rig = Rig::new().await;
    let at = async |path: &str| rig.get(path).await.expect(404).json();
    assert_eq!(at("/v1/nothing").await["code"], "path_not_found");
    assert_eq!(at("/v2/nothing").await["error"]["type"], "page-not-found");
    let entry = at("/v2/action-runs/a/b/c").await["errors"][0].clone();
    assert_eq!((entry["status"].as_u64(), &entry["code"]), (Some(404), &"path_not_found".into()));
}

#[test]
fn a_path_is_of_one_surface() {
    let native: &[&str] = &[];
    for (path, prefixes) in [
        ("/v1/webhooks", native),
        ("/v2", &["/v2"]),
        ("/v2/actor-runs/x", &["/v2"]),
        ("/v2/action-runs/", &["/v2/action-runs"]),
        ("/v2/action-runsx", &["/v2"]),
        ("/api/hooks", &["/api", "/r"]),
        ("/r/token", &["/api", "/r"]),
        ("/readme", native),
    ] {
        assert_eq!(surface_of(path).prefixes, prefixes, "{path}");
    }
}
