//! A store that an earlier version wrote, kept in `tests/fixtures`: this version opens it, finds in it
//! what that version answered, and delivers what was pending. So does a restore of its backup.
//!
//! A version's fixture is made once, by its own daemon, and never again after its release:
//! `cargo test --test it fixture::make -- --ignored`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Act, Daemon, Sink, wait_for};
use crate::kills::counts;

/// Profiles of its own, and time enough that retention takes nothing.
const SETTINGS: &str = r#"
[retention]
events = "36500d"
attempts = "36500d"

[profiles.fixture-quick]
retry = { schedule = ["0s", "20ms"], jitter = 0 }

[profiles.fixture-patient]
retry = { schedule = ["0s", "1h", "1h"], jitter = 0 }
"#;

/// The versions whose stores are kept.
const VERSIONS: [&str; 1] = ["0.1.0"];

/// What is known of a kept store.
#[derive(Serialize, Deserialize)]
struct Kept {
    seal_key: String,
    admin_token: String,
    /// What was answered at each path.
    answers: BTreeMap<String, Value>,
    /// Paused webhooks for which something waits: id, secret, and how many requests are to arrive.
    waiting: Vec<(String, String, usize)>,
}

fn file(version: &str, kind: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("tests/fixtures/store-{version}.{kind}"))
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), Compression::best());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn unpacked(version: &str, kind: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    GzDecoder::new(&*fs::read(file(version, kind)).unwrap()).read_to_end(&mut bytes).unwrap();
    bytes
}

/// Whether an answer has everything that an older one had; members may have come since.
fn has(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::Object(new), Value::Object(old)) => {
            old.iter().all(|(name, old)| new.get(name).is_some_and(|new| has(new, old)))
        }
        (Value::Array(new), Value::Array(old)) => {
            new.len() == old.len() && new.iter().zip(old).all(|(new, old)| has(new, old))
        }
        (new, old) => new == old,
    }
}

/// A daemon in which there is some of everything, and what it answers.
#[expect(clippy::too_many_lines, reason = "one of everything, each a line or two")]
async fn some_of_everything(daemon: &Daemon, sink: &Sink) -> Kept {
    let put = async |path: &str, body: Value| {
        daemon.call(Method::PUT, path, Some(body)).await.expect(201);
    };
    daemon.post("/v1/accounts", json!({"name": "acme"})).await.expect(201);
    let token = json!({"role": "producer", "account": "acme", "description": "of the shop"});
    daemon.post("/v1/tokens", token).await.expect(201);
    let schema = json!({"type": "object", "required": ["n"]});
    let declared = json!({"description": "an order", "schema": schema, "example": {"n": 1}});
    put("/v1/event-types/order.paid", declared).await;
    put("/v1/secrets/WEBHOOK_SECRET", json!({"value": "0123456789abcdef"})).await;

    // Delivered, with a replaced secret; exhausted, and sent again by a replay.
    let quick = json!({"events": ["order.*"], "profile": "fixture-quick", "description": "ok"});
    let ok = daemon.webhook(&sink.url("/ok"), quick).await;
    daemon.post(&format!("/v1/webhooks/{}/rotate-secret", ok.id), json!({})).await.expect(200);
    sink.always("/bad", Act::Status(503));
    let bad = json!({"events": ["order.*"], "profile": "fixture-quick", "headers": {"x-shop": "acme"}});
    let bad = daemon.webhook(&sink.url("/bad"), bad).await;
    let delivered = daemon.event("order.paid", json!({"n": 1, "text": "ä€𝄞"})).await;
    daemon.settled(&delivered, &ok, "delivered").await;
    daemon.settled(&delivered, &bad, "failed").await;
    let keyed = [("content-type", "application/json"), ("idempotency-key", "once")];
    let event = json!({"type": "order.sent", "data": [1, 2], "metadata": {"a": 1}, "order_key": "k"});
    daemon.post_raw("/v1/events", &keyed, event.to_string()).await.expect(202);
    let replay = daemon.post("/v1/replays", json!({"filter": {"webhook_id": bad.id}})).await;
    assert!([201, 202].contains(&replay.status), "{}", replay.text);
    let replay = format!("/v1/replays/{}", replay.text_of("id"));
    wait_for("the replay's end", async || {
        (daemon.get(&replay).await.text_of("state") == "done").then_some(())
    })
    .await;

    // Pending: of several profiles, in a batch that gathers, and after a first attempt.
    let mut waiting = Vec::new();
    for (path, settings) in [
        ("/standard", json!({})),
        ("/hook", json!({"profile": "rest-hooks", "ordering": "webhook"})),
        ("/notified", json!({"profile": "notification-hooks"})),
        ("/gathering", json!({"profile": "rest-hooks", "batch": {"max_events": 10, "max_wait_ms": 20_000}})),
        ("/filtered", json!({"filter": {"n": 2}})),
        ("/patient", json!({"profile": "fixture-patient"})),
    ] {
        let mut settings = settings;
        settings["collect"] = json!(true);
        settings["events"] = json!([if path == "/gathering" { "gather.*" } else { "wait.*" }]);
        if path == "/patient" {
            sink.always(path, Act::Status(500));
        }
        let webhook = daemon.webhook(&sink.url(path), settings).await;
        if path != "/patient" {
            daemon.post(&format!("/v1/webhooks/{}/pause", webhook.id), json!({})).await.expect(200);
        }
        let requests = if ["/filtered", "/gathering"].contains(&path) { 1 } else { 2 };
        waiting.push((webhook.id, webhook.secret, requests));
    }
    let gathering = waiting[3].0.clone();
    for event_type in ["wait.long", "gather.some"] {
        let events = [1, 2].map(|n| json!({"type": event_type, "data": {"n": n}}));
        daemon.post("/v1/events", json!(events)).await.expect(202);
    }
    sink.wait("/patient", 2).await;
    wait_for("two attempts", async || {
        let log = daemon.get(&format!("/v1/webhooks/{}/deliveries", waiting[5].0)).await.expect(200);
        (log.json["data"].as_array().unwrap().len() == 2).then_some(())
    })
    .await;
    daemon.post(&format!("/v1/webhooks/{}/pause", waiting[5].0), json!({})).await.expect(200);

    // A batch that went.
    let batch = json!({"events": ["b.*"], "profile": "rest-hooks", "batch": {"max_events": 2, "max_wait_ms": 60_000}});
    daemon.webhook(&sink.url("/batch"), batch).await;
    let events = [1, 2].map(|n| json!({"type": "b.c", "data": n}));
    daemon.post("/v1/events", json!(events)).await.expect(202);
    sink.wait("/batch", 1).await;

    // Jobs: one ended with rows, one under way with a deadline; and a run of an actor, whose webhook
    // has templates that name a secret.
    let job = json!({"type": "report", "input": {"q": 1}});
    let job = format!("/v1/jobs/{}", daemon.post("/v1/jobs", job).await.expect(201).text_of("id"));
    let rows: String = (0..500).map(|n| format!("{{\"n\":{n}}}\n")).collect();
    let lines = [("content-type", "application/x-ndjson")];
    daemon.post_raw(&format!("{job}/results"), &lines, rows).await.expect(200);
    daemon.post(&format!("{job}/complete"), json!({"status": "succeeded"})).await.expect(200);
    daemon.post("/v1/jobs", json!({"type": "report", "timeout": "365d"})).await.expect(201);
    let actor = include_str!("../clients/actor.json");
    let actor = actor.replace("https://your-server.example.com/apify-webhook", &sink.url("/actor"));
    put("/v1/actors/my-actor", serde_json::from_str(&actor).unwrap()).await;
    let run = daemon.post("/v2/actors/my-actor/runs", json!({})).await.expect(201);
    let run = run.json["data"]["id"].as_str().unwrap().to_owned();
    daemon.post(&format!("/v1/jobs/{run}/complete"), json!({"status": "succeeded"})).await.expect(200);
    sink.wait("/actor", 1).await;
    wait_for("nothing but what is to wait", async || {
        let status = daemon.admin("/admin/status").await.expect(200);
        // Two for each of six webhooks, but for the one that is filtered.
        (status.json["store"]["pending_deliveries"] == 11).then_some(())
    })
    .await;

    let mut paths: Vec<String> =
        ["accounts", "tokens", "event-types", "secrets", "actors", "webhooks", "replays"]
            .iter()
            .map(|list| format!("/v1/{list}"))
            .collect();
    paths.extend(["/.well-known/jwks.json".to_owned(), format!("{job}/results?limit=1000"), job]);
    for list in ["/v1/events", "/v1/deliveries"] {
        let all = daemon.get(&format!("{list}?limit=250")).await.expect(200);
        let rows = all.json["data"].as_array().unwrap().iter();
        paths.extend(rows.map(|row| format!("{list}/{}", row["id"].as_str().unwrap())));
    }
    let mut answers = BTreeMap::new();
    for path in paths {
        let answer = daemon.get(&path).await.expect(200);
        // What is gathering goes on at once, its time being over.
        if path == "/v1/webhooks" || !answer.text.contains(&gathering) {
            answers.insert(path, answer.json);
        }
    }
    let seal_key = fs::read_to_string(daemon.data_dir().join("seal-key")).unwrap();
    Kept { seal_key, admin_token: daemon.token(), answers, waiting }
}

#[tokio::test]
#[ignore = "writes tests/fixtures; only for a version that is not released"]
async fn make() {
    let (mut daemon, sink) = (Daemon::with_config(SETTINGS).await, Sink::start().await);
    let kept = some_of_everything(&daemon, &sink).await;
    let backup = daemon.dir().join("backup");
    daemon.backup(&backup).await;
    assert!(daemon.terminate().await.0.success());
    // Without the room that the engine keeps, it packs better.
    assert_eq!(daemon.offline(&["compact"]).await.0, 0);
    let counts = counts(&daemon.data_dir().join("ringback.redb"));
    let empty: Vec<_> = counts.iter().filter(|(_, rows)| **rows == 0).map(|(table, _)| table).collect();
    assert_eq!(empty, ["suspects", "used"], "some of everything: {counts:?}");
    let version = env!("CARGO_PKG_VERSION");
    let store = fs::read(daemon.data_dir().join("ringback.redb")).unwrap();
    let json = serde_json::to_vec(&kept).unwrap();
    for (kind, bytes) in [("redb.gz", store), ("backup.gz", fs::read(backup).unwrap()), ("json.gz", json)] {
        fs::write(file(version, kind), packed(&bytes)).unwrap();
    }
}

/// A directory with what a kept store was opened with, and the store itself unless it is to be restored.
fn kept(version: &str, with_store: bool) -> (TempDir, Kept) {
    let kept: Kept = serde_json::from_slice(&unpacked(version, "json.gz")).unwrap();
    let dir = tempfile::tempdir().unwrap();
    let data = dir.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("seal-key"), &kept.seal_key).unwrap();
    fs::write(data.join("admin-token"), &kept.admin_token).unwrap();
    if with_store {
        fs::write(data.join("ringback.redb"), unpacked(version, "redb.gz")).unwrap();
    }
    (dir, kept)
}

/// Everything is there, and everything that waits arrives.
async fn goes_on(daemon: &Daemon, kept: &Kept) {
    for (path, old) in &kept.answers {
        let new = daemon.get(path).await.expect(200).json;
        if path == "/.well-known/jwks.json" {
            // A store gets a key of each kind; what it had stays published.
            let all = |keys: &Value| keys["keys"].as_array().unwrap().clone();
            assert!(all(old).iter().all(|key| all(&new).contains(key)), "{path}: {new}\nwas {old}");
            continue;
        }
        assert!(has(&new, old), "{path}: {new}\nwas {old}");
    }
    let sink = Sink::start().await;
    for (at, (webhook, secret, requests)) in kept.waiting.iter().enumerate() {
        let shown = daemon.get(&format!("/v1/webhooks/{webhook}/secret")).await.expect(200);
        assert_eq!(shown.text_of("secret"), *secret);
        let path = format!("/{at}");
        let url = Some(json!({"url": sink.url(&path)}));
        daemon.call(Method::PATCH, &format!("/v1/webhooks/{webhook}"), url).await.expect(200);
        daemon.post(&format!("/v1/webhooks/{webhook}/resume"), json!({})).await.expect(200);
        // A retry may be an hour after the first attempt; one that is due already is under way.
        let pending =
            daemon.get(&format!("/v1/deliveries?webhook_id={webhook}&state=pending")).await.expect(200);
        for row in pending.json["data"].as_array().unwrap().iter().filter(|row| row["attempts"] != 0) {
            let id = row["id"].as_str().unwrap();
            let answer = daemon.post(&format!("/v1/deliveries/{id}/retry"), json!({})).await;
            assert!([200, 202, 409].contains(&answer.status), "{}", answer.text);
        }
        // Both may have sent it; that nothing is left waiting is looked at below.
        assert!(sink.wait(&path, *requests).await.len() >= *requests, "{webhook}");
    }
    wait_for("an empty backlog", async || {
        let status = daemon.admin("/admin/status").await.expect(200);
        (status.json["store"]["pending_deliveries"] == 0).then_some(())
    })
    .await;
    let event = daemon.event("order.paid", json!({"n": 3})).await;
    daemon.get(&format!("/v1/events/{event}")).await.expect(200);
    assert!(!daemon.log().contains("level=error"), "{}", daemon.log());
}

#[tokio::test]
async fn stores_of_earlier_versions_open_and_go_on() {
    for version in VERSIONS {
        let (dir, kept) = kept(version, true);
        goes_on(&Daemon::in_directory(dir, SETTINGS).await, &kept).await;
    }
}

#[tokio::test]
async fn backups_of_earlier_versions_are_restored_and_go_on() {
    for version in VERSIONS {
        let mut daemon = Daemon::with_config(SETTINGS).await;
        assert!(daemon.terminate().await.0.success());
        let (dir, kept) = kept(version, false);
        let backup = dir.path().join("backup");
        fs::write(&backup, unpacked(version, "backup.gz")).unwrap();
        for key in ["seal-key", "admin-token"] {
            fs::copy(dir.path().join("data").join(key), daemon.data_dir().join(key)).unwrap();
        }
        let backup = backup.display().to_string();
        let (code, _, err) = daemon.offline(&["restore", &backup, "--replace"]).await;
        assert_eq!(code, 0, "{err}");
        daemon.restart().await;
        goes_on(&daemon, &kept).await;
    }
}
