//! Older files: copied, brought up, gone on with after whatever interrupted it, or left as they are.
//!
//! Schema 0 never was. Here it is the store with payloads that have another first byte, and the step
//! from it mends some of them in each transaction. Schema 1 is made by writing records as it had them.

use std::path::Path;
use std::sync::Arc;

use redb::{Database, ReadableDatabase as _, WriteTransaction};

use super::check::consistent;
use super::disk::{Chance, Disk};
use super::power::{WEBHOOKS, block_on, power_up, setting};
use super::sample::{self, Rig, options};
use crate::domain::account::{Role, Roles, Token};
use crate::domain::event_type::EventTypeRecord;
use crate::domain::id::{AccountNo, Seq, TokenId, WebhookNo};
use crate::domain::profile::JwtAlgorithm;
use crate::domain::signing_key::SigningKey;
use crate::domain::target::TargetUrl;
use crate::domain::terms::Terms;
use crate::domain::webhook::{Failing, Webhook, WebhookState};
use crate::limits;
use crate::store::command::{Accept, Accepted, Edit, Idempotency};
use crate::store::engine_error::EngineError;
use crate::store::file::builder;
use crate::store::migrate::{self, Step, run, schema_2};
use crate::store::records::{account, damaged, signing_key, webhook};
use crate::store::seal::Seal;
use crate::store::space::{Floor, Space};
use crate::store::tables::{self, meta};
use crate::store::{OpenError, OpenOptions, Opened, Store};

const EVENTS: u64 = 25;
const OLD: u8 = 0xee;
/// Rows that one piece mends.
const PIECE: usize = 4;

/// Makes the rows of schema 0 out of those of this schema.
fn age(db: &Database) {
    let txn = db.begin_write().unwrap();
    tables::META.write(&txn).unwrap().insert(meta::SCHEMA, [0; 4].as_slice()).unwrap();
    swap_first(&txn, |first| (first != OLD).then_some(OLD), usize::MAX).unwrap();
    txn.commit().unwrap();
}

/// Changes the first byte of payloads; whether some are left.
fn swap_first(txn: &WriteTransaction, to: fn(u8) -> Option<u8>, most: usize) -> Result<bool, EngineError> {
    let mut table = tables::PAYLOADS.write(txn)?;
    let mut found = Vec::new();
    for row in table.iter()? {
        let (key, value) = row?;
        if let Some(first) = to(value.value()[0]) {
            found.push((key.value(), first));
        }
    }
    let more = found.len() > most;
    for (key, first) in found.into_iter().take(most) {
        let mut value = table.get(key)?.unwrap().value().to_vec();
        value[0] = first;
        table.insert(key, value.as_slice())?;
    }
    Ok(more)
}

fn mend(txn: &WriteTransaction, _: &Seal) -> Result<bool, EngineError> {
    swap_first(txn, |first| (first == OLD).then_some(1), PIECE)
}

/// Fails once eight rows are mended.
fn mend_some(txn: &WriteTransaction, seal: &Seal) -> Result<bool, EngineError> {
    let table = tables::PAYLOADS.write(txn)?;
    let old = table.iter()?.filter(|row| row.as_ref().unwrap().1.value()[0] == OLD).count();
    drop(table);
    if old as u64 <= EVENTS - 2 * PIECE as u64 { Err(EngineError("no more".into())) } else { mend(txn, seal) }
}

const STEPS: &[Step] = &[Step { from: 0, piece: mend }, migrate::schema_2::STEP];
const BROKEN: &[Step] = &[Step { from: 0, piece: mend_some }];

/// A directory with a store of schema 0.
async fn old_store() -> (tempfile::TempDir, WebhookNo) {
    let rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    for n in 0..EVENTS {
        rig.accept(sample::accept(&n.to_string(), &[webhook])).await;
    }
    let dir = rig.stop().await;
    age(&Database::open(dir.path().join("store")).unwrap());
    (dir, webhook)
}

/// Whether every event is there and reads as it was accepted.
fn all_there(store: &Store, first: u64) {
    for n in 0..EVENTS {
        let event = store.event(Seq(first + n)).unwrap().unwrap();
        assert_eq!(*event.data, *n.to_string().as_bytes());
    }
    consistent(store).unwrap();
}

/// The copy opens as a store of schema 0 and has every row of it.
fn copied(path: &Path) -> Vec<u8> {
    let copy = path.with_extension("schema-0");
    let bytes = std::fs::read(&copy).unwrap();
    let other = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(other.path(), &bytes).unwrap();
    let db = Database::open(other.path()).unwrap();
    assert_eq!(tables::counts(&db).unwrap()["payloads"], EVENTS);
    let txn = db.begin_read().unwrap();
    let payloads = tables::PAYLOADS.read(&txn).unwrap();
    assert!(payloads.iter().unwrap().all(|row| row.unwrap().1.value()[0] == OLD), "nothing was mended in it");
    bytes
}

#[tokio::test]
async fn an_older_store_is_copied_and_brought_up() {
    let (dir, webhook) = old_store().await;
    let path = dir.path().join("store");
    let opened = Store::open_with(&path, &options(), STEPS).unwrap();
    all_there(&opened.store, 1);
    assert_eq!(opened.lanes[0].webhook, webhook);
    assert_eq!(opened.store.figures().pending, EVENTS);
    copied(&path);
    let Opened { store, mut committed, .. } = opened;
    drop(store);
    while committed.recv().await.is_some() {}
    let copy = path.with_extension("schema-0");
    std::fs::remove_file(&copy).unwrap();
    all_there(&Store::open(&path, &options()).unwrap().store, 1);
    assert!(!copy.exists(), "once it is up, nothing is copied");
}

#[tokio::test]
async fn what_was_interrupted_goes_on_and_its_copy_stays() {
    let (dir, _) = old_store().await;
    let path = dir.path().join("store");
    std::fs::write(dir.path().join("store.schema-0.tmp"), "left by a crash").unwrap();
    let Err(error) = Store::open_with(&path, &options(), BROKEN) else { panic!("opened") };
    assert!(error.to_string().contains("no more"), "{error}");
    let copy = copied(&path);
    let Err(error) = Store::open_with(&path, &options(), &[]) else { panic!("a program without the step") };
    assert!(matches!(error, OpenError::NotAStore), "{error}");
    let opened = Store::open_with(&path, &options(), STEPS).unwrap();
    all_there(&opened.store, 1);
    assert!(copy == copied(&path), "the copy is of what was before the first piece");
    let names = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["store", "store.ballast", "store.schema-0"]);
    // Back to the older program: the copy is a store.
    drop(opened);
    std::fs::rename(path.with_extension("schema-0"), &path).unwrap();
    all_there(&Store::open_with(&path, &options(), STEPS).unwrap().store, 1);
}

#[tokio::test]
async fn nothing_is_touched_with_the_wrong_key() {
    let (dir, _) = old_store().await;
    let path = dir.path().join("store");
    let other = OpenOptions { seal_key: [8; 32], ..options() };
    assert!(matches!(Store::open_with(&path, &other, STEPS), Err(OpenError::WrongKey)));
    assert!(!path.with_extension("schema-0").exists());
    all_there(&Store::open_with(&path, &options(), STEPS).unwrap().store, 1);
}

/// The bytes of a store of schema 0, and the number of its first event.
fn image() -> (Vec<u8>, u64) {
    let disk = Disk::new(super::power::IMAGE.clone(), u64::MAX);
    let first = block_on(async {
        let Opened { store, mut committed, .. } = power_up(disk.clone(), false).unwrap();
        let mut first = None;
        for n in 0..EVENTS {
            let events = vec![sample::accept(&n.to_string(), &WEBHOOKS)];
            let accepted = store.accept(events, sample::at(0)).await.unwrap();
            let crate::store::command::Accepted::New { id, .. } = accepted[0] else { panic!() };
            first.get_or_insert(id.seq().0);
        }
        drop(store);
        while committed.recv().await.is_some() {}
        first.unwrap()
    });
    age(&builder(&options()).create_with_backend(disk.clone()).unwrap());
    (disk.after_power_cut(&mut Chance(0)), first)
}

#[test]
fn a_step_survives_power_cuts() {
    let (image, first) = image();
    let mut midway = 0;
    for seed in 0..setting("RINGBACK_POWER_CUTS").unwrap_or(200) {
        let mut chance = Chance(seed);
        let mut bytes = image.clone();
        loop {
            let disk = Disk::new(bytes.clone(), 1 + chance.below(200));
            let done = builder(&options())
                .create_with_backend(disk.clone())
                .is_ok_and(|db| run(&db, STEPS, &options().seal()).is_ok());
            bytes = disk.after_power_cut(&mut chance);
            if done {
                break;
            }
            let db = builder(&options()).create_with_backend(Disk::new(bytes.clone(), u64::MAX)).unwrap();
            let txn = db.begin_read().unwrap();
            midway += usize::from(tables::META.read(&txn).unwrap().get(meta::MIGRATING).unwrap().is_some());
        }
        let opened = power_up(Disk::new(bytes, u64::MAX), false);
        let opened = opened.unwrap_or_else(|error| panic!("RINGBACK_POWER_CUTS, seed {seed}: {error}"));
        all_there(&opened.store, first);
    }
    assert!(midway > 0, "no cut was in the middle of a step");
}

/// Forgets where accounts' events are.
fn clear_lists(txn: &WriteTransaction) {
    let mut listed = tables::LISTED.write(txn).unwrap();
    let keys: Vec<_> = listed.iter().unwrap().map(|row| row.unwrap().0.value()).collect();
    for key in keys {
        listed.remove(key).unwrap();
    }
}

/// Makes a store of schema 1 out of one of this schema.
fn to_schema_1(db: &Database) {
    let seal = options().seal();
    let txn = db.begin_write().unwrap();
    tables::META.write(&txn).unwrap().insert(meta::SCHEMA, 1_u32.to_be_bytes().as_slice()).unwrap();
    let mut table = tables::WEBHOOKS.write(&txn).unwrap();
    let rows = table.iter().unwrap().map(|row| {
        let (key, value) = row.unwrap();
        (key.value(), webhook::write_first(&webhook::read(value.value(), &seal).unwrap(), &seal, [3; 24]))
    });
    for (key, row) in rows.collect::<Vec<_>>() {
        table.insert(key, row.as_slice()).unwrap();
    }
    drop(table);
    let mut table = tables::SIGNING_KEYS.write(&txn).unwrap();
    let rows = table.iter().unwrap().map(|row| {
        let (no, value) = row.unwrap();
        let key = signing_key::read(no.value(), value.value(), &seal).unwrap();
        (no.value(), signing_key::write_first(no.value(), &key, &seal, [4; 24]))
    });
    for (no, row) in rows.collect::<Vec<_>>() {
        table.insert(no, row.as_slice()).unwrap();
    }
    drop(table);
    let old = account::write_first_token(&token());
    tables::TOKENS.write(&txn).unwrap().insert(token().digest, old.as_slice()).unwrap();
    let old = account::write_first_failing(failing());
    tables::FAILING.write(&txn).unwrap().insert(FAILING_WEBHOOK, old.as_slice()).unwrap();
    let old = account::write_first_event_type(&event_type());
    let key = (1, "order.paid");
    tables::EVENT_TYPES.write(&txn).unwrap().insert(key, old.as_slice()).unwrap();
    tables::META.write(&txn).unwrap().remove(meta::CALLBACK_ALGORITHM).unwrap();
    clear_lists(&txn);
    // A key's digest was of the text.
    let mut table = tables::IDEMPOTENCY.write(&txn).unwrap();
    let rows = table.iter().unwrap().map(|row| row.map(|(key, row)| (key.value(), row.value().to_vec())));
    for (key, mut row) in rows.collect::<Result<Vec<_>, _>>().unwrap() {
        row[0] = 1;
        table.insert(key, row.as_slice()).unwrap();
    }
    drop(table);
    super::audit::to_schema_1(&txn);
    txn.commit().unwrap();
}

/// The digest of an event's text in [`store_of_schema_1`], and until when it is remembered.
const TEXT: u8 = 7;
/// See [`TEXT`].
const KEYS_UNTIL: u64 = 1_000_000;

/// A webhook of [`store_of_schema_1`] that fails.
const FAILING_WEBHOOK: u32 = 2;

/// A token as schema 1 could hold it: with one role, and without an end.
fn token() -> Token {
    Token {
        id: TokenId::new(sample::at(1), 5),
        digest: [0xab; 32],
        account: AccountNo(1),
        roles: Roles::of(&[Role::Producer]),
        description: "the shop".into(),
        created_at: sample::at(1),
        expires_at: None,
        last_used_at: None,
    }
}

fn event_type() -> EventTypeRecord {
    EventTypeRecord {
        name: "order.paid".parse().unwrap(),
        description: "an order was paid".into(),
        schema: Some("{}".into()),
        example: None,
        managed_by: None,
        created_at: sample::at(1),
        updated_at: sample::at(2),
    }
}

fn failing() -> Failing {
    Failing { since: sample::at(3), attempts: 4, warned: false }
}

fn signing_key() -> SigningKey {
    SigningKey::new(&[7; 32], sample::at(1), sample::at(2))
}

/// A directory with a store of schema 1, and its webhooks.
async fn store_of_schema_1() -> (tempfile::TempDir, Vec<Webhook>) {
    let rig = Rig::new();
    for n in 0..25 {
        let url = TargetUrl::from_stored(&format!("https://example.com/hook?key=canary-{n}")).unwrap();
        let terms = if n == 0 { sample::terms() } else { Terms::default() };
        rig.webhook(Webhook { url, terms, ..sample::webhook(0) }).await;
    }
    rig.edit(Edit::AddSigningKeys(vec![signing_key()])).await.unwrap();
    let idempotency = vec![sample::idempotency("old", TEXT, sample::at(KEYS_UNTIL))];
    rig.accept(Accept { idempotency, ..sample::accept("1", &[]) }).await;
    assert_eq!(rig.store().callback_algorithm(), JwtAlgorithm::Rs256);
    let webhooks = rig.store().directory().webhooks().map(|webhook| Webhook::clone(webhook)).collect();
    let dir = rig.stop().await;
    to_schema_1(&Database::open(dir.path().join("store")).unwrap());
    (dir, webhooks)
}

/// The webhooks of a store, none of whose rows shows a target.
fn sealed_webhooks(path: &Path) -> Vec<Webhook> {
    let opened = Store::open(path, &options()).unwrap();
    let txn = opened.store.core.db.begin_read().unwrap();
    for row in tables::WEBHOOKS.read(&txn).unwrap().iter().unwrap() {
        let row = row.unwrap().1.value().to_vec();
        assert!(row[0] == 2 && !row.windows(6).any(|part| part == b"canary"));
    }
    assert_eq!(opened.failing, [(WebhookNo(FAILING_WEBHOOK), failing())]);
    assert_eq!(**opened.store.directory().token(&token().digest).unwrap(), token());
    let declared = opened.store.directory().event_type(AccountNo(1), &event_type().name).cloned();
    assert_eq!(declared.as_deref(), Some(&event_type()));
    let keys = opened.store.directory().signing_keys();
    assert_eq!(keys.newest(JwtAlgorithm::EdDsa), Some(&signing_key()));
    assert_eq!(opened.store.callback_algorithm(), JwtAlgorithm::EdDsa, "as it was");
    opened.store.directory().webhooks().map(|webhook| Webhook::clone(webhook)).collect()
}

#[tokio::test]
async fn targets_of_schema_1_are_sealed() {
    let (dir, webhooks) = store_of_schema_1().await;
    let path = dir.path().join("store");
    assert_eq!(sealed_webhooks(&path), webhooks);
    assert!(path.with_extension("schema-1").exists());
}

#[tokio::test]
async fn each_piece_goes_on_after_the_rows_of_the_one_before_it() {
    let (dir, webhooks) = store_of_schema_1().await;
    let path = dir.path().join("store");
    let seal = options().seal();
    let db = Database::open(&path).unwrap();
    // More of each than three pieces take; every second webhook is removed and has no log.
    let many = 3 * u32::try_from(limits::MIGRATE_ROWS).unwrap() + 7;
    let known = u32::try_from(webhooks.len()).unwrap();
    let token = account::write_first_token(&token());
    {
        let txn = db.begin_write().unwrap();
        let (mut tokens, mut table) =
            (tables::TOKENS.write(&txn).unwrap(), tables::WEBHOOKS.write(&txn).unwrap());
        for no in known + 1..=many {
            let state = if no % 2 == 0 {
                WebhookState::Removed { since: sample::at(1) }
            } else {
                WebhookState::Active
            };
            let webhook = Webhook { state, ..sample::webhook(no) };
            table.insert(no, webhook::write_first(&webhook, &seal, [5; 24]).as_slice()).unwrap();
            let mut digest = [1; 32];
            digest[..4].copy_from_slice(&no.to_be_bytes());
            tokens.insert(digest, token.as_slice()).unwrap();
        }
        // What does not decode stands before all others.
        tokens.insert([0; 32], &token[..5]).unwrap();
        table.insert(0, [1, 2, 3].as_slice()).unwrap();
        drop((tokens, table));
        txn.commit().unwrap();
    }
    let before = damaged();
    run(&db, migrate::STEPS, &seal).unwrap();
    assert_eq!(damaged() - before, 2, "no row is looked at twice");
    let txn = db.begin_read().unwrap();
    let firsts = |rows: Vec<Vec<u8>>| rows.iter().filter(|row| row[0] == 1).count();
    let tokens = tables::TOKENS.read(&txn).unwrap();
    assert_eq!(firsts(tokens.iter().unwrap().map(|row| row.unwrap().1.value().to_vec()).collect()), 1);
    let table = tables::WEBHOOKS.read(&txn).unwrap();
    assert_eq!(firsts(table.iter().unwrap().map(|row| row.unwrap().1.value().to_vec()).collect()), 1);
    let removed = (known + 1..=many).filter(|no| no % 2 == 0).count() as u64;
    assert_eq!(table.len().unwrap(), u64::from(many) + 1 - removed);
    let standing = tables::META.read(&txn).unwrap();
    assert_eq!(standing.get(meta::WEBHOOK_FLOOR).unwrap().unwrap().value(), (many + 1).to_be_bytes());
    assert!(standing.get(meta::REWRITING).unwrap().is_none(), "nothing of it is left");
}

#[tokio::test]
async fn events_are_listed_piece_by_piece() {
    let rig = Rig::new();
    for account in [1, 2, 1, 1, 2] {
        let mut accept = sample::accept("1", &[]);
        accept.event.account = AccountNo(account);
        rig.accept(accept).await;
    }
    let store = rig.store();
    let txn = store.core.db.begin_write().unwrap();
    for rows in [2, 3, 5, 6] {
        clear_lists(&txn);
        tables::META.write(&txn).unwrap().remove(meta::LISTING_EVENTS).unwrap();
        let mut pieces = 1;
        while schema_2::list(&txn, tables::EVENTS, tables::LISTED_EVENTS, rows).unwrap() {
            pieces += 1;
        }
        assert_eq!(pieces, 5 / rows + 1);
        assert_eq!(tables::LISTED.write(&txn).unwrap().iter().unwrap().count(), 2);
    }
    txn.commit().unwrap();
    consistent(&rig.store()).unwrap();
}

#[tokio::test]
async fn keys_of_schema_1_go_on_working() {
    let (dir, _) = store_of_schema_1().await;
    for _ in 0..2 {
        // What it found when it was brought up is known after every start.
        let opened = Store::open(&dir.path().join("store"), &options()).unwrap();
        let Opened { store, mut committed, .. } = opened;
        consistent(&store).unwrap();
        assert!(
            store.has_text_keys(sample::at(KEYS_UNTIL - 1)) && !store.has_text_keys(sample::at(KEYS_UNTIL))
        );
        for (key, body, text, same) in
            [("old", 0, Some(TEXT), true), ("old", TEXT, None, false), ("old", TEXT, Some(TEXT + 1), false)]
        {
            let text = text.map(|text| [text; 32]);
            let asked = Idempotency { text, ..sample::idempotency(key, body, sample::at(KEYS_UNTIL)) };
            let accept = Accept { idempotency: vec![asked], ..sample::accept("1", &[]) };
            let accepted = store.accept(vec![accept], sample::at(9)).await.unwrap();
            assert_eq!(matches!(accepted[0], Accepted::Duplicate { .. }), same, "{accepted:?}");
            assert_eq!(matches!(accepted[0], Accepted::Conflict { .. }), !same, "{accepted:?}");
        }
        drop(store);
        while committed.recv().await.is_some() {}
    }
    assert!(!Rig::new().store().has_text_keys(sample::at(0)), "a new store has none");
}

#[tokio::test]
async fn an_export_of_schema_1_is_imported() {
    let (dir, webhooks) = store_of_schema_1().await;
    let path = dir.path().join("store");
    let db = Database::open(&path).unwrap();
    let space = Arc::new(Space::of(&path, Floor { free: 0, ballast: 0 }));
    // Not brought up: what a program of schema 1 would have exported.
    let opened = crate::store::open::start(db, &options(), space, Some(path), false).unwrap();
    let mut export = Vec::new();
    opened.store.export(&mut export).unwrap();
    let text = String::from_utf8(export).unwrap();
    assert!(!text.contains("\"raw") && text.contains("?key=canary-24"), "{text}");
    let other = dir.path().join("imported");
    crate::store::export::import(text.as_bytes(), &other, &options(), false).unwrap();
    assert_eq!(sealed_webhooks(&other), webhooks);
}
