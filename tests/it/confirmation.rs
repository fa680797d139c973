//! Receivers that have to confirm their webhooks before anything else is sent to them.

use http::Method;
use ringback::cli::client::Client;
use serde_json::{Value, json};

use crate::harness::{Act, Daemon, Sink, Webhook, wait_for, wait_until};

fn path(webhook: &Webhook) -> String {
    format!("/v1/webhooks/{}", webhook.id)
}

async fn is_in(daemon: &Daemon, webhook: &Webhook, state: &str) {
    wait_for(&format!("a webhook that is {state}"), async || {
        let shown = daemon.get(&path(webhook)).await.expect(200);
        (shown.json["state"] == state).then_some(())
    })
    .await;
}

async fn hook(daemon: &Daemon, url: &str) -> Webhook {
    let made = daemon.post("/api/hooks", json!({"url": url, "event": "a.b"})).await.expect(201);
    assert_eq!(made.json["state"], "pending");
    Webhook { id: made.text_of("id"), secret: String::new() }
}

#[tokio::test]
async fn rest_hooks_16_an_echoed_secret_activates() {
    let settings = "[profiles.rest-hooks]\nverification = \"x-hook-secret\"";
    let (mut daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    sink.always("/yes", Act::EchoHeader("x-hook-secret"));
    let (yes, no) = (hook(&daemon, &sink.url("/yes")).await, hook(&daemon, &sink.url("/no")).await);
    is_in(&daemon, &yes, "active").await;
    let asked = sink.wait("/no", 1).await.remove(0);
    let log = format!("{}/secret", path(&no));
    let secret = daemon.get(&log).await.expect(200).text_of("secret");
    assert_eq!((asked.method.as_str(), asked.header("x-hook-secret")), ("POST", &*secret));
    wait_until("a line that says why", || daemon.log().contains("without 200 or 204")).await;
    assert!(!daemon.log().contains(&secret));

    let event = daemon.event("a.b", json!({"n": 1})).await;
    daemon.settled(&event, &yes, "delivered").await;
    let shown = daemon.get(&format!("/v1/events/{event}")).await.expect(200);
    assert_eq!(shown.json["skipped"], json!([]), "it is kept until the receiver has confirmed");
    assert_eq!(daemon.get(&format!("/api/hooks/{}", no.id)).await.expect(200).json["state"], "pending");
    assert!(sink.received("/no").iter().all(|request| request.body.is_empty()), "only questions went there");

    // After a start it is asked again.
    sink.always("/no", Act::EchoHeader("x-hook-secret"));
    daemon.kill9().await;
    daemon.restart().await;
    is_in(&daemon, &no, "active").await;
    daemon.event("a.b", json!({"n": 2})).await;
    wait_until("both events", || {
        let received = sink.received("/no");
        [br#"{"n":1}"#, br#"{"n":2}"#]
            .iter()
            .all(|body| received.iter().any(|got| got.body.as_ref() == *body))
    })
    .await;
}

#[tokio::test]
async fn a_receiver_that_comes_late_is_asked_again() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    sink.first("/in", [Act::Status(503)]);
    sink.always("/in", Act::EchoQuery("hub.challenge"));
    let webhook = daemon.webhook(&sink.url("/in?own=1"), json!({"verification": "websub"})).await;
    is_in(&daemon, &webhook, "active").await;
    let asked = sink.received("/in");
    assert!(asked.iter().all(|request| request.method == Method::GET && request.query["own"] == "1"));
    assert_ne!(asked[0].query["hub.challenge"], asked[1].query["hub.challenge"]);
}

#[tokio::test]
async fn each_kind_of_consent_activates() {
    let settings = "public_url = \"https://hooks.example.com/x\"";
    let (daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    let allowed = vec![("webhook-allowed-origin", "hooks.example.com".to_owned())];
    for (kind, act) in [
        ("cloudevents", Act::With(200, allowed)),
        ("websub", Act::EchoQuery("hub.challenge")),
        ("challenge", Act::EchoMember("challenge")),
        ("x-hook-secret", Act::EchoHeader("x-hook-secret")),
    ] {
        let at = format!("/{kind}");
        sink.always(&at, act);
        let body = json!({"url": sink.url(&at), "verification": kind});
        let made = daemon.post("/v1/webhooks", body).await.expect(201);
        assert_eq!((&made.json["state"], &made.json["verification"]), (&json!("pending"), &json!(kind)));
        let webhook = Webhook { id: made.text_of("id"), secret: made.text_of("secret") };
        is_in(&daemon, &webhook, "active").await;
        let silent = json!({"url": sink.url("/silent"), "verification": kind});
        daemon.post("/v1/webhooks", silent).await.expect(201);
    }
    let asked = &sink.received("/cloudevents")[0];
    assert_eq!(
        (asked.method.as_str(), asked.header("webhook-request-origin")),
        ("OPTIONS", "hooks.example.com")
    );
    assert_eq!(sink.received("/challenge")[0].json()["type"], "url_verification");
    let refused = || daemon.log().matches("did not confirm").count();
    wait_until("four that did not confirm", || refused() >= 4).await;
    let pending = daemon.get("/v1/webhooks?state=pending").await.expect(200);
    assert_eq!(pending.json["data"].as_array().unwrap().len(), 4, "200 alone is no consent");
}

#[tokio::test]
async fn another_target_is_asked_while_the_old_one_is_served() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    sink.always("/old", Act::EchoHeader("x-hook-secret"));
    let webhook = daemon.webhook(&sink.url("/old"), json!({"verification": "x-hook-secret"})).await;
    is_in(&daemon, &webhook, "active").await;
    // The receiver there is asked, and its consent is on its way for as long as the test wants.
    sink.first("/new", [Act::Held(503)]);
    sink.always("/new", Act::EchoHeader("x-hook-secret"));
    let patched = daemon.call(Method::PATCH, &path(&webhook), Some(json!({"url": sink.url("/new")}))).await;
    let shown = patched.expect(200).json;
    let (old, new) = (json!(sink.url("/old")), json!(sink.url("/new")));
    assert_eq!((&shown["state"], &shown["url"], &shown["pending_url"]), (&json!("active"), &old, &new));
    sink.wait("/new", 1).await;
    let mut events = Vec::new();
    for n in 0..30 {
        events.push(daemon.event("a.b", json!(n)).await);
    }
    for event in &events {
        daemon.settled(event, &webhook, "delivered").await;
    }
    assert_eq!(sink.received("/old").len(), 31, "a question, and every event");
    sink.release(1);
    wait_for("the new target", async || {
        events.push(daemon.event("a.b", json!("more")).await);
        (daemon.get(&path(&webhook)).await.expect(200).json["pending_url"] == Value::Null).then_some(())
    })
    .await;
    let after = daemon.event("a.b", json!("after")).await;
    events.push(after.clone());
    for event in &events {
        wait_for("its delivery", async || {
            let shown = daemon.get(&format!("/v1/events/{event}")).await.expect(200);
            assert_eq!(shown.json["skipped"], json!([]), "{}", shown.text);
            (shown.json["deliveries"][0]["state"] == "delivered").then_some(())
        })
        .await;
    }
    let arrived = |at: &str| sink.received(at).iter().filter(|got| !got.body.is_empty()).count();
    assert_eq!(arrived("/old") + arrived("/new"), events.len());
    assert_eq!(sink.received("/new").last().unwrap().header("webhook-id"), after);
}

#[tokio::test]
async fn what_is_not_confirmed_is_taken_back_kept_over_a_kill_and_never_served() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.always("/old", Act::EchoMember("challenge"));
    let webhook = daemon.webhook(&sink.url("/old"), json!({"verification": "challenge"})).await;
    is_in(&daemon, &webhook, "active").await;
    let patch = async |daemon: &Daemon, patch: Value| {
        daemon.call(Method::PATCH, &path(&webhook), Some(patch)).await.expect(200).json
    };
    let (old, new) = (sink.url("/old"), sink.url("/new"));
    assert_eq!(patch(&daemon, json!({"url": new})).await["pending_url"], json!(new));
    assert_eq!(patch(&daemon, json!({"description": "d"})).await["pending_url"], json!(new));
    // A pause is no way around it, and resuming skips nothing.
    daemon.post(&format!("{}/pause", path(&webhook)), json!({})).await.expect(200);
    let resumed = daemon.post(&format!("{}/resume", path(&webhook)), json!({})).await.expect(200).json;
    assert_eq!((&resumed["state"], &resumed["url"]), (&json!("active"), &json!(old)));
    daemon.kill9().await;
    daemon.restart().await;
    let asked = sink.received("/new").len();
    sink.wait("/new", asked + 1).await;
    let event = daemon.event("a.b", json!(1)).await;
    daemon.settled(&event, &webhook, "delivered").await;
    assert!(sink.received("/new").iter().all(|got| got.json()["type"] == "url_verification"));
    let back = patch(&daemon, json!({"url": sink.url("/old")})).await;
    assert_eq!((&back["url"], &back["pending_url"]), (&json!(sink.url("/old")), &Value::Null));
    // Another way to confirm is asked, too, of a target that goes on being served.
    let other = patch(&daemon, json!({"verification": "websub"})).await;
    assert_eq!((&other["state"], &other["pending_url"]), (&json!("active"), &other["url"]));
    assert_eq!(patch(&daemon, json!({"verification": null})).await["pending_url"], Value::Null);
    daemon.post("/v1/webhooks", json!({"url": sink.url("/"), "verification": "none"})).await.expect(422);
}

#[tokio::test]
async fn silent_receivers_of_one_account_hold_up_no_other() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.always("/silent", Act::Hang);
    sink.always("/in", Act::EchoMember("challenge"));
    for n in 0..120 {
        let body = json!({"url": sink.url(&format!("/silent?{n}")), "verification": "challenge"});
        daemon.post("/v1/webhooks", body).await.expect(201);
    }
    sink.wait("/silent", 8).await;
    daemon.post("/v1/accounts", json!({"name": "other"})).await.expect(201);
    let token = daemon.post("/v1/tokens", json!({"account": "other", "role": "manager"})).await.expect(201);
    let other = Client::new(daemon.url(), Some(token.text_of("token"))).unwrap();
    let body = json!({"url": sink.url("/in"), "verification": "challenge"}).to_string();
    let made = other.send(Method::POST, "/v1/webhooks", Some(body)).await.unwrap();
    let made: Value = serde_json::from_slice(&made.body).unwrap();
    let path = format!("/v1/webhooks/{}", made["id"].as_str().unwrap());
    wait_for("a webhook that is active", async || {
        let shown = other.send(Method::GET, &path, None).await.unwrap();
        let shown: Value = serde_json::from_slice(&shown.body).unwrap();
        (shown["state"] == "active").then_some(())
    })
    .await;
    assert!(sink.received("/silent").len() <= 8, "one account has half of them at most");
}

#[tokio::test]
async fn a_callbacks_one_event_waits_for_its_confirmation() {
    let settings = "[webhooks]\nverification = \"challenge\"";
    let (daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    sink.first("/done", [Act::Held(503)]);
    sink.always("/done", Act::EchoMember("challenge"));
    let made =
        daemon.post("/v1/jobs", json!({"type": "a", "callback_url": sink.url("/done")})).await.expect(201);
    let job = made.text_of("id");
    sink.wait("/done", 1).await;
    daemon.post(&format!("/v1/jobs/{job}/complete"), json!({"status": "succeeded"})).await.expect(200);
    sink.release(1);
    let arrived = sink.wait("/done", 3).await.remove(2);
    assert_eq!(arrived.json()["event"], "job.succeeded");
}
