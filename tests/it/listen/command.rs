//! `ringback listen`: deliveries over a connection from here, forwarded to a server on this machine.

use std::process::Stdio;

use ringback::sign;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::time::timeout;

use super::running::Running;
use crate::harness::daemon::binary;
use crate::harness::{Act, BOUND, Daemon, Front, Received, Sink, Webhook, wait_for};

/// A listener that runs.
struct Listener {
    run: Running,
    webhook: Webhook,
}

impl Listener {
    /// Starts one with `--json` and `--print-secret`, and waits until it is ready.
    async fn start(daemon: &Daemon, args: &[&str]) -> Self {
        Self::at(daemon.url(), &daemon.token(), args).await
    }

    async fn at(url: &str, token: &str, args: &[&str]) -> Self {
        let mut run = Running::start(&[&["listen", "--print-secret"], args].concat(), url, token);
        let ready = run.next("ready").await;
        let text = |name: &str| ready[name].as_str().unwrap().to_owned();
        Self { webhook: Webhook { id: text("webhook_id"), secret: text("secret") }, run }
    }

    /// The next answer, whatever else comes before it.
    async fn answer(&mut self) -> Value {
        loop {
            let line = self.run.line().await;
            if line["type"] == "answer" {
                return line;
            }
        }
    }
}

/// Whether `ringback verify` would take it.
#[track_caller]
fn verified(received: &Received, secret: &str) {
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        format!("{name}: {}\n", value.to_str().unwrap())
    };
    let headers: String = received.headers.iter().map(line).collect();
    sign::verify::check(secret, &headers, &received.body, ringback::clock::now()).unwrap();
}

async fn attempts(daemon: &Daemon, delivery: &Value) -> Vec<Value> {
    let shown = daemon.get(&format!("/v1/deliveries/{}", delivery["id"].as_str().unwrap())).await;
    shown.expect(200).json["attempt_log"].as_array().unwrap().clone()
}

#[tokio::test]
async fn what_the_target_answers_is_the_attempt() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    sink.first("/hook", [Act::With(503, vec![("x-why", "db".to_owned())])]);
    let (url, token) = (sink.url("/hook"), daemon.token());
    let mut command = binary();
    command.args(["listen", "--forward-to", &url, "--events", "order.*", "--profile", "quick"]);
    command.args(["--print-secret", "--url", daemon.url()]).env("RINGBACK_TOKEN", token);
    let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = async || timeout(BOUND, lines.next_line()).await.unwrap().unwrap().unwrap();
    let secret = line().await.strip_prefix("secret  ").unwrap().to_owned();
    assert_eq!(line().await, format!("ready   order.* → {url}"));
    let third = line().await;
    assert!(third.contains("kept as ") && third.contains(url.trim_start_matches("http://")), "{third}");
    daemon.event("user.made", json!(1)).await;
    let event = daemon.event("order.paid", json!({"order": "é1", "n": 1e2})).await;
    let came = line().await;
    assert!(came.starts_with("--> order.paid [dlv_"), "{came}");
    let id = &came["--> order.paid ".len()..];
    let took = line().await;
    assert!(took.starts_with("<-- [503] ") && took.ends_with(&format!(" ms {id}")), "{took}");
    assert_eq!(line().await, format!("--> order.paid {id}, 2nd try"));
    assert!(line().await.starts_with("<-- [200] "));
    let received = sink.received("/hook");
    assert_eq!(received.len(), 2);
    assert_eq!(received[0].body, received[1].body);
    assert_eq!(received[0].json()["data"], json!({"order": "é1", "n": 100.0}));
    assert_eq!(received[0].header("webhook-id"), event);
    assert_eq!(received[0].header("content-type"), "application/json");
    received.iter().for_each(|received| verified(received, &secret));
    let webhook = third.split_whitespace().find(|word| word.starts_with("wh_")).unwrap();
    let webhook = Webhook { id: webhook.trim_end_matches(',').to_owned(), secret };
    let delivery = daemon.settled(&event, &webhook, "delivered").await;
    let attempts = attempts(&daemon, &delivery).await;
    assert_eq!((&attempts[0]["status_code"], &attempts[1]["status_code"]), (&json!(503), &json!(200)));
    let headers = attempts[0]["response_headers"].as_array().unwrap();
    assert!(headers.contains(&json!({"name": "x-why", "value": "db"})), "{headers:?}");
}

#[tokio::test]
async fn a_target_that_is_down_is_said_and_charged() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let url = sink.url("/hook");
    drop(sink);
    let mut listener = Listener::start(&daemon, &["--forward-to", &url, "--profile", "quick"]).await;
    let event = daemon.event("order.paid", json!(1)).await;
    let answer = listener.answer().await;
    assert_eq!((&answer["status"], &answer["error"]["kind"]), (&Value::Null, &json!("connect")));
    assert_eq!(answer["recorded"], true);
    assert!(answer["error"]["detail"].as_str().unwrap().contains("refused"), "{answer}");
    assert_eq!(listener.answer().await["attempt"], 2, "it stays");
    let delivery = daemon.attempted(&event, &listener.webhook, 2).await;
    assert_eq!(attempts(&daemon, &delivery).await[0]["error"]["kind"], "connect");
}

#[tokio::test]
async fn requests_are_forwarded_at_once_and_finished_after_the_first_interrupt() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    sink.always("/hook", Act::Held(200));
    let mut listener = Listener::start(&daemon, &["--forward-to", &sink.url("/hook"), "--no-keep"]).await;
    let events = [daemon.event("a.b", json!(1)).await, daemon.event("a.b", json!(2)).await];
    sink.wait("/hook", 2).await;
    listener.run.interrupt();
    let mut said = BufReader::new(listener.run.child.stderr.take().unwrap()).lines();
    let said = timeout(BOUND, said.next_line()).await.unwrap().unwrap().unwrap();
    assert!(said.contains("waiting for 2 answers"), "{said}");
    sink.release(2);
    for _ in 0..2 {
        assert_eq!(listener.answer().await["recorded"], true);
    }
    let status = timeout(BOUND, listener.run.child.wait()).await.unwrap().unwrap();
    assert!(status.success());
    for event in events {
        daemon.settled(&event, &listener.webhook, "delivered").await;
    }
    let path = format!("/v1/webhooks/{}", listener.webhook.id);
    wait_for("its end", async || (daemon.get(&path).await.status == 404).then_some(())).await;
}

#[tokio::test]
async fn what_was_acknowledged_never_comes_again() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    let front = Front::before(&daemon).await;
    let (url, token) = (sink.url("/hook"), daemon.token());
    let args = ["--forward-to", &url, "--profile", "patient"];
    let mut listener = Listener::at(&front.url, &token, &args).await;
    let first = daemon.event("a.b", json!(1)).await;
    assert_eq!(listener.answer().await["recorded"], true);

    daemon.kill9().await;
    daemon.restart().await;
    front.lead_to(&daemon);
    let second = daemon.event("a.b", json!(2)).await;
    let answer = listener.answer().await;
    assert_eq!((&answer["event_id"], &answer["recorded"]), (&json!(second), &json!(true)));

    // At its target while the listener is killed: that was no attempt, and it comes again.
    sink.first("/hook", [Act::Hang]);
    let third = daemon.event("a.b", json!(3)).await;
    sink.wait("/hook", 3).await;
    listener.run.child.kill().await.unwrap();
    let (_, said) = listener.run.ended().await;
    assert_eq!(
        (said.matches("trying again").count(), said.matches("connected again").count()),
        (1, 1),
        "{said}"
    );
    let fourth = daemon.event("a.b", json!(4)).await;
    let mut again = Listener::at(&front.url, &token, &args).await;
    assert_eq!((&again.webhook.id, &again.webhook.secret), (&listener.webhook.id, &listener.webhook.secret));
    for _ in 0..2 {
        let answer = again.answer().await;
        assert_eq!((&answer["attempt"], &answer["recorded"]), (&json!(1), &json!(true)), "{answer}");
    }
    for event in [&first, &second, &third, &fourth] {
        daemon.settled(event, &again.webhook, "delivered").await;
    }
    let received = sink.received("/hook");
    let times = |event: &String| received.iter().filter(|got| got.header("webhook-id") == event).count();
    assert_eq!([&first, &second, &third, &fourth].map(times), [1, 1, 2, 1]);
    received.iter().for_each(|received| verified(received, &listener.webhook.secret));
}

#[tokio::test]
async fn another_machine_is_no_target_unless_it_is_allowed() {
    let nowhere = ["--url", "http://127.0.0.1:1", "--token", "rb_x"];
    for (more, code, said) in
        [(&[][..], 2, "--allow-external permits it"), (&["--allow-external"], 5, "127.0.0.1:1")]
    {
        let mut command = binary();
        command.args(["listen", "--forward-to", "http://192.0.2.1:3000/"]).args(nowhere).args(more);
        let output = timeout(BOUND, command.output()).await.unwrap().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(code) && text.contains(said), "{more:?}: {text}");
    }
}

#[tokio::test]
async fn a_stream_that_is_lost_for_good_says_why() {
    let mut daemon = Daemon::start().await;
    let target = ["--forward-to", "http://127.0.0.1:1/"];
    let kept = [&target[..], &["--keep", "laptop", "--max-away", "100ms"]].concat();
    let mut first = Listener::start(&daemon, &kept).await;
    let mut second = Listener::start(&daemon, &kept).await;
    assert_eq!(second.webhook.id, first.webhook.id);
    let (code, said) = first.run.ended().await;
    assert!(code == Some(1) && said.contains("taken_over"), "{code:?} {said}");
    daemon.call(http::Method::DELETE, &format!("/v1/webhooks/{}", second.webhook.id), None).await.expect(204);
    let (code, said) = second.run.ended().await;
    assert!(code == Some(1) && said.contains("removed"), "{code:?} {said}");

    let made = daemon.post("/v1/tokens", json!({"roles": ["manager"]})).await.expect(201);
    let mut third = Listener::at(daemon.url(), &made.text_of("token"), &target).await;
    let path = format!("/v1/tokens/{}", made.text_of("id"));
    daemon.call(http::Method::DELETE, &path, None).await.expect(204);
    let (code, said) = third.run.ended().await;
    assert!(code == Some(6) && said.contains("revoked"), "{code:?} {said}");
    let (code, _, said) = daemon.cli(&["listen", target[0], target[1], "--token", "rb_none"]).await;
    assert!(code == 6 && said.contains("token"), "{code} {said}");
    let (code, _, said) = daemon.cli(&["listen", target[0], target[1], "--events", "a..b"]).await;
    assert!(code == 4 && said.contains("--events"), "{code} {said}");

    let mut last = Listener::start(&daemon, &kept).await;
    daemon.kill9().await;
    let (code, said) = last.run.ended().await;
    assert!(code == Some(5) && said.contains("the daemon was away for 100ms"), "{code:?} {said}");
    assert_eq!(said.matches("trying again").count(), 1, "{said}");
}

#[tokio::test]
async fn a_trigger_sends_what_its_type_says() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    daemon.webhook(&sink.url("/hook"), json!({"events": ["order.*"]})).await;
    let schema =
        json!({"type": "object", "required": ["total"], "properties": {"total": {"type": "integer"}}});
    let declare = async |name: &str, body: Value| {
        let path = format!("/v1/event-types/{name}");
        daemon.call(http::Method::PUT, &path, Some(body)).await.expect(201);
    };
    declare("order.paid", json!({"schema": schema, "example": {"total": 1200}})).await;
    declare("order.made", json!({"schema": schema})).await;
    declare("order.odd", json!({"schema": {"type": "string", "pattern": "^x$"}})).await;
    let mut data = Vec::new();
    for args in
        [&["order.paid"][..], &["order.made"], &["order.sent"], &["order.paid", "--data", "{\"total\": 7}"]]
    {
        let (code, out, err) = daemon.cli(&[&["trigger"], args].concat()).await;
        assert!(code == 0 && out.contains(&format!("  {}  to 1 webhook\n", args[0])), "{out}{err}");
        let event = out.split_whitespace().next().unwrap().to_owned();
        let received = sink.wait("/hook", data.len() + 1).await;
        let got = received.iter().find(|got| got.header("webhook-id") == event).unwrap();
        data.push(got.json()["data"].clone());
    }
    assert_eq!(
        data,
        [json!({"total": 1200}), json!({"total": 1}), json!({"sample": true}), json!({"total": 7})]
    );
    let (code, out, err) = daemon.cli(&["trigger", "user.made"]).await;
    assert!(code == 0 && out.contains("to 0 webhooks") && err.contains("no webhook takes it"), "{out}{err}");
    let (code, _, err) = daemon.cli(&["trigger", "order.odd"]).await;
    assert!(code == 4 && err.contains("--data") && err.contains("declare an example"), "{err}");
    let (code, _, err) = daemon.cli(&["trigger", "a..b"]).await;
    assert!(code == 4 && err.contains("TYPE"), "{err}");
}
