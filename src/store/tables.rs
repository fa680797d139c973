//! The tables and their keys. Bytes of keys order as the keys do, so a range over a key's first parts
//! is a range of the file.

use std::collections::BTreeMap;
use std::ops::Bound;

use redb::{Database, ReadableDatabase as _, ReadableTableMetadata as _, TableHandle as _, WriteTransaction};

use super::engine::{KeyCodec, ReadTable, Table};
use super::engine_error::EngineError;
use crate::domain::delivery::DueKey;
use crate::domain::event::Key;
use crate::domain::id::{AccountNo, Seq, WebhookNo};
use crate::limits;

pub(super) type Records<K> = Table<K, &'static [u8]>;

/// Account, id → record.
pub(super) const ACTORS: Records<(u32, &'static str)> = Table::checked("actors");
/// Name → value: see [`meta`].
pub(super) const META: Records<&'static str> = Table::new("meta");
/// Account → record.
pub(super) const ACCOUNTS: Records<u32> = Table::checked("accounts");
/// SHA-256 of a token's text → record.
pub(super) const TOKENS: Records<[u8; 32]> = Table::checked("tokens");
/// Webhook → record.
pub(super) const WEBHOOKS: Records<u32> = Table::checked("webhooks");
/// Removed webhook whose log is still there → its last record. A start does not read them: one-shot webhooks
/// leave many.
pub(super) const REMOVED: Records<u32> = Table::checked("removed");
/// Account, name → record.
pub(super) const EVENT_TYPES: Records<(u32, &'static str)> = Table::checked("event_types");
/// Webhook → the run of failures it is in.
pub(super) const FAILING: Records<u32> = Table::checked("failing");
/// Webhook → what sending to it has to wait for.
pub(super) const WAITS: Records<u32> = Table::checked("waits");
/// Event → header.
pub(super) const EVENTS: Records<u64> = Table::checked("events");
/// Event → payload.
pub(super) const PAYLOADS: Records<u64> = Table::checked("payloads");
/// Account, SHA-256 of the key → record.
pub(super) const IDEMPOTENCY: Records<IdempotencyKey> = Table::checked("idempotency");
/// Webhook, event → record.
pub(super) const DELIVERIES: Records<DeliveryKey> = Table::checked("deliveries");
/// Webhook, event → the body that was made from a template when the event was accepted.
pub(super) const BODIES: Records<DeliveryKey> = Table::checked("bodies");
/// Webhook, order, event → what the scheduler needs.
pub(super) const DUE: Records<DueTableKey> = Table::checked("due");
/// Number in the sequence → record.
pub(super) const ATTEMPTS: Records<u64> = Table::checked("attempts");
/// When (ms), kind, what → nothing.
pub(super) const EXPIRY: Table<ExpiryKey<'static>, ()> = Table::checked("expiry");
/// Replay's id → record.
pub(super) const REPLAYS: Records<[u8; 16]> = Table::checked("replays");
/// Account, name → sealed text and times.
pub(super) const SECRETS: Records<(u32, &'static str)> = Table::checked("secrets");
/// Number → chained record.
pub(super) const AUDIT: Records<u64> = Table::checked("audit");
/// Webhook, event → how often it was in flight alone when the process died.
pub(super) const SUSPECTS: Table<DeliveryKey, u32> = Table::checked("suspects");

/// Job, key → how long what its run keeps there is: to be counted and listed without reading that.
pub(super) const RUN_RECORD_LENGTHS: Table<(u64, &'static str), u64> = Table::checked("run_record_lengths");
/// Number → signing key.
pub(super) const SIGNING_KEYS: Records<u64> = Table::checked("signing_keys");
/// Job → record.
pub(super) const JOBS: Records<u64> = Table::checked("jobs");
/// Job → its input.
pub(super) const JOB_INPUTS: Records<u64> = Table::checked("job_inputs");
/// When (ms), job → nothing: jobs that have not ended and may time out.
pub(super) const JOB_DEADLINES: Table<(u64, u64), ()> = Table::checked("job_deadlines");
/// Job, number of the block's first row → a block of rows.
pub(super) const RESULTS: Records<(u64, u64)> = Table::checked("results");

/// Job, key → what the run keeps under it.
pub(super) const RUN_RECORDS: Records<(u64, &'static str)> = Table::checked("run_records");

/// Webhook, event type, event → since when it waits for others of its type.
pub(super) const GATHERING: Records<GatheringKey<'static>> = Table::checked("gathering");
/// Batch → its webhook and the events that went with it.
pub(super) const BATCHES: Records<u64> = Table::checked("batches");
/// Webhook, event → when (ms) its resource was read, where that may be done once only.
pub(super) const USED: Table<DeliveryKey, u64> = Table::checked("used");

/// Account, kind, block of [`limits::LISTED_BLOCK`] numbers → nothing: where an account's events and jobs
/// are, so that its lists pass over those of others.
pub(super) const LISTED: Table<ListedKey, ()> = Table::checked("listed");

pub(super) type ListedKey = (u32, u8, u64);
pub(super) type GatheringKey<'a> = (u32, &'a str, u64);
pub(super) type IdempotencyKey = (u32, [u8; 32]);
pub(super) type DeliveryKey = (u32, u64);
pub(super) type DueTableKey = (u32, u64, u64);
pub(super) type ExpiryKey<'a> = (u64, u8, &'a [u8]);

/// The names in `meta`.
pub(super) mod meta {
    /// The schema's version, a big-endian u32.
    pub(in crate::store) const SCHEMA: &str = "schema";
    /// A known text, sealed: shows a wrong key before anything is read with it.
    pub(in crate::store) const CANARY: &str = "canary";
    /// The known text sealed with the next key, while rows are being sealed with it: it shows that
    /// the key before it alone no longer opens everything.
    pub(in crate::store) const CANARY_NEXT: &str = "canary_next";
    /// The schema that a step began from, while it is under way.
    pub(in crate::store) const MIGRATING: &str = "migrating";
    /// 1 while the store is closed after a clean stop.
    pub(in crate::store) const CLEAN: &str = "clean";
    /// Where the audit log begins and ends, sealed.
    pub(in crate::store) const AUDIT: &str = "audit";
    /// The key of resources' URLs, sealed.
    pub(in crate::store) const RESOURCE_KEY: &str = "resource_key";
    /// What callbacks' tokens are signed with where a profile does not say: an algorithm's word. Stores of
    /// schema 1 have none, and go on with EdDSA.
    pub(in crate::store) const CALLBACK_ALGORITHM: &str = "callback_algorithm";
    /// How far a schema's step is that writes rows anew, while it is under way.
    pub(in crate::store) const REWRITING: &str = "rewriting";
    /// The next event that a schema's step puts into [`super::LISTED`], while it is under way.
    pub(in crate::store) const LISTING_EVENTS: &str = "listing_events";
    /// See [`LISTING_EVENTS`].
    pub(in crate::store) const LISTING_JOBS: &str = "listing_jobs";
    /// Until when (ms) there may be idempotency keys of schema 1, which stand for a text and not for a value.
    pub(in crate::store) const TEXT_KEYS_UNTIL: &str = "text_keys_until";
    /// The sequence goes on at or above this; written when pruning takes rows away.
    pub(in crate::store) const SEQ_FLOOR: &str = "seq_floor";
    /// Webhook numbers go on at or above this; written when pruning takes a webhook away.
    pub(in crate::store) const WEBHOOK_FLOOR: &str = "webhook_floor";
}

/// What an expiry row is about.
pub(super) const EXPIRES_IDEMPOTENCY: u8 = 1;
/// See [`EXPIRES_IDEMPOTENCY`].
pub(super) const EXPIRES_WEBHOOK: u8 = 2;

/// Events, as [`LISTED`] has them.
pub(super) const LISTED_EVENTS: u8 = 1;
/// See [`LISTED_EVENTS`].
pub(super) const LISTED_JOBS: u8 = 2;

/// Something to be done with every table.
pub(super) trait Visit {
    type Error;
    fn visit<K: KeyCodec, V: KeyCodec>(&mut self, table: Table<K, V>) -> Result<(), Self::Error>;
}

/// Visits every table.
pub(super) fn each<V: Visit>(visitor: &mut V) -> Result<(), V::Error> {
    visitor.visit(ACTORS)?;
    visitor.visit(META)?;
    visitor.visit(ACCOUNTS)?;
    visitor.visit(TOKENS)?;
    visitor.visit(WEBHOOKS)?;
    visitor.visit(REMOVED)?;
    visitor.visit(EVENT_TYPES)?;
    visitor.visit(FAILING)?;
    visitor.visit(WAITS)?;
    visitor.visit(EVENTS)?;
    visitor.visit(PAYLOADS)?;
    visitor.visit(IDEMPOTENCY)?;
    visitor.visit(DELIVERIES)?;
    visitor.visit(BODIES)?;
    visitor.visit(DUE)?;
    visitor.visit(ATTEMPTS)?;
    visitor.visit(EXPIRY)?;
    visitor.visit(REPLAYS)?;
    visitor.visit(SECRETS)?;
    visitor.visit(AUDIT)?;
    visitor.visit(SUSPECTS)?;
    visitor.visit(SIGNING_KEYS)?;
    visitor.visit(JOBS)?;
    visitor.visit(JOB_INPUTS)?;
    visitor.visit(JOB_DEADLINES)?;
    visitor.visit(RESULTS)?;
    visitor.visit(RUN_RECORDS)?;
    visitor.visit(RUN_RECORD_LENGTHS)?;
    visitor.visit(GATHERING)?;
    visitor.visit(BATCHES)?;
    visitor.visit(USED)?;
    visitor.visit(LISTED)
}

/// Whether the values of a table have checksums.
pub(super) fn is_checked(name: &str) -> bool {
    struct Find<'a>(&'a str, bool);
    impl Visit for Find<'_> {
        type Error = std::convert::Infallible;
        fn visit<K: KeyCodec, V: KeyCodec>(&mut self, table: Table<K, V>) -> Result<(), Self::Error> {
            self.1 |= table.name() == self.0 && table.is_checked();
            Ok(())
        }
    }
    let mut find = Find(name, false);
    let Ok(()) = each(&mut find);
    find.1
}

/// Makes every table, so that reading never meets a missing one.
pub(super) fn create(txn: &WriteTransaction) -> Result<(), EngineError> {
    struct Create<'a>(&'a WriteTransaction);
    impl Visit for Create<'_> {
        type Error = EngineError;
        fn visit<K: KeyCodec, V: KeyCodec>(&mut self, table: Table<K, V>) -> Result<(), EngineError> {
            table.write(self.0)?;
            Ok(())
        }
    }
    each(&mut Create(txn))
}

/// How many rows each table has, those of other programs too.
pub(super) fn counts(db: &Database) -> Result<BTreeMap<String, u64>, EngineError> {
    let txn = db.begin_read()?;
    let mut counts = BTreeMap::new();
    for table in txn.list_tables()? {
        let name = table.name().to_owned();
        counts.insert(name, txn.open_untyped_table(table)?.len()?);
    }
    Ok(counts)
}

/// Where [`LISTED`] has an event or a job of an account.
pub(super) fn listed_key(account: AccountNo, kind: u8, seq: Seq) -> ListedKey {
    (account.0, kind, seq.0 / limits::LISTED_BLOCK)
}

pub(super) fn delivery_key(webhook: WebhookNo, event: Seq) -> DeliveryKey {
    (webhook.0, event.0)
}

/// Everything that a webhook gathers.
pub(super) fn gathering_of(
    webhook: WebhookNo,
) -> (Bound<GatheringKey<'static>>, Bound<GatheringKey<'static>>) {
    let end = webhook.0.checked_add(1).map_or(Bound::Unbounded, |next| Bound::Excluded((next, "", 0)));
    (Bound::Included((webhook.0, "", 0)), end)
}

pub(super) fn due_key(webhook: WebhookNo, key: DueKey) -> DueTableKey {
    (webhook.0, key.order, key.event.0)
}

pub(super) fn decode_due_key((webhook, order, event): DueTableKey) -> (WebhookNo, DueKey) {
    (WebhookNo(webhook), DueKey { order, event: Seq(event) })
}

pub(super) fn idempotency_key(account: AccountNo, key: &Key) -> IdempotencyKey {
    use sha2::{Digest, Sha256};
    (account.0, Sha256::digest(key.as_str()).into())
}

/// An idempotency key as the bytes of its expiry row.
pub(super) fn idempotency_bytes((account, digest): IdempotencyKey) -> [u8; 36] {
    let mut bytes = [0; 36];
    let (head, tail) = bytes.split_at_mut(4);
    head.copy_from_slice(&account.to_be_bytes());
    tail.copy_from_slice(&digest);
    bytes
}

/// The idempotency key of an expiry row's bytes.
pub(super) fn of_idempotency_bytes(bytes: &[u8]) -> Option<IdempotencyKey> {
    let (account, digest) = bytes.split_first_chunk::<4>()?;
    Some((u32::from_be_bytes(*account), digest.try_into().ok()?))
}

/// A big-endian number of any length in `meta`.
pub(super) fn number(
    table: &ReadTable<&'static str, &'static [u8]>,
    name: &str,
) -> Result<Option<u64>, EngineError> {
    let row = table.get(name)?;
    Ok(row.map(|row| row.value().iter().fold(0, |number, &byte| number << 8 | u64::from(byte))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn due_keys_round_trip(key: DueTableKey) {
            let (webhook, place) = decode_due_key(key);
            prop_assert_eq!(due_key(webhook, place), key);
        }

        #[test]
        fn idempotency_bytes_round_trip(key: (u32, [u8; 32])) {
            prop_assert_eq!(of_idempotency_bytes(&idempotency_bytes(key)), Some(key));
        }
    }
}
