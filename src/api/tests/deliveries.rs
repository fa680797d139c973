//! Deliveries, attempts and replays.

use std::time::Duration;

use http::header::SERVER;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

use serde_json::{Value, json};

use super::Rig;
use crate::clock;
use crate::domain::account::Role;
use crate::domain::delivery::{Attempt, Trigger};
use crate::domain::outcome::{ErrorKind, Exchange, Response};
use crate::store::command::{Complete, DeliveryChange};
use crate::store::committed::Committed;

impl Rig {
    /// Fails the oldest delivery that dispatch knows of, for good.
    async fn fail_one(&mut self) {
        let (header, (webhook, row)) = loop {
            let batch = self.committed.recv().await.unwrap();
            let found = batch.into_iter().find_map(|one| match one {
                Committed::Accepted { event, rows } => Some((event.header.clone(), *rows.first()?)),
                _ => None,
            });
            if let Some(found) = found {
                break found;
            }
        };
        let delivery = self.store.delivery(header.id.seq(), webhook).unwrap().unwrap();
        let exchange = Exchange {
            response: Some(Response {
                status: 500,
                headers: HeaderMap::from_iter([(SERVER, HeaderValue::from_static("x"))]),
                body: b"oh no".to_vec(),
                truncated: false,
            }),
            ..Exchange::failed(ErrorKind::Status, "the answer was 500")
        };
        let attempt = Attempt {
            delivery: delivery.id,
            number: 0,
            trigger: Trigger::Scheduled,
            started_at: clock::now(),
            request_headers: HeaderMap::from_iter([(
                HeaderName::from_static("webhook-id"),
                HeaderValue::from_static("x"),
            )]),
            exchange,
        };
        let change = DeliveryChange::Failed(crate::domain::delivery::Reason::Exhausted);
        let complete = Complete { row, webhook, attempt, change, run: None, waits: None, emit: Vec::new() };
        self.store.complete(complete, clock::now()).unwrap();
        let shown = format!("/v1/deliveries/{}", delivery.id);
        for _ in 0..500 {
            if self.get(&shown).await.json()["state"] == "failed" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("the outcome was not committed");
    }
}

#[tokio::test]
async fn a_delivery_is_shown_with_its_attempts_retried_and_cancelled() {
    let mut rig = Rig::new().await;
    let webhook = rig.webhook("").await;
    rig.event("a.b").await;
    rig.fail_one().await;
    let page = rig.get("/v1/deliveries?state=failed&error=status&event_type=a.*").await.expect(200).json();
    let id = page["data"][0]["id"].as_str().unwrap();
    let path = format!("/v1/deliveries/{id}");
    let shown = rig.get(&path).await.expect(200).json();
    let attempt = &shown["attempt_log"][0];
    assert_eq!((&shown["reason"], &shown["next_attempt_at"]), (&json!("exhausted"), &Value::Null));
    assert_eq!(
        (&attempt["number"], &attempt["trigger"], &attempt["status_code"]),
        (&json!(1), &json!("scheduled"), &json!(500))
    );
    assert_eq!(attempt["error"], json!({"kind": "status", "detail": "the answer was 500"}));
    assert_eq!((&attempt["response_body"], &attempt["response_truncated"]), (&json!("oh no"), &json!(false)));
    assert_eq!(attempt["response_headers"], json!([{"name": "server", "value": "x"}]));
    rig.post(&format!("{path}/cancel"), "").await.expect(409);
    assert_eq!(rig.post(&format!("{path}/retry"), "").await.expect(202).json()["state"], "pending");
    let called_off = rig.post(&format!("{path}/cancel"), "").await.expect(200).json();
    assert_eq!((&called_off["state"], &called_off["reason"]), (&json!("failed"), &json!("exhausted")));
    let own = rig.get(&format!("/v1/deliveries?webhook_id={webhook}&state=failed")).await.json();
    assert_eq!(own["data"][0]["id"], id);
    let row = &page["data"][0];
    assert_eq!((&row["event_type"], &row["url"]), (&json!("a.b"), &json!("https://example.com/hook")));
    assert_eq!((&row["last_error"], &row["webhook_id"]), (&json!("status"), &json!(webhook)));
    // One shape wherever attempts are shown, with the ids of what they are of.
    assert_eq!((&attempt["delivery_id"], &attempt["event_id"]), (&row["id"], &row["event_id"]));
    let all = rig.get(&format!("/v1/webhooks/{webhook}/attempts")).await.expect(200).json();
    for member in ["id", "delivery_id", "event_id", "number", "started_at", "status_code", "error"] {
        assert_eq!(all["data"][0][member], attempt[member], "{member}");
    }
    let log = rig.get(&format!("/v1/webhooks/{webhook}/deliveries")).await.expect(200).json();
    let entry = &log["data"][0];
    assert_eq!(
        (&entry["id"], &entry["attempt"], &entry["status_code"]),
        (&attempt["id"], &json!(1), &json!(500))
    );
    assert_eq!(
        (&entry["event"], &entry["job_id"], &entry["delivered"]),
        (&json!("a.b"), &Value::Null, &json!(false))
    );
    assert_eq!((&entry["error"], &entry["response_preview"]), (&attempt["error"], &json!("oh no")));
    assert_eq!((&entry["attempted_at"], &log["next_cursor"]), (&attempt["started_at"], &Value::Null));
    rig.get(&format!("/v1/webhooks/{webhook}/deliveries?limit=200")).await.expect(200);
    for bad in ["limit=201", "limit=0", "state=failed"] {
        rig.get(&format!("/v1/webhooks/{webhook}/deliveries?{bad}")).await.expect(400);
    }
    for bad in ["state=x", "error=x", "webhook_id=x", "until=x"] {
        rig.get(&format!("/v1/deliveries?{bad}")).await.expect(400);
    }
    rig.get("/v1/deliveries?webhook_id=wh_00000000000000000000000000").await.expect(404);
    rig.get("/v1/deliveries/dlv_00000000000000000000000000").await.expect(404);
}

#[tokio::test]
async fn replays_are_counted_made_and_stopped() {
    let mut rig = Rig::new().await;
    let webhook = rig.webhook("").await;
    rig.event("a.b").await;
    rig.fail_one().await;
    let dry =
        rig.post("/v1/replays", r#"{"filter":{"state":"failed"},"dry_run":true}"#).await.expect(200).json();
    assert_eq!((&dry["matched"], &dry["id"], &dry["state"]), (&json!(1), &Value::Null, &json!("dry_run")));
    let body = format!(r#"{{"filter":{{"webhook_id":"{webhook}","error":"status"}},"rate_per_second":5}}"#);
    let made = rig.post("/v1/replays", &body).await.expect(202).json();
    assert_eq!((&made["matched"], &made["filter"]["webhook_id"]), (&json!(1), &json!(webhook)));
    let path = format!("/v1/replays/{}", made["id"].as_str().unwrap());
    assert_eq!(rig.get(&path).await.expect(200).json()["state"], "running");
    assert_eq!(rig.get("/v1/replays").await.json()["data"][0]["id"], made["id"]);
    assert_eq!(rig.post(&format!("{path}/cancel"), "").await.expect(200).json()["state"], "cancelled");
    rig.post(&format!("{path}/cancel"), "").await.expect(409);
    assert_eq!(rig.post("/v1/replays", "{}").await.expect(422).pointers(), ["/filter"]);
    let all_wrong = r#"{"filter":{"state":"x","since":"y","foo":1},"rate_per_second":0}"#;
    assert_eq!(
        rig.post("/v1/replays", all_wrong).await.expect(422).pointers(),
        ["/filter/foo", "/filter/since", "/filter/state", "/rate_per_second"]
    );
    assert_eq!(rig.post("/v1/replays", r#"{"filter":{}}"#).await.expect(422).pointers(), ["/filter"]);
    for (filter, matched) in
        [(r#"{"type":"a.*"}"#, 1), (r#"{"type":"b"}"#, 0), (r#"{"event_type":"a.b"}"#, 1)]
    {
        let body = format!(r#"{{"filter":{filter},"dry_run":true}}"#);
        let dry = rig.post("/v1/replays", &body).await.expect(200).json();
        assert_eq!(dry["matched"], matched, "{filter}");
        assert!(dry["filter"]["type"].is_string() && dry["filter"]["type"] == dry["filter"]["event_type"]);
    }
    let both = r#"{"filter":{"type":"a.b","event_type":"a.b"}}"#;
    assert_eq!(rig.post("/v1/replays", both).await.expect(422).pointers(), ["/filter/event_type"]);
    let bad = r#"{"filter":{"state":"x","error":"x","webhook_id":"x","since":"x"},"rate_per_second":0}"#;
    assert_eq!(
        rig.post("/v1/replays", bad).await.expect(422).pointers(),
        ["/filter/error", "/filter/since", "/filter/state", "/filter/webhook_id", "/rate_per_second"]
    );
}

/// By what an event says of itself, as lists of deliveries take it; of what a webhook missed, too.
#[tokio::test]
async fn replays_are_of_an_event_an_id_of_its_own_or_a_label() {
    let rig = Rig::new().await;
    rig.webhook("").await;
    let missing = rig.webhook(r#", "collect": false"#).await;
    rig.post(&format!("/v1/webhooks/{missing}/pause"), "").await.expect(200);
    let mut events = Vec::new();
    for (own, customer) in [("one", "42"), ("two", "43"), ("three", "42")] {
        let event =
            format!(r#"{{"type":"a.b","data":1,"id":"{own}","metadata":{{"customer":"{customer}"}}}}"#);
        events
            .push(rig.post("/v1/events", &event).await.expect(202).json()["id"].as_str().unwrap().to_owned());
    }
    let second = format!(r#""event_id":"{}""#, events[1]);
    for missed in ["", r#","state":"skipped""#] {
        for (filter, matched) in [
            (second.as_str(), 1),
            (r#""source_id":"three""#, 1),
            (r#""source_id":"four""#, 0),
            (r#""metadata":"customer:42""#, 2),
            (r#""metadata":"customer:42","source_id":"one""#, 1),
            (r#""metadata":"customer:42","source_id":"two""#, 0),
        ] {
            let missed = if missed.is_empty() {
                String::new()
            } else {
                format!(r#"{missed},"webhook_id":"{missing}""#)
            };
            let body = format!(r#"{{"filter":{{{filter}{missed}}},"dry_run":true}}"#);
            let dry = rig.post("/v1/replays", &body).await.expect(200).json();
            assert_eq!(dry["matched"], matched, "{body}");
        }
    }
    // What is kept of it is what was asked for.
    let body = format!(
        r#"{{"filter":{{{second},"source_id":"two","metadata":"customer:43"}},"rate_per_second":5}}"#
    );
    let made = rig.post("/v1/replays", &body).await.expect(202).json();
    let kept = rig.get(&format!("/v1/replays/{}", made["id"].as_str().unwrap())).await.expect(200).json();
    let filter = &kept["filter"];
    assert_eq!(
        (&filter["event_id"], &filter["source_id"], &filter["metadata"]),
        (&json!(events[1]), &json!("two"), &json!("customer:43"))
    );
    let bad = r#"{"filter":{"event_id":"x","source_id":"","metadata":"customer"}}"#;
    assert_eq!(
        rig.post("/v1/replays", bad).await.expect(422).pointers(),
        ["/filter/event_id", "/filter/metadata", "/filter/source_id"]
    );
}

#[tokio::test]
async fn an_order_key_that_looks_like_a_jobs_id_makes_no_event_one_of_a_job() {
    let mut rig = Rig::new().await;
    let webhook = rig.webhook("").await;
    let job =
        rig.post("/v1/jobs", r#"{"type":"a"}"#).await.expect(201).json()["id"].as_str().unwrap().to_owned();
    rig.fail_one().await;
    let log = rig.get(&format!("/v1/webhooks/{webhook}/deliveries")).await.expect(200).json();
    assert_eq!((&log["data"][0]["event"], &log["data"][0]["job_id"]), (&json!("job.created"), &json!(job)));
    let body = format!(r#"{{"type":"a.b","data":1,"order_key":"{job}"}}"#);
    rig.post("/v1/events", &body).await.expect(202);
    rig.fail_one().await;
    let log = rig.get(&format!("/v1/webhooks/{webhook}/deliveries")).await.expect(200).json();
    assert_eq!((&log["data"][0]["event"], &log["data"][0]["job_id"]), (&json!("a.b"), &Value::Null));
}

#[tokio::test]
async fn deliveries_are_found_by_what_their_events_say() {
    let rig = Rig::new().await;
    let made = r#"{"url":"https://example.com/hook?key=secret"}"#;
    let made = rig.post("/v1/webhooks", made).await.expect(201).json();
    let webhook = made["id"].as_str().unwrap();
    let post = async |body: &str| {
        let made = rig.post("/v1/events", body).await.expect(202).json();
        made["id"].as_str().unwrap().to_owned()
    };
    let one =
        post(r#"{"type":"order.paid","data":1,"id":"o-1","metadata":{"customer":"42","n":1.50}}"#).await;
    let two = post(r#"{"type":"order.sent","data":2,"id":"o-2","metadata":{"customer":42}}"#).await;
    let three = post(r#"{"type":"user.new","data":3}"#).await;
    let found = async |query: &str| {
        let page = rig.get(&format!("/v1/deliveries?order=asc&{query}")).await.expect(200).json();
        let ids =
            page["data"].as_array().unwrap().iter().map(|row| row["event_id"].as_str().unwrap().to_owned());
        ids.collect::<Vec<_>>()
    };
    for (query, want) in [
        (format!("event_id={two}"), vec![&two]),
        (format!("event_id={two}&webhook_id={webhook}"), vec![&two]),
        (format!("event_id={two}&source_id=o-1"), vec![]),
        ("event_id=evt_00000000000000000000000000".to_owned(), vec![]),
        (format!("event_id={two}&until=2020-01-01T00:00:00Z"), vec![]),
        ("source_id=o-1".to_owned(), vec![&one]),
        ("metadata=customer:42".to_owned(), vec![&one, &two]),
        ("metadata=n:1.50".to_owned(), vec![&one]),
        ("metadata=n:1.5".to_owned(), vec![]),
        ("metadata=customer:".to_owned(), vec![]),
        ("type=order.*".to_owned(), vec![&one, &two]),
        ("event_type=user.new&state=pending".to_owned(), vec![&three]),
    ] {
        assert_eq!(found(&query).await.iter().collect::<Vec<_>>(), want, "{query}");
    }
    for bad in ["event_id=x", "source_id=", "metadata=customer", "metadata=:x", "type=a&event_type=a"] {
        rig.get(&format!("/v1/deliveries?{bad}")).await.expect(400);
    }
    // A query's values may be a password: a reader sees none of them.
    let path = format!("/v1/deliveries?event_id={one}");
    let row = rig.request(&Method::GET, &path, Some(rig.of(Role::Reader)), &[], "").await.expect(200).json();
    assert_eq!(row["data"][0]["url"], "https://example.com/hook?key=***");
    // The log of a webhook that is gone still says where it led.
    rig.call("DELETE", &format!("/v1/webhooks/{webhook}"), "").await.expect(204);
    let row = rig.get(&path).await.expect(200).json();
    assert_eq!(row["data"][0]["url"], "https://example.com/hook?key=secret");
    let of_event = rig.get(&format!("/v1/events/{one}")).await.expect(200).json();
    assert_eq!(of_event["deliveries"][0], row["data"][0]);
}
