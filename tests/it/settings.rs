//! Settings whose effect shows only outside: whom the daemon trusts, how large its file may get.

use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use tokio_rustls::TlsAcceptor;

use crate::harness::{Daemon, Sink, wait_for};

/// A receiver with a certificate of its own making, and that certificate in PEM form.
async fn tls_sink() -> (Sink, String) {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
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
    let webhook = doubting.webhook(&sink.url("/in"), json!({"profile": "hasty", "events": ["a.*"]})).await;
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
    let webhook = trusting.webhook(&sink.url("/in"), json!({"profile": "hasty"})).await;
    let event = trusting.event("a.b", json!(1)).await;
    trusting.settled(&event, &webhook, "delivered").await;
    assert_eq!(sink.received("/in").len(), 1);
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
    // The file is larger than its budget for a while, but what is in it is not.
    wait_for("room for new ones", async || {
        let answer = daemon.post("/v1/events", json!({"type": "a.b", "data": 1})).await;
        (answer.status == 202).then_some(())
    })
    .await;
}
