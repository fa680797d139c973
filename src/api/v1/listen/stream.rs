//! The stream of one listener: each request that is due, as an event.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::time::{sleep_until, timeout};

use super::answer::HeaderBody;
use crate::api::budgets::Place;
use crate::api::display_json::DisplayJson;
use crate::api::event_stream::{Bye, EventStream, frame};
use crate::app::listening::{Attached, End, Request};
use crate::app::standing::{Standing, ended};
use crate::domain::event_type::EventType;
use crate::domain::id::{DeliveryId, EventId};
use crate::{clock, limits};

/// Pieces of the stream that wait for the client.
pub(super) const QUEUE: usize = 4 + 1;

const STOPPING: Bye = Bye::new("draining", "the daemon is stopping; listen again when it is back");
const SLOW: Bye = Bye::new("slow", "the stream was not read; what it holds is sent again");
const TAKEN_OVER: Bye = Bye::new("taken_over", "another connection listens under this name now");
const REMOVED: Bye = Bye::new("removed", "the webhook was deleted");
const UNANSWERED: Bye =
    Bye::new("unanswered", "a request was not answered in time; it is sent again once you listen again");

/// A request, as the client is sent it.
#[derive(Serialize)]
struct RequestItem {
    delivery_id: DisplayJson<DeliveryId>,
    /// The number that its answer names.
    request: u64,
    /// Which attempt of the delivery it is.
    attempt: u32,
    event_id: DisplayJson<EventId>,
    event_type: DisplayJson<EventType>,
    method: &'static str,
    headers: Vec<HeaderBody>,
    /// The body in base64.
    body: String,
    /// The body once more, where it is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// How long the target may take.
    timeout_ms: u64,
}

impl RequestItem {
    fn new(number: u64, request: &Request) -> Self {
        let header = |(name, value): (&http::HeaderName, &http::HeaderValue)| HeaderBody {
            name: name.to_string(),
            value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
        };
        Self {
            delivery_id: DisplayJson(request.delivery),
            request: number,
            attempt: request.number,
            event_id: DisplayJson(request.event),
            event_type: DisplayJson(request.event_type.clone()),
            method: "POST",
            headers: request.headers.iter().map(header).collect(),
            body: STANDARD.encode(&request.body),
            text: std::str::from_utf8(&request.body).ok().map(str::to_owned),
            timeout_ms: u64::try_from(request.within.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

/// A listener's connection.
pub(super) struct Stream {
    pub(super) attached: Attached,
    pub(super) stop: watch::Receiver<bool>,
    pub(super) standing: Option<Standing>,
    pub(super) sender: mpsc::Sender<Bytes>,
    pub(super) _place: Place,
}

impl Stream {
    /// Sends the first event and then what is due, until there is a reason to end.
    pub(super) async fn run(mut self, first: Bytes) {
        // The place in the queue for the last word.
        let Ok(last) = self.sender.clone().reserve_owned().await else { return };
        if let Some(bye) = self.serve(first).await {
            last.send(bye.frame());
        }
    }

    /// `None` when the client has left.
    async fn serve(&mut self, first: Bytes) -> Option<Bye> {
        self.sender.send(first).await.ok()?;
        let mut spoke = clock::monotonic();
        loop {
            let stopping = async { drop(self.stop.wait_for(|stop| *stop).await) };
            let (number, request) = tokio::select! {
                biased;
                () = self.sender.closed() => return None,
                ended = ended(self.standing.as_mut()) => return Some(Bye::ended(ended)),
                Ok(why) = &mut self.attached.end => return Some(match why {
                    End::TakenOver => TAKEN_OVER,
                    End::Removed => REMOVED,
                    End::Unanswered => UNANSWERED,
                }),
                () = stopping => return Some(STOPPING),
                Some(request) = self.attached.requests.recv() => request,
                () = sleep_until((spoke + limits::TAIL_COMMENT).into()) => {
                    // A full queue is proof enough that the connection is not quiet.
                    let _ = self.sender.try_send(Bytes::from_static(EventStream::COMMENT));
                    spoke = clock::monotonic();
                    continue;
                }
            };
            let piece = frame("request", None, &RequestItem::new(number, &request));
            match timeout(limits::TAIL_STALL, self.sender.send(piece)).await {
                Ok(Ok(())) => spoke = clock::monotonic(),
                Ok(Err(_)) => return None,
                Err(_) => return Some(SLOW),
            }
        }
    }
}
