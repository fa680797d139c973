//! Killed without warning, at random moments, under load: nothing that was accepted is lost.
//!
//! `RINGBACK_KILLS` sets how often (8), `RINGBACK_KILL_SEED` which moments. A build with the feature
//! `faults` answers before the commit where `FAULT_EARLY_ACK` is set, and fails here.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ringback::cli::client::Client;
use ringback::limits;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::harness::{Act, Daemon, Sink, wait_for, wait_until};

/// Producers that post one event after another.
const PRODUCERS: usize = 8;
/// Deliveries of one webhook that a kill may repeat: what is in flight, and what was answered and whose outcome is not
/// committed yet. Outcomes wait for the commit under way and go together with the next one, and how many end during a
/// commit depends on the disk and the receiver; the scheduler starts nothing more while there are so many. So no smaller
/// number holds on every machine, and [`Known`] says which deliveries they may be.
const UNSETTLED: u64 = limits::LANE_IN_FLIGHT as u64 + limits::LANE_ROWS as u64;
const PATHS: [&str; 2] = ["/quick", "/slow"];

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Events that the daemon said it has.
#[derive(Default)]
struct Acknowledged {
    numbers: Mutex<Vec<u64>>,
    /// The numbers by the events' ids.
    ids: Mutex<BTreeMap<String, u64>>,
    next: AtomicU64,
    stop: AtomicBool,
}

/// The type of an event with a number.
type TypeOf = fn(u64) -> &'static str;

/// Posts until the daemon is gone or the test says stop.
async fn produce(url: String, token: String, acknowledged: Arc<Acknowledged>, type_of: TypeOf) {
    let client = Client::new(&url, Some(token)).unwrap();
    while !acknowledged.stop.load(Ordering::Relaxed) {
        let number = acknowledged.next.fetch_add(1, Ordering::Relaxed);
        let body = json!({"type": type_of(number), "data": number}).to_string();
        match client.send(http::Method::POST, "/v1/events", Some(body)).await {
            Ok(reply) if reply.status == 202 => {
                let accepted: Value = serde_json::from_slice(&reply.body).unwrap();
                let id = accepted["id"].as_str().unwrap().to_owned();
                acknowledged.ids.lock().unwrap().insert(id, number);
                acknowledged.numbers.lock().unwrap().push(number);
            }
            Ok(reply) => assert_eq!(reply.status, 503, "{:?}", reply.body),
            Err(_) => return,
        }
    }
}

fn producers(daemon: &Daemon, acknowledged: &Arc<Acknowledged>, type_of: TypeOf) -> JoinSet<()> {
    let token = daemon.token();
    (0..PRODUCERS)
        .map(|_| produce(daemon.url().to_owned(), token.clone(), Arc::clone(acknowledged), type_of))
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

/// Waits until nothing is left to send: every outcome is committed.
async fn nothing_left(daemon: &Daemon) {
    let mut pending = u64::MAX;
    while pending > 0 {
        pending = wait_for("a smaller backlog", async || {
            let status = daemon.admin("/admin/status").await.expect(200);
            status.json["store"]["pending_deliveries"].as_u64().filter(|now| *now < pending)
        })
        .await;
    }
}

/// What was delivered to a path when it was looked at after a kill: how often each number had arrived by then, and how
/// often the daemon had been killed. None of them arrives again, and each arrived once more for each kill at most.
#[derive(Default)]
struct Known(BTreeMap<u64, (u64, u64)>);

impl Known {
    async fn look(
        &mut self,
        daemon: &Daemon,
        webhook: &str,
        acknowledged: &Acknowledged,
        kills: u64,
        arrived: impl Fn() -> BTreeMap<u64, u64>,
    ) {
        let mut delivered = Vec::new();
        let mut cursor = String::new();
        loop {
            let path = format!("/v1/deliveries?webhook_id={webhook}&state=delivered&limit=250{cursor}");
            let page = daemon.get(&path).await.expect(200).json;
            delivered.extend(
                page["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| row["event_id"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
        }
        // Read after that: what is delivered had arrived.
        let arrived = arrived();
        let ids = acknowledged.ids.lock().unwrap();
        for number in delivered.iter().filter_map(|id| ids.get(id)) {
            self.0.entry(*number).or_insert((arrived[number], kills));
        }
    }

    fn holds(&self, path: &str, arrived: &BTreeMap<u64, u64>) {
        let again: Vec<_> = self.0.iter().filter(|(number, (times, _))| arrived[number] != *times).collect();
        assert!(again.is_empty(), "delivered to {path}, and sent again after a kill: {again:?}");
        let often: Vec<_> = self.0.iter().filter(|(_, (times, kills))| *times > 1 + kills).collect();
        assert!(often.is_empty(), "sent to {path} more than once for each kill: {often:?}");
    }
}

/// What became of the ordeal.
struct Ordeal {
    /// Numbers of the events that the daemon acknowledged.
    numbers: Vec<u64>,
    /// Those of them that were settled before the first kill.
    settled: Vec<u64>,
    /// How often it was killed.
    kills: u64,
}

/// Kills the daemon again and again under load, and waits until nothing is left to send. After each kill, of which it is
/// told how many there were, `look` may ask it.
async fn ordeal(
    daemon: &mut Daemon,
    type_of: TypeOf,
    mut look: impl AsyncFnMut(&Daemon, &Acknowledged, u64),
) -> Ordeal {
    let kills = setting("RINGBACK_KILLS", 8);
    let mut chance = setting("RINGBACK_KILL_SEED", u64::from(std::process::id()));
    println!("RINGBACK_KILLS={kills} RINGBACK_KILL_SEED={chance}");
    let acknowledged = Arc::new(Acknowledged::default());
    let taken = || acknowledged.numbers.lock().unwrap().len();
    let producing = producers(daemon, &acknowledged, type_of);
    wait_until("some events taken", || taken() >= 50).await;
    acknowledged.stop.store(true, Ordering::Relaxed);
    producing.join_all().await;
    nothing_left(daemon).await;
    let settled = acknowledged.numbers.lock().unwrap().clone();
    acknowledged.stop.store(false, Ordering::Relaxed);
    for round in 0..kills {
        let before = taken();
        let producing = producers(daemon, &acknowledged, type_of);
        // Every other life ends before anything is sure, or after; a slow disk has its load too.
        if round % 2 == 0 {
            wait_until("an event taken", || taken() > before).await;
        }
        // Knuth's constants; only the high bits are chance enough.
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // The moment of the kill is what is tested.
        tokio::time::sleep(Duration::from_millis(5 + (chance >> 33) % 300)).await;
        daemon.kill9().await;
        producing.join_all().await;
        daemon.restart().await;
        look(daemon, &acknowledged, round + 1).await;
    }
    let producing = producers(daemon, &acknowledged, type_of);
    let before = taken();
    wait_until("an event taken after the last kill", || taken() > before).await;
    acknowledged.stop.store(true, Ordering::Relaxed);
    producing.join_all().await;

    nothing_left(daemon).await;
    let numbers = acknowledged.numbers.lock().unwrap().clone();
    println!("{} events acknowledged", numbers.len());
    Ordeal { numbers, settled, kills }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_under_load_it_loses_nothing_and_repeats_little() {
    let sink = Sink::start().await;
    sink.always("/slow", Act::After(Duration::from_millis(3), 200));
    let mut daemon = Daemon::with_config(
        "[profiles.bare]\npayload = \"data\"\nretry = { schedule = [\"0s\", \"50ms\", \"1s\", \"1s\"] }",
    )
    .await;
    let mut known = Vec::new();
    for path in PATHS {
        let webhook = daemon.webhook(&sink.url(path), json!({"profile": "bare", "events": ["a.*"]})).await;
        known.push((path, webhook.id, Known::default()));
    }
    let look = async |daemon: &Daemon, acknowledged: &Acknowledged, kills| {
        for (path, webhook, known) in &mut known {
            known.look(daemon, webhook, acknowledged, kills, || arrivals(&sink, path)).await;
        }
    };
    let Ordeal { numbers, settled, kills } = ordeal(&mut daemon, |_| "a.b", look).await;
    for (path, _, known) in known {
        let arrived = arrivals(&sink, path);
        assert!(!known.0.is_empty(), "nothing was delivered before the last kill");
        known.holds(path, &arrived);
        let often = arrived.iter().find(|(_, times)| **times > 1 + kills);
        assert_eq!(often, None, "sent to {path} more than once for each kill");
        let lost: Vec<_> = numbers.iter().filter(|number| !arrived.contains_key(number)).collect();
        assert!(lost.is_empty(), "{} accepted events never arrived at {path}: {lost:?}", lost.len());
        let repeated: u64 = arrived.values().map(|times| times - 1).sum();
        println!("{path}: {repeated} repeated");
        assert!(repeated <= kills * UNSETTLED, "{repeated} deliveries were repeated at {path}");
        let again: Vec<_> = settled.iter().filter(|number| arrived[number] > 1).collect();
        assert!(again.is_empty(), "settled deliveries were repeated at {path}: {again:?}");
    }
    let failed = daemon.get("/v1/deliveries?state=failed").await.expect(200);
    assert_eq!(failed.json["data"], json!([]), "some deliveries were given up");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_under_load_every_event_arrives_in_one_batch() {
    const MAX_EVENTS: u32 = 20;
    let sink = Sink::start().await;
    sink.always("/in", Act::After(Duration::from_millis(3), 200));
    let mut daemon = Daemon::with_config(
        "[profiles.bare]\npayload = \"data\"\nretry = { schedule = [\"0s\", \"50ms\", \"1s\", \"1s\"] }",
    )
    .await;
    let batch = json!({"max_events": MAX_EVENTS, "max_wait_ms": 40});
    daemon.webhook(&sink.url("/in"), json!({"profile": "bare", "events": ["a.*"], "batch": batch})).await;
    let Ordeal { numbers, settled, kills } =
        ordeal(&mut daemon, |number| ["a.x", "a.y", "a.z"][(number % 3) as usize], async |_, _, _| {}).await;

    // An attempt repeats a batch whole; no event is in two batches.
    let mut batches: BTreeMap<Vec<u64>, u64> = BTreeMap::new();
    for request in sink.received("/in") {
        let members: Vec<u64> = serde_json::from_slice(&request.body).unwrap();
        assert!(members.len() <= MAX_EVENTS as usize && members.iter().all(|n| n % 3 == members[0] % 3));
        *batches.entry(members).or_default() += 1;
    }
    println!("{} batches", batches.len());
    assert!(batches.len() < numbers.len(), "nothing was gathered");
    let mut arrived: Vec<u64> = batches.keys().flatten().copied().collect();
    let all = arrived.len();
    arrived.sort_unstable();
    arrived.dedup();
    assert_eq!(arrived.len(), all, "some events are in two batches");
    let lost: Vec<_> = numbers.iter().filter(|number| arrived.binary_search(number).is_err()).collect();
    assert!(lost.is_empty(), "{} accepted events never arrived: {lost:?}", lost.len());
    let repeated: u64 = batches.values().map(|times| times - 1).sum();
    assert!(repeated <= kills * UNSETTLED, "{repeated} batches were repeated");
    let again =
        batches.iter().find(|(members, times)| **times > 1 && settled.iter().any(|n| members.contains(n)));
    assert_eq!(again, None, "a settled batch was repeated");
    let failed = daemon.get("/v1/deliveries?state=failed").await.expect(200);
    assert_eq!(failed.json["data"], json!([]), "some deliveries were given up");
}
