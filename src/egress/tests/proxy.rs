//! Requests that go through a proxy.

use tokio::io::copy_bidirectional;

use super::*;
use crate::domain::outcome::Want;
use crate::domain::proxy::Proxy;

/// A proxy that connects to the port that it is asked for, on this host, and reports the heads that it read.
async fn proxy(answer: &'static str) -> (Server, tokio::sync::mpsc::Receiver<String>) {
    let (seen, heads) = tokio::sync::mpsc::channel(8);
    let server = Server::start(move |mut tcp| {
        let seen = seen.clone();
        async move {
            let head = read_request(&mut tcp).await.unwrap();
            let port: u16 = head.split(' ').nth(1).unwrap().rsplit_once(':').unwrap().1.parse().unwrap();
            let _ = seen.send(head).await;
            tcp.write_all(answer.as_bytes()).await.unwrap();
            if answer.contains(" 200 ") {
                let mut target = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                let _ = copy_bidirectional(&mut tcp, &mut target).await;
            }
        }
    })
    .await;
    (server, heads)
}

fn through(port: u16, credentials: &str, direct: &[&str], roots: Vec<CertificateDer<'static>>) -> Egress {
    let url = format!("http://{credentials}proxy.test:{port}").parse().unwrap();
    let direct = direct.iter().map(|text| text.parse().unwrap()).collect();
    // Only the proxy's own name is ever looked up, but for what is reached directly.
    let names = |name: &str| match name {
        "proxy.test" | "direct.test" => vec!["127.0.0.1".parse().unwrap()],
        _ => Vec::new(),
    };
    Egress::new(EgressConfig {
        addresses: TargetPolicy::dev().addresses,
        resolver: Resolver::Fixed(Arc::new(names)),
        extra_roots: roots,
        proxy: Some(Proxy { url, direct }),
        ..EgressConfig::default()
    })
    .unwrap()
}

const CONNECTED: &str = "HTTP/1.1 200 Connection established\r\n\r\n";

#[tokio::test]
async fn a_proxy_is_asked_to_connect_and_hands_on_what_is_sent() {
    let (proxy, mut heads) = proxy(CONNECTED).await;
    let plain = Server::answering(OK).await;
    let (tls, certificate) = tls::at(0).await;
    let egress = through(proxy.port, "user:p%40ss@", &[], vec![certificate]);
    for (scheme, port) in [("http", plain.port), ("https", tls.port)] {
        let url = format!("{scheme}://here.test:{port}/hook");
        for fresh in [true, false] {
            let exchange = post(&egress, &url, LONG).await;
            assert_eq!((exchange.status(), &exchange.error), (Some(200), &None));
            assert_eq!(exchange.timings.connect.is_some(), fresh, "its connection is kept");
            assert_eq!(exchange.remote_ip, None, "where the proxy is is none of a tenant's");
        }
        let head = heads.recv().await.unwrap();
        assert!(head.starts_with(&format!("CONNECT here.test:{port} HTTP/1.1\r\n")), "{head}");
        assert!(head.contains(&format!("\r\nHost: here.test:{port}\r\n")), "{head}");
        assert!(head.contains("\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n"), "{head}");
        assert!(heads.try_recv().is_err());
    }
}

#[tokio::test]
async fn some_targets_are_reached_directly_and_refused_addresses_not_at_all() {
    let (proxy, mut heads) = proxy(CONNECTED).await;
    let server = Server::answering(OK).await;
    let egress = through(proxy.port, "", &["direct.test", "127.0.0.1"], vec![]);
    for host in ["direct.test", "127.0.0.1"] {
        let exchange = post(&egress, &format!("http://{host}:{}/", server.port), LONG).await;
        assert_eq!(exchange.status(), Some(200), "{exchange:?}");
        assert!(exchange.remote_ip.is_some());
    }
    let refused = post(&egress, "http://10.0.0.1:8080/", LONG).await;
    assert_eq!(kind(&refused), Some(ErrorKind::BlockedAddress));
    assert_eq!(proxy.accepted(), 0);
    assert!(heads.try_recv().is_err());
}

/// What a receiver cannot help is not charged to it, and no error says where the proxy is.
#[tokio::test]
async fn a_proxys_own_trouble_is_the_daemons() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    let mut ports = vec![(gone, Some(Want::Network), "connecting to the proxy failed")];
    let mut proxies = Vec::new();
    for (answer, want, detail) in [
        ("HTTP/1.1 407 Who?\r\ncontent-length: 0\r\n\r\n", Some(Want::Network), "other credentials (407)"),
        ("HTTP/1.1 403 No\r\ncontent-length: 0\r\n\r\n", None, "does not allow that target (403"),
        ("HTTP/1.1 502 Bad\r\ncontent-length: 3\r\n\r\nbad", None, "could not connect (502"),
        ("220 mail.example ESMTP\r\n", Some(Want::Network), "did not answer as one"),
        ("HTTP/1.1 200 OK\r\n\r\nand more", None, "sent more than its answer"),
    ] {
        let (server, _heads) = proxy(answer).await;
        ports.push((server.port, want, detail));
        proxies.push(server);
    }
    for (port, want, detail) in ports {
        let exchange = post(&through(port, "", &[], vec![]), "http://here.test:9/", LONG).await;
        let error = exchange.error.clone().unwrap();
        assert_eq!((error.kind, exchange.want), (ErrorKind::Connect, want), "{error:?}");
        assert!(error.detail.contains(detail), "{error:?}");
        assert!(!error.detail.contains("127.0.0.1") && !error.detail.contains("proxy.test"), "{error:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_hangs_is_late() {
    let hanging =
        Server::start(|mut tcp| async move { while read_request(&mut tcp).await.is_some() {} }).await;
    let exchange = post(&through(hanging.port, "", &[], vec![]), "http://here.test:9/", SHORT).await;
    assert_eq!(kind(&exchange), Some(ErrorKind::TimeoutConnect));
    let detail = exchange.error.unwrap().detail;
    assert!(detail.contains("connecting to the proxy") && !detail.contains("127.0.0.1"), "{detail}");
}
