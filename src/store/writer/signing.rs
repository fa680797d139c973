//! Signing keys, and sealing with another key what was sealed with an earlier one.

use std::ops::Bound;

use super::{Change, Turn};
use crate::domain::signing_key::{KeyState, SigningKey};
use crate::domain::time::Timestamp;
use crate::store::command::{Edited, Refused};
use crate::store::engine::{Form, Table, value_of};
use crate::store::halt::{Halt, Stop};
use crate::store::open::{CANARY, CANARY_ROW, RESOURCE_KEY_ROW};
use crate::store::records::{Decoded, quarantine, secret, signing_key, webhook};
use crate::store::seal::{NONCE, Seal};
use crate::store::tables::{self, meta};
use crate::{clock, limits};

/// Where sealing anew stands: the table, and the last row of it that was looked at.
#[derive(Debug, Default)]
pub(in crate::store) struct Cursor {
    table: usize,
    /// The row's key as the engine writes it.
    after: Option<Vec<u8>>,
}

/// How far sealing anew has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resealed {
    /// There is more to do.
    More,
    /// Everything is sealed with the current key.
    Done,
}

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

    /// Seals some more rows with the current key; at the end of it the canary, which says that the
    /// earlier keys are of no more use.
    pub(super) fn reseal(&mut self) -> Result<Resealed, Halt> {
        if self.is_sealed()? {
            return Ok(Resealed::Done);
        }
        // Every table with sealed rows is one step here.
        let more = match self.state.reseal.table {
            0 => {
                self.reseal_some(tables::WEBHOOKS, |_, row, seal, nonce| webhook::reseal(row, seal, nonce))?
            }
            1 => self.reseal_some(tables::SIGNING_KEYS, signing_key::reseal)?,
            2 => self.reseal_some(tables::SECRETS, secret::reseal)?,
            _ => {
                self.reseal_resource_key()?;
                let canary = self.core.seal.seal(clock::random_bytes()?, CANARY_ROW, CANARY);
                let mut table = self.rows.other(tables::META)?;
                table.insert(meta::CANARY, canary.as_slice())?;
                table.remove(meta::CANARY_NEXT)?;
                self.state.reseal = Cursor::default();
                return Ok(Resealed::Done);
            }
        };
        if !more {
            self.state.reseal = Cursor { table: self.state.reseal.table + 1, after: None };
        }
        Ok(Resealed::More)
    }

    fn reseal_resource_key(&mut self) -> Result<(), Halt> {
        let mut table = self.rows.other(tables::META)?;
        let row = table.get(meta::RESOURCE_KEY)?.map(|row| row.value().to_vec());
        let Some(row) = row else { return Ok(()) };
        let sealed = self.core.seal.anew(clock::random_bytes()?, RESOURCE_KEY_ROW, &row);
        if let Some(Some(sealed)) = quarantine("meta", meta::RESOURCE_KEY, sealed) {
            table.insert(meta::RESOURCE_KEY, sealed.as_slice())?;
        }
        Ok(())
    }

    /// Whether everything is sealed with the current key, and was when another one was last given up.
    fn is_sealed(&self) -> Result<bool, Halt> {
        let table = self.rows.look(tables::META)?;
        let canary = table.get(meta::CANARY)?;
        let current = canary.is_some_and(|row| self.core.seal.is_current(CANARY_ROW, row.value()));
        Ok(current && table.get(meta::CANARY_NEXT)?.is_none())
    }

    /// Seals the next rows of a table, each by `reseal`; whether there are more. A row that does not
    /// open stays as it is.
    fn reseal_some<K: Form>(
        &mut self,
        table: Table<K, &'static [u8]>,
        reseal: impl Fn(K::Of<'_>, &[u8], &Seal, [u8; NONCE]) -> Decoded<Option<Vec<u8>>>,
    ) -> Result<bool, Halt> {
        let mut rows = Vec::new();
        let mut last = None;
        let after = self.state.reseal.after.take();
        let from = after.as_deref().map_or(Bound::Unbounded, |key| Bound::Excluded(value_of::<K>(key)));
        for row in self.rows.look(table)?.range((from, Bound::Unbounded))?.take(limits::RESEAL_ROWS) {
            let (key, row) = row?;
            let bytes = key.bytes().to_vec();
            let sealed = reseal(key.value(), row.value(), &self.core.seal, clock::random_bytes()?);
            if let Some(Some(sealed)) = quarantine("sealed", &bytes, sealed) {
                rows.push((bytes.clone(), sealed));
            }
            last = Some((bytes, last.map_or(1, |(_, looked)| looked + 1)));
        }
        if !rows.is_empty() {
            let mut table = self.rows.other(table)?;
            for (key, row) in &rows {
                table.put(key, row)?;
            }
        }
        let Some((last, looked)) = last else { return Ok(false) };
        self.state.reseal.after = Some(last);
        Ok(looked == limits::RESEAL_ROWS)
    }
}
