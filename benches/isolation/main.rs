//! What the dead cost the living, and what a backlog costs a start.
//!
//! 1. A healthy webhook's end-to-end latency alone, and beside 99 dead webhooks with backlogs, in
//!    `RINGBACK_BENCH_RUNS` (5) turns of a minute; the medians of the turns' p50 and p99, since one turn in
//!    which the machine stood still would decide the p99 of all.
//! 2. `RINGBACK_BENCH_PENDING` (1,000,000) rows behind dead webhooks: how soon after a kill and a
//!    start the daemon is ready, how soon the first attempt begins, and its memory.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    reason = "a benchmark: it stops at the first surprise, and it measures time"
)]

#[path = "../harness/mod.rs"]
mod harness;

use std::time::{Duration, Instant};

use harness::daemon::Daemon;
use harness::generator::{self, Load};
use harness::http;
use harness::receiver::{Latencies, Receiver};

const DEAD: usize = 99;
const RATE: u32 = 100;
/// A minute's: what the dead do at once when their backlogs come in is a part of it, and not most of it.
const POSTS: u32 = 60 * RATE;
const BACKLOG_PER_DEAD: u32 = 200;
const ARRAY: u32 = 1000;

#[tokio::main]
async fn main() {
    if harness::play_role().await {
        return;
    }
    let runs = harness::setting("RINGBACK_BENCH_RUNS", 5);
    let (mut alone, mut beside) = (Vec::new(), Vec::new());
    for run in 1..=runs {
        for (turns, dead) in [(&mut alone, 0), (&mut beside, DEAD)] {
            let (p50, p99) = healthy(dead).await.p50_p99();
            println!("run {run} of {runs}, beside {dead:>2} dead, p50 / p99 {p50:>8.2} / {p99:.2} ms");
            turns.push((p50, p99));
        }
    }
    let ((alone50, alone99), (beside50, beside99)) = (medians(&alone), medians(&beside));
    println!("healthy alone, p50 / p99           {alone50:>8.2} / {alone99:.2} ms");
    println!("beside {DEAD} dead, p50 / p99          {beside50:>8.2} / {beside99:.2} ms");
    println!("ratio of p99                       {:>8.2}", beside99 / alone99);
    backlog(harness::setting("RINGBACK_BENCH_PENDING", 1_000_000)).await;
}

fn medians(turns: &[(f64, f64)]) -> (f64, f64) {
    (harness::median(turns.iter().map(|turn| turn.0)), harness::median(turns.iter().map(|turn| turn.1)))
}

async fn healthy(dead: usize) -> Latencies {
    let receiver = Receiver::start().await;
    // Of their own, or their many connections at once would fill the queue in which the healthy one's wait,
    // and what a listener drops comes again only after a second.
    let grave = Receiver::start().await;
    let daemon = Daemon::start().await;
    for number in 0..dead {
        let url = format!("http://{}/dead/{number}", grave.addr);
        daemon.add(serde_json::json!({ "url": url, "events": ["dead.event"] })).await;
    }
    let url = format!("http://{}/hook", receiver.addr);
    daemon.add(serde_json::json!({ "url": url, "events": ["bench.event"] })).await;
    if dead > 0 {
        post(&daemon, BACKLOG_PER_DEAD).await;
    }
    let load = Load {
        token: Some(daemon.token.clone()),
        rate: Some(RATE),
        ..Load::new(daemon.addr, "/v1/events", POSTS)
    };
    generator::spawn(&load).await;
    receiver.wait_for(u64::from(POSTS), Duration::from_secs(60)).await;
    receiver.stats().await.latencies
}

/// Posts events that go to every dead webhook.
async fn post(daemon: &Daemon, mut events: u32) {
    while events > 0 {
        let many = events.min(ARRAY);
        let event = serde_json::json!({ "type": "dead.event", "data": { "pad": "x".repeat(200) } });
        let body = serde_json::Value::from(vec![event; many as usize]).to_string();
        let (status, answer) = http::once(daemon.addr, "POST", "/v1/events", Some(&daemon.token), body).await;
        assert!(status.is_success(), "{status} {answer:?}");
        events -= many;
    }
}

async fn backlog(pending: u32) {
    let receiver = Receiver::start().await;
    let mut daemon = Daemon::start().await;
    let dead = 10;
    for number in 0..dead {
        let url = format!("http://{}/dead/{number}", receiver.addr);
        daemon.add(serde_json::json!({ "url": url, "events": ["dead.event"] })).await;
    }
    post(&daemon, pending / dead).await;
    let before = receiver.stats().await.arrived;
    let begun = Instant::now();
    daemon.restart();
    let ready = begun.elapsed();
    while receiver.stats().await.arrived == before {
        assert!(begun.elapsed() < Duration::from_secs(30), "no attempt within 30 s");
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let first = begun.elapsed();
    tokio::time::sleep(Duration::from_secs(5)).await;
    let usage = daemon.usage();
    println!("{pending} pending: ready after {:.0} ms", ready.as_secs_f64() * 1e3);
    println!("    first attempt arrives after    {:>8.0} ms", first.as_secs_f64() * 1e3);
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    println!(
        "    RSS after 5 s, peak            {:>8.1} / {:.1} MiB",
        mib(usage.rss_bytes),
        mib(usage.peak_rss_bytes)
    );
    println!("    file                           {:>8.1} MiB", mib(daemon.file_bytes()));
}
