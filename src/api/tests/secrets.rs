//! Secrets for templates.

use super::{Rig, default_settings};
use crate::domain::account::Role;
use crate::http::Bounds;
use crate::limits;

#[tokio::test]
async fn a_secret_is_set_listed_and_taken_away_but_never_shown() {
    let rig = Rig::new().await;
    let made = rig.call("PUT", "/v1/secrets/WEBHOOK_SECRET", r#"{"value":"canary one"}"#).await.expect(201);
    let again = rig.call("PUT", "/v1/secrets/WEBHOOK_SECRET", r#"{"value":"canary two"}"#).await.expect(200);
    rig.call("PUT", "/v1/secrets/A", r#"{"value":"canary"}"#).await.expect(201);
    let listed = rig.get("/v1/secrets").await.expect(200);
    for answer in [&made, &again, &listed] {
        assert!(!answer.text().contains("canary"), "{}", answer.text());
    }
    assert_eq!(made.json()["created_at"], again.json()["created_at"]);
    let names: Vec<String> = listed.json()["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|secret| secret["name"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(names, ["A", "WEBHOOK_SECRET"]);
    let account = rig.store.directory().account_named("default").unwrap().no();
    let held = rig.store.directory().secret(account, "WEBHOOK_SECRET").unwrap().text.expose().to_owned();
    assert_eq!(held, "canary two");
    rig.call("DELETE", "/v1/secrets/WEBHOOK_SECRET", "").await.expect(204);
    rig.call("DELETE", "/v1/secrets/WEBHOOK_SECRET", "").await.expect(404);
    assert!(rig.store.directory().secret(account, "WEBHOOK_SECRET").is_none());
    let audit = crate::store::PageRequest { after: None, descending: true, limit: 10 };
    let entries = rig.store.audit(&crate::store::audit::AuditFilter::default(), audit).unwrap().rows;
    let told = |action: &str| entries.iter().filter(|entry| entry.action == action).count();
    assert_eq!((told("secret.put"), told("secret.delete")), (3, 1));
}

#[tokio::test]
async fn what_is_no_secret_is_refused_without_being_repeated() {
    let rig = Rig::new().await;
    for name in ["a", "1A", "A-B", "_A", &"A".repeat(65)] {
        let path = format!("/v1/secrets/{name}");
        let refused = rig.call("PUT", &path, r#"{"value":"x"}"#).await.expect(422).json();
        let told = refused["detail"].as_str().unwrap();
        assert!(told.starts_with(&format!("{name:?} cannot be the name of a secret: it must be 1 to 64 ")));
        assert_eq!(refused["errors"], serde_json::Value::Null, "a name in a path is no member");
        rig.call("DELETE", &path, "").await.expect(404);
    }
    let long = format!(r#"{{"value":"{}"}}"#, "x".repeat(limits::SECRET_BYTES + 1));
    for body in [
        r#"{"value":""}"#,
        r#"{"value":"canary\n"}"#,
        r#"{"value":" canary"}"#,
        r#"{"value":"c\u00e4"}"#,
        "{}",
        &long,
    ] {
        let refused = rig.call("PUT", "/v1/secrets/A", body).await.expect(422);
        assert!(!refused.text().contains("canary"), "{}", refused.text());
        assert_eq!(refused.pointers(), ["/value"]);
    }
    assert!(rig.get("/v1/secrets").await.json()["data"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn secrets_are_an_accounts_own_and_few() {
    let rig = Rig::with(default_settings(), Bounds::default()).await;
    for no in 0..limits::SECRETS_PER_ACCOUNT {
        rig.call("PUT", &format!("/v1/secrets/S{no}"), r#"{"value":"x"}"#).await.expect(201);
    }
    rig.call("PUT", "/v1/secrets/ONE_MORE", r#"{"value":"x"}"#).await.expect(409);
    rig.call("PUT", "/v1/secrets/S7", r#"{"value":"y"}"#).await.expect(200);
    rig.post("/v1/accounts", r#"{"name":"other"}"#).await.expect(201);
    let other = rig.token(Role::Manager, "other").await;
    let theirs = rig.request(&http::Method::GET, "/v1/secrets", Some(&other), &[], "").await.expect(200);
    assert!(theirs.json()["data"].as_array().unwrap().is_empty());
    rig.request(&http::Method::DELETE, "/v1/secrets/S7", Some(&other), &[], "").await.expect(404);
    let json = [("content-type", "application/json")];
    let body = r#"{"value":"z"}"#;
    rig.request(&http::Method::PUT, "/v1/secrets/ONE_MORE", Some(&other), &json, body).await.expect(201);
}
