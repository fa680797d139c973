//! The generator: keep-alive connections that post as fast as they are answered, or at a rate.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use bytes::Bytes;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::Full;
use hyper::Request;
use serde::{Deserialize, Serialize};
use sha2::Sha256;

use super::{BODY_BYTES, CONNECTIONS, http, receiver};

/// What to post, where, how fast.
#[derive(Clone, Serialize, Deserialize)]
pub struct Load {
    pub addr: SocketAddr,
    pub path: String,
    pub posts: u32,
    pub token: Option<String>,
    /// Keep-alive connections that post.
    pub connections: usize,
    /// Events in a post: more than one go as lines.
    pub lines: u32,
    /// Sign each body, as a sender of webhooks does.
    pub sign: bool,
    /// Posts per second; `None`: as fast as they are answered.
    pub rate: Option<u32>,
    /// Connections that post at a rate.
    pub rate_connections: usize,
}

#[derive(Serialize, Deserialize)]
pub struct Generated {
    /// From the first post to the last answer.
    pub seconds: f64,
    /// What starting and ending the process took beside that.
    #[serde(default)]
    pub overhead: f64,
    /// From when a post was due to its answer, where posts have a rate.
    #[serde(default)]
    pub p50_ms: f64,
    #[serde(default)]
    pub p99_ms: f64,
}

impl Load {
    pub fn new(addr: SocketAddr, path: &str, posts: u32) -> Self {
        Self {
            addr,
            path: path.to_owned(),
            posts,
            token: None,
            connections: CONNECTIONS,
            lines: 1,
            sign: false,
            rate: None,
            rate_connections: 4,
        }
    }
}

/// Runs a load in a process of its own.
pub async fn spawn(load: &Load) -> Generated {
    let exe = std::env::current_exe().unwrap();
    let load = serde_json::to_string(load).unwrap();
    let begun = Instant::now();
    let child = tokio::process::Command::from(Command::new(exe))
        .args(["role-generator", &load])
        .stdout(Stdio::piped())
        .output()
        .await
        .unwrap();
    assert!(child.status.success(), "the generator failed");
    let generated: Generated = serde_json::from_slice(&child.stdout).unwrap();
    Generated { overhead: begun.elapsed().as_secs_f64() - generated.seconds, ..generated }
}

/// The role of the child process.
pub async fn run(load: &str) {
    let load: Arc<Load> = Arc::new(serde_json::from_str(load).unwrap());
    let next = Arc::new(AtomicU32::new(0));
    let connections = if load.rate.is_some() { load.rate_connections } else { load.connections };
    let mut workers = Vec::new();
    for _ in 0..connections {
        workers.push(http::connect(load.addr).await);
    }
    let begun = Instant::now();
    let tasks: Vec<_> = workers
        .into_iter()
        .map(|connection| tokio::spawn(work(connection, Arc::clone(&load), Arc::clone(&next), begun)))
        .collect();
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await.unwrap());
    }
    waits.sort_by(f64::total_cmp);
    let at = |share: f64| waits.get((waits.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    let (p50_ms, p99_ms) = (at(0.50), at(0.99));
    let generated = Generated { seconds: begun.elapsed().as_secs_f64(), overhead: 0.0, p50_ms, p99_ms };
    println!("{}", serde_json::to_string(&generated).unwrap());
}

/// How long each post at a rate waited for its answer, in milliseconds.
async fn work(
    mut connection: http::Connection,
    load: Arc<Load>,
    next: Arc<AtomicU32>,
    begun: Instant,
) -> Vec<f64> {
    let fixed = match load.lines {
        1 => body(&load, None),
        lines => [&body(&load, None)[..], b"\n"].concat().repeat(lines as usize).into(),
    };
    let mut waits = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= load.posts {
            return waits;
        }
        let due = load.rate.map(|rate| begun + Duration::from_secs_f64(f64::from(number) / f64::from(rate)));
        let body = match due {
            None => fixed.clone(),
            Some(due) => {
                tokio::time::sleep_until(due.into()).await;
                body(&load, Some(receiver::now_ns()))
            }
        };
        let (status, answer) = http::send(&mut connection, request(&load, number, body)).await;
        assert!(status.is_success(), "{status} {answer:?}");
        waits.extend(due.map(|due| due.elapsed().as_secs_f64() * 1e3));
    }
}

/// 1 KiB of JSON: an event, or what an event's delivery looks like.
fn body(load: &Load, sent_ns: Option<u64>) -> Bytes {
    let stamp = sent_ns.map(|ns| format!("\"sent_ns\":\"{ns:020}\",")).unwrap_or_default();
    let head = match load.token {
        Some(_) => format!(r#"{{"type":"bench.event","data":{{{stamp}"pad":""#),
        None => format!(r#"{{"id":"evt_0","type":"bench.event","data":{{{stamp}"pad":""#),
    };
    let pad = "x".repeat(BODY_BYTES - head.len() - 3);
    Bytes::from(format!("{head}{pad}\"}}}}"))
}

fn request(load: &Load, number: u32, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::post(&load.path)
        .header("host", "127.0.0.1")
        .header("content-type", if load.lines > 1 { "application/x-ndjson" } else { "application/json" })
        .header("user-agent", "bench");
    if let Some(token) = &load.token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    if load.sign {
        let (id, at) = (format!("evt_{number:026}"), receiver::now_ns() / 1_000_000_000);
        let mut mac = Hmac::<Sha256>::new_from_slice(b"0123456789abcdef01234567").unwrap();
        mac.update(format!("{id}.{at}.").as_bytes());
        mac.update(&body);
        let signature = BASE64_STANDARD.encode(mac.finalize().into_bytes());
        request = request
            .header("webhook-id", id)
            .header("webhook-timestamp", at)
            .header("webhook-signature", format!("v1,{signature}"));
    }
    request.body(Full::new(body)).unwrap()
}
