//! Many rows at once.

use std::ops::Bound;
use std::slice::Iter;

use redb::{CursorError, StorageError};

use super::{KeyCodec, WriteTable, checksum};

/// So many rows that follow each other are worth a run: it begins with a copy of the leaf they come into.
const RUN: usize = 8;
/// What a leaf holds, about. A run of fewer bytes would leave leaves half empty; and a leaf that ends with
/// a longer value is not copied, for the value may be all of it.
const LEAF: usize = 4096;

impl<K: KeyCodec, V: KeyCodec> WriteTable<'_, K, V> {
    /// Puts rows as [`Self::insert`] does, one after the other. Those that come in their keys' order, none
    /// that is there between them, go in as a run: their leaves and the branch above are made once.
    pub(in crate::store) fn insert_all(&mut self, rows: &[(K::Of<'_>, Vec<u8>)]) -> Result<(), StorageError> {
        let full = rows.iter().map(|(_, value)| value.len()).sum::<usize>() >= LEAF;
        let mut rows = rows.iter();
        while let Some((key, value)) = rows.as_slice().first() {
            if !full || rows.len() < RUN || !self.run(&mut rows)? {
                K::with(key, |key| self.put(key, value))?;
                rows.next();
            }
        }
        Ok(())
    }

    /// Takes rows for as long as they are a run, and puts them; whether there were any.
    fn run(&mut self, rows: &mut Iter<'_, (K::Of<'_>, Vec<u8>)>) -> Result<bool, StorageError> {
        let all = rows.len();
        let Some((first, _)) = rows.as_slice().first() else { return Ok(false) };
        let mut run = K::with(first, |key| self.table.upper_bound_mut(Bound::Included(key)))?;
        if run.peek_prev()?.is_some_and(|(_, value)| value.value().len() > LEAF) {
            return Ok(false);
        }
        while let Some((key, value)) = rows.as_slice().first() {
            let inserted = K::with(key, |key| {
                if !self.checked {
                    return run.insert_before(key, value.as_slice());
                }
                checksum::write(key, value, &mut self.scratch);
                run.insert_before(key, self.scratch.as_slice())
            });
            match inserted {
                Ok(()) => _ = rows.next(),
                Err(CursorError::Storage(error)) => return Err(error),
                Err(_) => break,
            }
        }
        run.close()?;
        Ok(rows.len() < all)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use proptest::prelude::*;

    use super::super::Table;

    proptest! {
        /// In whatever order rows come, and whatever is there: it ends as if each had been put on its own.
        #[test]
        fn many_rows_at_once_end_as_one_by_one(
            there: BTreeSet<u8>, from: u8, many: bool, others in prop::collection::vec((any::<u8>(), 0..3usize), 0..30),
        ) {
            let table: Table<u64, &'static [u8]> = Table::new("rows");
            let run = if many { u64::from(from)..400 } else { 0..0 };
            let row = |key: u64, length: usize| (key, vec![2; length * 5000]);
            let rows = others.iter().map(|&(key, length)| row(key.into(), length));
            let rows: Vec<_> = rows.chain(run.map(|key| row(key, 0))).collect();
            let mut model: BTreeMap<u64, Vec<u8>> = there.iter().map(|&key| (key.into(), vec![1])).collect();
            let db = redb::Builder::new().create_with_backend(redb::backends::InMemoryBackend::new()).unwrap();
            let txn = db.begin_write().unwrap();
            let mut table = table.write(&txn).unwrap();
            for (key, value) in &model {
                table.insert(*key, value.as_slice()).unwrap();
            }
            table.insert_all(&rows).unwrap();
            model.extend(rows);
            let found = table.iter().unwrap().map(Result::unwrap);
            let found: BTreeMap<u64, Vec<u8>> = found.map(|(key, value)| (key.value(), value.value().to_vec())).collect();
            prop_assert_eq!(found, model);
        }
    }
}
