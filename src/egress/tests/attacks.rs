//! Receivers that want to hurt: each exchange ends within its deadline and memory stays bounded.

use super::*;

/// Makes one exchange with short deadlines, and holds it to them.
async fn attacked(egress: &Egress, url: &str) -> Exchange {
    let (started, before) = (clock::monotonic(), kept_waiting());
    let exchange = post(egress, url, SHORT).await;
    let took = clock::monotonic().duration_since(started);
    let others = kept_waiting().saturating_sub(before);
    assert!(took <= SHORT.total + SLACK + others, "took {took:?}: {:?}", exchange.error);
    assert_eq!(egress.inner().pool.len(), 0, "a broken connection was kept");
    exchange
}

/// Makes one exchange that is to end by what is received, long before its deadlines.
async fn cut_short(egress: &Egress, url: &str) -> Exchange {
    let exchange = post(egress, url, LONG).await;
    assert!(exchange.timings.total < LONG.connect, "took {:?}: {:?}", exchange.timings, exchange.error);
    assert_eq!(egress.inner().pool.len(), 0, "a broken connection was kept");
    exchange
}

/// How long this process' threads could have run so far, but others had the processors. (Time in which
/// they work themselves, or wait for nothing but each other, is not in it.)
fn kept_waiting() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = tasks.filter_map(|task| {
        let text = std::fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split(' ').nth(1)?.parse::<u64>().ok()
    });
    Duration::from_nanos(nanoseconds.sum())
}

#[tokio::test]
async fn a_flood_of_body_is_read_to_a_cap_and_judged_by_its_status() {
    for (head, expected) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n", None),
        ("HTTP/1.1 200 OK\r\n\r\n", None),
        ("HTTP/1.1 503 Busy\r\ncontent-length: 99999999999\r\n\r\n", Some(ErrorKind::Status)),
    ] {
        let server = Server::flooding(head, vec![b'x'; 64 << 10], None).await;
        let exchange = cut_short(&local(), &server.url()).await;
        assert_eq!(kind(&exchange), expected);
        let response = exchange.response.unwrap();
        assert_eq!((response.body.len(), response.truncated), (limits::RESPONSE_KEPT_BYTES, true));
    }
}

#[tokio::test]
async fn a_dripping_body_ends_in_time_and_its_status_decides() {
    let drip = Some(Duration::from_millis(50));
    let server = Server::flooding("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", vec![b'x'], drip).await;
    let exchange = attacked(&local(), &server.url()).await;
    assert_eq!(kind(&exchange), None);
    assert!(exchange.note.unwrap().contains("did not end within"));
    assert!(exchange.response.unwrap().truncated);
    let server =
        Server::flooding("HTTP/1.1 404 Not Found\r\ncontent-length: 1000\r\n\r\n", vec![b'x'], drip).await;
    let exchange = attacked(&local(), &server.url()).await;
    assert_eq!((kind(&exchange), exchange.status()), (Some(ErrorKind::Status), Some(404)));
}

#[tokio::test]
async fn a_dripping_head_is_no_answer() {
    let drip = Some(Duration::from_millis(50));
    let server = Server::flooding("HTTP/1.1 200 OK\r\nx-a: ", vec![b'x'], drip).await;
    assert_eq!(kind(&attacked(&local(), &server.url()).await), Some(ErrorKind::TimeoutResponse));
}

#[tokio::test]
async fn silence_is_no_answer() {
    let server = Server::flooding("", Vec::new(), Some(LONG.total)).await;
    let exchange = attacked(&local(), &server.url()).await;
    assert_eq!(kind(&exchange), Some(ErrorKind::TimeoutResponse));
    assert!(exchange.error.unwrap().detail.contains("no answer within 400ms"));
    let total = Timeouts { total: Duration::from_millis(100), ..SHORT };
    assert_eq!(kind(&post(&local(), &server.url(), total).await), Some(ErrorKind::TimeoutTotal));
}

#[tokio::test]
async fn endless_headers_are_not_http() {
    for piece in [format!("x-a: {}\r\n", "y".repeat(1000)), "x".repeat(4096), "x-a: b\r\n".to_owned()] {
        let server = Server::flooding("HTTP/1.1 200 OK\r\n", piece.into_bytes(), None).await;
        assert_eq!(kind(&cut_short(&local(), &server.url()).await), Some(ErrorKind::Protocol));
    }
}

#[tokio::test]
async fn endless_interim_answers_end_with_the_allowance_or_the_deadline() {
    for code in ["100 Continue", "102 Processing", "103 Early Hints"] {
        let piece = format!("HTTP/1.1 {code}\r\n\r\n").repeat(100).into_bytes();
        let server = Server::flooding("", piece, None).await;
        assert_eq!(kind(&cut_short(&local(), &server.url()).await), Some(ErrorKind::Protocol));
    }
    let piece = b"HTTP/1.1 102 Processing\r\n\r\n".to_vec();
    let server = Server::flooding("", piece, Some(Duration::from_millis(20))).await;
    assert_eq!(kind(&attacked(&local(), &server.url()).await), Some(ErrorKind::TimeoutResponse));
    let total = Timeouts { total: Duration::from_millis(200), ..SHORT };
    assert_eq!(kind(&post(&local(), &server.url(), total).await), Some(ErrorKind::TimeoutTotal));
}

#[tokio::test]
async fn a_body_in_single_bytes_is_read_as_far_as_any() {
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let server = Server::flooding(head, b"1\r\nx\r\n".repeat(1000), None).await;
    let exchange = post(&local(), &server.url(), LONG).await;
    assert_eq!(exchange.error, None);
    assert!(exchange.response.unwrap().truncated);
}

#[tokio::test]
async fn endless_chunk_extensions_and_trailers_are_cut_off() {
    let cut = async |server: &Server| {
        let exchange = cut_short(&local(), &server.url()).await;
        assert_eq!(kind(&exchange), None);
        assert!(exchange.note.as_ref().unwrap().contains("cut off"), "{exchange:?}");
        assert!(exchange.response.unwrap().truncated);
    };
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let server = Server::flooding(head, format!("1;{}\r\na\r\n", "e".repeat(1000)).into_bytes(), None).await;
    cut(&server).await;
    let server = Server::flooding(head, b"1;".repeat(1000), None).await;
    cut(&server).await;
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\n";
    let server = Server::flooding(head, b"x-t: y\r\n".repeat(100), None).await;
    cut(&server).await;
}

#[tokio::test]
async fn a_gzip_bomb_stays_wrapped() {
    let head = "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 10\r\n\r\n\x1f\x08\x00\x00\x00\x00\x00\x00\x03\x01";
    let server = Server::answering(head).await;
    let exchange = post(&local(), &server.url(), LONG).await;
    assert_eq!(exchange.error, None);
    assert_eq!(exchange.response.unwrap().body, b"\x1f\x08\x00\x00\x00\x00\x00\x00\x03\x01");
}

#[tokio::test]
async fn a_stalled_tls_handshake_is_no_connection() {
    let server =
        Server::start(|mut tcp| async move { while read_request(&mut tcp).await.is_some() {} }).await;
    let exchange = attacked(&local(), &format!("https://127.0.0.1:{}/", server.port)).await;
    assert_eq!(kind(&exchange), Some(ErrorKind::TimeoutConnect));
    assert!(exchange.error.unwrap().detail.contains("TLS handshake"));
}

#[tokio::test]
async fn resets_and_early_ends() {
    // Closed with the request unread, which the kernel answers with a reset.
    let server = Server::start(|mut tcp| async move { drop(tcp.read_u8().await) }).await;
    assert_eq!(kind(&cut_short(&local(), &server.url()).await), Some(ErrorKind::Connect));
    assert_eq!(server.accepted(), 1, "the request was sent twice");
    for part in ["", "HTTP/1.1 2"] {
        let server = Server::start(move |mut tcp| async move {
            read_request(&mut tcp).await;
            tcp.write_all(part.as_bytes()).await.unwrap();
        })
        .await;
        let exchange = cut_short(&local(), &server.url()).await;
        assert_eq!(kind(&exchange), Some(ErrorKind::Connect), "{part:?}: {:?}", exchange.error);
        assert_eq!(server.accepted(), 1);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_at_once_beside_a_healthy_one() {
    let drip = Some(Duration::from_millis(20));
    let servers = [
        Server::flooding("HTTP/1.1 200 OK\r\n\r\n", vec![b'x'; 64 << 10], None).await,
        Server::flooding("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n", vec![b'x'], drip).await,
        Server::flooding("HTTP/1.1 200 OK\r\n", b"x-a: b\r\n".repeat(10), None).await,
        Server::flooding("", b"HTTP/1.1 102 Processing\r\n\r\n".repeat(100), None).await,
        Server::flooding("", Vec::new(), Some(LONG.total)).await,
        Server::start(|mut tcp| async move { drop(tcp.read_u8().await) }).await,
    ];
    let healthy = Server::answering(OK).await;
    let egress = local();
    let attacks = (0..90u32).zip(servers.iter().cycle()).map(|(n, server)| {
        let (egress, url) = (egress.clone(), server.url());
        tokio::spawn(async move {
            let before = kept_waiting();
            let exchange = egress.exchange(request(2 + n, &url, SHORT)).await;
            let took = exchange.timings.total.saturating_sub(kept_waiting().saturating_sub(before));
            assert!(took <= SHORT.total + SLACK, "{url} took {:?}", exchange.timings.total);
        })
    });
    let attacks: Vec<_> = attacks.collect();
    let url = healthy.url();
    for _ in 0..100 {
        assert_eq!(post(&egress, &url, SHORT).await.error, None);
    }
    for attack in attacks {
        attack.await.unwrap();
    }
}
