//! What a backup costs the callers: how long posted events wait for their answer at
//! `RINGBACK_BENCH_RATE` (1,000) per second, alone and while backups of the store are streamed without
//! a pause. Both are measured in each of `RINGBACK_BENCH_RUNS` (3) runs on one daemon whose store holds
//! `RINGBACK_BENCH_STORED` (100,000) events of 1 KiB; the medians are told.
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

use std::time::Instant;

use harness::daemon::Daemon;
use harness::generator::{self, Load};
use harness::{http, median, setting};

const ARRAY: u32 = 500;
/// Seconds of load in each part.
const SECONDS: u32 = 10;

#[tokio::main]
async fn main() {
    if harness::play_role().await {
        return;
    }
    let runs = setting("RINGBACK_BENCH_RUNS", 3);
    let rate = setting("RINGBACK_BENCH_RATE", 1000);
    let (mut alone, mut beside, mut speeds) = (Vec::new(), Vec::new(), Vec::<f64>::new());
    for run in 1..=runs {
        println!("run {run} of {runs}");
        let daemon = Daemon::start().await;
        fill(&daemon, setting("RINGBACK_BENCH_STORED", 100_000)).await;
        alone.push(load(&daemon, rate).await);
        tokio::select! {
            figures = load(&daemon, rate) => beside.push(figures),
            () = backups(&daemon, &mut speeds) => {}
        }
    }
    assert!(!speeds.is_empty(), "no backup ended while there was load; store less");
    let figures = |rows: &[(f64, f64)]| (median(rows.iter().map(|r| r.0)), median(rows.iter().map(|r| r.1)));
    let ((alone50, alone99), (beside50, beside99)) = (figures(&alone), figures(&beside));
    println!("{rate} events/s, answered, p50 / p99   {alone50:>8.2} / {alone99:.2} ms");
    println!("the same beside backups          {beside50:>8.2} / {beside99:.2} ms");
    println!(
        "{} backups ended, each at           {:>8.1} MiB/s",
        speeds.len(),
        median(speeds.iter().copied())
    );
}

async fn fill(daemon: &Daemon, mut events: u32) {
    let event = serde_json::json!({ "type": "stored.event", "data": { "pad": "x".repeat(1000) } });
    while events > 0 {
        let many = events.min(ARRAY);
        let body = serde_json::Value::from(vec![event.clone(); many as usize]).to_string();
        let (status, answer) = http::once(daemon.addr, "POST", "/v1/events", Some(&daemon.token), body).await;
        assert!(status.is_success(), "{status} {answer:?}");
        events -= many;
    }
}

/// From when a post was due to its answer: p50 and p99 in milliseconds.
async fn load(daemon: &Daemon, rate: u32) -> (f64, f64) {
    let load = Load {
        token: Some(daemon.token.clone()),
        rate: Some(rate),
        rate_connections: 32,
        ..Load::new(daemon.addr, "/v1/events", rate * SECONDS)
    };
    let generated = generator::spawn(&load).await;
    println!("    {:.2} / {:.2} ms", generated.p50_ms, generated.p99_ms);
    (generated.p50_ms, generated.p99_ms)
}

/// One backup after another; notes the speed of each in MiB/s.
async fn backups(daemon: &Daemon, speeds: &mut Vec<f64>) {
    loop {
        let begun = Instant::now();
        let bytes = http::drain(daemon.admin, "/admin/backup", &daemon.token).await;
        speeds.push(bytes as f64 / f64::from(1 << 20) / begun.elapsed().as_secs_f64());
    }
}
