//! What was learnt of a receiver outlasts the process.

use serde_json::json;

use crate::harness::{Act, Daemon, Sink};

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
