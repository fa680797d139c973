//! Sealing with the current key what was sealed with an earlier one.
//!
//! It goes through every table with sealed parts, a few rows per commit, until a whole pass finds nothing
//! more to do. Only then is the canary sealed with the current key, which says that the earlier keys may go.

use std::ops::Bound;

use super::CommitBatch;
use super::command::Resealed;
use super::state::ResealCursor;
use crate::store::audit::{Actor, Note};
use crate::store::engine::{KeyCodec, Table, value_of};
use crate::store::engine_error::EngineError;
use crate::store::records::{BadRecord, Decoded, actor, readable, secret, signing_key, webhook};
use crate::store::seal::{AUDIT_ROW, CANARY, CANARY_ROW, NONCE, RESOURCE_KEY_ROW, Seal};
use crate::store::tables::{self, meta};
use crate::{clock, limits};

/// Seals some more of something with the current key, and says whether there is more.
type Reseal = fn(&mut CommitBatch<'_>) -> Result<bool, EngineError>;

/// Everything with sealed parts, by the file in `records` that seals it, with what reseals it. A test
/// holds the list against the files.
const SEALED: [(&str, Reseal); 6] = [
    ("webhook", |turn| {
        turn.reseal_some(tables::WEBHOOKS, |_, row, seal, nonce| webhook::reseal(row, seal, nonce))
    }),
    ("webhook", |turn| {
        turn.reseal_some(tables::REMOVED, |_, row, seal, nonce| webhook::reseal(row, seal, nonce))
    }),
    ("signing_key", |turn| turn.reseal_some(tables::SIGNING_KEYS, signing_key::reseal)),
    ("secret", |turn| turn.reseal_some(tables::SECRETS, secret::reseal)),
    ("actor", |turn| turn.reseal_some(tables::ACTORS, actor::reseal)),
    ("meta", |turn| turn.reseal_meta()),
];

/// The sealed rows of `meta` besides the canary, with what binds each to its row.
const META: [(&str, &[u8]); 2] = [(meta::RESOURCE_KEY, RESOURCE_KEY_ROW), (meta::AUDIT, AUDIT_ROW)];

impl CommitBatch<'_> {
    /// Seals some more rows with the current key; at the end of it the canary, which says that the
    /// earlier keys are of no more use.
    pub(super) fn reseal(&mut self) -> Result<Resealed, EngineError> {
        if let Some(end) = self.state.reseal.end {
            return Ok(end);
        }
        let sealed = self.is_sealed()?;
        if sealed && !self.core.seal.has_previous() {
            return Ok(Resealed::Done);
        }
        if let Some((_, reseal)) = SEALED.get(self.state.reseal.table) {
            if !reseal(self)? {
                let table = self.state.reseal.table + 1;
                let (resealed, unknown) = (self.state.reseal.resealed, self.state.reseal.unknown);
                self.state.reseal = ResealCursor { table, resealed, unknown, ..ResealCursor::default() };
            }
            return Ok(Resealed::More);
        }
        let ResealCursor { resealed, unknown, .. } = std::mem::take(&mut self.state.reseal);
        if resealed > 0 {
            // Another pass looks whether that was all.
            return Ok(Resealed::More);
        }
        let end = if unknown > 0 { Resealed::Kept(unknown) } else { Resealed::Done };
        if !sealed && end == Resealed::Done {
            self.seal_canary()?;
        }
        self.state.reseal.end = Some(end);
        Ok(end)
    }

    fn seal_canary(&mut self) -> Result<(), EngineError> {
        let canary = self.core.seal.seal(clock::random_bytes()?, CANARY_ROW, CANARY);
        let mut table = self.rows.open_for_write(tables::META)?;
        table.insert(meta::CANARY, canary.as_slice())?;
        table.remove(meta::CANARY_NEXT)?;
        drop(table);
        self.audit(clock::now(), Actor::Daemon, Note::global("seal_key.rotate", "", ""))
    }

    fn reseal_meta(&mut self) -> Result<bool, EngineError> {
        for (name, associated) in META {
            let row = self.rows.open_for_read(tables::META)?.get(name)?.map(|row| row.value().to_vec());
            let Some(row) = row else { continue };
            let sealed = self.core.seal.anew(clock::random_bytes()?, associated, &row);
            if let Some(sealed) = self.count(name, sealed) {
                self.rows.open_for_write(tables::META)?.insert(name, sealed.as_slice())?;
            }
        }
        Ok(false)
    }

    /// Whether everything is sealed with the current key, and was when another one was last given up.
    fn is_sealed(&self) -> Result<bool, EngineError> {
        let table = self.rows.open_for_read(tables::META)?;
        let canary = table.get(meta::CANARY)?;
        let current = canary.is_some_and(|row| self.core.seal.is_current(CANARY_ROW, row.value()));
        Ok(current && table.get(meta::CANARY_NEXT)?.is_none())
    }

    /// Seals the next rows of a table, each by `reseal`; whether there are more. A row that does not
    /// open stays as it is.
    fn reseal_some<K: KeyCodec>(
        &mut self,
        table: Table<K, &'static [u8]>,
        reseal: impl Fn(K::Of<'_>, &[u8], &Seal, [u8; NONCE]) -> Decoded<Option<Vec<u8>>>,
    ) -> Result<bool, EngineError> {
        let (mut looked, mut bytes) = (Vec::new(), 0);
        let after = self.state.reseal.after.take();
        let from = after.as_deref().map_or(Bound::Unbounded, |key| Bound::Excluded(value_of::<K>(key)));
        for row in self.rows.open_for_read(table)?.range((from, Bound::Unbounded))?.take(limits::RESEAL_ROWS)
        {
            let (key, row) = row?;
            let sealed = reseal(key.value(), row.value(), &self.core.seal, clock::random_bytes()?);
            looked.push((key.bytes().to_vec(), sealed));
            bytes += row.value().len();
            if bytes >= limits::RESEAL_BYTES {
                break;
            }
        }
        let more = looked.len() == limits::RESEAL_ROWS || bytes >= limits::RESEAL_BYTES;
        let last = looked.last().map(|(key, _)| key.clone());
        let mut rows = Vec::new();
        for (key, sealed) in looked {
            if let Some(sealed) = self.count(&key, sealed) {
                rows.push((key, sealed));
            }
        }
        if !rows.is_empty() {
            let mut table = self.rows.open_for_write(table)?;
            for (key, row) in &rows {
                table.put(key, row)?;
            }
        }
        self.state.reseal.after = last;
        Ok(more)
    }

    /// The row to be written, if it is to be; counts what was found.
    fn count<K: std::fmt::Debug>(&mut self, key: K, sealed: Decoded<Option<Vec<u8>>>) -> Option<Vec<u8>> {
        let cursor = &mut self.state.reseal;
        match &sealed {
            Ok(Some(_)) => cursor.resealed += 1,
            // No key that was given opens it, so none of them need stay for it.
            Ok(None) | Err(BadRecord::Sealed) => {}
            Err(_) => cursor.unknown += 1,
        }
        readable("sealed", key, sealed)?
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The code below `dir`, without tests, by the module right below it.
    fn sources(dir: &Path) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let module = path.file_stem().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && module != "tests" {
                found.extend(sources(&path).into_iter().map(|(_, code)| (module.clone(), code)));
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                found.push((module, text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned()));
            }
        }
        found
    }

    #[test]
    fn whatever_is_sealed_is_sealed_anew() {
        let store = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
        let records = sources(&store.join("records"));
        let seals = |(_, code): &&(String, String)| code.contains("&Seal");
        let sealed: BTreeSet<_> = records.iter().filter(seals).map(|(name, _)| name.as_str()).collect();
        let listed: BTreeSet<_> =
            SEALED.iter().map(|(name, _)| *name).filter(|name| *name != "meta").collect();
        assert_eq!(listed, sealed, "a table with sealed parts is not sealed anew");
        // What is sealed outside of records are rows of `meta`, each bound by such a constant.
        let all = sources(&store);
        let rows: Vec<_> =
            all.iter().flat_map(|(_, code)| code.lines().filter(|l| l.contains("_ROW: &[u8]"))).collect();
        assert_eq!(rows.len(), META.len() + 1, "a row of meta is not sealed anew: {rows:?}");
    }
}
