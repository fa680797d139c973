//! Connections that are kept, shared, replaced and closed.

use super::*;

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
