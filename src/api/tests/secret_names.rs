//! Who may name a secret, and where. A receiver is sent what its webhook's templates name, so only those who
//! manage the account's secrets may name one, wherever a webhook is described. The table is written by hand.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::Rig;
use crate::domain::account::{Role, Roles};
use crate::domain::webhook::Webhook;

/// Those who try: each role alone, and the sets that hold a role that makes runs.
const CALLERS: [&[Role]; 8] = [
    &[Role::Admin],
    &[Role::Producer],
    &[Role::Manager],
    &[Role::Reader],
    &[Role::Metrics],
    &[Role::Producer, Role::Manager],
    &[Role::Producer, Role::Reader],
    &[Role::Producer, Role::Reader, Role::Metrics],
];

/// A place, and what each of the callers hears there, in their order: `+` the secret is named, `t` it is
/// taken as a text that no one fills in, `!` it is refused, `-` the route is not for the caller.
struct Place {
    method: &'static str,
    path: &'static str,
    body: Value,
    heard: &'static str,
}

const NAMES: &str = "{{secrets.KEY}}";
const URL: &str = "https://example.com/in";

fn run_webhook(more: &Value) -> Value {
    let mut webhook =
        json!({"eventTypes": ["ACTOR.RUN.CREATED"], "requestUrl": URL, "condition": {"actorId": "a"}});
    webhook.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    webhook
}

/// Everywhere that a webhook of runs has a text.
fn texts() -> [(Value, bool); 6] {
    let json = format!("{{\"X\":\"{NAMES}\"}}");
    [
        (json!({"headersTemplate": json}), true),
        (json!({"headersTemplate": "{\"X\":\"a {{ secrets.KEY }} b\"}"}), true),
        (json!({"payloadTemplate": format!("{{\"x\":{NAMES}}}")}), false),
        (json!({"payloadTemplate": json, "shouldInterpolateStrings": true}), false),
        (json!({"headersTemplate": json, "payloadTemplate": json, "shouldInterpolateStrings": true}), false),
        (json!({"headersTemplate": format!("{{\"{NAMES}\":\"x\"}}")}), false),
    ]
}

fn places() -> Vec<Place> {
    let mut all = Vec::new();
    let mut add = |method, path, body, heard| all.push(Place { method, path, body, heard });
    for (text, may_be) in texts() {
        let (managed, started) = if may_be { ("+-+--+--", "+!---+!!") } else { ("!-!--!--", "!!---!!!") };
        add("POST", "/v2/webhooks", run_webhook(&text), managed);
        add("PUT", "/v2/webhooks/{run_webhook}", text.clone(), managed);
        add("PUT", "/v1/actors/a", json!({"webhooks": [run_webhook(&text)]}), managed);
        add("PUT", "/v1/actors/declared", json!({"webhooks": [run_webhook(&text)]}), managed);
        for path in ["/v2/actors/a/runs", "/v2/acts/a/runs"] {
            add("POST", path, json!([run_webhook(&text)]), started);
        }
        // Ringback's own API has no templates, also where it changes a webhook that has.
        add("PATCH", "/v1/webhooks/{run_webhook}", text, "!-!--!--");
    }
    let (managed, refused, worked) = ("t-t--t--", "!-!--!--", "tt---ttt");
    let url = format!("https://example.com/{NAMES}?k={NAMES}");
    for (member, heard) in [
        (json!({"url": url}), managed),
        (json!({"url": URL, "headers": {"x-key": NAMES}}), refused),
        (json!({"url": URL, "description": NAMES, "metadata": {"a": NAMES}}), managed),
        (json!({"url": URL, "events": [NAMES]}), refused),
        (json!({"url": URL, "profile": NAMES}), refused),
        (json!({"url": URL, "payloadTemplate": NAMES}), refused),
        (json!({"url": URL, "headersTemplate": NAMES}), refused),
    ] {
        add("PATCH", "/v1/webhooks/{webhook}", member.clone(), heard);
        add("POST", "/v1/webhooks", member, heard);
    }
    add("POST", "/api/hooks", json!({"target_url": url, "event": "a.b"}), managed);
    add("POST", "/api/hooks", json!({"target_url": URL, "event": "a.b", "note": NAMES}), managed);
    add("POST", "/api/hooks", json!({"target_url": URL, "event": "a.c", "headersTemplate": NAMES}), managed);
    add("POST", "/v2/webhooks", run_webhook(&json!({"requestUrl": url})), managed);
    add("POST", "/v2/actors/a/runs", json!([run_webhook(&json!({"requestUrl": url}))]), worked);
    add("PUT", "/v1/actors/b", json!({"webhooks": [run_webhook(&json!({"requestUrl": url}))]}), managed);
    add("POST", "/v1/jobs", json!({"type": "a", "callback_url": url}), worked);
    add("POST", "/v1/jobs", json!({"type": "a", "input": NAMES, "metadata": {"a": NAMES}}), worked);
    add("POST", "/v2/action-runs", json!({"action": NAMES, "callback_url": url, "input": NAMES}), worked);
    add("POST", "/v1/events", json!({"type": "a.b", "data": NAMES, "metadata": {"a": NAMES}}), worked);
    all
}

/// Whether what its receiver is sent has a secret filled in.
fn fills_in(webhook: &Webhook) -> bool {
    let template = webhook.terms.template.as_deref();
    template.is_some_and(|template| {
        [&template.headers, &template.payload].into_iter().flatten().any(|text| text.contains("secrets"))
    })
}

/// A rig with a secret and a webhook of each kind that can be changed.
async fn stage() -> (Rig, Vec<(&'static str, String)>) {
    let rig = Rig::new().await;
    rig.call("PUT", "/v1/secrets/KEY", r#"{"value":"canary-secret"}"#).await.expect(201);
    let webhook = rig.webhook("").await;
    let run_webhook = run_webhook(&json!({})).to_string();
    let made = rig.post("/v2/webhooks", &run_webhook).await.expect(201).json();
    let made = made["data"]["id"].as_str().unwrap().to_owned();
    rig.call("PUT", "/v1/actors/declared", &format!("{{\"webhooks\":[{run_webhook}]}}")).await.expect(201);
    (rig, vec![("{webhook}", webhook), ("{run_webhook}", made)])
}

#[tokio::test]
async fn nobody_names_a_secret_who_may_not_manage_secrets() {
    for (column, caller) in CALLERS.iter().enumerate() {
        let (rig, ids) = stage().await;
        let (_, token) = rig.token_of(Roles::of(caller), "default", None).await;
        for place in places() {
            let expected: Vec<char> = place.heard.chars().collect();
            assert_eq!(expected.len(), CALLERS.len(), "{} {}", place.path, place.body);
            let told = asked(&rig, &ids, &token, &place).await;
            assert_eq!(told.0, expected[column], "{caller:?}: {}", told.1);
        }
    }
}

/// What is heard in a place, and all about it.
async fn asked(rig: &Rig, ids: &[(&str, String)], token: &str, place: &Place) -> (char, String) {
    let mut path = ids.iter().fold(place.path.to_owned(), |path, (name, id)| path.replace(name, id));
    let mut body = place.body.to_string();
    if place.body.is_array() {
        let webhooks = STANDARD.encode(&body);
        path += &format!("?webhooks={}", utf8_percent_encode(&webhooks, NON_ALPHANUMERIC));
        body = "{}".to_owned();
    }
    let method: Method = place.method.parse().unwrap();
    let json = [("content-type", "application/json")];
    let webhooks = || rig.store.directory().webhooks().cloned().collect::<Vec<Arc<Webhook>>>();
    let before = webhooks();
    let reply = rig.request(&method, &path, Some(token), &json, body).await;
    let after = webhooks();
    let told = format!("{method} {} {}: {} {}", place.path, place.body, reply.status, reply.text());
    let names = after.iter().filter(|webhook| !before.contains(webhook)).any(|webhook| fills_in(webhook));
    let heard = match reply.status.as_u16() {
        200..=299 if names => '+',
        200..=299 => 't',
        400 | 422 => '!',
        403 => '-',
        _ => panic!("{told}"),
    };
    if matches!(heard, '!' | '-') {
        assert_eq!(before, after, "{told}");
    }
    assert!(!told.contains("canary-secret"), "{told}");
    (heard, told)
}

/// What a manager wrote stays when somebody else sends it back.
#[tokio::test]
async fn whoever_may_not_name_a_secret_cannot_move_one_to_another_receiver() {
    let (rig, _) = stage().await;
    let named = run_webhook(&json!({"headersTemplate": format!("{{\"X\":\"{NAMES}\"}}")}));
    let made = rig.post("/v2/webhooks", &named.to_string()).await.expect(201).json();
    let path = format!("/v2/webhooks/{}", made["data"]["id"].as_str().unwrap());
    for caller in CALLERS {
        let roles = Roles::of(caller);
        if roles.has(Role::Admin) || roles.has(Role::Manager) {
            continue;
        }
        let (_, token) = rig.token_of(roles, "default", None).await;
        for (method, path) in [(Method::PUT, path.clone()), (Method::PATCH, path.replace("/v2", "/v1"))] {
            let body = r#"{"requestUrl":"https://example.com/mine","url":"https://example.com/mine"}"#;
            rig.request(&method, &path, Some(&token), &[], body).await.expect(403);
        }
    }
}
