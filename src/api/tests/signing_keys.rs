//! Signing keys and the public list of them.

use http::Method;
use serde_json::json;

use super::Rig;
use crate::domain::account::Role;

#[tokio::test]
async fn a_rotated_key_is_published_before_it_signs() {
    let rig = Rig::new().await;
    let public =
        async || rig.request(&Method::GET, "/.well-known/jwks.json", None, &[], "").await.expect(200);
    assert_eq!(public().await.json(), json!({"keys": []}));
    let first = rig.post("/v1/signing-keys/rotate", "").await.expect(201).json();
    assert_eq!((&first["data"][0]["state"], first["data"].as_array().unwrap().len()), (&json!("signing"), 1));
    let second = rig.post("/v1/signing-keys/rotate", "").await.expect(201).json();
    let kids = |listed: &serde_json::Value, state: &str| -> Vec<String> {
        let all = listed["data"].as_array().unwrap().iter();
        all.filter(|key| key["state"] == state).map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    };
    let (waiting, signing) = (kids(&second, "waiting"), kids(&second, "signing"));
    assert_eq!(signing, kids(&first, "signing"));
    let list = public().await;
    assert_eq!(list.headers["cache-control"], "public, max-age=300");
    assert_eq!(list.headers["content-type"], "application/json");
    let key = &list.json()["keys"][0];
    assert_eq!(key["kid"], json!(waiting[0]));
    assert_eq!([&key["kty"], &key["crv"], &key["use"], &key["alg"]], ["OKP", "Ed25519", "sig", "EdDSA"]);
    assert_eq!(key["x"].as_str().unwrap().len(), 43);
    assert_eq!(key.as_object().unwrap().len(), 6, "and nothing else");
    let third = rig.post("/v1/signing-keys/rotate", r#"{"activate_after_seconds":0}"#).await.expect(201);
    let listed = rig.get("/v1/signing-keys").await.expect(200).json();
    assert_eq!(listed, third.json());
    assert_eq!(kids(&listed, "retired").len(), 2, "what was signed before stays verifiable");
    assert_eq!(public().await.json()["keys"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_rotation_makes_keys_of_the_kinds_there_are_or_of_the_one_that_is_named() {
    let rig = Rig::new().await;
    let all = |listed: serde_json::Value| -> Vec<_> {
        let keys = listed["data"].as_array().unwrap().iter();
        keys.map(|key| format!("{} {}", key["algorithm"].as_str().unwrap(), key["state"].as_str().unwrap()))
            .collect()
    };
    let rotated = async |body| all(rig.post("/v1/signing-keys/rotate", body).await.expect(201).json());
    assert_eq!(rotated(r#"{"algorithm":"RS256"}"#).await, ["RS256 signing"]);
    assert_eq!(rotated(r#"{"algorithm":"EdDSA"}"#).await, ["EdDSA signing", "RS256 signing"]);
    assert_eq!(
        rotated("").await,
        ["RS256 waiting", "EdDSA waiting", "EdDSA signing", "RS256 signing"],
        "each waits for its own kind"
    );
    let public = rig.request(&Method::GET, "/.well-known/jwks.json", None, &[], "").await.expect(200).json();
    let kinds: Vec<_> = public["keys"].as_array().unwrap().iter().map(|key| &key["kty"]).collect();
    assert_eq!(kinds, ["RSA", "RSA", "OKP", "OKP"], "RSA keys come first");
    let bad = rig.post("/v1/signing-keys/rotate", r#"{"algorithm":"none"}"#).await.expect(422);
    assert_eq!(bad.pointers(), ["/algorithm"]);
}

#[tokio::test]
async fn only_an_admin_rotates_and_only_within_bounds() {
    let rig = Rig::new().await;
    for role in [Role::Producer, Role::Manager, Role::Reader] {
        let token = Some(rig.of(role));
        rig.request(&Method::POST, "/v1/signing-keys/rotate", token, &[], "").await.expect(403);
    }
    let bad = rig.post("/v1/signing-keys/rotate", r#"{"activate_after_seconds":604801}"#).await.expect(422);
    assert_eq!(bad.pointers(), ["/activate_after_seconds"]);
    for _ in 0..crate::limits::SIGNING_KEYS {
        rig.post("/v1/signing-keys/rotate", "{}").await.expect(201);
    }
    rig.post("/v1/signing-keys/rotate", "{}").await.expect(409);
}
