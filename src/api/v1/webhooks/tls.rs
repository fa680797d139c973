//! A webhook's own TLS in requests and answers. Certificates are shown as they are; a key never is.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::api::members::{Nullable, nullable};
use crate::app::masked;
use crate::domain::header::MASK;
use crate::domain::tls::{self, ClientIdentity, PrivateKey, TlsError, WebhookTls, pem};
use crate::domain::webhook::{Settings, Webhook};
use crate::http::document::Faults;
use crate::limits;

/// Whom a webhook trusts, and who it says that it is. In a change, omitted members stay as they are and null removes one.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TlsBody {
    /// Certificates in PEM form: authorities, or the receiver's own self-signed one. Then it trusts only these.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>", length(max = limits::TLS_PEM_BYTES))]
    ca: Nullable<String>,
    /// A certificate in PEM form to show to receivers that demand one, with those that vouch for it behind it.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>", length(max = limits::TLS_PEM_BYTES))]
    client_cert: Nullable<String>,
    /// Its private key in PEM form, without a passphrase. It is sealed and never shown.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<String>", length(max = limits::TLS_PEM_BYTES))]
    client_key: Nullable<String>,
    /// Whether any certificate is taken; only where the operator allows it.
    #[serde(deserialize_with = "nullable")]
    #[schemars(with = "Option<bool>")]
    insecure: Nullable<bool>,
}

impl TlsBody {
    /// Puts what is given into the settings; whatever has no meaning is a fault.
    pub(super) fn apply(self, settings: &mut Settings, faults: &mut Faults) {
        if let Some(insecure) = self.insecure {
            settings.terms.any_certificate = insecure.unwrap_or(false);
        }
        let before = settings.tls.as_deref().cloned().unwrap_or_default();
        let authorities = match self.ca {
            None => before.authorities,
            Some(text) => read("/tls/ca", text, tls::authorities, faults).unwrap_or_default(),
        };
        let client = client(self.client_cert, self.client_key, before.client, faults);
        let tls = WebhookTls { authorities, client };
        settings.tls = (!tls.is_empty()).then(|| Arc::new(tls));
    }
}

/// The client's certificate and key, of which each may change without the other.
fn client(
    cert: Nullable<String>,
    key: Nullable<String>,
    before: Option<ClientIdentity>,
    faults: &mut Faults,
) -> Option<ClientIdentity> {
    let key = match key {
        // As answers show it.
        Some(Some(text)) if text == MASK => {
            if before.is_none() {
                faults.add("/tls/client_key", masked::UNKNOWN);
            }
            None
        }
        key => key,
    };
    match (&cert, &key) {
        (None, None) => return before,
        (Some(None), None | Some(None)) | (None, Some(None)) => return None,
        _ => {}
    }
    let (was_chain, was_key) = before.map(|known| (known.chain().to_vec(), known.key().clone())).unzip();
    let chain = match cert {
        None => was_chain,
        Some(None) => None,
        Some(text) => Some(read("/tls/client_cert", text, tls::certificates, faults)?),
    };
    let key = match key {
        None => was_key,
        Some(None) => None,
        Some(text) => Some(read("/tls/client_key", text, PrivateKey::parse, faults)?),
    };
    match (chain, key) {
        (Some(chain), Some(key)) => {
            let pointer = "/tls/client_key";
            faults.check(pointer, ClientIdentity::new(chain, key))
        }
        (None, _) => {
            faults.add(
                "/tls/client_cert",
                "is required beside client_key; give the certificate that the key belongs to",
            );
            None
        }
        (_, None) => {
            faults
                .add("/tls/client_key", "is required beside client_cert; give the certificate's private key");
            None
        }
    }
}

fn read<T>(
    pointer: &str,
    text: Option<String>,
    parse: impl Fn(&str) -> Result<T, TlsError>,
    faults: &mut Faults,
) -> Option<T> {
    faults.check(pointer, parse(&text?))
}

/// Whom a webhook trusts, and who it says that it is.
#[derive(Debug, Serialize, JsonSchema)]
pub struct TlsView {
    /// The certificates that it trusts, in PEM form; null: those that the daemon trusts.
    ca: Option<String>,
    /// The certificate that it shows, in PEM form.
    client_cert: Option<String>,
    /// Masked where there is one.
    client_key: Option<&'static str>,
    /// Whether it asks for any certificate to be taken; it is while the operator allows it.
    insecure: bool,
}

impl TlsView {
    pub(super) fn of(webhook: &Webhook) -> Option<Self> {
        let insecure = webhook.terms.any_certificate;
        let own = webhook.tls.as_deref();
        if own.is_none() && !insecure {
            return None;
        }
        let authorities = own.map(|own| own.authorities.as_slice()).filter(|all| !all.is_empty());
        let client = own.and_then(|own| own.client.as_ref());
        Some(Self {
            ca: authorities.map(pem),
            client_cert: client.map(|client| pem(client.chain())),
            client_key: client.map(|_| MASK),
            insecure,
        })
    }
}
