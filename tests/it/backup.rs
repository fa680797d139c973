//! Backup and restore as an operator does them.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures_util::future::join_all;
use serde_json::json;

use crate::harness::{Act, Daemon, Sink, wait_for, wait_until};

/// The drill: on an empty machine, with the backup and the seal key, everything goes on.
#[tokio::test]
async fn what_was_pending_is_delivered_by_a_restored_daemon() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.always("/in", Act::Status(503));
    let webhook = daemon.webhook(&sink.url("/in"), json!({"profile": "patient"})).await;
    let event = daemon.event("a.b", json!({"n": 1})).await;
    sink.wait("/in", 1).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("backup");
    let (name, admin) = (file.display().to_string(), daemon.admin_url().to_owned());
    let (code, out, err) = daemon.offline(&["--admin-url", &admin, "--json", "backup", &name]).await;
    assert_eq!(code, 0, "{err}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap()["state"], "written");
    daemon.kill9().await;

    let empty = Daemon::with_config("").await;
    let mut restored = empty;
    restored.terminate().await;
    std::fs::copy(daemon.data_dir().join("seal-key"), restored.data_dir().join("seal-key")).unwrap();
    std::fs::copy(daemon.token_file(), restored.token_file()).unwrap();
    let (code, _, err) = restored.offline(&["restore", &name]).await;
    assert_eq!(code, 4, "a store that is there is not replaced unasked: {err}");
    assert!(err.contains("--replace"), "{err}");
    let (code, out, err) = restored.offline(&["restore", &name, "--dry-run"]).await;
    assert_eq!((code, out.contains("whole")), (0, true), "{err}");
    let (code, _, err) = restored.offline(&["restore", &name, "--replace"]).await;
    assert_eq!(code, 0, "{err}");
    restored.restart().await;
    sink.always("/in", Act::Status(200));
    let delivery = &restored.get("/v1/deliveries").await.expect(200).json["data"][0];
    assert_eq!((&delivery["event_id"], &delivery["webhook_id"]), (&json!(event), &json!(webhook.id)));
    let id = delivery["id"].as_str().unwrap();
    restored.post(&format!("/v1/deliveries/{id}/retry"), json!({})).await;
    restored.settled(&event, &webhook, "delivered").await;
    let received = sink.received("/in");
    assert_eq!(received[0].body, received.last().unwrap().body, "the same bytes as before the backup");
}

#[tokio::test]
async fn a_restore_without_the_key_or_with_a_damaged_file_changes_nothing() {
    let mut daemon = Daemon::start().await;
    let event = daemon.event("a.b", json!(1)).await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("backup");
    let (name, admin) = (file.display().to_string(), daemon.admin_url().to_owned());
    assert_eq!(daemon.offline(&["--admin-url", &admin, "backup", &name]).await.0, 0);
    let (code, _, err) = daemon.offline(&["restore", &name, "--replace"]).await;
    assert_eq!(code, 4, "a running daemon's store is not replaced");
    assert!(err.contains("another process has the store open"), "{err}");
    daemon.terminate().await;
    let whole = std::fs::read(&file).unwrap();
    let cut = dir.path().join("cut").display().to_string();
    std::fs::write(&cut, &whole[..whole.len() - 7]).unwrap();
    let (code, _, err) = daemon.offline(&["restore", &cut, "--replace"]).await;
    assert_eq!(code, 4);
    assert!(err.contains("cut off"), "{err}");
    let key = daemon.data_dir().join("seal-key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::write(&key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").unwrap();
    let (code, _, err) = daemon.offline(&["restore", &name, "--replace"]).await;
    assert_eq!(code, 4, "{err}");
    std::fs::write(&key, kept).unwrap();
    daemon.restart().await;
    daemon.get(&format!("/v1/events/{event}")).await.expect(200);
}

/// What is in a directory.
fn files(dir: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(dir).into_iter().flatten();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test]
async fn scheduled_backups_are_made_kept_reported_and_not_repeated() {
    let begun = ringback::clock::now().as_secs() as f64;
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("backups");
    let settings = |every: &str| format!("[backup]\ndir = {dir:?}\nevery = \"{every}\"\nkeep = 2\n");
    let mut daemon = Daemon::with_config(&settings("1s")).await;
    wait_until("a backup", || !files(&dir).is_empty()).await;
    let others = ["notes.txt", "ringback-29990101T000000Z.backup"].map(str::to_owned);
    for other in &others {
        std::fs::write(dir.join(other), "mine").unwrap();
    }
    let mut seen = BTreeSet::new();
    wait_until("four backups", || {
        seen.extend(files(&dir).into_iter().filter(|file| file.ends_with("Z.backup")));
        seen.len() > 4
    })
    .await;
    for line in ["backup made", "removed an old backup"] {
        wait_until(line, || daemon.log().contains(line)).await;
    }
    let reported = daemon.get("/v1/events?type=backup.finished").await.expect(200);
    assert!(!reported.json["data"].as_array().unwrap().is_empty());
    assert_eq!(daemon.figure("ringback_backup_interval_seconds").await, 1.0);
    assert_eq!(daemon.figure("ringback_backup_failures_total").await, 0.0);
    assert!(daemon.terminate().await.0.success());

    let kept = files(&dir);
    assert!(kept.is_superset(&others.iter().cloned().collect()), "{kept:?}");
    let ours: Vec<_> = kept.iter().filter(|file| !others.contains(file)).collect();
    assert_eq!(ours.len(), 2, "nothing else, and no half one: {kept:?}");
    for file in &ours {
        let file = dir.join(file).display().to_string();
        let (code, _, err) = daemon.offline(&["restore", &file, "--dry-run"]).await;
        assert_eq!(code, 0, "{err}");
    }

    let config = daemon.dir().join("ringback.toml");
    let text = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, text.replace(&settings("1s"), &settings("1h"))).unwrap();
    daemon.restart().await;
    let newest = wait_for("the newest one's time", async || {
        Some(daemon.figure("ringback_last_backup_success_timestamp_seconds").await).filter(|at| *at > 0.0)
    })
    .await;
    let now = ringback::clock::now().as_secs() as f64;
    assert!((begun..=now).contains(&newest), "{newest}, not from {begun} to {now}");
    assert_eq!(files(&dir), kept, "none is due");
}

#[tokio::test]
async fn a_scheduled_backup_that_fails_is_reported_and_tried_again() {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("backups");
    std::fs::write(&dir, "a file in its place").unwrap();
    let daemon = Daemon::with_config(&format!("[backup]\ndir = {dir:?}\nevery = \"1s\"")).await;
    wait_for("a failure", async || {
        (daemon.figure("ringback_backup_failures_total").await >= 1.0).then_some(())
    })
    .await;
    let line = wait_for("a line of it", async || {
        daemon.log().lines().find(|line| line.contains("was not made")).map(str::to_owned)
    })
    .await;
    assert!(line.contains("level=error") && line.contains("backups"), "{line}");
    assert_eq!(daemon.figure("ringback_last_backup_success_timestamp_seconds").await, 0.0);
    let event = wait_for("its event", async || {
        let reported = daemon.get("/v1/events?type=backup.failed").await.expect(200);
        reported.json["data"].get(0).cloned()
    })
    .await;
    let event = daemon.get(&format!("/v1/events/{}", event["id"].as_str().unwrap())).await.expect(200);
    assert!(event.json["data"]["error"].is_string(), "{}", event.text);
    assert!(!event.text.contains("backups"), "the host's paths are nobody's business: {}", event.text);
    std::fs::remove_file(&dir).unwrap();
    wait_until("a backup", || files(&dir).iter().any(|file| file.ends_with("Z.backup"))).await;
}

/// Posts events with growing numbers until told to stop; gives the numbers that were accepted.
async fn produce(daemon: &Daemon, next: &AtomicU64, stop: &AtomicBool, accepted: &Mutex<BTreeSet<u64>>) {
    while !stop.load(Ordering::Relaxed) {
        let number = next.fetch_add(1, Ordering::Relaxed);
        daemon.event("a.b", json!(number)).await;
        accepted.lock().unwrap().insert(number);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_load_is_whole_and_what_was_pending_in_it_is_delivered() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    let settings = json!({"collect": true, "profile": "verbatim", "events": ["a.*"]});
    let webhook = daemon.webhook(&sink.url("/in"), settings).await;
    daemon.post(&format!("/v1/webhooks/{}/pause", webhook.id), json!({})).await.expect(200);
    // Something to read while events come.
    for _ in 0..30 {
        daemon.event("b.c", json!("x".repeat(200_000))).await;
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("backup");
    let (next, stop, accepted) = (AtomicU64::new(0), AtomicBool::new(false), Mutex::default());
    let producers = join_all((0..4).map(|_| produce(&daemon, &next, &stop, &accepted)));
    let backup = async {
        wait_until("some events", || accepted.lock().unwrap().len() > 50).await;
        // Until events came meanwhile: a slow disk takes few of them, and reading may be quick all the same.
        let (before, during) = wait_for("a backup under load", async || {
            let before = accepted.lock().unwrap().clone();
            let _ = std::fs::remove_file(&file);
            daemon.backup(&file).await;
            let during = accepted.lock().unwrap().len() - before.len();
            (during > 0).then_some((before, during))
        })
        .await;
        stop.store(true, Ordering::Relaxed);
        (before, during)
    };
    let (_, (before, during)) = tokio::join!(producers, backup);
    println!("{} events before the backup, {during} while it was written", before.len());

    let mut restored = Daemon::start().await;
    restored.terminate().await;
    std::fs::copy(daemon.data_dir().join("seal-key"), restored.data_dir().join("seal-key")).unwrap();
    std::fs::copy(daemon.token_file(), restored.token_file()).unwrap();
    drop(daemon);
    let file = file.display().to_string();
    let (code, _, err) = restored.offline(&["restore", &file, "--replace"]).await;
    assert_eq!(code, 0, "{err}");
    restored.restart().await;
    restored.post(&format!("/v1/webhooks/{}/resume", webhook.id), json!({})).await.expect(200);
    wait_for("an empty backlog", async || {
        let status = restored.admin("/admin/status").await.expect(200);
        (status.json["store"]["pending_deliveries"] == 0).then_some(())
    })
    .await;
    let arrived: Vec<u64> =
        sink.received("/in").iter().map(|request| request.json().as_u64().unwrap()).collect();
    let once: BTreeSet<u64> = arrived.iter().copied().collect();
    assert_eq!(once.len(), arrived.len(), "each once");
    assert!(once.is_superset(&before), "lost: {:?}", before.difference(&once));
    assert!(once.is_subset(&accepted.into_inner().unwrap()));
}
