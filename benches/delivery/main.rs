//! How close the daemon comes to the bare limit, in one run on one machine.
//!
//! (a) a bare hyper client posts signed 1 KiB bodies to a hyper receiver: the limit.
//! (b) the real daemon, durable, every feature on: a generator posts events, the daemon delivers
//!     them to the same receiver.
//!
//! Generator, receiver and daemon are processes of their own on the same cores. Both are measured with
//! `RINGBACK_BENCH_CONNECTIONS` ("64,256") keep-alive connections of the generator, which are also the
//! attempts in flight per webhook; every ratio is one to the highest figure of (a), whatever number
//! of connections gave it. Each figure is the median of `RINGBACK_BENCH_RUNS` runs (9; medians of 3
//! differ by a fifth from minute to minute on a shared machine), (a) and (b) taking turns; only the
//! ratios carry over to another machine. `RINGBACK_BENCH_EVENTS` (60,000) sets the length of a run,
//! `RINGBACK_BENCH_DAEMON` names another build of the daemon to measure, and `RINGBACK_BENCH_ONLY`
//! ("fan-out-1", "lines", "fan-out-10", "throughput") leaves the rest out. "lines" is fan-out 1 with events
//! that come as lines, many in a post.
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
/// Of "lines": events in a post, and connections that post.
const LINES: (u32, usize) = (100, 8);

#[tokio::main]
async fn main() {
    if !harness::play_role().await {
        compare().await;
    }
}

async fn compare() {
    let events = harness::setting("RINGBACK_BENCH_EVENTS", 60_000);
    let runs = harness::setting("RINGBACK_BENCH_RUNS", 9);
    let only = std::env::var("RINGBACK_BENCH_ONLY").ok();
    let wanted = |part: &str| only.as_deref().is_none_or(|only| only == part || only == "throughput");
    let mut report = Report::new(connections());
    for run in 1..=runs {
        println!("run {run} of {runs}");
        for row in &mut report.rows {
            let connections = row.connections;
            row.bare.push(bare(events * 2, connections).await);
            if wanted("fan-out-1") {
                row.one.push(delivered((events, 1, connections), 1, connections).await);
            }
            if wanted("lines") {
                let (lines, posters) = LINES;
                row.lines.push(delivered((events / lines, lines, posters), 1, connections).await);
            }
            if wanted("fan-out-10") {
                row.ten.push(delivered((events / 4, 1, connections), 10, connections).await);
            }
            if wanted("throughput") {
                row.ingest.push(ingest(events, connections).await);
            }
        }
        if only.is_none() {
            report.low_bare.push(low_bare().await);
            report.low.push(low().await);
        }
    }
    report.print();
}

/// The numbers of connections to measure with.
fn connections() -> Vec<usize> {
    let list = std::env::var("RINGBACK_BENCH_CONNECTIONS").unwrap_or_else(|_| "64,256".to_owned());
    list.split(',').map(|number| number.trim().parse().unwrap()).collect()
}

/// (a): no daemon.
async fn bare(posts: u32, connections: usize) -> f64 {
    let receiver = Receiver::start().await;
    let load = Load { sign: true, connections, ..Load::new(receiver.addr, "/hook", posts) };
    let seconds = generator::spawn(&load).await.seconds;
    assert_eq!(receiver.stats().await.count, u64::from(posts));
    f64::from(posts) / seconds
}

/// (b): until the last delivery arrives. Posts, events in each and connections that post; webhooks, and
/// attempts in flight for each.
async fn delivered((posts, lines, posters): (u32, u32, usize), fan_out: u32, in_flight: usize) -> Run {
    let events = posts * lines;
    let receiver = Receiver::start().await;
    let daemon = Daemon::start().await;
    for _ in 0..fan_out {
        daemon.add_webhook(&format!("http://{}/hook", receiver.addr), in_flight).await;
    }
    let idle = daemon.usage();
    let load = Load {
        token: Some(daemon.token.clone()),
        connections: posters,
        lines,
        ..Load::new(daemon.addr, "/v1/events", posts)
    };
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
async fn ingest(events: u32, connections: usize) -> f64 {
    let daemon = Daemon::start().await;
    let load = Load {
        token: Some(daemon.token.clone()),
        connections,
        ..Load::new(daemon.addr, "/v1/events", events)
    };
    f64::from(events) / generator::spawn(&load).await.seconds
}

async fn low_bare() -> (f64, f64) {
    let receiver = Receiver::start().await;
    let load = Load { sign: true, rate: Some(LOW_RATE), ..Load::new(receiver.addr, "/hook", LOW_RATE * 5) };
    generator::spawn(&load).await;
    receiver.stats().await.latencies.p50_p99()
}

async fn low() -> (f64, f64) {
    let receiver = Receiver::start().await;
    let daemon = Daemon::start().await;
    daemon.add_webhook(&format!("http://{}/hook", receiver.addr), harness::CONNECTIONS).await;
    let load = Load {
        token: Some(daemon.token.clone()),
        rate: Some(LOW_RATE),
        ..Load::new(daemon.addr, "/v1/events", LOW_RATE * 5)
    };
    generator::spawn(&load).await;
    receiver.wait_for(u64::from(LOW_RATE * 5), Duration::from_secs(30)).await;
    receiver.stats().await.latencies.p50_p99()
}
