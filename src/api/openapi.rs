//! `/openapi.json`: the route table as an OpenAPI 3.1 description.

use std::sync::OnceLock;

use http::StatusCode;
use serde_json::{Map, Value, json};

use super::answer::{Answer, fixed};
use super::call::Call;
use super::document::schema_of;
use super::problem::{Problem, ProblemView};
use super::query::{ACCOUNT, Param};
use super::routes::{Route, routes};
use crate::domain::account::Role;

/// Answers `GET /openapi.json`.
///
/// # Errors
/// Never.
pub async fn show(_: Box<Call>) -> Result<Answer, Problem> {
    Ok(answer())
}

pub(super) fn answer() -> Answer {
    // One text for all who read it.
    static TEXT: OnceLock<Vec<u8>> = OnceLock::new();
    let text = TEXT.get_or_init(|| description().to_string().into_bytes());
    fixed("application/json", text)
}

/// The description.
#[must_use]
pub fn description() -> Value {
    let mut paths = Map::new();
    for route in routes() {
        let path = route.path.replace("{*", "{");
        let operations = paths.entry(path).or_insert_with(|| json!({}));
        if let Some(operations) = operations.as_object_mut() {
            operations.insert(route.method.as_str().to_ascii_lowercase(), operation(&route));
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Ringback",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "A webhook delivery daemon",
        },
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic", "description": "The token as the user."},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
            "schemas": {"Problem": schema_of::<ProblemView<'_>>()},
            "responses": {"TooMany": waits(TOO_MANY), "Unavailable": waits(UNAVAILABLE)},
        },
    })
}

fn operation(route: &Route) -> Value {
    let mut operation = json!({
        "summary": route.summary,
        "operationId": operation_id(route),
        "tags": [tag(route.path)],
        "parameters": parameters(route),
        "responses": responses(route),
    });
    let Some(members) = operation.as_object_mut() else { return operation };
    match route.roles {
        None => members.insert("security".to_owned(), json!([])),
        Some(roles) => {
            let words: Vec<_> = std::iter::once(Role::Admin.as_str()).chain(roles.words()).collect();
            members.insert("x-ringback-roles".to_owned(), words.into());
            let schemes = json!([{"bearer": []}, {"basic": []}, {"key": []}]);
            members.insert("security".to_owned(), schemes)
        }
    };
    if !route.takes.is_empty() {
        let content: Map<String, Value> = route
            .takes
            .iter()
            .map(|(media_type, schema)| ((*media_type).to_owned(), json!({"schema": schema()})))
            .collect();
        let body = json!({"required": !route.bodiless, "content": content});
        members.insert("requestBody".to_owned(), body);
    }
    operation
}

/// `get_v1_events_id`.
fn operation_id(route: &Route) -> String {
    let words = route.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(route.method.as_str().to_ascii_lowercase().as_str())
        .chain(words)
        .collect::<Vec<_>>()
        .join("_")
}

fn tag(path: &str) -> &str {
    path.split('/')
        .nth(2)
        .map_or("description", |name| if name.starts_with('{') { "resources" } else { name })
}

fn variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| Some(rest.split('}').next()?.trim_start_matches('*')))
}

fn parameters(route: &Route) -> Value {
    let parameter = |place: &str, param: &Param| {
        json!({"name": param.name, "in": place, "required": place == "path", "description": param.about,
               "schema": {"type": "string"}})
    };
    let path = variables(route.path)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
    let account = route.roles.filter(|_| !route.global).map(|_| parameter("query", &ACCOUNT));
    path.chain(route.header.map(|param| parameter("header", &param)))
        .chain(route.query.iter().map(|param| parameter("query", param)))
        .chain(account)
        .collect::<Vec<_>>()
        .into()
}

fn responses(route: &Route) -> Value {
    let mut responses = Map::new();
    for reply in &route.replies {
        let response = responses
            .entry(reply.status.as_str())
            .or_insert_with(|| json!({"description": reply.status.canonical_reason()}));
        if reply.status == StatusCode::CREATED
            && let Some(members) = response.as_object_mut()
        {
            let location = json!({"description": "Where it is.", "schema": {"type": "string"}});
            members.insert("headers".to_owned(), json!({"Location": location}));
        }
        if let (Some(schema), Some(members)) = (reply.schema, response.as_object_mut()) {
            // One status may come in several media types.
            let content = members.entry("content").or_insert_with(|| json!({}));
            content
                .as_object_mut()
                .map(|types| types.insert(reply.media_type.to_owned(), json!({"schema": schema()})));
        }
    }
    let problem = json!({
        "description": "A problem (RFC 9457)",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    });
    responses.insert("429".to_owned(), json!({"$ref": "#/components/responses/TooMany"}));
    responses.insert("503".to_owned(), json!({"$ref": "#/components/responses/Unavailable"}));
    responses.insert("default".to_owned(), problem);
    responses.into()
}

const TOO_MANY: &str = "The token, the account or the address has what it may have at a time: requests a second, requests in \
                        progress, waits, memory for bodies and answers. Nobody else notices. `detail` names the setting.";
const UNAVAILABLE: &str = "All accounts together have what there is at a time, the daemon is about to stop, or its store \
                           cannot be used.";

/// An answer that asks the client to wait.
fn waits(about: &str) -> Value {
    json!({
        "description": about,
        "headers": {"Retry-After": {"description": "Seconds to wait before the request is sent again.", "schema": {"type": "integer"}}},
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_operation_says_when_to_wait() {
        let description = description();
        for operations in description["paths"].as_object().unwrap().values() {
            for operation in operations.as_object().unwrap().values() {
                for status in ["429", "503"] {
                    let at = operation["responses"][status]["$ref"].as_str().unwrap().trim_start_matches('#');
                    let response = description.pointer(at).unwrap();
                    assert!(response["headers"]["Retry-After"].is_object(), "{operation}");
                }
            }
        }
    }

    #[test]
    fn it_lists_exactly_the_routes() {
        let description = description();
        let mut listed = BTreeSet::new();
        for (path, operations) in description["paths"].as_object().unwrap() {
            for method in operations.as_object().unwrap().keys() {
                listed.insert((method.to_uppercase(), path.clone()));
            }
        }
        let table: BTreeSet<(String, String)> =
            routes().iter().map(|r| (r.method.to_string(), r.path.replace("{*", "{"))).collect();
        assert_eq!(listed, table);
        assert_eq!(table.len(), routes().len(), "no route stands twice");
    }

    #[test]
    fn every_form_of_an_answer_is_there() {
        let description = description();
        let forms = |path: &str, method: &str| {
            let content = &description["paths"][path][method]["responses"]["200"]["content"];
            content.as_object().unwrap().keys().cloned().collect::<Vec<_>>()
        };
        let results = ["application/json", "application/x-ndjson", "text/csv"];
        assert_eq!(forms("/v1/jobs/{id}/results", "get"), results);
        assert_eq!(forms("/v1/events", "post"), ["application/json", "application/x-ndjson"]);
        let tail = description["paths"]["/v1/tail"]["get"]["parameters"].to_string();
        assert!(tail.contains("Last-Event-ID"), "{tail}");
    }

    #[test]
    fn what_may_be_left_out_is_not_required() {
        let description = description();
        let problem = &description["components"]["schemas"]["Problem"]["required"];
        assert!(problem.as_array().unwrap().iter().all(|name| name != "errors"), "{problem}");
        let body = |path: &str| description["paths"][path]["post"]["requestBody"]["required"].clone();
        assert_eq!(body("/v1/webhooks"), true);
        assert_eq!(body("/v1/webhooks/{id}/rotate-secret"), false);
        let replay = &description["paths"]["/v1/replays"]["post"]["requestBody"]["content"];
        assert_eq!(replay["application/json"]["schema"]["required"], json!(["filter"]), "{replay}");
    }

    #[test]
    fn every_schema_in_it_compiles_and_every_id_is_unique() {
        let mut ids = BTreeSet::new();
        for route in routes() {
            assert!(!route.summary.is_empty() && !route.replies.is_empty(), "{}", route.path);
            assert!(ids.insert(operation_id(&route)), "{}", route.path);
            let schemas = route.takes.iter().map(|(_, schema)| *schema);
            for schema in schemas.chain(route.replies.iter().filter_map(|reply| reply.schema)) {
                assert!(jsonschema::validator_for(&schema()).is_ok(), "{} {}", route.path, schema());
                // Errors in documents are collected by it.
                let price = crate::domain::schema::Price::of(&schema());
                assert!(price.is_ok(), "{} {price:?}", route.path);
            }
        }
    }
}
