//! The daemon's life: ready, draining, alone in its directory.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::Duration;

use redb::ReadableDatabase as _;
use ringback::limits::SHUTDOWN_GRACE;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::harness::daemon::BINARY;
use crate::harness::{Act, BOUND, Daemon, Sink, wait_for};

#[tokio::test]
async fn the_ready_line_names_both_listeners_and_the_store() {
    let mut daemon = Daemon::start().await;
    let line = daemon.ready_line().to_owned();
    assert!(line.starts_with("ready  http://127.0.0.1:"), "{line}");
    assert!(line.contains("admin http://127.0.0.1:"), "{line}");
    assert!(line.trim_end().ends_with(&format!("store {}", daemon.data_dir().display())), "{line}");
    assert!(!line.contains(":0 "), "a port that was chosen is named: {line}");
    assert_eq!(daemon.admin("/readyz").await.status, 200);
    assert_eq!(daemon.admin("/livez").await.status, 200);
    let (status, rest) = daemon.terminate().await;
    assert!(status.success(), "{status}; log:\n{}", daemon.log());
    assert_eq!(rest, "", "standard output is for results only");
}

#[tokio::test]
async fn the_first_start_writes_a_token_for_its_owner_alone() {
    let mut daemon = Daemon::start().await;
    let token = std::fs::read_to_string(daemon.token_file()).unwrap();
    assert!(token.starts_with("rb_"));
    for file in
        [daemon.token_file(), daemon.data_dir().join("seal-key"), daemon.data_dir().join("ringback.redb")]
    {
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }
    assert!(!daemon.log().contains(token.trim()), "the token is in the log");
    assert!(!daemon.ready_line().contains(token.trim()));
    daemon.terminate().await;
    daemon.restart().await;
    assert_eq!(std::fs::read_to_string(daemon.token_file()).unwrap(), token, "a second start keeps it");
    daemon.get("/v1/webhooks").await.expect(200);
}

/// Whether the store of a stopped daemon says that its last run was no crash.
fn ended_in_order(daemon: &Daemon) -> bool {
    const META: redb::TableDefinition<'_, &[u8], &[u8]> = redb::TableDefinition::new("meta");
    let db = redb::ReadOnlyDatabase::open(daemon.data_dir().join("ringback.redb")).unwrap();
    let table = db.begin_read().unwrap().open_table(META).unwrap();
    table.get(b"clean\0".as_slice()).unwrap().unwrap().value() == [1]
}

#[tokio::test]
async fn a_lost_admin_token_is_recovered_while_the_daemon_is_stopped() {
    let recover = ["--json", "token", "recover"];
    let mut daemon = Daemon::start().await;
    let event = daemon.event("a.b", json!(1)).await;
    let lost = daemon.get("/v1/tokens").await.expect(200).json["data"][0].clone();
    let old = std::fs::read_to_string(daemon.token_file()).unwrap();
    std::fs::remove_file(daemon.token_file()).unwrap();
    let (code, _, err) = daemon.offline(&recover).await;
    assert!(code == 4 && err.contains("stop the daemon first"), "{code}: {err}");
    assert!(!daemon.token_file().exists());
    daemon.kill9().await;

    let (code, out, err) = daemon.offline(&recover).await;
    assert_eq!(code, 0, "{err}");
    let reported: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(reported, json!({"file": daemon.token_file().display().to_string(), "state": "made"}));
    let token = std::fs::read_to_string(daemon.token_file()).unwrap();
    assert!(token != old && token.starts_with("rb_"), "another one");
    assert_eq!(std::fs::metadata(daemon.token_file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!ended_in_order(&daemon), "the crash is for the next start to find");
    let (code, out, err) = daemon.offline(&recover).await;
    assert!(code == 0 && out.contains("not changed"), "{out}{err}");
    assert_eq!(std::fs::read_to_string(daemon.token_file()).unwrap(), token);

    daemon.restart().await;
    daemon.get(&format!("/v1/events/{event}")).await.expect(200);
    let tokens = daemon.get("/v1/tokens").await.expect(200).json["data"].clone();
    assert_eq!(tokens.as_array().unwrap().len(), 2, "{tokens}");
    let path = format!("/v1/tokens/{}", lost["id"].as_str().unwrap());
    daemon.call(http::Method::DELETE, &path, None).await.expect(204);
    daemon.terminate().await;
    assert_eq!(daemon.offline(&recover).await.0, 0);
    assert!(ended_in_order(&daemon));

    std::fs::remove_file(daemon.data_dir().join("ringback.redb")).unwrap();
    let (code, _, err) = daemon.offline(&recover).await;
    assert!(code == 3 && err.contains("there is no store"), "{code}: {err}");
    assert!(!daemon.data_dir().join("ringback.redb").exists());
}

#[tokio::test]
async fn a_stopping_daemon_lets_attempts_in_flight_end() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.always("/in", Act::After(Duration::from_millis(500), 200));
    let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
    let event = daemon.event("a.b", json!(1)).await;
    sink.wait("/in", 1).await;
    let (status, _) = daemon.terminate().await;
    assert!(status.success(), "{status}");
    daemon.restart().await;
    daemon.settled(&event, &webhook, "delivered").await;
    assert_eq!(sink.received("/in").len(), 1, "its outcome was recorded before the end");
}

#[tokio::test]
async fn a_second_ctrl_c_stops_at_once() {
    let settings = "[dispatch]\ndrain_time = \"10m\"";
    let (mut daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    sink.first("/in", [Act::Hang]);
    let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
    let event = daemon.event("a.b", json!(1)).await;
    sink.wait("/in", 1).await;
    daemon.interrupt();
    wait_for("what it waits for", async || daemon.log().contains("Ctrl-C again stops at once").then_some(()))
        .await;
    daemon.interrupt();
    assert_eq!(daemon.ended().await.code(), Some(1));
    assert!(daemon.log().contains("stopped at once"), "{}", daemon.log());
    daemon.restart().await;
    daemon.settled(&event, &webhook, "delivered").await;
}

#[tokio::test]
async fn what_does_not_end_in_time_is_due_again() {
    let (mut daemon, sink) =
        (Daemon::with_config("[dispatch]\ndrain_time = \"200ms\"").await, Sink::start().await);
    sink.first("/in", [Act::Hang]);
    let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
    let event = daemon.event("a.b", json!(1)).await;
    sink.wait("/in", 1).await;
    assert!(daemon.terminate().await.0.success());
    daemon.restart().await;
    daemon.settled(&event, &webhook, "delivered").await;
}

#[tokio::test]
async fn a_second_daemon_in_a_directory_is_refused() {
    let daemon = Daemon::start().await;
    let mut command = Daemon::command(daemon.dir());
    let ended = timeout(BOUND, command.stderr(Stdio::piped()).output()).await.expect("it went on").unwrap();
    assert!(!ended.status.success());
    assert!(ended.stdout.is_empty());
    let reported = String::from_utf8(ended.stderr).unwrap();
    assert!(reported.contains("data"), "the directory is named: {reported}");
    daemon.get("/v1/webhooks").await.expect(200);
}

#[tokio::test]
async fn a_bad_configuration_ends_with_78_and_touches_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ringback.toml");
    std::fs::write(&file, "lisen = \"127.0.0.1:1\"\n").unwrap();
    for command in ["serve", "check"] {
        let mut command = std::process::Command::new(BINARY)
            .arg(command)
            .arg("--config")
            .arg(&file)
            .current_dir(dir.path())
            .output();
        let output = command.as_mut().unwrap();
        assert_eq!(output.status.code(), Some(78));
        let reported = String::from_utf8_lossy(&output.stderr);
        assert!(reported.contains("ringback.toml:1: lisen") && reported.contains("`listen`"), "{reported}");
    }
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing was written");
}

#[tokio::test]
async fn status_tells_how_it_is() {
    let daemon = Daemon::start().await;
    let answer = daemon.admin("/admin/status").await.expect(200);
    assert!(answer.json.is_object());
    let metrics = daemon.admin("/metrics").await.expect(200);
    assert!(metrics.text.contains("ringback_events_accepted_total"));
}

#[tokio::test]
async fn a_missing_seal_key_is_named_and_not_replaced() {
    let mut daemon = Daemon::start().await;
    daemon.terminate().await;
    let key = daemon.data_dir().join("seal-key");
    std::fs::remove_file(&key).unwrap();
    let output = Daemon::command(daemon.data_dir().parent().unwrap()).stderr(Stdio::piped()).output();
    let output = timeout(BOUND, output).await.unwrap().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains(&format!("the seal key {} is gone", key.display())), "{said}");
    assert!(!key.exists(), "a new key would hide that the old one is needed");
}

#[tokio::test]
async fn a_stream_without_end_is_ended_and_holds_nothing_up() {
    let mut daemon = Daemon::start().await;
    let token = std::fs::read_to_string(daemon.token_file()).unwrap();
    let address = daemon.ready_line().split("http://").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    let line = "{\"type\":\"a.b\",\"data\":1}\n";
    let request = format!(
        "POST /v1/events HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-type: application/x-ndjson\r\n\
         transfer-encoding: chunked\r\n\r\n{:x}\r\n{line}\r\n",
        token.trim(),
        line.len()
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut heard = Vec::new();
    while !String::from_utf8_lossy(&heard).contains("\"line\":1,\"id\":\"evt_") {
        assert_ne!(timeout(BOUND, stream.read_buf(&mut heard)).await.unwrap().unwrap(), 0);
    }
    let asked = ringback::clock::monotonic();
    assert!(daemon.terminate().await.0.success());
    assert!(asked.elapsed() < SHUTDOWN_GRACE, "the open stream held it up: {:?}", asked.elapsed());
    let _ = timeout(BOUND, stream.read_to_end(&mut heard)).await.unwrap();
    let heard = String::from_utf8_lossy(&heard);
    assert!(heard.contains("\"line\":2,\"error\"") && heard.contains("draining"), "{heard}");
}
