//! Jobs and the webhooks for their ends: every check of the contract, from outside.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::harness::{Act, Daemon, Received, Sink, Webhook, pace, tools, wait_for};

/// The example that operators start from, as it is shipped.
const BRANDED: &str = include_str!("../../packaging/profiles/job-webhooks.toml");
const ENDS: [&str; 4] = ["job.succeeded", "job.failed", "job.timed_out", "job.aborted"];

/// A daemon, a receiver, and a webhook for jobs between them.
async fn stage(settings: &str) -> (Daemon, Sink, Webhook) {
    let (daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    let webhook = daemon.webhook(&sink.url("/in"), json!({"profile": "job-webhooks"})).await;
    (daemon, sink, webhook)
}

async fn job(daemon: &Daemon, more: Value) -> String {
    let mut body = json!({"type": "batch_detail"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    daemon.post("/v1/jobs", body).await.expect(201).text_of("id")
}

async fn complete(daemon: &Daemon, id: &str) -> Value {
    let path = format!("/v1/jobs/{id}/complete");
    daemon.post(&path, json!({"status": "succeeded"})).await.expect(200).json
}

async fn append(daemon: &Daemon, id: &str, query: &str, rows: &str) -> crate::harness::daemon::Answer {
    let path = format!("/v1/jobs/{id}/results{query}");
    daemon.post_raw(&path, &[("content-type", "application/x-ndjson")], rows).await
}

/// A webhook's log, newest first, once it has so many entries.
async fn log(daemon: &Daemon, webhook: &Webhook, entries: usize) -> Vec<Value> {
    wait_for(&format!("{entries} attempts in the log"), async || {
        let page = daemon.get(&format!("/v1/webhooks/{}/deliveries", webhook.id)).await.expect(200);
        let rows = page.json["data"].as_array().unwrap().clone();
        (rows.len() >= entries).then_some(rows)
    })
    .await
}

/// How many events of a type there are.
async fn events(daemon: &Daemon, event_type: &str) -> usize {
    let page = daemon.get(&format!("/v1/events?type={event_type}&limit=250")).await.expect(200);
    page.json["data"].as_array().unwrap().len()
}

#[tokio::test]
async fn job_webhooks_01_secret_shown_once() {
    let daemon = Daemon::start().await;
    let body = json!({"url": "https://example.com/in", "profile": "job-webhooks", "description": "d"});
    let made = daemon.post("/v1/webhooks", body).await.expect(201);
    assert!(made.text_of("secret").starts_with("whsec_"));
    let called = json!({"type": "a", "callback_url": "https://example.com/in"});
    let job = daemon.post("/v1/jobs", called).await.expect(201);
    assert!(job.json["callback"]["secret"].as_str().unwrap().starts_with("whsec_"));
    let again = daemon.get(&format!("/v1/jobs/{}", job.text_of("id"))).await.expect(200);
    assert!(!again.text.contains("whsec_"), "{}", again.text);
}

#[tokio::test]
async fn job_webhooks_02_get_hides_the_secret() {
    let (daemon, _sink, webhook) = stage("").await;
    for path in [format!("/v1/webhooks/{}", webhook.id), "/v1/webhooks".to_owned()] {
        let shown = daemon.get(&path).await.expect(200);
        assert!(shown.text.contains(&webhook.id) && !shown.text.contains("secret"), "{}", shown.text);
    }
}

#[tokio::test]
async fn job_webhooks_03_without_events_all_four_ends() {
    let (daemon, sink, webhook) = stage("").await;
    let shown = daemon.get(&format!("/v1/webhooks/{}", webhook.id)).await.expect(200);
    assert_eq!(shown.json["events"], json!(ENDS));
    let ids = [job(&daemon, json!({})).await, job(&daemon, json!({})).await, job(&daemon, json!({})).await];
    let late = job(&daemon, json!({"timeout": "1ms"})).await;
    complete(&daemon, &ids[0]).await;
    let failed = json!({"status": "failed", "error": {"code": 7}});
    let failed = daemon.post(&format!("/v1/jobs/{}/complete", ids[1]), failed).await.expect(200);
    assert_eq!((&failed.json["status"], &failed.json["error"]["code"]), (&json!("failed"), &json!(7)));
    daemon.post(&format!("/v1/jobs/{}/abort", ids[2]), json!({})).await.expect(200);
    let mut told: Vec<(String, String)> = sink
        .wait("/in", 4)
        .await
        .iter()
        .map(|request| {
            let body = request.json();
            (
                body["event"].as_str().unwrap().to_owned(),
                body["data"]["job"]["id"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    told.sort_unstable();
    let mut want: Vec<(String, String)> = ENDS
        .iter()
        .map(ToString::to_string)
        .zip([&ids[0], &ids[1], &late, &ids[2]].map(String::clone))
        .collect();
    want.sort_unstable();
    assert_eq!(told, want, "and nothing of job.created");
    let plain = daemon.webhook("https://example.com/", json!({})).await;
    assert_eq!(daemon.get(&format!("/v1/webhooks/{}", plain.id)).await.json["events"], json!(["*"]));
}

/// Runs a verifier on messages; its answers, one per message, or why it cannot be run here.
fn answers(program: &Path, args: &[&str], script: &str, messages: &[Value]) -> Result<Vec<String>, String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script);
    let child = Command::new(program)
        .args(args)
        .arg(&script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| format!("{}: {error}", program.display()));
    let mut child = child?;
    let lines: String = messages.iter().map(|message| format!("{message}\n")).collect();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{} failed: {:?}", script.display(), output.status);
    let answers: Vec<String> = String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), messages.len(), "one answer per message");
    Ok(answers)
}

/// What each verifier there is says of requests.
fn verdicts(messages: &[Value]) -> Vec<(&'static str, Vec<String>)> {
    let venv = std::env::var("RINGBACK_CLIENTS")
        .map(|home| Path::new(&home).join("venv/bin/python"))
        .map_err(|_| "RINGBACK_CLIENTS is not set".to_owned());
    let found = [
        ("JavaScript", answers(Path::new("node"), &[], "verify_job.mjs", messages)),
        ("Python", answers(Path::new("python3"), &[], "verify_job.py", messages)),
        ("Stripe", venv.and_then(|python| answers(&python, &[], "verify_stripe.py", messages))),
        ("Go", answers(Path::new("go"), &["run"], "verify_job.go", messages)),
    ];
    let ran: Vec<_> =
        found.into_iter().filter_map(|(name, outcome)| Some((name, tools::found(name, outcome)?))).collect();
    println!("verified by {:?}", ran.iter().map(|(name, _)| name).collect::<Vec<_>>());
    ran
}

fn message(secret: &str, request: &Received, body: &[u8]) -> Value {
    let header = request.header("x-ringback-signature");
    json!({"secret": secret, "header": header, "headers": {"signature": header}, "body_base64": STANDARD.encode(body)})
}

/// Requests of several jobs' ends, some of them repeated.
async fn delivered(daemon: &Daemon, sink: &Sink) -> Vec<Received> {
    sink.first("/in", [Act::Status(503), Act::Status(200), Act::Status(503)]);
    for n in 0..5 {
        let id = job(daemon, json!({"input": {"ä": "€", "n": n}})).await;
        append(daemon, &id, "", "{\"a\":1}\n{\"a\":2}").await.expect(200);
        complete(daemon, &id).await;
    }
    sink.wait("/in", 7).await
}

#[tokio::test]
async fn job_webhooks_04_printed_verifiers_and_stripe_accept_every_delivery() {
    let (daemon, sink, webhook) = stage("").await;
    let requests = delivered(&daemon, &sink).await;
    let messages: Vec<Value> = requests.iter().map(|r| message(&webhook.secret, r, &r.body)).collect();
    for (name, answers) in verdicts(&messages) {
        assert!(answers.iter().all(|answer| answer == "ok"), "{name}: {answers:?}");
    }
}

#[tokio::test]
async fn job_webhooks_05_one_altered_byte_is_rejected() {
    let (daemon, sink, webhook) = stage("").await;
    let requests = delivered(&daemon, &sink).await;
    let body = &requests[0].body;
    let messages: Vec<Value> = (0..body.len())
        .map(|at| {
            let mut altered = body.to_vec();
            altered[at] ^= 1;
            message(&webhook.secret, &requests[0], &altered)
        })
        .chain([message("whsec_b3RoZXI=", &requests[0], body)])
        .collect();
    for (name, answers) in verdicts(&messages) {
        assert!(answers.iter().all(|answer| answer.starts_with("rejected")), "{name}: {answers:?}");
    }
}

#[tokio::test]
async fn job_webhooks_06_each_attempt_has_a_time_of_its_own() {
    let (daemon, sink, _webhook) = stage("").await;
    sink.first("/in", [Act::Status(500), Act::Status(500)]);
    complete(&daemon, &job(&daemon, json!({})).await).await;
    let requests = sink.wait("/in", 3).await;
    let stamp = |request: &Received| {
        let header = request.header("x-ringback-signature");
        header.strip_prefix("t=").unwrap().split(',').next().unwrap().parse::<u64>().unwrap()
    };
    let said = |request: &Received| {
        let text = request.json()["delivered_at"].as_str().unwrap().to_owned();
        text.parse::<ringback::domain::time::Timestamp>().unwrap()
    };
    for request in &requests {
        assert_eq!(stamp(request), said(request).as_secs(), "t is the attempt's time, in seconds");
    }
    assert!(said(&requests[1]).since(said(&requests[0])) >= Duration::from_millis(250));
    assert!(stamp(&requests[2]) > stamp(&requests[0]), "over a second later");
    assert_eq!(requests[0].json()["data"], requests[2].json()["data"], "all else stays");
}

#[tokio::test]
async fn job_webhooks_07_payload_members_are_exact() {
    let (daemon, sink, _webhook) = stage("").await;
    let id = job(&daemon, json!({"metadata": {"m": 1}, "input": 5})).await;
    daemon.post(&format!("/v1/jobs/{id}/start"), json!({})).await.expect(200);
    append(&daemon, &id, "", "1\n2\n3\n").await.expect(200);
    let done = complete(&daemon, &id).await;
    let request = &sink.wait("/in", 1).await[0];
    let body = std::str::from_utf8(&request.body).unwrap();
    let text = |member: &str| done[member].as_str().unwrap().to_owned();
    let delivered_at = request.json()["delivered_at"].as_str().unwrap().to_owned();
    assert_eq!(
        body,
        format!(
            r#"{{"event":"job.succeeded","delivered_at":"{delivered_at}","data":{{"job":{{"id":"{id}","type":"batch_detail","status":"succeeded","result_count":3,"created_at":"{}","started_at":"{}","completed_at":"{}"}}}}}}"#,
            text("created_at"),
            text("started_at"),
            text("completed_at")
        )
    );
    for time in [delivered_at, text("created_at"), text("started_at"), text("completed_at")] {
        let bytes = time.as_bytes();
        assert!(time.len() == 24 && bytes[10] == b'T' && bytes[19] == b'.' && bytes[23] == b'Z', "{time}");
    }
}

#[tokio::test]
async fn job_webhooks_08_headers_carry_the_configured_brand() {
    let (daemon, sink, webhook) = stage(BRANDED).await;
    let id = job(&daemon, json!({"callback_url": sink.url("/callback")})).await;
    complete(&daemon, &id).await;
    let request = sink.wait("/in", 1).await.remove(0);
    let mut names: Vec<&str> = request.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(
        names,
        [
            "accept",
            "content-length",
            "content-type",
            "host",
            "user-agent",
            "x-zillow-event",
            "x-zillow-signature"
        ]
        .into_iter()
        .filter(|name| request.headers.contains_key(*name) || *name != "accept")
        .collect::<Vec<_>>()
    );
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("user-agent"), "zillow-api-platform/1.0");
    assert_eq!(request.header("x-zillow-event"), "job.succeeded");
    let header = request.header("x-zillow-signature").to_owned();
    let messages = [json!({
        "secret": webhook.secret, "header": header, "headers": {"signature": header},
        "body_base64": STANDARD.encode(&request.body),
    })];
    for (name, answers) in verdicts(&messages) {
        assert_eq!(answers, ["ok"], "{name}");
    }
    let called = sink.wait("/callback", 1).await.remove(0);
    assert_eq!(called.header("x-zillow-event"), "job.succeeded", "a callback carries it too");
}

#[tokio::test]
async fn job_webhooks_09_three_failures_are_three_rows_250_ms_and_1_s_apart() {
    let slack = 10 * pace().await.as_millis();
    let (daemon, sink, webhook) = stage("").await;
    sink.always("/in", Act::Status(503));
    let id = job(&daemon, json!({})).await;
    complete(&daemon, &id).await;
    let rows = log(&daemon, &webhook, 3).await;
    let attempts: Vec<_> = rows.iter().map(|row| row["attempt"].as_u64().unwrap()).collect();
    assert_eq!(attempts, [3, 2, 1], "newest first");
    for row in &rows {
        assert_eq!((&row["job_id"], &row["event"]), (&json!(id), &json!("job.succeeded")));
        assert_eq!((&row["status_code"], &row["delivered"]), (&json!(503), &json!(false)));
        assert!(row["error"]["kind"] == "status" && row["duration_ms"].as_f64().unwrap() > 0.0, "{row}");
        assert!(row["attempted_at"].is_string() && row["response_preview"] == "", "{row}");
    }
    let at: Vec<_> = sink.received("/in").iter().map(|request| request.at).collect();
    assert_eq!(at.len(), 3);
    let (first, second) = (at[1] - at[0], at[2] - at[1]);
    assert!((240..900 + slack).contains(&first.as_millis()), "{first:?}");
    assert!((990..1900 + slack).contains(&second.as_millis()), "{second:?}");
    let failed = daemon.get(&format!("/v1/deliveries?webhook_id={}&state=failed", webhook.id)).await;
    assert_eq!(failed.json["data"][0]["reason"], "exhausted");
}

#[tokio::test]
async fn job_webhooks_10_whatever_is_not_2xx_is_retried() {
    for status in [400, 302, 413] {
        let (daemon, sink, webhook) = stage("").await;
        sink.first("/in", [Act::Status(status)]);
        complete(&daemon, &job(&daemon, json!({})).await).await;
        let rows = log(&daemon, &webhook, 2).await;
        assert_eq!((&rows[1]["status_code"], &rows[0]["status_code"]), (&json!(status), &json!(200)));
        assert_eq!((&rows[1]["delivered"], &rows[0]["delivered"]), (&json!(false), &json!(true)));
    }
}

#[tokio::test]
async fn job_webhooks_11_a_body_that_stalls_over_8_s_fails() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let stalling = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut buffer = [0; 4096];
        let _ = stream.read(&mut buffer).await.unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc").await.unwrap();
        // Silent, but there, until it is given up.
        while stream.read(&mut buffer).await.is_ok_and(|read| read > 0) {}
    });
    let slack = 10.0 * pace().await.as_secs_f64() * 1000.0;
    let daemon = Daemon::start().await;
    let webhook = daemon.webhook(&url, json!({"profile": "job-webhooks"})).await;
    complete(&daemon, &job(&daemon, json!({})).await).await;
    let row = log(&daemon, &webhook, 1).await.pop().unwrap();
    assert_eq!((&row["attempt"], &row["delivered"]), (&json!(1), &json!(false)), "{row}");
    let took = row["duration_ms"].as_f64().unwrap();
    assert!((7_900.0..10_000.0 + slack).contains(&took), "{row}");
    stalling.await.unwrap();
}

#[tokio::test]
async fn job_webhooks_12_delete_stops_at_once() {
    let settings = "[profiles.job-webhooks]\nretry = { quadratic = { base = \"1m\", attempts = 3 } }";
    let (daemon, sink, webhook) = stage(settings).await;
    sink.always("/in", Act::Status(503));
    complete(&daemon, &job(&daemon, json!({})).await).await;
    log(&daemon, &webhook, 1).await;
    daemon.call(Method::DELETE, &format!("/v1/webhooks/{}", webhook.id), None).await.expect(204);
    let list = format!("/v1/deliveries?webhook_id={}", webhook.id);
    wait_for("the delivery to be called off", async || {
        let row = daemon.get(&list).await.expect(200).json["data"][0].clone();
        (row["state"] == "cancelled" && row["reason"] == "webhook_removed").then_some(())
    })
    .await;
    let later = complete(&daemon, &job(&daemon, json!({})).await).await;
    assert_eq!(later["status"], "succeeded");
    assert_eq!(daemon.get(&list).await.json["data"].as_array().unwrap().len(), 1, "nothing new for it");
    assert_eq!(log(&daemon, &webhook, 1).await.len(), 1, "the log stays");
    assert_eq!(sink.received("/in").len(), 1);
}

#[tokio::test]
async fn job_webhooks_13_limit_201_is_refused() {
    let (daemon, sink, webhook) = stage("").await;
    for n in 1..=3 {
        complete(&daemon, &job(&daemon, json!({})).await).await;
        sink.wait("/in", n).await;
    }
    let all = log(&daemon, &webhook, 3).await;
    let path = format!("/v1/webhooks/{}/deliveries", webhook.id);
    for bad in ["0", "201", "250", "251", "x"] {
        let answer = daemon.get(&format!("{path}?limit={bad}")).await.expect(400);
        assert_eq!(answer.json["code"], "bad_parameter", "{bad}");
    }
    daemon.get(&format!("{path}?limit=200")).await.expect(200);
    let first = daemon.get(&format!("{path}?limit=2")).await.expect(200).json;
    let cursor = first["next_cursor"].as_str().unwrap();
    let second = daemon.get(&format!("{path}?limit=2&cursor={cursor}")).await.expect(200).json;
    let paged =
        [first["data"].as_array().unwrap().clone(), second["data"].as_array().unwrap().clone()].concat();
    assert_eq!((paged, &second["next_cursor"]), (all, &Value::Null));
}

#[tokio::test]
async fn job_webhooks_14_results_before_the_end_are_409() {
    let daemon = Daemon::start().await;
    let id = job(&daemon, json!({})).await;
    let path = format!("/v1/jobs/{id}/results");
    let early = daemon.get(&path).await.expect(409);
    assert_eq!(early.json["code"], "job_not_ready");
    append(&daemon, &id, "", "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n").await.expect(200);
    assert_eq!(daemon.get(&path).await.expect(409).json["code"], "job_not_ready");
    complete(&daemon, &id).await;
    let page = daemon.get(&format!("{path}?limit=2&offset=1")).await.expect(200);
    let meta = json!({"count": 2, "total": 3, "limit": 2, "offset": 1, "has_more": false});
    assert_eq!(page.json, json!({"data": [{"a": 2}, {"a": 3}], "meta": meta}));
    let first = daemon.get(&format!("{path}?limit=2")).await.json;
    assert_eq!((&first["meta"]["has_more"], &first["data"][0]["a"]), (&json!(true), &json!(1)));
    assert_eq!(daemon.get(&path).await.json["meta"]["limit"], 100);
    for bad in ["limit=0", "limit=1001", "offset=-1", "format=xml"] {
        daemon.get(&format!("{path}?{bad}")).await.expect(400);
    }
    daemon.get(&format!("{path}?limit=1000")).await.expect(200);
    let unknown = daemon.get("/v1/jobs/job_00000000000000000000000000/results").await.expect(404);
    assert_eq!(unknown.json["code"], "job_not_found");
}

#[tokio::test]
async fn job_webhooks_15_an_abort_is_told_once() {
    let (daemon, sink, _webhook) = stage("").await;
    let id = job(&daemon, json!({})).await;
    let (path, failing) = (format!("/v1/jobs/{id}/abort"), format!("/v1/jobs/{id}/complete"));
    let (one, two, three) = tokio::join!(
        daemon.post(&path, json!({})),
        daemon.post(&path, json!({})),
        daemon.post(&failing, json!({"status": "failed"})),
    );
    let mut statuses = [one.status, two.status, three.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409, 409]);
    let body = sink.wait("/in", 1).await[0].json();
    let status = daemon.get(&format!("/v1/jobs/{id}")).await.text_of("status");
    assert_eq!(body["event"], format!("job.{status}"));
    assert_eq!(body["data"]["job"]["status"], status.as_str());
    assert_eq!(events(&daemon, "job.aborted").await + events(&daemon, "job.failed").await, 1);
    let alone = job(&daemon, json!({})).await;
    daemon.post(&format!("/v1/jobs/{alone}/abort"), json!({})).await.expect(200);
    let told = sink.wait("/in", 2).await[1].json();
    assert_eq!((&told["event"], &told["data"]["job"]["id"]), (&json!("job.aborted"), &json!(alone)));
    let again = daemon.post(&format!("/v1/jobs/{alone}/abort"), json!({})).await.expect(409);
    assert_eq!(again.json["detail"], "the job has ended; its status is aborted");
}

#[tokio::test]
async fn job_webhooks_16_two_webhooks_are_independent() {
    let (daemon, sink, webhook) = stage("").await;
    let other = daemon.webhook(&sink.url("/other"), json!({"profile": "job-webhooks"})).await;
    let quiet = json!({"profile": "job-webhooks", "events": ["job.failed"]});
    daemon.webhook(&sink.url("/quiet"), quiet).await;
    sink.always("/in", Act::Status(500));
    complete(&daemon, &job(&daemon, json!({})).await).await;
    assert_eq!(log(&daemon, &webhook, 3).await.len(), 3);
    let taken = log(&daemon, &other, 1).await;
    assert_eq!((taken.len(), &taken[0]["delivered"]), (1, &json!(true)));
    let (one, two) = (sink.received("/in").remove(0), sink.received("/other").remove(0));
    assert_ne!(
        one.header("x-ringback-signature"),
        two.header("x-ringback-signature"),
        "secrets of their own"
    );
    assert!(sink.received("/quiet").is_empty());
}

#[tokio::test]
async fn job_webhooks_17_a_restart_keeps_the_log() {
    let (mut daemon, sink, webhook) = stage("").await;
    sink.first("/in", [Act::Status(500)]);
    let id = job(&daemon, json!({})).await;
    complete(&daemon, &id).await;
    let before = log(&daemon, &webhook, 2).await;
    daemon.kill9().await;
    daemon.restart().await;
    assert_eq!(log(&daemon, &webhook, 2).await, before);
    assert_eq!(daemon.get(&format!("/v1/jobs/{id}")).await.text_of("status"), "succeeded");
}

#[tokio::test]
async fn job_webhooks_18_a_passed_deadline_is_told_once() {
    let slack = 10 * pace().await;
    let (mut daemon, sink, _webhook) = stage("").await;
    let quick = job(&daemon, json!({"timeout": "150ms"})).await;
    let done = job(&daemon, json!({"timeout": 1})).await;
    complete(&daemon, &done).await;
    let told = sink.wait("/in", 2).await;
    let late = told.iter().map(Received::json).find(|body| body["event"] == "job.timed_out").unwrap();
    assert_eq!(late["data"]["job"]["id"], quick.as_str());
    let shown = daemon.get(&format!("/v1/jobs/{quick}")).await.expect(200).json;
    let time =
        |member: &str| shown[member].as_str().unwrap().parse::<ringback::domain::time::Timestamp>().unwrap();
    assert_eq!(time("deadline").since(time("created_at")), Duration::from_millis(150));
    let lateness = time("completed_at").since(time("deadline"));
    assert!(
        time("completed_at") >= time("deadline") && lateness < Duration::from_millis(500) + slack,
        "{lateness:?}"
    );
    let refused = daemon.post(&format!("/v1/jobs/{quick}/complete"), json!({"status": "succeeded"})).await;
    assert_eq!(refused.expect(409).json["detail"], "the job has ended; its status is timed_out");

    let away = job(&daemon, json!({"timeout": "100ms"})).await;
    let later = job(&daemon, json!({"timeout": "2s"})).await;
    daemon.kill9().await;
    daemon.restart().await;
    // What was sent just before the kill may come again.
    for id in [&away, &later] {
        wait_for("a deadline told", async || {
            let told = sink.received("/in").into_iter().map(|request| request.json());
            let mut late = told.filter(|body| body["event"] == "job.timed_out");
            late.any(|body| body["data"]["job"]["id"] == id.as_str()).then_some(())
        })
        .await;
    }
    assert_eq!(events(&daemon, "job.timed_out").await, 3, "one for each");
}

#[tokio::test]
async fn a_callback_is_called_once_and_goes() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.first("/done", [Act::Status(500)]);
    let body = json!({"type": "report.build", "callback_url": sink.url("/done"), "input": [1, 2.50]});
    let made = daemon.post("/v1/jobs", body).await.expect(201);
    let (id, webhook) =
        (made.text_of("id"), made.json["callback"]["webhook_id"].as_str().unwrap().to_owned());
    assert_eq!(made.headers["location"], format!("/v1/jobs/{id}"));
    assert!(made.text.contains(r#""input":[1,2.5"#), "{}", made.text);
    let other = job(&daemon, json!({})).await;
    complete(&daemon, &other).await;
    complete(&daemon, &id).await;
    let requests = sink.wait("/done", 2).await;
    for request in &requests {
        assert_eq!(request.json()["data"]["job"]["id"], id.as_str(), "only of its own job");
    }
    wait_for("the webhook to go", async || {
        let shown = daemon.get(&format!("/v1/webhooks/{webhook}")).await;
        (shown.status == 404).then_some(())
    })
    .await;
    let webhook =
        Webhook { id: webhook, secret: made.json["callback"]["secret"].as_str().unwrap().to_owned() };
    let rows = log(&daemon, &webhook, 2).await;
    assert_eq!((rows.len(), &rows[0]["delivered"], &rows[0]["job_id"]), (2, &json!(true), &json!(id)));
}

#[tokio::test]
async fn job_created_carries_the_work_to_its_executor() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    let wants = json!({"events": ["job.created"], "profile": "verbatim"});
    daemon.webhook(&sink.url("/work"), wants).await;
    let body = json!({"type": "report.build", "timeout": "1h", "metadata": {"k": "v"}});
    let body = body.to_string().replace("\"timeout\"", "\"input\":{\"pages\": [1.0, 2]},\"timeout\"");
    let made = daemon.post_raw("/v1/jobs", &[("content-type", "application/json")], &body).await.expect(201);
    let request = sink.wait("/work", 1).await.remove(0);
    let told = std::str::from_utf8(&request.body).unwrap();
    assert!(told.contains(r#""input":{"pages": [1.0, 2]}"#), "byte for byte: {told}");
    let told = &request.json()["job"];
    assert_eq!((&told["id"], &told["status"]), (&made.json["id"], &json!("queued")));
    assert_eq!((&told["timeout_ms"], &told["metadata"]), (&json!(3_600_000), &json!({"k": "v"})));
}

#[tokio::test]
async fn what_cannot_be_a_job_is_named_and_stores_nothing() {
    let daemon = Daemon::start().await;
    let bad = json!({
        "type": "no type", "timeout": "soon", "metadata": 1, "callback_url": "ftp://example.com/", "extra": 1,
    });
    let answer = daemon.post("/v1/jobs", bad).await.expect(422);
    let mut pointers: Vec<&str> =
        answer.json["errors"].as_array().unwrap().iter().map(|e| e["pointer"].as_str().unwrap()).collect();
    pointers.sort_unstable();
    assert_eq!(pointers, ["/callback_url", "/extra", "/metadata", "/timeout", "/type"]);
    for timeout in [json!(0), json!("0s"), json!(-1), json!("400d"), json!(1.5)] {
        let answer = daemon.post("/v1/jobs", json!({"type": "a", "timeout": timeout})).await.expect(422);
        assert_eq!(answer.json["errors"][0]["pointer"], "/timeout", "{}", answer.text);
    }
    assert_eq!(daemon.get("/v1/jobs").await.json["data"], json!([]));
    assert_eq!(events(&daemon, "job.*").await, 0);
    let id = job(&daemon, json!({})).await;
    let path = format!("/v1/jobs/{id}/complete");
    for bad in [json!({}), json!({"status": "aborted"}), json!({"status": "succeeded", "error": 1})] {
        daemon.post(&path, bad).await.expect(422);
    }
    for what in ["start", "abort", "complete"] {
        let path = format!("/v1/jobs/job_00000000000000000000000000/{what}");
        let body = if what == "complete" { json!({"status": "failed"}) } else { json!({}) };
        let missing = daemon.post(&path, body).await.expect(404);
        assert_eq!(missing.json["code"], "job_not_found");
    }
}

#[tokio::test]
async fn jobs_are_listed_and_belong_to_their_account() {
    let daemon = Daemon::start().await;
    let (first, second) =
        (job(&daemon, json!({})).await, job(&daemon, json!({"type": "report.build"})).await);
    daemon.post(&format!("/v1/jobs/{second}/start"), json!({})).await.expect(200);
    daemon.post(&format!("/v1/jobs/{second}/start"), json!({})).await.expect(409);
    let ids = async |query: &str| {
        let page = daemon.get(&format!("/v1/jobs{query}")).await.expect(200);
        let rows = page.json["data"].as_array().unwrap();
        rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("").await, [second.clone(), first.clone()]);
    assert_eq!(ids("?status=queued").await, std::slice::from_ref(&first));
    assert_eq!(ids("?type=report.*").await, std::slice::from_ref(&second));
    assert!(ids("?since=2100-01-01T00:00:00Z").await.is_empty());
    daemon.get("/v1/jobs?status=x").await.expect(400);
    daemon.post("/v1/accounts", json!({"name": "other"})).await.expect(201);
    assert!(ids("?account=other").await.is_empty());
    for path in [format!("/v1/jobs/{first}"), format!("/v1/jobs/{first}/results")] {
        let answer = daemon.get(&format!("{path}?account=other")).await.expect(404);
        assert_eq!(answer.json["code"], "job_not_found");
    }
}

#[tokio::test]
async fn a_repeated_request_makes_no_second_job() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    let keyed = [("content-type", "application/json"), ("idempotency-key", "order-7")];
    let body = json!({"type": "a", "input": {"n": 1}, "callback_url": sink.url("/in")}).to_string();
    let made = daemon.post_raw("/v1/jobs", &keyed, &body).await.expect(201);
    assert_eq!(made.json["duplicate"], Value::Null);
    daemon.kill9().await;
    daemon.restart().await;

    let again = daemon.post_raw("/v1/jobs", &keyed, &body).await.expect(200);
    let mut answer = made.json.clone();
    answer["duplicate"] = json!(true);
    assert_eq!(again.json, answer, "the first answer, its secret too: it may have been lost");
    assert_eq!(again.headers["location"], made.headers["location"]);
    assert_eq!(events(&daemon, "job.created").await, 1);
    let other = daemon.post_raw("/v1/jobs", &keyed, body.replace("\"n\":1", "\"n\":2")).await.expect(409);
    assert_eq!(other.json["code"], "conflict", "{}", other.text);
    let two = [keyed[0], keyed[1], ("idempotency-key", "b")];
    daemon.post_raw("/v1/jobs", &two, &body).await.expect(400);

    let id = made.text_of("id");
    complete(&daemon, &id).await;
    sink.wait("/in", 1).await;
    let ended = daemon.post_raw("/v1/jobs", &keyed, &body).await.expect(200);
    assert_eq!((ended.text_of("id"), ended.text_of("status")), (id, "succeeded".to_owned()));
    // An event's key is none of a job's.
    let event = json!({"type": "a.b", "data": 1}).to_string();
    daemon.post_raw("/v1/events", &keyed, &event).await.expect(202);
    let jobs = daemon.get("/v1/jobs").await.expect(200);
    assert_eq!(jobs.json["data"].as_array().unwrap().len(), 1);
}
