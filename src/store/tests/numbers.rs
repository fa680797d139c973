//! Numbers of webhooks: given once until the last one was given, and then again. Whatever names the number of a webhook that
//! is gone must not take another one, of another account perhaps, for it.

use std::sync::Arc;

use super::sample::{self, Rig, at};
use crate::domain::actor::{ActorId, ActorRecord};
use crate::domain::delivery::DueRow;
use crate::domain::event::Skip;
use crate::domain::id::{AccountNo, JobId, ReplayId, WebhookId, WebhookNo};
use crate::domain::scope::Scope;
use crate::domain::terms::Terms;
use crate::domain::webhook::Webhook;
use crate::store::Store;
use crate::store::command::{ActorChange, CreateJob, DeliveryChange, Edit, Edited, Refused, UpdateJob};
use crate::store::query::{Counted, DeliveryFilter};
use crate::store::tables::{self, meta};
use crate::store::upkeep::NewReplay;

const ONE: AccountNo = AccountNo(1);

impl Rig {
    /// The store again, with the last number there is as the next one.
    async fn at_the_last_number(self) -> Self {
        let dir = self.stop().await;
        let path = dir.path().join("store");
        let db = redb::Database::open(&path).unwrap();
        let txn = db.begin_write().unwrap();
        let floor = u32::MAX.to_be_bytes();
        tables::META.write(&txn).unwrap().insert(meta::WEBHOOK_FLOOR, floor.as_slice()).unwrap();
        txn.commit().unwrap();
        drop(db);
        let opened = Store::open(&path, &sample::options()).unwrap();
        let rig = Self { dir, opened };
        assert_eq!(rig.webhook(sample::webhook(0)).await, WebhookNo(u32::MAX));
        rig
    }

    fn stands(&self, no: WebhookNo) -> bool {
        self.store().directory().webhook(no).is_some()
    }
}

/// A webhook whose id differs in its time, as that of one made later does.
fn later(account: AccountNo, terms: Terms) -> Webhook {
    let id = WebhookId::new(at(9), WebhookNo(0), 5);
    Webhook { id, account, terms, ..sample::webhook(0) }
}

#[tokio::test]
async fn they_begin_again_after_the_last_one_and_pass_over_those_in_use() {
    let rig = Rig::new();
    let _first = rig.webhook(sample::webhook(0)).await;
    let last = rig.webhook(sample::webhook(0)).await;
    let rig = rig.at_the_last_number().await;
    assert_eq!(rig.webhook(sample::webhook(0)).await, WebhookNo(last.0 + 1), "the first two are in use");
    let reserved = rig.store().reserve(ONE, 3).await.unwrap().unwrap();
    assert_eq!(reserved.webhook, WebhookNo(last.0 + 2));
}

#[tokio::test]
async fn the_number_of_a_webhook_with_a_log_is_not_given_again() {
    let mut rig = Rig::new();
    let logged = rig.webhook(sample::webhook(0)).await;
    rig.accept(sample::accept("{}", &[logged])).await;
    let (_, row): (_, DueRow) = rig.rows().await[0];
    rig.complete(sample::complete(logged, row, DeliveryChange::Delivered, at(1)), at(2)).await;
    rig.edit(Edit::RemoveWebhook(sample::id(logged))).await.unwrap();
    let rig = rig.at_the_last_number().await;
    assert_eq!(rig.webhook(sample::webhook(0)).await, WebhookNo(logged.0 + 1));
}

#[tokio::test]
async fn an_edit_meant_for_a_webhook_that_is_gone_does_not_reach_its_successor() {
    let rig = Rig::new();
    let other = rig.other().await;
    let no = rig.webhook(sample::webhook(0)).await;
    rig.edit(Edit::RemoveWebhook(sample::id(no))).await.unwrap();
    let rig = rig.at_the_last_number().await;
    assert_eq!(rig.webhook(later(other, Terms::default())).await, no);
    let why = crate::domain::webhook::DisabledWhy::Failing;
    for edit in [
        Edit::RemoveWebhook(sample::id(no)),
        Edit::RevealSecret(sample::id(no)),
        Edit::DisableWebhook { webhook: sample::id(no), why, since: at(1), emit: vec![] },
    ] {
        assert_eq!(rig.edit(edit).await.unwrap_err(), Refused::NotFound);
    }
    assert!(rig.stands(no));
}

#[tokio::test]
async fn the_end_of_a_job_takes_no_webhook_that_is_not_its_own() {
    let rig = Rig::new();
    let other = rig.other().await;
    let reserved = rig.store().reserve(ONE, 2).await.unwrap().unwrap();
    let mut job = super::jobs::queued(reserved.job, None);
    let scope = |job: JobId| Terms { once: true, scope: Some(Scope::of("job", job)), ..Terms::default() };
    let numbers = [reserved.webhook, WebhookNo(reserved.webhook.0 + 1)];
    job.webhooks = numbers.to_vec();
    let webhooks = numbers.map(|no| Webhook { terms: scope(job.id), ..sample::webhook(no.0) }).to_vec();
    let create = CreateJob { job, input: None, webhooks, emit: vec![] };
    let job = rig.store().create_job(create, at(0)).await.unwrap().unwrap();
    for no in numbers {
        rig.edit(Edit::RemoveWebhook(sample::id(no))).await.unwrap();
    }
    let rig = rig.at_the_last_number().await;
    // Another account's, and one of the same account that is of another job.
    let next = JobId::new(at(9), crate::domain::id::Seq(99), 1);
    assert_eq!(rig.webhook(later(other, scope(job.id))).await, numbers[0]);
    assert_eq!(rig.webhook(later(ONE, scope(next))).await, numbers[1]);
    let update = UpdateJob { to: job.succeed(at(3)).unwrap(), from: job, emit: vec![] };
    rig.store().update_job(update, at(3)).await.unwrap().unwrap();
    assert!(numbers.iter().all(|no| rig.stands(*no)));
}

#[tokio::test]
async fn an_actor_takes_back_no_webhook_that_is_not_its_own() {
    let rig = Rig::new();
    let other = rig.other().await;
    let id: ActorId = "a".parse().unwrap();
    let declared = || Terms { scope: Some(id.scope()), declared: true, ..Terms::default() };
    let actor = |webhooks| ActorRecord {
        id: id.clone(),
        declaration: "{}".into(),
        webhooks,
        created_at: at(1),
        updated_at: at(1),
    };
    let put = |make, remove| {
        let change = ActorChange { actor: actor(vec![]), make, update: vec![], remove };
        Edit::PutActor(ONE, Box::new(change))
    };
    let made = Webhook { terms: declared(), ..sample::webhook(0) };
    let Edited::Actor(made) = rig.edit(put(vec![made.clone(), made], vec![])).await.unwrap() else {
        panic!()
    };
    let [first, second] = made.webhooks[..] else { panic!("{made:?}") };
    for no in [first, second] {
        rig.edit(Edit::RemoveWebhook(sample::id(no))).await.unwrap();
    }
    let rig = rig.at_the_last_number().await;
    assert_eq!(rig.webhook(later(other, declared())).await, first);
    assert_eq!(rig.webhook(later(ONE, Terms::default())).await, second);
    rig.edit(put(vec![], vec![first, second])).await.unwrap();
    assert!(rig.stands(first) && rig.stands(second));
    let Edited::Actor(_) = rig.edit(put(vec![], vec![])).await.unwrap() else { panic!() };
    rig.edit(Edit::DeleteActor(ONE, id.clone())).await.unwrap();
    assert!(rig.stands(first) && rig.stands(second));
}

#[tokio::test]
async fn an_event_goes_to_no_webhook_of_another_account() {
    let mut rig = Rig::new();
    let other = rig.other().await;
    let no = rig.webhook(sample::webhook(0)).await;
    let mut skipping = sample::accept("{}", &[]);
    skipping.plan.skipped = vec![(no, Skip::Paused)];
    let skipped = rig.accept(skipping).await;
    let replay = NewReplay {
        id: ReplayId::new(at(1), 1),
        account: ONE,
        filter: DeliveryFilter { webhook: Some(no), ..DeliveryFilter::default() },
        skipped: true,
        rate_per_second: None,
        matched: Counted { count: 1, exact: true },
    };
    rig.edit(Edit::CreateReplay(Box::new(replay))).await.unwrap();
    rig.edit(Edit::RemoveWebhook(sample::id(no))).await.unwrap();
    rig = rig.at_the_last_number().await;
    assert_eq!(rig.webhook(later(other, Terms::default())).await, no);
    // A replay that goes on.
    assert_eq!(rig.store().replay_tick(&sample::profiles(), 10, at(20)).await.unwrap(), (0, false));
    // The event sent again, by a plan from before.
    let shares = sample::accept("{}", &[no]).plan.shares;
    let again = rig.edit(Edit::Replay { event: skipped.seq(), shares }).await.unwrap();
    assert!(matches!(again, Edited::Count(0)), "{again:?}");
    // A new one, by a plan from before.
    let event = rig.accept(sample::accept("{}", &[no])).await;
    let header = rig.store().event_header(event.seq()).unwrap().unwrap();
    assert_eq!((header.webhooks, header.skipped), (vec![], vec![(no, Skip::Removed)]));
    assert_eq!(rig.store().webhooks_of(ONE, &[no]), Vec::<Arc<Webhook>>::new());
    assert_eq!(rig.store().webhooks_of(other, &[no]).len(), 1);
}
