//! Bodies that templates gave, webhooks that take one event, webhooks of a key, and secrets.

use std::time::Duration;

use super::sample::{self, Rig, at};
use crate::domain::delivery::{DeliveryState, Reason};
use crate::domain::event::{Key, Skip};
use crate::domain::event_type::EventPattern;
use crate::domain::fanout::{Plan, Share};
use crate::domain::form::PayloadForm;
use crate::domain::id::{AccountNo, WebhookNo};
use crate::domain::secret::{SecretRecord, SecretText};
use crate::domain::terms::Terms;
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::command::{Accept, DeliveryChange, Edit, Edited, Refused};
use crate::store::upkeep::RetentionPolicy;

fn share(webhook: WebhookNo, body: &str) -> Share {
    Share {
        webhook,
        form: PayloadForm::Template,
        body: Some(body.as_bytes().into()),
        due: at(0),
        room: u32::MAX,
    }
}

fn templated(webhook: WebhookNo, body: &str) -> Accept {
    Accept { plan: Plan { shares: vec![share(webhook, body)], skipped: vec![] }, ..sample::accept("{}", &[]) }
}

#[tokio::test]
async fn a_body_is_kept_as_long_as_its_delivery() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let event = rig.accept(templated(webhook, "[1]")).await;
    let (_, row) = rig.rows().await[0];
    assert_eq!((row.form, row.bytes), (PayloadForm::Template, 5), "what is in memory is counted");
    let retry = DeliveryChange::Retry { due: at(5), spent: true };
    let row = rig.complete(sample::complete(webhook, row, retry, at(1)), at(2)).await.unwrap();
    let body = |rig: &Rig| {
        let body = rig.store().body(webhook, event.seq()).unwrap();
        body.map(|body| String::from_utf8(body.to_vec()).unwrap())
    };
    let mut rig = rig.reopen().await;
    assert_eq!(body(&rig).as_deref(), Some("[1]"));
    rig.complete(sample::complete(webhook, row, DeliveryChange::Delivered, at(5)), at(6)).await;
    assert_eq!(body(&rig).as_deref(), Some("[1]"), "it may be sent again by hand");

    let again = |shares| Edit::Replay { event: event.seq(), shares };
    rig.edit(again(vec![share(webhook, "[22]")])).await.unwrap();
    assert_eq!(body(&rig).as_deref(), Some("[22]"));
    let id = rig.store().delivery(event.seq(), webhook).unwrap().unwrap().id;
    rig.edit(Edit::Cancel(id)).await.unwrap();
    let plain = Share { form: PayloadForm::Data, body: None, ..share(webhook, "") };
    rig.edit(again(vec![plain])).await.unwrap();
    assert_eq!(body(&rig), None);
    rig.edit(Edit::Cancel(id)).await.unwrap();
    rig.edit(again(vec![share(webhook, "[333]")])).await.unwrap();

    let policy = RetentionPolicy {
        audit_for: crate::limits::AUDIT_FOR,
        audit_entries: crate::limits::AUDIT_ENTRIES,
        events_for: Duration::ZERO,
        attempts_for: Duration::ZERO,
        max_bytes: None,
    };
    let later = at(1_000_000_000);
    rig.store().prune_tick(policy, later).await.unwrap();
    assert_eq!(body(&rig).as_deref(), Some("[333]"), "what is pending stays");
    rig.edit(Edit::Cancel(id)).await.unwrap();
    rig.store().prune_tick(policy, later).await.unwrap();
    rig.store().prune_tick(policy, later.plus(limits::PRUNE_AGAIN)).await.unwrap();
    assert!(rig.store().event(event.seq()).unwrap().is_none());
    assert_eq!(body(&rig), None);
}

fn once() -> Webhook {
    let events = vec![EventPattern::Exact("order.paid".parse().unwrap())];
    Webhook { events, terms: Terms { once: true, ..Terms::default() }, ..sample::webhook(0) }
}

#[tokio::test]
async fn a_webhook_for_one_event_takes_one_and_goes_with_it() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(once()).await;
    let mut test = sample::accept("{}", &[webhook]);
    test.event.event_type = "TEST".parse().unwrap();
    rig.accept(test).await;
    let (_, row) = rig.rows().await[0];
    rig.complete(sample::complete(webhook, row, DeliveryChange::Delivered, at(1)), at(2)).await;
    assert!(rig.store().directory().webhook(webhook).is_some(), "a test is not the event it waits for");

    rig.accept(sample::accept("{}", &[webhook])).await;
    let (_, row) = rig.rows().await[0];
    let second = rig.accept(sample::accept("{}", &[webhook])).await;
    let second = rig.store().event_header(second.seq()).unwrap().unwrap();
    assert_eq!((second.webhooks.len(), &second.skipped[..]), (0, &[(webhook, Skip::Spent)][..]));
    let retry = DeliveryChange::Retry { due: at(5), spent: true };
    let row = rig.complete(sample::complete(webhook, row, retry, at(3)), at(4)).await.unwrap();
    assert!(rig.store().directory().webhook(webhook).is_some());
    rig.complete(sample::complete(webhook, row, DeliveryChange::Failed(Reason::Exhausted), at(5)), at(6))
        .await;
    assert!(rig.store().directory().webhook(webhook).is_none());
    let delivery = rig.store().delivery(row.key.event, webhook).unwrap().unwrap();
    assert_eq!((delivery.state, delivery.attempts), (DeliveryState::Failed, 2));
}

#[tokio::test]
async fn a_key_finds_the_webhook_that_was_made_with_it() {
    let rig = Rig::new();
    let keyed = |key: &str, account| Webhook {
        account: AccountNo(account),
        terms: Terms { key: Key::new(key).ok(), ..Terms::default() },
        ..sample::webhook(0)
    };
    let made = rig.webhook(keyed("a", 1)).await;
    assert_ne!(rig.webhook(keyed("b", 1)).await, made);
    // Many at once are one transaction.
    let store = rig.store();
    let edits = (0..20).map(|_| {
        let edit = sample::create_webhook(Box::new(keyed("c", 1)));
        store.edit(edit, crate::store::audit::Actor::Daemon, at(1))
    });
    let mut ids = Vec::new();
    for edited in futures_util::future::join_all(edits).await {
        if let Ok(Ok(Edited::Webhook(webhook))) = edited {
            ids.push(webhook.id);
        }
    }
    assert_eq!(ids.len(), 20);
    assert!(ids.iter().all(|id| *id == ids[0]));
    drop(store);
    let rig = rig.reopen().await;
    assert_eq!(rig.webhook(keyed("a", 1)).await, made);
    rig.edit(Edit::RemoveWebhook(sample::id(made))).await.unwrap();
    assert_ne!(rig.webhook(keyed("a", 1)).await, made);
    assert_eq!(rig.store().directory().webhook_count(), 3);
}

#[tokio::test]
async fn secrets_survive_a_restart_and_are_not_in_the_file() {
    let rig = Rig::new();
    let secret = |name: &str, text: &str| SecretRecord {
        name: name.parse().unwrap(),
        text: SecretText::parse(text).unwrap(),
        created_at: at(1),
        updated_at: at(1),
    };
    let set = |name, text| Edit::PutSecret(AccountNo(1), secret(name, text));
    rig.edit(set("A", "canary-1")).await.unwrap();
    rig.edit(set("A", "canary-2")).await.unwrap();
    rig.edit(set("B", "canary-3")).await.unwrap();
    rig.edit(Edit::DeleteSecret(AccountNo(1), "B".parse().unwrap())).await.unwrap();
    let missing = rig.edit(Edit::DeleteSecret(AccountNo(2), "A".parse().unwrap())).await;
    assert_eq!(missing.unwrap_err(), Refused::NotFound);
    let rig = rig.reopen().await;
    let held: Vec<_> = rig.store().directory().secrets(AccountNo(1)).map(|held| (**held).clone()).collect();
    assert_eq!(held, [secret("A", "canary-2")]);
    let file = std::fs::read(rig.dir.path().join("store")).unwrap();
    assert!(!file.windows(7).any(|part| part == b"canary-"));
}
