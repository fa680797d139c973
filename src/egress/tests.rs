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
    }
}

async fn post(egress: &Egress, url: &str, timeouts: Timeouts) -> Exchange {
    egress.exchange(request(1, url, timeouts)).await
}

fn kind(exchange: &Exchange) -> Option<ErrorKind> {
    exchange.error.as_ref().map(|error| error.kind)
}

mod attacks;
mod names;
mod proxy;
mod tls;

#[tokio::test]
async fn a_healthy_exchange() {
    let (seen, mut requests) = tokio::sync::mpsc::channel(1);
    let server = Server::start(move |mut tcp| {
        let seen = seen.clone();
        async move {
            seen.send(read_request(&mut tcp).await.unwrap()).await.unwrap();
            tcp.write_all(OK.as_bytes()).await.unwrap();
        }
    })
    .await;
    let mut request = request(1, &format!("http://here.test:{}/hook?a=b", server.port), LONG);
    for (name, value) in [
        ("host", "evil.test"),
        ("content-length", "3"),
        ("transfer-encoding", "chunked"),
        ("connection", "close"),
        ("expect", "100-continue"),
        ("webhook-id", "evt_1"),
    ] {
        request.headers.insert(name, HeaderValue::from_static(value));
    }
    let exchange = local().exchange(request).await;
    assert_eq!(exchange.error, None);
    let response = exchange.response.unwrap();
    assert_eq!((response.status, &*response.body, response.truncated), (200, &b"ok"[..], false));
    assert_eq!(response.headers.get_all("x-a").iter().count(), 2);
    assert_eq!(exchange.remote_ip, Some("127.0.0.1".parse().unwrap()));
    let timings = exchange.timings;
    assert!(timings.dns.is_some() && timings.connect.is_some() && timings.tls.is_none());
    assert!(timings.first_byte.unwrap() <= timings.total);

    let text = requests.recv().await.unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    assert_eq!(body, "{\"a\":1}");
    let mut lines: Vec<&str> = head.lines().collect();
    assert_eq!(lines.remove(0), "POST /hook?a=b HTTP/1.1");
    lines.sort_unstable();
    let host = format!("Host: here.test:{}", server.port);
    assert_eq!(lines, ["Content-Length: 7", &*host, "Webhook-Id: evt_1"]);
}

#[tokio::test]
async fn statuses() {
    for (answer, expected) in [
        ("HTTP/1.1 204 No Content\r\n\r\n", None),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n", None),
        (
            "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\n\r\n",
            Some(ErrorKind::Redirect),
        ),
        ("HTTP/1.1 304 Not Modified\r\n\r\n", Some(ErrorKind::Redirect)),
        ("HTTP/1.1 410 Gone\r\ncontent-length: 4\r\n\r\ngone", Some(ErrorKind::Status)),
        ("HTTP/1.1 500 Oops\r\ncontent-length: 0\r\n\r\n", Some(ErrorKind::Status)),
        (
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n",
            Some(ErrorKind::Status),
        ),
        ("HTTP/2 200\r\n\r\n", Some(ErrorKind::Protocol)),
        ("220 mail.example ESMTP\r\n", Some(ErrorKind::Protocol)),
        ("HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n", Some(ErrorKind::Protocol)),
        ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", None),
    ] {
        let server = Server::answering(answer).await;
        let exchange = post(&local(), &server.url(), LONG).await;
        assert_eq!(kind(&exchange), expected, "{answer:?}: {:?}", exchange.error);
        assert_eq!(server.accepted(), 1);
    }
    let server = Server::answering("HTTP/1.1 410 Gone\r\ncontent-length: 4\r\n\r\ngone").await;
    let exchange = post(&local(), &server.url(), LONG).await;
    assert_eq!((exchange.status(), &*exchange.response.unwrap().body), (Some(410), &b"gone"[..]));
    assert_eq!(exchange.error.unwrap().detail, "the receiver answered 410 Gone");
}

#[tokio::test]
async fn what_answers_in_another_language_is_quoted() {
    for (answer, quoted) in [
        ("SSH-2.0-OpenSSH_9\r\n", "began with \"SSH-2.0-OpenSSH_9\\r\\n\""),
        ("220 mail.example ESMTP\r\n", "began with \"220 mail.example ESMTP\\r\\n\""),
        ("<html><body>", "began with \"<html><body>\""),
        ("\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}F", "speaks TLS; the URL has to begin with https://"),
    ] {
        let exchange = post(&local(), &Server::answering(answer).await.url(), LONG).await;
        let error = exchange.error.unwrap();
        assert_eq!(error.kind, ErrorKind::Protocol);
        assert!(error.detail.contains(quoted), "{}", error.detail);
    }
    let moved = "HTTP/1.1 301 Moved\r\nlocation: https://new.test/a?key=s\r\ncontent-length: 0\r\n\r\n";
    let exchange = post(&local(), &Server::answering(moved).await.url(), LONG).await;
    assert_eq!(
        exchange.error.unwrap().detail,
        "the receiver answered 301 Moved Permanently and points to https://new.test/a; \
         redirects are not followed: change the webhook's URL"
    );
}

#[tokio::test]
async fn sloppy_heads_are_understood() {
    for answer in [
        "HTTP/1.1 200 OK\r\nx-a: one\r\n two\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx-a : one\r\ncontent-length: 0\r\n\r\n",
        "\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200\ncontent-length: 0\n\n",
    ] {
        let exchange = post(&local(), &Server::answering(answer).await.url(), LONG).await;
        assert_eq!(exchange.error, None, "{answer:?}");
    }
}

#[tokio::test]
async fn one_hundred_headers_are_taken_and_one_more_is_not() {
    for (count, expected) in
        [(limits::RESPONSE_HEADERS, None), (limits::RESPONSE_HEADERS + 1, Some(ErrorKind::Protocol))]
    {
        let fillers: String = (0..count - 1).map(|n| format!("x-{n}: y\r\n")).collect();
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n{fillers}\r\n");
        let server = Server::answering(answer.leak()).await;
        assert_eq!(kind(&post(&local(), &server.url(), LONG).await), expected, "{count}");
    }
}

#[tokio::test]
async fn bodies_are_kept_to_a_bound() {
    for (sent, kept, truncated) in
        [(16 << 10, 16 << 10, false), ((16 << 10) + 1, 16 << 10, true), (60 << 10, 16 << 10, true)]
    {
        let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {sent}\r\n\r\n{}", "x".repeat(sent));
        let server = Server::answering(answer.leak()).await;
        let egress = local();
        let exchange = post(&egress, &server.url(), LONG).await;
        assert!(exchange.succeeded());
        let response = exchange.response.unwrap();
        assert_eq!((response.body.len(), response.truncated), (kept, truncated));
        assert_eq!(egress.inner().pool.len(), 1);
    }
}

#[tokio::test]
async fn no_connection() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let exchange = post(&local(), &format!("http://127.0.0.1:{port}/"), LONG).await;
    assert_eq!((kind(&exchange), exchange.want), (Some(ErrorKind::Connect), None));
    let exchange = post(&local(), "http://nowhere.test/", LONG).await;
    assert_eq!((kind(&exchange), exchange.want), (Some(ErrorKind::Dns), None), "there is no such name");
    assert!(exchange.timings.dns.is_some());
}

#[tokio::test]
async fn the_next_address_is_tried_when_one_refuses() {
    let server = Server::answering(OK).await;
    let egress = egress(TargetPolicy::dev().addresses, &[("two.test", &["::1", "127.0.0.1"])]);
    let exchange = post(&egress, &format!("http://two.test:{}/", server.port), LONG).await;
    assert_eq!(exchange.error, None);
    assert_eq!(exchange.remote_ip, Some("127.0.0.1".parse().unwrap()));
}

/// A port of 127.0.0.2 with so many places for who waits to be accepted, and the same port of 127.0.0.1.
async fn pair(backlog: u32) -> (TcpListener, TcpListener) {
    for _ in 0..100 {
        let good = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let other = tokio::net::TcpSocket::new_v4().unwrap();
        if other.bind(([127, 0, 0, 2], good.local_addr().unwrap().port()).into()).is_ok() {
            return (other.listen(backlog).unwrap(), good);
        }
    }
    panic!("no port is free at both addresses");
}

#[tokio::test]
async fn an_address_that_swallows_packets_holds_nobody_up_and_is_not_tried_first_again() {
    let (silent, good) = pair(1).await;
    let port = good.local_addr().unwrap().port();
    // Its queue is full, so the kernel answers nobody there.
    let mut fill = Vec::new();
    while let Ok(Ok(stream)) =
        tokio::time::timeout(Duration::from_millis(300), TcpStream::connect(silent.local_addr().unwrap()))
            .await
    {
        fill.push(stream);
    }
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = good.accept().await {
            read_request(&mut tcp).await;
            let _ = tcp.write_all(OK.as_bytes()).await;
        }
    });
    let egress = egress(TargetPolicy::dev().addresses, &[("two.test", &["127.0.0.2", "127.0.0.1"])]);
    let url = format!("http://two.test:{port}/");
    let exchange = post(&egress, &url, LONG).await;
    assert_eq!((exchange.error, exchange.remote_ip), (None, Some("127.0.0.1".parse().unwrap())));
    assert!(exchange.timings.total < LONG.connect / 2, "{:?}", exchange.timings);
    let target = TargetUrl::from_stored(&url).unwrap();
    let order = egress
        .inner()
        .connector
        .order(&target, &["127.0.0.2".parse().unwrap(), "127.0.0.1".parse().unwrap()]);
    assert_eq!(order.unwrap()[0].ip(), "127.0.0.1".parse::<IpAddr>().unwrap());
    drop(fill);
}

#[tokio::test]
async fn a_stalled_handshake_is_overtaken_by_another_address() {
    let (silent, good) = pair(64).await;
    let port = good.local_addr().unwrap().port();
    drop(good);
    let (server, certificate) = tls::at(port).await;
    let resolver =
        Resolver::Fixed(Arc::new(|_| vec!["127.0.0.2".parse().unwrap(), "127.0.0.1".parse().unwrap()]));
    let addresses = TargetPolicy::dev().addresses;
    let config =
        EgressConfig { addresses, extra_roots: vec![certificate], resolver, ..EgressConfig::default() };
    let exchange =
        post(&Egress::new(config).unwrap(), &format!("https://here.test:{}/", server.port), LONG).await;
    assert_eq!((exchange.error, exchange.remote_ip), (None, Some("127.0.0.1".parse().unwrap())));
    assert!(exchange.timings.total < LONG.connect / 2, "{:?}", exchange.timings);
    drop(silent);
}

#[tokio::test]
async fn names_that_lead_inside_are_never_connected_to() {
    let server = Server::answering(OK).await;
    let inside: [&[&str]; 5] = [
        &["127.0.0.1"],
        &["::ffff:127.0.0.1"],
        &["64:ff9b::7f00:1", "127.0.0.1"],
        &["::1", "127.0.0.1"],
        &["169.254.169.254", "127.0.0.1"],
    ];
    for answers in inside {
        let egress = egress(AddressPolicy::default(), &[("rebind.test", answers)]);
        let exchange = post(&egress, &format!("http://rebind.test:{}/", server.port), LONG).await;
        assert_eq!(kind(&exchange), Some(ErrorKind::BlockedAddress), "{answers:?}");
        // Which address it is would make of attempts a resolver of internal names.
        let detail = exchange.error.unwrap().detail;
        assert_eq!(detail, "rebind.test leads to an address that may not be used");
        assert_eq!((exchange.timings.connect, exchange.remote_ip), (None, None));
    }
    let literal = post(&egress(AddressPolicy::default(), &[]), &server.url(), LONG).await;
    assert_eq!(kind(&literal), Some(ErrorKind::BlockedAddress));
    assert!(literal.error.unwrap().detail.contains("egress.allow"));
    assert_eq!(server.accepted(), 0);
}

#[tokio::test]
async fn addresses_that_may_not_be_used_are_left_out() {
    let server = Server::answering(OK).await;
    let answers: &[&str] = &["10.0.0.1", "169.254.169.254", "::1", "192.168.0.1", "fd00::1", "127.0.0.1"];
    let only_v4 = AddressPolicy { allow: vec!["127.0.0.0/8".parse().unwrap()], own: Vec::new() };
    let egress = egress(only_v4, &[("mixed.test", answers)]);
    for connects in [true, false] {
        let exchange = post(&egress, &format!("http://mixed.test:{}/", server.port), LONG).await;
        assert_eq!(exchange.error, None);
        assert_eq!(exchange.remote_ip, Some("127.0.0.1".parse().unwrap()));
        assert_eq!(exchange.timings.connect.is_some(), connects, "a kept connection fits as well");
    }
    assert_eq!(server.accepted(), 1);
}

#[tokio::test]
async fn a_pooled_connection_is_not_used_once_its_name_leads_elsewhere() {
    let server = Server::answering(OK).await;
    let asked = AtomicUsize::new(0);
    let rebinding = move |_: &str| {
        let ip = if asked.fetch_add(1, Ordering::SeqCst) == 0 { "127.0.0.1" } else { "10.0.0.1" };
        vec![ip.parse().unwrap()]
    };
    let egress = Egress::new(EgressConfig {
        addresses: TargetPolicy::dev().addresses,
        resolver: Resolver::Fixed(Arc::new(rebinding)),
        dns_ttl: Duration::ZERO,
        ..EgressConfig::default()
    })
    .unwrap();
    let url = format!("http://rebind.test:{}/", server.port);
    assert!(post(&egress, &url, LONG).await.succeeded());
    assert_eq!(egress.inner().pool.len(), 1);
    assert_eq!(kind(&post(&egress, &url, LONG).await), Some(ErrorKind::BlockedAddress));
}

#[tokio::test]
async fn ten_exchanges_share_a_connection() {
    let server = Server::answering(OK).await;
    let egress = local();
    for turn in 0..10 {
        let exchange = post(&egress, &server.url(), LONG).await;
        assert_eq!(exchange.error, None);
        assert_eq!(exchange.timings.connect.is_some(), turn == 0);
    }
    assert_eq!(server.accepted(), 1);
    assert!(egress.is_connected(WebhookNo(1)) && !egress.is_connected(WebhookNo(2)));
    egress.forget(WebhookNo(1));
    assert_eq!(egress.inner().pool.len(), 0);
    assert!(!egress.is_connected(WebhookNo(1)));
    assert!(post(&egress, &server.url(), LONG).await.succeeded());
    assert_eq!(server.accepted(), 2);
}

#[tokio::test]
async fn webhooks_and_origins_never_share_a_connection() {
    let server = Server::answering(OK).await;
    let egress = local();
    let named = format!("http://here.test:{}/", server.port);
    for _ in 0..2 {
        for (webhook, url) in [(1, server.url()), (2, server.url()), (1, named.clone())] {
            assert!(egress.exchange(request(webhook, &url, LONG)).await.succeeded());
        }
    }
    assert_eq!(server.accepted(), 3);
}

#[tokio::test]
async fn idle_connections_are_bounded() {
    let server = Server::answering(OK).await;
    let egress = local();
    let url = server.url();
    let all = (0..limits::IDLE_PER_WEBHOOK + 8).map(|_| post(&egress, &url, LONG));
    assert!(futures_util::future::join_all(all).await.iter().all(Exchange::succeeded));
    assert_eq!(egress.inner().pool.len(), limits::IDLE_PER_WEBHOOK);
}

#[tokio::test]
async fn idle_connections_expire() {
    let server = Server::answering(OK).await;
    let egress = local();
    assert!(post(&egress, &server.url(), LONG).await.succeeded());
    let inner = egress.inner();
    let pool = &inner.pool;
    let left = pool.sweep(clock::monotonic()).unwrap();
    assert!(left <= limits::IDLE_CONNECTION && pool.len() == 1);
    assert_eq!(pool.sweep(clock::monotonic() + left), None);
    assert_eq!(pool.len(), 0);
}

#[tokio::test]
async fn connections_closed_while_idle_fail_nothing() {
    let (closed, mut closes) = tokio::sync::mpsc::channel(1);
    let server = Server::start(move |mut tcp| {
        let closed = closed.clone();
        async move {
            read_request(&mut tcp).await;
            tcp.write_all(OK.as_bytes()).await.unwrap();
            drop(tcp);
            closed.send(()).await.unwrap();
        }
    })
    .await;
    let egress = local();
    for turn in 1..=20 {
        let exchange = post(&egress, &server.url(), LONG).await;
        assert_eq!(exchange.error, None, "exchange {turn}");
        assert_eq!(server.accepted(), turn);
        closes.recv().await.unwrap();
        // A later event on another socket, so that the runtime has seen the close.
        let probe = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (near, far) = tokio::join!(TcpStream::connect(probe.local_addr().unwrap()), probe.accept());
        drop((near.unwrap(), far.unwrap()));
    }
}

#[tokio::test]
async fn a_kept_connection_that_dies_under_a_request_is_replaced_once() {
    // The first answers and keeps the connection; what comes next on it is read and never answered.
    let server = Server::start(|mut tcp| async move {
        read_request(&mut tcp).await;
        tcp.write_all(OK.as_bytes()).await.unwrap();
        read_request(&mut tcp).await;
    })
    .await;
    let egress = local();
    let first = post(&egress, &server.url(), LONG).await;
    assert_eq!((first.error, first.note), (None, None));
    let second = post(&egress, &server.url(), LONG).await;
    assert_eq!((kind(&second), server.accepted()), (None, 2));
    assert!(second.note.as_ref().unwrap().contains("a new one was used"), "{second:?}");

    // What some say of a connection that was idle for too long, with the end of it.
    let begun = Arc::new(AtomicUsize::new(0));
    let server = Server::start(move |mut tcp| {
        let is_first = begun.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            read_request(&mut tcp).await;
            tcp.write_all(OK.as_bytes()).await.unwrap();
            read_request(&mut tcp).await;
            let late = "HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
            tcp.write_all(if is_first { late } else { OK }.as_bytes()).await.unwrap();
        }
    })
    .await;
    let egress = local();
    assert_eq!(post(&egress, &server.url(), LONG).await.error, None);
    let second = post(&egress, &server.url(), LONG).await;
    assert_eq!((kind(&second), second.status(), server.accepted()), (None, Some(200), 2));
    assert!(second.note.as_ref().unwrap().contains("408"), "{second:?}");

    // One that began to answer is not, nor is a fresh one.
    for (answers, connections) in [("HTTP/1.1 2", 1), ("", 2)] {
        let begun = Arc::new(AtomicUsize::new(0));
        let server = Server::start(move |mut tcp| {
            let is_first = begun.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                read_request(&mut tcp).await;
                if is_first {
                    tcp.write_all(OK.as_bytes()).await.unwrap();
                    read_request(&mut tcp).await;
                    tcp.write_all(answers.as_bytes()).await.unwrap();
                }
            }
        })
        .await;
        let egress = local();
        assert_eq!(post(&egress, &server.url(), LONG).await.error, None);
        let failed = post(&egress, &server.url(), LONG).await;
        assert_eq!((kind(&failed), failed.note), (Some(ErrorKind::Connect), None), "{answers:?}");
        assert_eq!(server.accepted(), connections, "{answers:?}");
        let says = failed.error.unwrap().detail.contains("a new one was used");
        assert_eq!(says, connections == 2, "what was replaced is told of a failure, too");
    }
}

#[tokio::test]
async fn the_status_decides_whatever_becomes_of_the_body() {
    for (body, says) in [
        ("content-length: 9\r\n\r\nhalf", "cut off"),
        ("transfer-encoding: chunked\r\n\r\nnonsense\r\n", "cut off"),
    ] {
        for (status, failed) in [("200 OK", None), ("503 Busy", Some(ErrorKind::Status))] {
            let answer = format!("HTTP/1.1 {status}\r\n{body}");
            let server = Server::start(move |mut tcp| {
                let answer = answer.clone();
                async move {
                    read_request(&mut tcp).await;
                    tcp.write_all(answer.as_bytes()).await.unwrap();
                }
            })
            .await;
            let exchange = post(&local(), &server.url(), LONG).await;
            assert_eq!(kind(&exchange), failed, "{exchange:?}");
            assert_eq!(exchange.note.is_some_and(|note| note.contains(says)), failed.is_none());
            assert!(exchange.response.unwrap().truncated);
            let whole = OutgoingRequest { whole_answer: true, ..request(2, &server.url(), LONG) };
            let exchange = local().exchange(whole).await;
            assert!(exchange.error.is_some() && exchange.note.is_none(), "{exchange:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_comes_before_the_request_is_read_is_used() {
    let server = Server::start(|mut tcp| async move {
        let mut some = [0; 1024];
        let _ = tcp.read(&mut some).await;
        let _ = tcp.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno").await;
        // Closed with the rest unread, which the kernel answers with a reset.
    })
    .await;
    for _ in 0..20 {
        let mut large = request(1, &server.url(), LONG);
        large.body = vec![b' '; 4 << 20].into();
        let exchange = local().exchange(large).await;
        assert_eq!(exchange.status(), Some(413), "{exchange:?}");
    }
}

#[tokio::test]
async fn what_nobody_asked_for_ends_a_connection_and_fails_nothing() {
    let server = Server::answering(
        "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nHTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n",
    )
    .await;
    let egress = local();
    for turn in 1..=3 {
        let exchange = post(&egress, &server.url(), LONG).await;
        assert_eq!((exchange.status(), exchange.error, server.accepted()), (Some(200), None, turn));
    }
}

#[tokio::test]
async fn a_name_is_asked_once_while_it_is_believed() {
    let server = Server::answering(OK).await;
    for (dns_ttl, lookups) in [(limits::DNS_TTL, 1), (Duration::ZERO, 2), (Duration::MAX, 1)] {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let answers = move |_: &str| {
            count.fetch_add(1, Ordering::SeqCst);
            vec!["127.0.0.1".parse().unwrap()]
        };
        let addresses = TargetPolicy::dev().addresses;
        let resolver = Resolver::Fixed(Arc::new(answers));
        let egress =
            Egress::new(EgressConfig { addresses, resolver, dns_ttl, ..Default::default() }).unwrap();
        let url = format!("http://many.test:{}/", server.port);
        let all = futures_util::future::join_all((0..10).map(|_| post(&egress, &url, LONG))).await;
        assert!(all.iter().all(Exchange::succeeded));
        assert!(post(&egress, &url, LONG).await.succeeded());
        assert_eq!(asked.load(Ordering::SeqCst), lookups);
    }
}

#[tokio::test]
async fn the_system_resolves() {
    let server = Server::answering(OK).await;
    let addresses = TargetPolicy::dev().addresses;
    let egress = Egress::new(EgressConfig { addresses, ..EgressConfig::default() }).unwrap();
    assert_eq!(post(&egress, &format!("http://localhost:{}/", server.port), LONG).await.error, None);
}

#[tokio::test]
async fn a_connection_the_receiver_wants_closed_is_not_kept() {
    let server = Server::answering("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n").await;
    let egress = local();
    for _ in 0..3 {
        assert!(post(&egress, &server.url(), LONG).await.succeeded());
        assert_eq!(egress.inner().pool.len(), 0);
    }
    assert_eq!(server.accepted(), 3);
}

#[tokio::test]
async fn a_dropped_exchange_closes_its_connection() {
    let (seen, mut ends) = tokio::sync::mpsc::channel(1);
    let server = Server::start(move |mut tcp| {
        let seen = seen.clone();
        async move {
            read_request(&mut tcp).await;
            seen.send("asked").await.unwrap();
            assert_eq!(read_request(&mut tcp).await, None);
            seen.send("closed").await.unwrap();
        }
    })
    .await;
    let egress = local();
    let url = server.url();
    tokio::select! {
        _ = post(&egress, &url, LONG) => panic!("there was no answer"),
        asked = ends.recv() => assert_eq!(asked, Some("asked")),
    }
    assert_eq!(ends.recv().await, Some("closed"));
}
