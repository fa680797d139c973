//! What opening takes, refuses and finds.

use super::disk::Disk;
use super::power::{IMAGE, WEBHOOKS, power_up};
use super::sample::{self, Rig, at, options};
use crate::domain::account::{Account, Role, Roles, Token};
use crate::domain::delivery::{DueKey, DueRow, Trigger};
use crate::domain::event_type::EventTypeRecord;
use crate::domain::form::PayloadForm;
use crate::domain::id::{AccountId, AccountNo, Seq, TokenId};
use crate::domain::webhook::{Failing, Webhook};
use crate::store::audit::AuditFilter;
use crate::store::command::{DeliveryChange, Edit, Edited, Refused};
use crate::store::committed::LaneHead;
use crate::store::query::{EventFilter, PageRequest};
use crate::store::records::due;
use crate::store::tables::{self, meta};
use crate::store::{OpenError, OpenOptions, Opened, Store, StoreError};

const ALL: PageRequest<Seq> = PageRequest { after: None, descending: false, limit: 100 };

/// Changes a closed store's file with the engine's own means.
fn tamper(path: &std::path::Path, change: impl FnOnce(&redb::WriteTransaction)) {
    let db = redb::Database::open(path).unwrap();
    let txn = db.begin_write().unwrap();
    change(&txn);
    txn.commit().unwrap();
}

fn open(dir: &tempfile::TempDir, options: &OpenOptions) -> Result<Opened, OpenError> {
    Store::open(&dir.path().join("store"), options)
}

#[tokio::test]
async fn a_second_open_is_refused() {
    let rig = Rig::new();
    assert!(matches!(open(&rig.dir, &options()), Err(OpenError::Locked)));
}

#[tokio::test]
async fn a_newer_schema_is_refused_by_both_names() {
    let dir = Rig::new().stop().await;
    tamper(&dir.path().join("store"), |txn| {
        tables::META.write(txn).unwrap().insert(meta::SCHEMA, [0, 0, 0, 9].as_slice()).unwrap();
    });
    let Err(error) = open(&dir, &options()) else { panic!("opened") };
    assert_eq!(error.to_string(), "the store has schema 9; this program knows up to 2");
}

#[tokio::test]
async fn another_key_is_refused_before_anything_is_read() {
    let dir = Rig::new().stop().await;
    let other = OpenOptions { seal_key: [8; 32], ..options() };
    assert!(matches!(open(&dir, &other), Err(OpenError::WrongKey)));
}

#[test]
fn what_is_no_store_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    std::fs::write(&path, "something else, and longer than the engine's own header is").unwrap();
    assert!(matches!(open(&dir, &options()), Err(OpenError::NotAStore)));
    std::fs::remove_file(&path).unwrap();
    drop(redb::Database::create(&path).unwrap());
    assert!(matches!(open(&dir, &options()), Err(OpenError::NotAStore)));
}

#[tokio::test]
async fn what_a_crash_left_of_a_creation_is_replaced() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("store.tmp"), "half a store").unwrap();
    let opened = open(&dir, &options()).unwrap();
    assert!(!opened.was_unclean, "a new store has no crash behind it");
    assert!(!dir.path().join("store.tmp").exists());
    let directory = opened.store.directory();
    assert_eq!(directory.account(AccountNo(1)).unwrap().name, "default");
}

#[tokio::test]
async fn an_orderly_end_and_suspects_are_remembered() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    rig.accept(sample::accept("{}", &[webhook])).await;
    let (_, row) = rig.rows().await[0];
    rig.store().mark_suspects(vec![(webhook, row.key.event)]).await.unwrap();
    let rig = rig.reopen().await;
    assert!(rig.opened.was_unclean);
    assert_eq!(rig.opened.suspects, [(webhook, row.key.event, 1)]);
    rig.store().mark_suspects(vec![(webhook, row.key.event)]).await.unwrap();
    let mut rig = rig.reopen().await;
    assert_eq!(rig.opened.suspects, [(webhook, row.key.event, 2)]);
    rig.complete(sample::complete(webhook, row, DeliveryChange::Delivered, at(1)), at(2)).await;
    rig.store().close_cleanly().await.unwrap();
    let rig = rig.reopen().await;
    assert!(!rig.opened.was_unclean && rig.opened.suspects.is_empty());
}

#[tokio::test]
async fn an_orderly_end_counts_against_nothing_that_was_in_flight() {
    let mut rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let mut rows = Vec::new();
    for _ in 0..2 {
        rig.accept(sample::accept("{}", &[webhook])).await;
        rows.push((webhook, rig.rows().await[0].1.key.event));
    }
    let (crashed, waits) = (rows[0], rows[1]);
    rig.store().mark_suspects(rows.clone()).await.unwrap();
    let mut rig = rig.reopen().await;
    for _ in 0..3 {
        rig.store().mark_suspects(vec![crashed]).await.unwrap();
        rig.store().close_cleanly().await.unwrap();
        rig = rig.reopen().await;
        let mut suspects = rig.opened.suspects.clone();
        suspects.sort_unstable();
        assert_eq!(suspects, [crashed, waits].map(|(webhook, event)| (webhook, event, 1)));
    }
    rig.store().mark_suspects(vec![crashed]).await.unwrap();
    let rig = rig.reopen().await;
    assert!(rig.opened.suspects.contains(&(webhook, crashed.1, 2)), "a crash does");
}

#[tokio::test]
async fn everything_small_is_found_again() {
    let rig = Rig::new();
    let account =
        Account { id: AccountId::new(at(0), AccountNo(0), 3), name: "acme".into(), created_at: at(0) };
    let Edited::Account(account) = rig.edit(Edit::CreateAccount(account)).await.unwrap() else { panic!() };
    assert_eq!(account.no(), AccountNo(2));
    let again = Account { name: "acme".into(), ..(*account).clone() };
    assert_eq!(rig.edit(Edit::CreateAccount(again)).await.unwrap_err(), Refused::State("the name is taken"));
    let token = |random, digest| Token {
        id: TokenId::new(at(0), random),
        digest: [digest; 32],
        account: account.no(),
        roles: Roles::of(&[Role::Reader]),
        description: String::new(),
        created_at: at(0),
        expires_at: None,
        last_used_at: None,
    };
    rig.edit(Edit::CreateToken(token(1, 1))).await.unwrap();
    rig.edit(Edit::CreateToken(token(2, 2))).await.unwrap();
    rig.edit(Edit::RevokeToken(token(1, 1).id)).await.unwrap();
    let declared = EventTypeRecord {
        name: "order.paid".parse().unwrap(),
        description: "paid".into(),
        schema: None,
        example: None,
        managed_by: None,
        created_at: at(0),
        updated_at: at(0),
    };
    rig.edit(Edit::PutEventType(account.no(), declared.clone())).await.unwrap();
    let webhook = rig.webhook(Webhook { account: account.no(), ..sample::webhook(0) }).await;
    let failing = Failing { since: at(5), attempts: 3, warned: true };
    rig.store().set_failing(webhook, Some(failing)).unwrap();
    let saved = rig.store().directory().webhook(webhook).unwrap().clone();

    let rig = rig.reopen().await;
    assert_eq!(rig.opened.failing, [(webhook, failing)]);
    {
        let directory = rig.opened.store.directory();
        assert_eq!(directory.webhook(webhook), Some(&saved));
        assert_eq!(directory.account_named("acme"), Some(&account));
        assert_eq!(directory.tokens().map(|token| token.digest).collect::<Vec<_>>(), [[2; 32]]);
        assert_eq!(**directory.event_type(account.no(), &declared.name).unwrap(), declared);
    }
    rig.edit(Edit::DeleteEventType(account.no(), declared.name.clone())).await.unwrap();
    assert_eq!(
        rig.edit(Edit::DeleteEventType(account.no(), declared.name)).await.unwrap_err(),
        Refused::NotFound
    );

    let page = PageRequest { after: None, descending: false, limit: 100 };
    let audit = rig.store().audit(&AuditFilter::default(), page).unwrap().rows;
    let actions: Vec<_> = audit.iter().map(|entry| &*entry.action).collect();
    let made = [
        "account.create",
        "token.create",
        "token.create",
        "token.revoke",
        "event_type.put",
        "webhook.create",
    ];
    assert_eq!(actions, [&made[..], &["event_type.delete"]].concat(), "refused edits leave nothing");
    assert_eq!(super::audit::verified(&rig.store()).breaks, []);
}

#[tokio::test]
async fn a_row_that_does_not_decode_is_left_out() {
    let mut rig = Rig::new();
    let [webhook, other] = [rig.webhook(sample::webhook(0)).await, rig.webhook(sample::webhook(0)).await];
    let mut events = vec![];
    for _ in 0..3 {
        events.push(rig.accept(sample::accept("{}", &[webhook, other])).await.seq());
        rig.rows().await;
    }
    let dir = rig.stop().await;
    tamper(&dir.path().join("store"), |txn| {
        tables::EVENTS.write(txn).unwrap().insert(events[0].0, [1, 2, 3].as_slice()).unwrap();
        tables::PAYLOADS.write(txn).unwrap().insert(events[1].0, [1, 2, 3].as_slice()).unwrap();
        tables::WEBHOOKS.write(txn).unwrap().insert(other.0, [9, 9].as_slice()).unwrap();
    });
    let opened = open(&dir, &options()).unwrap();
    let store = opened.store;
    assert_eq!(store.event_header(events[0]), Err(StoreError::Damaged));
    assert_eq!(store.event(events[1]), Err(StoreError::Damaged));
    assert_eq!(store.event(events[2]).unwrap().unwrap().header.id.seq(), events[2]);
    let page = store.events(AccountNo(1), &EventFilter::default(), ALL).unwrap();
    assert_eq!(page.rows.iter().map(|header| header.id.seq()).collect::<Vec<_>>(), events[1..]);
    assert_eq!(opened.lanes.iter().map(|lane| lane.webhook).collect::<Vec<_>>(), [webhook]);
    // What waits for a webhook that cannot be read is kept for a program that can.
    store.accept(vec![sample::accept("{}", &[])], at(0)).await.unwrap();
    assert_eq!(store.figures().pending, 6);
}

#[tokio::test]
async fn secrets_are_not_in_the_file() {
    let rig = Rig::new();
    let webhook = sample::webhook(0);
    let canaries = [webhook.secrets.current.expose().to_owned(), webhook.url.as_str().to_owned()];
    let no = rig.webhook(webhook).await;
    rig.edit(Edit::RevealSecret(sample::id(no))).await.unwrap();
    let dir = rig.stop().await;
    let bytes = std::fs::read(dir.path().join("store")).unwrap();
    for canary in canaries {
        assert!(!bytes.windows(canary.len()).any(|part| part == canary.as_bytes()));
    }
    let there = b"standard";
    assert!(bytes.windows(there.len()).any(|part| part == there), "the search finds what is there");
}

/// Opening seeks each lane's first row; it reads neither the others nor their number.
#[test]
fn a_million_due_rows_open_by_their_heads() {
    let disk = Disk::new(IMAGE.clone(), u64::MAX);
    let db = redb::Builder::new().create_with_backend(disk.clone()).unwrap();
    let txn = db.begin_write().unwrap();
    let mut table = tables::DUE.write(&txn).unwrap();
    let mut expected = vec![];
    for no in WEBHOOKS {
        for event in 1..=333_334 {
            let due = at(1_000 * u64::from(no.0) + event);
            let key = DueKey { order: due.as_millis(), event: Seq(event) };
            let (attempts, trigger, form) = (0, Trigger::Scheduled, PayloadForm::Data);
            let row = DueRow { key, due, attempts, order_key: None, trigger, form, bytes: 2, wait: 0 };
            table.insert(tables::due_key(no, key), due::write(&row).as_slice()).unwrap();
            if event == 1 {
                expected.push(LaneHead { webhook: no, key, due });
            }
        }
    }
    drop(table);
    txn.commit().unwrap();
    drop(db);
    let opened = power_up(disk, false).unwrap();
    assert_eq!(opened.lanes, expected);
    assert_eq!(opened.store.figures().pending, 1_000_002);
}

#[tokio::test]
async fn damage_is_counted_until_a_start_that_meets_none() {
    let rig = Rig::new();
    let seq = rig.accept(sample::accept("{}", &[])).await.seq();
    let dir = rig.stop().await;
    let path = dir.path().join("store");
    let replace = |row: &[u8]| {
        let db = redb::Database::open(&path).unwrap();
        let txn = db.begin_write().unwrap();
        let mut table = tables::PAYLOADS.write(&txn).unwrap();
        let old = table.get(seq.0).unwrap().unwrap().value().to_vec();
        table.insert(seq.0, row).unwrap();
        drop(table);
        txn.commit().unwrap();
        old
    };
    let whole = replace(b"");
    let rig = Rig { opened: Store::open(&path, &sample::options()).unwrap(), dir };
    assert_eq!(rig.store().event(seq).unwrap_err(), StoreError::Damaged);
    assert!(rig.store().figures().damaged > 0);
    let dir = rig.stop().await;
    replace(&whole);
    let rig = Rig { opened: Store::open(&path, &sample::options()).unwrap(), dir };
    assert!(rig.store().event(seq).unwrap().is_some());
    assert_eq!(rig.store().figures().damaged, 0);
}
