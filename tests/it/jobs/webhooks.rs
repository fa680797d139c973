//! Webhooks for the ends of jobs: what making and reading one shows.

use super::*;

#[tokio::test]
async fn job_webhooks_01_secret_shown_once() {
    let daemon = Daemon::shared().await;
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
    let (daemon, _sink, webhook) = stage().await;
    for path in [format!("/v1/webhooks/{}", webhook.id), "/v1/webhooks".to_owned()] {
        let shown = daemon.get(&path).await.expect(200);
        assert!(shown.text.contains(&webhook.id) && !shown.text.contains("secret"), "{}", shown.text);
    }
}

#[tokio::test]
async fn job_webhooks_03_without_events_all_four_ends() {
    let (daemon, sink, webhook) = stage().await;
    let shown = daemon.get(&format!("/v1/webhooks/{}", webhook.id)).await.expect(200);
    assert_eq!(shown.json["events"], json!(ENDS));
    let ids = [job(&daemon, json!({})).await, job(&daemon, json!({})).await, job(&daemon, json!({})).await];
    let late = job(&daemon, json!({"timeout": "1ms"})).await;
    complete(&daemon, &ids[0]).await;
    let failed = json!({"status": "failed", "error": {"code": 7}});
    let failed = daemon.post(&format!("/v1/jobs/{}/complete", ids[1]), failed).await.expect(200);
    assert_eq!((&failed.json["status"], &failed.json["error"]["code"]), (&json!("failed"), &json!(7)));
    daemon.post(&format!("/v1/jobs/{}/abort", ids[2]), json!({})).await.expect(200);
    let mut reported: Vec<(String, String)> = sink
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
    reported.sort_unstable();
    let mut want: Vec<(String, String)> = ENDS
        .iter()
        .map(ToString::to_string)
        .zip([&ids[0], &ids[1], &late, &ids[2]].map(String::clone))
        .collect();
    want.sort_unstable();
    assert_eq!(reported, want, "and nothing of job.created");
    let plain = daemon.webhook("https://example.com/", json!({})).await;
    assert_eq!(daemon.get(&format!("/v1/webhooks/{}", plain.id)).await.json["events"], json!(["*"]));
}

#[tokio::test]
async fn job_webhooks_07_payload_members_are_exact() {
    let (daemon, sink, _webhook) = stage().await;
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
async fn job_webhooks_13_limit_201_is_refused() {
    let (daemon, sink, webhook) = stage().await;
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
