//! What the store does per second, by the size of a commit: events accepted for one webhook, then
//! delivered. And what it costs that each account has a list of its own: events of so many accounts by turns,
//! for no webhook. `cargo bench --bench store`; under two minutes.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a program for people: it stops at the first surprise"
)]

use std::sync::Arc;
use std::time::Duration;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, DATE, USER_AGENT};
use http::{HeaderName, HeaderValue};

use ringback::clock;
use ringback::domain::delivery::{Attempt, DueRow, Trigger};
use ringback::domain::event::NewEvent;
use ringback::domain::fanout::{Plan, Share};
use ringback::domain::form::PayloadForm;
use ringback::domain::id::{AccountNo, DeliveryId, WebhookId, WebhookNo};
use ringback::domain::outcome::{Exchange, Response, Timings};
use ringback::domain::secret::Secret;
use ringback::domain::target::TargetUrl;
use ringback::domain::time::Timestamp;
use ringback::domain::webhook::Webhook;
use ringback::store::audit::Actor;
use ringback::store::command::{Accept, Complete, DeliveryChange, Edit};
use ringback::store::committed::Committed;
use ringback::store::{OpenOptions, Opened, Store};

const ROUND_TIME: Duration = Duration::from_secs(5);
const EVENT_BYTES: usize = 1024;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    println!("events of {EVENT_BYTES} B, one webhook; a commit of accepts, then one of outcomes");
    println!("{:>6} {:>10} {:>10} {:>12} {:>12}", "batch", "events/s", "rows/s", "commit p50", "commit p99");
    for batch in [1, 10, 100, 1000] {
        let dir = tempfile::tempdir().unwrap();
        let options = OpenOptions::new([7; 32], clock::now(), 1);
        let opened = Store::open(&dir.path().join("store"), &options).unwrap();
        runtime.block_on(round(opened, batch));
    }
    lists(&runtime);
}

/// Accounts that post by turns: one list of 64 events to a row, or a row for each event.
const ACCOUNTS: [u32; 2] = [1, 64];
/// Turns of each, so that both meet the same neighbours.
const TURNS: usize = 6;
const TURN_TIME: Duration = Duration::from_secs(4);
const LIST_BATCH: u32 = 100;

fn lists(runtime: &tokio::runtime::Runtime) {
    println!("events for no webhook, commits of {LIST_BATCH}: their accounts by turns, {TURNS} turns each");
    let mut rates = ACCOUNTS.map(|_| Vec::new());
    let mut rows = ACCOUNTS.map(|_| 0.0);
    for _ in 0..TURNS {
        for (at, accounts) in ACCOUNTS.into_iter().enumerate() {
            let dir = tempfile::tempdir().unwrap();
            let options = OpenOptions::new([7; 32], clock::now(), 1);
            let Opened { store, committed: _committed, .. } =
                Store::open(&dir.path().join("store"), &options).unwrap();
            let before = store.figures().row_writes;
            let begun = clock::monotonic();
            let mut events = 0;
            while begun.elapsed() < TURN_TIME {
                let now = clock::now();
                let one = |n| unwanted(AccountNo(1 + (events + n) % accounts), now);
                runtime.block_on(store.accept((0..LIST_BATCH).map(one).collect(), now)).unwrap();
                events += LIST_BATCH;
            }
            rates[at].push(f64::from(events) / begun.elapsed().as_secs_f64());
            rows[at] = (store.figures().row_writes - before) as f64 / f64::from(events);
        }
    }
    let medians = rates.map(|mut rates| {
        rates.sort_by(f64::total_cmp);
        rates[TURNS / 2]
    });
    for at in 0..ACCOUNTS.len() {
        println!("{:>6} accounts {:>10.0} events/s {:>6.2} rows each", ACCOUNTS[at], medians[at], rows[at]);
    }
    println!("many to one: {:.2}", medians[1] / medians[0]);
}

fn unwanted(account: AccountNo, now: Timestamp) -> Accept {
    let mut accept = accept(now);
    accept.event.account = account;
    accept.plan.shares.clear();
    accept
}

async fn round(opened: Opened, batch: usize) {
    let Opened { store, mut committed, .. } = opened;
    let create = Edit::CreateWebhook { webhook: Box::new(webhook()), idempotency: None };
    store.edit(create, Actor::Daemon, clock::now()).await.unwrap().unwrap();
    let (mut events, mut commits) = (0, Vec::new());
    let before = store.figures().row_writes;
    let begun = clock::monotonic();
    while begun.elapsed() < ROUND_TIME {
        let now = clock::now();
        let asked = clock::monotonic();
        store.accept((0..batch).map(|_| accept(now)).collect(), now).await.unwrap();
        commits.push(asked.elapsed());
        let (mut settled, asked) = (0, clock::monotonic());
        while settled < batch {
            for told in committed.recv().await.unwrap() {
                match told {
                    Committed::Accepted { rows, .. } => {
                        for (webhook, row) in rows {
                            store.complete(delivered(webhook, row, now), now).unwrap();
                        }
                    }
                    Committed::Settled { .. } => settled += 1,
                    _ => {}
                }
            }
        }
        commits.push(asked.elapsed());
        events += batch;
    }
    let seconds = begun.elapsed().as_secs_f64();
    let rows = (store.figures().row_writes - before) as f64;
    commits.sort_unstable();
    let rank = |percent: usize| commits.get((commits.len() * percent / 100).min(commits.len() - 1)).unwrap();
    println!(
        "{batch:>6} {:>10.0} {:>10.0} {:>12} {:>12}",
        events as f64 / seconds,
        rows / seconds,
        format!("{:.2?}", rank(50)),
        format!("{:.2?}", rank(99)),
    );
}

fn webhook() -> Webhook {
    let at = clock::now();
    let url = TargetUrl::from_stored("https://example.com/hook").unwrap();
    let secret = Secret::from_random([7; 24]);
    Webhook::plain(WebhookId::new(at, WebhookNo(0), 1), AccountNo(1), url, secret, at)
}

fn accept(now: Timestamp) -> Accept {
    Accept {
        event: NewEvent {
            account: AccountNo(1),
            event_type: "order.paid".parse().unwrap(),
            source_id: None,
            occurred_at: None,
            order_key: None,
            metadata: None,
            data: Arc::from([b'x'; EVENT_BYTES].as_slice()),
        },
        plan: Plan {
            shares: vec![Share {
                webhook: WebhookNo(1),
                form: PayloadForm::Envelope,
                body: None,
                due: now,
                room: u32::MAX,
            }],
            skipped: vec![],
        },
        idempotency: Vec::new(),
        random: 1,
    }
}

fn delivered(webhook: WebhookNo, row: DueRow, now: Timestamp) -> Complete {
    let headers = |all: [(HeaderName, &'static str); 2]| {
        all.map(|(name, value)| (name, HeaderValue::from_static(value))).into_iter().collect()
    };
    let response = Response {
        status: 200,
        headers: headers([(CONTENT_LENGTH, "2"), (DATE, "Fri, 01 May 2026 12:01:00 GMT")]),
        body: b"ok".to_vec(),
        truncated: false,
    };
    let attempt = Attempt {
        delivery: DeliveryId::new(now, row.key.event, webhook),
        number: 0,
        trigger: Trigger::Scheduled,
        started_at: now,
        request_headers: headers([(CONTENT_TYPE, "application/json"), (USER_AGENT, "ringback")]),
        exchange: Exchange {
            timings: Timings { total: Duration::from_millis(2), ..Timings::default() },
            remote_ip: None,
            response: Some(response),
            error: None,
            note: None,
            want: None,
        },
    };
    Complete {
        row,
        webhook,
        attempt,
        change: DeliveryChange::Delivered,
        run: None,
        waits: None,
        emit: vec![],
    }
}
