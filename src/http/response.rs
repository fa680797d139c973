//! Answers: whole, or streamed through a bounded channel.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use http::{HeaderValue, StatusCode};
use http_body::{Body, Frame, SizeHint};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio::sync::mpsc;

use super::connection::Connection;
use super::owner::Owner;
use crate::fair::{FairBudget, Permit};

/// An answer to a request.
pub type Response = http::Response<ResponseBody>;

/// An answer's body.
pub struct ResponseBody {
    content: Content,
    /// Told when the body is done with, so that the connection counts as waiting again.
    connection: Option<Arc<Connection>>,
    /// Ready soon after the token's end for which the body is streamed.
    ended: Option<Pin<Box<dyn Future<Output = String> + Send + Sync>>>,
}

/// The body breaks off: the token's end left the client not allowed to read the rest. The connection is shut
/// without the mark of a body's end, so that no one takes it for whole.
#[derive(Debug, thiserror::Error)]
#[error("the connection closed in the middle of the response: {0}")]
pub struct BrokeOff(String);

enum Content {
    Whole(Bytes),
    /// A part of the program, which takes no memory of its own.
    Fixed(&'static [u8]),
    Stream(mpsc::Receiver<Bytes>),
}

impl ResponseBody {
    /// A body without bytes.
    #[must_use]
    pub fn empty() -> Self {
        Self::from(Vec::new())
    }

    /// A body that ends when the channel does.
    #[must_use]
    pub fn stream(chunks: mpsc::Receiver<Bytes>) -> Self {
        Self { content: Content::Stream(chunks), connection: None, ended: None }
    }

    /// Breaks off when `ended` says why, unless the body is whole already.
    pub(crate) fn end_with(&mut self, ended: impl Future<Output = String> + Send + Sync + 'static) {
        if matches!(self.content, Content::Stream(_)) {
            self.ended = Some(Box::pin(ended));
        }
    }

    /// A body that is part of the program.
    #[must_use]
    pub fn fixed(bytes: &'static [u8]) -> Self {
        Self { content: Content::Fixed(bytes), connection: None, ended: None }
    }

    /// Bytes that are in memory until they are read.
    pub(crate) fn waiting(&self) -> usize {
        match &self.content {
            Content::Whole(bytes) => bytes.len(),
            Content::Fixed(_) | Content::Stream(_) => 0,
        }
    }

    /// Keeps `permit` for as long as the bytes are in memory.
    pub(crate) fn count(&mut self, permit: Permit<Owner>) {
        if let Content::Whole(bytes) = &mut self.content {
            *bytes = counted(std::mem::take(bytes), permit);
        }
    }

    /// Keeps `connection` busy until the body is gone.
    pub(crate) fn hold(&mut self, connection: Arc<Connection>) {
        self.connection = Some(connection);
    }
}

impl Drop for ResponseBody {
    fn drop(&mut self) {
        if let Some(connection) = &self.connection {
            connection.idle();
        }
    }
}

impl From<Vec<u8>> for ResponseBody {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

impl From<Bytes> for ResponseBody {
    fn from(bytes: Bytes) -> Self {
        Self { content: Content::Whole(bytes), connection: None, ended: None }
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BrokeOff;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokeOff>>> {
        if let Some(ended) = &mut self.ended
            && let Poll::Ready(ended) = ended.as_mut().poll(cx)
        {
            self.ended = None;
            return Poll::Ready(Some(Err(BrokeOff(ended))));
        }
        match &mut self.content {
            Content::Whole(bytes) if bytes.is_empty() => Poll::Ready(None),
            Content::Whole(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Content::Fixed([]) => Poll::Ready(None),
            Content::Fixed(bytes) => {
                Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(std::mem::take(bytes))))))
            }
            Content::Stream(chunks) => chunks.poll_recv(cx).map(|chunk| chunk.map(|c| Ok(Frame::data(c)))),
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.content {
            Content::Whole(bytes) => bytes.is_empty(),
            Content::Fixed(bytes) => bytes.is_empty(),
            Content::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.content {
            Content::Whole(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Fixed(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Content::Stream(_) => SizeHint::default(),
        }
    }
}

/// Bytes that keep a permit until the last of them is gone: hyper holds them after the body.
fn counted(bytes: Bytes, permit: Permit<Owner>) -> Bytes {
    struct Counted(Bytes, #[expect(dead_code, reason = "kept for its end")] Permit<Owner>);
    impl AsRef<[u8]> for Counted {
        fn as_ref(&self) -> &[u8] {
            &self.0
        }
    }
    Bytes::from_owner(Counted(bytes, permit))
}

/// An answer with a body of some type.
#[must_use]
pub fn typed(status: StatusCode, content_type: &'static str, body: Vec<u8>) -> Response {
    with_type(status, content_type, ResponseBody::from(body))
}

/// An answer that says at which path the thing is that it is about.
#[must_use]
pub fn located(mut answer: Response, path: &str) -> Response {
    if let Ok(path) = HeaderValue::from_str(path) {
        answer.headers_mut().insert(LOCATION, path);
    }
    answer
}

/// A text as one segment of a path.
#[must_use]
pub fn segment(text: &str) -> String {
    const KEPT: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':');
    utf8_percent_encode(text, KEPT).to_string()
}

/// An answer with bytes of a type that a caller chose: a browser is to save them, whatever they are.
#[must_use]
pub fn attachment(content_type: HeaderValue, body: Bytes) -> Response {
    let mut answer = Response::new(ResponseBody::from(body));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, content_type);
    headers.insert(CONTENT_DISPOSITION, HeaderValue::from_static("attachment"));
    answer
}

/// An answer with a body that is always the same.
#[must_use]
pub fn fixed(content_type: &'static str, body: &'static [u8]) -> Response {
    with_type(StatusCode::OK, content_type, ResponseBody::fixed(body))
}

/// A streamed answer, and where its pieces are put. They count in `budget`, for `owner`, among what waits for
/// its reader.
#[must_use]
pub fn pieces(budget: FairBudget<Owner>, owner: Owner, content_type: &'static str) -> (Pieces, Response) {
    let (sender, body) = mpsc::channel(PIECES);
    (Pieces { sender, budget, owner }, streamed(content_type, body))
}

/// Pieces of one streamed answer that wait in its channel.
const PIECES: usize = 2;
/// The pause between looks whether there is room for a piece.
const ROOM_AGAIN: Duration = Duration::from_millis(20);

/// Where the pieces of a streamed answer are put.
pub struct Pieces {
    sender: mpsc::Sender<Bytes>,
    budget: FairBudget<Owner>,
    owner: Owner,
}

impl Pieces {
    /// Waits until there is room for a piece of about so many bytes; `None` when no one reads any more.
    pub async fn room(&self, bytes: usize) -> Option<Permit<Owner>> {
        loop {
            if self.sender.is_closed() {
                return None;
            }
            if let Ok(permit) = self.budget.try_take(self.owner, bytes) {
                return Some(permit);
            }
            tokio::time::sleep(ROOM_AGAIN).await;
        }
    }

    /// The same for what it takes to write a row of so many bytes: the row, and what is written of it.
    pub async fn room_for_row(&self, bytes: usize) -> Option<Permit<Owner>> {
        self.room(row_room(bytes, &self.budget)).await
    }

    /// Puts a piece; false when no one reads any more.
    pub async fn put(&self, piece: Vec<u8>, mut room: Permit<Owner>) -> bool {
        // A piece that came out larger than it was reckoned counts as it was.
        let _ = room.resize(piece.len());
        self.sender.send(counted(piece.into(), room)).await.is_ok()
    }
}

/// What a row of so many bytes counts while it is read and written, of a share that leaves room for others: one
/// of the longest rows at a time.
pub fn row_room(bytes: usize, budget: &FairBudget<Owner>) -> usize {
    bytes.saturating_mul(2).min(budget.per_key() / 4 * 3)
}

/// A streamed answer.
#[must_use]
pub fn streamed(content_type: &'static str, chunks: mpsc::Receiver<Bytes>) -> Response {
    with_type(StatusCode::OK, content_type, ResponseBody::stream(chunks))
}

fn with_type(status: StatusCode, content_type: &'static str, body: ResponseBody) -> Response {
    let mut answer = Response::new(body);
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    answer
}

/// An answer that no cache may keep.
#[must_use]
pub fn no_store(mut answer: Response) -> Response {
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

/// An answer without a body.
#[must_use]
pub fn no_content() -> Response {
    let mut answer = Response::new(ResponseBody::empty());
    *answer.status_mut() = StatusCode::NO_CONTENT;
    answer
}
