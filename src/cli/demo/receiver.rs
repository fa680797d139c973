//! The demo's receiver on loopback: `/ok` takes everything, `/flaky` fails twice and then works.
//! Every request is handed on with the answer it got; nothing is judged here.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use bytes::Bytes;
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::Full;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use crate::cli::receiver;

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
    _serving: receiver::Receiver,
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
        let (ok_in, ok) = mpsc::channel(WAITING);
        let (flaky_in, flaky) = mpsc::channel(WAITING);
        let desk = Arc::new(Desk { ok: ok_in, flaky: flaky_in, flaky_seen: AtomicU32::new(0) });
        let serving = receiver::Receiver::serve(listener, desk)?;
        Ok(Self { address: serving.address, ok, flaky, _serving: serving })
    }
}

impl receiver::Desk for Desk {
    async fn answer(&self, request: Request<Bytes>) -> Response<Full<Bytes>> {
        let (head, body) = request.into_parts();
        let mut response = Response::new(Full::default());
        *response.status_mut() = self.receive(head.uri.path(), head.headers, body);
        response
    }
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
