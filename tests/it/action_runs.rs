//! Action runs and their callbacks: every check of the contract, from outside.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

use crate::harness::{Act, Daemon, Received, Sink, pace, tools, wait_for};

const RUNS: &str = "/v2/action-runs";
const SIGNATURE: &str = "ringback-callback-signature";

/// A daemon with the bounds it has in production.
async fn strict() -> Daemon {
    Daemon::with_config("dev = false").await
}

/// Makes a run with a callback to `url`; gives its id.
async fn run(daemon: &Daemon, url: &str) -> String {
    let body = json!({"action": "core:send", "authentication": "9", "input": {"n": 1}, "callback_url": url});
    let made = daemon.post(RUNS, body).await.expect(200);
    made.json["data"]["id"].as_str().unwrap().to_owned()
}

/// The path of a run's job, where its executor works on it.
fn job(run: &str) -> String {
    format!("/v1/jobs/{}", run.replacen("arun_", "job_", 1))
}

/// Ends a run well with these results.
async fn succeed(daemon: &Daemon, run: &str, rows: &str) {
    let ndjson = [("content-type", "application/x-ndjson")];
    daemon.post_raw(&format!("{}/results", job(run)), &ndjson, rows).await.expect(200);
    daemon.post(&format!("{}/complete", job(run)), json!({"status": "succeeded"})).await.expect(200);
}

/// Waits until the callback of a run has ended in some way; gives what is reported of it.
async fn called_back(daemon: &Daemon, run: &str, status: &str) -> Value {
    wait_for(&format!("a callback that {status}"), async || {
        let shown = daemon.get(&format!("{RUNS}/{run}/callback")).await.expect(200).json;
        (shown["data"]["status"] == status).then(|| shown["data"].clone())
    })
    .await
}

fn attempts(callback: &Value) -> usize {
    callback["delivery"]["attempt_log"].as_array().unwrap().len()
}

/// The claims of a token, not verified.
fn claims(request: &Received) -> Value {
    part(request.header(SIGNATURE), 1)
}

fn part(token: &str, at: usize) -> Value {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(token.split('.').nth(at).unwrap()).unwrap()).unwrap()
}

async fn stores_nothing(daemon: &Daemon) {
    for list in ["/v1/jobs", "/v1/webhooks", "/v1/events"] {
        assert_eq!(daemon.get(list).await.expect(200).json["data"], json!([]), "{list}");
    }
}

#[tokio::test]
async fn action_runs_01_flat_body() {
    let daemon = strict().await;
    let body = json!({
        "action": "core:send", "authentication": "9", "input": {"to": "a"}, "unknown": 1,
        "callback_url": "https://example.com/cb",
    });
    for path in [RUNS, "/v2/action-runs/"] {
        let made = daemon.post(path, body.clone()).await.expect(200).json;
        let id = made["data"]["id"].as_str().unwrap();
        assert!(id.starts_with("arun_") && id.len() == 31, "{id}");
        assert_eq!(made, json!({"data": {"type": "run", "id": id}}));
        let shown =
            daemon.get(&format!("{path}{}{id}", if path == RUNS { "/" } else { "" })).await.expect(200);
        let waiting =
            json!({"type": "run", "id": id, "run_id": id, "status": "waiting", "results": [], "errors": []});
        assert_eq!(shown.json, json!({"data": waiting}));
        assert_eq!(
            daemon.get(&job(id)).await.json["input"],
            json!({"action": "core:send", "authentication": "9", "inputs": {"to": "a"}})
        );
        let callback = daemon.get(&format!("{RUNS}/{id}/callback")).await.expect(200).json;
        assert_eq!(
            (&callback["data"]["status"], &callback["data"]["url"]),
            (&json!("waiting"), &json!("https://example.com/cb"))
        );
    }
}

#[tokio::test]
async fn action_runs_02_wrapped_body() {
    let daemon = strict().await;
    let text =
        r#"{"data":{"action":"core:send","authentication":null,"inputs":{"n":1.50},"callback_url":null}}"#;
    let made = daemon.post_raw(RUNS, &[("content-type", "application/json")], text).await.expect(200).json;
    let id = made["data"]["id"].as_str().unwrap();
    assert_eq!(made, json!({"data": {"type": "run", "id": id}}));
    let shown = daemon.get(&job(id)).await.expect(200);
    assert!(
        shown.text.contains(r#"{"action":"core:send","authentication":null,"inputs":{"n":1.50}}"#),
        "{}",
        shown.text
    );
    assert_eq!(shown.json["type"], "action");
    let none = daemon.get(&format!("{RUNS}/{id}/callback")).await.expect(404).json;
    assert_eq!(none["errors"][0]["code"], "not_found");
    for bad in [json!({"data": {"inputs": {}}}), json!({"data": {"action": ""}})] {
        let refused = daemon.post(RUNS, bad).await.expect(400).json;
        assert_eq!(refused["errors"][0]["source"], json!({"pointer": "/data/action"}));
    }
    let refused = daemon.post(RUNS, json!({"action": 5})).await.expect(400).json;
    assert_eq!(refused["errors"][0]["source"], json!({"pointer": "/action"}));
    daemon.post_raw(RUNS, &[("content-type", "application/json")], "{").await.expect(400);
}

/// The one error of a refused `callback_url`.
async fn refused(daemon: &Daemon, url: &str) -> String {
    let flat = json!({"action": "a", "input": {}, "callback_url": url});
    let wrapped = json!({"data": {"action": "a", "inputs": {}, "callback_url": url}});
    let mut details = Vec::new();
    for (body, pointer) in [(flat, "/callback_url"), (wrapped, "/data/callback_url")] {
        let answer = daemon.post(RUNS, body).await;
        assert_eq!(answer.status, 400, "{url}: {}", answer.text);
        let [error] = &answer.json["errors"].as_array().unwrap()[..] else { panic!("{}", answer.text) };
        assert_eq!(error["source"], json!({"pointer": pointer}));
        assert_eq!(
            (&error["status"], &error["code"], &error["meta"]),
            (&json!(400), &json!("invalid"), &json!({}))
        );
        assert!(!error["title"].as_str().unwrap().is_empty());
        details.push(error["detail"].as_str().unwrap().to_owned());
    }
    assert_eq!(details[0], details[1]);
    details.remove(0)
}

#[tokio::test]
async fn action_runs_03_http_is_refused() {
    let daemon = strict().await;
    for url in ["http://example.com/cb", "ftp://example.com/", "example.com", "", "https://"] {
        refused(&daemon, url).await;
    }
    assert!(refused(&daemon, "http://example.com/").await.contains("https"));
    stores_nothing(&daemon).await;
}

#[tokio::test]
async fn action_runs_04_private_addresses_are_refused() {
    let daemon = strict().await;
    for host in [
        "0.0.0.1",
        "10.0.0.1",
        "10.255.255.255",
        "100.64.0.1",
        "127.0.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.31.196.1",
        "192.52.193.1",
        "192.88.99.1",
        "192.168.0.1",
        "192.175.48.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "168.63.129.16",
        "[::1]",
        "[::]",
        "[::ffff:10.0.0.1]",
        "[64:ff9b::a00:1]",
        "[fc00::1]",
        "[fe80::1]",
        "[ff02::1]",
        "[2001:db8::1]",
        "[2002:a00:1::1]",
        "[2620:4f:8000::1]",
        "[3fff::1]",
        "2130706433",
        "0x7f.1",
        "localhost",
        "printer.local",
    ] {
        refused(&daemon, &format!("https://{host}/cb")).await;
    }
    stores_nothing(&daemon).await;
    for host in ["172.32.0.1", "172.15.255.255", "11.0.0.1", "[2606:4700::1]"] {
        run(&daemon, &format!("https://{host}/cb")).await;
    }
}

#[tokio::test]
async fn action_runs_05_length() {
    let daemon = strict().await;
    let long = |length: usize| format!("https://example.com/{}", "a".repeat(length - 20));
    assert_eq!(long(2049).len(), 2049);
    assert!(refused(&daemon, &long(2049)).await.contains("2048"));
    stores_nothing(&daemon).await;
    run(&daemon, &long(2048)).await;
}

/// The name passes the gate for URLs, as any that leads somewhere else by the time it is resolved.
#[tokio::test]
async fn action_runs_06_a_private_address_at_send_time() {
    let sink = Sink::start().await;
    let settings = "dev = false\n[egress]\nallow_http = true\nallow_special_names = true\nports = \"any\"";
    let daemon = Daemon::with_config(settings).await;
    let id = run(&daemon, &sink.url("/cb").replace("127.0.0.1", "localhost")).await;
    succeed(&daemon, &id, "1").await;
    let callback = called_back(&daemon, &id, "failed").await;
    for attempt in callback["delivery"]["attempt_log"].as_array().unwrap() {
        assert_eq!(attempt["error"]["kind"], "blocked_address");
        assert_eq!((&attempt["connect_ms"], &attempt["remote_ip"]), (&json!(null), &json!(null)));
    }
    assert!(sink.received("/cb").is_empty());
}

#[tokio::test]
async fn action_runs_07_success_body() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    let everything = daemon.webhook(&sink.url("/all"), json!({"events": ["*"], "profile": "quick"})).await;
    let id = run(&daemon, &sink.url("/cb")).await;
    succeed(&daemon, &id, "{\"n\": 1.50, \"ä\":\"€\"}\n[true]").await;
    let received = sink.wait("/cb", 1).await;
    let exact = format!(
        r#"{{"data":{{"type":"run","id":"{id}","status":"success","results":[{{"n": 1.50, "ä":"€"}},[true]],"errors":[]}}}}"#
    );
    assert_eq!(received[0].body, exact.as_bytes());
    assert_eq!(received[0].header("content-type"), "application/json");
    let callback = called_back(&daemon, &id, "delivered").await;
    assert_eq!(
        (attempts(&callback), &callback["url"]),
        (1, &json!(sink.url("/cb"))),
        "its log outlives its webhook"
    );
    assert_eq!(callback["delivery"]["attempt_log"][0]["status_code"], 200);
    let gone = callback["delivery"]["webhook_id"].as_str().unwrap();
    daemon.get(&format!("/v1/webhooks/{gone}")).await.expect(404);
    let poll = daemon.get(&format!("{RUNS}/{id}")).await.expect(200).text;
    assert_eq!(poll, exact.replacen(r#","status""#, &format!(r#","run_id":"{id}","status""#), 1));
    // Ordinary webhooks hear of the job, and nothing of its callback.
    let heard = sink.wait("/all", 2).await;
    let mut types: Vec<_> =
        heard.iter().map(|request| request.json()["type"].as_str().unwrap().to_owned()).collect();
    types.sort_unstable();
    assert_eq!(types, ["job.created", "job.succeeded"]);
    let stray = daemon.get(&format!("/v1/deliveries?webhook_id={}", everything.id)).await.expect(200).json;
    assert_eq!(stray["data"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn action_runs_08_failure_body() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    let failed = run(&daemon, &sink.url("/failed")).await;
    let error = json!({"code": "quota", "title": "No quota"});
    daemon
        .post(&format!("{}/complete", job(&failed)), json!({"status": "failed", "error": error}))
        .await
        .expect(200);
    let exact = format!(
        r#"{{"data":{{"type":"run","id":"{failed}","status":"error","results":[],"errors":[{{"code":"quota","title":"No quota"}}]}}}}"#
    );
    assert_eq!(sink.wait("/failed", 1).await[0].body, exact.as_bytes());
    let aborted = run(&daemon, &sink.url("/aborted")).await;
    daemon.post(&format!("{}/abort", job(&aborted)), json!({})).await.expect(200);
    let body = sink.wait("/aborted", 1).await[0].json();
    assert_eq!(
        (&body["data"]["status"], &body["data"]["errors"][0]["code"]),
        (&json!("error"), &json!("aborted"))
    );
    let poll = daemon.get(&format!("{RUNS}/{aborted}")).await.expect(200).json;
    assert_eq!(poll["data"]["errors"], body["data"]["errors"]);
    // Nobody said why: there is an error all the same.
    let silent = run(&daemon, &sink.url("/silent")).await;
    daemon.post(&format!("{}/complete", job(&silent)), json!({"status": "failed"})).await.expect(200);
    assert_eq!(sink.wait("/silent", 1).await[0].json()["data"]["errors"][0]["code"], "failed");
}

#[tokio::test]
async fn action_runs_09_retried_byte_for_byte() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.first("/cb", [Act::Status(500), Act::Status(500)]);
    let id = run(&daemon, &sink.url("/cb")).await;
    succeed(&daemon, &id, "{\"n\":1}").await;
    let callback = called_back(&daemon, &id, "delivered").await;
    assert_eq!(attempts(&callback), 3);
    let received = sink.received("/cb");
    assert_eq!(received.len(), 3);
    assert!(received.iter().all(|request| request.body == received[0].body));
    assert_eq!(received[0].json()["data"]["id"], json!(id));
    let waits: Vec<Duration> = received.windows(2).map(|pair| pair[1].at - pair[0].at).collect();
    assert!(waits[0] >= Duration::from_millis(990) && waits[1] >= Duration::from_millis(1990), "{waits:?}");
}

#[tokio::test]
async fn action_runs_10_given_up_but_pollable() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.always("/cb", Act::Status(500));
    let id = run(&daemon, &sink.url("/cb")).await;
    succeed(&daemon, &id, "{\"n\":1}").await;
    let callback = called_back(&daemon, &id, "failed").await;
    assert_eq!((attempts(&callback), &callback["delivery"]["reason"]), (3, &json!("exhausted")));
    assert_eq!(sink.received("/cb").len(), 3);
    let poll = daemon.get(&format!("{RUNS}/{id}")).await.expect(200).json;
    assert_eq!((&poll["data"]["status"], &poll["data"]["results"]), (&json!("success"), &json!([{"n": 1}])));
}

/// One attempt, and nothing more of it waits.
async fn ends_at_once(act: Act) {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.always("/cb", act);
    let id = run(&daemon, &sink.url("/cb")).await;
    succeed(&daemon, &id, "1").await;
    let callback = called_back(&daemon, &id, "failed").await;
    assert_eq!((attempts(&callback), &callback["delivery"]["next_attempt_at"]), (1, &json!(null)));
    assert_eq!(sink.received("/cb").len(), 1);
    assert!(sink.received("/elsewhere").is_empty());
}

#[tokio::test]
async fn action_runs_11_client_errors_are_final() {
    for status in [404, 410, 413, 429] {
        ends_at_once(Act::Status(status)).await;
    }
}

#[tokio::test]
async fn action_runs_12_refused_connections_are_retried() {
    let daemon = Daemon::start().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let id = run(&daemon, &format!("http://{free}/cb")).await;
    succeed(&daemon, &id, "1").await;
    let callback = called_back(&daemon, &id, "failed").await;
    assert_eq!(attempts(&callback), 3);
    for attempt in callback["delivery"]["attempt_log"].as_array().unwrap() {
        assert_eq!(attempt["error"]["kind"], "connect");
    }
}

/// A verifier of its own, which fetches the keys as it likes.
struct Verifier {
    name: &'static str,
    _child: Child,
    stdin: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

impl Verifier {
    /// The verifiers that can be run here.
    fn all(daemon: &Daemon) -> Vec<Self> {
        let found = [
            ("PyJWT", Self::start(daemon, "PyJWT", "venv/bin/python", "verify_jwt.py")),
            ("jose", Self::start(daemon, "jose", "node", "verify_jwt.mjs")),
        ];
        found.into_iter().filter_map(|(name, verifier)| tools::found(name, verifier)).collect()
    }

    fn start(daemon: &Daemon, name: &'static str, program: &str, script: &str) -> Result<Self, String> {
        let home = std::env::var("RINGBACK_CLIENTS").map_err(|_| "RINGBACK_CLIENTS is not set".to_owned())?;
        let program = if program == "node" { program.into() } else { Path::new(&home).join(program) };
        let mut child = Command::new(&program)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(script))
            .args([&format!("{}/.well-known/jwks.json", daemon.url()), daemon.url()])
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Ok(Self { name, _child: child, stdin, answers: BufReader::new(stdout).lines() })
    }

    async fn says(&mut self, token: &str, algorithm: &str, request: &Received) -> String {
        let message = json!({
            "token": token, "subject": request.json()["data"]["id"], "algorithms": [algorithm],
            "body_base64": STANDARD.encode(&request.body),
        });
        self.stdin.write_all(format!("{message}\n").as_bytes()).await.unwrap();
        self.answers.next_line().await.unwrap().unwrap_or_else(|| panic!("{} ended", self.name))
    }

    /// Takes both of a request's tokens.
    async fn takes(&mut self, request: &Received) {
        for (header, algorithm) in [(SIGNATURE, "RS256"), ("x-eddsa-signature", "EdDSA")] {
            let said = self.says(request.header(header), algorithm, request).await;
            assert_eq!(said, "ok", "{} of {algorithm}, key {}", self.name, part(request.header(header), 0));
        }
    }

    /// Rejects its tokens for another run's body.
    async fn rejects(&mut self, request: &Received, other: &Received) {
        let said = self.says(request.header(SIGNATURE), "RS256", other).await;
        assert!(said.starts_with("rejected: "), "{}: {said}", self.name);
        let token = request.header(SIGNATURE);
        let forged = format!("{}A", &token[..token.len() - 1].replacen("ey", "eY", 1));
        let said = self.says(&forged, "RS256", request).await;
        assert!(said.starts_with("rejected: "), "{}: {said}", self.name);
    }
}

fn kid(request: &Received) -> String {
    part(request.header(SIGNATURE), 0)["kid"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn action_runs_13_verified_by_others_through_a_rotation() {
    // The first as new stores sign unless told, the second by name.
    let settings = "[profiles.action-runs]\nsignature = [\
                    { scheme = \"jwt\", header = \"Ringback-Callback-Signature\" }, \
                    { scheme = \"jwt\", header = \"X-EdDSA-Signature\", alg = \"EdDSA\" }]";
    let (daemon, sink) = (Daemon::with_config(settings).await, Sink::start().await);
    let mut verifiers = Verifier::all(&daemon);
    let (mut seen, mut verified) = (BTreeSet::new(), 0);
    // One rotation begins after the third burst; it goes on until some bursts are signed by the new key.
    let mut after = 0;
    for burst in 0.. {
        if burst == 3 {
            let body = json!({"activate_after_seconds": 2});
            daemon.post("/v1/signing-keys/rotate", body).await.expect(201);
        }
        let one = async || {
            let id = run(&daemon, &sink.url("/cb")).await;
            succeed(&daemon, &id, "1").await;
        };
        tokio::join!(one(), one(), one(), one(), one(), one(), one(), one());
        let received = sink.wait("/cb", (burst + 1) * 8).await;
        for request in &received[verified..] {
            for verifier in &mut verifiers {
                verifier.takes(request).await;
            }
            seen.insert(kid(request));
        }
        verified = received.len();
        after += usize::from(seen.len() == 2);
        if after == 4 {
            break;
        }
    }
    let received = sink.received("/cb");
    assert_eq!((seen.len(), kid(&received[0]) == kid(&received[verified - 1])), (2, false));
    // Whoever fetches the keys only now still finds those of the first callbacks.
    let mut fresh = Verifier::all(&daemon);
    for verifier in &mut fresh {
        verifier.takes(&received[0]).await;
        verifier.rejects(&received[0], &received[1]).await;
    }
    let names: Vec<_> = verifiers.iter().map(|verifier| verifier.name).collect();
    println!("{verified} callbacks of 2 keys taken by {names:?}");
}

/// Writes a fresh RSA key where the configuration names one.
fn write_rsa_key(daemon: &Daemon) {
    let key = STANDARD.encode(&*ringback::clock::fresh_rsa_key().unwrap().pkcs8());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{key}\n-----END PRIVATE KEY-----\n");
    std::fs::write(daemon.dir().join("rs256.pem"), pem).unwrap();
}

#[tokio::test]
async fn action_runs_13_a_replaced_key_file_waits_until_the_new_key_is_known() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    let listed = async |daemon: &Daemon| {
        let keys = daemon.get("/v1/signing-keys").await.expect(200).json["data"].as_array().unwrap().clone();
        let rsa = keys.into_iter().filter(|key| key["algorithm"] == "RS256");
        rsa.map(|key| (key["kid"].clone(), key["state"].clone(), key["origin"].clone())).collect::<Vec<_>>()
    };
    let published = async |daemon: &Daemon| {
        let keys =
            daemon.get("/.well-known/jwks.json").await.expect(200).json["keys"].as_array().unwrap().clone();
        let rsa = keys.iter().take_while(|key| key["kty"] == "RSA");
        rsa.map(|key| key["kid"].clone()).collect::<Vec<_>>()
    };
    let signed = async |daemon: &Daemon, count: usize| {
        let id = run(daemon, &sink.url("/cb")).await;
        succeed(daemon, &id, "1").await;
        json!(kid(&sink.wait("/cb", count).await[count - 1]))
    };
    let [(made, ..)] = &listed(&daemon).await[..] else { panic!("one key that the daemon made") };
    assert_eq!(signed(&daemon, 1).await, *made);
    // The operator brings a key, and replaces it later: the next one is published, and signs nothing yet.
    write_rsa_key(&daemon);
    let file = daemon.dir().join("ringback.toml");
    let settings = std::fs::read_to_string(&file).unwrap();
    let named = format!("[signing]\nrs256_key_file = \"{}\"", daemon.dir().join("rs256.pem").display());
    std::fs::write(&file, format!("{settings}\n{named}\n")).unwrap();
    for keys in 2..4 {
        let reloaded = daemon.cli(&["reload"]).await;
        assert_eq!(reloaded.0, 0, "{reloaded:?}");
        let all = listed(&daemon).await;
        let states: Vec<_> = all.iter().map(|(_, state, origin)| (state.clone(), origin.clone())).collect();
        let mut expected = vec![(json!("waiting"), json!("file")); keys - 1];
        expected.push((json!("signing"), json!("made")));
        assert_eq!(states, expected);
        assert_eq!(published(&daemon).await, all.iter().map(|(kid, ..)| kid.clone()).collect::<Vec<_>>());
        assert_eq!(signed(&daemon, keys).await, *made);
        write_rsa_key(&daemon);
    }
    let refused = daemon.post("/v1/signing-keys/rotate", json!({"algorithm": "RS256"})).await.expect(422);
    assert!(refused.text.contains("signing.rs256_key_file"), "{}", refused.text);
    // A restart takes the third over, and forgets none.
    daemon.terminate().await;
    daemon.restart().await;
    assert_eq!((published(&daemon).await.len(), signed(&daemon, 4).await), (4, made.clone()));
}

#[tokio::test]
async fn action_runs_14_a_fresh_token_for_each_attempt() {
    let daemon = Daemon::with_config("public_url = \"https://hooks.example.com\"").await;
    let sink = Sink::start().await;
    sink.first("/cb", [Act::Status(500), Act::Status(503)]);
    let id = run(&daemon, &sink.url("/cb")).await;
    succeed(&daemon, &id, "1").await;
    called_back(&daemon, &id, "delivered").await;
    let received = sink.received("/cb");
    let keys = daemon.get("/.well-known/jwks.json").await.expect(200);
    assert_eq!(keys.headers["cache-control"], "public, max-age=300");
    let mut ids = BTreeSet::new();
    for request in &received {
        let head = part(request.header(SIGNATURE), 0);
        assert_eq!(head, json!({"alg": "RS256", "typ": "JWT", "kid": keys.json["keys"][0]["kid"]}));
        let claims = claims(request);
        let number = |name: &str| claims[name].as_u64().unwrap();
        assert_eq!(number("exp") - number("iat"), 300);
        assert!(number("iat") <= ringback::clock::now().as_secs());
        assert_eq!((&claims["sub"], &claims["iss"]), (&json!(id), &json!("https://hooks.example.com")));
        let digest: String = Sha256::digest(&request.body).iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(claims["body_sha256"], digest);
        assert_eq!(claims.as_object().unwrap().len(), 6, "and no audience: {claims}");
        ids.insert(claims["jti"].as_str().unwrap().to_owned());
    }
    assert_eq!((received.len(), ids.len()), (3, 3));
    let iat = |at: usize| claims(&received[at])["iat"].as_u64().unwrap();
    assert!(iat(2) >= iat(0) + 2, "signed anew when it was sent");
}

/// 2 s, or with `RINGBACK_LONG_RUN=1` more than the 45 s that the contract names.
#[tokio::test]
async fn action_runs_15_a_long_run_calls_back_once() {
    let long = std::env::var_os("RINGBACK_LONG_RUN").is_some_and(|value| value == "1");
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    let id = run(&daemon, &sink.url("/cb")).await;
    daemon.post(&format!("{}/start", job(&id)), json!({})).await.expect(200);
    // The time itself is what is tested.
    tokio::time::sleep(Duration::from_secs(if long { 46 } else { 2 })).await;
    assert!(sink.received("/cb").is_empty());
    let waiting = daemon.get(&format!("{RUNS}/{id}")).await.expect(200).json;
    assert_eq!(waiting["data"]["status"], "waiting");
    succeed(&daemon, &id, "1").await;
    daemon.post(&format!("{}/complete", job(&id)), json!({"status": "failed"})).await.expect(409);
    called_back(&daemon, &id, "delivered").await;
    let received = sink.received("/cb");
    assert_eq!((received.len(), &received[0].json()["data"]["status"]), (1, &json!("success")));
}

#[tokio::test]
async fn action_runs_16_attempts_go_on_after_kill() {
    // Time for the kill between two attempts.
    let wait = 1000 + 10 * pace().await.as_millis();
    let retry = format!("retry = {{ schedule = [\"0s\", \"{wait}ms\", \"1s\"], jitter = 0 }}");
    let settings = format!("[profiles.action-runs]\n{retry}");
    let (mut daemon, sink) = (Daemon::with_config(&settings).await, Sink::start().await);
    sink.first("/cb", [Act::Status(500), Act::Status(500)]);
    let id = run(&daemon, &sink.url("/cb")).await;
    succeed(&daemon, &id, "{\"n\":1}").await;
    wait_for("the first attempt", async || {
        let shown = daemon.get(&format!("{RUNS}/{id}/callback")).await.expect(200).json;
        (shown["data"]["delivery"]["attempts"] == 1).then_some(())
    })
    .await;
    daemon.kill9().await;
    daemon.restart().await;
    let callback = called_back(&daemon, &id, "delivered").await;
    assert_eq!(attempts(&callback), 3);
    let received = sink.received("/cb");
    assert_eq!(received.len(), 3);
    assert!(received.iter().all(|request| request.body == received[0].body));
}

#[tokio::test]
async fn action_runs_17_redirects_are_not_followed() {
    ends_at_once(Act::With(302, vec![("location", "/elsewhere".to_owned())])).await;
}

#[tokio::test]
async fn action_runs_18_without_a_token() {
    let daemon = strict().await;
    let paths = [
        (Method::POST, RUNS),
        (Method::GET, "/v2/action-runs/arun_x"),
        (Method::GET, "/v2/action-runs/arun_x/callback"),
    ];
    for token in [None, Some("rb_wrong".to_owned())] {
        let stranger = ringback::cli::client::Client::new(daemon.url(), token).unwrap();
        for (method, path) in paths.clone() {
            let body = (method == Method::POST).then(|| json!({"action": "a"}).to_string());
            let reply = stranger.send(method, path, body).await.unwrap();
            assert_eq!(reply.status.as_u16(), 401);
            let told: Value = serde_json::from_slice(&reply.body).unwrap();
            assert_eq!(
                (&told["errors"][0]["status"], &told["errors"][0]["code"]),
                (&json!(401), &json!("unauthorized"))
            );
        }
    }
    stores_nothing(&daemon).await;
}

#[tokio::test]
async fn another_accounts_runs_are_unknown_ones() {
    let daemon = strict().await;
    let id = run(&daemon, "https://example.com/").await;
    daemon.post("/v1/accounts", json!({"name": "other"})).await.expect(201);
    let token = daemon.post("/v1/tokens", json!({"role": "producer", "account": "other"})).await.expect(201);
    let other = ringback::cli::client::Client::new(daemon.url(), Some(token.text_of("token"))).unwrap();
    let native = daemon.post("/v1/jobs", json!({"type": "a"})).await.expect(201).text_of("id");
    let own = json!({"action": "a"}).to_string();
    let own = other.send(Method::POST, RUNS, Some(own)).await.unwrap();
    let own: Value = serde_json::from_slice(&own.body).unwrap();
    let own = format!("{RUNS}/{}", own["data"]["id"].as_str().unwrap());
    let polled = other.send(Method::GET, &own, None).await.unwrap();
    assert_eq!(polled.status.as_u16(), 200, "whoever makes a run may poll it");
    let same = |text: &str, id: &str| text.replace(id, "");
    let (rest, last) = id.split_at(id.len() - 1);
    let unknown = format!("{rest}{}", if last == "0" { "1" } else { "0" });
    for path in ["", "/callback"] {
        let foreign = other.send(Method::GET, &format!("{RUNS}/{id}{path}"), None).await.unwrap();
        let missing = daemon.get(&format!("{RUNS}/{unknown}{path}")).await.expect(404);
        let job = daemon.get(&format!("{RUNS}/{}{path}", native.replace("job_", "arun_"))).await.expect(404);
        assert_eq!(foreign.status.as_u16(), 404);
        assert_eq!(same(&String::from_utf8_lossy(&foreign.body), &id), same(&missing.text, &unknown));
        assert_eq!(job.text, missing.text);
        assert_eq!(missing.json["errors"][0]["status"], 404);
    }
}

#[tokio::test]
async fn results_too_large_for_a_callback_are_named_in_it_and_polled() {
    let daemon = Daemon::with_config("[events]\nmax_data_bytes = \"100KiB\"").await;
    let sink = Sink::start().await;
    let id = run(&daemon, &sink.url("/cb")).await;
    let rows: String = (0..12).map(|n| format!("\"{n}{}\"\n", "x".repeat(1_000_000))).collect();
    succeed(&daemon, &id, &rows).await;
    let body = sink.wait("/cb", 1).await[0].json();
    assert_eq!(
        body["data"],
        json!({"type": "run", "id": id, "status": "success", "results": [], "errors": [], "results_omitted": 12})
    );
    let poll = daemon.get(&format!("{RUNS}/{id}")).await.expect(200).json;
    let given: Vec<_> = rows.lines().map(|row| serde_json::from_str::<Value>(row).unwrap()).collect();
    assert!(poll["data"]["results"].as_array().unwrap() == &given, "all of them, in order");
}

#[tokio::test]
async fn a_token_is_about_the_job_or_the_event_where_there_is_no_run() {
    let signed = "signature = [{ scheme = \"jwt\", header = \"Ringback-Callback-Signature\" }]";
    let settings = format!("[profiles.signed]\n{signed}\n[profiles.job-webhooks]\n{signed}");
    let (daemon, sink) = (Daemon::with_config(&settings).await, Sink::start().await);
    daemon.webhook(&sink.url("/event"), json!({"events": ["a.*"], "profile": "signed"})).await;
    let event = daemon.event("a.b", json!(1)).await;
    assert_eq!(claims(&sink.wait("/event", 1).await[0])["sub"], json!(event));
    let job =
        daemon.post("/v1/jobs", json!({"type": "a", "callback_url": sink.url("/job")})).await.expect(201);
    let id = job.text_of("id");
    daemon.post(&format!("/v1/jobs/{id}/complete"), json!({"status": "succeeded"})).await.expect(200);
    assert_eq!(claims(&sink.wait("/job", 1).await[0])["sub"], json!(id));
}
