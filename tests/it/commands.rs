//! The rest of the API on the command line: what is edited, ended, declared, followed and found.

use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};

use crate::harness::daemon::binary;
use crate::harness::{Act, Daemon, Front, Sink};

/// What a command printed as JSON.
async fn printed(daemon: &Daemon, args: &[&str]) -> Value {
    let (code, out, err) = daemon.cli(&[args, &["--json"]].concat()).await;
    assert_eq!(code, 0, "{args:?}: {out}{err}");
    serde_json::from_str(&out).unwrap_or_else(|_| panic!("{args:?}: {out}"))
}

#[tokio::test]
async fn webhooks_are_edited_looked_at_and_stopped_together() {
    let daemon = Daemon::start().await;
    let made =
        printed(&daemon, &["webhook", "add", "http://127.0.0.1:9/a", "--rate", "5", "--filter", "$[?@.a]"])
            .await;
    let id = made["id"].as_str().unwrap();
    let edit = ["webhook", "edit", id, "http://127.0.0.1:9/b", "--events", "order.*", "--header", "X-A: 1"];
    let edited = printed(&daemon, &edit).await;
    assert_eq!((&edited["url"], &edited["events"]), (&json!("http://127.0.0.1:9/b"), &json!(["order.*"])));
    assert_eq!((&edited["rate_limit"]["per_second"], &edited["filter"]), (&json!(5.0), &json!("$[?@.a]")));
    assert_eq!(edited["headers"].as_object().unwrap().len(), 1);
    let edited =
        printed(&daemon, &["webhook", "edit", id, "--clear", "filter,rate-limit", "--header", "X-A:"]).await;
    assert_eq!(
        (&edited["rate_limit"], &edited["filter"], &edited["headers"]),
        (&Value::Null, &Value::Null, &json!({}))
    );
    let (code, _, err) = daemon.cli(&["webhook", "edit", id, "--rate", "0"]).await;
    assert!(code == 4 && err.contains("--rate: must be"), "{err}");
    let (code, _, err) = daemon.cli(&["webhook", "edit", id, "--clear", "colour"]).await;
    assert!(code == 4 && err.contains("colour"), "{err}");
    assert_eq!(printed(&daemon, &["webhook", "secret", id]).await["secret"], made["secret"]);
    assert_eq!(printed(&daemon, &["webhook", "stats", id, "--since", "1h"]).await["attempts"], 0);
    let rotated = printed(&daemon, &["webhook", "rotate", id, "--overlap", "2h"]).await;
    assert_ne!(rotated["secret"], made["secret"]);
    let second = printed(&daemon, &["webhook", "add", "http://127.0.0.1:9/c"]).await;
    let second = second["id"].as_str().unwrap();
    let (_, out, err) = daemon.cli(&["webhook", "pause", "--all", "--dry-run"]).await;
    assert_eq!((out.as_str(), err.as_str()), ("", "2 webhooks in state active\n"));
    let (code, out, err) = daemon.cli(&["webhook", "pause", "--all"]).await;
    assert!(code == 0 && out.matches("paused").count() >= 2 && err.contains("2 webhooks"), "{out}{err}");
    let nobody = "wh_00000000000000000000000000";
    let (code, out, err) = daemon.cli(&["webhook", "resume", id, nobody, second]).await;
    assert!(code == 3 && out.contains(second) && err.contains(&format!("error: {nobody}: ")), "{out}{err}");
    let listed = printed(&daemon, &["webhook", "list", "--state", "active"]).await;
    assert_eq!(listed["data"].as_array().unwrap().len(), 2);
    let (code, out, _) = daemon.cli(&["webhook", "rm", id, second]).await;
    assert!(code == 0 && out.lines().count() == 2, "{out}");
}

#[tokio::test]
async fn deliveries_are_given_up_by_what_they_are() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.always("/bad", Act::Status(503));
    let (first, second) = (
        daemon.webhook(&sink.url("/bad"), json!({})).await,
        daemon.webhook(&sink.url("/bad"), json!({})).await,
    );
    let event = daemon.event("order.paid", json!(1)).await;
    for webhook in [&first, &second] {
        daemon.attempted(&event, webhook, 1).await;
    }
    let all = ["delivery", "cancel", "--all", "--webhook", &first.id, "--since", "1h"];
    let (code, out, err) = daemon.cli(&[&all[..], &["--dry-run"]].concat()).await;
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", "1 matching delivery in state pending\n"));
    assert_eq!(printed(&daemon, &all).await, json!({"cancelled": 1}));
    assert_eq!(daemon.delivery(&event, &first).await.unwrap()["state"], "cancelled");
    let other = daemon.delivery(&event, &second).await.unwrap();
    assert_eq!(other["state"], "pending");
    let until = ["delivery", "cancel", "--all", "--until", "1h"];
    assert_eq!(printed(&daemon, &until).await, json!({"cancelled": 0}), "it is younger");
    let (code, _, err) = daemon.cli(&["delivery", "cancel"]).await;
    assert!(code == 2 && err.contains("<ID>"), "{err}");
    let id = other["id"].as_str().unwrap();
    assert_eq!(printed(&daemon, &["delivery", "cancel", id]).await["state"], "cancelled");
    assert_eq!(printed(&daemon, &["delivery", "retry", id]).await["state"], "pending");
}

#[tokio::test]
async fn what_is_declared_worked_on_and_set_is_on_the_command_line() {
    let daemon = Daemon::start().await;
    let schema = daemon.dir().join("schema.json");
    std::fs::write(&schema, r#"{"type":"object"}"#).unwrap();
    let schema = format!("@{}", schema.display());
    let set =
        ["event-type", "set", "order.paid", "--schema", &schema, "--example", "{}", "--description", "Paid"];
    assert_eq!(printed(&daemon, &set).await["schema"], json!({"type": "object"}));
    let (code, _, err) = daemon.cli(&["event", "send", "--type", "order.paid", "--data", "1"]).await;
    assert!(code == 4 && err.contains("--data"), "{err}");
    let (code, out, _) = daemon.cli(&["event-type", "ls"]).await;
    assert!(code == 0 && out.contains("order.paid") && out.contains("Paid"), "{out}");
    let (code, _, err) = daemon.cli(&["event-type", "set", "a.b", "--schema", "{"]).await;
    assert!(code == 2 && err.contains("--schema: must be JSON"), "{err}");
    assert_eq!(printed(&daemon, &["event-type", "rm", "order.paid"]).await["removed"], true);

    let made =
        printed(&daemon, &["job", "create", "--type", "report.build", "--timeout", "5m", "--input", "[1]"])
            .await;
    let id = made["id"].as_str().unwrap();
    assert_eq!((&made["timeout_ms"], &made["input"]), (&json!(300_000), &json!([1])));
    assert_eq!(printed(&daemon, &["job", "start", id]).await["status"], "running");
    let (results, form) = (format!("/v1/jobs/{id}/results"), [("content-type", "application/x-ndjson")]);
    let rows = daemon.post_raw(&results, &form, "{\"n\":1}\n{\"n\":2}\n").await;
    assert!([200, 201].contains(&rows.status), "{}", rows.json);
    assert_eq!(printed(&daemon, &["job", "complete", id]).await["status"], "succeeded");
    let (code, out, _) = daemon.cli(&["job", "results", id]).await;
    assert_eq!((code, out.as_str()), (0, "{\"n\":1}\n{\"n\":2}\n"));
    assert_eq!(daemon.cli(&["job", "results", id, "--limit", "1", "--offset", "1"]).await.1, "{\"n\":2}\n");
    let failed = printed(&daemon, &["job", "create", "--type", "report.build"]).await;
    let failed = failed["id"].as_str().unwrap();
    let failed = printed(&daemon, &["job", "complete", failed, "--failed", "--error", "{\"why\":1}"]).await;
    assert_eq!((&failed["status"], &failed["error"]), (&json!("failed"), &json!({"why": 1})));

    let shown = printed(&daemon, &["config", "show", "dev"]).await;
    assert_eq!(shown["data"][0]["key"], "dev");
    let keys = printed(&daemon, &["signing-key", "list"]).await["data"].as_array().unwrap().len();
    printed(&daemon, &["signing-key", "rotate", "--algorithm", "EdDSA", "--activate-after", "1h"]).await;
    assert_eq!(printed(&daemon, &["signing-key", "list"]).await["data"].as_array().unwrap().len(), keys + 1);
    printed(&daemon, &["account", "create", "acme"]).await;
    assert_eq!(printed(&daemon, &["account", "show", "acme"]).await["name"], "acme");
    printed(&daemon, &["webhook", "add", "http://127.0.0.1:9/", "--account", "acme"]).await;
    let count = async |args: &[&str]| printed(&daemon, args).await["data"].as_array().unwrap().len();
    assert_eq!(count(&["webhook", "list"]).await, 0);
    assert_eq!(count(&["webhook", "list", "--account", "acme"]).await, 1);
}

#[tokio::test]
async fn a_filter_is_tested_without_a_daemon() {
    for (filter, data, code, said) in [
        (r#"{"a":[2,3]}"#, r#"{"a":3}"#, 0, "it passes the filter"),
        (r#"{"a":[2,3]}"#, r#"{"a":1}"#, 1, "it does not pass the filter"),
        ("$[?@.a == 1]", r#"{"a":1}"#, 0, "it passes the filter"),
        (r#"{"a":{"b":2}}"#, r#"{"a":1}"#, 2, "--filter: /a"),
        ("{", "1", 2, "--filter: must be JSON"),
        ("{}", "nonsense", 2, "--data: must be JSON"),
    ] {
        let output =
            binary().args(["filter", "test", "--filter", filter, "--data", data]).output().await.unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(output.status.code() == Some(code) && text.contains(said), "{filter} {data}: {text}");
    }
}

#[tokio::test]
async fn a_filter_that_nothing_passed_is_warned_of_and_one_that_nothing_can_pass_refused() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    let add = ["webhook", "add", &sink.url("/a"), "--events", "order.*", "--filter"];
    let (code, _, err) = daemon.cli(&[&add[..], &["$.amount"]].concat()).await;
    assert!(code == 4 && err.contains("--filter") && err.contains("can never match"), "{err}");
    assert!(err.contains("$[0].amount"), "{err}");
    let made = printed(&daemon, &[&add[..], &["{\"customer.id\": 1}"]].concat()).await;
    let id = made["id"].as_str().unwrap();
    let stats = ["webhook", "stats", id];
    let (_, out, err) = daemon.cli(&stats).await;
    assert!(!err.contains("warning"), "nothing came yet: {out}{err}");
    for n in 0..3 {
        daemon.event("order.paid", json!({"customer": {"id": n}})).await;
    }
    daemon.event("user.made", json!(1)).await;
    assert_eq!(printed(&daemon, &stats).await["skipped_by_filter"], 3);
    let (_, _, err) = daemon.cli(&stats).await;
    assert!(err.contains("warning: none of 3 events passed the filter"), "{err}");
    daemon.event("order.paid", json!({"customer.id": 1})).await;
    sink.wait("/a", 1).await;
    let (_, out, err) = daemon.cli(&stats).await;
    assert!(!err.contains("warning") && out.contains("skipped_by_filter"), "{out}{err}");
}

#[tokio::test]
async fn a_tail_goes_on_after_a_restart_and_repeats_nothing() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
    let mut command = binary();
    let front = Front::before(&daemon).await;
    command.args(["tail", "--type", "order.*", "--url", &front.url]);
    command
        .env("RINGBACK_TOKEN", daemon.token())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    let mut tail = command.spawn().unwrap();
    let mut lines = BufReader::new(tail.stdout.take().unwrap()).lines();
    // A tail begins with what comes after it: until it has begun, events are sent again.
    let mut seen = loop {
        daemon.event("order.before", json!(1)).await;
        let wait = std::time::Duration::from_millis(300);
        if let Ok(line) = tokio::time::timeout(wait, lines.next_line()).await {
            break vec![line.unwrap().unwrap()];
        }
    };
    let event = daemon.event("order.first", json!(1)).await;
    daemon.settled(&event, &webhook, "delivered").await;
    daemon.event("user.made", json!(1)).await;
    daemon.terminate().await;
    daemon.restart().await;
    front.lead_to(&daemon);
    let last = daemon.event("order.last", json!(1)).await;
    daemon.settled(&last, &webhook, "delivered").await;
    let about = |line: &String| line.contains(&last);
    let bound = std::time::Duration::from_secs(60);
    while seen.iter().filter(|line| about(line)).count() < 2 {
        seen.push(tokio::time::timeout(bound, lines.next_line()).await.unwrap().unwrap().unwrap());
    }
    let of =
        |id: &str, what: &str| seen.iter().filter(|line| line.contains(id) && line.contains(what)).count();
    assert_eq!((of(&event, "accepted, to 1 webhook"), of(&event, "✓ 200")), (1, 1), "{seen:#?}");
    assert_eq!((of(&last, "accepted"), of(&last, "✓ 200")), (1, 1), "{seen:#?}");
    assert_eq!(of("user.made", ""), 0, "{seen:#?}");
}

/// Wherever a command takes a webhook's id, it takes its name.
#[tokio::test]
async fn a_webhook_goes_by_its_name() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.always("/crm", Act::Status(503));
    let made = printed(&daemon, &["webhook", "add", &sink.url("/crm"), "--name", "CRM sync"]).await;
    let id = made["id"].as_str().unwrap();
    assert_eq!(made["name"], "CRM sync");
    let event = printed(&daemon, &["event", "send", "--type", "order.paid", "--data", "1"]).await;
    for args in [
        &["webhook", "show", "CRM sync"][..],
        &["webhook", "pause", "CRM sync"],
        &["webhook", "resume", "CRM sync"],
        &["webhook", "edit", "CRM sync", "--max-in-flight", "3"],
    ] {
        assert_eq!(printed(&daemon, args).await["id"], id, "{args:?}");
    }
    for args in [
        &["webhook", "secret", "CRM sync"][..],
        &["webhook", "stats", "CRM sync"],
        &["webhook", "rotate", "CRM sync"],
    ] {
        assert_eq!(printed(&daemon, args).await["webhook_id"], id, "{args:?}");
    }
    printed(&daemon, &["webhook", "test", "CRM sync"]).await;
    let listed =
        printed(&daemon, &["delivery", "list", "--webhook", "CRM sync", "--type", "order.paid"]).await;
    assert_eq!(
        (&listed["data"][0]["webhook_id"], &listed["data"][0]["webhook_name"]),
        (&id.into(), &made["name"])
    );
    let replayed = event["id"].as_str().unwrap();
    printed(&daemon, &["event", "replay", replayed, "--webhook", "CRM sync"]).await;
    let (code, _, err) = daemon.cli(&["replay", "--webhook", "CRM sync", "--dry-run"]).await;
    assert_eq!(code, 0, "{err}");
    for list in [["webhook", "list"], ["delivery", "list"]] {
        let (_, out, _) = daemon.cli(&list).await;
        assert!(out.contains("NAME") && out.contains("CRM sync"), "{out}");
    }
    let shown = printed(&daemon, &["delivery", "show", listed["data"][0]["id"].as_str().unwrap()]).await;
    assert_eq!(shown["webhook_name"], "CRM sync");
    // A name that looks like the end of an id is a name first.
    printed(&daemon, &["webhook", "edit", "CRM sync", "--name", "0fsrk"]).await;
    assert_eq!(printed(&daemon, &["webhook", "show", "0fsrk"]).await["id"], id);
    let (code, _, err) = daemon.cli(&["webhook", "show", "CRM sync"]).await;
    assert!(code == 3 && err.contains("no webhook has the name or id \"CRM sync\""), "{err}");
    let (code, _, err) = daemon.cli(&["webhook", "add", &sink.url("/x"), "--name", "wh_x"]).await;
    assert!(code == 4 && err.contains("--name: must not begin as ids do"), "{err}");
    let (code, _, err) = daemon.cli(&["webhook", "add", &sink.url("/x"), "--name", "0fsrk"]).await;
    assert!(code == 4 && err.contains("another webhook of this name"), "{err}");
    assert_eq!(printed(&daemon, &["webhook", "rm", "0fsrk"]).await["removed"], true);
}
