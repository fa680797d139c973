//! Whatever a test of the API is answered, the description describes: its status, its headers, its media type and
//! its body.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use http::{HeaderMap, Method};
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::Reply;
use crate::api::openapi::description;
use crate::api::route::Route;
use crate::api::table::{error_form, routes, surface_of};

static DESCRIPTION: LazyLock<Value> = LazyLock::new(|| description(&routes(), error_form, true));
static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(routes);
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

/// Panics when the description says otherwise.
pub(super) fn check(method: &Method, target: &str, reply: &Reply) {
    if let Err(why) = compare(method, target, reply) {
        let body = String::from_utf8_lossy(&reply.body);
        panic!(
            "the description says otherwise: {method} {target}: {}: {why}\n{:?}\n{body}",
            reply.status, reply.headers
        );
    }
}

fn compare(method: &Method, target: &str, reply: &Reply) -> Result<(), String> {
    let path = target.split('?').next().unwrap_or(target);
    let Some(operation) = operation(method, path) else { return Ok(()) };
    let responses = &operation["responses"];
    let status = reply.status.as_str();
    let response = match responses.get(status) {
        Some(response) => response,
        None if reply.status.is_success() => return Err("no such success".to_owned()),
        None if reply.status.is_client_error() && !BEFORE_ROUTES.contains(&status) => {
            return Err("no such refusal".to_owned());
        }
        None => &responses["default"],
    };
    let at = |response: &'static Value| response["$ref"].as_str().map(|at| at.trim_start_matches('#'));
    let response = at(response).and_then(|at| DESCRIPTION.pointer(at)).unwrap_or(response);
    headers(response, &reply.headers)?;
    if method == Method::HEAD || reply.status.is_informational() {
        return Ok(());
    }
    body(response, reply)
}

/// The operation at a path; the one with the fewest variables, as the router has it.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let path = surface_of(path).path(path);
    let method = if method == Method::HEAD { &Method::GET } else { method };
    let found = ROUTES.iter().filter(|route| route.method == *method && fits(route.path, path));
    let route = found.min_by_key(|route| route.path.matches('{').count())?;
    DESCRIPTION["paths"][route.path.replace("{*", "{")].get(method.as_str().to_ascii_lowercase())
}

fn fits(template: &str, path: &str) -> bool {
    let (mut wanted, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (wanted.next(), given.next()) {
            (Some(name), Some(_)) if name.starts_with("{*") => return true,
            (Some(name), Some(part)) if name.starts_with('{') && !part.is_empty() || name == part => {}
            (None, None) => return true,
            _ => return false,
        }
    }
}

/// Refusals of requests that reach no route, or whose body does not come.
const BEFORE_ROUTES: [&str; 4] = ["405", "408", "414", "431"];

/// What every answer has, which the description says once.
const EVERYWHERE: [&str; 2] = ["x-request-id", "x-content-type-options"];

/// Headers that it promises are there, and of its own it has no other.
fn headers(response: &Value, given: &HeaderMap) -> Result<(), String> {
    let described = response.get("headers").and_then(Value::as_object);
    let described: Vec<(String, bool)> = described
        .into_iter()
        .flatten()
        .map(|(name, header)| (name.to_ascii_lowercase(), header["required"] == true))
        .collect();
    let own = |name: &str| name == "location" || name.starts_with("x-") && !EVERYWHERE.contains(&name);
    for name in given.keys().map(http::HeaderName::as_str).filter(|name| own(name)) {
        if !described.iter().any(|(known, _)| known == name) {
            return Err(format!("the header {name} is not described"));
        }
    }
    match described.iter().find(|(name, always)| *always && !given.contains_key(name.as_str())) {
        Some((name, _)) => Err(format!("the header {name} is missing")),
        None => Ok(()),
    }
}

fn body(response: &'static Value, reply: &Reply) -> Result<(), String> {
    let Some(content) = response.get("content").and_then(Value::as_object) else {
        return if reply.body.is_empty() { Ok(()) } else { Err("a body is not described".to_owned()) };
    };
    let given = reply.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = given.split(';').next().unwrap_or_default().trim();
    let described = content.get(media_type).or_else(|| content.get("*/*"));
    let schema = described.ok_or_else(|| format!("the media type {media_type:?} is not described"))?;
    if !media_type.ends_with("json") || reply.headers.contains_key("content-encoding") {
        return Ok(());
    }
    // A number may be longer than a value can hold.
    let Ok(value) = serde_json::from_slice::<Value>(&reply.body) else { return Ok(()) };
    let faults: Vec<String> = validator(&schema["schema"])
        .iter_errors(&value)
        .map(|fault| format!("{}: {fault}", fault.instance_path()))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(faults.join("\n")) }
}

pub(super) fn validator(schema: &Value) -> Arc<Validator> {
    let mut all = VALIDATORS.lock().unwrap_or_else(PoisonError::into_inner);
    let made = all.entry(schema.to_string()).or_insert_with(|| {
        let mut named = Map::new();
        name_parts(schema, &mut named);
        let whole = json!({"allOf": [schema], "components": {"schemas": named}});
        Arc::new(jsonschema::draft202012::new(&whole).unwrap())
    });
    Arc::clone(made)
}

/// Collects the named schemas that one refers to: all there are would be read with each.
fn name_parts(schema: &Value, named: &mut Map<String, Value>) {
    match schema {
        Value::Object(members) => {
            let name = members.get("$ref").and_then(Value::as_str).and_then(|to| to.rsplit('/').next());
            if let Some(name) = name.filter(|name| !named.contains_key(*name)) {
                let part = &DESCRIPTION["components"]["schemas"][name];
                named.insert(name.to_owned(), part.clone());
                name_parts(part, named);
            }
            members.values().for_each(|part| name_parts(part, named));
        }
        Value::Array(parts) => parts.iter().for_each(|part| name_parts(part, named)),
        _ => {}
    }
}

#[test]
fn an_answer_that_is_described_otherwise_is_noticed() {
    let reply = |status: u16, headers: &[(&'static str, &str)], body: &'static str| Reply {
        status: http::StatusCode::from_u16(status).unwrap(),
        headers: headers
            .iter()
            .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap()))
            .collect(),
        body: body.into(),
    };
    let problem = [("content-type", "application/problem+json")];
    let json = [("content-type", "application/json")];
    let wrong = |target: &str, reply: Reply| compare(&Method::GET, target, &reply).is_err();
    let list = r#"{"data":[],"next_cursor":null}"#;
    assert!(!wrong("/v1/secrets", reply(200, &json, list)));
    assert!(wrong("/v1/secrets", reply(200, &json, r#"{"data":[{}],"next_cursor":null}"#)), "the body");
    assert!(wrong("/v1/secrets", reply(200, &problem, list)), "the media type");
    assert!(wrong("/v1/secrets", reply(202, &json, list)), "the status");
    assert!(wrong("/v1/secrets", reply(200, &[json[0], ("x-more", "1")], list)), "a header");
    assert!(wrong("/v1/secrets", reply(404, &json, "{}")), "the form of a problem");
    let refusal = r#"{"type":"","title":"","status":409,"detail":"","code":"conflict","request_id":""}"#;
    assert!(wrong("/v1/secrets", reply(409, &problem, refusal)), "a refusal that no list gives");
    assert!(!wrong("/v1/secrets", reply(403, &problem, refusal)));
}
