//! REST hooks as their providers' clients use them: the numbered checks of the contract.

use http::Method;
use serde_json::{Value, json};

use crate::harness::daemon::Answer;
use crate::harness::{Act, Daemon, Sink, Webhook, pace, wait_for};
use crate::resources::resource;
use ringback::cli::client::Client;

/// Retries that a test can wait for.
const SETTINGS: &str = r#"
[profiles.rest-hooks]
retry = { schedule = ["0s", "50ms", "50ms"], jitter = 0 }
"#;

async fn start() -> (Daemon, Sink) {
    (Daemon::shared_with(SETTINGS).await, Sink::start().await)
}

/// As [`start`], on a daemon of the test's own.
async fn own() -> (Daemon, Sink) {
    (Daemon::with_config(SETTINGS).await, Sink::start().await)
}

/// Subscribes a target to `user_created`, with more members; gives the answer's form as a webhook.
async fn subscribe(daemon: &Daemon, url: &str, mut more: Value) -> Webhook {
    more["target_url"] = json!(url);
    if more.get("event").is_none() {
        more["event"] = json!("user_created");
    }
    let made = daemon.post("/api/hooks", more).await.expect(201);
    Webhook { id: made.text_of("id"), secret: String::new() }
}

fn path(hook: &Webhook) -> String {
    format!("/api/hooks/{}", hook.id)
}

async fn delete(daemon: &Daemon, hook: &Webhook) -> Answer {
    daemon.call(Method::DELETE, &path(hook), None).await
}

/// What a client without a token, or with another one, gets.
async fn as_other(daemon: &Daemon, token: Option<String>, method: Method, path: &str, body: Value) -> Answer {
    let client = Client::new(daemon.url(), token).unwrap();
    client.send(method, path, Some(body.to_string())).await.unwrap().into()
}

#[tokio::test]
async fn rest_hooks_01_example_app_body() {
    let (daemon, sink) = start().await;
    let body = json!({"url": sink.url("/in"), "style": "hawaiian"});
    let made = daemon.post("/api/hooks", body).await.expect(201);
    assert!(!made.text_of("id").is_empty());
    assert_eq!(made.json["target_url"], sink.url("/in"));
    assert_eq!(made.json["filter"], json!({"style": "hawaiian"}));
    daemon.event("recipe.created", json!({"style": "hawaiian"})).await;
    assert_eq!(sink.wait("/in", 1).await[0].json(), json!({"style": "hawaiian"}));
    let hook = Webhook { id: made.text_of("id"), secret: String::new() };
    assert_eq!(delete(&daemon, &hook).await.expect(200).json, json!({"id": hook.id}));
}

#[tokio::test]
async fn rest_hooks_02_every_alias_of_the_target() {
    let (daemon, sink) = start().await;
    let names = ["target_url", "targetUrl", "url", "target", "hookUrl", "subscription_url", "hook_url"];
    for name in names {
        let target = sink.url(&format!("/{name}"));
        let body = json!({name: target, "event": "user_created"});
        let made = daemon.post("/api/hooks", body).await.expect(201);
        assert_eq!(made.json["target_url"], target);
    }
    daemon.event("user_created", json!({"n": 1})).await;
    for name in names {
        sink.wait(&format!("/{name}"), 1).await;
    }
}

#[tokio::test]
async fn rest_hooks_03_unsubscribing_twice() {
    let (daemon, sink) = start().await;
    let hook = subscribe(&daemon, &sink.url("/in"), json!({})).await;
    for _ in 0..2 {
        assert_eq!(delete(&daemon, &hook).await.expect(200).json, json!({"id": hook.id}));
    }
    daemon.get(&path(&hook)).await.expect(404);
}

#[tokio::test]
async fn rest_hooks_04_nothing_after_unsubscribing() {
    // Long enough to unsubscribe before the retry.
    let wait = 1000 + 10 * pace().await.as_millis();
    let settings = format!(
        "[profiles.rest-hooks]\nretry = {{ schedule = [\"0s\", \"{wait}ms\", \"{wait}ms\"], jitter = 0 }}"
    );
    let (daemon, sink) = (Daemon::with_config(&settings).await, Sink::start().await);
    sink.always("/in", Act::Status(500));
    sink.always("/other", Act::Status(500));
    let hook = subscribe(&daemon, &sink.url("/in"), json!({})).await;
    subscribe(&daemon, &sink.url("/other"), json!({})).await;
    let event = daemon.event("user_created", json!({"n": 1})).await;
    daemon.attempted(&event, &hook, 1).await;
    delete(&daemon, &hook).await.expect(200);
    let delivery = daemon.settled(&event, &hook, "cancelled").await;
    assert_eq!(delivery["reason"], "webhook_removed");
    let posted = json!({"type": "user_created", "data": 2});
    assert_eq!(daemon.post("/v1/events", posted).await.expect(202).json["deliveries"], 1);
    // The other one's retries came when this one's would have.
    sink.wait("/other", 4).await;
    assert_eq!(sink.received("/in").len(), 1);
}

#[tokio::test]
async fn rest_hooks_04_nothing_after_unsubscribing_while_an_attempt_is_under_way() {
    let (daemon, sink) = start().await;
    sink.always("/in", Act::Held(500));
    let hook = subscribe(&daemon, &sink.url("/in"), json!({})).await;
    let event = daemon.event("user_created", json!({"n": 1})).await;
    sink.wait("/in", 1).await;
    delete(&daemon, &hook).await.expect(200);
    sink.release(1);
    wait_for("the attempt that was under way", async || {
        let delivery = daemon.delivery(&event, &hook).await?;
        let shown = daemon.get(&format!("/v1/deliveries/{}", delivery["id"].as_str()?)).await.json;
        (shown["attempt_log"].as_array()?.len() == 1).then_some(())
    })
    .await;
    daemon.settled(&event, &hook, "cancelled").await;
    assert_eq!(sink.received("/in").len(), 1);
}

#[tokio::test]
async fn rest_hooks_05_the_body_is_the_data() {
    let (daemon, sink) = start().await;
    subscribe(&daemon, &sink.url("/in"), json!({})).await;
    let data = r#"{ "n": 1.00,  "name": "Ä\u00e4" }"#;
    let body = format!(r#"{{"type":"user_created","data":{data}}}"#);
    daemon.post_raw("/v1/events", &[("content-type", "application/json")], &body).await.expect(202);
    let request = sink.wait("/in", 1).await.remove(0);
    assert_eq!(request.body, data.as_bytes());
    assert_eq!((request.method.as_str(), request.header("content-type")), ("POST", "application/json"));
}

#[tokio::test]
async fn rest_hooks_06_samples_are_what_is_delivered() {
    let (daemon, sink) = start().await;
    subscribe(&daemon, &sink.url("/in"), json!({})).await;
    for n in 1..=4 {
        daemon.event("user_created", json!({"n": n, "name": "Ada", "tags": ["a"]})).await;
    }
    daemon.event("user_deleted", json!({"n": 5})).await;
    let delivered = sink.wait("/in", 4).await;
    let samples = daemon.get("/api/events/user_created/samples").await.expect(200);
    let numbers: Vec<_> =
        samples.json.as_array().unwrap().iter().map(|sample| sample["n"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [4, 3, 2], "newest first");
    for sample in samples.json.as_array().unwrap() {
        assert!(delivered.iter().any(|request| request.json() == *sample), "{sample}");
    }
    let one = daemon.get("/api/events/user_created/samples?limit=1").await.expect(200);
    let newest = delivered.iter().find(|request| request.json()["n"] == 4).unwrap();
    assert_eq!(one.text, format!("[{}]", String::from_utf8_lossy(&newest.body)), "to the byte");
}

#[tokio::test]
async fn rest_hooks_07_no_events_no_samples() {
    let (daemon, _sink) = start().await;
    assert_eq!(daemon.get("/api/events/user_created/samples").await.expect(200).text, "[]");
    let example = json!({"example": {"name": "Ada"}});
    daemon.call(Method::PUT, "/v1/event-types/user_created", Some(example)).await.expect(201);
    let samples = daemon.get("/api/events/user_created/samples").await.expect(200);
    assert_eq!(samples.json, json!([{"name": "Ada"}]));
    daemon.event("user_created", json!({"name": "Bob"})).await;
    let samples = daemon.get("/api/events/user_created/samples").await.expect(200);
    assert_eq!(samples.json, json!([{"name": "Bob"}]));
}

#[tokio::test]
async fn rest_hooks_08_a_condition_holds_for_deliveries_and_samples() {
    let (daemon, sink) = start().await;
    subscribe(&daemon, &sink.url("/some"), json!({"style": "greek", "size": 3})).await;
    subscribe(&daemon, &sink.url("/all"), json!({})).await;
    for (n, style, size) in [(1, "greek", 3), (2, "greek", 4), (3, "thai", 3), (4, "greek", 3)] {
        daemon.event("user_created", json!({"n": n, "style": style, "size": size})).await;
    }
    sink.wait("/all", 4).await;
    let mut sent: Vec<u64> =
        sink.wait("/some", 2).await.iter().map(|request| request.json()["n"].as_u64().unwrap()).collect();
    sent.sort_unstable();
    assert_eq!(sent, [1, 4]);
    let samples = daemon.get("/api/events/user_created/samples?style=greek&size=3").await.expect(200);
    let shown: Vec<&Value> = samples.json.as_array().unwrap().iter().map(|sample| &sample["n"]).collect();
    assert_eq!(shown, [4, 1]);
}

#[tokio::test]
async fn rest_hooks_09_gone_removes() {
    let (daemon, sink) = start().await;
    sink.always("/in", Act::Status(410));
    let hook = subscribe(&daemon, &sink.url("/in"), json!({"notify_unsubscribe": true})).await;
    let event = daemon.event("user_created", json!(1)).await;
    let delivery = daemon.settled(&event, &hook, "failed").await;
    assert_eq!((&delivery["reason"], &delivery["attempts"]), (&json!("gone"), &json!(1)));
    daemon.get(&path(&hook)).await.expect(404);
    assert_eq!(sink.received("/in").len(), 1, "no retry, and no DELETE to a target that is gone");
}

#[tokio::test]
async fn rest_hooks_10_retry_after_is_obeyed() {
    let (daemon, sink) = start().await;
    for (path, status) in [("/many", 429), ("/later", 503)] {
        sink.first(path, [Act::With(status, vec![("retry-after", "2".to_owned())])]);
        subscribe(&daemon, &sink.url(path), json!({})).await;
    }
    daemon.event("user_created", json!(1)).await;
    for path in ["/many", "/later"] {
        let received = sink.wait(path, 2).await;
        let waited = received[1].at.duration_since(received[0].at);
        assert!(waited.as_secs_f64() > 1.5, "{path}: {waited:?}");
    }
}

#[tokio::test]
async fn rest_hooks_11_an_expired_one_is_silent() {
    let settings =
        "[profiles.rest-hooks]\nretry = { schedule = [\"0s\", \"1500ms\", \"1500ms\"], jitter = 0 }";
    let (mut daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    sink.first("/short", [Act::Held(500)]);
    sink.first("/long", [Act::Held(500), Act::Status(500)]);
    let short = subscribe(&daemon, &sink.url("/short"), json!({"expires_in": "1h"})).await;
    subscribe(&daemon, &sink.url("/long"), json!({})).await;
    daemon.event("user_created", json!({"n": 1})).await;
    sink.wait("/short", 1).await;
    sink.wait("/long", 1).await;
    // Its time ends while both have their first attempts; what both fail at afterwards is tried again.
    let renewed = subscribe(&daemon, &sink.url("/short"), json!({"expires_in": 1})).await;
    assert_eq!(renewed.id, short.id);
    wait_for("its end", async || {
        (daemon.get(&path(&short)).await.expect(200).json["state"] == "expired").then_some(())
    })
    .await;
    sink.release(2);
    // The third attempt at the one that stays comes long after the second at the other was due.
    sink.wait("/long", 3).await;
    let posted =
        daemon.post("/v1/events", json!({"type": "user_created", "data": {"n": 2}})).await.expect(202);
    assert_eq!(posted.json["deliveries"], 1);
    sink.wait("/long", 4).await;
    assert_eq!(sink.received("/short").len(), 1);

    // Asked for again, also after a crash, it is the same one, and what waited comes.
    daemon.kill9().await;
    daemon.restart().await;
    let again = subscribe(&daemon, &sink.url("/short"), json!({"expires_in": "1h"})).await;
    assert_eq!(again.id, short.id);
    assert_eq!(sink.wait("/short", 2).await[1].json(), json!({"n": 1}));
}

#[tokio::test]
async fn rest_hooks_12_renewed_before_it_expires() {
    let (daemon, sink) = start().await;
    let body =
        |expires| json!({"target_url": sink.url("/in"), "event": "user_created", "expires_in": expires});
    let first = daemon.post("/api/hooks", body(60)).await.expect(201);
    let until = first.text_of("expiration_date");
    assert!(until.ends_with('Z') && until.contains('T'), "{until}");
    let second = daemon.post("/api/hooks", body(7200)).await.expect(201);
    assert_eq!(second.json["id"], first.json["id"]);
    assert!(second.text_of("expiration_date") > until);
    let dated = json!({"url": sink.url("/in"), "event": "user_created", "expiration_date": "2100-01-01T00:00:00+01:00"});
    let third = daemon.post("/api/hooks", dated).await.expect(201);
    assert_eq!(third.json["expiration_date"], "2099-12-31T23:00:00.000Z");
    assert_eq!(daemon.get("/api/hooks").await.expect(200).json.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn rest_hooks_13_an_active_duplicate_conflicts() {
    let (daemon, sink) = start().await;
    let body = |event: &str| json!({"target_url": sink.url("/in"), "event": event});
    let (one, two) = tokio::join!(daemon.post("/api/hooks", body("a")), daemon.post("/api/hooks", body("a")));
    let mut statuses = [one.status, two.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "of two at the same time one subscribes");
    daemon.post("/api/hooks", body("a")).await.expect(409);
    daemon.post("/api/hooks", json!({"url": sink.url("/in"), "events": ["b", "a"]})).await.expect(409);
    let other = daemon.post("/api/hooks", body("b")).await.expect(201);
    let hook = Webhook { id: other.text_of("id"), secret: String::new() };
    delete(&daemon, &hook).await.expect(200);
    assert_ne!(daemon.post("/api/hooks", body("b")).await.expect(201).text_of("id"), hook.id);
}

#[tokio::test]
async fn rest_hooks_14_the_target_is_notified_of_deactivation() {
    let (mut daemon, sink) = own().await;
    sink.always("/reported", Act::Status(500));
    sink.always("/not", Act::Status(500));
    let hook = subscribe(&daemon, &sink.url("/reported"), json!({"notify_unsubscribe": true})).await;
    let silent = subscribe(&daemon, &sink.url("/not"), json!({})).await;
    let event = daemon.event("user_created", json!(1)).await;
    for hook in [&hook, &silent] {
        let delivery = daemon.settled(&event, hook, "failed").await;
        assert_eq!(delivery["reason"], "exhausted");
        assert_eq!(daemon.get(&path(hook)).await.expect(200).json["state"], "disabled");
    }
    let received = sink.wait("/reported", 4).await;
    assert_eq!((received[3].method.as_str(), received[3].body.len()), ("DELETE", 0));
    daemon.terminate().await;
    daemon.restart().await;
    // It is subscribed to again, works, and is the same one; and it was told once.
    sink.always("/reported", Act::Status(200));
    let again = subscribe(&daemon, &sink.url("/reported"), json!({})).await;
    assert_eq!(again.id, hook.id);
    daemon.event("user_created", json!(2)).await;
    let received = sink.wait("/reported", 5).await;
    assert_eq!(received.iter().filter(|request| request.method == Method::DELETE).count(), 1);
    assert_eq!(sink.received("/not").len(), 3);
}

#[tokio::test]
async fn rest_hooks_14_a_kill_does_not_lose_the_notification() {
    let (mut daemon, sink) = own().await;
    sink.first("/in", [Act::Status(500), Act::Status(500), Act::Status(500), Act::Hang]);
    subscribe(&daemon, &sink.url("/in"), json!({"notify_unsubscribe": true})).await;
    daemon.event("user_created", json!(1)).await;
    sink.wait("/in", 4).await;
    daemon.kill9().await;
    daemon.restart().await;
    let received = sink.wait("/in", 5).await;
    assert_eq!((&received[3].method, &received[4].method), (&Method::DELETE, &Method::DELETE));
}

#[tokio::test]
async fn rest_hooks_17_another_accounts_id_is_unknown() {
    let (daemon, sink) = own().await;
    let hook = subscribe(&daemon, &sink.url("/in"), json!({})).await;
    daemon.post("/v1/accounts", json!({"name": "other"})).await.expect(201);
    let token = daemon.post("/v1/tokens", json!({"role": "manager", "account": "other"})).await.expect(201);
    let token = Some(token.text_of("token"));
    let unknown = format!("/api/hooks/wh_{}", "0".repeat(26));
    for method in [Method::GET, Method::DELETE] {
        let theirs = as_other(&daemon, token.clone(), method.clone(), &path(&hook), json!(null)).await;
        let nobodys = as_other(&daemon, token.clone(), method.clone(), &unknown, json!(null)).await;
        assert_eq!(theirs.status, nobodys.status);
        assert_eq!(theirs.json["detail"], nobodys.json["detail"]);
        if method == Method::GET {
            theirs.expect(404);
        }
    }
    daemon.get(&path(&hook)).await.expect(200);
    // The same target and event are theirs to subscribe as well.
    let body = json!({"target_url": sink.url("/in"), "event": "user_created"});
    as_other(&daemon, token, Method::POST, "/api/hooks", body).await.expect(201);
}

#[tokio::test]
async fn rest_hooks_18_retries_are_byte_identical() {
    let (daemon, sink) = start().await;
    sink.first("/in", [Act::Status(500), Act::Reset]);
    subscribe(&daemon, &sink.url("/in"), json!({})).await;
    daemon.event("user_created", json!({"n": 1, "name": "ä"})).await;
    let received = sink.wait("/in", 3).await;
    assert!(received.iter().all(|request| request.body == received[0].body));
    assert!(received.iter().all(|request| request.header("webhook-id") == received[0].header("webhook-id")));
}

#[tokio::test]
async fn rest_hooks_19_target_and_event() {
    let (daemon, sink) = start().await;
    let body = json!({"target_url": sink.url("/in"), "event": "user_created"});
    let made = daemon.post("/api/hooks", body).await.expect(201);
    assert_eq!(made.json["event"], "user_created");
    assert_eq!(made.json["kind"], "rest");
    assert!(made.json.get("expiration_date").is_none());
    let hook = Webhook { id: made.text_of("id"), secret: String::new() };
    assert_eq!(daemon.get(&path(&hook)).await.expect(200).json, made.json);
    daemon.event("user_deleted", json!(0)).await;
    daemon.event("user_created", json!(1)).await;
    assert_eq!(sink.wait("/in", 1).await[0].json(), json!(1));
}

#[tokio::test]
async fn rest_hooks_24_anybody_may_unsubscribe_a_target() {
    let (daemon, sink) = start().await;
    let hook = subscribe(&daemon, &sink.url("/in"), json!({})).await;
    daemon.webhook(&sink.url("/in"), json!({})).await;
    let ask = async |member: &str, url: &str| {
        as_other(&daemon, None, Method::POST, "/api/hooks/unsubscribe", json!({member: url})).await
    };
    let unknown = ask("target_url", &sink.url("/nobody")).await.expect(200);
    let known = ask("subscription_url", &sink.url("/in")).await.expect(200);
    assert_eq!(known.text.replace("/in", "/nobody"), unknown.text);
    assert_eq!(ask("target_url", "no URL at all").await.status, 200);
    daemon.get(&path(&hook)).await.expect(404);
    let posted = daemon.post("/v1/events", json!({"type": "user_created", "data": 1})).await.expect(202);
    assert_eq!(posted.json["deliveries"], 1, "a webhook that is no subscription stays");
    let last = wait_for("a limit", async || {
        Some(ask("target_url", &sink.url("/nobody")).await).filter(|answer| answer.status != 200)
    });
    assert!(last.await.expect(429).headers.contains_key("retry-after"));
}

#[tokio::test]
async fn rest_hooks_25_too_large_is_permanent() {
    let (daemon, sink) = start().await;
    sink.always("/in", Act::Status(413));
    let hook = subscribe(&daemon, &sink.url("/in"), json!({})).await;
    let event = daemon.event("user_created", json!(1)).await;
    let delivery = daemon.settled(&event, &hook, "failed").await;
    assert_eq!((&delivery["reason"], &delivery["attempts"]), (&json!("final_answer"), &json!(1)));
    assert_eq!(daemon.get(&path(&hook)).await.expect(200).json["state"], "active");
    assert_eq!(sink.received("/in").len(), 1);
}

#[tokio::test]
async fn rest_hooks_15_a_subscriber_gets_its_batch_as_an_array() {
    let (daemon, sink) = start().await;
    let batch = json!({"max_events": 2, "max_wait_ms": 60_000});
    subscribe(&daemon, &sink.url("/in"), json!({"batch": batch, "style": "hawaiian"})).await;
    for (style, n) in [("hawaiian", 1), ("plain", 2), ("hawaiian", 3)] {
        daemon.event("user_created", json!({"style": style, "n": n})).await;
    }
    let wanted = json!([{"style": "hawaiian", "n": 1}, {"style": "hawaiian", "n": 3}]);
    assert_eq!(sink.wait("/in", 1).await[0].json(), wanted);
    let samples = daemon.get("/api/events/user_created/samples?limit=10").await.expect(200);
    let samples = samples.json.as_array().unwrap().clone();
    assert!(samples.len() == 3 && samples.iter().all(Value::is_object), "each is one event: {samples:?}");
}

#[tokio::test]
async fn rest_hooks_15_a_renewed_subscription_lets_go_of_what_is_gathered() {
    let (daemon, sink) = start().await;
    let batch = json!({"max_events": 9, "max_wait_ms": 60_000});
    let first = subscribe(&daemon, &sink.url("/in"), json!({"batch": batch, "expires_in": 600})).await;
    daemon.event("user_created", json!(1)).await;
    let again = subscribe(&daemon, &sink.url("/in"), json!({"expires_in": 600})).await;
    assert_eq!(again.id, first.id);
    assert_eq!(sink.wait("/in", 1).await[0].json(), json!([1]));
}

#[tokio::test]
async fn rest_hooks_20_to_23_a_notification_from_subscribing_to_reading() {
    let (daemon, sink) = start().await;
    let more = json!({"kind": "notification", "one_time": true});
    subscribe(&daemon, &sink.url("/in"), more.clone()).await;
    daemon.event("user_created", json!({"n": 1})).await;
    let body = sink.wait("/in", 1).await[0].json();
    assert_eq!(body.as_object().unwrap().keys().collect::<Vec<_>>(), ["resource_url"]);
    let path = resource(&body);
    as_other(&daemon, None, Method::GET, &path, json!(null)).await.expect(401);
    assert_eq!(daemon.get(&path).await.expect(200).json, json!({"n": 1}));
    daemon.get(&path).await.expect(410);

    let mut more = more;
    more["batch"] = json!({"max_events": 2, "max_wait_ms": 60_000});
    more["auth"] = json!("token");
    subscribe(&daemon, &sink.url("/list"), more).await;
    for n in 1..=2 {
        daemon.event("user_created", json!({"n": n})).await;
    }
    let path = resource(&sink.wait("/list", 1).await[0].json());
    let read = as_other(&daemon, None, Method::GET, &path, json!(null)).await.expect(200);
    assert_eq!(read.json, json!([{"n": 1}, {"n": 2}]));
    as_other(&daemon, None, Method::GET, &path, json!(null)).await.expect(410);
}
