//! The live tail.

use std::time::Duration;

use super::Rig;
use super::sse::Events;
use crate::domain::account::Role;

async fn tail_of(rig: &Rig, query: &str, headers: &str) -> Events {
    let head = format!(
        "GET /v1/tail{query} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\n{headers}\r\n",
        rig.of(Role::Reader)
    );
    Events::ask(rig, &head).await
}

fn last_id(seen: &str) -> String {
    seen.lines().rev().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned()
}

#[tokio::test]
async fn a_tail_follows_filters_and_resumes() {
    let rig = Rig::new().await;
    rig.event("before.it").await;
    let mut tail = tail_of(&rig, "", "").await;
    tail.until("following").await;
    let mut orders = tail_of(&rig, "?type=order.*", "").await;
    orders.until("following").await;
    let first = rig.event("user.new").await;
    let second = rig.event("order.paid").await;
    assert!(tail.until("user.new").await.contains(&first));
    assert!(!tail.until("order.paid").await.contains("before.it"));
    assert!(!orders.until(&second).await.contains("user.new"));
    let seen = tail.until("user.new").await;
    let id = seen.split("event: event").next().map(last_id).unwrap();
    drop(tail);
    let mut resumed = tail_of(&rig, "", &format!("last-event-id: {id}\r\n")).await;
    assert!(!resumed.until("order.paid").await.contains(&first));
}

/// What jobs keep takes numbers of the same kind as events.
#[tokio::test]
async fn a_tail_beside_jobs_shows_their_events_and_nothing_of_their_rows() {
    let rig = Rig::new().await;
    let mut tail = tail_of(&rig, "", "").await;
    let mut ends = tail_of(&rig, "?type=job.succeeded", "").await;
    tail.until("following").await;
    ends.until("following").await;
    let job = rig.post("/v1/jobs", r#"{"type":"work"}"#).await.expect(201).json()["id"].clone();
    let path = format!("/v1/jobs/{}", job.as_str().unwrap());
    rig.post(&format!("{path}/start"), "{}").await.expect(200);
    let rows = "{\"canary\":1}\n".repeat(1000);
    for _ in 0..3 {
        let kind = [("content-type", "application/x-ndjson")];
        let (admin, results) = (Some(rig.of(Role::Admin)), format!("{path}/results"));
        rig.request(&http::Method::POST, &results, admin, &kind, rows.clone()).await.expect(200);
    }
    rig.post(&format!("{path}/complete"), r#"{"status":"succeeded"}"#).await.expect(200);
    let after = rig.event("after.it").await;
    let seen = tail.until(&after).await.to_owned();
    let types: Vec<&str> =
        seen.split("\"type\":\"").skip(1).map(|text| text.split('"').next().unwrap()).collect();
    assert_eq!(types, ["job.created", "job.succeeded", "after.it"], "{seen}");
    assert!(!seen.contains("canary"), "{seen}");
    assert!(!ends.until("job.succeeded").await.contains("job.created"));
}

#[tokio::test]
async fn a_tail_ends_with_a_word_when_the_daemon_stops() {
    let rig = Rig::new().await;
    let mut tail = tail_of(&rig, "", "").await;
    tail.until("text/event-stream").await;
    tail.until("following").await;
    rig.draining.send_replace(true);
    assert!(tail.until("event: bye").await.contains("draining"));
    rig.stop.send_replace(true);
    tokio::time::timeout(Duration::from_secs(5), rig.served).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_tail_of_nothing_is_refused() {
    let rig = Rig::new().await;
    rig.get("/v1/tail?webhook_id=wh_00000000000000000000000000").await.expect(404);
    rig.get("/v1/tail?type=a*").await.expect(400);
}
