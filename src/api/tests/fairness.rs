//! What accounts share: anyone who holds too much of it is refused or gives way, and no one else notices.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::{Rig, default_settings};
use crate::api::ApiSettings;
use crate::domain::account::Role;
use crate::domain::id::AccountNo;
use crate::http::Bounds;
use crate::http::owner::Owner;
use crate::http::problem::Code;
use crate::http::response::typed;
use crate::limits;

const LONG: Duration = Duration::from_secs(60);
const SOON: Duration = Duration::from_secs(20);

/// A listener of few connections, whose settings allow one account all of them.
async fn few(connections: usize, settings: ApiSettings) -> Rig {
    let settings = ApiSettings { body_deadline: LONG, ..settings };
    Rig::with(settings, Bounds { connections, ..Bounds::default() }).await
}

fn lavish() -> ApiSettings {
    ApiSettings { connections: 1000, waits: 1000, ..default_settings() }
}

impl Rig {
    /// Another account's producer.
    async fn stranger(&self) -> String {
        self.post("/v1/accounts", r#"{"name":"other"}"#).await.expect(201);
        self.token(Role::Producer, "other").await
    }

    async fn event_of(&self, token: &str) -> super::Reply {
        let kind = [("content-type", "application/json")];
        let body = r#"{"type":"a.b","data":1}"#;
        let posted = self.request(&http::Method::POST, "/v1/events", Some(token), &kind, body);
        timeout(SOON, posted).await.expect("it was held up")
    }

    /// Sends a head on a connection of its own.
    async fn begin(&self, line: &str, token: &str, rest: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.addr).await.unwrap();
        let head = format!("{line} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n{rest}\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        stream
    }

    /// Waits until so many requests are in progress.
    async fn busy(&self, count: usize) {
        until(|| self.context.budgets.requests.taken() >= count).await;
    }
}

/// Waits until something is so.
async fn until(is_so: impl Fn() -> bool) {
    let so = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, so).await.expect("it never was so");
}

/// What comes until the end of the connection, or of the answer's first piece.
async fn answer(stream: &mut TcpStream) -> String {
    let mut all = vec![0; 16 << 10];
    let read = timeout(SOON, stream.read(&mut all)).await.expect("no answer").unwrap_or(0);
    String::from_utf8_lossy(&all[..read]).into_owned()
}

const STALLED: &str = "content-type: application/json\r\ncontent-length: 1000\r\n";

#[tokio::test]
async fn bodies_that_stall_give_their_connections_to_others() {
    let rig = few(8, lavish()).await;
    let stranger = rig.stranger().await;
    let mut stalled = Vec::new();
    for _ in 0..8 {
        stalled.push(rig.begin("POST /v1/events", rig.of(Role::Admin), STALLED).await);
    }
    rig.busy(8).await;
    for _ in 0..8 {
        rig.event_of(&stranger).await.expect(202);
    }
    let told = answer(&mut stalled[0]).await;
    assert!(told.starts_with("HTTP/1.1 503") && told.contains("retry-after"), "{told}");
    assert!(told.contains("in favor of others"), "{told}");
}

#[tokio::test]
async fn a_new_connection_takes_the_place_of_whoever_has_the_most() {
    let rig = few(8, lavish()).await;
    let stranger = rig.stranger().await;
    let mut few = rig.begin("POST /v1/events", &stranger, STALLED).await;
    rig.busy(1).await;
    let mut many = Vec::new();
    for _ in 0..7 {
        many.push(rig.begin("POST /v1/events", rig.of(Role::Admin), STALLED).await);
    }
    rig.busy(8).await;
    for _ in 0..3 {
        rig.event_of(&stranger).await.expect(202);
    }
    // The one that has waited longest of all is of the account with few, and goes on.
    few.write_all(br#"{"type":"a.b","data":1}"#).await.unwrap();
    few.write_all(&b" ".repeat(1000 - 23)).await.unwrap();
    assert!(answer(&mut few).await.starts_with("HTTP/1.1 202"));
}

#[tokio::test]
async fn answers_that_wait_come_early_when_their_places_are_needed() {
    let rig = few(8, lavish()).await;
    let stranger = rig.stranger().await;
    let run = rig.post("/v2/actors/a/runs", "{}").await.expect(201).json()["data"]["id"].clone();
    let line = format!("GET /v2/actor-runs/{}?waitForFinish=60", run.as_str().unwrap());
    let mut waiting = Vec::new();
    for count in 1..=8 {
        waiting.push(rig.begin(&line, rig.of(Role::Admin), "").await);
        // One after the other, so that the first has waited longest.
        until(|| rig.context.budgets.waits.taken() == count).await;
    }
    for _ in 0..4 {
        rig.event_of(&stranger).await.expect(202);
    }
    let told = answer(&mut waiting[0]).await;
    assert!(told.starts_with("HTTP/1.1 200") && told.contains("READY"), "{told}");
    assert!(told.to_lowercase().contains("connection: close"), "{told}");
}

#[tokio::test]
async fn an_account_that_waits_too_often_is_answered_at_once() {
    let rig = few(100, ApiSettings { waits: 4, ..lavish() }).await;
    let run = rig.post("/v2/actors/a/runs", "{}").await.expect(201).json()["data"]["id"].clone();
    let line = format!("GET /v2/actor-runs/{}?waitForFinish=60", run.as_str().unwrap());
    let (one, two) = (rig.of(Role::Admin).to_owned(), rig.token(Role::Reader, "default").await);
    let mut waiting = Vec::new();
    for token in [&one, &one, &two, &two] {
        waiting.push(rig.begin(&line, token, "").await);
    }
    rig.busy(4).await;
    let mut early = rig.begin(&line, &two, "").await;
    assert!(answer(&mut early).await.contains("READY"));
    drop(waiting);
}

#[tokio::test]
async fn requests_in_progress_are_bounded_per_token_and_per_account() {
    let rig = few(100, ApiSettings { connections: 4, ..lavish() }).await;
    let stranger = rig.stranger().await;
    let (one, two) = (rig.token(Role::Producer, "default").await, rig.token(Role::Producer, "default").await);
    let mut stalled = Vec::new();
    for token in [&one, &one] {
        stalled.push(rig.begin("POST /v1/events", token, STALLED).await);
    }
    rig.busy(2).await;
    let refused = rig.event_of(&one).await.expect(429);
    assert_eq!(refused.headers["retry-after"], "1");
    let detail = refused.json()["detail"].as_str().unwrap().to_owned();
    assert!(detail.contains("this token") && detail.contains("quotas.connections"), "{detail}");
    for _ in 0..2 {
        stalled.push(rig.begin("POST /v1/events", &two, STALLED).await);
    }
    rig.busy(4).await;
    let refused = rig.event_of(rig.of(Role::Admin)).await.expect(429).json();
    assert!(refused["detail"].as_str().unwrap().contains("this account"), "{refused}");
    rig.event_of(&stranger).await.expect(202);
    // What ends, or goes away, makes room.
    stalled.clear();
    until(|| rig.context.budgets.requests.taken() == 0).await;
    rig.event_of(&one).await.expect(202);
}

#[tokio::test]
async fn one_accounts_large_bodies_leave_room_for_others() {
    let rig = few(100, lavish()).await;
    let stranger = rig.stranger().await;
    let length = 16_000_000;
    let head = format!("content-type: application/json\r\ncontent-length: {length}\r\n");
    let part = vec![b' '; length - 1000];
    let mut stalled = Vec::new();
    for _ in 0..5 {
        let mut stream = rig.begin("POST /v1/events", rig.of(Role::Admin), &head).await;
        let _ = stream.write_all(&part).await;
        stalled.push(stream);
    }
    let body = format!(r#"{{"type":"a.b","data":"{}"}}"#, "x".repeat(900_000));
    let kind = [("content-type", "application/json")];
    rig.request(&http::Method::POST, "/v1/events", Some(&stranger), &kind, body).await.expect(202);
    let held = rig.context.budgets.bodies.held_by(Owner::Account(AccountNo(1)));
    assert!(held <= limits::BODIES_BYTES >> 11, "{held} KiB");
    // Two of them have their place; which two depends on which was read first.
    for _ in 0..3 {
        let answers = stalled.iter_mut().map(|stream| Box::pin(answer(stream)));
        let (told, refused, _) = futures_util::future::select_all(answers).await;
        assert!(told.starts_with("HTTP/1.1 429"), "{told}");
        stalled.remove(refused);
    }
}

#[tokio::test]
async fn a_large_body_that_stalls_gives_way_when_memory_is_scarce() {
    let rig = few(100, lavish()).await;
    let head = "content-type: application/json\r\ncontent-length: 1000000\r\n";
    let mut stalled = rig.begin("POST /v1/events", rig.of(Role::Admin), head).await;
    stalled.write_all(&vec![b' '; 900_000]).await.unwrap();
    let bodies = &rig.context.budgets.bodies;
    // Others take most of it. What comes of the body now and then is too little.
    let others: Vec<_> = (2..9)
        .map(|no| bodies.try_take(Owner::Account(AccountNo(no)), (limits::BODIES_BYTES >> 10) / 8))
        .collect();
    assert!(bodies.held() > bodies.total() / 4 * 3, "{others:?}");
    let drip = async {
        loop {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let mut told = [0; 4096];
            if let Ok(read) = stalled.try_read(&mut told) {
                return String::from_utf8_lossy(&told[..read]).into_owned();
            }
            let _ = stalled.write_all(b" ").await;
        }
    };
    let told = timeout(SOON, drip).await.expect("it was kept");
    assert!(told.starts_with("HTTP/1.1 503") && told.contains("in favor of others"), "{told}");
}

#[tokio::test]
async fn answers_that_nobody_reads_are_bounded_by_whom_they_are_for() {
    let rig = Rig::new().await;
    let large = || typed(http::StatusCode::OK, "application/json", vec![b'x'; 4 << 20]);
    let hold = |owner| rig.context.hold_answer(owner, large());
    let (one, two) = (Owner::Account(AccountNo(1)), Owner::Address([192, 0, 2, 1].into()));
    let held: Vec<_> = (0..4).map(|_| hold(one).unwrap()).collect();
    let refused = hold(one).err().unwrap();
    assert_eq!((refused.code, refused.retry_after), (Code::RateLimited, Some(1)));
    let other = hold(two).unwrap();
    drop(held);
    assert_eq!(rig.context.budgets.answers.held(), 4 << 20);
    drop(other);
    // hyper has the bytes after their body is gone: they count until the last of them is.
    use http_body_util::BodyExt as _;
    let bytes = hold(one).unwrap().into_body().collect().await.unwrap().to_bytes();
    assert_eq!(rig.context.budgets.answers.held(), 4 << 20);
    let part = bytes.slice(10..20);
    drop(bytes);
    assert_eq!(rig.context.budgets.answers.held(), 4 << 20);
    drop(part);
    assert_eq!(rig.context.budgets.answers.held(), 0);
}

#[tokio::test]
async fn the_description_of_the_api_is_one_text_for_all_who_read_it() {
    use http_body_util::BodyExt as _;
    let text = || async {
        let answer = crate::api::table::description(true);
        assert_eq!(answer.body().waiting(), 0);
        answer.into_body().collect().await.unwrap().to_bytes()
    };
    let (one, two) = (text().await, text().await);
    assert_eq!(one.as_ptr(), two.as_ptr());
    assert!(one.len() > 10_000);
}

#[tokio::test]
async fn a_page_of_large_rows_is_short_and_its_cursor_goes_on() {
    let rig = Rig::new().await;
    let example = "x".repeat(60_000);
    for n in 0..40 {
        let body = format!(r#"{{"example":"{example}"}}"#);
        rig.call("PUT", &format!("/v1/event-types/t.n{n:02}"), &body).await.expect(201);
    }
    let (mut names, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = rig.get(&format!("/v1/event-types?limit=250{cursor}")).await.expect(200);
        assert!(page.text().len() < 2 * limits::PAGE_BYTES);
        let page = page.json();
        names.extend(page["data"].as_array().unwrap().iter().map(|row| row["name"].clone()));
        pages += 1;
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert!(pages > 1, "{pages}");
    let want: Vec<String> = (0..40).map(|n| format!("t.n{n:02}")).collect();
    assert_eq!(names, want);
}

#[tokio::test]
async fn reads_of_one_account_leave_places_for_others() {
    let rig = Rig::new().await;
    let (release, blocked) = std::sync::mpsc::sync_channel::<()>(64);
    let blocked = std::sync::Arc::new(std::sync::Mutex::new(blocked));
    let mut held = Vec::new();
    for _ in 0..2 * limits::STORE_READS {
        let (context, blocked) = (rig.context.clone(), blocked.clone());
        held.push(tokio::spawn(async move {
            let read = context.app.read(AccountNo(7), move |_| {
                let _ = blocked.lock().unwrap().recv();
                Ok(())
            });
            read.await
        }));
    }
    until(|| rig.context.app.reads.held_by(AccountNo(7)) >= limits::ACCOUNT_READS).await;
    timeout(SOON, rig.get("/v1/events")).await.expect("others were held up").expect(200);
    drop(release);
    for read in held {
        read.await.unwrap().unwrap();
    }
    assert_eq!(rig.context.app.reads.held(), 0);
}
