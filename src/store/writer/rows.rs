//! The tables of one write transaction, and what it leaves to be published.

use std::ops::Deref;

use redb::WriteTransaction;

use crate::domain::id::Seq;
use crate::limits;
use crate::store::engine::{Guard, KeyCodec, Table, WriteTable};
use crate::store::engine_error::EngineError;
use crate::store::tables::{
    self, DeliveryKey, DueTableKey, ExpiryKey, GatheringKey, IdempotencyKey, Records,
};

/// A table that counts its writes.
pub(super) struct CountedTable<'t, K, V> {
    table: WriteTable<'t, K, V>,
    writes: u64,
}

impl<'t, K: KeyCodec, V: KeyCodec> CountedTable<'t, K, V> {
    fn open(txn: &'t WriteTransaction, table: Table<K, V>) -> Result<Self, EngineError> {
        Ok(Self { table: table.write(txn)?, writes: 0 })
    }

    pub(super) fn put(&mut self, key: K::Of<'_>, value: V::Of<'_>) -> Result<(), EngineError> {
        self.writes += 1;
        Ok(self.table.insert(key, value)?)
    }

    pub(super) fn delete(&mut self, key: K::Of<'_>) -> Result<bool, EngineError> {
        let there = self.table.remove(key)?.is_some();
        self.writes += u64::from(there);
        Ok(there)
    }

    /// The same by the key as it is written.
    pub(super) fn delete_stored(&mut self, key: &[u8]) -> Result<bool, EngineError> {
        let there = self.table.remove_stored(key)?;
        self.writes += u64::from(there);
        Ok(there)
    }
}

impl<'t, K: KeyCodec, V: KeyCodec> Deref for CountedTable<'t, K, V> {
    type Target = WriteTable<'t, K, V>;
    fn deref(&self) -> &Self::Target {
        &self.table
    }
}

type Bytes = &'static [u8];

/// A row of a [`AppendTable`].
pub(super) enum Row<'a> {
    Waiting(&'a [u8]),
    Stored(Guard<'a, Bytes>),
}

impl Row<'_> {
    pub(super) fn value(&self) -> &[u8] {
        match self {
            Self::Waiting(row) => row,
            Self::Stored(row) => row.value(),
        }
    }
}

/// A table whose keys are numbers of the sequence: its new rows come last. They wait here and go in
/// together, since each leaf that is begun costs a new copy of the branch above it.
pub(super) struct AppendTable<'t> {
    table: WriteTable<'t, u64, Bytes>,
    waiting: Vec<(u64, Vec<u8>)>,
    bytes: usize,
    writes: u64,
}

impl<'t> AppendTable<'t> {
    fn open(txn: &'t WriteTransaction, table: Records<u64>) -> Result<Self, EngineError> {
        Ok(Self { table: table.write(txn)?, waiting: Vec::new(), bytes: 0, writes: 0 })
    }

    pub(super) fn put(&mut self, key: Seq, row: Vec<u8>) -> Result<(), EngineError> {
        self.writes += 1;
        self.bytes += row.len();
        self.waiting.push((key.0, row));
        if self.bytes < limits::WAITING_ROWS_BYTES { Ok(()) } else { self.flush() }
    }

    pub(super) fn delete(&mut self, key: Seq) -> Result<(), EngineError> {
        self.flush()?;
        self.writes += 1;
        self.table.remove(key.0)?;
        Ok(())
    }

    pub(super) fn get(&self, key: Seq) -> Result<Option<Row<'_>>, EngineError> {
        let waiting = self.waiting.iter().rev().find(|(waiting, _)| *waiting == key.0);
        Ok(match waiting {
            Some((_, row)) => Some(Row::Waiting(row)),
            None => self.table.get(key.0)?.map(Row::Stored),
        })
    }

    /// The table with all that was put, to go through it.
    pub(super) fn table(&mut self) -> Result<&WriteTable<'t, u64, Bytes>, EngineError> {
        self.flush()?;
        Ok(&self.table)
    }

    fn flush(&mut self) -> Result<(), EngineError> {
        self.table.insert_all(&self.waiting)?;
        self.waiting.clear();
        self.bytes = 0;
        Ok(())
    }
}

/// The tables that every event touches, open; the others on demand.
pub(super) struct WriteTables<'t> {
    txn: &'t WriteTransaction,
    pub(super) events: AppendTable<'t>,
    pub(super) payloads: AppendTable<'t>,
    pub(super) idempotency: CountedTable<'t, IdempotencyKey, Bytes>,
    pub(super) deliveries: CountedTable<'t, DeliveryKey, Bytes>,
    pub(super) due: CountedTable<'t, DueTableKey, Bytes>,
    pub(super) attempts: AppendTable<'t>,
    pub(super) expiry: CountedTable<'t, ExpiryKey<'static>, ()>,
    pub(super) gathering: CountedTable<'t, GatheringKey<'static>, Bytes>,
    others: u64,
}

impl<'t> WriteTables<'t> {
    pub(super) fn open(txn: &'t WriteTransaction) -> Result<Self, EngineError> {
        Ok(Self {
            txn,
            events: AppendTable::open(txn, tables::EVENTS)?,
            payloads: AppendTable::open(txn, tables::PAYLOADS)?,
            idempotency: CountedTable::open(txn, tables::IDEMPOTENCY)?,
            deliveries: CountedTable::open(txn, tables::DELIVERIES)?,
            due: CountedTable::open(txn, tables::DUE)?,
            attempts: AppendTable::open(txn, tables::ATTEMPTS)?,
            expiry: CountedTable::open(txn, tables::EXPIRY)?,
            gathering: CountedTable::open(txn, tables::GATHERING)?,
            others: 0,
        })
    }

    /// A table that is rarely written, to write to it.
    pub(super) fn open_for_write<K: KeyCodec, V: KeyCodec>(
        &mut self,
        table: Table<K, V>,
    ) -> Result<WriteTable<'t, K, V>, EngineError> {
        self.others += 1;
        Ok(table.write(self.txn)?)
    }

    /// A table that is rarely written, to look at it.
    pub(super) fn open_for_read<K: KeyCodec, V: KeyCodec>(
        &self,
        table: Table<K, V>,
    ) -> Result<WriteTable<'t, K, V>, EngineError> {
        Ok(table.write(self.txn)?)
    }

    /// Puts what waits into its tables.
    pub(super) fn flush(&mut self) -> Result<(), EngineError> {
        [&mut self.events, &mut self.payloads, &mut self.attempts]
            .into_iter()
            .try_for_each(AppendTable::flush)
    }

    /// Rows written so far.
    pub(super) fn writes(&self) -> u64 {
        self.others
            + self.events.writes
            + self.payloads.writes
            + self.idempotency.writes
            + self.deliveries.writes
            + self.due.writes
            + self.attempts.writes
            + self.expiry.writes
            + self.gathering.writes
    }
}
