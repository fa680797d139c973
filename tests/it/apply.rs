//! `ringback apply`: files and what the daemon has become one, and nothing else is touched.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::{Value, json};
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::harness::Daemon;
use crate::harness::daemon::binary;

const PAGE: &str = include_str!("../../docs/apply.md");

/// Files, and what is run on them.
struct Desk {
    daemon: Daemon,
    dir: PathBuf,
}

impl Desk {
    async fn new() -> Self {
        let daemon = Daemon::start().await;
        let dir = daemon.dir().join("files");
        std::fs::create_dir(&dir).unwrap();
        Self { daemon, dir }
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        std::fs::write(self.dir.join(name), text).unwrap();
        self
    }

    async fn apply(&self, more: &[&str]) -> (i32, String, String) {
        let dir = self.dir.to_str().unwrap();
        self.daemon.cli(&[&["apply", dir], more].concat()).await
    }

    /// Applies through another listener than the daemon's own.
    async fn apply_through(&self, url: &str) -> (i32, String, String) {
        let mut command = binary();
        command.arg("apply").arg(&self.dir).args(["--url", url]);
        let output = command.env("RINGBACK_DATA_DIR", self.daemon.data_dir()).output().await.unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap_or(-1), text(output.stdout), text(output.stderr))
    }

    /// Applies what has to succeed.
    async fn applied(&self, more: &[&str]) -> String {
        let (code, out, err) = self.apply(more).await;
        assert_eq!((code, err.as_str()), (0, ""), "{out}");
        out
    }

    async fn webhooks(&self) -> Vec<Value> {
        self.daemon.get("/v1/webhooks?limit=250").await.json["data"].as_array().unwrap().clone()
    }

    async fn names(&self) -> Vec<String> {
        let all = self.webhooks().await;
        let mut names: Vec<String> =
            all.iter().map(|webhook| webhook["name"].as_str().unwrap_or("-").to_owned()).collect();
        names.sort();
        names
    }

    async fn audited(&self) -> usize {
        self.daemon.get("/v1/audit?limit=250").await.json["data"].as_array().unwrap().len()
    }
}

const TWO: &str = r#"
[event_types."order.paid"]
description = "Paid"
schema_file = "schema.json"

[webhooks."CRM sync"]
url = "http://127.0.0.1:9/crm"
events = ["order.*"]
headers = { X-Team = "blue", X-Key = { file = "key" } }
filter = { status = ["paid"] }
rate_limit = { per_second = 5, burst = 10 }
metadata = { owner = "shop" }
secret = { file = "secret" }
max_in_flight = 0x10
expires_at = 2100-01-01T00:00:00Z

[webhooks.Archive]
url = "http://127.0.0.1:9/archive"

[secrets.SHOP_TOKEN]
file = "key"
"#;

const SECRET: &str = "whsec_Y2FuYXJ5LXNlY3JldC0wMTIzNDU2Nzg5YWJjZGVm";

async fn two() -> Desk {
    let desk = Desk::new().await;
    desk.write("schema.json", r#"{"type": "object"}"#).write("key", "canary-key\n");
    desk.write("secret", &format!("{SECRET}\n")).write("shop.toml", TWO);
    desk
}

#[tokio::test]
async fn what_is_applied_twice_changes_nothing_the_second_time() {
    let desk = two().await;
    let tried = desk.applied(&["--dry-run"]).await;
    assert!(tried.ends_with("4 changes would be made\n"), "{tried}");
    assert_eq!(desk.webhooks().await, Vec::<Value>::new());
    assert_eq!(desk.daemon.get("/v1/secrets").await.json["data"], json!([]));
    assert_eq!(desk.daemon.get("/v1/event-types").await.json["data"], json!([]));
    let made = desk.applied(&[]).await;
    assert!(made.ends_with("4 changes made\n"), "{made}");
    assert_eq!(
        made.lines().rev().skip(1).collect::<Vec<_>>(),
        tried.lines().rev().skip(1).collect::<Vec<_>>()
    );
    for line in [
        "+ create secret \"SHOP_TOKEN\"",
        "+ create event type \"order.paid\"",
        "+ create webhook \"CRM sync\"",
    ] {
        assert!(made.contains(line), "{made}");
    }
    let crm = desk.daemon.get("/v1/webhooks?name=CRM%20sync").await.json["data"][0].clone();
    for (member, value) in [
        ("events", json!(["order.*"])),
        ("filter", json!({"status": ["paid"]})),
        ("rate_limit", json!({"per_second": 5.0, "burst": 10})),
        ("metadata", json!({"owner": "shop"})),
        ("max_in_flight", json!(16)),
        ("expires_at", json!("2100-01-01T00:00:00.000Z")),
        ("managed_by", json!("apply:default")),
    ] {
        assert_eq!(crm[member], value, "{member}");
    }
    assert_eq!(crm["headers"].as_object().unwrap().len(), 2);
    let secret = desk.daemon.get(&format!("/v1/webhooks/{}/secret", crm["id"].as_str().unwrap())).await;
    assert_eq!(secret.json["secret"], SECRET);
    let (before, audited) = (desk.webhooks().await, desk.audited().await);
    for more in [&[][..], &["--dry-run"], &["--prune"], &["--adopt"]] {
        assert_eq!(desk.applied(more).await, "no change\n", "{more:?}");
    }
    let told: Value = serde_json::from_str(&desk.applied(&["--json"]).await).unwrap();
    assert_eq!(told, json!({"dry_run": false, "changes": [], "unpruned": []}));
    assert_eq!((desk.webhooks().await, desk.audited().await), (before, audited), "nothing was written");
}

#[tokio::test]
async fn each_change_is_shown_and_made_and_no_secret_printed() {
    let desk = two().await;
    desk.applied(&[]).await;
    let mut printed = String::new();
    for (from, to, line) in [
        ("\"order.*\"", "\"order.*\", \"refund.*\"", "events  order.* → order.*,refund.*"),
        ("X-Team = \"blue\"", "X-Team = \"canary-red\"", "headers  changed; its values are not shown"),
        ("X-Team = \"canary-red\", ", "", "headers  x-key,x-team → x-key"),
        (
            "metadata = { owner = \"shop\" }",
            "metadata = { team = 7 }",
            "metadata  {\"owner\":\"shop\"} → {\"team\":7}",
        ),
        ("filter = { status = [\"paid\"] }", "", "filter  {\"status\":[\"paid\"]} → (default)"),
        ("max_in_flight = 0x10", "", "max_in_flight  16 → (default)"),
        ("/archive", "/archive2", "url  http://127.0.0.1:9/archive → http://127.0.0.1:9/archive2"),
        ("\"Paid\"", "\"Is paid\"", "description  Paid → Is paid"),
    ] {
        let text = std::fs::read_to_string(desk.dir.join("shop.toml")).unwrap();
        assert!(text.contains(from), "{from}");
        desk.write("shop.toml", &text.replace(from, to));
        let (tried, made) = (desk.applied(&["--dry-run"]).await, desk.applied(&[]).await);
        for out in [&tried, &made] {
            assert!(out.starts_with("~ change ") && out.contains(&format!("    {line}\n")), "{line}: {out}");
        }
        assert!(made.ends_with("\n1 change made\n"), "{made}");
        printed += &tried;
        printed += &made;
        assert_eq!(desk.applied(&[]).await, "no change\n", "{line}");
    }
    for (file, text, line) in [
        ("key", "canary-other", "~ change secret \"SHOP_TOKEN\""),
        ("secret", "whsec_Y2FuYXJ5LW5ld2VyLS0wMTIzNDU2Nzg5YWJjZGVm", "    secret  rotated"),
        ("schema.json", "{}", "    schema  {\"type\":\"object\"} → {}"),
    ] {
        desk.write(file, text);
        let made = desk.applied(&[]).await;
        assert!(made.contains(line), "{line}: {made}");
        printed += &made;
        assert_eq!(desk.applied(&[]).await, "no change\n", "{line}");
    }
    assert!(!printed.contains("canary") && !printed.contains("whsec_"), "{printed}");
    // What was changed by hand is set back, and what is not its to say is left alone.
    let crm = desk.daemon.get("/v1/webhooks?name=CRM%20sync").await.json["data"][0].clone();
    let path = format!("/v1/webhooks/{}", crm["id"].as_str().unwrap());
    desk.daemon
        .call(http::Method::PATCH, &path, Some(json!({"description": "by hand", "headers": {"x-b": "1"}})))
        .await
        .expect(200);
    desk.daemon.post(&format!("{path}/pause"), json!({})).await.expect(200);
    let back = desk.applied(&[]).await;
    for line in ["    description  by hand → (empty)\n", "    headers      x-b,x-key → x-key\n"] {
        assert!(back.contains(line), "{back}");
    }
    let now = desk.daemon.get(&path).await.json;
    assert_eq!((&now["state"], &now["description"]), (&json!("paused"), &json!("")));
}

#[tokio::test]
async fn pruning_leaves_what_the_set_did_not_make() {
    let desk = two().await;
    desk.daemon.webhook("http://127.0.0.1:9/hand", json!({"name": "By hand"})).await;
    desk.daemon.webhook("http://127.0.0.1:9/hand", json!({"name": "CRM sync"})).await;
    let (code, out, err) = desk.apply(&[]).await;
    assert!(code == 4 && out.is_empty(), "{out}{err}");
    assert!(
        err.contains("shop.toml:6: webhook \"CRM sync\": exists and was not made by apply; --adopt"),
        "{err}"
    );
    assert_eq!(desk.names().await, ["By hand", "CRM sync"], "nothing was made");
    desk.applied(&["--adopt"]).await;
    desk.applied(&["--adopt", "--prune"]).await;
    assert_eq!(desk.names().await, ["Archive", "By hand", "CRM sync"]);
    // Another set knows nothing of these.
    let other = desk.daemon.dir().join("other.toml");
    std::fs::write(&other, "[webhooks.Other]\nurl = \"http://127.0.0.1:9/other\"\n").unwrap();
    let other = other.to_str().unwrap().to_owned();
    let (code, _, err) = desk.daemon.cli(&["apply", &other, "--set", "other", "--prune"]).await;
    assert_eq!(code, 0, "{err}");
    desk.write("shop.toml", "[webhooks.Archive]\nurl = \"http://127.0.0.1:9/archive\"\n");
    let left = desk.applied(&[]).await;
    assert!(
        left.contains("? webhook \"CRM sync\" is not in the files any more; --prune removes it\n"),
        "{left}"
    );
    assert!(left.ends_with("no change\n"), "{left}");
    let tried = desk.applied(&["--prune", "--dry-run"]).await;
    assert_eq!(
        tried,
        "- remove event type \"order.paid\"\n- remove webhook \"CRM sync\"\n2 changes would be made\n"
    );
    assert_eq!(desk.names().await.len(), 4);
    desk.applied(&["--prune"]).await;
    assert_eq!(desk.names().await, ["Archive", "By hand", "Other"]);
    assert_eq!(desk.daemon.get("/v1/event-types").await.json["data"], json!([]));
    assert_eq!(
        desk.daemon.get("/v1/secrets").await.json["data"].as_array().unwrap().len(),
        1,
        "secrets stay"
    );
    let (code, _, err) = desk.daemon.cli(&["apply", &other]).await;
    assert!(code == 4 && err.contains("is managed by apply:other"), "{err}");
}

#[tokio::test]
async fn accounts_are_made_with_what_is_in_them() {
    let desk = Desk::new().await;
    let hook = "[webhooks.\"CRM sync\"]\naccount = \"team\"\nurl = \"http://127.0.0.1:9/\"\n";
    desk.write("a.toml", hook).write("b.toml", "[accounts.team]\n");
    let tried = desk.applied(&["--dry-run"]).await;
    assert!(
        tried.contains("+ create account \"team\"") && tried.contains("webhook \"CRM sync\" of account team"),
        "{tried}"
    );
    assert_eq!(desk.applied(&[]).await, tried.replace("2 changes would be made", "2 changes made"));
    assert_eq!(desk.names().await, Vec::<String>::new());
    let there = desk.daemon.get("/v1/webhooks?account=team").await.json;
    assert_eq!(there["data"][0]["name"], "CRM sync");
    assert_eq!(desk.applied(&["--prune"]).await, "no change\n");
    desk.write("a.toml", "");
    desk.applied(&["--prune"]).await;
    assert_eq!(desk.daemon.get("/v1/webhooks?account=team").await.json["data"], json!([]));
}

#[tokio::test]
async fn every_fault_is_said_with_its_place_before_the_first_change() {
    let desk = Desk::new().await;
    desk.write("a.toml", "[webhooks.One]\nurl = \"http://127.0.0.1:9/\"\nevnts = [\"a\"]\nsecret = \"whsec_plain\"\n\n[webhook.Two]\n");
    desk.write("b.toml", "[webhooks.One]\nurl = \"http://127.0.0.1:9/\"\nheaders = { X-A = { env = \"NO_SUCH_VARIABLE\" } }\n[webhooks.Three]\n[event_types.\"a.b\"]\nschema_file = \"none.json\"\n");
    desk.write("c.toml", "[webhooks\n");
    let (code, out, err) = desk.apply(&[]).await;
    assert!(code == 78 && out.is_empty(), "{out}{err}");
    for told in [
        "a.toml:3: webhooks.\"One\".evnts: is not a known key; did you mean \"events\"?",
        "a.toml:4: webhooks.\"One\".secret: must name a secret, as { file",
        "a.toml:6: webhook: is not a known key; did you mean \"webhooks\"?",
        "b.toml:3: webhooks.\"One\".headers.X-A: the environment has no NO_SUCH_VARIABLE",
        "b.toml:4: webhooks.\"Three\": needs a url",
        "b.toml:6: event_types.\"a.b\".schema_file: ",
        "c.toml:1: is not valid TOML",
    ] {
        assert!(err.contains(told), "{told} in {err}");
    }
    let twice = err.lines().find(|line| line.contains("is declared in")).unwrap();
    assert!(twice.contains("b.toml:1") && twice.contains("a.toml:1 too"), "{twice}");
    assert!(!err.contains("whsec_plain"), "{err}");
    // What only the daemon can say is said of all, too.
    std::fs::remove_file(desk.dir.join("c.toml")).unwrap();
    desk.write(
        "a.toml",
        "[webhooks.Good]\nurl = \"http://127.0.0.1:9/\"\n[webhooks.One]\nurl = \"ftp://x/\"\n",
    );
    desk.write("b.toml", "[webhooks.Two]\nurl = \"http://127.0.0.1:9/\"\nprofile = \"none\"\nrate_limit = { per_second = 0 }\n");
    let (code, out, err) = desk.apply(&[]).await;
    assert!(code == 4 && out.is_empty(), "{out}{err}");
    for told in [
        "a.toml:3: webhook \"One\": /url",
        "b.toml:1: webhook \"Two\": ",
        "/profile",
        "/rate_limit/per_second",
    ] {
        assert!(err.contains(told), "{told} in {err}");
    }
    assert_eq!(desk.names().await, Vec::<String>::new(), "not even the good one was made");
    let (code, _, err) = desk.daemon.cli(&["apply", desk.daemon.data_dir().to_str().unwrap()]).await;
    assert!(code == 2 && err.contains("has no *.toml files"), "{err}");
    let (code, _, err) = desk.apply(&["--set", "A b"]).await;
    assert!(code == 2 && err.contains("--set: "), "{err}");
}

/// A listener before the daemon that lets so many requests through.
async fn front(behind: String, left: Arc<AtomicUsize>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut near, _) = listener.accept().await.unwrap();
            if left.try_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1)).is_err() {
                continue;
            }
            let behind = behind.clone();
            tokio::spawn(async move {
                let mut far = TcpStream::connect(behind).await.unwrap();
                let _ = copy_bidirectional(&mut near, &mut far).await;
            });
        }
    });
    url
}

/// Whatever request it stops at, the next run makes the rest, once.
#[tokio::test]
async fn what_is_cut_short_is_completed_by_the_next_run() {
    let desk = two().await;
    let left = Arc::new(AtomicUsize::new(0));
    let behind = desk.daemon.url().trim_start_matches("http://").to_owned();
    let url = front(behind, Arc::clone(&left)).await;
    let (mut cut, mut midway) = (0, 0);
    for requests in 0..60 {
        left.store(requests, Ordering::SeqCst);
        let (code, out, err) = desk.apply_through(&url).await;
        if code == 0 {
            assert!(cut > 0);
            break;
        }
        cut += 1;
        assert_eq!(code, 5, "{out}{err}");
        let made = desk.names().await.len()
            + desk.daemon.get("/v1/event-types").await.json["data"].as_array().unwrap().len();
        let said = out.lines().filter(|line| line.starts_with('+')).count();
        if said > 0 {
            midway += 1;
            assert!(made > 0 || said == 1, "{out}");
            assert!(err.contains(&format!("{said} of 4 changes were made; run it again")), "{err}");
        }
        // The next run completes it, and all of it goes again.
        desk.applied(&[]).await;
        assert_eq!(desk.names().await, ["Archive", "CRM sync"], "after {requests}");
        assert_eq!(desk.applied(&[]).await, "no change\n");
        let text = std::mem::take(&mut std::fs::read_to_string(desk.dir.join("shop.toml")).unwrap());
        desk.write("shop.toml", "");
        desk.applied(&["--prune"]).await;
        desk.daemon.call(http::Method::DELETE, "/v1/secrets/SHOP_TOKEN", None).await.expect(204);
        desk.write("shop.toml", &text);
    }
    assert!(midway >= 3, "{cut} {midway}");
}

/// The page's file is applied as it is written.
#[tokio::test]
async fn the_pages_example_is_applied() {
    let desk = Desk::new().await;
    let text = PAGE.split("```toml\n").nth(1).unwrap().split("\n```").next().unwrap();
    let text = text
        .replace("{ env = \"CRM_TOKEN\" }", "{ file = \"token\" }")
        .replace("env = \"CRM_TOKEN\"", "file = \"token\"");
    desk.write("shop.toml", &text).write("token", "t").write("crm-secret", SECRET);
    desk.write("order-paid.schema.json", "{}");
    let made = desk.applied(&[]).await;
    assert!(made.ends_with("4 changes made\n"), "{made}");
    assert_eq!(desk.applied(&[]).await, "no change\n");
    desk.write("shop.toml", &text.replace("events = [\"order.*\"]", "events = [\"order.*\", \"refund.*\"]"));
    let changed = desk.applied(&[]).await;
    let told = PAGE.split("\n```\n").find(|block| block.starts_with("~ change")).unwrap();
    assert!(changed.starts_with(told.lines().take(2).collect::<Vec<_>>().join("\n").as_str()), "{changed}");
    assert!(Path::new(&desk.dir).exists());
}

#[tokio::test]
async fn tls_is_declared_by_files_and_never_printed() {
    let desk = Desk::new().await;
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(vec!["client".to_owned()]).unwrap();
    desk.write("cert.pem", &cert.pem()).write("key.pem", &signing_key.serialize_pem());
    let declared = |tls: &str| format!("[webhooks.A]\nurl = \"https://127.0.0.1:9/\"\n{tls}\n");
    let all = "tls = { ca = { file = \"cert.pem\" }, client_cert = { file = \"cert.pem\" }, client_key = { file = \"key.pem\" } }";
    desk.write("shop.toml", &declared(all));
    let made = desk.applied(&[]).await;
    assert!(made.contains("tls") && !made.contains("BEGIN"), "{made}");
    assert_eq!(desk.applied(&[]).await, "no change\n");
    let tls = desk.webhooks().await[0]["tls"].clone();
    assert_eq!((&tls["ca"], &tls["client_key"]), (&tls["client_cert"], &json!("***")));
    assert!(tls["ca"].as_str().unwrap().starts_with("-----BEGIN CERTIFICATE-----"), "{tls}");

    // What is not declared any more is set back, one member or all.
    desk.write("shop.toml", &declared("tls = { ca = { file = \"cert.pem\" } }"));
    let changed = desk.applied(&[]).await;
    assert!(changed.contains("tls") && !changed.contains("BEGIN"), "{changed}");
    let now = desk.webhooks().await[0]["tls"].clone();
    assert_eq!((&now["ca"], &now["client_cert"]), (&tls["ca"], &Value::Null));
    desk.write("shop.toml", &declared(""));
    desk.applied(&[]).await;
    assert_eq!(desk.webhooks().await[0]["tls"], Value::Null);

    desk.write("shop.toml", &declared("tls = { client_key = \"in place\" }"));
    let (code, _, err) = desk.apply(&[]).await;
    assert!(
        code != 0 && err.contains("tls.client_key: must name a secret") && !err.contains("in place"),
        "{err}"
    );
}
