//! Bodies as programs write them: compressed in several members, with a byte order mark, as `utf8`.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::json;

use crate::harness::Daemon;

fn gzip(text: &str) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(text.as_bytes()).unwrap();
    gzip.finish().unwrap()
}

#[tokio::test]
async fn every_member_of_a_gzip_body_is_read() {
    let daemon = Daemon::shared().await;
    let lines = ["{\"type\":\"a\",\"data\":1}\n", "{\"type\":\"a\",\"data\":2}\n"];
    let body: Vec<u8> = lines.iter().flat_map(|line| gzip(line)).collect();
    let headers = [("content-type", "application/x-ndjson"), ("content-encoding", "gzip")];
    let answer = daemon.post_raw("/v1/events", &headers, body).await.expect(200);
    assert_eq!(answer.text.matches("\"id\"").count(), 2, "{}", answer.text);
    let headers = [("content-type", "application/json"), ("content-encoding", "gzip")];
    let parts = [gzip("{\"type\":\"a\","), gzip("\"data\":3}")].concat();
    daemon.post_raw("/v1/events", &headers, parts).await.expect(202);
    let more = [gzip("{\"type\":\"a\",\"data\":3}"), b"more".to_vec()].concat();
    daemon.post_raw("/v1/events", &headers, more).await.expect(400);
}

#[tokio::test]
async fn a_byte_order_mark_and_utf8_are_no_fault() {
    let daemon = Daemon::shared().await;
    let post = async |path: &str, kind: &str, body: &str| {
        daemon.post_raw(path, &[("content-type", kind)], format!("\u{feff}{body}")).await
    };
    let event = r#"{"type":"a","data":1}"#;
    post("/v1/events", "application/json; charset=utf8", event).await.expect(202);
    post("/v1/events", "application/json", &format!("[{event}]")).await.expect(202);
    let lines = post("/v1/events", "application/x-ndjson", &format!("{event}\n{event}\n")).await.expect(200);
    assert_eq!(lines.text.matches("\"id\"").count(), 2, "{}", lines.text);
    post("/v1/webhooks", "application/json", r#"{"url":"https://a.example/"}"#).await.expect(201);
    let job = post("/v1/jobs", "application/json", r#"{"type":"t"}"#).await.expect(201).text_of("id");
    post(&format!("/v1/jobs/{job}/results"), "application/x-ndjson", "1\n").await.expect(200);
    let run = daemon.post("/v2/acts/a/runs", json!({})).await.expect(201);
    let items = format!("/v2/datasets/{}/items", run.json["data"]["id"].as_str().unwrap());
    post(&items, "application/json", r#"{"a":1}"#).await.expect(201);
    // One within the text is the text's.
    let inner =
        daemon.post_raw("/v1/events", &[("content-type", "application/json")], "\u{feff}\u{feff}{}").await;
    assert_eq!(inner.status, 400);
}
