//! `ringback compact` as an operator runs it, and what long commands show while they go on.

use serde_json::{Value, json};
use tokio::process::Command;

use crate::harness::{Daemon, Sink, tools};

/// A daemon with some megabytes, one of them pending.
async fn filled() -> (Daemon, Sink, String) {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    let settings = json!({"collect": true, "events": ["a.*"]});
    let webhook = daemon.webhook(&sink.url("/in"), settings).await;
    daemon.post(&format!("/v1/webhooks/{}/pause", webhook.id), json!({})).await.expect(200);
    daemon.event("a.b", json!("x".repeat(1_000_000))).await;
    for _ in 0..15 {
        daemon.event("b.c", json!("x".repeat(200_000))).await;
    }
    (daemon, sink, webhook.id)
}

#[tokio::test]
async fn a_compacted_store_goes_on_with_what_was_pending() {
    let (mut daemon, sink, webhook) = filled().await;
    let (code, _, err) = daemon.offline(&["compact"]).await;
    assert_eq!((code, err.contains("stop the daemon")), (4, true), "{err}");
    assert!(daemon.terminate().await.0.success());
    let (code, out, err) = daemon.offline(&["compact", "--dry-run", "--json"]).await;
    assert_eq!((code, err.as_str()), (0, ""));
    let seen: Value = serde_json::from_str(&out).unwrap();
    let number =
        |value: &Value, name: &str| value[name].as_u64().unwrap_or_else(|| panic!("{name}: {value}"));
    assert!(number(&seen, "live_bytes") > 4_000_000, "{seen}");
    assert!(number(&seen, "would_save_about") < number(&seen, "bytes"), "{seen}");
    let (code, out, err) = daemon.offline(&["compact", "--json"]).await;
    assert_eq!((code, err.as_str()), (0, ""));
    let done: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((&done["state"], &done["rows"]), (&json!("compacted"), &seen["rows"]));
    assert!(number(&done, "bytes") <= number(&done, "bytes_before"), "{done}");
    daemon.restart().await;
    daemon.post(&format!("/v1/webhooks/{webhook}/resume"), json!({})).await.expect(200);
    assert!(sink.wait("/in", 1).await[0].body.len() > 1_000_000);
    let (code, out, _) = daemon.offline(&["compact", "--help"]).await;
    assert!(code == 0 && out.contains("--dry-run"), "{out}");
}

#[tokio::test]
async fn progress_is_shown_on_a_terminal_and_nowhere_else() {
    let (mut daemon, _sink, _) = filled().await;
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("backup").display().to_string();
    let admin = daemon.admin_url().to_owned();
    let backup = ["--admin-url", &admin, "backup", &file];
    let offline = [&["restore", &file, "--replace"][..], &["compact"]];
    for (args, shown) in [(&backup[..], "MiB written"), (offline[0], "MiB read"), (offline[1], "MiB copied")]
    {
        if args[0] == "restore" {
            assert!(daemon.terminate().await.0.success());
        }
        let (code, _, err) = daemon.offline(args).await;
        assert_eq!((code, err.as_str()), (0, ""), "{args:?}");
        let command = daemon.command_here(args);
        let words = std::iter::once(command.as_std().get_program()).chain(command.as_std().get_args());
        let line: Vec<_> = words.map(|word| format!("'{}'", word.to_str().unwrap())).collect();
        // It gives its command a terminal.
        let mut script = Command::new("script");
        script.args(["-qec", &line.join(" "), "/dev/null"]);
        let Some(output) = tools::found("script", script.output().await) else { continue };
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains(shown), "{args:?}: {text}");
    }
}

#[tokio::test]
async fn a_store_is_verified_and_a_damaged_one_is_reported() {
    let mut daemon = Daemon::start().await;
    let sink = Sink::start().await;
    let webhook = daemon.webhook(&sink.url("/"), json!({})).await;
    let event = daemon.event("order.paid", json!({"marker": "a-value-that-is-found-again"})).await;
    daemon.settled(&event, &webhook, "delivered").await;
    let (code, _, err) = daemon.offline(&["verify-store"]).await;
    assert!(code != 0 && err.contains("stop the daemon first"), "{err}");
    daemon.terminate().await;
    let (code, out, err) = daemon.offline(&["verify-store", "--json"]).await;
    let whole: Value = serde_json::from_str(&out).unwrap();
    assert_eq!((code, &whole["state"], &whole["faults"]), (0, &json!("whole"), &json!(0)), "{out} {err}");
    let file = daemon.data_dir().join("ringback.redb");
    let mut bytes = std::fs::read(&file).unwrap();
    let places: Vec<usize> = memchr::memmem::find_iter(&bytes, b"a-value-that-is-found-again").collect();
    places.iter().for_each(|&at| bytes[at] ^= 1);
    std::fs::write(&file, bytes).unwrap();
    let (code, out, err) = daemon.offline(&["verify-store"]).await;
    assert_eq!(code, 4, "{out} {err}");
    assert!(out.contains("damaged") && err.contains("restore a backup"), "{out} {err}");
}
