//! `accounts`, `tokens`, `event_types`, `failing`: small rows, mirrored in memory.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{BadRecord, Coded, Decoded, decode, encode};
use crate::domain::account::{Account, Roles, Token};
use crate::domain::event_type::EventTypeRecord;
use crate::domain::id::{AccountId, AccountNo, TokenId};
use crate::domain::name::ManagedBy;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Failing, Waits};
use crate::store::json::coder::ExportFormat;

const ACCOUNT: u8 = 1;
const TOKEN: u8 = 2;
const FIRST_TOKEN: u8 = 1;
const EVENT_TYPE: u8 = 2;
const FIRST_EVENT_TYPE: u8 = 1;
const FAILING: u8 = 2;
const FIRST_FAILING: u8 = 1;
const WAITS: u8 = 1;

pub(in crate::store) const ACCOUNT_FORM: (u8, ExportFormat) =
    (ACCOUNT, |coder| AccountRow::deserialize(coder).map(drop));
pub(in crate::store) const TOKEN_FORM: (u8, ExportFormat) =
    (TOKEN, |coder| TokenRow::deserialize(coder).map(drop));
pub(in crate::store) const FIRST_TOKEN_FORM: (u8, ExportFormat) =
    (FIRST_TOKEN, |coder| FirstTokenRow::deserialize(coder).map(drop));
pub(in crate::store) const EVENT_TYPE_FORM: (u8, ExportFormat) =
    (EVENT_TYPE, |coder| EventTypeRow::deserialize(coder).map(drop));
pub(in crate::store) const FIRST_EVENT_TYPE_FORM: (u8, ExportFormat) =
    (FIRST_EVENT_TYPE, |coder| FirstEventTypeRow::deserialize(coder).map(drop));
pub(in crate::store) const FAILING_FORM: (u8, ExportFormat) =
    (FAILING, |coder| FailingRow::deserialize(coder).map(drop));
pub(in crate::store) const WAITS_FORM: (u8, ExportFormat) =
    (WAITS, |coder| WaitsRow::deserialize(coder).map(drop));
pub(in crate::store) const FIRST_FAILING_FORM: (u8, ExportFormat) =
    (FIRST_FAILING, |coder| FirstFailingRow::deserialize(coder).map(drop));

#[derive(Serialize, Deserialize)]
struct AccountRow<'a> {
    id: [u8; 16],
    name: &'a str,
    created_at: u64,
}

pub(in crate::store) fn write_account(account: &Account) -> Vec<u8> {
    let Account { id, name, created_at } = account;
    encode(ACCOUNT, &AccountRow { id: id.to_bytes(), name, created_at: created_at.as_millis() })
}

pub(in crate::store) fn read_account(bytes: &[u8]) -> Decoded<Account> {
    let row: AccountRow<'_> = decode(ACCOUNT, bytes)?;
    let created_at = Timestamp::from_millis(row.created_at);
    Ok(Account { id: AccountId::from_bytes(row.id), name: row.name.to_owned(), created_at })
}

#[derive(Serialize, Deserialize)]
struct TokenRow<'a> {
    id: [u8; 16],
    account: u32,
    roles: Vec<u8>,
    description: &'a str,
    created_at: u64,
    expires_at: Option<u64>,
    last_used_at: Option<u64>,
}

/// The row as stores of schema 1 have it: with one role, and without an end.
#[derive(Serialize, Deserialize)]
struct FirstTokenRow<'a> {
    id: [u8; 16],
    account: u32,
    role: u8,
    description: &'a str,
    created_at: u64,
}

/// The row as this program writes it, of one of schema 1; `None` when it is not of that schema.
pub(in crate::store) fn upgrade_token(bytes: &[u8]) -> Decoded<Option<Vec<u8>>> {
    if bytes.first() != Some(&FIRST_TOKEN) {
        return Ok(None);
    }
    let FirstTokenRow { id, account, role, description, created_at } = decode(FIRST_TOKEN, bytes)?;
    let roles = vec![role];
    let row = TokenRow { id, account, roles, description, created_at, expires_at: None, last_used_at: None };
    Ok(Some(encode(TOKEN, &row)))
}

/// A token's record as a program of schema 1 wrote it.
#[cfg(test)]
pub(in crate::store) fn write_first_token(token: &Token) -> Vec<u8> {
    let row = FirstTokenRow {
        id: token.id.to_bytes(),
        account: token.account.0,
        role: token.roles.iter().next().unwrap().code(),
        description: &token.description,
        created_at: token.created_at.as_millis(),
    };
    encode(FIRST_TOKEN, &row)
}

pub(in crate::store) fn write_token(token: &Token) -> Vec<u8> {
    let row = TokenRow {
        id: token.id.to_bytes(),
        account: token.account.0,
        roles: token.roles.iter().map(Coded::code).collect(),
        description: &token.description,
        created_at: token.created_at.as_millis(),
        expires_at: token.expires_at.map(Timestamp::as_millis),
        last_used_at: token.last_used_at.map(Timestamp::as_millis),
    };
    encode(TOKEN, &row)
}

pub(in crate::store) fn read_token(digest: [u8; 32], bytes: &[u8]) -> Decoded<Token> {
    let row: TokenRow<'_> = decode(TOKEN, bytes)?;
    let roles = row.roles.into_iter().map(Coded::of).collect::<Decoded<Vec<_>>>()?;
    Ok(Token {
        id: TokenId::from_bytes(row.id),
        digest,
        account: AccountNo(row.account),
        roles: Roles::of(&roles),
        description: row.description.to_owned(),
        created_at: Timestamp::from_millis(row.created_at),
        expires_at: row.expires_at.map(Timestamp::from_millis),
        last_used_at: row.last_used_at.map(Timestamp::from_millis),
    })
}

#[derive(Serialize, Deserialize)]
struct EventTypeRow<'a> {
    name: &'a str,
    description: &'a str,
    schema: Option<&'a str>,
    example: Option<&'a str>,
    managed_by: Option<&'a str>,
    created_at: u64,
    updated_at: u64,
}

/// The row as stores of schema 1 have it.
#[derive(Serialize, Deserialize)]
struct FirstEventTypeRow<'a> {
    name: &'a str,
    description: &'a str,
    schema: Option<&'a str>,
    example: Option<&'a str>,
    created_at: u64,
    updated_at: u64,
}

/// The row as this program writes it, of one of schema 1; `None` when it is not of that schema.
pub(in crate::store) fn upgrade_event_type(bytes: &[u8]) -> Decoded<Option<Vec<u8>>> {
    if bytes.first() != Some(&FIRST_EVENT_TYPE) {
        return Ok(None);
    }
    let FirstEventTypeRow { name, description, schema, example, created_at, updated_at } =
        decode(FIRST_EVENT_TYPE, bytes)?;
    let row = EventTypeRow { name, description, schema, example, managed_by: None, created_at, updated_at };
    Ok(Some(encode(EVENT_TYPE, &row)))
}

/// An event type's record as a program of schema 1 wrote it.
#[cfg(test)]
pub(in crate::store) fn write_first_event_type(record: &EventTypeRecord) -> Vec<u8> {
    let row = FirstEventTypeRow {
        name: record.name.as_str(),
        description: &record.description,
        schema: record.schema.as_deref(),
        example: record.example.as_deref(),
        created_at: record.created_at.as_millis(),
        updated_at: record.updated_at.as_millis(),
    };
    encode(FIRST_EVENT_TYPE, &row)
}

pub(in crate::store) fn write_event_type(record: &EventTypeRecord) -> Vec<u8> {
    let row = EventTypeRow {
        name: record.name.as_str(),
        description: &record.description,
        schema: record.schema.as_deref(),
        example: record.example.as_deref(),
        managed_by: record.managed_by.as_ref().map(ManagedBy::as_str),
        created_at: record.created_at.as_millis(),
        updated_at: record.updated_at.as_millis(),
    };
    encode(EVENT_TYPE, &row)
}

pub(in crate::store) fn read_event_type(bytes: &[u8]) -> Decoded<EventTypeRecord> {
    let row: EventTypeRow<'_> = decode(EVENT_TYPE, bytes)?;
    Ok(EventTypeRecord {
        name: row.name.parse().map_err(|_| BadRecord::Field("event type"))?,
        description: row.description.to_owned(),
        schema: row.schema.map(Into::into),
        example: row.example.map(Into::into),
        managed_by: row.managed_by.map(str::parse).transpose().map_err(|_| BadRecord::Field("managed_by"))?,
        created_at: Timestamp::from_millis(row.created_at),
        updated_at: Timestamp::from_millis(row.updated_at),
    })
}

#[derive(Serialize, Deserialize)]
struct FailingRow {
    since: u64,
    attempts: u32,
    warned: bool,
}

#[derive(Serialize, Deserialize)]
struct WaitsRow {
    rests_until: Option<u64>,
    rests_for: u64,
    tokens_full_at: Option<u64>,
}

pub(in crate::store) fn write_waits(waits: Waits) -> Vec<u8> {
    let Waits { rests_until, rests_for, tokens_full_at } = waits;
    let millis = |at: Option<Timestamp>| at.map(Timestamp::as_millis);
    let rests_for = u64::try_from(rests_for.as_millis()).unwrap_or(u64::MAX);
    let (rests_until, tokens_full_at) = (millis(rests_until), millis(tokens_full_at));
    encode(WAITS, &WaitsRow { rests_until, rests_for, tokens_full_at })
}

pub(in crate::store) fn read_waits(bytes: &[u8]) -> Decoded<Waits> {
    let row: WaitsRow = decode(WAITS, bytes)?;
    let at = |millis: Option<u64>| millis.map(Timestamp::from_millis);
    Ok(Waits {
        rests_until: at(row.rests_until),
        rests_for: Duration::from_millis(row.rests_for),
        tokens_full_at: at(row.tokens_full_at),
    })
}

/// The row as stores of schema 1 have it: no one was warned.
#[derive(Serialize, Deserialize)]
struct FirstFailingRow {
    since: u64,
    attempts: u32,
}

/// The row as this program writes it, of one of schema 1; `None` when it is not of that schema.
pub(in crate::store) fn upgrade_failing(bytes: &[u8]) -> Decoded<Option<Vec<u8>>> {
    if bytes.first() != Some(&FIRST_FAILING) {
        return Ok(None);
    }
    let FirstFailingRow { since, attempts } = decode(FIRST_FAILING, bytes)?;
    Ok(Some(encode(FAILING, &FailingRow { since, attempts, warned: false })))
}

#[cfg(test)]
pub(in crate::store) fn write_first_failing(failing: Failing) -> Vec<u8> {
    encode(FIRST_FAILING, &FirstFailingRow { since: failing.since.as_millis(), attempts: failing.attempts })
}

pub(in crate::store) fn write_failing(failing: Failing) -> Vec<u8> {
    let Failing { since, attempts, warned } = failing;
    encode(FAILING, &FailingRow { since: since.as_millis(), attempts, warned })
}

pub(in crate::store) fn read_failing(bytes: &[u8]) -> Decoded<Failing> {
    let row: FailingRow = decode(FAILING, bytes)?;
    Ok(Failing { since: Timestamp::from_millis(row.since), attempts: row.attempts, warned: row.warned })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::account::Role;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn round_trips(ms in 0u64..1 << 47, no: u32, random: u64, text: String, full: bool, digest: [u8; 32]) {
            let at = Timestamp::from_millis(ms);
            let account = Account { id: AccountId::new(at, AccountNo(no), random), name: text.clone(), created_at: at };
            prop_assert_eq!(read_account(&write_account(&account)).unwrap(), account);
            let token = Token {
                id: TokenId::new(at, random.into()),
                digest,
                account: AccountNo(no),
                roles: if full { Roles::of(&Role::ALL) } else { Roles::of(&[Role::Manager]) },
                description: text.clone(),
                created_at: at,
                expires_at: full.then_some(at),
                last_used_at: full.then_some(at),
            };
            prop_assert_eq!(read_token(digest, &write_token(&token)).unwrap(), token);
            let declared = EventTypeRecord {
                name: "order.paid".parse().unwrap(),
                description: text.clone(),
                schema: full.then(|| "{}".into()),
                example: full.then(|| text.as_str().into()),
                managed_by: full.then(|| "apply:shop".parse().unwrap()),
                created_at: at,
                updated_at: at,
            };
            prop_assert_eq!(read_event_type(&write_event_type(&declared)).unwrap(), declared);
            let failing = Failing { since: at, attempts: no, warned: full };
            prop_assert_eq!(read_failing(&write_failing(failing)).unwrap(), failing);
            let rests_for = Duration::from_millis(no.into());
            let waits = Waits { rests_until: full.then_some(at), rests_for, tokens_full_at: Some(at) };
            prop_assert_eq!(read_waits(&write_waits(waits)).unwrap(), waits);
        }

        #[test]
        fn any_bytes_are_a_row_or_an_error(bytes: Vec<u8>) {
            let _ = (read_account(&bytes), read_token([0; 32], &bytes), read_event_type(&bytes), read_failing(&bytes), read_waits(&bytes));
        }
    }
}
