//! Events: every form they come in, repetitions, and everything that is refused.

use serde_json::{Value, json};

use crate::harness::{Daemon, Sink, wait_until};

#[tokio::test]
async fn one_event_is_accepted_and_delivered_byte_for_byte() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    daemon.webhook(&sink.url("/in"), json!({"profile": "verbatim"})).await;
    let body = r#"{"type":"order.paid","data":{ "b":1.0,  "a":12345678901234567890 }}"#;
    let answer =
        daemon.post_raw("/v1/events", &[("content-type", "application/json")], body).await.expect(202);
    assert!(answer.text_of("id").starts_with("evt_"));
    assert_eq!(answer.json["deliveries"], 1);
    let received = sink.wait("/in", 1).await;
    assert_eq!(received[0].body, r#"{ "b":1.0,  "a":12345678901234567890 }"#);
}

#[tokio::test]
async fn the_envelope_carries_the_event() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    daemon.webhook(&sink.url("/in"), json!({})).await;
    let event = daemon.event("order.paid", json!({"n": 1})).await;
    let received = sink.wait("/in", 1).await;
    let envelope = received[0].json();
    assert_eq!(envelope["type"], "order.paid");
    assert_eq!(envelope["data"], json!({"n": 1}));
    assert_eq!(envelope["id"], event.as_str());
    assert_eq!(received[0].header("webhook-id"), event);
    assert_eq!(received[0].header("content-type"), "application/json");
}

#[tokio::test]
async fn an_array_is_all_or_nothing() {
    let daemon = Daemon::shared().await;
    let good = json!([{"type": "a.b", "data": 1}, {"type": "a.c", "data": 2}]);
    let answer = daemon.post("/v1/events", good).await.expect(202);
    assert_eq!(answer.json["data"].as_array().unwrap().len(), 2);

    let bad = json!([{"type": "a.b", "data": 1}, {"type": "not a type", "data": 2}]);
    let answer = daemon.post("/v1/events", bad).await.expect(422);
    assert_eq!(answer.json["errors"][0]["pointer"], "/1/type");
    let events = daemon.get("/v1/events").await.expect(200);
    assert_eq!(events.json["data"].as_array().unwrap().len(), 2, "nothing of the bad array was taken");

    let named = |id: &str, data: u32| json!({"type": "a.b", "id": id, "data": data});
    let first = daemon.post("/v1/events", named("x", 1)).await.expect(202).text_of("id");
    let array = json!([named("y", 1), named("x", 2), named("x", 1), named("y", 2)]);
    let answer = daemon.post("/v1/events", array).await.expect(409);
    assert_eq!(answer.json["errors"][0]["pointer"], "/1");
    assert!(answer.json["errors"][0]["detail"].as_str().unwrap().contains(&first), "{}", answer.text);
    assert_eq!(answer.json["errors"][1]["pointer"], "/3");
    assert_eq!(answer.json["errors"].as_array().unwrap().len(), 2);
    let events = daemon.get("/v1/events").await.expect(200);
    assert_eq!(events.json["data"].as_array().unwrap().len(), 3, "nothing of the array was taken");
    let answer =
        daemon.post("/v1/events", json!([named("y", 1), named("y", 1), named("x", 1)])).await.expect(202);
    let reported: Vec<bool> =
        answer.json["data"].as_array().unwrap().iter().map(|row| row["duplicate"] == true).collect();
    assert_eq!(reported, [false, true, true]);
}

#[tokio::test]
async fn a_stream_is_answered_line_by_line() {
    let daemon = Daemon::shared().await;
    let lines = "{\"type\":\"a.b\",\"data\":1}\nnot json\n\n{\"type\":\"a.c\",\"data\":2}\n";
    let answer = daemon.post_raw("/v1/events", &[("content-type", "application/x-ndjson")], lines).await;
    let answers: Vec<Value> = answer.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let accepted = answers.iter().filter(|line| line["id"].is_string()).count();
    let refused: Vec<_> = answers.iter().filter(|line| line["error"].is_object()).collect();
    assert_eq!((accepted, refused.len()), (2, 1), "{}", answer.text);
    assert_eq!(refused[0]["line"], 2);
}

#[tokio::test]
async fn cloud_events_come_structured_batched_and_binary() {
    let daemon = Daemon::shared().await;
    let one =
        json!({"specversion": "1.0", "id": "1", "source": "/shop", "type": "order.paid", "data": {"n": 1}});
    let structured = [("content-type", "application/cloudevents+json")];
    daemon.post_raw("/v1/events", &structured, &one.to_string()).await.expect(202);
    let again = daemon.post_raw("/v1/events", &structured, &one.to_string()).await.expect(200);
    assert_eq!(again.json["duplicate"], true, "id and source name an event");

    let batch = [("content-type", "application/cloudevents-batch+json")];
    let two = json!([{"specversion": "1.0", "id": "2", "source": "/shop", "type": "order.paid", "data": 1},
        {"specversion": "1.0", "id": "2", "source": "/other", "type": "order.paid", "data": 1}]);
    daemon.post_raw("/v1/events", &batch, &two.to_string()).await.expect(202);

    let binary = [
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-id", "3"),
        ("ce-source", "/shop"),
        ("ce-type", "order.paid"),
    ];
    let answer = daemon.post_raw("/v1/events", &binary, "{\"n\":3}").await.expect(202);
    let event = daemon.get(&format!("/v1/events/{}", answer.text_of("id"))).await.expect(200);
    assert_eq!((&event.json["type"], &event.json["data"]), (&json!("order.paid"), &json!({"n": 3})));
}

#[tokio::test]
async fn the_same_request_again_is_answered_again_and_sends_nothing() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    daemon.webhook(&sink.url("/in"), json!({})).await;
    let key = [("content-type", "application/json"), ("idempotency-key", "once")];
    let body = r#"{"type":"a.b","data":1}"#;
    let first = daemon.post_raw("/v1/events", &key, body).await.expect(202);
    let second = daemon.post_raw("/v1/events", &key, body).await.expect(200);
    assert_eq!(second.json["duplicate"], true);
    assert_eq!(second.text_of("id"), first.text_of("id"));
    daemon.post_raw("/v1/events", &key, r#"{"type":"a.b","data":2}"#).await.expect(409);

    let named = json!({"type": "a.b", "data": 1, "id": "mine"});
    daemon.post("/v1/events", named.clone()).await.expect(202);
    daemon.post("/v1/events", named).await.expect(200);
    daemon.event("a.last", json!(1)).await;
    let last = || sink.received("/in").iter().any(|request| request.json()["type"] == "a.last");
    wait_until("the last event", last).await;
    assert_eq!(sink.received("/in").len(), 3, "each event arrived once");
}

#[tokio::test]
async fn an_idempotency_key_outlives_a_crash() {
    let mut daemon = Daemon::start().await;
    let key = [("content-type", "application/json"), ("idempotency-key", "once")];
    let body = r#"{"type":"a.b","data":1}"#;
    let first = daemon.post_raw("/v1/events", &key, body).await.expect(202);
    daemon.kill9().await;
    daemon.restart().await;
    let second = daemon.post_raw("/v1/events", &key, body).await.expect(200);
    assert_eq!(second.text_of("id"), first.text_of("id"));
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_its_members() {
    let daemon = Daemon::shared().await;
    let json = ("content-type", "application/json");
    let long = format!(r#"{{"type":"{}","data":1}}"#, "x".repeat(500));
    for (body, status, pointers) in [
        ("", 400, &[][..]),
        ("{", 400, &[]),
        (r#"{"type":"a","type":"b","data":1}"#, 400, &["/type"]),
        ("5", 422, &[""]),
        ("{}", 422, &["/data", "/type"]),
        (r#"{"type":"","data":1}"#, 422, &["/type"]),
        (r#"{"type":"a b","data":1}"#, 422, &["/type"]),
        (long.as_str(), 422, &["/type"]),
        (r#"{"type":"a","data":1,"occurred_at":"yesterday"}"#, 422, &["/occurred_at"]),
        (r#"{"type":"a","data":1,"metadata":5,"order_key":""}"#, 422, &["/metadata", "/order_key"]),
    ] {
        let answer = daemon.post_raw("/v1/events", &[json], body).await.expect(status);
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{body}");
        assert!(answer.json["type"].as_str().unwrap().starts_with("urn:ringback:problem:"), "{body}");
        assert!(answer.json["request_id"].is_string() && answer.headers.contains_key("x-request-id"));
        let errors = answer.json["errors"].as_array().cloned().unwrap_or_default();
        let mut named: Vec<_> = errors.iter().filter_map(|error| error["pointer"].as_str()).collect();
        named.sort_unstable();
        assert_eq!(named, pointers, "{body}");
    }
    let deep = format!(r#"{{"type":"a","data":{}1{}}}"#, "[".repeat(200), "]".repeat(200));
    daemon.post_raw("/v1/events", &[json], &deep).await.expect(400);
    daemon.post_raw("/v1/events", &[("content-type", "text/csv")], "a,b").await.expect(415);
    let unknown = daemon.post("/v1/events", json!({"type": "a", "data": 1, "dta": 2})).await;
    assert!(matches!(unknown.status, 400 | 422) && unknown.text.contains("dta"), "{}", unknown.text);
}

#[tokio::test]
async fn data_over_the_bound_is_too_large() {
    let daemon = Daemon::with_config("[events]\nmax_data_bytes = \"1KiB\"").await;
    daemon.post("/v1/events", json!({"type": "a", "data": "x".repeat(1000)})).await.expect(202);
    daemon.post("/v1/events", json!({"type": "a", "data": "x".repeat(1100)})).await.expect(413);
}

#[tokio::test]
async fn an_event_tells_who_was_skipped_and_why() {
    let daemon = Daemon::shared().await;
    let sink = Sink::start().await;
    let paused = daemon.webhook(&sink.url("/paused"), json!({"collect": false})).await;
    daemon.post(&format!("/v1/webhooks/{}/pause", paused.id), json!({})).await.expect(200);
    daemon.webhook(&sink.url("/other"), json!({"events": ["other.*"]})).await;
    let event = daemon.event("order.paid", json!(1)).await;
    let event = daemon.get(&format!("/v1/events/{event}")).await.expect(200);
    let skipped = event.json["skipped"].as_array().unwrap();
    assert_eq!(skipped.len(), 1, "{}", event.text);
    assert_eq!(skipped[0]["webhook_id"], paused.id.as_str());
    assert_eq!(skipped[0]["reason"], "paused");
}

#[tokio::test]
async fn a_list_is_paged_and_its_cursor_keeps_the_filter() {
    let daemon = Daemon::shared().await;
    for n in 0..5 {
        daemon.event(if n % 2 == 0 { "even.n" } else { "odd.n" }, json!(n)).await;
    }
    let mut seen = 0;
    let mut path = "/v1/events?type=even.*&limit=2".to_owned();
    for _ in 0..5 {
        let page = daemon.get(&path).await.expect(200);
        let rows = page.json["data"].as_array().unwrap();
        assert!(rows.iter().all(|row| row["type"] == "even.n"), "{}", page.text);
        seen += rows.len();
        let Some(cursor) = page.json["next_cursor"].as_str() else { break };
        path = format!("/v1/events?cursor={cursor}&limit=2");
    }
    assert_eq!(seen, 3);
    daemon.get("/v1/events?cursor=nonsense").await.expect(400);
    daemon.get("/v1/events?limit=0").await.expect(400);
}
