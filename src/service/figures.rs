//! Figures for `/metrics`: read off the parts when they are asked for.

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use tokio::sync::watch;

use crate::clock;
use crate::dispatch::Status;
use crate::store::Store;
use crate::telemetry::metrics::Gauges;

/// Everything that `/metrics` shows.
pub(super) struct Figures {
    store: Store,
    dispatch: watch::Receiver<Status>,
    registry: Registry,
    gauges: Gauges,
}

impl Figures {
    pub(super) fn new(store: Store, dispatch: watch::Receiver<Status>, mut registry: Registry) -> Self {
        let gauges = Gauges::register(&mut registry);
        Self { store, dispatch, registry, gauges }
    }

    /// How the last reload of the configuration went.
    pub(super) fn reload_successful(&self) -> Gauge {
        self.gauges.reload_successful.clone()
    }

    /// The text form of all figures.
    pub(super) fn text(&self) -> String {
        self.refresh();
        let mut text = String::new();
        match encode(&mut text, &self.registry) {
            Ok(()) => text,
            Err(error) => format!("# the figures have no text: {error}\n"),
        }
    }

    fn refresh(&self) {
        let store = self.store.figures();
        let scheduler = self.dispatch.borrow().scheduler;
        let count = |figure: usize| i64::try_from(figure).unwrap_or(i64::MAX);
        let bytes = |figure: u64| i64::try_from(figure).unwrap_or(i64::MAX);
        self.gauges.pending.set(bytes(store.pending));
        self.gauges.store_bytes.set(bytes(store.file_bytes));
        self.gauges.disk_free.set(bytes(store.disk_free_bytes));
        self.gauges.in_flight.set(count(scheduler.in_flight));
        self.gauges.lanes.set(count(scheduler.active));
        self.gauges.overdue.set(count(scheduler.overdue));
        let now = clock::now();
        let waits = scheduler.oldest_due.map_or(0.0, |due| now.since(due).as_secs_f64());
        self.gauges.oldest_due.set(waits);
        self.gauges.commit_seconds.inc_by(store.commit_time.as_secs_f64() - self.gauges.commit_seconds.get());
        self.gauges.commits.inc_by(store.commits - self.gauges.commits.get());
        self.gauges.row_writes.inc_by(store.row_writes - self.gauges.row_writes.get());
        self.gauges.offline.set(scheduler.offline.into());
        self.gauges.webhooks.set(count(self.store.directory().webhook_count()));
    }
}
