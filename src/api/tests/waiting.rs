//! What pending deliveries wait for, and how receivers have been doing, in lists: asked for once a page.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use super::Rig;
use crate::api::context::DispatchInfo;
use crate::app::events::{Draft, Posted, accept};
use crate::clock;
use crate::domain::delivery::DueRow;
use crate::domain::event::NewEvent;
use crate::domain::id::WebhookNo;
use crate::domain::refusal::Faults;
use crate::domain::time::Timestamp;
use crate::domain::waiting::{Waiting, WaitingFor};
use crate::domain::webhook::{Failing, ReceiverHealth};

type Reply<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Says of each row a time of its own, and counts what it was asked.
#[derive(Clone, Default)]
struct Asked(Arc<Mutex<Vec<usize>>>);

impl Asked {
    fn take(&self) -> Vec<usize> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

/// When the row of an event may go.
fn until(event: u64) -> Timestamp {
    Timestamp::from_millis(4_000_000_000_000 + event)
}

impl DispatchInfo for Asked {
    fn waiting_for(&self, rows: Vec<(WebhookNo, DueRow)>) -> Reply<Vec<Option<Waiting>>> {
        self.0.lock().unwrap().push(rows.len());
        let waiting = |(_, row): (WebhookNo, DueRow)| {
            Some(Waiting { what: WaitingFor::RateLimit, until: Some(until(row.key.event.0)) })
        };
        let answer = rows.into_iter().map(waiting).collect();
        Box::pin(async move { answer })
    }

    fn health(&self, webhooks: Vec<WebhookNo>) -> Reply<Vec<ReceiverHealth>> {
        self.0.lock().unwrap().push(webhooks.len());
        let health = |no: WebhookNo| ReceiverHealth {
            failing: Some(Failing { since: Timestamp::from_millis(1), attempts: no.0, warned: false }),
            probing: true,
            rests_until: Some(clock::now().plus(Duration::from_secs(60))),
        };
        let answer = webhooks.into_iter().map(health).collect();
        Box::pin(async move { answer })
    }
}

fn waits(delivery: &Value) -> (&Value, &Value) {
    (&delivery["waiting_for"], &delivery["next_attempt_at"])
}

#[tokio::test]
async fn a_page_of_deliveries_asks_once_what_they_wait_for() {
    let asked = Asked::default();
    let rig = Rig::sending(Box::new(asked.clone())).await;
    let webhooks = [rig.webhook("").await, rig.webhook("").await, rig.webhook("").await];
    let mut events = Vec::new();
    for _ in 0..4 {
        events.push(rig.event("a.b").await);
    }
    rig.post(&format!("/v1/webhooks/{}/pause", webhooks[1]), "").await.expect(200);
    let cancelled = rig.get(&format!("/v1/events/{}", events[0])).await.json();
    let cancelled = cancelled["deliveries"][0]["id"].as_str().unwrap().to_owned();
    rig.post(&format!("/v1/deliveries/{cancelled}/cancel"), "").await.expect(200);
    asked.take();
    let listed = rig.get("/v1/deliveries").await.expect(200).json();
    let rows = listed["data"].as_array().unwrap();
    assert_eq!(
        (rows.len(), asked.take()),
        (12, vec![7]),
        "twelve, but for a paused webhook's and a cancelled one"
    );
    for row in rows {
        let event: crate::domain::id::EventId = row["event_id"].as_str().unwrap().parse().unwrap();
        let goes = json!(until(event.seq().0).to_string());
        match waits(row) {
            (what, at) if row["webhook_id"] == *webhooks[1] => assert!(*what == "paused" && at.is_string()),
            (what, at) if row["state"] == "cancelled" => assert!(what.is_null() && at.is_null()),
            waits => assert_eq!(waits, (&json!("rate_limit"), &goes)),
        }
        // Alone it says the same.
        let alone =
            rig.get(&format!("/v1/deliveries/{}", row["id"].as_str().unwrap())).await.expect(200).json();
        assert_eq!(waits(&alone), waits(row));
    }
    asked.take();
    let event = rig.get(&format!("/v1/events/{}", events[3])).await.expect(200).json();
    assert_eq!((event["deliveries"].as_array().unwrap().len(), asked.take()), (3, vec![2]));
    let of_event: Vec<_> = rows.iter().filter(|row| row["event_id"] == *events[3]).collect();
    for delivery in event["deliveries"].as_array().unwrap() {
        assert!(of_event.contains(&delivery), "{delivery}");
    }
    rig.get("/v1/deliveries?state=cancelled").await.expect(200);
    assert_eq!(asked.take(), [0; 0], "nothing of it is pending");
}

/// Knows no row, as if all were about to be sent.
struct Silent;

impl DispatchInfo for Silent {
    fn waiting_for(&self, rows: Vec<(WebhookNo, DueRow)>) -> Reply<Vec<Option<Waiting>>> {
        Box::pin(async move { vec![None; rows.len()] })
    }

    fn health(&self, webhooks: Vec<WebhookNo>) -> Reply<Vec<ReceiverHealth>> {
        Box::pin(async move { vec![ReceiverHealth::default(); webhooks.len()] })
    }
}

#[tokio::test]
async fn what_was_made_due_by_a_clock_that_was_ahead_is_shown_as_it_is_due_by_the_right_one() {
    let rig = Rig::sending(Box::new(Silent)).await;
    let (served, paused) = (rig.webhook("").await, rig.webhook("").await);
    rig.post(&format!("/v1/webhooks/{paused}/pause"), "").await.expect(200);
    let event = NewEvent {
        account: rig.store.directory().account_named("default").unwrap().no(),
        event_type: "a".parse().unwrap(),
        source_id: None,
        occurred_at: None,
        order_key: None,
        metadata: None,
        data: b"1".as_slice().into(),
    };
    let draft = Draft { event: Some(event), source: String::new(), faults: Faults::default() };
    let posted = Posted::array(vec![Ok(draft)], None);
    accept(&rig.context.app, posted, clock::now().plus(Duration::from_secs(36_000))).await.unwrap();
    let listed = rig.get("/v1/deliveries").await.expect(200).json();
    let rows = listed["data"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    let at = |value: &Value| value.as_str().unwrap().parse::<Timestamp>().unwrap();
    for row in rows {
        assert!(at(&row["next_attempt_at"]) <= clock::now(), "{row}");
        let alone = rig.get(&format!("/v1/deliveries/{}", row["id"].as_str().unwrap())).await.json();
        assert!(at(&alone["next_attempt_at"]) <= clock::now(), "{alone}");
    }
    let stats = rig.get(&format!("/v1/webhooks/{served}/stats")).await.expect(200).json();
    assert!(at(&stats["oldest_due"]) <= clock::now(), "{stats}");
}

#[tokio::test]
async fn a_page_of_webhooks_asks_once_how_their_receivers_have_been_doing() {
    let asked = Asked::default();
    let rig = Rig::sending(Box::new(asked.clone())).await;
    let (first, paused) = (rig.webhook("").await, rig.webhook("").await);
    rig.post(&format!("/v1/webhooks/{paused}/pause"), "").await.expect(200);
    asked.take();
    let listed = rig.get("/v1/webhooks").await.expect(200).json();
    assert_eq!(asked.take(), [2]);
    let health = |id: &str| {
        let rows = listed["data"].as_array().unwrap();
        rows.iter().find(|row| row["id"] == *id).unwrap()["health"].clone()
    };
    assert_eq!(
        (&health(&first)["state"], &health(&first)["failing_since"]),
        (&json!("probing"), &json!("1970-01-01T00:00:00.001Z"))
    );
    assert!(health(&first)["next_probe_at"].is_string(), "{listed}");
    assert_eq!((&health(&paused)["failures"], &health(&paused)["next_probe_at"]), (&json!(2), &Value::Null));
    for path in [format!("/v1/webhooks/{first}/stats"), format!("/v1/webhooks/{first}")] {
        let shown = rig.get(&path).await.expect(200).json();
        assert_eq!((&shown["health"]["state"], asked.take()), (&json!("probing"), vec![1]));
    }
}
