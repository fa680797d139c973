//! The audit log: what is in it, and that a change of the file shows.

use std::sync::Arc;

use futures_util::future::join_all;
use redb::Database;

use super::disk::{Chance, Disk};
use super::power::{self, setting};
use super::sample::{self, Rig, at, options};
use super::upkeep::POLICY;
use crate::domain::id::{AccountId, AccountNo, TokenId};
use crate::domain::secret::{Secret, SecretRecord, SecretText};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Webhook, WebhookState};
use crate::limits;
use crate::store::audit::{Actor, AuditCheck, AuditEntry, AuditFilter, AuditWalk, Chain, Note, Walked};
use crate::store::command::{Edit, Edited};
use crate::store::query::PageRequest;
use crate::store::records::audit as record;
use crate::store::tables::{self, meta};
use crate::store::upkeep::RetentionPolicy;
use crate::store::{OpenOptions, Opened, Resealed, Store};

fn entries(store: &Store) -> Vec<AuditEntry> {
    let page = PageRequest { after: None, descending: false, limit: 1000 };
    store.audit(&AuditFilter::default(), page).unwrap().rows
}

impl Store {
    /// Makes an entry another one, behind the store's back.
    pub(crate) fn tamper_with_audit(&self, no: u64) {
        let txn = self.core.db.begin_write().unwrap();
        let mut table = tables::AUDIT.write(&txn).unwrap();
        let entry = AuditEntry { object: "other".into(), ..row(&table, no) };
        put(&mut table, no, &entry);
        drop(table);
        txn.commit().unwrap();
    }
}

/// What a look through the whole log finds.
pub(super) fn verified(store: &Store) -> AuditCheck {
    let mut walk = AuditWalk::default();
    for _ in 0..100 {
        match store.check_audit(walk).unwrap() {
            Walked::More(more) => walk = more,
            Walked::Done(check) => return check,
        }
    }
    panic!("the log has no end");
}

fn note(object: &str) -> Note {
    Note { account: None, action: "config.reload", object: object.to_owned(), detail: String::new() }
}

fn secret(text: &str) -> Edit {
    let (name, text) = ("KEY".parse().unwrap(), SecretText::parse(text).unwrap());
    Edit::PutSecret(AccountNo(1), SecretRecord { name, text, created_at: at(0), updated_at: at(0) })
}

/// A log of so many entries.
async fn log(count: usize) -> tempfile::TempDir {
    let rig = Rig::new();
    for n in 0..count {
        rig.store().note(note(&n.to_string()), Actor::Daemon, at(n as u64)).await.unwrap();
    }
    assert_eq!(verified(&rig.store()).entries, count as u64);
    rig.stop().await
}

/// Opens a store, enters as much more, and looks through the log.
async fn checked(dir: &tempfile::TempDir, more: usize) -> AuditCheck {
    let store = Store::open(&dir.path().join("store"), &options()).unwrap().store;
    for _ in 0..more {
        store.note(note("more"), Actor::Daemon, at(99)).await.unwrap();
    }
    let check = verified(&store);
    closed(store).await;
    check
}

/// Closes a store, and waits until its file is free.
async fn closed(store: Store) {
    store.close_cleanly().await.unwrap();
    let mut head = store.watch();
    drop(store);
    while head.changed().await.is_ok() {}
}

/// Makes the log what a program of schema 1 would have written.
pub(super) fn to_schema_1(txn: &redb::WriteTransaction) {
    let mut table = tables::AUDIT.write(txn).unwrap();
    let all: Vec<u64> = table.iter().unwrap().map(|row| row.unwrap().0.value()).collect();
    let mut previous = [0; 32];
    for no in all {
        let (account, detail) = (None, String::new());
        let mut entry = AuditEntry { version: 1, previous, account, detail, ..row(&table, no) };
        entry.hash = record::first_digest(&entry).unwrap();
        put(&mut table, no, &entry);
        previous = entry.hash;
    }
    tables::META.write(txn).unwrap().remove(meta::AUDIT).unwrap();
}

type ResultRows<'t> = crate::store::engine::WriteTable<'t, u64, &'static [u8]>;

fn change(dir: &tempfile::TempDir, change: impl FnOnce(&mut ResultRows<'_>)) {
    let db = Database::open(dir.path().join("store")).unwrap();
    let txn = db.begin_write().unwrap();
    change(&mut tables::AUDIT.write(&txn).unwrap());
    txn.commit().unwrap();
}

fn row(table: &ResultRows<'_>, no: u64) -> AuditEntry {
    record::read(no, table.get(no).unwrap().unwrap().value()).unwrap()
}

fn put(table: &mut ResultRows<'_>, no: u64, entry: &AuditEntry) {
    table.insert(no, record::write(entry).as_slice()).unwrap();
}

/// What anyone who has the file but not the key would write: a chain that is whole in itself.
fn rechained(table: &mut ResultRows<'_>, from: u64) {
    let mut previous = row(table, from - 1).hash;
    for no in from..=8 {
        let AuditEntry { at, actor, account, object, .. } = row(table, no);
        let forged = Note { account, action: "forged", object, detail: String::new() };
        let entry = AuditEntry::chained(no, at, actor, forged, previous);
        put(table, no, &entry);
        previous = entry.hash;
    }
}

#[tokio::test]
async fn whatever_is_done_to_the_rows_shows_and_goes_on_showing() {
    // Where it shows first: at once, and after three more entries.
    type Tamper = (&'static str, [u64; 2], fn(&mut ResultRows<'_>));
    let all: [Tamper; 11] = [
        ("an entry is another", [4, 4], |table| {
            let entry = AuditEntry { object: "other".into(), ..row(table, 4) };
            put(table, 4, &entry);
        }),
        ("an entry is gone", [5, 5], |table| drop(table.remove(4).unwrap())),
        ("the first is gone", [2, 2], |table| drop(table.remove(1).unwrap())),
        ("the last is gone", [8, 9], |table| drop(table.remove(8).unwrap())),
        ("all are gone", [1, 9], |table| (1..=8).for_each(|no| drop(table.remove(no).unwrap()))),
        ("two changed places", [4, 4], |table| {
            let (one, other) = (row(table, 4), row(table, 5));
            put(table, 4, &AuditEntry { no: 4, ..other });
            put(table, 5, &AuditEntry { no: 5, ..one });
        }),
        ("the rest is written anew", [8, 9], |table| rechained(table, 4)),
        ("an entry cannot be read", [4, 4], |table| table.insert(4, [9, 9].as_slice()).unwrap()),
        ("another log's entry is in its place", [4, 4], |table| {
            put(table, 4, &AuditEntry::chained(4, at(4), Actor::Daemon, note("forged"), [7; 32]));
        }),
        ("a copy of one is in its place", [4, 4], |table| {
            let copy = row(table, 3);
            put(table, 4, &copy);
        }),
        ("one was put after the end", [9, 10], |table| {
            let last = row(table, 8).hash;
            put(table, 9, &AuditEntry::chained(9, at(9), Actor::Daemon, note("forged"), last));
        }),
    ];
    for (what, shows, tamper) in all {
        let dir = log(8).await;
        assert_eq!(checked(&dir, 0).await.breaks, [], "{what}");
        change(&dir, tamper);
        for (more, no) in [0, 3].into_iter().zip(shows) {
            let check = checked(&dir, more).await;
            assert_eq!(
                check.breaks.first().map(|found| found.no),
                Some(no),
                "{what}, {more} more: {check:?}"
            );
        }
    }
}

/// A chain in memory, and its rows.
fn chain() -> (Vec<AuditEntry>, Vec<Vec<u8>>) {
    let mut previous = [0; 32];
    let account = Some(crate::domain::id::AccountId::new(at(0), AccountNo(1), 3));
    let entries: Vec<AuditEntry> = (1..=8)
        .map(|no| {
            let actor = if no % 2 == 0 { Actor::Daemon } else { Actor::Token(TokenId::new(at(0), 7)) };
            let note = Note { account, detail: "url, events".into(), ..note("wh_1") };
            let entry = AuditEntry::chained(no, at(no), actor, note, previous);
            previous = entry.hash;
            entry
        })
        .collect();
    let rows = entries.iter().map(record::write).collect();
    (entries, rows)
}

/// Where a chain of rows shows first that something is wrong.
fn first_break<'r>(rows: impl IntoIterator<Item = (u64, &'r [u8])>) -> Option<u64> {
    let mut chain = Chain::new(1, [0; 32]);
    for (no, row) in rows {
        chain.follow(no, record::read(no, row).ok().as_ref());
    }
    chain.breaks.first().map(|found| found.no)
}

#[test]
fn every_bit_of_an_entry_counts() {
    let (_, rows) = chain();
    let whole = || (1..).zip(rows.iter().map(Vec::as_slice));
    assert_eq!(first_break(whole()), None);
    let row = &rows[3];
    for bit in 0..8 * row.len() {
        let mut flipped = row.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let rows = whole().map(|(no, row)| if no == 4 { (no, flipped.as_slice()) } else { (no, row) });
        assert_eq!(first_break(rows), Some(4), "bit {bit}");
    }
    for length in 0..row.len() {
        let rows = whole().map(|(no, row)| if no == 4 { (no, &row[..length]) } else { (no, row) });
        assert_eq!(first_break(rows), Some(4), "cut to {length}");
    }
}

#[tokio::test]
async fn a_changed_note_of_the_end_shows() {
    let dir = log(8).await;
    let db = Database::open(dir.path().join("store")).unwrap();
    let txn = db.begin_write().unwrap();
    {
        let mut table = tables::META.write(&txn).unwrap();
        let mut note = table.get(meta::AUDIT).unwrap().unwrap().value().to_vec();
        *note.last_mut().unwrap() ^= 1;
        table.insert(meta::AUDIT, note.as_slice()).unwrap();
    }
    txn.commit().unwrap();
    drop(db);
    for (more, no) in [(0, 9), (3, 9)] {
        let check = checked(&dir, more).await;
        assert_eq!(check.breaks.first().map(|found| found.no), Some(no), "{check:?}");
    }
}

/// Entries, and the note of where they end, are one commit; so is what retention takes away and where it
/// begins.
#[test]
fn a_power_cut_between_entries_leaves_a_whole_chain() {
    for seed in 0..setting("RINGBACK_POWER_CUTS").unwrap_or(200) / 4 {
        let mut chance = Chance(seed);
        let (mut bytes, mut sure) = (power::IMAGE.clone(), 0);
        for generation in 0..4 {
            // The last one is only looked at.
            let left = if generation == 3 { u64::MAX } else { 20 + chance.below(400) };
            let disk = Disk::new(bytes, left);
            let opened = match power::power_up(disk.clone(), false) {
                Ok(opened) => Some(opened),
                Err(_) if disk.is_dark() => None,
                Err(error) => panic!("RINGBACK_POWER_SEED={seed}: {error}"),
            };
            if let Some(Opened { store, mut committed, .. }) = opened {
                power::block_on(async {
                    let looked = !disk.is_dark();
                    let check = looked.then(|| verified(&store));
                    if let Some(check) = check.filter(|_| !disk.is_dark()) {
                        assert_eq!(check.breaks, [], "seed {seed}, generation {generation}");
                        assert!(check.span.next > sure, "seed {seed}: {sure} were answered, {check:?}");
                    }
                    for n in 0..30 {
                        if store.note(note(&n.to_string()), Actor::Daemon, at(n)).await.is_err() {
                            break;
                        }
                        let newest = PageRequest { after: None, descending: true, limit: 1 };
                        let newest = store.audit(&AuditFilter::default(), newest);
                        sure = newest.map_or(sure, |page| page.rows.first().map_or(sure, |entry| entry.no));
                        if n % 7 == 0 {
                            let policy = RetentionPolicy { audit_entries: 5, ..POLICY };
                            let _ = store.prune_tick(policy, at(n)).await;
                        }
                    }
                    drop(store);
                    while committed.recv().await.is_some() {}
                });
            }
            bytes = disk.after_power_cut(&mut chance);
        }
    }
}

#[tokio::test]
async fn what_was_cut_off_shows_even_when_the_note_of_the_end_goes_too() {
    let dir = log(8).await;
    change(&dir, |table| drop(table.remove(8).unwrap()));
    let db = Database::open(dir.path().join("store")).unwrap();
    let txn = db.begin_write().unwrap();
    tables::META.write(&txn).unwrap().remove(meta::AUDIT).unwrap();
    txn.commit().unwrap();
    drop(db);
    for more in [0, 3] {
        assert!(!checked(&dir, more).await.breaks.is_empty(), "{more} more");
    }
}

#[tokio::test]
async fn entries_of_schema_1_are_part_of_the_chain() {
    let dir = log(8).await;
    let db = Database::open(dir.path().join("store")).unwrap();
    let txn = db.begin_write().unwrap();
    to_schema_1(&txn);
    txn.commit().unwrap();
    drop(db);
    let check = checked(&dir, 3).await;
    assert_eq!((check.entries, check.breaks), (11, vec![]));
    change(&dir, |table| {
        let entry = AuditEntry { object: "other".into(), ..row(table, 4) };
        put(table, 4, &entry);
    });
    assert_eq!(checked(&dir, 0).await.breaks.len(), 1);
}

#[tokio::test]
async fn retention_leaves_a_chain_that_can_be_followed() {
    let dir = log(8).await;
    let store = Store::open(&dir.path().join("store"), &options()).unwrap().store;
    let policy = RetentionPolicy { audit_for: std::time::Duration::from_millis(3), ..POLICY };
    store.prune_tick(policy, at(7)).await.unwrap();
    let left: Vec<_> = entries(&store).iter().map(|entry| entry.no).collect();
    assert_eq!(left, [5, 6, 7, 8]);
    let policy = RetentionPolicy { audit_entries: 3, ..POLICY };
    store.prune_tick(policy, at(7)).await.unwrap();
    let check = verified(&store);
    assert_eq!((check.entries, check.span.first, check.breaks), (3, 6, vec![]));
    closed(store).await;
    assert_eq!(checked(&dir, 2).await.breaks, []);
    change(&dir, |table| drop(table.remove(6).unwrap()));
    assert!(!checked(&dir, 0).await.breaks.is_empty(), "the oldest that was kept is gone");
}

#[tokio::test]
async fn another_seal_key_goes_on_with_the_log() {
    let dir = log(3).await;
    let new = OpenOptions { seal_key: [8; 32], previous_seal_keys: vec![options().seal_key], ..options() };
    let store = Store::open(&dir.path().join("store"), &new).unwrap().store;
    while store.reseal_tick().await.unwrap() == Resealed::More {}
    closed(store).await;
    let store = Store::open(&dir.path().join("store"), &OpenOptions { previous_seal_keys: vec![], ..new })
        .unwrap()
        .store;
    assert_eq!(verified(&store).breaks, []);
    assert_eq!(entries(&store).last().unwrap().action, "seal_key.rotate");
}

#[tokio::test]
async fn entries_say_what_was_done_to_whom_and_hold_no_secret() {
    let rig = Rig::new();
    let by = Actor::Token(TokenId::new(at(0), 7));
    let edit = async |edit| rig.store().edit(edit, by, at(1)).await.unwrap().unwrap();
    edit(secret("canary-text")).await;
    let Edited::Webhook(made) = edit(sample::create_webhook(Box::new(sample::webhook(0)))).await else {
        panic!()
    };
    let mut stands = Arc::clone(&made);
    let mut update = async |to: Webhook| {
        let from = std::mem::replace(&mut stands, Arc::new(to.clone()));
        let Edited::Webhook(now) = edit(Edit::UpdateWebhook { from, to: Box::new(to) }).await else {
            panic!()
        };
        stands = now;
    };
    let mut to = Webhook::clone(&made);
    to.secrets.current = Secret::parse("whsec_Y2FuYXJ5LXNlY3JldC05OTk5OTk5OTk5OTk5OTk5OTk5OTk=").unwrap();
    update(to.clone()).await;
    to.state = WebhookState::Paused { since: at(1) };
    update(to.clone()).await;
    to.state = WebhookState::Active;
    update(to.clone()).await;
    (to.description, to.max_in_flight) = ("canary-text".into(), Some(3));
    update(to).await;
    edit(Edit::RemoveWebhook(made.id)).await;
    let all = entries(&rig.store());
    let shown: Vec<_> = all.iter().map(|entry| (entry.action.as_str(), entry.detail.as_str())).collect();
    let expected = [
        ("secret.put", ""),
        ("webhook.create", ""),
        ("webhook.rotate_secret", "secrets"),
        ("webhook.pause", "state"),
        ("webhook.resume", "state"),
        ("webhook.update", "description, max_in_flight"),
        ("webhook.remove", ""),
    ];
    assert_eq!(shown, expected);
    let account = rig.store().directory().account_named("default").unwrap().id;
    assert!(all.iter().all(|entry| entry.account == Some(account) && entry.actor == by));
    assert!(all[1..].iter().all(|entry| entry.object == made.id.to_string()));
    let filter = AuditFilter {
        action: Some("webhook.*".parse().unwrap()),
        since: Some(at(1)),
        ..AuditFilter::default()
    };
    let page = PageRequest { after: Some(7), descending: true, limit: 2 };
    let found = rig.store().audit(&filter, page).unwrap();
    assert_eq!(
        (found.rows.iter().map(|entry| entry.no).collect::<Vec<_>>(), found.next),
        (vec![6, 5], Some(5))
    );
    let none = AuditFilter { until: Some(at(1)), ..AuditFilter::default() };
    assert!(rig.store().audit(&none, page).unwrap().rows.is_empty());
    let dir = rig.stop().await;
    change(&dir, |table| {
        for no in 1..=7 {
            let row = table.get(no).unwrap().unwrap().value().to_vec();
            assert!(!row.windows(6).any(|part| part == b"canary"));
        }
    });
}

#[tokio::test]
async fn what_is_done_often_is_counted() {
    let rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    rig.accept(sample::accept("{}", &[webhook])).await;
    let delivery = crate::domain::id::DeliveryId::new(at(0), crate::domain::id::Seq(1), webhook);
    let mut last = Timestamp::default();
    for n in 0..50 {
        last = at(n);
        rig.store().edit(Edit::RetryNow(delivery), Actor::Daemon, last).await.unwrap().unwrap();
    }
    let retries = |store: &Store| -> Vec<String> {
        let found = entries(store).into_iter().filter(|entry| entry.action == "delivery.retry");
        found.map(|entry| entry.detail).collect()
    };
    assert_eq!(retries(&rig.store()), [""]);
    rig.store().prune_tick(POLICY, last).await.unwrap();
    assert_eq!(retries(&rig.store()).len(), 1, "the minute is not over");
    rig.store().prune_tick(POLICY, last.plus(crate::limits::AUDIT_FREQUENT_FOR)).await.unwrap();
    let told = retries(&rig.store());
    assert!(told.len() == 2 && told[1].starts_with("49 more since "), "{told:?}");
    // What a stop would forget is entered before it.
    for _ in 0..5 {
        rig.store().edit(Edit::RetryNow(delivery), Actor::Daemon, last).await.unwrap().unwrap();
    }
    rig.store().close_cleanly().await.unwrap();
    let rig = rig.reopen().await;
    let told = retries(&rig.store());
    assert!(told.len() == 4 && told[3].starts_with("4 more since "), "{told:?}");
    assert_eq!(verified(&rig.store()).breaks, []);
}

#[tokio::test]
async fn beyond_what_an_account_may_list_is_counted_and_others_are_listed() {
    let rig = Rig::new();
    let busy = rig.store().directory().account_named("default").unwrap().id;
    let quiet = AccountId::new(at(0), AccountNo(2), 2);
    let note = |account, action| Note { account: Some(account), action, ..note("X") };
    let (store, burst) = (rig.store(), limits::AUDIT_BURST as usize);
    for _ in 0..=burst / 100 {
        let notes = (0..100).map(|_| store.note(note(busy, "secret.put"), Actor::Daemon, at(5)));
        for entered in join_all(notes).await {
            entered.unwrap();
        }
    }
    store.note(note(busy, "token.create"), Actor::Daemon, at(5)).await.unwrap();
    store.note(note(quiet, "secret.put"), Actor::Daemon, at(5)).await.unwrap();
    let check = verified(&store);
    assert_eq!((check.entries, check.breaks), (burst as u64 + 3, vec![]), "firsts are still told");
    store.prune_tick(POLICY, at(5).plus(2 * limits::AUDIT_COUNTED_FOR)).await.unwrap();
    let check = verified(&store);
    assert_eq!((check.entries, check.breaks), (burst as u64 + 4, vec![]));
    let newest = PageRequest { after: None, descending: true, limit: 1 };
    let last = store.audit(&AuditFilter::default(), newest).unwrap().rows.remove(0);
    assert_eq!((last.account, last.action.as_str()), (Some(busy), "secret.put"));
    assert!(last.detail.starts_with("99 more since "), "{}", last.detail);
}

#[tokio::test]
async fn an_edit_that_changes_nothing_is_no_entry() {
    let rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let webhook = rig.store().directory().webhook(webhook).unwrap().clone();
    rig.edit(secret("one")).await.unwrap();
    let before = entries(&rig.store()).len();
    rig.edit(secret("one")).await.unwrap();
    let same = || Box::new(Webhook { updated_at: at(9), ..Webhook::clone(&webhook) });
    let unchanged = Edit::UpdateWebhook { from: Arc::clone(&webhook), to: same() };
    let Edited::Webhook(now) = rig.edit(unchanged).await.unwrap() else { panic!() };
    assert_eq!((now, entries(&rig.store()).len()), (Arc::clone(&webhook), before));
    rig.edit(secret("two")).await.unwrap();
    let old = Arc::new(Webhook { description: "other".into(), ..Webhook::clone(&webhook) });
    let stale = Edit::UpdateWebhook { from: old, to: same() };
    assert!(rig.edit(stale).await.is_err(), "what it was computed from is still looked at");
    assert_eq!(entries(&rig.store()).len(), before + 1);
}
