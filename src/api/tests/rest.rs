//! Event types, tokens and accounts.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::Rig;
use crate::app::token_uses;
use crate::domain::account::{Role, Roles};
use crate::domain::time::Timestamp;
use crate::{clock, limits};

#[tokio::test]
async fn declared_types_hold_events_to_their_schema() {
    let rig = Rig::new().await;
    let path = "/v1/event-types/order.paid";
    let schema = r#"{"type":"object","required":["n"],"properties":{"n":{"type":"integer"}}}"#;
    let body = format!(r#"{{"description":"d","schema":{schema},"example":{{"n": 1}}}}"#);
    let made = rig.call("PUT", path, &body).await.expect(201).json();
    assert_eq!((&made["name"], &made["example"]), (&json!("order.paid"), &json!({"n": 1})));
    let bad = rig.post("/v1/events", r#"{"type":"order.paid","data":{"n":"x"}}"#).await.expect(422);
    assert_eq!(bad.pointers(), ["/data/n"]);
    let bad = rig
        .post("/v1/events", r#"[{"type":"a","data":1},{"type":"order.paid","data":{}}]"#)
        .await
        .expect(422);
    assert_eq!(bad.pointers(), ["/1/data/n"]);
    let bad =
        rig.post("/v1/events", r#"{"type":"order.paid","data":{"n":"x"},"id":"","x":1}"#).await.expect(422);
    assert_eq!(bad.pointers(), ["/data/n", "/id", "/x"]);
    rig.event("order.paid").await;
    rig.call("PUT", path, "{}").await.expect(200);
    rig.post("/v1/events", r#"{"type":"order.paid","data":{"n":"x"}}"#).await.expect(202);
    assert_eq!(rig.get("/v1/event-types").await.json()["data"][0]["name"], "order.paid");
    rig.call("DELETE", path, "").await.expect(204);
    rig.get(path).await.expect(404);
    rig.call("DELETE", path, "").await.expect(404);
    rig.call("PUT", "/v1/event-types/a/b:c", "{}").await.expect(201);
    rig.call("PUT", "/v1/event-types/a*", "{}").await.expect(422);
    let bad = r#"{"schema":{"$ref":"https://example.com/"},"description":7}"#;
    assert_eq!(rig.call("PUT", path, bad).await.expect(422).pointers(), ["/description", "/schema"]);
    let bad = r#"{"schema":{"type":"foo","properties":3,"minimum":"x"}}"#;
    assert_eq!(
        rig.call("PUT", path, bad).await.expect(422).pointers(),
        ["/schema/minimum", "/schema/properties", "/schema/type"]
    );
    let bad = rig.call("PUT", path, r#"{"schema":{"$schema":"http://foo/"}}"#).await.expect(422);
    assert_eq!(bad.pointers(), ["/schema/$schema"]);
    assert!(bad.text().contains("known are") && !bad.text().contains("registry"), "{}", bad.text());
    let bad = rig.call("PUT", path, r#"{"schema":{"properties":{"a":{"pattern":"("}}}}"#).await.expect(422);
    assert_eq!(bad.pointers(), ["/schema/properties/a/pattern"]);
    let bad = r#"{"schema":{"type":"string"},"example":1}"#;
    assert_eq!(rig.call("PUT", path, bad).await.expect(422).pointers(), ["/example"]);
}

#[tokio::test]
async fn a_token_is_shown_once_works_and_is_revoked() {
    let rig = Rig::new().await;
    let made = rig.post("/v1/tokens", r#"{"role":"producer","description":"ci"}"#).await.expect(201).json();
    let text = made["token"].as_str().unwrap();
    let event = r#"{"type":"a","data":1}"#;
    rig.request(&Method::POST, "/v1/events", Some(text), &[], event).await.expect(202);
    rig.request(&Method::POST, "/v1/events", None, &[("x-api-key", text)], event).await.expect(202);
    let listed = rig.get("/v1/tokens").await;
    assert!(!listed.text().contains(text));
    assert_eq!(listed.json()["data"].as_array().unwrap().len(), Role::ALL.len() + 1);
    let path = format!("/v1/tokens/{}", made["id"].as_str().unwrap());
    let shown = rig.get(&path).await.expect(200);
    assert!(!shown.text().contains(text) && shown.json()["description"] == "ci", "{}", shown.text());
    rig.call("DELETE", &path, "").await.expect(204);
    rig.get(&path).await.expect(404);
    rig.request(&Method::POST, "/v1/events", Some(text), &[], event).await.expect(401);
    rig.call("DELETE", &path, "").await.expect(404);
    let bad = rig.post("/v1/tokens", r#"{"role":"king","account":"nobody","x":1}"#).await.expect(422);
    assert_eq!(bad.pointers(), ["/account", "/role", "/x"]);
}

#[tokio::test]
async fn a_token_holds_a_set_of_roles() {
    let rig = Rig::new().await;
    let make = async |body: &str| rig.post("/v1/tokens", body).await.expect(201).json();
    let many = make(r#"{"roles":["manager","producer","manager"]}"#).await;
    assert_eq!((&many["roles"], &many["role"]), (&json!(["producer", "manager"]), &json!(null)));
    let one = make(r#"{"role":"reader"}"#).await;
    assert_eq!((&one["roles"], &one["role"]), (&json!(["reader"]), &json!("reader")));
    let listed = rig.get("/v1/tokens").await.json()["data"].clone();
    let shown =
        |made: &Value| listed.as_array().unwrap().iter().find(|t| t["id"] == made["id"]).unwrap().clone();
    assert_eq!(shown(&many)["roles"], json!(["producer", "manager"]));
    let token = many["token"].as_str();
    rig.request(&Method::POST, "/v1/events", token, &[], r#"{"type":"a","data":1}"#).await.expect(202);
    rig.request(&Method::GET, "/v1/secrets", token, &[], "").await.expect(200);
    rig.request(&Method::GET, "/v1/tokens", token, &[], "").await.expect(403);
    for (body, pointers) in [
        ("{}", ["/roles"].as_slice()),
        (r#"{"roles":[]}"#, &["/roles"]),
        (r#"{"roles":["reader","king","x"]}"#, &["/roles/1", "/roles/2"]),
        (r#"{"roles":["reader","reader","reader","reader","reader","reader"]}"#, &["/roles"]),
        (r#"{"roles":["reader"],"role":"reader"}"#, &["/role"]),
        (r#"{"role":"reader","expires_at":"tomorrow"}"#, &["/expires_at"]),
        (r#"{"role":"reader","expires_at":"2020-01-01T00:00:00Z"}"#, &["/expires_at"]),
        (r#"{"role":"reader","expires_in":"soon"}"#, &["/expires_in"]),
        (r#"{"role":"reader","expires_in":"0s"}"#, &["/expires_in"]),
        (r#"{"role":"reader","expires_in":"1h","expires_at":"2999-01-01T00:00:00Z"}"#, &["/expires_in"]),
    ] {
        assert_eq!(rig.post("/v1/tokens", body).await.expect(422).pointers(), pointers, "{body}");
    }
}

#[tokio::test]
async fn a_token_ends_when_it_was_said_to_and_is_taken_away_later() {
    let rig = Rig::new().await;
    let made = rig.post("/v1/tokens", r#"{"role":"reader","expires_in":"30d"}"#).await.expect(201).json();
    let (token, at) = (made["token"].as_str(), made["expires_at"].as_str().unwrap());
    let at: Timestamp = at.parse().unwrap();
    let left = at.since(clock::now());
    assert!(left > Duration::from_secs(29 * 86_400) && left <= Duration::from_secs(30 * 86_400));
    rig.request(&Method::GET, "/v1/events", token, &[], "").await.expect(200);

    let past = clock::now().minus(Duration::from_secs(60));
    let (id, text) = rig.token_of(Roles::of(&[Role::Reader]), "default", Some(past)).await;
    let refused = rig.request(&Method::GET, "/v1/events", Some(&text), &[], "").await.expect(401).json();
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.starts_with(&format!("the token expired at {past}")), "{detail}");
    let listed = async || rig.get("/v1/tokens").await.text().contains(&id.to_string());
    token_uses::keep(&rig.context.app.token_uses, &rig.store, clock::now()).await.unwrap();
    assert!(listed().await, "an expired token is listed for a while");
    token_uses::keep(&rig.context.app.token_uses, &rig.store, past.plus(limits::EXPIRED_TOKENS_KEPT))
        .await
        .unwrap();
    assert!(!listed().await);
}

#[tokio::test]
async fn the_last_use_is_shown_to_the_hour_and_stored_without_a_commit_each() {
    let rig = Rig::new().await;
    let (id, text) = rig.token_of(Roles::of(&[Role::Reader]), "default", None).await;
    let shown = async || {
        let listed = rig.get("/v1/tokens").await.json()["data"].clone();
        let id = id.to_string();
        listed.as_array().unwrap().iter().find(|token| token["id"] == id.as_str()).unwrap()["last_used_at"]
            .clone()
    };
    assert!(shown().await.is_null());
    let commits = rig.store.figures().commits;
    for _ in 0..20 {
        rig.request(&Method::GET, "/v1/events", Some(&text), &[], "").await.expect(200);
    }
    let used = shown().await;
    assert!(used.as_str().unwrap().ends_with(":00:00.000Z"), "{used}");
    assert_eq!(rig.store.figures().commits, commits);
    token_uses::keep(&rig.context.app.token_uses, &rig.store, clock::now()).await.unwrap();
    assert_eq!(rig.store.figures().commits, commits + 1);
    assert_eq!(shown().await, used);
    let stored = rig.store.directory().tokens().find(|token| token.id == id).unwrap().last_used_at;
    assert_eq!(stored.unwrap().to_string(), used.as_str().unwrap());
    // The hour may have passed meanwhile: then there is one more thing to store.
    rig.request(&Method::GET, "/v1/events", Some(&text), &[], "").await.expect(200);
    token_uses::keep(&rig.context.app.token_uses, &rig.store, clock::now()).await.unwrap();
    assert!(shown().await == used || rig.store.figures().commits == commits + 2);
}

#[tokio::test]
async fn the_last_admin_token_stays() {
    let rig = Rig::new().await;
    let listed = rig.get("/v1/tokens").await.json();
    let admin = listed["data"].as_array().unwrap().iter().find(|t| t["role"] == "admin").unwrap();
    let path = format!("/v1/tokens/{}", admin["id"].as_str().unwrap());
    rig.call("DELETE", &path, "").await.expect(409);
    rig.post("/v1/tokens", r#"{"role":"admin"}"#).await.expect(201);
    rig.call("DELETE", &path, "").await.expect(204);
}

#[tokio::test]
async fn accounts_have_unique_names() {
    let rig = Rig::new().await;
    let made = rig.post("/v1/accounts", r#"{"name":"team"}"#).await.expect(201).json();
    rig.post("/v1/accounts", r#"{"name":"team"}"#).await.expect(409);
    rig.post("/v1/accounts", r#"{"name":"Team"}"#).await.expect(422);
    let body = r#"{"role":"reader","account":"team"}"#;
    let token = rig.post("/v1/tokens", body).await.expect(201).json();
    assert_eq!(token["account_id"], made["id"]);
    assert_eq!(rig.get("/v1/accounts").await.json()["data"].as_array().unwrap().len(), 2);
    let shown = rig.get(&format!("/v1/accounts/{}", made["id"].as_str().unwrap())).await.expect(200).json();
    assert_eq!((&shown["name"], &shown["usage"]["webhooks"]), (&"team".into(), &0.into()));
    rig.get("/v1/accounts/team").await.expect(404);
    let by_id = format!("/v1/webhooks?account={}", made["id"].as_str().unwrap());
    rig.get(&by_id).await.expect(200);
}
