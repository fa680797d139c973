//! Every list of the command line goes on where its page ended.

use std::collections::BTreeSet;

use http::Method;
use serde_json::{Value, json};

use crate::harness::{Daemon, Sink};

/// The commands that list page by page, with the words that call them.
fn lists(command: &clap::Command, words: &[String], found: &mut Vec<Vec<String>>) {
    if command.get_arguments().any(|argument| argument.get_id() == "cursor") {
        found.push(words.to_vec());
    }
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        lists(below, &[words, &[below.get_name().to_owned()]].concat(), found);
    }
}

/// At least three of everything that is listed.
async fn populate(daemon: &Daemon, sink: &Sink) {
    for n in 0..3 {
        let webhook = daemon.webhook(&sink.url("/in"), json!({"events": ["a.*"]})).await;
        let event = daemon.event("a.b", json!(n)).await;
        daemon.settled(&event, &webhook, "delivered").await;
        daemon.post("/v1/jobs", json!({"type": "t"})).await.expect(201);
        daemon.post("/v1/replays", json!({"filter": {"state": "failed"}})).await.expect(202);
        daemon.post("/v1/accounts", json!({"name": format!("team-{n}")})).await.expect(201);
        daemon.post("/v1/tokens", json!({"role": "reader"})).await.expect(201);
        let actor = json!({"actorSpecification": 1, "name": format!("actor-{n}"), "version": "0.1"});
        daemon.call(Method::PUT, &format!("/v1/actors/actor-{n}"), Some(actor)).await.expect(201);
        let declared = Some(json!({"description": "A type"}));
        daemon.call(Method::PUT, &format!("/v1/event-types/order.n{n}"), declared).await.expect(201);
        let secret = Some(json!({"value": "a value that is long enough"}));
        daemon.call(Method::PUT, &format!("/v1/secrets/KEY_{n}"), secret).await.expect(201);
    }
}

/// What a page lists, by id or name, and the cursor of the next one.
async fn page(daemon: &Daemon, list: &[String], more: &[&str]) -> (Vec<String>, Option<String>) {
    let words: Vec<&str> =
        list.iter().map(String::as_str).chain(["--json"]).chain(more.iter().copied()).collect();
    let (code, out, err) = daemon.cli(&words).await;
    assert_eq!(code, 0, "{words:?}: {err}");
    let page: Value = serde_json::from_str(&out).unwrap();
    let rows = page["data"].as_array().unwrap_or_else(|| panic!("{words:?}: {out}"));
    let name =
        |row: &Value| row["id"].as_str().or(row["name"].as_str()).or(row["seq"].as_str()).map(str::to_owned);
    let named = rows.iter().map(|row| name(row).unwrap_or_else(|| row["seq"].to_string())).collect();
    (named, page["next_cursor"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn every_list_goes_on_where_its_page_ended() {
    let (daemon, sink) = (Daemon::start().await, Sink::start().await);
    populate(&daemon, &sink).await;
    let mut found = Vec::new();
    lists(&ringback::cli::command(), &[], &mut found);
    let named: BTreeSet<String> = found.iter().map(|words| words.join(" ")).collect();
    for list in ["account", "delivery", "event", "event-type", "job", "replay", "secret", "token", "webhook"]
    {
        assert!(named.contains(&format!("{list} list")), "{list} has no pages: {named:?}");
    }
    for list in found {
        let (whole, next) = page(&daemon, &list, &["--limit", "200"]).await;
        assert!(whole.len() >= 3 && next.is_none(), "{list:?}: {whole:?}");
        let (mut seen, mut cursor) = (Vec::new(), None);
        for _ in 0..=whole.len() {
            let mut more = vec!["--limit", "1"];
            more.extend(cursor.iter().flat_map(|cursor: &String| ["--cursor", cursor]));
            let (one, next) = page(&daemon, &list, &more).await;
            assert!(one.len() <= 1, "{list:?}: {one:?}");
            seen.extend(one);
            cursor = next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, whole, "{list:?}");
        // People are shown the same cursor, beside the rows.
        let words: Vec<&str> = list.iter().map(String::as_str).chain(["--limit", "1"]).collect();
        let (code, _, err) = daemon.cli(&words).await;
        let (_, cursor) = err.split_once("more: --cursor ").unwrap_or_else(|| panic!("{list:?}: {err}"));
        let (second, _) = page(&daemon, &list, &["--limit", "1", "--cursor", cursor.trim()]).await;
        assert_eq!((code, second.as_slice()), (0, &whole[1..2]), "{list:?}");
    }
}
