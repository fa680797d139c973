//! `GET /v1/tail`: accepted events and attempts as server-sent events, read from the store in pages.
//! A tail never holds anything up: a slow reader is dropped, with a last event that says so.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderMap;
use http::header::{CACHE_CONTROL, HeaderValue};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use super::deliveries::AttemptView;
use super::events::view::EventSummary;
use crate::api::budgets::Place;
use crate::api::call::Call;
use crate::api::context::Context;
use crate::api::display_json::DisplayJson;
use crate::api::event_stream::{Bye, EventStream, frame};
use crate::api::param::{Param, Pattern};
use crate::api::route::InForm;
use crate::app::deliveries::webhook_ids;
use crate::app::standing::{Standing, ended};
use crate::app::tail::{self, TailItem};
use crate::app::webhook_list;
use crate::domain::event_type::{EventPattern, EventType};
use crate::domain::id::{AccountNo, Seq, WebhookId, WebhookNo};
use crate::domain::refusal::Refusal;
use crate::http::problem::{Code, Problem};
use crate::http::response::streamed;
use crate::{clock, limits};

/// The header with which a tail goes on where it broke off.
pub const LAST_EVENT_ID: Param =
    Param::text("Last-Event-ID", "The id after which to continue; without it, the tail starts now.");

/// What a tail can be filtered by.
pub const FILTERS: [Param; 2] = [
    Param::text("webhook_id", "Only attempts to this webhook, and events that go to it."),
    Param::of::<Pattern>("type", "Only events of this type or pattern, and their attempts."),
];

/// Pieces of the stream that wait for a client.
const QUEUE: usize = 4;
/// The pause between reads when there is no hurry: many commits make one read.
const PAUSE: Duration = Duration::from_millis(20);

/// An attempt in a tail.
#[derive(Serialize, JsonSchema)]
struct AttemptItem {
    event_type: DisplayJson<EventType>,
    webhook_id: Option<DisplayJson<WebhookId>>,
    #[serde(flatten)]
    attempt: AttemptView,
}

const SLOW: Bye = Bye::new("slow", "events came faster than they were read; resume with Last-Event-ID");
const STOPPING: Bye = Bye::new("draining", "the daemon is stopping; resume with Last-Event-ID");
const BROKEN: Bye = Bye::new("store_unavailable", "the store cannot be read at the moment");

/// Answers `GET /v1/tail`.
///
/// # Errors
/// When a parameter makes no sense, or there are too many tails.
pub async fn follow(call: Box<Call>) -> Result<InForm<EventStream>, Problem> {
    let webhook = call.query.value::<WebhookId>("webhook_id")?;
    if let Some(id) = webhook {
        webhook_list::find(&call.context.app, call.account(), id)?;
    }
    let newest = tail::newest(&call.context.app);
    let resumed = last_event_id(&call.headers)?;
    let head = *newest.borrow();
    let after = resumed.map_or(head, |seq| seq.min(head));
    let place = call.context.budgets.tails.take(&call.caller, limits::ACCOUNT_TAILS);
    let place = place.map_err(|taken| taken.problem("live tails", None).retry_after(10))?;
    let (sender, body) = mpsc::channel(QUEUE + 1);
    let tail = Tail {
        account: call.account(),
        webhook: webhook.map(|id| id.no()),
        event_type: call.query.value("type")?,
        after,
        newest,
        stop: call.context.drain_signal(),
        standing: call.standing,
        context: call.context,
        sender,
        silence: limits::TAIL_COMMENT,
        stall: limits::TAIL_STALL,
        _place: place,
    };
    tokio::spawn(tail.run());
    let mut answer = streamed(EventStream::TYPE, body);
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer.into())
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<Seq>, Problem> {
    let Some(value) = headers.get("last-event-id") else { return Ok(None) };
    let parsed = value.to_str().ok().and_then(|text| text.parse().ok());
    let wrong = || Problem::new(Code::MalformedRequest, "Last-Event-ID must be an id from a tail");
    parsed.map(|seq| Some(Seq(seq))).ok_or_else(wrong)
}

struct Tail {
    context: Arc<Context>,
    account: AccountNo,
    webhook: Option<WebhookNo>,
    event_type: Option<EventPattern>,
    after: Seq,
    newest: watch::Receiver<Seq>,
    stop: watch::Receiver<bool>,
    standing: Option<Standing>,
    sender: mpsc::Sender<Bytes>,
    /// How long it is silent at most.
    silence: Duration,
    /// How long a piece waits for its client at most.
    stall: Duration,
    _place: Place,
}

impl Tail {
    async fn run(mut self) {
        // The place in the queue for the last word, so that even a slow reader hears it.
        let Ok(last) = self.sender.clone().reserve_owned().await else { return };
        if let Some(bye) = self.serve().await {
            last.send(bye.frame());
        }
    }

    /// Follows until there is a reason to end; `None` when the client has left.
    async fn serve(&mut self) -> Option<Bye> {
        // Where it begins, for who goes on before anything came.
        let began = format!("id: {}\n: following\n\n", self.after.0);
        if self.sender.send(began.into()).await.is_err() {
            return None;
        }
        let (mut caught_up, mut spoke) = (false, clock::monotonic());
        loop {
            // However many commits wake it, what it wrote last decides: only a write shows that the client
            // has left, and only a byte keeps what lies between from thinking so.
            if clock::monotonic().duration_since(spoke) >= self.silence {
                // A full queue is proof enough that the connection is not quiet.
                let _ = self.sender.try_send(Bytes::from_static(EventStream::COMMENT));
                spoke = clock::monotonic();
            }
            if let Some(Err(ended)) = self.standing.as_ref().map(Standing::check) {
                return Some(Bye::ended(ended));
            }
            let newest = *self.newest.borrow_and_update();
            if caught_up && newest.0.saturating_sub(self.after.0) > limits::TAIL_BEHIND {
                return Some(SLOW);
            }
            if newest > self.after {
                match self.page().await {
                    Ok(piece) if piece.is_empty() => {}
                    Ok(piece) => match timeout(self.stall, self.sender.send(piece.into())).await {
                        Ok(Ok(())) => spoke = clock::monotonic(),
                        Ok(Err(_)) => return None,
                        Err(_) => return Some(SLOW),
                    },
                    Err(_) => return Some(BROKEN),
                }
                if newest > self.after {
                    continue;
                }
            }
            caught_up = true;
            tokio::time::sleep(PAUSE).await;
            tokio::select! {
                changed = self.newest.changed() => if changed.is_err() { return Some(BROKEN) },
                () = self.sender.closed() => return None,
                _ = self.stop.wait_for(|stop| *stop) => return Some(STOPPING),
                ended = ended(self.standing.as_mut()) => return Some(Bye::ended(ended)),
                () = tokio::time::sleep_until((spoke + self.silence).into()) => {}
            }
        }
    }

    /// The next page in its wire form; the tail goes on after it.
    async fn page(&mut self) -> Result<Vec<u8>, Refusal> {
        let (context, account) = (Arc::clone(&self.context), self.account);
        let look = |after| async move { tail::after(&context.app, account, after).await };
        self.page_of(look).await
    }

    /// The page that a look into the store after a number gives.
    async fn page_of<L: Future<Output = Result<(Vec<(Seq, TailItem)>, Seq), Refusal>>>(
        &mut self,
        look: impl FnOnce(Seq) -> L,
    ) -> Result<Vec<u8>, Refusal> {
        let (account, after) = (self.account, self.after);
        // Before the look into the store: what is committed meanwhile is for the next one.
        let newest = *self.newest.borrow();
        let (items, next) = look(after).await?;
        // A store that finds nothing new must not make this spin.
        self.after = if next > after { next } else { newest.max(after) };
        let wanted: Vec<(Seq, TailItem)> = items.into_iter().filter(|(_, item)| self.wants(item)).collect();
        let attempted = wanted.iter().filter_map(|(_, item)| match item {
            TailItem::Attempt { attempt, .. } => Some(attempt.delivery.webhook()),
            TailItem::Event(_) => None,
        });
        let ids = webhook_ids(&self.context.app, account, attempted).await?;
        let mut piece = Vec::new();
        for (seq, item) in &wanted {
            piece.extend_from_slice(&item_frame(*seq, item, &ids));
        }
        Ok(piece)
    }

    fn wants(&self, item: &TailItem) -> bool {
        let (event, to_webhook) = match item {
            TailItem::Event(event) => (event, self.webhook.is_none_or(|no| event.webhooks.contains(&no))),
            TailItem::Attempt { event, attempt, .. } => {
                (event, self.webhook.is_none_or(|no| attempt.delivery.webhook() == no))
            }
        };
        to_webhook && self.event_type.as_ref().is_none_or(|pattern| pattern.matches(&event.event_type))
    }
}

fn item_frame(seq: Seq, item: &TailItem, ids: &HashMap<WebhookNo, WebhookId>) -> Bytes {
    match item {
        TailItem::Event(event) => frame("event", Some(seq.0), &EventSummary::new(event)),
        TailItem::Attempt { id, attempt, event } => {
            let item = AttemptItem {
                event_type: DisplayJson(event.event_type.clone()),
                webhook_id: ids.get(&attempt.delivery.webhook()).copied().map(DisplayJson),
                attempt: AttemptView::brief(*id, attempt, Some(event.id)),
            };
            frame("attempt", Some(seq.0), &item)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::tests::Rig;
    use crate::app::caller::Caller;

    #[test]
    fn frames_are_one_line_of_data_each() {
        assert_eq!(
            frame("event", Some(7), &serde_json::json!({"a": "x\ny"})),
            "id: 7\nevent: event\ndata: {\"a\":\"x\\ny\"}\n\n"
        );
        assert!(SLOW.frame().starts_with(b"event: bye\ndata: {\"reason\":\"slow\""));
    }

    /// What others commit wakes a tail all the time, and gives it nothing to write.
    #[tokio::test]
    async fn a_tail_of_nothing_among_much_still_comments() {
        let rig = Rig::new().await;
        let (context, (sender, mut body)) = (Arc::clone(&rig.context), mpsc::channel(QUEUE + 1));
        let newest = rig.store.watch();
        let after = *newest.borrow();
        let tail = Tail {
            account: AccountNo(1),
            webhook: None,
            event_type: Some("never.ever".parse().unwrap()),
            after,
            newest,
            stop: context.drain_signal(),
            standing: None,
            sender,
            silence: PAUSE * 4,
            stall: limits::TAIL_STALL,
            _place: context.budgets.tails.take(&Caller::anonymous(), 2).unwrap(),
            context,
        };
        let followed = tokio::spawn(tail.run());
        assert!(body.recv().await.unwrap().ends_with(b": following\n\n"));
        let noise = async {
            loop {
                rig.event("noise.x").await;
            }
        };
        tokio::select! {
            comment = timeout(Duration::from_secs(20), body.recv()) => assert_eq!(comment.unwrap().unwrap(), ":\n\n"),
            () = noise => {}
        }
        drop(body);
        followed.await.unwrap();
    }

    /// A tail that has shown everything there is, and where its number of the newest comes from.
    fn caught_up(rig: &Rig) -> (Tail, watch::Sender<Seq>) {
        let context = Arc::clone(&rig.context);
        let account = rig.store.directory().account_named("default").unwrap().no();
        let after = *rig.store.watch().borrow();
        let (announced, newest) = watch::channel(after);
        let tail = Tail {
            account,
            webhook: None,
            event_type: None,
            after,
            newest,
            stop: context.drain_signal(),
            standing: None,
            sender: mpsc::channel(1).0,
            silence: PAUSE,
            stall: PAUSE,
            _place: context.budgets.tails.take(&Caller::anonymous(), 2).unwrap(),
            context,
        };
        (tail, announced)
    }

    /// What a tail said until its end, from the pieces that its client read.
    async fn said(mut body: mpsc::Receiver<Bytes>) -> String {
        let mut said = Vec::new();
        let reading = async {
            while let Some(piece) = body.recv().await {
                said.extend_from_slice(&piece);
            }
        };
        timeout(Duration::from_secs(20), reading).await.expect("it goes on");
        String::from_utf8(said).unwrap()
    }

    #[tokio::test]
    async fn a_tail_that_falls_far_behind_ends_as_slow() {
        let rig = Rig::new().await;
        let (mut tail, announced) = caught_up(&rig);
        let (sender, mut body) = mpsc::channel(QUEUE + 1);
        tail.sender = sender;
        let behind = Seq(tail.after.0 + limits::TAIL_BEHIND + 1);
        let followed = tokio::spawn(tail.run());
        assert!(body.recv().await.unwrap().ends_with(b": following\n\n"));
        // One commit may bring many numbers; it waits for the next one by now.
        announced.send_replace(behind);
        let bye = said(body).await;
        assert!(
            bye.ends_with(
                "{\"reason\":\"slow\",\"detail\":\"events came faster than they were read; \
            resume with Last-Event-ID\"}\n\n"
            ),
            "{bye}"
        );
        followed.await.unwrap();
    }

    #[tokio::test]
    async fn a_tail_whose_client_does_not_read_ends_as_slow_and_says_so_all_the_same() {
        let rig = Rig::new().await;
        let (mut tail, announced) = caught_up(&rig);
        rig.event("a.b").await;
        announced.send_replace(*rig.store.watch().borrow());
        // Room for the greeting and the last word, and none for a page.
        let (sender, body) = mpsc::channel(2);
        tail.sender = sender;
        let begins = format!("id: {}\n: following\n\nevent: bye", tail.after.0);
        tail.run().await;
        let said = said(body).await;
        assert!(
            said.starts_with(&begins) && said.contains("event: bye\ndata: {\"reason\":\"slow\""),
            "{said}"
        );
    }

    #[tokio::test]
    async fn a_tail_ends_when_its_store_gives_nothing_more() {
        let rig = Rig::new().await;
        let (mut tail, announced) = caught_up(&rig);
        let (sender, body) = mpsc::channel(QUEUE + 1);
        tail.sender = sender;
        drop(announced);
        tail.run().await;
        let said = said(body).await;
        assert!(said.contains("event: bye\ndata: {\"reason\":\"store_unavailable\""), "{said}");
    }

    /// From what is stored to what is live: numbers are given before there is a row, and rows are committed while
    /// the store is read.
    #[tokio::test]
    async fn what_is_committed_between_the_look_and_its_answer_is_in_the_next_page() {
        let rig = Rig::new().await;
        let (mut tail, announced) = caught_up(&rig);
        let store = rig.store.clone();
        for turn in 0..3 {
            // A number that no row has makes the tail look.
            let (mut newest, before) = (store.watch(), tail.after);
            store.reserve(tail.account, 0).await.unwrap().unwrap();
            let reserved = *newest.wait_for(|newest| *newest > before).await.unwrap();
            announced.send_replace(reserved);
            let between = async {
                let id = rig.event("in.between").await;
                announced.send_replace(*newest.wait_for(|newest| *newest > reserved).await.unwrap());
                id
            };
            let (account, mut id) = (tail.account, String::new());
            let page = tail.page_of(|after| {
                let (store, id) = (&store, &mut id);
                async move {
                    let seen = store.tail(Some(account), after, limits::TAIL_PAGE)?;
                    *id = between.await;
                    Ok(seen)
                }
            });
            let shown = String::from_utf8(page.await.unwrap()).unwrap();
            assert!(!shown.contains(&id), "{turn}: it was not there yet");
            let shown = String::from_utf8(tail.page().await.unwrap()).unwrap();
            assert!(shown.contains(&id), "{turn}: {id} is lost");
            assert_eq!(tail.page().await.unwrap(), b"", "{turn}: once only");
        }
    }

    #[test]
    fn a_tail_resumes_after_its_last_id() {
        let of = |text: &str| {
            last_event_id(&HeaderMap::from_iter([("last-event-id".parse().unwrap(), text.parse().unwrap())]))
        };
        assert_eq!(of("41"), Ok(Some(Seq(41))));
        assert!(of("x").is_err());
        assert_eq!(last_event_id(&HeaderMap::new()), Ok(None));
    }
}
