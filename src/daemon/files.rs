//! The files that a configuration names. They are read, and every problem with them reported, before
//! anything is done with it: `check` does no more than that.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{RootCertStore, ServerConfig};
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

use crate::config::{ConfigError, Loaded, Problem, SealKey, Tls, seal_key, unreadable};
use crate::domain::rsa::RsaKey;

/// What the files held.
pub struct Files {
    /// Certificate authorities to trust besides the system's.
    pub(super) extra_roots: Vec<CertificateDer<'static>>,
    /// The operator's RSA key for tokens.
    pub(super) rs256: Option<Arc<RsaKey>>,
    /// The API's certificate.
    pub(super) tls: Option<TlsAcceptor>,
    /// The admin listener's.
    pub(super) admin_tls: Option<TlsAcceptor>,
    /// Whether there is a key that seals secrets; else the first start makes one.
    pub has_seal_key: bool,
}

/// Reads them.
///
/// # Errors
/// Every file that is missing, cannot be read or holds something else, with the setting that names it.
pub fn read(loaded: &Loaded) -> Result<Files, ConfigError> {
    let config = &loaded.config;
    let mut reading = Reading { loaded, problems: Vec::new() };
    let seal_key = seal_key::read(&config.seal_key).map_err(|error| error.to_string());
    let has_seal_key = reading.take("secrets.key_file", seal_key).flatten().is_some();
    for file in &config.previous_seal_keys {
        let key = seal_key::read(&SealKey::Configured(file.clone())).map_err(|error| error.to_string());
        reading.take("secrets.previous_key_files", key);
    }
    let mut extra_roots = Vec::new();
    for file in &config.egress.extra_ca {
        extra_roots.extend(reading.take("egress.extra_ca", authorities(file)).unwrap_or_default());
    }
    let rs256 = config.rs256_key.as_deref();
    let rs256 = rs256.and_then(|file| reading.take("signing.rs256_key_file", rsa_key(file)));
    let tls = reading.tls(config.tls.as_ref(), ["tls.cert_file", "tls.key_file"]);
    let admin_tls = reading.tls(config.admin_tls.as_ref(), ["admin_tls.cert_file", "admin_tls.key_file"]);
    if reading.problems.is_empty() {
        Ok(Files { extra_roots, rs256, tls, admin_tls, has_seal_key })
    } else {
        Err(ConfigError(reading.problems))
    }
}

struct Reading<'l> {
    loaded: &'l Loaded,
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn take<T>(&mut self, key: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|detail| self.problems.push(self.loaded.problem(key, detail))).ok()
    }

    fn tls(&mut self, tls: Option<&Tls>, [cert, key]: [&str; 2]) -> Option<TlsAcceptor> {
        let Tls { cert_file, key_file } = tls?;
        let chain = self.take(cert, certificates(cert_file));
        let private = self.take(key, private_key(key_file));
        let (chain, private) = chain.zip(private)?;
        match acceptor(chain, private) {
            Ok(acceptor) => Some(acceptor),
            Err(rustls::Error::InconsistentKeys(_)) => {
                let (of, to) = (key_file.display(), cert_file.display());
                self.take(key, Err(format!("{of} is not the key of the certificate in {to}; give its key")))
            }
            Err(error) => {
                let file = cert_file.display();
                self.take(
                    cert,
                    Err(format!("{file} cannot be used: {error}; the server's certificate comes first")),
                )
            }
        }
    }
}

fn bytes(file: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let read = std::fs::read(file).map(Zeroizing::new);
    read.map_err(|error| format!("{} {}", file.display(), unreadable(&error)))
}

fn authorities(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = certificates(file)?;
    let mut store = RootCertStore::empty();
    for certificate in &found {
        let added = store.add(certificate.clone());
        added.map_err(|error| {
            format!("{} holds a certificate that is not an authority's: {error}; remove it", file.display())
        })?;
    }
    Ok(found)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let text = bytes(file)?;
    let found = CertificateDer::pem_slice_iter(&text).collect::<Result<Vec<_>, _>>();
    match found {
        Ok(found) if !found.is_empty() => Ok(found),
        _ => Err(format!(
            "{} must hold certificates in PEM form, each from BEGIN CERTIFICATE to END CERTIFICATE",
            file.display()
        )),
    }
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, String> {
    let text = bytes(file)?;
    PrivateKeyDer::from_pem_slice(&text)
        .map_err(|_| format!("{} must hold a private key in PEM form", file.display()))
}

fn acceptor(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<TlsAcceptor, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let mut config = config.with_no_client_auth().with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

fn rsa_key(file: &Path) -> Result<Arc<RsaKey>, String> {
    let text = bytes(file)?;
    let form = |why: String| {
        let make = "make one with: openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048";
        format!("{} must hold an RSA key in PEM form (PKCS#8): {why}; {make}", file.display())
    };
    let der = PrivatePkcs8KeyDer::from_pem_slice(&text).map_err(|error| form(error.to_string()))?;
    let key = RsaKey::from_pkcs8(der.secret_pkcs8_der()).map_err(|error| form(error.to_string()))?;
    Ok(Arc::new(key))
}
