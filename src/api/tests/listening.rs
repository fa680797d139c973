//! Listeners, as the API has them: what is made, kept and ended. What they are sent is a test of the daemon.

use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::sse::Events;
use super::{Rig, default_settings};
use crate::app::listening::{End, remove_left_over};
use crate::domain::account::Role;
use crate::domain::form::Verification;
use crate::domain::id::WebhookId;
use crate::domain::profiles::Profiles;
use crate::domain::quota::{Held, Quotas};
use crate::http::Bounds;
use crate::{clock, limits};

async fn listen(rig: &Rig, token: &str, body: &Value) -> Events {
    let body = body.to_string();
    let head = format!(
        "POST /v1/listen HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    Events::ask(rig, &head).await
}

impl Events {
    /// What the first event says.
    async fn first(&mut self) -> Value {
        self.until("event: listening").await;
        self.until("}\n\n").await;
        let data = self.seen.split("event: listening\ndata: ").nth(1).unwrap().lines().next().unwrap();
        serde_json::from_str(data).unwrap()
    }
}

async fn gone(rig: &Rig, id: &str) {
    let waiting = async {
        while rig.get(&format!("/v1/webhooks/{id}")).await.status != 404 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap();
}

#[tokio::test]
async fn what_is_not_kept_ends_with_its_connection() {
    let rig = Rig::new().await;
    let mut listener = listen(&rig, rig.of(Role::Manager), &json!({"events": ["order.*"]})).await;
    let first = listener.first().await;
    assert!(first["webhook"]["secret"].as_str().unwrap().starts_with("whsec_"), "{first}");
    assert_eq!((&first["keep"], &first["webhook"]["events"]), (&Value::Null, &json!(["order.*"])));
    let id = first["webhook"]["id"].as_str().unwrap();
    let shown = rig.get(&format!("/v1/webhooks/{id}")).await.expect(200).json();
    assert_eq!((&shown["url"], &shown["state"]), (&json!("listener"), &json!("active")));
    assert_eq!(shown.get("secret"), None);
    drop(listener);
    gone(&rig, id).await;
    // A client that leaves at once leaves nothing, either.
    drop(listen(&rig, rig.of(Role::Manager), &json!({})).await);
    let waiting = async {
        while rig.context.budgets.listeners.taken() > 0
            || rig.get("/v1/webhooks").await.json()["data"] != json!([])
        {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), waiting).await.unwrap();
}

#[tokio::test]
async fn what_is_kept_is_found_again_by_its_name_and_changed_by_what_is_given() {
    let rig = Rig::new().await;
    let manager = rig.of(Role::Manager);
    let kept = json!({"keep": "laptop", "events": ["order.*"], "secret": "whsec_Y2FuYXJ5LW9sZC0wMTIzNDU2Nzg5YWJjZGVmMDEy"});
    let mut one = listen(&rig, manager, &kept).await;
    let first = one.first().await;
    assert_eq!((&first["keep"], &first["webhook"]["secret"]), (&json!("laptop"), &kept["secret"]));
    let id = first["webhook"]["id"].as_str().unwrap().to_owned();
    // The second connection takes over, and the first hears so.
    let mut two = listen(&rig, manager, &kept).await;
    let second = two.first().await;
    assert_eq!(second["webhook"]["id"], id.as_str());
    assert_eq!(second["webhook"].get("secret"), None, "it is shown when it is made");
    assert_eq!(second["webhook"]["updated_at"], first["webhook"]["updated_at"], "nothing was changed");
    one.until("{\"reason\":\"taken_over\"").await;
    drop(two);
    let mut three = listen(&rig, manager, &json!({"keep": "laptop", "events": ["user.*"]})).await;
    let third = three.first().await;
    assert_eq!((&third["webhook"]["id"], &third["webhook"]["events"]), (&json!(id), &json!(["user.*"])));
    let mut other = listen(&rig, manager, &json!({"keep": "other"})).await;
    assert_ne!(other.first().await["webhook"]["id"], id.as_str());
    // A name is the account's own.
    rig.post("/v1/accounts", r#"{"name":"theirs"}"#).await.expect(201);
    let theirs = rig.token(Role::Manager, "theirs").await;
    let mut theirs = listen(&rig, &theirs, &kept).await;
    assert_ne!(theirs.first().await["webhook"]["id"], id.as_str());
    // What ends with connections to a daemon that is no more ends at the next start; what is kept does not.
    drop((other, theirs, three));
    remove_left_over(&rig.context.app, clock::now()).await;
    rig.get(&format!("/v1/webhooks/{id}")).await.expect(200);
    let mut last = listen(&rig, manager, &json!({"keep": "laptop"})).await;
    last.first().await;
    rig.call("DELETE", &format!("/v1/webhooks/{id}"), "").await.expect(204);
    // Dispatch hears of the removal and says so.
    rig.context.app.listeners.end(id.parse::<WebhookId>().unwrap().no(), End::Removed);
    last.until("{\"reason\":\"removed\"").await;
}

#[tokio::test]
async fn what_is_left_over_is_removed_at_the_start() {
    let rig = Rig::new().await;
    let mut listener = listen(&rig, rig.of(Role::Manager), &json!({})).await;
    let id = listener.first().await["webhook"]["id"].as_str().unwrap().to_owned();
    let url = rig.webhook("").await;
    remove_left_over(&rig.context.app, clock::now()).await;
    rig.get(&format!("/v1/webhooks/{id}")).await.expect(404);
    rig.get(&format!("/v1/webhooks/{url}")).await.expect(200);
}

#[tokio::test]
async fn a_listener_has_no_url_and_a_url_has_no_listener() {
    let rig = Rig::new().await;
    let mut listener = listen(&rig, rig.of(Role::Manager), &json!({"keep": "it"})).await;
    let id = listener.first().await["webhook"]["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/webhooks/{id}");
    for url in ["https://example.com/x", "nonsense"] {
        let refused = rig.call("PATCH", &path, &json!({"url": url}).to_string()).await.expect(422);
        assert_eq!(refused.pointers(), ["/url"]);
    }
    // As it is shown, it may come back.
    let body = json!({"url": "listener", "description": "mine"}).to_string();
    assert_eq!(rig.call("PATCH", &path, &body).await.expect(200).json()["description"], "mine");
    let refused = rig.post("/v1/webhooks", r#"{"url":"listener"}"#).await.expect(422);
    assert_eq!(refused.pointers(), ["/url"]);
    rig.post("/api/hooks", r#"{"target_url":"listener","event":"a.b"}"#).await.expect(400);
    for act in ["pause", "resume", "rotate-secret"] {
        rig.post(&format!("{path}/{act}"), "").await.expect(200);
    }
    rig.post(&format!("{path}/test"), "").await.expect(202);
    let answer = json!({"delivery_id": "dlv_00000000000000000000000000", "request": 1, "status": 200});
    let refused = rig.post(&format!("/v1/listen/{id}/answers"), &answer.to_string()).await.expect(409);
    assert!(refused.text().contains("nothing waits for this answer"), "{}", refused.text());
    let url = rig.webhook("").await;
    let refused = rig.post(&format!("/v1/listen/{url}/answers"), &answer.to_string()).await.expect(409);
    assert!(refused.text().contains("the webhook has a URL"), "{}", refused.text());
}

#[tokio::test]
async fn every_member_that_cannot_be_is_named() {
    let rig = Rig::new().await;
    let body = json!({"events": ["a*"], "profile": "none", "keep": "", "secret": "x"});
    let refused = rig.post("/v1/listen", &body.to_string()).await.expect(422);
    assert_eq!(refused.pointers(), ["/events/0", "/keep", "/profile", "/secret"]);
    assert_eq!(rig.get("/v1/webhooks").await.json()["data"], json!([]));
    let id = rig.webhook("").await;
    for (body, pointers) in [
        (json!({"delivery_id": "x", "request": 1, "status": 99}), vec!["/delivery_id", "/status"]),
        (
            json!({"delivery_id": "x", "request": 1, "status": 200, "error": {"kind": "dns"}}),
            vec!["/delivery_id", "/error"],
        ),
        (json!({"delivery_id": "x", "request": 1}), vec!["/delivery_id", "/status"]),
        (
            json!({"delivery_id": "dlv_00000000000000000000000000", "request": 1, "error": {"kind": "blocked_address"}}),
            vec!["/error/kind"],
        ),
        (
            json!({"delivery_id": "x", "request": 1, "status": 200, "body": "%", "duration_ms": -1,
                "headers": [{"name": "a b", "value": "x"}, {"name": "a", "value": "x\n"}]}),
            vec!["/body", "/delivery_id", "/duration_ms", "/headers/0/name", "/headers/1/value"],
        ),
    ] {
        let refused = rig.post(&format!("/v1/listen/{id}/answers"), &body.to_string()).await.expect(422);
        assert_eq!(refused.pointers(), pointers, "{body}");
    }
}

#[tokio::test]
async fn a_listener_counts_as_a_webhook_and_has_nothing_to_confirm() {
    let profiles = Profiles::new([]).requiring(Some(Verification::Challenge));
    let rig = Rig::of_profiles(profiles, default_settings(), Bounds::default()).await;
    let mut listener = listen(&rig, rig.of(Role::Manager), &json!({"keep": "it"})).await;
    assert_eq!(listener.first().await["webhook"]["state"], "active");
    rig.store.set_quotas(Quotas(Held { webhooks: 1, ..Quotas::default().0 }));
    assert_eq!(rig.post("/v1/listen", "{}").await.expect(409).json()["code"], "quota_exceeded");
}

#[tokio::test]
async fn connected_listeners_are_bounded() {
    let rig = Rig::new().await;
    let mut held = Vec::new();
    for _ in 0..limits::ACCOUNT_LISTENERS / 2 {
        let mut listener = listen(&rig, rig.of(Role::Manager), &json!({})).await;
        listener.first().await;
        held.push(listener);
    }
    let manager = Some(rig.of(Role::Manager));
    let refused = rig.request(&Method::POST, "/v1/listen", manager, &[], "").await.expect(429);
    assert!(refused.text().contains("connected listeners"), "{}", refused.text());
    drop(held);
    let mut waited = listen(&rig, rig.of(Role::Admin), &json!({})).await;
    waited.first().await;
}
