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
    daemon.webhook(&sink.url("/told"), json!({"events": ["webhook.expired"]})).await;
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
    let told = sink.wait("/told", 1).await.remove(0).json();
    assert_eq!(told["data"]["webhook_id"], json!(ends.id));
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
