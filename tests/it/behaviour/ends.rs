//! Nothing is sent any more once it is known that a webhook ends.

use serde_json::json;

use crate::harness::{Act, Daemon, Sink, wait_for};

#[tokio::test]
async fn a_receiver_that_says_it_is_gone_gets_no_other_request() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    sink.always("/in", Act::Held(410));
    let settings = json!({"events": ["a.*"], "max_in_flight": 4});
    let webhook = daemon.webhook(&sink.url("/in"), settings).await;
    let events: Vec<_> = (0..40).map(|n| json!({"type": "a.b", "data": n})).collect();
    daemon.post("/v1/events", json!(events)).await.expect(202);
    sink.wait("/in", 4).await;
    sink.release(4);
    wait_for("the end of what was under way", async || {
        let path = format!("/v1/deliveries?webhook_id={}&state=failed", webhook.id);
        let failed = daemon.get(&path).await.expect(200);
        failed.json["data"].as_array().filter(|failed| failed.len() >= 4).map(drop)
    })
    .await;
    let shown = daemon.get(&format!("/v1/webhooks/{}", webhook.id)).await.expect(200);
    assert_eq!(shown.json["state"], "disabled", "{}", shown.text);
    assert_eq!(sink.received("/in").len(), 4, "only what was under way");
}
