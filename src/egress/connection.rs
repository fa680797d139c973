//! One HTTP/1.1 connection, driven by the task that waits on it. No one drives an idle one: whether the
//! receiver closed it meanwhile is found out before it is used again.

use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;

use super::stream::{Allowance, Stream, Transport};
use crate::limits;

/// What is sent.
pub(super) type Message = Request<Full<Bytes>>;

/// `None` once the connection has ended; boxed because connections move in and out of the pool.
type Driver = Option<Box<http1::Connection<TokioIo<Stream>, Full<Bytes>>>>;

pub(super) struct Connection {
    /// The vetted address it leads to.
    pub(super) address: SocketAddr,
    sender: SendRequest<Full<Bytes>>,
    driver: Driver,
    allowance: Allowance,
    /// Whether a byte of an answer came since the last request.
    answered: bool,
}

impl Connection {
    /// Speaks HTTP/1.1 over `transport`; sends nothing yet.
    pub(super) async fn new(transport: Transport, address: SocketAddr) -> hyper::Result<Self> {
        let allowance = Allowance::default();
        allowance.grant(limits::RESPONSE_HEAD_PHASE_BYTES);
        // The number of headers is bounded by hyper's default, which equals
        // `limits::RESPONSE_HEADERS`; naming it would cost an allocation per answer.
        let (sender, driver) = http1::Builder::new()
            .max_buf_size(limits::RESPONSE_HEADER_BYTES)
            // As most senders write them: some legacy receivers compare names byte by byte.
            .title_case_headers(true)
            // Sloppy heads say clearly enough what the receiver means; one answer is read per request.
            .allow_obsolete_multiline_headers_in_responses(true)
            .allow_spaces_after_header_name_in_responses(true)
            .handshake(TokioIo::new(Stream::new(transport, allowance.clone())))
            .await?;
        Ok(Self { address, sender, driver: Some(Box::new(driver)), allowance, answered: false })
    }

    /// Whether a request can be sent now: the last answer was read and the other side is there.
    pub(super) async fn usable(&mut self) -> bool {
        poll_fn(|cx| {
            self.drive(cx);
            Poll::Ready(self.driver.is_some() && self.sender.is_ready())
        })
        .await
    }

    /// Whether it was open when it was last driven.
    pub(super) fn is_open(&self) -> bool {
        self.driver.is_some()
    }

    /// Takes a request from its place, sends it and waits for the answer's head. The error holds the
    /// request if not a byte of it was written.
    pub(super) async fn send(
        &mut self,
        message: &mut Message,
    ) -> Result<Response<Incoming>, TrySendError<Message>> {
        self.allowance.grant(limits::RESPONSE_HEAD_PHASE_BYTES);
        let mut answer = pin!(self.sender.try_send_request(std::mem::take(message)));
        let driver = &mut self.driver;
        let answer = poll_fn(|cx| {
            drive(driver, cx);
            answer.as_mut().poll(cx)
        })
        .await;
        self.answered = self.allowance.left() < limits::RESPONSE_HEAD_PHASE_BYTES;
        self.allowance.grant(limits::RESPONSE_BODY_PHASE_BYTES);
        answer
    }

    /// Whether a byte of an answer to the last request came.
    pub(super) fn answered(&self) -> bool {
        self.answered
    }

    /// How something began that came and is no answer by HTTP/1.
    pub(super) fn foreign(&self) -> Option<&[u8]> {
        self.allowance.foreign()
    }

    /// Waits for the next piece of an answer's body.
    pub(super) async fn frame(&mut self, body: &mut Incoming) -> Option<hyper::Result<Frame<Bytes>>> {
        poll_fn(|cx| {
            // The piece is mostly there already, read together with the head.
            if let Poll::Ready(frame) = Pin::new(&mut *body).poll_frame(cx) {
                return Poll::Ready(frame);
            }
            self.drive(cx);
            Pin::new(&mut *body).poll_frame(cx)
        })
        .await
    }

    fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.driver, cx);
    }
}

/// Lets the connection read and write. When it ends, dropping it is what informs those who wait on
/// it why, so its own result is not needed.
fn drive(driver: &mut Driver, cx: &mut Context<'_>) {
    if driver.as_mut().is_some_and(|connection| Pin::new(connection).poll(cx).is_ready()) {
        *driver = None;
    }
}
