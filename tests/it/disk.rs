//! A full disk: new events are refused, and nothing that was accepted is lost.
//!
//! The tests on a small disk of their own mount one (tmpfs), and are skipped, with the reason
//! printed, where that is not allowed.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use http::Method;
use redb::TableDefinition;
use rustix::fs::{FallocateFlags, fallocate, statvfs};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Daemon, Sink, Webhook, tools, wait_for, wait_until};
use crate::kills::counts;

const MIB: u64 = 1 << 20;

fn free(path: &Path) -> u64 {
    let found = statvfs(path).unwrap();
    found.f_bavail * found.f_frsize
}

/// A file that takes room for real; it gives it back when dropped.
struct Filler(PathBuf);

impl Filler {
    fn new(directory: &Path, name: &str, bytes: u64) -> Self {
        let filler = Self(directory.join(name));
        let file = File::create(&filler.0).unwrap();
        let mut bytes = bytes;
        // A daemon that writes at the same time may have taken some of it.
        for _ in 0..100 {
            if fallocate(&file, FallocateFlags::empty(), 0, bytes).is_ok() {
                return filler;
            }
            bytes = bytes.min(free(directory));
        }
        panic!("{bytes} bytes could not be taken");
    }
}

impl Drop for Filler {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A small file system of its own; unmounted when dropped.
struct Tmpfs(TempDir);

impl Tmpfs {
    fn new(mib: u64) -> Option<Self> {
        let dir = tempfile::tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={mib}m"), "tmpfs"]).arg(dir.path());
        match mount.output() {
            Ok(output) if output.status.success() => return Some(Self(dir)),
            Ok(output) => tools::skip(String::from_utf8_lossy(&output.stderr).trim()),
            Err(error) => tools::skip(format_args!("mount: {error}")),
        }
        None
    }

    fn grow(&self, mib: u64) {
        let mut mount = Command::new("mount");
        mount.args(["-o", &format!("remount,size={mib}m")]).arg(self.0.path());
        assert!(mount.status().unwrap().success());
    }

    fn directory(&self) -> TempDir {
        tempfile::tempdir_in(self.0.path()).unwrap()
    }
}

impl Drop for Tmpfs {
    fn drop(&mut self) {
        // Lazily: a daemon that was just killed may still hold a file.
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}

/// A paused webhook that collects what is sent to it, and an event that waits for it.
async fn waiting(daemon: &Daemon, sink: &Sink) -> (Webhook, String) {
    let webhook = daemon.webhook(&sink.url("/in"), json!({"collect": true, "events": ["a.*"]})).await;
    daemon.post(&format!("/v1/webhooks/{}/pause", webhook.id), json!({})).await.expect(200);
    let event = daemon.event("a.b", json!("waits")).await;
    (webhook, event)
}

async fn resume(daemon: &Daemon, webhook: &Webhook) {
    daemon.post(&format!("/v1/webhooks/{}/resume", webhook.id), json!({})).await.expect(200);
}

async fn wait_for_refusal(daemon: &Daemon) {
    let refused = wait_for("a refused event", async || {
        let answer = daemon.post("/v1/events", json!({"type": "b.c", "data": 1})).await;
        (answer.status != 202).then_some(answer)
    })
    .await
    .expect(507);
    assert_eq!(refused.json["code"], "storage_full", "{}", refused.text);
    let not_ready = daemon.admin("/readyz").await.expect(503);
    assert!(not_ready.text.contains("disk"), "{}", not_ready.text);
    let status = daemon.admin("/admin/status").await.expect(200);
    assert_eq!(status.json["store"]["full"], true, "{}", status.text);
}

async fn wait_for_room(daemon: &Daemon) {
    wait_for("an accepted event", async || {
        let answer = daemon.post("/v1/events", json!({"type": "b.c", "data": 1})).await;
        (answer.status == 202).then_some(())
    })
    .await;
    daemon.admin("/readyz").await.expect(200);
}

#[tokio::test]
async fn below_the_floor_events_are_refused_and_all_else_goes_on() {
    // Where it can have no disk of its own, wide margins: others use this one, too.
    let disk = Tmpfs::new(256);
    let (dir, margin) = match &disk {
        Some(disk) => (disk.directory(), 60 * MIB),
        None => (tempfile::tempdir().unwrap(), 600 * MIB),
    };
    let room = free(dir.path());
    if room < 3 * margin {
        return tools::skip(format_args!("only {room} bytes are free"));
    }
    let floor = room - margin;
    let sink = Sink::start().await;
    let daemon = Daemon::in_directory(dir, &format!("[store]\ndisk_free_floor = {floor}")).await;
    let ballast = daemon.data_dir().join("ringback.redb.ballast");
    let (webhook, event) = waiting(&daemon, &sink).await;
    assert!(ballast.exists());

    let filler = Filler::new(daemon.dir(), "filler", 2 * margin);
    wait_for_refusal(&daemon).await;
    assert!(!ballast.exists(), "it is given up");
    daemon.get(&format!("/v1/events/{event}")).await.expect(200);
    resume(&daemon, &webhook).await;
    let delivery = daemon.settled(&event, &webhook, "delivered").await;
    assert_eq!(delivery["attempts"], 1);

    drop(filler);
    wait_for_room(&daemon).await;
    wait_for("the ballast", async || {
        daemon.event("b.c", json!(2)).await;
        ballast.exists().then_some(())
    })
    .await;
}

/// Posts large events until one is refused or the daemon is gone; gives the accepted ones' ids and
/// the last answer's status.
async fn fill(daemon: &Daemon) -> (Vec<String>, Option<u16>) {
    let data = "x".repeat(200_000);
    let mut accepted = Vec::new();
    loop {
        match daemon.try_post("/v1/events", json!({"type": "a.b", "data": data})).await {
            Some((202, answer)) => accepted.push(answer["id"].as_str().unwrap().to_owned()),
            other => return (accepted, other.map(|(status, _)| status)),
        }
        assert!(accepted.len() < 2_000, "it is never full");
    }
}

async fn has_all(daemon: &Daemon, events: &[String]) {
    for event in events {
        daemon.get(&format!("/v1/events/{event}")).await.expect(200);
    }
}

fn all_delivered(sink: &Sink, events: &[String]) -> bool {
    let arrived: std::collections::BTreeSet<String> =
        sink.received("/in").iter().map(|request| request.header("webhook-id").to_owned()).collect();
    events.iter().all(|event| arrived.contains(event))
}

async fn wait_for_deliveries(daemon: &Daemon, sink: &Sink, events: &[String]) {
    wait_for("an empty backlog", async || {
        let status = daemon.admin("/admin/status").await.expect(200);
        (status.json["store"]["pending_deliveries"] == 0).then_some(())
    })
    .await;
    assert!(all_delivered(sink, events));
    let failed: Value = daemon.get("/v1/deliveries?state=failed").await.expect(200).json;
    assert_eq!(failed["data"], json!([]));
}

#[tokio::test]
async fn a_disk_filled_with_events_loses_none_of_them() {
    let Some(disk) = Tmpfs::new(192) else { return };
    let sink = Sink::start().await;
    let mut daemon = Daemon::in_directory(disk.directory(), "").await;
    let (webhook, first) = waiting(&daemon, &sink).await;
    let (mut accepted, last) = fill(&daemon).await;
    assert_eq!(last, Some(507));
    println!("{} large events fit, {} MiB are free", accepted.len(), free(daemon.dir()) / MIB);
    accepted.push(first);
    wait_for_refusal(&daemon).await;
    has_all(&daemon, &accepted).await;

    daemon.kill9().await;
    daemon.restart().await;
    wait_for_refusal(&daemon).await;
    has_all(&daemon, &accepted).await;
    resume(&daemon, &webhook).await;
    wait_for_deliveries(&daemon, &sink, &accepted).await;
    println!("all were delivered, {} MiB are free", free(daemon.dir()) / MIB);
    assert!(daemon.terminate().await.0.success());
    disk.grow(512);
    daemon.restart().await;
    wait_for_room(&daemon).await;
}

#[tokio::test]
async fn a_disk_that_others_fill_up_still_takes_outcomes() {
    let Some(disk) = Tmpfs::new(192) else { return };
    let sink = Sink::start().await;
    let mut daemon = Daemon::in_directory(disk.directory(), "").await;
    let (webhook, event) = waiting(&daemon, &sink).await;
    let _filler = Filler::new(daemon.dir(), "filler", free(daemon.dir()));
    wait_for_refusal(&daemon).await;
    println!("{} MiB are free once the ballast is given up", free(daemon.dir()) / MIB);
    resume(&daemon, &webhook).await;
    daemon.settled(&event, &webhook, "delivered").await;
    assert!(daemon.terminate().await.0.success(), "log:\n{}", daemon.log());
}

/// Writes of every kind that make something, each with its method, path and body.
fn makers(event: &str) -> Vec<(Method, String, Value)> {
    let webhook = json!({"url": "https://example.com/hook"});
    let hook = json!({"target_url": "https://example.com/hook", "event": "a.made"});
    let of_runs = json!({
        "eventTypes": ["ACTOR.RUN.SUCCEEDED"], "requestUrl": "https://example.com/x", "condition": {"actorId": "a"},
    });
    [
        (Method::POST, "/v1/events", json!({"type": "b.c", "data": 1})),
        (Method::POST, "/v1/webhooks", webhook),
        (Method::POST, "/v1/tokens", json!({"role": "reader"})),
        (Method::POST, "/v1/accounts", json!({"name": "other"})),
        (Method::PUT, "/v1/secrets/KEY", json!({"value": "0123456789"})),
        (Method::PUT, "/v1/event-types/a.made", json!({"description": "made"})),
        (Method::PUT, "/v1/actors/a", json!({"title": "an actor"})),
        (Method::POST, "/v1/jobs", json!({"type": "work"})),
        (Method::POST, "/v1/replays", json!({"filter": {"event_type": "a.*"}})),
        (Method::POST, &format!("/v1/events/{event}/replay"), json!({"all": true})),
        (Method::POST, "/api/hooks", hook),
        (Method::POST, "/v2/webhooks", of_runs),
        (Method::POST, "/v2/acts/a/runs", json!({})),
    ]
    .map(|(method, path, body)| (method, path.to_owned(), body))
    .into()
}

#[tokio::test]
async fn every_write_without_room_is_refused_and_the_daemon_goes_on() {
    let Some(disk) = Tmpfs::new(192) else { return };
    let sink = Sink::start().await;
    let mut daemon = Daemon::in_directory(disk.directory(), "").await;
    let (webhook, event) = waiting(&daemon, &sink).await;
    let removed = daemon.webhook(&sink.url("/gone"), json!({"events": ["no.*"]})).await;
    let filler = Filler::new(daemon.dir(), "filler", free(daemon.dir()));
    wait_for_refusal(&daemon).await;
    for (method, path, body) in makers(&event) {
        let refused = daemon.call(method, &path, Some(body)).await;
        assert_eq!(refused.status, 507, "{path}: {}", refused.text);
        assert!(refused.text.contains("the disk is full"), "{path}: {}", refused.text);
    }
    // What frees room is done, and what was accepted is delivered.
    daemon.call(Method::DELETE, &format!("/v1/webhooks/{}", removed.id), None).await.expect(204);
    daemon.get(&format!("/v1/events/{event}")).await.expect(200);
    drop(filler);
    wait_for_room(&daemon).await;
    resume(&daemon, &webhook).await;
    daemon.settled(&event, &webhook, "delivered").await;
    for (method, path, body) in makers(&event) {
        let made = daemon.call(method, &path, Some(body)).await;
        assert!([200, 201, 202].contains(&made.status), "{path}: {}", made.text);
    }
    let reported =
        daemon.log().lines().find(|line| line.contains("less disk space is free")).map(str::to_owned);
    let reported = reported.expect("the floor is logged");
    // The floor's 64 MiB, and the 32 MiB above it that make room.
    assert!(reported.contains("floor=67108864") && reported.contains("needed=100663296"), "{reported}");
    assert!(daemon.terminate().await.0.success(), "log:\n{}", daemon.log());
}

/// Fills a small disk to the last byte, and changes webhooks until a write waits for room; what fills the disk.
async fn until_a_write_waits(daemon: &Daemon, webhooks: &[Webhook]) -> [Filler; 2] {
    let first = Filler::new(daemon.dir(), "filler", free(daemon.dir()));
    let mut second = None;
    for (n, webhook) in webhooks.iter().cycle().enumerate().take(5_000) {
        let metadata = json!({"metadata": {"n": n, "text": "x".repeat(4_000)}});
        let changed =
            daemon.call(Method::PATCH, &format!("/v1/webhooks/{}", webhook.id), Some(metadata)).await;
        match (changed.status, &second) {
            // The ballast was given up: that goes, too.
            (200, None) if free(daemon.dir()) > MIB => {
                second = Some(Filler::new(daemon.dir(), "other", free(daemon.dir())));
            }
            (200, _) => {}
            (status, second_filler) => {
                assert_eq!(status, 507, "{}", changed.text);
                assert!(changed.text.contains("waiting for space"), "{}", changed.text);
                assert!(second_filler.is_some(), "the ballast was not given up");
                break;
            }
        }
    }
    wait_until("what is wrong", || daemon.log().contains("the store waits for space")).await;
    [first, second.unwrap()]
}

async fn many_webhooks(daemon: &Daemon, sink: &Sink) -> Vec<Webhook> {
    let mut webhooks = Vec::new();
    for n in 0..300 {
        webhooks.push(daemon.webhook(&sink.url(&format!("/{n}")), json!({"events": ["no.*"]})).await);
    }
    webhooks
}

#[tokio::test]
async fn a_write_that_finds_no_room_waits_for_it_and_loses_nothing() {
    let Some(disk) = Tmpfs::new(64) else { return };
    let sink = Sink::start().await;
    // Without a floor the disk is full before anybody looks.
    let mut daemon = Daemon::in_directory(disk.directory(), "[store]\ndisk_free_floor = 0").await;
    let webhooks = many_webhooks(&daemon, &sink).await;
    let (webhook, event) = waiting(&daemon, &sink).await;
    // One that has enough to send for a minute.
    let limit = json!({"events": ["slow.*"], "rate_limit": {"per_second": 10, "burst": 1}});
    let slow = daemon.webhook(&sink.url("/slow"), limit).await;
    let many: Vec<Value> = (0..600).map(|n| json!({"type": "slow.one", "data": n})).collect();
    daemon.post("/v1/events", Value::Array(many)).await.expect(202);
    wait_until("its first", || !sink.received("/slow").is_empty()).await;
    let fillers = until_a_write_waits(&daemon, &webhooks).await;
    // What could not be recorded is not sent: ten would be in this second, were it.
    let sent = sink.received("/slow").len();
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!(sink.received("/slow").len() <= sent + 1, "{sent} {}", sink.received("/slow").len());
    let pending = format!("/v1/deliveries?webhook_id={}&state=pending&order=desc", slow.id);
    let last = daemon.get(&pending).await.expect(200).json["data"][0]["id"].clone();
    wait_for("what it waits for", async || {
        let delivery = daemon.get(&format!("/v1/deliveries/{}", last.as_str().unwrap())).await.expect(200);
        (delivery.json["waiting_for"] == "journal").then_some(())
    })
    .await;
    // Reads go on, new things are refused at once, and whoever looks is told.
    daemon.get(&format!("/v1/events/{event}")).await.expect(200);
    wait_for_refusal(&daemon).await;
    drop(fillers);
    wait_until("that it goes on", || daemon.log().contains("the store continues")).await;
    wait_for_room(&daemon).await;
    resume(&daemon, &webhook).await;
    daemon.settled(&event, &webhook, "delivered").await;
    let sent = sink.received("/slow").len();
    wait_until("that it sends again", || sink.received("/slow").len() > sent + 1).await;
    daemon.call(Method::DELETE, &format!("/v1/webhooks/{}", slow.id), None).await.expect(204);
    assert!(daemon.terminate().await.0.success(), "log:\n{}", daemon.log());
}

#[tokio::test]
async fn an_end_while_a_write_waits_for_room_loses_nothing() {
    let Some(disk) = Tmpfs::new(64) else { return };
    let sink = Sink::start().await;
    let mut daemon = Daemon::in_directory(disk.directory(), "[store]\ndisk_free_floor = 0").await;
    let webhooks = many_webhooks(&daemon, &sink).await;
    let (webhook, event) = waiting(&daemon, &sink).await;
    let fillers = until_a_write_waits(&daemon, &webhooks).await;
    println!("{}", daemon.terminate().await.0);
    drop(fillers);
    daemon.restart().await;
    resume(&daemon, &webhook).await;
    daemon.settled(&event, &webhook, "delivered").await;
}

#[tokio::test]
async fn a_disk_that_is_full_before_anybody_looks_loses_no_event() {
    let Some(disk) = Tmpfs::new(64) else { return };
    let sink = Sink::start().await;
    let daemon = Daemon::in_directory(disk.directory(), "[store]\ndisk_free_floor = 0").await;
    let (webhook, first) = waiting(&daemon, &sink).await;
    let (mut accepted, last) = fill(&daemon).await;
    println!("{} large events fit; the last answer was {last:?}", accepted.len());
    assert_eq!(last, Some(507));
    accepted.push(first);
    wait_for_refusal(&daemon).await;
    has_all(&daemon, &accepted).await;
    disk.grow(512);
    wait_for_room(&daemon).await;
    resume(&daemon, &webhook).await;
    wait_for_deliveries(&daemon, &sink, &accepted).await;
}

#[tokio::test]
async fn a_backup_that_finds_no_room_hurts_nothing_else() {
    let Some(disk) = Tmpfs::new(40) else { return };
    let backups = disk.directory();
    let (dir, sink) = (tempfile::tempdir().unwrap(), Sink::start().await);
    let settings = "[store]\ndisk_free_floor = 0\n[backup]\nevery = \"1s\"\nkeep = 1\n";
    let mut daemon = Daemon::in_directory(dir, settings).await;
    let webhook = daemon.webhook(&sink.url("/in"), json!({"events": ["a.*"]})).await;
    for _ in 0..60 {
        daemon.post("/v1/events", json!({"type": "b.c", "data": "x".repeat(200_000)})).await.expect(202);
    }
    assert!(daemon.terminate().await.0.success());
    let config = daemon.dir().join("ringback.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    let dir = format!("[backup]\ndir = {:?}", backups.path());
    std::fs::write(&config, text.replace("[backup]", &dir)).unwrap();
    daemon.restart().await;

    wait_for("a failure", async || {
        (daemon.figure("ringback_backup_failures_total").await >= 1.0).then_some(())
    })
    .await;
    wait_until("the reason", || daemon.log().contains("has to keep 33554432 bytes free")).await;
    let event = daemon.event("a.b", json!(1)).await;
    daemon.settled(&event, &webhook, "delivered").await;
    daemon.admin("/readyz").await.expect(200);
    let files = || std::fs::read_dir(backups.path()).unwrap().map(|entry| entry.unwrap().file_name());
    wait_for("an empty directory", async || (files().count() == 0).then_some(())).await;
    disk.grow(128);
    wait_for("a backup", async || {
        files().any(|file| file.to_str().unwrap().ends_with("Z.backup")).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_compaction_that_finds_no_room_says_how_much_is_missing() {
    let Some(disk) = Tmpfs::new(128) else { return };
    let mut daemon = Daemon::in_directory(disk.directory(), "[store]\ndisk_free_floor = 0").await;
    let mut event = String::new();
    for _ in 0..50 {
        event = daemon.event("a.b", json!("x".repeat(200_000))).await;
    }
    assert!(daemon.terminate().await.0.success());
    let filler = Filler::new(daemon.dir(), "filler", free(daemon.dir()) - 4 * MIB);
    let (code, _, err) = daemon.offline(&["compact"]).await;
    assert_eq!((code, err.contains("more have to be free")), (4, true), "{err}");
    drop(filler);
    let (code, _, err) = daemon.offline(&["compact"]).await;
    assert_eq!(code, 0, "{err}");
    daemon.restart().await;
    daemon.get(&format!("/v1/events/{event}")).await.expect(200);
}

/// Gives a stopped daemon's store the schema 0, which never was.
fn age(store: &Path) {
    const META: TableDefinition<'_, &[u8], &[u8]> = TableDefinition::new("meta");
    let db = redb::Database::open(store).unwrap();
    let txn = db.begin_write().unwrap();
    let mut table = txn.open_table(META).unwrap();
    let old = table.insert(b"schema\0".as_slice(), [0; 4].as_slice()).unwrap();
    assert_eq!(old.unwrap().value(), ringback::store::SCHEMA.to_be_bytes());
    drop(table);
    txn.commit().unwrap();
}

#[tokio::test]
async fn a_change_of_the_schema_that_finds_no_room_for_the_copy_changes_nothing() {
    let Some(disk) = Tmpfs::new(160) else { return };
    let mut daemon = Daemon::in_directory(disk.directory(), "[store]\ndisk_free_floor = 0").await;
    for _ in 0..50 {
        daemon.event("a.b", json!("x".repeat(200_000))).await;
    }
    assert!(daemon.terminate().await.0.success());
    let store = daemon.data_dir().join("ringback.redb");
    age(&store);
    let aged = std::fs::read(&store).unwrap();
    let names = || {
        let entries = std::fs::read_dir(daemon.data_dir()).unwrap();
        entries.map(|entry| entry.unwrap().file_name()).collect::<std::collections::BTreeSet<_>>()
    };
    let before = names();

    let needed = aged.len() as u64;
    let serve = ["serve", "--dev", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let filler = Filler::new(daemon.dir(), "filler", free(daemon.dir()) - needed / 2);
    let missing = needed - free(daemon.dir());
    let (code, _, err) = daemon.offline(&serve).await;
    assert_eq!(code, 1, "{err}");
    let reported = format!("the copy of the store that is made before needs {missing} more bytes of disk");
    assert!(err.contains(&reported) && err.contains("ringback.redb"), "{err}");
    assert!(std::fs::read(&store).unwrap() == aged, "it was changed");
    assert_eq!(names(), before);

    // As much as a killed copy left is room, too. There is no step from schema 0, only its copy.
    let partial = store.with_extension("redb.schema-0.tmp");
    std::fs::write(&partial, vec![1; usize::try_from(needed / 4).unwrap()]).unwrap();
    drop(filler);
    let _filler = Filler::new(daemon.dir(), "filler", free(daemon.dir()) - needed * 7 / 8);
    let (code, _, err) = daemon.offline(&serve).await;
    assert!(code == 1 && err.contains("not a Ringback store"), "{err}");
    assert_eq!(counts(&store.with_extension("redb.schema-0")), counts(&store));
    assert!(!partial.exists());
}
