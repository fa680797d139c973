//! Runs, their datasets and their webhooks, by the provider's own clients.

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::future::join_all;
use serde_json::json;

use crate::harness::Daemon;
use crate::harness::clients::{Clients, passes};

async fn declared() -> Daemon {
    let daemon = Daemon::start().await;
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
    let daemon = declared().await;
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
    assert!(answers.iter().any(|answer| answer.status == 413));
    for answer in answers {
        let kind = answer.json["error"]["type"].as_str().unwrap();
        assert!(
            [(413, "request-too-large"), (503, "internal-error")].contains(&(answer.status, kind)),
            "{answer:?}"
        );
    }
    let grown = daemon.peak_memory() - before;
    assert!(grown < 192 << 20, "40 bombs that stand for 6 GiB took {grown} bytes");
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
