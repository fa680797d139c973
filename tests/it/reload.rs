//! The configuration read again while the daemon runs: by signal and by command.

use std::path::Path;

use ringback::cli::client::Client;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::harness::{Act, Daemon, Sink, wait_for, wait_until};

/// Writes other settings in place of those that the daemon has.
fn write(daemon: &Daemon, settings: &str) {
    std::fs::write(daemon.dir().join("ringback.toml"), settings).unwrap();
}

fn hang_up(daemon: &Daemon) {
    let id = Pid::from_raw(i32::try_from(daemon.pid()).unwrap()).unwrap();
    kill_process(id, Signal::HUP).unwrap();
}

async fn figure(daemon: &Daemon, name: &str) -> f64 {
    let text = daemon.admin("/metrics").await.expect(200).text;
    let line = text.lines().find(|line| line.starts_with(&format!("{name} "))).unwrap();
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

/// What `/admin/config` says of a setting.
async fn setting(daemon: &Daemon, key: &str) -> serde_json::Value {
    let all = daemon.admin("/admin/config").await.expect(200).json;
    let found = all["settings"].as_array().unwrap().iter().find(|setting| setting["key"] == key).cloned();
    found.unwrap_or_else(|| panic!("no {key} in {all}"))
}

const CLOSED: &str = "dev = false\n";
const OPEN: &str = "dev = false\n[egress]\nallow = [\"127.0.0.0/8\"]\nallow_http = true\nports = \"any\"\n";

#[tokio::test]
async fn a_hangup_opens_and_closes_the_gates() {
    let (daemon, sink) = (Daemon::with_config(CLOSED).await, Sink::start().await);
    let url = sink.url("/in");
    daemon.post("/v1/webhooks", json!({"url": url})).await.expect(422);
    write(&daemon, OPEN);
    hang_up(&daemon);
    wait_until("a reload", || daemon.log().contains("configuration reloaded")).await;
    let webhook = daemon.webhook(&url, json!({})).await;
    let event = daemon.event("a.b", json!(1)).await;
    daemon.settled(&event, &webhook, "delivered").await;

    // Attempts follow the rules of their own time, over kept connections too.
    write(&daemon, CLOSED);
    let (code, out, err) = daemon.cli(&["reload"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("egress.allow: [\"127.0.0.0/8\"] -> []\n"), "{out}");
    assert!(out.contains("egress.ports: \"any\" -> \"standard\"\n"), "{out}");
    let event = daemon.event("a.b", json!(2)).await;
    let delivery = daemon.attempted(&event, &webhook, 1).await;
    let path = format!("/v1/deliveries/{}", delivery["id"].as_str().unwrap());
    let detail = daemon.get(&path).await.expect(200).json;
    assert_eq!(detail["attempt_log"][0]["error"]["kind"], "blocked_address", "{detail}");
    assert_eq!(sink.received("/in").len(), 1);
}

#[tokio::test]
async fn a_reload_tells_what_changed_and_what_needs_a_restart() {
    let daemon = Daemon::with_config("dev = true\n[log]\nlevel = \"warn\"\n").await;
    let (code, out, _) = daemon.cli(&["reload"]).await;
    assert_eq!(
        (code, out.as_str()),
        (0, "no setting changed; the files that settings name were read again\n")
    );
    let floor = setting(&daemon, "log.format").await;
    assert_eq!(floor, json!({"key": "log.format", "value": "auto", "source": "default"}));
    assert!(!daemon.log().contains("level=info"), "{}", daemon.log());
    let listen = setting(&daemon, "listen").await;
    assert_eq!(listen["source"], "--listen");

    let settings = "dev = true\n[log]\nlevel = \"info\"\nformat = \"json\"\n[store]\ncache_bytes = \"8MiB\"\n\
                    [events]\nmax_data_bytes = 20\n[dispatch]\nin_flight_per_webhook = 3\n\
                    [profiles.acme]\nheaders = { x-key = \"hunter2\" }\n";
    write(&daemon, settings);
    for time in 1..=2 {
        let (code, out, err) = daemon.cli(&["reload"]).await;
        assert_eq!(code, 0, "{err}");
        for line in [
            "log.format: \"auto\" -> \"json\" (needs a restart)\n",
            "store.cache_bytes: 16777216 -> 8388608 (needs a restart)\n",
        ] {
            assert!(out.contains(line), "time {time}, {line}: {out}");
        }
        for line in ["log.level: \"warn\" -> \"info\"\n", "dispatch.in_flight_per_webhook: 8 -> 3\n"] {
            assert_eq!(out.contains(line), time == 1, "time {time}, {line}: {out}");
        }
        assert!(!out.contains("hunter2"), "{out}");
    }
    assert_eq!(setting(&daemon, "store.cache_bytes").await["value"], json!(16_777_216));
    let level = setting(&daemon, "log.level").await;
    let source = format!("{}:3", daemon.dir().join("ringback.toml").display());
    assert_eq!(level, json!({"key": "log.level", "value": "info", "source": source}));
    let acme = setting(&daemon, "profiles.acme").await;
    assert_eq!(acme["value"], json!({"headers": {"x-key": "***"}}));
    assert!(daemon.log().contains("store.cache_bytes"), "{}", daemon.log());
    assert!(!daemon.log().contains("hunter2"));

    daemon.post("/v1/events", json!({"type": "a.b", "data": "x".repeat(30)})).await.expect(413);
    wait_until("a line of the new level", || daemon.log().contains("level=info")).await;
    daemon.webhook("http://127.0.0.1:9/x", json!({"profile": "acme"})).await;
    let (_, out, _) = daemon.cli(&["--json", "reload"]).await;
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["changed"], json!([]));
    assert_eq!(report["needs_restart"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_bad_configuration_keeps_the_old_one_loudly() {
    let daemon = Daemon::with_config("dev = true\n").await;
    assert!(figure(&daemon, "ringback_config_last_reload_successful").await == 1.0);
    write(&daemon, "dev = true\n[events]\nmax_data_bytes = 20\n[log]\nlevel = \"loud\"\nlevvel = 1\n");
    let (code, _, err) = daemon.cli(&["reload"]).await;
    assert_eq!(code, 78, "{err}");
    let name = daemon.dir().join("ringback.toml").display().to_string();
    assert!(err.contains(&format!("error: {name}:5: log.level: must be error, warn")), "{err}");
    assert!(err.contains(&format!("error: {name}:6: log.levvel: unknown setting; did you mean")), "{err}");
    assert!(figure(&daemon, "ringback_config_last_reload_successful").await == 0.0);
    wait_until("the error", || daemon.log().contains("level=error msg=\"the configuration is invalid")).await;
    assert_eq!(setting(&daemon, "events.max_data_bytes").await["value"], json!(1 << 20));
    daemon.post("/v1/events", json!({"type": "a.b", "data": "x".repeat(30)})).await.expect(202);

    write(&daemon, "dev = true\n");
    hang_up(&daemon);
    wait_for("a good reload", async || {
        (figure(&daemon, "ringback_config_last_reload_successful").await == 1.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_profile_that_webhooks_use_does_not_vanish() {
    let daemon = Daemon::with_config("").await;
    let webhook = daemon.webhook("http://127.0.0.1:9/x", json!({"profile": "quick"})).await;
    let settings = std::fs::read_to_string(daemon.dir().join("ringback.toml")).unwrap();
    write(&daemon, &settings.replace("[profiles.quick]", "[profiles.swift]"));
    let (code, _, err) = daemon.cli(&["reload"]).await;
    assert_eq!(code, 78);
    assert!(err.contains("profiles.quick: is gone, but 1 webhooks use it"), "{err}");
    daemon
        .call(
            http::Method::PATCH,
            &format!("/v1/webhooks/{}", webhook.id),
            Some(json!({"profile": "patient"})),
        )
        .await
        .expect(200);
    let (code, out, err) = daemon.cli(&["reload"]).await;
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("profiles.quick: {") && out.contains("profiles.swift: unset -> {"), "{out}");
    daemon.post("/v1/webhooks", json!({"url": "http://127.0.0.1:9/x", "profile": "quick"})).await.expect(422);
}

#[tokio::test]
async fn only_admins_see_and_reload_the_configuration() {
    let daemon = Daemon::start().await;
    let token = daemon.post("/v1/tokens", json!({"role": "manager"})).await.expect(201).text_of("token");
    let manager = Client::new(daemon.admin_url(), Some(token)).unwrap();
    for (method, path) in [(http::Method::GET, "/admin/config"), (http::Method::POST, "/admin/reload")] {
        assert_eq!(manager.send(method, path, None).await.unwrap().status.as_u16(), 403);
    }
}

#[tokio::test]
async fn actors_are_declared_anew() {
    let dir = tempfile::tempdir().unwrap();
    let actors = dir.path().join("actors");
    std::fs::create_dir(&actors).unwrap();
    let daemon = Daemon::with_config(&format!("actors_dir = \"{}\"\n", actors.display())).await;
    let actor = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients/actor.json");
    std::fs::copy(actor, actors.join("late.json")).unwrap();
    daemon.get("/v1/actors/late").await.expect(404);
    hang_up(&daemon);
    wait_for("the actor", async || (daemon.get("/v1/actors/late").await.status == 200).then_some(())).await;
}

#[tokio::test]
async fn a_larger_budget_lets_more_start_at_once() {
    let one = "dev = true\n[dispatch]\nin_flight_per_webhook = 1\n";
    let (daemon, sink) = (Daemon::with_config(one).await, Sink::start().await);
    sink.always("/in", Act::Hang);
    daemon.webhook(&sink.url("/in"), json!({})).await;
    for number in 0..3 {
        daemon.event("a.b", json!(number)).await;
    }
    sink.wait("/in", 1).await;
    let status = daemon.admin("/admin/status").await.expect(200).json;
    assert!(status["scheduler"]["in_flight"].as_u64() <= Some(1), "{status}");
    write(&daemon, &one.replace("= 1", "= 3"));
    hang_up(&daemon);
    sink.wait("/in", 3).await;
}
