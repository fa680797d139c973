//! Subscriptions: what is taken, and how it is answered.

use serde_json::{Value, json};

use super::Rig;
use crate::domain::id::AccountNo;
use crate::http::owner::Owner;
use crate::limits;

async fn subscribe(rig: &Rig, body: &Value) -> super::Reply {
    rig.post("/api/hooks", &body.to_string()).await
}

#[tokio::test]
async fn what_cannot_be_is_400_and_named() {
    let rig = Rig::new().await;
    let url = "https://example.com/a";
    for (body, pointer) in [
        (json!({"event": "a"}), "/target_url"),
        (json!({"url": null, "event": "a"}), "/target_url"),
        (json!({"url": "example.com", "event": "a"}), "/url"),
        (json!({"hookUrl": 7, "event": "a"}), "/hookUrl"),
        (json!({"url": "http://127.0.0.1/", "event": "a"}), "/url"),
        (json!({"url": url, "event": "a b"}), "/event"),
        (json!({"url": url, "event": ""}), "/event"),
        (json!({"url": url, "events": ["a", 7]}), "/events/1"),
        (json!({"url": url, "events": []}), "/events"),
        (json!({"url": url, "kind": "odd"}), "/kind"),
        (json!({"url": url, "expires_in": 0}), "/expires_in"),
        (json!({"url": url, "expires_in": "soon"}), "/expires_in"),
        (json!({"url": url, "expiration_date": "2000-01-01T00:00:00Z"}), "/expiration_date"),
        (json!({"url": url, "batch": true}), "/batch"),
        (json!({"url": url, "batch": {"max_events": 0}}), "/batch/max_events"),
        (json!({"url": url, "ttl_seconds": -1}), "/ttl_seconds"),
        (json!({"url": url, "auth": "none"}), "/auth"),
        (json!({"url": url, "one_time": "yes"}), "/one_time"),
    ] {
        let refused = subscribe(&rig, &body).await.expect(400);
        assert_eq!(refused.pointers(), [pointer], "{body}");
    }
    for body in ["", "[]", "{", "7"] {
        rig.post("/api/hooks", body).await.expect(400);
    }
    assert_eq!(rig.get("/api/hooks").await.expect(200).text(), "[]");
}

#[tokio::test]
async fn an_event_that_is_not_declared_is_named_where_some_are() {
    let rig = Rig::new().await;
    let body = |event: &str| json!({"url": format!("https://example.com/{event}"), "event": event});
    subscribe(&rig, &body("anything")).await.expect(201);
    rig.call("PUT", "/v1/event-types/order.paid", "{}").await.expect(201);
    let refused = subscribe(&rig, &body("order.payed")).await.expect(400);
    assert!(refused.json()["detail"].as_str().unwrap().contains("order.payed"));
    subscribe(&rig, &body("shop.*")).await.expect(400);
    for event in ["order.paid", "order.*", "*"] {
        subscribe(&rig, &body(event)).await.expect(201);
    }
}

#[tokio::test]
async fn terms_are_kept_and_shown() {
    let rig = Rig::new().await;
    let body = json!({
        "url": "https://example.com/a", "events": ["a", "b", "a"], "kind": "notification", "one_time": true,
        "ttl_seconds": 60, "auth": "token", "batch": {"max_events": 5}, "notify_unsubscribe": true,
        "expires_in": "30d", "style": "thai", "spicy": true, "size": 3, "empty": "", "nothing": null,
        "meta": {"x": 1}, "list": [1],
    });
    let made = subscribe(&rig, &body).await.expect(201).json();
    assert_eq!(made["filter"], json!({"style": "thai", "spicy": true, "size": 3}));
    assert_eq!((&made["kind"], &made["events"]), (&json!("notification"), &json!(["a", "b"])));
    let id = made["id"].as_str().unwrap().parse().unwrap();
    let directory = rig.store.directory();
    let account = directory.account_named("default").unwrap().no();
    let webhook = directory.webhook_of(account, id).unwrap();
    let terms = &webhook.terms;
    assert!(terms.resource.one_time && terms.notify_unsubscribe);
    assert_eq!(terms.batch.unwrap().max_events, 5);
    assert_eq!(webhook.profile, "notification-hooks");
}

#[tokio::test]
async fn the_list_is_a_bare_array_that_leads_on() {
    let rig = Rig::new().await;
    rig.webhook("").await;
    for n in 0..3 {
        subscribe(&rig, &json!({"url": "https://example.com/a", "event": format!("e{n}")})).await.expect(201);
    }
    let first = rig.get("/api/hooks?limit=2").await.expect(200);
    let events = |reply: &super::Reply| -> Vec<String> {
        let list = reply.json();
        list.as_array().unwrap().iter().map(|hook| hook["event"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(events(&first), ["e2", "e1"]);
    let link = first.headers["link"].to_str().unwrap();
    let next =
        link.strip_prefix("<https://hooks.example.com").unwrap().strip_suffix(">; rel=\"next\"").unwrap();
    let second = rig.get(next).await.expect(200);
    assert_eq!(events(&second), ["e0"]);
    assert!(second.headers.get("link").is_none());
    rig.get("/api/hooks?frobnicate=1").await.expect(200);
}

#[tokio::test]
async fn webhooks_that_are_no_subscriptions_are_not_found_here() {
    let rig = Rig::new().await;
    let native = rig.webhook("").await;
    rig.get(&format!("/api/hooks/{native}")).await.expect(404);
    rig.call("DELETE", &format!("/api/hooks/{native}"), "").await.expect(200);
    rig.get(&format!("/v1/webhooks/{native}")).await.expect(200);
    subscribe(&rig, &json!({"url": "https://example.com/hook", "event": "*"})).await.expect(201);
    rig.post("/api/hooks/unsubscribe", "{}").await.expect(400);
}

#[tokio::test]
async fn samples_take_no_more_than_a_page_and_nothing_without_room() {
    let rig = Rig::new().await;
    let small = json!({"type": "order.small", "data": {"n": 1}}).to_string();
    let large = json!({"type": "order.paid", "data": {"x": "x".repeat(limits::PAGE_BYTES / 3)}}).to_string();
    for _ in 0..6 {
        rig.post("/v1/events", &small).await.expect(202);
        rig.post("/v1/events", &large).await.expect(202);
    }
    let count = async |path: &str| rig.get(path).await.expect(200).json().as_array().unwrap().len();
    assert_eq!(count("/api/events/order.small/samples?limit=20").await, 6);
    // Three would take a little more than a page has.
    assert_eq!(count("/api/events/order.paid/samples?limit=20").await, 2);
    let largest = json!({"type": "order.vast", "data": "x".repeat(limits::PAGE_BYTES - 2)}).to_string();
    for _ in 0..3 {
        rig.post("/v1/events", &largest).await.expect(202);
    }
    assert_eq!(count("/api/events/order.vast/samples?limit=20").await, 1);

    // An account whose answers have no room left is refused before anything is read for it.
    let account: AccountNo = rig.store.directory().account_named("default").unwrap().no();
    let (answers, hold) = (&rig.context.budgets.answers, |length| {
        rig.context.budgets.hold_answer(Owner::Account(account), length).unwrap()
    });
    let before = answers.held();
    let full = hold(answers.per_key() - answers.held_by(Owner::Account(account)) - limits::PAGE_BYTES / 3);
    rig.get("/api/events/order.paid/samples?limit=20").await.expect(429);
    assert_eq!(answers.held(), before + full.units(), "what a refused one held is free again");
    drop(full);
    assert_eq!(count("/api/events/order.paid/samples").await, 2);
}

#[tokio::test]
async fn who_unsubscribes_without_a_token_is_anonymous_in_the_audit_log() {
    let rig = Rig::new().await;
    subscribe(&rig, &json!({"url": "https://example.com/hook", "event": "*"})).await.expect(201);
    let (target, json) =
        (r#"{"target_url":"https://example.com/hook"}"#, [("content-type", "application/json")]);
    rig.request(&http::Method::POST, "/api/hooks/unsubscribe", None, &json, target).await.expect(200);
    let entries = rig.get("/v1/audit?action=webhook.remove").await.expect(200).json();
    assert_eq!(entries["data"][0]["actor"], "anonymous", "{entries}");
}
