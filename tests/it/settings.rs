//! Settings whose effect shows only outside: whom the daemon trusts, how large its file may get.

use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;
use serde_json::{Value, json};
use tokio_rustls::TlsAcceptor;

use crate::harness::{Daemon, Sink, wait_for, wait_until};

/// A receiver with a certificate of its own making, and that certificate in PEM form.
async fn tls_sink() -> (Sink, String) {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    (Sink::start_tls(TlsAcceptor::from(Arc::new(config))).await, cert.pem())
}

#[tokio::test]
async fn a_receiver_is_trusted_when_the_configuration_says_so() {
    let (sink, certificate) = tls_sink().await;
    let doubting = Daemon::start().await;
    let webhook = doubting.webhook(&sink.url("/in"), json!({"profile": "quick", "events": ["a.*"]})).await;
    let event = doubting.event("a.b", json!(1)).await;
    let delivery = doubting.settled(&event, &webhook, "failed").await;
    let shown = doubting.get(&format!("/v1/deliveries/{}", delivery["id"].as_str().unwrap())).await;
    assert_eq!(shown.json["attempt_log"][0]["error"]["kind"], "tls", "{}", shown.text);
    assert!(sink.received("/in").is_empty());

    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("ca.pem");
    std::fs::write(&file, certificate).unwrap();
    let trusting =
        Daemon::with_config(&format!("[egress]\nextra_ca = [{:?}]", file.display().to_string())).await;
    let webhook = trusting.webhook(&sink.url("/in"), json!({"profile": "quick"})).await;
    let event = trusting.event("a.b", json!(1)).await;
    trusting.settled(&event, &webhook, "delivered").await;
    assert_eq!(sink.received("/in").len(), 1);
}

#[tokio::test]
async fn an_authority_that_is_named_later_is_trusted_after_a_reload() {
    let (sink, certificate) = tls_sink().await;
    let daemon = Daemon::start().await;
    let file = daemon.dir().join("ca.crt");
    std::fs::write(&file, certificate).unwrap();
    let webhook = daemon.webhook(&sink.url("/in"), json!({"profile": "quick"})).await;
    let config = daemon.dir().join("ringback.toml");
    let profiles = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, format!("[egress]\nextra_ca = [\"{}\"]\n{profiles}", file.display())).unwrap();
    let (code, out, err) = daemon.cli(&["reload"]).await;
    assert!(code == 0 && out.contains("egress.extra_ca: [] -> ["), "{out}{err}");
    let event = daemon.event("a.b", json!(1)).await;
    daemon.settled(&event, &webhook, "delivered").await;
}

#[tokio::test]
async fn beyond_the_file_s_budget_the_oldest_events_go() {
    let daemon = Daemon::with_config("[retention]\nmax_store_bytes = \"8MiB\"").await;
    let data = "x".repeat(200_000);
    let mut events = Vec::new();
    for _ in 0..100 {
        events.push(daemon.event("a.b", json!(data)).await);
    }
    wait_for("an event that went before its time", async || {
        let shown = daemon.get(&format!("/v1/events/{}", events[0])).await;
        (shown.status == 404).then_some(())
    })
    .await;
    // The file stays as long as it was, and says how much of it is in use.
    wait_for("what is held to fit", async || {
        let status: Value = serde_json::from_str(&daemon.cli(&["status", "--json"]).await.1).ok()?;
        let store = &status["store"];
        let held = store["held_bytes"].as_u64()?;
        (held <= 8 << 20 && store["file_bytes"].as_u64()? > 8 << 20 && store["full"] == false).then_some(())
    })
    .await;
    assert_eq!(daemon.get(&format!("/v1/events/{}", events[99])).await.status, 200, "the newest stay");
    daemon.post("/v1/events", json!({"type": "a.b", "data": 1})).await.expect(202);
}

#[tokio::test]
async fn run_webhooks_19_a_self_signed_receiver_is_taken_where_both_want_it() {
    let (sink, _) = tls_sink().await;
    let webhook = json!({
        "eventTypes": ["ACTOR.RUN.CREATED"],
        "condition": {"actorId": "my-actor"},
        "requestUrl": sink.url("/in"),
        "ignoreSslErrors": true,
    });
    let strict = Daemon::start().await;
    strict.post("/v2/webhooks", webhook.clone()).await.expect(400);
    let lax = Daemon::with_config("[egress]\nallow_any_certificate = true").await;
    wait_until("the operator is warned", || lax.log().contains("egress.allow_any_certificate is on")).await;
    lax.post("/v2/webhooks", webhook).await.expect(201);
    lax.post("/v2/actors/my-actor/runs", json!({})).await.expect(201);
    assert_eq!(sink.wait("/in", 1).await.len(), 1);
}

/// Adds settings to those of a stopped daemon.
fn reconfigure(daemon: &Daemon, settings: &str) {
    let file = daemon.dir().join("ringback.toml");
    std::fs::write(&file, format!("{settings}\n{}", std::fs::read_to_string(&file).unwrap())).unwrap();
}

#[tokio::test]
async fn another_seal_key_takes_over_and_the_old_one_may_go() {
    let mut daemon = Daemon::start().await;
    let webhook = daemon.webhook("https://example.com/", json!({})).await;
    let public = daemon.get("/.well-known/jwks.json").await.expect(200).json;
    daemon.terminate().await;
    let (old, new) = (daemon.data_dir().join("seal-key"), daemon.dir().join("new-key"));
    std::fs::write(&new, "q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n").unwrap();
    let plain = std::fs::read_to_string(daemon.dir().join("ringback.toml")).unwrap();
    let current = format!("[secrets]\nkey_file = \"{}\"", new.display());
    reconfigure(&daemon, &current);
    assert!(!daemon.try_restart().await, "the new key alone opens nothing");
    assert!(daemon.log().contains("none of the given keys opens the store's secrets"), "{}", daemon.log());
    std::fs::write(daemon.dir().join("ringback.toml"), &plain).unwrap();
    reconfigure(&daemon, &format!("{current}\nprevious_key_files = [\"{}\"]", old.display()));
    daemon.restart().await;
    let done = "every secret is sealed with the current key";
    wait_for("everything sealed anew", async || daemon.log().contains(done).then_some(())).await;
    daemon.kill9().await;
    std::fs::remove_file(&old).unwrap();
    std::fs::write(daemon.dir().join("ringback.toml"), &plain).unwrap();
    reconfigure(&daemon, &current);
    daemon.restart().await;
    let shown = daemon.get(&format!("/v1/webhooks/{}/secret", webhook.id)).await.expect(200);
    assert_eq!(shown.text_of("secret"), webhook.secret);
    assert_eq!(daemon.get("/.well-known/jwks.json").await.expect(200).json, public);
}
