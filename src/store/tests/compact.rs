//! Compaction: smaller, with the same rows, or as it was.

use std::time::Duration;

use super::check::consistent;
use super::sample::{self, Rig, at, options};
use crate::store::compact::{CompactError, compact, survey};
use crate::store::tables;
use crate::store::upkeep::RetentionPolicy;
use crate::store::{OpenError, OpenOptions, Store};

/// A closed store that held much more than it does, with rows that are pending.
async fn loose() -> tempfile::TempDir {
    let rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let to = [webhook];
    let data = |n: u64| format!(r#"{{"n":{n},"pad":"{}"}}"#, "x".repeat(20_000));
    for hundred in 0..4 {
        let one = |n| sample::accept(&data(n), if n % 7 == 0 { to.as_slice() } else { &[] });
        let events = (0..100).map(|n| one(100 * hundred + n)).collect();
        rig.store().accept(events, at(0)).await.unwrap();
    }
    let nothing = Duration::ZERO;
    let policy = RetentionPolicy {
        audit_for: crate::limits::AUDIT_FOR,
        audit_entries: crate::limits::AUDIT_ENTRIES,
        events_for: nothing,
        attempts_for: nothing,
        max_bytes: None,
    };
    while rig.store().prune_tick(policy, at(10_000)).await.unwrap().more {}
    rig.stop().await
}

#[tokio::test]
async fn a_compact_store_is_smaller_and_holds_the_same() {
    let dir = loose().await;
    let path = dir.path().join("store");
    let counts = || tables::counts(&redb::Database::open(&path).unwrap()).unwrap();
    let rows = counts();
    assert!(rows["payloads"] < 100, "{rows:?}");
    let before = survey(&path, &options()).unwrap();
    let mut told = 0;
    let after = compact(&path, &options(), |bytes| told += bytes as u64).unwrap();
    println!("{before:?} {after:?} {told}");
    assert_eq!(after.rows, before.rows);
    assert!(after.file_bytes < before.file_bytes / 2, "{before:?} {after:?}");
    assert!(after.file_bytes < before.compact_bytes * 5 / 4, "{before:?} {after:?}");
    assert!(told > after.live_bytes / 2);
    assert_eq!(counts(), rows);
    let left: Vec<_> =
        std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(
        left.len() == 2 && left.iter().all(|name| name == "store" || name == "store.ballast"),
        "{left:?}"
    );
    let opened = Store::open(&path, &options()).unwrap();
    assert!(opened.was_unclean, "what was not closed in order still is not");
    consistent(&opened.store).unwrap();
    assert_eq!(opened.store.figures().pending, rows["due"]);
}

#[tokio::test]
async fn what_is_open_sealed_otherwise_or_not_there_is_left_alone() {
    let rig = Rig::new();
    let path = rig.dir.path().join("store");
    let locked = |error| matches!(error, CompactError::Store(OpenError::Locked));
    assert!(locked(compact(&path, &options(), |_| ()).unwrap_err()));
    assert!(locked(survey(&path, &options()).unwrap_err()));
    let dir = rig.stop().await;
    let other = OpenOptions { seal_key: [8; 32], ..options() };
    let error = compact(&path, &other, |_| ()).unwrap_err();
    assert!(matches!(error, CompactError::Store(OpenError::WrongKey)), "{error}");
    assert!(!path.with_extension("tmp").exists());
    compact(&path, &options(), |_| ()).unwrap();
    assert!(compact(&dir.path().join("none"), &options(), |_| ()).is_err());
    assert!(!dir.path().join("none").exists());
}
