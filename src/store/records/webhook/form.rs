//! The parts of the record, as they are stored.

use serde::{Deserialize, Serialize};

use crate::domain::id::{AccountNo, WebhookId};
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
}

pub(super) fn associated(version: u8, account: AccountNo, id: WebhookId) -> Vec<u8> {
    [account.0.to_be_bytes().as_slice(), &id.to_bytes(), &[version]].concat()
}
