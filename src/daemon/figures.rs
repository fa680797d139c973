//! Figures for `/metrics`: read off the parts when they are asked for.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};
use tokio::sync::watch;

use crate::clock;
use crate::dispatch::Status;
use crate::store::Store;
use crate::store::query::{DURATIONS, SIZES};
use crate::telemetry::metrics::{Gauges, Metrics};

/// Everything that `/metrics` shows.
pub(super) struct Figures {
    store: Store,
    dispatch: watch::Receiver<Status>,
    registry: Registry,
    gauges: Gauges,
    metrics: Arc<Metrics>,
}

impl Figures {
    pub(super) fn new(
        store: Store,
        dispatch: watch::Receiver<Status>,
        metrics: Arc<Metrics>,
        mut registry: Registry,
    ) -> Self {
        let gauges = Gauges::register(&mut registry);
        registry.register_collector(Box::new(Commits(store.clone())));
        Self { store, dispatch, registry, gauges, metrics }
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
            Err(error) => format!("# the metrics cannot be written: {error}\n"),
        }
    }

    fn refresh(&self) {
        let store = self.store.figures();
        let scheduler = self.dispatch.borrow().scheduler;
        let count = |figure: usize| i64::try_from(figure).unwrap_or(i64::MAX);
        let bytes = |figure: u64| i64::try_from(figure).unwrap_or(i64::MAX);
        self.metrics.pending(bytes(store.pending));
        self.gauges.store_bytes.set(bytes(store.file_bytes));
        self.gauges.disk_free.set(bytes(store.disk_free_bytes));
        self.gauges.in_flight.set(count(scheduler.in_flight));
        self.gauges.lanes.set(count(scheduler.active));
        self.gauges.overdue.set(count(scheduler.overdue));
        let now = clock::now();
        let waits = scheduler.oldest_due.map_or(0.0, |due| now.since(due).as_secs_f64());
        self.gauges.oldest_due.set(waits);
        raise(&self.gauges.row_writes, store.row_writes);
        raise(&self.gauges.damaged, store.damaged);
        self.gauges.offline.set(scheduler.offline.into());
        let directory = self.store.directory();
        self.gauges.webhooks.set(count(directory.webhook_count()));
        self.metrics.webhooks.keep(|id| directory.webhook(id.no()).is_some_and(|webhook| webhook.id == id));
    }
}

/// Brings a counter to what it counts. Of two readings at once the older may come last.
fn raise(counter: &Counter, to: u64) {
    counter.inner().fetch_max(to, Relaxed);
}

/// The store's commits: how long they took, and how much each carried out.
struct Commits(Store);

impl fmt::Debug for Commits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Commits")
    }
}

impl Collector for Commits {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let store = self.0.figures();
        let bounded = |bounds: &[u64], counts: &[u64], unit: f64| -> Vec<(f64, u64)> {
            let bound = |bound: u64| if bound == u64::MAX { f64::INFINITY } else { bound as f64 / unit };
            bounds.iter().map(|&at| bound(at)).zip(counts.iter().copied()).collect()
        };
        let (took, commands) = (store.commit_time.as_secs_f64(), store.commands as f64);
        for (name, unit, help, sum, buckets) in [
            (
                "commit_duration",
                Some(&Unit::Seconds),
                "How long commits took, each with its sync to the disk.",
                took,
                bounded(&DURATIONS, &store.durations, 1e6),
            ),
            (
                "commit_batch_size",
                None,
                "How many requests and outcomes one commit carried out.",
                commands,
                bounded(&SIZES, &store.sizes, 1.0),
            ),
        ] {
            let mut histogram = encoder.encode_descriptor(name, help, unit, MetricType::Histogram)?;
            histogram.encode_histogram::<NoLabelSet>(sum, store.commits, &buckets, None)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_follows_what_it_counts_whichever_reading_comes_last() {
        let counter = Counter::default();
        for (reading, counted) in [(10, 10), (7, 10), (10, 10), (12, 12)] {
            raise(&counter, reading);
            assert_eq!(counter.get(), counted, "{reading}");
        }
    }
}
