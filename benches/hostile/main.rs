//! What a tenant can do with schemas, filters and templates that are made to hurt, and what others notice of it.
//!
//! Each attempt is sent as one tenant sends it, one after the other; after an answer the daemon may still work
//! on it, so the next one waits until it is still. Meanwhile another account posts events, and `/livez` is
//! asked. `RINGBACK_HOSTILE` is a part of the attempts' names: only those are made.
//!
//! It fails unless each attempt is answered or refused within 250 ms, memory grows by at most 32 MiB in all,
//! `/livez` has a p99 of at most 50 ms, and the other account's posts one of at most 100 ms.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::panic,
    clippy::disallowed_methods,
    clippy::cast_possible_truncation,
    clippy::needless_pass_by_value,
    unreachable_pub,
    missing_docs,
    reason = "a benchmark: it stops at the first surprise, and it measures time"
)]

mod filters;
#[path = "../harness/mod.rs"]
mod harness;
mod probes;
mod schemas;
mod templates;

use std::time::{Duration, Instant};

use harness::daemon::Daemon;
use harness::http;
use probes::Probes;
use serde_json::{Value, json};

const ANSWER: Duration = Duration::from_millis(250);
const GROWTH_MIB: f64 = 32.0;
const LIVEZ_P99: f64 = 50.0;
const POST_P99: f64 = 100.0;

/// A request of the tenant.
pub struct Request {
    pub method: &'static str,
    pub path: String,
    pub body: String,
}

impl Request {
    pub fn new(method: &'static str, path: impl Into<String>, body: &Value) -> Self {
        Self { method, path: path.into(), body: body.to_string() }
    }

    /// An event.
    pub fn event(event_type: &str, data: &Value) -> Self {
        Self::new("POST", "/v1/events", &json!({"type": event_type, "data": data}))
    }
}

/// One attempt to hurt. What only prepares it is not measured.
pub struct Attempt {
    pub name: String,
    pub before: Vec<Request>,
    pub requests: Vec<Request>,
}

/// The accounts that take part.
struct Accounts {
    daemon: Daemon,
    hostile: String,
    other: String,
}

impl Accounts {
    async fn new() -> Self {
        let daemon = Daemon::start().await;
        let mut tokens = Vec::new();
        for account in ["hostile", "other"] {
            ask(&daemon, "POST", "/v1/accounts", &json!({ "name": account })).await;
            let token = json!({"role": "admin", "account": account});
            tokens
                .push(ask(&daemon, "POST", "/v1/tokens", &token).await["token"].as_str().unwrap().to_owned());
        }
        let other = tokens.pop().unwrap();
        let hostile = tokens.pop().unwrap();
        Self { daemon, hostile, other }
    }

    /// Ordinary work of the other account, enough to fill what is kept in memory of any: the engine's cache,
    /// payloads for dispatch, buffers.
    async fn warm_up(&self, target: &str) {
        let post = async |path: &str, body: Value| {
            let sent = http::once(self.daemon.addr, "POST", path, Some(&self.other), body.to_string()).await;
            assert!(sent.0.is_success(), "{path}: {sent:?}");
        };
        post("/v1/webhooks", json!({"url": target, "events": ["warm.*"]})).await;
        for _ in 0..400 {
            post("/v1/events", json!({"type": "warm.up", "data": "x".repeat(100_000)})).await;
        }
        // And requests as large as one may be.
        let event = json!({"type": "warm.up", "data": {"of": vec!["x".repeat(1000); 100]}});
        for _ in 0..3 {
            post("/v1/events", json!(vec![event.clone(); 150])).await;
        }
    }

    async fn send(&self, request: &Request) -> (u16, Duration, String) {
        let begun = Instant::now();
        let sent = http::once(
            self.daemon.addr,
            request.method,
            &request.path,
            Some(&self.hostile),
            request.body.clone(),
        );
        let (status, body) = sent.await;
        (status.as_u16(), begun.elapsed(), String::from_utf8_lossy(&body).into_owned())
    }

    /// What the daemon takes once its allocator has given back what is free, which it does after a second.
    async fn rested(&self) -> harness::daemon::Usage {
        self.settle().await;
        tokio::time::sleep(Duration::from_secs(4)).await;
        self.daemon.usage()
    }

    /// Waits until the daemon has used no more than a tenth of a core for a while.
    async fn settle(&self) {
        let begun = Instant::now();
        loop {
            let before = self.daemon.usage().cpu_seconds;
            tokio::time::sleep(Duration::from_millis(100)).await;
            if self.daemon.usage().cpu_seconds - before < 0.03 || begun.elapsed() > Duration::from_secs(20) {
                return;
            }
        }
    }
}

async fn ask(daemon: &Daemon, method: &str, path: &str, body: &Value) -> Value {
    let (status, answer) = http::once(daemon.addr, method, path, Some(&daemon.token), body.to_string()).await;
    assert!(status.is_success(), "{method} {path}: {status} {answer:?}");
    serde_json::from_slice(&answer).unwrap()
}

#[tokio::main]
async fn main() {
    if harness::play_role().await {
        return;
    }
    let only = std::env::var("RINGBACK_HOSTILE").unwrap_or_default();
    let receiver = harness::receiver::Receiver::start().await;
    let accounts = Accounts::new().await;
    let target = format!("http://{}/hook", receiver.addr);
    let probes = Probes::start(accounts.daemon.addr, accounts.daemon.admin, &accounts.other).await;
    // What the daemon takes once its caches are full of ordinary work is no growth.
    accounts.warm_up(&target).await;
    let before = accounts.rested().await.rss_bytes;
    let mut slow = Vec::new();
    let attempts = [schemas::attempts(), filters::attempts(&target), templates::attempts(&target)];
    for attempt in attempts.into_iter().flatten().filter(|attempt| attempt.name.contains(&only)) {
        for request in &attempt.before {
            let (status, _, answer) = accounts.send(request).await;
            assert!(status < 500, "{}: {status} {answer}", attempt.name);
        }
        accounts.settle().await;
        slow.extend(make(&accounts, &attempt).await);
        accounts.settle().await;
    }
    let usage = accounts.rested().await;
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let (growth, peak) = (mib(usage.rss_bytes) - mib(before), mib(usage.peak_rss_bytes));
    let (livez, posts) = probes.end().await;
    println!("\nmemory {:.1} MiB before, grew by {growth:.1} MiB; peak {peak:.1} MiB", mib(before));
    println!("/livez: {} asked, p99 {:.1} ms, longest {:.1} ms", livez.count, livez.p99, livez.longest);
    println!("other posts: {}, p99 {:.1} ms, longest {:.1} ms", posts.count, posts.p99, posts.longest);
    let bars = [
        (slow.is_empty(), format!("slower than {ANSWER:?}: {}", slow.join(", "))),
        (growth <= GROWTH_MIB, format!("memory grew by more than {GROWTH_MIB} MiB")),
        (livez.p99 <= LIVEZ_P99, format!("/livez has a p99 above {LIVEZ_P99} ms")),
        (posts.p99 <= POST_P99, format!("other posts have a p99 above {POST_P99} ms")),
    ];
    let missed: Vec<&String> = bars.iter().filter(|(met, _)| !met).map(|(_, what)| what).collect();
    for what in &missed {
        println!("MISSED: {what}");
    }
    assert!(missed.is_empty(), "{} of {} bars missed", missed.len(), bars.len());
}

/// Makes an attempt; gives its name if an answer was slow.
async fn make(accounts: &Accounts, attempt: &Attempt) -> Option<String> {
    let mut longest = Duration::ZERO;
    let mut statuses = Vec::new();
    let mut last = String::new();
    for request in &attempt.requests {
        let (status, took, answer) = accounts.send(request).await;
        assert!(status != 500, "{}: {answer}", attempt.name);
        longest = longest.max(took);
        statuses.push(status);
        last = answer;
    }
    let rss = accounts.daemon.usage().rss_bytes >> 20;
    let ms = longest.as_secs_f64() * 1e3;
    println!("{ms:>8.1} ms  {rss:>4} MiB  {:<12} {}", tally(&statuses), attempt.name);
    if std::env::var_os("RINGBACK_HOSTILE_ANSWERS").is_some() {
        println!("             {}", last.chars().take(400).collect::<String>());
    }
    (longest > ANSWER).then(|| format!("{} ({ms:.0} ms)", attempt.name))
}

/// Statuses, each with how often it came.
fn tally(statuses: &[u16]) -> String {
    let mut tally: Vec<(u16, usize)> = Vec::new();
    for &status in statuses {
        match tally.iter_mut().find(|(known, _)| *known == status) {
            Some((_, count)) => *count += 1,
            None => tally.push((status, 1)),
        }
    }
    let text = |(status, count): &(u16, usize)| {
        if *count == 1 { status.to_string() } else { format!("{count}×{status}") }
    };
    tally.iter().map(text).collect::<Vec<_>>().join(" ")
}
