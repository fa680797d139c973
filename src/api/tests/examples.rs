//! The examples in the description are what they are examples of, and every body of Ringback's own API has one.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::described::validator;
use super::{Rig, connect};
use crate::api::openapi::description;
use crate::api::table::{error_form, routes};

/// What the examples call their webhook.
const WEBHOOK: &str = "wh_01kjm3c9r0000000na4h88na74";

/// A body that is described: the operation that has it, whether it is a request's, its media type and the rest.
struct Body<'a> {
    method: String,
    path: &'a str,
    is_request: bool,
    media_type: &'a str,
    content: &'a Value,
}

/// Every body of Ringback's own API, but those of errors.
fn bodies(description: &Value) -> Vec<Body<'_>> {
    let mut found = Vec::new();
    for (path, operations) in description["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let method = method.to_uppercase();
            let request = operation.pointer("/requestBody/content").map(|content| (true, content));
            let responses = operation["responses"].as_object().unwrap().iter();
            let responses = responses.filter(|(status, _)| status.starts_with('2'));
            let responses = responses.filter_map(|(_, response)| Some((false, response.get("content")?)));
            for (is_request, content) in request.into_iter().chain(responses) {
                for (media_type, content) in content.as_object().unwrap() {
                    found.push(Body { method: method.clone(), path, is_request, media_type, content });
                }
            }
        }
    }
    found
}

fn name(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

/// The example of a body, or of its type.
fn example<'a>(description: &'a Value, content: &'a Value) -> Option<&'a Value> {
    let own = content.get("example");
    own.or_else(|| description["components"]["schemas"].get(name(&content["schema"])?)?["examples"].get(0))
}

#[test]
fn every_body_has_an_example() {
    let description = description(&routes(), error_form, false);
    let bodies = bodies(&description);
    assert!(bodies.len() > 60, "{}", bodies.len());
    for body in bodies.iter().filter(|body| body.path.starts_with("/v1/")) {
        let Body { method, path, media_type, content, .. } = body;
        assert!(example(&description, content).is_some(), "{method} {path} {media_type} has no example");
    }
}

/// The members that an object may have by its schema; `None` where it may have any.
fn members(description: &Value, schema: &Value) -> Option<Map<String, Value>> {
    if let Some(to) = schema["$ref"].as_str() {
        return members(description, description.pointer(to.trim_start_matches('#')).unwrap());
    }
    let mut known = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
    for part in ["anyOf", "allOf", "oneOf"].iter().filter_map(|kind| schema[*kind].as_array()).flatten() {
        known.extend(members(description, part).into_iter().flatten());
    }
    let any = schema.get("additionalProperties").is_some_and(|more| *more != false);
    (!any && !known.is_empty()).then_some(known)
}

/// Panics when a value has a member, at any depth, that its schema does not know.
fn check_members(description: &Value, schema: &Value, value: &Value, at: &str) {
    match value {
        Value::Object(all) => {
            let Some(known) = members(description, schema) else { return };
            for (name, value) in all {
                let part = known.get(name).unwrap_or_else(|| panic!("{at}/{name} is not a member"));
                check_members(description, part, value, &format!("{at}/{name}"));
            }
        }
        Value::Array(rows) => {
            for row in rows {
                check_members(description, &schema["items"], row, at);
            }
        }
        _ => {}
    }
}

#[test]
fn every_example_is_valid() {
    let description = description(&routes(), error_form, true);
    let named = description["components"]["schemas"].as_object().unwrap();
    let mut checked = BTreeSet::new();
    for (name, schema) in named {
        let Some(example) = schema["examples"].get(0) else { continue };
        let whole = json!({"$ref": format!("#/components/schemas/{name}")});
        let faults: Vec<String> =
            validator(&whole).iter_errors(example).map(|fault| format!("{name}: {fault}")).collect();
        assert_eq!(faults, Vec::<String>::new());
        check_members(&description, schema, example, name);
        checked.insert(name.as_str());
    }
    assert!(checked.len() > 50, "{checked:?}");
    let all: Map<String, Value> = serde_json::from_str(include_str!("../openapi/examples.json")).unwrap();
    for key in all.keys().filter(|key| !key.contains(' ')) {
        assert!(checked.contains(key.as_str()), "{key} is no type");
    }
    let bodies = bodies(&description);
    let of_bodies = bodies.iter().filter(|body| body.content.get("example").is_some()).count();
    assert_eq!(of_bodies, all.keys().filter(|key| key.contains(' ')).count(), "a body is not there");
}

/// What a request's example asks for is done.
#[tokio::test]
async fn every_request_example_is_accepted() {
    let rig = Rig::new().await;
    let webhook = rig.webhook("").await;
    let event = rig.event("order.paid").await;
    let job = rig.post("/v1/jobs", r#"{"type":"report.build"}"#).await.expect(201).json();
    let description = description(&routes(), error_form, false);
    let mut sent = 0;
    let mut bodies = bodies(&description);
    bodies.retain(|body| body.is_request && body.path.starts_with("/v1/"));
    // An answer needs a request, which only a daemon sends.
    bodies.retain(|body| body.path != "/v1/listen/{id}/answers");
    // The job takes results until it has ended.
    bodies.sort_by_key(|body| body.path.ends_with("/complete"));
    for Body { method, path, media_type, content, .. } in &bodies {
        let id = match path.split('/').nth(2).unwrap() {
            "webhooks" => &webhook,
            "events" => &event,
            "jobs" => job["id"].as_str().unwrap(),
            "actors" => "shop~report",
            "event-types" => "order.paid",
            "secrets" => "API_KEY",
            _ => "",
        };
        let path = path.replace("{id}", id).replace("{name}", id);
        let body = example(&description, content).unwrap().to_string().replace(WEBHOOK, &webhook);
        let headers = [("content-type", *media_type)];
        let token = Some(rig.of(crate::domain::account::Role::Admin));
        let method = method.parse().unwrap();
        if path == "/v1/listen" {
            // It goes on until it is left.
            let reply = connect(rig.addr, &method, &path, token, &headers, body).await;
            assert!(reply.status().is_success(), "{path}: {}", reply.status());
            continue;
        }
        let reply = rig.request(&method, &path, token, &headers, body).await;
        assert!(reply.status.is_success(), "{method} {path}: {} {:?}", reply.status, reply.text());
        sent += 1;
    }
    assert!(sent >= 15, "{sent}");
}
