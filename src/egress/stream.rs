//! A TCP connection with or without TLS on it, and a bound on what is read from it.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::limits;

pub(super) enum Transport {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// How many more bytes may be read; shared with the one that grants them. What hyper reads and drops by
/// itself, such as interim answers without end, is bounded nowhere else, and a fast sender of them
/// would keep a whole thread busy.
#[derive(Clone, Default)]
pub(super) struct Allowance(Arc<Read>);

#[derive(Default)]
struct Read {
    left: AtomicUsize,
    /// The first bytes of something that is not an answer by HTTP/1.
    foreign: OnceLock<Box<[u8]>>,
}

impl Allowance {
    pub(super) fn grant(&self, bytes: usize) {
        self.0.left.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn left(&self) -> usize {
        self.0.left.load(Ordering::Relaxed)
    }

    /// How something began that is not an answer by HTTP/1.
    pub(super) fn foreign(&self) -> Option<&[u8]> {
        self.0.foreign.get().map(|bytes| &**bytes)
    }

    /// Takes note of what was read, the first time of each answer.
    fn note(&self, left: usize, read: &[u8]) {
        const HTTP: &[u8] = b"HTTP/1.";
        // Blank lines before an answer are forgiven.
        let text = read.trim_ascii_start();
        let is_foreign = !text.starts_with(HTTP) && !HTTP.starts_with(text);
        if is_foreign && left == limits::RESPONSE_HEAD_PHASE_BYTES {
            let bytes = read.get(..limits::FOREIGN_ANSWER_BYTES.min(read.len())).unwrap_or_default();
            self.0.foreign.get_or_init(|| bytes.into());
        }
    }
}

pub(super) struct Stream {
    transport: Transport,
    allowance: Allowance,
    /// Writing failed: the receiver takes nothing more. What it answered before may still be there, so what
    /// is left to write is dropped, and reading says how it ends.
    deaf: bool,
}

impl Stream {
    pub(super) fn new(transport: Transport, allowance: Allowance) -> Self {
        Self { transport, allowance, deaf: false }
    }

    fn or_deaf<T>(&mut self, wrote: Poll<io::Result<T>>, as_if: T) -> Poll<io::Result<T>> {
        match wrote {
            Poll::Ready(Err(_)) => {
                self.deaf = true;
                Poll::Ready(Ok(as_if))
            }
            other => other,
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let left = this.allowance.left();
        if left == 0 {
            let error = "the response is longer than the limit";
            return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, error)));
        }
        let before = buf.filled().len();
        let result = match &mut this.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_read(cx, buf),
            Transport::Tls(tls) => Pin::new(tls).poll_read(cx, buf),
        };
        let read = buf.filled().get(before..).unwrap_or_default();
        if !read.is_empty() {
            this.allowance.note(left, read);
            this.allowance.grant(left.saturating_sub(read.len()));
        }
        result
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if this.deaf {
            return Poll::Ready(Ok(buf.len()));
        }
        let wrote = match &mut this.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_write(cx, buf),
            Transport::Tls(tls) => Pin::new(tls).poll_write(cx, buf),
        };
        this.or_deaf(wrote, buf.len())
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let all = bufs.iter().map(|buf| buf.len()).sum();
        if this.deaf {
            return Poll::Ready(Ok(all));
        }
        let wrote = match &mut this.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_write_vectored(cx, bufs),
            Transport::Tls(tls) => Pin::new(tls).poll_write_vectored(cx, bufs),
        };
        this.or_deaf(wrote, all)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.deaf {
            return Poll::Ready(Ok(()));
        }
        let flushed = match &mut this.transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_flush(cx),
            Transport::Tls(tls) => Pin::new(tls).poll_flush(cx),
        };
        this.or_deaf(flushed, ())
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().transport {
            Transport::Plain(tcp) => Pin::new(tcp).poll_shutdown(cx),
            Transport::Tls(tls) => Pin::new(tls).poll_shutdown(cx),
        }
    }
}
