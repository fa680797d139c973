//! Export and import as an operator does them, and an import that is killed midway.
//!
//! `RINGBACK_KILLS` sets how often it is killed (6).

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use ringback::clock;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::harness::daemon::binary;
use crate::harness::{Act, Daemon, Sink};

/// The words of a command as they are given.
fn name(path: &Path) -> String {
    path.display().to_string()
}

async fn export(daemon: &Daemon, file: &Path) -> Value {
    let (code, out, err) = daemon.cli(&["--json", "export", &name(file)]).await;
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

/// A stopped daemon with the seal key and the token of another, but a store of its own.
pub(crate) async fn beside(daemon: &Daemon) -> Daemon {
    let mut other = Daemon::with_config("").await;
    other.terminate().await;
    std::fs::copy(daemon.data_dir().join("seal-key"), other.data_dir().join("seal-key")).unwrap();
    std::fs::copy(daemon.token_file(), other.token_file()).unwrap();
    other
}

/// An export's lines but for the audit log, which goes on, and the end, which is a digest of all.
fn of_the_store(export: &str) -> Vec<&str> {
    let goes_on = [r#""kind":"audit""#, r#""kind":"end""#, r#""name":"audit""#];
    export.lines().filter(|line| !goes_on.iter().any(|part| line.contains(part))).collect()
}

#[tokio::test]
async fn what_was_pending_is_delivered_by_a_daemon_with_an_import() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.always("/in", Act::Status(503));
    let webhook = daemon.webhook(&sink.url("/in"), json!({"profile": "patient"})).await;
    let event = daemon.event("a.b", json!({"n": 1})).await;
    daemon.attempted(&event, &webhook, 1).await;
    let dir = tempfile::tempdir().unwrap();
    let (one, two) = (dir.path().join("one"), dir.path().join("two"));
    let reported = export(&daemon, &one).await;
    assert_eq!(reported["state"], "written");
    daemon.kill9().await;
    let text = std::fs::read_to_string(&one).unwrap();
    assert!(!text.contains(&webhook.secret) && text.contains(&webhook.id) && text.contains(&event));

    let mut other = beside(&daemon).await;
    let (code, _, err) = other.offline(&["import", &name(&one)]).await;
    assert_eq!(code, 4, "a store that is there is not replaced unasked: {err}");
    assert!(err.contains("--replace"), "{err}");
    let (code, out, err) = other.offline(&["import", &name(&one), "--dry-run", "--replace"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("would be replaced") && out.contains("delivery"), "{out}");
    let (code, out, err) = other.offline(&["--json", "import", &name(&one), "--replace"]).await;
    assert_eq!(code, 0, "{err}");
    let imported: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&imported["state"], &imported["kinds"]), (&json!("imported"), &reported["kinds"]));

    other.restart().await;
    let (code, _, err) = other.offline(&["import", &name(&one), "--replace"]).await;
    assert_eq!(code, 4, "a running daemon's store is not replaced");
    assert!(err.contains("another process has the store open"), "{err}");
    export(&other, &two).await;
    let second = std::fs::read_to_string(&two).unwrap();
    assert!(second.contains("store.import"));
    assert_eq!(of_the_store(&second), of_the_store(&text), "an export of an import is the export");
    sink.always("/in", Act::Status(200));
    let delivery = other.delivery(&event, &webhook).await.unwrap();
    other.post(&format!("/v1/deliveries/{}/retry", delivery["id"].as_str().unwrap()), json!({})).await;
    other.settled(&event, &webhook, "delivered").await;
    let received = sink.received("/in");
    assert_eq!(received[0].body, received.last().unwrap().body, "the same bytes as before");
}

#[tokio::test]
async fn an_export_goes_through_a_pipe_and_its_reader_may_leave() {
    let mut daemon = Daemon::start().await;
    for n in 0..20 {
        daemon.event("a.b", json!({"n": n, "pad": "x".repeat(100_000)})).await;
    }
    let (code, out, err) = daemon.cli(&["export"]).await;
    assert_eq!((code, err.as_str()), (0, ""));
    assert!(out.starts_with("{\"kind\":\"ringback_export\""), "{}", &out[..100]);
    let mut command = binary();
    command.args(["export", "--admin-url", daemon.admin_url()]).env("RINGBACK_DATA_DIR", daemon.data_dir());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().await.unwrap();
    assert_eq!((ended.status.code(), String::from_utf8_lossy(&ended.stderr).as_ref()), (Some(0), ""));
    daemon.terminate().await;

    // Half of it is no export, whatever it is called.
    let half = daemon.dir().join("half");
    std::fs::write(&half, &out.as_bytes()[..out.len() / 2]).unwrap();
    let (code, _, err) = daemon.offline(&["import", &name(&half), "--replace"]).await;
    assert_eq!(code, 4, "{err}");
    assert!(err.contains("cut off"), "{err}");
    daemon.restart().await;
}

fn import(dir: &Path, file: &Path) -> Command {
    let mut command = binary();
    command.arg("--config").arg(dir.join("ringback.toml")).arg("--data-dir").arg(dir.join("data"));
    command.arg("import").arg(file).arg("--replace");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    command
}

/// The length of what an import leaves beside the store before it is done.
fn unfinished(data: &Path, store: &Path) -> Option<u64> {
    let files = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    let ballast = store.with_extension("redb.ballast");
    let named = |path: &PathBuf| {
        let beside = path.to_string_lossy().starts_with(&*store.to_string_lossy());
        beside && path != store && *path != ballast
    };
    files.filter(named).map(|path| path.metadata().unwrap().len()).max()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_that_is_killed_leaves_the_store_as_it_was_and_can_be_repeated() {
    let kills = std::env::var("RINGBACK_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(6u32);
    let mut target = Daemon::start().await;
    // More than one commit's worth.
    let events: Vec<Value> =
        (0..100).map(|n| json!({"type": "a.b", "data": {"n": n, "pad": "x".repeat(6_000)}})).collect();
    for _ in 0..20 {
        target.post("/v1/events", json!(events)).await.expect(202);
    }
    let file = target.dir().join("export");
    export(&target, &file).await;
    let later = target.event("later.one", json!(1)).await;
    target.terminate().await;

    let mut scratch = beside(&target).await;
    let begun = clock::monotonic();
    assert!(import(scratch.dir(), &file).status().await.unwrap().success());
    let whole = begun.elapsed();
    scratch.restart().await;

    let store = target.data_dir().join("ringback.redb");
    let before = std::fs::read(&store).unwrap();
    let (mut midway, mut finished) = (0, 0);
    for kill in 0..kills {
        let inode = std::fs::metadata(&store).unwrap().ino();
        let mut child = import(target.dir(), &file).spawn().unwrap();
        // The moment of the kill is what is tested.
        tokio::time::sleep(whole * (2 * kill + 1) / (2 * kills)).await;
        child.kill().await.unwrap();
        if std::fs::metadata(&store).unwrap().ino() != inode {
            finished += 1;
            std::fs::write(&store, &before).unwrap();
            continue;
        }
        midway += u32::from(unfinished(&target.data_dir(), &store).is_some_and(|length| length > 0));
        target.restart().await;
        target.get(&format!("/v1/events/{later}")).await.expect(200);
        target.terminate().await;
    }
    println!("RINGBACK_KILLS={kills}: {midway} midway, {finished} too late, one import takes {whole:?}");
    assert!(midway > 0, "none of {kills} kills came while it wrote");

    assert!(import(target.dir(), &file).status().await.unwrap().success(), "what a kill left is no obstacle");
    assert_eq!(unfinished(&target.data_dir(), &store), None);
    target.restart().await;
    target.get(&format!("/v1/events/{later}")).await.expect(404);
    let page = target.get("/v1/events?limit=1").await.expect(200);
    assert_eq!(page.json["data"][0]["type"], "a.b");
}
