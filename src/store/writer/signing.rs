//! Signing keys: one more, and fewer once nothing needs them any more.

use super::{Change, Turn};
use crate::domain::signing_key::{KeyState, SigningKey};
use crate::domain::time::Timestamp;
use crate::store::command::{Edited, Refused};
use crate::store::halt::{Halt, Stop};
use crate::store::records::signing_key;
use crate::store::tables;
use crate::{clock, limits};

impl Turn<'_> {
    pub(super) fn add_signing_key(&mut self, key: SigningKey) -> Result<Edited, Stop> {
        let made = self.changes.iter().filter(|change| matches!(change, Change::SigningKey(..))).count();
        if self.core.directory().signing_keys().len() + made >= limits::SIGNING_KEYS {
            let detail =
                "there are as many signing keys as may be published at once; wait for some to expire";
            return Err(Refused::Limit(detail).into());
        }
        let last = self.rows.look(tables::SIGNING_KEYS)?.last()?.map_or(0, |(no, _)| no.value());
        let no = last + 1;
        let bytes = signing_key::write(no, &key, &self.core.seal, clock::random_bytes()?);
        self.rows.other(tables::SIGNING_KEYS)?.insert(no, bytes.as_slice())?;
        self.changes.push(Change::SigningKey(no, Box::new(key)));
        Ok(Edited::Done)
    }

    /// Takes away the signing keys that nothing needs any more.
    pub(super) fn prune_signing_keys(&mut self, now: Timestamp) -> Result<(), Halt> {
        let keys = self.core.directory().signing_keys();
        for (no, ..) in keys.states(now).filter(|(.., state)| *state == KeyState::Over) {
            self.rows.other(tables::SIGNING_KEYS)?.remove(no)?;
            self.changes.push(Change::RemoveSigningKey(no));
        }
        Ok(())
    }
}
