use std::sync::Arc;

use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::TlsAcceptor;

use super::*;

type Tls = tokio_rustls::server::TlsStream<TcpStream>;

/// A TLS server for `here.test` that answers every request, and its own certificate.
async fn tls_server() -> (Server, CertificateDer<'static>) {
    at(0).await
}

pub(super) async fn at(port: u16) -> (Server, CertificateDer<'static>) {
    serving_at(port, |mut tls: Tls| async move {
        assert_eq!(tls.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
        while read_request(&mut tls).await.is_some() {
            tls.write_all(OK.as_bytes()).await.unwrap();
        }
    })
    .await
}

async fn serving<F, T>(serve: F) -> (Server, CertificateDer<'static>)
where
    F: Fn(Tls) -> T + Clone + Send + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    serving_at(0, serve).await
}

async fn serving_at<F, T>(port: u16, serve: F) -> (Server, CertificateDer<'static>)
where
    F: Fn(Tls) -> T + Clone + Send + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(vec!["here.test".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let server = Server::at(port, move |tcp| {
        let (acceptor, serve) = (acceptor.clone(), serve.clone());
        async move {
            if let Ok(tls) = acceptor.accept(tcp).await {
                serve(tls).await;
            }
        }
    })
    .await;
    (server, cert.der().clone())
}

fn trusting(extra_roots: Vec<CertificateDer<'static>>) -> Egress {
    let resolver = Resolver::Fixed(Arc::new(|_| vec!["127.0.0.1".parse().unwrap()]));
    Egress::new(EgressConfig {
        addresses: TargetPolicy::dev().addresses,
        extra_roots,
        resolver,
        ..Default::default()
    })
    .unwrap()
}

#[tokio::test]
async fn a_trusted_receiver_is_spoken_to() {
    let (server, certificate) = tls_server().await;
    let egress = trusting(vec![certificate]);
    for host in ["here.test", "127.0.0.1", "here.test."] {
        for fresh in [true, false] {
            let exchange = post(&egress, &format!("https://{host}:{}/", server.port), LONG).await;
            assert_eq!(exchange.error, None);
            assert_eq!(exchange.timings.tls.is_some(), fresh);
        }
    }
    assert_eq!(server.accepted(), 3);
}

#[tokio::test]
async fn an_end_without_tls_closing_cuts_an_answer_off_and_no_more() {
    let (server, certificate) = serving(|mut tls| async move {
        read_request(&mut tls).await;
        tls.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nok").await.unwrap();
        tls.flush().await.unwrap();
        drop(tls.into_inner().0);
    })
    .await;
    let exchange =
        post(&trusting(vec![certificate]), &format!("https://here.test:{}/", server.port), LONG).await;
    assert_eq!(kind(&exchange), None);
    let note = exchange.note.unwrap();
    assert!(note.contains("close_notify") && !note.contains("https://"), "{note}");
    let response = exchange.response.unwrap();
    assert_eq!((&*response.body, response.truncated), (&b"ok"[..], true));
}

#[tokio::test]
async fn an_early_answer_over_tls_is_used() {
    let (server, certificate) = serving(|mut tls| async move {
        let mut some = [0; 1024];
        let _ = tls.read(&mut some).await;
        let _ = tls.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\nno").await;
        let _ = tls.flush().await;
        drop(tls.into_inner().0);
    })
    .await;
    let url = format!("https://here.test:{}/", server.port);
    let egress = trusting(vec![certificate]);
    for _ in 0..20 {
        let mut large = request(1, &url, LONG);
        large.body = vec![b' '; 4 << 20].into();
        let exchange = egress.exchange(large).await;
        assert_eq!(exchange.status(), Some(413), "{exchange:?}");
    }
}

#[tokio::test]
async fn others_are_not() {
    let (server, certificate) = tls_server().await;
    let url = |host: &str| format!("https://{host}:{}/", server.port);
    for (egress, host) in [(trusting(vec![]), "here.test"), (trusting(vec![certificate]), "there.test")] {
        let exchange = post(&egress, &url(host), LONG).await;
        assert_eq!(kind(&exchange), Some(ErrorKind::Tls));
        assert!(exchange.response.is_none() && exchange.remote_ip.is_some());
    }
    let plain = Server::start(|mut tcp| async move {
        tcp.write_all(OK.as_bytes()).await.unwrap();
    })
    .await;
    let exchange = post(&trusting(vec![]), &format!("https://here.test:{}/", plain.port), LONG).await;
    assert_eq!(kind(&exchange), Some(ErrorKind::Tls));
}

#[tokio::test]
async fn run_webhooks_19_any_certificate_is_taken_only_where_both_want_it() {
    let (server, _) = tls_server().await;
    let resolver = Resolver::Fixed(Arc::new(|_| vec!["127.0.0.1".parse().unwrap()]));
    for allowed in [false, true] {
        let egress = Egress::new(EgressConfig {
            addresses: TargetPolicy::dev().addresses,
            resolver: resolver.clone(),
            allow_any_certificate: allowed,
            ..EgressConfig::default()
        })
        .unwrap();
        // Neither its own connection nor its session serves a request that did not ask for it.
        for (any_certificate, host) in
            [(false, "here.test"), (true, "here.test"), (true, "there.test"), (false, "here.test")]
        {
            let url = format!("https://{host}:{}/", server.port);
            let exchange =
                egress.exchange(OutgoingRequest { any_certificate, ..request(1, &url, LONG) }).await;
            let taken = allowed && any_certificate;
            assert_eq!(
                kind(&exchange),
                (!taken).then_some(ErrorKind::Tls),
                "{allowed} {any_certificate} {host}"
            );
        }
    }
}

#[test]
fn an_extra_root_that_is_no_certificate_is_refused() {
    let config =
        EgressConfig { extra_roots: vec![CertificateDer::from(vec![1, 2, 3])], ..EgressConfig::default() };
    assert!(matches!(Egress::new(config), Err(EgressError::Tls(_))));
}
