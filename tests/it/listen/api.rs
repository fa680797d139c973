//! What the daemon sends a listener, and what it makes of the answers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use ringback::cli::client::Client;
use ringback::cli::failure::Failure;
use ringback::cli::sse::Reader;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::harness::daemon::Answer;
use crate::harness::{BOUND, Daemon, Webhook, wait_for};

/// A listener that is driven by hand. Its connection ends when it is dropped.
struct Listener {
    items: mpsc::Receiver<(String, Value)>,
    webhook: Webhook,
    _connection: JoinSet<()>,
}

impl Listener {
    async fn open(daemon: &Daemon, body: Value) -> Self {
        Self::with_token(daemon, &daemon.token(), body).await
    }

    async fn with_token(daemon: &Daemon, token: &str, body: Value) -> Self {
        let client = Client::new(daemon.url(), Some(token.to_owned())).unwrap();
        let request = Request::post("/v1/listen").header("content-type", "application/json");
        let request = request.body(Full::from(body.to_string())).unwrap();
        let (sender, items) = mpsc::channel(1000);
        let mut connection = JoinSet::new();
        connection.spawn(async move {
            let mut reader = Reader::default();
            let take = |piece: Bytes| {
                for item in reader.take(&piece)?.into_iter().filter(|item| !item.name.is_empty()) {
                    let _ = sender.try_send((item.name, serde_json::from_str(&item.data).unwrap()));
                }
                Ok::<_, Failure>(())
            };
            // A daemon that is killed is part of the tests.
            if let Ok(Err(reply)) = client.stream(request, take).await {
                panic!("{}", String::from_utf8_lossy(&reply.body));
            }
        });
        let webhook = Webhook { id: String::new(), secret: String::new() };
        let mut listener = Self { items, webhook, _connection: connection };
        let first = listener.next("listening").await;
        let text = |name: &str| first["webhook"][name].as_str().unwrap_or_default().to_owned();
        listener.webhook = Webhook { id: text("id"), secret: text("secret") };
        listener
    }

    /// The next item, which must be of this kind.
    async fn next(&mut self, kind: &str) -> Value {
        let (name, value) = timeout(BOUND, self.items.recv()).await.expect(kind).expect("the stream ended");
        assert_eq!(name, kind, "{value}");
        value
    }

    /// Answers a request.
    async fn answer(&self, daemon: &Daemon, request: &Value, mut answer: Value) -> Answer {
        for member in ["delivery_id", "request"] {
            answer[member] = request[member].clone();
        }
        daemon.post(&format!("/v1/listen/{}/answers", self.webhook.id), answer).await
    }
}

fn body(request: &Value) -> Vec<u8> {
    STANDARD.decode(request["body"].as_str().unwrap()).unwrap()
}

async fn log(daemon: &Daemon, delivery: &Value) -> Vec<Value> {
    let shown = daemon.get(&format!("/v1/deliveries/{}", delivery["id"].as_str().unwrap())).await;
    shown.expect(200).json["attempt_log"].as_array().unwrap().clone()
}

#[tokio::test]
async fn what_the_listener_answers_is_the_attempt() {
    let daemon = Daemon::shared().await;
    let mut listener = Listener::open(&daemon, json!({"events": ["order.*"], "profile": "quick"})).await;
    daemon.event("user.made", json!(1)).await;
    let event = daemon.event("order.paid", json!({"order": "é1"})).await;
    let request = listener.next("request").await;
    assert_eq!((&request["event_id"], &request["event_type"]), (&json!(event), &json!("order.paid")));
    assert_eq!((&request["attempt"], &request["method"]), (&json!(1), &json!("POST")));
    assert_eq!(request["text"].as_str().unwrap().as_bytes(), body(&request));
    let headers = request["headers"].as_array().unwrap();
    let lines = headers
        .iter()
        .map(|header| format!("{}: {}", header["name"].as_str().unwrap(), header["value"].as_str().unwrap()));
    let lines = lines.collect::<Vec<_>>().join("\n");
    let now = ringback::clock::now();
    ringback::sign::verify::check(&listener.webhook.secret, &lines, &body(&request), now).unwrap();
    let failed = json!({"status": 503, "duration_ms": 0.25, "body": STANDARD.encode("locked"),
        "headers": [{"name": "x-why", "value": "db"}]});
    listener.answer(&daemon, &request, failed).await.expect(204);
    let again = listener.next("request").await;
    assert_eq!((&again["delivery_id"], &again["attempt"]), (&request["delivery_id"], &json!(2)));
    assert_eq!(again["body"], request["body"], "a retry sends the same bytes");
    let refused = json!({"error": {"kind": "connect", "detail": "connection refused"}});
    listener.answer(&daemon, &again, refused.clone()).await.expect(204);
    listener.answer(&daemon, &again, refused).await.expect(409);
    let third = listener.next("request").await;
    listener.answer(&daemon, &third, json!({"status": 204})).await.expect(204);
    let delivery = daemon.settled(&event, &listener.webhook, "delivered").await;
    assert_eq!((&delivery["url"], &delivery["attempts"]), (&json!("listener"), &json!(3)));
    let attempts = log(&daemon, &delivery).await;
    assert_eq!(attempts[0]["status_code"], 503);
    assert_eq!(
        (&attempts[0]["response_body"], &attempts[0]["duration_ms"]),
        (&json!("locked"), &json!(0.25))
    );
    assert_eq!(attempts[0]["response_headers"][0], json!({"name": "x-why", "value": "db"}));
    assert_eq!(attempts[1]["error"], json!({"kind": "connect", "detail": "connection refused"}));
    assert_eq!(attempts[2]["status_code"], 204);
}

#[tokio::test]
async fn what_was_answered_is_durable_and_what_was_not_is_sent_again() {
    let mut daemon = Daemon::start().await;
    let kept = json!({"keep": "laptop", "profile": "patient"});
    let mut listener = Listener::open(&daemon, kept.clone()).await;
    let first = daemon.event("a.b", json!(1)).await;
    let request = listener.next("request").await;
    listener.answer(&daemon, &request, json!({"status": 200})).await.expect(204);
    daemon.event("a.b", json!(2)).await;
    let unanswered = listener.next("request").await;
    daemon.kill9().await;
    daemon.restart().await;
    let webhook = listener.webhook.clone();
    assert_eq!(daemon.delivery(&first, &webhook).await.unwrap()["state"], "delivered");
    // While nobody listens, deliveries wait for it.
    let third = daemon.event("a.b", json!(3)).await;
    let waits = daemon.delivery(&third, &webhook).await.unwrap();
    assert_eq!((&waits["state"], &waits["waiting_for"]), (&json!("pending"), &json!("listener")));
    let mut listener = Listener::open(&daemon, kept.clone()).await;
    assert_eq!(listener.webhook.id, webhook.id);
    let mut sent = [listener.next("request").await, listener.next("request").await];
    sent.sort_by_key(|request| request["delivery_id"].as_str().unwrap().to_owned());
    assert_eq!(sent[0]["delivery_id"], unanswered["delivery_id"]);
    assert_eq!(sent[0]["attempt"], 1, "what was not answered was no attempt");
    listener.answer(&daemon, &unanswered, json!({"status": 200})).await;
    // Who takes over is sent what the one before did not answer.
    let mut second = Listener::open(&daemon, kept).await;
    assert_eq!(listener.next("bye").await["reason"], "taken_over");
    // The first answer counts only if its request has the same number again; else there are two, in either order.
    for _ in 0..2 {
        let again = second.next("request").await;
        second.answer(&daemon, &again, json!({"status": 200})).await.expect(204);
        if again["delivery_id"] != unanswered["delivery_id"] {
            break;
        }
    }
    let delivery = daemon.settled(&third, &webhook, "delivered").await;
    assert_eq!(delivery["attempts"], 1);
    daemon.call(http::Method::DELETE, &format!("/v1/webhooks/{}", webhook.id), None).await.expect(204);
    while second.items.recv().await.is_some_and(|(name, item)| name != "bye" || item["reason"] != "removed") {
    }
}

#[tokio::test]
async fn what_is_not_kept_is_gone_after_a_crash() {
    let mut daemon = Daemon::start().await;
    let listener = Listener::open(&daemon, json!({})).await;
    let path = format!("/v1/webhooks/{}", listener.webhook.id);
    daemon.get(&path).await.expect(200);
    daemon.kill9().await;
    daemon.restart().await;
    daemon.get(&path).await.expect(404);
}

#[tokio::test]
async fn a_listener_ends_with_its_token_and_the_daemon() {
    let mut daemon = Daemon::start().await;
    let made = daemon.post("/v1/tokens", json!({"roles": ["manager"]})).await.expect(201);
    let (id, token) = (made.text_of("id"), made.text_of("token"));
    let mut listener = Listener::with_token(&daemon, &token, json!({})).await;
    daemon.call(http::Method::DELETE, &format!("/v1/tokens/{id}"), None).await.expect(204);
    let revoked = ringback::clock::monotonic();
    assert_eq!(listener.next("bye").await["reason"], "revoked");
    let within = std::time::Duration::from_secs(1) + crate::harness::pace().await * 10;
    assert!(revoked.elapsed() < within);
    let path = format!("/v1/webhooks/{}", listener.webhook.id);
    wait_for("its end", async || (daemon.get(&path).await.status == 404).then_some(())).await;
    let mut listener = Listener::open(&daemon, json!({"keep": "it"})).await;
    daemon.event("a.b", json!(1)).await;
    listener.next("request").await;
    // An attempt that nobody answers holds up no end.
    assert!(daemon.terminate().await.0.success());
    assert_eq!(listener.next("bye").await["reason"], "draining");
}
