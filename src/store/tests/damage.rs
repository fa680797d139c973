//! Flipped bits anywhere in a file: what is served is what was stored, or nothing.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::panic::{self, AssertUnwindSafe};

use super::disk::{Chance, Disk};
use super::export::populated;
use super::power::{block_on, power_up, setting};
use super::sample::{self, Rig};
use crate::domain::id::{AccountNo, Seq};
use crate::store::audit::AuditFilter;
use crate::store::query::{DeliveryFilter, EventFilter, JobFilter, PageRequest};
use crate::store::verify::verify;
use crate::store::{Opened, Store, StoreError, tables};

const ACCOUNT: AccountNo = AccountNo(1);

fn page<C>() -> PageRequest<C> {
    PageRequest { after: None, descending: false, limit: 250 }
}

/// Everything that is served, by what it is.
fn served(store: &Store) -> BTreeMap<String, String> {
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
    let deliveries = store.deliveries(ACCOUNT, &(&DeliveryFilter::default()).into(), page());
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
        if let Ok(rows) = store.rows(job.id, 0, 1, 1)
            && rows.len() == 1
        {
            add(format!("rows {}", job.id), &rows.text());
        }
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
