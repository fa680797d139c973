//! Another sealing key: everything is resealed in steps, whatever comes between two of them.

use redb::ReadableDatabase as _;

use super::sample::{self, Rig, at, options};
use crate::domain::actor::ActorRecord;
use crate::domain::id::{AccountNo, DeliveryId, Seq, WebhookNo};
use crate::domain::profile::JwtAlgorithm;
use crate::domain::secret::{SecretRecord, SecretText};
use crate::domain::signing_key::SigningKey;
use crate::domain::terms::Terms;
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::audit::Actor;
use crate::store::command::{ActorChange, Edit, Refused};
use crate::store::records::{actor, secret, signing_key, webhook};
use crate::store::seal::{CANARY, CANARY_ROW, Seal};
use crate::store::tables::{self, meta};
use crate::store::{OpenError, OpenOptions, Resealed, Store};

const OLD: [u8; 32] = [7; 32];
const NEW: [u8; 32] = [8; 32];

/// The key that the tests' stores are made with, and one after it.
fn keys(current: [u8; 32], previous: &[[u8; 32]]) -> OpenOptions {
    OpenOptions { seal_key: current, previous_seal_keys: previous.to_vec(), ..options() }
}

fn open(dir: &tempfile::TempDir, options: &OpenOptions) -> Result<Store, OpenError> {
    Store::open(&dir.path().join("store"), options).map(|opened| opened.store)
}

/// Ends a store as a kill would: nothing says that it closed. Gives its file free.
async fn killed(store: Store) {
    let mut head = store.watch();
    drop(store);
    while head.changed().await.is_ok() {}
}

/// How many sealed rows each key opens.
fn sealed_with(dir: &tempfile::TempDir, key: [u8; 32]) -> usize {
    let db = redb::Database::open(dir.path().join("store")).unwrap();
    let txn = db.begin_read().unwrap();
    let seal = Seal::new(&key);
    let webhooks = tables::WEBHOOKS.read(&txn).unwrap();
    let webhooks =
        webhooks.iter().unwrap().filter(|row| webhook::read(row.as_ref().unwrap().1.value(), &seal).is_ok());
    let signing = tables::SIGNING_KEYS.read(&txn).unwrap();
    let signing = signing.iter().unwrap().filter(|row| {
        let (no, row) = row.as_ref().unwrap();
        signing_key::read(no.value(), row.value(), &seal).is_ok()
    });
    let secrets = tables::SECRETS.read(&txn).unwrap();
    let secrets = secrets.iter().unwrap().filter(|row| {
        let (key, row) = row.as_ref().unwrap();
        secret::read(AccountNo(1), key.value().1, row.value(), &seal).is_ok()
    });
    let actors = tables::ACTORS.read(&txn).unwrap();
    let actors = actors.iter().unwrap().filter(|row| {
        let (key, row) = row.as_ref().unwrap();
        actor::read(AccountNo(1), key.value().1, row.value(), &seal).is_ok()
    });
    webhooks.count() + signing.count() + secrets.count() + actors.count()
}

fn signing(seed: u8) -> Edit {
    Edit::AddSigningKeys(vec![SigningKey::new(&[seed; 32], at(0), at(0))])
}

fn secret() -> Edit {
    let (name, text) = ("KEY".parse().unwrap(), SecretText::parse("canary").unwrap());
    Edit::PutSecret(AccountNo(1), SecretRecord { name, text, created_at: at(0), updated_at: at(0) })
}

fn declared() -> Edit {
    let actor = ActorRecord {
        id: "my-actor".parse().unwrap(),
        declaration: "{}".into(),
        webhooks: vec![],
        created_at: at(1),
        updated_at: at(1),
    };
    let terms = Terms { declared: true, ..Terms::default() };
    let make = vec![Webhook { terms, ..sample::webhook(0) }];
    Edit::PutActor(AccountNo(1), Box::new(ActorChange { actor, make, update: vec![], remove: vec![] }))
}

/// A store with so many webhooks, one of them an actor's, and one row of every other sealed kind.
async fn filled(webhooks: usize) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let store = open(&dir, &options()).unwrap();
    let edits =
        std::iter::repeat_with(|| sample::create_webhook(Box::new(sample::webhook(0)))).take(webhooks - 1);
    for edit in edits.chain([signing(1), secret(), declared()]) {
        store.edit(edit, Actor::Daemon, at(1)).await.unwrap().unwrap();
    }
    killed(store).await;
    dir
}

#[tokio::test]
async fn a_new_key_takes_over_in_steps_and_past_kills() {
    let count = limits::RESEAL_ROWS * 2 + 7;
    let dir = filled(count).await;
    let resource_key = open(&dir, &keys(OLD, &[])).unwrap();
    let (before, mut turns) = (resource_key.resource_key().clone(), 0);
    killed(resource_key).await;
    // A kill after every single step, with both keys at each start.
    loop {
        let store = open(&dir, &keys(NEW, &[OLD])).unwrap();
        assert_eq!(store.directory().webhook_count(), count);
        let mut done = Resealed::More;
        for _ in 0..=turns {
            done = store.reseal_tick().await.unwrap();
        }
        killed(store).await;
        turns += 1;
        if done == Resealed::Done {
            break;
        }
        assert!(matches!(open(&dir, &keys(NEW, &[])), Err(OpenError::WrongKey)), "the canary goes last");
        assert!(matches!(open(&dir, &keys(OLD, &[])), Err(OpenError::KeyMissing)));
        assert_eq!(sealed_with(&dir, NEW) + sealed_with(&dir, OLD), count + 3);
    }
    assert!(turns > 3, "it took several steps: {turns}");
    assert_eq!((sealed_with(&dir, NEW), sealed_with(&dir, OLD)), (count + 3, 0));
    let store = open(&dir, &keys(NEW, &[])).unwrap();
    assert_eq!(store.directory().webhook_count(), count);
    assert_eq!(store.directory().signing_keys().len(), 1);
    assert_eq!(store.directory().secrets(AccountNo(1)).count(), 1);
    assert_eq!(store.directory().actors(AccountNo(1)).count(), 1);
    let delivery = DeliveryId::new(at(0), Seq(1), WebhookNo(1));
    assert_eq!(store.resource_key().url("", delivery), before.url("", delivery), "URLs outlive the key");
    let webhook = store.directory().webhook(WebhookNo(1)).unwrap().clone();
    assert_eq!(webhook.secrets, sample::webhook(0).secrets);
    assert_eq!(store.reseal_tick().await, Ok(Resealed::Done));
    killed(store).await;
    assert!(matches!(open(&dir, &keys(OLD, &[])), Err(OpenError::WrongKey)));
}

#[tokio::test]
async fn what_is_written_meanwhile_is_sealed_with_the_new_key() {
    let dir = filled(1).await;
    let store = open(&dir, &keys(NEW, &[OLD])).unwrap();
    store.edit(signing(2), Actor::Daemon, at(1)).await.unwrap().unwrap();
    killed(store).await;
    assert_eq!((sealed_with(&dir, NEW), sealed_with(&dir, OLD)), (1, 4));
    assert!(
        matches!(open(&dir, &keys(OLD, &[])), Err(OpenError::KeyMissing)),
        "the old key alone would lose what the new one sealed"
    );
}

#[tokio::test]
async fn a_key_that_was_begun_with_can_be_given_up_again() {
    let count = limits::RESEAL_ROWS + 7;
    let dir = filled(count).await;
    let store = open(&dir, &keys(NEW, &[OLD])).unwrap();
    assert_eq!(store.reseal_tick().await, Ok(Resealed::More));
    killed(store).await;
    let store = open(&dir, &keys(OLD, &[NEW])).unwrap();
    while store.reseal_tick().await.unwrap() == Resealed::More {}
    killed(store).await;
    let store = open(&dir, &keys(OLD, &[])).unwrap();
    assert_eq!(store.directory().webhook_count(), count);
    killed(store).await;
    assert_eq!((sealed_with(&dir, OLD), sealed_with(&dir, NEW)), (count + 3, 0));
}

async fn resealed(dir: &tempfile::TempDir, options: &OpenOptions) -> Resealed {
    let store = open(dir, options).unwrap();
    let mut done = Resealed::More;
    while done == Resealed::More {
        done = store.reseal_tick().await.unwrap();
    }
    killed(store).await;
    done
}

/// Changes a stored actor's row.
fn change_actor(dir: &tempfile::TempDir, change: impl Fn(&mut Vec<u8>)) {
    let db = redb::Database::open(dir.path().join("store")).unwrap();
    let txn = db.begin_write().unwrap();
    {
        let mut table = tables::ACTORS.write(&txn).unwrap();
        let mut row = table.get((1, "my-actor")).unwrap().unwrap().value().to_vec();
        change(&mut row);
        table.insert((1, "my-actor"), row.as_slice()).unwrap();
    }
    txn.commit().unwrap();
}

#[tokio::test]
async fn a_row_of_an_unknown_form_keeps_the_earlier_key() {
    let dir = filled(3).await;
    change_actor(&dir, |row| row[0] ^= 0x80);
    assert_eq!(resealed(&dir, &keys(NEW, &[OLD])).await, Resealed::Kept(1));
    assert!(matches!(open(&dir, &keys(NEW, &[])), Err(OpenError::WrongKey)), "it may be needed for that row");
    change_actor(&dir, |row| row[0] ^= 0x80);
    assert_eq!(resealed(&dir, &keys(NEW, &[OLD])).await, Resealed::Done);
    killed(open(&dir, &keys(NEW, &[])).unwrap()).await;
    assert_eq!((sealed_with(&dir, NEW), sealed_with(&dir, OLD)), (6, 0));
}

#[tokio::test]
async fn a_declaration_that_cannot_be_read_is_not_made_again() {
    let dir = filled(1).await;
    // What a program did that forgot a table: everything but the actor is sealed with the new key.
    let row = std::cell::RefCell::new(Vec::new());
    change_actor(&dir, |old| *row.borrow_mut() = std::mem::replace(old, vec![0x80]));
    assert_eq!(resealed(&dir, &keys(NEW, &[OLD])).await, Resealed::Kept(1));
    change_actor(&dir, |new| new.clone_from(&row.borrow()));
    let mut both = keys(NEW, &[OLD]);
    {
        let db = redb::Database::open(dir.path().join("store")).unwrap();
        let txn = db.begin_write().unwrap();
        let canary = Seal::new(&NEW).seal([1; 24], CANARY_ROW, CANARY);
        tables::META.write(&txn).unwrap().insert(meta::CANARY, canary.as_slice()).unwrap();
        tables::META.write(&txn).unwrap().remove(meta::CANARY_NEXT).unwrap();
        txn.commit().unwrap();
    }
    let store = open(&dir, &keys(NEW, &[])).unwrap();
    assert_eq!(store.directory().actors(AccountNo(1)).count(), 0);
    let again = store.edit(declared(), Actor::Daemon, at(2)).await.unwrap().unwrap_err();
    assert!(again.to_string().contains("secrets.previous_key_files"), "{again}");
    assert_eq!(store.directory().webhook_count(), 1);
    killed(store).await;
    let copy = std::fs::read(dir.path().join("store")).unwrap();
    // Without the earlier key it can be taken back with its webhooks.
    let store = open(&dir, &keys(NEW, &[])).unwrap();
    let delete = Edit::DeleteActor(AccountNo(1), "my-actor".parse().unwrap());
    store.edit(delete.clone(), Actor::Daemon, at(3)).await.unwrap().unwrap();
    assert_eq!(store.directory().webhook_count(), 0);
    assert_eq!(store.edit(delete, Actor::Daemon, at(3)).await.unwrap().unwrap_err(), Refused::NotFound);
    killed(store).await;
    std::fs::write(dir.path().join("store"), copy).unwrap();
    // With the earlier key it is whole again, and that key may go afterwards.
    assert_eq!(resealed(&dir, &both).await, Resealed::Done);
    both.previous_seal_keys.clear();
    let store = open(&dir, &both).unwrap();
    assert_eq!(store.directory().actors(AccountNo(1)).count(), 1);
}

#[tokio::test]
async fn signing_keys_are_kept_in_order_bounded_and_pruned() {
    let rig = Rig::new();
    let later = |seed: u8, secs: u64| {
        Edit::AddSigningKeys(vec![SigningKey::new(&[seed; 32], at(secs * 1000), at(secs * 1000))])
    };
    for no in 0..limits::SIGNING_KEYS {
        rig.edit(later(no as u8, no as u64)).await.unwrap();
    }
    assert!(rig.edit(later(99, 99)).await.is_err());
    let rig = rig.reopen().await;
    let keys = rig.store().directory().signing_keys();
    assert_eq!(keys.len(), limits::SIGNING_KEYS);
    let last = limits::SIGNING_KEYS as u64 - 1;
    let newest = keys.signing(JwtAlgorithm::EdDsa, at(1_000_000)).unwrap().clone();
    assert_eq!(newest, SigningKey::new(&[last as u8; 32], at(last * 1000), at(last * 1000)));
    let policy = crate::store::upkeep::RetentionPolicy {
        audit_for: crate::limits::AUDIT_FOR,
        audit_entries: crate::limits::AUDIT_ENTRIES,
        events_for: std::time::Duration::from_secs(60),
        attempts_for: std::time::Duration::from_secs(60),
        max_bytes: None,
    };
    rig.store().prune_tick(policy, at(100_000)).await.unwrap();
    assert_eq!(rig.store().directory().signing_keys().len(), limits::SIGNING_KEYS, "tokens of theirs live");
    rig.store().prune_tick(policy, at(1_000_000)).await.unwrap();
    let rig = rig.reopen().await;
    let keys = rig.store().directory().signing_keys();
    assert_eq!((keys.len(), keys.signing(JwtAlgorithm::EdDsa, at(0))), (1, Some(&newest)));
}
