//! What the API counts about itself.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::registry::Registry;

/// The labels of a request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The route's path template, or `none`.
    pub route: &'static str,
    /// The answer's status.
    pub status: u16,
}

/// The API's counters. Cheap to clone; clones count together.
#[derive(Debug, Clone, Default)]
pub struct ApiMetrics {
    /// Events made durable; repetitions are not counted.
    pub events_accepted: Counter,
    /// Requests answered.
    pub requests: Family<RequestLabels, Counter>,
}

impl ApiMetrics {
    /// Adds the counters to a registry (whose prefix is `ringback`).
    pub fn register(&self, registry: &mut Registry) {
        registry.register("events_accepted", "Events made durable", self.events_accepted.clone());
        registry.register("http_requests", "Requests answered", self.requests.clone());
    }
}
