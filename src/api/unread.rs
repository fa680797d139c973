//! Answers to what is no request. hyper gives them by itself, a bare status line; here they become
//! problems with a request id, as all other answers are.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::StatusCode;
use memchr::memmem;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::connection::Connection;
use super::problem::{Code, Problem};
use super::router::RequestIds;
use crate::limits;

/// What hyper writes where it answers by itself, and nobody else does.
const NOTHING: &[u8] = b"content-length: 0\r\n";

/// A stream on which bare answers are replaced.
pub(super) struct Explained<S> {
    stream: S,
    connection: Arc<Connection>,
    ids: Arc<RequestIds>,
    instead: Option<Instead>,
}

/// An answer that is being written in place of a bare one.
struct Instead {
    bytes: Vec<u8>,
    written: usize,
    /// The bare one's length.
    stands_for: usize,
}

impl<S> Explained<S> {
    pub(super) fn new(stream: S, connection: Arc<Connection>, ids: Arc<RequestIds>) -> Self {
        Self { stream, connection, ids, instead: None }
    }

    /// What to write in place of `head`, if that is an answer of hyper's own: while no request is worked
    /// on, and without the request id that every other answer has. What came in one piece with the
    /// request before it keeps hyper's answer, which then cannot be told from a part of ours.
    fn instead_of(&self, head: &[u8]) -> Option<Instead> {
        if !(head.starts_with(b"HTTP/1.1 4") && head.ends_with(b"\r\n\r\n") && self.connection.awaits_head())
            || memmem::find(head, b"x-request-id").is_some()
        {
            return None;
        }
        let place = memmem::find(head, NOTHING)?;
        let status = head.get(9..12).and_then(|status| StatusCode::from_bytes(status).ok())?;
        let (before, rest) = head.split_at_checked(place)?;
        let id = self.ids.next();
        let body = serde_json::to_vec(&problem(status).view(&id)).ok()?;
        let ours = format!(
            "content-type: application/problem+json\r\nx-request-id: {id}\r\ncontent-length: {}\r\n",
            body.len()
        );
        let after = rest.get(NOTHING.len()..)?;
        let bytes = [before, ours.as_bytes(), after, &body].concat();
        Some(Instead { bytes, written: 0, stands_for: head.len() })
    }
}

pub(super) fn problem(status: StatusCode) -> Problem {
    let detail = match status {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => format!(
            "a request's head may have at most {} bytes and {} headers",
            limits::REQUEST_HEAD_BYTES,
            limits::REQUEST_HEADERS
        ),
        StatusCode::URI_TOO_LONG => {
            format!("path and query may have at most {} bytes", limits::REQUEST_TARGET_BYTES)
        }
        _ => "what came is no HTTP/1.1 request: its first line, or a header such as Content-Length, cannot be read"
            .to_owned(),
    };
    Problem::new(Code::MalformedRequest, detail).with_status(status)
}

impl<S: AsyncRead + Unpin> AsyncRead for Explained<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl<S: AsyncWrite + Unpin> Explained<S> {
    /// Goes on with the answer that stands for another, if there is one; that one's length at its end.
    fn poll_instead(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<usize>>> {
        let Some(instead) = &mut self.instead else { return Poll::Ready(None) };
        while let Some(rest) = instead.bytes.get(instead.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest)) {
                Ok(0) => return Poll::Ready(Some(Err(io::ErrorKind::WriteZero.into()))),
                Ok(written) => instead.written += written,
                Err(error) => return Poll::Ready(Some(Err(error))),
            }
        }
        Poll::Ready(self.instead.take().map(|instead| Ok(instead.stands_for)))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Explained<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.instead.is_none() {
            self.instead = self.instead_of(buf);
        }
        match ready!(self.poll_instead(cx)) {
            Some(done) => Poll::Ready(done),
            None => Pin::new(&mut self.stream).poll_write(cx, buf),
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        // A bare answer is a head and nothing else.
        match bufs {
            [only] => self.poll_write(cx, only),
            _ => Pin::new(&mut self.stream).poll_write_vectored(cx, bufs),
        }
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
