//! Another account's things are as good as none: whatever is asked about them, by whichever route, the
//! answer is the one for an id that never was. Driven by the table of routes: one without a row fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::{HeaderMap, Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::{Reply, Rig};
use crate::api::openapi::whole;
use crate::api::route::Route;
use crate::api::table::routes;
use crate::domain::account::{Role, Roles};

/// A route, a body that it takes, and the other places where it may be given an id: a query, a header or
/// a body, with `<id>` where that stands. What stands for the path's variable is looked at in any case;
/// `<its …>` is a thing of the caller's own.
type Row = (&'static str, &'static str, &'static str, &'static [&'static str]);

const HOOK: &str = r#"{"target_url":"https://example.com/x","event":"a.b"}"#;
const RUN_WEBHOOK: &str =
    r#"{"eventTypes":["ACTOR.RUN.FAILED"],"requestUrl":"https://example.com/x","condition":{"actorId":"x"}}"#;
const PUT_CONDITION: &[&str] =
    &[r#"{"condition":{"actorRunId":"<id>"}}"#, r#"{"condition":{"actorId":"x"},"idempotencyKey":"<id>"}"#];
const AD_HOC: &[&str] = &[
    r#"?webhooks=[{"eventTypes":["ACTOR.RUN.FAILED"],"requestUrl":"https://example.com/x","condition":{"actorRunId":"<id>"}}]"#,
    r#"?webhooks=[{"eventTypes":["ACTOR.RUN.FAILED"],"requestUrl":"https://example.com/x","idempotencyKey":"<id>"}]"#,
];

const ROWS: &[Row] = &[
    ("GET", "/v1/audit", "", &["?cursor=<id>", "?actor=<id>", "?object=<id>"]),
    ("GET", "/v1/audit/verify", "", &[]),
    (
        "POST",
        "/v1/events",
        r#"{"type":"a.b","data":1}"#,
        &[
            "Idempotency-Key: <id>",
            r#"{"type":"a.b","data":1,"id":"<id>"}"#,
            r#"{"type":"a.b","data":1,"order_key":"<id>"}"#,
            r#"[{"type":"a.b","data":1,"id":"<id>"}]"#,
        ],
    ),
    ("GET", "/v1/events", "", &["?cursor=<id>"]),
    ("GET", "/v1/events/{id}", "", &[]),
    ("POST", "/v1/events/{id}/replay", "", &["<its event>", r#"{"webhook_id":"<id>"}"#]),
    ("POST", "/v1/webhooks", r#"{"url":"https://example.com/x"}"#, &["Idempotency-Key: <id>"]),
    ("GET", "/v1/webhooks", "", &["?cursor=<id>", "?name=<id>", "?managed_by=<id>"]),
    ("GET", "/v1/webhooks/{id}", "", &[]),
    ("PATCH", "/v1/webhooks/{id}", r#"{"description":"x"}"#, &["If-Match: <id>"]),
    ("DELETE", "/v1/webhooks/{id}", "", &["If-Match: <id>"]),
    ("POST", "/v1/webhooks/{id}/pause", "", &[]),
    ("POST", "/v1/webhooks/{id}/resume", "", &[]),
    ("POST", "/v1/webhooks/{id}/test", "", &[]),
    ("POST", "/v1/webhooks/{id}/rotate-secret", "", &[]),
    ("GET", "/v1/webhooks/{id}/secret", "", &[]),
    ("GET", "/v1/webhooks/{id}/attempts", "", &["<its webhook>", "?cursor=<id>"]),
    ("GET", "/v1/webhooks/{id}/deliveries", "", &["<its webhook>", "?cursor=<id>"]),
    ("GET", "/v1/webhooks/{id}/stats", "", &[]),
    (
        "GET",
        "/v1/deliveries",
        "",
        &["?webhook_id=<id>", "?event_id=<id>", "?source_id=<id>", "?metadata=id:<id>", "?cursor=<id>"],
    ),
    ("GET", "/v1/deliveries/{id}", "", &[]),
    ("POST", "/v1/deliveries/{id}/retry", "", &[]),
    ("POST", "/v1/deliveries/{id}/cancel", "", &[]),
    ("GET", "/v1/tail", "", &["?webhook_id=<id>"]),
    // What is not refused does not end; that a name is the account's own is a test of it alone.
    ("POST", "/v1/listen", r#"{"events":[]}"#, &[r#"{"events":[],"keep":"<id>"}"#]),
    (
        "POST",
        "/v1/listen/{id}/answers",
        r#"{"delivery_id":"dlv_00000000000000000000000000","request":1,"status":200}"#,
        &["<its webhook>", r#"{"delivery_id":"<id>","request":1,"status":200}"#],
    ),
    (
        "POST",
        "/v1/replays",
        r#"{"filter":{"state":"failed"}}"#,
        &[
            r#"{"filter":{"webhook_id":"<id>"}}"#,
            r#"{"filter":{"webhook_id":"<id>"},"dry_run":true}"#,
            r#"{"filter":{"event_id":"<id>"},"dry_run":true}"#,
            r#"{"filter":{"source_id":"<id>"},"dry_run":true}"#,
            r#"{"filter":{"metadata":"id:<id>"},"dry_run":true}"#,
        ],
    ),
    ("GET", "/v1/replays", "", &["?cursor=<id>"]),
    ("GET", "/v1/replays/{id}", "", &[]),
    ("POST", "/v1/replays/{id}/cancel", "", &[]),
    (
        "POST",
        "/v1/jobs",
        r#"{"type":"work"}"#,
        &["Idempotency-Key: <id>", r#"{"type":"work","callback_url":"https://example.com/<id>"}"#],
    ),
    ("GET", "/v1/jobs", "", &["?cursor=<id>"]),
    ("GET", "/v1/jobs/{id}", "", &[]),
    ("POST", "/v1/jobs/{id}/start", "", &[]),
    ("POST", "/v1/jobs/{id}/results", "{}\n", &[]),
    ("GET", "/v1/jobs/{id}/results", "", &[]),
    ("POST", "/v1/jobs/{id}/complete", r#"{"status":"succeeded"}"#, &[]),
    ("POST", "/v1/jobs/{id}/abort", "", &[]),
    ("GET", "/v1/actors", "", &["?cursor=<id>"]),
    (
        "PUT",
        "/v1/actors/{id}",
        "{}",
        &[
            "<its actor>",
            r#"{"webhooks":[{"eventTypes":["ACTOR.RUN.FAILED"],"requestUrl":"https://example.com/x","condition":{"actorRunId":"<id>"}}]}"#,
            r#"{"webhooks":[{"eventTypes":["ACTOR.RUN.FAILED"],"requestUrl":"https://example.com/x","idempotencyKey":"<id>"}]}"#,
        ],
    ),
    ("GET", "/v1/actors/{id}", "", &[]),
    ("DELETE", "/v1/actors/{id}", "", &[]),
    ("POST", "/v2/actors/{id}/runs", "{}", AD_HOC),
    ("POST", "/v2/acts/{id}/runs", "{}", AD_HOC),
    ("GET", "/v2/actors/{id}/runs", "", &[]),
    ("GET", "/v2/acts/{id}/runs", "", &[]),
    ("GET", "/v2/actors/{id}/runs/last", "", &[]),
    ("GET", "/v2/acts/{id}/runs/last", "", &[]),
    ("GET", "/v2/actors/{id}/runs/last/log", "", &[]),
    ("GET", "/v2/acts/{id}/runs/last/log", "", &[]),
    ("GET", "/v2/actors/{id}/runs/last/dataset", "", &[]),
    ("GET", "/v2/acts/{id}/runs/last/dataset", "", &[]),
    ("GET", "/v2/actors/{id}/runs/last/dataset/items", "", &[]),
    ("GET", "/v2/acts/{id}/runs/last/dataset/items", "", &[]),
    ("GET", "/v2/actors/{id}/runs/{run}", "", &[]),
    ("GET", "/v2/acts/{id}/runs/{run}", "", &[]),
    ("POST", "/v2/actors/{id}/runs/{run}/abort", "", &[]),
    ("POST", "/v2/acts/{id}/runs/{run}/abort", "", &[]),
    ("POST", "/v2/actors/{id}/runs/{run}/resurrect", "", &[]),
    ("POST", "/v2/acts/{id}/runs/{run}/resurrect", "", &[]),
    ("GET", "/v2/users/me", "", &[]),
    ("GET", "/v2/actors", "", &[]),
    ("GET", "/v2/acts", "", &[]),
    ("GET", "/v2/actors/{id}", "", &[]),
    ("GET", "/v2/acts/{id}", "", &[]),
    ("GET", "/v2/actor-runs", "", &[]),
    ("GET", "/v2/actor-runs/{id}", "", &[]),
    ("POST", "/v2/actor-runs/{id}/abort", "", &[]),
    ("POST", "/v2/actor-runs/{id}/resurrect", "", &[]),
    (
        "POST",
        "/v2/webhooks",
        RUN_WEBHOOK,
        &[
            r#"{"eventTypes":["ACTOR.RUN.FAILED"],"requestUrl":"https://example.com/x","condition":{"actorRunId":"<id>"}}"#,
            r#"{"eventTypes":["ACTOR.RUN.FAILED"],"requestUrl":"https://example.com/x","condition":{"actorRunId":"<id>"},"isAdHoc":true}"#,
            r#"{"eventTypes":["ACTOR.RUN.FAILED"],"requestUrl":"https://example.com/x","condition":{"actorTaskId":"<id>"}}"#,
            r#"{"eventTypes":["ACTOR.RUN.FAILED"],"requestUrl":"https://example.com/x","condition":{"actorId":"<id>"},"idempotencyKey":"<id>"}"#,
        ],
    ),
    ("GET", "/v2/webhooks", "", &[]),
    ("GET", "/v2/actors/{id}/webhooks", "", &[]),
    ("GET", "/v2/acts/{id}/webhooks", "", &[]),
    ("GET", "/v2/actor-tasks/{id}/webhooks", "", &[]),
    ("GET", "/v2/webhooks/{id}", "", &[]),
    ("PUT", "/v2/webhooks/{id}", "{}", &["<its run_webhook>", PUT_CONDITION[0], PUT_CONDITION[1]]),
    ("DELETE", "/v2/webhooks/{id}", "", &[]),
    ("POST", "/v2/webhooks/{id}/test", "", &[]),
    ("GET", "/v2/webhooks/{id}/dispatches", "", &[]),
    ("GET", "/v2/webhook-dispatches", "", &[]),
    ("GET", "/v2/webhook-dispatches/{id}", "", &[]),
    ("GET", "/v2/datasets/{id}", "", &[]),
    ("GET", "/v2/actor-runs/{id}/dataset", "", &[]),
    ("GET", "/v2/datasets/{id}/items", "", &[]),
    ("GET", "/v2/actor-runs/{id}/dataset/items", "", &[]),
    ("POST", "/v2/datasets/{id}/items", "{}", &[]),
    ("POST", "/v2/actor-runs/{id}/dataset/items", "{}", &[]),
    ("GET", "/v2/key-value-stores/{id}", "", &[]),
    ("GET", "/v2/actor-runs/{id}/key-value-store", "", &[]),
    ("GET", "/v2/key-value-stores/{id}/keys", "", &["?exclusiveStartKey=<id>"]),
    ("GET", "/v2/actor-runs/{id}/key-value-store/keys", "", &["?exclusiveStartKey=<id>"]),
    ("GET", "/v2/key-value-stores/{id}/records/{key}", "", &[]),
    ("GET", "/v2/actor-runs/{id}/key-value-store/records/{key}", "", &[]),
    ("GET", "/v2/actors/{id}/runs/last/key-value-store", "", &[]),
    ("GET", "/v2/acts/{id}/runs/last/key-value-store", "", &[]),
    ("GET", "/v2/actors/{id}/runs/last/key-value-store/keys", "", &["?exclusiveStartKey=<id>"]),
    ("GET", "/v2/acts/{id}/runs/last/key-value-store/keys", "", &["?exclusiveStartKey=<id>"]),
    ("GET", "/v2/actors/{id}/runs/last/key-value-store/records/{key}", "", &[]),
    ("GET", "/v2/acts/{id}/runs/last/key-value-store/records/{key}", "", &[]),
    ("PUT", "/v2/key-value-stores/{id}/records/{key}", "x", &[]),
    ("PUT", "/v2/actor-runs/{id}/key-value-store/records/{key}", "x", &[]),
    ("DELETE", "/v2/key-value-stores/{id}/records/{key}", "", &[]),
    ("DELETE", "/v2/actor-runs/{id}/key-value-store/records/{key}", "", &[]),
    ("PUT", "/v2/actor-runs/{id}", r#"{"statusMessage":"x"}"#, &[]),
    ("GET", "/v2/logs/{id}", "", &[]),
    ("GET", "/v2/actor-runs/{id}/log", "", &[]),
    (
        "POST",
        "/v2/action-runs",
        r#"{"action":"a"}"#,
        &[
            r#"{"action":"<id>"}"#,
            r#"{"action":"a","callback_url":"https://example.com/<id>"}"#,
            r#"{"action":"a","authentication":"<id>"}"#,
        ],
    ),
    ("GET", "/v2/action-runs/{id}", "", &[]),
    ("GET", "/v2/action-runs/{id}/callback", "", &[]),
    ("GET", "/v1/event-types", "", &["?cursor=<id>"]),
    ("PUT", "/v1/event-types/{*name}", "{}", &[]),
    ("GET", "/v1/event-types/{*name}", "", &[]),
    ("DELETE", "/v1/event-types/{*name}", "", &[]),
    ("GET", "/v1/secrets", "", &["?cursor=<id>"]),
    ("PUT", "/v1/secrets/{name}", r#"{"value":"0123456789"}"#, &[]),
    ("DELETE", "/v1/secrets/{name}", "", &[]),
    ("POST", "/v1/tokens", r#"{"role":"reader"}"#, &[r#"{"role":"reader","account":"<id>"}"#]),
    ("GET", "/v1/tokens", "", &["?cursor=<id>"]),
    ("GET", "/v1/tokens/{id}", "", &[]),
    ("DELETE", "/v1/tokens/{id}", "", &[]),
    ("POST", "/v1/accounts", r#"{"name":"third"}"#, &[r#"{"name":"<id>"}"#]),
    ("GET", "/v1/accounts", "", &["?cursor=<id>"]),
    ("GET", "/v1/accounts/{id}", "", &[]),
    ("GET", "/v1/signing-keys", "", &[]),
    ("POST", "/v1/signing-keys/rotate", "", &[]),
    ("POST", "/api/hooks", HOOK, &[r#"{"target_url":"https://example.com/<id>","event":"itself.made"}"#]),
    ("GET", "/api/hooks", "", &["?cursor=<id>"]),
    ("GET", "/api/hooks/{id}", "", &[]),
    ("DELETE", "/api/hooks/{id}", "", &[]),
    // By design, it ends what a target is subscribed to whosever that is; see the test of it alone.
    ("POST", "/api/hooks/unsubscribe", r#"{"target_url":"https://example.com/none"}"#, &[]),
    ("GET", "/api/events/{type}/samples", "", &[]),
    ("GET", "/r/{token}", "", &[]),
    ("GET", "/.well-known/jwks.json", "", &[]),
    ("GET", "/openapi.json", "", &[]),
];

/// Query parameters that name things of no account.
const PLAIN_PARAMETERS: &[&str] = &[
    "action",
    "attachment",
    "bom",
    "build",
    "clean",
    "delimiter",
    "desc",
    "dialects",
    "dry_run",
    "error",
    "event_type",
    "fields",
    "flatten",
    "format",
    "limit",
    "maxItems",
    "maxTotalChargeUsd",
    "memory",
    "offset",
    "omit",
    "order",
    "prefix",
    "restartOnError",
    "since",
    "skipEmpty",
    "skipHeaderRow",
    "skipHidden",
    "startedAfter",
    "startedBefore",
    "state",
    "status",
    "timeout",
    "type",
    "until",
    "unwind",
    "waitForFinish",
    "window",
];
/// Members of bodies whose names look as if they named a thing, and which do not.
const PLAIN_MEMBERS: &[(&str, &str)] = &[
    // CloudEvents: what events are ordered by.
    ("/v1/events", "partitionkey"),
    // A private key itself, as PEM.
    ("/v1/webhooks", "client_key"),
    ("/v1/webhooks/{id}", "client_key"),
    // Conditions and events' own data.
    ("/v2/webhooks/{id}", "actorId"),
    ("/v2/webhooks/{id}", "actorTaskId"),
];

/// The things of an account, by their kind. Names of one kind are as long in every account.
type Things = BTreeMap<&'static str, String>;

/// What stands for every secret and text of the other account.
const CANARY: &str = "canary-of-theirs";

struct Walk {
    rig: Rig,
    theirs: Things,
    own: Things,
    token: String,
    /// What was answered otherwise.
    wrong: Mutex<Vec<String>>,
}

fn id_of(reply: &Reply) -> String {
    let json = reply.json();
    let thing = json.get("data").unwrap_or(&json);
    thing["id"].as_str().unwrap_or_else(|| panic!("{json}")).to_owned()
}

/// A webhook for runs.
fn of_runs(account: &str, note: &str, url: &str, condition: &Value) -> Value {
    json!({
        "eventTypes": ["ACTOR.RUN.CREATED"],
        "requestUrl": url,
        "headersTemplate": format!("{{\"x\":\"{note}\"}}"),
        "condition": condition,
        "idempotencyKey": format!("{account}-key"),
    })
}

/// Some of everything in an account.
async fn populate(rig: &Rig, account: &str, note: &str) -> (Things, String) {
    let roles = Roles::of(&[Role::Producer, Role::Manager, Role::Reader]);
    let (token_id, token) = rig.token_of(roles, account, None).await;
    let url = |name: &str| format!("https://example.com/{account}-{name}?key={note}");
    let send = async |method: Method, path: &str, body: Value| {
        // The key of what is removed is another, or the second webhook would be that.
        let key = if body["url"] == url("removed") { "another".to_owned() } else { format!("{account}-key") };
        let mut headers = vec![("content-type", "application/json")];
        if method == Method::POST && ["/v1/events", "/v1/webhooks", "/v1/jobs"].contains(&path) {
            headers.push(("idempotency-key", &key));
        }
        let reply = rig.request(&method, path, Some(&token), &headers, body.to_string()).await;
        assert!(reply.status.is_success(), "{path}: {}", reply.text());
        reply
    };
    let post = async |path: &str, body: Value| send(Method::POST, path, body).await;
    let mut things = Things::new();
    let mut add = |kind: &'static str, id: String| drop(things.insert(kind, id));
    add("token", token_id.to_string());
    add("account", rig.store.directory().account_named(account).unwrap().id.to_string());
    add("account_name", account.to_owned());
    add("key", format!("{account}-key"));
    add("source", format!("{account}-source"));
    add("secret", format!("{}_KEY", account.to_uppercase()));
    add("event_type", format!("{account}.made"));
    add("actor", format!("{account}-actor"));
    send(Method::PUT, &format!("/v1/secrets/{}_KEY", account.to_uppercase()), json!({"value": note})).await;
    send(Method::PUT, &format!("/v1/event-types/{account}.made"), json!({"description": note})).await;
    let removed = id_of(&post("/v1/webhooks", json!({"url": url("removed")})).await);
    let webhook = id_of(&post("/v1/webhooks", json!({"url": url("hook"), "description": note})).await);
    let event = json!({"type": "a.b", "data": note, "id": format!("{account}-source")});
    let event = id_of(&post("/v1/events", event).await);
    send(Method::DELETE, &format!("/v1/webhooks/{removed}"), json!(null)).await;
    add("removed", removed);
    let hook =
        json!({"target_url": format!("https://example.com/{account}"), "event": format!("{account}.made")});
    add("hook", id_of(&post("/api/hooks", hook).await));
    let of_runs = |condition: Value| of_runs(account, note, &url("runs"), &condition);
    let condition = json!({"actorId": format!("{account}-actor")});
    add("run_webhook", id_of(&post("/v2/webhooks", of_runs(condition)).await));
    let declaration = json!({"title": note, "webhooks": [of_runs(json!(null))]});
    let actor = send(Method::PUT, &format!("/v1/actors/{account}-actor"), declaration).await.json();
    add("declared", actor["webhooks"][0].as_str().unwrap().to_owned());
    let callback = format!("{}-callback", url("job"));
    let job = post("/v1/jobs", json!({"type": "work", "input": note, "callback_url": callback})).await;
    add("callback", job.json()["callback"]["webhook_id"].as_str().unwrap().to_owned());
    add("job", id_of(&job));
    add("run", id_of(&post(&format!("/v2/actors/{account}-actor/runs"), json!({"input": note})).await));
    let run = json!({"action": note, "callback_url": url("action")});
    add("action_run", id_of(&post("/v2/action-runs", run).await));
    add("replay", id_of(&post("/v1/replays", json!({"filter": {"state": "failed"}})).await));
    let get = async |path: &str| send(Method::GET, path, json!(null)).await.json();
    let dispatches = get("/v2/webhook-dispatches").await;
    add("dispatch", dispatches["data"]["items"][0]["id"].as_str().unwrap().to_owned());
    let deliveries = get(&format!("/v1/events/{event}")).await["deliveries"].clone();
    let delivery = deliveries[0]["id"].as_str().unwrap().to_owned();
    let resource = rig.store.resource_key().url("", delivery.parse().unwrap());
    add("resource", resource.trim_start_matches("/r/").to_owned());
    add("delivery", delivery);
    add("event", event);
    let page = get("/v1/deliveries?limit=1").await;
    add("cursor", page["next_cursor"].as_str().unwrap().to_owned());
    let page = get(&format!("/v1/deliveries?webhook_id={webhook}&limit=1")).await;
    add("cursor_of_webhook", page["next_cursor"].as_str().unwrap().to_owned());
    add("webhook", webhook);
    (things, token)
}

impl Walk {
    async fn new() -> Self {
        let mut rig = Rig::new().await;
        // No one dispatches here, and the store waits for who does.
        let (_, none) = mpsc::channel(1);
        let mut committed = std::mem::replace(&mut rig.committed, none);
        tokio::spawn(async move { while committed.recv().await.is_some() {} });
        for name in ["theirs", "itself"] {
            rig.post("/v1/accounts", &json!({"name": name}).to_string()).await.expect(201);
        }
        let (theirs, _) = populate(&rig, "theirs", CANARY).await;
        let (own, token) = populate(&rig, "itself", "no-canary").await;
        Self { rig, theirs, own, token, wrong: Mutex::default() }
    }

    /// Ids of a kind that never were, in the form of those that are.
    fn nobodys(&self, kind: &str) -> Vec<String> {
        let id = &self.theirs[kind];
        match (id.split_once('_'), kind) {
            (_, "cursor") => Vec::new(),
            // The same cursor, of a webhook that never was.
            (_, "cursor_of_webhook") => {
                let webhook = self.theirs["webhook"].as_bytes();
                let mut cursor = URL_SAFE_NO_PAD.decode(id).unwrap();
                let at = cursor.windows(webhook.len()).position(|part| part == webhook).unwrap();
                let nobodys = changed(&self.theirs["webhook"], '0', '1');
                cursor[at..at + webhook.len()].copy_from_slice(nobodys.as_bytes());
                vec![URL_SAFE_NO_PAD.encode(cursor)]
            }
            (_, "resource") => vec![changed(id, 'A', 'B')],
            (Some((prefix, rest)), _) if rest.len() == 26 => {
                // One of each kind's own, since the same key twice is a repetition.
                let place = self.theirs.keys().position(|known| *known == kind).unwrap();
                vec![changed(id, '0', '1'), format!("{prefix}_{place:0>26}")]
            }
            _ => vec![id.replace("theirs", "nobody").replace("THEIRS", "NOBODY")],
        }
    }

    /// Asks with an id in the place that `probe` marks: the path's variable, a query, a header, or the body.
    async fn ask(&self, route: &Route, row: &Row, own: Option<&str>, probe: &str, id: &str) -> Reply {
        let (_, path, mut body, _) = *row;
        let encoded = utf8_percent_encode(id, NON_ALPHANUMERIC).to_string();
        let variable = own.map_or(encoded.as_str(), |own| &self.own[own]);
        let mut path = with_variables(path, variable, &encoded);
        let filled = probe.replace("<id>", id);
        let mut headers = vec![("x-request-id", "walk")];
        let kind = route.handler.takes.first().map_or("application/json", |(kind, _)| *kind);
        headers.push(("content-type", if kind == "*/*" { "application/json" } else { kind }));
        if let Some((name, value)) = filled.split_once(": ") {
            headers.push((name, value));
        } else if let Some((name, value)) = filled.split_once('=').filter(|_| filled.starts_with('?')) {
            let value = if value.starts_with('[') { STANDARD.encode(value) } else { value.to_owned() };
            path = format!("{path}{name}={}", utf8_percent_encode(&value, NON_ALPHANUMERIC));
        } else if !filled.is_empty() {
            body = &filled;
        }
        let token = Some(self.token.as_str());
        let asked = self.rig.request(&route.method, &path, token, &headers, body.to_owned());
        tokio::time::timeout(Duration::from_secs(20), asked).await.unwrap_or_else(|_| Reply {
            status: StatusCode::GATEWAY_TIMEOUT,
            headers: HeaderMap::new(),
            body: "an answer without an end".into(),
        })
    }

    /// Asks in one place about the others' things of these kinds, and about such as never were.
    async fn probe(&self, kinds: &[&str], route: &Route, row: &Row, own: Option<&str>, probe: &str) {
        for (kind, id) in self.theirs.iter().filter(|(kind, _)| kinds.is_empty() || kinds.contains(kind)) {
            let theirs = self.ask(route, row, own, probe, id).await;
            let place = format!("{} {} {probe} {kind}", route.method, route.path);
            let (told, text) = (answer_about(&theirs, id), theirs.text());
            let mut wrong = Vec::new();
            if theirs.status.as_u16() >= 500 || text.contains(CANARY) {
                wrong.push(text.to_owned());
            }
            let others = self.theirs.values().filter(|other| other.len() > 20 && *other != id);
            wrong.extend(others.filter(|other| text.contains(other.as_str())).cloned());
            for nobodys in self.nobodys(kind) {
                let none = self.ask(route, row, own, probe, &nobodys).await;
                let none = self::answer_about(&none, &nobodys);
                if told != none {
                    wrong.push(format!("{told}\nand of none: {none}"));
                }
            }
            self.wrong.lock().unwrap().extend(wrong.iter().map(|wrong| format!("{place}: {wrong}")));
        }
    }

    /// All that the others may read.
    async fn all_of_theirs(&self) -> Vec<(&'static str, Value)> {
        let mut all = Vec::new();
        let lists = |route: &&Route| {
            route.method == Method::GET
                && route.roles.is_some_and(|roles| roles.has(Role::Manager))
                && !route.global
                && !route.path.contains('{')
                && route.path != "/v1/tail"
        };
        for path in routes().iter().filter(lists).map(|route| route.path) {
            let named = [("x-ringback-account", "theirs")];
            let admin = Some(self.rig.of(Role::Admin));
            all.push((
                path,
                self.rig.request(&Method::GET, path, admin, &named, "").await.expect(200).json(),
            ));
        }
        all
    }
}

/// The same but for one character.
fn changed(id: &str, from: char, to: char) -> String {
    let (start, rest) = id.split_at(id.len() - 7);
    let other = if rest.starts_with(from) { to } else { from };
    format!("{start}{other}{}", &rest[1..])
}

/// A path with what stands for its first variable, and for the one after it.
fn with_variables(path: &str, first: &str, second: &str) -> String {
    match (path.find('{'), path.find('}')) {
        (Some(from), Some(to)) => {
            format!("{}{first}{}", &path[..from], with_variables(&path[to + 1..], second, second))
        }
        _ => path.to_owned(),
    }
}

/// An answer without the id that was asked about; of one that made something, without what is new each time.
fn answer_about(reply: &Reply, id: &str) -> String {
    let mut text = format!("{}\n", reply.status);
    let made = reply.status.is_success();
    for (name, value) in &reply.headers {
        if name != "date" && !(made && (name == "content-length" || name == "etag")) {
            text += &format!("{name}: {}\n", value.to_str().unwrap());
        }
    }
    text += &String::from_utf8_lossy(&reply.body);
    let encoded = utf8_percent_encode(id, NON_ALPHANUMERIC).to_string();
    let text = text.replace(id, "<id>").replace(&encoded, "<id>");
    if made { without_new(&text) } else { text }
}

/// Without ids, times and secrets.
fn without_new(text: &str) -> String {
    let mut words = Vec::new();
    for word in text.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || "_:.-+/".contains(c))) {
        let (word, end) = word.split_at(
            word.trim_end_matches(|c: char| !(c.is_ascii_alphanumeric() || "_:.-+/".contains(c))).len(),
        );
        let is_id = word.split('/').filter_map(|part| part.split_once('_')).any(|(_, rest)| rest.len() == 26);
        let is_time = word.len() == 24 && word.ends_with('Z') && word.contains('T');
        let is_secret = word.starts_with("whsec_") || word.starts_with("whsk_");
        words.push(if is_id || is_time || is_secret { "<new>" } else { word });
        words.push(end);
    }
    words.concat()
}

#[test]
fn every_route_has_a_row_and_every_place_for_an_id_a_probe() {
    let rows: BTreeMap<(String, &str), &Row> =
        ROWS.iter().map(|row| ((row.0.to_owned(), row.1), row)).collect();
    assert_eq!(rows.len(), ROWS.len(), "a route has two rows");
    let all = routes();
    let known: BTreeSet<_> = all.iter().map(|route| (route.method.to_string(), route.path)).collect();
    assert_eq!(known, rows.keys().cloned().collect(), "the routes and the rows");
    let mut missing = Vec::new();
    for route in &all {
        let (_, path, _, probes) = rows[&(route.method.to_string(), route.path)];
        let place = format!("{} {path}", route.method);
        for param in &route.query {
            let probed = probes.iter().any(|probe| probe.starts_with(&format!("?{}=", param.name)));
            if !probed && !PLAIN_PARAMETERS.contains(&param.name) {
                missing.push(format!("{place}: the parameter {}", param.name));
            }
        }
        if let Some(header) = route.header {
            let probed = probes.iter().any(|probe| probe.starts_with(&format!("{}: ", header.name)));
            // A number in a sequence that all accounts share.
            if !probed && header.name != "Last-Event-ID" {
                missing.push(format!("{place}: the header {}", header.name));
            }
        }
        let mut members = BTreeSet::new();
        route.handler.takes.iter().for_each(|(_, schema)| collect(&whole(*schema), &mut members));
        for member in members {
            let probed = probes
                .iter()
                .any(|probe| probe.contains(&format!("\"{member}\":")) && probe.contains("<id>"));
            let plain = PLAIN_MEMBERS.contains(&(path, &member));
            if !probed && !plain {
                missing.push(format!("{place}: the member {member}"));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// The names of members that look as if they named a thing.
fn collect(schema: &Value, members: &mut BTreeSet<String>) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Object(properties)) = map.get("properties") {
                let names = |name: &&String| {
                    let name = name.to_ascii_lowercase();
                    name.ends_with("id")
                        || name.ends_with("key")
                        || name.contains("account")
                        || name.contains("callback")
                };
                members.extend(properties.keys().filter(names).cloned());
            }
            map.values().for_each(|value| collect(value, members));
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, members)),
        _ => {}
    }
}

#[tokio::test]
async fn what_is_anothers_is_answered_as_what_never_was() {
    let walk = Walk::new().await;
    let before = walk.all_of_theirs().await;
    let all = routes();
    // What would take a thing away comes last, so that a fault there hides no other.
    let (last, first): (Vec<&Row>, Vec<&Row>) = ROWS.iter().partition(|row| row.0 == "DELETE");
    for row in first.into_iter().chain(last) {
        let route = all.iter().find(|route| route.method == row.0 && route.path == row.1).unwrap();
        let (own, probes) = match row.3 {
            [own, probes @ ..] if own.starts_with("<its ") => {
                (Some(own.trim_start_matches("<its ").trim_end_matches('>')), probes)
            }
            probes => (None, probes),
        };
        let variable = route.path.contains('{').then_some("actor");
        if variable.is_some() {
            walk.probe(&[], route, row, None, "").await;
        }
        // Within something of their own, too.
        for own in ["actor", "run"].iter().filter(|_| route.path.matches('{').count() == 2) {
            walk.probe(&[], route, row, Some(own), "").await;
        }
        for probe in probes {
            walk.probe(&[], route, row, own.or(variable), probe).await;
        }
        // Every route takes an account's name, and only an admin may name one.
        for probe in ["?account=<id>", "X-Ringback-Account: <id>"].iter().filter(|_| route.roles.is_some()) {
            walk.probe(&["account", "account_name"], route, row, own.or(variable), probe).await;
        }
    }
    let wrong = walk.wrong.lock().unwrap().join("\n\n");
    assert!(wrong.is_empty(), "{wrong}");
    for (before, after) in before.iter().zip(walk.all_of_theirs().await) {
        assert_eq!(*before, after, "nothing of theirs has changed");
    }
}

/// There is no resource for a caller who belongs to another account, whatever its token may do and names.
#[tokio::test]
async fn anothers_resource_is_none_for_every_role() {
    let walk = Walk::new().await;
    let nobodys = walk.nobodys("resource").remove(0);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
        let (_, token) = walk.rig.token_of(Roles::of(&[role]), "itself", None).await;
        for headers in
            [&[("x-request-id", "walk")][..], &[("x-request-id", "walk"), ("x-ringback-account", "theirs")]]
        {
            let ask = async |id: &str| {
                let path = format!("/r/{id}");
                let reply = walk.rig.request(&Method::GET, &path, Some(&token), headers, "").await;
                answer_about(&reply.expect(404), id)
            };
            assert_eq!(ask(&walk.theirs["resource"]).await, ask(&nobodys).await, "{role:?}");
        }
    }
}

/// Anyone who knows a target ends what is subscribed to it, and learns nothing of what that was.
#[tokio::test]
async fn unsubscribing_tells_nothing_of_what_was_there() {
    let walk = Walk::new().await;
    let route = routes().into_iter().find(|route| route.path == "/api/hooks/unsubscribe").unwrap();
    let row = ROWS.iter().find(|row| row.1 == route.path).unwrap();
    let ask = async |target: &str| {
        let target = format!("https://example.com/{target}");
        let body = json!({"target_url": target}).to_string().replace(&target, "<id>");
        answer_about(&walk.ask(&route, row, None, &body, &target).await.expect(200), &target)
    };
    let none = ask("nobody").await;
    for target in ["theirs", "theirs", "itself"] {
        assert_eq!(ask(target).await, none, "{target}");
    }
}
