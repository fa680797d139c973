//! Deliveries: retried, cancelled, slowed down, ordered, and never lost.

use std::time::Duration;

use ringback::domain::time::Timestamp;
use serde_json::{Value, json};

use crate::harness::{Act, Daemon, Sink, Webhook, wait_for, wait_until};
use crate::webhooks::signed_with;

/// A delivery's attempts, from its detail.
async fn attempts(daemon: &Daemon, delivery: &Value) -> Vec<Value> {
    let id = delivery["id"].as_str().unwrap();
    let detail = daemon.get(&format!("/v1/deliveries/{id}")).await.expect(200);
    detail.json["attempt_log"].as_array().unwrap_or_else(|| panic!("no attempts in {}", detail.text)).clone()
}

/// A webhook that gets the tests' events but no operational ones, and its receiver.
async fn receiver(daemon: &Daemon, mut more: Value) -> (Sink, Webhook) {
    more["events"] = json!(["a.*"]);
    let sink = Sink::start().await;
    let webhook = daemon.webhook(&sink.url("/in"), more).await;
    (sink, webhook)
}

/// Such a webhook in an account of its own.
async fn stage(more: Value) -> (Daemon, Sink, Webhook) {
    let daemon = Daemon::shared().await;
    let (sink, webhook) = receiver(&daemon, more).await;
    (daemon, sink, webhook)
}

#[tokio::test]
async fn a_failure_is_retried_with_the_same_bytes_and_a_fresh_signature() {
    let (daemon, sink, webhook) = stage(json!({"profile": "quick"})).await;
    // The kept connection that is closed is replaced within its attempt.
    sink.first("/in", [Act::Status(503), Act::Reset, Act::Reset, Act::Status(200)]);
    let event = daemon.event("a.b", json!(1)).await;
    let delivery = daemon.settled(&event, &webhook, "delivered").await;
    assert_eq!(delivery["attempts"], 3);
    let received = sink.received("/in");
    assert_eq!(received.len(), 4);
    assert!(received.iter().all(|request| request.body == received[0].body));
    assert!(received.iter().all(|request| signed_with(request, &webhook.secret)));
    assert!(received.iter().all(|request| request.header("webhook-id") == event));

    let attempts = attempts(&daemon, &delivery).await;
    assert_eq!(attempts[0]["status_code"], 503);
    assert_eq!(attempts[0]["error"]["kind"], "status");
    assert_eq!(attempts[1]["error"]["kind"], "connect");
    assert!(attempts[1]["error"]["detail"].as_str().unwrap().contains("a new one was used"), "{attempts:?}");
    assert_eq!(attempts[2]["status_code"], 200);
    assert!(attempts[2]["note"].is_null());
}

#[tokio::test]
async fn a_kept_connection_that_was_closed_costs_no_attempt() {
    let (daemon, sink, webhook) = stage(json!({})).await;
    sink.first("/in", [Act::Status(200), Act::Reset, Act::Status(200)]);
    let first = daemon.event("a.b", json!(1)).await;
    daemon.settled(&first, &webhook, "delivered").await;
    let second = daemon.event("a.b", json!(2)).await;
    let delivery = daemon.settled(&second, &webhook, "delivered").await;
    assert_eq!((&delivery["attempts"], sink.received("/in").len()), (&json!(1), 3));
    let attempts = attempts(&daemon, &delivery).await;
    assert!(attempts[0]["note"].as_str().unwrap().contains("a new one was used"), "{attempts:?}");
}

#[tokio::test]
async fn a_custom_header_is_sent_and_masked_in_the_log() {
    let (daemon, sink, webhook) = stage(json!({"headers": {"x-api-key": "canary-7f3a"}})).await;
    let event = daemon.event("a.b", json!(1)).await;
    let delivery = daemon.settled(&event, &webhook, "delivered").await;
    assert_eq!(sink.received("/in")[0].header("x-api-key"), "canary-7f3a");
    let log = Value::Array(attempts(&daemon, &delivery).await).to_string();
    assert!(log.contains("x-api-key") && !log.contains("canary-7f3a"), "{log}");
    assert!(!daemon.log().contains("canary-7f3a"));
}

#[tokio::test]
async fn the_daemons_own_want_of_descriptors_is_charged_to_no_delivery() {
    // Too few for what it does at once, and enough for the daemon itself.
    let (daemon, sink) = (Daemon::with_files(32).await, Sink::start().await);
    wait_until("its warning", || daemon.log().contains("the limit of open files is low")).await;
    sink.always("/in", Act::After(Duration::from_millis(200), 200));
    let profile = json!({"profile": "quick", "events": ["a.*"]});
    let mut webhooks = Vec::new();
    for _ in 0..60 {
        webhooks.push(daemon.webhook(&sink.url("/in"), profile.clone()).await);
    }
    // Of receivers that delivered many are asked at once.
    let first = daemon.event("a.b", json!(0)).await;
    for webhook in &webhooks {
        daemon.settled(&first, webhook, "delivered").await;
    }
    // Descriptors that others take from it.
    let address = daemon.url().trim_start_matches("http://").to_owned();
    let mut silent = Vec::new();
    for _ in 0..30 {
        silent.push(tokio::net::TcpStream::connect(&address).await);
    }
    let event = daemon.event("a.b", json!(1)).await;
    for webhook in &webhooks {
        let delivery = daemon.settled(&event, webhook, "delivered").await;
        assert_eq!(delivery["attempts"], 1, "{delivery}");
    }
    assert!(daemon.log().contains("Too many open files"), "it had descriptors enough: {}", daemon.log());
    daemon.get("/v1/events").await.expect(200);
}

#[tokio::test]
async fn the_last_failure_ends_a_delivery() {
    let (daemon, sink, webhook) = stage(json!({"profile": "quick"})).await;
    sink.always("/in", Act::Status(500));
    let event = daemon.event("a.b", json!(1)).await;
    let delivery = daemon.settled(&event, &webhook, "failed").await;
    assert_eq!(delivery["attempts"], 4);
    assert_eq!(sink.received("/in").len(), 4);
    assert!(delivery["next_attempt_at"].is_null() && delivery["finished_at"].is_string());

    sink.always("/in", Act::Status(200));
    let id = delivery["id"].as_str().unwrap();
    daemon.post(&format!("/v1/deliveries/{id}/retry"), json!({})).await.expect(202);
    daemon.settled(&event, &webhook, "delivered").await;
    assert_eq!(sink.received("/in").len(), 5);
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let (daemon, sink, webhook) = stage(json!({"profile": "quick"})).await;
    sink.always("/in", Act::With(302, vec![("location", sink.url("/elsewhere"))]));
    let event = daemon.event("a.b", json!(1)).await;
    let delivery = daemon.settled(&event, &webhook, "failed").await;
    assert_eq!(attempts(&daemon, &delivery).await[0]["error"]["kind"], "redirect");
    assert!(sink.received("/elsewhere").is_empty());
}

#[tokio::test]
async fn gone_disables_the_webhook() {
    let (daemon, sink, webhook) = stage(json!({"profile": "quick"})).await;
    sink.always("/in", Act::Status(410));
    let event = daemon.event("a.b", json!(1)).await;
    daemon.attempted(&event, &webhook, 1).await;
    let shown = daemon.get(&format!("/v1/webhooks/{}", webhook.id)).await.expect(200);
    assert_eq!(shown.json["state"], "disabled");
    assert!(shown.text.contains("gone"), "{}", shown.text);
    assert_eq!(sink.received("/in").len(), 1, "nothing more is sent to a receiver that is gone");
}

#[tokio::test]
async fn gone_is_reported_once_however_many_attempts_get_it() {
    let (daemon, sink, webhook) = stage(json!({"profile": "quick", "events": ["a.*"]})).await;
    daemon.webhook(&sink.url("/reported"), json!({"events": ["webhook.*"]})).await;
    sink.always("/in", Act::Held(410));
    let mut events = Vec::new();
    for n in 0..5 {
        events.push(daemon.event("a.b", json!(n)).await);
    }
    // In flight together.
    sink.wait("/in", 5).await;
    sink.release(5);
    for event in &events {
        daemon.attempted(event, &webhook, 1).await;
    }
    assert_eq!(sink.received("/in").len(), 5);
    let reported = daemon.get("/v1/events?type=webhook.disabled").await.expect(200);
    assert_eq!(reported.json["data"].as_array().unwrap().len(), 1, "{}", reported.text);
    let reported = sink.wait("/reported", 1).await[0].json();
    assert_eq!(
        (&reported["type"], &reported["data"]["event_type"]),
        (&json!("webhook.disabled"), &json!("a.b"))
    );
    assert!(events.contains(&reported["data"]["event_id"].as_str().unwrap().to_owned()), "{reported}");
}

#[tokio::test]
async fn gone_removes_the_webhook_where_the_profile_says_so() {
    let (daemon, sink, webhook) = stage(json!({"profile": "job-webhooks", "events": ["*"]})).await;
    sink.always("/in", Act::Status(410));
    let event = daemon.event("a.b", json!(1)).await;
    daemon.attempted(&event, &webhook, 1).await;
    daemon.get(&format!("/v1/webhooks/{}", webhook.id)).await.expect(404);
}

#[tokio::test]
async fn retry_after_is_obeyed() {
    let (daemon, sink, webhook) = stage(json!({"profile": "quick"})).await;
    sink.first("/in", [Act::With(429, vec![("retry-after", "1".to_owned())])]);
    let event = daemon.event("a.b", json!(1)).await;
    daemon.settled(&event, &webhook, "delivered").await;
    let received = sink.received("/in");
    assert!(received[1].at - received[0].at >= Duration::from_millis(950), "it came back too early");
}

#[tokio::test]
async fn a_receiver_that_never_answers_is_cut_off() {
    let (daemon, sink, webhook) = stage(json!({"profile": "hasty"})).await;
    sink.first("/in", [Act::Hang]);
    let event = daemon.event("a.b", json!(1)).await;
    let delivery = daemon.settled(&event, &webhook, "delivered").await;
    let kind = attempts(&daemon, &delivery).await[0]["error"]["kind"].as_str().unwrap().to_owned();
    assert!(kind.starts_with("timeout_"), "{kind}");
}

#[tokio::test]
async fn a_slow_receiver_holds_up_no_other() {
    // Longer than this test can take.
    let settings = "[profiles.enduring]\ntimeouts = { total = \"10m\", body = \"10m\" }";
    let (daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    sink.always("/slow", Act::Held(200));
    daemon.webhook(&sink.url("/slow"), json!({"max_in_flight": 1, "profile": "enduring"})).await;
    let quick = daemon.webhook(&sink.url("/quick"), json!({})).await;
    for n in 0..20 {
        let event = daemon.event("a.b", json!(n)).await;
        daemon.settled(&event, &quick, "delivered").await;
    }
    assert_eq!(sink.received("/slow").len(), 1, "its own bound holds");
    sink.release(20);
    sink.wait("/slow", 20).await;
}

#[tokio::test]
async fn a_cancelled_delivery_is_never_sent_again() {
    let (daemon, sink, webhook) = stage(json!({"profile": "patient"})).await;
    sink.always("/in", Act::Status(500));
    let event = daemon.event("a.b", json!(1)).await;
    let delivery = daemon.attempted(&event, &webhook, 1).await;
    assert_eq!(delivery["state"], "pending");
    assert!(delivery["next_attempt_at"].is_string());
    let id = delivery["id"].as_str().unwrap();
    daemon.post(&format!("/v1/deliveries/{id}/cancel"), json!({})).await.expect(200);
    daemon.settled(&event, &webhook, "cancelled").await;
    daemon.post(&format!("/v1/deliveries/{id}/cancel"), json!({})).await.expect(409);
}

#[tokio::test]
async fn a_pending_delivery_can_be_tried_now() {
    let (daemon, sink, webhook) = stage(json!({"profile": "patient"})).await;
    sink.first("/in", [Act::Status(500)]);
    let event = daemon.event("a.b", json!(1)).await;
    let delivery = daemon.attempted(&event, &webhook, 1).await;
    let id = delivery["id"].as_str().unwrap();
    daemon.post(&format!("/v1/deliveries/{id}/retry"), json!({})).await.expect(202);
    let delivery = daemon.settled(&event, &webhook, "delivered").await;
    let attempts = attempts(&daemon, &delivery).await;
    assert_eq!((&attempts[0]["trigger"], &attempts[1]["trigger"]), (&json!("scheduled"), &json!("manual")));
}

#[tokio::test]
async fn removing_a_webhook_cancels_what_waits_for_it() {
    let (daemon, sink, webhook) = stage(json!({"profile": "patient"})).await;
    sink.always("/in", Act::Status(500));
    let event = daemon.event("a.b", json!(1)).await;
    daemon.attempted(&event, &webhook, 1).await;
    let path = format!("/v1/webhooks/{}", webhook.id);
    daemon.call(http::Method::DELETE, &path, None).await.expect(204);
    daemon.settled(&event, &webhook, "cancelled").await;
}

#[tokio::test]
async fn strict_order_holds_through_failures() {
    let (daemon, sink, _) = stage(json!({"profile": "quick", "ordering": "webhook"})).await;
    sink.first("/in", [Act::Status(503), Act::Status(503)]);
    for n in 0..5 {
        daemon.event("a.b", json!(n)).await;
    }
    let received = sink.wait("/in", 7).await;
    let order: Vec<_> = received.iter().map(|request| request.json()["data"].as_u64().unwrap()).collect();
    assert_eq!(order, [0, 0, 0, 1, 2, 3, 4]);
}

#[tokio::test]
async fn order_by_key_holds_up_only_its_key() {
    let (daemon, sink, _) = stage(json!({"profile": "quick", "ordering": "key"})).await;
    sink.first("/in", [Act::Status(503)]);
    for (key, n) in [("a", 1), ("a", 2), ("b", 3)] {
        let event = json!({"type": "a.b", "data": n, "order_key": key});
        daemon.post("/v1/events", event).await.expect(202);
    }
    let received = sink.wait("/in", 4).await;
    let order: Vec<_> = received.iter().map(|request| request.json()["data"].as_u64().unwrap()).collect();
    let place = |n| order.iter().rposition(|&seen| seen == n).unwrap();
    assert!(place(1) < place(2), "{order:?}");
}

#[tokio::test]
async fn what_was_accepted_survives_a_crash() {
    let mut daemon = Daemon::start().await;
    let (sink, webhook) = receiver(&daemon, json!({"profile": "quick"})).await;
    sink.always("/in", Act::Hang);
    let mut events = Vec::new();
    for n in 0..20 {
        events.push(daemon.event("a.b", json!(n)).await);
    }
    sink.wait("/in", 1).await;
    daemon.kill9().await;
    sink.always("/in", Act::Status(200));
    daemon.restart().await;
    for event in &events {
        daemon.settled(event, &webhook, "delivered").await;
    }
}

#[tokio::test]
async fn a_retry_asked_for_during_an_attempt_is_made_after_it() {
    let daemon = Daemon::shared().await;
    for ordering in ["none", "webhook"] {
        let (path, sink) = (format!("/{ordering}"), Sink::start().await);
        sink.first(&path, [Act::Held(500)]);
        let more = json!({"profile": "quick", "ordering": ordering, "events": [ordering]});
        let webhook = daemon.webhook(&sink.url(&path), more).await;
        let event = daemon.event(ordering, json!(1)).await;
        sink.wait(&path, 1).await;
        let delivery = daemon.delivery(&event, &webhook).await.unwrap();
        let id = delivery["id"].as_str().unwrap();
        daemon.post(&format!("/v1/deliveries/{id}/retry"), json!({})).await.expect(202);
        sink.release(1);
        daemon.settled(&event, &webhook, "delivered").await;
        assert_eq!(sink.received(&path).len(), 2, "{ordering}");
    }
}

#[tokio::test]
async fn tries_by_hand_take_nothing_from_the_schedule() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    sink.always("/in", Act::Status(500));
    // Three attempts in all, an hour apart.
    let webhook = daemon.webhook(&sink.url("/in"), json!({"profile": "patient"})).await;
    daemon.event("a.b", json!(1)).await;
    sink.wait("/in", 1).await;
    let list = daemon.get("/v1/deliveries").await.expect(200).json;
    let path = format!("/v1/deliveries/{}", list["data"][0]["id"].as_str().unwrap());
    for tries in 2..7 {
        wait_for("the outcome before", async || {
            let shown = daemon.get(&path).await.expect(200).json;
            (shown["attempt_log"].as_array().unwrap().len() == tries - 1).then_some(())
        })
        .await;
        daemon.post(&format!("{path}/retry"), json!({})).await.expect(202);
        sink.wait("/in", tries).await;
    }
    let stats = format!("/v1/webhooks/{}/stats", webhook.id);
    wait_for("the last outcome", async || {
        (daemon.get(&stats).await.expect(200).json["consecutive_failures"] == 6).then_some(())
    })
    .await;
    let shown = daemon.get(&path).await.expect(200).json;
    assert_eq!(shown["state"], "pending", "{shown}");
    let time = |text: &Value| text.as_str().unwrap().parse::<Timestamp>().unwrap();
    let started = |attempt: usize| time(&shown["attempt_log"][attempt]["started_at"]);
    let (next, hour) = (time(&shown["next_attempt_at"]), Duration::from_secs(3600));
    // The wait that the first attempt began goes on; what it took is in milliseconds here.
    let took = Duration::from_secs_f64(1e-3 * shown["attempt_log"][0]["duration_ms"].as_f64().unwrap());
    let (earliest, latest) = (started(0).plus(hour), started(0).plus(hour + took + Duration::from_millis(1)));
    assert!(earliest <= next && next <= latest && next < started(5).plus(hour), "{shown}");
}
