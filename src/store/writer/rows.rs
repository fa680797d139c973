//! The tables of one write transaction, and what it leaves to be told.

use std::ops::Deref;

use redb::WriteTransaction;

use crate::store::engine::{Form, Table, WriteTable};
use crate::store::halt::Halt;
use crate::store::tables::{self, DeliveryKey, DueTableKey, ExpiryKey, GatheringKey, IdempotencyKey};

/// A table that counts its writes.
pub(super) struct Sheet<'t, K, V> {
    table: WriteTable<'t, K, V>,
    writes: u64,
}

impl<'t, K: Form, V: Form> Sheet<'t, K, V> {
    fn open(txn: &'t WriteTransaction, table: Table<K, V>) -> Result<Self, Halt> {
        Ok(Self { table: table.write(txn)?, writes: 0 })
    }

    pub(super) fn put(&mut self, key: K::Of<'_>, value: V::Of<'_>) -> Result<(), Halt> {
        self.writes += 1;
        Ok(self.table.insert(key, value)?)
    }

    pub(super) fn delete(&mut self, key: K::Of<'_>) -> Result<bool, Halt> {
        self.writes += 1;
        Ok(self.table.remove(key)?.is_some())
    }
}

impl<'t, K: Form, V: Form> Deref for Sheet<'t, K, V> {
    type Target = WriteTable<'t, K, V>;
    fn deref(&self) -> &Self::Target {
        &self.table
    }
}

type Bytes = &'static [u8];

/// The tables that every event touches, open; the others on demand.
pub(super) struct Rows<'t> {
    txn: &'t WriteTransaction,
    pub(super) events: Sheet<'t, u64, Bytes>,
    pub(super) payloads: Sheet<'t, u64, Bytes>,
    pub(super) idempotency: Sheet<'t, IdempotencyKey, Bytes>,
    pub(super) deliveries: Sheet<'t, DeliveryKey, Bytes>,
    pub(super) due: Sheet<'t, DueTableKey, Bytes>,
    pub(super) attempts: Sheet<'t, u64, Bytes>,
    pub(super) expiry: Sheet<'t, ExpiryKey<'static>, ()>,
    pub(super) gathering: Sheet<'t, GatheringKey<'static>, Bytes>,
    others: u64,
}

impl<'t> Rows<'t> {
    pub(super) fn open(txn: &'t WriteTransaction) -> Result<Self, Halt> {
        Ok(Self {
            txn,
            events: Sheet::open(txn, tables::EVENTS)?,
            payloads: Sheet::open(txn, tables::PAYLOADS)?,
            idempotency: Sheet::open(txn, tables::IDEMPOTENCY)?,
            deliveries: Sheet::open(txn, tables::DELIVERIES)?,
            due: Sheet::open(txn, tables::DUE)?,
            attempts: Sheet::open(txn, tables::ATTEMPTS)?,
            expiry: Sheet::open(txn, tables::EXPIRY)?,
            gathering: Sheet::open(txn, tables::GATHERING)?,
            others: 0,
        })
    }

    /// A table that is rarely written, to write to it.
    pub(super) fn other<K: Form, V: Form>(
        &mut self,
        table: Table<K, V>,
    ) -> Result<WriteTable<'t, K, V>, Halt> {
        self.others += 1;
        Ok(table.write(self.txn)?)
    }

    /// A table that is rarely written, to look at it.
    pub(super) fn look<K: Form, V: Form>(&self, table: Table<K, V>) -> Result<WriteTable<'t, K, V>, Halt> {
        Ok(table.write(self.txn)?)
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
