//! Run webhooks: templates, secrets, and what is sent, also by the provider's own clients.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use http::Method;
use serde_json::{Value, json};

use crate::harness::clients::{Clients, passes};
use crate::harness::{Act, Daemon, Sink, wait_for};

/// The waits of minutes, in milliseconds.
const QUICK: &str = "[profiles.run-webhooks]\nretry = { exponential = { base = \"20ms\", attempts = 12 } }\n";

async fn quick() -> (Daemon, Sink) {
    (Daemon::shared_with(QUICK).await, Sink::start().await)
}

/// One check, by both clients where they are installed, each with an account of its own.
async fn by_clients(check: &str) {
    let Some(clients) = Clients::find() else { return };
    for python in [true, false] {
        let (daemon, sink) = quick().await;
        let mut command = if python { clients.python(&daemon) } else { clients.node(&daemon) };
        command.env("CHECK", check).env("RECEIVER", sink.url("/in"));
        passes(command, if python { "webhooks.py" } else { "webhooks.mjs" }).await;
    }
}

/// Makes a webhook; gives its members.
async fn webhook(daemon: &Daemon, url: &str, more: Value) -> Value {
    let mut body =
        json!({"eventTypes": ["ACTOR.RUN.SUCCEEDED"], "requestUrl": url, "condition": {"actorId": "a"}});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let made = daemon.post("/v2/webhooks", body).await.expect(201);
    let location = made.headers["location"].to_str().unwrap();
    assert_eq!(location, format!("/v2/webhooks/{}", id(&made.json["data"])));
    made.json["data"].clone()
}

fn id(thing: &Value) -> &str {
    thing["id"].as_str().unwrap()
}

/// Dispatches a test; gives its id.
async fn test(daemon: &Daemon, webhook: &Value) -> String {
    let path = format!("/v2/webhooks/{}/test", id(webhook));
    id(&daemon.post(&path, json!({})).await.expect(201).json["data"]).to_owned()
}

/// Waits until a dispatch has ended.
async fn ended(daemon: &Daemon, dispatch: &str) -> Value {
    wait_for("the dispatch's end", async || {
        let shown = daemon.get(&format!("/v2/webhook-dispatches/{dispatch}")).await.expect(200);
        Some(shown.json["data"].clone()).filter(|dispatch| dispatch["status"] != "ACTIVE")
    })
    .await
}

async fn start(daemon: &Daemon, actor: &str) -> String {
    let run = daemon.post(&format!("/v2/actors/{actor}/runs"), json!({})).await.expect(201);
    id(&run.json["data"]).to_owned()
}

async fn end(daemon: &Daemon, run: &str, status: &str) {
    daemon.post(&format!("/v1/jobs/{run}/complete"), json!({"status": status})).await.expect(200);
}

#[tokio::test]
async fn run_webhooks_01_create_with_defaults() {
    let (daemon, sink) = quick().await;
    let made = webhook(&daemon, &sink.url("/in"), json!({})).await;
    for (member, value) in [
        ("isAdHoc", json!(false)),
        ("ignoreSslErrors", json!(false)),
        ("doNotRetry", json!(false)),
        ("shouldInterpolateStrings", json!(false)),
        ("condition", json!({"actorId": "a"})),
        ("eventTypes", json!(["ACTOR.RUN.SUCCEEDED"])),
        ("payloadTemplate", Value::Null),
        ("headersTemplate", Value::Null),
        ("lastDispatch", Value::Null),
        ("stats", json!({"totalDispatches": 0})),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    let path = format!("/v2/webhooks/{}?token={}", id(&made), daemon.token());
    let shown = daemon.get(&path).await.expect(200);
    assert_eq!(shown.json["data"], made);
    by_clients("create_with_defaults").await;
}

#[tokio::test]
async fn run_webhooks_02_the_same_key_is_the_same_webhook() {
    let (daemon, sink) = quick().await;
    let body = json!({"eventTypes": ["ACTOR.RUN.FAILED"], "requestUrl": sink.url("/in"),
        "condition": {"actorId": "a"}, "idempotencyKey": "k"});
    let answers = join_all((0..20).map(|_| daemon.post("/v2/webhooks", body.clone()))).await;
    let ids: BTreeSet<_> = answers.iter().map(|answer| id(&answer.json["data"]).to_owned()).collect();
    assert_eq!(ids.len(), 1);
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 1);
    by_clients("idempotency_key").await;
}

/// What is refused with 400, for which member, and leaves nothing.
async fn refused(daemon: &Daemon, cases: &[(Value, &str)]) {
    for (more, member) in cases {
        let mut body = json!({"eventTypes": ["TEST"], "requestUrl": "https://a.example/", "condition": {"actorId": "a"}});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let answer = daemon.post("/v2/webhooks", body).await.expect(400);
        assert_eq!(answer.json["error"]["type"], "schema-validation", "{}", answer.text);
        let message = answer.json["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(member), "{member} is not in {message}");
    }
    assert_eq!(daemon.get("/v2/webhooks").await.expect(200).json["data"]["total"], 0);
}

#[tokio::test]
async fn run_webhooks_03_exactly_one_condition() {
    let daemon = Daemon::shared().await;
    refused(
        &daemon,
        &[
            (json!({"condition": {"actorId": "a", "actorRunId": "b"}}), "/condition"),
            (json!({"condition": {}}), "/condition"),
            (json!({"condition": null}), "/condition"),
            (json!({"condition": {"actorRunId": "job_00000000000000000000000000"}}), "/condition/actorRunId"),
            (json!({"isAdHoc": true}), "/isAdHoc"),
            (json!({"eventTypes": ["ACTOR.RUN.DONE"]}), "/eventTypes/0"),
            (json!({"eventTypes": []}), "/eventTypes"),
            (json!({"eventTypes": "TEST"}), "/eventTypes"),
            (json!({"requestUrl": "ftp://a.example/"}), "/requestUrl"),
            (json!({"requestUrl": format!("https://a.example/{}", "x".repeat(500))}), "/requestUrl"),
            (json!({"description": "x".repeat(321)}), "/description"),
            (json!({"ignoreSslErrors": true}), "/ignoreSslErrors"),
        ],
    )
    .await;
    by_clients("one_condition").await;
}

#[tokio::test]
async fn run_webhooks_04_unknown_variables_are_refused() {
    let daemon = Daemon::shared().await;
    refused(
        &daemon,
        &[
            (
                json!({"payloadTemplate": "{\"a\":{{user.id}}}"}),
                "/payloadTemplate there is no variable {{user.id}}",
            ),
            (json!({"payloadTemplate": "{{secrets.KEY}}"}), "/payloadTemplate"),
            (json!({"payloadTemplate": "[\"{{x}}\"]", "shouldInterpolateStrings": true}), "/payloadTemplate"),
            (json!({"headersTemplate": "{\"X\":\"{{x}}\"}"}), "/headersTemplate"),
        ],
    )
    .await;
    by_clients("unknown_variable").await;
}

#[tokio::test]
async fn run_webhooks_05_what_is_not_json_is_refused() {
    let daemon = Daemon::shared().await;
    refused(
        &daemon,
        &[
            (json!({"payloadTemplate": "{\"a\":"}), "/payloadTemplate"),
            (json!({"payloadTemplate": "{{resource}} {{userId}}"}), "/payloadTemplate"),
            (json!({"payloadTemplate": "{\"a\":{{#each resource}}}"}), "/payloadTemplate"),
            (json!({"payloadTemplate": format!("\"{}\"", "x".repeat(1_000_000))}), "/payloadTemplate"),
            (json!({"headersTemplate": "[1]"}), "/headersTemplate"),
            (json!({"headersTemplate": "{\"a b\":\"c\"}"}), "/headersTemplate"),
        ],
    )
    .await;
    by_clients("not_json").await;
}

#[tokio::test]
async fn run_webhooks_06_what_is_missing_is_none() {
    let daemon = Daemon::shared().await;
    let native = daemon.webhook("https://a.example/", json!({})).await;
    for path in
        ["webhooks/wh_00000000000000000000000000", "webhook-dispatches/x", &format!("webhooks/{}", native.id)]
    {
        let answer = daemon.get(&format!("/v2/{path}")).await.expect(404);
        assert_eq!(answer.json["error"]["type"], "record-not-found");
    }
    by_clients("missing_is_none").await;
}

#[tokio::test]
async fn run_webhooks_07_lists_omit_templates() {
    let (daemon, sink) = quick().await;
    webhook(&daemon, &sink.url("/in"), json!({"payloadTemplate": "{{resource}}"})).await;
    for path in ["/v2/webhooks", "/v2/actors/a/webhooks", "/v2/acts/a/webhooks"] {
        let page = daemon.get(&format!("{path}?limit=5000&desc=1&whatever=1")).await.expect(200);
        let data = &page.json["data"];
        assert_eq!((&data["total"], &data["limit"], &data["desc"]), (&json!(1), &json!(1000), &json!(true)));
        assert!(data["items"][0].get("payloadTemplate").is_none() && !page.text.contains("{{resource}}"));
    }
    assert_eq!(daemon.get("/v2/actor-tasks/a/webhooks").await.expect(200).json["data"]["total"], 0);
    by_clients("lists_omit_templates").await;
}

#[tokio::test]
async fn run_webhooks_08_put_is_partial() {
    let (daemon, sink) = quick().await;
    let made = webhook(&daemon, &sink.url("/in"), json!({"payloadTemplate": "\"{{resource.id}}\""})).await;
    let path = format!("/v2/webhooks/{}", id(&made));
    let put = async |body| daemon.call(Method::PUT, &path, Some(body)).await;
    let now = put(json!({"description": "d", "condition": {}})).await.expect(200).json["data"].clone();
    for member in ["payloadTemplate", "eventTypes", "condition", "requestUrl", "createdAt"] {
        assert_eq!(now[member], made[member], "{member}");
    }
    assert_eq!(now["description"], "d");
    let refused = put(json!({"payloadTemplate": "{", "description": "e"})).await.expect(400);
    assert_eq!(refused.json["error"]["type"], "schema-validation");
    // With the flag the template is another one.
    put(json!({"payloadTemplate": "\"{{x}}\""})).await.expect(200);
    put(json!({"shouldInterpolateStrings": true})).await.expect(400);
    assert_eq!(daemon.get(&path).await.expect(200).json["data"]["description"], "d");
    by_clients("put_is_partial").await;
}

#[tokio::test]
async fn run_webhooks_09_test_dispatches() {
    by_clients("test_dispatches").await;
    let (daemon, sink) = quick().await;
    sink.always("/in", Act::Status(500));
    let made = webhook(&daemon, &sink.url("/in"), json!({})).await;
    let dispatch = ended(&daemon, &test(&daemon, &made).await).await;
    assert_eq!((&dispatch["status"], &dispatch["eventType"]), (&json!("FAILED"), &json!("TEST")));
    assert_eq!(dispatch["calls"].as_array().unwrap().len(), 4, "a test is tried again three times");
    let shown = daemon.get(&format!("/v2/webhooks/{}", id(&made))).await.expect(200);
    assert_eq!(shown.json["data"]["lastDispatch"]["status"], "FAILED");
    assert_eq!(shown.json["data"]["stats"]["totalDispatches"], 1);
}

#[tokio::test]
async fn run_webhooks_10_the_default_payload() {
    let (daemon, sink) = quick().await;
    let made = webhook(&daemon, &sink.url("/in"), json!({})).await;
    let run = start(&daemon, "a").await;
    end(&daemon, &run, "succeeded").await;
    let request = sink.wait("/in", 1).await.remove(0);
    assert_eq!(request.header("content-type"), "application/json");
    let body = request.json();
    let members: Vec<&str> = body.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, ["createdAt", "eventData", "eventType", "resource", "userId"]);
    assert_eq!(body["eventType"], "ACTOR.RUN.SUCCEEDED");
    assert_eq!(body["eventData"], json!({"actorId": "a", "actorRunId": run}));
    assert_eq!((&body["resource"]["id"], &body["resource"]["status"]), (&json!(run), &json!("SUCCEEDED")));
    assert_eq!(body["userId"], made["userId"]);
    let list = daemon.get(&format!("/v2/webhooks/{}/dispatches", id(&made))).await.expect(200);
    let dispatch = &list.json["data"]["items"][0];
    assert_eq!(dispatch["eventData"], body["eventData"]);
    assert_eq!(request.header("x-ringback-webhook-dispatch-id"), id(dispatch));
    // A test has the same members.
    test(&daemon, &made).await;
    let body = sink.wait("/in", 2).await.remove(1).json();
    assert_eq!(body["eventType"], "TEST");
    assert!(members.iter().all(|member| !body[*member].is_null()), "{body}");
}

async fn set(daemon: &Daemon, name: &str, value: &str) {
    let answer =
        daemon.call(Method::PUT, &format!("/v1/secrets/{name}"), Some(json!({"value": value}))).await;
    assert!([200, 201].contains(&answer.status), "{}", answer.text);
}

#[tokio::test]
async fn run_webhooks_12_without_its_secret_nothing_is_sent() {
    let (daemon, sink) = quick().await;
    let headers = "{\"X-Secret\":\"{{secrets.KEY}}\"}";
    let made = webhook(&daemon, &sink.url("/in"), json!({"headersTemplate": headers})).await;
    let dispatch = ended(&daemon, &test(&daemon, &made).await).await;
    let calls = dispatch["calls"].as_array().unwrap();
    assert_eq!((&dispatch["status"], calls.len()), (&json!("FAILED"), 1));
    assert_eq!(calls[0]["errorMessage"], "the secret KEY is not set");
    assert_eq!(calls[0]["responseStatus"], Value::Null);
    let native = daemon.get(&format!("/v1/deliveries/{}", id(&dispatch))).await.expect(200);
    assert_eq!(native.json["attempt_log"][0]["error"]["kind"], "secret_missing");
    assert!(sink.received("/in").is_empty());
    set(&daemon, "KEY", "v").await;
    ended(&daemon, &test(&daemon, &made).await).await;
    assert_eq!(sink.received("/in")[0].header("x-secret"), "v");
    daemon.call(Method::DELETE, "/v1/secrets/KEY", None).await.expect(204);
    assert_eq!(ended(&daemon, &test(&daemon, &made).await).await["status"], "FAILED");
    assert_eq!(sink.received("/in").len(), 1);
}

#[tokio::test]
async fn run_webhooks_13_reserved_headers_win() {
    let (daemon, sink) = quick().await;
    let forged = [
        "Host",
        "Content-Type",
        "Content-Length",
        "Transfer-Encoding",
        "Connection",
        "User-Agent",
        "X-Ringback-Webhook-Dispatch-Id",
        "webhook-signature",
    ];
    let mut headers: serde_json::Map<String, Value> =
        forged.iter().map(|name| ((*name).to_owned(), json!("forged"))).collect();
    headers.insert("X-Kind".to_owned(), json!("{{eventType}} of {{userId}}"));
    let more = json!({"headersTemplate": Value::Object(headers).to_string()});
    let made = webhook(&daemon, &sink.url("/in"), more).await;
    let dispatch = ended(&daemon, &test(&daemon, &made).await).await;
    assert_eq!(dispatch["status"], "SUCCEEDED");
    let request = sink.received("/in").remove(0);
    assert!(request.headers.values().all(|value| value != "forged"), "{:?}", request.headers);
    assert_eq!(request.header("content-type"), "application/json");
    assert_eq!(request.header("x-ringback-webhook-dispatch-id"), id(&dispatch));
    assert_eq!(request.header("x-kind"), format!("TEST of {}", made["userId"].as_str().unwrap()));
}

#[tokio::test]
async fn run_webhooks_14_three_calls_with_the_same_bytes() {
    let (mut daemon, sink) = (Daemon::with_config(QUICK).await, Sink::start().await);
    sink.first("/in", [Act::Status(500), Act::Status(503)]);
    let template = "{\"run\":{{resource.id}},\"at\":{{globals.dateISO}},\"unix\":{{globals.dateUnix}}}";
    let made = webhook(&daemon, &sink.url("/in"), json!({"payloadTemplate": template})).await;
    let run = start(&daemon, "a").await;
    end(&daemon, &run, "succeeded").await;
    let requests = sink.wait("/in", 3).await;
    assert_eq!(requests[0].json()["run"], run);
    assert!(requests.iter().all(|request| request.body == requests[0].body));
    let list = format!("/v2/webhooks/{}/dispatches", id(&made));
    let dispatch = daemon.get(&list).await.expect(200).json["data"]["items"][0].clone();
    let dispatch = ended(&daemon, id(&dispatch)).await;
    let calls = dispatch["calls"].as_array().unwrap();
    let statuses: Vec<_> = calls.iter().map(|call| call["responseStatus"].as_u64().unwrap()).collect();
    assert_eq!((&dispatch["status"], statuses), (&json!("SUCCEEDED"), vec![500, 503, 200]));

    // The body is the one of the acceptance, whatever becomes of the template, also after a restart.
    let path = format!("/v2/webhooks/{}", id(&made));
    let change = json!({"payloadTemplate": "{\"other\":{{resource.id}}}"});
    daemon.call(Method::PUT, &path, Some(change)).await.expect(200);
    daemon.kill9().await;
    daemon.restart().await;
    daemon.post(&format!("/v1/deliveries/{}/retry", id(&dispatch)), json!({})).await.expect(202);
    assert_eq!(sink.wait("/in", 4).await[3].body, requests[0].body);
    ended(&daemon, id(&dispatch)).await;
    let event =
        daemon.get(&format!("/v1/deliveries/{}", id(&dispatch))).await.expect(200).text_of("event_id");
    daemon.post(&format!("/v1/events/{event}/replay"), json!({"all": true})).await.expect(202);
    assert_eq!(sink.wait("/in", 5).await[4].json(), json!({"other": run}), "a replay is made anew");
}

#[tokio::test]
async fn run_webhooks_15_do_not_retry() {
    let (daemon, sink) = quick().await;
    sink.always("/in", Act::Status(500));
    let made = webhook(&daemon, &sink.url("/in"), json!({"doNotRetry": true})).await;
    let dispatch = ended(&daemon, &test(&daemon, &made).await).await;
    assert_eq!(dispatch["status"], "FAILED");
    assert_eq!((dispatch["calls"].as_array().unwrap().len(), sink.received("/in").len()), (1, 1));
}

#[tokio::test]
async fn run_webhooks_16_an_ad_hoc_webhook_fires_once() {
    let (daemon, sink) = quick().await;
    let run = start(&daemon, "a").await;
    let more = json!({"isAdHoc": true, "condition": {"actorRunId": run},
        "eventTypes": ["ACTOR.RUN.SUCCEEDED", "ACTOR.RUN.RESURRECTED"]});
    let made = webhook(&daemon, &sink.url("/in"), more).await;
    assert_eq!((&made["isAdHoc"], &made["condition"]), (&json!(true), &json!({"actorRunId": run})));
    sink.first("/in", [Act::Status(500)]);
    let other = start(&daemon, "a").await;
    end(&daemon, &other, "succeeded").await;
    end(&daemon, &run, "succeeded").await;
    daemon.post(&format!("/v2/actor-runs/{run}/resurrect"), json!({})).await.expect(200);
    let requests = sink.wait("/in", 2).await;
    assert!(requests.iter().all(|request| request.json()["eventType"] == "ACTOR.RUN.SUCCEEDED"));
    assert!(requests.iter().all(|request| request.json()["resource"]["id"] == run));
    wait_for("its removal", async || {
        let shown = daemon.get(&format!("/v2/webhooks/{}", id(&made))).await;
        (shown.status == 404).then_some(())
    })
    .await;
    let dispatches = daemon.get(&format!("/v2/webhooks/{}/dispatches", id(&made))).await.expect(200);
    assert_eq!(dispatches.json["data"]["total"], 1);
    end(&daemon, &run, "succeeded").await;
    // Something that comes after it, so that there was time for a third.
    let last = webhook(&daemon, &sink.url("/last"), json!({})).await;
    ended(&daemon, &test(&daemon, &last).await).await;
    assert_eq!(sink.received("/in").len(), 2);
}

#[tokio::test]
async fn run_webhooks_22_an_ad_hoc_webhook_for_another_end_is_removed() {
    let (daemon, sink) = quick().await;
    let run = start(&daemon, "a").await;
    let more = json!({"isAdHoc": true, "condition": {"actorRunId": run}});
    let made = webhook(&daemon, &sink.url("/in"), more).await;
    end(&daemon, &run, "failed").await;
    daemon.get(&format!("/v2/webhooks/{}", id(&made))).await.expect(404);
    assert!(sink.received("/in").is_empty());
}

#[tokio::test]
async fn run_webhooks_23_strings_with_and_without_the_flag() {
    let (daemon, sink) = quick().await;
    let template =
        "{\"text\":\"Run {{resource.id}}\",\"id\":\"{{resource.id}}\",\"n\":\"{{globals.dateUnix}}\"}";
    for flag in [false, true] {
        let more = json!({"payloadTemplate": template, "shouldInterpolateStrings": flag});
        let made = webhook(&daemon, &sink.url("/in"), more).await;
        ended(&daemon, &test(&daemon, &made).await).await;
        let body = sink.received("/in").pop().unwrap().json();
        match flag {
            false => assert_eq!(body, serde_json::from_str::<Value>(template).unwrap()),
            true => {
                assert_eq!(body["text"], format!("Run {}", id(&made)));
                assert!(body["id"] == made["id"] && body["n"].is_u64(), "{body}");
            }
        }
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one story: what is sent, and every place that is searched for it")]
async fn run_webhooks_21_secrets_show_nowhere() {
    const CANARIES: usize = 1000;
    const PER_ACCOUNT: usize = 100;
    let config = format!("{QUICK}[log]\nlevel = \"trace\"\n");
    let (mut daemon, sink) = (Daemon::with_config(&config).await, Sink::start().await);
    let canary = |no: usize| format!("canary-{no:04}-{:032x}", no as u128 * 0x9e37_79b9_7f4a_7c15);
    let mut answers = String::new();
    let mut sent = BTreeSet::new();
    sink.first("/in", [Act::Status(500), Act::Reset]);
    for round in 0..CANARIES / PER_ACCOUNT {
        let account = format!("a{round}");
        daemon.post("/v1/accounts", json!({"name": account})).await.expect(201);
        let with = |path: &str| format!("{path}?account={account}");
        let puts = (0..PER_ACCOUNT).map(async |no| {
            let value = json!({"value": canary(round * PER_ACCOUNT + no)});
            let path = with(&format!("/v1/secrets/S{no}"));
            daemon.call(Method::PUT, &path, Some(value)).await.expect(201).text
        });
        // Together: one after another they are a thousand commits.
        answers += &join_all(puts).await.concat();
        for first in (0..PER_ACCOUNT).step_by(25) {
            let headers: serde_json::Map<String, Value> = (first..first + 25)
                .map(|no| (format!("X-S{no}"), json!(format!("Bearer {{{{secrets.S{no}}}}}"))))
                .collect();
            let body = json!({"eventTypes": ["TEST"], "requestUrl": sink.url("/in"), "condition": {"actorId": "a"},
                "headersTemplate": Value::Object(headers).to_string()});
            let made = daemon.post(&with("/v2/webhooks"), body).await.expect(201);
            let path = with(&format!("/v2/webhooks/{}/test", id(&made.json["data"])));
            let dispatch = daemon.post(&path, json!({})).await.expect(201);
            answers += &(made.text + &dispatch.text);
        }
        for list in ["/v1/secrets", "/v2/webhooks", "/v1/webhooks", "/v1/events"] {
            answers += &daemon.get(&with(list)).await.expect(200).text;
        }
        wait_for("the dispatches' end", async || {
            let pending = daemon.get(&format!("{}&state=pending", with("/v1/deliveries"))).await.expect(200);
            pending.json["data"].as_array().unwrap().is_empty().then_some(())
        })
        .await;
        let deliveries = daemon.get(&with("/v1/deliveries")).await.expect(200);
        answers += &daemon.get(&with("/v2/webhook-dispatches")).await.expect(200).text;
        for delivery in deliveries.json["data"].as_array().unwrap() {
            let shown = daemon.get(&with(&format!("/v1/deliveries/{}", id(delivery)))).await.expect(200);
            assert!(shown.text.contains("x-s"), "the headers' names are kept");
            answers += &shown.text;
        }
    }
    for path in ["/metrics", "/admin/status"] {
        answers += &daemon.admin(path).await.text;
    }
    for request in sink.received("/in") {
        sent.extend(
            request
                .headers
                .values()
                .filter_map(|value| value.to_str().ok()?.strip_prefix("Bearer ").map(str::to_owned)),
        );
    }
    assert_eq!(sent, (0..CANARIES).map(canary).collect(), "every secret went out");
    let backup = daemon.dir().join("backup");
    daemon.backup(&backup).await;
    daemon.terminate().await;
    let mut places =
        vec![("answers".to_owned(), answers.into_bytes()), ("log".to_owned(), daemon.log().into_bytes())];
    places.push(("backup".to_owned(), std::fs::read(backup).unwrap()));
    for file in std::fs::read_dir(daemon.data_dir()).unwrap() {
        let path = file.unwrap().path();
        places.push((path.display().to_string(), std::fs::read(path).unwrap()));
    }
    for (place, bytes) in places {
        assert!(!bytes.is_empty(), "{place} is empty");
        // The canaries' common part, and the digits of each: in clear, and in base64 at any offset.
        for shown in ["canary-", "Y2FuYXJ5L", "NhbmFyeS", "jYW5hcnkt"] {
            let at = bytes.windows(shown.len()).position(|part| part == shown.as_bytes());
            assert_eq!(at, None, "{shown} is in {place}");
        }
    }
}
