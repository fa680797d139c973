//! Which address of a name is connected to, and which never is.

use super::*;

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
    // Its queue is full, so the kernel answers no one there.
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
