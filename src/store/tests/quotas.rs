//! What an account may hold: however a thing is made, and only as far as it grows.

use std::sync::Arc;

use futures_util::future::join_all;

use super::jobs::{about, queued};
use super::sample::{self, Rig, at};
use super::upkeep::new_replay;
use crate::domain::account::Account;
use crate::domain::actor::ActorRecord;
use crate::domain::delivery::Reason;
use crate::domain::event::Key;
use crate::domain::event_type::EventTypeRecord;
use crate::domain::id::{AccountId, AccountNo, ReplayId};
use crate::domain::quota::{Held, Quotas};
use crate::domain::secret::{SecretRecord, SecretText};
use crate::domain::target::TargetUrl;
use crate::domain::terms::{Template, Terms};
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::Store;
use crate::store::command::{ActorChange, CreateJob, DeliveryChange, Edit, Edited, Refused};
use crate::store::query::{Counted, DeliveryFilter};
use crate::store::upkeep::{NewReplay, ReplayState};

const ONE: AccountNo = AccountNo(1);
const TWO: AccountNo = AccountNo(2);
const PLENTY: Held = Held { webhooks: 1000, event_types: 1000, replays: 10_000, bytes: 100 << 20 };

fn of(account: AccountNo) -> Webhook {
    Webhook { account, ..sample::webhook(0) }
}

fn event_type(account: AccountNo, name: &str, schema: usize) -> Edit {
    let record = EventTypeRecord {
        name: name.parse().unwrap(),
        description: String::new(),
        schema: Some("x".repeat(schema).into()),
        example: None,
        managed_by: None,
        created_at: at(0),
        updated_at: at(1),
    };
    Edit::PutEventType(account, record)
}

fn actor(account: AccountNo, id: &str, declaration: usize, make: Vec<Webhook>) -> Edit {
    let actor = ActorRecord {
        id: id.parse().unwrap(),
        declaration: "x".repeat(declaration).into(),
        webhooks: vec![],
        created_at: at(1),
        updated_at: at(1),
    };
    Edit::PutActor(account, Box::new(ActorChange { actor, make, update: vec![], remove: vec![] }))
}

fn secret(account: AccountNo, name: &str, bytes: usize) -> Edit {
    let (name, text) = (name.parse().unwrap(), SecretText::parse(&"x".repeat(bytes)).unwrap());
    Edit::PutSecret(account, SecretRecord { name, text, created_at: at(0), updated_at: at(0) })
}

fn replay(account: AccountNo, no: u64) -> Edit {
    let (id, filter) = (ReplayId::new(at(no), no.into()), DeliveryFilter::default());
    let matched = Counted { count: 0, exact: true };
    Edit::CreateReplay(Box::new(NewReplay {
        id,
        account,
        filter,
        skipped: false,
        rate_per_second: Some(1),
        matched,
    }))
}

async fn two_accounts(quotas: Held) -> Rig {
    let rig = Rig::new();
    let id = AccountId::new(at(0), AccountNo(0), 5);
    rig.edit(Edit::CreateAccount(Account { id, name: "two".into(), created_at: at(0) })).await.unwrap();
    rig.store().set_quotas(Quotas(quotas));
    rig
}

fn setting(refused: &Refused) -> &'static str {
    match refused {
        Refused::Quota { setting, .. } => setting,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_quota_holds_however_a_webhook_is_made_and_others_notice_nothing() {
    let rig = two_accounts(Held { webhooks: 3, ..PLENTY }).await;
    for n in 0..3 {
        rig.webhook(Webhook { description: n.to_string(), ..of(ONE) }).await;
    }
    let reserved = rig.store().reserve(AccountNo(1), 1).await.unwrap().unwrap();
    let job = queued(reserved.job, None);
    let create = CreateJob { emit: vec![about(&job, &[])], job, input: None, webhooks: vec![of(ONE)] };
    let elsewhere = TargetUrl::from_stored("https://example.com/another").unwrap();
    for refused in [
        rig.edit(sample::create_webhook(Box::new(of(ONE)))).await.unwrap_err(),
        rig.edit(actor(ONE, "a", 10, vec![of(ONE)])).await.unwrap_err(),
        rig.store().create_job(create, at(0)).await.unwrap().unwrap_err(),
        rig.edit(Edit::Subscribe(Box::new(Webhook { url: elsewhere, ..of(ONE) }))).await.unwrap_err(),
    ] {
        assert_eq!(setting(&refused), "quotas.webhooks");
        assert!(refused.to_string().contains("at most"), "{refused}");
    }
    assert_eq!(rig.store().directory().held_by(ONE).webhooks, 3);
    rig.webhook(of(TWO)).await;
    // What is removed makes room.
    let first = rig.store().directory().webhooks().next().unwrap().no();
    rig.edit(Edit::RemoveWebhook(sample::id(first))).await.unwrap();
    rig.webhook(of(ONE)).await;
}

#[tokio::test]
async fn edits_of_one_commit_cannot_exceed_a_quota_together() {
    let rig = two_accounts(Held { webhooks: 5, event_types: 4, ..PLENTY }).await;
    let made = join_all((0..40).map(|_| rig.edit(sample::create_webhook(Box::new(of(ONE)))))).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 5);
    let names: Vec<String> = (0..40).map(|n| format!("t.n{n}")).collect();
    let made = join_all(names.iter().map(|name| rig.edit(event_type(ONE, name, 10)))).await;
    assert_eq!(made.iter().filter(|made| made.is_ok()).count(), 4);
    assert_eq!(rig.store().directory().held_by(ONE).webhooks, 5);
}

#[tokio::test]
async fn memory_is_counted_for_everything_that_is_kept_in_it() {
    let rig = two_accounts(Held { bytes: 100 << 10, ..PLENTY }).await;
    rig.edit(event_type(ONE, "a.b", 60 << 10)).await.unwrap();
    let big = |bytes: usize| {
        let template = Template { payload: Some("x".repeat(bytes).into()), ..Template::default() };
        let terms = Terms { template: Some(Arc::new(template)), ..Terms::default() };
        Webhook { terms, ..of(ONE) }
    };
    let value = http::HeaderValue::from_str(&"x".repeat(4000)).unwrap();
    let headers = (0..12).map(|n| (format!("x-{n}").parse().unwrap(), value.clone())).collect();
    let small = rig.webhook(of(ONE)).await;
    let stands = rig.store().directory().webhook(small).cloned().unwrap();
    let grown = Webhook { id: stands.id, ..big(45 << 10) };
    for refused in [
        rig.edit(event_type(ONE, "a.c", 50 << 10)).await,
        rig.edit(event_type(ONE, "a.b", 110 << 10)).await,
        rig.edit(sample::create_webhook(Box::new(big(45 << 10)))).await,
        rig.edit(sample::create_webhook(Box::new(Webhook { headers, ..of(ONE) }))).await,
        rig.edit(Edit::UpdateWebhook { from: stands, to: Box::new(grown) }).await,
        rig.edit(actor(ONE, "a", 50 << 10, vec![])).await,
    ] {
        assert_eq!(setting(&refused.unwrap_err()), "quotas.memory_bytes");
    }
    let mut secrets = Vec::new();
    for n in 0..20 {
        secrets.push(rig.edit(secret(ONE, &format!("S{n}"), 3000)).await);
    }
    assert!(secrets[0].is_ok() && setting(secrets[19].as_ref().unwrap_err()) == "quotas.memory_bytes");
    rig.edit(event_type(TWO, "a.c", 50 << 10)).await.unwrap();
    // What is put in place of something larger is no growth.
    rig.edit(event_type(ONE, "a.b", 10)).await.unwrap();
    rig.edit(actor(ONE, "a", 40 << 10, vec![])).await.unwrap();
}

#[tokio::test]
async fn what_is_held_is_counted_alike_when_it_is_made_and_when_it_is_loaded() {
    let rig = two_accounts(PLENTY).await;
    rig.edit(event_type(ONE, "a.b", 1000)).await.unwrap();
    rig.edit(event_type(ONE, "a.b", 500)).await.unwrap();
    rig.edit(event_type(TWO, "a.c", 500)).await.unwrap();
    rig.edit(Edit::DeleteEventType(TWO, "a.c".parse().unwrap())).await.unwrap();
    rig.edit(secret(ONE, "S", 100)).await.unwrap();
    rig.edit(secret(ONE, "T", 100)).await.unwrap();
    rig.edit(Edit::DeleteSecret(ONE, "T".parse().unwrap())).await.unwrap();
    rig.edit(actor(TWO, "a", 100, vec![Webhook { terms: sample::terms(), ..of(TWO) }])).await.unwrap();
    rig.edit(actor(TWO, "b", 100, vec![])).await.unwrap();
    rig.edit(Edit::DeleteActor(TWO, "b".parse().unwrap())).await.unwrap();
    let keyed = Terms { key: Key::new("mine").ok(), ..Terms::default() };
    let gone = rig.webhook(Webhook { terms: keyed, ..of(ONE) }).await;
    rig.edit(Edit::RemoveWebhook(sample::id(gone))).await.unwrap();
    rig.edit(replay(ONE, 1)).await.unwrap();
    rig.edit(replay(ONE, 2)).await.unwrap();
    rig.edit(Edit::CancelReplay(ReplayId::new(at(2), 2))).await.unwrap();
    let held = [ONE, TWO].map(|account| rig.store().directory().held_by(account));
    assert_eq!((held[0].event_types, held[0].replays, held[1].webhooks), (1, 1, 1));
    let rig = rig.reopen().await;
    assert_eq!([ONE, TWO].map(|account| rig.store().directory().held_by(account)), held);
    assert_eq!(rig.store().directory().held_by_all(), held[0] + held[1]);
    // A store over its quotas is opened, changed and emptied; only growth is refused.
    rig.store().set_quotas(Quotas(Held { webhooks: 1, event_types: 0, replays: 0, bytes: 10 }));
    rig.edit(event_type(ONE, "a.b", 400)).await.unwrap();
    assert!(rig.edit(event_type(ONE, "a.b", 4000)).await.is_err());
    rig.edit(Edit::DeleteEventType(ONE, "a.b".parse().unwrap())).await.unwrap();
    assert_eq!(setting(&rig.edit(event_type(ONE, "a.b", 1)).await.unwrap_err()), "quotas.event_types");
}

#[tokio::test]
async fn one_accounts_replays_hold_up_no_other_ones() {
    let mut rig = two_accounts(PLENTY).await;
    let webhook = rig.webhook(sample::webhook(0)).await;
    rig.accept(sample::accept("{}", &[webhook])).await;
    let (_, row) = rig.rows().await[0];
    let failed = DeliveryChange::Failed(Reason::Exhausted);
    rig.complete(sample::complete(webhook, row, failed, at(1)), at(2)).await;
    let own = new_replay(webhook, None, Counted { count: 1, exact: true });
    let Edited::Replay(own) = rig.edit(own).await.unwrap() else { panic!() };
    // More than a page of the table is scanned for, and all of them newer.
    let others = limits::PAGE_SCAN as u64 + 1;
    let made = join_all((0..others).map(|n| rig.edit(replay(TWO, 100 + n)))).await;
    assert!(made.iter().all(Result::is_ok));
    assert_eq!(rig.store().replay_tick(&sample::profiles(), 3, at(6)).await.unwrap().0, 1, "it was its turn");
    let mut found = rig.store().replay(own.id).unwrap().unwrap();
    if found.state == ReplayState::Running {
        rig.store().replay_tick(&sample::profiles(), 3, at(7)).await.unwrap();
        found = rig.store().replay(own.id).unwrap().unwrap();
    }
    assert_eq!((found.state, found.done), (ReplayState::Done, 1));
    // Of each account some go on at once, and the others when those have ended.
    let ended = |store: &Store| PLENTY.replays.min(others as usize) - store.directory().held_by(TWO).replays;
    assert_eq!(ended(&rig.store()) % limits::REPLAYS_AT_ONCE, 0);
    rig.store().replay_tick(&sample::profiles(), 3, at(9)).await.unwrap();
    assert!(ended(&rig.store()) >= limits::REPLAYS_AT_ONCE);
}

#[tokio::test]
async fn an_account_may_have_so_many_replays() {
    let rig = two_accounts(Held { replays: 2, ..PLENTY }).await;
    rig.edit(replay(ONE, 1)).await.unwrap();
    rig.edit(replay(ONE, 2)).await.unwrap();
    assert_eq!(setting(&rig.edit(replay(ONE, 3)).await.unwrap_err()), "quotas.replays");
    rig.edit(replay(TWO, 4)).await.unwrap();
    rig.edit(Edit::CancelReplay(ReplayId::new(at(1), 1))).await.unwrap();
    rig.edit(replay(ONE, 5)).await.unwrap();
}
