//! A job from its making to its end.

use super::*;

#[tokio::test]
async fn job_webhooks_14_results_before_the_end_are_409() {
    let daemon = Daemon::shared().await;
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
async fn job_webhooks_15_an_abort_is_reported_once() {
    let (daemon, sink, _webhook) = stage().await;
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
    let reported = sink.wait("/in", 2).await[1].json();
    assert_eq!((&reported["event"], &reported["data"]["job"]["id"]), (&json!("job.aborted"), &json!(alone)));
    let again = daemon.post(&format!("/v1/jobs/{alone}/abort"), json!({})).await.expect(409);
    assert_eq!(again.json["detail"], "the job has ended; its status is aborted");
}

#[tokio::test]
async fn job_webhooks_18_a_passed_deadline_is_reported_once() {
    let slack = 10 * pace().await;
    let (mut daemon, sink, _webhook) = stage_with("").await;
    let quick = job(&daemon, json!({"timeout": "150ms"})).await;
    let done = job(&daemon, json!({"timeout": 1})).await;
    complete(&daemon, &done).await;
    let reported = sink.wait("/in", 2).await;
    let late = reported.iter().map(Received::json).find(|body| body["event"] == "job.timed_out").unwrap();
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
        wait_for("a deadline reported", async || {
            let reported = sink.received("/in").into_iter().map(|request| request.json());
            let mut late = reported.filter(|body| body["event"] == "job.timed_out");
            late.any(|body| body["data"]["job"]["id"] == id.as_str()).then_some(())
        })
        .await;
    }
    assert_eq!(events(&daemon, "job.timed_out").await, 3, "one for each");
}

#[tokio::test]
async fn a_callback_is_called_once_and_goes() {
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
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
    let (daemon, sink) = (Daemon::shared().await, Sink::start().await);
    let wants = json!({"events": ["job.created"], "profile": "verbatim"});
    daemon.webhook(&sink.url("/work"), wants).await;
    let body = json!({"type": "report.build", "timeout": "1h", "metadata": {"k": "v"}});
    let body = body.to_string().replace("\"timeout\"", "\"input\":{\"pages\": [1.0, 2]},\"timeout\"");
    let made = daemon.post_raw("/v1/jobs", &[("content-type", "application/json")], &body).await.expect(201);
    let request = sink.wait("/work", 1).await.remove(0);
    let reported = std::str::from_utf8(&request.body).unwrap();
    assert!(reported.contains(r#""input":{"pages": [1.0, 2]}"#), "byte for byte: {reported}");
    let reported = &request.json()["job"];
    assert_eq!((&reported["id"], &reported["status"]), (&made.json["id"], &json!("queued")));
    assert_eq!((&reported["timeout_ms"], &reported["metadata"]), (&json!(3_600_000), &json!({"k": "v"})));
}

#[tokio::test]
async fn what_cannot_be_a_job_is_named_and_stores_nothing() {
    let daemon = Daemon::shared().await;
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
