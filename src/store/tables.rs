//! The tables and their keys. redb orders integers and tuples of them by value, so a range over a
//! key's first parts is a range of the file.

use std::ops::Bound;

use redb::{TableDefinition, WriteTransaction};

use super::halt::Halt;
use crate::domain::delivery::DueKey;
use crate::domain::event::Key;
use crate::domain::id::{AccountNo, Seq, WebhookNo};

type Table<K> = TableDefinition<'static, K, &'static [u8]>;

/// Account, id → record.
pub(super) const ACTORS: Table<(u32, &str)> = TableDefinition::new("actors");
/// Name → value: see [`meta`].
pub(super) const META: Table<&str> = TableDefinition::new("meta");
/// Account → record.
pub(super) const ACCOUNTS: Table<u32> = TableDefinition::new("accounts");
/// SHA-256 of a token's text → record.
pub(super) const TOKENS: Table<[u8; 32]> = TableDefinition::new("tokens");
/// Webhook → record.
pub(super) const WEBHOOKS: Table<u32> = TableDefinition::new("webhooks");
/// Account, name → record.
pub(super) const EVENT_TYPES: Table<(u32, &str)> = TableDefinition::new("event_types");
/// Webhook → the run of failures it is in.
pub(super) const FAILING: Table<u32> = TableDefinition::new("failing");
/// Event → header.
pub(super) const EVENTS: Table<u64> = TableDefinition::new("events");
/// Event → payload.
pub(super) const PAYLOADS: Table<u64> = TableDefinition::new("payloads");
/// Account, SHA-256 of the key → record.
pub(super) const IDEMPOTENCY: Table<IdempotencyKey> = TableDefinition::new("idempotency");
/// Webhook, event → record.
pub(super) const DELIVERIES: Table<DeliveryKey> = TableDefinition::new("deliveries");
/// Webhook, event → the body that was made from a template when the event was accepted.
pub(super) const BODIES: Table<DeliveryKey> = TableDefinition::new("bodies");
/// Webhook, order, event → what the scheduler needs.
pub(super) const DUE: Table<DueTableKey> = TableDefinition::new("due");
/// Number in the sequence → record.
pub(super) const ATTEMPTS: Table<u64> = TableDefinition::new("attempts");
/// When (ms), kind, what → nothing.
pub(super) const EXPIRY: TableDefinition<'static, ExpiryKey<'static>, ()> = TableDefinition::new("expiry");
/// Replay's id → record.
pub(super) const REPLAYS: Table<[u8; 16]> = TableDefinition::new("replays");
/// Account, name → sealed text and times.
pub(super) const SECRETS: Table<(u32, &str)> = TableDefinition::new("secrets");
/// Number → chained record.
pub(super) const AUDIT: Table<u64> = TableDefinition::new("audit");
/// Webhook, event → how often it was in flight alone when the process died.
pub(super) const SUSPECTS: TableDefinition<'static, DeliveryKey, u32> = TableDefinition::new("suspects");

/// Number → signing key.
pub(super) const SIGNING_KEYS: Table<u64> = TableDefinition::new("signing_keys");
/// Job → record.
pub(super) const JOBS: Table<u64> = TableDefinition::new("jobs");
/// Job → its input.
pub(super) const JOB_INPUTS: Table<u64> = TableDefinition::new("job_inputs");
/// When (ms), job → nothing: jobs that have not ended and may time out.
pub(super) const JOB_DEADLINES: TableDefinition<'static, (u64, u64), ()> =
    TableDefinition::new("job_deadlines");
/// Job, number of the block's first row → a block of rows.
pub(super) const RESULTS: Table<(u64, u64)> = TableDefinition::new("results");

/// Webhook, event type, event → since when it waits for others of its type.
pub(super) const GATHERING: Table<GatheringKey<'static>> = TableDefinition::new("gathering");
/// Batch → its webhook and the events that went with it.
pub(super) const BATCHES: Table<u64> = TableDefinition::new("batches");
/// Webhook, event → when (ms) its resource was read, where that may be done once only.
pub(super) const USED: TableDefinition<'static, DeliveryKey, u64> = TableDefinition::new("used");

pub(super) type GatheringKey<'a> = (u32, &'a str, u64);
pub(super) type IdempotencyKey = (u32, [u8; 32]);
pub(super) type DeliveryKey = (u32, u64);
pub(super) type DueTableKey = (u32, u64, u64);
pub(super) type ExpiryKey<'a> = (u64, u8, &'a [u8]);

/// The names in `meta`.
pub(super) mod meta {
    /// The schema's version, a big-endian u32.
    pub(in crate::store) const SCHEMA: &str = "schema";
    /// A known text, sealed: tells a wrong key before anything is read with it.
    pub(in crate::store) const CANARY: &str = "canary";
    /// The known text sealed with the next key, while rows are being sealed with it: it tells that
    /// the key before it alone no longer opens everything.
    pub(in crate::store) const CANARY_NEXT: &str = "canary_next";
    /// 1 while the store is closed after a clean stop.
    pub(in crate::store) const CLEAN: &str = "clean";
    /// The key of resources' URLs, sealed.
    pub(in crate::store) const RESOURCE_KEY: &str = "resource_key";
    /// The sequence goes on at or above this; written when pruning takes rows away.
    pub(in crate::store) const SEQ_FLOOR: &str = "seq_floor";
    /// Webhook numbers go on at or above this; written when pruning takes a webhook away.
    pub(in crate::store) const WEBHOOK_FLOOR: &str = "webhook_floor";
}

/// What an expiry row is about.
pub(super) const EXPIRES_IDEMPOTENCY: u8 = 1;
/// See [`EXPIRES_IDEMPOTENCY`].
pub(super) const EXPIRES_WEBHOOK: u8 = 2;

/// Something to be done with every table.
pub(super) trait Visit {
    type Error;
    fn visit<K: redb::Key + 'static, V: redb::Value + 'static>(
        &mut self,
        table: TableDefinition<'static, K, V>,
    ) -> Result<(), Self::Error>;
}

/// Visits every table.
pub(super) fn each<V: Visit>(visitor: &mut V) -> Result<(), V::Error> {
    visitor.visit(ACTORS)?;
    visitor.visit(META)?;
    visitor.visit(ACCOUNTS)?;
    visitor.visit(TOKENS)?;
    visitor.visit(WEBHOOKS)?;
    visitor.visit(EVENT_TYPES)?;
    visitor.visit(FAILING)?;
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
    visitor.visit(GATHERING)?;
    visitor.visit(BATCHES)?;
    visitor.visit(USED)
}

/// Makes every table, so that reading never meets a missing one.
pub(super) fn create(txn: &WriteTransaction) -> Result<(), Halt> {
    struct Create<'a>(&'a WriteTransaction);
    impl Visit for Create<'_> {
        type Error = Halt;
        fn visit<K: redb::Key + 'static, V: redb::Value + 'static>(
            &mut self,
            table: TableDefinition<'static, K, V>,
        ) -> Result<(), Halt> {
            self.0.open_table(table)?;
            Ok(())
        }
    }
    each(&mut Create(txn))
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

pub(super) fn of_due_key((webhook, order, event): DueTableKey) -> (WebhookNo, DueKey) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use redb::{Key as _, Value as _};

    proptest! {
        #[test]
        fn keys_round_trip_and_order_as_their_values(a: (u32, u64, u64), b: (u32, u64, u64)) {
            let bytes = DueTableKey::as_bytes(&a);
            prop_assert_eq!(DueTableKey::from_bytes(bytes.as_ref()), a);
            let other = DueTableKey::as_bytes(&b);
            prop_assert_eq!(DueTableKey::compare(bytes.as_ref(), other.as_ref()), a.cmp(&b));
            let (webhook, key) = of_due_key(a);
            prop_assert_eq!(due_key(webhook, key), a);
        }

        #[test]
        fn expiry_orders_by_time_first(a: (u64, u8), b: (u64, u8), what: Vec<u8>) {
            let (one, two) = ((a.0, a.1, &what[..]), (b.0, b.1, &what[..]));
            let (x, y) = (ExpiryKey::as_bytes(&one), ExpiryKey::as_bytes(&two));
            prop_assert_eq!(ExpiryKey::compare(x.as_ref(), y.as_ref()), a.cmp(&b));
        }

        #[test]
        fn idempotency_bytes_round_trip(key: (u32, [u8; 32])) {
            prop_assert_eq!(of_idempotency_bytes(&idempotency_bytes(key)), Some(key));
        }
    }
}
