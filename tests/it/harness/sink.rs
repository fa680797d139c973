//! A receiver on loopback that records everything and answers as its rules say, well or badly.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use ringback::clock;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::wait_for;

/// What is done with a request.
#[derive(Debug, Clone)]
pub(crate) enum Act {
    /// Answer with a status.
    Status(u16),
    /// Answer with a status and headers.
    With(u16, Vec<(&'static str, String)>),
    /// Answer with a status, after a while.
    After(Duration, u16),
    /// Answer with a status, once the test lets it (`Sink::release`).
    Held(u16),
    /// Never answer.
    Hang,
    /// Close the connection without an answer.
    Reset,
    /// Answer with a status and the request's target and headers, as the body and as a header.
    EchoAll(u16),
    /// Answer 200 with a header of the request, if it has it.
    EchoHeader(&'static str),
    /// Answer 200 with a parameter of the request's query as the body.
    EchoQuery(&'static str),
    /// Answer 200 with a member of the request's JSON as the body.
    EchoMember(&'static str),
}

/// A request that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) method: Method,
    pub(crate) path: String,
    /// The query's pairs, decoded.
    pub(crate) query: BTreeMap<String, String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) at: Instant,
}

impl Received {
    #[track_caller]
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name}")).to_str().unwrap()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

#[derive(Default)]
struct State {
    received: Vec<Received>,
    /// For each path: what is done once each, in turn.
    turns: BTreeMap<String, VecDeque<Act>>,
    /// For each path: what is done after that; without one, 200.
    rule: BTreeMap<String, Act>,
}

/// The receiver. It stops when dropped.
pub(crate) struct Sink {
    address: SocketAddr,
    scheme: &'static str,
    state: Arc<Mutex<State>>,
    gate: Arc<Semaphore>,
    _serving: JoinSet<()>,
}

impl Sink {
    pub(crate) async fn start() -> Self {
        Self::listen(None).await
    }

    /// A receiver that speaks TLS only.
    pub(crate) async fn start_tls(tls: TlsAcceptor) -> Self {
        Self::listen(Some(tls)).await
    }

    async fn listen(tls: Option<TlsAcceptor>) -> Self {
        let scheme = if tls.is_some() { "https" } else { "http" };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State::default()));
        let gate = Arc::new(Semaphore::new(0));
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, tls, Arc::clone(&state), Arc::clone(&gate)));
        Self { address, scheme, state, gate, _serving: serving }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// From now on, does `act` for `path`.
    pub(crate) fn always(&self, path: &str, act: Act) {
        self.state.lock().unwrap().rule.insert(path.to_owned(), act);
    }

    /// Does each of `acts` once for `path`, in turn, before its rule holds.
    pub(crate) fn first(&self, path: &str, acts: impl IntoIterator<Item = Act>) {
        self.state.lock().unwrap().turns.entry(path.to_owned()).or_default().extend(acts);
    }

    /// Lets so many requests that are held, or will be, have their answers.
    pub(crate) fn release(&self, count: usize) {
        self.gate.add_permits(count);
    }

    /// What arrived at `path` so far.
    pub(crate) fn received(&self, path: &str) -> Vec<Received> {
        let state = self.state.lock().unwrap();
        state.received.iter().filter(|request| request.path == path).cloned().collect()
    }

    /// Waits until so many requests arrived at `path`; gives all that did.
    pub(crate) async fn wait(&self, path: &str, count: usize) -> Vec<Received> {
        wait_for(&format!("{count} requests at {path}"), async || {
            Some(self.received(path)).filter(|received| received.len() >= count)
        })
        .await
    }
}

async fn accept(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    state: Arc<Mutex<State>>,
    gate: Arc<Semaphore>,
) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let (tls, state, gate) = (tls.clone(), Arc::clone(&state), Arc::clone(&gate));
        connections.spawn(async move {
            match tls {
                None => serve(stream, state, gate).await,
                // A sender that does not trust this receiver is part of the tests.
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        serve(stream, state, gate).await;
                    }
                }
            }
        });
    }
}

async fn serve(stream: impl AsyncRead + AsyncWrite + Unpin, state: Arc<Mutex<State>>, gate: Arc<Semaphore>) {
    let service = service_fn(|request| answer(Arc::clone(&state), Arc::clone(&gate), request));
    // A sender that breaks off is part of the tests.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    state: Arc<Mutex<State>>,
    gate: Arc<Semaphore>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Box<dyn std::error::Error + Send + Sync>> {
    let (head, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let path = head.uri.path().to_owned();
    let target = head.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
    let query = head.uri.query().unwrap_or_default();
    let query = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let request = Received {
        method: head.method,
        path: path.clone(),
        query,
        headers: head.headers,
        body,
        at: clock::monotonic(),
    };
    let act = {
        let mut state = state.lock().unwrap();
        state.received.push(request.clone());
        let turn = state.turns.get_mut(&path).and_then(VecDeque::pop_front);
        turn.or_else(|| state.rule.get(&path).cloned()).unwrap_or(Act::Status(200))
    };
    match act {
        Act::Status(status) => Ok(reply(status, &[])),
        Act::With(status, headers) => Ok(reply(status, &headers)),
        Act::After(delay, status) => {
            tokio::time::sleep(delay).await;
            Ok(reply(status, &[]))
        }
        Act::Held(status) => {
            gate.acquire().await?.forget();
            Ok(reply(status, &[]))
        }
        Act::Hang => std::future::pending().await,
        Act::Reset => Err("reset".into()),
        Act::EchoAll(status) => {
            let headers =
                request.headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()));
            let echo = std::iter::once(target).chain(headers).collect::<Vec<_>>().join(" | ");
            Ok(reply(status, &[("x-echo", echo.clone())]).map(|_| Full::from(echo)))
        }
        Act::EchoHeader(name) => {
            let value = request.headers.get(name).map(|value| (name, value.to_str().unwrap().to_owned()));
            Ok(reply(200, value.as_slice()))
        }
        Act::EchoQuery(name) => Ok(reply(200, &[]).map(|_| Full::from(request.query[name].clone()))),
        Act::EchoMember(name) => {
            let member = request.json()[name].as_str().unwrap_or_default().to_owned();
            Ok(reply(200, &[]).map(|_| Full::from(member)))
        }
    }
}

fn reply(status: u16, headers: &[(&'static str, String)]) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap();
    for (name, value) in headers {
        response.headers_mut().insert(*name, value.parse().unwrap());
    }
    response
}

#[tokio::test]
async fn a_sink_does_its_turns_and_then_its_rule() {
    let sink = Sink::start().await;
    sink.first("/a", [Act::Status(503), Act::With(429, vec![("retry-after", "7".to_owned())])]);
    sink.always("/a", Act::Status(410));
    let client = ringback::cli::client::Client::new(&sink.url(""), None).unwrap();
    let mut statuses = Vec::new();
    for path in ["/a", "/a", "/a", "/b"] {
        let reply = client.send(http::Method::POST, path, Some("1".into())).await.unwrap();
        statuses.push((reply.status.as_u16(), reply.headers.contains_key("retry-after")));
    }
    assert_eq!(statuses, [(503, false), (429, true), (410, false), (200, false)]);
    assert_eq!(sink.wait("/a", 3).await.len(), 3);
    sink.always("/a", Act::Reset);
    assert!(client.send(http::Method::POST, "/a", None).await.is_err());
}
