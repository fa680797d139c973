//! Backup and restore as an operator does them.

use std::path::Path;
use std::process::Stdio;

use serde_json::json;
use tokio::process::Command;

use crate::harness::daemon::BINARY;
use crate::harness::{Act, Daemon, Sink};

async fn ringback(daemon_dir: &Path, args: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(BINARY);
    command
        .arg("--config")
        .arg(daemon_dir.join("ringback.toml"))
        .arg("--data-dir")
        .arg(daemon_dir.join("data"));
    let output = command.args(args).stdin(Stdio::null()).output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

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
    let (code, out, err) = ringback(daemon.dir(), &["--admin-url", &admin, "--json", "backup", &name]).await;
    assert_eq!(code, 0, "{err}");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&out).unwrap()["state"], "written");
    daemon.kill9().await;

    let empty = Daemon::with_config("").await;
    let mut restored = empty;
    restored.terminate().await;
    std::fs::copy(daemon.data_dir().join("seal-key"), restored.data_dir().join("seal-key")).unwrap();
    std::fs::copy(daemon.token_file(), restored.token_file()).unwrap();
    let (code, _, err) = ringback(restored.dir(), &["restore", &name]).await;
    assert_eq!(code, 4, "a store that is there is not replaced unasked: {err}");
    assert!(err.contains("--replace"), "{err}");
    let (code, out, err) = ringback(restored.dir(), &["restore", &name, "--dry-run"]).await;
    assert_eq!((code, out.contains("whole")), (0, true), "{err}");
    let (code, _, err) = ringback(restored.dir(), &["restore", &name, "--replace"]).await;
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
    assert_eq!(ringback(daemon.dir(), &["--admin-url", &admin, "backup", &name]).await.0, 0);
    let (code, _, err) = ringback(daemon.dir(), &["restore", &name, "--replace"]).await;
    assert_eq!(code, 4, "a running daemon's store is not replaced");
    assert!(err.contains("another process has the store open"), "{err}");
    daemon.terminate().await;
    let whole = std::fs::read(&file).unwrap();
    let cut = dir.path().join("cut").display().to_string();
    std::fs::write(&cut, &whole[..whole.len() - 7]).unwrap();
    let (code, _, err) = ringback(daemon.dir(), &["restore", &cut, "--replace"]).await;
    assert_eq!(code, 4);
    assert!(err.contains("cut off"), "{err}");
    let key = daemon.data_dir().join("seal-key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::write(&key, "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n").unwrap();
    let (code, _, err) = ringback(daemon.dir(), &["restore", &name, "--replace"]).await;
    assert_eq!(code, 4, "{err}");
    std::fs::write(&key, kept).unwrap();
    daemon.restart().await;
    daemon.get(&format!("/v1/events/{event}")).await.expect(200);
}
