//! Every way of making or changing a webhook meets every check.

use std::collections::BTreeSet;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use super::{Reply, Rig, default_settings};
use crate::api::dialects::run_webhooks::declarations::Declaring;
use crate::api::table::routes;
use crate::clock;
use crate::domain::account::{DEFAULT_ACCOUNT, Role};
use crate::domain::form::Verification;
use crate::domain::profiles::Profiles;
use crate::domain::quota::{Held, Quotas};
use crate::domain::webhook::{Webhook, WebhookState};
use crate::http::Bounds;
use crate::limits;
use crate::store::audit::Actor;

/// The path of a way that is not a request: a file in the directory of declarations.
const FILE: &str = "actors_dir";
const GOOD: &str = "https://example.com/good";

/// A way to get a webhook with this target.
struct Way {
    method: Method,
    path: &'static str,
    /// What makes the webhook that is changed; `None` for ways that make one.
    first: Option<(&'static str, Value)>,
    /// The body for a target.
    body: fn(&str) -> Value,
    /// Where faults of the target are.
    pointer: &'static str,
}

fn run_webhook(url: &str) -> Value {
    json!({"eventTypes": ["ACTOR.RUN.SUCCEEDED"], "requestUrl": url, "condition": {"actorId": "x"}})
}

fn declaration(url: &str) -> Value {
    json!({"webhooks": [{"eventTypes": ["ACTOR.RUN.SUCCEEDED"], "requestUrl": url}]})
}

fn ways() -> Vec<Way> {
    let make = |path, pointer, body| Way { method: Method::POST, path, first: None, body, pointer };
    let change = |method, path, first, pointer, body| Way { method, path, first: Some(first), body, pointer };
    let hook = json!({"target_url": GOOD, "event": "a.b"});
    let patch = |first| change(Method::PATCH, "/v1/webhooks/{id}", first, "/url", |url| json!({"url": url}));
    vec![
        make("/v1/webhooks", "/url", |url| json!({"url": url})),
        patch(("/v1/webhooks", json!({"url": GOOD}))),
        make("/api/hooks", "/target_url", |url| json!({"target_url": url, "event": "a.b"})),
        make("/api/hooks", "/hookUrl", |url| json!({"hookUrl": url, "kind": "notification", "event": "a.b"})),
        patch(("/api/hooks", hook)),
        make("/v2/webhooks", "/requestUrl", run_webhook),
        change(
            Method::PUT,
            "/v2/webhooks/{id}",
            ("/v2/webhooks", run_webhook(GOOD)),
            "/requestUrl",
            |url| json!({"requestUrl": url}),
        ),
        patch(("/v2/webhooks", run_webhook(GOOD))),
        make("/v2/actors/{id}/runs", "/requestUrl", run_webhook),
        make("/v2/acts/{id}/runs", "/requestUrl", run_webhook),
        Way { method: Method::PUT, ..make("/v1/actors/{id}", "/webhooks/0/requestUrl", declaration) },
        change(
            Method::PUT,
            "/v1/actors/{id}",
            ("/v1/actors/some", declaration(GOOD)),
            "/webhooks/0/requestUrl",
            declaration,
        ),
        make(FILE, "/webhooks/0/requestUrl", declaration),
        make("/v2/action-runs", "/callback_url", |url| json!({"action": "a", "callback_url": url})),
        make("/v1/jobs", "/callback_url", |url| json!({"type": "a", "callback_url": url})),
    ]
}

impl Way {
    /// Goes this way; `changed` is what its webhook is changed from.
    async fn go(&self, rig: &Rig, changed: Option<&Webhook>, url: &str, token: &str) -> (u16, String) {
        let body = (self.body)(url).to_string();
        if self.path == FILE {
            return declared(rig, &body).await;
        }
        let id = changed.map_or("some".to_owned(), |webhook| webhook.id.to_string());
        let id = if self.path.starts_with("/v1/actors") { "some" } else { &id };
        let mut path = self.path.replace("{id}", id);
        let mut sent = body.clone();
        if path.ends_with("/runs") {
            path += &format!("?webhooks={}", STANDARD.encode(format!("[{body}]")));
            sent = "{}".to_owned();
        }
        let headers = [("content-type", "application/json")];
        let Reply { status, body, .. } = rig.request(&self.method, &path, Some(token), &headers, sent).await;
        (status.as_u16(), String::from_utf8_lossy(&body).into_owned())
    }

    /// A rig of its own, and the webhook that is changed.
    async fn stage(&self, profiles: Profiles) -> (Rig, Option<Arc<Webhook>>) {
        let rig = Rig::of_profiles(profiles, default_settings(), Bounds::default()).await;
        if let Some((path, body)) = &self.first {
            let method = if path.starts_with("/v1/actors") { "PUT" } else { "POST" };
            rig.call(method, path, &body.to_string()).await.expect(201);
        }
        let first = rig.webhooks().into_iter().next();
        (rig, first)
    }
}

async fn declared(rig: &Rig, body: &str) -> (u16, String) {
    let account = rig.store.directory().account_named(DEFAULT_ACCOUNT).unwrap().no();
    let declaring =
        Declaring { context: &rig.context, account, by: Actor::Daemon, secrets: true, now: clock::now() };
    match declaring.declare("some".parse().unwrap(), body.as_bytes()).await {
        Ok(_) => (201, String::new()),
        Err(problem) => {
            let status = problem.code.status().as_u16();
            let faults = problem.errors.iter().map(|fault| format!("{} {}", fault.pointer, fault.detail));
            (status, format!("{} {}", problem.detail, faults.collect::<String>()))
        }
    }
}

impl Rig {
    fn webhooks(&self) -> Vec<Arc<Webhook>> {
        self.store.directory().webhooks().cloned().collect()
    }
}

fn confirmed() -> Profiles {
    Profiles::new([]).requiring(Some(Verification::Challenge))
}

#[tokio::test]
async fn a_bad_target_is_refused_whichever_way_it_comes() {
    for way in ways() {
        for bad in
            ["https://10.0.0.1/", "http://example.com/", "https://example.com/?key=***", "https://x@y.com/"]
        {
            let (rig, first) = way.stage(Profiles::new([])).await;
            let (status, text) = way.go(&rig, first.as_deref(), bad, rig.of(Role::Admin)).await;
            assert!([400, 422].contains(&status), "{} {} {bad}: {status} {text}", way.method, way.path);
            assert!(text.contains(way.pointer), "{} {} {bad}: {text}", way.method, way.path);
            assert_eq!(rig.webhooks(), first.into_iter().collect::<Vec<_>>(), "{} {bad}", way.path);
        }
    }
}

#[tokio::test]
async fn nothing_is_served_unconfirmed_where_the_operator_says_so() {
    let target = "https://example.com/other";
    for way in ways() {
        let (rig, first) = way.stage(confirmed()).await;
        let (status, text) = way.go(&rig, first.as_deref(), target, rig.of(Role::Admin)).await;
        assert!([200, 201].contains(&status), "{}: {text}", way.path);
        let made = rig.webhooks();
        let [made] = &made[..] else { panic!("{}: {made:?}", way.path) };
        assert_eq!((made.state, made.url.as_str()), (WebhookState::Pending, target), "{}", way.path);
        assert!(first.is_none_or(|first| first.id == made.id), "{}", way.path);

        // One that was confirmed goes on where it was.
        let (rig, Some(first)) = way.stage(confirmed()).await else { continue };
        let active = app_confirmed(&rig, &first).await;
        way.go(&rig, Some(&active), target, rig.of(Role::Admin)).await;
        let now = rig.store.directory().webhook(first.no()).cloned().unwrap();
        assert_eq!((now.state, &now.url), (WebhookState::Active, &first.url), "{}", way.path);
        assert_eq!(now.pending_url.as_ref().unwrap().as_str(), target, "{}", way.path);
        assert_eq!(rig.webhooks().len(), 1, "{}", way.path);
        // The same again changes nothing, and the old target takes it back.
        way.go(&rig, Some(&now), target, rig.of(Role::Admin)).await;
        let again = rig.store.directory().webhook(first.no()).cloned().unwrap();
        assert_eq!((&again.url, &again.pending_url), (&now.url, &now.pending_url), "{}", way.path);
    }
}

/// What dispatch does once the receiver has confirmed it.
async fn app_confirmed(rig: &Rig, webhook: &Arc<Webhook>) -> Arc<Webhook> {
    use crate::store::command::{Edit, Edited};
    let to = Box::new(webhook.confirmed(&webhook.url).unwrap());
    let edit = Edit::UpdateWebhook { from: Arc::clone(webhook), to };
    match rig.store.edit(edit, Actor::Daemon, clock::now()).await.unwrap().unwrap() {
        Edited::Webhook(webhook) => webhook,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_quota_holds_whichever_way_a_webhook_is_made() {
    for way in ways().into_iter().filter(|way| way.first.is_none()) {
        let (rig, _) = way.stage(Profiles::new([])).await;
        rig.store.set_quotas(Quotas(Held { webhooks: 0, ..Quotas::default().0 }));
        let (status, text) = way.go(&rig, None, GOOD, rig.of(Role::Admin)).await;
        assert_eq!(status, 409, "{}: {text}", way.path);
        assert_eq!(rig.webhooks(), [], "{}", way.path);
    }
}

#[tokio::test]
async fn only_who_may_manage_secrets_names_one_in_a_template() {
    let rig = Rig::new().await;
    let webhook = json!([{
        "eventTypes": ["ACTOR.RUN.CREATED"],
        "requestUrl": GOOD,
        "headersTemplate": "{\"X\":\"{{secrets.KEY}}\"}",
    }]);
    let path = format!("/v2/actors/a/runs?webhooks={}", STANDARD.encode(webhook.to_string()));
    let refused =
        rig.request(&Method::POST, &path, Some(rig.of(Role::Producer)), &[], "{}").await.expect(400);
    assert!(refused.text().contains("/headersTemplate"), "{}", refused.text());
    assert_eq!(rig.webhooks(), []);
    rig.request(&Method::POST, &path, Some(rig.of(Role::Admin)), &[], "{}").await.expect(201);
    assert_eq!(rig.webhooks().len(), 1);
}

#[tokio::test]
async fn a_target_has_one_hook_for_an_event_however_it_comes_there() {
    for profiles in [Profiles::new([]), confirmed()] {
        let rig = Rig::of_profiles(profiles, default_settings(), Bounds::default()).await;
        let hook = async |target: &str, event: &str| {
            let body = json!({"target_url": target, "event": event}).to_string();
            rig.post("/api/hooks", &body).await
        };
        let (there, here) = ("https://example.com/there", "https://example.com/here");
        let first = hook(there, "a.b").await.expect(201).json()["id"].as_str().unwrap().to_owned();
        let second = hook(here, "a.b").await.expect(201).json()["id"].as_str().unwrap().to_owned();
        for webhook in rig.webhooks() {
            if webhook.state == WebhookState::Pending {
                app_confirmed(&rig, &webhook).await;
            }
        }
        let path = format!("/v1/webhooks/{second}");
        let patch = async |body: Value| rig.call("PATCH", &path, &body.to_string()).await;
        patch(json!({"url": there})).await.expect(409);
        // Another event may go there; then it cannot become the same one.
        patch(json!({"url": there, "events": ["c.d"]})).await.expect(200);
        patch(json!({"events": ["c.d", "a.b"]})).await.expect(409);
        hook(there, "c.d").await.expect(409);
        // No one else's way is barred by a hook that is gone.
        rig.call("DELETE", &format!("/api/hooks/{first}"), "").await.expect(200);
        patch(json!({"events": ["c.d", "a.b"]})).await.expect(200);
        hook(there, "a.b").await.expect(409);
    }
}

#[tokio::test]
async fn a_mask_that_comes_back_stands_for_the_value() {
    let rig = Rig::new().await;
    let more = r#","headers":{"X-Key":"real","X-Other":"o"}"#;
    let id = rig.webhook(more).await;
    let path = format!("/v1/webhooks/{id}");
    let headers = rig.get(&path).await.json()["headers"].clone();
    assert_eq!(headers, json!({"x-key": "***", "x-other": "***"}));
    rig.call("PATCH", &path, &json!({"headers": headers}).to_string()).await.expect(200);
    rig.call("PATCH", &path, r#"{"headers":{"x-other":"new","x-key":"***"}}"#).await.expect(200);
    let values = || {
        let headers = rig.webhooks().remove(0).headers.clone();
        headers.iter().map(|(_, value)| value.to_str().unwrap().to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!(values(), ["real", "new"].map(str::to_owned).into());
    let refused = rig.call("PATCH", &path, r#"{"headers":{"x-none":"***"}}"#).await.expect(422);
    assert_eq!(refused.pointers(), ["/headers/x-none"]);
    let made = rig.post("/v1/webhooks", r#"{"url":"https://example.com/","headers":{"x-key":"***"}}"#).await;
    assert_eq!(made.expect(422).pointers(), ["/headers/x-key"]);

    // Targets and templates, as readers see them.
    let url = "https://example.com/in?key=S3CR3T&n=1";
    let template = "{\"Authorization\":\"Bearer T0K3N\"}";
    let mut body = run_webhook(url);
    body["headersTemplate"] = json!(template);
    let made = rig.post("/v2/webhooks", &body.to_string()).await.expect(201).json();
    let path = format!("/v2/webhooks/{}", made["data"]["id"].as_str().unwrap());
    let reader = Some(rig.of(Role::Reader));
    let seen = rig.request(&Method::GET, &path, reader, &[], "").await.expect(200).json()["data"].clone();
    assert!(!seen.to_string().contains("S3CR3T") && !seen.to_string().contains("T0K3N"), "{seen}");
    let back = json!({"requestUrl": seen["requestUrl"], "headersTemplate": seen["headersTemplate"]});
    let kept = rig.call("PUT", &path, &back.to_string()).await.expect(200).json()["data"].clone();
    assert_eq!((&kept["requestUrl"], &kept["headersTemplate"]), (&json!(url), &json!(template)));
    rig.call("PUT", &path, r#"{"requestUrl":"https://example.com/else?key=***"}"#).await.expect(400);
    rig.call("PUT", &path, r#"{"headersTemplate":"{\"X\":\"***\"}"}"#).await.expect(400);

    for value in ["***x", "%2A%2A%2A", "a%2a**", "n%3D%2A**", "***&n=1"] {
        let body = json!({"requestUrl": format!("https://example.com/in?key={value}")}).to_string();
        rig.call("PUT", &path, &body).await.expect(400);
        let body = json!({"url": format!("https://example.com/in?key={value}")}).to_string();
        let refused = rig.post("/v1/webhooks", &body).await.expect(422);
        assert_eq!(refused.pointers(), ["/url"], "{value}");
    }
    for value in ["Bearer ***", "***x", "******"] {
        let body = json!({"headersTemplate": json!({"X": value}).to_string()}).to_string();
        rig.call("PUT", &path, &body).await.expect(400);
        let body = json!({"url": "https://example.com/", "headers": {"x-key": value}}).to_string();
        assert_eq!(rig.post("/v1/webhooks", &body).await.expect(422).pointers(), ["/headers/x-key"]);
    }
    let body = json!({"url": "https://example.com/in***?key=**", "headers": {"x-key": "* * *"}}).to_string();
    rig.post("/v1/webhooks", &body).await.expect(201);
}

#[tokio::test]
async fn a_mask_in_a_declaration_stands_for_its_value() {
    let rig = Rig::new().await;
    let reader = Some(rig.of(Role::Reader));
    let url = "https://example.com/in?key=S3CR3T&n=1";
    let declared = json!({
        "webhooks": [{"eventTypes": ["ACTOR.RUN.SUCCEEDED"], "requestUrl": url}],
        "environmentVariables": {"TOKEN": "V4LUE", "PIN": 4711, "MORE": ["V4LUE", {"a/b": true}], "NONE": null},
        "versions": [{"envVars": [{"name": "A", "value": "V4LUE"}]}],
        "n": 1,
    });
    rig.call("PUT", "/v1/actors/some", &declared.to_string()).await.expect(201);
    let seen = rig.request(&Method::GET, "/v1/actors/some", reader, &[], "").await.expect(200).json();
    let list = rig.request(&Method::GET, "/v1/actors", reader, &[], "").await.expect(200);
    assert_eq!(list.json()["data"], json!([seen]));
    assert!(!["S3CR3T", "V4LUE", "4711", "true"].iter().any(|value| list.text().contains(value)), "{seen}");
    let environment = &seen["declaration"]["environmentVariables"];
    let masks = json!({"TOKEN": "***", "PIN": "***", "MORE": ["***", {"a/b": "***"}], "NONE": null});
    assert_eq!((environment, &seen["declaration"]["n"]), (&masks, &json!(1)));
    rig.call("PUT", "/v1/actors/some", &seen["declaration"].to_string()).await.expect(200);
    let alone = json!({"environmentVariables": environment}).to_string();
    let refused = rig.call("PUT", "/v1/actors/some", &alone).await.expect(422);
    let want = ["MORE/0", "MORE/1/a~1b", "PIN", "TOKEN"].map(|name| format!("/environmentVariables/{name}"));
    assert_eq!(refused.pointers(), want);
    let stands = rig.get("/v1/actors/some").await.json()["declaration"].clone();
    assert_eq!(stands, declared);

    // As many as a page has room for.
    let long = json!({"text": "x".repeat(limits::PAGE_BYTES / 3)}).to_string();
    for n in 0..3 {
        rig.call("PUT", &format!("/v1/actors/z{n}"), &long).await.expect(201);
    }
    let page = rig.get("/v1/actors?order=desc").await.expect(200).json();
    assert_eq!(page["data"].as_array().unwrap().len(), 2);
    let rest = format!("/v1/actors?order=desc&cursor={}", page["next_cursor"].as_str().unwrap());
    assert_eq!(rig.get(&rest).await.expect(200).json()["data"].as_array().unwrap().len(), 2);
}

/// Routes that change something and make or change no webhook's settings.
const OTHERS: &[(&str, &str)] = &[
    ("POST", "/api/hooks/unsubscribe"),
    ("POST", "/v1/accounts"),
    ("POST", "/v1/deliveries/{id}/cancel"),
    ("POST", "/v1/deliveries/{id}/retry"),
    ("POST", "/v1/events"),
    ("POST", "/v1/events/{id}/replay"),
    ("POST", "/v1/jobs/{id}/abort"),
    ("POST", "/v1/jobs/{id}/complete"),
    ("POST", "/v1/jobs/{id}/results"),
    ("POST", "/v1/jobs/{id}/start"),
    // It makes one without a URL; see its own tests.
    ("POST", "/v1/listen"),
    ("POST", "/v1/listen/{id}/answers"),
    ("POST", "/v1/replays"),
    ("POST", "/v1/replays/{id}/cancel"),
    ("POST", "/v1/signing-keys/rotate"),
    ("POST", "/v1/tokens"),
    ("POST", "/v1/webhooks/{id}/pause"),
    ("POST", "/v1/webhooks/{id}/resume"),
    ("POST", "/v1/webhooks/{id}/rotate-secret"),
    ("POST", "/v1/webhooks/{id}/test"),
    ("POST", "/v2/actor-runs/{id}/abort"),
    ("POST", "/v2/actor-runs/{id}/dataset/items"),
    ("POST", "/v2/actor-runs/{id}/resurrect"),
    ("POST", "/v2/actors/{id}/runs/{run}/abort"),
    ("POST", "/v2/actors/{id}/runs/{run}/resurrect"),
    ("POST", "/v2/acts/{id}/runs/{run}/abort"),
    ("POST", "/v2/acts/{id}/runs/{run}/resurrect"),
    ("POST", "/v2/datasets/{id}/items"),
    ("POST", "/v2/webhooks/{id}/test"),
    ("PUT", "/v1/event-types/{*name}"),
    ("PUT", "/v1/secrets/{name}"),
    ("PUT", "/v2/actor-runs/{id}"),
    ("PUT", "/v2/actor-runs/{id}/key-value-store/records/{key}"),
    ("PUT", "/v2/key-value-stores/{id}/records/{key}"),
];

#[test]
fn every_route_that_makes_webhooks_is_among_the_ways() {
    let ways: BTreeSet<(String, &str)> = ways()
        .into_iter()
        .filter(|way| way.path != FILE)
        .map(|way| (way.method.to_string(), way.path))
        .collect();
    let others: BTreeSet<(String, &str)> =
        OTHERS.iter().map(|(method, path)| ((*method).to_owned(), *path)).collect();
    let changes = |method: &Method| [Method::POST, Method::PUT, Method::PATCH].contains(method);
    let all: BTreeSet<(String, &str)> = routes()
        .iter()
        .filter(|route| changes(&route.method))
        .map(|route| (route.method.to_string(), route.path))
        .collect();
    let unknown: Vec<_> =
        all.iter().filter(|route| !ways.contains(route) && !others.contains(route)).collect();
    assert!(unknown.is_empty(), "does it make webhooks? put it among the ways or the others: {unknown:?}");
    assert!(ways.is_subset(&all) && others.is_subset(&all));
}
