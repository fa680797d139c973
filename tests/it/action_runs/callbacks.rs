//! What a callback carries, and when it is made again.

use super::*;

#[tokio::test]
async fn action_runs_07_success_body() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
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
    // Ordinary webhooks get events of the job, and nothing of its callback.
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
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
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
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
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
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
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
    let daemon = Daemon::shared().await;
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let id = run(&daemon, &format!("http://{free}/cb")).await;
    succeed(&daemon, &id, "1").await;
    let callback = called_back(&daemon, &id, "failed").await;
    assert_eq!(attempts(&callback), 3);
    for attempt in callback["delivery"]["attempt_log"].as_array().unwrap() {
        assert_eq!(attempt["error"]["kind"], "connect");
    }
}

/// 2 s, or with `RINGBACK_LONG_RUN=1` more than the 45 s that the contract names.
#[tokio::test]
async fn action_runs_15_a_long_run_calls_back_once() {
    let long = std::env::var_os("RINGBACK_LONG_RUN").is_some_and(|value| value == "1");
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
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
