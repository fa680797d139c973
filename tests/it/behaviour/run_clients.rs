//! What clients and integrations of run webhooks ask for besides.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use serde_json::{Value, json};

use crate::harness::{Daemon, Sink};

async fn start(daemon: &Daemon, actor: &str, query: &str) -> String {
    let run = daemon.post(&format!("/v2/acts/{actor}/runs{query}"), json!({})).await.expect(201);
    run.json["data"]["id"].as_str().unwrap().to_owned()
}

async fn end(daemon: &Daemon, run: &str, status: &str) {
    daemon.post(&format!("/v1/jobs/{run}/complete"), json!({"status": status})).await.expect(200);
}

async fn data(daemon: &Daemon, path: &str) -> Value {
    daemon.get(path).await.expect(200).json["data"].clone()
}

#[tokio::test]
async fn what_does_not_exist_as_a_path_is_not_taken_for_a_missing_thing() {
    let daemon = Daemon::shared().await;
    for path in ["/v2/nonsense", "/v2/request-queues/x", "/v2/users/somebody", "/v2/acts/a/builds"] {
        let error = daemon.get(path).await.expect(404).json["error"].clone();
        assert_eq!(error["type"], "page-not-found", "{path}");
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("was not found"), "{error}");
        assert!(message.contains("?dialects=all") && message.contains("request queues"), "{error}");
    }
    // What would be made beside a run is refused by the same words.
    for path in ["/v2/datasets?name=mine", "/v2/key-value-stores?name=mine", "/v2/request-queues?name=mine"] {
        let error = daemon.post(path, json!({})).await.expect(404).json["error"].clone();
        assert_eq!(error["type"], "page-not-found", "{path}");
        assert!(
            error["message"].as_str().unwrap().contains("named datasets and key-value stores"),
            "{error}"
        );
    }
    let nobody = "job_00000000000000000000000000";
    for path in [
        format!("/v2/actor-runs/{nobody}"),
        format!("/v2/acts/a/runs/{nobody}"),
        format!("/v2/datasets/{nobody}"),
        "/v2/acts/a/runs/last".to_owned(),
        "/v2/acts/a/runs/last/log".to_owned(),
        "/v2/acts/nobody".to_owned(),
        "/v2/webhooks/x".to_owned(),
        "/v2/webhook-dispatches/x".to_owned(),
    ] {
        let error = daemon.get(&path).await.expect(404).json["error"].clone();
        assert_eq!(error["type"], "record-not-found", "{path}");
        assert!(error["message"].as_str().unwrap().contains("was not found"), "{error}");
    }
    for (path, list) in
        [("/v1/nonsense", "/openapi.json lists"), ("/api/nonsense", "/openapi.json?dialects=all lists")]
    {
        let problem = daemon.get(path).await.expect(404).json;
        assert_eq!(problem["code"], "path_not_found", "{path}");
        assert!(problem["detail"].as_str().unwrap().contains(list), "{problem}");
    }
}

#[tokio::test]
async fn runs_are_read_by_every_path() {
    let daemon = Daemon::start().await;
    let actor = json!({"actorSpecification": 1, "name": "a", "title": "An actor", "version": "0.1"});
    daemon.call(Method::PUT, "/v1/actors/a", Some(actor)).await.expect(201);
    let (first, second, third) =
        (start(&daemon, "a", "").await, start(&daemon, "a", "").await, start(&daemon, "b", "").await);
    end(&daemon, &first, "succeeded").await;
    end(&daemon, &second, "failed").await;
    for query in ["status=SUCCEEDED,FAILED", "status=SUCCEEDED&status=FAILED"] {
        let list = data(&daemon, &format!("/v2/acts/a/runs?{query}")).await;
        assert_eq!(list["total"], 2, "{query}");
    }
    let error = daemon.get("/v2/actor-runs?status=SUCCEEDED,DONE").await.expect(400);
    assert!(error.text.contains("status must be one of"), "{}", error.text);
    let run = data(&daemon, &format!("/v2/acts/a/runs/{second}")).await;
    assert_eq!((&run["status"], &run["generalAccess"]), (&json!("FAILED"), &json!("RESTRICTED")));
    daemon.get(&format!("/v2/acts/a/runs/{third}")).await.expect(404);
    let last = data(&daemon, "/v2/actors/a/runs/last?status=SUCCEEDED").await;
    assert_eq!(last["id"], first);
    assert_eq!(data(&daemon, "/v2/acts/a/runs/last/dataset").await["id"], second);
    let path = "/v2/acts/a/runs/last/key-value-store";
    assert_eq!(data(&daemon, path).await["actRunId"], second);
    assert_eq!(data(&daemon, &format!("{path}?status=SUCCEEDED")).await["actRunId"], first);
    assert_eq!(data(&daemon, &format!("{path}/keys?status=SUCCEEDED")).await["items"][0]["key"], "INPUT");
    let started =
        data(&daemon, &format!("/v2/actor-runs/{first}")).await["startedAt"].as_str().unwrap().to_owned();
    for suffix in [
        "",
        "/log",
        "/dataset",
        "/dataset/items",
        "/key-value-store",
        "/key-value-store/keys",
        "/key-value-store/records/INPUT",
    ] {
        let last = |query: &str| format!("/v2/actors/a/runs/last{suffix}?{query}");
        daemon.get(&last("startedAfter=2100-01-01T00:00:00Z")).await.expect(404);
        daemon.get(&last("startedBefore=2000-01-01T00:00:00Z")).await.expect(404);
        daemon.get(&last("status=ABORTED")).await.expect(404);
        daemon
            .get(&last(&format!("startedAfter={started}&startedBefore=2100-01-01T00:00:00Z")))
            .await
            .expect(200);
    }
    let log = daemon.get("/v2/acts/a/runs/last/log?status=SUCCEEDED").await.expect(200).text;
    assert!(log.contains("SUCCEEDED"), "{log}");
    let aborted = daemon.post(&format!("/v2/acts/b/runs/{third}/abort"), json!({})).await.expect(200);
    assert_eq!(aborted.json["data"]["status"], "ABORTED");
    let actors = data(&daemon, "/v2/acts").await;
    assert_eq!((&actors["total"], &actors["items"][0]["title"]), (&json!(1), &json!("An actor")));
    assert_eq!(data(&daemon, "/v2/users/me").await["username"], "default");
    let times = |name: &str, time: &str| format!("/v2/actor-runs?{name}={time}");
    for (path, total) in [
        (times("startedAfter", "2100-01-01T00:00:00Z"), 0),
        (times("startedAfter", "2000-01-01T00:00:00Z"), 3),
        (times("startedBefore", "2000-01-01T00:00:00.000Z"), 0),
        (times("startedBefore", "2100-01-01T00:00:00Z"), 3),
    ] {
        assert_eq!(data(&daemon, &path).await["total"], total, "{path}");
    }
}

#[tokio::test]
async fn a_parameter_without_a_value_is_none() {
    let daemon = Daemon::shared().await;
    let empty = "?timeout=&memory=&waitForFinish=&build=&webhooks=&maxItems=&maxTotalChargeUsd=";
    let run = start(&daemon, "a", empty).await;
    for path in [
        "/v2/actor-runs?limit=&offset=&desc=&status=".to_owned(),
        format!("/v2/actor-runs/{run}?waitForFinish="),
        format!("/v2/datasets/{run}/items?limit=&offset=&format=&fields=&clean="),
        "/v2/webhooks?limit=&offset=".to_owned(),
    ] {
        daemon.get(&path).await.expect(200);
    }
    daemon.post(&format!("/v2/actor-runs/{run}/abort?gracefully=0"), json!({})).await.expect(200);
    daemon.post(&format!("/v2/actor-runs/{run}/resurrect?timeout=&memory="), json!({})).await.expect(200);
    // A form that was not filled in asks for nothing.
    daemon.event("thing.made", json!({"style": "round"})).await;
    let samples = daemon.get("/api/events/thing.made/samples?limit=&style=").await.expect(200);
    assert_eq!(samples.json, json!([{"style": "round"}]));
    daemon.get("/v1/events?limit=").await.expect(400);
}

#[tokio::test]
async fn what_a_run_is_to_keep_to_is_shown_and_changed_or_refused() {
    let daemon = Daemon::shared().await;
    let run =
        start(&daemon, "a", "?memory=512&build=beta&maxItems=7&maxTotalChargeUsd=0.5&restartOnError=true")
            .await;
    let options = data(&daemon, &format!("/v2/actor-runs/{run}")).await["options"].clone();
    for (member, value) in [
        ("memoryMbytes", json!(512)),
        ("build", json!("beta")),
        ("maxItems", json!(7)),
        ("maxTotalChargeUsd", json!(0.5)),
        ("restartOnError", json!(true)),
    ] {
        assert_eq!(options[member], value, "{member}");
    }
    let post = async |path: String| daemon.post(&path, json!({})).await;
    let refused = post(format!("/v2/actor-runs/{run}/abort?gracefully=1")).await.expect(400);
    assert!(refused.text.contains("gracefully is not supported here"), "{}", refused.text);
    post(format!("/v2/actor-runs/{run}/abort")).await.expect(200);
    post(format!("/v2/actor-runs/{run}/resurrect?maxItems=1")).await.expect(400);
    let again = post(format!("/v2/actor-runs/{run}/resurrect?memory=1024&build=stable")).await.expect(200);
    let options = &again.json["data"]["options"];
    assert_eq!((&options["memoryMbytes"], &options["build"]), (&json!(1024), &json!("stable")));
    assert_eq!(options["maxItems"], 7);
    daemon.get("/v2/acts/a/runs/last?origin=API").await.expect(400);
}

/// A query with one ad-hoc webhook.
fn ad_hoc(url: &str, types: &[&str], template: &str) -> String {
    let webhooks = json!([{"eventTypes": types, "requestUrl": url, "payloadTemplate": template}]);
    let text = STANDARD.encode(webhooks.to_string());
    format!("?webhooks={}", text.replace('+', "%2B").replace('/', "%2F").replace('=', "%3D"))
}

#[tokio::test]
async fn an_ad_hoc_webhook_may_be_as_long_as_a_request_and_must_be_able_to_fire() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let template = format!("{{\"run\":{{{{resource.id}}}},\"t\":\"{}\"}}", "x".repeat(15_000));
    let run = start(&daemon, "a", &ad_hoc(&sink.url("/in"), &["ACTOR.RUN.SUCCEEDED"], &template)).await;
    end(&daemon, &run, "succeeded").await;
    assert_eq!(sink.wait("/in", 1).await[0].json()["run"], run);
    let too_long = ad_hoc(&sink.url("/in"), &["ACTOR.RUN.SUCCEEDED"], &"x".repeat(30_000));
    let refused = daemon.post(&format!("/v2/acts/a/runs{too_long}"), json!({})).await.expect(414);
    let message = refused.json["error"]["message"].as_str().unwrap();
    assert!(message.contains("28672 bytes") && message.contains("POST /v2/webhooks"), "{message}");
    // Elsewhere the path is no longer than before, and the form of the answer is the path's.
    let elsewhere = daemon.get(&format!("/v2/actor-runs?x={}", "x".repeat(9000))).await.expect(414);
    assert_eq!(elsewhere.json["error"]["type"], "invalid-input", "{}", elsewhere.text);
    let own = daemon.get(&format!("/v1/events?x={}", "x".repeat(9000))).await.expect(414);
    assert_eq!(own.json["code"], "malformed_request");

    for types in [&["ACTOR.RUN.RESURRECTED"] as &[_], &["ACTOR.BUILD.SUCCEEDED"], &["TEST"]] {
        let query = ad_hoc(&sink.url("/in"), types, "{}");
        let refused = daemon.post(&format!("/v2/acts/a/runs{query}"), json!({})).await.expect(400);
        assert!(refused.text.contains("/eventTypes must name an event that can come"), "{}", refused.text);
    }
    start(&daemon, "a", &ad_hoc(&sink.url("/made"), &["ACTOR.RUN.CREATED"], "{}")).await;
    sink.wait("/made", 1).await;
    let bound = |run: &str, kind: &str| {
        json!({"eventTypes": [kind], "requestUrl": sink.url("/again"), "isAdHoc": true,
            "condition": {"actorRunId": run}})
    };
    let open = start(&daemon, "a", "").await;
    daemon.post("/v2/webhooks", bound(&open, "ACTOR.RUN.RESURRECTED")).await.expect(400);
    daemon.post("/v2/webhooks", bound(&open, "ACTOR.RUN.CREATED")).await.expect(400);
    // A run that has ended may go on.
    end(&daemon, &open, "failed").await;
    daemon.post("/v2/webhooks", bound(&open, "ACTOR.RUN.RESURRECTED")).await.expect(201);
    daemon.post(&format!("/v2/actor-runs/{open}/resurrect"), json!({})).await.expect(200);
    assert_eq!(sink.wait("/again", 1).await[0].json()["eventType"], "ACTOR.RUN.RESURRECTED");
}
