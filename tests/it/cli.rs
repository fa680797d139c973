//! The command line against a real daemon: exit codes, and the same through a pipe.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;

use crate::harness::daemon::BINARY;
use crate::harness::{Act, Daemon, Sink, wait_for};

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

/// A list that is longer than a page says how it goes on, and takes its own word.
#[tokio::test]
async fn tokens_of_many_roles_are_made_and_listed_page_by_page() {
    let daemon = Daemon::start().await;
    let make =
        ["token", "create", "--role", "producer", "--role", "manager", "--expires-in", "30d", "--json"];
    let (code, out, err) = daemon.cli(&make).await;
    assert_eq!(code, 0, "{err}");
    let made: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&made["roles"], &made["role"]), (&json!(["producer", "manager"]), &Value::Null));
    let (code, out, err) = daemon.cli(&["token", "list", "--limit", "1"]).await;
    let shown = format!("{out}{err}");
    assert!(code == 0 && out.contains("producer") && out.contains("manager"), "{shown}");
    assert!(out.contains(&made["expires_at"].as_str().unwrap()[..10]), "{shown}");
    let (_, cursor) = shown.split_once("--cursor ").unwrap_or_else(|| panic!("{shown}"));
    let cursor = cursor.split_whitespace().next().unwrap();
    let (code, out, err) = daemon.cli(&["token", "list", "--limit", "1", "--cursor", cursor]).await;
    assert!(code == 0 && out.contains("admin") && !out.contains("producer"), "{out}{err}");
    let (code, _, err) = daemon.cli(&["token", "create"]).await;
    assert!(code == 2 && err.contains("--role"), "{err}");
}

/// Exit codes are part of the command line's contract, for every command.
#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a table with a line per command")]
async fn every_end_has_its_exit_code() {
    const NO_WEBHOOK: &str = "wh_00000000000000000000000000";
    const NO_EVENT: &str = "evt_00000000000000000000000000";
    const NO_DELIVERY: &str = "dlv_00000000000000000000000000";
    const NO_REPLAY: &str = "rpl_00000000000000000000000000";
    const NO_JOB: &str = "job_00000000000000000000000000";
    let mut daemon = Daemon::start().await;
    let (url, admin) = (daemon.url().to_owned(), daemon.admin_url().to_owned());
    let bad = daemon.dir().join("bad.toml");
    std::fs::write(&bad, "listne = \"x\"\n").unwrap();
    let no_export = daemon.dir().join("no-export");
    std::fs::write(&no_export, "{}\n").unwrap();
    let (bad, no_export) = (bad.display().to_string(), no_export.display().to_string());
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nobody = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let expected: Vec<(i32, Vec<&str>)> = vec![
        (0, vec!["status"]),
        (0, vec!["check"]),
        (0, vec!["openapi"]),
        (0, vec!["version"]),
        (0, vec!["event", "list"]),
        (0, vec!["webhook", "list"]),
        (0, vec!["delivery", "list"]),
        (0, vec!["job", "list"]),
        (0, vec!["account", "list"]),
        (0, vec!["account", "create", "team"]),
        (0, vec!["secret", "list"]),
        (0, vec!["token", "list"]),
        (0, vec!["audit", "list"]),
        (0, vec!["audit", "export"]),
        (0, vec!["audit", "verify"]),
        (0, vec!["replay", "list"]),
        (0, vec!["replay", "--state", "failed", "--dry-run"]),
        (0, vec!["export"]),
        (0, vec!["support-bundle"]),
        (1, vec!["support-bundle", "/nowhere/bundle"]),
        (2, vec!["nonsense"]),
        (2, vec!["replay"]),
        (2, vec!["event", "replay"]),
        (2, vec!["event", "replay", NO_EVENT, "--state", "failed"]),
        (2, vec!["event", "send", "--type", "a.b", "--data", "{"]),
        (2, vec!["secret", "set", "KEY", "in-place"]),
        (2, vec!["import", "/nowhere/export"]),
        (2, vec!["restore", "/nowhere/backup"]),
        (2, vec!["audit", "verify", "/nowhere/log"]),
        (2, vec!["audit", "verify", &no_export, "--head", "12"]),
        (2, vec!["backup", "/"]),
        (2, vec!["webhook", "list", "--url", "ftp://x"]),
        (3, vec!["webhook", "show", NO_WEBHOOK]),
        (3, vec!["webhook", "rm", NO_WEBHOOK]),
        (3, vec!["event", "show", NO_EVENT]),
        (3, vec!["event", "replay", NO_EVENT]),
        (3, vec!["delivery", "retry", NO_DELIVERY]),
        (3, vec!["replay", "show", NO_REPLAY]),
        (3, vec!["replay", "cancel", NO_REPLAY]),
        (3, vec!["job", "show", NO_JOB]),
        (3, vec!["secret", "rm", "KEY"]),
        (3, vec!["token", "revoke", "tok_00000000000000000000000000"]),
        (4, vec!["webhook", "add", "ftp://x/"]),
        (4, vec!["event", "send", "--type", "a b", "--data", "1"]),
        (4, vec!["account", "create", "team"]),
        (4, vec!["replay", "--state", "nonsense"]),
        (4, vec!["import", &no_export, "--replace"]),
        (4, vec!["audit", "verify", &no_export]),
        (2, vec!["audit", "list", "--since", "yesterday"]),
        (4, vec!["restore", &no_export, "--replace"]),
        (5, vec!["event", "list", "--url", &nobody]),
        (5, vec!["status", "--admin-url", &nobody]),
        (5, vec!["export", "--admin-url", &nobody]),
        (6, vec!["webhook", "list", "--token", "rb_wrong"]),
        (6, vec!["status", "--token", "rb_wrong"]),
        (6, vec!["backup", "-", "--token", "rb_wrong"]),
        (6, vec!["export", "--token", "rb_wrong"]),
        (6, vec!["audit", "verify", "--token", "rb_wrong"]),
        (6, vec!["support-bundle", "--token", "rb_wrong"]),
        (78, vec!["check", "--config", &bad]),
        (78, vec!["serve", "--config", &bad]),
        (78, vec!["event", "list", "--config", &bad]),
        (78, vec!["export", "--config", &bad]),
    ];
    for (code, args) in expected {
        let mut command = Command::new(BINARY);
        command.args(&args).env("RINGBACK_URL", &url).env("RINGBACK_ADMIN_URL", &admin);
        command.env("RINGBACK_DATA_DIR", daemon.data_dir()).stdin(Stdio::null());
        let output = command.output().await.unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{args:?}: {err}");
        assert!(!format!("{out}{err}").contains('\u{1b}'), "colour in a pipe: {args:?}");
        match code {
            0 => assert!(!out.is_empty() && err.is_empty(), "{args:?}: {err}"),
            2 if !err.starts_with("error: ") => panic!("{args:?}: {err}"),
            2 => assert_eq!(out, "", "{args:?}"),
            _ => assert_eq!((out.as_ref(), err.lines().count()), ("", 1), "{args:?}: {err}"),
        }
    }
    let (_, _, err) = daemon.cli(&["webhook", "add", "ftp://x/"]).await;
    assert!(err.starts_with("error: URL: "), "the argument is named: {err}");
    let (_, _, err) = daemon.cli(&["webhook", "add", "https://x.example/", "--events", "a b"]).await;
    assert!(err.starts_with("error: --events: "), "the flag is named: {err}");
    let (_, _, err) = daemon.cli(&["event", "send", "--type", "a b", "--data", "1"]).await;
    assert!(err.starts_with("error: --type: "), "the flag is named: {err}");
    let (_, _, err) = daemon.cli(&["replay", "--state", "nonsense"]).await;
    assert!(err.starts_with("error: --state: "), "the flag is named: {err}");
    daemon.terminate().await;
}

#[tokio::test]
async fn every_command_has_a_form_for_programs() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    let webhook = daemon.webhook(&sink.url("/in"), json!({"events": ["a.b"]})).await;
    let event = daemon.event("a.b", json!(1)).await;
    daemon.settled(&event, &webhook, "delivered").await;
    let job = daemon.post("/v1/jobs", json!({"type": "report.made", "input": [1]})).await.expect(201);
    let job = job.text_of("id");
    let file = daemon.dir().join("export").display().to_string();
    for args in [
        vec!["status"],
        vec!["check"],
        vec!["openapi"],
        vec!["version"],
        vec!["event", "show", &event],
        vec!["event", "replay", &event],
        vec!["event", "replay", &event, "--webhook", &webhook.id],
        vec!["event", "replay", "--webhook", &webhook.id, "--dry-run"],
        vec!["webhook", "show", &webhook.id],
        vec!["delivery", "list"],
        vec!["job", "list", "--type", "report.*"],
        vec!["job", "show", &job],
        vec!["account", "create", "team"],
        vec!["account", "list"],
        vec!["secret", "list"],
        vec!["token", "list"],
        vec!["replay", "list"],
        vec!["export", &file],
    ] {
        let (code, out, err) = daemon.cli(&[&["--json"], args.as_slice()].concat()).await;
        assert_eq!(code, 0, "{args:?}: {err}");
        assert!(serde_json::from_str::<Value>(&out).is_ok() && out.lines().count() == 1, "{args:?}: {out}");
    }
    let (_, out, _) = daemon.cli(&["openapi"]).await;
    assert_eq!(out.trim_end(), daemon.get("/openapi.json").await.expect(200).text);
    let (_, out, _) = daemon.cli(&["job", "show", &job]).await;
    assert!(out.contains("queued") && out.contains("report.made"), "{out}");
}

#[tokio::test]
async fn many_deliveries_are_sent_again_after_it_said_how_many() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    // Which no policy tries again.
    sink.always("/in", Act::Status(413));
    let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
    for n in 0..3 {
        let event = daemon.event("a.b", json!(n)).await;
        daemon.settled(&event, &webhook, "failed").await;
    }
    let filter = ["replay", "--state", "failed", "--webhook", &webhook.id, "--event-type", "a.*"];
    let (code, out, err) = daemon.cli(&[&filter[..], &["--dry-run", "--json"]].concat()).await;
    let counted: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, err.as_str(), &counted["matched"]), (0, "", &json!(3)));
    assert_eq!(counted["state"], "dry_run");
    let (_, out, err) = daemon.cli(&["replay", "--state", "cancelled", "--json"]).await;
    assert_eq!(err, "", "nothing is started for nothing: {out}");
    let before = sink.received("/in").len();
    sink.always("/in", Act::Status(200));
    let (code, out, err) = daemon.cli(&[&filter[..], &["--wait", "--json"]].concat()).await;
    assert_eq!((code, err.as_str()), (0, "sending 3 deliveries again\n"));
    let replay: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&replay["state"], &replay["done"]), (&json!("done"), &json!(3)));
    sink.wait("/in", before + 3).await;
    let id = replay["id"].as_str().unwrap();
    let (_, out, _) = daemon.cli(&["replay", "list"]).await;
    assert!(out.contains(id) && out.lines().count() == 2, "{out}");
    assert_eq!(daemon.cli(&["replay", "show", id]).await.0, 0);
    assert_eq!(daemon.cli(&["replay", "cancel", id]).await.0, 4, "it has ended");
    let (_, out, _) = daemon.cli(&["event", "replay", "--state", "delivered", "--rate", "1", "--json"]).await;
    let replay: Value = serde_json::from_str(&out).unwrap();
    let (code, out, _) = daemon.cli(&["replay", "cancel", replay["id"].as_str().unwrap(), "--json"]).await;
    let cancelled: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &cancelled["state"]), (0, &json!("cancelled")));
}

/// What somebody who helps gets to see holds nothing that opens anything.
#[tokio::test]
async fn a_support_bundle_tells_much_and_no_secret() {
    let (daemon, sink) = (Daemon::with_config("").await, Sink::start().await);
    sink.always("/bad", Act::Status(500));
    let url = format!("{}?key=canary-url", sink.url("/bad"));
    let more =
        json!({"profile": "quick", "headers": {"x-key": "canary-header"}, "description": "canary-note"});
    let webhook = daemon.webhook(&url, more).await;
    let put = daemon.call(http::Method::PUT, "/v1/secrets/KEY", Some(json!({"value": "canary-named"}))).await;
    assert!([200, 201].contains(&put.status), "{put:?}");
    let token = daemon.post("/v1/tokens", json!({"role": "reader"})).await.expect(201).text_of("token");
    let event = daemon.event("a.b", json!({"data": "canary-data"})).await;
    daemon.settled(&event, &webhook, "failed").await;
    let file = daemon.dir().join("bundle");
    let (code, out, err) = daemon.cli(&["support-bundle", &file.display().to_string()]).await;
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("written"), "{out}");
    let bundle = std::fs::read_to_string(&file).unwrap();
    for printed in [
        env!("CARGO_PKG_VERSION"),
        "store_schema",
        "\"file_bytes\"",
        "\"active\": 1",
        "created a seal key",
        "ringback_attempts_total{outcome=\"status\"}",
    ] {
        assert!(bundle.contains(printed), "{printed} is not in\n{bundle}");
    }
    let seal_key = std::fs::read_to_string(daemon.data_dir().join("seal-key")).unwrap();
    for secret in
        ["canary", webhook.secret.as_str(), &webhook.secret[6..], &daemon.token(), &token, seal_key.trim()]
    {
        assert!(!bundle.contains(secret), "{secret} is in\n{bundle}");
    }
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
    let printed = String::from_utf8_lossy(&output.stderr);
    assert!(printed.contains("the signature does not match"), "{printed}");
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
    assert!(about["target"].as_str().unwrap().starts_with(std::env::consts::ARCH));
    assert!(about.get("commit").is_some(), "null where the build does not know it");
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

#[tokio::test]
async fn json_is_printed_as_the_api_wrote_it() {
    let daemon = Daemon::shared().await;
    let data = r#"{"z":1.10,  "n":123456789012345678901234567890,"a":1e2}"#;
    let send = ["--json", "event", "send", "--type", "a.b", "--data", data];
    let (code, sent, err) = daemon.cli(&send).await;
    assert_eq!(code, 0, "{err}");
    let sent: Value = serde_json::from_str(&sent).unwrap();
    let (code, shown, err) = daemon.cli(&["--json", "event", "show", sent["id"].as_str().unwrap()]).await;
    assert_eq!(code, 0, "{err}");
    assert!(shown.contains(data), "{shown}");
}

#[tokio::test]
async fn the_end_of_an_id_names_what_has_it_but_for_what_cannot_be_undone() {
    let daemon = Daemon::start().await;
    let one = daemon.webhook("https://example.com/one", json!({})).await.id;
    let two = daemon.webhook("https://example.com/two", json!({})).await.id;
    for given in [
        one[one.len() - 6..].to_owned(),
        format!("…{}", &one[one.len() - 6..]),
        format!("wh_...{}", &one[20..]),
    ] {
        let (code, out, err) = daemon.cli(&["webhook", "pause", &given]).await;
        assert!(code == 0 && out.contains(&one), "{given}: {out}{err}");
    }
    // Ids begin with the time, which both have: a beginning of it names nothing.
    for (given, code, printed) in [
        (&one[..7], 2, "too short: give the last 5 characters of the webhook's id"),
        (&one[one.len() - 4..], 2, "too short"),
        (&one[..13], 3, "no webhook has an id that ends with"),
        ("…zzzzz", 3, "no webhook has an id that ends with"),
    ] {
        for command in ["show", "pause", "rm"] {
            let (ended, out, err) = daemon.cli(&["webhook", command, given]).await;
            assert_eq!((ended, out.as_str()), (code, ""), "{command} {given}: {err}");
            assert!(err.contains(printed), "{command} {given}: {err}");
        }
    }
    // What cannot be undone wants the whole id where nobody can be asked.
    for command in ["rm", "rotate"] {
        let (code, out, err) = daemon.cli(&["webhook", command, &one[one.len() - 6..]]).await;
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.ends_with(&format!("give the whole id: {one}\n")), "{err}");
    }
    assert_eq!(daemon.cli(&["webhook", "show", &one]).await.0, 0, "it is still there");
    let (_, tokens, _) = daemon.cli(&["token", "list"]).await;
    let token = tokens.split_whitespace().find(|word| word.starts_with("tok_")).unwrap();
    let (code, _, err) = daemon.cli(&["token", "revoke", &token[token.len() - 8..]]).await;
    assert!(code == 2 && err.contains(&format!("give the whole id: {token}")), "{err}");
    let (_, out, _) = daemon.cli(&["--json", "delivery", "list", "--webhook", &two[two.len() - 6..]]).await;
    assert!(out.starts_with("{\"data\":["), "{out}");
}

#[tokio::test]
async fn a_delivery_shows_what_the_receiver_answered_to_a_failed_attempt() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    sink.always("/in", Act::EchoAll(413));
    let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
    let event = daemon.event("order.paid", json!(1)).await;
    let delivery = daemon.settled(&event, &webhook, "failed").await;
    let id = delivery["id"].as_str().unwrap();
    let (code, out, err) = daemon.cli(&["delivery", "show", id, "--color", "always"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(out.starts_with("id ") && out.lines().next().unwrap().ends_with(id), "{out}");
    assert!(out.contains("\u{1b}[31m✗ 413 in ") && out.contains("order.paid"), "{out}");
    let (_, answered) = out.split_once("✗ 413").unwrap();
    assert!(
        answered.lines().skip(1).all(|line| line.starts_with("      ")) && answered.contains("/in"),
        "{out}"
    );
    let (_, out, _) = daemon.cli(&["delivery", "list", "--type", "order.*"]).await;
    assert!(out.contains(&sink.url("/in")) && !out.contains(['\t', '\u{1b}']), "{out}");
    let (_, out, _) = daemon.cli(&["delivery", "list", "--type", "user.*"]).await;
    assert!(!out.contains(id), "{out}");
}

#[tokio::test]
async fn the_status_names_what_is_wrong_and_ends_with_1() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    let (code, out, err) = daemon.cli(&["status"]).await;
    assert_eq!((code, err.as_str()), (0, ""), "{out}");
    assert!(out.starts_with("ringback   version ") && !out.contains('!'), "{out}");
    sink.always("/gone", Act::Status(410));
    let gone =
        daemon.webhook(&format!("{}?key=canary", sink.url("/gone")), json!({"description": "Acme"})).await;
    sink.always("/bad", Act::Status(500));
    let bad = daemon.webhook(&sink.url("/bad"), json!({"profile": "quick"})).await;
    let event = daemon.event("a.b", json!(1)).await;
    daemon.settled(&event, &gone, "failed").await;
    daemon.settled(&event, &bad, "failed").await;
    let (code, out, err) = daemon.cli(&["status"]).await;
    assert_eq!((code, err.as_str()), (1, ""), "{out}");
    let lines: Vec<&str> = out.lines().collect();
    assert!(lines[1].ends_with("2 webhooks need attention"), "{out}");
    assert!(lines[2].contains("/bad   failing for ") && lines[2].contains(" in a row"), "{out}");
    assert_eq!(lines[3].trim(), format!("ringback webhook show {}", bad.id));
    assert!(lines[4].starts_with("    Acme   disabled ") && lines[4].ends_with(" (gone)"), "{out}");
    assert_eq!(lines[5].trim(), format!("ringback webhook resume {}", gone.id));
    let (code, out, err) = daemon.cli(&["status", "--json"]).await;
    let status: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, err.as_str(), &status["attention"]["webhooks"]), (1, "", &json!(2)));
    assert!(!out.contains("canary"), "{out}");
    assert_eq!(daemon.cli(&["status", "--wait"]).await.0, 0, "it is ready");
}

#[tokio::test]
async fn whether_it_is_ready_is_answered_without_a_token() {
    let mut daemon = Daemon::start().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let ask = async |url: &str, more: &[&str]| {
        let mut command = Command::new(BINARY);
        command.args([&["status", "--admin-url", url], more].concat());
        let output = command.env("RINGBACK_DATA_DIR", elsewhere.path()).output().await.unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), text, String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let url = daemon.admin_url().to_owned();
    assert_eq!(ask(&url, &[]).await.0, Some(6), "the rest wants one");
    assert_eq!(ask(&url, &["--ready"]).await, (Some(0), "ready\n".into(), String::new()));
    // Its store's file is not where it was: it must not take events.
    let file = daemon.data_dir().join("ringback.redb");
    std::fs::rename(&file, daemon.dir().join("moved")).unwrap();
    let printed = wait_for("that it is not ready", async || {
        Some(ask(&url, &["--ready"]).await).filter(|(code, ..)| *code != Some(0))
    })
    .await;
    assert_eq!((printed.0, printed.2.as_str()), (Some(1), ""), "{printed:?}");
    assert!(printed.1.starts_with("not ready: ") && printed.1.contains("moved away"), "{printed:?}");
    std::fs::rename(daemon.dir().join("moved"), &file).unwrap();
    daemon.kill9().await;
    assert_eq!(ask(&url, &["--ready"]).await.0, Some(5));
}
