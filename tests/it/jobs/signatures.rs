//! What the printed verifiers and others make of a delivery's signature and headers.

use super::*;

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
    let (daemon, sink, webhook) = stage().await;
    let requests = delivered(&daemon, &sink).await;
    let messages: Vec<Value> = requests.iter().map(|r| message(&webhook.secret, r, &r.body)).collect();
    for (name, answers) in verdicts(&messages) {
        assert!(answers.iter().all(|answer| answer == "ok"), "{name}: {answers:?}");
    }
}

#[tokio::test]
async fn job_webhooks_05_one_altered_byte_is_rejected() {
    let (daemon, sink, webhook) = stage().await;
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
    let (daemon, sink, _webhook) = stage().await;
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
async fn job_webhooks_08_headers_carry_the_configured_brand() {
    let (daemon, sink, webhook) = stage_with(BRANDED).await;
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
