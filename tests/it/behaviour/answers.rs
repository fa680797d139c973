//! Answers in the log: readable, or marked as what cannot be read.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::harness::Daemon;

/// A receiver that answers 500 with these headers and this body; the request's own `x-key` where `%KEY%` stands.
async fn receiver(head: &'static str, body: fn(&str) -> Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let mut request = vec![0; 16 << 10];
            let read = tcp.read(&mut request).await.unwrap_or_default();
            let text = String::from_utf8_lossy(&request[..read]).into_owned();
            let key = text.lines().find_map(|line| line.strip_prefix("X-Key: ")).unwrap_or_default();
            let body = body(key);
            let head = format!(
                "HTTP/1.1 500 No\r\nconnection: close\r\ncontent-length: {}\r\n{head}\r\n",
                body.len()
            );
            let _ = tcp.write_all(&[head.as_bytes(), &body].concat()).await;
        }
    });
    url
}

fn gzip(text: &str) -> Vec<u8> {
    gzip_bytes(text.as_bytes())
}

fn gzip_bytes(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The one attempt of a delivery to such a receiver.
async fn attempt(daemon: &Daemon, head: &'static str, body: fn(&str) -> Vec<u8>) -> Value {
    let url = receiver(head, body).await;
    let webhook = daemon.webhook(&url, json!({"headers": {"x-key": "canary-in-a-header"}})).await;
    let event = daemon.event("a.b", json!(1)).await;
    let delivery = daemon.attempted(&event, &webhook, 1).await;
    let id = delivery["id"].as_str().unwrap();
    let shown = daemon.get(&format!("/v1/deliveries/{id}")).await.expect(200).json;
    shown["attempt_log"][0].clone()
}

#[tokio::test]
async fn an_answer_can_be_read_or_is_marked() {
    let daemon = Daemon::shared().await;
    let packed = attempt(&daemon, "content-encoding: gzip\r\n", |_| gzip("database is locked")).await;
    assert_eq!(
        (&packed["response_body"], &packed["response_body_encoding"]),
        (&json!("database is locked"), &Value::Null)
    );
    let latin =
        attempt(&daemon, "content-type: text/plain; charset=iso-8859-1\r\n", |_| b"zu sp\xE4t".to_vec())
            .await;
    assert_eq!(latin["response_body"], "zu spät");
    let image = attempt(&daemon, "content-type: image/jpeg\r\n", |_| b"\xFF\xD8\xFF".to_vec()).await;
    assert_eq!(
        (&image["response_body"], &image["response_body_encoding"]),
        (&json!("/9j/"), &json!("base64"))
    );
}

#[tokio::test]
async fn what_an_answer_repeats_is_masked_in_packed_ones_too() {
    let daemon = Daemon::shared().await;
    let echo = attempt(&daemon, "content-encoding: gzip\r\n", |key| gzip(&format!("you sent {key}."))).await;
    assert_eq!(echo["response_body"], "you sent ***.");
}

#[tokio::test]
async fn what_an_answer_repeats_is_masked_in_every_writing_that_is_shown_or_it_is_not_kept() {
    let daemon = Daemon::start().await;
    let wide = |key: &str| format!("you sent {key}.").encode_utf16().flat_map(u16::to_le_bytes).collect();
    for head in ["content-type: text/plain; charset=utf-16le\r\n", "content-type: text/plain\r\n", ""] {
        let echo = attempt(&daemon, head, wide).await;
        let shown = echo["response_body"].as_str().unwrap().replace('\0', "");
        assert_eq!(shown, "you sent ***.", "{head}");
    }
    let twice = |key: &str| gzip_bytes(&gzip(&format!("you sent {key}.")));
    for head in ["content-encoding: gzip, gzip\r\n", "content-type: application/gzip\r\n"] {
        assert_eq!(attempt(&daemon, head, twice).await["response_body"], "you sent ***.", "{head}");
    }
    let unknown =
        attempt(&daemon, "content-encoding: zstd\r\n", |key| [b"\x28\xB5\x2F\xFD", key.as_bytes()].concat())
            .await;
    assert_eq!(
        (&unknown["response_body"], &unknown["response_body_encoding"]),
        (&json!("(not kept: its content coding, \"zstd\", cannot be unpacked)"), &Value::Null)
    );
}
