//! The figures of attempts and of the daemon's state, for `/metrics`.

use std::sync::atomic::{AtomicI64, AtomicU64};
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::webhook_metrics::WebhookMetrics;
use crate::domain::delivery::DeliveryState;
use crate::domain::id::WebhookId;
use crate::domain::outcome::Exchange;

/// Bounds in seconds from a loopback answer to the longest timeout.
const SECONDS: [f64; 15] =
    [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OutcomeLabel {
    /// `success`, or an error kind.
    outcome: &'static str,
}

/// What attempts count.
#[derive(Debug)]
pub struct Metrics {
    attempts: Family<OutcomeLabel, Counter>,
    succeeded: Counter,
    duration: Histogram,
    latency: Histogram,
    deliveries: Deliveries,
    /// Figures of single webhooks.
    pub webhooks: WebhookMetrics,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabel {
    /// A delivery's state.
    state: &'static str,
}

/// Deliveries by their state.
type Deliveries = Family<StateLabel, Gauge<i64, AtomicI64>>;

impl Metrics {
    /// Registers the figures; so many webhooks have some of their own.
    pub fn register(registry: &mut Registry, per_webhook: usize) -> Self {
        let webhooks = WebhookMetrics::new(per_webhook);
        registry.register_collector(Box::new(webhooks.clone()));
        let attempts = Family::<OutcomeLabel, Counter>::default();
        let succeeded = attempts.get_or_create_owned(&OutcomeLabel { outcome: "success" });
        let duration = Histogram::new(SECONDS);
        let latency = Histogram::new(SECONDS);
        registry.register(
            "attempts",
            "Attempts that ended, by outcome: success, or the kind of error that an attempt shows",
            attempts.clone(),
        );
        registry.register_with_unit(
            "attempt_duration",
            "How long attempts took, from looking up the name to the end of the answer",
            Unit::Seconds,
            duration.clone(),
        );
        let help = "From the acceptance of an event to its delivery, with the waits between attempts";
        registry.register_with_unit("delivery_latency", help, Unit::Seconds, latency.clone());
        let deliveries = Deliveries::default();
        let help = "Deliveries by state: pending are those that wait now, with what paused webhooks keep; delivered and failed count since the start";
        registry.register("deliveries", help, deliveries.clone());
        for state in [DeliveryState::Pending, DeliveryState::Delivered, DeliveryState::Failed] {
            // Shown from the start, as 0.
            drop(deliveries.get_or_create(&StateLabel { state: state.as_str() }));
        }
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        registry.register(
            "build",
            "Always 1; its label is the version that runs",
            Info::new(version.to_vec()),
        );
        Self { attempts, succeeded, duration, latency, deliveries, webhooks }
    }

    /// An attempt at a webhook ended.
    pub fn attempted(&self, webhook: WebhookId, exchange: &Exchange) {
        self.webhooks.attempted(webhook, exchange.error.is_none(), exchange.timings.total);
        match &exchange.error {
            None => self.succeeded.inc(),
            Some(error) => self.attempts.get_or_create(&OutcomeLabel { outcome: error.kind.as_str() }).inc(),
        };
        self.duration.observe(exchange.timings.total.as_secs_f64());
    }

    /// A delivery ended.
    pub fn ended(&self, state: DeliveryState) {
        self.deliveries.get_or_create(&StateLabel { state: state.as_str() }).inc();
    }

    /// So many deliveries wait.
    pub fn pending(&self, deliveries: i64) {
        self.deliveries.get_or_create(&StateLabel { state: DeliveryState::Pending.as_str() }).set(deliveries);
    }

    /// A delivery arrived, this long after its event was accepted.
    pub fn delivered(&self, after: Duration) {
        self.latency.observe(after.as_secs_f64());
    }
}

/// Figures that are read off the daemon when they are asked for.
#[derive(Debug, Default)]
pub struct Gauges {
    /// Attempts in flight.
    pub in_flight: Gauge<i64, AtomicI64>,
    /// Lanes with something pending.
    pub lanes: Gauge<i64, AtomicI64>,
    /// Deliveries in memory whose time has come.
    pub overdue: Gauge<i64, AtomicI64>,
    /// The age in seconds of the oldest due delivery.
    pub oldest_due: Gauge<f64, AtomicU64>,
    /// 1 while no network can be reached.
    pub offline: Gauge<i64, AtomicI64>,
    /// The file's size.
    pub store_bytes: Gauge<i64, AtomicI64>,
    /// Free bytes on the file's disk.
    pub disk_free: Gauge<i64, AtomicI64>,
    /// Webhooks that exist.
    pub webhooks: Gauge<i64, AtomicI64>,
    /// Rows written by commits.
    pub row_writes: Counter,
    /// Damaged rows that were met.
    pub damaged: Counter,
    /// 0 when the last reload of the configuration failed, else 1.
    pub reload_successful: Gauge<i64, AtomicI64>,
}

impl Gauges {
    /// Registers the figures.
    pub fn register(registry: &mut Registry) -> Self {
        let gauges = Self::default();
        registry.register(
            "in_flight_attempts",
            "Attempts in flight; dispatch.in_flight_global bounds them",
            gauges.in_flight.clone(),
        );
        registry.register("lanes", "Lanes with something pending: a webhook is one lane, or one for each key where it keeps an order", gauges.lanes.clone());
        registry.register("overdue_deliveries", "Deliveries whose time has come and that are not in flight: they wait for their webhook's limits or for a place", gauges.overdue.clone());
        let age = "How long the oldest due delivery has waited past its time; 0 when none does";
        registry.register_with_unit("oldest_due_age", age, Unit::Seconds, gauges.oldest_due.clone());
        registry.register(
            "offline",
            "1 while no network can be reached: nothing is sent then, and no attempt spent; else 0",
            gauges.offline.clone(),
        );
        let size = "Size of the file of the store, with the free space in it that is used again";
        registry.register_with_unit("store", size, Unit::Bytes, gauges.store_bytes.clone());
        let free =
            "Free space on the disk of the store; below store.disk_free_floor events are refused with 507";
        registry.register_with_unit("disk_free", free, Unit::Bytes, gauges.disk_free.clone());
        registry.register(
            "webhooks",
            "Webhooks of all accounts, whatever their state",
            gauges.webhooks.clone(),
        );
        registry.register(
            "store_row_writes",
            "Rows that commits wrote to the store",
            gauges.row_writes.clone(),
        );
        let help = "How often damaged rows were read from the store; more than 0 means that a backup is to be restored";
        registry.register("store_damaged_reads", help, gauges.damaged.clone());
        let help = "0 when the last reload of the configuration failed, else 1";
        registry.register("config_last_reload_successful", help, gauges.reload_successful.clone());
        gauges.reload_successful.set(1);
        gauges
    }
}

/// What is known of the backups that the daemon makes by itself.
#[derive(Debug, Clone, Default)]
pub struct BackupFigures {
    /// When the newest was made, in seconds since 1970; 0 while there is none.
    pub last_success: Gauge<i64, AtomicI64>,
    /// Seconds from one to the next; 0 when there are to be none.
    pub interval: Gauge<i64, AtomicI64>,
    /// Backups that were begun and not made.
    pub failures: Counter,
}

impl BackupFigures {
    /// Registers the figures.
    pub fn register(registry: &mut Registry) -> Self {
        let figures = Self::default();
        let last = "When the newest scheduled backup was made; 0 while there is none";
        let last_success = figures.last_success.clone();
        registry.register_with_unit("last_backup_success_timestamp", last, Unit::Seconds, last_success);
        let interval = "Time between scheduled backups; 0 when there are none";
        registry.register_with_unit("backup_interval", interval, Unit::Seconds, figures.interval.clone());
        registry.register("backup_failures", "Scheduled backups that failed", figures.failures.clone());
        figures
    }
}
