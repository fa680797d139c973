//! TLS as each webhook wants it. Most share one configuration, and with it the sessions that servers let them resume.
//! One that trusts others, or says who it is, has each handshake for itself: a session that was resumed would carry
//! over what was proven to another.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use rustls::client::Resumption;
use rustls::client::danger::ServerCertVerifier as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::sign::SingleCertAndKey;
use rustls::{AlertDescription, CertificateError, ClientConfig, Error, RootCertStore};
use tokio_rustls::TlsConnector;

use super::certificate::AnyCertificate;
use super::failure::{EgressError, Failure};
use crate::clock;
use crate::domain::outcome::ErrorKind;
use crate::domain::tls::{ClientIdentity, WebhookTls};
use crate::trust;

/// Where a webhook, or the operator, names whom to trust.
const SETTINGS: &str = "tls.ca of the webhook, or in egress.extra_ca";

/// What was proven of both ends of a connection. It serves only requests that want the same.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Security {
    /// Whether any certificate is taken.
    pub(super) any_certificate: bool,
    /// What the webhook has of its own.
    pub(super) own: Option<Arc<WebhookTls>>,
}

pub(super) struct Tls {
    ordinary: Arc<ClientConfig>,
    /// Takes any certificate; `None` where that is not allowed.
    unvetted: Option<Arc<ClientConfig>>,
}

impl Tls {
    pub(super) fn new(
        extra_roots: Vec<CertificateDer<'static>>,
        allow_any_certificate: bool,
    ) -> Result<Self, EgressError> {
        let mut roots = RootCertStore::empty();
        let native = rustls_native_certs::load_native_certs();
        let (trusted, unusable) = roots.add_parsable_certificates(native.certs);
        if trusted == 0 {
            let errors = native.errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
            tracing::warn!(
                unusable,
                errors,
                "the system has no certificate authorities; https targets will fail"
            );
        }
        let ordinary = Arc::new(spoken(trust::config(roots, extra_roots)?));
        let unvetted = if allow_any_certificate { Some(Arc::new(taking_any()?)) } else { None };
        Ok(Self { ordinary, unvetted })
    }

    /// Whether a webhook that asks for any certificate to be taken gets its wish.
    pub(super) fn takes_any(&self, asked: bool) -> bool {
        asked && self.unvetted.is_some()
    }

    /// What makes connections that are as secure as is wanted.
    pub(super) fn connector(&self, wanted: &Security) -> Result<TlsConnector, Failure> {
        let unvetted = self.unvetted.as_ref().filter(|_| wanted.any_certificate);
        let shared = unvetted.unwrap_or(&self.ordinary);
        let config = match wanted.own.as_deref() {
            None => Arc::clone(shared),
            Some(own) => Arc::new(of_its_own(shared, own, unvetted.is_some())?),
        };
        Ok(TlsConnector::from(config))
    }

    /// Why a handshake failed, in words.
    pub(super) fn why(error: &io::Error, wanted: &Security) -> String {
        let own = wanted.own.as_deref();
        let has_authorities = own.is_some_and(|own| !own.authorities.is_empty());
        let setting =
            if has_authorities { "tls.ca of the webhook, which is all that it trusts" } else { SETTINGS };
        refused(error).unwrap_or_else(|| trust::why(error, setting))
    }
}

/// What the other side says of the certificate that it was shown, or was not; `None`: it says something else.
pub(super) fn refused(error: &io::Error) -> Option<String> {
    let Some(Error::AlertReceived(alert)) = error.get_ref()?.downcast_ref() else { return None };
    Some(match alert {
        AlertDescription::CertificateRequired => {
            "the receiver demands a client certificate; give the webhook tls.client_cert and tls.client_key"
                .to_owned()
        }
        AlertDescription::CertificateExpired => {
            "the receiver says that the client certificate has expired; give the webhook a new one".to_owned()
        }
        AlertDescription::UnknownCA
        | AlertDescription::BadCertificate
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::DecryptError
        | AlertDescription::AccessDenied => format!(
            "the receiver does not accept the client certificate, or the lack of one (alert {alert:?}); tls.client_cert of the webhook has to be from an authority that the receiver trusts"
        ),
        AlertDescription::HandshakeFailure => {
            "the receiver refused the handshake; it may demand a client certificate (tls.client_cert of the webhook), or have no algorithm in common".to_owned()
        }
        _ => return None,
    })
}

fn spoken(mut config: ClientConfig) -> ClientConfig {
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    config
}

fn taking_any() -> Result<ClientConfig, Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_safe_default_protocol_versions()?;
    let dangerous = builder.dangerous().with_custom_certificate_verifier(Arc::new(AnyCertificate(provider)));
    let mut config = dangerous.with_no_client_auth();
    // Two webhooks to one name must not take each other's receiver for their own.
    config.resumption = Resumption::disabled();
    Ok(spoken(config))
}

/// The shared configuration, but for what a webhook has of its own.
fn of_its_own(shared: &ClientConfig, own: &WebhookTls, takes_any: bool) -> Result<ClientConfig, Failure> {
    let unusable = |error: Error| {
        Failure::new(ErrorKind::Tls, format!("the webhook's tls settings cannot be used: {error}"))
    };
    let mut config = if own.authorities.is_empty() || takes_any {
        shared.clone()
    } else {
        spoken(trust::config(RootCertStore::empty(), own.authorities.clone()).map_err(unusable)?)
    };
    config.resumption = Resumption::disabled();
    if let Some(client) = &own.client {
        check_dates(client)?;
        let certified = client.certified().ok_or_else(|| unusable(Error::General("its key".to_owned())))?;
        config.client_auth_cert_resolver = Arc::new(SingleCertAndKey::from(certified));
    }
    Ok(config)
}

/// No receiver takes a certificate outside its dates, and few say so.
fn check_dates(client: &ClientIdentity) -> Result<(), Failure> {
    let Some((why, renew)) = outside_dates(client) else { return Ok(()) };
    let detail = format!("the webhook's client certificate (tls.client_cert) {why}; {renew}");
    Err(Failure::new(ErrorKind::Tls, detail))
}

fn outside_dates(client: &ClientIdentity) -> Option<(String, &'static str)> {
    let own = client.chain().first()?;
    // Its dates are what is looked at first; whom it is for and who vouches for it is not asked of it.
    let verifier = trust::verifier(RootCertStore::empty(), vec![own.clone()]).ok()?;
    let now = UnixTime::since_unix_epoch(Duration::from_millis(clock::now().as_millis()));
    let name = ServerName::try_from("client.invalid").ok()?;
    match verifier.verify_server_cert(own, &[], &name, &[], now) {
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            Some((format!("expired at {}", trust::at(not_after)), "give the webhook a new one with its key"))
        }
        Err(Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. })) => {
            Some((format!("is not valid before {}", trust::at(not_before)), "the clock may be wrong"))
        }
        _ => None,
    }
}
