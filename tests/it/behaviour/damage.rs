//! Rows that the disk changed: what cannot be sent any more is given up at once, and holds up nothing.

use serde_json::json;

use crate::harness::{Daemon, Sink};

#[tokio::test]
async fn a_delivery_whose_data_is_damaged_is_given_up_at_once() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    let kept = json!({"events": ["a.*"], "ordering": "webhook"});
    let webhook = daemon.webhook(&sink.url("/ordered"), kept).await;
    daemon.post(&format!("/v1/webhooks/{}/pause", webhook.id), json!({})).await.expect(200);
    let damaged = daemon.event("a.b", json!("a text that is found again")).await;
    let whole = daemon.event("a.b", json!(2)).await;
    assert!(daemon.terminate().await.0.success());
    let file = daemon.data_dir().join("ringback.redb");
    let mut bytes = std::fs::read(&file).unwrap();
    let text = b"a text that is found again";
    let places: Vec<usize> = memchr::memmem::find_iter(&bytes, text).collect();
    assert!(!places.is_empty());
    places.into_iter().for_each(|at| bytes[at] ^= 1);
    std::fs::write(&file, bytes).unwrap();
    daemon.restart().await;
    daemon.post(&format!("/v1/webhooks/{}/resume", webhook.id), json!({})).await.expect(200);
    // An order is kept: had the first to wait for its next attempt, so would the second.
    daemon.settled(&whole, &webhook, "delivered").await;
    let given_up = daemon.settled(&damaged, &webhook, "failed").await;
    assert_eq!(
        (&given_up["reason"], &given_up["attempts"]),
        (&json!("quarantined"), &json!(1)),
        "{given_up}"
    );
    assert_eq!(sink.received("/ordered").len(), 1);
}
