//! `audit`: who changed what. Each entry holds the digest of the one before, so that a changed or
//! missing entry shows.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Decoded, decode, encode};
use crate::domain::id::TokenId;
use crate::domain::time::Timestamp;
use crate::store::command::Actor;
use crate::store::export::Form;
use crate::store::upkeep::AuditEntry;

const VERSION: u8 = 1;

pub(in crate::store) const FORM: (u8, Form) = (VERSION, |coder| Record::deserialize(coder).map(drop));

#[derive(Serialize, Deserialize)]
struct Record<'a> {
    at: u64,
    actor: Option<[u8; 16]>,
    action: &'a str,
    subject: &'a str,
    previous: [u8; 32],
    hash: [u8; 32],
}

impl AuditEntry {
    /// The entry that follows one with the digest `previous`.
    pub(in crate::store) fn chained(
        at: Timestamp,
        actor: Actor,
        action: &str,
        subject: String,
        previous: [u8; 32],
    ) -> Self {
        let mut entry = Self { at, actor, action: action.to_owned(), subject, previous, hash: [0; 32] };
        entry.hash = entry.digest();
        entry
    }

    /// Whether the entry is what its digest says.
    #[must_use]
    pub fn is_intact(&self) -> bool {
        self.hash == self.digest()
    }

    fn digest(&self) -> [u8; 32] {
        Sha256::digest(encode(VERSION, &self.record([0; 32]))).into()
    }

    fn record(&self, hash: [u8; 32]) -> Record<'_> {
        let actor = match self.actor {
            Actor::Token(id) => Some(id.to_bytes()),
            Actor::Daemon => None,
        };
        let Self { at, action, subject, previous, .. } = self;
        Record { at: at.as_millis(), actor, action, subject, previous: *previous, hash }
    }

    pub(in crate::store) fn write(&self) -> Vec<u8> {
        encode(VERSION, &self.record(self.hash))
    }

    pub(in crate::store) fn read(bytes: &[u8]) -> Decoded<Self> {
        let record: Record<'_> = decode(VERSION, bytes)?;
        let token = |id| Actor::Token(TokenId::from_bytes(id));
        Ok(Self {
            at: Timestamp::from_millis(record.at),
            actor: record.actor.map_or(Actor::Daemon, token),
            action: record.action.to_owned(),
            subject: record.subject.to_owned(),
            previous: record.previous,
            hash: record.hash,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn round_trips_and_shows_changes() {
        let at = Timestamp::from_millis(9);
        let actor = Actor::Token(TokenId::new(at, 7));
        let entry = AuditEntry::chained(at, actor, "webhook.create", "wh_1".into(), [3; 32]);
        let mut again = AuditEntry::read(&entry.write()).unwrap();
        assert_eq!(again, entry);
        assert!(again.is_intact());
        again.subject = "wh_2".into();
        assert!(!again.is_intact());
    }
}
