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
        let mut row = table.get(key.as_slice()).unwrap().unwrap().value().to_vec();
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
