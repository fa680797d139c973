//! The audit log from the command line: listed, exported and verified; changed behind the daemon's back, and
//! cut short by kills.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::Method;
use redb::{ReadableTable as _, TableDefinition};
use ringback::cli::client::Client;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::harness::{Daemon, wait_until};

const AUDIT: TableDefinition<'static, &[u8], &[u8]> = TableDefinition::new("audit");

/// What the daemon's look through its own log finds.
async fn verified(daemon: &Daemon) -> Value {
    daemon.get("/v1/audit/verify").await.expect(200).json
}

async fn secrets(daemon: &Daemon, count: usize) {
    for n in 0..count {
        let body = json!({"value": format!("canary-{n}")});
        let put = daemon.call(Method::PUT, &format!("/v1/secrets/KEY_{n}"), Some(body)).await;
        assert!(matches!(put.status, 200 | 201), "{}", put.text);
    }
}

/// Makes sure that an entry's digest is of the text that docs/operations.md says.
fn documented(entry: &Value) {
    let names = ["no", "at", "actor", "account_id", "action", "object", "detail", "previous"];
    let text = names.iter().fold("ringback-audit-2".to_owned(), |text, name| match &entry[*name] {
        Value::Null => text + "\n",
        Value::String(value) => text + "\n" + value,
        other => format!("{text}\n{other}"),
    });
    let digest = Sha256::digest(text).iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
    assert_eq!((&entry["version"], &entry["hash"]), (&json!(2), &json!(digest)), "{entry}");
}

struct Exported {
    file: PathBuf,
    lines: Vec<String>,
}

impl Exported {
    /// What `audit verify` says of the file with other lines in it.
    async fn verify(&self, daemon: &Daemon, lines: &[String], more: &[&str]) -> (i32, String) {
        let text = lines.iter().fold(String::new(), |text, line| text + line + "\n");
        std::fs::write(&self.file, text).unwrap();
        let file = self.file.display().to_string();
        let args = [&["audit", "verify", &file][..], more].concat();
        let (code, _, err) = daemon.cli(&args).await;
        (code, err)
    }
}

#[tokio::test]
async fn an_export_shows_what_was_done_to_it() {
    let daemon = Daemon::start().await;
    secrets(&daemon, 6).await;
    let file = daemon.dir().join("audit.jsonl");
    let shown = file.display().to_string();
    let (code, out, err) = daemon.cli(&["audit", "export", &shown, "--json"]).await;
    assert_eq!((code, err.as_str()), (0, ""));
    let written: Value = serde_json::from_str(&out).unwrap();
    let log = verified(&daemon).await;
    assert_eq!((&written["entries"], &written["head"]), (&log["entries"], &log["head"]));
    let lines: Vec<String> = std::fs::read_to_string(&file).unwrap().lines().map(str::to_owned).collect();
    assert!(!lines.concat().contains("canary"));
    for line in &lines {
        documented(&serde_json::from_str(line).unwrap());
    }
    let head = log["head"].as_str().unwrap();
    let exported = Exported { file, lines };
    let whole = &exported.lines;
    let count = whole.len();
    assert_eq!(exported.verify(&daemon, whole, &["--head", head]).await, (0, String::new()));

    let at = |line: usize| format!("broken at entry {}", line + 1);
    let mut changed = whole.clone();
    changed[3] = changed[3].replace("secret.put", "secret.pet");
    let mut dropped = whole.clone();
    dropped.remove(3);
    let mut swapped = whole.clone();
    swapped.swap(3, 4);
    let mut spliced = whole.clone();
    spliced.insert(4, whole[2].clone());
    for (what, lines, line) in
        [("changed", changed, 3), ("dropped", dropped, 4), ("swapped", swapped, 4), ("spliced", spliced, 2)]
    {
        let (code, err) = exported.verify(&daemon, &lines, &[]).await;
        assert!(code == 1 && err.contains(&at(line)), "{what}: {code} {err}");
    }
    let cut = whole[..count - 1].to_vec();
    assert_eq!(exported.verify(&daemon, &cut, &[]).await.0, 0, "its end is known by the digest alone");
    let (code, err) = exported.verify(&daemon, &cut, &["--head", head]).await;
    assert!(code == 1 && err.contains(&at(count - 2)), "{err}");
}

#[tokio::test]
async fn a_list_fits_a_terminal_and_its_pages_join() {
    let daemon = Daemon::start().await;
    secrets(&daemon, 3).await;
    let (code, out, _) = daemon.cli(&["audit", "list", "--action", "secret.*"]).await;
    assert_eq!(code, 0);
    assert!(out.lines().all(|line| line.chars().count() <= 80), "{out}");
    assert!(out.contains("secret.put\n    by tok_") && out.contains("on KEY_2 in account"), "{out}");
    assert!(!out.contains("canary"), "{out}");
    let (_, out, _) = daemon.cli(&["audit", "list", "--limit", "1", "--json"]).await;
    let page: Value = serde_json::from_str(&out).unwrap();
    let cursor = page["next_cursor"].as_str().unwrap();
    let (code, out, _) = daemon.cli(&["audit", "list", "--limit", "1", "--cursor", cursor, "--json"]).await;
    assert_eq!(code, 0);
    let next: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(next["data"][0]["hash"], page["data"][0]["previous"]);
    let (_, out, _) = daemon.cli(&["audit", "list", "--since", "2999-01-01T00:00:00Z", "--json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["data"], json!([]));
}

#[tokio::test]
async fn a_changed_file_of_the_store_shows_where() {
    let mut daemon = Daemon::start().await;
    secrets(&daemon, 4).await;
    assert!(daemon.terminate().await.0.success());
    {
        let db = redb::Database::open(daemon.data_dir().join("ringback.redb")).unwrap();
        let txn = db.begin_write().unwrap();
        let mut table = txn.open_table(AUDIT).unwrap();
        let key = 4_u64.to_be_bytes();
        // Whoever changes a row leaves out its checksum (a mark and four bytes), as rows of earlier versions do.
        let mut row = table.get(key.as_slice()).unwrap().unwrap().value()[5..].to_vec();
        let at = row.windows(4).position(|part| part == b"KEY_").unwrap();
        row[at] = b'k';
        table.insert(key.as_slice(), row.as_slice()).unwrap();
        drop(table);
        txn.commit().unwrap();
    }
    daemon.restart().await;
    let (code, out, err) = daemon.cli(&["audit", "verify"]).await;
    assert_eq!(code, 1, "{out}");
    assert!(err.contains("the audit log is broken at entry 4: the entry was changed"), "{err}");
    assert!(out.contains("intact"), "{out}");
    // It goes on all the same, and goes on saying so.
    secrets(&daemon, 1).await;
    assert_eq!(verified(&daemon).await["breaks"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_kill_between_two_entries_leaves_a_whole_chain() {
    let mut daemon = Daemon::start().await;
    let mut sure = 0;
    for round in 0..4_u64 {
        let (url, token) = (daemon.url().to_owned(), daemon.token());
        let taken = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&taken);
        let busy = tokio::spawn(async move {
            let client = Client::new(&url, Some(token)).unwrap();
            for n in 0.. {
                let body = json!({"value": n.to_string()}).to_string();
                let put = client.send(Method::PUT, "/v1/secrets/KEY", Some(body)).await;
                if put.is_err() {
                    return;
                }
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        wait_until("some entries", || taken.load(Ordering::Relaxed) >= 3 + round).await;
        daemon.kill9().await;
        busy.await.unwrap();
        sure += taken.load(Ordering::Relaxed);
        daemon.restart().await;
        let check = verified(&daemon).await;
        assert_eq!((&check["intact"], &check["from"]), (&json!(true), &json!(1)), "{check}");
        assert_eq!(check["to"], check["entries"], "{check}");
        assert!(check["entries"].as_u64().unwrap() > sure, "{check}: {sure} were answered");
    }
}

/// All entries as `ACTOR ACTION OBJECT: DETAIL`, oldest first; tokens other than the first are `token`.
async fn summaries(daemon: &Daemon) -> Vec<String> {
    let (code, out, err) = daemon.cli(&["audit", "export"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(!out.contains("canary"), "{out}");
    let entries = out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let text = |entry: &Value, name: &str| entry[name].as_str().unwrap().to_owned();
    let summaries = |entry: Value| {
        let actor = text(&entry, "actor");
        let actor = actor.split('_').next().unwrap();
        format!("{actor} {} {}: {}", text(&entry, "action"), text(&entry, "object"), text(&entry, "detail"))
    };
    entries.map(summaries).collect()
}

/// Where an entry with this beginning stands, after `from`.
#[track_caller]
fn find(summaries: &[String], from: usize, beginning: &str) -> usize {
    let at = summaries.iter().skip(from).position(|entry| entry.starts_with(beginning));
    from + at.unwrap_or_else(|| panic!("no {beginning:?} after {from} in {summaries:#?}"))
}

const BEFORE: &str = "[quotas]\nwebhooks = 9\n[profiles.acme]\nheaders = { x-key = \"canary-a\" }\n";
const AFTER: &str = "[quotas]\nwebhooks = 8\n[store]\ncache_bytes = \"8MiB\"\n[profiles.acme]\nheaders = { x-key = \"canary-b\" }\n";

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story, in the order of its entries")]
async fn what_operators_and_strangers_do_is_entered_without_a_secret() {
    let mut daemon = Daemon::with_config(BEFORE).await;
    let (status, _) = daemon.terminate().await;
    assert!(status.success());
    daemon.restart().await;
    let settings = std::fs::read_to_string(daemon.dir().join("ringback.toml")).unwrap();
    std::fs::write(daemon.dir().join("ringback.toml"), settings.replace(BEFORE, AFTER)).unwrap();
    let (code, _, err) = daemon.cli(&["reload"]).await;
    assert_eq!(code, 0, "{err}");
    let pid = rustix::process::Pid::from_raw(i32::try_from(daemon.pid()).unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::HUP).unwrap();
    wait_until("two reloads", || daemon.log().matches("configuration reloaded").count() == 2).await;

    let (_, out, _) =
        daemon.cli(&["token", "create", "--role", "reader", "--description", "canary", "--json"]).await;
    let token: Value = serde_json::from_str(&out).unwrap();
    let reader = token["id"].as_str().unwrap();
    assert_eq!(daemon.cli(&["token", "revoke", reader]).await.0, 0);
    let client = Client::new(daemon.url(), Some("rb_canary".to_owned())).unwrap();
    for _ in 0..3 {
        assert_eq!(client.send(Method::GET, "/v1/events?token=canary", None).await.unwrap().status, 401);
    }
    let secret = "whsec_Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5";
    let settings = json!({"url": "https://example.com/canary?canary=canary", "secret": secret,
        "headers": {"x-canary": "canary"}, "description": "canary"});
    let webhook = daemon.post("/v1/webhooks", settings).await.expect(201).json["id"].clone();
    let webhook = webhook.as_str().unwrap();
    daemon.post(&format!("/v1/webhooks/{webhook}/rotate-secret"), json!({})).await.expect(200);
    daemon.get(&format!("/v1/webhooks/{webhook}/secret")).await.expect(200);
    daemon.call(Method::PUT, "/v1/secrets/KEY", Some(json!({"value": "canary"}))).await.expect(201);
    daemon.post("/v1/signing-keys/rotate", json!({"algorithm": "EdDSA"})).await.expect(201);
    daemon.post("/v1/accounts", json!({"name": "team"})).await.expect(201);
    let [backup, export] = ["backup", "export"].map(|name| daemon.dir().join(name).display().to_string());
    assert_eq!(daemon.cli(&["backup", &backup]).await.0, 0);
    assert_eq!(daemon.cli(&["export", &export]).await.0, 0);
    let admin = Client::new(daemon.admin_url(), Some(daemon.token())).unwrap();
    assert_eq!(admin.send(Method::POST, "/admin/drain", None).await.unwrap().status, 202);
    assert!(daemon.ended().await.success());
    daemon.restart().await;

    let entries = summaries(&daemon).await;
    let mut at = find(&entries, 0, "daemon daemon.start : version ");
    for next in [
        "daemon daemon.stop : SIGTERM",
        "daemon daemon.start : version ",
        "tok config.reload : changed: quotas.webhooks, profiles.acme; after a restart: store.cache_bytes",
        "daemon config.reload : after a restart: store.cache_bytes",
        &format!("tok token.create {reader}: reader"),
        &format!("tok token.revoke {reader}: "),
        &format!("tok webhook.create {webhook}: "),
        &format!("tok webhook.rotate_secret {webhook}: secrets"),
        &format!("tok webhook.reveal_secret {webhook}: "),
        "tok secret.put KEY: ",
        "tok signing_key.rotate ",
        "tok account.create acct_",
        "tok store.backup : ",
        "tok store.export : ",
        "tok daemon.drain : ",
        "daemon daemon.stop : asked over the admin listener",
        "daemon daemon.start : version ",
    ] {
        at = find(&entries, at + 1, next);
    }
    find(&entries, 0, "anonymous auth.failed 127.0.0.1: 3 requests of this address since ");
    assert_eq!(entries.iter().filter(|entry| entry.contains("auth.failed")).count(), 1, "{entries:#?}");
    assert!(entries.iter().all(|entry| !entry.contains("not in order")), "{entries:#?}");

    daemon.kill9().await;
    daemon.restart().await;
    let crashed = summaries(&daemon).await;
    assert!(crashed.last().unwrap().ends_with("; the last stop was not in order"), "{crashed:#?}");
    for (command, file, entry) in
        [("restore", &backup, "daemon store.restore : "), ("import", &export, "daemon store.import : ")]
    {
        assert!(daemon.terminate().await.0.success());
        let (code, _, err) = daemon.offline(&[command, file, "--replace"]).await;
        assert_eq!(code, 0, "{err}");
        daemon.restart().await;
        let entries = summaries(&daemon).await;
        let at = find(&entries, 0, entry);
        find(&entries, at, "daemon daemon.start : ");
        let check = verified(&daemon).await;
        assert_eq!((&check["intact"], &check["to"]), (&json!(true), &check["entries"]), "{check}");
    }
}

#[tokio::test]
async fn strangers_do_not_fill_the_daemons_log() {
    let mut daemon = Daemon::start().await;
    let client = Client::new(daemon.url(), Some("rb_wrong".to_owned())).unwrap();
    for n in 0..50 {
        let status = client.send(Method::GET, "/v1/events", None).await.unwrap().status;
        assert_eq!(status, if n < 30 { 401 } else { 429 }, "{n}");
    }
    assert!(daemon.terminate().await.0.success());
    let log = daemon.log();
    assert_eq!(log.matches("a request was not authenticated").count(), 30, "{log}");
    let others: Vec<&str> =
        log.lines().filter(|line| line.contains("more requests were not authenticated")).collect();
    assert!(others.len() == 1 && others[0].contains("requests=20"), "{log}");
}
