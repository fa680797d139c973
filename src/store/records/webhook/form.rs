//! The parts of the record, as they are stored.

use rustls::pki_types::CertificateDer;
use serde::{Deserialize, Serialize};

use crate::domain::id::{AccountNo, WebhookId};
use crate::domain::tls::{ClientIdentity, PrivateKey, WebhookTls};
use crate::store::records::{Raw, terms};

pub(super) const VERSION: u8 = 2;

#[derive(Serialize, Deserialize)]
pub(super) struct Record<'a> {
    pub(super) id: [u8; 16],
    pub(super) account: u32,
    pub(super) name: Option<&'a str>,
    pub(super) managed_by: Option<&'a str>,
    pub(super) state: State,
    pub(super) events: Vec<String>,
    pub(super) profile: &'a str,
    pub(super) description: &'a str,
    pub(super) filter: Option<&'a str>,
    pub(super) rate_limit: Option<(f64, u32)>,
    pub(super) max_in_flight: Option<u32>,
    pub(super) ordering: u8,
    pub(super) collect: bool,
    pub(super) expires_at: Option<u64>,
    pub(super) metadata: Option<&'a str>,
    pub(super) created_at: u64,
    pub(super) updated_at: u64,
    pub(super) dropping: Option<u64>,
    #[serde(borrow)]
    pub(super) sealed: Raw<'a>,
}

/// The state's code, `why` where it has one, and since when.
#[derive(Serialize, Deserialize)]
pub(super) struct State(pub(super) u8, pub(super) u8, pub(super) u64);

/// What is sealed.
#[derive(Serialize, Deserialize)]
pub(super) struct Sealed<'a> {
    pub(super) url: &'a str,
    pub(super) pending_url: Option<&'a str>,
    pub(super) current: &'a str,
    #[serde(borrow)]
    pub(super) previous: Vec<(&'a str, u64)>,
    #[serde(borrow)]
    pub(super) headers: Vec<(&'a str, Raw<'a>)>,
    #[serde(borrow)]
    pub(super) terms: terms::Record<'a>,
    #[serde(borrow)]
    pub(super) tls: Option<Tls<'a>>,
}

/// Authorities, and the client's certificates and key (PKCS #8, PKCS #1 or SEC1), all as DER.
#[derive(Serialize, Deserialize)]
pub(super) struct Tls<'a>(#[serde(borrow)] Vec<Raw<'a>>, #[serde(borrow)] Option<(Vec<Raw<'a>>, Raw<'a>)>);

pub(super) fn write_tls(tls: &WebhookTls) -> Tls<'_> {
    fn raw<'a>(chain: &'a [CertificateDer<'_>]) -> Vec<Raw<'a>> {
        chain.iter().map(|der| Raw(der)).collect()
    }
    let client = tls.client.as_ref().map(|client| (raw(client.chain()), Raw(client.key().expose())));
    Tls(raw(&tls.authorities), client)
}

pub(super) fn read_tls(Tls(authorities, client): &Tls<'_>) -> WebhookTls {
    let chain = |chain: &[Raw<'_>]| chain.iter().map(|der| CertificateDer::from(der.0.to_vec())).collect();
    let identity = |(own, key): &(Vec<Raw<'_>>, Raw<'_>)| {
        ClientIdentity::from_stored(chain(own), PrivateKey::from_stored(key.0))
    };
    WebhookTls { authorities: chain(authorities), client: client.as_ref().map(identity) }
}

pub(super) fn associated(version: u8, account: AccountNo, id: WebhookId) -> Vec<u8> {
    [account.0.to_be_bytes().as_slice(), &id.to_bytes(), &[version]].concat()
}
