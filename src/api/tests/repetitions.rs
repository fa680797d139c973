//! What is the same request: what it says counts, and not how it is written; and no key is passed over.

use http::Method;
use serde_json::{Value, json};

use super::Rig;
use super::routes::concrete;
use crate::api::route::Route;
use crate::api::table::routes;
use crate::domain::account::Role;

/// A request, the same written otherwise, and others that are not the same.
const FIRST: &str = r#"{"type":"a.b","data":{"order":"A1","n":[1,2.50]},"metadata":{"x":1,"y":2}}"#;
const OTHERWISE: &str = "{ \"metadata\":{\"y\":2, \"x\":1},\n\"data\" : {\"n\":[ 1,2.50 ],\"order\":\"\\u00411\"}, \"type\":\"a.b\"}";
const OTHERS: [&str; 4] = [
    r#"{"type":"a.b","data":{"order":"A1","n":[1,2.5]},"metadata":{"x":1,"y":2}}"#,
    r#"{"type":"a.b","data":{"order":"A1","n":[2.50,1]},"metadata":{"x":1,"y":2}}"#,
    r#"{"type":"a.b","data":{"order":"A1","n":"1,2.50"},"metadata":{"x":1,"y":2}}"#,
    r#"{"type":"a.b","data":{"order":"A1","n":[1,2.50]},"metadata":{"x":1,"y":"2"}}"#,
];

#[tokio::test]
async fn how_an_event_is_written_makes_no_difference() {
    let rig = Rig::new().await;
    let (json, lines, cloud) = ("application/json", "application/x-ndjson", "application/cloudevents+json");
    for (way, media_type, key) in [
        ("one", json, Some("one")),
        ("by its id", json, None),
        ("array", json, Some("array")),
        ("stream", lines, Some("stream")),
        ("cloud", cloud, None),
    ] {
        let key: Vec<_> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
        let post = async |event: &str| {
            let body = match way {
                "by its id" => event.replacen('{', r#"{"id":"e1","#, 1),
                "array" => format!("[{event}, {{\"type\":\"c\",\"data\":1}}]"),
                "stream" => event.replace('\n', " "),
                // Its extensions are texts.
                "cloud" => event
                    .replacen('{', r#"{"specversion":"1.0","source":"/s","id":"c1","#, 1)
                    .replace(r#""metadata":{"x":1,"y":2}"#, r#""ext":"x","other":"y""#)
                    .replace(r#""metadata":{"y":2, "x":1}"#, r#""other":"y","ext":"x""#),
                _ => event.to_owned(),
            };
            rig.post_as(media_type, &key, body).await
        };
        let answer = post(FIRST).await;
        let id = |answer: Value| answer.pointer("/data/0/id").unwrap_or(&answer["id"]).clone();
        let (first, again) = (id(answer.json()), post(OTHERWISE).await.expect(200).json());
        assert!(first.is_string(), "{way} {}", answer.text());
        assert_eq!(id(again.clone()), first, "{way} {again}");
        for other in OTHERS.iter().take(if way == "cloud" { 3 } else { 4 }) {
            let refused = post(other).await;
            let code = refused.json().pointer("/error/code").unwrap_or(&refused.json()["code"]).clone();
            assert_eq!(code, "conflict", "{way} {other} {}", refused.text());
        }
    }
}

#[tokio::test]
async fn how_a_job_is_written_makes_no_difference() {
    let rig = Rig::new().await;
    let key = [("idempotency-key", "k")];
    let producer = Some(rig.of(Role::Producer));
    let post = async |body: &'static str| {
        rig.request(
            &Method::POST,
            "/v1/jobs",
            producer,
            &[("content-type", "application/json"), key[0]],
            body,
        )
        .await
    };
    let first = post(r#"{"type":"work","input":{"a":1,"b":"é"}}"#).await.expect(201).json();
    let again = post(r#"{ "input" : {"b":"\u00e9","a":1}, "type":"work" }"#).await.expect(200).json();
    assert_eq!(again["id"], first["id"]);
    post(r#"{"type":"work","input":{"a":1.0,"b":"é"}}"#).await.expect(409);
}

#[tokio::test]
async fn the_same_request_makes_one_webhook() {
    let rig = Rig::new().await;
    let manager = Some(rig.of(Role::Manager));
    let post = async |key: Option<&str>, body: &str| {
        let mut headers = vec![("content-type", "application/json")];
        headers.extend(key.map(|key| ("idempotency-key", key)));
        rig.request(&Method::POST, "/v1/webhooks", manager, &headers, body.to_owned()).await
    };
    let count = async || rig.get("/v1/webhooks").await.json()["data"].as_array().unwrap().len();
    let body = r#"{"url":"https://example.com/a","events":["a.*"],"headers":{"x-a":"1","x-b":"2"}}"#;
    let otherwise = r#"{"headers":{"x-b":"2","x-a":"1"},"events":["a.*"], "url":"https:\/\/example.com/a"}"#;
    let first = post(Some("k"), body).await.expect(201);
    assert!(first.json()["secret"].is_string());
    for body in [body, otherwise] {
        let again = post(Some("k"), body).await.expect(200);
        assert_eq!((&again.json()["id"], again.json().get("secret")), (&first.json()["id"], None));
        assert_eq!(again.headers["location"], first.headers["location"]);
    }
    let conflict = post(Some("k"), &body.replace("/a\"", "/b\"")).await.expect(409);
    assert!(
        conflict.json()["detail"].as_str().unwrap().contains("key was used before"),
        "{}",
        conflict.text()
    );
    assert_eq!(count().await, 1);
    // At the same time, too.
    let (one, two) = tokio::join!(post(Some("j"), body), post(Some("j"), otherwise));
    let statuses = [one.status.as_u16(), two.status.as_u16()];
    assert!([[200, 201], [201, 200]].contains(&statuses), "{statuses:?}");
    post(None, body).await.expect(201);
    assert_eq!(count().await, 3);
    let path = format!("/v1/webhooks/{}", first.json()["id"].as_str().unwrap());
    rig.call("DELETE", &path, "").await.expect(204);
    let gone = post(Some("k"), body).await.expect(409);
    assert!(gone.json()["detail"].as_str().unwrap().contains("removed since"), "{}", gone.text());
    rig.post("/v1/events", r#"{"type":"a.b","data":1}"#).await.expect(202);
    // The key of another kind of thing is another.
    rig.post_as("application/json", &[("idempotency-key", "k")], r#"{"type":"a","data":1}"#)
        .await
        .expect(202);
}

#[tokio::test]
async fn a_key_is_either_honoured_or_refused() {
    let rig = Rig::new().await;
    let (mut honoured, mut refused) = (Vec::new(), 0);
    for route in routes().into_iter().filter(Route::makes_or_changes) {
        if route.takes_keys() {
            honoured.push(route.path);
            continue;
        }
        let headers = [("idempotency-key", "k"), ("content-type", "application/json")];
        let reply =
            rig.request(&route.method, &concrete(&route), Some(rig.of(Role::Admin)), &headers, "{}").await;
        assert_eq!(reply.status, 400, "{} {} {}", route.method, route.path, reply.text());
        assert!(reply.text().contains("Idempotency-Key"), "{} {}", route.path, reply.text());
        refused += 1;
    }
    // Each of these has a test of its own above.
    assert_eq!(honoured, ["/v1/events", "/v1/webhooks", "/v1/jobs"]);
    assert!(refused > 30, "{refused}");
    assert_eq!(rig.get("/v1/event-types").await.json()["data"], json!([]), "what was refused did nothing");
}
