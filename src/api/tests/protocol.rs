//! What HTTP asks for, and what every answer carries.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use super::{Reply, Rig, default_settings};
use crate::api::ApiSettings;
use crate::api::table::routes;
use crate::domain::account::Role;
use crate::http::Bounds;

const CSP: &str = "sandbox; default-src 'none'";

#[track_caller]
fn harmless(reply: &Reply, what: &str) {
    assert_eq!(reply.headers["x-content-type-options"], "nosniff", "{what}");
    assert_eq!(reply.headers["content-security-policy"], CSP, "{what}");
}

#[tokio::test]
async fn a_browser_runs_nothing_of_an_answer() {
    let rig = Rig::new().await;
    for route in routes() {
        // A tail does not end, and neither does what a listener is sent.
        if ["/v1/tail", "/v1/listen"].contains(&route.path) {
            continue;
        }
        for token in [None, Some(rig.of(Role::Admin))] {
            let reply = rig.request(&route.method, route.path, token, &[], "").await;
            harmless(&reply, route.path);
        }
    }
    for (method, path) in [("GET", "/"), ("OPTIONS", "/v1/events"), ("PATCH", "/v1/events")] {
        harmless(&rig.call(method, path, "").await, path);
    }
    harmless(&rig.get(&format!("/v1/nothing?{}", "y".repeat(9 << 10))).await.expect(414), "414");
}

#[tokio::test]
async fn what_a_caller_stored_under_a_type_of_its_own_is_saved_and_not_shown() {
    let rig = Rig::new().await;
    let admin = Some(rig.of(Role::Admin));
    let html = [("content-type", "text/html")];
    let page = "<script>alert(1)</script>";
    let run = rig.request(&Method::POST, "/v2/actors/mine/runs", admin, &html, page).await.expect(201);
    let store = run.json()["data"]["defaultKeyValueStoreId"].as_str().unwrap().to_owned();
    let input = rig.get(&format!("/v2/key-value-stores/{store}/records/INPUT")).await.expect(200);
    assert_eq!((input.text(), &input.headers["content-type"]), (page, &"text/html".parse().unwrap()));
    harmless(&input, "INPUT");
    assert_eq!(input.headers["content-disposition"], "attachment");
}

#[tokio::test]
async fn what_was_made_says_where_it_is() {
    let rig = Rig::new().await;
    let url = "https://example.com/x";
    let run =
        json!({"eventTypes": ["ACTOR.RUN.SUCCEEDED"], "requestUrl": url, "condition": {"actorId": "mine"}});
    let made = rig.post("/v2/webhooks", &run.to_string()).await.expect(201).json();
    let run_webhook = made["data"]["id"].as_str().unwrap().to_owned();
    let cases: Vec<(&str, &str, String, Value)> = vec![
        ("POST", "/v1/webhooks", String::new(), json!({"url": url})),
        ("POST", "/v1/jobs", String::new(), json!({"type": "a"})),
        ("POST", "/api/hooks", String::new(), json!({"url": url, "event": "a"})),
        ("PUT", "/v1/event-types/{*name}", "/v1/event-types/a%2Fb:c".to_owned(), json!({})),
        ("PUT", "/v1/secrets/{name}", "/v1/secrets/KEY".to_owned(), json!({"value": "x"})),
        ("PUT", "/v1/actors/{id}", "/v1/actors/mine".to_owned(), json!({})),
        ("POST", "/v1/tokens", String::new(), json!({"role": "reader"})),
        ("POST", "/v1/accounts", String::new(), json!({"name": "team"})),
        ("POST", "/v2/actors/{id}/runs", "/v2/actors/mine/runs".to_owned(), json!({})),
        ("POST", "/v2/acts/{id}/runs", "/v2/acts/mine/runs".to_owned(), json!({})),
        (
            "POST",
            "/v2/webhooks",
            String::new(),
            json!({"eventTypes": ["ACTOR.RUN.FAILED"], "requestUrl": url, "condition": {"actorId": "mine"}}),
        ),
        ("POST", "/v2/webhooks/{id}/test", format!("/v2/webhooks/{run_webhook}/test"), json!({})),
    ];
    for (method, template, path, body) in &cases {
        let path = if path.is_empty() { template } else { path.as_str() };
        let reply = rig.call(method, path, &body.to_string()).await.expect(201);
        let location = reply.headers["location"].to_str().unwrap().to_owned();
        // A secret is there to be taken away, not to be shown.
        let status = if location.starts_with("/v1/secrets/") { 405 } else { 200 };
        rig.get(&location).await.expect(status);
    }
    let tried: BTreeSet<(String, &str)> = cases.iter().map(|case| (case.0.to_owned(), case.1)).collect();
    // There is no path of a single signing key or item of a dataset.
    // A record is where it was put.
    let nowhere = [
        "/v1/signing-keys/rotate",
        "/v2/datasets/{id}/items",
        "/v2/actor-runs/{id}/dataset/items",
        "/v2/key-value-stores/{id}/records/{key}",
        "/v2/actor-runs/{id}/key-value-store/records/{key}",
    ];
    for route in routes().iter().filter(|route| !nowhere.contains(&route.path)) {
        if route.replies.iter().any(|reply| reply.status == 201) {
            assert!(
                tried.contains(&(route.method.to_string(), route.path)),
                "{} {}",
                route.method,
                route.path
            );
        }
    }
}

#[tokio::test]
async fn a_name_in_a_path_is_decoded_once() {
    let rig = Rig::new().await;
    for (written, name) in [("a%2Fb", "a/b"), ("a/c", "a/c"), ("x%3Ay%2fz", "x:y/z"), ("%6frder", "order")] {
        let path = format!("/v1/event-types/{written}");
        rig.call("PUT", &path, r#"{"example":{"n":1}}"#).await.expect(201);
        assert_eq!(rig.get(&path).await.expect(200).json()["name"], name);
        let one_segment = name.replace('/', "%2F");
        let samples = rig.get(&format!("/api/events/{one_segment}/samples")).await.expect(200);
        assert_eq!(samples.json(), json!([{"n": 1}]), "{name}");
        rig.call("DELETE", &path, "").await.expect(204);
    }
    let refused = rig.call("PUT", "/v1/event-types/a%20b", "{}").await.expect(422).json();
    assert!(refused["detail"].as_str().unwrap().contains("letters"), "{refused}");
    rig.call("PUT", "/v1/event-types/a%252Fb", "{}").await.expect(422);
}

#[tokio::test]
async fn utf_8_has_two_spellings() {
    let rig = Rig::new().await;
    let admin = Some(rig.of(Role::Admin));
    for (charset, status) in
        [("utf-8", 202), ("UTF8", 202), ("\"utf8\"", 202), ("us-ascii", 202), ("latin1", 415)]
    {
        // A quoted parameter may look like another one.
        let kind = format!("application/json; x=\"a;charset=latin1;\"; charset={charset}");
        let body = r#"{"type":"a","data":1}"#;
        let reply = rig.request(&Method::POST, "/v1/events", admin, &[("content-type", &kind)], body).await;
        reply.expect(status);
    }
}

#[tokio::test]
async fn an_account_that_is_named_is_heeded_or_refused() {
    let rig = Rig::new().await;
    rig.post("/v1/accounts", r#"{"name":"other"}"#).await.expect(201);
    rig.token(Role::Reader, "other").await;
    let count = async |path: &str| rig.get(path).await.expect(200).json()["data"].as_array().unwrap().len();
    assert!(count("/v1/tokens").await > 1);
    assert_eq!(count("/v1/tokens?account=other").await, 1);
    let admin = Some(rig.of(Role::Admin));
    let named = [("x-ringback-account", "other")];
    let mut global = 0;
    for route in routes().iter().filter(|route| route.global) {
        let path = route.path.replace("{id}", "tok_00000000000000000000000000");
        let reply = rig.call(route.method.as_str(), &format!("{path}?account=other"), "{}").await.expect(400);
        assert_eq!(reply.json()["code"], "bad_parameter", "{path}");
        rig.request(&route.method, &path, admin, &named, "").await.expect(400);
        global += 1;
    }
    assert!(global >= 4, "{global}");
}

/// An answer to a request that came over a connection from `from`.
pub(super) async fn asked_from(rig: &Rig, from: [u8; 4], headers: &str) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind((from, 0).into()).unwrap();
    let mut stream = socket.connect(rig.addr).await.unwrap();
    let request = format!(
        "GET /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer rb_x\r\nconnection: close\r\n{headers}\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer[9..12].to_owned()
}

#[tokio::test]
async fn a_trusted_proxys_clients_are_told_apart_and_nobody_elses() {
    let settings = ApiSettings { auth_failures_per_minute: 2, ..default_settings() };
    let rig = Rig::with(settings, Bounds::default()).await;
    let (proxy, other) = ([127, 0, 0, 2], [127, 0, 0, 3]);
    let mut answers = Vec::new();
    for n in 0..3 {
        answers.push(asked_from(&rig, proxy, &format!("x-forwarded-for: 9.9.9.{n}, 203.0.113.7\r\n")).await);
    }
    assert_eq!(answers, ["401", "401", "429"], "what a client writes before its address changes nothing");
    assert_eq!(asked_from(&rig, proxy, "x-forwarded-for: 203.0.113.8\r\n").await, "401");
    assert_eq!(asked_from(&rig, proxy, "forwarded: for=203.0.113.7\r\n").await, "429");
    let mut answers = Vec::new();
    for n in 0..3 {
        answers.push(asked_from(&rig, other, &format!("x-forwarded-for: 203.0.113.{n}\r\n")).await);
    }
    assert_eq!(answers, ["401", "401", "429"], "a peer that is not trusted is itself");
}

/// How many lines a stream's answer has, and the last one's problem.
async fn streamed(rig: &Rig, headers: &[(&str, &str)], body: Vec<u8>) -> (usize, Value) {
    let headers = [&[("content-type", "application/x-ndjson")], headers].concat();
    let admin = Some(rig.of(Role::Admin));
    let reply = rig.request(&Method::POST, "/v1/events", admin, &headers, body).await.expect(200);
    let last: Value = serde_json::from_str(reply.text().lines().last().unwrap()).unwrap();
    (reply.text().lines().count(), last["error"]["detail"].clone())
}

#[tokio::test]
async fn a_stream_that_is_worth_nothing_ends_early() {
    use std::io::Write as _;
    let rig = Rig::new().await;
    let (lines, last) = streamed(&rig, &[], b"x\n".repeat(5000)).await;
    assert!((1000..1200).contains(&lines), "{lines}");
    assert!(last.as_str().unwrap().contains("too many lines were refused"), "{last}");
    // As many may be refused as are accepted, however long the stream is.
    let good = "{\"type\":\"a\",\"data\":1}\nx\n".repeat(2000);
    assert_eq!(streamed(&rig, &[], good.into_bytes()).await.0, 4000);
    let gzip = |text: String| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let encoded = [("content-encoding", "gzip")];
    let same = gzip("{\"type\":\"a\",\"data\":1}\n".repeat(6000));
    assert!(same.len() < 2000, "{}", same.len());
    let (lines, last) = streamed(&rig, &encoded, same).await;
    assert!(lines < 3200, "{lines}");
    assert!(last.as_str().unwrap().contains("less than a byte a line"), "{last}");
    // What differs at all costs more than that.
    let differs = (0..3000).map(|n| format!("{{\"type\":\"a\",\"data\":{n}}}\n")).collect();
    assert_eq!(streamed(&rig, &encoded, gzip(differs)).await, (3000, Value::Null));
}

#[tokio::test]
async fn what_a_run_keeps_of_how_it_was_asked_for_is_bounded() {
    let rig = Rig::new().await;
    let long = "x".repeat(20_000);
    let path = "/v2/actors/mine/runs";
    let started = |path: String, name: &'static str, value: String| {
        let rig = &rig;
        async move { rig.request(&Method::POST, &path, Some(rig.of(Role::Admin)), &[(name, &value)], "1").await }
    };
    let made = started(path.to_owned(), "user-agent", long.clone()).await.expect(201).json();
    assert_eq!(made["data"]["meta"]["userAgent"].as_str().unwrap().len(), 256);
    started(format!("{path}?build={}", "x".repeat(300)), "user-agent", "a".to_owned()).await.expect(400);
    started(path.to_owned(), "content-type", long).await.expect(400);
}
