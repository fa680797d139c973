//! A webhook's attempts, newest first.
//!
//! Attempts are kept in the order they were made, over all webhooks. Those of a webhook with few
//! deliveries are found through them; a busier one is not far to seek among all attempts.

use std::collections::BTreeSet;
use std::ops::Bound;

use redb::ReadTransaction;

use super::window::{header, walk};
use crate::domain::id::{AttemptId, Seq, WebhookNo};
use crate::limits;
use crate::store::engine_error::EngineError;
use crate::store::query::{LoggedAttempt, Page};
use crate::store::records::delivery::DeliveryRecord;
use crate::store::records::{attempt, readable};
use crate::store::{Store, StoreError, tables};

impl Store {
    /// A page of a webhook's attempts, newest first, from before the number `after`.
    ///
    /// # Errors
    /// When the store is unavailable.
    pub fn webhook_attempts(
        &self,
        webhook: WebhookNo,
        after: Option<Seq>,
        limit: usize,
    ) -> Result<Page<LoggedAttempt, Seq>, StoreError> {
        self.read(|txn| {
            let below = after.unwrap_or(Seq(u64::MAX));
            let (numbers, next) = match through_deliveries(txn, webhook, below, limit)? {
                Some(found) => found,
                None => through_attempts(txn, webhook, below, limit)?,
            };
            let events = tables::EVENTS.read(txn)?;
            let attempts = tables::ATTEMPTS.read(txn)?;
            let mut rows = Vec::with_capacity(numbers.len());
            for seq in numbers {
                let Some(row) = attempts.get(seq.0)? else { continue };
                let Some(attempt) = readable("attempts", seq, attempt::read(row.value())) else { continue };
                let event = header(&events, attempt.delivery.event())?;
                rows.push(LoggedAttempt {
                    id: AttemptId::new(attempt.started_at, seq, webhook),
                    attempt,
                    event,
                });
            }
            Ok(Page { rows, next })
        })
    }
}

type Numbers = (Vec<Seq>, Option<Seq>);

/// The page's attempts by what the webhook's deliveries say; `None` when that is not all: there are
/// more deliveries than a page looks at, or one with more attempts than it remembers.
fn through_deliveries(
    txn: &ReadTransaction,
    webhook: WebhookNo,
    below: Seq,
    limit: usize,
) -> Result<Option<Numbers>, EngineError> {
    let deliveries = tables::DELIVERIES.read(txn)?;
    let mut newest = BTreeSet::new();
    // Every attempt has a higher number than its event.
    for (looked, row) in deliveries.range((webhook.0, 0)..(webhook.0, below.0))?.rev().enumerate() {
        let (key, row) = row?;
        if looked == limits::PAGE_SCAN {
            return Ok(None);
        }
        let record = readable("deliveries", key.value(), DeliveryRecord::read(row.value()));
        let Some(record) = record else { continue };
        if u64::from(record.made) > record.log.len() as u64 {
            return Ok(None);
        }
        for &seq in record.log.iter().filter(|seq| **seq < below) {
            newest.insert(seq);
            if newest.len() > limit + 1 {
                newest.pop_first();
            }
        }
    }
    let more = newest.len() > limit;
    let numbers: Vec<Seq> = newest.into_iter().rev().take(limit).collect();
    let next = if more { numbers.last().copied() } else { None };
    Ok(Some((numbers, next)))
}

/// The page's attempts by a walk over all webhooks' attempts. It may end early, with a cursor.
fn through_attempts(
    txn: &ReadTransaction,
    webhook: WebhookNo,
    below: Seq,
    limit: usize,
) -> Result<Numbers, EngineError> {
    let (attempts, deliveries) = (tables::ATTEMPTS.read(txn)?, tables::DELIVERIES.read(txn)?);
    let everything = (Bound::Unbounded, Bound::Unbounded);
    let (mut numbers, mut last) = (Vec::new(), None);
    for (looked, row) in walk(&attempts, everything, Some(below), true)?.enumerate() {
        let (seq, row) = row?;
        if numbers.len() == limit || looked == limits::LOG_SCAN {
            return Ok((numbers, last));
        }
        last = Some(Seq(seq.value()));
        let head = readable("attempts", seq.value(), attempt::read_head(row.value()));
        let own = head.filter(|head| head.delivery.webhook() == webhook);
        // One that outlived its delivery may be of another webhook that had the number before.
        if let Some(head) = own
            && deliveries.get(tables::delivery_key(webhook, head.delivery.event()))?.is_some()
        {
            numbers.push(Seq(seq.value()));
        }
    }
    Ok((numbers, None))
}

#[cfg(test)]
mod tests {
    use redb::ReadableDatabase as _;

    use super::*;
    use crate::store::command::DeliveryChange;
    use crate::store::tests::sample::{self, Rig, at};

    #[tokio::test]
    async fn both_ways_find_the_same_newest_first() {
        let mut rig = Rig::new();
        let hooks = [rig.webhook(sample::webhook(0)).await, rig.webhook(sample::webhook(0)).await];
        let (mut made, mut waiting) = (vec![vec![], vec![]], vec![]);
        let store = rig.store();
        let newest = || *store.watch().borrow();
        for round in 0..6 {
            rig.accept(sample::accept("{}", &hooks)).await;
            waiting.extend(rig.rows().await);
            // An older event's second attempt comes after younger ones' first.
            let due = if round % 3 == 2 { waiting.len() } else { 1 };
            for (webhook, row) in waiting.drain(..due).collect::<Vec<_>>() {
                let change = match row.attempts {
                    0 => DeliveryChange::Retry { due: at(100 - round), spent: true },
                    _ => DeliveryChange::Delivered,
                };
                let next = rig.complete(sample::complete(webhook, row, change, at(round)), at(round)).await;
                made[usize::from(webhook == hooks[1])].push(newest());
                waiting.extend(next.map(|row| (webhook, row)));
            }
        }
        let txn = store.core.db.begin_read().unwrap();
        for (webhook, made) in hooks.into_iter().zip(made) {
            assert!(made.len() > 5);
            for limit in [1, 2, 3, 100] {
                let (mut below, mut all) = (Seq(u64::MAX), vec![]);
                loop {
                    let one = through_deliveries(&txn, webhook, below, limit).unwrap().unwrap();
                    let other = through_attempts(&txn, webhook, below, limit).unwrap();
                    assert_eq!(one.0, other.0);
                    all.extend(one.0);
                    let Some(next) = one.1 else { break };
                    below = next;
                }
                assert!(all.iter().rev().eq(&made), "{all:?} are not {made:?}");
            }
        }
    }
}
