//! Rows of several MB: what they take in memory counts, so that neither pages nor clients multiply them.

use http::Method;
use serde_json::json;
use tokio::time::{Duration, timeout};

use super::{Rig, connect};
use crate::domain::account::Role;
use crate::http::owner::Owner;
use crate::limits;

/// A run with an item of the longest, and one behind it.
async fn run(rig: &Rig) -> String {
    let run = rig.post("/v2/acts/a/runs", "{}").await.expect(201).json();
    let run = run["data"]["id"].as_str().unwrap().to_owned();
    let text = "x".repeat(limits::ITEM_BYTES - r#"{"t":""}"#.len());
    let items = format!(r#"[{{"t":"{text}"}},{{"t":"short"}}]"#);
    rig.post(&format!("/v2/datasets/{run}/items"), &items).await.expect(201);
    rig.post(&format!("/v1/jobs/{run}/complete"), r#"{"status":"succeeded"}"#).await.expect(200);
    run
}

#[tokio::test]
async fn a_long_row_is_read_only_where_there_is_room_for_it() {
    let rig = Rig::new().await;
    let run = run(&rig).await;
    let budgets = &rig.context.budgets;
    let account = rig.store.directory().account_named("default").unwrap().no();
    let all = budgets.answers.per_key();
    // More than an ordinary piece of an answer needs.
    let held = budgets.hold_answer(Owner::Account(account), all - 2 * limits::PIECE_BYTES).unwrap();
    let (items, results) = (format!("/v2/datasets/{run}/items"), format!("/v1/jobs/{run}/results"));
    for path in [format!("{results}?limit=1"), format!("{results}?format=csv"), format!("{items}?format=csv")]
    {
        rig.get(&path).await.expect(429);
    }
    rig.get(&format!("{items}?format=csv&offset=1")).await.expect(200);
    let mut waiting = Vec::new();
    for path in
        [items.clone(), format!("{items}?desc=1&offset=1"), format!("{results}?format=ndjson&limit=1")]
    {
        let answer = connect(rig.addr, &Method::GET, &path, Some(rig.of(Role::Admin)), &[], "").await;
        assert_eq!(answer.status(), 200, "{path}");
        waiting.push(answer.into_body());
    }
    use http_body_util::BodyExt as _;
    let first = timeout(Duration::from_millis(200), waiting[0].frame()).await;
    assert!(first.is_err(), "it was sent without room");
    assert!(budgets.answers.held() <= all);
    drop(held);
    let all = futures_util::future::join_all(waiting.into_iter().map(|body| body.collect())).await;
    for text in all.into_iter().map(|body| body.unwrap().to_bytes()) {
        assert!(text.len() >= limits::ITEM_BYTES, "{} bytes", text.len());
    }
    for path in [format!("{results}?limit=1"), format!("{results}?format=csv"), format!("{items}?format=csv")]
    {
        assert!(rig.get(&path).await.expect(200).body.len() >= limits::ITEM_BYTES, "{path}");
    }
    assert_eq!(budgets.answers.held(), 0);
}

/// The count looks at none of it.
#[tokio::test]
async fn a_long_row_is_not_read_to_be_counted() {
    let rig = Rig::new().await;
    let run = run(&rig).await;
    let shown = rig.get(&format!("/v2/datasets/{run}")).await.expect(200).json();
    assert_eq!((&shown["data"]["itemCount"], &shown["data"]["cleanItemCount"]), (&json!(2), &json!(2)));
}
