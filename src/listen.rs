//! Where attempts meet listeners. A listener is a client of the API that stands for a webhook's receiver: it holds a
//! stream open, is sent each request over it, and posts what its own target answered. Nothing of this is stored: a
//! request that was not answered when its listener left is due as before.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::time::timeout;

use crate::domain::event_type::EventType;
use crate::domain::id::{DeliveryId, EventId, WebhookNo};
use crate::domain::outcome::Exchange;
use crate::limits;

/// A request as it is handed to a listener. It never prints itself: its headers may hold secrets.
pub struct Request {
    /// Its delivery.
    pub delivery: DeliveryId,
    /// The event that it is about.
    pub event: EventId,
    /// That event's type.
    pub event_type: EventType,
    /// Which attempt of its delivery it is, from 1.
    pub number: u32,
    /// Its headers, as a receiver at a URL would get them, but for those of the connection.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
    /// How long the answer may take.
    pub within: Duration,
}

/// What a listener's target answered.
#[derive(Debug)]
pub struct Answered {
    /// What came of the request.
    pub exchange: Exchange,
    /// Sent to once that is durable; dropped when it could not be stored.
    pub stored: oneshot::Sender<()>,
}

/// Why a listener's stream ends that its client did not end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Another connection listens in its place.
    TakenOver,
    /// The webhook was removed.
    Removed,
    /// It left a request without an answer for as long as that could take.
    Unanswered,
}

/// The listeners that are connected. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Listeners(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug, Default)]
struct State {
    sessions: HashMap<WebhookNo, Session>,
    /// Webhooks whose listener came or left, and that no one has looked at since.
    changed: BTreeSet<WebhookNo>,
    /// Numbers sessions and requests.
    next: u64,
}

#[derive(Debug)]
struct Session {
    number: u64,
    requests: mpsc::Sender<(u64, Request)>,
    end: oneshot::Sender<End>,
    waiting: HashMap<u64, (DeliveryId, oneshot::Sender<Answered>)>,
}

impl State {
    fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Ends a webhook's session, if it is the one of this number or any may be meant.
    fn end(&mut self, webhook: WebhookNo, number: Option<u64>) -> Option<Session> {
        let session = self.sessions.get(&webhook)?;
        if number.is_some_and(|number| number != session.number) {
            return None;
        }
        self.changed.insert(webhook);
        self.sessions.remove(&webhook)
    }
}

/// A connected listener; it is gone when this is dropped.
#[derive(Debug)]
pub struct Attached {
    listeners: Listeners,
    webhook: WebhookNo,
    number: u64,
    /// What it is sent, each with the number that its answer names.
    pub requests: mpsc::Receiver<(u64, Request)>,
    /// Why it ends.
    pub end: oneshot::Receiver<End>,
}

impl Drop for Attached {
    fn drop(&mut self) {
        self.listeners.end_session(self.webhook, Some(self.number), None);
    }
}

impl Listeners {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Connects a webhook's listener, in place of the one that it has.
    #[must_use]
    pub fn attach(&self, webhook: WebhookNo) -> Attached {
        self.end_session(webhook, None, Some(End::TakenOver));
        let (requests, sent) = mpsc::channel(limits::LISTENER_QUEUE);
        let (end, ends) = oneshot::channel();
        let mut state = self.state();
        let number = state.number();
        state.sessions.insert(webhook, Session { number, requests, end, waiting: HashMap::new() });
        state.changed.insert(webhook);
        drop(state);
        self.0.changed.notify_one();
        Attached { listeners: self.clone(), webhook, number, requests: sent, end: ends }
    }

    /// Ends the stream of a webhook's listener, if it has one.
    pub fn end(&self, webhook: WebhookNo, why: End) {
        self.end_session(webhook, None, Some(why));
    }

    fn end_session(&self, webhook: WebhookNo, number: Option<u64>, why: Option<End>) {
        let Some(session) = self.state().end(webhook, number) else { return };
        if let Some(why) = why {
            // A stream that ended by itself hears nothing.
            let _ = session.end.send(why);
        }
        self.0.changed.notify_one();
    }

    /// Whether a webhook's listener is connected.
    #[must_use]
    pub fn is_attached(&self, webhook: WebhookNo) -> bool {
        self.state().sessions.contains_key(&webhook)
    }

    /// Waits until a listener came or left.
    pub async fn changed(&self) {
        self.0.changed.notified().await;
    }

    /// The webhooks whose listeners came or left since this was asked last.
    #[must_use]
    pub fn take_changed(&self) -> BTreeSet<WebhookNo> {
        std::mem::take(&mut self.state().changed)
    }

    /// Hands a request to a webhook's listener and waits for its answer. `None`: there is no listener, or it left
    /// without an answer; nothing came of the request then. One that does not answer in time has left, too: it would
    /// have said that its target did not.
    pub async fn exchange(&self, webhook: WebhookNo, request: Request, time: Duration) -> Option<Answered> {
        let (number, session, requests, answer) = {
            let mut state = self.state();
            let number = state.number();
            let session = state.sessions.get_mut(&webhook)?;
            let (answered, answer) = oneshot::channel();
            session.waiting.insert(number, (request.delivery, answered));
            (number, session.number, session.requests.clone(), answer)
        };
        let _forget = Forget { listeners: self, webhook, number };
        let exchange = async {
            requests.send((number, request)).await.ok()?;
            answer.await.ok()
        };
        match timeout(time, exchange).await {
            Ok(answered) => answered,
            Err(_) => {
                self.end_session(webhook, Some(session), Some(End::Unanswered));
                None
            }
        }
    }

    /// Takes the answer to a request; gives what says once it is durable. `None`: no request waits for it.
    #[must_use]
    pub fn answer(
        &self,
        webhook: WebhookNo,
        number: u64,
        delivery: DeliveryId,
        exchange: Exchange,
    ) -> Option<oneshot::Receiver<()>> {
        let mut state = self.state();
        let waiting = &mut state.sessions.get_mut(&webhook)?.waiting;
        waiting.get(&number).filter(|(known, _)| *known == delivery)?;
        let (_, answer) = waiting.remove(&number)?;
        let (stored, is_stored) = oneshot::channel();
        answer.send(Answered { exchange, stored }).ok()?;
        Some(is_stored)
    }
}

/// Takes a request whose attempt is over out of its session.
struct Forget<'a> {
    listeners: &'a Listeners,
    webhook: WebhookNo,
    number: u64,
}

impl Drop for Forget<'_> {
    fn drop(&mut self) {
        if let Some(session) = self.listeners.state().sessions.get_mut(&self.webhook) {
            session.waiting.remove(&self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::Seq;
    use crate::domain::outcome::ErrorKind;
    use crate::domain::time::Timestamp;

    const WEBHOOK: WebhookNo = WebhookNo(7);
    const LONG: Duration = Duration::from_secs(20);

    fn delivery(event: u64) -> DeliveryId {
        DeliveryId::new(Timestamp::from_millis(1), Seq(event), WEBHOOK)
    }

    fn request(event: u64) -> Request {
        Request {
            delivery: delivery(event),
            event: EventId::new(Timestamp::from_millis(1), Seq(event), 1),
            event_type: "a.b".parse().unwrap(),
            number: 1,
            headers: HeaderMap::new(),
            body: Bytes::from_static(b"{}"),
            within: LONG,
        }
    }

    #[tokio::test]
    async fn an_answer_goes_to_its_request_and_says_when_it_is_stored() {
        let listeners = Listeners::default();
        assert!(listeners.exchange(WEBHOOK, request(1), LONG).await.is_none(), "no one listens");
        let mut attached = listeners.attach(WEBHOOK);
        assert_eq!(listeners.take_changed().into_iter().collect::<Vec<_>>(), [WEBHOOK]);
        let listen = async {
            let (number, sent) = attached.requests.recv().await.unwrap();
            let exchange = || Exchange::failed(ErrorKind::Connect, "refused");
            assert!(listeners.answer(WEBHOOK, number, delivery(9), exchange()).is_none(), "another's");
            assert!(listeners.answer(WEBHOOK, number + 1, sent.delivery, exchange()).is_none());
            let stored = listeners.answer(WEBHOOK, number, sent.delivery, exchange()).unwrap();
            assert!(listeners.answer(WEBHOOK, number, sent.delivery, exchange()).is_none(), "a second one");
            stored.await
        };
        let attempt = async {
            let answered = listeners.exchange(WEBHOOK, request(1), LONG).await.unwrap();
            assert_eq!(answered.exchange, Exchange::failed(ErrorKind::Connect, "refused"));
            answered.stored.send(()).unwrap();
        };
        let (stored, ()) = tokio::join!(listen, attempt);
        stored.unwrap();
    }

    #[tokio::test]
    async fn who_takes_over_is_sent_what_is_not_answered() {
        let listeners = Listeners::default();
        let mut first = listeners.attach(WEBHOOK);
        let attempt = listeners.exchange(WEBHOOK, request(1), LONG);
        let takes_over = async {
            let (number, sent) = first.requests.recv().await.unwrap();
            let second = listeners.attach(WEBHOOK);
            assert_eq!((&mut first.end).await, Ok(End::TakenOver));
            let late = listeners.answer(WEBHOOK, number, sent.delivery, Exchange::failed(ErrorKind::Dns, ""));
            assert!(late.is_none());
            second
        };
        let (attempted, second) = tokio::join!(attempt, takes_over);
        assert!(attempted.is_none());
        // The first one's end is none of the second.
        drop(first);
        assert!(listeners.is_attached(WEBHOOK));
        drop(second);
        assert!(!listeners.is_attached(WEBHOOK));
    }

    #[tokio::test]
    async fn a_listener_that_does_not_answer_has_left() {
        let listeners = Listeners::default();
        let mut attached = listeners.attach(WEBHOOK);
        let exchange = listeners.exchange(WEBHOOK, request(1), Duration::from_millis(1));
        assert!(exchange.await.is_none());
        assert_eq!((&mut attached.end).await, Ok(End::Unanswered));
        assert!(!listeners.is_attached(WEBHOOK));
    }

    #[tokio::test]
    async fn an_attempt_that_is_dropped_leaves_nothing() {
        let listeners = Listeners::default();
        let mut attached = listeners.attach(WEBHOOK);
        let (number, sent) = tokio::select! {
            _ = listeners.exchange(WEBHOOK, request(1), LONG) => unreachable!(),
            sent = attached.requests.recv() => sent.unwrap(),
        };
        let late = listeners.answer(WEBHOOK, number, sent.delivery, Exchange::failed(ErrorKind::Dns, ""));
        assert!(late.is_none());
    }
}
