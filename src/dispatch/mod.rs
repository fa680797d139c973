//! Drives the scheduler: feeds it what the store committed and what came of attempts, and does
//! what it says. The loop never waits for the network, the store or a receiver; it only waits for
//! something to happen.

mod answers;
mod attempt;
mod cache;
mod confirm;
mod crash_suspects;
mod dispatcher;
mod duties;
mod notices;
mod off_worker;
mod request;
mod rules;
mod sender;
mod start;
mod state_log;
mod status;
mod task;
mod turn;
mod unsubscribe_notice;
mod verdict;
mod waiting;
mod webhooks;

pub use notices::Notices;
pub use rules::Rules;
pub use status::Status;
pub use waiting::Waits;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use cache::EventCache;
use crash_suspects::CrashSuspects;
use dispatcher::Dispatcher;
use duties::WebhookDuties;
use sender::Sender;
use turn::Channels;

use crate::clock::{self, Leaps};
use crate::egress::Egress;
use crate::fair::FairBudget;
use crate::limits;
use crate::listen::Listeners;
use crate::schedule::Scheduler;
use crate::store::Opened;
use crate::telemetry::metrics::Metrics;
#[cfg(feature = "otlp")]
use crate::telemetry::otlp::Spans;

/// What dispatch is made of.
pub struct Parts {
    /// The store as it was opened.
    pub opened: Opened,
    /// The way out.
    pub egress: Egress,
    /// What may change meanwhile.
    pub rules: watch::Receiver<Arc<Rules>>,
    /// Where figures go.
    pub metrics: Arc<Metrics>,
    /// The API's base URL as others see it, without a slash at its end.
    pub public_url: Arc<str>,
    /// Where attempts are recorded as spans, if anywhere.
    #[cfg(feature = "otlp")]
    pub spans: Option<Spans>,
}

/// A running loop.
pub struct Handle {
    /// Its figures, refreshed at least every second.
    pub status: watch::Receiver<Status>,
    /// Tells operational events.
    pub notices: Notices,
    /// Asks what deliveries wait for.
    pub waits: Waits,
    /// Those who stand for receivers.
    pub listeners: Listeners,
    drain: watch::Sender<bool>,
    done: tokio::task::JoinHandle<()>,
}

impl Handle {
    /// Waits until the loop ends, which without a drain it does only when it or the store failed.
    pub async fn ended(&mut self) {
        let _ = (&mut self.done).await;
    }

    /// Starts nothing more and waits until what is in flight has ended, at most `time`. What has
    /// not ended is due again after the next start.
    pub async fn drain(self, time: Duration) {
        self.drain.send_replace(true);
        if self.done.is_finished() {
            return;
        }
        let mut done = self.done;
        if tokio::time::timeout(time, &mut done).await.is_err() {
            tracing::info!("the drain time is over; what was still in flight will be sent again");
            // Its attempts end with it: the store is closed next, and would refuse their outcomes.
            done.abort();
            let _ = done.await;
        }
    }
}

/// Starts the loop.
#[must_use]
pub fn start(parts: Parts) -> Handle {
    let (status_sender, status) = watch::channel(Status::default());
    let (drain, draining) = watch::channel(false);
    let (questions, asked) = mpsc::channel(limits::WAITING_QUESTIONS);
    let (ended_sender, ended) = mpsc::channel(limits::GLOBAL_IN_FLIGHT as usize);
    #[cfg(feature = "otlp")]
    let spans = parts.spans;
    let Parts { opened, egress, rules, metrics, public_url, .. } = parts;
    let Opened { store, committed, lanes, failing, waits, was_unclean, suspects, .. } = opened;
    let notices = Notices::new(store.clone(), rules.clone());
    let scheduler = rules.borrow().scheduler;
    let listeners = Listeners::default();
    let sender = Sender {
        store: store.clone(),
        egress,
        listeners: listeners.clone(),
        rules: rules.clone(),
        notices: notices.clone(),
        metrics,
        public_url,
        #[cfg(feature = "otlp")]
        spans,
        ended: ended_sender,
        reads: FairBudget::new(limits::PAYLOAD_READS, limits::PAYLOAD_READS),
    };
    let mut dispatcher = Dispatcher {
        scheduler: Scheduler::new(scheduler),
        cache: EventCache::new(limits::PAYLOAD_CACHE_BYTES),
        sender: Arc::new(sender),
        store,
        background: JoinSet::new(),
        crash_suspects: CrashSuspects::new(was_unclean, suspects, clock::now()),
        rests_until: None,
        held: Vec::new(),
        note: false,
        duties: WebhookDuties::default(),
        questions: Vec::new(),
        leaps: Leaps::default(),
    };
    dispatcher.open_lanes(&lanes, &failing.into_iter().collect(), &waits.into_iter().collect());
    let channels = Channels { committed, ended, asked, rules, draining };
    let done = tokio::spawn(dispatcher.run(channels, status_sender));
    Handle { status, notices, waits: Waits(questions), listeners, drain, done }
}
