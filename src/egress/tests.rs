//! Against servers written by hand on raw sockets, so that they can misbehave.

use std::future::Future;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::HeaderValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::domain::outcome::ErrorKind;
use crate::domain::target::TargetPolicy;

mod addresses;
mod answers;
mod attacks;
mod names;
mod own_tls;
mod pool;
mod proxy;
mod tls;

const SHORT: Timeouts = Timeouts {
    connect: Duration::from_millis(400),
    body: Duration::from_millis(400),
    total: Duration::from_millis(600),
};
const SLACK: Duration = Duration::from_millis(250);

/// For everything that is not about time.
const LONG: Timeouts = Timeouts {
    connect: Duration::from_secs(20),
    body: Duration::from_secs(20),
    total: Duration::from_secs(30),
};

struct Server {
    port: u16,
    accepted: Arc<AtomicUsize>,
}

impl Server {
    async fn start<F, T>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        Self::at(0, serve).await
    }

    async fn at<F, T>(port: u16, serve: F) -> Self
    where
        F: Fn(TcpStream) -> T + Send + 'static,
        T: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind(("127.0.0.1", port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                // Or the kernel keeps a small answer back, and drops it when the connection is reset.
                tcp.set_nodelay(true).unwrap();
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(tcp));
            }
        });
        Self { port, accepted }
    }

    /// Answers every request on a connection with `answer`.
    async fn answering(answer: &'static str) -> Self {
        Self::start(move |mut tcp| async move {
            while read_request(&mut tcp).await.is_some() {
                if tcp.write_all(answer.as_bytes()).await.is_err() {
                    return;
                }
            }
        })
        .await
    }

    /// Answers one request with `head` and then `piece` without end.
    async fn flooding(head: &'static str, piece: Vec<u8>, pause: Option<Duration>) -> Self {
        let piece = Arc::new(piece);
        Self::start(move |mut tcp| {
            let piece = Arc::clone(&piece);
            async move {
                read_request(&mut tcp).await;
                let mut open = tcp.write_all(head.as_bytes()).await.is_ok();
                while open {
                    open = tcp.write_all(&piece).await.is_ok();
                    match pause {
                        Some(pause) => tokio::time::sleep(pause).await,
                        None => tokio::task::yield_now().await,
                    }
                }
            }
        })
        .await
    }

    fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }

    fn url(&self) -> String {
        format!("http://127.0.0.1:{}/hook?a=b", self.port)
    }
}

/// One request's head and body as text; `None` when the connection ended.
async fn read_request(tcp: &mut (impl AsyncReadExt + Unpin)) -> Option<String> {
    let mut text = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let read = tcp.read(&mut buffer).await.ok().filter(|read| *read > 0)?;
        text.extend_from_slice(&buffer[..read]);
        let so_far = String::from_utf8_lossy(&text).into_owned();
        let Some((head, body)) = so_far.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
            return Some(so_far);
        }
    }
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-a: 1\r\nX-A: 2\r\n\r\nok";

fn egress(policy: AddressPolicy, names: &[(&str, &[&str])]) -> Egress {
    let table: Vec<(String, Vec<IpAddr>)> = names
        .iter()
        .map(|(name, ips)| ((*name).to_owned(), ips.iter().map(|ip| ip.parse().unwrap()).collect()))
        .collect();
    let answers = move |asked: &str| {
        table.iter().find(|(name, _)| name == asked).map(|(_, ips)| ips.clone()).unwrap_or_default()
    };
    Egress::new(EgressConfig {
        addresses: policy,
        resolver: Resolver::Fixed(Arc::new(answers)),
        ..EgressConfig::default()
    })
    .unwrap()
}

fn local() -> Egress {
    egress(TargetPolicy::dev().addresses, &[("here.test", &["127.0.0.1"])])
}

fn request(webhook: u32, url: &str, timeouts: Timeouts) -> OutgoingRequest {
    OutgoingRequest {
        method: http::Method::POST,
        webhook: WebhookNo(webhook),
        account: AccountNo(1),
        target: TargetUrl::from_stored(url).unwrap(),
        headers: HeaderMap::new(),
        body: Bytes::from_static(b"{\"a\":1}"),
        timeouts,
        whole_answer: false,
        any_certificate: false,
        tls: None,
    }
}

async fn post(egress: &Egress, url: &str, timeouts: Timeouts) -> Exchange {
    egress.exchange(request(1, url, timeouts)).await
}

fn kind(exchange: &Exchange) -> Option<ErrorKind> {
    exchange.error.as_ref().map(|error| error.kind)
}
