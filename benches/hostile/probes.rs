//! What others notice: the other account's posts, and `/livez`.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::Request;
use tokio::task::JoinHandle;

use super::http;

/// How often each asks.
const EVERY: Duration = Duration::from_millis(10);

pub struct Probes {
    stop: Arc<AtomicBool>,
    livez: JoinHandle<Vec<f64>>,
    posts: JoinHandle<Vec<f64>>,
}

/// Waits in milliseconds.
pub struct Waits {
    pub count: usize,
    pub p99: f64,
    pub longest: f64,
}

impl Probes {
    pub async fn start(api: SocketAddr, admin: SocketAddr, token: &str) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let bearer = format!("Bearer {token}");
        let livez = move || Request::get("/livez").header("host", "127.0.0.1").body(Full::default()).unwrap();
        let post = move || {
            Request::post("/v1/events")
                .header("host", "127.0.0.1")
                .header("content-type", "application/json")
                .header("authorization", &bearer)
                .body(Full::from(Bytes::from_static(br#"{"type":"other.event","data":{"n":1}}"#)))
                .unwrap()
        };
        Self {
            livez: tokio::spawn(probe(admin, livez, Arc::clone(&stop))),
            posts: tokio::spawn(probe(api, post, Arc::clone(&stop))),
            stop,
        }
    }

    pub async fn end(self) -> (Waits, Waits) {
        self.stop.store(true, Ordering::Relaxed);
        (waits(self.livez.await.unwrap()), waits(self.posts.await.unwrap()))
    }
}

/// Asks at a rate, and counts from when each was due, so that one long wait counts as often as it hid others.
async fn probe(
    addr: SocketAddr,
    request: impl Fn() -> Request<Full<Bytes>>,
    stop: Arc<AtomicBool>,
) -> Vec<f64> {
    let mut connection = http::connect(addr).await;
    let (begun, mut waits) = (Instant::now(), Vec::new());
    while !stop.load(Ordering::Relaxed) {
        let due = begun + EVERY * waits.len() as u32;
        tokio::time::sleep_until(due.into()).await;
        let (status, answer) = http::send(&mut connection, request()).await;
        assert!(status.is_success(), "{status} {answer:?}");
        waits.push(due.elapsed().as_secs_f64() * 1e3);
    }
    waits
}

fn waits(mut all: Vec<f64>) -> Waits {
    all.sort_by(f64::total_cmp);
    let at = |share: f64| all.get((all.len() as f64 * share) as usize).copied().unwrap_or(0.0);
    Waits { count: all.len(), p99: at(0.99), longest: all.last().copied().unwrap_or(0.0) }
}
