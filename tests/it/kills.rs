//! `restore`, `compact` and the daemon while it makes a scheduled backup, killed without warning at random
//! moments: the store, and what has a backup's name, is as it was or as it was to be, never something
//! between, and the next run is not kept from its work by what the killed one left.
//!
//! `RINGBACK_KILLS` sets how often each is killed (4), `RINGBACK_KILL_SEED` which moments.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use redb::{ReadableDatabase as _, ReadableTableMetadata as _, TableHandle as _};
use ringback::cli::client::Client;
use ringback::clock;
use ringback::config::{SealKey, seal_key};
use ringback::store::{OpenOptions, Store, backup};
use serde_json::json;

use crate::harness::{Daemon, Sink, wait_until};

pub(crate) type Counts = BTreeMap<String, u64>;

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// Random numbers of a seed, by Knuth's constants.
struct Chance(u64);

impl Chance {
    fn new() -> Self {
        let seed = setting("RINGBACK_KILL_SEED", u64::from(std::process::id()));
        println!("RINGBACK_KILL_SEED={seed}");
        Self(seed)
    }

    /// Some time before `whole` has passed.
    fn before(&mut self, whole: Duration) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // Only the high bits are chance enough.
        Duration::from_micros((self.0 >> 33) % u64::try_from(whole.as_micros()).unwrap())
    }
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
    let mut chance = Chance::new();
    let ground = Ground::new().await;
    let before = counts(&ground.original);
    let restore = ["restore", &ground.backup, "--replace"];
    for args in [&restore[..], &["compact"]] {
        ground.reset();
        let begun = clock::monotonic();
        let after = ground.run_whole(args).await;
        let whole = begun.elapsed();
        assert_eq!(after == before, args[0] == "compact", "a restore shows");
        let (mut midway, mut rounds) = (0, 0);
        while rounds < kills || (midway == 0 && rounds < 10 * kills) {
            rounds += 1;
            ground.reset();
            let mut command = ground.daemon.command_here(args);
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            // The moment of the kill is what is tested.
            tokio::time::sleep(chance.before(whole)).await;
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
        println!("{}: {midway} of {rounds} kills were midway; a whole run takes {whole:?}", args[0]);
        assert!(midway > 0, "no kill was in the middle");
        assert_eq!(ground.pending().await, after["due"]);
    }
}

/// Posts events until the daemon is gone; gives the ids of those that it accepted.
async fn produce(client: Client) -> Vec<String> {
    let body = json!({"type": "b.c", "data": "x".repeat(1000)}).to_string();
    let mut accepted = Vec::new();
    while let Ok(reply) = client.send(http::Method::POST, "/v1/events", Some(body.clone())).await {
        assert_eq!(reply.status, 202, "{:?}", reply.body);
        let answer: serde_json::Value = serde_json::from_slice(&reply.body).unwrap();
        accepted.push(answer["id"].as_str().unwrap().to_owned());
    }
    accepted
}

/// The directory of scheduled backups.
struct Backups(PathBuf);

impl Backups {
    const KEEP: usize = 2;

    fn partial(&self) -> PathBuf {
        self.0.join("ringback.backup.partial")
    }

    /// All that is there but the one that is being written.
    fn named(&self) -> BTreeSet<PathBuf> {
        let entries = std::fs::read_dir(&self.0).into_iter().flatten();
        entries.map(|entry| entry.unwrap().path()).filter(|path| *path != self.partial()).collect()
    }

    /// Waits for one that is newer than all that are there, and until no more are left than are kept.
    async fn next(&self) {
        let last = self.named().pop_last();
        wait_until("the next backup", || self.named().pop_last() > last).await;
        wait_until("those that are kept", || self.named().len() == Self::KEEP).await;
    }
}

fn is_whole(backup: &Path) -> bool {
    backup::verify(File::open(backup).unwrap(), None).is_ok()
}

async fn has_all(daemon: &Daemon, events: &[String]) {
    for event in events {
        daemon.get(&format!("/v1/events/{event}")).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_in_the_middle_a_scheduled_backup_leaves_the_whole_ones_and_the_next_is_made() {
    let kills = setting("RINGBACK_KILLS", 4);
    let mut chance = Chance::new();
    let place = tempfile::tempdir().unwrap();
    let backups = Backups(place.path().join("backups"));
    let settings = format!("[backup]\ndir = {:?}\nevery = \"1s\"\nkeep = {}\n", backups.0, Backups::KEEP);
    let mut daemon = Daemon::with_config(&settings).await;
    for _ in 0..60 {
        daemon.event("b.c", json!("x".repeat(200_000))).await;
    }
    wait_until("those that are kept", || backups.named().len() == Backups::KEEP).await;
    wait_until("a backup under way", || backups.partial().exists()).await;
    let begun = clock::monotonic();
    wait_until("its end", || !backups.partial().exists()).await;
    let whole = begun.elapsed();

    let mut accepted = Vec::new();
    let (mut midway, mut rounds) = (0, 0);
    while rounds < kills || (midway == 0 && rounds < 10 * kills) {
        rounds += 1;
        wait_until("the end of one", || !backups.partial().exists()).await;
        let client = Client::new(daemon.url(), Some(daemon.token())).unwrap();
        let producing = tokio::spawn(produce(client));
        wait_until("a backup under way", || backups.partial().exists()).await;
        // The moment of the kill is what is tested.
        tokio::time::sleep(chance.before(whole)).await;
        daemon.kill9().await;
        let before = accepted.len();
        accepted.extend(producing.await.unwrap());
        midway += u64::from(backups.partial().exists() && !is_whole(&backups.partial()));
        let named = backups.named();
        // One more when it was killed before it removed the oldest.
        assert!((Backups::KEEP..=Backups::KEEP + 1).contains(&named.len()), "{named:?}");
        for backup in &named {
            assert!(is_whole(backup), "{backup:?} of {named:?} is not whole");
        }
        daemon.restart().await;
        has_all(&daemon, &accepted[before..]).await;
        backups.next().await;
    }
    println!("{midway} of {rounds} kills were midway; a backup takes {whole:?}; {} events", accepted.len());
    assert!(midway > 0, "no kill was in the middle");
    assert!(daemon.terminate().await.0.success());
    let named = backups.named();
    assert!(named.len() == Backups::KEEP && !backups.partial().exists(), "{named:?}");
    let newest = named.last().unwrap().display().to_string();
    let (code, _, err) = daemon.offline(&["restore", &newest, "--replace"]).await;
    assert_eq!(code, 0, "{err}");
    daemon.restart().await;
    has_all(&daemon, &accepted).await;
}
