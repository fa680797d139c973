//! The admin listener over real sockets.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use http::Method;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, watch};

use super::*;
use crate::api::tests::{Reply, Rig, request};
use crate::dispatch::Status;
use crate::http::server::{Bounds, serve};
use crate::limits;
use crate::telemetry::metrics::BackupFigures;

struct Listener {
    api: Rig,
    addr: SocketAddr,
    dispatch: watch::Sender<Status>,
    drain: Arc<Notify>,
    reloads: mpsc::Receiver<Reload>,
    _stop: watch::Sender<bool>,
}

impl Listener {
    async fn new() -> Self {
        let api = Rig::new().await;
        let (dispatch, status) =
            watch::channel(Status { turned_at: Some(clock::monotonic()), ..Status::default() });
        let drain = Arc::new(Notify::new());
        let (reload, reloads) = mpsc::channel(1);
        let context = AdminContext {
            api: Arc::clone(&api.context),
            store: api.store.clone(),
            dispatch: status,
            metrics: Box::new(|| "ringback_offline 0\n# EOF\n".to_owned()),
            drain: Arc::clone(&drain),
            reload,
            config: Box::new(|| json!({"settings": []})),
            backups: BackupFigures::default(),
            started_at: clock::now(),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (stop, stopping) = watch::channel(false);
        tokio::spawn(serve(listener, Arc::new(Admin::new(context)), Bounds::default(), stopping));
        Self { api, addr, dispatch, drain, reloads, _stop: stop }
    }

    async fn get(&self, path: &str, token: Option<Role>) -> Reply {
        let token = token.map(|role| self.api.of(role));
        request(self.addr, &Method::GET, path, token, &[], "").await
    }
}

#[tokio::test]
async fn only_the_probes_are_open() {
    let listener = Listener::new().await;
    for path in ["/livez", "/readyz"] {
        let reply = listener.get(path, None).await.expect(200);
        assert!(reply.headers.contains_key("x-request-id"));
    }
    for path in ["/metrics", "/admin/status", "/admin/config", "/admin/log"] {
        listener.get(path, None).await.expect(401);
        for role in [Role::Producer, Role::Manager, Role::Reader] {
            listener.get(path, Some(role)).await.expect(403);
        }
        let for_metrics = if path == "/metrics" { 200 } else { 403 };
        listener.get(path, Some(Role::Metrics)).await.expect(for_metrics);
        listener.get(path, Some(Role::Admin)).await.expect(200);
    }
    let status = listener.get("/admin/status", Some(Role::Admin)).await.json();
    assert_eq!(
        (&status["ready"], &status["accounts"], &status["webhooks"]),
        (&true.into(), &1.into(), &0.into())
    );
    assert!(listener.get("/metrics", Some(Role::Admin)).await.text().contains("ringback_offline"));
    listener.get("/nothing", None).await.expect(404);
    let wrong = request(listener.addr, &Method::POST, "/livez", None, &[], "").await.expect(405);
    assert_eq!(wrong.headers["allow"], "GET, HEAD");
}

#[tokio::test]
async fn a_browser_runs_nothing_of_an_answer() {
    let listener = Listener::new().await;
    let paths = ["/livez", "/readyz", "/metrics", "/admin/status", "/admin/config", "/admin/log", "/nothing"];
    for (path, role) in paths.into_iter().flat_map(|path| [None, Some(Role::Admin)].map(|role| (path, role)))
    {
        let headers = listener.get(path, role).await.headers;
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}, {role:?}");
        assert_eq!(headers["content-security-policy"], "sandbox; default-src 'none'", "{path}, {role:?}");
    }
    let admin = Some(listener.api.of(Role::Admin));
    for path in ["/admin/backup", "/admin/export", "/livez"] {
        let headers = request(listener.addr, &Method::POST, path, admin, &[], "").await.headers;
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert!(headers.contains_key("content-security-policy"), "{path}");
    }
}

#[tokio::test]
async fn readiness_says_what_is_wrong() {
    let listener = Listener::new().await;
    let long_ago = clock::monotonic().checked_sub(Duration::from_secs(60));
    listener.dispatch.send_replace(Status { turned_at: long_ago, ..Status::default() });
    listener.api.draining.send_replace(true);
    let reply = listener.get("/readyz", None).await.expect(503);
    assert_eq!(reply.json()["detail"], "the daemon is stopping; the scheduler does not turn");
    listener.get("/livez", None).await.expect(200);
}

#[tokio::test]
async fn the_drain_is_reported() {
    let listener = Listener::new().await;
    let admin = Some(listener.api.of(Role::Admin));
    request(listener.addr, &Method::POST, "/admin/drain", None, &[], "").await.expect(401);
    request(listener.addr, &Method::POST, "/admin/drain", admin, &[], "").await.expect(202);
    tokio::time::timeout(Duration::from_secs(5), listener.drain.notified()).await.unwrap();
}

#[tokio::test]
async fn a_reload_is_asked_for_and_waited_for() {
    let mut listener = Listener::new().await;
    let admin = listener.api.of(Role::Admin).to_owned();
    let (addr, path) = (listener.addr, "/admin/reload");
    request(addr, &Method::POST, path, None, &[], "").await.expect(401);
    let asked = tokio::spawn(async move { request(addr, &Method::POST, path, Some(&admin), &[], "").await });
    let Reload { reply, .. } = listener.reloads.recv().await.unwrap();
    let wrong = Problem::new(Code::Invalid, "bad").at("/log/level", "f:1: log.level: bad");
    reply.send(Err(wrong)).unwrap();
    let answer = asked.await.unwrap().expect(422);
    assert_eq!(answer.json()["errors"][0]["pointer"], "/log/level");
}

/// It is about all accounts, so that naming one reveals nothing of it, and a token's own is nothing to it.
#[tokio::test]
async fn accounts_are_nothing_to_the_admin_listener() {
    let listener = Listener::new().await;
    let account = r#"{"name":"theirs"}"#;
    listener.api.post("/v1/accounts", account).await.expect(201);
    for role in Role::ALL.into_iter().filter(|role| *role != Role::Admin) {
        let own = listener.api.token(role, "default").await;
        let theirs = listener.api.token(role, "theirs").await;
        for path in [
            "/livez",
            "/readyz",
            "/metrics",
            "/admin/status",
            "/admin/config",
            "/admin/log",
            "/admin/nothing",
        ]
        .into_iter()
        .chain(["/admin/backup", "/admin/export", "/admin/reload", "/admin/drain"])
        {
            let post = ["backup", "export", "reload", "drain"].iter().any(|word| path.ends_with(word));
            let method = if post { Method::POST } else { Method::GET };
            let mut answers = Vec::new();
            for token in [&own, &theirs] {
                for (query, header) in
                    [("", "x-none"), ("?account=theirs", "x-none"), ("?account=nobody", "x-ringback-account")]
                {
                    let headers = [("x-request-id", "same"), (header, "theirs")];
                    let path = format!("{path}{query}");
                    let reply = request(listener.addr, &method, &path, Some(token), &headers, "").await;
                    let headers: Vec<_> = reply.headers.iter().filter(|(name, _)| *name != "date").collect();
                    answers.push(format!("{} {headers:?} {}", reply.status, reply.text()));
                }
            }
            assert!(answers.iter().all(|answer| *answer == answers[0]), "{role:?} {path}: {answers:#?}");
        }
    }
}

/// What is longer than what waits on the way breaks off: no one takes it for a whole copy of the store.
#[tokio::test]
async fn a_copy_of_the_store_ends_with_its_token() {
    let listener = Listener::new().await;
    listener.api.results_of(40_000_000).await;
    for path in ["/admin/backup", "/admin/export"] {
        let (id, token) = listener.api.token_of(Roles::of(&[Role::Admin]), "default", None).await;
        let mut copy = TcpStream::connect(listener.addr).await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\r\n");
        copy.write_all(head.as_bytes()).await.unwrap();
        let mut begin = vec![0; 64 << 10];
        copy.read_exact(&mut begin).await.unwrap();
        assert!(begin.starts_with(b"HTTP/1.1 200"), "{path}");
        listener.api.revoke(id).await;
        // The grace itself is what is tested: what the daemon still sends in it, it may; a slow reader takes the rest now.
        tokio::time::sleep(limits::TOKEN_END_GRACE * 2).await;
        let mut rest = Vec::new();
        // The connection may be reset.
        let _ = copy.read_to_end(&mut rest).await;
        assert!(!rest.ends_with(b"\r\n0\r\n\r\n") && rest.len() < 39_000_000, "{path}: {}", rest.len());
    }
}
