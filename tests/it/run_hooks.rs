//! The webhooks of runs: those that an actor declares, and those that come with one run.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use crate::harness::clients::{Clients, Program, passes, script, start};
use crate::harness::{Daemon, Sink, wait_for, wait_until};

const ACTOR: &str = include_str!("../clients/actor.json");
const SECRET: &str = "canary-0123456789abcdef0123456789abcdef";

async fn set_secret(daemon: &Daemon, value: &str) {
    let answer = daemon.call(Method::PUT, "/v1/secrets/WEBHOOK_SECRET", Some(json!({"value": value}))).await;
    assert!([200, 201].contains(&answer.status), "{answer:?}");
}

async fn declare(daemon: &Daemon, webhooks: Value) {
    let actor = json!({"name": "my-actor", "webhooks": webhooks});
    let answer = daemon.call(Method::PUT, "/v1/actors/my-actor", Some(actor)).await;
    assert!([200, 201].contains(&answer.status), "{answer:?}");
}

/// Starts a run; its id.
async fn run(daemon: &Daemon, webhooks: Option<Value>) -> String {
    let query = webhooks.map(|all| {
        let text = STANDARD.encode(all.to_string());
        format!(
            "?{}",
            url::form_urlencoded::Serializer::new(String::new()).append_pair("webhooks", &text).finish()
        )
    });
    let path = format!("/v2/actors/my-actor/runs{}", query.unwrap_or_default());
    daemon.post(&path, json!({})).await.expect(201).json["data"]["id"].as_str().unwrap().to_owned()
}

async fn ends(daemon: &Daemon, run: &str, status: &str) {
    daemon.post(&format!("/v1/jobs/{run}/complete"), json!({"status": status})).await.expect(200);
}

async fn webhooks(daemon: &Daemon) -> u64 {
    daemon.get("/v2/webhooks").await.expect(200).json["data"]["total"].as_u64().unwrap()
}

#[tokio::test]
async fn run_webhooks_11_the_seeds_actor_is_taken_in_and_sends_its_secret() {
    let (dir, sink) = (tempfile::tempdir().unwrap(), Sink::start().await);
    let actors = dir.path().join("actors");
    let place = actors.join("my-actor/.actor");
    std::fs::create_dir_all(&place).unwrap();
    let printed = "https://your-server.example.com/apify-webhook";
    assert_eq!(ACTOR.matches(printed).count(), 1);
    std::fs::write(place.join("actor.json"), ACTOR.replace(printed, &sink.url("/apify-webhook"))).unwrap();
    std::fs::write(actors.join("bad.json"), r#"{"webhooks":[{"eventTypes":["NO.SUCH"],"requestUrl":"x"}]}"#)
        .unwrap();
    let settings = format!("actors_dir = {:?}", actors.display().to_string());
    let mut daemon = Daemon::in_directory(dir, &settings).await;
    // The log is written beside the work.
    wait_until("the refusal's line in the log", || {
        daemon.log().lines().any(|line| line.contains("bad.json") && line.contains("/webhooks/0/"))
    })
    .await;
    daemon.get("/v1/actors/bad").await.expect(404);
    set_secret(&daemon, SECRET).await;
    let run = run(&daemon, None).await;
    ends(&daemon, &run, "succeeded").await;
    let sent = sink.wait("/apify-webhook", 1).await;
    assert_eq!(sent[0].header("x-webhook-secret"), SECRET);
    let body = format!(r#"{{"runId":"{run}","datasetId":"{run}","status":"SUCCEEDED"}}"#);
    assert_eq!(sent[0].body, body);
    // The same files at the next start change nothing.
    let before = daemon.get("/v1/actors/my-actor").await.expect(200).json;
    daemon.terminate().await;
    daemon.restart().await;
    assert_eq!(daemon.get("/v1/actors/my-actor").await.expect(200).json, before);
    assert!(!daemon.log().contains(SECRET));
}

#[tokio::test]
async fn the_same_webhook_declared_twice_or_made_besides_fires_once() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let hook = |path: &str, events: Value| json!({"eventTypes": events, "requestUrl": sink.url(path)});
    let (won, made) = ("ACTOR.RUN.SUCCEEDED", "ACTOR.RUN.CREATED");
    declare(
        &daemon,
        json!([hook("/a", json!([won, made])), hook("/a", json!([won])), hook("/b", json!([won]))]),
    )
    .await;
    assert_eq!(webhooks(&daemon).await, 2);
    let mut same = hook("/b", json!([won]));
    same["condition"] = json!({"actorId": "my-actor"});
    daemon.post("/v2/webhooks", same).await.expect(201);
    let one = run(&daemon, None).await;
    ends(&daemon, &one, "succeeded").await;
    sink.wait("/a", 2).await;
    sink.wait("/b", 1).await;
    // What no longer is declared goes; what comes after it shows that nothing else came before.
    declare(&daemon, json!([hook("/c", json!([won]))])).await;
    let two = run(&daemon, None).await;
    ends(&daemon, &two, "succeeded").await;
    sink.wait("/c", 1).await;
    assert_eq!((sink.wait("/b", 2).await.len(), sink.received("/a").len()), (2, 2));
    daemon.call(Method::DELETE, "/v1/actors/my-actor", None).await.expect(204);
    assert_eq!(webhooks(&daemon).await, 1);
}

#[tokio::test]
async fn what_is_wrong_with_a_declaration_is_named_and_nothing_kept() {
    let daemon = Daemon::shared().await;
    let bad = json!({"webhooks": [
        {"eventTypes": ["ACTOR.RUN.SUCCEEDED"], "requestUrl": "https://example.com/"},
        {"eventTypes": ["ACTOR.RUN.SUCCEEDED"], "requestUrl": "https://example.com/", "payloadTemplate": "{{what}}"},
    ]});
    let answer = daemon.call(Method::PUT, "/v1/actors/my-actor", Some(bad)).await;
    assert!((400..500).contains(&answer.status), "{answer:?}");
    assert_eq!(answer.json["errors"][0]["pointer"], "/webhooks/1/payloadTemplate", "{answer:?}");
    daemon.get("/v1/actors/my-actor").await.expect(404);
    assert_eq!(webhooks(&daemon).await, 0);
}

#[tokio::test]
async fn run_webhooks_22_the_webhook_of_another_end_goes_unfired() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let both = json!([
        {"eventTypes": ["ACTOR.RUN.SUCCEEDED"], "requestUrl": sink.url("/won")},
        {"eventTypes": ["ACTOR.RUN.FAILED"], "requestUrl": sink.url("/lost")},
    ]);
    let run = run(&daemon, Some(both)).await;
    assert_eq!(webhooks(&daemon).await, 2);
    ends(&daemon, &run, "succeeded").await;
    sink.wait("/won", 1).await;
    wait_for("both are gone", async || (webhooks(&daemon).await == 0).then_some(())).await;
    daemon.post(&format!("/v2/actor-runs/{run}/resurrect"), json!({})).await.expect(200);
    ends(&daemon, &run, "failed").await;
    daemon.webhook(&sink.url("/after"), json!({"events": ["after"]})).await;
    daemon.event("after", json!(1)).await;
    sink.wait("/after", 1).await;
    assert_eq!((sink.received("/won").len(), sink.received("/lost").len()), (1, 0));
}

#[tokio::test]
async fn run_webhooks_17_a_bad_webhook_starts_no_run() {
    let daemon = Daemon::shared().await;
    let good = json!({"eventTypes": ["ACTOR.RUN.SUCCEEDED"], "requestUrl": "https://example.com/"});
    for bad in ["%", "bm90IGpzb24=", "e30="] {
        let path = format!("/v2/actors/my-actor/runs?webhooks={bad}");
        daemon.post_raw(&path, &[], "").await.expect(400);
    }
    for bad in [
        json!({"eventTypes": [], "requestUrl": "https://example.com/"}),
        json!({"requestUrl": "x"}),
        json!(1),
    ] {
        let text = STANDARD.encode(json!([good, bad]).to_string());
        let path = format!("/v2/actors/my-actor/runs?webhooks={text}");
        let answer = daemon.post_raw(&path, &[], "").await.expect(400);
        assert!(answer.json["error"]["type"].is_string(), "{answer:?}");
    }
    assert_eq!(daemon.get("/v2/actor-runs").await.expect(200).json["data"]["total"], 0);
    assert_eq!(webhooks(&daemon).await, 0);
}

#[tokio::test]
async fn run_webhooks_17_clients_start_runs_with_webhooks() {
    let Some(clients) = Clients::find() else { return };
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let hook = sink.url("");
    for (mut command, name) in [(clients.python(&daemon), "ad_hoc.py"), (clients.node(&daemon), "ad_hoc.mjs")]
    {
        command.env("HOOK", &hook);
        let run = passes(command, name).await.remove(0);
        ends(&daemon, &run, "succeeded").await;
        let body = json!({"run": run});
        wait_for("the webhook of the run", async || {
            sink.received("/won").iter().find(|sent| sent.json() == body).cloned()
        })
        .await;
    }
    assert_eq!((sink.received("/won").len(), sink.received("/lost").len()), (2, 0));
}

/// A receiver as it is printed, with what the print leaves open, running in `dir`.
fn receiver(clients: &Clients, daemon: &Daemon, dir: &Path, name: &str, open: &[(&str, &str)]) -> Program {
    let mut text = std::fs::read_to_string(script(name)).unwrap();
    for (printed, filled) in open {
        assert_eq!(text.matches(printed).count(), 1, "{printed}");
        text = text.replace(printed, filled);
    }
    let file = dir.join(name);
    std::fs::write(&file, text).unwrap();
    let mut command = if name.ends_with(".py") {
        let mut python = clients.python(daemon);
        python.arg("-c").arg(SERVE).current_dir(dir);
        python
    } else {
        std::os::unix::fs::symlink(clients.node_modules(), dir.join("node_modules")).unwrap();
        let mut node = clients.node(daemon);
        node.arg(&file);
        node
    };
    command.env("WEBHOOK_SECRET", SECRET);
    start(command)
}

/// What starts the printed application, on a port that it says.
const SERVE: &str = "
import socket, sys
sys.path.insert(0, '.')
import uvicorn
from receiver_fastapi import app
listener = socket.create_server(('127.0.0.1', 0))
print(listener.getsockname()[1], flush=True)
uvicorn.Server(uvicorn.Config(app, log_level='warning')).run(sockets=[listener])
";

async fn accepts_and_deduplicates(daemon: &Daemon, mut receiver: Program, already: &str) {
    let port = receiver.line().await;
    let url = format!("http://127.0.0.1:{port}/apify-webhook");
    let headers = r#"{"X-Webhook-Secret": "{{secrets.WEBHOOK_SECRET}}"}"#;
    let webhook =
        json!({"eventTypes": ["ACTOR.RUN.SUCCEEDED"], "requestUrl": url, "headersTemplate": headers});
    set_secret(daemon, SECRET).await;
    declare(daemon, json!([webhook])).await;
    let first = run(daemon, None).await;
    let rows = "{\"url\":\"https://example.com/1\"}\n{\"url\":\"https://example.com/2\"}\n";
    let ndjson = [("content-type", "application/x-ndjson")];
    daemon.post_raw(&format!("/v1/jobs/{first}/results"), &ndjson, rows).await.expect(200);
    ends(daemon, &first, "succeeded").await;
    let items: Value = serde_json::from_str(&receiver.line().await).unwrap();
    assert_eq!(items, json!([{"url": "https://example.com/1"}, {"url": "https://example.com/2"}]));

    // The same again is taken, and nothing done twice.
    let delivery = attempts(daemon, 0, 1).await;
    daemon
        .post(&format!("/v1/deliveries/{}/retry", delivery["id"].as_str().unwrap()), json!({}))
        .await
        .expect(202);
    let delivery = attempts(daemon, 0, 2).await;
    let answer = &delivery["attempt_log"][1];
    assert!(
        answer["status_code"] == 200 && answer["response_body"].as_str().unwrap().contains(already),
        "{answer}"
    );

    // With another secret it is turned away.
    set_secret(daemon, "another").await;
    let second = run(daemon, None).await;
    ends(daemon, &second, "succeeded").await;
    let refused = attempts(daemon, 0, 1).await;
    assert_eq!(refused["attempt_log"][0]["status_code"], 401, "{refused}");
}

/// A delivery, by its place from the newest, once it had so many attempts.
async fn attempts(daemon: &Daemon, place: usize, count: usize) -> Value {
    wait_for("an attempt", async || {
        let list = daemon.get("/v1/deliveries").await.expect(200).json;
        let id = list["data"][place]["id"].as_str()?;
        let delivery = daemon.get(&format!("/v1/deliveries/{id}")).await.expect(200).json;
        (delivery["attempt_log"].as_array().unwrap().len() == count).then_some(delivery)
    })
    .await
}

#[tokio::test]
async fn run_webhooks_24_the_seeds_express_receiver_accepts_and_deduplicates() {
    let Some(clients) = Clients::find() else { return };
    let (daemon, dir) = (Daemon::shared().await, tempfile::tempdir().unwrap());
    let open = [
        ("{ token: APIFY_TOKEN }", "{ token: APIFY_TOKEN, baseUrl: process.env.RINGBACK_URL }"),
        (
            "// ...post to Slack / append to Google Sheets / upload to S3...",
            "console.log(JSON.stringify(items));",
        ),
        ("app.listen(3000);", "const on = app.listen(0, '127.0.0.1', () => console.log(on.address().port));"),
    ];
    let receiver = receiver(&clients, &daemon, dir.path(), "receiver_express.mjs", &open);
    accepts_and_deduplicates(&daemon, receiver, "already processed").await;
}

#[tokio::test]
async fn run_webhooks_24_the_seeds_fastapi_receiver_accepts_and_deduplicates() {
    let Some(clients) = Clients::find() else { return };
    let (daemon, dir) = (Daemon::shared().await, tempfile::tempdir().unwrap());
    let open = [
        (
            "token=os.environ['APIFY_TOKEN']",
            "token=os.environ['APIFY_TOKEN'], api_url=os.environ['RINGBACK_URL']",
        ),
        ("    ...\n", "    import json\n    print(json.dumps(items), flush=True)\n"),
    ];
    let receiver = receiver(&clients, &daemon, dir.path(), "receiver_fastapi.py", &open);
    accepts_and_deduplicates(&daemon, receiver, "already processed").await;
}
