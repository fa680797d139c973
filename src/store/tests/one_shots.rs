//! Webhooks that take one event: however many come and go, what is left of them is bounded by their log.
//!
//! `RINGBACK_ONE_SHOTS=600` has 1,000 a second come and go for so many seconds, and prints how far it fell behind where
//! the machine is too slow for that. Without it two seconds' worth come and go as fast as they can.

use std::time::Duration;

use futures_util::future::join_all;

use super::sample::{self, Rig, at};
use crate::clock;
use crate::domain::delivery::DueRow;
use crate::domain::id::WebhookNo;
use crate::domain::terms::Terms;
use crate::domain::webhook::Webhook;
use crate::store::command::DeliveryChange;
use crate::store::committed::Committed;
use crate::store::tables;
use crate::store::upkeep::RetentionPolicy;

const A_SECOND: u64 = 1_000;
const AT_ONCE: usize = 250;

/// Webhooks, and removed ones of which something is kept.
fn kept(rig: &Rig) -> (u64, u64) {
    let txn = redb::ReadableDatabase::begin_read(&rig.store().core.db).unwrap();
    let webhooks = tables::WEBHOOKS.read(&txn).unwrap().len().unwrap();
    (webhooks, tables::REMOVED.read(&txn).unwrap().len().unwrap())
}

/// What the stream reports until there are so many of it.
async fn collect_committed<T>(rig: &mut Rig, count: usize, want: impl Fn(&Committed) -> Vec<T>) -> Vec<T> {
    let mut found = Vec::new();
    while found.len() < count {
        let batch = rig.opened.committed.recv().await.expect("the stream goes on");
        batch.iter().for_each(|committed| found.extend(want(committed)));
    }
    found
}

fn accepted(committed: &Committed) -> Vec<(WebhookNo, DueRow)> {
    match committed {
        Committed::Accepted { rows, .. } => rows.clone(),
        _ => Vec::new(),
    }
}

/// As many come and go.
async fn come_and_go(rig: &mut Rig, second: u64) {
    let now = at(second * 1_000);
    let once = Webhook { terms: Terms { once: true, ..Terms::default() }, ..sample::webhook(0) };
    let made = join_all((0..AT_ONCE).map(|_| rig.webhook(once.clone()))).await;
    let events = made.iter().map(|webhook| sample::accept("{}", &[*webhook])).collect();
    rig.store().accept(events, now).await.unwrap();
    for (webhook, row) in collect_committed(rig, AT_ONCE, accepted).await {
        rig.store().complete(sample::complete(webhook, row, DeliveryChange::Delivered, now), now).unwrap();
    }
    let removed = |committed: &Committed| match committed {
        Committed::WebhookRemoved(no) => vec![*no],
        _ => Vec::new(),
    };
    collect_committed(rig, AT_ONCE, removed).await;
}

#[tokio::test]
async fn one_shot_webhooks_leave_no_more_than_their_log() {
    let asked = std::env::var("RINGBACK_ONE_SHOTS").ok().and_then(|text| text.parse().ok());
    let (seconds, began) = (asked.unwrap_or(2), clock::monotonic());
    let mut rig = Rig::new();
    let stays = rig.webhook(sample::webhook(0)).await;
    let policy = RetentionPolicy {
        events_for: Duration::from_secs(1),
        attempts_for: Duration::from_secs(1),
        audit_for: Duration::from_secs(1),
        audit_entries: 1_000,
        max_bytes: None,
    };
    for second in 0..seconds {
        for _ in 0..A_SECOND / AT_ONCE as u64 {
            come_and_go(&mut rig, second).await;
        }
        if asked.is_some() {
            let (took, due) = (began.elapsed(), Duration::from_secs(second + 1));
            let behind = took.saturating_sub(due);
            println!("second {}: {} ms behind", second + 1, behind.as_millis());
            tokio::time::sleep(due.saturating_sub(took)).await;
        }
        let (webhooks, removed) = kept(&rig);
        assert_eq!(webhooks, 1, "those that ended are none any more");
        assert!(removed <= 3 * A_SECOND, "{removed}");
        while rig.store().prune_tick(policy, at(second * 1_000 + 1_500)).await.unwrap().more {}
    }
    // Each was looked at when the last of its log went.
    while rig.store().prune_tick(policy, at(seconds * 1_000 + 7_200_000)).await.unwrap().more {}
    while rig.store().prune_tick(policy, at(seconds * 1_000 + 14_400_000)).await.unwrap().more {}
    assert_eq!(kept(&rig), (1, 0));
    let rig = rig.reopen().await;
    let found: Vec<_> = rig.store().directory().webhooks().map(|webhook| webhook.no()).collect();
    assert_eq!(found, [stays]);
    let next = rig.webhook(sample::webhook(0)).await;
    assert!(u64::from(next.0) > seconds * A_SECOND, "no number is used again before all were");
}
