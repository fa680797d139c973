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
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
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
