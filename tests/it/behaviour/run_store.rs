//! What a run keeps and says of itself, for an Actor process and for those who read its output.

use http::Method;
use serde_json::json;

use crate::harness::Daemon;

#[tokio::test]
async fn a_run_keeps_records_and_says_how_it_stands() {
    let mut daemon = Daemon::start().await;
    let headers = [("content-type", "text/html")];
    let run = daemon.post_raw("/v2/acts/a/runs", &headers, "<b>in</b>").await.expect(201);
    let run = run.json["data"]["id"].as_str().unwrap().to_owned();
    let store = format!("/v2/key-value-stores/{run}");
    assert_eq!(daemon.get(&store).await.expect(200).json["data"]["actRunId"], run);
    daemon.get(&format!("{store}/records/OUTPUT")).await.expect(404);
    let put = async |daemon: &Daemon, key: &str, value: serde_json::Value| {
        daemon.call(Method::PUT, &format!("{store}/records/{key}"), Some(value)).await
    };
    put(&daemon, "OUTPUT", json!({"n": 1})).await.expect(201);
    put(&daemon, "OUTPUT", json!({"n": 2})).await.expect(201);
    put(&daemon, "STATE-1", json!([1])).await.expect(201);
    put(&daemon, "no%2Fkey", json!(1)).await.expect(400);
    let (kept, input) = (format!("{store}/records/OUTPUT"), format!("{store}/records/INPUT"));
    for path in [&kept, "/v2/acts/a/runs/last/key-value-store/records/OUTPUT"] {
        let output = daemon.get(path).await.expect(200);
        let json: http::HeaderValue = "application/json".parse().unwrap();
        assert_eq!((&output.json, &output.headers["content-type"]), (&json!({"n": 2}), &json));
        assert_eq!(output.headers["content-disposition"], "attachment");
        assert_eq!(output.headers["x-content-type-options"], "nosniff");
    }
    assert_eq!(daemon.get(&input).await.expect(200).text, "<b>in</b>");
    let keys = async |daemon: &Daemon, query: &str| {
        let data = daemon.get(&format!("{store}/keys{query}")).await.expect(200).json["data"].clone();
        let keys: Vec<String> =
            data["items"].as_array().unwrap().iter().map(|item| item["key"].to_string()).collect();
        (keys.join(","), data["isTruncated"].as_bool().unwrap(), data["nextExclusiveStartKey"].clone())
    };
    assert_eq!(keys(&daemon, "").await, (r#""INPUT","OUTPUT","STATE-1""#.to_owned(), false, json!(null)));
    assert_eq!(keys(&daemon, "?limit=2").await, (r#""INPUT","OUTPUT""#.to_owned(), true, json!("OUTPUT")));
    assert_eq!(keys(&daemon, "?exclusiveStartKey=OUTPUT").await.0, r#""STATE-1""#);
    assert_eq!(keys(&daemon, "?prefix=O").await.0, r#""OUTPUT""#);

    let says = json!({"statusMessage": "half done", "isStatusMessageTerminal": false});
    let path = format!("/v2/actor-runs/{run}");
    let said = daemon.call(Method::PUT, &path, Some(says.clone())).await.expect(200).json["data"].clone();
    assert_eq!(
        (&said["statusMessage"], &said["isStatusMessageTerminal"]),
        (&json!("half done"), &json!(false))
    );
    daemon.call(Method::DELETE, &format!("{store}/records/STATE-1"), None).await.expect(204);
    daemon.call(Method::DELETE, &format!("{store}/records/STATE-1"), None).await.expect(204);
    daemon.kill9().await;
    daemon.restart().await;
    assert_eq!(daemon.get(&kept).await.expect(200).json, json!({"n": 2}));
    daemon.get(&format!("{store}/records/STATE-1")).await.expect(404);
    daemon.post(&format!("/v1/jobs/{run}/complete"), json!({"status": "succeeded"})).await.expect(200);
    assert_eq!(daemon.get(&path).await.expect(200).json["data"]["statusMessage"], "half done");
    daemon.call(Method::PUT, &path, Some(says)).await.expect(409);
}

#[tokio::test]
async fn what_a_run_keeps_is_bounded_and_its_own() {
    let daemon = Daemon::start().await;
    let start = async || {
        let run = daemon.post("/v2/acts/a/runs", json!({})).await.expect(201);
        format!("/v2/key-value-stores/{}/records", run.json["data"]["id"].as_str().unwrap())
    };
    let (one, two) = (start().await, start().await);
    let put = async |path: String, body: Vec<u8>| {
        let token = std::fs::read_to_string(daemon.token_file()).unwrap();
        let request = http::Request::put(path).header("authorization", format!("Bearer {}", token.trim()));
        let client = ringback::cli::client::Client::new(daemon.url(), None).unwrap();
        let body = http_body_util::Full::new(bytes::Bytes::from(body));
        client.request(request.body(body).unwrap()).await.unwrap().status.as_u16()
    };
    assert_eq!(put(format!("{one}/large"), vec![b'x'; 9 << 20]).await, 201);
    assert_eq!(put(format!("{one}/larger"), vec![b'x'; (9 << 20) + 1]).await, 413);
    assert_eq!(daemon.get(&format!("{one}/large")).await.expect(200).text.len(), 9 << 20);
    daemon.get(&format!("{two}/large")).await.expect(404);
}
