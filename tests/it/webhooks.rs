//! Webhooks: made, changed, paused, rotated, removed, and who may do it.

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Daemon, Received, Sink, Webhook};
use ringback::clock;
use ringback::sign::verify::{TOLERANCE, Verifier, verify};

/// Whether a request is signed with a secret.
pub(crate) fn signed_with(request: &Received, secret: &str) -> bool {
    let verifier = Verifier::parse(secret).unwrap();
    verify(&request.headers, &request.body, &verifier, clock::now(), TOLERANCE).is_ok()
}

fn path(webhook: &Webhook, action: &str) -> String {
    format!("/v1/webhooks/{}{action}", webhook.id)
}

#[tokio::test]
async fn the_secret_is_shown_once_and_signs() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
    assert!(webhook.secret.starts_with("whsec_"));
    let shown = daemon.get(&path(&webhook, "")).await.expect(200);
    let listed = daemon.get("/v1/webhooks").await.expect(200);
    assert!(!shown.text.contains(&webhook.secret) && !listed.text.contains(&webhook.secret));
    let revealed = daemon.get(&path(&webhook, "/secret")).await.expect(200);
    assert_eq!(revealed.text_of("secret"), webhook.secret);

    daemon.event("a.b", json!(1)).await;
    let received = sink.wait("/in", 1).await;
    assert!(signed_with(&received[0], &webhook.secret));
}

#[tokio::test]
async fn a_rotated_secret_overlaps_the_old_one() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
    let rotated =
        daemon.post(&path(&webhook, "/rotate-secret"), json!({"overlap_seconds": 3600})).await.expect(200);
    let new = rotated.text_of("secret");
    assert_ne!(new, webhook.secret);
    daemon.event("a.b", json!(1)).await;
    let request = sink.wait("/in", 1).await.remove(0);
    assert!(signed_with(&request, &webhook.secret) && signed_with(&request, &new));

    let last =
        daemon.post(&path(&webhook, "/rotate-secret"), json!({"overlap_seconds": 0})).await.expect(200);
    daemon.event("a.b", json!(2)).await;
    let request = sink.wait("/in", 2).await.remove(1);
    assert!(signed_with(&request, &last.text_of("secret")) && !signed_with(&request, &new));
}

#[tokio::test]
async fn every_bad_member_is_named_at_once() {
    let daemon = Daemon::shared().await;
    let body = json!({"url": "ftp://x/", "events": ["a b"], "profile": "none", "max_in_flight": 0,
        "ordering": "sideways", "headers": {"webhook-id": "x"}});
    let answer = daemon.post("/v1/webhooks", body).await.expect(422);
    let errors = answer.json["errors"].as_array().unwrap();
    for pointer in ["/url", "/events/0", "/profile", "/max_in_flight", "/ordering", "/headers"] {
        let named = errors.iter().any(|error| error["pointer"].as_str().unwrap().starts_with(pointer));
        assert!(named, "{pointer} is not in {}", answer.text);
    }
}

#[tokio::test]
async fn a_url_that_two_readers_read_differently_is_refused() {
    let daemon = Daemon::shared().await;
    for url in ["file:///etc/passwd", "http://user@127.0.0.1/", "http://0x7f000001/", "http://127.0.0.1\\@x/"]
    {
        daemon.post("/v1/webhooks", json!({"url": url})).await.expect(422);
    }
}

#[tokio::test]
async fn a_filter_and_event_patterns_decide_what_comes() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let big = json!({"events": ["order.*"], "filter": "$[?@.amount > 100]"});
    daemon.webhook(&sink.url("/big"), big).await;
    daemon.webhook(&sink.url("/all"), json!({})).await;
    daemon.event("order.paid", json!({"amount": 50})).await;
    daemon.event("user.created", json!({"amount": 500})).await;
    daemon.event("order.paid", json!({"amount": 500})).await;
    sink.wait("/all", 3).await;
    let big = sink.wait("/big", 1).await;
    assert_eq!(big[0].json()["data"]["amount"], 500);
    assert_eq!(sink.received("/big").len(), 1);
}

#[tokio::test]
async fn a_paused_webhook_that_does_not_collect_gets_nothing_until_it_is_resumed() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let paused = daemon.webhook(&sink.url("/paused"), json!({"collect": false})).await;
    let other = daemon.webhook(&sink.url("/other"), json!({})).await;
    let answer = daemon.post(&path(&paused, "/pause"), json!({})).await.expect(200);
    assert_eq!(answer.json["state"], "paused");
    let missed = daemon.event("a.missed", json!(1)).await;
    daemon.settled(&missed, &other, "delivered").await;
    daemon.post(&path(&paused, "/resume"), json!({})).await.expect(200);
    daemon.event("a.seen", json!(2)).await;
    let received = sink.wait("/paused", 1).await;
    assert_eq!(received[0].json()["type"], "a.seen");
}

#[tokio::test]
async fn a_changed_webhook_is_served_as_changed() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let webhook =
        daemon.webhook(&sink.url("/old"), json!({"description": "old", "headers": {"x-a": "1"}})).await;
    let patch = json!({"url": sink.url("/new"), "description": null, "headers": {"x-a": null, "x-b": "2"}});
    daemon.call(Method::PATCH, &path(&webhook, ""), Some(patch)).await.expect(200);
    daemon.event("a.b", json!(1)).await;
    let received = sink.wait("/new", 1).await;
    assert_eq!(received[0].header("x-b"), "2");
    assert!(!received[0].headers.contains_key("x-a"));
    assert!(sink.received("/old").is_empty());
}

#[tokio::test]
async fn a_removed_webhook_is_gone() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
    daemon.call(Method::DELETE, &path(&webhook, ""), None).await.expect(204);
    daemon.get(&path(&webhook, "")).await.expect(404);
    daemon.call(Method::DELETE, &path(&webhook, ""), None).await.expect(404);
    let answer = daemon.post("/v1/events", json!({"type": "a.b", "data": 1})).await.expect(202);
    assert_eq!(answer.json["deliveries"], 0);
}

#[tokio::test]
async fn a_test_event_comes_to_its_webhook_alone() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let one = daemon.webhook(&sink.url("/one"), json!({"events": ["never.*"]})).await;
    let two = daemon.webhook(&sink.url("/two"), json!({})).await;
    daemon.post(&path(&one, "/test"), json!({})).await.expect(202);
    let received = sink.wait("/one", 1).await;
    assert_eq!(received[0].json()["type"], "webhook.test");
    let event = daemon.event("a.b", json!(1)).await;
    daemon.settled(&event, &two, "delivered").await;
    assert_eq!(sink.received("/two").len(), 1);
}

#[tokio::test]
async fn webhooks_and_their_secrets_outlive_a_crash() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
    daemon.kill9().await;
    daemon.restart().await;
    daemon.event("a.b", json!(1)).await;
    let received = sink.wait("/in", 1).await;
    assert!(signed_with(&received[0], &webhook.secret));
}

/// A token of a role.
async fn token(daemon: &Daemon, role: &str) -> String {
    let answer = daemon.post("/v1/tokens", json!({"role": role})).await.expect(201);
    answer.text_of("token")
}

#[tokio::test]
async fn a_role_permits_what_it_says() {
    let daemon = Daemon::start().await;
    let event = r#"{"type":"a.b","data":1}"#;
    for (role, expected) in
        [("producer", [202, 403, 403]), ("manager", [403, 422, 403]), ("reader", [403, 403, 403])]
    {
        let bearer = format!("Bearer {}", token(&daemon, role).await);
        let headers = [("content-type", "application/json"), ("authorization", bearer.as_str())];
        let made = daemon.post_raw("/v1/events", &headers, event).await.status;
        let hooked = daemon.post_raw("/v1/webhooks", &headers, "{}").await.status;
        let minted = daemon.post_raw("/v1/tokens", &headers, r#"{"role":"admin"}"#).await.status;
        assert_eq!([made, hooked, minted], expected, "{role}");
    }
    for wrong in ["Bearer rb_nonsense", "Bearer ", "Digest x"] {
        let headers = [("content-type", "application/json"), ("authorization", wrong)];
        let answer = daemon.post_raw("/v1/events", &headers, event).await.expect(401);
        assert!(answer.headers.contains_key("www-authenticate"), "{wrong}");
    }
}

#[tokio::test]
async fn a_revoked_token_opens_nothing() {
    let daemon = Daemon::start().await;
    let made = daemon.post("/v1/tokens", json!({"role": "reader", "description": "ci"})).await.expect(201);
    let bearer = format!("Bearer {}", made.text_of("token"));
    let listed = daemon.get("/v1/tokens").await.expect(200);
    assert!(!listed.text.contains(&made.text_of("token")), "a token is shown once");
    assert!(listed.json["data"].as_array().unwrap().iter().any(|row: &Value| row["id"] == made.json["id"]));
    let id = made.text_of("id");
    daemon.call(Method::DELETE, &format!("/v1/tokens/{id}"), None).await.expect(204);
    daemon.post_raw("/v1/events", &[("authorization", &bearer)], "{}").await.expect(401);
}
