//! What the log says of one webhook.

use std::time::Duration;

use redb::ReadTransaction;

use super::listed::walk_account;
use super::window::window;
use crate::domain::delivery::{Delivery, DueKey};
use crate::domain::event::Skip;
use crate::domain::id::{AccountNo, Seq, WebhookNo};
use crate::domain::time::Timestamp;
use crate::limits;
use crate::store::engine_error::EngineError;
use crate::store::query::{Counted, WebhookStats};
use crate::store::records::delivery::DeliveryRecord;
use crate::store::records::{attempt, due, event, readable};
use crate::store::tables::{self, LISTED_EVENTS};
use crate::store::{Store, StoreError};

impl Store {
    /// A webhook's attempts since a time, the newest deliveries first and only as many as
    /// [`limits::STATS_ATTEMPTS`], and its backlog.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn stats(&self, webhook: WebhookNo, since: Timestamp) -> Result<WebhookStats, StoreError> {
        self.read(|txn| {
            let mut stats = WebhookStats::default();
            attempts(txn, webhook, since, &mut stats)?;
            backlog(txn, webhook, &mut stats)?;
            Ok(stats)
        })
    }
}

impl Store {
    /// How many events since a time a webhook did not get because of its filter. The newest are looked at, and no
    /// more than [`limits::PAGE_SCAN`].
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn skipped_by_filter(
        &self,
        account: AccountNo,
        webhook: WebhookNo,
        since: Timestamp,
    ) -> Result<u64, StoreError> {
        self.read(|txn| {
            let events = tables::EVENTS.read(txn)?;
            let window = window(&events, Some(since), None)?;
            let mut skipped = 0;
            for row in walk_account(txn, (account, LISTED_EVENTS), &events, window, None, true)?
                .take(limits::PAGE_SCAN)
            {
                let (seq, row) = row?;
                let Some(header) = readable("events", seq.value(), event::read(row.value())) else {
                    continue;
                };
                let is_one = header.accepted_at >= since && header.skipped.contains(&(webhook, Skip::Filter));
                skipped += u64::from(is_one);
            }
            Ok(skipped)
        })
    }

    /// How many deliveries wait for a webhook, counted up to [`limits::BACKLOG_COUNT`].
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn backlog(&self, webhook: WebhookNo) -> Result<Counted, StoreError> {
        self.read(|txn| {
            let due = tables::DUE.read(txn)?;
            let gathering = tables::GATHERING.read(txn)?;
            let lane = due.range((webhook.0, 0, 0)..=(webhook.0, u64::MAX, u64::MAX))?.map(drop);
            let waiting = gathering.range(tables::gathering_of(webhook))?.map(drop);
            let count = lane.chain(waiting).take(limits::BACKLOG_COUNT + 1).count();
            let exact = count <= limits::BACKLOG_COUNT;
            Ok(Counted { count: count.min(limits::BACKLOG_COUNT) as u64, exact })
        })
    }

    /// How many deliveries to a webhook are kept, counted up to `most`, and the newest of them.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn log_of(&self, webhook: WebhookNo, most: usize) -> Result<(usize, Option<Delivery>), StoreError> {
        self.read(|txn| {
            let deliveries = tables::DELIVERIES.read(txn)?;
            let mut rows = deliveries.range((webhook.0, 0)..=(webhook.0, u64::MAX))?.rev();
            let Some((key, row)) = rows.next().transpose()? else { return Ok((0, None)) };
            let (_, event) = key.value();
            let record = readable("deliveries", key.value(), DeliveryRecord::read(row.value()));
            let newest = record.map(|record| record.into_delivery(Seq(event), webhook));
            Ok((rows.take(most.saturating_sub(1)).count() + 1, newest))
        })
    }
}

fn attempts(
    txn: &ReadTransaction,
    webhook: WebhookNo,
    since: Timestamp,
    stats: &mut WebhookStats,
) -> Result<(), EngineError> {
    let deliveries = tables::DELIVERIES.read(txn)?;
    let attempts = tables::ATTEMPTS.read(txn)?;
    let (mut durations, mut ends) = (Vec::new(), Vec::new());
    for (looked, row) in deliveries.range((webhook.0, 0)..=(webhook.0, u64::MAX))?.rev().enumerate() {
        if looked == limits::PAGE_SCAN || durations.len() >= limits::STATS_ATTEMPTS {
            stats.sampled = true;
            break;
        }
        let (key, row) = row?;
        let Some(record) = readable("deliveries", key.value(), DeliveryRecord::read(row.value())) else {
            continue;
        };
        // One that ended before may have been tried by hand since.
        if record.finished_at.is_some_and(|at| at.max(record.started_at) < since) {
            continue;
        }
        for seq in record.log.iter().rev() {
            let Some(row) = attempts.get(seq.0)? else { continue };
            let Some(head) = readable("attempts", seq, attempt::read_head(row.value())) else { continue };
            if head.started_at < since {
                break;
            }
            stats.successes += u64::from(head.error.is_none());
            durations.push(head.total);
            ends.push((head.started_at, head.error.is_some()));
        }
    }
    stats.attempts = durations.len() as u64;
    ends.sort_unstable_by(|one, other| other.cmp(one));
    stats.consecutive_failures = ends.iter().take_while(|(_, failed)| *failed).count() as u64;
    durations.sort_unstable();
    (stats.p50, stats.p95, stats.p99) = (rank(&durations, 50), rank(&durations, 95), rank(&durations, 99));
    Ok(())
}

/// The smallest duration that `percent` of all do not exceed.
fn rank(sorted: &[Duration], percent: usize) -> Option<Duration> {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

fn backlog(txn: &ReadTransaction, webhook: WebhookNo, stats: &mut WebhookStats) -> Result<(), EngineError> {
    let table = tables::DUE.read(txn)?;
    let mut lane = table.range((webhook.0, 0, 0)..=(webhook.0, u64::MAX, u64::MAX))?;
    let first = lane.next().transpose()?;
    if let Some((key, row)) = &first {
        let (_, order, event) = key.value();
        let row = due::read(DueKey { order, event: Seq(event) }, row.value());
        stats.oldest = readable("due", key.value(), row);
    }
    let gathering = tables::GATHERING.read(txn)?;
    let waiting = gathering.range(tables::gathering_of(webhook))?.map(drop);
    let known = usize::from(first.is_some());
    let others = lane.map(drop).chain(waiting).take(limits::STATS_BACKLOG).count();
    stats.backlog_more = known + others > limits::STATS_BACKLOG;
    stats.backlog = (known + others).min(limits::STATS_BACKLOG) as u64;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_are_of_the_sample() {
        let hundred: Vec<_> = (1..=100).map(Duration::from_millis).collect();
        assert_eq!(rank(&hundred, 50), Some(Duration::from_millis(50)));
        assert_eq!(rank(&hundred, 99), Some(Duration::from_millis(99)));
        assert_eq!(rank(&hundred[..1], 50), Some(Duration::from_millis(1)));
        assert_eq!(rank(&[], 50), None);
    }
}
