//! The audit log over HTTP: who sees which entries, and what a look through the chain shows.

use http::Method;
use serde_json::Value;

use super::protocol::asked_from;
use super::{Reply, Rig};
use crate::domain::account::Role;

/// The rows of every page, each of at most `limit`.
async fn pages(rig: &Rig, query: &str, limit: usize) -> Vec<Value> {
    let (mut rows, mut at) = (Vec::new(), format!("/v1/audit?limit={limit}&{query}"));
    for _ in 0..200 {
        let page = rig.get(&at).await.expect(200).json();
        let data = page["data"].as_array().unwrap();
        assert!(data.len() <= limit);
        rows.extend(data.iter().cloned());
        let Some(cursor) = page["next_cursor"].as_str() else { return rows };
        at = format!("/v1/audit?limit={limit}&cursor={cursor}");
    }
    panic!("the list has no end");
}

fn all<'r>(rows: &'r [Value], name: &str) -> Vec<&'r str> {
    rows.iter().map(|row| row[name].as_str().unwrap()).collect()
}

impl Rig {
    async fn as_manager(&self, token: &str, path: &str) -> Reply {
        self.request(&Method::GET, path, Some(token), &[], "").await
    }
}

#[tokio::test]
async fn entries_are_found_by_actor_action_object_and_time_page_by_page() {
    let rig = Rig::new().await;
    let webhook = rig.webhook("").await;
    rig.post(&format!("/v1/webhooks/{webhook}/pause"), "").await.expect(200);
    rig.call("PUT", "/v1/secrets/KEY", r#"{"value":"canary-of-a-secret"}"#).await.expect(201);
    let whole = pages(&rig, "", 250).await;
    let numbers: Vec<u64> = whole.iter().map(|row| row["no"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (1..=8).rev().collect::<Vec<_>>(), "five tokens, and three changes");
    assert_eq!(pages(&rig, "", 3).await, whole);
    let forward = pages(&rig, "order=asc", 3).await;
    assert!(forward.iter().eq(whole.iter().rev()));
    assert!(forward.windows(2).all(|pair| pair[1]["previous"] == pair[0]["hash"]));

    assert_eq!(all(&pages(&rig, "action=webhook.*", 9).await, "action"), ["webhook.pause", "webhook.create"]);
    assert_eq!(all(&pages(&rig, "action=webhook.pause", 9).await, "object"), [webhook.as_str()]);
    assert_eq!(pages(&rig, &format!("object={webhook}"), 9).await.len(), 2);
    assert_eq!(all(&pages(&rig, "object=KEY", 9).await, "action"), ["secret.put"]);
    assert_eq!(all(&pages(&rig, "actor=daemon", 9).await, "action"), ["token.create"; 5]);
    let admin = whole[0]["actor"].as_str().unwrap();
    assert!(admin.starts_with("tok_"), "{admin}");
    assert_eq!(pages(&rig, &format!("actor={admin}"), 9).await.len(), 3);
    let at = whole[0]["at"].as_str().unwrap();
    assert!(!pages(&rig, &format!("since={at}"), 9).await.is_empty());
    assert!(pages(&rig, &format!("until={at}"), 9).await.iter().all(|row| row["at"].as_str().unwrap() < at));
    assert!(pages(&rig, "since=2999-01-01T00:00:00Z", 9).await.is_empty());
    for bad in ["actor=me", "action=web*", "since=yesterday", "subject=x"] {
        rig.get(&format!("/v1/audit?{bad}")).await.expect(400);
    }
    assert!(whole.iter().all(|row| row["account"] == "default" && !row.to_string().contains("canary")));
}

#[tokio::test]
async fn managers_see_their_own_account_and_admins_all() {
    let rig = Rig::new().await;
    rig.post("/v1/accounts", r#"{"name":"other"}"#).await.expect(201);
    let (theirs, ours) = (rig.token(Role::Manager, "other").await, rig.of(Role::Manager));
    rig.webhook("").await;
    let note = crate::store::audit::Note {
        account: None,
        action: "config.reload",
        object: String::new(),
        detail: "log.level".into(),
    };
    rig.store.note(note, crate::store::audit::Actor::Daemon, crate::clock::now()).await.unwrap();
    let seen = async |token, path| rig.as_manager(token, path).await.expect(200).json()["data"].clone();
    let other = seen(&theirs, "/v1/audit").await;
    assert_eq!(all(other.as_array().unwrap(), "action"), ["token.create", "account.create"]);
    for named in ["other", "default", "nobody"] {
        rig.as_manager(&theirs, &format!("/v1/audit?account={named}")).await.expect(403);
    }
    let own = seen(ours, "/v1/audit").await;
    assert_eq!(all(own.as_array().unwrap(), "action")[0], "webhook.create");
    assert_eq!(own.as_array().unwrap().len(), 6);
    assert_eq!(pages(&rig, "", 250).await.len(), 9);
    assert_eq!(pages(&rig, "account=other", 1).await, other.as_array().unwrap().clone());
    // A cursor carries its account, and another's is refused as the account itself is.
    let page = rig.get("/v1/audit?account=default&limit=1").await.expect(200).json();
    let cursor = page["next_cursor"].as_str().unwrap();
    rig.as_manager(&theirs, &format!("/v1/audit?cursor={cursor}")).await.expect(403);
    let page = rig.get("/v1/audit?limit=1").await.expect(200).json();
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(seen(&theirs, &format!("/v1/audit?cursor={cursor}&limit=9")).await, other);
}

#[tokio::test]
async fn a_look_through_the_chain_says_how_far_it_goes_and_where_it_breaks() {
    let rig = Rig::new().await;
    for _ in 0..3 {
        rig.webhook("").await;
    }
    let check = rig.get("/v1/audit/verify").await.expect(200).json();
    let newest = rig.get("/v1/audit?limit=1").await.json()["data"][0]["hash"].clone();
    let expected = serde_json::json!({
        "intact": true, "entries": 8, "from": 1, "to": 8, "head": newest, "breaks": [],
    });
    assert_eq!(check, expected);
    rig.store.tamper_with_audit(4);
    let check = rig.get("/v1/audit/verify").await.expect(200).json();
    assert_eq!((&check["intact"], &check["to"]), (&Value::Bool(false), &8.into()));
    assert_eq!(check["breaks"], serde_json::json!([{"no": 4, "why": "the entry was changed"}]));
    rig.get("/v1/audit/verify?account=default").await.expect(400);
}

#[tokio::test]
async fn failed_authentications_are_counted_and_a_flood_of_them_does_not_grow_the_store() {
    let rig = Rig::new().await;
    let before = rig.store.figures().commits;
    for n in 0..600 {
        let address = std::net::Ipv4Addr::from_bits(0x0a00_0000 + n % 60);
        let headers = format!("x-forwarded-for: {address}\r\nx-api-key: rb_canary\r\n");
        assert_eq!(asked_from(&rig, [127, 0, 0, 2], &headers).await, "401");
    }
    assert_eq!(rig.store.figures().commits, before, "no request of a stranger writes");
    let now = crate::clock::now();
    for _ in 0..3 {
        crate::app::auth_failures::enter(&rig.context.app.auth_failures, &rig.store, now, false)
            .await
            .unwrap();
    }
    let entries = pages(&rig, "action=auth.*", 250).await;
    assert_eq!(entries.len(), crate::limits::AUDIT_ADDRESSES + 1, "the first few by name, the others as one");
    assert!(entries.iter().all(|entry| entry["actor"] == "anonymous" && entry["account_id"].is_null()));
    assert!(entries.iter().all(|entry| !entry.to_string().contains("canary")));
    assert_eq!(entries[1]["object"], "10.0.0.19");
    assert!(entries[1]["detail"].as_str().unwrap().starts_with("10 requests of this address since "));
    let others = entries[0]["detail"].as_str().unwrap();
    assert!(others.starts_with("400 requests of other addresses since "), "{others}");
    // Managers do not see who tried.
    let seen = rig.as_manager(rig.of(Role::Manager), "/v1/audit?action=auth.*").await.expect(200).json();
    assert_eq!(seen["data"], serde_json::json!([]));
}

#[tokio::test]
async fn a_quiet_account_has_its_page_beside_a_busy_one() {
    let rig = Rig::new().await;
    let manager = rig.of(Role::Manager);
    let others = crate::limits::PAGE_SCAN * 2 + 100;
    for _ in 0..others / 100 {
        let notes = (0..100).map(|_| {
            let note = crate::store::audit::Note::global("config.reload", "", "log.level");
            rig.store.note(note, crate::store::audit::Actor::Daemon, crate::clock::now())
        });
        for entered in futures_util::future::join_all(notes).await {
            entered.unwrap();
        }
    }
    let page = rig.as_manager(manager, "/v1/audit").await.expect(200).json();
    assert_eq!(all(page["data"].as_array().unwrap(), "action"), ["token.create"; 5]);
    assert_eq!(page["next_cursor"], Value::Null);
}
