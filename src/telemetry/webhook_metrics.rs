//! Figures of single webhooks, for `/metrics`. Each webhook is some series more at whatever keeps them, so
//! the operator says how many may have figures of their own; the others share those of `other`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::registry::Unit;

use crate::domain::id::WebhookId;

/// The label of the webhooks beyond the bound.
const OTHER: &str = "other";

/// What attempts at webhooks count.
#[derive(Debug, Clone, Default)]
pub struct WebhookMetrics {
    /// How many webhooks have figures of their own; 0: there are no such figures at all.
    most: usize,
    counted: Arc<Mutex<Counted>>,
}

#[derive(Debug, Default)]
struct Counted {
    each: BTreeMap<WebhookId, Counts>,
    other: Counts,
}

#[derive(Debug, Default, Clone, Copy)]
struct Counts {
    succeeded: u64,
    failed: u64,
    failures_in_a_row: u64,
    duration: Duration,
}

impl WebhookMetrics {
    /// Figures of `most` webhooks.
    #[must_use]
    pub fn new(most: usize) -> Self {
        Self { most, counted: Arc::default() }
    }

    /// An attempt at a webhook ended.
    pub fn attempted(&self, webhook: WebhookId, succeeded: bool, duration: Duration) {
        if self.most == 0 {
            return;
        }
        let mut counted = self.counted();
        let full = counted.each.len() >= self.most && !counted.each.contains_key(&webhook);
        let counts = if full { &mut counted.other } else { counted.each.entry(webhook).or_default() };
        counts.duration += duration;
        if succeeded {
            counts.succeeded += 1;
            counts.failures_in_a_row = 0;
        } else {
            counts.failed += 1;
            counts.failures_in_a_row += 1;
        }
    }

    /// Forgets the webhooks that exist no more, so that newer ones have figures.
    pub fn keep(&self, exists: impl Fn(WebhookId) -> bool) {
        self.counted().each.retain(|webhook, _| exists(*webhook));
    }

    fn counted(&self) -> MutexGuard<'_, Counted> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown(&self) -> Vec<(String, Counts)> {
        let counted = self.counted();
        let mut shown: Vec<_> = counted.each.iter().map(|(id, counts)| (id.to_string(), *counts)).collect();
        if counted.other.succeeded + counted.other.failed > 0 {
            // A run of failures of several together says nothing.
            shown.push((OTHER.to_owned(), Counts { failures_in_a_row: 0, ..counted.other }));
        }
        shown
    }
}

impl Collector for WebhookMetrics {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let shown = self.shown();
        if shown.is_empty() {
            return Ok(());
        }
        let help = "Attempts at one webhook since the start, by outcome: success or failure.";
        let mut family = encoder.encode_descriptor("webhook_attempts", help, None, MetricType::Counter)?;
        for (webhook, counts) in &shown {
            for (outcome, count) in [("success", counts.succeeded), ("failure", counts.failed)] {
                let labels = [("webhook", webhook.as_str()), ("outcome", outcome)];
                let mut one: MetricEncoder<'_> = family.encode_family(&labels)?;
                one.encode_counter::<NoLabelSet, _, u64>(&count, None)?;
            }
        }
        let help =
            "Time that attempts at one webhook took, all together; over their number it is their mean.";
        let mut family = encoder.encode_descriptor(
            "webhook_attempt_duration",
            help,
            Some(&Unit::Seconds),
            MetricType::Counter,
        )?;
        for (webhook, counts) in &shown {
            let label = [("webhook", webhook.as_str())];
            family
                .encode_family(&label)?
                .encode_counter::<NoLabelSet, _, u64>(&counts.duration.as_secs_f64(), None)?;
        }
        let help = "Attempts at one webhook that failed since its last success, or since the start.";
        let mut family =
            encoder.encode_descriptor("webhook_failures_in_a_row", help, None, MetricType::Gauge)?;
        for (webhook, counts) in shown.iter().filter(|(webhook, _)| webhook != OTHER) {
            family
                .encode_family(&[("webhook", webhook.as_str())])?
                .encode_gauge(&counts.failures_in_a_row)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::WebhookNo;
    use crate::domain::time::Timestamp;
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    fn webhook(no: u32) -> WebhookId {
        WebhookId::new(Timestamp::from_millis(1), WebhookNo(no), 1)
    }

    fn text(metrics: &WebhookMetrics) -> String {
        let mut registry = Registry::with_prefix("ringback");
        registry.register_collector(Box::new(metrics.clone()));
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        text
    }

    #[test]
    fn webhooks_beyond_the_bound_share_figures_until_one_is_removed() {
        let (metrics, took) = (WebhookMetrics::new(2), Duration::from_millis(250));
        for (no, succeeded) in [(1, false), (1, false), (2, true), (3, false), (4, false), (2, false)] {
            metrics.attempted(webhook(no), succeeded, took);
        }
        let (first, second) = (webhook(1), webhook(2));
        let shown = text(&metrics);
        for line in [
            format!("ringback_webhook_attempts_total{{webhook=\"{first}\",outcome=\"failure\"}} 2"),
            format!("ringback_webhook_attempts_total{{webhook=\"{second}\",outcome=\"success\"}} 1"),
            "ringback_webhook_attempts_total{webhook=\"other\",outcome=\"failure\"} 2".to_owned(),
            format!("ringback_webhook_attempt_duration_seconds_total{{webhook=\"{first}\"}} 0.5"),
            format!("ringback_webhook_failures_in_a_row{{webhook=\"{first}\"}} 2"),
            format!("ringback_webhook_failures_in_a_row{{webhook=\"{second}\"}} 1"),
        ] {
            assert!(shown.lines().any(|shown| shown == line), "{line}\n{shown}");
        }
        assert!(!shown.contains("in_a_row{webhook=\"other\"}"), "{shown}");
        metrics.attempted(first, true, took);
        metrics.keep(|id| id == first);
        metrics.attempted(webhook(3), true, took);
        let shown = text(&metrics);
        assert!(shown.contains(&format!("in_a_row{{webhook=\"{first}\"}} 0")), "{shown}");
        assert!(shown.contains(&webhook(3).to_string()) && !shown.contains(&second.to_string()), "{shown}");
    }

    #[test]
    fn without_a_choice_there_are_none() {
        let metrics = WebhookMetrics::new(0);
        metrics.attempted(webhook(1), true, Duration::ZERO);
        assert_eq!(text(&metrics), "# EOF\n");
    }
}
