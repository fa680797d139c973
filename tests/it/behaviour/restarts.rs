//! What was learnt of a receiver outlasts the process.

use serde_json::json;

use crate::harness::{Act, Daemon, Sink, wait_until};

#[tokio::test]
async fn a_restart_forgets_neither_what_a_receiver_asked_for_nor_how_fast_it_wants_to_be_sent_to() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.always("/rests", Act::With(429, vec![("retry-after", "3600".to_owned())]));
    let rests = daemon.webhook(&sink.url("/rests"), json!({"events": ["a.*"]})).await;
    let slow = json!({"events": ["b.*"], "rate_limit": {"per_second": 0.001, "burst": 1}});
    let limited = daemon.webhook(&sink.url("/limited"), slow).await;
    daemon.webhook(&sink.url("/other"), json!({"events": ["*"]})).await;
    let first = daemon.event("a.b", json!(1)).await;
    daemon.attempted(&first, &rests, 1).await;
    let first = daemon.event("b.c", json!(1)).await;
    daemon.settled(&first, &limited, "delivered").await;
    for restart in 1..=2 {
        daemon.kill9().await;
        daemon.restart().await;
        for _ in 0..5 {
            daemon.event("a.b", json!(restart)).await;
            daemon.event("b.c", json!(restart)).await;
        }
        // By then the others had their chance.
        sink.wait("/other", 2 + restart * 10).await;
        assert_eq!((sink.received("/rests").len(), sink.received("/limited").len()), (1, 1));
    }
}

/// After two crashes in a row what was in flight is tried one by one. What waits for that is sent as its webhook is by
/// then, and not as it was when it was put in line.
#[tokio::test]
async fn what_waited_for_its_turn_after_crashes_is_sent_as_its_webhook_is_then() {
    const PATHS: [&str; 2] = ["/one", "/two"];
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    let mut webhooks = Vec::new();
    for path in PATHS {
        sink.always(path, Act::Held(200));
        webhooks.push(daemon.webhook(&sink.url(path), json!({"headers": {"x-version": "old"}})).await);
    }
    let event = daemon.event("a.b", json!(1)).await;
    for crashes in 1..=2 {
        for path in PATHS {
            sink.wait(path, crashes).await;
        }
        daemon.kill9().await;
        daemon.restart().await;
    }
    let third = |path: &&str| sink.received(path).len() == 3;
    wait_until("the first in line", || PATHS.iter().any(third)).await;
    let waits = PATHS.iter().position(|path| !third(path)).expect("one at a time");
    let body = json!({"headers": {"x-version": "new"}});
    let webhook = format!("/v1/webhooks/{}", webhooks[waits].id);
    daemon.call(http::Method::PATCH, &webhook, Some(body)).await.expect(200);
    assert_eq!(sink.received(PATHS[waits]).len(), 2, "its turn has not come");
    // Those of the lives before, which no one waits for, too.
    sink.release(6);
    let sent = sink.wait(PATHS[waits], 3).await;
    assert_eq!((sent[1].header("x-version"), sent[2].header("x-version")), ("old", "new"));
    for webhook in &webhooks {
        daemon.settled(&event, webhook, "delivered").await;
    }
}
