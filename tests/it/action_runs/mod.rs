//! Action runs and their callbacks: every check of the contract, from outside.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::harness::{Act, Daemon, Received, Sink, pace, tools, wait_for};

mod callbacks;
mod starting;
mod tokens;

const RUNS: &str = "/v2/action-runs";
const SIGNATURE: &str = "ringback-callback-signature";

/// The bounds that a daemon has in production.
const STRICT: &str = "dev = false";

/// An account on a daemon with those bounds.
async fn strict() -> Daemon {
    Daemon::shared_with(STRICT).await
}

/// Makes a run with a callback to `url`; gives its id.
async fn run(daemon: &Daemon, url: &str) -> String {
    let body = json!({"action": "core:send", "authentication": "9", "input": {"n": 1}, "callback_url": url});
    let made = daemon.post(RUNS, body).await.expect(200);
    made.json["data"]["id"].as_str().unwrap().to_owned()
}

/// The path of a run's job, where its executor works on it.
fn job(run: &str) -> String {
    format!("/v1/jobs/{}", run.replacen("arun_", "job_", 1))
}

/// Ends a run well with these results.
async fn succeed(daemon: &Daemon, run: &str, rows: &str) {
    let ndjson = [("content-type", "application/x-ndjson")];
    daemon.post_raw(&format!("{}/results", job(run)), &ndjson, rows).await.expect(200);
    daemon.post(&format!("{}/complete", job(run)), json!({"status": "succeeded"})).await.expect(200);
}

/// Waits until the callback of a run has ended in some way; gives what is reported of it.
async fn called_back(daemon: &Daemon, run: &str, status: &str) -> Value {
    wait_for(&format!("a callback that {status}"), async || {
        let shown = daemon.get(&format!("{RUNS}/{run}/callback")).await.expect(200).json;
        (shown["data"]["status"] == status).then(|| shown["data"].clone())
    })
    .await
}

fn attempts(callback: &Value) -> usize {
    callback["delivery"]["attempt_log"].as_array().unwrap().len()
}

async fn stores_nothing(daemon: &Daemon) {
    for list in ["/v1/jobs", "/v1/webhooks", "/v1/events"] {
        assert_eq!(daemon.get(list).await.expect(200).json["data"], json!([]), "{list}");
    }
}
