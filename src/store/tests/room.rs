//! A commit waits for room before it begins, where it holds up no one who reads.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use super::disk::Disk;
use super::sample::{self, at};
use crate::store::audit::Actor;
use crate::store::file::{builder, initialise};
use crate::store::open::start;
use crate::store::space::{Floor, Space};

#[tokio::test]
async fn a_commit_without_room_waits_before_it_begins_and_what_is_read_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let free = Arc::new(AtomicU64::new(u64::MAX));
    let told = Arc::clone(&free);
    let floor = Floor { free: 0, ballast: 0 };
    let space = Space::probed(&dir.path().join("store"), floor, Box::new(move || Ok(told.load(Relaxed))));
    let db = builder(&sample::options()).create_with_backend(Disk::new(vec![], u64::MAX)).unwrap();
    initialise(&db, &sample::options()).unwrap();
    let opened = start(db, &sample::options(), Arc::new(space), None, false).unwrap();
    let store = opened.store;
    store.let_writes_wait(true);
    free.store(4096, Relaxed);
    let edit = sample::create_webhook(Box::new(sample::webhook(0)));
    let made = tokio::spawn({
        let store = store.clone();
        async move { store.edit(edit, Actor::Daemon, at(1)).await }
    });
    while !store.waits_for_room() {
        assert!(store.directory().webhooks().next().is_none(), "it was stored without room");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let read = tokio::task::spawn_blocking({
        let store = store.clone();
        move || store.next_deadline().unwrap()
    });
    let read = tokio::time::timeout(Duration::from_secs(60), read).await;
    assert!(read.is_ok() && store.waits_for_room() && store.directory().webhooks().next().is_none());
    free.store(u64::MAX, Relaxed);
    // The caller hears after a while that it waits; it is stored all the same.
    let _ = made.await.unwrap();
    while store.directory().webhooks().next().is_none() || store.waits_for_room() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}
