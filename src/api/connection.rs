//! One incoming connection: what it waits for, and how long it may.
//!
//! hyper's own header timer also runs between requests, so it cannot tell a client that drips
//! headers from one that keeps its connection for later. This does.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;
use tokio::time::Sleep;

use crate::clock;

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
}

impl Connection {
    pub(super) fn new() -> Self {
        Self {
            phase: AtomicU8::new(FRESH),
            used: AtomicBool::new(false),
            seated: AtomicBool::new(true),
            close: Notify::new(),
        }
    }

    /// A request's head is complete.
    pub(super) fn busy(&self) {
        self.phase.store(BUSY, Ordering::Release);
        self.used.store(true, Ordering::Relaxed);
    }

    /// The answer is on its way; the next request may come.
    pub(super) fn idle(&self) {
        self.phase.store(IDLE, Ordering::Release);
    }

    /// Whether it waits for a request and served none since it was last asked.
    pub(super) fn idles(&self) -> bool {
        self.phase.load(Ordering::Acquire) != BUSY && !self.used.swap(false, Ordering::Relaxed)
    }

    /// Whether no request has come yet.
    pub(super) fn is_fresh(&self) -> bool {
        self.phase.load(Ordering::Acquire) == FRESH
    }

    /// Whether a request is worked on, up to the end of its answer's body.
    pub(super) fn is_busy(&self) -> bool {
        self.phase.load(Ordering::Acquire) == BUSY
    }

    /// Gives its seat up; true the first time.
    pub(super) fn unseat(&self) -> bool {
        self.seated.swap(false, Ordering::AcqRel)
    }

    /// Asks its task to end.
    pub(super) fn close(&self) {
        self.close.notify_one();
    }

    /// Waits until it is asked to end.
    pub(super) async fn closed(&self) {
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
    /// For the client to take a byte of the answer.
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
}

impl<S> Timed<S> {
    /// A stream whose client came at `since`.
    pub(super) fn new(stream: S, connection: Arc<Connection>, waits: Waits, since: Instant) -> Self {
        let due = since + waits.head;
        Self { stream, connection, waits, phase: FRESH, due, reading: Alarm(None), writing: Alarm(None) }
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
    fn stalled<T>(&mut self, done: Poll<io::Result<T>>, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        if done.is_ready() {
            self.writing.0 = None;
            return done;
        }
        let due = self
            .writing
            .0
            .as_ref()
            .map_or_else(|| clock::monotonic() + self.waits.write, |sleep| sleep.deadline().into_std());
        self.writing.poll(due, cx).map(|()| Err(io::ErrorKind::TimedOut.into()))
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
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
