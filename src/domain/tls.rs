//! What a webhook has of its own for TLS: whom it trusts, and the certificate that it shows of itself. What is here
//! was read, and a key belongs to its certificate.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::{PemObject as _, SectionKind};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SigningKey};
use rustls::{RootCertStore, SignatureAlgorithm};
use zeroize::Zeroizing;

use crate::limits;

/// The characters of a line of PEM (RFC 7468, 2).
const PEM_LINE: usize = 64;

/// Why a text cannot be what it is given as; a sentence without its subject.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TlsError {
    /// It is too long.
    #[error("may have at most {} bytes; leave out what does not lead to the receiver", limits::TLS_PEM_BYTES)]
    Long,
    /// There is no certificate in it.
    #[error(
        "is not a certificate in PEM form: give it from -----BEGIN CERTIFICATE----- to -----END CERTIFICATE-----"
    )]
    NoCertificate,
    /// A certificate would be shown together with a key.
    #[error("holds a private key; give that as client_key, and only certificates here")]
    KeyAmongCertificates,
    /// Too many certificates.
    #[error("may hold at most {} certificates", limits::TLS_CERTIFICATES)]
    Many,
    /// A certificate that cannot be read.
    #[error("holds a certificate (number {0}) that cannot be read; it has to be X.509 of version 3")]
    Unreadable(usize),
    /// There is no key in it.
    #[error(
        "is not a private key in PEM form: give it from -----BEGIN PRIVATE KEY----- to -----END PRIVATE KEY-----"
    )]
    NoKey,
    /// A key under a passphrase.
    #[error(
        "is encrypted with a passphrase, which Ringback does not have; decrypt it with: openssl pkey -in FILE -out PLAIN"
    )]
    Encrypted,
    /// A key of a kind that TLS cannot use.
    #[error("is a private key that TLS cannot use; give an RSA, EC (P-256, P-384, P-521) or Ed25519 key")]
    Unusable,
    /// A key of another certificate.
    #[error(
        "is {0} key that does not belong to the certificate; give both of one pair, the client's own certificate first"
    )]
    Mismatch(&'static str),
}

/// The certificates of a text in PEM form, and nothing else.
///
/// # Errors
/// When there are none, too many, or what no answer should show.
pub fn certificates(text: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    if text.len() > limits::TLS_PEM_BYTES {
        return Err(TlsError::Long);
    }
    let mut found = Vec::new();
    for section in <(SectionKind, Vec<u8>)>::pem_slice_iter(text.as_bytes()) {
        let (kind, der) = section.map_err(|_| TlsError::NoCertificate)?;
        match kind {
            SectionKind::Certificate => found.push(CertificateDer::from(der)),
            SectionKind::PrivateKey | SectionKind::RsaPrivateKey | SectionKind::EcPrivateKey => {
                drop(Zeroizing::new(der));
                return Err(TlsError::KeyAmongCertificates);
            }
            _ => {}
        }
    }
    match found.len() {
        0 => Err(TlsError::NoCertificate),
        count if count > limits::TLS_CERTIFICATES => Err(TlsError::Many),
        _ => {
            let readable = |der| ParsedCertificate::try_from(der).is_ok();
            match found.iter().position(|der| !readable(der)) {
                Some(at) => Err(TlsError::Unreadable(at + 1)),
                None => Ok(found),
            }
        }
    }
}

/// The certificates of a text that others can be judged by.
///
/// # Errors
/// As of [`certificates`].
pub fn authorities(text: &str) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let found = certificates(text)?;
    let mut roots = RootCertStore::empty();
    match found.iter().position(|der| roots.add(der.clone()).is_err()) {
        Some(at) => Err(TlsError::Unreadable(at + 1)),
        None => Ok(found),
    }
}

/// Certificates in PEM form.
#[must_use]
pub fn pem(certificates: &[CertificateDer<'_>]) -> String {
    let mut text = String::new();
    for der in certificates {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        for (at, character) in STANDARD.encode(der).char_indices() {
            if at > 0 && at % PEM_LINE == 0 {
                text.push('\n');
            }
            text.push(character);
        }
        text.push('\n');
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

/// A private key. It never prints, and its memory is wiped when it goes.
#[derive(Clone, PartialEq, Eq)]
pub struct PrivateKey(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

impl PrivateKey {
    /// The key in a text in PEM form.
    ///
    /// # Errors
    /// When there is none, or none that can be used.
    pub fn parse(text: &str) -> Result<Self, TlsError> {
        if text.len() > limits::TLS_PEM_BYTES {
            return Err(TlsError::Long);
        }
        let Ok(key) = PrivateKeyDer::from_pem_slice(text.as_bytes()) else {
            return Err(if is_encrypted(text) { TlsError::Encrypted } else { TlsError::NoKey });
        };
        let key = Self(Zeroizing::new(key.secret_der().to_vec()));
        match key.signing() {
            Some(_) => Ok(key),
            None if is_encrypted(text) => Err(TlsError::Encrypted),
            None => Err(TlsError::Unusable),
        }
    }

    /// One that was stored.
    #[must_use]
    pub fn from_stored(der: &[u8]) -> Self {
        Self(Zeroizing::new(der.to_vec()))
    }

    /// The key in the clear: for sealing.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    fn signing(&self) -> Option<Arc<dyn SigningKey>> {
        any_supported_type(&PrivateKeyDer::try_from(self.0.as_slice()).ok()?).ok()
    }
}

fn is_encrypted(text: &str) -> bool {
    text.contains("BEGIN ENCRYPTED PRIVATE KEY") || text.contains("Proc-Type: 4,ENCRYPTED")
}

/// Who the daemon says that it is: a certificate, those that vouch for it, and its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKey,
}

impl ClientIdentity {
    /// Of a chain, the client's own certificate first, and that one's key.
    ///
    /// # Errors
    /// When the key is another certificate's.
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKey) -> Result<Self, TlsError> {
        let signing = key.signing().ok_or(TlsError::Unusable)?;
        let kind = match signing.algorithm() {
            SignatureAlgorithm::RSA => "an RSA",
            SignatureAlgorithm::ECDSA => "an EC",
            _ => "an Ed25519",
        };
        let pair = CertifiedKey::new(chain.clone(), signing);
        pair.keys_match().map_err(|_| TlsError::Mismatch(kind))?;
        Ok(Self { chain, key })
    }

    /// One that was stored.
    #[must_use]
    pub fn from_stored(chain: Vec<CertificateDer<'static>>, key: PrivateKey) -> Self {
        Self { chain, key }
    }

    /// The certificates, the client's own first.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// Its key.
    #[must_use]
    pub fn key(&self) -> &PrivateKey {
        &self.key
    }

    /// What a handshake shows and signs with.
    #[must_use]
    pub fn certified(&self) -> Option<CertifiedKey> {
        Some(CertifiedKey::new(self.chain.clone(), self.key.signing()?))
    }
}

/// Whom a webhook trusts, and who it says that it is. One that says neither has none of these.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WebhookTls {
    /// Whom it trusts, in place of those that the system and the operator trust; empty: those.
    pub authorities: Vec<CertificateDer<'static>>,
    /// Who it says that it is, where a receiver asks.
    pub client: Option<ClientIdentity>,
}

impl WebhookTls {
    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.authorities.is_empty() && self.client.is_none()
    }

    /// What it takes, in bytes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let (chain, key) =
            self.client.as_ref().map_or((&[][..], 0), |client| (client.chain(), client.key.0.len()));
        self.authorities.iter().chain(chain).map(|der| der.len()).sum::<usize>() + key
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256};

    use super::*;

    fn pair(kind: &'static rcgen::SignatureAlgorithm) -> (String, String) {
        let key = KeyPair::generate_for(kind).unwrap();
        let cert = CertificateParams::new(vec!["client".to_owned()]).unwrap().self_signed(&key).unwrap();
        (cert.pem(), key.serialize_pem())
    }

    fn identity(cert: &str, key: &str) -> Result<ClientIdentity, TlsError> {
        ClientIdentity::new(certificates(cert)?, PrivateKey::parse(key)?)
    }

    #[test]
    fn a_certificate_and_its_key_make_an_identity_and_no_other_key_does() {
        let kinds =
            [(&PKCS_ECDSA_P256_SHA256, "an EC"), (&PKCS_ED25519, "an Ed25519"), (&PKCS_RSA_SHA256, "an RSA")];
        for (kind, word) in kinds {
            let ((cert, key), (other, _)) = (pair(kind), pair(kind));
            let made = identity(&cert, &key).unwrap();
            assert_eq!(made.certified().unwrap().keys_match(), Ok(()));
            assert_eq!(identity(&other, &key), Err(TlsError::Mismatch(word)));
            let stored = ClientIdentity::from_stored(
                made.chain().to_vec(),
                PrivateKey::from_stored(made.key().expose()),
            );
            assert_eq!(stored, made);
            assert!(!format!("{made:?}").contains(&format!("{:?}", made.key().expose())));
        }
    }

    #[test]
    fn certificates_come_back_as_they_were_given() {
        let (one, two) = (pair(&PKCS_RSA_SHA256).0, pair(&PKCS_ED25519).0);
        let both = format!("{one}some words between\n{two}");
        let read = authorities(&both).unwrap();
        assert_eq!(read.len(), 2);
        let shown = pem(&read);
        assert_eq!(certificates(&shown).unwrap(), read);
        assert!(shown.lines().all(|line| line.len() <= PEM_LINE) && !shown.contains("between"), "{shown}");
        assert_eq!(shown, format!("{one}{two}").replace("\r\n", "\n"));
    }

    #[test]
    fn what_is_none_is_refused_in_words() {
        let (cert, key) = pair(&PKCS_ECDSA_P256_SHA256);
        for (text, want) in [
            (String::new(), TlsError::NoCertificate),
            ("hello".to_owned(), TlsError::NoCertificate),
            (cert.replace("END", "EN"), TlsError::NoCertificate),
            (format!("{cert}{key}"), TlsError::KeyAmongCertificates),
            (
                format!("{cert}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
                TlsError::Unreadable(2),
            ),
            (cert.repeat(limits::TLS_CERTIFICATES + 1), TlsError::Many),
            (" ".repeat(limits::TLS_PEM_BYTES + 1), TlsError::Long),
        ] {
            assert_eq!(authorities(&text), Err(want.clone()), "{text}");
            assert_eq!(certificates(&text), Err(want), "{text}");
        }
        let sealed = |label: &str, headers: &str| {
            format!("-----BEGIN {label}-----\n{headers}AAAA\n-----END {label}-----\n")
        };
        for (text, want) in [
            (cert, TlsError::NoKey),
            (sealed("PRIVATE KEY", ""), TlsError::Unusable),
            (sealed("ENCRYPTED PRIVATE KEY", ""), TlsError::Encrypted),
            (
                sealed("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n"),
                TlsError::Encrypted,
            ),
            (" ".repeat(limits::TLS_PEM_BYTES + 1), TlsError::Long),
        ] {
            assert_eq!(PrivateKey::parse(&text), Err(want), "{text}");
        }
        assert!(TlsError::Encrypted.to_string().contains("openssl pkey"));
    }
}
