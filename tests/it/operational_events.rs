//! Which events the daemon emits of its own, to whom, and how often.

use std::collections::BTreeSet;

use rustix::fs::statvfs;
use serde_json::{Value, json};

use crate::harness::{Act, Daemon, Sink, Webhook, wait_for};

/// Data of the events of a type, oldest first.
async fn emitted(daemon: &Daemon, event_type: &str) -> Vec<Value> {
    let path = format!("/v1/events?type={event_type}&order=asc&limit=250");
    let list = daemon.get(&path).await.expect(200).json;
    let mut all = Vec::new();
    for event in list["data"].as_array().unwrap() {
        let id = event["id"].as_str().unwrap();
        all.push(daemon.get(&format!("/v1/events/{id}")).await.expect(200).json);
    }
    all
}

async fn wait_emitted(daemon: &Daemon, event_type: &str) -> Value {
    wait_for(event_type, async || emitted(daemon, event_type).await.into_iter().next()).await
}

#[tokio::test]
async fn others_get_events_of_a_failing_webhook_only_if_they_asked_and_never_its_target() {
    let settings = "[profiles.once]\nretry = { schedule = [\"0s\"], jitter = 0 }";
    let (daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    let everything = daemon.webhook(&sink.url("/everything"), json!({})).await;
    daemon.webhook(&sink.url("/named"), json!({"events": ["delivery.*"]})).await;
    let events = json!(["a.b", "delivery.exhausted"]);
    let bad =
        daemon.webhook(&sink.url("/T0K3N?key=S3CR3T"), json!({"profile": "once", "events": events})).await;
    sink.always("/T0K3N", Act::Status(500));
    let event = daemon.event("a.b", json!(1)).await;
    daemon.settled(&event, &bad, "failed").await;
    let heard = sink.wait("/named", 1).await.remove(0);
    assert!(!String::from_utf8_lossy(&heard.body).contains("S3CR3T"));
    let data = json!({
        "count": 1, "webhook_id": bad.id, "event_id": event, "event_type": "a.b", "reason": "exhausted",
        "last_error": "status",
    });
    assert_eq!((&heard.json()["type"], &heard.json()["data"]), (&json!("delivery.exhausted"), &data));
    // Of the account's other events it hears nothing, and of itself neither.
    daemon.settled(&event, &everything, "delivered").await;
    let shown = emitted(&daemon, "delivery.exhausted").await.remove(0);
    assert!(
        !shown.to_string().contains("T0K3N") && !shown["data"].to_string().contains("127.0.0.1"),
        "{shown}"
    );
    assert_eq!(shown["deliveries"].as_array().unwrap().len(), 1, "{shown}");
    assert_eq!(shown["skipped"], json!([]), "{shown}");
}

#[tokio::test]
async fn a_warning_comes_once_before_a_webhook_is_disabled_and_its_end_is_reported() {
    let settings = "[profiles.brief]\n\
                    retry = { schedule = [\"0s\", \"300ms\", \"300ms\", \"300ms\", \"300ms\", \"300ms\"], jitter = 0 }\n\
                    disable_after = { failing_for = \"1s\", attempts = 4 }\n\
                    [profiles.counted]\nretry = { schedule = [\"0s\", \"10ms\", \"2s\", \"2s\"], jitter = 0 }\n\
                    disable_after = \"never\"\ndisable_when_exhausted = true";
    let (daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    sink.always("/brief", Act::Status(500));
    sink.always("/counted", Act::Status(500));
    for (profile, event_type) in [("brief", "a.brief"), ("counted", "a.counted")] {
        let more = json!({"profile": profile, "events": [event_type]});
        let webhook = daemon.webhook(&sink.url(&format!("/{profile}")), more).await;
        let is_its = |event: &&Value| event["data"]["webhook_id"] == json!(webhook.id);
        daemon.event(event_type, json!(1)).await;
        let disabled = wait_for("its end", async || {
            emitted(&daemon, "webhook.disabled").await.iter().find(is_its).cloned()
        })
        .await;
        assert_eq!(
            (&disabled["data"]["reason"], &disabled["data"]["last_error"]),
            (&json!("failing"), &json!("status"))
        );
        let failing = emitted(&daemon, "webhook.failing").await;
        let failing: Vec<&Value> = failing.iter().filter(is_its).collect();
        let [warning] = &failing[..] else { panic!("{failing:?}") };
        assert!(warning["id"].as_str() < disabled["id"].as_str(), "{warning}, {disabled}");
        let attempts = warning["data"]["attempts"].as_u64().unwrap();
        assert!((2..4).contains(&attempts), "{warning}");
        assert_eq!(warning["data"]["last_error"], "status");
    }
}

#[tokio::test]
async fn what_recovers_after_a_warning_says_so() {
    let settings = "[profiles.brief]\nretry = { schedule = [\"0s\", \"10ms\", \"10ms\", \"10ms\"], jitter = 0 }\n\
                    disable_after = { failing_for = \"0s\", attempts = 5 }";
    let (mut daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    let webhook = daemon.webhook(&sink.url("/in"), json!({"profile": "brief", "events": ["a.b"]})).await;
    sink.first("/in", [Act::Status(500), Act::Status(500), Act::Status(500)]);
    sink.always("/in", Act::Held(200));
    let event = daemon.event("a.b", json!(1)).await;
    assert_eq!(wait_emitted(&daemon, "webhook.failing").await["data"]["webhook_id"], json!(webhook.id));
    sink.wait("/in", 4).await;
    // The run of failures is the same after a restart.
    daemon.kill9().await;
    daemon.restart().await;
    sink.always("/in", Act::Status(200));
    daemon.settled(&event, &webhook, "delivered").await;
    assert_eq!(wait_emitted(&daemon, "webhook.recovered").await["data"]["webhook_id"], json!(webhook.id));
    assert_eq!(emitted(&daemon, "webhook.failing").await.len(), 1);
}

#[tokio::test]
async fn many_at_once_are_reported_as_one() {
    let settings = "[profiles.once]\nretry = { schedule = [\"0s\"], jitter = 0 }";
    let (mut daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    sink.always("/in", Act::Status(500));
    let mut failing = BTreeSet::new();
    for _ in 0..25 {
        let events = json!(["a.b", "delivery.exhausted"]);
        failing
            .insert(daemon.webhook(&sink.url("/in"), json!({"profile": "once", "events": events})).await.id);
    }
    let event = daemon.event("a.b", json!(1)).await;
    let failed = || async {
        let shown = daemon.get(&format!("/v1/events/{event}")).await.expect(200).json;
        let deliveries = shown["deliveries"].as_array().unwrap().clone();
        deliveries.iter().filter(|delivery| delivery["state"] == "failed").count()
    };
    wait_for("25 failures", async || (failed().await == 25).then_some(())).await;
    let alone = emitted(&daemon, "delivery.exhausted").await;
    assert!(alone.len() <= 10, "{}", alone.len());
    assert!(daemon.terminate().await.0.success());
    daemon.restart().await;
    let all = emitted(&daemon, "delivery.exhausted").await;
    let [one_by_one @ .., together] = &all[..] else { panic!("nothing was emitted") };
    assert_eq!(one_by_one.len(), 10);
    assert_eq!(together["data"]["count"], 15, "{together}");
    let named = together["data"]["webhook_ids"].as_array().unwrap();
    assert!(named.len() == 15 && named.iter().all(|id| failing.contains(id.as_str().unwrap())), "{named:?}");
    // None of those that are counted is told of itself; none makes more of what it failed to take.
    assert_eq!(together["deliveries"].as_array().unwrap().len(), 10, "{together}");
}

#[tokio::test]
async fn room_that_runs_out_is_reported_to_the_operator_once() {
    let dir = tempfile::tempdir().unwrap();
    let found = statvfs(dir.path()).unwrap();
    let floor = found.f_bavail * found.f_frsize / 100 * 70;
    let settings = format!("[store]\ndisk_free_floor = {floor}");
    let daemon = Daemon::in_directory(dir, &settings).await;
    let event = wait_emitted(&daemon, "store.low_space").await;
    let data = &event["data"];
    assert_eq!((&data["disk_free_floor"], &data["full"]), (&json!(floor), &json!(false)), "{event}");
    assert!(data["disk_free_bytes"].as_u64().unwrap() > floor, "{event}");
}

#[tokio::test]
async fn what_changes_the_state_of_a_webhook_is_a_warning_in_the_log_with_its_host_and_the_reason() {
    let settings = "[profiles.once]\nretry = { schedule = [\"0s\"], jitter = 0 }";
    let (daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    let warned = async |webhook: &Webhook, what: &str| {
        let its = async || {
            let log = daemon.log();
            log.lines().find(|line| line.contains(&webhook.id) && line.contains(what)).map(str::to_owned)
        };
        let line = wait_for(what, its).await;
        assert!(line.contains("level=warn") && line.contains("host=127.0.0.1"), "{line}");
        line
    };
    let failing = daemon.webhook(&sink.url("/failing"), json!({"profile": "once", "events": ["a.b"]})).await;
    sink.first("/failing", [(); 10].map(|()| Act::Status(503)));
    let mut last = String::new();
    for n in 0..10 {
        assert!(!daemon.log().contains("webhook failing"), "after {n} failures");
        last = daemon.event("a.b", json!(n)).await;
        daemon.settled(&last, &failing, "failed").await;
    }
    let line = warned(&failing, "webhook failing").await;
    assert!(line.contains("attempts=10") && line.contains("503 Service Unavailable"), "{line}");
    let delivery = daemon.delivery(&last, &failing).await.unwrap();
    let retry = format!("/v1/deliveries/{}/retry", delivery["id"].as_str().unwrap());
    daemon.post(&retry, json!({})).await.expect(202);
    warned(&failing, "webhook recovered").await;
    let gone = daemon.webhook(&sink.url("/gone"), json!({"events": ["a.c"]})).await;
    sink.always("/gone", Act::Status(410));
    daemon.event("a.c", json!(1)).await;
    let line = warned(&gone, "webhook disabled").await;
    assert!(line.contains("answered 410"), "{line}");
}
