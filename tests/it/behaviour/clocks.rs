//! A clock that is wrong at a start costs nothing that is kept.

use ringback::clock;
use serde_json::json;

use crate::harness::{Act, Daemon, Sink, wait_for};

#[tokio::test]
async fn a_clock_that_is_ahead_at_a_start_neither_removes_nor_disables_at_once() {
    let settings = "[retention]\nevents = \"1d\"\nattempts = \"1d\"\n[profiles.strict]\nretry = { schedule = [\"0s\", \"3s\", \
                    \"100ms\", \"100ms\", \"1h\"], jitter = 0 }\ndisable_after = { failing_for = \"1h\", attempts = 2 }";
    let (mut daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    let served = daemon.webhook(&sink.url("/in"), json!({"events": ["a.*"]})).await;
    daemon.webhook(&sink.url("/reported"), json!({"events": ["webhook.expired"]})).await;
    sink.always("/fails", Act::Status(500));
    let fails = daemon.webhook(&sink.url("/fails"), json!({"profile": "strict", "events": ["a.*"]})).await;
    let ends = clock::now().plus(std::time::Duration::from_secs(6));
    let ends =
        daemon.webhook(&sink.url("/ends"), json!({"expires_at": ends.to_string(), "events": ["b.*"]})).await;
    let event = daemon.event("a.b", json!(1)).await;
    daemon.settled(&event, &served, "delivered").await;
    daemon.attempted(&event, &fails, 1).await;
    daemon.kill9().await;
    if !daemon.restart_at("+40d").await {
        return;
    }
    // Attempts fail on, over more than an hour by the clock and in less than that.
    daemon.attempted(&event, &fails, 4).await;
    // That it expired is told by a step of retention: by the time it would be without the leap.
    let reported = sink.wait("/reported", 1).await.remove(0).json();
    assert_eq!(reported["data"]["webhook_id"], json!(ends.id));
    daemon.get(&format!("/v1/events/{event}")).await.expect(200);
    let shown = daemon.get(&format!("/v1/webhooks/{}", fails.id)).await.expect(200);
    assert_eq!(shown.json["state"], "active", "{}", shown.text);
    // Right again, nothing of it is left.
    daemon.kill9().await;
    daemon.restart().await;
    wait_for("the fifth attempt by hand", async || {
        let id = daemon.delivery(&event, &fails).await?["id"].as_str()?.to_owned();
        let answer = daemon.post(&format!("/v1/deliveries/{id}/retry"), json!({})).await;
        (answer.status == 202).then_some(())
    })
    .await;
    daemon.get(&format!("/v1/events/{event}")).await.expect(200);
}

#[tokio::test]
async fn what_is_due_by_a_clock_that_was_ahead_is_sent_promptly_once_it_is_right() {
    // What was not tried yet does not wait as long as what was.
    let settings = "[profiles.slow]\nretry = { schedule = [\"0s\", \"1h\"], jitter = 0 }";
    let (mut daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    daemon.kill9().await;
    if !daemon.restart_at("+5h").await {
        return;
    }
    sink.first("/failed", [Act::Status(500)]);
    let failed = daemon.webhook(&sink.url("/failed"), json!({"events": ["a.b"]})).await;
    sink.first("/busy", [Act::With(503, vec![("retry-after", "3".to_owned())])]);
    let busy = daemon.webhook(&sink.url("/busy"), json!({"events": ["a.b"]})).await;
    let batch = json!({"max_events": 100, "max_bytes": 10_000, "max_wait_ms": 2_000});
    let gathers = json!({"batch": batch, "profile": "slow", "events": ["a.c"]});
    daemon.webhook(&sink.url("/gathers"), gathers).await;
    let paused = daemon.webhook(&sink.url("/paused"), json!({"profile": "slow", "events": ["a.d"]})).await;
    daemon.post(&format!("/v1/webhooks/{}/pause", paused.id), json!({})).await.expect(200);
    let job = daemon.post("/v1/jobs", json!({"type": "report", "timeout": "20s"})).await.expect(201);
    let job = job.json["id"].as_str().unwrap().to_owned();
    daemon.event("a.c", json!(1)).await;
    daemon.event("a.d", json!(1)).await;
    let event = daemon.event("a.b", json!(1)).await;
    for webhook in [&failed, &busy] {
        daemon.attempted(&event, webhook, 1).await;
    }
    daemon.kill9().await;
    daemon.restart().await;
    daemon.post(&format!("/v1/webhooks/{}/resume", paused.id), json!({})).await.expect(200);
    for webhook in [&failed, &busy] {
        daemon.settled(&event, webhook, "delivered").await;
    }
    sink.wait("/gathers", 1).await;
    sink.wait("/paused", 1).await;
    wait_for("the job's deadline", async || {
        let shown = daemon.get(&format!("/v1/jobs/{job}")).await.expect(200);
        (shown.json["status"] == "timed_out").then_some(())
    })
    .await;
}
