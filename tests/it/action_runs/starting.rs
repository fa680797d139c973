//! The bodies that start a run, and the callback addresses that are refused.

use super::*;

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
async fn another_accounts_runs_are_unknown_ones() {
    let daemon = Daemon::with_config(STRICT).await;
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
