//! HTTP as clients speak it, well and badly: what is refused by its head, and bodies that nobody wants.

use std::process::Stdio;

use http::Method;
use ringback::limits;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;
use tokio::time::timeout;

use crate::harness::{BOUND, Daemon, Sink, tools};

async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap()
}

/// One answer's head and body; the connection stays as it is.
async fn answer(stream: &mut TcpStream) -> String {
    let mut text = Vec::new();
    timeout(BOUND, async {
        loop {
            let whole = String::from_utf8_lossy(&text).into_owned();
            if let Some((head, body)) = whole.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                    return whole;
                }
            }
            let mut piece = [0; 4096];
            let read = stream.read(&mut piece).await.unwrap();
            assert!(read > 0, "closed after {whole:?}");
            text.extend_from_slice(&piece[..read]);
        }
    })
    .await
    .unwrap()
}

#[tokio::test]
async fn a_head_that_two_readers_could_understand_differently_is_refused() {
    let daemon = Daemon::start().await;
    let token = daemon.token();
    let auth = format!("Authorization: Bearer {token}\r\n");
    let cases = [
        ("HTTP/1.1", format!("Host: a\r\n{auth}"), "200"),
        ("HTTP/1.0", auth.clone(), "200"),
        ("HTTP/1.1", auth.clone(), "400"),
        ("HTTP/1.1", format!("Host: a\r\nHost: a\r\n{auth}"), "400"),
        ("HTTP/1.1", format!("Host: a\r\nhost: b\r\n{auth}"), "400"),
        ("HTTP/1.0", format!("Host: a\r\nHost: b\r\n{auth}"), "400"),
        ("HTTP/1.1", format!("Host: a\r\n{auth}Authorization: Bearer x\r\n"), "400"),
        ("HTTP/1.1", format!("Host: a\r\n{auth}Transfer-Encoding: gzip, chunked\r\n"), "501"),
        (
            "HTTP/1.1",
            format!("Host: a\r\n{auth}Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n"),
            "501",
        ),
    ];
    for url in [daemon.url(), daemon.admin_url()] {
        let path = if url == daemon.url() { "/v1/webhooks" } else { "/admin/status" };
        for (version, headers, status) in &cases {
            let mut stream = connect(url).await;
            let request = format!("GET {path} {version}\r\n{headers}\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let answered = answer(&mut stream).await;
            assert_eq!(answered.split(' ').nth(1), Some(*status), "{request}\n{answered}");
            if *status != "200" {
                assert!(
                    answered.contains("connection: close") && answered.contains("\"code\""),
                    "{answered}"
                );
            }
        }
    }
}

/// Every way in which an answer is given before the body was read.
fn refusals(token: &str) -> Vec<(&'static str, &'static str, String, &'static str)> {
    let auth = format!("Authorization: Bearer {token}\r\n");
    let json = "Content-Type: application/json\r\n";
    vec![
        ("POST", "/v1/nothing", format!("{auth}{json}"), "404"),
        ("POST", "/v1/webhooks/wh_nothing/pause", format!("{auth}{json}"), "413"),
        ("POST", "/v1/events?nonsense=1", format!("{auth}{json}"), "400"),
        ("POST", "/v1/events", json.to_owned(), "401"),
        ("POST", "/v1/events", format!("{auth}Content-Type: text/html\r\n"), "415"),
        ("PATCH", "/v1/events", format!("{auth}{json}"), "405"),
        ("GET", "/v1/webhooks", auth, "200"),
    ]
}

#[tokio::test]
async fn a_body_that_nobody_reads_is_taken_and_its_connection_goes_on() {
    let daemon = Daemon::shared().await;
    let token = daemon.token();
    let body = "x".repeat(300_000);
    for (method, path, headers, status) in refusals(&token) {
        let mut stream = connect(daemon.url()).await;
        let length = body.len();
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: a\r\n{headers}Content-Length: {length}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        let answered = answer(&mut stream).await;
        assert_eq!(answered.split(' ').nth(1), Some(status), "{answered}");
        // The body comes after the answer, as from a client that writes first and reads then.
        stream.write_all(body.as_bytes()).await.unwrap();
        if answered.contains("connection: close") {
            let mut rest = String::new();
            timeout(BOUND, stream.read_to_string(&mut rest)).await.unwrap().unwrap();
            assert_eq!(rest, "", "{method} {path}: it is closed in order, not reset");
            continue;
        }
        let next = format!("GET /v1/webhooks HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\n\r\n");
        stream.write_all(next.as_bytes()).await.unwrap();
        assert!(answer(&mut stream).await.starts_with("HTTP/1.1 200"), "{method} {path}");
    }
}

#[tokio::test]
async fn a_body_that_waits_for_a_word_is_not_waited_for() {
    let daemon = Daemon::shared().await;
    let mut stream = connect(daemon.url()).await;
    let head = "POST /v1/nothing HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answered = String::new();
    timeout(limits::DRAIN_TIME / 2, stream.read_to_string(&mut answered)).await.unwrap().unwrap();
    assert!(answered.starts_with("HTTP/1.1 404"), "{answered}");
}

#[tokio::test]
async fn python_and_node_read_why_a_large_body_was_refused() {
    const PYTHON: &str = r#"
import os, urllib.request, urllib.error
request = urllib.request.Request(os.environ["URL"], data=b"x" * (20 << 20), headers={
    "Authorization": "Bearer " + os.environ["TOKEN"], "Content-Type": "application/json"})
try:
    print(urllib.request.urlopen(request).status)
except urllib.error.HTTPError as error:
    print(error.code)
"#;
    const NODE: &str = r#"
fetch(process.env.URL, { method: "POST", body: "x".repeat(20 << 20), headers: {
    authorization: `Bearer ${process.env.TOKEN}`, "content-type": "application/json" } })
    .then((answer) => console.log(answer.status), (error) => console.log(error.cause ?? error));
"#;
    let daemon = Daemon::start().await;
    for (program, flag, script) in [("python3", "-c", PYTHON), ("node", "-e", NODE)] {
        let url = format!("{}/v1/events", daemon.url());
        for token in [daemon.token(), "rb_unknown".to_owned()] {
            let wanted = if token == "rb_unknown" { "401" } else { "413" };
            let mut client = Command::new(program);
            client.args([flag, script]).env("URL", &url).env("TOKEN", &token).stdin(Stdio::null());
            let Some(said) = tools::found(program, client.output().await) else { break };
            let said = String::from_utf8_lossy(&said.stdout).trim().to_owned();
            assert_eq!(said, wanted, "{program}");
        }
    }
}

#[tokio::test]
async fn a_page_of_another_site_cannot_unsubscribe() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let url = sink.url("/in");
    let hook = daemon.post("/api/hooks", json!({"url": url, "event": "a"})).await.expect(201).text_of("id");
    let host = daemon.url().strip_prefix("http://").unwrap();
    let json = ("content-type", "application/json");
    let cases: [(&[(&str, &str)], u16); 6] = [
        (&[], 415),
        (&[("content-type", "text/plain")], 415),
        (&[json, ("sec-fetch-site", "cross-site")], 403),
        (&[json, ("sec-fetch-site", "same-site")], 403),
        (&[json, ("origin", "https://evil.example")], 403),
        (&[json, ("origin", "null")], 403),
    ];
    let body = json!({"url": url}).to_string();
    for (headers, status) in cases {
        daemon.post_raw("/api/hooks/unsubscribe", headers, body.clone()).await.expect(status);
        assert_eq!(daemon.get(&format!("/api/hooks/{hook}")).await.status, 200, "{headers:?}");
    }
    let own = format!("http://{host}");
    daemon.post_raw("/api/hooks/unsubscribe", &[json, ("origin", &own)], body).await.expect(200);
    daemon.call(Method::GET, &format!("/api/hooks/{hook}"), None).await.expect(404);
}
