//! Answers to what is no request. hyper gives them by itself, a bare status line; here they become
//! problems with a request id, as all other answers are.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::header::{AUTHORIZATION, HOST, TRANSFER_ENCODING};
use http::{HeaderName, HeaderValue, Request, StatusCode, Version};
use hyper::body::Incoming;
use memchr::memmem;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::answer::Answer;
use super::connection::Connection;
use super::problem::{Code, Problem};
use super::router::{RequestIds, finish};
use super::surface::Surface;
use crate::limits;

/// What hyper writes where it answers by itself, and nobody else does.
const NOTHING: &[u8] = b"content-length: 0\r\n";

/// A stream on which bare answers are replaced.
pub(super) struct Explained<S> {
    stream: S,
    connection: Arc<Connection>,
    ids: Arc<RequestIds>,
    /// Whether all that hyper had to write is written: it flushes when nothing is left.
    flushed: bool,
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
        Self { stream, connection, ids, flushed: true, instead: None }
    }

    /// What to write in place of `head`, if that is an answer of hyper's own: nothing of another answer
    /// is left to write, no request is worked on, and it has no request id, as every other answer has.
    fn instead_of(&self, head: &[u8]) -> Option<Instead> {
        let may_be = self.flushed && head.starts_with(b"HTTP/1.1 4") && head.ends_with(b"\r\n\r\n");
        if !may_be || self.connection.is_busy() || memmem::find(head, b"x-request-id").is_some() {
            return None;
        }
        let place = memmem::find(head, NOTHING)?;
        let status = head.get(9..12).and_then(|status| StatusCode::from_bytes(status).ok())?;
        let (before, rest) = head.split_at_checked(place)?;
        let id = self.ids.next();
        let body = serde_json::to_vec(&problem(status).view(&id)).ok()?;
        let ours = format!(
            "content-type: application/problem+json\r\nx-content-type-options: nosniff\r\n\
             x-request-id: {id}\r\ncontent-length: {}\r\n",
            body.len()
        );
        let after = rest.get(NOTHING.len()..)?;
        let bytes = [before, ours.as_bytes(), after, &body].concat();
        Some(Instead { bytes, written: 0, stands_for: head.len() })
    }
}

/// What is wrong with a request before anybody looks what it asks for.
pub(super) fn unfit(request: &Request<Incoming>) -> Option<Problem> {
    too_long(request).or_else(|| ambiguous(request))
}

/// The problem of a head that two readers could understand differently (RFC 9112, sections 3.2 and 6.1).
fn ambiguous(request: &Request<Incoming>) -> Option<Problem> {
    let headers = request.headers();
    let malformed = |detail| Some(Problem::new(Code::MalformedRequest, detail).closing());
    match headers.get_all(HOST).iter().count() {
        0 if request.version() >= Version::HTTP_11 => {
            return malformed("an HTTP/1.1 request needs a Host header");
        }
        0 | 1 => {}
        _ => return malformed("Host may stand once only"),
    }
    if headers.get_all(AUTHORIZATION).iter().count() > 1 {
        return malformed("Authorization may stand once only");
    }
    let mut codings = headers.get_all(TRANSFER_ENCODING).iter();
    let is_chunked = |value: &HeaderValue| value.as_bytes().trim_ascii().eq_ignore_ascii_case(b"chunked");
    let plain = codings.next().is_none_or(is_chunked) && codings.next().is_none();
    if !plain {
        let problem = malformed("Transfer-Encoding may be chunked and nothing else");
        return problem.map(|problem| problem.with_status(StatusCode::NOT_IMPLEMENTED));
    }
    None
}

/// How long path and query may be: longer where a run is started, since its webhooks stand in the query.
fn target_most(path: &str) -> usize {
    let starts_run = Surface::of(path) == Surface::RunWebhooks && path.ends_with("/runs");
    if starts_run { limits::WEBHOOKS_TARGET_BYTES } else { limits::REQUEST_TARGET_BYTES }
}

/// The problem of a head that is too long. hyper bounds only what it reads at once, which may be more.
fn too_long(request: &Request<Incoming>) -> Option<Problem> {
    let line =
        |(name, value): (&HeaderName, &HeaderValue)| name.as_str().len() + value.len() + ": \r\n".len();
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let most = target_most(request.uri().path());
    if target > most {
        let mut problem = problem(StatusCode::URI_TOO_LONG).closing();
        problem.detail = match most {
            limits::WEBHOOKS_TARGET_BYTES => format!(
                "path and query may have at most {most} bytes; a webhook with longer templates is made with \
                 POST /v2/webhooks"
            ),
            _ => format!("path and query may have at most {most} bytes"),
        }
        .into();
        return Some(problem);
    }
    let head = target + request.headers().iter().map(line).sum::<usize>();
    let over = head > limits::REQUEST_HEAD_BYTES;
    over.then(|| problem(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE).closing())
}

/// Its answer, in the form of the path's API, before a handler sees the request.
pub(super) fn answer(problem: &Problem, path: &str, id: &str) -> Answer {
    let mut answer = problem.answer_as(Surface::of(path), id);
    finish(&mut answer, id);
    answer
}

fn problem(status: StatusCode) -> Problem {
    let detail = match status {
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => format!(
            "a request's head may have at most {} bytes and {} headers",
            limits::REQUEST_HEAD_BYTES,
            limits::REQUEST_HEADERS
        ),
        StatusCode::URI_TOO_LONG => "path and query are too long".to_owned(),
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
        self.flushed = false;
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
            _ => {
                self.flushed = false;
                Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
            }
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.flushed = true;
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    const BARE: &[u8] = b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";

    /// What comes out of pieces that are written one after the other; `None` flushes.
    async fn written(connection: &Arc<Connection>, pieces: &[Option<&[u8]>]) -> String {
        let (near, mut far) = tokio::io::duplex(8);
        let mut near = Explained::new(near, Arc::clone(connection), Arc::new(RequestIds::new()));
        let write = async {
            for piece in pieces {
                match piece {
                    Some(piece) => near.write_all(piece).await.unwrap(),
                    None => near.flush().await.unwrap(),
                }
            }
            drop(near);
        };
        let mut out = String::new();
        let (_, read) = tokio::join!(write, far.read_to_string(&mut out));
        read.unwrap();
        out
    }

    #[tokio::test]
    async fn only_a_bare_answer_of_its_own_is_replaced() {
        let connection = Arc::new(Connection::new());
        let bare = std::str::from_utf8(BARE).unwrap();
        let told = written(&connection, &[Some(BARE)]).await;
        assert!(told.starts_with("HTTP/1.1 400") && told.contains("x-request-id"), "{told}");
        assert!(told.ends_with('}') && !told.contains("content-length: 0\r\n"), "{told}");
        // After an answer that is written whole.
        let told = written(&connection, &[Some(b"whole"), None, Some(BARE)]).await;
        assert!(told.starts_with("wholeHTTP/1.1 400") && told.contains("malformed_request"), "{told}");
        // The rest of an answer that looks like one.
        assert_eq!(written(&connection, &[Some(b"a part, "), Some(BARE)]).await, format!("a part, {bare}"));
        // A part of an answer that is still being made.
        connection.busy();
        assert_eq!(written(&connection, &[None, Some(BARE)]).await, bare);
    }
}
