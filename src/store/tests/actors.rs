//! Actors: declared, changed and taken back together with their webhooks.

use std::sync::Arc;

use super::sample::{self, Rig, at};
use crate::domain::actor::{ActorId, ActorRecord};
use crate::domain::id::AccountNo;
use crate::domain::terms::Terms;
use crate::domain::webhook::Webhook;
use crate::store::audit::Actor;
use crate::store::command::{ActorChange, Edit, Edited, Refused};

const ACCOUNT: AccountNo = AccountNo(1);

fn id() -> ActorId {
    "my-actor".parse().unwrap()
}

fn declaration(text: &str) -> ActorChange {
    let actor = ActorRecord {
        id: id(),
        declaration: text.into(),
        webhooks: vec![],
        created_at: at(1),
        updated_at: at(1),
    };
    ActorChange { actor, make: vec![], update: vec![], remove: vec![] }
}

async fn edit(rig: &Rig, edit: Edit) -> Result<Edited, Refused> {
    rig.store().edit(edit, Actor::Daemon, at(2)).await.unwrap()
}

async fn put(rig: &Rig, change: ActorChange) -> Result<Arc<ActorRecord>, Refused> {
    match edit(rig, Edit::PutActor(ACCOUNT, Box::new(change))).await? {
        Edited::Actor(actor) => Ok(actor),
        other => panic!("{other:?}"),
    }
}

/// A webhook as a declaration makes it.
fn bound() -> Webhook {
    let terms = Terms { scope: Some(id().scope()), declared: true, ..Terms::default() };
    Webhook { terms, ..sample::webhook(0) }
}

#[tokio::test]
async fn a_declaration_and_its_webhooks_are_one() {
    let rig = Rig::new();
    let make = vec![bound(), bound()];
    let made = put(&rig, ActorChange { make, ..declaration("{}") }).await.unwrap();
    let [stays, goes] = made.webhooks[..] else { panic!("{made:?}") };
    let from = rig.store().directory().webhook(stays).unwrap().clone();
    let to = Webhook { description: "new".into(), ..Webhook::clone(&from) };
    let change =
        ActorChange { update: vec![(Arc::clone(&from), to)], remove: vec![goes], ..declaration("[]") };
    let changed = put(&rig, change.clone()).await.unwrap();
    assert_eq!((changed.webhooks.as_slice(), &*changed.declaration), ([stays].as_slice(), "[]"));
    // Computed from what no longer stands: nothing of it is done.
    let make = vec![sample::webhook(0)];
    assert!(matches!(put(&rig, ActorChange { make, ..change }).await, Err(Refused::State(_))));
    let rig = rig.reopen().await;
    {
        let store = rig.store();
        let directory = store.directory();
        assert_eq!(directory.actor(ACCOUNT, &id()), Some(&changed));
        assert_eq!(directory.actor(AccountNo(2), &id()), None);
        assert_eq!(directory.webhook(stays).unwrap().description, "new");
        assert_eq!(directory.webhook_count(), 1);
    }
    edit(&rig, Edit::DeleteActor(ACCOUNT, id())).await.unwrap();
    assert_eq!(edit(&rig, Edit::DeleteActor(ACCOUNT, id())).await.unwrap_err(), Refused::NotFound);
    let rig = rig.reopen().await;
    let store = rig.store();
    assert_eq!(store.directory().actors(ACCOUNT).count() + store.directory().webhook_count(), 0);
}
