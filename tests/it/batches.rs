//! Batches: events of one type that go together as a list.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Act, Daemon, Sink, Webhook, pace, wait_for};
use crate::resources::{own_stage, resource, stage};

/// What the tests' webhooks are made of: profile, bounds, and more.
async fn batching(
    profile: &str,
    max_events: u32,
    max_wait_ms: u64,
    mut more: Value,
) -> (Daemon, Sink, Webhook) {
    more["batch"] = json!({"max_events": max_events, "max_wait_ms": max_wait_ms});
    stage(profile, more).await
}

/// Posts an array of events of a type; gives their ids.
async fn post_all(daemon: &Daemon, event_type: &str, datas: &[Value]) -> Vec<String> {
    let events: Vec<_> = datas.iter().map(|data| json!({"type": event_type, "data": data})).collect();
    let posted = daemon.post("/v1/events", json!(events)).await.expect(202);
    let accepted = posted.json["data"].as_array().unwrap();
    assert!(accepted.iter().all(|event| event["deliveries"] == 1), "{}", posted.text);
    accepted.iter().map(|event| event["id"].as_str().unwrap().to_owned()).collect()
}

/// The one delivery of an event.
async fn delivery_of(daemon: &Daemon, event: &str) -> Value {
    daemon.get(&format!("/v1/events/{event}")).await.expect(200).json["deliveries"][0].clone()
}

/// Waits until an event's one delivery is in a state.
async fn settled(daemon: &Daemon, event: &str, state: &str) -> Value {
    wait_for(state, async || Some(delivery_of(daemon, event).await).filter(|d| d["state"] == state)).await
}

async fn patch(daemon: &Daemon, webhook: &Webhook, patch: Value) -> Value {
    let path = format!("/v1/webhooks/{}", webhook.id);
    daemon.call(Method::PATCH, &path, Some(patch)).await.expect(200).json
}

#[tokio::test]
async fn rest_hooks_15_batch_is_an_array() {
    let (daemon, sink, webhook) = batching("small", 3, 60_000, json!({})).await;
    sink.first("/in", [Act::Status(503), Act::Status(503)]);
    let other = daemon.event("a.c", json!("of another type")).await;
    let members = post_all(&daemon, "a.b", &[json!(1), json!({"n": 2})]).await;
    let waiting = delivery_of(&daemon, &members[0]).await;
    assert_eq!((&waiting["state"], &waiting["next_attempt_at"]), (&json!("pending"), &Value::Null));
    assert!(sink.received("/in").is_empty(), "there is room for one more");
    let third = daemon.event("a.b", json!([3])).await;
    let received = sink.wait("/in", 3).await;
    assert_eq!(received[0].body, r#"[1,{"n":2},[3]]"#);
    assert!(received.iter().all(|request| request.body == received[0].body), "each retry sends the same");

    // The members stand as their batch does, which is one delivery with one history.
    let delivery = settled(&daemon, &third, "delivered").await;
    assert_eq!(delivery["attempts"], 3);
    let batch = delivery["batch_id"].as_str().unwrap();
    assert_eq!(delivery_of(&daemon, &members[0]).await["batch_id"], batch);
    let detail = async |id: String| daemon.get(&format!("/v1/deliveries/{id}")).await.expect(200).json;
    let of_member = detail(delivery["id"].as_str().unwrap().to_owned()).await;
    let of_batch = detail(batch.to_owned()).await;
    assert_eq!(of_member["attempt_log"], of_batch["attempt_log"]);
    assert_eq!(of_batch["attempt_log"].as_array().unwrap().len(), 3);
    let whole =
        daemon.get(&format!("/v1/events/{}", of_batch["event_id"].as_str().unwrap())).await.expect(200);
    assert_eq!(whole.json["batch_of"], json!([members[0], members[1], third]));
    assert_eq!((&whole.json["type"], &whole.json["data"][2]), (&json!("a.b"), &json!([3])));

    let listed = daemon.get(&format!("/v1/deliveries?webhook_id={}", webhook.id)).await.expect(200);
    let ids: Vec<_> =
        listed.json["data"].as_array().unwrap().iter().map(|row| row["event_id"].clone()).collect();
    assert_eq!(ids, [whole.json["id"].clone(), json!(other)], "the batch stands for its members");
    let events = daemon.get("/v1/events?type=a.*").await.expect(200);
    assert_eq!(events.json["data"].as_array().unwrap().len(), 4, "nobody posted the batch");
    let refused =
        daemon.post(&format!("/v1/deliveries/{}/retry", delivery["id"].as_str().unwrap()), json!({})).await;
    assert!(refused.expect(409).text.contains("batch"));
}

#[tokio::test]
async fn a_batch_closes_when_its_first_event_has_waited_long_enough() {
    let pace = pace().await;
    let wait = Duration::from_millis(300) + 10 * pace;
    let max_wait_ms = wait.as_millis().try_into().unwrap();
    let (daemon, sink, _) = batching("small", 100, max_wait_ms, json!({})).await;
    let begun = ringback::clock::monotonic();
    daemon.event("a.b", json!(1)).await;
    daemon.event("a.b", json!(2)).await;
    let received = sink.wait("/in", 1).await;
    assert_eq!(received[0].json(), json!([1, 2]));
    let waited = received[0].at - begun;
    assert!(waited >= wait - Duration::from_millis(1), "it went after {waited:?}");
    // The bound is what a busy machine may add; alone it is a few milliseconds.
    assert!(
        waited < wait + Duration::from_secs(1) + 10 * pace,
        "it went after {waited:?} only, not {wait:?}"
    );
}

#[tokio::test]
async fn rest_hooks_23_batch_resource_is_a_list() {
    let (daemon, sink, _) = batching("notify", 2, 60_000, json!({"resource": {"one_time": true}})).await;
    post_all(&daemon, "a.b", &[json!({"n": 1}), json!({"n": 2}), json!({"n": 3})]).await;
    let received = sink.wait("/in", 1).await;
    assert_eq!(received[0].json().as_object().unwrap().len(), 1, "one URL for the batch");
    let path = resource(&received[0].json());
    assert_eq!(daemon.get(&path).await.expect(200).json, json!([{"n": 1}, {"n": 2}]));
    daemon.get(&path).await.expect(410);
    assert_eq!(sink.received("/in").len(), 1, "the third still waits");
}

#[tokio::test]
async fn a_batch_is_never_larger_than_its_profile_sends() {
    let (daemon, sink, _) = batching("small", 100, 200, json!({"resource": {"when_too_large": true}})).await;
    let (half, large) = (json!("x".repeat(600)), json!("y".repeat(1500)));
    post_all(&daemon, "a.b", &[half.clone(), half.clone(), large.clone()]).await;
    let received = sink.wait("/in", 3).await;
    let bodies: Vec<_> = received.iter().map(super::harness::Received::json).collect();
    assert_eq!(bodies.iter().filter(|body| **body == json!([half])).count(), 2);
    let reported = bodies.iter().find(|body| body.is_object()).unwrap();
    assert_eq!(daemon.get(&resource(reported)).await.expect(200).json, json!([large]));
}

#[tokio::test]
async fn what_is_gathered_goes_when_batching_is_switched_off() {
    let (daemon, sink, webhook) = batching("small", 100, 60_000, json!({})).await;
    post_all(&daemon, "a.b", &[json!(1), json!(2)]).await;
    let shown = patch(&daemon, &webhook, json!({"batch": {"max_events": 50, "max_wait_ms": 60_000}})).await;
    assert_eq!(shown["batch"], json!({"max_events": 50, "max_wait_ms": 60_000, "max_bytes": 1 << 20}));
    assert_eq!(patch(&daemon, &webhook, json!({"batch": null})).await["batch"], Value::Null);
    daemon.event("a.b", json!(3)).await;
    let received = sink.wait("/in", 2).await;
    let mut bodies: Vec<_> = received.iter().map(|request| request.json().to_string()).collect();
    bodies.sort();
    assert_eq!(bodies, ["3", "[1,2]"]);
}

#[tokio::test]
async fn a_paused_webhook_gathers_on_request_and_gets_it_when_it_resumes() {
    let (daemon, sink, webhook) = batching("small", 2, 50, json!({"collect": true})).await;
    let path = format!("/v1/webhooks/{}", webhook.id);
    daemon.post(&format!("{path}/pause"), json!({})).await.expect(200);
    let members = post_all(&daemon, "a.b", &[json!(1), json!(2), json!(3)]).await;
    wait_for("the third's batch", async || {
        delivery_of(&daemon, &members[2]).await["batch_id"].as_str().map(drop)
    })
    .await;
    assert!(sink.received("/in").is_empty());
    daemon.post(&format!("{path}/resume"), json!({})).await.expect(200);
    let received = sink.wait("/in", 2).await;
    let mut bodies: Vec<_> = received.iter().map(|request| request.json().to_string()).collect();
    bodies.sort();
    assert_eq!(bodies, ["[1,2]", "[3]"]);
}

#[tokio::test]
async fn removing_a_webhook_cancels_what_it_gathers() {
    let wait = Duration::from_millis(100) + 10 * pace().await;
    let max_wait_ms = wait.as_millis().try_into().unwrap();
    let (daemon, sink, webhook) = batching("small", 100, max_wait_ms, json!({})).await;
    let members = post_all(&daemon, "a.b", &[json!(1), json!(2)]).await;
    daemon.call(Method::DELETE, &format!("/v1/webhooks/{}", webhook.id), None).await.expect(204);
    let delivery = settled(&daemon, &members[1], "cancelled").await;
    assert_eq!(delivery["reason"], "webhook_removed");
    assert!(sink.received("/in").is_empty());
}

#[tokio::test]
async fn strict_order_holds_for_batches() {
    let (daemon, sink, _) = batching("small", 2, 60_000, json!({"ordering": "webhook"})).await;
    sink.first("/in", [Act::Status(503), Act::Status(503)]);
    post_all(&daemon, "a.b", &(0..8).map(|n| json!(n)).collect::<Vec<_>>()).await;
    let received = sink.wait("/in", 6).await;
    let order: Vec<_> = received.iter().map(|request| request.json()[0].as_u64().unwrap()).collect();
    assert_eq!(order, [0, 0, 0, 2, 4, 6]);
}

#[tokio::test]
async fn a_test_of_a_webhook_waits_for_no_other() {
    let (daemon, sink, webhook) = batching("small", 100, 60_000, json!({})).await;
    daemon.post(&format!("/v1/webhooks/{}/test", webhook.id), json!({})).await.expect(202);
    let received = sink.wait("/in", 1).await;
    assert_eq!(received[0].json()[0]["webhook_id"], webhook.id);
    patch(&daemon, &webhook, json!({"batch": {"max_events": 1, "max_wait_ms": 60_000}})).await;
    daemon.post(&format!("/v1/webhooks/{}/test", webhook.id), json!({})).await.expect(202);
    sink.wait("/in", 2).await;
}

#[tokio::test]
async fn what_is_gathered_outlives_a_kill() {
    let wait = Duration::from_millis(700) + 10 * pace().await;
    let max_wait_ms = u64::try_from(wait.as_millis()).unwrap();
    let (mut daemon, sink, _) =
        own_stage("small", json!({"batch": {"max_events": 100, "max_wait_ms": max_wait_ms}})).await;
    let members = post_all(&daemon, "a.b", &[json!(1), json!(2)]).await;
    daemon.kill9().await;
    assert!(sink.received("/in").is_empty(), "it was killed too late to show anything");
    daemon.restart().await;
    settled(&daemon, &members[0], "delivered").await;
    let received = sink.received("/in");
    assert_eq!((received.len(), received[0].json()), (1, json!([1, 2])));
}
