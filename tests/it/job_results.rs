//! Results of jobs: streamed in and out in bounded memory, whatever there is of them, and kills in
//! the middle of it all.
//!
//! `RINGBACK_ROWS` sets how many rows (100,000); `RINGBACK_KILLS` how often the daemon is killed (8).

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use http::{Method, Request, Response};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper_util::rt::TokioIo;
use ringback::cli::client::Client;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use crate::harness::{Daemon, Sink, wait_for, wait_until};

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

async fn new_job(daemon: &Daemon) -> String {
    daemon.post("/v1/jobs", json!({"type": "batch_detail"})).await.expect(201).text_of("id")
}

async fn complete(daemon: &Daemon, id: &str) {
    daemon.post(&format!("/v1/jobs/{id}/complete"), json!({"status": "succeeded"})).await.expect(200);
}

/// One request on a connection of its own, its body made while it is sent.
async fn exchange(
    daemon: &Daemon,
    method: Method,
    path: &str,
    chunks: impl Iterator<Item = Bytes> + Send + 'static,
) -> Response<Incoming> {
    let address = daemon.url().strip_prefix("http://").unwrap().to_owned();
    let stream = TcpStream::connect(&address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let frames = chunks.map(|chunk| Ok::<_, std::convert::Infallible>(Frame::data(chunk)));
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", address)
        .header("authorization", format!("Bearer {}", daemon.token()))
        .header("content-type", "application/x-ndjson")
        .body(StreamBody::new(stream::iter(frames)))
        .unwrap();
    sender.send_request(request).await.unwrap()
}

fn row(n: u64) -> String {
    format!(
        r#"{{"n":{n},"street":"{} Elm Street, Apt. \"{}\"","price":{}.50}}"#,
        n % 997,
        n % 13,
        n * 7 % 900_000
    )
}

/// Rows as they are sent, about 64 KiB at a time.
fn chunks(rows: u64) -> impl Iterator<Item = Bytes> + Send + 'static {
    let mut next = 0;
    std::iter::from_fn(move || {
        let mut text = String::with_capacity(70_000);
        while next < rows && text.len() < 65_536 {
            text.push_str(&row(next));
            text.push('\n');
            next += 1;
        }
        (!text.is_empty()).then(|| Bytes::from(text))
    })
}

/// A line of `/proc/PID/status` in KiB.
fn memory(daemon: &Daemon, line: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", daemon.pid())).unwrap();
    let found = status.lines().find_map(|text| text.strip_prefix(line)).unwrap();
    found.trim_matches(|c: char| !c.is_ascii_digit()).parse().unwrap()
}

/// Reads a streamed answer line by line.
async fn read_lines(mut answer: Response<Incoming>, mut each: impl FnMut(&str)) {
    assert_eq!(answer.status(), 200);
    let mut rest: Vec<u8> = Vec::new();
    while let Some(frame) = answer.body_mut().frame().await {
        rest.extend_from_slice(&frame.unwrap().into_data().unwrap());
        let whole = rest.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        for line in std::str::from_utf8(&rest[..whole]).unwrap().lines() {
            each(line);
        }
        rest.drain(..whole);
    }
    assert!(rest.is_empty(), "the last line is not ended");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_rows_take_no_more_memory_than_few() {
    let rows = setting("RINGBACK_ROWS", 100_000);
    let daemon = Daemon::start().await;
    let small = new_job(&daemon).await;
    complete(&daemon, &small).await;
    let idle = memory(&daemon, "VmRSS:");
    let id = new_job(&daemon).await;
    let path = format!("/v1/jobs/{id}/results");
    let began = ringback::clock::monotonic();
    let answer = exchange(&daemon, Method::POST, &path, chunks(rows)).await;
    assert_eq!(answer.status(), 200);
    let body: Value =
        serde_json::from_slice(&answer.into_body().collect().await.unwrap().to_bytes()).unwrap();
    assert_eq!(body, json!({"result_count": rows}));
    let written = began.elapsed();
    complete(&daemon, &id).await;

    let mut next = 0;
    let answer = exchange(&daemon, Method::GET, &format!("{path}?format=ndjson"), std::iter::empty()).await;
    assert_eq!(answer.headers()["x-row-count"], rows.to_string().as_str());
    read_lines(answer, |line| {
        assert_eq!(line, row(next));
        next += 1;
    })
    .await;
    assert_eq!(next, rows);
    let read = began.elapsed() - written;

    let mut lines = 0;
    let answer = exchange(&daemon, Method::GET, &format!("{path}?format=csv"), std::iter::empty()).await;
    read_lines(answer, |line| {
        match lines {
            0 => assert_eq!(line, "n,street,price"),
            1 => assert_eq!(line, r#"0,"0 Elm Street, Apt. ""0""",0.50"#),
            _ => {}
        }
        lines += 1;
    })
    .await;
    assert_eq!(lines, rows + 1);
    let tabled = began.elapsed() - written - read;

    let last = daemon.get(&format!("{path}?offset={}&limit=1000", rows - 10)).await.expect(200).json;
    assert_eq!((&last["meta"]["count"], &last["meta"]["has_more"]), (&json!(10), &json!(false)));
    assert_eq!(last["data"][9]["n"], rows - 1);
    let peak = memory(&daemon, "VmHWM:");
    let file = std::fs::metadata(daemon.data_dir().join("ringback.redb")).unwrap().len();
    println!(
        "{rows} rows: written in {written:?}, read in {read:?}, as CSV in {tabled:?}; idle {} MiB, peak {} MiB, file {} MiB",
        idle / 1024,
        peak / 1024,
        file >> 20
    );
    assert!(peak - idle <= 64 * 1024, "{} MiB above idle", (peak - idle) / 1024);
}

#[tokio::test]
async fn a_repeated_append_is_harmless_and_a_gap_is_refused() {
    let daemon = Daemon::shared().await;
    let id = new_job(&daemon).await;
    let append = async |query: &str, rows: &str| {
        let path = format!("/v1/jobs/{id}/results{query}");
        daemon.post_raw(&path, &[("content-type", "application/x-ndjson")], rows).await
    };
    assert_eq!(append("?offset=0", "1\n2\n3\n").await.expect(200).json, json!({"result_count": 3}));
    assert_eq!(append("?offset=0", "1\n2\n3\n").await.expect(200).json, json!({"result_count": 3}));
    assert_eq!(append("?offset=2", "3\r\n\n 4").await.expect(200).json, json!({"result_count": 4}));
    assert_eq!(append("", "").await.expect(200).json, json!({"result_count": 4}));
    append("?offset=5", "6").await.expect(409);
    let bad = append("", "5\nnonsense\n7\n").await.expect(400);
    assert_eq!(bad.json["code"], "malformed_json");
    assert!(bad.text_of("detail").starts_with("line 2: "), "{}", bad.text);
    assert!(bad.text_of("detail").ends_with("the job has 5 now"), "{}", bad.text);
    append("", "{\"a\":1,\"a\":2}").await.expect(400);
    let foreign = [b"6\n\"" as &[u8], b"\xff\"\n"].concat();
    let headers = [("content-type", "application/x-ndjson")];
    let bad = daemon.post_raw(&format!("/v1/jobs/{id}/results"), &headers, foreign).await.expect(400);
    let reported =
        "line 2: the body is not UTF-8 after byte 1; the rows before it are stored, and the job has 6 now";
    assert_eq!(bad.text_of("detail"), reported);
    append("", &format!("\"{}\"", "x".repeat(1 << 20))).await.expect(413);
    let bad = append("?offset=-1", "1").await.expect(400);
    assert_eq!(bad.text_of("detail"), "offset must be a whole number, 0 or more");
    let path = format!("/v1/jobs/{id}/results");
    daemon.post_raw(&path, &[("content-type", "application/json")], "1").await.expect(415);
    complete(&daemon, &id).await;
    append("?offset=0", "1").await.expect(409);
    let all = daemon.get(&format!("{path}?format=ndjson")).await.expect(200);
    assert_eq!(
        (all.text.as_str(), &all.headers["content-type"]),
        ("1\n2\n3\n4\n5\n6\n", &"application/x-ndjson".parse().unwrap())
    );
    let some = daemon.get(&format!("{path}?format=csv&offset=3&limit=1")).await.expect(200);
    assert_eq!(
        (some.text.as_str(), some.headers["content-type"].to_str().unwrap()),
        ("value\r\n4\r\n", "text/csv; charset=utf-8")
    );
    let none = daemon.get(&format!("{path}?format=ndjson&offset=9")).await.expect(200);
    assert_eq!(none.text, "");
    let beyond = daemon.get(&format!("{path}?offset=9")).await.expect(200).json;
    assert_eq!((&beyond["meta"]["count"], &beyond["meta"]["total"]), (&json!(0), &json!(6)));
}

#[tokio::test]
async fn a_table_is_bounded_by_its_columns_and_a_wide_one_comes_whole() {
    let daemon = Daemon::shared().await;
    let first = |members: usize| {
        let members: Vec<String> = (0..members).map(|n| format!("\"{n}\":{n}")).collect();
        format!("{{{}}}\n", members.join(","))
    };
    let (rows, columns) = (400, 10_000);
    let mut tables = Vec::new();
    for members in [columns, columns + 1] {
        let id = new_job(&daemon).await;
        let text = first(members) + &"{}\n".repeat(rows);
        let path = format!("/v1/jobs/{id}/results");
        daemon.post_raw(&path, &[("content-type", "application/x-ndjson")], &text).await.expect(200);
        complete(&daemon, &id).await;
        tables.push(format!("{path}?format=csv"));
    }
    let (whole, refused) = (tables.swap_remove(0), tables.remove(0));
    let text = daemon.get(&whole).await.expect(200).text;
    let lines: Vec<&str> = text.split_terminator("\r\n").collect();
    assert_eq!(lines.len(), rows + 2);
    assert!(lines.iter().all(|line| line.matches(',').count() == columns - 1));
    assert!(lines[2..].iter().all(|line| line.len() == columns - 1));
    let problem = daemon.get(&refused).await.expect(422);
    assert_eq!(
        problem.text_of("detail"),
        "the rows have more than 10000 different members, or names of more than 1048576 bytes, and format=csv may have \
         at most that many columns; ask for lines of JSON, which have no limit"
    );
    daemon.get(&format!("{refused}&offset=1")).await.expect(200);
}

/// What the daemon said of jobs.
#[derive(Default)]
struct Said {
    made: Mutex<Vec<String>>,
    rows: Mutex<BTreeMap<String, u64>>,
    done: Mutex<Vec<String>>,
    stop: AtomicBool,
}

/// Makes jobs, gives them results and completes them, until the daemon is gone or the test says stop.
async fn work(url: String, token: String, said: Arc<Said>) {
    let client = Client::new(&url, Some(token)).unwrap();
    let post = async |path: String, kind: &str, body: String| {
        let request = Request::post(path).header("content-type", kind);
        let request = request.body(http_body_util::Full::new(Bytes::from(body))).unwrap();
        let reply = client.request(request).await.ok()?;
        (reply.status != 503).then(|| {
            assert!(reply.status.is_success(), "{:?}", reply.body);
            serde_json::from_slice::<Value>(&reply.body).unwrap()
        })
    };
    while !said.stop.load(Ordering::Relaxed) {
        let body = r#"{"type":"a.b"}"#.to_owned();
        let Some(job) = post("/v1/jobs".to_owned(), "application/json", body).await else { return };
        let id = job["id"].as_str().unwrap().to_owned();
        said.made.lock().unwrap().push(id.clone());
        let rows = "1\n2\n3\n".to_owned();
        let answer = post(format!("/v1/jobs/{id}/results?offset=0"), "application/x-ndjson", rows).await;
        let Some(answer) = answer else { return };
        said.rows.lock().unwrap().insert(id.clone(), answer["result_count"].as_u64().unwrap());
        let body = r#"{"status":"succeeded"}"#.to_owned();
        let Some(_) = post(format!("/v1/jobs/{id}/complete"), "application/json", body).await else { return };
        said.done.lock().unwrap().push(id);
    }
}

fn workers(daemon: &Daemon, said: &Arc<Said>) -> JoinSet<()> {
    (0..8).map(|_| work(daemon.url().to_owned(), daemon.token(), Arc::clone(said))).collect()
}

/// How many `job.succeeded` there are of each job.
async fn ends(daemon: &Daemon) -> BTreeMap<String, u64> {
    let mut ends = BTreeMap::new();
    let mut path = "/v1/events?type=job.succeeded&limit=250".to_owned();
    loop {
        let page = daemon.get(&path).await.expect(200).json;
        for event in page["data"].as_array().unwrap() {
            *ends.entry(event["order_key"].as_str().unwrap().to_owned()).or_default() += 1;
        }
        let Some(cursor) = page["next_cursor"].as_str() else { return ends };
        path = format!("/v1/events?cursor={cursor}&limit=250");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_among_completions_each_job_ends_once_and_nothing_is_lost() {
    let kills = setting("RINGBACK_KILLS", 8);
    let mut chance = setting("RINGBACK_KILL_SEED", u64::from(std::process::id()));
    println!("RINGBACK_KILLS={kills} RINGBACK_KILL_SEED={chance}");
    let sink = Sink::start().await;
    let mut daemon = Daemon::start().await;
    daemon.webhook(&sink.url("/in"), json!({"profile": "job-webhooks"})).await;
    let said = Arc::new(Said::default());
    let done = || said.done.lock().unwrap().len();
    for round in 0..kills {
        let (before, working) = (done(), workers(&daemon, &said));
        // Every other life ends anywhere; the others have done something, also on a slow disk.
        if round % 2 == 0 {
            wait_until("jobs completed", || done() > before + 3).await;
        }
        chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        // The moment of the kill is what is tested.
        tokio::time::sleep(Duration::from_millis(20 + (chance >> 33) % 300)).await;
        daemon.kill9().await;
        working.join_all().await;
        daemon.restart().await;
    }
    said.stop.store(true, Ordering::Relaxed);
    wait_for("an empty backlog", async || {
        let status = daemon.admin("/admin/status").await.expect(200);
        (status.json["store"]["pending_deliveries"] == 0).then_some(())
    })
    .await;

    let ends = ends(&daemon).await;
    let twice: Vec<_> = ends.iter().filter(|(_, times)| **times != 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    let (made, done) = (said.made.lock().unwrap().clone(), said.done.lock().unwrap().clone());
    println!("{} jobs made, {} completions acknowledged, {} ended", made.len(), done.len(), ends.len());
    assert!(done.len() as u64 > kills, "too little work to show anything");
    for id in &done {
        assert!(ends.contains_key(id), "{id} ended, and no event says so");
    }
    for id in &made {
        let job = daemon.get(&format!("/v1/jobs/{id}")).await.expect(200).json;
        assert_eq!(job["status"] == "succeeded", ends.contains_key(id), "{job}");
        let rows = said.rows.lock().unwrap().get(id).copied().unwrap_or(0);
        assert!(job["result_count"] == 3 || rows == 0, "rows were lost: {job}");
    }
    let arrived: std::collections::BTreeSet<String> = sink
        .received("/in")
        .iter()
        .map(|request| request.json()["data"]["job"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(arrived, ends.into_keys().collect(), "every end arrived");
}
