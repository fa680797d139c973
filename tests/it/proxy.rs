//! Requests to receivers through a real proxy (Debian's tinyproxy): what it lets through, and what becomes of
//! deliveries while it is down.

use std::path::Path;
use std::process::Stdio;

use serde_json::json;
use tokio::process::{Child, Command};

use crate::harness::{Daemon, Sink, tools, wait_for};

/// A port for a program that has to be named one.
pub(crate) fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Starts a proxy that takes `user:pass-word` and connects to one port only; `None`, with a printed reason, where there is
/// none to start.
pub(crate) async fn start_proxy(dir: &Path, port: u16, target: u16) -> Option<Child> {
    let file = dir.join("tinyproxy.conf");
    let settings = format!(
        "Port {port}\nListen 127.0.0.1\nTimeout 60\nMaxClients 20\nAllow 127.0.0.1\nBasicAuth user pass-word\nConnectPort {target}\n"
    );
    std::fs::write(&file, settings).unwrap();
    let mut command = Command::new("tinyproxy");
    command.args(["-d", "-c"]).arg(&file).kill_on_drop(true).stdin(Stdio::null());
    let child = tools::found("tinyproxy", command.stdout(Stdio::null()).stderr(Stdio::null()).spawn())?;
    wait_for("the proxy", async || tokio::net::TcpStream::connect(("127.0.0.1", port)).await.ok()).await;
    Some(child)
}

#[tokio::test]
async fn deliveries_go_through_a_proxy_and_wait_while_it_is_down() {
    let (sink, other) = (Sink::start().await, Sink::start().await);
    let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
    let target = sink.url("").rsplit_once(':').unwrap().1.trim_end_matches('/').parse().unwrap();
    let Some(mut proxy) = start_proxy(dir.path(), port, target).await else { return };
    let settings = format!("[egress]\nproxy = \"http://user:pass-word@127.0.0.1:{port}\"\n");
    let mut daemon = Daemon::with_config(&settings).await;
    let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
    let event = daemon.event("a.b", json!(1)).await;
    let delivered = daemon.settled(&event, &webhook, "delivered").await;
    assert_eq!(delivered["attempts"], 1, "{delivered}");
    sink.wait("/in", 1).await;

    // Another port it does not connect to: that is the target's fault, and said in words.
    let refused = daemon.webhook(&other.url("/in"), json!({"events": ["a.c"]})).await;
    let event = daemon.event("a.c", json!(1)).await;
    daemon.attempted(&event, &refused, 1).await;
    let attempts = daemon.get(&format!("/v1/webhooks/{}/attempts", refused.id)).await;
    assert!(attempts.text.contains("the proxy does not allow that target (403"), "{}", attempts.text);
    assert!(other.received("/in").is_empty());

    // While it is down nothing is charged to a delivery.
    proxy.kill().await.unwrap();
    let event = daemon.event("a.b", json!(2)).await;
    let waits = wait_for("it is known that nothing can be reached", async || {
        let shown = daemon.delivery(&event, &webhook).await?;
        (shown["waiting_for"] == "offline").then_some(shown)
    });
    let waits = waits.await;
    assert_eq!((&waits["state"], &waits["attempts"]), (&json!("pending"), &json!(0)), "{waits}");
    let _proxy = start_proxy(dir.path(), port, target).await.unwrap();
    daemon.settled(&event, &webhook, "delivered").await;
    sink.wait("/in", 2).await;

    let log = daemon.log();
    assert!(daemon.terminate().await.0.success());
    assert!(!log.contains("pass-word"), "{log}");
}
