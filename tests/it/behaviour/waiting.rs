//! Nothing that a user would call lost: what comes while a webhook is paused or disabled waits for it, and what
//! was missed can be sent.

use http::Method;
use ringback::domain::time::Timestamp;
use serde_json::{Value, json};

use crate::harness::{Act, Daemon, Sink, Webhook, wait_for};

async fn act(daemon: &Daemon, webhook: &Webhook, what: &str, body: Value) -> crate::harness::daemon::Answer {
    daemon.post(&format!("/v1/webhooks/{}/{what}", webhook.id), body).await
}

async fn events(daemon: &Daemon, numbers: std::ops::Range<u32>) {
    let events: Vec<_> = numbers.map(|n| json!({"type": "a.b", "data": n})).collect();
    daemon.post("/v1/events", json!(events)).await.expect(202);
}

fn numbers(sink: &Sink, path: &str) -> Vec<u64> {
    let mut all: Vec<u64> =
        sink.received(path).iter().filter_map(|got| got.json()["data"].as_u64()).collect();
    all.sort_unstable();
    all
}

#[tokio::test]
async fn what_comes_while_a_webhook_is_paused_is_sent_when_it_is_resumed() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    let webhook = daemon.webhook(&sink.url("/in"), json!({"events": ["a.*"]})).await;
    act(&daemon, &webhook, "pause", json!({})).await.expect(200);
    events(&daemon, 0..20).await;
    daemon.kill9().await;
    daemon.restart().await;
    assert_eq!(daemon.figure("ringback_overdue_deliveries").await, 0.0, "nobody waits for these");
    let resumed = act(&daemon, &webhook, "resume", json!({})).await.expect(200);
    assert_eq!(resumed.json["backlog"], json!({"action": "deliver", "deliveries": 20, "more": false}));
    sink.wait("/in", 20).await;
    assert_eq!(numbers(&sink, "/in"), (0..20).collect::<Vec<_>>());
    let again = act(&daemon, &webhook, "resume", json!({})).await.expect(200);
    assert_eq!(again.json["backlog"], Value::Null, "nothing had waited for it");
}

#[tokio::test]
async fn a_backlog_goes_at_the_webhooks_rate() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let limited = json!({"events": ["a.*"], "rate_limit": {"per_second": 20, "burst": 2}});
    let webhook = daemon.webhook(&sink.url("/in"), limited).await;
    act(&daemon, &webhook, "pause", json!({})).await.expect(200);
    events(&daemon, 0..22).await;
    act(&daemon, &webhook, "resume", json!({})).await.expect(200);
    let received = sink.wait("/in", 22).await;
    let took = received[21].at.duration_since(received[0].at);
    assert!(took.as_millis() >= 900, "20 a second after the first two, and not all at once: {took:?}");
}

#[tokio::test]
async fn a_backlog_can_be_dropped() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let webhook = daemon.webhook(&sink.url("/in"), json!({"events": ["a.*"]})).await;
    let refused = act(&daemon, &webhook, "resume", json!({"backlog": "drop"})).await.expect(409);
    assert_eq!(refused.text_of("detail").split(':').next(), Some("the webhook is active"));
    act(&daemon, &webhook, "resume", json!({"backlog": "burn"})).await.expect(422);
    act(&daemon, &webhook, "pause", json!({})).await.expect(200);
    events(&daemon, 0..5).await;
    let missed = daemon.event("a.b", json!(5)).await;
    let (code, out, err) = daemon.cli(&["webhook", "resume", &webhook.id, "--backlog", "drop"]).await;
    assert!(code == 0 && out.ends_with("6 deliveries waited and are cancelled\n"), "{out}{err}");
    let dropped = daemon.settled(&missed, &webhook, "cancelled").await;
    assert_eq!(dropped["reason"], "dropped");
    events(&daemon, 6..8).await;
    sink.wait("/in", 2).await;
    assert_eq!(numbers(&sink, "/in"), [6, 7]);

    // What was dropped was missed, and can be sent all the same.
    let sent = daemon.post(&format!("/v1/events/{missed}/replay"), json!({})).await.expect(202);
    assert_eq!(sent.json["deliveries"], 1);
    sink.wait("/in", 3).await;
    assert_eq!(numbers(&sink, "/in"), [5, 6, 7]);
}

#[tokio::test]
async fn an_event_goes_again_to_those_that_missed_it_and_to_all_only_when_asked() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let had = daemon.webhook(&sink.url("/had"), json!({"events": ["a.*"]})).await;
    let missed = daemon.webhook(&sink.url("/missed"), json!({"events": ["a.*"], "collect": false})).await;
    let other = json!({"events": ["a.*"], "collect": false, "filter": {"n": 2}});
    let other = daemon.webhook(&sink.url("/other"), other).await;
    for webhook in [&missed, &other] {
        act(&daemon, webhook, "pause", json!({})).await.expect(200);
    }
    let event = daemon.event("a.b", json!({"n": 1})).await;
    daemon.settled(&event, &had, "delivered").await;
    for webhook in [&missed, &other] {
        act(&daemon, webhook, "resume", json!({})).await.expect(200);
    }
    let path = format!("/v1/events/{event}/replay");
    assert_eq!(daemon.post(&path, json!({})).await.expect(202).json["deliveries"], 1);
    daemon.settled(&event, &missed, "delivered").await;
    assert_eq!(daemon.post(&path, json!({})).await.expect(202).json["deliveries"], 0, "nobody misses it");
    assert_eq!((sink.received("/had").len(), sink.received("/missed").len()), (1, 1));

    let both = json!({"all": true, "webhook_id": had.id});
    daemon.post(&path, both).await.expect(422);
    let (code, out, err) = daemon.cli(&["event", "replay", &event, "--all", "--json"]).await;
    assert_eq!((code, out.trim()), (0, &*format!(r#"{{"deliveries":2,"id":"{event}"}}"#)), "{err}");
    sink.wait("/had", 2).await;
    sink.wait("/missed", 2).await;
    assert_eq!(sink.received("/other").len(), 0, "its filter refuses it");
}

#[tokio::test]
async fn what_a_webhook_missed_since_a_time_is_sent_to_it_alone() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let webhook = daemon.webhook(&sink.url("/in"), json!({"events": ["a.*"], "collect": false})).await;
    daemon.webhook(&sink.url("/other"), json!({"events": ["a.*"]})).await;
    act(&daemon, &webhook, "pause", json!({})).await.expect(200);
    events(&daemon, 0..20).await;
    sink.wait("/other", 20).await;
    act(&daemon, &webhook, "resume", json!({})).await.expect(200);
    let nobody = json!({"filter": {"state": "skipped", "error": "dns"}});
    let refused = daemon.post("/v1/replays", nobody).await.expect(422);
    assert_eq!(refused.json["errors"].as_array().unwrap().len(), 2, "{}", refused.text);
    let replay = ["replay", "--state", "skipped", "--webhook", &webhook.id, "--wait", "--json"];
    let (code, out, err) = daemon.cli(&replay).await;
    let shown: Value = serde_json::from_str(&out).unwrap_or_else(|_| panic!("{code} {err}"));
    assert_eq!((&shown["done"], &shown["filter"]["state"]), (&json!(20), &json!("skipped")));
    sink.wait("/in", 20).await;
    assert_eq!((numbers(&sink, "/in"), sink.received("/other").len()), ((0..20).collect::<Vec<_>>(), 20));
}

#[tokio::test]
async fn the_retry_button_says_why_nothing_is_sent() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    sink.always("/gone", Act::Status(410));
    let webhook = daemon.webhook(&sink.url("/gone"), json!({"events": ["a.*"]})).await;
    let event = daemon.event("a.b", json!(1)).await;
    let failed = daemon.settled(&event, &webhook, "failed").await;
    let retry = format!("/v1/deliveries/{}/retry", failed["id"].as_str().unwrap());
    let refused = daemon.post(&retry, json!({})).await.expect(409);
    assert_eq!(refused.text_of("detail"), "the webhook is disabled; resume it first");
    assert_eq!(daemon.delivery(&event, &webhook).await.unwrap(), failed, "it stays as it was");
    act(&daemon, &webhook, "pause", json!({})).await.expect(200);
    let refused = daemon.post(&retry, json!({})).await.expect(409);
    assert_eq!(refused.text_of("detail"), "the webhook is paused; resume it first");
    act(&daemon, &webhook, "resume", json!({})).await.expect(200);
    daemon.post(&retry, json!({})).await.expect(202);
    wait_for("the try", async || (sink.received("/gone").len() == 2).then_some(())).await;
}

#[tokio::test]
async fn the_retry_button_says_what_an_active_webhook_waits_for() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let in_an_hour = |shown: &Value| {
        let at: Timestamp = shown["next_attempt_at"].as_str().unwrap().parse().unwrap();
        at.since(ringback::clock::now()).as_secs() > 900
    };
    sink.always("/rests", Act::With(429, vec![("retry-after", "3600".to_owned())]));
    ["/busy", "/first"].iter().for_each(|path| sink.always(path, Act::Hang));
    let limit = json!({"per_second": 0.001, "burst": 1});
    // What is made of the webhook, where it leads, which of its two events is tried, and what that waits for.
    let cases = [
        (json!({"rate_limit": limit}), "/in", 1, "rate_limit", true),
        (json!({}), "/rests", 0, "retry_after", true),
        (json!({"max_in_flight": 1}), "/busy", 1, "slot", false),
        (json!({"ordering": "webhook"}), "/first", 1, "order", false),
    ];
    for (settings, path, tried, what, later) in cases {
        let webhook = daemon.webhook(&sink.url(path), settings).await;
        let first = daemon.event("a.b", json!(0)).await;
        sink.wait(path, 1).await;
        if path == "/rests" {
            daemon.attempted(&first, &webhook, 1).await;
        }
        let event = if tried == 0 { first } else { daemon.event("a.b", json!(1)).await };
        let id = daemon.delivery(&event, &webhook).await.unwrap()["id"].as_str().unwrap().to_owned();
        let answer = daemon.post(&format!("/v1/deliveries/{id}/retry"), json!({})).await.expect(202).json;
        assert_eq!((&answer["state"], &answer["waiting_for"]), (&json!("pending"), &json!(what)), "{answer}");
        assert!(!later || in_an_hour(&answer), "{answer}");
        let shown = daemon.get(&format!("/v1/deliveries/{id}")).await.expect(200).json;
        assert_eq!(shown["waiting_for"], what);
        // And so does every list that it stands in.
        let listed = daemon.get(&format!("/v1/deliveries?webhook_id={}", webhook.id)).await.expect(200).json;
        let row = listed["data"].as_array().unwrap().iter().find(|row| row["id"] == id).unwrap();
        let of_event = daemon.delivery(&event, &webhook).await.unwrap();
        for seen in [row, &of_event] {
            assert_eq!(seen["waiting_for"], what);
            assert!(!later || in_an_hour(seen), "{seen}");
        }
        let (_, out, err) = daemon.cli(&["delivery", "list", "--webhook", &webhook.id]).await;
        assert!(out.contains(what), "{out}{err}");
        daemon.call(Method::DELETE, &format!("/v1/webhooks/{}", webhook.id), None).await.expect(204);
    }
    // What is sent at once waits for nothing, and neither does what is over.
    let webhook = daemon.webhook(&sink.url("/in"), json!({})).await;
    let event = daemon.event("a.b", json!(2)).await;
    let delivered = daemon.settled(&event, &webhook, "delivered").await;
    let path = format!("/v1/deliveries/{}", delivered["id"].as_str().unwrap());
    let answer = daemon.post(&format!("{path}/retry"), json!({})).await.expect(202).json;
    assert_eq!(answer["waiting_for"], Value::Null, "{answer}");
    act(&daemon, &webhook, "pause", json!({})).await.expect(200);
    let paused = daemon.event("a.b", json!(3)).await;
    let id = daemon.delivery(&paused, &webhook).await.unwrap()["id"].as_str().unwrap().to_owned();
    assert_eq!(daemon.get(&format!("/v1/deliveries/{id}")).await.json["waiting_for"], "paused");
}

#[tokio::test]
async fn a_delivered_delivery_stays_one_when_a_try_by_hand_fails() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let webhook = daemon.webhook(&sink.url("/in"), json!({"events": ["a.*"]})).await;
    let event = daemon.event("a.b", json!(1)).await;
    let delivered = daemon.settled(&event, &webhook, "delivered").await;
    sink.always("/in", Act::Status(500));
    let path = format!("/v1/deliveries/{}", delivered["id"].as_str().unwrap());
    daemon.call(Method::POST, &format!("{path}/retry"), None).await.expect(202);
    let shown = wait_for("the try in the log", async || {
        let shown = daemon.get(&path).await.expect(200);
        (shown.json["attempt_log"].as_array().unwrap().len() == 2).then_some(shown.json)
    })
    .await;
    assert_eq!((&shown["state"], &shown["reason"]), (&json!("delivered"), &Value::Null));
    assert_eq!(shown["finished_at"], delivered["finished_at"]);
    let attempt = &shown["attempt_log"][1];
    assert_eq!((&attempt["trigger"], &attempt["status_code"]), (&json!("manual"), &json!(500)));
}

#[tokio::test]
async fn a_placeholder_in_a_plain_header_is_refused() {
    let daemon = Daemon::shared().await;
    let refused = daemon
        .cli(&["webhook", "add", "http://127.0.0.1:9/", "--header", "Authorization: Bearer {{secrets.SHOP}}"])
        .await;
    assert!(
        refused.0 == 4 && refused.2.contains("error: --header: the value of authorization"),
        "{}",
        refused.2
    );
    let path = daemon.dir().join("token.txt");
    std::fs::write(&path, "x").unwrap();
    let (code, _, err) = daemon.cli(&["secret", "set", "shop_token", &format!("@{}", path.display())]).await;
    let reported = "error: \"shop_token\" cannot be the name of a secret: it must be 1 to 64 capital letters, digits and \
                underscores, the first of them a letter\n";
    assert_eq!((code, &*err), (4, reported));
}

#[tokio::test]
async fn webhooks_say_how_their_receivers_have_been_doing() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    sink.always("/bad", Act::Status(500));
    let bad = daemon.webhook(&sink.url("/bad"), json!({"profile": "patient"})).await;
    let well = daemon.webhook(&sink.url("/well"), json!({})).await;
    let health = async |webhook: &Webhook| {
        let listed = daemon.get("/v1/webhooks").await.expect(200).json;
        let rows = listed["data"].as_array().unwrap();
        let health = rows.iter().find(|row| row["id"] == webhook.id).unwrap()["health"].clone();
        (health["state"].as_str().unwrap().to_owned(), health)
    };
    let ok = json!({"state": "ok", "failing_since": null, "failures": 0, "next_probe_at": null});
    assert_eq!(health(&bad).await.1, ok, "nothing was sent yet");
    let before = ringback::clock::now();
    events(&daemon, 0..1).await;
    let failing =
        wait_for("a failure", async || Some(health(&bad).await.1).filter(|health| *health != ok)).await;
    assert_eq!((&failing["state"], &failing["failures"]), (&json!("failing"), &json!(1)));
    let since: Timestamp = failing["failing_since"].as_str().unwrap().parse().unwrap();
    assert!(since >= before && since <= ringback::clock::now());
    events(&daemon, 1..20).await;
    let probing =
        wait_for("probes", async || Some(health(&bad).await).filter(|(state, _)| state == "probing")).await.1;
    assert_eq!(probing["failing_since"], failing["failing_since"]);
    assert!(probing["failures"].as_u64().unwrap() >= 10 && probing["next_probe_at"].is_string(), "{probing}");
    let (_, out, err) = daemon.cli(&["webhook", "list"]).await;
    assert!(out.contains("probing") && out.contains("ok"), "{out}{err}");
    assert_eq!(health(&well).await.1, ok);
    sink.always("/bad", Act::Status(200));
    wait_for("it is well again", async || Some(health(&bad).await.1).filter(|health| *health == ok)).await;
}
