//! The listener's bounds, with short waits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use super::{Rig, default_settings};
use crate::api::{Api, ApiSettings};
use crate::clock;
use crate::domain::account::Role;
use crate::http::connection::Waits;
use crate::http::listener::Listener;
use crate::http::{Bounds, serve};
use crate::limits;

const SHORT: Duration = Duration::from_millis(300);

fn short() -> Bounds {
    let waits = Waits { head: SHORT, idle: Duration::from_millis(900), write: SHORT };
    Bounds { waits, grace: SHORT, ..Bounds::default() }
}

async fn rig(bounds: Bounds) -> Rig {
    Rig::with(ApiSettings { body_deadline: SHORT, ..default_settings() }, bounds).await
}

impl Rig {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.addr).await.unwrap()
    }

    pub(super) async fn post_owned(&self, path: String) -> super::Reply {
        self.post(&path, "").await
    }

    fn head(&self, rest: &str) -> String {
        let token = self.of(Role::Admin);
        format!("POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{rest}\r\n\r\n")
    }
}

/// What the server sends until it closes; panics if it does not.
async fn rest(stream: &mut TcpStream) -> String {
    let mut all = Vec::new();
    // What is left of a body that was refused is waited for first.
    let long = 3 * limits::DRAIN_TIME;
    let read = tokio::time::timeout(long, stream.read_to_end(&mut all)).await;
    let _ = read.unwrap();
    String::from_utf8_lossy(&all).into_owned()
}

/// How long the server keeps a connection on which `piece` is written every 50 ms.
async fn kept(stream: &mut TcpStream, piece: &[u8]) -> Duration {
    let start: Instant = clock::monotonic();
    let mut buffer = [0; 1024];
    for _ in 0..100 {
        if stream.write_all(piece).await.is_err() {
            break;
        }
        let read = tokio::time::timeout(Duration::from_millis(50), stream.read(&mut buffer)).await;
        if matches!(read, Ok(Ok(0) | Err(_))) {
            break;
        }
    }
    start.elapsed()
}

#[tokio::test]
async fn silent_and_dripping_heads_are_cut_off() {
    let rig = rig(short()).await;
    let mut silent = rig.connect().await;
    let start: Instant = clock::monotonic();
    assert_eq!(rest(&mut silent).await, "");
    assert!(start.elapsed() >= SHORT - Duration::from_millis(50));
    let mut dripping = rig.connect().await;
    dripping.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
    let kept = kept(&mut dripping, b"x: y\r\n").await;
    assert!(kept < Duration::from_secs(2), "{kept:?}");
}

#[tokio::test]
async fn an_idle_connection_is_kept_longer_than_a_head() {
    let rig = rig(short()).await;
    let mut stream = rig.connect().await;
    let request = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n";
    for _ in 0..2 {
        stream.write_all(request).await.unwrap();
        let mut buffer = [0; 64];
        stream.read_exact(&mut buffer).await.unwrap();
        assert!(buffer.starts_with(b"HTTP/1.1 200"));
        let mut whole = vec![0; 1 << 20];
        let drained = async { while stream.read(&mut whole).await.unwrap() > 0 {} };
        let _ = tokio::time::timeout(SHORT + Duration::from_millis(200), drained).await;
    }
    rest(&mut stream).await;
}

#[tokio::test]
async fn a_dripping_body_gets_408() {
    let rig = rig(short()).await;
    let mut stream = rig.connect().await;
    stream
        .write_all(rig.head("content-length: 1000\r\ncontent-type: application/json").as_bytes())
        .await
        .unwrap();
    let answer = rest(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("request_timeout"), "{answer}");
}

#[tokio::test]
async fn what_is_no_request_gets_400_and_the_connection_closes() {
    let rig = Rig::new().await;
    let request = "GET /v1/nothing HTTP/1.1\r\nhost: x\r\n";
    // Also after a request that was answered.
    for before in [String::new(), format!("{request}\r\n")] {
        for wrong in
            ["GARBAGE\r\n\r\n", &format!("{request}content-length: x\r\n\r\n"), "GET /\u{1} HTTP/1.1\r\n\r\n"]
        {
            let mut stream = rig.connect().await;
            stream.write_all(format!("{before}{wrong}").as_bytes()).await.unwrap();
            let answers = rest(&mut stream).await;
            let last = answers.rsplit_once("HTTP/1.1 ").map(|(_, last)| last.to_owned());
            assert!(last.is_some_and(|last| last.starts_with("400")), "{wrong:?}: {answers:?}");
            assert_eq!(answers.contains("HTTP/1.1 404"), !before.is_empty(), "{answers}");
        }
    }
}

#[tokio::test]
async fn heads_and_bodies_are_bounded() {
    // Time for bodies that are as long as they may be.
    let body_deadline = Duration::from_secs(60);
    let rig = Rig::with(ApiSettings { body_deadline, ..default_settings() }, Bounds::default()).await;
    let mut stream = rig.connect().await;
    let huge = format!("x-huge: {}", "y".repeat(64 << 10));
    let _ = stream.write_all(rig.head(&huge).as_bytes()).await;
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 431"));
    let longs = [
        (vec!["x-a: b"; 200].join("\r\n"), ""),
        (format!("x-a: {}", "y".repeat(33 << 10)), "and 64 headers"),
    ];
    for (long, said) in longs {
        let mut stream = rig.connect().await;
        let _ = stream.write_all(rig.head(&long).as_bytes()).await;
        let answer = rest(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 431") && answer.contains(said), "{answer}");
    }
    for length in [9 << 10, 20 << 10, 31 << 10] {
        let refused = rig.get(&format!("/v1/nothing?{}", "y".repeat(length))).await.expect(414).json();
        assert_eq!(refused["detail"], "path and query may have at most 8192 bytes", "{length}");
    }
    // Of what is longer than is ever read, hyper says so, without a body.
    for length in [100 << 10, 1 << 20] {
        let mut stream = rig.connect().await;
        let _ = stream.write_all(format!("GET /{} HTTP/1.1\r\n", "y".repeat(length)).as_bytes()).await;
        let answer = rest(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 431") || answer.starts_with("HTTP/1.1 414"), "{answer}");
    }
    // A length that is too large is refused before a byte of the body is sent.
    let mut stream = rig.connect().await;
    stream.write_all(rig.head("content-length: 99999999999").as_bytes()).await.unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 413"));
    // Chunks add up.
    let mut stream = rig.connect().await;
    stream.write_all(rig.head("transfer-encoding: chunked").as_bytes()).await.unwrap();
    let chunk = format!("100000\r\n{}\r\n", " ".repeat(1 << 20));
    for _ in 0..40 {
        if stream.write_all(chunk.as_bytes()).await.is_err() {
            break;
        }
    }
    let answer = rest(&mut stream).await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
    rig.event("a.b").await;
}

#[tokio::test]
async fn large_bodies_are_bounded_together_and_small_ones_go_on() {
    let rig = Rig::new().await;
    let head = rig.head("content-type: application/json\r\ncontent-length: 16700000");
    let part = vec![b' '; 16_600_000];
    let mut held = Vec::new();
    let mut refused = 0;
    for _ in 0..6 {
        let mut stream = rig.connect().await;
        stream.write_all(head.as_bytes()).await.unwrap();
        if stream.write_all(&part).await.is_err() {
            refused += 1;
        }
        held.push(stream);
    }
    rig.event("a.b").await;
    for stream in &mut held {
        let _ = stream.shutdown().await;
        refused += usize::from(rest(stream).await.starts_with("HTTP/1.1 429"));
    }
    assert!(refused >= 1, "{refused}");
    rig.event("a.b").await;
}

#[tokio::test]
async fn who_is_not_known_is_answered_before_the_body() {
    let rig = rig(short()).await;
    let mut stream = rig.connect().await;
    stream
        .write_all(b"POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n")
        .await
        .unwrap();
    assert!(rest(&mut stream).await.starts_with("HTTP/1.1 401"));
}

#[tokio::test]
async fn garbage_after_a_request_harms_nobody() {
    let rig = rig(short()).await;
    let mut stream = rig.connect().await;
    stream
        .write_all(b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n\x00\xff garbage \r\n\r\n")
        .await
        .unwrap();
    let answers = rest(&mut stream).await;
    assert!(answers.starts_with("HTTP/1.1 200") && answers.contains("HTTP/1.1 400"), "{answers:.200}");
    rig.event("a.b").await;
}

#[tokio::test]
async fn silent_connections_make_room_for_working_ones() {
    let rig = rig(Bounds {
        connections: 8,
        waits: Waits { head: Duration::from_secs(60), ..short().waits },
        ..short()
    })
    .await;
    let mut silent = Vec::new();
    for _ in 0..40 {
        silent.push(rig.connect().await);
    }
    for _ in 0..20 {
        let start: Instant = clock::monotonic();
        rig.event("a.b").await;
        assert!(start.elapsed() < Duration::from_secs(2));
    }
    let first = silent.first_mut().unwrap();
    assert_eq!(rest(first).await, "", "the one that waited longest is closed");
}

#[tokio::test]
async fn stopping_ends_what_waits_and_lets_requests_end() {
    let rig = rig(Bounds { grace: Duration::from_secs(5), ..short() }).await;
    let mut idle = rig.connect().await;
    let mut working = rig.connect().await;
    let body = r#"{"type":"a","data":1}"#;
    let head = rig.head(&format!("content-length: {}", body.len()));
    working.write_all(head.as_bytes()).await.unwrap();
    // The idle one has been accepted once a later one is answered.
    rig.event("a.b").await;
    rig.stop.send_replace(true);
    working.write_all(body.as_bytes()).await.unwrap();
    assert!(rest(&mut working).await.starts_with("HTTP/1.1 202"));
    assert_eq!(rest(&mut idle).await, "");
    tokio::time::timeout(Duration::from_secs(5), rig.served).await.unwrap().unwrap();
    assert!(TcpStream::connect(rig.addr).await.is_err());
}

#[tokio::test]
async fn a_client_that_takes_no_answer_is_cut_off() {
    let rig = rig(short()).await;
    let mut stream = rig.connect().await;
    // More than both sockets' buffers hold.
    let requests = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n".repeat(2000);
    let flood = async {
        for _ in 0..2000 {
            if stream.write_all(&requests).await.is_err() {
                return;
            }
        }
        panic!("never cut off");
    };
    tokio::time::timeout(Duration::from_secs(10), flood).await.unwrap();
}

/// Run with `cargo test --release --lib -- --ignored slow_clients`; needs 6,000 descriptors.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures, and needs many descriptors"]
async fn slow_clients_cost_working_ones_nothing() {
    let rig = Rig::new().await;
    let mut held = Vec::new();
    for n in 0..2500 {
        let mut stream = rig.connect().await;
        if n >= 2000 {
            stream.write_all(b"POST /v1/events HTTP/1.1\r\n").await.unwrap();
        }
        held.push(stream);
    }
    let mut dripping = held.split_off(2000);
    let drip = tokio::spawn(async move {
        loop {
            for stream in &mut dripping {
                let _ = stream.write_all(b"x: y\r\n").await;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    });
    let mut took = Vec::new();
    for _ in 0..1000 {
        let start: Instant = clock::monotonic();
        rig.event("a.b").await;
        took.push(start.elapsed());
    }
    drip.abort();
    took.sort_unstable();
    println!("p50 {:?}, p99 {:?}, worst {:?}", took[500], took[990], took[999]);
    assert!(took[990] <= Duration::from_millis(100), "{:?}", took[990]);
}

/// Run with `cargo test --release --lib -- --ignored cost_of_an_event --nocapture`.
#[tokio::test]
#[ignore = "measures"]
async fn cost_of_an_event_outside_the_store() {
    use crate::api::v1::events::body::one_event;
    use crate::app::events::Allowances;
    use crate::app::events::prepare;
    let rig = Rig::new().await;
    let account = rig.store.directory().account_named("default").unwrap().no();
    let data: Vec<String> = (0..40).map(|n| format!("\"member{n}\":\"value {n}\"")).collect();
    let body = format!(r#"{{"type":"order.paid","data":{{{}}}}}"#, data.join(","));
    let rounds = 20_000u32;
    let start: Instant = clock::monotonic();
    for _ in 0..rounds {
        let draft = one_event(body.as_bytes(), account).unwrap();
        prepare(&rig.context.app, draft, None, &mut Allowances::default(), clock::now()).await.unwrap();
    }
    println!("{} bytes: {:?} each", body.len(), start.elapsed() / rounds);
}

/// TLS with a certificate of its own making.
fn acceptor() -> TlsAcceptor {
    let made = rcgen::generate_simple_self_signed(vec!["here.test".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    let config = config.unwrap().with_no_client_auth().with_single_cert(vec![made.cert.der().clone()], key);
    TlsAcceptor::from(Arc::new(config.unwrap()))
}

#[tokio::test]
async fn a_handshake_has_the_heads_deadline_and_its_seat_can_be_taken() {
    let rig = Rig::new().await;
    let bound = async |bounds: Bounds| {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (tls, certificates) = watch::channel(acceptor());
        let (stop, stopping) = watch::channel(false);
        let api = Arc::new(Api::new(Arc::clone(&rig.context)).unwrap());
        tokio::spawn(serve(Listener::Tls(listener, certificates), api, bounds, stopping));
        (addr, tls, stop)
    };
    let (addr, _tls, _stop) = bound(short()).await;
    // Before the server can have begun to wait, however late this goes on.
    let start: Instant = clock::monotonic();
    let mut silent = TcpStream::connect(addr).await.unwrap();
    let mut dripping = TcpStream::connect(addr).await.unwrap();
    // A TLS record that says it is long.
    dripping.write_all(&[0x16, 3, 1, 2, 0]).await.unwrap();
    let kept = kept(&mut dripping, &[0]).await;
    // As many pieces as are tried would take longer.
    assert!(start.elapsed() >= SHORT && kept < Duration::from_secs(5), "{kept:?}");
    assert_eq!(rest(&mut silent).await, "");

    let (addr, _tls, _stop) = bound(Bounds { connections: 1, ..Bounds::default() }).await;
    let mut first = TcpStream::connect(addr).await.unwrap();
    let _second = TcpStream::connect(addr).await.unwrap();
    assert_eq!(rest(&mut first).await, "", "the one that had not even shaken hands gave way");
}

#[tokio::test]
async fn a_request_on_its_way_when_the_listener_stops_is_answered() {
    let rig = Rig::new().await;
    let mut late = rig.connect().await;
    let mut silent = rig.connect().await;
    // Both are accepted: a client that came after them was served.
    rig.get("/v1/events").await.expect(200);
    rig.stop.send_replace(true);
    late.write_all(rig.head("content-type: application/json\r\ncontent-length: 21").as_bytes())
        .await
        .unwrap();
    late.write_all(br#"{"type":"a","data":1}"#).await.unwrap();
    assert!(rest(&mut late).await.starts_with("HTTP/1.1 202"), "it was accepted, so it is answered");
    assert_eq!(rest(&mut silent).await, "");
    assert!(TcpStream::connect(rig.addr).await.is_err());
}
