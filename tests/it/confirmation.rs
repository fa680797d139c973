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
    assert_eq!(shown.json["skipped"][0]["reason"], "pending");
    assert_eq!(daemon.get(&format!("/api/hooks/{}", no.id)).await.expect(200).json["state"], "pending");
    assert!(sink.received("/no").iter().all(|request| request.body.is_empty()), "only questions went there");

    // After a start it is asked again.
    sink.always("/no", Act::EchoHeader("x-hook-secret"));
    daemon.kill9().await;
    daemon.restart().await;
    is_in(&daemon, &no, "active").await;
    daemon.event("a.b", json!({"n": 2})).await;
    wait_until("a delivery", || sink.received("/no").last().unwrap().body.as_ref() == br#"{"n":2}"#).await;
}

#[tokio::test]
async fn a_receiver_that_comes_late_is_asked_again() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
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
async fn another_target_is_asked_anew() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.always("/old", Act::EchoMember("challenge"));
    let webhook = daemon.webhook(&sink.url("/old"), json!({"verification": "challenge"})).await;
    is_in(&daemon, &webhook, "active").await;
    let patch =
        async |patch: Value| daemon.call(Method::PATCH, &path(&webhook), Some(patch)).await.expect(200);
    assert_eq!(patch(json!({"description": "d"})).await.json["state"], "active");
    assert_eq!(patch(json!({"url": sink.url("/new")})).await.json["state"], "pending");
    sink.wait("/new", 1).await;
    // Nor is a pause a way around it.
    daemon.post(&format!("{}/pause", path(&webhook)), json!({})).await.expect(409);
    let resumed = daemon.post(&format!("{}/resume", path(&webhook)), json!({})).await.expect(200);
    assert_eq!(resumed.json["state"], "pending");
    sink.always("/new", Act::EchoMember("challenge"));
    is_in(&daemon, &webhook, "active").await;
    assert_eq!(patch(json!({"verification": null})).await.json["state"], "active");
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
