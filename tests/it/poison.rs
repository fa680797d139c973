//! A delivery that brings the process down is found and given up; all others arrive.
//!
//! Only in a build that has the fault: `cargo test --features faults --test it poison`.

use std::time::Duration;

use serde_json::json;

use crate::harness::{Act, Daemon, Sink, wait_until};

/// One that nobody looks at, and three that are counted; one for company.
const CRASHES: usize = 5;
const OTHERS: usize = 12;

#[tokio::test]
async fn a_poison_delivery_is_given_up_and_all_others_arrive() {
    let sink = Sink::start().await;
    // Long enough for the others to be in flight when the process ends.
    sink.always("/in", Act::After(Duration::from_millis(100), 200));
    let mut daemon = Daemon::start().await;
    let retries = json!({"profile": "quick", "events": ["a.*", "fault.*"]});
    let webhook = daemon.webhook(&sink.url("/in"), retries).await;
    daemon.webhook(&sink.url("/reported"), json!({"events": ["delivery.*"]})).await;
    let mut others = Vec::new();
    for n in 0..OTHERS {
        others.push(daemon.event("a.b", json!(n)).await);
    }
    // It may end before it has answered.
    daemon.try_post("/v1/events", json!({"type": "fault.poison", "data": 0})).await;
    let mut crashes = 0;
    while !daemon.log().contains("delivery quarantined") {
        wait_until("a crash or the end of it", || {
            !daemon.is_running() || daemon.log().contains("delivery quarantined")
        })
        .await;
        if !daemon.is_running() {
            crashes += 1;
            assert!(crashes <= CRASHES, "it goes on to crash; log:\n{}", daemon.log());
            daemon.try_restart().await;
        }
    }
    println!("{crashes} crashes");
    let poison = daemon.get("/v1/events?type=fault.poison").await.expect(200);
    let poison = poison.json["data"][0]["id"].as_str().unwrap().to_owned();
    let delivery = daemon.settled(&poison, &webhook, "failed").await;
    assert_eq!(delivery["reason"], "quarantined", "{delivery}");
    let id = delivery["id"].as_str().unwrap();
    let shown = daemon.get(&format!("/v1/deliveries/{id}")).await.expect(200);
    let detail = shown.json["attempt_log"][0]["error"]["detail"].as_str().unwrap();
    assert!(detail.contains("the daemon went down"), "{}", shown.text);
    for event in &others {
        daemon.settled(event, &webhook, "delivered").await;
    }
    assert_eq!(sink.wait("/reported", 1).await[0].json()["type"], "delivery.exhausted");
    let failed = daemon.get("/v1/deliveries?state=failed").await.expect(200);
    assert_eq!(failed.json["data"].as_array().unwrap().len(), 1, "{}", failed.text);
    assert!(daemon.terminate().await.0.success());
}

#[tokio::test]
async fn an_attempt_that_panics_is_given_up_and_its_lane_goes_on() {
    let sink = Sink::start().await;
    let daemon = Daemon::start().await;
    let ordered = json!({"ordering": "webhook", "events": ["a.*", "fault.*"]});
    let webhook = daemon.webhook(&sink.url("/in"), ordered).await;
    let panics = daemon.event("fault.panic", json!(0)).await;
    let after = daemon.event("a.b", json!(1)).await;
    let delivery = daemon.settled(&panics, &webhook, "failed").await;
    assert_eq!(delivery["reason"], "quarantined", "{delivery}");
    daemon.settled(&after, &webhook, "delivered").await;
    assert!(daemon.log().contains("an attempt failed inside the daemon"), "{}", daemon.log());
}
