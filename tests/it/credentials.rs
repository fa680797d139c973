//! What a webhook is given in confidence stays between the daemon and the receiver: it is not in what a
//! receiver echoes, not shown to readers, not in the file, and no file or folder lies open unnoticed.

use std::os::unix::fs::PermissionsExt as _;

use http::Method;
use ringback::cli::client::Client;
use serde_json::{Value, json};

use crate::harness::{Act, Daemon, Sink, wait_for};

/// Everything that is given to webhooks in confidence.
const CANARIES: [&str; 5] = [
    "canary-custom-header",
    "canary-bearer-token",
    "canary-named-secret",
    "canary-literal",
    "canary-in-query",
];

fn holds_canary(text: &str) -> Option<&'static str> {
    CANARIES.into_iter().find(|canary| text.contains(canary))
}

async fn put_secret(daemon: &Daemon) {
    let secret = json!({"value": "canary-named-secret"});
    daemon.call(Method::PUT, "/v1/secrets/MINE", Some(secret)).await.expect(201);
}

fn run_webhook(url: &str) -> Value {
    let template = r#"{"Authorization": "Bearer {{secrets.MINE}}", "X-Literal": "canary-literal"}"#;
    json!({
        "eventTypes": ["ACTOR.RUN.CREATED"],
        "condition": {"actorId": "mine"},
        "requestUrl": url,
        "headersTemplate": template,
    })
}

#[tokio::test]
async fn what_a_receiver_echoes_is_stored_without_what_it_was_sent_in_confidence() {
    let (mut daemon, sink) = (Daemon::start().await, Sink::start().await);
    sink.always("/echo", Act::EchoAll(200));
    sink.always("/run", Act::EchoAll(200));
    put_secret(&daemon).await;
    let headers = json!({"x-custom": "canary-custom-header", "authorization": "Bearer canary-bearer-token"});
    let webhook =
        daemon.webhook(&sink.url("/echo?key=canary-in-query&n=1"), json!({"headers": headers})).await;
    daemon.post("/v2/webhooks", run_webhook(&sink.url("/run?key=canary-in-query"))).await.expect(201);
    let event = daemon.event("order.paid", json!({"n": 1})).await;
    daemon.settled(&event, &webhook, "delivered").await;
    daemon.post("/v2/actors/mine/runs", json!({})).await.expect(201);
    let dispatches = wait_for("the run's dispatch", async || {
        let found = daemon.get("/v2/webhook-dispatches").await;
        found.text.contains("SUCCEEDED").then_some(found.text)
    })
    .await;
    // The receiver did get, and did say, all of it.
    let received = [sink.received("/echo"), sink.received("/run")].concat();
    let received = format!("{:?} {:?}", received[0], received.iter().map(|r| &r.headers).collect::<Vec<_>>());
    for canary in CANARIES {
        assert!(received.contains(canary), "{canary} was not sent");
    }
    assert!(dispatches.contains("key=canary-in-query"), "who may change a webhook sees its target");
    let reader = daemon.post("/v1/tokens", json!({"role": "reader"})).await.expect(201).text_of("token");
    let reader = Client::new(daemon.url(), Some(reader)).unwrap();
    let read = async |path: &str| {
        let reply = reader.send(Method::GET, path, None).await.unwrap();
        assert_eq!(reply.status, 200);
        String::from_utf8(reply.body.to_vec()).unwrap()
    };
    let mut shown = vec![read("/v2/webhook-dispatches").await];
    for path in [format!("/v1/webhooks/{}/deliveries", webhook.id), "/v1/deliveries".to_owned()] {
        shown.push(read(&path).await);
    }
    for delivery in daemon.get("/v1/deliveries").await.json["data"].as_array().unwrap() {
        let path = format!("/v1/deliveries/{}", delivery["id"].as_str().unwrap());
        let detail = read(&path).await;
        assert!(detail.contains("x-echo"), "the answer is kept: {detail}");
        shown.push(detail);
    }
    for text in &shown {
        assert_eq!(holds_canary(text), None, "{text}");
    }
    daemon.terminate().await;
    let file = std::fs::read(daemon.data_dir().join("ringback.redb")).unwrap();
    for canary in CANARIES {
        let found = file.windows(canary.len()).any(|part| part == canary.as_bytes());
        assert!(!found, "{canary} is in the file");
    }
    assert_eq!(holds_canary(&daemon.log()), None);
}

#[tokio::test]
async fn readers_see_neither_queries_nor_literals_of_header_templates() {
    let daemon = Daemon::start().await;
    put_secret(&daemon).await;
    let target = "http://127.0.0.1:9/p?key=canary-in-query&canary-literal";
    let webhook = daemon.webhook(target, json!({})).await;
    let run = daemon.post("/v2/webhooks", run_webhook(target)).await.expect(201).json;
    let hook = json!({"target_url": target, "event": "order.paid"});
    let hook = daemon.post("/api/hooks", hook).await.expect(201).text_of("id");
    let declared = json!({"webhooks": [{
        "eventTypes": ["ACTOR.RUN.FAILED"], "requestUrl": target,
        "headersTemplate": "{\"X-Literal\": \"canary-literal\"}",
    }]});
    daemon.call(Method::PUT, "/v1/actors/declared", Some(declared)).await.expect(201);
    let reader = daemon.post("/v1/tokens", json!({"role": "reader"})).await.expect(201).text_of("token");
    let reader = Client::new(daemon.url(), Some(reader)).unwrap();
    let run = run["data"]["id"].as_str().unwrap();
    for path in [
        format!("/v1/webhooks/{}", webhook.id),
        "/v1/webhooks".to_owned(),
        format!("/v2/webhooks/{run}"),
        "/v2/webhooks".to_owned(),
        format!("/api/hooks/{hook}"),
        "/api/hooks".to_owned(),
        "/v1/actors/declared".to_owned(),
        "/v1/actors".to_owned(),
    ] {
        let reported = reader.send(Method::GET, &path, None).await.unwrap();
        let text = String::from_utf8(reported.body.to_vec()).unwrap();
        assert_eq!((reported.status.as_u16(), holds_canary(&text)), (200, None), "{path}: {text}");
        assert!(text.contains("key=***&***"), "{path}: {text}");
        // Whoever may change them sees them.
        let whole = daemon.get(&path).await.expect(200).text;
        assert!(whole.contains("key=canary-in-query&canary-literal"), "{path}: {whole}");
    }
}

#[tokio::test]
async fn open_files_and_folders_are_warned_of() {
    let mut daemon = Daemon::start().await;
    assert!(!daemon.log().contains("open to other users"), "{}", daemon.log());
    let ballast = daemon.data_dir().join("ringback.redb.ballast");
    let mode = std::fs::metadata(&ballast).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    daemon.terminate().await;
    let open = [("seal-key", 0o644), ("admin-token", 0o666), ("ringback.redb", 0o604), ("", 0o777)];
    for (name, mode) in open {
        let path = daemon.data_dir().join(name);
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    }
    daemon.restart().await;
    let log = daemon.log();
    let warnings = log.lines().filter(|line| line.contains("open to other users")).collect::<Vec<_>>();
    assert_eq!(warnings.len(), open.len(), "{warnings:?}");
    for ((name, mode), remedy) in open.into_iter().zip(["chmod 600", "chmod 600", "chmod 600", "chmod 700"]) {
        let reported = |line: &&&str| line.contains(name) && line.contains(&format!("{mode:o}"));
        assert!(
            warnings.iter().find(reported).is_some_and(|line| line.contains(remedy)),
            "{name}: {warnings:?}"
        );
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_process_leaves_no_core_file() {
    let daemon = Daemon::start().await;
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", daemon.pid())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    // What may not be dumped belongs to root, whoever runs it, and may not be looked into by its own user.
    let filter = std::fs::read_to_string(format!("/proc/{}/coredump_filter", daemon.pid()));
    assert!(filter.is_err() || rustix::process::geteuid().is_root());
}

#[tokio::test]
async fn a_store_that_is_moved_away_is_noticed_and_not_replaced() {
    let daemon = Daemon::start().await;
    let path = daemon.data_dir().join("ringback.redb");
    let moved = daemon.data_dir().join("moved.redb");
    std::fs::rename(&path, &moved).unwrap();
    let ready = daemon.admin("/readyz").await;
    assert_eq!(ready.status, 503, "{}", ready.text);
    assert!(ready.text.contains("moved away or replaced"), "{}", ready.text);
    let second = Daemon::command(daemon.dir()).stderr(std::process::Stdio::piped()).output().await.unwrap();
    let reported = String::from_utf8_lossy(&second.stderr);
    assert!(
        !second.status.success() && reported.contains("another process has the store open"),
        "{reported}"
    );
    assert!(!path.exists(), "no other store was made in its place");
    std::fs::rename(&moved, &path).unwrap();
    daemon.admin("/readyz").await.expect(200);
}
