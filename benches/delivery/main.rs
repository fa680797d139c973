//! How close the daemon comes to the bare limit, in one run on one machine.
//!
//! (a) a bare hyper client posts signed 1 KiB bodies to a hyper receiver: the limit.
//! (b) the real daemon, durable, every feature on: a generator posts events, the daemon delivers
//!     them to the same receiver.
//!
//! Generator, receiver and daemon are processes of their own on the same cores. Each figure is the
//! median of `RINGBACK_BENCH_RUNS` runs (3), (a) and (b) taking turns; only the ratios carry over
//! to another machine. `RINGBACK_BENCH_EVENTS` (60,000) sets the length of a run.
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
mod report;

use std::time::{Duration, Instant};

use harness::daemon::Daemon;
use harness::generator::{self, Load};
use harness::receiver::Receiver;
use report::{Report, Run};

const LOW_RATE: u32 = 100;

#[tokio::main]
async fn main() {
    if !harness::play_role().await {
        compare().await;
    }
}

async fn compare() {
    let events = harness::setting("RINGBACK_BENCH_EVENTS", 60_000);
    let runs = harness::setting("RINGBACK_BENCH_RUNS", 3);
    let mut report = Report::default();
    for run in 1..=runs {
        println!("run {run} of {runs}");
        report.bare.push(bare(events * 2).await);
        for (fan_out, results) in [(1, &mut report.one), (10, &mut report.ten)] {
            results.push(delivered(events / if fan_out == 1 { 1 } else { 4 }, fan_out).await);
        }
        report.ingest.push(ingest(events).await);
        report.low_bare.push(low_bare().await);
        report.low.push(low().await);
    }
    report.print();
}

/// (a): no daemon.
async fn bare(posts: u32) -> f64 {
    let receiver = Receiver::start().await;
    let load = Load { sign: true, ..Load::new(receiver.addr, "/hook", posts) };
    let seconds = generator::spawn(&load).await.seconds;
    assert_eq!(receiver.stats().await.count, u64::from(posts));
    f64::from(posts) / seconds
}

/// (b): until the last delivery arrives.
async fn delivered(events: u32, fan_out: u32) -> Run {
    let receiver = Receiver::start().await;
    let daemon = Daemon::start().await;
    for _ in 0..fan_out {
        daemon.add_webhook(&format!("http://{}/hook", receiver.addr)).await;
    }
    let idle = daemon.usage();
    let load = Load { token: Some(daemon.token.clone()), ..Load::new(daemon.addr, "/v1/events", events) };
    let begun = Instant::now();
    let generated = generator::spawn(&load).await;
    let expected = u64::from(events) * u64::from(fan_out);
    receiver.wait_for(expected, Duration::from_secs(120)).await;
    let seconds = begun.elapsed().as_secs_f64() - generated.overhead;
    let after = daemon.usage();
    Run {
        ingest_per_second: f64::from(events) / generated.seconds,
        deliveries_per_second: expected as f64 / seconds,
        idle_rss: idle.rss_bytes,
        after_rss: after.peak_rss_bytes,
        cpu_per_delivery: (after.cpu_seconds - idle.cpu_seconds) / expected as f64,
        file_bytes: daemon.file_bytes(),
    }
}

/// Events that nobody listens to.
async fn ingest(events: u32) -> f64 {
    let daemon = Daemon::start().await;
    let load = Load { token: Some(daemon.token.clone()), ..Load::new(daemon.addr, "/v1/events", events) };
    f64::from(events) / generator::spawn(&load).await.seconds
}

async fn low_bare() -> (f64, f64) {
    let receiver = Receiver::start().await;
    let load = Load { sign: true, rate: Some(LOW_RATE), ..Load::new(receiver.addr, "/hook", LOW_RATE * 5) };
    generator::spawn(&load).await;
    receiver.stats().await.latency()
}

async fn low() -> (f64, f64) {
    let receiver = Receiver::start().await;
    let daemon = Daemon::start().await;
    daemon.add_webhook(&format!("http://{}/hook", receiver.addr)).await;
    let load = Load {
        token: Some(daemon.token.clone()),
        rate: Some(LOW_RATE),
        ..Load::new(daemon.addr, "/v1/events", LOW_RATE * 5)
    };
    generator::spawn(&load).await;
    receiver.wait_for(u64::from(LOW_RATE * 5), Duration::from_secs(30)).await;
    receiver.stats().await.latency()
}
