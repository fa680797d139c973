//! Event types, tokens and accounts.

use http::Method;
use serde_json::json;

use super::Rig;
use crate::domain::account::Role;

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
    rig.call("DELETE", &path, "").await.expect(204);
    rig.request(&Method::POST, "/v1/events", Some(text), &[], event).await.expect(401);
    rig.call("DELETE", &path, "").await.expect(404);
    let bad = rig.post("/v1/tokens", r#"{"role":"king","account":"nobody","x":1}"#).await.expect(422);
    assert_eq!(bad.pointers(), ["/account", "/role", "/x"]);
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
    let by_id = format!("/v1/webhooks?account={}", made["id"].as_str().unwrap());
    rig.get(&by_id).await.expect(200);
}
