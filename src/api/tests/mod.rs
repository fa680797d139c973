//! The API over a real store and real sockets.

mod audit;
mod compressed;
mod deliveries;
mod described;
mod ending;
mod events;
mod examples;
mod fairness;
mod listening;
mod long_rows;
mod parameters;
mod protocol;
mod repetitions;
mod rest;
mod rest_hooks;
mod roles;
mod routes;
mod secret_names;
mod secrets;
mod server;
mod signing_keys;
mod sse;
mod strangers;
mod tail;
mod tls;
mod waiting;
mod ways;
mod webhooks;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, watch};

use super::context::{DispatchInfo, Rules};
use super::{Api, ApiMetrics, ApiSettings, Context};
use crate::api::dialects::job_dialects;
use crate::app::{App, Rules as AppRules};
use crate::clock;
use crate::domain::account::{Role, Roles, Token};
use crate::domain::id::TokenId;
use crate::domain::profiles::Profiles;
use crate::domain::time::Timestamp;
use crate::domain::token::AccessToken;
use crate::http::proxies::Proxies;
use crate::http::{Bounds, serve};
use crate::listen::Listeners;
use crate::store::audit::Actor;
use crate::store::command::Edit;
use crate::store::committed::Committed;
use crate::store::{OpenOptions, Store};

/// A running API with a token of each role.
pub(crate) struct Rig {
    addr: SocketAddr,
    pub(crate) store: Store,
    pub(crate) context: Arc<Context>,
    committed: mpsc::Receiver<Vec<Committed>>,
    pub(crate) draining: watch::Sender<bool>,
    stop: watch::Sender<bool>,
    served: tokio::task::JoinHandle<()>,
    tokens: Vec<(Role, String)>,
    _dir: tempfile::TempDir,
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    body: Bytes,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {:?}", self.body))
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    /// The pointers of a problem's errors, in order of the alphabet.
    fn pointers(&self) -> Vec<String> {
        let json = self.json();
        let errors = json["errors"].as_array().unwrap_or_else(|| panic!("no errors in {json}"));
        let mut found: Vec<String> =
            errors.iter().map(|e| e["pointer"].as_str().unwrap().to_owned()).collect();
        found.sort();
        found
    }

    #[track_caller]
    pub(crate) fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{:?}", self.body);
        self
    }
}

fn default_settings() -> ApiSettings {
    let body_deadline = Duration::from_secs(5);
    ApiSettings { body_deadline, auth_failures_per_minute: 10_000, ..ApiSettings::default() }
}

impl Rig {
    pub(crate) async fn new() -> Self {
        Self::with(default_settings(), Bounds::default()).await
    }

    async fn with(settings: ApiSettings, bounds: Bounds) -> Self {
        Self::of_profiles(Profiles::new([]), settings, bounds).await
    }

    async fn of_profiles(profiles: Profiles, settings: ApiSettings, bounds: Bounds) -> Self {
        Self::over(profiles, settings, bounds, None).await
    }

    /// A rig whose deliveries somebody sends.
    async fn sending(sends: Box<dyn DispatchInfo>) -> Self {
        Self::over(Profiles::new([]), default_settings(), Bounds::default(), Some(sends)).await
    }

    async fn over(
        profiles: Profiles,
        settings: ApiSettings,
        bounds: Bounds,
        sends: Option<Box<dyn DispatchInfo>>,
    ) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut options = OpenOptions::new([7; 32], clock::now(), 9);
        (options.free_floor, options.ballast_bytes) = (0, 0);
        let opened = Store::open(&dir.path().join("store"), &options).unwrap();
        let store = opened.store;
        let (draining, drains) = watch::channel(false);
        let proxies = Proxies(vec!["127.0.0.2/32".parse().unwrap()]);
        let core = AppRules { profiles: Arc::new(profiles), ..AppRules::default() };
        let metrics = ApiMetrics::default();
        let accepted = metrics.events_accepted.clone();
        let app = App::new(
            store.clone(),
            watch::channel(Arc::new(core)).1,
            Listeners::default(),
            job_dialects(),
            accepted,
        );
        let context = Context::new(
            Arc::new(app),
            watch::channel(Arc::new(Rules { settings, proxies, open_metrics: false })).1,
            "https://hooks.example.com".into(),
            metrics,
            drains,
        );
        let context = Arc::new(match sends {
            Some(sends) => context.with_sends(sends),
            None => context,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let (stop, stopping) = watch::channel(false);
        let api = Arc::new(Api::new(Arc::clone(&context)).unwrap());
        let served = tokio::spawn(serve(listener, api, bounds, stopping));
        let mut rig = Self {
            addr,
            store,
            context,
            committed: opened.committed,
            draining,
            stop,
            served,
            tokens: Vec::new(),
            _dir: dir,
        };
        for role in Role::ALL {
            let token = rig.token(role, "default").await;
            rig.tokens.push((role, token));
        }
        rig
    }

    /// Makes a token of one role straight in the store.
    pub(crate) async fn token(&self, role: Role, account: &str) -> String {
        self.token_of(Roles::of(&[role]), account, None).await.1
    }

    /// Makes a token straight in the store; its id, and its text.
    pub(crate) async fn token_of(
        &self,
        roles: Roles,
        account: &str,
        expires_at: Option<Timestamp>,
    ) -> (TokenId, String) {
        let text = AccessToken::from_random(clock::random_bytes().unwrap());
        let account = self.store.directory().account_named(account).unwrap().no();
        let id = TokenId::new(clock::now(), u128::from_be_bytes(clock::random_bytes().unwrap()));
        let token = Token {
            id,
            digest: text.digest(),
            account,
            roles,
            description: String::new(),
            created_at: clock::now(),
            expires_at,
            last_used_at: None,
        };
        self.store.edit(Edit::CreateToken(token), Actor::Daemon, clock::now()).await.unwrap().unwrap();
        (id, text.expose().to_owned())
    }

    pub(crate) fn of(&self, role: Role) -> &str {
        &self.tokens.iter().find(|(of, _)| *of == role).unwrap().1
    }

    /// A request with any token and headers.
    async fn request(
        &self,
        method: &Method,
        path: &str,
        token: Option<&str>,
        headers: &[(&str, &str)],
        body: impl Into<Bytes>,
    ) -> Reply {
        request(self.addr, method, path, token, headers, body).await
    }
    /// A request as the admin, with a JSON body.
    async fn call(&self, method: &str, path: &str, body: &str) -> Reply {
        let method = method.parse().unwrap();
        let json = [("content-type", "application/json")];
        self.request(&method, path, Some(self.of(Role::Admin)), &json, body.to_owned()).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.call("GET", path, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> Reply {
        self.call("POST", path, body).await
    }

    /// Makes a webhook and gives its id.
    async fn webhook(&self, more: &str) -> String {
        let body = format!(r#"{{"url":"https://example.com/hook"{more}}}"#);
        let made = self.post("/v1/webhooks", &body).await.expect(201);
        // Its labels may hold numbers that a value cannot.
        crate::domain::json::value(&made.body).unwrap()["id"].as_str().unwrap().to_owned()
    }

    /// Posts an event of a type and gives its id.
    pub(crate) async fn event(&self, event_type: &str) -> String {
        let body = format!(r#"{{"type":"{event_type}","data":{{"n":1}}}}"#);
        let accepted = self.post("/v1/events", &body).await.expect(202);
        accepted.json()["id"].as_str().unwrap().to_owned()
    }
}

/// A request on a connection of its own.
pub(crate) async fn request(
    addr: SocketAddr,
    method: &Method,
    path: &str,
    token: Option<&str>,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Reply {
    let (parts, body) = connect(addr, method, path, token, headers, body).await.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let reply = Reply { status: parts.status, headers: parts.headers, body };
    described::check(method, path, &reply);
    reply
}

/// The answer to a request on a connection of its own, as soon as it begins.
pub(crate) async fn connect(
    addr: SocketAddr,
    method: &Method,
    path: &str,
    token: Option<&str>,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Response<Incoming> {
    let stream = TcpStream::connect(addr).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let mut request = Request::builder().method(method).uri(path).header("host", "test");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::new(body.into())).unwrap();
    sender.send_request(request).await.unwrap()
}
