//! `restore` and `compact`, killed without warning at random moments: the store is as it was or as it was
//! to be, never something between, and the next run is not kept from its work by what the killed one left.
//!
//! `RINGBACK_KILLS` sets how often each is killed (4), `RINGBACK_KILL_SEED` which moments.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use redb::{ReadableDatabase as _, ReadableTableMetadata as _, TableHandle as _};
use ringback::clock;
use ringback::config::{SealKey, seal_key};
use ringback::store::{OpenOptions, Store};
use serde_json::json;

use crate::harness::{Daemon, Sink};

pub(crate) type Counts = BTreeMap<String, u64>;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// How many rows each table of a store's file has.
pub(crate) fn counts(path: &Path) -> Counts {
    let db = redb::Database::open(path).unwrap();
    let txn = db.begin_read().unwrap();
    let tables: Vec<_> = txn.list_tables().unwrap().collect();
    let count = |table: redb::UntypedTableHandle| txn.open_untyped_table(table).unwrap().len().unwrap();
    tables.into_iter().map(|table| (table.name().to_owned(), count(table))).collect()
}

/// A stopped daemon, the file of its store, and a backup from when it held less.
struct Ground {
    daemon: Daemon,
    original: PathBuf,
    backup: String,
}

impl Ground {
    async fn new() -> Self {
        let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
        let webhook = daemon.webhook(&sink.url("/in"), json!({"collect": true, "events": ["a.*"]})).await;
        daemon.post(&format!("/v1/webhooks/{}/pause", webhook.id), json!({})).await.expect(200);
        let fill = async |events: u32| {
            for number in 0..events {
                let data = json!({"n": number, "pad": "x".repeat(40_000)});
                daemon.event(if number % 10 == 0 { "a.b" } else { "b.c" }, data).await;
            }
        };
        fill(250).await;
        let backup = daemon.dir().join("backup");
        daemon.backup(&backup).await;
        fill(50).await;
        assert!(daemon.terminate().await.0.success());
        let original = daemon.dir().join("original");
        std::fs::copy(daemon.data_dir().join("ringback.redb"), &original).unwrap();
        Self { daemon, original, backup: backup.display().to_string() }
    }

    fn store(&self) -> PathBuf {
        self.daemon.data_dir().join("ringback.redb")
    }

    /// What a run leaves when it is killed.
    fn unfinished(&self) -> PathBuf {
        self.daemon.data_dir().join("ringback.redb.tmp")
    }

    fn reset(&self) {
        std::fs::copy(&self.original, self.store()).unwrap();
    }

    async fn run_whole(&self, args: &[&str]) -> Counts {
        let (code, _, err) = self.daemon.offline(args).await;
        assert_eq!(code, 0, "{args:?}: {err}");
        assert!(!self.unfinished().exists());
        counts(&self.store())
    }

    /// What the library finds waiting in it.
    async fn pending(&self) -> u64 {
        let key = seal_key::read(&SealKey::Beside(self.daemon.data_dir().join("seal-key"))).unwrap().unwrap();
        let mut opened = Store::open(&self.store(), &OpenOptions::new(*key, clock::now(), 1)).unwrap();
        let pending = opened.store.figures().pending;
        drop(opened.store);
        while opened.committed.recv().await.is_some() {}
        pending
    }
}

#[tokio::test]
async fn killed_in_the_middle_restore_and_compact_leave_a_whole_store() {
    let kills = setting("RINGBACK_KILLS", 4);
    let mut chance = setting("RINGBACK_KILL_SEED", u64::from(std::process::id()));
    println!("RINGBACK_KILLS={kills} RINGBACK_KILL_SEED={chance}");
    let ground = Ground::new().await;
    let before = counts(&ground.original);
    let restore = ["restore", &ground.backup, "--replace"];
    for args in [&restore[..], &["compact"]] {
        ground.reset();
        let begun = clock::monotonic();
        let after = ground.run_whole(args).await;
        let whole = u64::try_from(begun.elapsed().as_micros()).unwrap();
        assert_eq!(after == before, args[0] == "compact", "a restore shows");
        let (mut midway, mut rounds) = (0, 0);
        while rounds < kills || (midway == 0 && rounds < 10 * kills) {
            rounds += 1;
            ground.reset();
            let mut command = ground.daemon.command_here(args);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // Knuth's constants; only the high bits are chance enough.
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            tokio::time::sleep(Duration::from_micros((chance >> 33) % whole)).await;
            child.kill().await.unwrap();
            let found = counts(&ground.store());
            if ground.unfinished().exists() {
                midway += 1;
                assert!(found == before, "{args:?}: the store was changed before its successor was whole");
            }
            assert!(
                found == before || found == after,
                "{args:?}: {found:?} is neither {before:?} nor {after:?}"
            );
            if rounds % 2 == 0 {
                assert_eq!(ground.pending().await, found["due"]);
                assert!(!ground.unfinished().exists(), "a start removes what was left");
            }
            let again = ground.run_whole(args).await;
            assert!(again == after, "{args:?}: {again:?}");
        }
        println!("{}: {midway} of {rounds} kills were midway; a whole run takes {whole} µs", args[0]);
        assert!(midway > 0, "no kill was in the middle");
        assert_eq!(ground.pending().await, after["due"]);
    }
}
