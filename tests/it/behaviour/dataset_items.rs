//! A dataset's items: every column of every row, and each parameter does what it says or is refused.

use serde_json::{Value, json};

use crate::harness::Daemon;

/// A run's dataset with these items; gives the path of its items.
async fn dataset(daemon: &Daemon, items: Value) -> String {
    let run = daemon.post("/v2/actors/a/runs", json!({})).await.expect(201);
    let path = format!("/v2/datasets/{}/items", run.json["data"]["id"].as_str().unwrap());
    daemon.post(&path, items).await.expect(201);
    path
}

async fn text(daemon: &Daemon, path: &str, query: &str) -> String {
    daemon.get(&format!("{path}?{query}")).await.expect(200).text
}

#[tokio::test]
async fn a_table_holds_all_columns_of_all_rows() {
    let daemon = Daemon::shared().await;
    let path = dataset(&daemon, json!([{"a": 1}, {}, {"a": 2, "t": "x"}])).await;
    for (query, want) in [
        ("format=csv", "a,t\r\n1,\r\n,\r\n2,x\r\n"),
        ("format=csv&desc=1", "a,t\r\n2,x\r\n,\r\n1,\r\n"),
        ("format=csv&fields=t,a", "t,a\r\n,1\r\n,\r\nx,2\r\n"),
        ("format=csv&fields=t", "t\r\n\"\"\r\n\"\"\r\nx\r\n"),
        ("format=csv&limit=1", "a\r\n1\r\n"),
        ("format=csv&clean=1", "a,t\r\n1,\r\n2,x\r\n"),
    ] {
        assert_eq!(text(&daemon, &path, query).await, want, "{query}");
    }
    let nested =
        dataset(&daemon, json!([{"b": {"c": 1, "d": [true]}}, {"e": "f"}, {"b": {"c": "g,h"}}])).await;
    assert_eq!(text(&daemon, &nested, "format=csv").await, "b/c,b/d/0,e\r\n1,true,\r\n,,f\r\n\"g,h\",,\r\n");
    // Ringback's own results: nested members are JSON in a cell.
    let job = daemon.post("/v1/jobs", json!({"type": "t"})).await.expect(201).text_of("id");
    let results = format!("/v1/jobs/{job}/results");
    let rows = "{\"a\":1}\n{\"b\":{\"c\":2}}\n";
    daemon.post_raw(&results, &[("content-type", "application/x-ndjson")], rows).await.expect(200);
    daemon.post(&format!("/v1/jobs/{job}/complete"), json!({"status": "succeeded"})).await.expect(200);
    assert_eq!(text(&daemon, &results, "format=csv").await, "a,b\r\n1,\r\n,\"{\"\"c\"\":2}\"\r\n");
}

#[tokio::test]
async fn the_columns_of_a_long_table_are_found_at_its_end() {
    let daemon = Daemon::shared().await;
    let mut items: Vec<Value> = (0..5000).map(|n| json!({"n": n, "t": "x".repeat(50)})).collect();
    items.push(json!({"last": true}));
    let path = dataset(&daemon, items.into()).await;
    let table = text(&daemon, &path, "format=csv").await;
    let lines: Vec<&str> = table.lines().collect();
    assert_eq!((lines.len(), lines[0], lines[5001]), (5002, "n,t,last", ",,true"));
}

#[tokio::test]
async fn each_parameter_does_what_it_says() {
    let daemon = Daemon::shared().await;
    let path =
        dataset(&daemon, json!([{"n": 1, "l": [{"a": "x"}, 7], "o": {"p": {"q": 2}}}, {"n": 3}])).await;
    for (query, want) in [
        ("unwind=l&fields=n,l,a", r#"[{"n":1,"a":"x"},{"n":1,"l":7},{"n":3}]"#),
        ("unwind=l&limit=1&fields=a,l&format=jsonl", "{\"a\":\"x\"}\n{\"l\":7}\n"),
        ("unwind=l&format=csv&fields=n,a", "n,a\r\n1,x\r\n1,\r\n3,\r\n"),
        ("flatten=o&fields=n,o.p.q", r#"[{"n":1,"o.p.q":2},{"n":3}]"#),
        ("format=csv&fields=n,o&delimiter=;", "n;o/p/q\r\n1;2\r\n3;\r\n"),
        ("format=csv&fields=n&delimiter=%09&skipHeaderRow=1", "1\r\n3\r\n"),
        ("format=csv&fields=n&bom=1", "\u{feff}n\r\n1\r\n3\r\n"),
        ("fields=n&bom=true", "\u{feff}[{\"n\":1},{\"n\":3}]"),
        ("fields=n&bom=0&limit=&offset=&format=&unwind=", r#"[{"n":1},{"n":3}]"#),
        ("omit=l&omit=o", r#"[{"n":1},{"n":3}]"#),
    ] {
        assert_eq!(text(&daemon, &path, query).await, want, "{query}");
    }
    let saved = daemon.get(&format!("{path}?attachment=1&format=csv")).await.expect(200);
    let disposition = saved.headers["content-disposition"].to_str().unwrap().to_owned();
    assert!(disposition.starts_with("attachment; filename=\"dataset_job_"), "{disposition}");
    assert!(disposition.ends_with(".csv\""), "{disposition}");
    for name in ["view", "simplified", "skipFailedPages", "xmlRoot", "xmlRow", "feedTitle"] {
        let refused = daemon.get(&format!("{path}?{name}=x")).await.expect(400);
        assert_eq!(
            refused.json["error"]["message"],
            format!("{name} is not supported here; leave it out"),
            "{name}"
        );
    }
    for bad in ["delimiter=ab", "delimiter=%22", "delimiter=%0A", "bom=x", "format=xlsx"] {
        let refused = daemon.get(&format!("{path}?{bad}")).await.expect(400);
        assert_eq!(refused.json["error"]["type"], "invalid-input", "{bad}");
    }
}

#[tokio::test]
async fn what_is_pushed_is_an_item_or_is_named() {
    let daemon = Daemon::shared().await;
    let path = dataset(&daemon, json!([{"a": 1}, {}, {"#hidden": 1}])).await;
    // Nothing to push, as clients of some versions say it.
    daemon.post_raw(&path, &[("content-type", "application/json")], "").await.expect(201);
    let described = daemon.get(path.strip_suffix("/items").unwrap()).await.expect(200).json["data"].clone();
    assert_eq!((&described["itemCount"], &described["cleanItemCount"]), (&json!(3), &json!(1)));
    for member in ["readCount", "writeCount", "storageBytes"] {
        assert!(described["stats"][member].is_u64(), "{member}");
    }
    for (body, message) in
        [(json!(7), "the document must be an object"), (json!([{"a": 1}, "x"]), "/1 must be an object")]
    {
        let refused = daemon.post(&path, body).await.expect(400);
        assert_eq!(refused.json["error"]["message"], message);
    }
    assert_eq!(daemon.get(&path).await.expect(200).json.as_array().unwrap().len(), 3);
}

/// What the provider's libraries push at once.
const LONGEST: usize = 9 << 20;

fn of_length(name: &str, length: usize) -> String {
    format!("{{\"{name}\":\"{}\"}}", "y".repeat(length - name.len() - 7))
}

#[tokio::test]
async fn an_item_may_be_as_long_as_the_providers_libraries_push() {
    let daemon = Daemon::shared().await;
    let path = dataset(&daemon, json!([{"n": 1}])).await;
    let json = [("content-type", "application/json")];
    let push = async |body: String| daemon.post_raw(&path, &json, &body).await;
    let (long, other) = (of_length("a", LONGEST), of_length("b", 3 << 20));
    push(format!("[{long},\n{{\"n\":2}}]")).await.expect(201);
    push(other.clone()).await.expect(201);
    let refused = push(format!("[{{}},{}]", of_length("a", LONGEST + 1))).await.expect(413);
    let message = refused.json["error"]["message"].as_str().unwrap();
    assert_eq!(message, format!("/1 has {} bytes; an item may have {LONGEST}", LONGEST + 1));
    // What it takes to choose members grows with their number.
    let crowded = format!("{{\"l\":[{}]}}", vec!["1,2"; 300_000].join(","));
    let refused = push(crowded).await.expect(413);
    assert!(refused.text.contains("push it as several items"), "{}", refused.text);

    let whole = format!("[{{\"n\":1}},{long},{{\"n\":2}},{other}]");
    assert!(text(&daemon, &path, "").await == whole);
    let backwards = format!("{other}\n{{\"n\":2}}\n{long}\n{{\"n\":1}}\n");
    assert!(text(&daemon, &path, "format=jsonl&desc=1").await == backwards);
    assert!(text(&daemon, &path, "fields=a&skipEmpty=1").await == format!("[{long}]"));
    assert_eq!(text(&daemon, &path, "offset=2&limit=1").await, "[{\"n\":2}]");
    let table = text(&daemon, &path, "format=csv&fields=n,b").await;
    let cell = "y".repeat((3 << 20) - 8);
    assert!(table == format!("n,b\r\n1,\r\n,\r\n2,\r\n,{cell}\r\n"));
    // All clients at once have it whole, in turns.
    let all = futures_util::future::join_all((0..6).map(|_| text(&daemon, &path, ""))).await;
    assert!(all.iter().all(|text| *text == whole));

    let run = path.split('/').nth(3).unwrap();
    daemon.post(&format!("/v1/jobs/{run}/complete"), json!({"status": "succeeded"})).await.expect(200);
    let results = format!("/v1/jobs/{run}/results");
    let lines = daemon.get(&format!("{results}?format=ndjson")).await.expect(200).text;
    assert!(lines == format!("{{\"n\":1}}\n{long}\n{{\"n\":2}}\n{other}\n"));
    let page = daemon.get(&format!("{results}?offset=1&limit=1")).await.expect(200).json;
    assert!(page["data"][0]["a"].as_str().unwrap().len() == LONGEST - 8 && page["meta"]["has_more"] == true);
}
