//! The accept loop: hyper's HTTP/1 server with every wait and number bounded. Both listeners use it.
//!
//! When a listener's connections are used up, the one that has gone longest without a request is
//! closed for the new one, so silent or dripping clients can never keep a working one out. Where all
//! have one, those give way that only wait: for an event, for a slow body, for a reader.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use http::header::CONNECTION;
use http::{HeaderMap, HeaderValue, Request};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::error::Elapsed;

use super::arriving::{Arriving, Drains};
use super::connection::{Connection, Timed, Waits};
use super::head::{self, TargetBound};
use super::listener::{Client, Io, Listener};
use super::owner::{Owner, address_key};
use super::problem::Problem;
use super::response::Response;
use crate::clock;
use crate::limits;

/// How often a stopping listener looks whether a connection has brought its first request.
const FRESH_LOOK: Duration = Duration::from_millis(10);

/// What answers requests.
pub trait Handler: Send + Sync + 'static {
    /// Whether `peer` is a proxy that is trusted; many clients come over its connections.
    fn trusts(&self, peer: IpAddr) -> bool;

    /// The client of a request that came from `peer`.
    fn client(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr;

    /// How long path and query may be, by the path.
    fn target_bound(&self, _path: &str) -> TargetBound {
        TargetBound::default()
    }

    /// Answers a request that is not looked at, since its head is not as it must be.
    fn refuse(&self, problem: &Problem, path: &str, headers: &HeaderMap) -> Response;

    /// Answers one request of the client at `client`.
    fn handle(&self, request: Request<Arriving>, client: IpAddr) -> BoxFuture<'_, Response>;
}

/// A listener's bounds.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// Connections at once.
    pub connections: usize,
    /// Connections at once from one address, loopback and trusted proxies apart.
    pub per_address: usize,
    /// How long a connection may wait for what.
    pub waits: Waits,
    /// How long requests may go on after the stop.
    pub grace: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: limits::LISTENER_CONNECTIONS,
            per_address: limits::ADDRESS_CONNECTIONS,
            waits: Waits {
                head: limits::HEAD_DEADLINE,
                idle: limits::KEEP_ALIVE_IDLE,
                write: limits::WRITE_STALL,
            },
            grace: limits::SHUTDOWN_GRACE,
        }
    }
}

/// Serves a listener until `stop` turns true, then lets requests in progress end within the grace.
pub async fn serve(
    listener: impl Into<Listener>,
    handler: Arc<dyn Handler>,
    bounds: Bounds,
    mut stop: watch::Receiver<bool>,
) {
    let listener = listener.into();
    let seats = Arc::new(Seats::new(bounds, stop.clone()));
    let mut tasks = JoinSet::new();
    loop {
        tokio::select! {
            () = stop_requested(&mut stop) => break,
            accepted = listener.accept() => match accepted {
                Ok((client, peer)) => {
                    let Some(seat) = seats.take(peer, handler.trusts(peer)) else { continue };
                    tasks.spawn(run(client, seat, Arc::clone(&handler), stop.clone()));
                }
                Err(error) => refused(&error, &seats).await,
            },
            Some(ended) = tasks.join_next(), if !tasks.is_empty() => {
                if let Err(error) = ended {
                    tracing::error!(%error, "a connection's task failed");
                }
            }
        }
    }
    drop(listener);
    let ended = async { while tasks.join_next().await.is_some() {} };
    if tokio::time::timeout(bounds.grace, ended).await.is_err() {
        tasks.shutdown().await;
    }
}

/// Waits for the signal to stop; its sender being gone means the same.
async fn stop_requested(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// A client that went away before it was accepted costs nothing; the want of descriptors needs a
/// connection to end.
async fn refused(error: &std::io::Error, seats: &Seats) {
    use std::io::ErrorKind as K;
    if matches!(error.kind(), K::ConnectionAborted | K::ConnectionReset | K::Interrupted) {
        return;
    }
    tracing::warn!(%error, "a connection could not be accepted");
    seats.evict();
    tokio::time::sleep(limits::ACCEPT_PAUSE).await;
}

/// The stream of a client that completed its TLS handshake in time.
fn shaken(peer: IpAddr, stream: Result<io::Result<Box<dyn Io>>, Elapsed>) -> Option<Box<dyn Io>> {
    match stream {
        Ok(Ok(stream)) => return Some(stream),
        Ok(Err(error)) => tracing::debug!(%peer, %error, "a client did not complete the TLS handshake"),
        Err(_) => tracing::debug!(%peer, "a client took too long for the TLS handshake"),
    }
    None
}

async fn run(client: Client, seat: Seat, handler: Arc<dyn Handler>, mut stop: watch::Receiver<bool>) {
    let (peer, since, waits) = (seat.peer, clock::monotonic(), seat.seats.bounds.waits);
    let connection = Arc::clone(&seat.connection);
    let stream = tokio::select! {
        stream = tokio::time::timeout(waits.head, client.stream()) => stream,
        () = connection.closed() => return,
    };
    let Some(stream) = shaken(peer, stream) else { return };
    let drains = Arc::clone(&seat.seats.drains);
    let service = service_fn(|request| {
        let (handler, connection) = (Arc::clone(&handler), Arc::clone(&connection));
        let mut request: Request<hyper::body::Incoming> = request;
        request.extensions_mut().insert(Arc::clone(&connection));
        let path = request.uri().path();
        let unfit = head::check(&request, handler.target_bound(path))
            .map_err(|problem| handler.refuse(&problem, path, request.headers()));
        let client = handler.client(peer, request.headers());
        let request = Arriving::wrap(request, &drains);
        async move {
            connection.busy();
            let mut answer = match unfit {
                Err(answer) => answer,
                Ok(()) => handler.handle(request, client).await,
            };
            connection.answered();
            if connection.gives_way() {
                answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            answer.body_mut().hold(connection);
            Ok::<_, Infallible>(answer)
        }
    });
    let stream = Timed::new(stream, Arc::clone(&connection), waits, since);
    let io = TokioIo::new(stream);
    let served = http1::Builder::new()
        .max_headers(limits::REQUEST_HEADERS)
        .max_buf_size(limits::REQUEST_HEAD_BYTES)
        .header_read_timeout(None)
        .serve_connection(io, service);
    tokio::pin!(served);
    let ended = tokio::select! {
        ended = &mut served => ended,
        () = connection.closed() => return,
        () = connection.asked_to_give_way() => {
            let Ok(ended) = tokio::time::timeout(limits::GIVE_WAY, &mut served).await else { return };
            ended
        }
        () = stop_requested(&mut stop) => {
            // hyper closes a connection that brought nothing yet, but its request may be on its way.
            let ended = tokio::select! {
                ended = &mut served => Some(ended),
                () = begun(&connection) => None,
            };
            match ended {
                Some(ended) => ended,
                None => {
                    served.as_mut().graceful_shutdown();
                    served.await
                }
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}

/// Waits until a connection has brought a request, or has had time enough for it.
async fn begun(connection: &Connection) {
    let deadline = clock::monotonic() + limits::FRESH_GRACE;
    while connection.is_fresh() && clock::monotonic() < deadline {
        tokio::time::sleep(FRESH_LOOK).await;
    }
}

/// How many connections of one owner are at work, and those that would give way, with since when they wait.
type Busy = (usize, Vec<(Instant, Arc<Connection>)>);

/// Who is connected.
struct Seats {
    bounds: Bounds,
    drains: Arc<Drains>,
    taken: Mutex<Taken>,
}

#[derive(Default)]
struct Taken {
    count: usize,
    by_address: HashMap<IpAddr, usize>,
    /// In the order they came, or were last found in use.
    order: VecDeque<Weak<Connection>>,
}

/// One connection's place; freed when dropped.
struct Seat {
    seats: Arc<Seats>,
    peer: IpAddr,
    /// Whose connections it counts among.
    address: Option<IpAddr>,
    connection: Arc<Connection>,
}

impl Seats {
    fn new(bounds: Bounds, stop: watch::Receiver<bool>) -> Self {
        Self { bounds, drains: Arc::new(Drains::new(stop)), taken: Mutex::default() }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a client, unless its address has too many or every connection is at work.
    fn take(self: &Arc<Self>, peer: IpAddr, trusted: bool) -> Option<Seat> {
        let mut taken = self.lock();
        let address = if trusted { None } else { address_key(peer) };
        if let Some(address) = address
            && taken.by_address.get(&address).is_some_and(|&count| count >= self.bounds.per_address)
        {
            return None;
        }
        if taken.count >= self.bounds.connections && !taken.make_room(self.bounds.connections) {
            return None;
        }
        taken.count += 1;
        if let Some(address) = address {
            *taken.by_address.entry(address).or_default() += 1;
        }
        let connection = Arc::new(Connection::new());
        if taken.order.len() > 2 * self.bounds.connections {
            taken.order.retain(|connection| connection.strong_count() > 0);
        }
        taken.order.push_back(Arc::downgrade(&connection));
        Some(Seat { seats: Arc::clone(self), peer, address, connection })
    }

    fn evict(&self) {
        self.lock().make_room(self.bounds.connections);
    }
}

impl Taken {
    /// Makes room: closes the connection that has gone longest without a request, or has some give way
    /// that only wait; false if all are at work.
    fn make_room(&mut self, connections: usize) -> bool {
        self.evict() || self.relieve((connections / limits::GIVING_WAY_PART).max(1))
    }

    /// Has connections give way whose requests only wait: of the client with the most requests, those that
    /// have waited longest. So many at once that there are seats for the next ones too.
    fn relieve(&mut self, most: usize) -> bool {
        let mut owners: HashMap<Option<Owner>, Busy> = HashMap::new();
        for connection in self.order.iter().filter_map(Weak::upgrade) {
            let (count, waiting) = owners.entry(connection.owner()).or_default();
            *count += 1;
            if let Some(since) = connection.waits_since() {
                waiting.push((since, connection));
            }
        }
        let with_most = owners.into_values().filter(|(_, waiting)| !waiting.is_empty());
        let Some((_, mut waiting)) = with_most.max_by_key(|(count, _)| *count) else { return false };
        waiting.sort_unstable_by_key(|(since, _)| *since);
        for (_, connection) in waiting.into_iter().take(most) {
            if connection.unseat() {
                self.count = self.count.saturating_sub(1);
                connection.ask_to_give_way();
            }
        }
        true
    }

    /// Closes the connection that has gone longest without a request; false if all are at work.
    fn evict(&mut self) -> bool {
        for _ in 0..2 * self.order.len() {
            let Some(oldest) = self.order.pop_front() else { return false };
            let Some(connection) = oldest.upgrade() else { continue };
            if !connection.idles() {
                self.order.push_back(oldest);
            } else if connection.unseat() {
                self.count = self.count.saturating_sub(1);
                connection.close();
                return true;
            }
        }
        false
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut taken = self.seats.lock();
        if self.connection.unseat() {
            taken.count = taken.count.saturating_sub(1);
        }
        let Some(address) = self.address else { return };
        if let Some(count) = taken.by_address.get_mut(&address) {
            *count -= 1;
            if *count == 0 {
                taken.by_address.remove(&address);
            }
        }
    }
}
