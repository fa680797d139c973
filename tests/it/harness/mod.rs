//! What the tests share: a daemon of their own, receivers, and waiting for conditions.

pub(crate) mod clients;
pub(crate) mod daemon;
pub(crate) mod sink;

use std::time::Duration;

pub(crate) use daemon::{Daemon, Webhook};
pub(crate) use sink::{Act, Received, Sink};

/// How long anything may take on a slow machine. Tests end as soon as their condition holds.
pub(crate) const BOUND: Duration = Duration::from_secs(30);

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

/// Waits until a condition holds.
pub(crate) async fn wait_until(what: &str, mut holds: impl FnMut() -> bool) {
    wait_for(what, async || holds().then_some(())).await;
}
