//! One incoming connection: what it waits for, and how long it may.
//!
//! hyper's own header timer also runs between requests, so it cannot distinguish a client that drips
//! headers from one that keeps its connection for later. This does.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::Sleep;

use super::owner::Owner;
use crate::{clock, limits};

const FRESH: u8 = 0;
const HEAD: u8 = 1;
const BUSY: u8 = 2;
const IDLE: u8 = 3;

/// What is known of a connection outside its task.
#[derive(Debug)]
pub struct Connection {
    phase: AtomicU8,
    /// Whether a request was served since the last search for one to close.
    used: AtomicBool,
    /// Whether it still counts against the listener's bound.
    seated: AtomicBool,
    close: Notify,
    /// Whether it was asked to give way, and the bell of that.
    giving_way: AtomicBool,
    give_way: Notify,
    request: Mutex<InProgress>,
}

/// What a request holds as long as it is worked on.
pub type Place = Box<dyn std::fmt::Debug + Send + Sync>;

/// What is known of the request that a connection works on.
#[derive(Debug, Default)]
struct InProgress {
    owner: Option<Owner>,
    /// Something of its owner's that is free again when the request is over.
    place: Option<Place>,
    /// Since when nothing is done for it but waiting, for its client or for something to happen.
    waits_since: Option<Instant>,
}

/// Says for as long as it lives that a connection's request only waits.
pub(crate) struct Waiting<'a>(&'a Connection);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.request().waits_since = None;
    }
}

impl Connection {
    pub(crate) fn new() -> Self {
        Self {
            phase: AtomicU8::new(FRESH),
            used: AtomicBool::new(false),
            seated: AtomicBool::new(true),
            close: Notify::new(),
            giving_way: AtomicBool::new(false),
            give_way: Notify::new(),
            request: Mutex::default(),
        }
    }

    /// A request's head is complete.
    pub(crate) fn busy(&self) {
        self.phase.store(BUSY, Ordering::Release);
        self.used.store(true, Ordering::Relaxed);
    }

    /// The answer is on its way; the next request may come.
    pub(crate) fn idle(&self) {
        *self.request() = InProgress::default();
        self.phase.store(IDLE, Ordering::Release);
    }

    fn request(&self) -> MutexGuard<'_, InProgress> {
        self.request.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Its request is somebody's, and has a place among those in progress.
    pub(crate) fn belongs_to(&self, owner: Owner, place: Option<Place>) {
        let mut request = self.request();
        (request.owner, request.place) = (Some(owner), place);
    }

    /// Whose request it works on.
    pub(crate) fn owner(&self) -> Option<Owner> {
        self.request().owner
    }

    /// From now on its request only waits.
    pub(crate) fn wait(&self) -> Waiting<'_> {
        self.request().waits_since = Some(clock::monotonic());
        Waiting(self)
    }

    /// The answer is handed over: what remains is that its client takes it.
    pub(crate) fn answered(&self) {
        self.request().waits_since = Some(clock::monotonic());
    }

    /// Since when its request only waits, if it does.
    pub(crate) fn waits_since(&self) -> Option<Instant> {
        self.request().waits_since.filter(|_| self.seated.load(Ordering::Acquire))
    }

    /// Asks its request to end soon, since others need its place.
    pub(crate) fn ask_to_give_way(&self) {
        self.giving_way.store(true, Ordering::Release);
        self.give_way.notify_waiters();
    }

    /// Whether it was asked to give way.
    pub(crate) fn gives_way(&self) -> bool {
        self.giving_way.load(Ordering::Acquire)
    }

    /// Waits until it is asked to give way.
    pub(crate) async fn asked_to_give_way(&self) {
        let asked = self.give_way.notified();
        tokio::pin!(asked);
        asked.as_mut().enable();
        if !self.gives_way() {
            asked.await;
        }
    }

    /// Whether it waits for a request and served none since it was last asked.
    pub(crate) fn idles(&self) -> bool {
        self.phase.load(Ordering::Acquire) != BUSY && !self.used.swap(false, Ordering::Relaxed)
    }

    /// Whether no request has come yet.
    pub(crate) fn is_fresh(&self) -> bool {
        self.phase.load(Ordering::Acquire) == FRESH
    }

    /// Gives its seat up; true the first time.
    pub(crate) fn unseat(&self) -> bool {
        self.seated.swap(false, Ordering::AcqRel)
    }

    /// Asks its task to end.
    pub(crate) fn close(&self) {
        self.close.notify_one();
    }

    /// Waits until it is asked to end.
    pub(crate) async fn closed(&self) {
        self.close.notified().await;
    }
}

/// How long a connection may wait for what.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// From the start, or a request's first byte, to the end of its head.
    pub head: Duration,
    /// Between requests.
    pub idle: Duration,
    /// For the client to take [`limits::WRITE_LEAST_BYTES`] of the answer, or all of it.
    pub write: Duration,
}

/// A stream that fails when a wait is over.
pub struct Timed<S> {
    stream: S,
    connection: Arc<Connection>,
    waits: Waits,
    /// The phase that `due` belongs to.
    phase: u8,
    due: Instant,
    reading: Alarm,
    writing: Alarm,
    /// While there is more to write than the client takes: until when, and how much it took since.
    window: Option<(Instant, usize)>,
}

impl<S> Timed<S> {
    /// A stream whose client came at `since`.
    pub(crate) fn new(stream: S, connection: Arc<Connection>, waits: Waits, since: Instant) -> Self {
        let due = since + waits.head;
        Self {
            stream,
            connection,
            waits,
            phase: FRESH,
            due,
            reading: Alarm(None),
            writing: Alarm(None),
            window: None,
        }
    }

    /// The first byte of a request: from here its head has a deadline.
    fn arrived(&mut self) {
        if self.connection.phase.load(Ordering::Acquire) == IDLE {
            self.connection.phase.store(HEAD, Ordering::Release);
            self.phase = HEAD;
            self.due = clock::monotonic() + self.waits.head;
        }
    }

    fn poll_overdue(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let phase = self.connection.phase.load(Ordering::Acquire);
        if phase == BUSY {
            self.phase = BUSY;
            return Poll::Pending;
        }
        if phase != self.phase {
            self.phase = phase;
            let wait = if phase == IDLE { self.waits.idle } else { self.waits.head };
            self.due = clock::monotonic() + wait;
        }
        self.reading.poll(self.due, cx)
    }
}

/// A timer that is armed late: a deadline that only moves away costs nothing until the old one ends.
struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    fn poll(&mut self, due: Instant, cx: &mut Context<'_>) -> Poll<()> {
        let due = due.into();
        let sleep = self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(due)));
        if sleep.deadline() > due {
            sleep.as_mut().reset(due);
        }
        while sleep.as_mut().poll(cx).is_ready() {
            if sleep.deadline() >= due {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(due);
        }
        Poll::Pending
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Timed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.stream).poll_read(cx, buf) {
            Poll::Pending => match self.poll_overdue(cx) {
                Poll::Ready(()) => Poll::Ready(Err(io::ErrorKind::TimedOut.into())),
                Poll::Pending => Poll::Pending,
            },
            ready => {
                self.arrived();
                ready
            }
        }
    }
}

impl<S: AsyncWrite + Unpin> Timed<S> {
    /// What came of a write, or that the client takes too little for too long. A byte now and then is
    /// too little: what waits for it takes memory.
    fn stalled(&mut self, done: Poll<io::Result<usize>>, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        match (&done, &mut self.window) {
            (Poll::Ready(Ok(taken)), Some((_, so_far))) => *so_far = so_far.saturating_add(*taken),
            (Poll::Pending, _) => {
                let (mut ends, mut taken) =
                    self.window.unwrap_or_else(|| (clock::monotonic() + self.waits.write, 0));
                while self.writing.poll(ends, cx).is_ready() {
                    if taken < limits::WRITE_LEAST_BYTES {
                        return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                    }
                    (ends, taken) = (clock::monotonic() + self.waits.write, 0);
                }
                self.window = Some((ends, taken));
            }
            (Poll::Ready(_), _) => {}
        }
        done
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Timed<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write(cx, buf);
        self.stalled(done, cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let done = Pin::new(&mut self.stream).poll_write_vectored(cx, bufs);
        self.stalled(done, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let flushed = Pin::new(&mut self.stream).poll_flush(cx);
        if flushed.is_ready() {
            // Everything was written before that.
            self.window = None;
        }
        flushed
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const WRITE: Duration = Duration::from_millis(200);

    /// What becomes of an answer whose client takes so many bytes at a time, 5 ms apart.
    async fn written(at_once: usize) -> io::Result<()> {
        let (near, mut far) = tokio::io::duplex(64);
        let waits = Waits { head: WRITE, idle: WRITE, write: WRITE };
        let connection = Arc::new(Connection::new());
        connection.busy();
        let mut near = Timed::new(near, connection, waits, clock::monotonic());
        let reader = tokio::spawn(async move {
            let mut taken = vec![0; at_once];
            while far.read_exact(&mut taken).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        });
        let done = near.write_all(&vec![b'x'; 40 * limits::WRITE_LEAST_BYTES]).await;
        drop(near);
        reader.await.unwrap();
        done
    }

    #[tokio::test]
    async fn a_byte_now_and_then_does_not_keep_an_answer() {
        assert_eq!(written(1).await.unwrap_err().kind(), io::ErrorKind::TimedOut);
        // Slow, and taken to its end: it takes longer than a single wait.
        written(limits::WRITE_LEAST_BYTES).await.unwrap();
    }
}
