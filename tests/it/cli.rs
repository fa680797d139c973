//! The command line against a real daemon: exit codes, and the same through a pipe.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::harness::daemon::BINARY;
use crate::harness::{Daemon, Sink};

#[tokio::test]
async fn the_daily_commands_work() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    let (code, out, err) = daemon.cli(&["webhook", "add", &sink.url("/in"), "--json"]).await;
    assert_eq!((code, err.as_str()), (0, ""));
    let webhook: Value = serde_json::from_str(&out).unwrap();
    let id = webhook["id"].as_str().unwrap();
    let (code, out, _) =
        daemon.cli(&["event", "send", "--type", "a.b", "--data", "{\"n\":1}", "--json"]).await;
    assert_eq!(code, 0);
    let event: Value = serde_json::from_str(&out).unwrap();
    sink.wait("/in", 1).await;
    let event = event["id"].as_str().unwrap();
    for (args, expected) in [
        (vec!["webhook", "list"], id),
        (vec!["webhook", "show", id], id),
        (vec!["event", "list"], event),
        (vec!["event", "show", event], "a.b"),
        (vec!["delivery", "list"], id),
        (vec!["webhook", "pause", id], "paused"),
        (vec!["webhook", "resume", id], "active"),
        (vec!["webhook", "test", id], "evt_"),
        (vec!["webhook", "rotate", id], "whsec_"),
        (vec!["token", "list"], "admin"),
        (vec!["token", "create", "--role", "reader"], "rb_"),
        (vec!["status"], "version"),
        (vec!["status", "--wait"], "version"),
        (vec!["webhook", "rm", id], "removed"),
    ] {
        let (code, out, err) = daemon.cli(&args).await;
        assert_eq!(code, 0, "{args:?}: {err}");
        assert!(out.contains(expected), "{args:?}: {out}");
        assert!(!out.contains('\u{1b}'), "colour in a pipe: {args:?}");
    }
}

#[tokio::test]
async fn every_end_has_its_exit_code() {
    let daemon = Daemon::start().await;
    for (args, expected) in [
        (vec!["webhook", "show", "wh_00000000000000000000000000"], 3),
        (vec!["webhook", "add", "ftp://x/"], 4),
        (vec!["webhook", "list", "--token", "rb_wrong"], 6),
        (vec!["event", "send", "--type", "a.b", "--data", "{"], 2),
        (vec!["event", "send", "--type", "a b", "--data", "1"], 4),
    ] {
        let (code, out, err) = daemon.cli(&args).await;
        assert_eq!(code, expected, "{args:?}: {err}");
        assert_eq!(out, "", "errors go to standard error");
        assert_eq!(err.lines().count(), 1, "{err}");
    }
    let (_, _, err) = daemon.cli(&["webhook", "add", "ftp://x/"]).await;
    assert!(err.contains("/url"), "the member is named: {err}");
}

#[tokio::test]
async fn data_comes_through_standard_input() {
    let daemon = Daemon::start().await;
    let mut command = Command::new(BINARY);
    command.args(["event", "send", "--type", "a.b", "--data", "-", "--json", "--url", daemon.url()]);
    command.env("RINGBACK_DATA_DIR", daemon.data_dir()).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(b"{\"n\":7}").await.unwrap();
    let output = child.wait_with_output().await.unwrap();
    assert!(output.status.success());
    let event: Value = serde_json::from_slice(&output.stdout).unwrap();
    let shown = daemon.get(&format!("/v1/events/{}", event["id"].as_str().unwrap())).await.expect(200);
    assert_eq!(shown.json["data"], json!({"n": 7}));
}

#[tokio::test]
async fn a_reader_that_leaves_ends_it_quietly() {
    let daemon = Daemon::start().await;
    daemon.event("a.b", json!("x".repeat(100_000))).await;
    let mut command = Command::new(BINARY);
    command
        .args(["event", "list", "--json", "--url", daemon.url()])
        .env("RINGBACK_DATA_DIR", daemon.data_dir());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().await.unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""));
}

#[tokio::test]
async fn nobody_there_is_5() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let output = Command::new(BINARY).args(["event", "list", "--url", &url]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(5));
    assert!(String::from_utf8_lossy(&output.stderr).contains("ringback serve"));
}

#[tokio::test]
async fn verify_says_why() {
    let dir = tempfile::tempdir().unwrap();
    let headers = dir.path().join("headers");
    std::fs::write(&headers, "webhook-id: msg_1\nwebhook-timestamp: 1\nwebhook-signature: v1,AAAA\n")
        .unwrap();
    let mut command = Command::new(BINARY);
    command.args([
        "verify",
        "--secret",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "--body",
        "{}",
        "--header-file",
    ]);
    let output = command.arg(&headers).output().await.unwrap();
    assert_eq!(output.status.code(), Some(4));
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("timestamp"), "{told}");
}

#[tokio::test]
async fn the_version_is_one_line() {
    let output = Command::new(BINARY).arg("--version").output().await.unwrap();
    let expected = format!("ringback {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
    let output = Command::new(BINARY).args(["version", "--json"]).output().await.unwrap();
    let about: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(about["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(about["store_schema"], ringback::store::SCHEMA);
}

#[tokio::test]
async fn secrets_come_from_files_and_are_never_shown() {
    let daemon = Daemon::start().await;
    let file = daemon.dir().join("secret");
    std::fs::write(&file, "canary\n").unwrap();
    let from = format!("@{}", file.display());
    let (code, out, err) = daemon.cli(&["secret", "set", "KEY", &from]).await;
    assert_eq!(code, 0, "{err}");
    let (code, listed, _) = daemon.cli(&["secret", "list"]).await;
    assert!(code == 0 && listed.contains("KEY"), "{listed}");
    assert!(!(out + &listed).contains("canary"));
    assert_eq!(daemon.cli(&["secret", "set", "KEY", "canary"]).await.0, 2, "not in a list of processes");
    assert_eq!(daemon.cli(&["secret", "set", "no", &from]).await.0, 4);
    assert_eq!(daemon.cli(&["secret", "rm", "KEY"]).await.0, 0);
    assert_eq!(daemon.cli(&["secret", "rm", "KEY"]).await.0, 3);
}
