//! `audit`: who changed what. Each entry holds the digest of the one before, so that a changed or
//! missing entry shows.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Decoded, decode, encode};
use crate::domain::id::{AccountId, TokenId};
use crate::domain::time::Timestamp;
use crate::store::audit::entry::{Actor, AuditEntry, Hash};
use crate::store::json::coder::ExportFormat;

pub(in crate::store) const VERSION: u8 = 2;

pub(in crate::store) const FORM: (u8, ExportFormat) = (VERSION, |coder| Record::deserialize(coder).map(drop));

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    at: u64,
    actor: Option<[u8; 16]>,
    anonymous: bool,
    account: Option<[u8; 16]>,
    action: &'a str,
    object: &'a str,
    detail: &'a str,
    previous: Hash,
    hash: Hash,
}

/// As programs of schema 1 wrote entries. They stay as they are: their digests are of these bytes.
const FIRST: u8 = 1;

pub(in crate::store) const FIRST_FORM: (u8, ExportFormat) =
    (FIRST, |coder| First::deserialize(coder).map(drop));

#[derive(Serialize, Deserialize)]
struct First<'a> {
    at: u64,
    actor: Option<[u8; 16]>,
    action: &'a str,
    subject: &'a str,
    previous: Hash,
    hash: Hash,
}

fn first(entry: &AuditEntry, hash: Hash) -> Vec<u8> {
    let (at, actor) = (entry.at.as_millis(), token(entry.actor));
    let AuditEntry { action, object: subject, previous, .. } = entry;
    encode(FIRST, &First { at, actor, action, subject, previous: *previous, hash })
}

/// The digest of an entry that a program of schema 1 wrote; `None` when it is a later one's.
pub(in crate::store) fn first_digest(entry: &AuditEntry) -> Option<Hash> {
    (entry.version == FIRST).then(|| Sha256::digest(first(entry, [0; 32])).into())
}

fn token(actor: Actor) -> Option<[u8; 16]> {
    match actor {
        Actor::Token(id) => Some(id.to_bytes()),
        Actor::Daemon | Actor::Anonymous => None,
    }
}

pub(in crate::store) fn write(entry: &AuditEntry) -> Vec<u8> {
    if entry.version == FIRST {
        return first(entry, entry.hash);
    }
    let AuditEntry { at, actor, account, action, object, detail, previous, hash, .. } = entry;
    let record = Record {
        at: at.as_millis(),
        actor: token(*actor),
        anonymous: *actor == Actor::Anonymous,
        account: account.map(AccountId::to_bytes),
        action,
        object,
        detail,
        previous: *previous,
        hash: *hash,
    };
    encode(VERSION, &record)
}

pub(in crate::store) fn read(no: u64, bytes: &[u8]) -> Decoded<AuditEntry> {
    let at = Timestamp::from_millis;
    let token = |id: Option<_>| id.map_or(Actor::Daemon, |id| Actor::Token(TokenId::from_bytes(id)));
    if bytes.first() == Some(&FIRST) {
        let First { at: millis, actor, action, subject, previous, hash } = decode(FIRST, bytes)?;
        return Ok(AuditEntry {
            no,
            at: at(millis),
            actor: token(actor),
            account: None,
            action: action.to_owned(),
            object: subject.to_owned(),
            detail: String::new(),
            previous,
            hash,
            version: FIRST,
        });
    }
    let record: Record<'_> = decode(VERSION, bytes)?;
    Ok(AuditEntry {
        no,
        at: at(record.at),
        actor: if record.anonymous { Actor::Anonymous } else { token(record.actor) },
        account: record.account.map(AccountId::from_bytes),
        action: record.action.to_owned(),
        object: record.object.to_owned(),
        detail: record.detail.to_owned(),
        previous: record.previous,
        hash: record.hash,
        version: VERSION,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::AccountNo;
    use crate::store::audit::Note;

    fn entry(actor: Actor) -> AuditEntry {
        let at = Timestamp::from_millis(9);
        let account = Some(AccountId::new(at, AccountNo(1), 3));
        let (object, detail) = ("wh_1".to_owned(), "two\nlines".to_owned());
        let note = Note { account, action: "webhook.create", object, detail };
        AuditEntry::chained(7, at, actor, note, [3; 32])
    }

    #[test]
    fn round_trips_and_shows_every_change() {
        let token = Actor::Token(TokenId::new(Timestamp::from_millis(9), 7));
        for (actor, version) in
            [(token, 2), (Actor::Daemon, 2), (Actor::Anonymous, 2), (token, FIRST), (Actor::Daemon, FIRST)]
        {
            let mut entry = entry(actor);
            assert_eq!(entry.detail, "two lines");
            if version == FIRST {
                entry = AuditEntry { version, account: None, detail: String::new(), ..entry };
                entry.hash = first_digest(&entry).unwrap();
            }
            assert_eq!(read(7, &write(&entry)).unwrap(), entry);
            assert!(entry.is_intact());
            let mut changed: Vec<AuditEntry> = vec![
                AuditEntry { at: Timestamp::from_millis(8), ..entry.clone() },
                AuditEntry { action: "webhook.remove".into(), ..entry.clone() },
                AuditEntry { object: "wh_2".into(), ..entry.clone() },
                AuditEntry { previous: [4; 32], ..entry.clone() },
                AuditEntry { actor: Actor::Token(TokenId::from_bytes([1; 16])), ..entry.clone() },
            ];
            if version != FIRST {
                changed.push(AuditEntry { no: 8, ..entry.clone() });
                changed.push(AuditEntry { account: None, ..entry.clone() });
                changed.push(AuditEntry { detail: "more".into(), ..entry.clone() });
            }
            assert!(!changed.iter().any(AuditEntry::is_intact));
        }
    }
}
