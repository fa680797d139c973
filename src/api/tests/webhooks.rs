//! Making, changing and minding webhooks.

use futures_util::FutureExt as _;
use http::Method;
use serde_json::{Value, json};

use super::Rig;
use crate::domain::account::Role;
use crate::domain::id::AccountNo;

#[tokio::test]
async fn a_webhook_is_made_with_all_its_settings() {
    let rig = Rig::new().await;
    let body = json!({
        "url": "https://example.com/a?b=c", "events": ["order.*", "user.new", "order.*"], "profile": "job-webhooks",
        "description": "d", "headers": {"x-team": "blue"}, "filter": {"n": 1},
        "rate_limit": {"per_second": 2.5}, "max_in_flight": 4, "ordering": "key", "collect": true,
        "expires_at": "2100-01-01T00:00:00Z", "metadata": {"a": [1]}, "batch": {"max_events": 9, "max_wait_ms": 250},
        "resource": {"one_time": true, "auth": "token"},
    });
    let made = rig.post("/v1/webhooks", &body.to_string()).await.expect(201);
    assert_eq!(made.headers["cache-control"], "no-store");
    let made = made.json();
    assert!(made["secret"].as_str().unwrap().starts_with("whsec_"));
    assert_eq!(made["events"], json!(["order.*", "user.new"]));
    assert_eq!(made["rate_limit"], json!({"per_second": 2.5, "burst": 3}));
    assert_eq!(made["headers"], json!({"x-team": "***"}));
    assert_eq!(made["batch"], json!({"max_events": 9, "max_wait_ms": 250, "max_bytes": 1 << 20}));
    let resource = json!({"one_time": true, "ttl_seconds": null, "auth": "token", "when_too_large": false});
    assert_eq!(made["resource"], resource);
    let mut shown =
        rig.get(&format!("/v1/webhooks/{}", made["id"].as_str().unwrap())).await.expect(200).json();
    assert!(shown.get("secret").is_none());
    shown["secret"] = made["secret"].clone();
    assert_eq!(shown, made);
    let listed = rig.get("/v1/webhooks?state=active").await.json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert_eq!(rig.get("/v1/webhooks?state=paused").await.json()["data"], json!([]));
    rig.get("/v1/webhooks?state=odd").await.expect(400);
}

#[tokio::test]
async fn of_two_people_who_edit_a_webhook_none_undoes_unseen_what_the_other_did() {
    let rig = Rig::new().await;
    let id = rig.webhook("").await;
    let path = format!("/v1/webhooks/{id}");
    let tag = |reply: &super::Reply| reply.headers["etag"].to_str().unwrap().to_owned();
    let change_at = async |path: &str, method: Method, tag: &str, body: Value| {
        let headers = [("content-type", "application/json"), ("if-match", tag)];
        rig.request(&method, path, Some(rig.of(Role::Admin)), &headers, body.to_string()).await
    };
    let change = async |method: &str, tag: &str, body: Value| {
        change_at(&path, method.parse().unwrap(), tag, body).await
    };
    let first = tag(&rig.get(&path).await.expect(200));
    assert_eq!(tag(&rig.get(&path).await), first, "reading changes nothing");
    let second = tag(&change("PATCH", &first, json!({"description": "one"})).await.expect(200));
    assert_ne!(second, first, "however soon after it was made");
    let late = change("PATCH", &first, json!({"description": "two"})).await.expect(412);
    assert!(late.json()["detail"].as_str().unwrap().contains(&second), "{}", late.text());
    assert_eq!(late.json()["code"], "precondition_failed");
    change("DELETE", &first, json!(null)).await.expect(412);
    assert_eq!(rig.get(&path).await.json()["description"], "one");
    // Weak tags match nothing; one of several may.
    change("PATCH", &format!("W/{second}"), json!({"description": "x"})).await.expect(412);
    let tried = format!("{path}?dry_run=true");
    change_at(&tried, Method::PATCH, &first, json!({"description": "y"})).await.expect(412);
    let third =
        change("PATCH", &format!("{first}, {second}"), json!({"description": "three"})).await.expect(200);
    let mut seen = vec![first, second, tag(&third)];
    for act in ["pause", "resume"] {
        seen.push(tag(&rig.post(&format!("{path}/{act}"), "").await.expect(200)));
    }
    seen.push(tag(&change("PATCH", "*", json!({"description": "four"})).await.expect(200)));
    assert_eq!(tag(&rig.get(&path).await), seen[5]);
    let all: std::collections::HashSet<_> = seen.iter().collect();
    assert_eq!(all.len(), seen.len(), "{seen:?}");
    change("DELETE", &seen[5], json!(null)).await.expect(204);
}

#[tokio::test]
async fn every_fault_of_a_webhook_is_named_at_once() {
    let rig = Rig::new().await;
    let body = json!({
        "url": "http://127.0.0.1/", "evnts": [], "events": ["a*", "b", "c..d"], "profile": "none", "secret": "s",
        "headers": {"host": "x", "x-b": "\n", "X-Twice": "1", "x-twice": "2"}, "filter": 7, "rate_limit": {"per_second": 0}, "max_in_flight": 0,
        "ordering": "odd", "expires_at": "2000-01-01T00:00:00Z", "metadata": [], "collect": "yes",
    });
    let found = rig.post("/v1/webhooks", &body.to_string()).await.expect(422).pointers();
    for pointer in [
        "/url",
        "/evnts",
        "/events/0",
        "/events/2",
        "/profile",
        "/secret",
        "/headers/host",
        "/headers/x-b",
        "/headers/x-twice",
        "/filter",
        "/rate_limit/per_second",
        "/max_in_flight",
        "/ordering",
        "/expires_at",
        "/metadata",
        "/collect",
    ] {
        assert!(found.contains(&pointer.to_owned()), "{pointer} of {found:?}");
    }
    assert_eq!(rig.post("/v1/webhooks", "{}").await.expect(422).pointers(), ["/url"]);
    for (terms, pointers) in [
        (json!({"events": [1, "a b", "a.b"]}), vec!["/events/0", "/events/1"]),
        (json!({"filter": {"a": [], "b/c": {}, "d": 1}}), vec!["/filter/a", "/filter/b~1c"]),
        (json!({"max_in_flight": 4.0, "foo": 1}), vec!["/foo", "/max_in_flight"]),
        (
            json!({"rate_limit": {"per_second": 0, "burst": -1, "x": 1}}),
            vec!["/rate_limit/burst", "/rate_limit/per_second", "/rate_limit/x"],
        ),
        (
            json!({"rate_limit": {"per_second": 0, "burst": 0}}),
            vec!["/rate_limit/burst", "/rate_limit/per_second"],
        ),
        (
            json!({"resource": {"ttl_seconds": 0, "auth": "x"}}),
            vec!["/resource/auth", "/resource/ttl_seconds"],
        ),
        (json!({"batch": {}}), vec!["/batch/max_events", "/batch/max_wait_ms"]),
        (json!({"batch": [1, 2]}), vec!["/batch"]),
        (
            json!({"batch": {"max_events": 0, "max_wait_ms": 0, "max_bytes": 1 << 30}}),
            vec!["/batch/max_bytes", "/batch/max_events", "/batch/max_wait_ms"],
        ),
        (
            json!({"batch": {"max_events": 1001, "max_wait_ms": 3_600_001}}),
            vec!["/batch/max_events", "/batch/max_wait_ms"],
        ),
        (json!({"resource": {"auth": "none"}}), vec!["/resource/auth"]),
        (json!({"resource": {"ttl_seconds": 0}}), vec!["/resource/ttl_seconds"]),
        (json!({"resource": {"once": true}}), vec!["/resource/once"]),
    ] {
        let mut body = terms;
        body["url"] = json!("https://example.com/");
        assert_eq!(rig.post("/v1/webhooks", &body.to_string()).await.expect(422).pointers(), pointers);
    }
    let both = rig.post("/v1/webhooks", r#"{"profile":"none"}"#).await.expect(422).pointers();
    assert_eq!(both, ["/profile", "/url"]);
}

#[tokio::test]
async fn a_patch_changes_what_it_names() {
    let rig = Rig::new().await;
    let id = rig.webhook(r#","description":"d","headers":{"x-a":"1","x-b":"2"},"metadata":{"a":1,"b":2},"max_in_flight":3"#).await;
    let path = format!("/v1/webhooks/{id}");
    let before = rig.get(&path).await.json();
    let patch = r#"{"max_in_flight":null,"headers":{"X-A":null,"x-c":"3"},"metadata":{"a":null,"c":3},"events":["a.b"]}"#;
    let after = rig.call("PATCH", &path, patch).await.expect(200).json();
    assert_eq!(after["max_in_flight"], Value::Null);
    assert_eq!(after["headers"], json!({"x-b": "***", "x-c": "***"}));
    assert_eq!(after["metadata"], json!({"b": 2, "c": 3}));
    assert_eq!((&after["events"], &after["description"]), (&json!(["a.b"]), &before["description"]));
    assert_eq!(rig.event("other").await.len(), 30);
    let bad = rig.call("PATCH", &path, r#"{"ordering":"key","secret":"whsec_x","url":null}"#).await;
    assert_eq!(bad.expect(422).pointers(), ["/ordering", "/secret", "/url"]);
    rig.call("PATCH", &path, r#"{"ordering":"none"}"#).await.expect(200);
    rig.call("PATCH", "/v1/webhooks/wh_x", "{}").await.expect(404);
}

#[tokio::test]
async fn pausing_resuming_and_removing() {
    let rig = Rig::new().await;
    let id = rig.webhook(r#","collect":false"#).await;
    let path = format!("/v1/webhooks/{id}");
    let act = |what: &'static str| rig.post_owned(format!("{path}/{what}"));
    assert_eq!(act("pause").await.expect(200).json()["state"], "paused");
    assert_eq!(act("pause").await.expect(200).json()["state"], "paused");
    assert_eq!(act("test").await.expect(409).json()["detail"], "the webhook is paused; resume it first");
    let event = rig.event("a.b").await;
    let shown = rig.get(&format!("/v1/events/{event}")).await.json();
    assert_eq!(shown["skipped"][0]["reason"], "paused");
    assert_eq!(act("resume").await.expect(200).json()["state"], "active");
    let tested = act("test").await.expect(202).json();
    let shown = rig.get(&format!("/v1/events/{}", tested["id"].as_str().unwrap())).await.json();
    assert_eq!((&shown["type"], &shown["deliveries"][0]["webhook_id"]), (&json!("webhook.test"), &json!(id)));
    rig.call("DELETE", &path, "").await.expect(204);
    rig.get(&path).await.expect(404);
    rig.call("DELETE", &path, "").await.expect(404);
    rig.get(&format!("{path}/deliveries")).await.expect(200);
    let log = rig.get(&format!("/v1/deliveries?webhook_id={id}")).await.expect(200).json();
    assert_eq!(log["data"][0]["webhook_id"], id, "the log stays");
}

#[tokio::test]
async fn secrets_are_rotated_and_revealed_to_managers_only() {
    let rig = Rig::new().await;
    let id = rig.webhook("").await;
    let secret = format!("/v1/webhooks/{id}/secret");
    let rotate = format!("/v1/webhooks/{id}/rotate-secret");
    let reader = rig.of(Role::Reader);
    rig.request(&Method::GET, &secret, Some(reader), &[], "").await.expect(403);
    let first = rig.get(&secret).await.expect(200).json();
    let second = rig.post(&rotate, "").await.expect(200).json();
    assert_ne!(first["secret"], second["secret"]);
    assert_eq!(second["previous_until"].as_array().unwrap().len(), 1);
    let given = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let third =
        rig.post(&rotate, &format!(r#"{{"secret":"{given}","overlap_seconds":0}}"#)).await.expect(200).json();
    assert_eq!(third["secret"], given);
    assert_eq!(rig.get(&secret).await.json()["secret"], given);
    let bad = rig.post(&rotate, r#"{"secret":"x","overlap_seconds":-1}"#).await.expect(422);
    assert_eq!(bad.pointers(), ["/overlap_seconds", "/secret"]);
    rig.post(&rotate, r#"{"overlap_seconds":99999999}"#).await.expect(422);
}

#[tokio::test]
async fn statistics_are_of_a_window() {
    let rig = Rig::new().await;
    let id = rig.webhook("").await;
    rig.event("a.b").await;
    let stats = rig.get(&format!("/v1/webhooks/{id}/stats?window=1h")).await.expect(200).json();
    assert_eq!(
        (&stats["backlog"], &stats["attempts"], &stats["status"]),
        (&json!(1), &json!(0), &json!("active"))
    );
    assert_eq!(stats["success_rate"], Value::Null);
    rig.get(&format!("/v1/webhooks/{id}/stats?window=forever")).await.expect(400);
}

#[tokio::test]
async fn labels_stay_as_they_are_written() {
    let rig = Rig::new().await;
    let id = rig.webhook(r#","metadata":{"a":12345678901234567890.10,"b":1e999,"c":"\ud800"}"#).await;
    let path = format!("/v1/webhooks/{id}");
    let changed = rig.call("PATCH", &path, r#"{"metadata":{"c":null,"d":1.50}}"#).await.expect(200);
    let labels = r#""metadata":{"a":12345678901234567890.10,"b":1e999,"d":1.50}"#;
    assert!(changed.text().contains(labels), "{}", changed.text());
    let half = r#"{"metadata":{"\ud800":1}}"#;
    assert_eq!(rig.call("PATCH", &path, half).await.expect(422).pointers(), ["/metadata"]);
    assert!(rig.get(&path).await.text().contains(labels));
}

/// A name is one webhook's of an account, whoever is quicker, and free again once that has another or is gone.
#[tokio::test]
async fn a_name_is_one_webhooks() {
    let rig = Rig::new().await;
    let body = |name: &str| json!({"url": "https://example.com/", "name": name}).to_string();
    let path = |id: &str| format!("/v1/webhooks/{id}");
    let crm = body("CRM sync");
    let (one, two) = tokio::join!(rig.post("/v1/webhooks", &crm), rig.post("/v1/webhooks", &crm));
    let mut statuses = [one.status.as_u16(), two.status.as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "of two at the same time one has it");
    let first = if one.status == 201 { one.json() } else { two.json() };
    let first = first["id"].as_str().unwrap().to_owned();
    let other = rig.post("/v1/webhooks", &body("Acme")).await.expect(201).json();
    let other = other["id"].as_str().unwrap();
    let taken = rig.call("PATCH", &path(other), r#"{"name": "CRM sync"}"#).await.expect(409);
    assert!(taken.text().contains("another webhook of this name"), "{}", taken.text());
    rig.call("PATCH", &path(other), r#"{"name": "Acme", "description": "d"}"#).await.expect(200);
    let found = rig.get("/v1/webhooks?name=CRM%20sync").await.expect(200).json();
    assert_eq!((found["data"].as_array().unwrap().len(), &found["data"][0]["id"]), (1, &json!(first)));
    rig.get("/v1/webhooks?name=wh_x").await.expect(400);
    rig.call("PATCH", &path(&first), r#"{"name": "Shop"}"#).await.expect(200);
    rig.call("PATCH", &path(other), r#"{"name": "CRM sync"}"#).await.expect(200);
    rig.call("DELETE", &path(other), "").await.expect(204);
    let unnamed = rig.call("PATCH", &path(&first), r#"{"name": null}"#).await.expect(200).json();
    assert_eq!(unnamed["name"], Value::Null);
    for name in ["CRM sync", "Shop", "Acme"] {
        rig.post("/v1/webhooks", &body(name)).await.expect(201);
    }
    // Accounts have names of their own.
    rig.post("/v1/accounts", r#"{"name": "team"}"#).await.expect(201);
    rig.post("/v1/webhooks?account=team", &body("CRM sync")).await.expect(201);
    for (bad, why) in [("", "1 to 100"), (" x", "space"), ("a\nb", "control"), ("...x", "ids")] {
        let refused = rig.post("/v1/webhooks", &body(bad)).await.expect(422);
        assert!(refused.pointers() == ["/name"] && refused.text().contains(why), "{}", refused.text());
    }
    let managed = json!({"url": "https://example.com/", "managed_by": "apply:shop"}).to_string();
    let made = rig.post("/v1/webhooks", &managed).await.expect(201).json();
    let listed = rig.get("/v1/webhooks?managed_by=apply:shop").await.expect(200).json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
    assert_eq!((&listed["data"][0]["id"], &made["managed_by"]), (&made["id"], &json!("apply:shop")));
}

/// With `dry_run` everything is checked and said, and nothing written.
#[tokio::test]
async fn a_change_can_be_tried() {
    let rig = Rig::new().await;
    let id = rig.webhook("").await;
    let path = format!("/v1/webhooks/{id}");
    let secret = rig.get(&format!("{path}/secret")).await.json()["secret"].clone();
    let before = (rig.get(&path).await.json(), rig.get("/v1/audit").await.json());
    let create = json!({"url": "https://example.com/", "name": "New"}).to_string();
    let made = rig.post("/v1/webhooks?dry_run=true", &create).await.expect(200).json();
    assert_eq!((&made["name"], made.get("secret")), (&json!("New"), None));
    rig.post("/v1/webhooks?dry_run=true", r#"{"url": "ftp://x"}"#).await.expect(422);
    let change = r#"{"description": "other", "headers": {"x-a": "1"}}"#;
    let changed = rig.call("PATCH", &format!("{path}?dry_run=true"), change).await.expect(200).json();
    assert_eq!(changed["would_change"], json!(["description", "headers"]));
    assert_eq!(changed["description"], "other");
    let none = rig.call("PATCH", &format!("{path}?dry_run=true"), "{}").await.expect(200).json();
    assert_eq!(none["would_change"], json!([]));
    let rotate = format!("{path}/rotate-secret");
    let other = r#"{"secret": "whsec_Y2FuYXJ5LW90aGVyLTAxMjM0NTY3ODlhYmNkZWY="}"#;
    let tried = rig.post(&format!("{rotate}?dry_run=true"), other).await.expect(200).json();
    assert_eq!(tried["changed"], true);
    let same = json!({"secret": secret}).to_string();
    for path in [format!("{rotate}?dry_run=true"), rotate.clone()] {
        assert_eq!(rig.post(&path, &same).await.expect(200).json()["changed"], false, "it is the same");
    }
    let put = |path: &str| format!("{path}?dry_run=true");
    rig.call("PUT", &put("/v1/secrets/KEY"), r#"{"value": "x"}"#).await.expect(200);
    rig.call("PUT", &put("/v1/event-types/a.b"), r#"{"managed_by": "apply:x"}"#).await.expect(200);
    rig.call("PUT", &put("/v1/event-types/a.b"), r#"{"schema": {"type": 7}}"#).await.expect(422);
    rig.post("/v1/webhooks?dry_run=yes", &create).await.expect(400);
    assert_eq!(rig.get("/v1/webhooks").await.json()["data"].as_array().unwrap().len(), 1);
    for list in ["/v1/secrets", "/v1/event-types"] {
        assert_eq!(rig.get(list).await.json()["data"], json!([]), "{list}");
    }
    assert_eq!((rig.get(&path).await.json(), rig.get("/v1/audit").await.json()), before);
    assert_eq!(rig.post(&rotate, other).await.expect(200).json()["changed"], true);
}

/// Edits of webhooks wait for their commit one after the other, those of one account alone.
#[tokio::test]
async fn an_accounts_edits_wait_for_those_of_no_other() {
    let rig = Rig::new().await;
    let app = &rig.context.app;
    let others = app.editing(AccountNo(2)).await;
    assert!(app.editing(AccountNo(2)).now_or_never().is_none());
    let webhook = rig.webhook("").await;
    rig.call("PATCH", &format!("/v1/webhooks/{webhook}"), r#"{"description":"x"}"#).await.expect(200);
    drop(others);
    assert!(app.editing(AccountNo(2)).now_or_never().is_some());
}
