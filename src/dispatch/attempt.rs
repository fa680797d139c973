//! One attempt, from a due row to a committed outcome: have it sent, judge, hand to the store.

use futures_util::FutureExt;
use tokio::sync::oneshot;

use super::request::Sent;
use super::sender::Sender;
use super::state_log;
use super::task::{Ended, How, Task};
use super::verdict::{change, ended, interrupted_wait, notice, run_notice};

use crate::clock;
use crate::domain::delivery::{Attempt, DeliveryState, Reason, Trigger};
use crate::domain::id::AccountNo;
use crate::domain::operational::Notice;
use crate::domain::outcome::{ErrorKind, Exchange, Want};
use crate::domain::time::Timestamp;
use crate::domain::webhook::Waits;
use crate::render;
use crate::schedule::{self, Health, Landed};
use crate::store::Store;
use crate::store::command::{Accept, Complete, DeliveryChange, RunChange};
#[cfg(feature = "otlp")]
use crate::telemetry::otlp::Span;

/// What an outcome changes besides its delivery: the webhook's run of failures, and operational events.
#[derive(Default)]
struct OutcomeEffects {
    run: Option<RunChange>,
    waits: Option<Waits>,
    emit: Vec<Accept>,
}

impl Sender {
    /// Makes the attempt. Whatever happens, the loop hears of its end and the store of its outcome: a lane
    /// that keeps an order would stand still else.
    pub(super) async fn run(&self, task: Task) {
        let attempt = std::panic::AssertUnwindSafe(self.attempt(task.clone())).catch_unwind().await;
        if attempt.is_err() {
            self.give_up(task).await;
        }
    }

    async fn attempt(&self, mut task: Task) {
        let started_at = clock::now();
        let found = self.store.directory().webhook(task.webhook.no()).cloned();
        let found = found.filter(|webhook| webhook.id == task.webhook.id);
        let Some(webhook) = found.filter(|webhook| self.serves(webhook, started_at)) else {
            // Removed, paused or the like since it was to start: nothing is sent.
            return self.give_back(&task).await;
        };
        // It may have waited for long: its target and its secret are those of now.
        task.webhook = webhook;
        let rules = self.rules();
        let profile = rules.profiles.of(&task.webhook);
        let sent = self.send(&task, profile, started_at);
        let sent = std::panic::AssertUnwindSafe(sent).catch_unwind().await;
        let sent =
            sent.unwrap_or_else(|_| Some(Sent::nothing("sending it failed inside the daemon; see its log")));
        // Its listener left without an answer.
        let Some(mut sent) = sent else { return self.give_back(&task).await };
        let stored = sent.stored.take();
        let now = clock::now();
        let error = sent.exchange.error.as_ref().map(|error| error.kind);
        let ended = ended(&task, profile, &sent.exchange, now);
        let Some(landed) = self.end(&task, ended, error).await else { return };
        self.metrics.attempted(task.webhook.id, &sent.exchange);
        if let (true, Some(event)) = (sent.exchange.succeeded(), &task.event) {
            self.metrics.delivered(now.since(event.header.accepted_at));
        }
        self.log(&task, &sent.exchange);
        if let Some(run) = &landed.run {
            state_log::run(&task.webhook, &sent.exchange, run);
        }
        let change = match sent.hopeless {
            Some(reason) => DeliveryChange::Failed(reason),
            None => {
                let since = self.wait_began(&task, &sent.exchange).await.unwrap_or(now);
                let spent = landed.spent && sent.exchange.want != Some(Want::Own);
                change(&task, profile, &sent.exchange, spent, since, now)
            }
        };
        match change {
            DeliveryChange::Delivered => self.metrics.ended(DeliveryState::Delivered),
            DeliveryChange::Retry { .. } => {}
            DeliveryChange::Failed(_) | DeliveryChange::DisableWebhook(_) | DeliveryChange::RemoveWebhook => {
                self.metrics.ended(DeliveryState::Failed);
            }
        }
        #[cfg(feature = "otlp")]
        self.trace(&task, &sent.exchange, started_at, now);
        let effects = self.effects(&task, &sent.exchange, change, landed, now);
        let complete = self.complete(task, started_at, sent, change, effects);
        if let Err(error) = self.store.complete(complete, now) {
            tracing::debug!(%error, "an outcome was not stored; the attempt will be repeated");
        } else if let Some(stored) = stored {
            self.say_stored(stored).await;
        }
    }

    /// Hands a row back to the loop: no attempt was made.
    async fn give_back(&self, task: &Task) {
        let (webhook, row) = (task.webhook.no(), task.row);
        let _ = self.ended.send(Ended { webhook, row, how: How::Returned }).await;
    }

    /// Says that an outcome is durable once it is: whatever is asked of the store after it is later.
    async fn say_stored(&self, stored: oneshot::Sender<()>) {
        if self.store.mark_suspects(Vec::new()).await.is_ok() {
            // Whoever waited may have gone.
            let _ = stored.send(());
        }
    }

    /// When the wait began that a failed try by hand interrupted, if it did.
    async fn wait_began(&self, task: &Task, exchange: &Exchange) -> Option<Timestamp> {
        if task.row.trigger == Trigger::Scheduled || exchange.succeeded() {
            return None;
        }
        let (event, webhook) = (task.row.key.event, task.webhook.no());
        let read = self.read(task.webhook.account, move |store| {
            let delivery = store.delivery(event, webhook).ok().flatten()?;
            let attempts = store.attempts(&delivery).ok()?;
            interrupted_wait(&attempts, delivery.started_at)
        });
        read.await.flatten()
    }

    /// Reads the store on a thread that may block, once the account may have one. `None`: the read panicked.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        account: AccountNo,
        read: impl FnOnce(&Store) -> T + Send + 'static,
    ) -> Option<T> {
        let permit = self.reads.take(account).await;
        let store = self.store.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let found = read(&store);
            // Here, since a thread goes on when no one waits for it any more.
            drop(permit);
            found
        });
        reading.await.ok()
    }

    /// Gives up a delivery that brought the process down, with an attempt that says so.
    pub(super) async fn quarantine(&self, task: Task) {
        let now = clock::now();
        let sent = Sent::nothing("not sent: each time it was, the daemon went down");
        let Some(landed) = self.end(&task, Health::Neutral.into(), None).await else { return };
        tracing::error!(webhook = %task.webhook.id, event = task.row.key.event.0, "delivery quarantined");
        let change = DeliveryChange::Failed(Reason::Quarantined);
        let effects = self.effects(&task, &sent.exchange, change, landed, now);
        let complete = self.complete(task, now, sent, change, effects);
        if let Err(error) = self.store.complete(complete, now) {
            tracing::debug!(%error, "a quarantine was not stored; it will be repeated");
        }
    }

    /// Gives up a delivery whose attempt panicked, without asking or reporting to what may panic again.
    async fn give_up(&self, task: Task) {
        let now = clock::now();
        tracing::error!(webhook = %task.webhook.id, event = task.row.key.event.0, "an attempt failed inside the daemon");
        // When the loop has heard of the end already, this changes nothing.
        if self.end(&task, Health::Neutral.into(), None).await.is_none() {
            return;
        }
        let sent = Sent::nothing("the attempt failed inside the daemon; see its log");
        let change = DeliveryChange::Failed(Reason::Quarantined);
        let complete = self.complete(task, now, sent, change, OutcomeEffects::default());
        if let Err(error) = self.store.complete(complete, now) {
            tracing::debug!(%error, "an outcome was not stored; the attempt will be repeated");
        }
    }

    /// Informs the loop, which must know of the end before the store can report the outcome to it, and
    /// learns what the end makes of the lane. `None`: the loop has ended.
    async fn end(&self, task: &Task, ended: schedule::Ended, error: Option<ErrorKind>) -> Option<Landed> {
        let (landed, answer) = oneshot::channel();
        let how = How::Made { ended, error, landed };
        self.ended.send(Ended { webhook: task.webhook.no(), row: task.row, how }).await.ok()?;
        answer.await.ok()
    }

    /// What an attempt's end changes besides its delivery, and the events about it.
    fn effects(
        &self,
        task: &Task,
        exchange: &Exchange,
        change: DeliveryChange,
        landed: Landed,
        now: Timestamp,
    ) -> OutcomeEffects {
        #[cfg(feature = "faults")]
        #[expect(clippy::panic, reason = "the fault that tests plant")]
        if task.event.as_ref().is_some_and(|event| event.header.event_type.as_str() == "fault.panic") {
            panic!("planted");
        }
        let last_error = exchange.error.as_ref().map(|error| error.kind);
        let accept = |notice: Notice| self.notices.accept(&notice, &task.webhook, last_error, now);
        let notice = task.event.as_deref().and_then(|event| notice(change, event));
        let emit = notice.and_then(accept).into_iter().collect();
        let run = landed.run.map(|schedule::RunChange { order, failing, news }| RunChange {
            order,
            failing,
            emit: run_notice(news, failing).and_then(accept),
        });
        OutcomeEffects { run, waits: landed.waits, emit }
    }

    fn complete(
        &self,
        task: Task,
        started_at: Timestamp,
        mut sent: Sent,
        change: DeliveryChange,
        OutcomeEffects { run, waits, emit }: OutcomeEffects,
    ) -> Complete {
        // Before it is masked: what is repeated in it is to be found.
        if let Some(response) = &mut sent.exchange.response {
            render::unpack(response);
        }
        sent.confidential.mask(&mut sent.exchange);
        let accepted_at = task.event.as_ref().map_or(started_at, |event| event.header.accepted_at);
        let delivery = task.delivery(accepted_at);
        let Task { webhook, row, .. } = task;
        Complete {
            row,
            webhook: webhook.no(),
            attempt: Attempt {
                delivery,
                number: 0,
                trigger: row.trigger,
                started_at,
                request_headers: sent.headers,
                exchange: sent.exchange,
            },
            change,
            run,
            waits,
            emit,
        }
    }

    #[cfg(feature = "otlp")]
    fn trace(&self, task: &Task, exchange: &Exchange, started_at: Timestamp, ended_at: Timestamp) {
        let Some(spans) = &self.spans else { return };
        spans.record(Span {
            event: task.event.as_ref().map(|event| event.header.id),
            webhook: task.webhook.id,
            attempt: task.row.attempts + 1,
            started_at,
            ended_at,
            status: exchange.status(),
            error: exchange.error.as_ref().map(|error| error.kind),
        });
    }

    fn log(&self, task: &Task, exchange: &Exchange) {
        let event = task.event.as_ref().map(|event| event.header.id);
        tracing::info!(
            event = event.map(tracing::field::display),
            webhook = %task.webhook.id,
            attempt = task.row.attempts + 1,
            status = exchange.status(),
            error = exchange.error.as_ref().map(|error| error.kind.as_str()),
            duration_ms = u64::try_from(exchange.timings.total.as_millis()).ok(),
            "attempt"
        );
    }
}
