//! Runs, their datasets and their webhooks, by the provider's own clients.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::future::join_all;
use serde_json::json;

use crate::harness::clients::{Clients, passes};
use crate::harness::{Daemon, Sink};

/// An account with an actor, and one token for all that a client does.
async fn declared() -> Daemon {
    declare(Daemon::shared().await).await
}

async fn declare(daemon: Daemon) -> Daemon {
    let actor = json!({"actorSpecification": 1, "name": "my-actor", "title": "My Actor", "version": "0.1"});
    daemon.call(http::Method::PUT, "/v1/actors/my-actor", Some(actor)).await.expect(201);
    daemon
}

#[tokio::test]
async fn run_webhooks_20_python_reads_what_runs_give() {
    let Some(clients) = Clients::find() else { return };
    let daemon = declared().await;
    passes(clients.python(&daemon), "runs.py").await;
}

#[tokio::test]
async fn run_webhooks_20_javascript_reads_what_runs_give() {
    let Some(clients) = Clients::find() else { return };
    let daemon = declared().await;
    passes(clients.node(&daemon), "runs.mjs").await;
}

/// 256 MiB of spaces in 203 bytes.
const BOMB: &str = "z///fwAkQOKxQHLv//n//w+ABEAcFoDu/T////8BkACIwwLQvf/n//8/ABIAcVgAuvf//P//B0ACIA4LQPf+n////wBIAMRhAeje//P//x8ACYA4LADd+3/+//8DIAEQhwWge//P//9/ACQA4rAAdO//+f//D4AEQBwWgO79P////wGQAIjDAtC9/+f//z8AEgBxWAC69//8//8HQAIgDgtA9/6f////AEgAxGEB6N7/8///HwAJgDgsAN37//z//wcgARCHBaB7/w8=";

#[tokio::test]
async fn run_webhooks_18_compressed_bodies_are_bounded() {
    let daemon = declare(Daemon::start().await).await;
    let run = daemon.post("/v2/actors/my-actor/runs", json!({})).await.expect(201);
    let items = format!("/v2/datasets/{}/items", run.json["data"]["id"].as_str().unwrap());
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&vec![b' '; 64 << 20]).unwrap();
    let bombs = [("br", STANDARD.decode(BOMB).unwrap()), ("gzip", gzip.finish().unwrap())];
    let before = daemon.peak_memory();
    let posts = (0..20).flat_map(|_| &bombs).map(|(encoding, bomb)| {
        let headers = [("content-type", "application/json"), ("content-encoding", *encoding)];
        let (daemon, items, bomb) = (&daemon, &items, bomb.clone());
        async move { daemon.post_raw(items, &headers, bomb).await }
    });
    let answers = join_all(posts).await;
    // Which of those that do not fit together goes on to its own bound depends on who was read first.
    for answer in answers {
        let kind = answer.json["error"]["type"].as_str().unwrap();
        assert!(
            [(413, "request-too-large"), (429, "rate-limit-exceeded"), (503, "internal-error")]
                .contains(&(answer.status, kind)),
            "{answer:?}"
        );
    }
    let grown = daemon.peak_memory() - before;
    // 64 MiB are counted; decoders, connections and what the allocator keeps come on top.
    println!("{} MiB more", grown >> 20);
    assert!(grown < 192 << 20, "40 bombs that stand for 6 GiB took {grown} bytes");
    for (encoding, bomb) in bombs {
        let headers = [("content-type", "application/json"), ("content-encoding", encoding)];
        let alone = daemon.post_raw(&items, &headers, bomb).await.expect(413);
        assert_eq!(alone.json["error"]["type"], "request-too-large", "{encoding}");
    }
    let other = [("content-type", "application/json"), ("content-encoding", "zstd")];
    let refused = daemon.post_raw(&items, &other, "{}").await.expect(415);
    assert_eq!(refused.json["error"]["type"], "unsupported-content-encoding");
}

#[tokio::test]
async fn a_dataset_goes_out_in_bounded_memory() {
    let daemon = Daemon::with_config("[store]\ncache_bytes = \"1MiB\"").await;
    let run = daemon.post("/v2/actors/my-actor/runs", json!({})).await.expect(201);
    let id = run.json["data"]["id"].as_str().unwrap();
    let text = "x".repeat(1000);
    for part in 0..10 {
        let rows: String =
            (0..5000).map(|n| format!("{{\"n\":{},\"t\":\"{text}\"}}\n", part * 5000 + n)).collect();
        let path = format!("/v1/jobs/{id}/results");
        daemon.post_raw(&path, &[("content-type", "application/x-ndjson")], rows).await.expect(200);
    }
    let before = daemon.peak_memory();
    for (query, first, last) in [("", 0, 49_999), ("&desc=1", 49_999, 0)] {
        let answer = daemon.get(&format!("/v2/datasets/{id}/items?format=jsonl{query}")).await.expect(200);
        let n = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["n"].as_u64().unwrap();
        let lines: Vec<&str> = answer.text.lines().collect();
        assert_eq!((lines.len(), n(lines[0]), n(lines[49_999])), (50_000, first, last));
        assert_eq!(answer.headers["x-apify-pagination-total"], "50000");
    }
    let grown = daemon.peak_memory() - before;
    assert!(grown < 16 << 20, "reading 50 MB took {grown} bytes");
}

#[tokio::test]
async fn each_step_of_a_run_is_reported_once() {
    let (daemon, sink) = (declared().await, Sink::start().await);
    daemon.webhook(&sink.url("/all"), json!({"events": ["ACTOR.RUN.*"]})).await;
    let start = async |query: &str| {
        let run = daemon.post(&format!("/v2/acts/my-actor/runs{query}"), json!({})).await.expect(201);
        let id = run.json["data"]["id"].as_str().unwrap().to_owned();
        assert_eq!(run.headers["location"], format!("/v2/actor-runs/{id}"));
        id
    };
    let one = start("").await;
    daemon
        .post(&format!("/v1/jobs/{one}/complete"), json!({"status": "failed", "error": "why"}))
        .await
        .expect(200);
    daemon.post(&format!("/v2/actor-runs/{one}/resurrect"), json!({})).await.expect(200);
    daemon.post(&format!("/v2/actor-runs/{one}/resurrect"), json!({})).await.expect(409);
    daemon.post(&format!("/v1/jobs/{one}/complete"), json!({"status": "succeeded"})).await.expect(200);
    let two = start("").await;
    for _ in 0..2 {
        let aborted = daemon.post(&format!("/v2/actor-runs/{two}/abort"), json!({})).await.expect(200);
        assert_eq!(aborted.json["data"]["status"], "ABORTED");
    }
    let three = start("?timeout=1").await;
    let waited = daemon.get(&format!("/v2/actor-runs/{three}?waitForFinish=999999")).await.expect(200);
    assert_eq!(waited.json["data"]["status"], "TIMED-OUT");

    let mut reported: Vec<(String, String)> = sink
        .wait("/all", 8)
        .await
        .iter()
        .map(|request| {
            let data = request.json()["data"].clone();
            assert_eq!(data["eventData"]["actorId"], "my-actor");
            assert_eq!(data["resource"]["id"], data["eventData"]["actorRunId"]);
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            (text(&data["eventData"]["actorRunId"]), text(&data["eventType"]))
        })
        .collect();
    reported.sort();
    let mut want: Vec<(String, String)> = [
        (&one, "CREATED"),
        (&one, "FAILED"),
        (&one, "RESURRECTED"),
        (&one, "SUCCEEDED"),
        (&two, "CREATED"),
        (&two, "ABORTED"),
        (&three, "CREATED"),
        (&three, "TIMED_OUT"),
    ]
    .map(|(id, step)| (id.clone(), format!("ACTOR.RUN.{step}")))
    .into();
    want.sort();
    assert_eq!(reported, want);
}

/// Versions of the provider's client for Python, each in a folder of its own: their models differ.
const PYTHON_CLIENTS: [&str; 4] = ["1.12.2", "2.5.1", "3.0.0", "3.1.3"];

#[tokio::test]
async fn every_version_of_the_python_client_works() {
    let Some(clients) = Clients::find() else { return };
    for version in PYTHON_CLIENTS {
        let daemon = declared().await;
        let packages = clients.tool(&format!("matrix/apify-client-{version}"));
        assert!(packages.is_dir(), "{} is missing", packages.display());
        let mut client = clients.python(&daemon);
        client.env("PYTHONPATH", packages);
        passes(client, "matrix.py").await;
    }
    let daemon = declared().await;
    passes(clients.python(&daemon), "matrix.py").await;
}

#[tokio::test]
async fn every_version_of_the_javascript_client_works() {
    let Some(clients) = Clients::find() else { return };
    for package in ["apify-client-2.0.7", "apify-client-2.12.6", "apify-client"] {
        let daemon = declared().await;
        let mut client = clients.node(&daemon);
        client.env("APIFY_CLIENT", package);
        passes(client, "matrix.mjs").await;
    }
}

/// Runs an Actor's process that works for a run of its own, as the provider's platform starts it.
async fn actor_process(mut process: tokio::process::Command, daemon: &Daemon, name: &str) {
    let run = daemon.post("/v2/actors/my-actor/runs", json!({"a": 1})).await.expect(201).json;
    let id = run["data"]["id"].as_str().unwrap().to_owned();
    process.env("APIFY_IS_AT_HOME", "1").env("APIFY_API_BASE_URL", daemon.url());
    process.env("ACTOR_RUN_ID", &id).env("ACTOR_ID", "my-actor").env("ACTOR_DEFAULT_DATASET_ID", &id);
    process.env("ACTOR_DEFAULT_KEY_VALUE_STORE_ID", &id).env("ACTOR_DEFAULT_REQUEST_QUEUE_ID", &id);
    passes(process, name).await;
    let items = daemon.get(&format!("/v2/datasets/{id}/items")).await.expect(200).json;
    assert_eq!(items, json!([{"got": {"a": 1}}]));
    let output = daemon.get(&format!("/v2/key-value-stores/{id}/records/OUTPUT")).await.expect(200).json;
    assert_eq!(output, json!({"rows": 1}));
    let run = daemon.get(&format!("/v2/actor-runs/{id}")).await.expect(200).json;
    assert_eq!(run["data"]["statusMessage"], "done", "{run}");
}

#[tokio::test]
async fn an_actor_process_in_python_runs() {
    let Some(clients) = Clients::find() else { return };
    let daemon = declared().await;
    let mut process = clients.python(&daemon);
    process.env("PYTHONPATH", clients.tool("matrix/apify-4.1.0"));
    actor_process(process, &daemon, "actor_process.py").await;
}

#[tokio::test]
async fn an_actor_process_in_javascript_runs() {
    let Some(clients) = Clients::find() else { return };
    let daemon = declared().await;
    actor_process(clients.node(&daemon), &daemon, "actor_process.mjs").await;
}
