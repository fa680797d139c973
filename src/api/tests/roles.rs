//! Who may call what. The matrix is written by hand: it is the promise, and the table of routes is held
//! against it.

use std::collections::BTreeSet;
use std::time::Duration;

use http::{Method, StatusCode};

use super::{Rig, connect};
use crate::api::table::routes;
use crate::api::table::surface_of;
use crate::clock;
use crate::domain::account::{Role, Roles};
use crate::store::audit::Actor;
use crate::store::command::Edit;

/// Every route with the roles that may call it, a letter each: **a**dmin, **p**roducer, **m**anager,
/// **r**eader, metrics (**x**); `*` for anybody, without a token.
const MATRIX: &[(&str, &str, &str)] = &[
    ("POST", "/v1/events", "ap---"),
    ("GET", "/v1/events", "a-mr-"),
    ("GET", "/v1/events/{id}", "a-mr-"),
    ("POST", "/v1/events/{id}/replay", "a-m--"),
    ("POST", "/v1/webhooks", "a-m--"),
    ("GET", "/v1/webhooks", "a-mr-"),
    ("GET", "/v1/webhooks/{id}", "a-mr-"),
    ("PATCH", "/v1/webhooks/{id}", "a-m--"),
    ("DELETE", "/v1/webhooks/{id}", "a-m--"),
    ("POST", "/v1/webhooks/{id}/pause", "a-m--"),
    ("POST", "/v1/webhooks/{id}/resume", "a-m--"),
    ("POST", "/v1/webhooks/{id}/test", "a-m--"),
    ("POST", "/v1/webhooks/{id}/rotate-secret", "a-m--"),
    ("GET", "/v1/webhooks/{id}/secret", "a-m--"),
    ("GET", "/v1/webhooks/{id}/attempts", "a-mr-"),
    ("GET", "/v1/webhooks/{id}/deliveries", "a-mr-"),
    ("GET", "/v1/webhooks/{id}/stats", "a-mr-"),
    ("GET", "/v1/deliveries", "a-mr-"),
    ("GET", "/v1/deliveries/{id}", "a-mr-"),
    ("POST", "/v1/deliveries/{id}/retry", "a-m--"),
    ("POST", "/v1/deliveries/{id}/cancel", "a-m--"),
    ("GET", "/v1/tail", "a-mr-"),
    ("POST", "/v1/listen", "a-m--"),
    ("POST", "/v1/listen/{id}/answers", "a-m--"),
    ("POST", "/v1/replays", "a-m--"),
    ("GET", "/v1/replays", "a-mr-"),
    ("GET", "/v1/replays/{id}", "a-mr-"),
    ("POST", "/v1/replays/{id}/cancel", "a-m--"),
    ("POST", "/v1/jobs", "ap---"),
    ("GET", "/v1/jobs", "apmr-"),
    ("GET", "/v1/jobs/{id}", "apmr-"),
    ("POST", "/v1/jobs/{id}/start", "ap---"),
    ("POST", "/v1/jobs/{id}/results", "ap---"),
    ("GET", "/v1/jobs/{id}/results", "apmr-"),
    ("POST", "/v1/jobs/{id}/complete", "ap---"),
    ("POST", "/v1/jobs/{id}/abort", "ap---"),
    ("GET", "/v1/actors", "a-mr-"),
    ("PUT", "/v1/actors/{id}", "a-m--"),
    ("GET", "/v1/actors/{id}", "a-mr-"),
    ("DELETE", "/v1/actors/{id}", "a-m--"),
    ("POST", "/v2/actors/{id}/runs", "ap---"),
    ("POST", "/v2/acts/{id}/runs", "ap---"),
    ("GET", "/v2/actors/{id}/runs", "apmr-"),
    ("GET", "/v2/acts/{id}/runs", "apmr-"),
    ("GET", "/v2/actors/{id}/runs/last", "apmr-"),
    ("GET", "/v2/acts/{id}/runs/last", "apmr-"),
    ("GET", "/v2/actors/{id}/runs/last/log", "apmr-"),
    ("GET", "/v2/acts/{id}/runs/last/log", "apmr-"),
    ("GET", "/v2/actors/{id}/runs/last/dataset", "apmr-"),
    ("GET", "/v2/acts/{id}/runs/last/dataset", "apmr-"),
    ("GET", "/v2/actors/{id}/runs/{run}", "apmr-"),
    ("GET", "/v2/acts/{id}/runs/{run}", "apmr-"),
    ("POST", "/v2/actors/{id}/runs/{run}/abort", "ap---"),
    ("POST", "/v2/acts/{id}/runs/{run}/abort", "ap---"),
    ("POST", "/v2/actors/{id}/runs/{run}/resurrect", "ap---"),
    ("POST", "/v2/acts/{id}/runs/{run}/resurrect", "ap---"),
    ("GET", "/v2/users/me", "apmr-"),
    ("GET", "/v2/actors", "a-mr-"),
    ("GET", "/v2/acts", "a-mr-"),
    ("GET", "/v2/actors/{id}/runs/last/dataset/items", "apmr-"),
    ("GET", "/v2/acts/{id}/runs/last/dataset/items", "apmr-"),
    ("GET", "/v2/actors/{id}", "a-mr-"),
    ("GET", "/v2/acts/{id}", "a-mr-"),
    ("GET", "/v2/actor-runs", "apmr-"),
    ("GET", "/v2/actor-runs/{id}", "apmr-"),
    ("POST", "/v2/actor-runs/{id}/abort", "ap---"),
    ("POST", "/v2/actor-runs/{id}/resurrect", "ap---"),
    ("POST", "/v2/webhooks", "a-m--"),
    ("GET", "/v2/webhooks", "a-mr-"),
    ("GET", "/v2/actors/{id}/webhooks", "a-mr-"),
    ("GET", "/v2/acts/{id}/webhooks", "a-mr-"),
    ("GET", "/v2/actor-tasks/{id}/webhooks", "a-mr-"),
    ("GET", "/v2/webhooks/{id}", "a-mr-"),
    ("PUT", "/v2/webhooks/{id}", "a-m--"),
    ("DELETE", "/v2/webhooks/{id}", "a-m--"),
    ("POST", "/v2/webhooks/{id}/test", "a-m--"),
    ("GET", "/v2/webhooks/{id}/dispatches", "a-mr-"),
    ("GET", "/v2/webhook-dispatches", "a-mr-"),
    ("GET", "/v2/webhook-dispatches/{id}", "a-mr-"),
    ("GET", "/v2/datasets/{id}", "apmr-"),
    ("GET", "/v2/actor-runs/{id}/dataset", "apmr-"),
    ("GET", "/v2/datasets/{id}/items", "apmr-"),
    ("GET", "/v2/actor-runs/{id}/dataset/items", "apmr-"),
    ("POST", "/v2/datasets/{id}/items", "ap---"),
    ("POST", "/v2/actor-runs/{id}/dataset/items", "ap---"),
    ("GET", "/v2/key-value-stores/{id}", "apmr-"),
    ("GET", "/v2/actor-runs/{id}/key-value-store", "apmr-"),
    ("GET", "/v2/key-value-stores/{id}/keys", "apmr-"),
    ("GET", "/v2/actor-runs/{id}/key-value-store/keys", "apmr-"),
    ("GET", "/v2/key-value-stores/{id}/records/{key}", "apmr-"),
    ("GET", "/v2/actor-runs/{id}/key-value-store/records/{key}", "apmr-"),
    ("GET", "/v2/actors/{id}/runs/last/key-value-store", "apmr-"),
    ("GET", "/v2/acts/{id}/runs/last/key-value-store", "apmr-"),
    ("GET", "/v2/actors/{id}/runs/last/key-value-store/keys", "apmr-"),
    ("GET", "/v2/acts/{id}/runs/last/key-value-store/keys", "apmr-"),
    ("GET", "/v2/actors/{id}/runs/last/key-value-store/records/{key}", "apmr-"),
    ("GET", "/v2/acts/{id}/runs/last/key-value-store/records/{key}", "apmr-"),
    ("PUT", "/v2/key-value-stores/{id}/records/{key}", "ap---"),
    ("PUT", "/v2/actor-runs/{id}/key-value-store/records/{key}", "ap---"),
    ("DELETE", "/v2/key-value-stores/{id}/records/{key}", "ap---"),
    ("DELETE", "/v2/actor-runs/{id}/key-value-store/records/{key}", "ap---"),
    ("PUT", "/v2/actor-runs/{id}", "ap---"),
    ("GET", "/v2/logs/{id}", "apmr-"),
    ("GET", "/v2/actor-runs/{id}/log", "apmr-"),
    ("POST", "/v2/action-runs", "ap---"),
    ("GET", "/v2/action-runs/{id}", "apmr-"),
    ("GET", "/v2/action-runs/{id}/callback", "apmr-"),
    ("GET", "/v1/event-types", "a-mr-"),
    ("PUT", "/v1/event-types/{*name}", "a-m--"),
    ("GET", "/v1/event-types/{*name}", "a-mr-"),
    ("DELETE", "/v1/event-types/{*name}", "a-m--"),
    ("GET", "/v1/secrets", "a-m--"),
    ("PUT", "/v1/secrets/{name}", "a-m--"),
    ("DELETE", "/v1/secrets/{name}", "a-m--"),
    ("POST", "/v1/tokens", "a----"),
    ("GET", "/v1/tokens", "a----"),
    ("GET", "/v1/tokens/{id}", "a----"),
    ("DELETE", "/v1/tokens/{id}", "a----"),
    ("POST", "/v1/accounts", "a----"),
    ("GET", "/v1/accounts", "a----"),
    ("GET", "/v1/accounts/{id}", "a----"),
    ("GET", "/v1/audit", "a-m--"),
    ("GET", "/v1/audit/verify", "a----"),
    ("GET", "/v1/signing-keys", "a-mr-"),
    ("POST", "/v1/signing-keys/rotate", "a----"),
    ("POST", "/api/hooks", "a-m--"),
    ("GET", "/api/hooks", "a-mr-"),
    ("GET", "/api/hooks/{id}", "a-mr-"),
    ("DELETE", "/api/hooks/{id}", "a-m--"),
    ("POST", "/api/hooks/unsubscribe", "*"),
    ("GET", "/api/events/{type}/samples", "a-mr-"),
    ("GET", "/r/{token}", "*"),
    ("GET", "/.well-known/jwks.json", "*"),
    ("GET", "/openapi.json", "*"),
];

const LETTERS: [(Role, char); 5] = [
    (Role::Admin, 'a'),
    (Role::Producer, 'p'),
    (Role::Manager, 'm'),
    (Role::Reader, 'r'),
    (Role::Metrics, 'x'),
];

/// The sets of roles that tokens are given: none, each alone, each two, and all but admin.
fn sets() -> Vec<Vec<Role>> {
    let mut sets = vec![Vec::new()];
    for (at, role) in Role::ALL.into_iter().enumerate() {
        sets.push(vec![role]);
        sets.extend(Role::ALL.iter().skip(at + 1).map(|other| vec![role, *other]));
    }
    sets.push(Role::ALL.into_iter().filter(|role| *role != Role::Admin).collect());
    sets
}

/// A path of a template, about things that do not exist.
fn path(template: &str) -> String {
    let mut path = String::new();
    for part in template.split_inclusive('/') {
        let (segment, slash) = part.strip_suffix('/').map_or((part, ""), |segment| (segment, "/"));
        path.push_str(if segment.starts_with('{') { "nothing.such" } else { segment });
        path.push_str(slash);
    }
    path
}

impl Rig {
    /// The status of an answer, which may go on.
    async fn status(&self, method: &str, path: &str, token: Option<&str>) -> StatusCode {
        let method: Method = method.parse().unwrap();
        connect(self.addr, &method, path, token, &[], "").await.status()
    }
}

#[test]
fn the_matrix_has_a_row_for_every_route() {
    let by_hand: BTreeSet<_> = MATRIX.iter().map(|(method, path, _)| format!("{method} {path}")).collect();
    let all: BTreeSet<_> = routes().iter().map(|route| format!("{} {}", route.method, route.path)).collect();
    assert_eq!(by_hand, all, "a route was added or taken away: say in the matrix who may call it");
    assert_eq!(by_hand.len(), MATRIX.len());
}

#[tokio::test]
async fn every_route_takes_the_tokens_that_the_matrix_says() {
    let rig = Rig::new().await;
    let mut tokens = Vec::new();
    for roles in sets() {
        let token = rig.token_of(Roles::of(&roles), "default", None).await.1;
        tokens.push((roles, token));
    }
    for &(method, template, able) in MATRIX {
        let path = path(template);
        if able == "*" {
            let status = rig.status(method, &path, None).await;
            assert!(!matches!(status.as_u16(), 401 | 403), "{method} {path}: {status}");
            continue;
        }
        for (held, token) in &tokens {
            let status = rig.status(method, &path, Some(token)).await;
            let one = held.iter().any(|role| LETTERS.iter().any(|(of, l)| of == role && able.contains(*l)));
            assert_ne!(status, 401, "{method} {path}, {held:?}");
            assert_eq!(status != 403, one, "{method} {path}, {held:?}: {status}");
        }
    }
}

#[tokio::test]
async fn without_a_good_token_every_answer_is_401() {
    let rig = Rig::new().await;
    let mistyped = {
        let (start, last) = rig.of(Role::Admin).split_at(61);
        format!("{start}{}", if last == "0" { "1" } else { "0" })
    };
    let all = Roles::of(&Role::ALL);
    let (_, expired) = rig.token_of(all, "default", Some(clock::now().minus(Duration::from_millis(1)))).await;
    let (id, revoked) = rig.token_of(all, "default", None).await;
    rig.store.edit(Edit::RevokeToken(id), Actor::Daemon, clock::now()).await.unwrap().unwrap();
    for &(method, template, _) in MATRIX.iter().filter(|(_, _, able)| *able != "*") {
        let path = path(template);
        let bad = ["", "hunter2", mistyped.as_str(), expired.as_str(), revoked.as_str()];
        for token in std::iter::once(None).chain(bad.map(Some)) {
            let method: Method = method.parse().unwrap();
            let refused = rig.request(&method, &path, token, &[], "").await.expect(401);
            assert!(refused.headers.contains_key("www-authenticate"), "{method} {path}");
            if !surface_of(&path).is_lenient {
                assert_eq!(refused.json()["code"], "unauthorized", "{method} {path}");
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_names_the_roles_that_may() {
    let rig = Rig::new().await;
    let refused = rig.request(&Method::GET, "/v1/events", Some(rig.of(Role::Producer)), &[], "").await;
    let detail = "a token with the role producer may not do this; admin or manager or reader may";
    assert_eq!(refused.expect(403).json()["detail"], detail);
    let refused = rig.request(&Method::GET, "/v1/tokens", Some(rig.of(Role::Metrics)), &[], "").await;
    let detail = "a token with the role metrics may not do this; admin may";
    assert_eq!(refused.expect(403).json()["detail"], detail);
}
