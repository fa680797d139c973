//! A small HTTP server on this machine that takes requests whole; what they are answered is its user's business.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::limits;

/// Who answers the requests.
pub(super) trait Desk: Send + Sync + 'static {
    /// The answer to a request.
    fn answer(&self, request: Request<Bytes>) -> impl Future<Output = Response<Full<Bytes>>> + Send;
}

/// The server; it stops when dropped.
pub(super) struct Receiver {
    pub(super) address: SocketAddr,
    _serving: JoinSet<()>,
}

impl Receiver {
    /// Serves what connects to a socket.
    pub(super) fn serve(listener: TcpListener, desk: Arc<impl Desk>) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let mut serving = JoinSet::new();
        serving.spawn(accept(listener, desk));
        Ok(Self { address, _serving: serving })
    }
}

async fn accept(listener: TcpListener, desk: Arc<impl Desk>) {
    let mut connections = JoinSet::new();
    loop {
        while connections.len() >= limits::RECEIVER_CONNECTIONS {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((stream, _)) => drop(connections.spawn(serve(stream, Arc::clone(&desk)))),
            // A client that left at once, or no descriptor is free: one becomes so when a connection ends.
            Err(_) => tokio::time::sleep(limits::RECEIVER_PAUSE).await,
        }
    }
}

async fn serve(stream: TcpStream, desk: Arc<impl Desk>) {
    let service = service_fn(|request| answer(Arc::clone(&desk), request));
    // A connection that breaks off is the sender's affair: it will send again.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

async fn answer(
    desk: Arc<impl Desk>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, hyper::Error> {
    let (head, body) = request.into_parts();
    let body = Limited::new(body, limits::REQUEST_BODY_BYTES).collect();
    if let Ok(Ok(body)) = timeout(limits::CLIENT_DEADLINE, body).await {
        return Ok(desk.answer(Request::from_parts(head, body.to_bytes())).await);
    }
    let mut refused = Response::new(Full::default());
    *refused.status_mut() = StatusCode::BAD_REQUEST;
    Ok(refused)
}
