//! What a webhook has of its own for TLS: nobody else's connections and sessions serve it, nor its others.

use std::sync::Mutex;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, SupportedProtocolVersion};
use tokio_rustls::TlsAcceptor;

use super::*;
use crate::domain::tls::{ClientIdentity, PrivateKey};

type Issuer = CertifiedIssuer<'static, KeyPair>;

fn authority() -> Issuer {
    let mut params = CertificateParams::new(vec![]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    params.distinguished_name.push(rcgen::DnType::CommonName, format!("{:?}", key.public_key_raw()));
    CertifiedIssuer::self_signed(params, key).unwrap()
}

fn issued(
    by: &Issuer,
    name: &str,
    change: impl FnOnce(&mut CertificateParams),
) -> (CertificateDer<'static>, KeyPair) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    change(&mut params);
    (params.signed_by(&key, by).unwrap().der().clone(), key)
}

fn identity(by: &Issuer, change: impl FnOnce(&mut CertificateParams)) -> ClientIdentity {
    let (cert, key) = issued(by, "client.test", change);
    ClientIdentity::new(vec![cert], PrivateKey::parse(&key.serialize_pem()).unwrap()).unwrap()
}

/// A receiver for `here.test` that notes who each request is from; only `clients` may vouch for that.
struct Receiver {
    server: Server,
    from: Arc<Mutex<Vec<Option<CertificateDer<'static>>>>>,
    /// Who vouches for it.
    by: CertificateDer<'static>,
}

impl Receiver {
    async fn start(clients: &Issuer, demands: bool, version: &'static SupportedProtocolVersion) -> Self {
        let own = authority();
        let (cert, key) = issued(&own, "here.test", |_| ());
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut roots = RootCertStore::empty();
        roots.add(clients.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
        let verifier = if demands { verifier } else { verifier.allow_unauthenticated() };
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_client_cert_verifier(verifier.build().unwrap())
            .with_single_cert(vec![cert], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let from = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&from);
        let server = Server::start(move |tcp| {
            let (acceptor, from) = (acceptor.clone(), Arc::clone(&noted));
            async move {
                let Ok(mut tls) = acceptor.accept(tcp).await else { return };
                while read_request(&mut tls).await.is_some() {
                    let peer = tls.get_ref().1.peer_certificates().map(|chain| chain[0].clone().into_owned());
                    from.lock().unwrap().push(peer);
                    tls.write_all(OK.as_bytes()).await.unwrap();
                }
            }
        })
        .await;
        Self { server, from, by: own.der().clone() }
    }

    async fn asked(&self, egress: &Egress, webhook: u32, tls: Option<WebhookTls>) -> Exchange {
        let url = format!("https://here.test:{}/", self.server.port);
        egress.exchange(OutgoingRequest { tls: tls.map(Arc::new), ..request(webhook, &url, LONG) }).await
    }

    fn trusted(&self, client: Option<ClientIdentity>) -> WebhookTls {
        WebhookTls { authorities: vec![self.by.clone()], client }
    }
}

const VERSIONS: [&SupportedProtocolVersion; 2] = [&rustls::version::TLS12, &rustls::version::TLS13];

#[tokio::test]
async fn a_private_authority_is_trusted_for_who_names_it_and_no_one_else() {
    let receiver = Receiver::start(&authority(), false, &rustls::version::TLS13).await;
    let egress = local();
    let other = WebhookTls { authorities: vec![authority().der().clone()], client: None };
    for round in 0..2 {
        for webhook in [1, 2] {
            let trusting = receiver.asked(&egress, webhook, Some(receiver.trusted(None))).await;
            assert_eq!(trusting.error, None);
            assert_eq!(trusting.timings.tls.is_some(), round == 0, "its own connection is kept");
        }
        // Neither a kept connection nor a session of those serves the same webhook with other wishes.
        let doubting = receiver.asked(&egress, 1, None).await;
        let detail = doubting.error.clone().unwrap().detail;
        assert_eq!(kind(&doubting), Some(ErrorKind::Tls));
        assert!(detail.contains("tls.ca of the webhook, or in egress.extra_ca"), "{detail}");
        let elsewhere = receiver.asked(&egress, 1, Some(other.clone())).await;
        let detail = elsewhere.error.clone().unwrap().detail;
        assert_eq!(kind(&elsewhere), Some(ErrorKind::Tls));
        assert!(detail.ends_with("tls.ca of the webhook, which is all that it trusts"), "{detail}");
    }
}

#[tokio::test]
async fn each_request_comes_from_who_its_webhook_says_that_it_is() {
    for version in VERSIONS {
        let clients = authority();
        let receiver = Receiver::start(&clients, false, version).await;
        let egress = local();
        let one = identity(&clients, |_| ());
        let two = identity(&clients, |_| ());
        let mut expected = Vec::new();
        for turn in 0..3 {
            for client in [Some(&one), Some(&two), None] {
                let made = receiver.asked(&egress, 1, Some(receiver.trusted(client.cloned()))).await;
                assert_eq!(made.error, None, "{version:?}");
                expected.push(client.map(|client| client.chain()[0].clone()));
            }
            // With new connections; sessions, if there were any, would stay.
            if turn == 1 {
                egress.forget(WebhookNo(1));
            }
        }
        assert!(*receiver.from.lock().unwrap() == expected, "{version:?}: requests came from others");
        assert_eq!(receiver.server.accepted(), 6, "a connection for each, made twice");
    }
}

#[tokio::test]
async fn who_is_not_known_to_a_receiver_that_demands_it_hears_so_in_words() {
    let clients = authority();
    let receiver = Receiver::start(&clients, true, &rustls::version::TLS12).await;
    let egress = local();
    let known = identity(&clients, |_| ());
    assert_eq!(receiver.asked(&egress, 1, Some(receiver.trusted(Some(known)))).await.error, None);
    let failing = |client, words: &'static str| {
        let (receiver, egress) = (&receiver, &egress);
        async move {
            let failed = receiver.asked(egress, 1, Some(receiver.trusted(client))).await;
            let detail = failed.error.clone().unwrap().detail;
            assert_eq!(kind(&failed), Some(ErrorKind::Tls), "{detail}");
            assert!(detail.contains(words), "{detail}");
        }
    };
    failing(None, "a client certificate").await;
    failing(Some(identity(&authority(), |_| ())), "does not accept the client certificate").await;
    let long_ago = |params: &mut CertificateParams| {
        params.not_before = rcgen::date_time_ymd(2001, 1, 1);
        params.not_after = rcgen::date_time_ymd(2002, 3, 4);
    };
    let expired = "client certificate (tls.client_cert) expired at 2002-03-04T00:00:00.000Z; give the webhook a new one";
    failing(Some(identity(&clients, long_ago)), expired).await;
    let to_come = |params: &mut CertificateParams| params.not_before = rcgen::date_time_ymd(3001, 1, 1);
    failing(Some(identity(&clients, to_come)), "is not valid before 3001-01-01").await;
    assert_eq!(receiver.from.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn any_certificate_and_a_client_s_own_go_together() {
    let clients = authority();
    let receiver = Receiver::start(&clients, true, &rustls::version::TLS13).await;
    let resolver = Resolver::Fixed(Arc::new(|_| vec!["127.0.0.1".parse().unwrap()]));
    for allowed in [true, false] {
        let egress = Egress::new(EgressConfig {
            addresses: TargetPolicy::dev().addresses,
            resolver: resolver.clone(),
            allow_any_certificate: allowed,
            ..EgressConfig::default()
        })
        .unwrap();
        let tls =
            Some(Arc::new(WebhookTls { client: Some(identity(&clients, |_| ())), ..WebhookTls::default() }));
        let url = format!("https://here.test:{}/", receiver.server.port);
        for (any_certificate, taken) in [(false, false), (true, allowed), (false, false)] {
            let request = OutgoingRequest { any_certificate, tls: tls.clone(), ..request(1, &url, LONG) };
            let made = egress.exchange(request).await;
            assert_eq!(
                kind(&made),
                (!taken).then_some(ErrorKind::Tls),
                "{allowed} {any_certificate} {made:?}"
            );
        }
    }
}
