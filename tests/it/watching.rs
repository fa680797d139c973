//! What watches the daemon: the shipped alerts and dashboard know the figures it gives.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::harness::{Act, Daemon, Sink, tools};

const ALERTS: &str = include_str!("../../packaging/alerts.yml");
const DASHBOARD: &str = include_str!("../../packaging/grafana.json");

/// The figures that a text names.
fn named(text: &str) -> BTreeSet<String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.split(|c| !word(c));
    words.filter(|name| name.starts_with("ringback_")).map(str::to_owned).collect()
}

#[tokio::test]
async fn alerts_and_dashboard_name_figures_that_there_are() {
    let daemon = Daemon::with_config("[metrics]\nper_webhook = 5").await;
    let sink = Sink::start().await;
    let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
    let event = daemon.event("a.b", json!(1)).await;
    daemon.settled(&event, &webhook, "delivered").await;
    let figures = named(&daemon.admin("/metrics").await.expect(200).text);
    let wanted: BTreeSet<String> = named(ALERTS).union(&named(DASHBOARD)).cloned().collect();
    assert!(wanted.len() > 12, "{wanted:?}");
    let missing: Vec<_> = wanted.difference(&figures).collect();
    assert!(missing.is_empty(), "{missing:?} are not in /metrics: {figures:?}");
}

#[tokio::test]
async fn what_waits_past_its_time_has_an_age() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    let figure = async |name: &str| daemon.figure(name).await;
    assert!(figure("ringback_oldest_due_age_seconds").await == 0.0);
    // One at a time, and the first is not answered: the second is past its time.
    sink.always("/in", Act::Held(200));
    daemon.webhook(&sink.url("/in"), json!({"max_in_flight": 1})).await;
    daemon.event("a.b", json!(1)).await;
    daemon.event("a.b", json!(2)).await;
    crate::harness::wait_for("an age", async || {
        (figure("ringback_oldest_due_age_seconds").await > 0.1).then_some(())
    })
    .await;
    assert!(figure("ringback_commit_duration_seconds_count").await >= 3.0);
    assert!(figure("ringback_commit_duration_seconds_sum").await > 0.0);
}

#[tokio::test]
async fn the_figures_are_those_that_operators_are_promised() {
    const PROMISED: [&str; 15] = [
        "ringback_events_accepted_total",
        "ringback_attempts_total{outcome=\"success\"}",
        "ringback_attempt_duration_seconds_count",
        "ringback_delivery_latency_seconds_bucket{le=\"0.0005\"}",
        "ringback_deliveries{state=\"pending\"}",
        "ringback_deliveries{state=\"delivered\"}",
        "ringback_deliveries{state=\"failed\"}",
        "ringback_overdue_deliveries",
        "ringback_oldest_due_age_seconds",
        "ringback_commit_duration_seconds_bucket{le=\"+Inf\"}",
        "ringback_commit_batch_size_sum",
        "ringback_store_bytes",
        "ringback_disk_free_bytes",
        "ringback_offline",
        "ringback_build_info",
    ];
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.always("/bad", Act::Status(410));
    let good = daemon.webhook(&sink.url("/in"), json!({"events": ["a.b"]})).await;
    let bad = daemon.webhook(&sink.url("/bad"), json!({"events": ["a.b"]})).await;
    let waits = daemon.webhook(&sink.url("/in"), json!({"events": ["a.b"], "collect": true})).await;
    daemon.post(&format!("/v1/webhooks/{}/pause", waits.id), json!({})).await.expect(200);
    let event = daemon.event("a.b", json!(1)).await;
    daemon.settled(&event, &good, "delivered").await;
    daemon.settled(&event, &bad, "failed").await;
    let text = daemon.admin("/metrics").await.expect(200).text;
    for promised in PROMISED {
        assert!(text.lines().any(|line| line.starts_with(promised)), "{promised} is missing in\n{text}");
    }
    let figure = |name: &str| -> f64 {
        let line = text.lines().find(|line| line.split_once(' ').is_some_and(|(found, _)| found == name));
        line.unwrap_or_else(|| panic!("{name}")).rsplit(' ').next().unwrap().parse().unwrap()
    };
    assert!(figure("ringback_deliveries{state=\"delivered\"}") == 1.0);
    assert!(figure("ringback_deliveries{state=\"failed\"}") == 1.0);
    let status = daemon.admin("/admin/status").await.expect(200).json;
    assert!(
        figure("ringback_deliveries{state=\"pending\"}")
            == status["store"]["pending_deliveries"].as_f64().unwrap()
    );
    assert!(figure("ringback_commit_batch_size_sum") >= figure("ringback_commit_batch_size_count"));
    assert!(
        figure("ringback_commit_batch_size_bucket{le=\"+Inf\"}")
            == figure("ringback_commit_batch_size_count")
    );
    assert_eq!(status["webhook_states"], json!({"active": 1, "disabled": 1, "paused": 1}));
}

/// The alerts as Prometheus reads them.
#[test]
fn prometheus_takes_the_alerts() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging/alerts.yml");
    let output = Command::new("promtool").args(["check", "rules"]).arg(&file).output();
    let Some(output) = tools::found("promtool", output) else { return };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What the admin listener answers to a request for the metrics with these header lines.
async fn metrics_with(daemon: &Daemon, lines: &str) -> (u16, String) {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let address = daemon.admin_url().strip_prefix("http://").unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let request = format!("GET /metrics HTTP/1.1\r\n{lines}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    (answer.split(' ').nth(1).unwrap().parse().unwrap(), answer)
}

#[tokio::test]
async fn webhooks_have_figures_and_this_host_may_read_them_where_that_is_wanted() {
    let settings = "[metrics]\nopen_on_loopback = true\nper_webhook = 1";
    let (daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    sink.first("/in", [Act::Status(503)]);
    let of_type = |name: &str| json!({"events": [name], "profile": "quick"});
    let first = daemon.webhook(&sink.url("/in"), of_type("a.b")).await;
    let second = daemon.webhook(&sink.url("/other"), of_type("c.d")).await;
    let event = daemon.event("a.b", json!(1)).await;
    daemon.settled(&event, &first, "delivered").await;
    let event = daemon.event("c.d", json!(1)).await;
    daemon.settled(&event, &second, "delivered").await;
    let (status, text) = metrics_with(&daemon, "Host: localhost:8421\r\n").await;
    assert_eq!(status, 200, "{text}");
    let of = |webhook: &str, outcome: &str, count: u64| {
        format!("ringback_webhook_attempts_total{{webhook=\"{webhook}\",outcome=\"{outcome}\"}} {count}")
    };
    for line in [of(&first.id, "failure", 1), of(&first.id, "success", 1), of("other", "success", 1)] {
        assert!(text.lines().any(|shown| shown == line), "{line}\n{text}");
    }
    assert!(text.contains(&format!("ringback_webhook_failures_in_a_row{{webhook=\"{}\"}} 0", first.id)));
    assert!(!text.contains(&second.id));
    for (lines, status) in [
        ("Host: 127.0.0.1:8421\r\n", 200),
        ("Host: [::1]:8421\r\n", 200),
        ("Host: rebound.example\r\n", 401),
        ("Host: 127.0.0.1.example\r\n", 401),
        ("Host: localhost\r\nX-Forwarded-For: 203.0.113.7\r\n", 401),
        ("Host: localhost\r\nForwarded: for=203.0.113.7\r\n", 401),
        ("Host: localhost\r\nAuthorization: Bearer wrong\r\n", 401),
    ] {
        assert_eq!(metrics_with(&daemon, lines).await.0, status, "{lines}");
    }
    // The webhooks that exist no more make room.
    daemon.call(http::Method::DELETE, &format!("/v1/webhooks/{}", first.id), None).await.expect(204);
    metrics_with(&daemon, "Host: localhost\r\n").await;
    let event = daemon.event("c.d", json!(2)).await;
    daemon.settled(&event, &second, "delivered").await;
    let (_, text) = metrics_with(&daemon, "Host: localhost\r\n").await;
    assert!(text.contains(&of(&second.id, "success", 1)) && !text.contains(&first.id), "{text}");
}

#[tokio::test]
async fn metrics_need_a_token_and_tell_of_no_webhook_unless_that_is_wanted() {
    let daemon = Daemon::start().await;
    let (status, text) = metrics_with(&daemon, "Host: localhost\r\n").await;
    assert_eq!(status, 401, "{text}");
    assert!(!daemon.admin("/metrics").await.expect(200).text.contains("ringback_webhook_"));
}
