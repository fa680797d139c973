//! What the tests share: daemons, receivers, and waiting for conditions.

pub(crate) mod clients;
pub(crate) mod daemon;
mod front;
mod shared;
pub(crate) mod sink;
pub(crate) mod tools;

use std::time::Duration;

use serde_json::json;

pub(crate) use daemon::{Daemon, Webhook};
pub(crate) use front::Front;
pub(crate) use sink::{Act, Received, Sink};

/// How long anything may take on a slow machine. Tests end as soon as their condition holds.
pub(crate) const BOUND: Duration = Duration::from_secs(120);

/// Asks again and again until there is an answer.
pub(crate) async fn wait_for<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = ringback::clock::monotonic() + BOUND;
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(ringback::clock::monotonic() < deadline, "{what} did not happen within {BOUND:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// How long an event takes just now from its post to its arrival, in an account of its own: a few
/// milliseconds, or a second where others use the disk and the processors. What has to happen within a
/// time has that time and a multiple of this.
pub(crate) async fn pace() -> Duration {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    daemon.webhook(&sink.url("/pace"), json!({})).await;
    let mut longest = Duration::ZERO;
    for count in 1..=5 {
        let posted = ringback::clock::monotonic();
        daemon.event("a.pace", json!(count)).await;
        let arrived = sink.wait("/pace", count).await.remove(count - 1).at;
        longest = longest.max(arrived - posted).max(posted.elapsed());
    }
    longest
}

/// Waits until a condition holds.
pub(crate) async fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    wait_for(what, async || holds().then_some(())).await;
}
