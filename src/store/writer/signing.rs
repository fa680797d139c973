//! Signing keys: one more, and fewer once nothing needs them any more.

use super::{CommitBatch, DirectoryChange};
use crate::domain::profile::JwtAlgorithm;
use crate::domain::signing_key::{KeyState, SigningKey};
use crate::domain::time::Timestamp;
use crate::store::command::{Edited, Refused};
use crate::store::engine_error::{EditError, EngineError};
use crate::store::records::signing_key;
use crate::store::tables;
use crate::{clock, limits};

impl CommitBatch<'_> {
    pub(super) fn add_signing_keys(&mut self, keys: Vec<SigningKey>) -> Result<Edited, EditError> {
        let of = |algorithm| move |change: &&DirectoryChange| matches!(change, DirectoryChange::SigningKey(_, key) if key.algorithm() == algorithm);
        for algorithm in JwtAlgorithm::ALL {
            let there = self.core.directory().signing_keys().count(algorithm)
                + self.changes.iter().filter(of(algorithm)).count();
            let more = keys.iter().filter(|key| key.algorithm() == algorithm).count();
            if there + more > limits::SIGNING_KEYS {
                let detail = "the maximum number of signing keys is published; wait for some to expire";
                return Err(Refused::Limit(detail).into());
            }
        }
        for key in keys {
            self.add_signing_key(key)?;
        }
        Ok(Edited::Done)
    }

    fn add_signing_key(&mut self, key: SigningKey) -> Result<(), EngineError> {
        let last = self.rows.open_for_read(tables::SIGNING_KEYS)?.last()?.map_or(0, |(no, _)| no.value());
        let no = last + 1;
        let bytes = signing_key::write(no, &key, &self.core.seal, clock::random_bytes()?);
        self.rows.open_for_write(tables::SIGNING_KEYS)?.insert(no, bytes.as_slice())?;
        self.changes.push(DirectoryChange::SigningKey(no, Box::new(key)));
        Ok(())
    }

    /// Takes away the signing keys that nothing needs any more.
    pub(super) fn prune_signing_keys(&mut self, now: Timestamp) -> Result<(), EngineError> {
        let keys = self.core.directory().signing_keys();
        for (no, ..) in keys.states(now).filter(|(.., state)| *state == KeyState::Over) {
            self.rows.open_for_write(tables::SIGNING_KEYS)?.remove(no)?;
            self.changes.push(DirectoryChange::RemoveSigningKey(no));
        }
        Ok(())
    }
}
