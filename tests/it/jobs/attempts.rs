//! When an attempt is made again, and when no more.

use super::*;

#[tokio::test]
async fn job_webhooks_09_three_failures_are_three_rows_250_ms_and_1_s_apart() {
    let slack = 10 * pace().await.as_millis();
    let (daemon, sink, webhook) = stage().await;
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
        let (daemon, sink, webhook) = stage().await;
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
    let daemon = Daemon::shared().await;
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
    let (daemon, sink, webhook) = stage_with(settings).await;
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
async fn job_webhooks_16_two_webhooks_are_independent() {
    let (daemon, sink, webhook) = stage().await;
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
    let (mut daemon, sink, webhook) = stage_with("").await;
    sink.first("/in", [Act::Status(500)]);
    let id = job(&daemon, json!({})).await;
    complete(&daemon, &id).await;
    let before = log(&daemon, &webhook, 2).await;
    daemon.kill9().await;
    daemon.restart().await;
    assert_eq!(log(&daemon, &webhook, 2).await, before);
    assert_eq!(daemon.get(&format!("/v1/jobs/{id}")).await.text_of("status"), "succeeded");
}
