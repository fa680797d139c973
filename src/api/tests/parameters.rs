//! What the description says of a query parameter is what its route takes.

use http::{Method, StatusCode};
use serde_json::Value;

use super::{Rig, connect};
use crate::api::openapi::description;
use crate::api::table::{error_form, routes};
use crate::domain::account::Role;

/// A schema, or the one that it refers to.
fn resolved<'a>(description: &'a Value, schema: &'a Value) -> &'a Value {
    let at = schema["$ref"].as_str().map(|to| to.trim_start_matches('#'));
    at.map_or(schema, |at| description.pointer(at).unwrap())
}

/// Values that a schema allows, and values that it does not.
fn values(schema: &Value) -> (Vec<String>, Vec<String>) {
    if let Some(words) = schema["enum"].as_array() {
        return (words.iter().map(|word| word.as_str().unwrap().to_owned()).collect(), vec!["other".into()]);
    }
    if schema["format"] == "date-time" {
        return (vec!["2026-01-02T03:04:05Z".into()], vec!["yesterday".into()]);
    }
    if schema["type"] == "integer" {
        let (least, most) = (schema["minimum"].as_u64().unwrap(), schema["maximum"].as_u64());
        let good = std::iter::once(least).chain(most).map(|n| n.to_string()).collect();
        let bad = least.checked_sub(1).into_iter().chain(most.map(|most| most + 1)).map(|n| n.to_string());
        return (good, bad.chain(["-1".into(), "many".into()]).collect());
    }
    match schema["maxLength"].as_u64() {
        // One more than the longest: its like of allowed length may be refused for what it says.
        Some(most) => (Vec::new(), vec!["a".repeat(usize::try_from(most).unwrap() + 1)]),
        None => (Vec::new(), Vec::new()),
    }
}

#[tokio::test]
async fn every_parameter_takes_what_is_described_and_nothing_else() {
    let rig = Rig::new().await;
    let webhook = rig.webhook("").await;
    let job = rig.post("/v1/jobs", r#"{"type":"report.build"}"#).await.expect(201).json();
    let job = job["id"].as_str().unwrap();
    rig.post(&format!("/v1/jobs/{job}/abort"), "").await.expect(200);
    let description = description(&routes(), error_form, false);
    let mut constrained = 0;
    for (path, operations) in description["paths"].as_object().unwrap() {
        let id = if path.starts_with("/v1/jobs") { job } else { &webhook };
        let parameters = operations["get"]["parameters"].as_array().into_iter().flatten();
        for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            let (good, bad) = values(resolved(&description, &parameter["schema"]));
            constrained += usize::from(!bad.is_empty());
            for (value, allowed) in good.iter().map(|v| (v, true)).chain(bad.iter().map(|v| (v, false))) {
                let at = format!("{}?{name}={value}", path.replace("{id}", id));
                // A tail goes on until it is left; its answer's head comes at once.
                let token = Some(rig.of(Role::Admin));
                let status = connect(rig.addr, &Method::GET, &at, token, &[], "").await.status();
                assert_eq!(status != StatusCode::BAD_REQUEST, allowed, "{at}: {status}");
            }
        }
    }
    assert!(constrained >= 40, "{constrained}");
}

/// What the description lacks is seen by no test of what it has: these are known to be constrained.
#[test]
fn constrained_parameters_are_described_as_such() {
    let description = description(&routes(), error_form, true);
    let schema = |path: &str, name: &str| {
        let parameters = description["paths"][path]["get"]["parameters"].as_array().unwrap();
        let parameter = parameters.iter().find(|parameter| parameter["name"] == name);
        resolved(&description, &parameter.unwrap_or_else(|| panic!("{path} {name}"))["schema"])
    };
    for (path, name) in [
        ("/v1/deliveries", "state"),
        ("/v1/deliveries", "error"),
        ("/v1/deliveries", "order"),
        ("/v1/webhooks", "state"),
        ("/v1/jobs", "status"),
        ("/v1/jobs/{id}/results", "format"),
        ("/v2/datasets/{id}/items", "format"),
    ] {
        assert!(schema(path, name)["enum"].is_array(), "{path} {name}");
    }
    for path in ["/v1/deliveries", "/v1/events", "/v1/jobs", "/v1/audit"] {
        assert_eq!(schema(path, "since")["format"], "date-time", "{path}");
    }
    assert_eq!(schema("/v2/actor-runs", "startedAfter")["format"], "date-time");
    assert_eq!(schema("/v1/events", "limit")["maximum"], 250);
    assert_eq!(schema("/v1/webhooks/{id}/attempts", "limit")["maximum"], 200);
    assert_eq!(schema("/v1/jobs/{id}/results", "limit")["maximum"], 1000);
    assert_eq!(schema("/v1/deliveries", "source_id")["maxLength"], 256);
}
