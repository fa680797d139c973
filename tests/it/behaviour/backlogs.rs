//! What had waited for a webhook when it is served again, or never again.
//!
//! `RINGBACK_WAITING=1000000` has so many deliveries wait for one webhook (4,000 unless said otherwise).

use std::collections::BTreeMap;

use ringback::clock;
use serde_json::{Value, json};

use crate::harness::{Act, Daemon, Sink, Webhook, wait_for};

async fn act(daemon: &Daemon, webhook: &Webhook, what: &str, body: Value) -> crate::harness::daemon::Answer {
    daemon.post(&format!("/v1/webhooks/{}/{what}", webhook.id), body).await
}

/// A paused webhook, and as many events that wait for it.
async fn paused(daemon: &Daemon, url: &str, more: Value, count: u64) -> Webhook {
    let webhook = daemon.webhook(url, more).await;
    act(daemon, &webhook, "pause", json!({})).await.expect(200);
    for first in (0..count).step_by(1000) {
        let numbers = first..count.min(first + 1000);
        let events: Vec<_> =
            numbers.map(|n| json!({"type": "a.b", "data": n, "order_key": format!("k{}", n % 7)})).collect();
        daemon.post("/v1/events", json!(events)).await.expect(202);
    }
    webhook
}

async fn nothing_pending(daemon: &Daemon) {
    wait_for("an end of all that waited", async || {
        let status = daemon.admin("/admin/status").await.expect(200);
        (status.json["store"]["pending_deliveries"] == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn killed_in_the_middle_of_a_drop_the_daemon_drops_the_rest_after_the_next_start() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    let webhook = paused(&daemon, &sink.url("/in"), json!({"events": ["a.*"]}), 8_000).await;
    let answer = act(&daemon, &webhook, "resume", json!({"backlog": "drop"})).await.expect(200);
    assert_eq!(answer.json["backlog"]["action"], "drop");
    daemon.kill9().await;
    daemon.restart().await;
    nothing_pending(&daemon).await;
    let pending = daemon.get(&format!("/v1/deliveries?state=delivered&webhook_id={}", webhook.id)).await;
    assert_eq!(pending.expect(200).json["data"], json!([]));
    let list = format!("/v1/deliveries?state=cancelled&webhook_id={}&limit=250", webhook.id);
    let dropped = daemon.get(&list).await.expect(200).json;
    let dropped = dropped["data"].as_array().unwrap().clone();
    assert!(dropped.len() == 250 && dropped.iter().all(|delivery| delivery["reason"] == "dropped"));
    let event = daemon.event("a.b", json!("later")).await;
    daemon.settled(&event, &webhook, "delivered").await;
    assert_eq!(sink.received("/in").len(), 1, "only what came after it was resumed");
}

#[tokio::test]
async fn a_webhook_that_expires_while_it_is_paused_keeps_what_waits_until_it_is_renewed() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    let in_a_moment = clock::now().plus(std::time::Duration::from_secs(3)).to_string();
    let more = json!({"events": ["a.*"], "expires_at": in_a_moment});
    let webhook = paused(&daemon, &sink.url("/in"), more, 5).await;
    let path = format!("/v1/webhooks/{}", webhook.id);
    wait_for("its expiry", async || (daemon.get(&path).await.json["state"] == "expired").then_some(())).await;
    let refused = act(&daemon, &webhook, "resume", json!({})).await.expect(409);
    assert!(refused.text.contains("expires_at"), "{}", refused.text);
    let renewed = json!({"expires_at": "2999-01-01T00:00:00Z"});
    let shown = daemon.call(http::Method::PATCH, &path, Some(renewed)).await.expect(200);
    if shown.json["state"] == "paused" {
        act(&daemon, &webhook, "resume", json!({})).await.expect(200);
    }
    sink.wait("/in", 5).await;
    nothing_pending(&daemon).await;
}

#[tokio::test]
async fn a_backlog_ordered_by_key_is_sent_in_the_order_of_each_key() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.first("/in", [Act::Status(500), Act::Status(200), Act::Status(500)]);
    let more = json!({"events": ["a.*"], "ordering": "key", "profile": "quick"});
    let webhook = paused(&daemon, &sink.url("/in"), more, 300).await;
    daemon.kill9().await;
    daemon.restart().await;
    act(&daemon, &webhook, "resume", json!({})).await.expect(200);
    nothing_pending(&daemon).await;
    let mut of_keys: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for received in sink.received("/in") {
        let n = received.json()["data"].as_u64().unwrap();
        let of_key = of_keys.entry(n % 7).or_default();
        // What failed is sent again before the next of its key.
        if of_key.last() != Some(&n) {
            of_key.push(n);
        }
    }
    assert!(of_keys.len() == 7 && of_keys.values().all(|numbers| numbers.is_sorted()), "{of_keys:?}");
    assert_eq!(of_keys.values().map(Vec::len).sum::<usize>(), 300);
}

#[tokio::test]
async fn a_webhook_that_was_gone_gets_its_backlog_when_it_is_resumed() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    sink.first("/in", [Act::Status(410)]);
    let webhook = daemon.webhook(&sink.url("/in"), json!({"events": ["a.*"]})).await;
    let gone = daemon.event("a.b", json!(0)).await;
    let gone = daemon.settled(&gone, &webhook, "failed").await;
    assert_eq!(gone["reason"], "gone");
    let mut waiting = Vec::new();
    for n in 1..=10 {
        waiting.push(daemon.event("a.b", json!(n)).await);
    }
    assert_eq!(sink.received("/in").len(), 1);
    let resumed = act(&daemon, &webhook, "resume", json!({})).await.expect(200);
    assert_eq!(resumed.json["backlog"]["deliveries"], 10);
    for event in &waiting {
        daemon.settled(event, &webhook, "delivered").await;
    }
    assert_eq!(sink.received("/in").len(), 11, "what the receiver refused for good is not sent again");
}

#[tokio::test]
async fn memory_and_a_start_do_not_grow_with_what_waits_for_a_paused_webhook() {
    let count = std::env::var("RINGBACK_WAITING").ok().and_then(|text| text.parse().ok()).unwrap_or(4_000);
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    let webhook = paused(&daemon, &sink.url("/in"), json!({"events": ["a.*"]}), count).await;
    assert!(daemon.terminate().await.0.success());
    let began = clock::monotonic();
    daemon.restart().await;
    println!("{count} wait: started in {} ms, {} bytes", began.elapsed().as_millis(), daemon.peak_memory());
    assert_eq!(daemon.figure("ringback_overdue_deliveries").await, 0.0, "nobody waits for these");
    act(&daemon, &webhook, "resume", json!({})).await.expect(200);
    sink.wait("/in", 500).await;
    println!("500 arrived after {} ms, {} bytes", began.elapsed().as_millis(), daemon.peak_memory());
    act(&daemon, &webhook, "pause", json!({})).await.expect(200);
    // The store's cache, and what is in flight; a row of each delivery would be more at a million.
    assert!(daemon.peak_memory() < 160 << 20, "{} bytes", daemon.peak_memory());
}
