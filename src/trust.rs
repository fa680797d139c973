//! Whom TLS trusts, on the way to receivers and on the command line's way to the daemon, and in
//! words why it did not. One certificate that is named is trusted itself, also where it says that
//! it is an authority's, as most self-signed ones do.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, InvalidMessage, OtherError,
    PeerIncompatible, RootCertStore, SignatureScheme,
};

use crate::domain::time::Timestamp;

/// Names of a certificate that an error shows.
const NAMES_SHOWN: usize = 5;

/// TLS that trusts the authorities in `roots`, and those and the servers that `named` are the certificates of.
///
/// # Errors
/// When a named certificate is none.
pub(crate) fn config(
    roots: RootCertStore,
    named: Vec<CertificateDer<'static>>,
) -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    if named.is_empty() {
        return Ok(builder.with_root_certificates(roots).with_no_client_auth());
    }
    let verifier = Arc::new(verifier(roots, named)?);
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

/// What judges servers so; there has to be someone to trust.
///
/// # Errors
/// When a named certificate is none.
pub(crate) fn verifier(
    mut roots: RootCertStore,
    named: Vec<CertificateDer<'static>>,
) -> Result<impl ServerCertVerifier + 'static, Error> {
    for certificate in &named {
        roots.add(certificate.clone())?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let authorities = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build();
    let authorities = authorities.map_err(|error| Error::General(error.to_string()))?;
    Ok(Named { authorities, named })
}

#[derive(Debug)]
struct Named {
    authorities: Arc<WebPkiServerVerifier>,
    named: Vec<CertificateDer<'static>>,
}

impl ServerCertVerifier for Named {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let judged =
            self.authorities.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        match judged {
            // Its dates were found good before this was said of it; its name was not looked at yet.
            Err(error) if is_an_authoritys(&error) && self.named.iter().any(|named| named == end_entity) => {
                verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            judged => judged,
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authorities.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authorities.supported_verify_schemes()
    }
}

fn is_an_authoritys(error: &Error) -> bool {
    let Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) = error else { return false };
    matches!(inner.downcast_ref(), Some(webpki::Error::CaUsedAsEndEntity))
}

/// Why a handshake failed, in words; `setting` is where a certificate is named.
pub(crate) fn why(error: &io::Error, setting: &str) -> String {
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match tls {
        Some(Error::InvalidCertificate(error)) => certificate(error, setting),
        Some(Error::InvalidMessage(InvalidMessage::InvalidContentType)) => {
            "the server does not speak TLS; if it speaks plain HTTP, the URL begins with http://".to_owned()
        }
        Some(Error::AlertReceived(alert)) => format!("the other side refused it with the alert {alert:?}"),
        Some(Error::PeerIncompatible(PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig)) => {
            "the other side speaks an older TLS than 1.2".to_owned()
        }
        Some(error) if is_about_versions(error) => "the other side speaks an older TLS than 1.2".to_owned(),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            "the other side closed the connection".to_owned()
        }
        _ => error.to_string(),
    }
}

fn is_about_versions(error: &Error) -> bool {
    matches!(
        error,
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::SupportedVersionsExtensionRequired
        ) | Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion)
    )
}

fn certificate(error: &CertificateError, setting: &str) -> String {
    match error {
        CertificateError::UnknownIssuer => {
            format!("its certificate is not signed by a trusted authority; name its authority in {setting}")
        }
        CertificateError::Expired => "its certificate has expired".to_owned(),
        CertificateError::ExpiredContext { not_after, .. } => {
            format!("its certificate expired at {}", at(*not_after))
        }
        CertificateError::NotValidYet => "its certificate is not valid yet".to_owned(),
        CertificateError::NotValidYetContext { not_before, .. } => {
            format!("its certificate is not valid before {}; the clock may be wrong", at(*not_before))
        }
        CertificateError::NotValidForNameContext { expected, presented } if presented.is_empty() => {
            format!("its certificate names no host, so it is not for {}", expected.to_str())
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names = presented.iter().take(NAMES_SHOWN).map(|name| plain(name)).collect::<Vec<_>>();
            let more = if presented.len() > NAMES_SHOWN { " and others" } else { "" };
            format!("its certificate is for {}{more}, and not for {}", names.join(", "), expected.to_str())
        }
        CertificateError::UnsupportedSignatureAlgorithmContext { .. }
        | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            "its certificate is signed with an unsupported algorithm, such as SHA-1".to_owned()
        }
        CertificateError::BadSignature => {
            "its certificate is not signed by the authority that it names".to_owned()
        }
        CertificateError::Revoked => "its certificate was revoked".to_owned(),
        CertificateError::InvalidPurposeContext { .. } | CertificateError::InvalidPurpose => {
            "its certificate is not for servers".to_owned()
        }
        CertificateError::BadEncoding => "its certificate cannot be read".to_owned(),
        CertificateError::Other(OtherError(inner)) => match inner.downcast_ref() {
            Some(webpki::Error::CaUsedAsEndEntity) => format!(
                "its certificate is an authority's and not a server's; to trust that very certificate, name it in {setting}"
            ),
            Some(webpki::Error::UnsupportedCertVersion) => {
                "its certificate is of version 1; one of version 3 is needed".to_owned()
            }
            Some(error) => format!("its certificate is not accepted: {error}"),
            None => "its certificate is not accepted".to_owned(),
        },
        error => format!("its certificate is not accepted: {error}"),
    }
}

/// A subject name as certificates give it, without the spelling of the library that read it.
fn plain(name: &str) -> &str {
    let inner = name.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')')).unwrap_or(name);
    inner.trim_matches('"')
}

/// A time as TLS has it.
pub(crate) fn at(time: UnixTime) -> Timestamp {
    let since_1970 = Duration::from_secs(time.as_secs());
    Timestamp::from_millis(u64::try_from(since_1970.as_millis()).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, KeyPair};
    use rustls::ServerConfig;
    use rustls::pki_types::PrivateKeyDer;
    use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, duplex};
    use tokio_rustls::{TlsAcceptor, TlsConnector};

    use super::*;

    struct Server {
        certificate: CertificateDer<'static>,
        config: Arc<ServerConfig>,
    }

    /// A server with a certificate that it signed itself.
    fn self_signed(change: impl FnOnce(&mut CertificateParams)) -> Server {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["box.test".to_owned()]).unwrap();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(rcgen::DnType::CommonName, format!("{:?}", key.public_key_raw()));
        change(&mut params);
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config =
            ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let chain = vec![certificate.clone()];
        let config = config.with_no_client_auth().with_single_cert(chain, key).unwrap();
        Server { certificate, config: Arc::new(config) }
    }

    fn as_authority(params: &mut CertificateParams) {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }

    /// What a handshake with whatever `serve` does comes to.
    async fn shake<T, F>(
        named: &[&CertificateDer<'static>],
        name: &'static str,
        serve: F,
    ) -> Result<(), String>
    where
        F: FnOnce(tokio::io::DuplexStream) -> T,
        T: Future<Output = ()> + Send + 'static,
    {
        let (near, far) = duplex(16 * 1024);
        let server = tokio::spawn(serve(far));
        let named = named.iter().map(|&certificate| certificate.clone()).collect();
        let connector = TlsConnector::from(Arc::new(config(RootCertStore::empty(), named).unwrap()));
        let shaken = connector.connect(ServerName::try_from(name).unwrap(), near).await;
        let result = shaken.map(drop).map_err(|error| why(&error, "extra_ca"));
        server.await.unwrap();
        result
    }

    async fn with(
        server: &Server,
        named: &[&CertificateDer<'static>],
        name: &'static str,
    ) -> Result<(), String> {
        let acceptor = TlsAcceptor::from(Arc::clone(&server.config));
        shake(named, name, |far| accept(acceptor, far)).await
    }

    async fn accept(acceptor: TlsAcceptor, far: impl AsyncRead + AsyncWrite + Unpin) {
        drop(acceptor.accept(far).await);
    }

    #[tokio::test]
    async fn a_named_certificate_is_trusted_whether_or_not_it_says_it_is_an_authoritys() {
        for server in [self_signed(|_| ()), self_signed(as_authority)] {
            assert_eq!(with(&server, &[&server.certificate], "box.test").await, Ok(()));
            let other = with(&server, &[&server.certificate], "other.test").await.unwrap_err();
            assert_eq!(other, "its certificate is for box.test, and not for other.test");
        }
    }

    #[tokio::test]
    async fn no_other_authoritys_certificate_is_taken_for_a_servers() {
        let (named, other) = (self_signed(as_authority), self_signed(as_authority));
        let refused = with(&other, &[&named.certificate], "box.test").await.unwrap_err();
        assert!(refused.contains("is an authority's and not a server's; to trust that very"), "{refused}");
        assert!(refused.ends_with("name it in extra_ca"), "{refused}");
    }

    #[tokio::test]
    async fn a_named_certificate_ends_with_its_dates() {
        let server = self_signed(|params| {
            as_authority(params);
            params.not_before = rcgen::date_time_ymd(2001, 1, 1);
            params.not_after = rcgen::date_time_ymd(2002, 3, 4);
        });
        let refused = with(&server, &[&server.certificate], "box.test").await.unwrap_err();
        assert_eq!(refused, "its certificate expired at 2002-03-04T00:00:00.000Z");
    }

    #[tokio::test]
    async fn who_is_not_trusted_is_named_in_words() {
        let (server, other) = (self_signed(|_| ()), self_signed(|_| ()));
        let refused = with(&server, &[&other.certificate], "box.test").await.unwrap_err();
        assert_eq!(
            refused,
            "its certificate is not signed by a trusted authority; name its authority in extra_ca"
        );
        let named = [&other.certificate];
        let plain = shake(&named, "box.test", |mut far| async move {
            far.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await.unwrap();
        });
        let refused = plain.await.unwrap_err();
        assert!(refused.contains("does not speak TLS") && refused.contains("http://"), "{refused}");
        let closed = shake(&named, "box.test", |far| async move { drop(far) }).await.unwrap_err();
        assert_eq!(closed, "the other side closed the connection");
    }
}
