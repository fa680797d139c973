//! Backups: whole or refused, and everything in them.

use std::io::Read;
use std::os::unix::fs::PermissionsExt as _;

use redb::ReadableDatabase as _;

use super::check::consistent;
use super::sample::{self, Rig, at, options};
use crate::domain::event_type::EventPattern;
use crate::domain::id::WebhookNo;
use crate::domain::webhook::Webhook;
use crate::limits;
use crate::store::backup::{RestoreError, restore, verify};
use crate::store::committed::Committed;
use crate::store::tables;
use crate::store::{OpenOptions, Opened, Store};

/// A store with pending deliveries, and its backup.
async fn backed_up() -> (Rig, WebhookNo, Vec<u8>) {
    let rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    for n in 0..40 {
        rig.accept(sample::accept(&format!(r#"{{"n":{n},"pad":"{}"}}"#, "x".repeat(20_000)), &[webhook]))
            .await;
    }
    let mut bytes = Vec::new();
    let summary = rig.store().backup(&mut bytes).unwrap();
    assert_eq!(summary.bytes, bytes.len() as u64);
    assert!(summary.rows > 160, "{summary:?}");
    (rig, webhook, bytes)
}

#[tokio::test]
async fn a_restored_store_goes_on_where_the_backup_was_made() {
    let (rig, webhook, bytes) = backed_up().await;
    // What comes after the backup is not in it.
    rig.accept(sample::accept("{}", &[webhook])).await;
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    let summary = restore(&*bytes, &path, &options(), false).unwrap();
    assert_eq!(verify(&*bytes, Some(&options())).unwrap(), summary);
    let opened = Store::open(&path, &options()).unwrap();
    assert!(!opened.was_unclean);
    assert_eq!(opened.store.figures().pending, 40);
    assert_eq!(opened.lanes.len(), 1);
    let found: Webhook = (**opened.store.directory().webhook(webhook).unwrap()).clone();
    let before = (**rig.store().directory().webhook(webhook).unwrap()).clone();
    assert_eq!(found, before, "its secret included");
    let Rig { dir: _, opened: mut original } = rig;
    original.store.load_lane(webhook, opened.lanes[0].key, 100).unwrap();
    let page = loop {
        let batch = original.committed.recv().await.unwrap();
        if let Some(Committed::Page { rows, .. }) =
            batch.into_iter().find(|c| matches!(c, Committed::Page { .. }))
        {
            break rows;
        }
    };
    assert_eq!(page.len(), 41);
}

#[tokio::test]
async fn a_backup_of_several_commits_is_restored() {
    let rig = Rig::new();
    let webhook = rig.webhook(sample::webhook(0)).await;
    let data = format!("\"{}\"", "x".repeat(900_000));
    for _ in 0..3 {
        let events = (0..10).map(|_| sample::accept(&data, &[webhook])).collect();
        rig.store().accept(events, at(0)).await.unwrap();
    }
    let mut bytes = Vec::new();
    rig.store().backup(&mut bytes).unwrap();
    assert!(bytes.len() > 3 * limits::COMMIT_BYTES);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    restore(&*bytes, &path, &options(), false).unwrap();
    let opened = Store::open(&path, &options()).unwrap();
    assert_eq!(opened.store.figures().pending, 30);
    consistent(&opened.store).unwrap();
}

#[tokio::test]
async fn a_backup_file_has_its_name_once_it_is_whole_or_leaves_nothing() {
    let (rig, _, bytes) = backed_up().await;
    let dir = tempfile::tempdir().unwrap();
    let (partial, path) = (dir.path().join("partial"), dir.path().join("backup"));
    let made = |keep_free, stop| rig.store().backup_file(&partial, &path, keep_free, &|| stop);
    let nothing = || std::fs::read_dir(dir.path()).unwrap().count() == 0;
    let full = made(u64::MAX, false).unwrap_err();
    assert!(full.to_string().contains("disk_free_floor") && nothing(), "{full}");
    let stopped = made(0, true).unwrap_err();
    assert!(stopped.to_string().contains("is stopping") && nothing(), "{stopped}");
    std::fs::write(&partial, "what a kill left, and much longer than this").unwrap();
    let summary = made(0, false).unwrap();
    assert!(!partial.exists());
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let file = std::fs::read(&path).unwrap();
    assert_eq!((file.len(), verify(&*file, Some(&options())).unwrap()), (bytes.len(), summary));
}

/// Accepts an event before each piece it takes.
struct Busy {
    store: Store,
    webhook: WebhookNo,
    bytes: Vec<u8>,
    runtime: tokio::runtime::Handle,
}

impl std::io::Write for Busy {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let events = vec![sample::accept("{}", &[self.webhook])];
        self.runtime.block_on(self.store.accept(events, at(0))).unwrap();
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_holds_one_moment_while_the_store_goes_on() {
    let (rig, webhook, _) = backed_up().await;
    let Rig { dir: _dir, opened: Opened { store, mut committed, .. } } = rig;
    let heard = tokio::spawn(async move { while committed.recv().await.is_some() {} });
    let runtime = tokio::runtime::Handle::current();
    let mut busy = Busy { store: store.clone(), webhook, bytes: Vec::new(), runtime };
    let bytes = tokio::task::spawn_blocking(move || {
        busy.store.clone().backup(&mut busy).unwrap();
        busy.bytes
    });
    let bytes = bytes.await.unwrap();
    assert!(store.figures().pending > 50, "it went on meanwhile");
    drop(store);
    heard.await.unwrap();
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("store");
    restore(&*bytes, &path, &options(), false).unwrap();
    assert_eq!(Store::open(&path, &options()).unwrap().store.figures().pending, 40);
}

#[tokio::test]
async fn what_is_damaged_is_refused_and_what_is_there_stays() {
    let (rig, _, bytes) = backed_up().await;
    let dir = rig.stop().await;
    let path = dir.path().join("store");
    let refused = |bytes: &[u8], with: &OpenOptions| {
        assert!(verify(bytes, Some(with)).is_err());
        let error = restore(bytes, &path, with, true).unwrap_err();
        let there = redb::Database::open(&path).unwrap();
        let due = tables::DUE.read(&there.begin_read().unwrap()).unwrap();
        assert_eq!(due.len().unwrap(), 40, "{error}");
        error
    };
    assert!(matches!(refused(&bytes[..bytes.len() - 1], &options()), RestoreError::CutOff(_)));
    assert!(matches!(refused(&bytes[..10], &options()), RestoreError::NotABackup));
    assert!(matches!(refused(b"something else, longer than a head", &options()), RestoreError::NotABackup));
    for at in [30, bytes.len() / 2, bytes.len() - 20] {
        let mut altered = bytes.clone();
        altered[at] ^= 1;
        let error = refused(&altered, &options());
        assert!(matches!(error, RestoreError::Damaged(_) | RestoreError::CutOff(_)), "{at}: {error}");
    }
    let mut newer = bytes.clone();
    newer[23] = 200;
    assert_eq!(
        refused(&newer, &options()).to_string(),
        "the backup has schema 200; this program knows up to 2"
    );
    let other = OpenOptions { seal_key: [8; 32], ..options() };
    assert!(matches!(refused(&bytes, &other), RestoreError::WrongKey));
    assert!(matches!(restore(&*bytes, &path, &options(), false), Err(RestoreError::Exists(_))));
    restore(&*bytes, &path, &options(), true).unwrap();
}

#[tokio::test]
async fn a_store_that_is_damaged_is_replaced() {
    let (rig, _, bytes) = backed_up().await;
    let dir = rig.stop().await;
    let path = dir.path().join("store");
    let whole = std::fs::read(&path).unwrap();
    let mut torn = whole.clone();
    torn.iter_mut().skip(20).step_by(7).for_each(|byte| *byte ^= 0x55);
    for damaged in [b"no store".as_slice(), &whole[..whole.len() / 3], &torn, &[]] {
        std::fs::write(&path, damaged).unwrap();
        assert!(matches!(restore(&*bytes, &path, &options(), false), Err(RestoreError::Exists(_))));
        restore(&*bytes, &path, &options(), true).unwrap();
        let opened = Store::open(&path, &options()).unwrap();
        assert_eq!(opened.store.figures().pending, 40);
        let Opened { store, mut committed, .. } = opened;
        drop(store);
        while committed.recv().await.is_some() {}
    }
}

#[tokio::test]
async fn a_store_that_is_open_is_not_replaced() {
    let (rig, _, bytes) = backed_up().await;
    let error = restore(&*bytes, &rig.dir.path().join("store"), &options(), true).unwrap_err();
    assert_eq!(error.to_string(), "another process has the store open");
}

#[tokio::test]
async fn no_secret_is_readable_in_a_backup() {
    let rig = Rig::new();
    let webhook = Webhook { events: vec![EventPattern::All], ..sample::webhook(0) };
    let secret = webhook.secrets.current.expose().to_owned();
    rig.webhook(webhook).await;
    let mut bytes = Vec::new();
    rig.store().backup(&mut bytes).unwrap();
    assert!(!bytes.windows(secret.len()).any(|part| part == secret.as_bytes()));
    let mut whole = Vec::new();
    bytes.as_slice().read_to_end(&mut whole).unwrap();
    assert!(whole.windows(8).any(|part| part == b"standard"), "the search finds what is there");
    assert!(!whole.windows(19).any(|part| part == b"https://example.com"), "the target is sealed");
}
