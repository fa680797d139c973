//! What forms and automation platforms send along makes no subscription that never hears anything.

use serde_json::{Value, json};

use crate::harness::{Daemon, Sink};

#[tokio::test]
async fn metadata_makes_no_dead_subscription() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    for (at, name) in ["event_type", "eventType", "trigger", "topic", "hook_event", "type"].iter().enumerate()
    {
        let path = format!("/{at}");
        let body = json!({"target_url": sink.url(&path), *name: "contact.created", "zap_id": 1, "name": "My Zap",
            "page": 1, "per_page": 3, "sort": "id", "order": "desc"});
        let hook = daemon.post("/api/hooks", body).await.expect(201).json;
        assert_eq!((&hook["event"], hook.get("filter")), (&json!("contact.created"), None), "{name}");
    }
    // The event's own names come first; any other member is a condition, and is shown.
    let body =
        json!({"target_url": sink.url("/own"), "event": "contact.created", "type": "x", "style": "round"});
    let hook = daemon.post("/api/hooks", body).await.expect(201).json;
    assert_eq!((&hook["event"], &hook["filter"]), (&json!("contact.created"), &json!({"style": "round"})));
    let body = json!({"target_url": sink.url("/several"), "events": ["a.b", "c.d"], "topic": "x"});
    assert_eq!(daemon.post("/api/hooks", body).await.expect(201).json["events"], json!(["a.b", "c.d"]));
    daemon.event("contact.created", json!({"n": 1})).await;
    for at in 0..6 {
        assert_eq!(sink.wait(&format!("/{at}"), 1).await[0].json(), json!({"n": 1}));
    }
    for query in ["page=1&per_page=3", "sort=desc&order=id", "zap_id=7", "limit=2&name=My+Zap"] {
        let samples: Value =
            daemon.get(&format!("/api/events/contact.created/samples?{query}")).await.expect(200).json;
        assert_eq!(samples, json!([{"n": 1}]), "{query}");
    }
    let none = daemon.get("/api/events/contact.created/samples?style=round").await.expect(200).json;
    assert_eq!(none, json!([]));
}
