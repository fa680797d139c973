//! Resources: a delivery that only says where its data is to be read.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use ringback::cli::client::{Client, Reply};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Act, Daemon, Sink, Webhook, wait_for};

/// Webhooks that are only told where the data is.
const NOTIFY: &str = r#"
[profiles.notify]
payload = "resource_url"
retry = { schedule = ["0s", "50ms", "50ms"], jitter = 0 }

[profiles.small]
payload = "data"
max_body = "1KiB"
retry = { schedule = ["0s", "50ms", "50ms"], jitter = 0 }
"#;

/// An account with a webhook of those profiles.
pub(crate) async fn stage(profile: &str, more: Value) -> (Daemon, Sink, Webhook) {
    on(Daemon::shared_with(NOTIFY).await, profile, more).await
}

/// As [`stage`], on a daemon of the test's own.
pub(crate) async fn own_stage(profile: &str, more: Value) -> (Daemon, Sink, Webhook) {
    on(Daemon::with_config(NOTIFY).await, profile, more).await
}

async fn on(daemon: Daemon, profile: &str, mut more: Value) -> (Daemon, Sink, Webhook) {
    let sink = Sink::start().await;
    more["profile"] = json!(profile);
    more["events"] = json!(["a.*"]);
    let webhook = daemon.webhook(&sink.url("/in"), more).await;
    (daemon, sink, webhook)
}

/// The path of the resource that a request names.
pub(crate) fn resource(body: &Value) -> String {
    let url = body["resource_url"].as_str().unwrap_or_else(|| panic!("no resource in {body}"));
    url.split_at(url.find("/r/").unwrap()).1.to_owned()
}

/// Reads a resource without saying who does.
async fn anonymous(daemon: &Daemon, path: &str) -> Reply {
    Client::new(daemon.url(), None).unwrap().send(Method::GET, path, None).await.unwrap()
}

#[tokio::test]
async fn rest_hooks_20_notification_body_is_exact() {
    let (daemon, sink, webhook) = stage("notify", json!({})).await;
    sink.first("/in", [Act::Status(503), Act::Status(503)]);
    let data = r#"{ "n": 1.00, "list": [1,2] }"#;
    let event = format!(r#"{{"type":"a.b","data":{data}}}"#);
    let posted = daemon.post_raw("/v1/events", &[("content-type", "application/json")], &event).await;
    daemon.settled(&posted.expect(202).text_of("id"), &webhook, "delivered").await;
    let received = sink.received("/in");
    assert_eq!(received.len(), 3);
    let body = received[0].json();
    assert_eq!(body.as_object().unwrap().len(), 1);
    let url = body["resource_url"].as_str().unwrap();
    assert!(url.starts_with(&format!("{}/r/", daemon.url())), "{url}");
    assert_eq!(received[0].body, format!(r#"{{"resource_url":"{url}"}}"#));
    assert!(received.iter().all(|request| request.body == received[0].body), "each retry sends the same");

    let read = daemon.get(&resource(&body)).await.expect(200);
    assert_eq!(read.text, data, "byte for byte");
    assert_eq!(read.headers["content-type"], "application/json");
    assert_eq!(read.headers["cache-control"], "no-store");
    daemon.get(&resource(&body)).await.expect(200);
}

#[tokio::test]
async fn urls_are_made_from_the_public_base_and_outlive_a_restart() {
    let settings = format!("public_url = \"https://hooks.example.com\"\n{NOTIFY}");
    let (mut daemon, sink) = (Daemon::with_config(&settings).await, Sink::start().await);
    daemon.webhook(&sink.url("/in"), json!({"profile": "notify"})).await;
    daemon.event("a.b", json!(7)).await;
    let body = sink.wait("/in", 1).await[0].json();
    assert!(body["resource_url"].as_str().unwrap().starts_with("https://hooks.example.com/r/"), "{body}");
    daemon.kill9().await;
    daemon.restart().await;
    assert_eq!(daemon.get(&resource(&body)).await.expect(200).json, 7);
}

#[tokio::test]
async fn rest_hooks_21_resource_needs_auth() {
    let (daemon, sink, _) = own_stage("notify", json!({})).await;
    daemon.event("a.b", json!(1)).await;
    let path = resource(&sink.wait("/in", 1).await[0].json());
    let refused = anonymous(&daemon, &path).await;
    assert_eq!(refused.status, 401);
    assert!(refused.headers.contains_key("www-authenticate"));

    daemon.post("/v1/accounts", json!({"name": "other"})).await.expect(201);
    for (account, status) in [("default", 200), ("other", 404)] {
        for role in ["reader", "producer"] {
            let token =
                daemon.post("/v1/tokens", json!({"account": account, "role": role})).await.expect(201);
            let client = Client::new(daemon.url(), Some(token.text_of("token"))).unwrap();
            let read = client.send(Method::GET, &path, None).await.unwrap();
            assert_eq!(read.status, status, "{account} {role}");
        }
    }
    let mut forged = path.clone();
    let last = if forged.pop() == Some('A') { 'E' } else { 'A' };
    forged.push(last);
    for unknown in [forged.as_str(), "/r/x", "/r/"] {
        daemon.get(unknown).await.expect(404);
        assert_eq!(anonymous(&daemon, unknown).await.status, 404, "{unknown}");
    }
}

#[tokio::test]
async fn with_auth_token_the_url_is_the_secret() {
    let (daemon, sink, _) = stage("notify", json!({"resource": {"auth": "token"}})).await;
    daemon.event("a.b", json!(1)).await;
    let path = resource(&sink.wait("/in", 1).await[0].json());
    let read = anonymous(&daemon, &path).await;
    assert_eq!((read.status.as_u16(), read.body.as_ref()), (200, b"1".as_slice()));
}

#[tokio::test]
async fn rest_hooks_22_expired_or_used_up_resource_is_gone() {
    let (daemon, sink, webhook) = stage("notify", json!({"resource": {"one_time": true}})).await;
    let event = daemon.event("a.b", json!(1)).await;
    let delivery = daemon.settled(&event, &webhook, "delivered").await;
    let path = resource(&sink.wait("/in", 1).await[0].json());
    daemon.call(Method::HEAD, &path, None).await.expect(200);
    assert_eq!(anonymous(&daemon, &path).await.status, 401, "nor does a stranger use it up");
    assert_eq!(daemon.get(&path).await.expect(200).json, 1);
    assert_eq!(daemon.get(&path).await.expect(410).json["code"], "gone");
    daemon.call(Method::HEAD, &path, None).await.expect(410);

    // What is sent again may be read again.
    let retry = format!("/v1/deliveries/{}/retry", delivery["id"].as_str().unwrap());
    daemon.post(&retry, json!({})).await.expect(202);
    assert_eq!(resource(&sink.wait("/in", 2).await[1].json()), path);
    daemon.get(&path).await.expect(200);
    daemon.get(&path).await.expect(410);

    let hook = format!("/v1/webhooks/{}", webhook.id);
    let patch = json!({"resource": {"ttl_seconds": 1}});
    let shown = daemon.call(Method::PATCH, &hook, Some(patch)).await.expect(200);
    let want = json!({"one_time": false, "ttl_seconds": 1, "auth": "required", "when_too_large": false});
    assert_eq!(shown.json["resource"], want);
    daemon.event("a.b", json!(2)).await;
    let path = resource(&sink.wait("/in", 3).await[2].json());
    wait_for("the end of its time", async || (daemon.get(&path).await.status == 410).then_some(())).await;
    assert_eq!(anonymous(&daemon, &path).await.status, 401, "a stranger learns nothing of it");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_thousand_readers_at_once_exactly_one_gets_a_resource_that_is_read_once() {
    let (daemon, sink, _) = stage("notify", json!({"resource": {"one_time": true, "auth": "token"}})).await;
    daemon.event("a.b", json!(1)).await;
    let path = resource(&sink.wait("/in", 1).await[0].json());
    let client = Client::new(daemon.url(), None).unwrap();
    let mut readers = JoinSet::new();
    for _ in 0..1000 {
        let (client, path) = (client.clone(), path.clone());
        readers.spawn(async move { client.send(Method::GET, &path, None).await.unwrap().status.as_u16() });
    }
    let mut statuses = readers.join_all().await;
    statuses.sort_unstable();
    assert_eq!((statuses[0], statuses[1], statuses[999]), (200, 410, 410));
}

#[tokio::test]
async fn one_time_holds_across_a_kill() {
    let (mut daemon, sink, _) = own_stage("notify", json!({"resource": {"one_time": true}})).await;
    daemon.event("a.b", json!(1)).await;
    let path = resource(&sink.wait("/in", 1).await[0].json());
    daemon.get(&path).await.expect(200);
    daemon.kill9().await;
    daemon.restart().await;
    daemon.get(&path).await.expect(410);
}

#[tokio::test]
async fn a_removed_webhooks_resources_stay_as_they_were() {
    let (daemon, sink, webhook) = stage("notify", json!({"resource": {"one_time": true}})).await;
    daemon.event("a.b", json!(1)).await;
    let path = resource(&sink.wait("/in", 1).await[0].json());
    daemon.call(Method::DELETE, &format!("/v1/webhooks/{}", webhook.id), None).await.expect(204);
    assert_eq!(anonymous(&daemon, &path).await.status, 401);
    daemon.get(&path).await.expect(200);
    daemon.get(&path).await.expect(410);
}

#[tokio::test]
async fn what_is_too_large_is_read_where_the_webhook_allows_it_and_else_fails_at_once() {
    let (daemon, sink, webhook) = stage("small", json!({"resource": {"when_too_large": true}})).await;
    let strict = daemon.webhook(&sink.url("/strict"), json!({"profile": "small", "events": ["a.*"]})).await;
    let long = "x".repeat(2000);
    let small = daemon.event("a.b", json!("small")).await;
    daemon.settled(&small, &webhook, "delivered").await;
    daemon.settled(&small, &strict, "delivered").await;
    let large = daemon.event("a.b", json!(long)).await;
    daemon.settled(&large, &webhook, "delivered").await;
    let received = sink.received("/in");
    assert_eq!((received.len(), received[0].json()), (2, json!("small")));
    assert_eq!(daemon.get(&resource(&received[1].json())).await.expect(200).json, json!(long));

    let failed = daemon.settled(&large, &strict, "failed").await;
    assert_eq!((&failed["reason"], &failed["attempts"]), (&json!("too_large"), &json!(1)));
    assert_eq!(sink.received("/strict").len(), 1);
}

#[tokio::test]
async fn an_admin_names_the_account_whose_resource_it_reads() {
    let (daemon, sink, _) = own_stage("notify", json!({})).await;
    daemon.post("/v1/accounts", json!({"name": "other"})).await.expect(201);
    daemon.event("a.b", json!(1)).await;
    let path = resource(&sink.wait("/in", 1).await[0].json());
    let as_other = |account: &'static str| {
        let request = Request::get(path.clone()).header("x-ringback-account", account);
        request.body(Full::new(Bytes::new())).unwrap()
    };
    let token = std::fs::read_to_string(daemon.token_file()).unwrap().trim().to_owned();
    let client = Client::new(daemon.url(), Some(token)).unwrap();
    assert_eq!(client.request(as_other("default")).await.unwrap().status, 200);
    assert_eq!(client.request(as_other("other")).await.unwrap().status, 404);
    daemon.get(&format!("{path}?account=other")).await.expect(404);
}
