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

use crate::domain::delivery::DeliveryState;
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
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StateLabel {
    /// A delivery's state.
    state: &'static str,
}

/// Deliveries by their state.
type Deliveries = Family<StateLabel, Gauge<i64, AtomicI64>>;

impl Metrics {
    /// Registers the figures.
    pub fn register(registry: &mut Registry) -> Self {
        let attempts = Family::<OutcomeLabel, Counter>::default();
        let succeeded = attempts.get_or_create_owned(&OutcomeLabel { outcome: "success" });
        let duration = Histogram::new(SECONDS);
        let latency = Histogram::new(SECONDS);
        registry.register("attempts", "Attempts by outcome", attempts.clone());
        registry.register_with_unit("attempt_duration", "Attempts", Unit::Seconds, duration.clone());
        let help = "From an event's acceptance to its delivery";
        registry.register_with_unit("delivery_latency", help, Unit::Seconds, latency.clone());
        let deliveries = Deliveries::default();
        let help = "Deliveries by state: pending now, delivered and failed since the start";
        registry.register("deliveries", help, deliveries.clone());
        for state in [DeliveryState::Pending, DeliveryState::Delivered, DeliveryState::Failed] {
            // Shown from the start, as 0.
            drop(deliveries.get_or_create(&StateLabel { state: state.as_str() }));
        }
        let version = [("version", env!("CARGO_PKG_VERSION"))];
        registry.register("build", "The build", Info::new(version.to_vec()));
        Self { attempts, succeeded, duration, latency, deliveries }
    }

    /// An attempt ended.
    pub fn attempted(&self, exchange: &Exchange) {
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
        registry.register("in_flight_attempts", "Attempts in flight", gauges.in_flight.clone());
        registry.register("lanes", "Lanes with something pending", gauges.lanes.clone());
        registry.register("overdue_deliveries", "Deliveries that are due", gauges.overdue.clone());
        let age = "Age of the oldest due delivery";
        registry.register_with_unit("oldest_due_age", age, Unit::Seconds, gauges.oldest_due.clone());
        registry.register("offline", "1 while no network can be reached", gauges.offline.clone());
        let size = "Size of the store's file";
        registry.register_with_unit("store", size, Unit::Bytes, gauges.store_bytes.clone());
        let free = "Free space on the store's disk";
        registry.register_with_unit("disk_free", free, Unit::Bytes, gauges.disk_free.clone());
        registry.register("webhooks", "Webhooks", gauges.webhooks.clone());
        registry.register("store_row_writes", "Rows written by commits", gauges.row_writes.clone());
        let help = "How often damaged rows were read from the store";
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
