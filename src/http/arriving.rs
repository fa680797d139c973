//! A request's body as it arrives. What a handler leaves of it is taken and dropped for a while, so that a
//! client that is still sending reads the answer instead of a reset, and its connection can go on.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::header::EXPECT;
use http::{HeaderMap, Request};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use crate::limits;

/// How many left bodies of one listener are taken at once, and how much of each.
pub(crate) struct Drains {
    places: Arc<Semaphore>,
    time: Duration,
    bytes: usize,
    /// Turns true when the listener stops: nothing is taken from then on.
    stop: watch::Receiver<bool>,
}

impl Drains {
    /// Those of a listener that serves until `stop` turns true.
    pub(crate) fn new(stop: watch::Receiver<bool>) -> Self {
        let places = Arc::new(Semaphore::new(limits::DRAINS));
        Self { places, time: limits::DRAIN_TIME, bytes: limits::DRAIN_BYTES, stop }
    }
}

/// A request's body.
pub struct Arriving {
    /// `None` once it is left.
    body: Option<Incoming>,
    drains: Arc<Drains>,
    /// Whether the client waits for a word before it sends the body. It will not send one that is refused.
    awaits_word: bool,
}

impl Arriving {
    /// The request with its body in this form.
    pub(crate) fn wrap(request: Request<Incoming>, drains: &Arc<Drains>) -> Request<Self> {
        let awaits_word = expects_continue(request.headers());
        request.map(|body| Self { body: Some(body), drains: Arc::clone(drains), awaits_word })
    }
}

impl Arriving {
    /// Leaves a body that had its time: its connection closes after the answer.
    pub(crate) fn give_up(&mut self) {
        self.body = None;
    }
}

fn expects_continue(headers: &HeaderMap) -> bool {
    headers.get(EXPECT).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

impl Body for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        // Its reader has been asked to go on, or is asked now.
        self.awaits_word = false;
        match &mut self.body {
            Some(body) => Pin::new(body).poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        let Some(body) = self.body.take().filter(|body| !self.awaits_word && !body.is_end_stream()) else {
            return;
        };
        let too_much = body.size_hint().lower() > self.drains.bytes as u64;
        let place = Arc::clone(&self.drains.places).try_acquire_owned().ok();
        if let (false, Some(place), Ok(runtime)) = (too_much, place, tokio::runtime::Handle::try_current()) {
            runtime.spawn(drain(body, Arc::clone(&self.drains), place));
        }
    }
}

/// Takes and drops what is left of a body. Where it is more, or comes too slowly, the connection closes.
async fn drain(mut body: Incoming, drains: Arc<Drains>, _place: OwnedSemaphorePermit) {
    let mut left = drains.bytes;
    let rest = async {
        while let Some(Ok(frame)) = body.frame().await {
            match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                Some(less) => left = less,
                None => return,
            }
        }
    };
    let mut stop = drains.stop.clone();
    // Over or not, it is left now.
    tokio::select! {
        _ = tokio::time::timeout(drains.time, rest) => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
}
