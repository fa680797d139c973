//! Posting events and looking at them.

use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};

use super::{Reply, Rig};
use crate::app::events::{Draft, Posted, accept};
use crate::clock;
use crate::domain::account::Role;
use crate::domain::event::NewEvent;
use crate::domain::refusal::Faults;

impl Rig {
    pub(super) async fn post_as(
        &self,
        media_type: &str,
        headers: &[(&str, &str)],
        body: impl Into<bytes::Bytes>,
    ) -> Reply {
        let mut all = vec![("content-type", media_type)];
        all.extend_from_slice(headers);
        self.request(&Method::POST, "/v1/events", Some(self.of(Role::Producer)), &all, body).await
    }
}

#[tokio::test]
async fn an_event_is_durable_and_shown_as_it_came() {
    let rig = Rig::new().await;
    let webhook = rig.webhook(r#","events":["order.*"]"#).await;
    let filtered = rig.webhook(r#","filter":{"n":2}"#).await;
    let data = r#"{ "n": 12345678901234567890.10, "s":"\u00e9" }"#;
    let body =
        format!(r#"{{"type":"order.paid","data":{data},"id":"o-1","metadata":{{"a":1}},"order_key":"k"}}"#);
    let accepted = rig.post("/v1/events", &body).await.expect(202).json();
    let id = accepted["id"].as_str().unwrap();
    let shown = rig.get(&format!("/v1/events/{id}")).await.expect(200);
    assert!(shown.text().contains(&format!("\"data\":{data}")), "{}", shown.text());
    let shown = shown.json();
    assert_eq!(shown["source_id"], "o-1");
    assert_eq!(shown["metadata"], json!({"a": 1}));
    assert_eq!(accepted["deliveries"], shown["deliveries"].as_array().unwrap().len());
    assert_eq!(shown["deliveries"][0]["webhook_id"], webhook);
    assert_eq!(shown["deliveries"][0]["state"], "pending");
    assert_eq!(shown["skipped"], json!([{"webhook_id": filtered, "reason": "filter"}]));
}

#[tokio::test]
async fn repetitions_are_told_apart_from_conflicts() {
    let rig = Rig::new().await;
    let body = r#"{"type":"a.b","data":1,"id":"x"}"#;
    let first = rig.post("/v1/events", body).await.expect(202).json();
    let again = rig.post("/v1/events", body).await.expect(200).json();
    assert_eq!((&again["id"], &again["duplicate"]), (&first["id"], &Value::Bool(true)));
    assert!(first.get("duplicate").is_none());
    let conflict = rig.post("/v1/events", r#"{"type":"a.b","data":2,"id":"x"}"#).await.expect(409).json();
    assert!(conflict["detail"].as_str().unwrap().contains(first["id"].as_str().unwrap()));
    // A key is not an id, even with the same text.
    let key = [("idempotency-key", "x")];
    let json = "application/json";
    rig.post_as(json, &key, r#"{"type":"a.b","data":3}"#).await.expect(202);
    rig.post_as(json, &key, r#"{"type":"a.b","data":3}"#).await.expect(200);
    rig.post_as(json, &key, r#"{"type":"a.b","data":4}"#).await.expect(409);
    rig.post_as(json, &[key[0], key[0]], r#"{"type":"a.b","data":3}"#).await.expect(400);
    rig.post_as(json, &[("idempotency-key", "")], r#"{"type":"a.b","data":4}"#).await.expect(400);
}

#[tokio::test]
async fn a_request_key_stands_for_all_of_an_array() {
    let rig = Rig::new().await;
    let key = [("idempotency-key", "x")];
    let post = async |body: &str| rig.post_as("application/json", &key, body.to_owned()).await;
    let (one, two, three) =
        (r#"{"type":"a","data":1}"#, r#"{"type":"a","data":2}"#, r#"{"type":"a","data":3}"#);
    let both = format!("[{one},{two}]");
    let first = post(&both).await.expect(202).json();
    let again = post(&both).await.expect(200).json();
    assert_eq!(again["data"][1]["id"], first["data"][1]["id"]);
    for other in [&format!("[{one}]"), one, &format!("[{one},{two},{three}]"), &format!("[{one},{three}]")] {
        assert_eq!(post(other).await.expect(409).json()["code"], "conflict", "{other}");
    }
    assert_eq!(rig.get("/v1/events").await.json()["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn an_events_own_id_counts_beside_a_request_key() {
    let rig = Rig::new().await;
    let post = async |key: Option<&str>, body: &str| {
        let key: Vec<_> = key.map(|key| ("idempotency-key", key)).into_iter().collect();
        rig.post_as("application/json", &key, body.to_owned()).await
    };
    let event = r#"{"type":"a","data":1,"id":"order-1"}"#;
    let first = post(Some("try-1"), event).await.expect(202).json();
    for key in [Some("try-1"), None, Some("try-2")] {
        assert_eq!(post(key, event).await.expect(200).json()["id"], first["id"], "{key:?}");
    }
    let other = r#"{"type":"a","data":2,"id":"order-1"}"#;
    for key in [None, Some("try-1"), Some("try-3")] {
        post(key, other).await.expect(409);
    }
    // The key of a request whose event was known stands for that, whole.
    let new = r#"{"type":"a","data":3}"#;
    let both = format!("[{event},{new}]");
    let first = post(Some("try-5"), &both).await.expect(202).json();
    for other in [new, event, &format!("[{new}]"), &format!("[{event}]")] {
        post(Some("try-5"), other).await.expect(409);
    }
    assert_eq!(post(Some("try-5"), &both).await.expect(200).json()["data"][1]["id"], first["data"][1]["id"]);
    // In one array, too.
    let twice = format!("[{event},{event}]").replace("order-1", "order-2");
    let accepted = post(Some("try-4"), &twice).await.expect(202).json();
    assert_eq!(accepted["data"][0]["id"], accepted["data"][1]["id"]);
    assert_eq!(accepted["data"][1]["duplicate"], true);
    assert_eq!(rig.get("/v1/events").await.json()["data"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn what_is_wrong_is_said_with_its_status() {
    let rig = Rig::new().await;
    let bad = rig.post("/v1/events", "{\"type\":\n").await.expect(400).json();
    assert!(bad["detail"].as_str().unwrap().contains("line 2"), "{bad}");
    assert_eq!(
        rig.post("/v1/events", r#"{"type":"a","type":"b","data":1}"#).await.expect(400).pointers(),
        ["/type"]
    );
    rig.post("/v1/events", &"[".repeat(100_000)).await.expect(400);
    rig.post("/v1/events", "").await.expect(400);
    rig.post("/v1/events", "7").await.expect(422);
    let wrong = rig.post_as("application/x-www-form-urlencoded", &[], "a=b").await.expect(415).json();
    assert!(wrong["detail"].as_str().unwrap().contains("application/x-ndjson"));
    rig.post_as("application/json; charset=latin1", &[], "{}").await.expect(415);
    rig.post_as("application/json", &[("content-encoding", "zstd")], "{}").await.expect(415);
    assert_eq!(rig.post("/v1/events", "[]").await.expect(422).pointers(), [""]);
    let large = format!(r#"{{"type":"a","data":"{}"}}"#, "x".repeat(1 << 20));
    assert_eq!(rig.post("/v1/events", &large).await.expect(413).pointers(), ["/data"]);
    let large = vec![b' '; (16 << 20) + 1];
    let large = rig.post_as("application/json", &[], large).await.expect(413).json();
    assert!(large["detail"].as_str().unwrap().contains("16777216"));
}

#[tokio::test]
async fn an_array_is_accepted_whole_or_not_at_all() {
    let rig = Rig::new().await;
    let bad = r#"[{"type":"a","data":1},{"type":"b"},{"tpe":"c","data":1}]"#;
    assert_eq!(rig.post("/v1/events", bad).await.expect(422).pointers(), ["/1/data", "/2/tpe", "/2/type"]);
    assert_eq!(rig.get("/v1/events").await.json()["data"], json!([]));
    let good = r#"[{"type":"a","data":1,"id":"1"},{"type":"b","data":2}]"#;
    let accepted = rig.post("/v1/events", good).await.expect(202).json();
    assert_eq!(accepted["data"].as_array().unwrap().len(), 2);
    rig.post("/v1/events", "[]").await.expect(422);
    let many = format!("[{}]", vec![r#"{"type":"a","data":1}"#; 1001].join(","));
    rig.post("/v1/events", &many).await.expect(413);
}

#[tokio::test]
async fn a_stream_is_answered_line_by_line() {
    let rig = Rig::new().await;
    let mut lines = vec![
        r#"{"type":"a","data":1}"#.to_owned(),
        "{".into(),
        String::new(),
        r#"{"type":"a..b","data":1}"#.into(),
    ];
    lines.extend((0..500).map(|n| format!(r#"{{"type":"a","data":{n},"id":"n{n}"}}"#)));
    lines.push(r#"{"type":"a","data":0,"id":"n0"}"#.into());
    let reply = rig.post_as("application/x-ndjson", &[], lines.join("\n")).await.expect(200);
    let answers: Vec<Value> = reply.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), 504);
    let numbers: Vec<u64> = answers.iter().map(|answer| answer["line"].as_u64().unwrap()).collect();
    let want: Vec<u64> = (1..=505).filter(|&line| line != 3).collect();
    assert_eq!(numbers, want);
    assert_eq!(answers[1]["error"]["code"], "malformed_json");
    assert_eq!(answers[2]["error"]["errors"][0]["pointer"], "/type");
    assert!(answers[3]["id"].as_str().unwrap().starts_with("evt_"));
    assert_eq!(answers[503]["duplicate"], true);
    let keyed = [("idempotency-key", "s")];
    for duplicate in [Value::Null, Value::Bool(true)] {
        let reply = rig.post_as("application/x-ndjson", &keyed, "{\"type\":\"a\",\"data\":1}\n").await;
        assert_eq!(serde_json::from_str::<Value>(reply.text()).unwrap()["duplicate"], duplicate);
    }
    // Its first line is the first place of a request of any form.
    rig.post_as("application/json", &keyed, r#"{"type":"a","data":1}"#).await.expect(200);
    rig.post_as("application/json", &keyed, r#"{"type":"a","data":2}"#).await.expect(409);
}

#[tokio::test]
async fn cloud_events_come_in_three_forms() {
    let rig = Rig::new().await;
    let one = r#"{"specversion":"1.0","type":"order.paid","source":"/shop","id":"1","data":{"n":1}}"#;
    let structured = "application/cloudevents+json; charset=utf-8";
    rig.post_as(structured, &[], one).await.expect(202);
    rig.post_as(structured, &[], one).await.expect(200);
    rig.post_as(structured, &[], one.replace("/shop", "/other")).await.expect(202);
    // Headers that say the same beside it change nothing.
    let beside = [("ce-specversion", "1.0"), ("ce-type", "other"), ("ce-source", "/shop"), ("ce-id", "9")];
    rig.post_as(structured, &beside, one).await.expect(200);
    let batch = format!("[{},{}]", one.replace("\"1\"", "\"2\""), one.replace("\"1\"", "\"3\""));
    let accepted = rig.post_as("application/cloudevents-batch+json", &[], batch).await.expect(202).json();
    assert_eq!(accepted["data"].as_array().unwrap().len(), 2);
    let attributes =
        [("ce-specversion", "1.0"), ("ce-type", "order.paid"), ("ce-source", "/shop"), ("ce-id", "4")];
    let accepted = rig.post_as("text/plain", &attributes, "hello").await.expect(202).json();
    let shown = rig.get(&format!("/v1/events/{}", accepted["id"].as_str().unwrap())).await.json();
    assert_eq!(shown["data"], "hello");
    assert_eq!(shown["metadata"], json!({"datacontenttype": "text/plain", "source": "/shop"}));
    rig.post_as("application/json", &attributes[..2], "{}").await.expect(422);
    for (name, wrong) in [("subject", "1"), ("datacontenttype", "\"\""), ("dataschema", "true")] {
        let bad = one.replace("\"data\"", &format!("\"{name}\":{wrong},\"data\""));
        assert_eq!(rig.post_as(structured, &[], bad).await.expect(422).pointers(), [format!("/{name}")]);
    }
}

#[tokio::test]
async fn events_are_listed_by_type_and_time() {
    let rig = Rig::new().await;
    for event_type in ["order.paid", "order.sent", "user.new"] {
        rig.event(event_type).await;
    }
    let types = |page: &Value| -> Vec<String> {
        page["data"].as_array().unwrap().iter().map(|e| e["type"].as_str().unwrap().to_owned()).collect()
    };
    let page = rig.get("/v1/events?type=order.*").await.expect(200).json();
    assert_eq!(types(&page), ["order.sent", "order.paid"]);
    let first = rig.get("/v1/events?type=order.*&limit=1&order=asc").await.json();
    assert_eq!(types(&first), ["order.paid"]);
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = rig.get(&format!("/v1/events?cursor={cursor}")).await.json();
    assert_eq!(types(&second), ["order.sent"]);
    assert_eq!(
        rig.get(&format!("/v1/events?cursor={cursor}&type=x")).await.expect(400).json()["code"],
        "bad_cursor"
    );
    assert_eq!(types(&rig.get("/v1/events?since=2100-01-01T00:00:00Z").await.json()), Vec::<String>::new());
    rig.get("/v1/events?since=yesterday").await.expect(400);
    rig.get("/v1/events?type=a*").await.expect(400);
}

#[tokio::test]
async fn an_event_is_sent_again() {
    let rig = Rig::new().await;
    let event = rig.event("a.b").await;
    let late = rig.webhook("").await;
    let path = format!("/v1/events/{event}/replay");
    assert_eq!(rig.post(&path, "").await.expect(202).json()["deliveries"], 0);
    let named = format!(r#"{{"webhook_id":"{late}"}}"#);
    assert_eq!(rig.post(&path, &named).await.expect(202).json()["deliveries"], 1);
    let shown = rig.get(&format!("/v1/events/{event}")).await.json();
    assert_eq!(shown["deliveries"][0]["webhook_id"], late);
    let bad = rig.post(&path, r#"{"webhook_id":"wh_00000000000000000000000000"}"#).await.expect(422);
    assert_eq!(bad.pointers(), ["/webhook_id"]);
}

#[tokio::test]
async fn an_event_goes_again_to_all_that_missed_it_however_few_are_remembered() {
    let mut rig = Rig::new().await;
    // No one sends here: what was committed has to be read all the same, or the writer waits.
    let mut committed = std::mem::replace(&mut rig.committed, tokio::sync::mpsc::channel(1).1);
    tokio::spawn(async move { while committed.recv().await.is_some() {} });
    let missed = crate::limits::SKIPPED_PER_EVENT + 20;
    // At once, so that they share commits.
    let made = join_all((0..missed).map(|_| rig.webhook(r#","collect":false"#))).await;
    let paused =
        made.iter().map(async |id| rig.post(&format!("/v1/webhooks/{id}/pause"), "").await.expect(200));
    join_all(paused).await;
    rig.webhook(r#","collect":false,"filter":{"n":2}"#).await;
    let event = rig.event("a.b").await;
    let shown = rig.get(&format!("/v1/events/{event}")).await.json();
    assert_eq!(shown["skipped"].as_array().unwrap().len(), crate::limits::SKIPPED_PER_EVENT);
    // One that is made later missed nothing.
    rig.webhook("").await;
    let again = rig.post(&format!("/v1/events/{event}/replay"), "").await.expect(202).json();
    assert_eq!(again["deliveries"], missed);
    let none = rig.post(&format!("/v1/events/{event}/replay"), "").await.expect(202).json();
    assert_eq!(none["deliveries"], 0);
}

#[tokio::test]
async fn data_that_no_value_can_hold_hides_nothing_from_filters_and_schemas() {
    let rig = Rig::new().await;
    rig.webhook(r#","filter":{"n":2}"#).await;
    let schema = r#"{"schema":{"properties":{"n":{"type":"integer"}},"type":"object"}}"#;
    rig.call("PUT", "/v1/event-types/a.b", schema).await.expect(201);
    for odd in ["1e999", r#""\ud800""#] {
        let event = |n: &str| format!(r#"{{"type":"a.b","data":{{"odd":{odd},"n":{n}}}}}"#);
        assert_eq!(rig.post("/v1/events", &event("2")).await.expect(202).json()["deliveries"], 1);
        assert_eq!(rig.post("/v1/events", &event("3")).await.expect(202).json()["deliveries"], 0);
        assert_eq!(rig.post("/v1/events", &event("true")).await.expect(422).pointers(), ["/data/n"]);
        let cloud = format!(r#"{{"specversion":"1.0","type":"c","source":"s","id":{odd:?},"data":{odd}}}"#);
        rig.post_as("application/cloudevents+json", &[], cloud).await.expect(202);
    }
}

#[tokio::test]
async fn an_array_is_no_object_by_the_places_of_its_members() {
    let rig = Rig::new().await;
    assert_eq!(rig.post("/v1/events", r#"[["a.b",1]]"#).await.expect(422).pointers(), ["/0"]);
    for (path, body, pointer) in [
        ("/v1/webhooks", r#"["https://example.com/"]"#, ""),
        ("/v1/webhooks", r#"{"url":"https://example.com/","rate_limit":[1,2]}"#, "/rate_limit"),
        ("/v1/replays", r#"{"filter":[null,"failed"]}"#, "/filter"),
        ("/v1/tokens", r#"["reader"]"#, ""),
        ("/v1/accounts", r#"["x"]"#, ""),
    ] {
        assert_eq!(rig.post(path, body).await.expect(422).pointers(), [pointer], "{body}");
    }
}

#[tokio::test]
async fn an_array_that_is_not_utf8_is_malformed() {
    let rig = Rig::new().await;
    let body = b"[{\"type\":\"a\",\"data\":\"\xff\"}]".as_slice();
    rig.post_as("application/json", &[], body).await.expect(400);
}

#[tokio::test]
async fn what_the_daemon_tells_nobody_else_may_post() {
    let rig = Rig::new().await;
    let cloud = |name: &str| format!(r#"{{"specversion":"1.0","type":"{name}","source":"/s","id":"1"}}"#);
    let own = |name: &str| format!(r#"{{"type":"{name}","data":1}}"#);
    for name in
        ["webhook.disabled", "delivery.exhausted", "webhook.test", "job.succeeded", "ACTOR.RUN.FAILED"]
    {
        let binary = [("ce-specversion", "1.0"), ("ce-type", name), ("ce-source", "/s"), ("ce-id", "1")];
        for (way, reply, pointer) in [
            ("one", rig.post_as("application/json", &[], own(name)).await, "/type"),
            ("many", rig.post_as("application/json", &[], format!("[{}]", own(name))).await, "/0/type"),
            ("cloud", rig.post_as("application/cloudevents+json", &[], cloud(name)).await, "/type"),
            (
                "clouds",
                rig.post_as("application/cloudevents-batch+json", &[], format!("[{}]", cloud(name))).await,
                "/0/type",
            ),
            ("binary", rig.post_as("application/json", &binary, "1").await, "/type"),
        ] {
            let reply = reply.expect(422);
            assert_eq!(reply.pointers(), [pointer], "{way}");
            assert!(reply.text().contains(name), "{way}: {}", reply.text());
        }
        let lines = rig.post_as("application/x-ndjson", &[], own(name)).await.expect(200);
        assert!(lines.text().contains("/type") && lines.text().contains(name), "{}", lines.text());
    }
    for free in ["delivery.shipped", "webhook.made", "job.started", "store.opened", "ACTORS.x"] {
        rig.post_as("application/json", &[], own(free)).await.expect(202);
    }
    assert_eq!(rig.get("/v1/events?type=webhook.*").await.json()["data"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn events_per_array_times_webhooks_per_event_is_bounded() {
    use crate::limits::{DELIVERIES_PER_REQUEST, EVENTS_PER_ARRAY, STREAM_LINES};
    let mut rig = Rig::new().await;
    rig.committed.close();
    let array = |count: usize| format!("[{}]", vec![r#"{"type":"a","data":1}"#; count].join(","));
    let webhooks = DELIVERIES_PER_REQUEST / EVENTS_PER_ARRAY + 1;
    for _ in 0..webhooks {
        rig.webhook("").await;
    }
    let refused = rig.post("/v1/events", &array(EVENTS_PER_ARRAY)).await.expect(413).json();
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("20000 deliveries") && detail.contains("fewer events"), "{detail}");
    assert_eq!(rig.get("/v1/events").await.json()["data"], json!([]), "none of them is stored");
    let most = DELIVERIES_PER_REQUEST / webhooks;
    rig.post("/v1/events", &array(most)).await.expect(202);
    // What a stream has more than fits is another commit.
    for _ in webhooks..=DELIVERIES_PER_REQUEST / STREAM_LINES {
        rig.webhook("").await;
    }
    let lines = "{\"type\":\"a\",\"data\":1}\n".repeat(STREAM_LINES);
    let answers = rig.post_as("application/x-ndjson", &[], lines).await.expect(200);
    let accepted = answers.text().matches("\"deliveries\":201").count();
    assert_eq!(accepted, STREAM_LINES, "{}", answers.text());
}

/// Their webhooks' filters alone take what a commit may: there are no rows that would fill it before.
#[tokio::test]
async fn an_event_of_a_stream_that_asks_for_more_than_is_left_in_a_commit_waits_for_the_next_one() {
    use crate::limits::{FILTER_STEPS, FILTER_STEPS_PER_EVENT, FILTER_STEPS_PER_REQUEST};
    let rig = Rig::new().await;
    let dear = format!(r#","filter":"$..[?{}]""#, vec!["@!=@"; 150].join("||"));
    for _ in 0..FILTER_STEPS_PER_EVENT / FILTER_STEPS {
        rig.webhook(&dear).await;
    }
    let account = rig.store.directory().account_named("default").unwrap().no();
    let event = NewEvent {
        account,
        event_type: "a".parse().unwrap(),
        source_id: None,
        occurred_at: None,
        order_key: None,
        metadata: None,
        data: json!(vec![vec![1; 2_000]; 20]).to_string().into_bytes().into(),
    };
    let draft = || Draft { event: Some(event.clone()), source: String::new(), faults: Faults::default() };
    let fit = FILTER_STEPS_PER_REQUEST / FILTER_STEPS_PER_EVENT;
    let array = || Posted::array((0..=fit).map(|_| Ok(draft())).collect(), None);
    let refused = accept(&rig.context.app, array(), clock::now()).await.err().unwrap();
    assert!(refused.detail.contains("for the events of one request"), "{}", refused.detail);
    let stream = Posted::of_stream((0..=fit).map(|place| (place, Ok(draft()))).collect(), None);
    let receipts = accept(&rig.context.app, stream, clock::now()).await.unwrap();
    assert_eq!(receipts.len() as u64, fit + 1);
    for (place, receipt) in receipts.iter().enumerate() {
        assert!(receipt.is_ok(), "{place}: {:?}", receipt.as_ref().err());
    }
}

#[tokio::test]
async fn a_filter_that_takes_too_much_is_told_and_keeps_no_other_webhook_from_the_event() {
    let rig = Rig::new().await;
    let dear = rig.webhook(&format!(r#","filter":"$..[?{}]""#, vec!["@!=@"; 150].join("||"))).await;
    let other = rig.webhook(r#","filter":"$[?@[0][0] == 1]""#).await;
    let data = json!(vec![vec![1; 2_000]; 50]);
    let body = json!({ "type": "a", "data": data }).to_string();
    let accepted = rig.post("/v1/events", &body).await.expect(202).json();
    let shown = rig.get(&format!("/v1/events/{}", accepted["id"].as_str().unwrap())).await.json();
    assert_eq!(shown["deliveries"][0]["webhook_id"], other);
    let skipped = &shown["skipped"][0];
    assert_eq!((&skipped["webhook_id"], &skipped["reason"]), (&json!(dear), &json!("filter_cost")));
    assert!(skipped["detail"].as_str().unwrap().contains("1000000 steps"), "{skipped}");
    // As many as one event may pay for, and one more.
    for _ in 0..5 {
        rig.webhook(&format!(r#","filter":"$..[?{}]""#, vec!["@!=@"; 150].join("||"))).await;
    }
    let refused = rig.post("/v1/events", &body).await.expect(422).json();
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.contains("5000000 steps") && detail.contains("filters fewer or simpler"), "{detail}");
}
