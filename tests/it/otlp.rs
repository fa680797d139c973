//! Attempts become spans at a collector, and a collector that is down costs nothing else.
//!
//! Only in a build that exports them: `cargo test --features otlp --test it otlp`.

use serde_json::{Value, json};

use crate::harness::{Act, Daemon, Sink, wait_for, wait_until};

fn with_collector(url: &str) -> String {
    format!("[otlp]\nendpoint = \"{url}\"\n")
}

/// Every span that the collector has taken.
fn spans(collector: &Sink) -> Vec<Value> {
    let mut all = Vec::new();
    for request in collector.received("/v1/traces") {
        assert_eq!((request.method.as_str(), request.header("content-type")), ("POST", "application/json"));
        let body = request.json();
        let resource = &body["resourceSpans"][0];
        let service = json!({"key": "service.name", "value": {"stringValue": "ringback"}});
        assert_eq!(resource["resource"]["attributes"][0], service);
        all.extend(resource["scopeSpans"][0]["spans"].as_array().unwrap().clone());
    }
    all
}

/// A span's attribute as text, whatever its type.
fn attribute<'s>(span: &'s Value, key: &str) -> Option<&'s str> {
    let all = span["attributes"].as_array().unwrap();
    let value = &all.iter().find(|attribute| attribute["key"] == key)?["value"];
    value.as_object().unwrap().values().next().unwrap().as_str()
}

fn nanos(span: &Value, member: &str) -> u64 {
    span[member].as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn every_attempt_is_a_span_and_an_event_is_a_trace() {
    let before = ringback::clock::now().as_millis();
    let (sink, collector) = (Sink::start().await, Sink::start().await);
    sink.first("/in", [Act::Status(503)]);
    let mut daemon = Daemon::with_config(&with_collector(&collector.url("/"))).await;
    let webhook = daemon.webhook(&sink.url("/in"), json!({"profile": "quick"})).await;
    let twice = daemon.event("a.b", json!(1)).await;
    daemon.settled(&twice, &webhook, "delivered").await;
    let all = wait_for("two spans", async || Some(spans(&collector)).filter(|all| all.len() >= 2)).await;
    // What still waits is sent when the daemon stops.
    let once = daemon.event("a.b", json!(2)).await;
    daemon.settled(&once, &webhook, "delivered").await;
    assert!(daemon.terminate().await.0.success());
    let [failed, delivered] = &all[..] else { panic!("{all:?}") };
    let last = spans(&collector);
    let [.., last] = &last[..] else { panic!("none") };
    let after = ringback::clock::now().as_millis();

    for (span, event, attempt, status) in
        [(failed, &twice, "1", "503"), (delivered, &twice, "2", "200"), (last, &once, "1", "200")]
    {
        assert_eq!((&span["name"], &span["kind"]), (&json!("attempt"), &json!(3)));
        assert_eq!(attribute(span, "ringback.event.id"), Some(event.as_str()), "{span}");
        assert_eq!(attribute(span, "ringback.webhook.id"), Some(webhook.id.as_str()));
        assert_eq!(attribute(span, "ringback.attempt"), Some(attempt));
        assert_eq!(attribute(span, "http.response.status_code"), Some(status));
        let (start, end) = (nanos(span, "startTimeUnixNano"), nanos(span, "endTimeUnixNano"));
        assert!(before * 1_000_000 <= start && start <= end && end <= after * 1_000_000, "{span}");
        assert_eq!(span["spanId"].as_str().unwrap().len(), 16);
        let id: ringback::domain::id::EventId = event.parse().unwrap();
        let trace: String = id.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(span["traceId"], trace);
    }
    assert_eq!((&failed["status"], &delivered["status"]), (&json!({"code": 2}), &json!({})));
    assert_eq!((attribute(failed, "error.type"), attribute(delivered, "error.type")), (Some("status"), None));
    assert_ne!(failed["spanId"], delivered["spanId"]);
    assert_ne!(last["traceId"], failed["traceId"]);
}

#[tokio::test]
async fn a_dead_collector_costs_spans_and_one_warning() {
    let (sink, collector) = (Sink::start().await, Sink::start().await);
    // Neither an answer nor an end: the worst that it can do.
    collector.always("/v1/traces", Act::Hang);
    let hung = with_collector(&collector.url(""));
    // Nobody listens here: what was bound is closed.
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (settings, hangs) in [(with_collector(&format!("http://{address}")), false), (hung, true)] {
        let mut daemon = Daemon::with_config(&settings).await;
        let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
        let warnings = |log: &str| log.matches("does not accept all spans").count();
        let event = daemon.event("a.b", json!(1)).await;
        daemon.settled(&event, &webhook, "delivered").await;
        if hangs {
            collector.wait("/v1/traces", 1).await;
        } else {
            wait_until("a warning", || warnings(&daemon.log()) > 0).await;
        }
        for n in 0..50 {
            let event = daemon.event("a.b", json!(n)).await;
            daemon.settled(&event, &webhook, "delivered").await;
        }
        assert!(daemon.terminate().await.0.success());
        assert!(warnings(&daemon.log()) <= 1, "{}", daemon.log());
    }
}

#[tokio::test]
async fn a_collector_that_comes_back_gets_spans_again() {
    let (sink, collector) = (Sink::start().await, Sink::start().await);
    collector.first("/v1/traces", [Act::Status(503)]);
    let daemon = Daemon::with_config(&with_collector(&collector.url(""))).await;
    let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
    for line in ["it answered 503", "accepts spans again\" collector"] {
        let event = daemon.event("a.b", json!(1)).await;
        daemon.settled(&event, &webhook, "delivered").await;
        wait_until(line, || daemon.log().contains(line)).await;
    }
    assert!(daemon.log().contains(" lost="), "{}", daemon.log());
}
