//! Subscriptions: one of a kind, and renewed.

use super::sample::{self, Rig, at};
use super::upkeep::{POLICY, prune_all};
use crate::domain::dialect::Dialect;
use crate::domain::id::AccountNo;
use crate::domain::terms::Terms;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::command::{Edit, Edited, Refused};

/// A subscription to one event of a target.
fn subscription(expires_at: Option<Timestamp>) -> Webhook {
    let terms = Terms { dialect: Dialect::RestHooks, ..Terms::default() };
    Webhook { terms, expires_at, ..sample::webhook(0) }
}

#[tokio::test]
async fn of_two_subscribers_at_once_one_is_refused() {
    let rig = Rig::new();
    let subscribe = || rig.edit(Edit::Subscribe(Box::new(subscription(None))));
    // Both are queued before either is answered, so that they may share a commit.
    let (one, two) = tokio::join!(subscribe(), subscribe());
    assert!(matches!(one, Ok(Edited::Webhook(_))), "{one:?}");
    assert!(matches!(two, Err(Refused::State(_))), "{two:?}");
    assert_eq!(rig.store().directory().webhook_count(), 1);
    let other = AccountNo(2);
    let theirs = Webhook { account: other, ..subscription(None) };
    assert_eq!(rig.edit(Edit::Subscribe(Box::new(theirs))).await.unwrap_err(), Refused::NotFound);
}

#[tokio::test]
async fn a_subscription_is_renewed_within_its_grace_and_not_after_it() {
    let rig = Rig::new();
    let subscribe =
        async |until| match rig.edit(Edit::Subscribe(Box::new(subscription(Some(at(until)))))).await {
            Ok(Edited::Webhook(webhook)) => webhook,
            other => panic!("{other:?}"),
        };
    let day = u64::try_from(limits::EXPIRED_GRACE.as_millis()).unwrap();
    let first = subscribe(50).await;
    prune_all(&rig, POLICY, at(60)).await;
    let again = subscribe(2 * day).await;
    assert_eq!((again.id, again.expires_at), (first.id, Some(at(2 * day))));
    assert!(prune_all(&rig, POLICY, at(2 * day - 1)).await.expired.is_empty());
    assert!(rig.store().directory().webhook(first.no()).is_some());
    assert_eq!(prune_all(&rig, POLICY, at(2 * day)).await.expired.len(), 1);
    prune_all(&rig, POLICY, at(3 * day)).await;
    assert_ne!(subscribe(4 * day).await.id, first.id);
}
