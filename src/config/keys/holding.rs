//! What is kept, for how long, and how much one account may have.

use std::time::Duration;

use super::super::key::{Key, key};
use super::super::parse::{self, bytes, path};
use crate::limits;

/// How many things of a kind an account may be given.
const COUNT: (usize, usize) = (1, 100_000_000);
/// Requests per second, failures per minute.
const RATE: (u32, u32) = (1, 100_000_000);
/// Sizes of memory.
const MEMORY: (usize, usize) = (1 << 20, 64 << 30);

pub(super) const KEYS: &[Key] = &[
    key!(
        "retention.events",
        OnReload,
        "How long finished events and their deliveries are kept.",
        retention.events = |from, _| from.take(Duration::from_secs(30 * 24 * 3600), parse::duration)
    ),
    key!(
        "retention.attempts",
        OnReload,
        "How long attempts are kept.",
        retention.attempts = |from, _| from.take(Duration::from_secs(30 * 24 * 3600), parse::duration)
    ),
    key!(
        "retention.audit",
        OnReload,
        "How long entries of the audit log are kept; the newest million at most.",
        retention.audit = |from, _| from.take(limits::AUDIT_FOR, parse::duration)
    ),
    key!(
        "retention.max_store_bytes", OnReload,
        "The maximum size of what the store holds. Beyond it, the oldest finished events of the largest accounts are deleted early, until all accounts fit. The file may be larger: free space in it is reused. By default there is no limit.",
        retention.max_store_bytes = |from, _| from.optional(parse::size),
        example "\"10GiB\""
    ),
    key!(
        "quotas.webhooks",
        OnReload,
        "Webhooks.",
        quotas.held.0.webhooks = |from, _| from.bounded(limits::WEBHOOKS, COUNT, parse::whole)
    ),
    key!(
        "quotas.event_types",
        OnReload,
        "Declared event types.",
        quotas.held.0.event_types = |from, _| from.bounded(limits::EVENT_TYPES, COUNT, parse::whole)
    ),
    key!(
        "quotas.memory_bytes", OnReload, "Memory for its webhooks, event types, actors and secrets.",
        quotas.held.0.bytes = |from, _| from.bounded(limits::ACCOUNT_MEMORY_BYTES, MEMORY, bytes),
        as "\"20MiB\""
    ),
    key!(
        "quotas.replays",
        OnReload,
        "Unfinished replays. Ten of an account run at once; the others wait.",
        quotas.held.0.replays = |from, _| from.bounded(limits::REPLAYS, (1, 10_000), parse::whole)
    ),
    key!(
        "quotas.connections",
        OnReload,
        "Requests in progress at once; one token may have half of them.",
        quotas.connections = |from, _| {
            from.bounded(limits::ACCOUNT_CONNECTIONS, (1, limits::LISTENER_CONNECTIONS), parse::whole)
        }
    ),
    key!(
        "quotas.waits",
        OnReload,
        "Responses that wait for something, such as waitForFinish, at the same time. Beyond it they do not wait.",
        quotas.waits =
            |from, _| from.bounded(limits::ACCOUNT_WAITS, (0, limits::LISTENER_CONNECTIONS), parse::whole)
    ),
    key!(
        "quotas.requests_per_second",
        OnReload,
        "Requests per second.",
        quotas.requests_per_second = |from, _| from.bounded(limits::REQUESTS_PER_SECOND, RATE, parse::whole)
    ),
    key!(
        "quotas.requests_per_second_per_token",
        OnReload,
        "Requests per second of one token.",
        quotas.requests_per_second_per_token =
            |from, _| from.bounded(limits::REQUESTS_PER_SECOND, RATE, parse::whole)
    ),
    key!(
        "quotas.auth_failures_per_minute",
        OnReload,
        "Failed authentications of one address per minute, before it gets 429.",
        quotas.auth_failures_per_minute = |from, _| from.bounded(limits::AUTH_FAILURES, RATE, parse::whole)
    ),
    key!(
        "store.cache_bytes", AtStart,
        "The engine's page cache. A larger one is not faster for this load.",
        store.cache_bytes = |from, _| from.bounded(limits::STORE_CACHE_BYTES, MEMORY, bytes),
        as "\"16MiB\""
    ),
    key!(
        "store.disk_free_floor", AtStart,
        "Free disk space below which nothing new is accepted (507), so that deliveries can continue.",
        store.disk_free_floor = |from, _| from.take(limits::DISK_FREE_FLOOR, parse::size),
        as "\"64MiB\""
    ),
    key!(
        "metrics.open_on_loopback",
        OnReload,
        "Whether /metrics of the admin listener needs no token when it is asked from this host as 127.0.0.1, [::1] or localhost, and not through a proxy. Every user and program of this host can read it then.",
        metrics.open_on_loopback = |from, _| from.take(false, parse::boolean)
    ),
    key!(
        "metrics.per_webhook",
        AtStart,
        "How many webhooks have figures of their own in /metrics, four series each; those beyond it count together under webhook=\"other\". By default there are none.",
        metrics.per_webhook = |from, _| from.bounded(0, (0, limits::METRICS_PER_WEBHOOK), parse::whole)
    ),
    key!(
        "backup.dir", AtStart,
        "The directory for backups, used by this daemon only; best on another disk. By default there are none. Under systemd, a place outside the state directory has to be opened with ReadWritePaths=.",
        backup.dir = |from, _| from.optional(path),
        example "\"/var/backups/ringback\""
    ),
    key!(
        "backup.every",
        AtStart,
        "The interval between backups, counted from the newest in the directory.",
        backup.every =
            |from, _| from.take(Duration::from_secs(24 * 3600), |text| match parse::duration(text)? {
                every if every < Duration::from_secs(1) => Err("must be at least 1s".to_owned()),
                every => Ok(every),
            })
    ),
    key!(
        "backup.keep",
        AtStart,
        "How many backups to keep; older ones are removed once a new one is complete.",
        backup.keep = |from, _| from.bounded(7, (1, 10_000), parse::whole)
    ),
];
