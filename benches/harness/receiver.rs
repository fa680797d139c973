//! The receiver: answers 200, counts, and, when bodies say when they were sent, times them. Below
//! `/dead` it never answers.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::http;

#[derive(Default)]
struct Counters {
    /// Requests whose heads came.
    arrived: AtomicU64,
    /// Requests that were answered.
    count: AtomicU64,
    latencies_ns: Mutex<Vec<u64>>,
}

pub fn now_ns() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

/// The role of the child process: prints its address, then serves until it is killed.
pub async fn serve() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("{}", listener.local_addr().unwrap());
    let counters = Arc::new(Counters::default());
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let counters = Arc::clone(&counters);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&counters), request));
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(
    counters: Arc<Counters>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    if request.uri().path() == "/stats" {
        let latencies = counters.latencies_ns.lock().unwrap().clone();
        let count = counters.count.load(Ordering::Relaxed);
        let arrived = counters.arrived.load(Ordering::Relaxed);
        let stats = serde_json::json!({ "arrived": arrived, "count": count, "latencies_ns": latencies });
        return Ok(Response::new(Full::from(stats.to_string())));
    }
    counters.arrived.fetch_add(1, Ordering::Relaxed);
    if request.uri().path().starts_with("/dead") {
        std::future::pending::<()>().await;
    }
    let body =
        request.into_body().collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    if let Some(sent) = sent_ns(&body) {
        counters.latencies_ns.lock().unwrap().push(now_ns().saturating_sub(sent));
    }
    counters.count.fetch_add(1, Ordering::Relaxed);
    Ok(Response::new(Full::default()))
}

/// `"sent_ns":"<20 digits>"`, which only timed runs carry, within the first bytes.
fn sent_ns(body: &[u8]) -> Option<u64> {
    let head = &body[..body.len().min(256)];
    let marker = b"\"sent_ns\":\"";
    let at = head.windows(marker.len()).position(|window| window == marker)? + marker.len();
    std::str::from_utf8(head.get(at..at + 20)?).ok()?.parse().ok()
}

pub struct Stats {
    pub arrived: u64,
    pub count: u64,
    pub latencies: Latencies,
}

/// How long timed bodies took to arrive, in nanoseconds.
#[derive(Default, serde::Deserialize)]
pub struct Latencies(Vec<u64>);

impl Latencies {
    /// In milliseconds.
    pub fn p50_p99(mut self) -> (f64, f64) {
        self.0.sort_unstable();
        let at = |share: f64| {
            let index = (self.0.len() as f64 * share) as usize;
            self.0.get(index).copied().unwrap_or(0) as f64 / 1e6
        };
        (at(0.50), at(0.99))
    }
}

/// A running receiver; killed when dropped.
pub struct Receiver {
    pub addr: SocketAddr,
    child: Child,
}

impl Receiver {
    pub async fn start() -> Self {
        let exe = std::env::current_exe().unwrap();
        let mut child = Command::new(exe).arg("role-receiver").stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        let mut stdout = std::io::BufReader::new(child.stdout.take().unwrap());
        std::io::BufRead::read_line(&mut stdout, &mut line).unwrap();
        Self { addr: line.trim().parse().unwrap(), child }
    }

    pub async fn stats(&self) -> Stats {
        let (_, body) = http::once(self.addr, "GET", "/stats", None, String::new()).await;
        let stats: serde_json::Value = serde_json::from_slice(&body).unwrap();
        Stats {
            arrived: stats["arrived"].as_u64().unwrap(),
            count: stats["count"].as_u64().unwrap(),
            latencies: serde_json::from_value(stats["latencies_ns"].clone()).unwrap(),
        }
    }

    pub async fn wait_for(&self, count: u64, bound: Duration) {
        let begun = Instant::now();
        loop {
            let seen = self.stats().await.count;
            if seen >= count {
                return;
            }
            assert!(begun.elapsed() < bound, "{seen} of {count} arrived within {bound:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
