//! What is open under a token ends with it.

use std::time::Duration;

use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Rig;
use crate::clock;
use crate::domain::account::{Role, Roles};
use crate::domain::id::TokenId;
use crate::domain::time::Timestamp;
use crate::store::audit::Actor;
use crate::store::command::Edit;

/// A connection on which something is open.
struct Open {
    stream: TcpStream,
    seen: String,
}

impl Open {
    async fn send(rig: &Rig, head: &str, token: &str) -> Self {
        let mut stream = TcpStream::connect(rig.addr).await.unwrap();
        let head = format!("{head}\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        Self { stream, seen: String::new() }
    }

    /// A chunk of a body.
    async fn chunk(&mut self, text: &str) {
        let chunk = format!("{:x}\r\n{text}\r\n", text.len());
        self.stream.write_all(chunk.as_bytes()).await.unwrap();
    }

    async fn until(&mut self, text: &str) {
        let reading = async {
            while !self.seen.contains(text) {
                assert!(self.read().await > 0, "ended with {}", self.seen);
            }
        };
        timeout(Duration::from_secs(20), reading).await.unwrap();
    }

    async fn read(&mut self) -> usize {
        let mut buffer = [0; 64 << 10];
        let read = self.stream.read(&mut buffer).await.unwrap_or(0);
        self.seen.push_str(std::str::from_utf8(&buffer[..read]).unwrap());
        read
    }

    /// Reads until the connection is closed, or has said its last word.
    async fn end(mut self, last: &str) -> String {
        let reading = async { while !self.seen.contains(last) && self.read().await > 0 {} };
        timeout(Duration::from_secs(20), reading).await.unwrap();
        self.seen
    }
}

impl Rig {
    pub(crate) async fn revoke(&self, id: TokenId) {
        self.store.edit(Edit::RevokeToken(id), Actor::Daemon, clock::now()).await.unwrap().unwrap();
    }

    /// A token of three roles.
    async fn ending(&self, at: Option<Timestamp>) -> (TokenId, String) {
        self.token_of(Roles::of(&[Role::Producer, Role::Manager, Role::Reader]), "default", at).await
    }

    async fn job(&self) -> String {
        self.post("/v1/jobs", r#"{"type":"work"}"#).await.expect(201).json()["id"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    /// A job that has ended, with results of so many bytes.
    pub(crate) async fn results_of(&self, bytes: usize) -> String {
        let job = self.job().await;
        let rows = format!("\"{}\"\n", "x".repeat(1000)).repeat(1000);
        let kind = [("content-type", "application/x-ndjson")];
        let admin = Some(self.of(Role::Admin));
        let path = format!("/v1/jobs/{job}/results");
        for _ in 0..bytes / rows.len() {
            self.request(&Method::POST, &path, admin, &kind, rows.clone()).await.expect(200);
        }
        self.post(&format!("/v1/jobs/{job}/complete"), r#"{"status":"succeeded"}"#).await.expect(200);
        job
    }
}

/// A tail, a listener, a stream of events, a stream of results, a body that stalls, and a wait for a run.
async fn all_of(rig: &Rig, token: &str) -> [Open; 6] {
    let mut tail = Open::send(rig, "GET /v1/tail HTTP/1.1", token).await;
    tail.until(": following").await;
    let mut listener = Open::send(rig, "POST /v1/listen HTTP/1.1\r\ncontent-length: 0", token).await;
    listener.until("event: listening").await;
    let lines = "content-type: application/x-ndjson\r\ntransfer-encoding: chunked";
    let mut events = Open::send(rig, &format!("POST /v1/events HTTP/1.1\r\n{lines}"), token).await;
    events.chunk("{\"type\":\"a.b\",\"data\":1}\n").await;
    events.until("\"line\":1").await;
    let job = rig.job().await;
    let path = format!("POST /v1/jobs/{job}/results HTTP/1.1\r\n{lines}");
    let mut results = Open::send(rig, &path, token).await;
    results.chunk("{\"n\":1}\n").await;
    let body = "content-type: application/json\r\ncontent-length: 1000";
    let stalls = Open::send(rig, &format!("POST /v1/events HTTP/1.1\r\n{body}"), token).await;
    let run = rig.post("/v2/actors/a/runs", "{}").await.expect(201).json();
    let run = run["data"]["id"].as_str().unwrap().to_owned();
    let wait = Open::send(rig, &format!("GET /v2/actor-runs/{run}?waitForFinish=60 HTTP/1.1"), token).await;
    [tail, listener, events, results, stalls, wait]
}

/// What each of them says last.
fn last_words(reason: &str) -> [String; 6] {
    let unauthorized = "HTTP/1.1 401 Unauthorized".to_owned();
    [
        format!("event: bye\ndata: {{\"reason\":\"{reason}\""),
        format!("event: bye\ndata: {{\"reason\":\"{reason}\""),
        "{\"line\":2,\"error\":{".to_owned(),
        unauthorized.clone(),
        unauthorized.clone(),
        unauthorized,
    ]
}

#[tokio::test]
async fn whatever_is_open_ends_with_its_token() {
    let rig = Rig::new().await;
    let (id, token) = rig.ending(None).await;
    let open = all_of(&rig, &token).await;
    let (_, other) = rig.ending(None).await;
    let mut stays = Open::send(&rig, "GET /v1/tail HTTP/1.1", &other).await;
    stays.until(": following").await;
    rig.revoke(id).await;
    for (open, last) in open.into_iter().zip(last_words("revoked")) {
        let seen = open.end(&last).await;
        assert!(seen.contains(&last), "{last}: {seen}");
    }
    let event = rig.event("after.it").await;
    stays.until(&event).await;
}

#[tokio::test]
async fn whatever_is_open_ends_when_its_token_expires() {
    let rig = Rig::new().await;
    let at = clock::now().plus(Duration::from_secs(3));
    let (_, token) = rig.ending(Some(at)).await;
    let open = all_of(&rig, &token).await;
    for (open, last) in open.into_iter().zip(last_words("expired")) {
        let seen = open.end(&last).await;
        assert!(seen.contains(&last), "{last}: {seen}");
    }
    assert!(clock::now() >= at);
}

/// Nothing that a stream brings after its token's end is stored, however fast it comes.
#[tokio::test]
async fn a_stream_that_never_pauses_ends_too() {
    let rig = Rig::new().await;
    let (id, token) = rig.ending(None).await;
    let lines = "content-type: application/x-ndjson\r\ntransfer-encoding: chunked";
    let mut events = Open::send(&rig, &format!("POST /v1/events HTTP/1.1\r\n{lines}"), &token).await;
    events.chunk("{\"type\":\"a.b\",\"data\":1}\n").await;
    events.until("\"line\":1").await;
    let (mut from, mut to) = events.stream.into_split();
    let flood = tokio::spawn(async move {
        let line = "{\"type\":\"a.b\",\"data\":1}\n".repeat(100);
        let chunk = format!("{:x}\r\n{line}\r\n", line.len());
        while to.write_all(chunk.as_bytes()).await.is_ok() {}
    });
    rig.revoke(id).await;
    let mut seen = Vec::new();
    // The client may be cut off before it has read the last word.
    let _ = timeout(Duration::from_secs(20), from.read_to_end(&mut seen)).await.unwrap();
    flood.abort();
    let seen = String::from_utf8_lossy(&seen);
    assert!(seen.contains("the token was revoked"), "{}", &seen[seen.len().saturating_sub(300)..]);
}

/// Results that are longer than what waits on the way break off: no one takes them for all.
#[tokio::test]
async fn an_answer_that_is_being_sent_breaks_off() {
    let rig = Rig::new().await;
    let path = format!("/v1/jobs/{}/results", rig.results_of(40_000_000).await);
    let (id, token) = rig.ending(None).await;
    let mut results = Open::send(&rig, &format!("GET {path}?format=ndjson HTTP/1.1"), &token).await;
    results.until("xxx").await;
    rig.revoke(id).await;
    // Long enough for what it may still do by itself; a slow reader takes the rest now.
    tokio::time::sleep(crate::limits::TOKEN_END_GRACE * 2).await;
    let seen = results.end("\r\n0\r\n\r\n").await;
    assert!(!seen.ends_with("0\r\n\r\n") && seen.len() < 39_000_000, "{}", seen.len());
}

#[tokio::test]
async fn a_token_that_revokes_itself_is_told_so() {
    let rig = Rig::new().await;
    let (id, token) = rig.token_of(Roles::of(&[Role::Admin]), "default", None).await;
    let path = format!("/v1/tokens/{id}");
    rig.request(&Method::DELETE, &path, Some(&token), &[], "").await.expect(204);
    rig.request(&Method::GET, "/v1/events", Some(&token), &[], "").await.expect(401);
}
