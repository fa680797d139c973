//! The demo's receiver on loopback: `/ok` takes everything, `/flaky` fails twice and then works.
//! Every request is handed on with the answer it got; nothing is judged here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::limits;

/// How often `/flaky` fails.
const FAILURES: u32 = 2;
/// Arrivals that may wait to be printed; later ones are answered all the same.
const WAITING: usize = 64;

/// A request that arrived, and what it was answered.
#[derive(Debug)]
pub(super) struct Arrival {
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) status: StatusCode,
}

/// The receiver; it stops when dropped.
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    pub(super) ok: mpsc::Receiver<Arrival>,
    pub(super) flaky: mpsc::Receiver<Arrival>,
    _serving: JoinSet<()>,
}

struct Desk {
    ok: mpsc::Sender<Arrival>,
    flaky: mpsc::Sender<Arrival>,
    flaky_seen: AtomicU32,
}

impl Receiver {
    /// Listens on a port of loopback, or on any if that is in use.
    pub(super) async fn start(port: u16) -> std::io::Result<Self> {
        let listener = match TcpListener::bind(("127.0.0.1", port)).await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind(("127.0.0.1", 0)).await?,
        };
        let address = listener.local_addr()?;
        let (ok_in, ok) = mpsc::channel(WAITING);
        let (flaky_in, flaky) = mpsc::channel(WAITING);
        let desk = Arc::new(Desk { ok: ok_in, flaky: flaky_in, flaky_seen: AtomicU32::new(0) });
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, desk));
        Ok(Self { address, ok, flaky, _serving: serving })
    }
}

async fn accept(listener: TcpListener, desk: Arc<Desk>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        while connections.len() >= WAITING {
            connections.join_next().await;
        }
        connections.spawn(serve(stream, Arc::clone(&desk)));
    }
}

async fn serve(stream: TcpStream, desk: Arc<Desk>) {
    let service = service_fn(|request| answer(Arc::clone(&desk), request));
    // A connection that breaks off is the sender's affair: it will send again.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(desk: Arc<Desk>, request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, limits::REQUEST_BODY_BYTES).collect().await;
    let mut response = Response::new(Empty::new());
    *response.status_mut() = match body {
        Ok(body) => desk.receive(head.uri.path(), head.headers, body.to_bytes()),
        Err(_) => StatusCode::BAD_REQUEST,
    };
    Ok(response)
}

impl Desk {
    fn receive(&self, path: &str, headers: HeaderMap, body: Bytes) -> StatusCode {
        let (arrivals, status) = match path {
            "/ok" => (&self.ok, StatusCode::OK),
            "/flaky" if self.flaky_seen.fetch_add(1, Ordering::Relaxed) < FAILURES => {
                (&self.flaky, StatusCode::SERVICE_UNAVAILABLE)
            }
            "/flaky" => (&self.flaky, StatusCode::OK),
            _ => return StatusCode::NOT_FOUND,
        };
        // No one listens any more once the script is over.
        let _ = arrivals.try_send(Arrival { headers, body, status });
        status
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::client::Client;
    use http::Method;

    #[tokio::test]
    async fn flaky_fails_twice_and_everything_is_handed_on() {
        let mut receiver = Receiver::start(0).await.unwrap();
        let client = Client::new(&format!("http://{}", receiver.address), None).unwrap();
        let mut statuses = Vec::new();
        for path in ["/flaky", "/ok", "/flaky", "/flaky", "/other"] {
            let reply = client.send(Method::POST, path, Some("{}".into())).await.unwrap();
            statuses.push(reply.status.as_u16());
        }
        assert_eq!(statuses, [503, 200, 503, 200, 404]);
        for status in [503, 503, 200] {
            let arrival = receiver.flaky.recv().await.unwrap();
            assert_eq!(arrival.status.as_u16(), status);
            assert_eq!(arrival.body, "{}");
        }
        let arrival = receiver.ok.recv().await.unwrap();
        assert_eq!(arrival.headers["content-type"], "application/json");
    }
}
