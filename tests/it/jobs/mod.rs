//! Jobs and the webhooks for their ends: every check of the contract, from outside.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::harness::{Act, Daemon, Received, Sink, Webhook, pace, tools, wait_for};

mod attempts;
mod signatures;
mod webhooks;
mod work;

/// The example that operators start from, as it is shipped.
const BRANDED: &str = include_str!("../../../packaging/profiles/job-webhooks.toml");
const ENDS: [&str; 4] = ["job.succeeded", "job.failed", "job.timed_out", "job.aborted"];

/// An account of the test's own, a receiver, and a webhook for jobs between them.
async fn stage() -> (Daemon, Sink, Webhook) {
    on(Daemon::shared().await).await
}

/// As [`stage`], on a daemon of the test's own with these settings.
async fn stage_with(settings: &str) -> (Daemon, Sink, Webhook) {
    on(Daemon::with_config(settings).await).await
}

async fn on(daemon: Daemon) -> (Daemon, Sink, Webhook) {
    let sink = Sink::start().await;
    let webhook = daemon.webhook(&sink.url("/in"), json!({"profile": "job-webhooks"})).await;
    (daemon, sink, webhook)
}

async fn job(daemon: &Daemon, more: Value) -> String {
    let mut body = json!({"type": "batch_detail"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    daemon.post("/v1/jobs", body).await.expect(201).text_of("id")
}

async fn complete(daemon: &Daemon, id: &str) -> Value {
    let path = format!("/v1/jobs/{id}/complete");
    daemon.post(&path, json!({"status": "succeeded"})).await.expect(200).json
}

async fn append(daemon: &Daemon, id: &str, query: &str, rows: &str) -> crate::harness::daemon::Answer {
    let path = format!("/v1/jobs/{id}/results{query}");
    daemon.post_raw(&path, &[("content-type", "application/x-ndjson")], rows).await
}

/// A webhook's log, newest first, once it has so many entries.
async fn log(daemon: &Daemon, webhook: &Webhook, entries: usize) -> Vec<Value> {
    wait_for(&format!("{entries} attempts in the log"), async || {
        let page = daemon.get(&format!("/v1/webhooks/{}/deliveries", webhook.id)).await.expect(200);
        let rows = page.json["data"].as_array().unwrap().clone();
        (rows.len() >= entries).then_some(rows)
    })
    .await
}

/// How many events of a type there are.
async fn events(daemon: &Daemon, event_type: &str) -> usize {
    let page = daemon.get(&format!("/v1/events?type={event_type}&limit=250")).await.expect(200);
    page.json["data"].as_array().unwrap().len()
}
