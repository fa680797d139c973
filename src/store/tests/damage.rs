//! Flipped bits anywhere in a file: what is served is what was stored, or nothing.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::panic::{self, AssertUnwindSafe};

use redb::ReadableTable as _;

use super::disk::{Chance, Disk};
use super::export::populated;
use super::power::{block_on, power_up, setting};
use super::sample::{self, Rig};
use crate::domain::id::{AccountNo, JobId, ReplayId, Seq, WebhookNo};
use crate::domain::job::RunRecord;
use crate::store::audit::AuditFilter;
use crate::store::command::PutRecord;
use crate::store::query::{DeliveryFilter, EventFilter, JobFilter, PageRequest};
use crate::store::verify::verify;
use crate::store::{Opened, Store, StoreError, tables};

const ACCOUNT: AccountNo = AccountNo(1);

pub(super) fn page<C>() -> PageRequest<C> {
    PageRequest { after: None, descending: false, limit: 250 }
}

/// Everything that is served, by what it is.
pub(super) fn served(store: &Store) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let mut add = |key: String, what: &dyn Debug| drop(all.insert(key, format!("{what:?}")));
    for seq in (1..60).map(Seq) {
        if let Ok(Some(event)) = store.event(seq) {
            add(format!("event {seq:?}"), &event);
        }
    }
    for header in
        store.events(ACCOUNT, &EventFilter::default(), page()).map(|page| page.rows).unwrap_or_default()
    {
        add(format!("listed event {}", header.id), &header);
    }
    let deliveries = store.deliveries(ACCOUNT, &DeliveryFilter::default(), page());
    for (delivery, _) in deliveries.map(|page| page.rows).unwrap_or_default() {
        add(format!("delivery {}", delivery.id), &delivery);
        for (id, attempt) in store.attempts(&delivery).unwrap_or_default() {
            add(format!("attempt {id}"), &attempt);
        }
        if let Ok(Some(body)) = store.body(delivery.webhook, delivery.id.event()) {
            add(format!("body {}", delivery.id), &body);
        }
    }
    for job in store.jobs(ACCOUNT, &JobFilter::default(), page()).map(|page| page.rows).unwrap_or_default() {
        add(format!("job {}", job.id), &job);
        if let Ok(Some(input)) = store.job_input(job.id) {
            add(format!("input {}", job.id), &input);
        }
        for (key, length) in store.run_records(job.id, "", 10).unwrap_or_default() {
            add(format!("length {} {key}", job.id), &length);
        }
        if let Ok(rows) = store.rows(job.id, 0, 1, 1)
            && rows.len() == 1
        {
            add(format!("rows {}", job.id), &rows.text());
        }
    }
    for job in store.deadlines((0, 0), 10).map(|page| page.rows).unwrap_or_default() {
        add(format!("deadline {}", job.id), &job);
    }
    for replay in store.replays(ACCOUNT, page()).map(|page| page.rows).unwrap_or_default() {
        add(format!("replay {}", replay.id), &replay);
    }
    for entry in store.audit(&AuditFilter::default(), page()).map(|page| page.rows).unwrap_or_default() {
        add(format!("audit {}", entry.no), &entry);
    }
    let directory = store.directory();
    for webhook in directory.webhooks() {
        add(format!("webhook {}", webhook.id), webhook);
    }
    for account in directory.accounts() {
        add(format!("account {}", account.id), account);
    }
    all
}

/// What a damaged file serves; `None` when it is refused.
fn opened(bytes: Vec<u8>) -> Option<BTreeMap<String, String>> {
    let look = move || {
        block_on(async {
            let Opened { store, mut committed, .. } = power_up(Disk::new(bytes, u64::MAX), false).ok()?;
            let all = served(&store);
            drop(store);
            while committed.recv().await.is_some() {}
            Some(all)
        })
    };
    // The engine may give up on what it does not expect: that is not an answer.
    panic::catch_unwind(AssertUnwindSafe(look)).ok().flatten()
}

#[test]
fn no_flip_is_served_as_true() {
    let bytes = block_on(async {
        let dir = populated().await.stop().await;
        std::fs::read(dir.path().join("store")).unwrap()
    });
    let truth = opened(bytes.clone()).unwrap();
    assert!(truth.len() > 30, "{:?}", truth.keys());
    let places: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] != 0).collect();
    let (mut missed, mut refused) = (0, 0);
    let flips = setting("RINGBACK_FLIPS").unwrap_or(150);
    // Most of a small file is old pages; a few more flips find something that is in use.
    for seed in 0..flips * 20 {
        if seed >= flips && missed > 0 {
            break;
        }
        let mut chance = Chance(seed);
        let mut damaged = bytes.clone();
        let at = places[chance.below(places.len() as u64) as usize];
        damaged[at] ^= 1 << chance.below(8);
        let Some(found) = opened(damaged) else {
            refused += 1;
            continue;
        };
        for (key, what) in &found {
            assert_eq!(Some(what), truth.get(key), "RINGBACK_FLIPS, seed {seed}, byte {at}: {key}");
        }
        missed += usize::from(found.len() < truth.len());
    }
    println!("{refused} refused, {missed} with something missing");
    assert!(missed > 0, "no flip was noticed");
}

/// A file is not touched by it, and what a flip takes away does not escape it.
#[test]
fn a_flip_that_takes_something_away_is_found() {
    let dir = block_on(async { populated().await.stop().await });
    let (path, options) = (dir.path().join("store"), sample::options());
    let bytes = std::fs::read(&path).unwrap();
    let truth = opened(bytes.clone()).unwrap();
    let whole = verify(&path, &options).unwrap();
    assert_eq!((whole.faults, &whole.listed), (0, &Vec::new()));
    assert!(whole.rows.values().sum::<u64>() > 40, "{:?}", whole.rows);
    assert!(std::fs::read(&path).unwrap() == bytes, "nothing is written");
    let places: Vec<usize> = (0..bytes.len()).filter(|&at| bytes[at] != 0).collect();
    let mut found = 0;
    for seed in 0..setting("RINGBACK_FLIPS").unwrap_or(150) * 20 {
        let mut chance = Chance(seed);
        let mut damaged = bytes.clone();
        damaged[places[chance.below(places.len() as u64) as usize]] ^= 1 << chance.below(8);
        let hurts = opened(damaged.clone()).is_some_and(|all| all != truth);
        if hurts {
            std::fs::write(&path, &damaged).unwrap();
            let verdict = verify(&path, &options);
            assert!(verdict.as_ref().map_or(true, |verdict| verdict.faults > 0), "seed {seed}: {verdict:?}");
            found += 1;
        }
        if found == 3 {
            return;
        }
    }
    panic!("{found} flips took something away");
}

/// Flips a bit of the value that a table has for an event, as it is written.
fn flip(rig: &Rig, table: tables::Records<u64>, seq: Seq) {
    let txn = rig.store().core.db.begin_write().unwrap();
    {
        let mut table = table.write(&txn).unwrap();
        let mut stored = table.get(seq.0).unwrap().unwrap().bytes().to_vec();
        *stored.last_mut().unwrap() ^= 1;
        table.put_stored(&seq.0.to_be_bytes(), &stored).unwrap();
    }
    txn.commit().unwrap();
}

#[tokio::test]
async fn what_is_damaged_is_an_error_and_counted() {
    let rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let [header, payload, whole] = [
        rig.accept(sample::accept("1", &[webhook])).await.seq(),
        rig.accept(sample::accept("2", &[webhook])).await.seq(),
        rig.accept(sample::accept("3", &[webhook])).await.seq(),
    ];
    let store = rig.store();
    assert_eq!(store.figures().damaged, 0);
    flip(&rig, tables::EVENTS, header);
    flip(&rig, tables::PAYLOADS, payload);
    assert_eq!(store.event(header), Err(StoreError::Damaged));
    assert_eq!(store.event_header(header), Err(StoreError::Damaged));
    assert_eq!(store.event(payload), Err(StoreError::Damaged));
    assert!(store.event_header(payload).unwrap().is_some());
    assert_eq!(*store.event(whole).unwrap().unwrap().data, *b"3");
    assert_eq!(store.event(Seq(whole.0 + 1)), Ok(None), "what never was is not damaged");
    let page = PageRequest { after: None, descending: false, limit: 9 };
    assert_eq!(
        store.events(ACCOUNT, &EventFilter::default(), page).unwrap().rows.len(),
        2,
        "a list leaves it out"
    );
    assert_eq!(store.figures().damaged, 4);
    // It stays damaged in a backup, and in an export and what is made of that.
    let dir = tempfile::tempdir().unwrap();
    let (mut backup, mut export) = (Vec::new(), Vec::new());
    store.backup(&mut backup).unwrap();
    store.export(&mut export).unwrap();
    let [restored, imported] = ["restored", "imported"].map(|name| dir.path().join(name));
    crate::store::backup::restore(backup.as_slice(), &restored, &sample::options(), false).unwrap();
    crate::store::export::import(export.as_slice(), &imported, &sample::options(), false).unwrap();
    for path in [restored, imported] {
        let again = Store::open(&path, &sample::options()).unwrap();
        assert_eq!(again.store.event(header), Err(StoreError::Damaged));
        assert_eq!(again.store.event(payload), Err(StoreError::Damaged));
        assert_eq!(*again.store.event(whole).unwrap().unwrap().data, *b"3");
    }
}

/// What the reads of one thing are asked for.
struct Named {
    plain: WebhookNo,
    event: Seq,
    templated: Seq,
    member: Seq,
    gathers: WebhookNo,
    batch: Seq,
    job: JobId,
    replay: ReplayId,
}

impl Named {
    fn of(store: &Store) -> Self {
        let headers: Vec<_> = (1..60).filter_map(|seq| store.event_header(Seq(seq)).unwrap()).collect();
        let batch = headers.iter().find(|header| header.batch_of > 0).unwrap();
        let templated = headers.iter().find(|header| header.metadata.is_some()).unwrap();
        Self {
            plain: templated.webhooks[0],
            event: headers[0].id.seq(),
            templated: templated.id.seq(),
            member: store.batch_members(batch.id.seq()).unwrap()[0].seq(),
            gathers: batch.webhooks[0],
            batch: batch.id.seq(),
            job: store.jobs(ACCOUNT, &JobFilter::default(), page()).unwrap().rows[0].id,
            replay: store.replays(ACCOUNT, page()).unwrap().rows[0].id,
        }
    }
}

/// A look at one thing, whether it is there, and the table that has it.
type Single = (&'static str, fn(&Store, &Named) -> Result<bool, StoreError>);

const SINGLE: [Single; 12] = [
    ("webhooks", |store, named| Ok(store.stored_webhook(named.plain)?.is_some())),
    ("events", |store, named| Ok(store.event_header(named.event)?.is_some())),
    ("events", |store, named| Ok(store.event(named.event)?.is_some())),
    ("payloads", |store, named| Ok(store.event(named.event)?.is_some())),
    ("bodies", |store, named| Ok(store.body(named.plain, named.templated)?.is_some())),
    ("deliveries", |store, named| Ok(store.delivery(named.event, named.plain)?.is_some())),
    ("batches", |store, named| Ok(!store.batch_members(named.batch)?.is_empty())),
    ("jobs", |store, named| Ok(store.job(named.job)?.is_some())),
    ("job_inputs", |store, named| Ok(store.job_input(named.job)?.is_some())),
    ("run_records", |store, named| kept(store, named.job, "INPUT")),
    ("replays", |store, named| Ok(store.replay(named.replay)?.is_some())),
    ("deliveries", |store, named| Ok(store.delivery(named.member, named.gathers)?.is_some())),
];

fn kept(store: &Store, job: JobId, key: &str) -> Result<bool, StoreError> {
    Ok(store.run_record(job, key, |_| Ok::<_, ()>(()))?.unwrap().is_some())
}

#[tokio::test]
async fn a_damaged_row_that_is_asked_for_is_an_error_and_counts_once() {
    let rig = populated().await;
    let job = rig.store().jobs(ACCOUNT, &JobFilter::default(), page()).unwrap().rows[0].id;
    let record = RunRecord {
        content_type: "text/plain".into(),
        updated_at: sample::at(1),
        data: b"changed".as_slice().into(),
    };
    let put = PutRecord { account: ACCOUNT, job, key: "INPUT".into(), record: Some(record) };
    rig.store().put_record(put).await.unwrap().unwrap();
    let named = Named::of(&rig.store());
    let batch: [u8; 12] = {
        let mut key = [0; 12];
        key[..4].copy_from_slice(&named.gathers.0.to_be_bytes());
        key[4..].copy_from_slice(&named.batch.0.to_be_bytes());
        key
    };
    let dir = rig.stop().await;
    let path = dir.path().join("store");
    let whole = std::fs::read(&path).unwrap();
    for (at, (table, look)) in SINGLE.into_iter().enumerate() {
        std::fs::write(&path, &whole).unwrap();
        {
            let db = redb::Database::open(&path).unwrap();
            let txn = db.begin_write().unwrap();
            let definition = redb::TableDefinition::<&[u8], &[u8]>::new(table);
            let mut rows = txn.open_table(definition).unwrap();
            let all = rows.iter().unwrap().map(|row| {
                let (key, row) = row.unwrap();
                (key.value().to_vec(), row.value().to_vec())
            });
            let all: Vec<_> = all.collect();
            // The last look meets a damaged batch's delivery and a whole one that went with it.
            for (key, mut row) in all.into_iter().filter(|(key, _)| at + 1 < SINGLE.len() || *key == batch) {
                *row.last_mut().unwrap() ^= 0x55;
                rows.insert(key.as_slice(), row.as_slice()).unwrap();
            }
            drop(rows);
            txn.commit().unwrap();
        }
        let opened = Store::open(&path, &sample::options()).unwrap();
        let before = opened.store.figures().damaged;
        assert_eq!(look(&opened.store, &named), Err(StoreError::Damaged), "{at}: {table}");
        assert_eq!(opened.store.figures().damaged - before, 1, "{at}: {table}");
        let rig = Rig { opened, dir: tempfile::tempdir().unwrap() };
        rig.stop().await;
    }
    std::fs::write(&path, &whole).unwrap();
    let opened = Store::open(&path, &sample::options()).unwrap();
    for (table, look) in SINGLE {
        assert_eq!(look(&opened.store, &named), Ok(true), "{table}");
    }
}
