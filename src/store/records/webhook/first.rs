//! The record as stores of schema 1 have it: its target was not sealed.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::form::{Record, Sealed, State, VERSION, associated};
use crate::domain::id::{AccountNo, WebhookId};
use crate::store::json::coder::ExportFormat;
use crate::store::records::{BadRecord, Decoded, Raw, decode, encode, terms};
use crate::store::seal::{NONCE, Seal};

const FIRST: u8 = 1;

pub(in crate::store) const FORM: (u8, ExportFormat) = (FIRST, |coder| First::deserialize(coder).map(drop));

#[derive(Serialize, Deserialize)]
struct First<'a> {
    id: [u8; 16],
    account: u32,
    state: State,
    url: &'a str,
    events: Vec<String>,
    profile: &'a str,
    description: &'a str,
    filter: Option<&'a str>,
    rate_limit: Option<(f64, u32)>,
    max_in_flight: Option<u32>,
    ordering: u8,
    collect: bool,
    expires_at: Option<u64>,
    metadata: Option<&'a str>,
    created_at: u64,
    updated_at: u64,
    #[serde(borrow)]
    sealed: Raw<'a>,
}

#[derive(Serialize, Deserialize)]
struct FirstSealed<'a> {
    current: &'a str,
    #[serde(borrow)]
    previous: Vec<(&'a str, u64)>,
    #[serde(borrow)]
    headers: Vec<(&'a str, Raw<'a>)>,
    #[serde(borrow)]
    terms: terms::Record<'a>,
}

/// The record as this program writes it, of one of schema 1; `None` when it is not of that schema.
pub(in crate::store) fn upgrade(bytes: &[u8], seal: &Seal, nonce: [u8; NONCE]) -> Decoded<Option<Vec<u8>>> {
    if bytes.first() != Some(&FIRST) {
        return Ok(None);
    }
    let first: First<'_> = decode(FIRST, bytes)?;
    let (account, id) = (AccountNo(first.account), WebhookId::from_bytes(first.id));
    let opened = seal.open(&associated(FIRST, account, id), first.sealed.0).ok_or(BadRecord::Sealed)?;
    let FirstSealed { current, previous, headers, terms } = decode(FIRST, &opened)?;
    let private = Sealed { url: first.url, pending_url: None, current, previous, headers, terms, tls: None };
    let private = Zeroizing::new(encode(VERSION, &private));
    let sealed = seal.seal(nonce, &associated(VERSION, account, id), &private);
    let record = Record {
        id: first.id,
        account: first.account,
        name: None,
        managed_by: None,
        state: first.state,
        events: first.events,
        profile: first.profile,
        description: first.description,
        filter: first.filter,
        rate_limit: first.rate_limit,
        max_in_flight: first.max_in_flight,
        ordering: first.ordering,
        collect: first.collect,
        expires_at: first.expires_at,
        metadata: first.metadata,
        created_at: first.created_at,
        updated_at: first.updated_at,
        dropping: None,
        sealed: Raw(&sealed),
    };
    Ok(Some(encode(VERSION, &record)))
}

/// A webhook's record as a program of schema 1 wrote it.
#[cfg(test)]
pub(in crate::store) fn write(
    webhook: &crate::domain::webhook::Webhook,
    seal: &Seal,
    nonce: [u8; NONCE],
) -> Vec<u8> {
    let bytes = super::write(webhook, seal, nonce);
    let record: Record<'_> = decode(VERSION, &bytes).unwrap();
    let opened = seal.open(&associated(VERSION, webhook.account, webhook.id), record.sealed.0).unwrap();
    let Sealed { url, pending_url: _, current, previous, headers, terms, tls: _ } =
        decode(VERSION, &opened).unwrap();
    let private = encode(FIRST, &FirstSealed { current, previous, headers, terms });
    let sealed = seal.seal(nonce, &associated(FIRST, webhook.account, webhook.id), &private);
    let first = First {
        id: record.id,
        account: record.account,
        state: record.state,
        url,
        events: record.events,
        profile: record.profile,
        description: record.description,
        filter: record.filter,
        rate_limit: record.rate_limit,
        max_in_flight: record.max_in_flight,
        ordering: record.ordering,
        collect: record.collect,
        expires_at: record.expires_at,
        metadata: record.metadata,
        created_at: record.created_at,
        updated_at: record.updated_at,
        sealed: Raw(&sealed),
    };
    encode(FIRST, &first)
}
