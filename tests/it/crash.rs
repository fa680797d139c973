//! Killed without warning, at random moments, under load: nothing that was accepted is lost.
//!
//! `RINGBACK_KILLS` sets how often (8), `RINGBACK_KILL_SEED` which moments. A build with the feature
//! `fault-early-ack`, which answers before the commit, fails here.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringback::cli::client::Client;
use serde_json::json;
use tokio::task::JoinSet;

use crate::harness::{Act, Daemon, Sink, wait_for, wait_until};

/// Producers that post one event after another.
const PRODUCERS: usize = 8;
/// Attempts in flight per webhook, as the daemon's default has it.
const IN_FLIGHT: u64 = 8;
const PATHS: [&str; 2] = ["/quick", "/slow"];

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Events that the daemon said it has.
#[derive(Default)]
struct Acknowledged {
    numbers: Mutex<Vec<u64>>,
    next: AtomicU64,
    stop: AtomicBool,
}

/// Posts until the daemon is gone or the test says stop.
async fn produce(url: String, token: String, acknowledged: Arc<Acknowledged>) {
    let client = Client::new(&url, Some(token)).unwrap();
    while !acknowledged.stop.load(Ordering::Relaxed) {
        let number = acknowledged.next.fetch_add(1, Ordering::Relaxed);
        let body = json!({"type": "a.b", "data": number}).to_string();
        match client.send(http::Method::POST, "/v1/events", Some(body)).await {
            Ok(reply) if reply.status == 202 => acknowledged.numbers.lock().unwrap().push(number),
            Ok(reply) => assert_eq!(reply.status, 503, "{:?}", reply.body),
            Err(_) => return,
        }
    }
}

fn producers(daemon: &Daemon, acknowledged: &Arc<Acknowledged>) -> JoinSet<()> {
    let token = daemon.token();
    (0..PRODUCERS)
        .map(|_| produce(daemon.url().to_owned(), token.clone(), Arc::clone(acknowledged)))
        .collect()
}

/// How often each number arrived at a path.
fn arrivals(sink: &Sink, path: &str) -> BTreeMap<u64, u64> {
    let mut arrivals = BTreeMap::new();
    for request in sink.received(path) {
        let number = serde_json::from_slice(&request.body).unwrap();
        *arrivals.entry(number).or_default() += 1;
    }
    arrivals
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_under_load_it_loses_nothing_and_repeats_little() {
    let kills = setting("RINGBACK_KILLS", 8);
    let mut chance = setting("RINGBACK_KILL_SEED", u64::from(std::process::id()));
    println!("RINGBACK_KILLS={kills} RINGBACK_KILL_SEED={chance}");
    let sink = Sink::start().await;
    sink.always("/slow", Act::After(Duration::from_millis(3), 200));
    let mut daemon = Daemon::with_config(
        "[profiles.bare]\npayload = \"data\"\nretry = { schedule = [\"0s\", \"50ms\", \"1s\", \"1s\"] }",
    )
    .await;
    for path in PATHS {
        daemon.webhook(&sink.url(path), json!({"profile": "bare", "events": ["a.*"]})).await;
    }
    let acknowledged = Arc::new(Acknowledged::default());
    for _ in 0..kills {
        let producing = producers(&daemon, &acknowledged);
        // Knuth's constants; only the high bits are chance enough.
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        tokio::time::sleep(Duration::from_millis(5 + (chance >> 33) % 300)).await;
        daemon.kill9().await;
        producing.join_all().await;
        daemon.restart().await;
    }
    let producing = producers(&daemon, &acknowledged);
    let before = acknowledged.numbers.lock().unwrap().len();
    wait_until("an event taken after the last kill", || acknowledged.numbers.lock().unwrap().len() > before)
        .await;
    acknowledged.stop.store(true, Ordering::Relaxed);
    producing.join_all().await;

    wait_for("an empty backlog", async || {
        let status = daemon.admin("/admin/status").await.expect(200);
        (status.json["store"]["pending_deliveries"] == 0).then_some(())
    })
    .await;
    let numbers = acknowledged.numbers.lock().unwrap().clone();
    println!("{} events acknowledged", numbers.len());
    assert!(numbers.len() as u64 > kills, "too little load to tell anything");
    for path in PATHS {
        let arrived = arrivals(&sink, path);
        let lost: Vec<_> = numbers.iter().filter(|number| !arrived.contains_key(number)).collect();
        assert!(lost.is_empty(), "{} accepted events never arrived at {path}: {lost:?}", lost.len());
        let repeated: u64 = arrived.values().map(|times| times - 1).sum();
        println!("{path}: {repeated} repeated");
        assert!(repeated <= kills * IN_FLIGHT, "{repeated} deliveries were repeated at {path}");
    }
    let failed = daemon.get("/v1/deliveries?state=failed").await.expect(200);
    assert_eq!(failed.json["data"], json!([]), "some deliveries were given up");
}
