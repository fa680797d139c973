//! `/openapi.json`: the route table as an OpenAPI 3.1 description.

mod examples;
mod names;
mod refusals;
mod schemas;

use serde_json::{Map, Value, json};

use self::names::{is_own, operation_id, tag};
use self::schemas::Schemas;
use super::param::Param;
use super::query::ACCOUNT;
use super::route::{Described, Route};
use super::words::Words;
use crate::domain::account::Role;
use crate::http::problem::ProblemView;

/// What can be said of the description that is asked for.
pub const DIALECTS: Param =
    Param::word::<Dialects>("dialects", "all: include the providers' paths besides Ringback's own.");

/// Which dialects are described.
#[derive(Debug, Clone, Copy)]
pub enum Dialects {
    /// Every one.
    All,
}

impl Words for Dialects {
    const NAME: &'static str = "Dialects";
    const ALL: &'static [Self] = &[Self::All];
    fn word(self) -> &'static str {
        "all"
    }
}

/// The description of routes: of Ringback's own API, or also of the providers' dialects.
#[must_use]
pub fn description(routes: &[Route], error_form: fn(&str) -> Option<Described>, dialects: bool) -> Value {
    let (mut paths, mut schemas) = (Map::new(), Schemas::new());
    for route in routes.iter().filter(|route| dialects || is_own(route.path)) {
        let path = route.path.replace("{*", "{");
        let operations = paths.entry(path).or_insert_with(|| json!({}));
        if let Some(operations) = operations.as_object_mut() {
            operations.insert(
                route.method.as_str().to_ascii_lowercase(),
                operation(route, error_form(route.path), dialects, &mut schemas),
            );
        }
    }
    let problem = schemas.of(|generator| generator.subschema_for::<ProblemView<'_>>());
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Ringback",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "A webhook delivery daemon",
            "description": ABOUT,
        },
        "servers": [{"url": "/", "description": "The daemon that serves this description."}],
        "paths": paths,
        "components": {
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic", "description": "The token as the user."},
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
            },
            "schemas": schemas.take(),
            "responses": refusals::components(&problem),
        },
    })
}

fn operation(route: &Route, error: Option<Described>, dialects: bool, schemas: &mut Schemas) -> Value {
    let mut operation = json!({
        "summary": route.summary,
        "operationId": operation_id(route),
        "tags": [tag(route.path)],
        "parameters": parameters(route, schemas),
        "responses": responses(route, error, schemas),
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
    if !route.handler.takes.is_empty() {
        members.insert("requestBody".to_owned(), body(route, dialects, schemas));
    }
    operation
}

/// The forms of a body. Generated clients take one of several by its type in their language, where one JSON
/// text is like any other; so where JSON is among them, the description for them has it alone and names
/// the others.
fn body(route: &Route, dialects: bool, schemas: &mut Schemas) -> Value {
    let is_json = |media_type: &str| media_type == "application/json";
    let alone = !dialects && route.handler.takes.iter().any(|(media_type, _)| is_json(media_type));
    let (described, others): (Vec<_>, Vec<_>) =
        route.handler.takes.iter().copied().partition(|(media_type, _)| !alone || is_json(media_type));
    let content: Map<String, Value> = described
        .into_iter()
        .map(|(media_type, schema)| {
            (media_type.to_owned(), schemas.of_body(&operation_id(route), media_type, schema))
        })
        .collect();
    let mut body = json!({"required": !route.handler.bodiless, "content": content});
    if let (false, Some(members)) = (others.is_empty(), body.as_object_mut()) {
        let others = others.into_iter().map(|(media_type, _)| media_type).collect::<Vec<_>>().join(", ");
        let text = format!("Also accepts {others}; `?dialects=all` describes those.");
        members.insert("description".to_owned(), text.into());
    }
    body
}

fn variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| Some(rest.split('}').next()?.trim_start_matches('*')))
}

fn parameters(route: &Route, schemas: &mut Schemas) -> Value {
    let path = variables(route.path)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}));
    let account = route.roles.filter(|_| !route.global).map(|_| ("query", &ACCOUNT));
    let header = route.header.as_ref().map(|param| ("header", param));
    let others = header.into_iter().chain(route.query.iter().map(|param| ("query", param))).chain(account);
    let others = others.map(|(place, param)| {
        json!({"name": param.name, "in": place, "required": false, "description": param.about,
               "schema": schemas.of(param.described)})
    });
    path.chain(others).collect::<Vec<_>>().into()
}

fn responses(route: &Route, error: Option<Described>, schemas: &mut Schemas) -> Value {
    let mut responses = Map::new();
    for reply in &route.replies {
        let response = responses
            .entry(reply.status.as_str())
            .or_insert_with(|| json!({"description": reply.status.canonical_reason()}));
        if let Some(members) = response.as_object_mut().filter(|_| !reply.headers.is_empty()) {
            let header = |param: &Param| {
                (
                    param.name.to_owned(),
                    json!({"description": param.about, "required": param.always, "schema": schemas.of(param.described)}),
                )
            };
            members.insert("headers".to_owned(), reply.headers.iter().map(header).collect::<Value>());
        }
        if let (Some(schema), Some(members)) = (reply.schema, response.as_object_mut()) {
            // One status may come in several media types.
            let content = members.entry("content").or_insert_with(|| json!({}));
            content.as_object_mut().map(|types| {
                let body = schemas.of_body(&operation_id(route), reply.media_type, schema);
                types.insert(reply.media_type.to_owned(), body)
            });
        }
    }
    responses.extend(refusals::of(route, error, schemas));
    responses.into()
}

const ABOUT: &str = "Every answer has an `X-Request-Id`, which the log names too. A 405 has `Allow`; a 429 and a 503 have `Retry-After`.";
/// A type's JSON Schema in one piece.
#[cfg(test)]
pub(super) fn whole(described: crate::api::route::Described) -> Value {
    let mut settings = schemars::generate::SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    described(&mut settings.into_generator()).to_value()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::route::JSON;
    use crate::api::table::{error_form, routes};
    use http::StatusCode;
    use std::collections::BTreeSet;

    #[test]
    fn every_operation_says_when_to_wait() {
        let description = description(&routes(), error_form, true);
        for operations in description["paths"].as_object().unwrap().values() {
            for operation in operations.as_object().unwrap().values() {
                for status in ["429", "503"] {
                    let response = &operation["responses"][status];
                    let at = response["$ref"].as_str().map(|at| at.trim_start_matches('#'));
                    let response = at.map_or(response, |at| description.pointer(at).unwrap());
                    assert!(response["headers"]["Retry-After"].is_object(), "{operation}");
                }
            }
        }
    }

    #[test]
    fn it_lists_exactly_the_routes() {
        let description = description(&routes(), error_form, true);
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
        let description = description(&routes(), error_form, true);
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
        let description = description(&routes(), error_form, true);
        let problem = &description["components"]["schemas"]["Problem"]["required"];
        assert!(problem.as_array().unwrap().iter().all(|name| name != "errors"), "{problem}");
        let body = |path: &str| description["paths"][path]["post"]["requestBody"]["required"].clone();
        assert_eq!(body("/v1/webhooks"), true);
        assert_eq!(body("/v1/webhooks/{id}/rotate-secret"), false);
        let replay = &description["components"]["schemas"]["ReplayBody"];
        assert_eq!(replay["required"], json!(["filter"]), "{replay}");
    }

    #[test]
    fn every_operation_has_a_name_of_its_own() {
        let mut ids = BTreeSet::new();
        for route in routes() {
            assert!(!route.summary.is_empty() && !route.replies.is_empty(), "{}", route.path);
            assert!(ids.insert(operation_id(&route)), "{}", route.path);
        }
        for id in [
            "createWebhook",
            "listWebhooks",
            "getWebhook",
            "updateWebhook",
            "deleteWebhook",
            "pauseWebhook",
            "rotateWebhookSecret",
            "getWebhookStats",
            "sendEvents",
            "replayEvent",
            "retryDelivery",
            "putEventType",
            "rotateSigningKeys",
            "verifyAudit",
            "post_v2_webhooks",
        ] {
            assert!(ids.contains(id), "{id} in {ids:?}");
        }
    }

    #[test]
    fn a_description_without_dialects_is_ringbacks_own() {
        let description = description(&routes(), error_form, false);
        let paths = description["paths"].as_object().unwrap();
        assert!(paths.contains_key("/v1/webhooks") && paths.contains_key("/openapi.json"));
        assert!(paths.keys().all(|path| is_own(path)), "{:?}", paths.keys());
    }

    /// Everything that a reference names is there, every schema compiles, and none of it is what generators
    /// of clients stumble over.
    #[test]
    fn every_schema_in_it_is_sound() {
        let description = description(&routes(), error_form, true);
        let mut schemas = 0;
        let mut open = vec![&description];
        while let Some(part) = open.pop() {
            if let Some(to) = part.get("$ref").and_then(Value::as_str) {
                assert!(description.pointer(to.trim_start_matches('#')).is_some(), "{to}");
            }
            match part {
                Value::Object(members) => {
                    if let Some(schema) = members.get("schema") {
                        schemas += 1;
                        assert!(schema.is_object(), "{schema}");
                        let whole = json!({"components": description["components"], "allOf": [schema]});
                        assert!(jsonschema::validator_for(&whole).is_ok(), "{schema}");
                    }
                    open.extend(members.values());
                }
                Value::Array(parts) => open.extend(parts),
                _ => {}
            }
        }
        assert!(schemas > 300, "{schemas}");
        let named = description["components"]["schemas"].as_object().unwrap();
        for (name, schema) in named {
            assert!(name.chars().all(|c| c.is_ascii_alphabetic() || c == '_'), "{name} is two types");
            let members = schema["properties"].as_object().into_iter().flat_map(|members| members.values());
            assert!(members.clone().all(Value::is_object), "{name} {schema}");
        }
    }

    /// An answer's schema is its handler's own type; one of any JSON would tell clients nothing.
    #[test]
    fn every_answer_has_the_schema_of_its_handlers_type() {
        let description = description(&routes(), error_form, true);
        for route in routes() {
            let path = route.path.replace("{*", "{");
            let operation = &description["paths"][path][route.method.as_str().to_ascii_lowercase()];
            for reply in &route.replies {
                let at = format!("{} {} {}", route.method, route.path, reply.status);
                if reply.status == StatusCode::NO_CONTENT {
                    assert!(reply.schema.is_none() && route.handler.answer.is_empty(), "{at}: it has a body");
                    continue;
                }
                assert!(reply.schema.is_some(), "{at}: its handler answers with no type");
                if route.path.starts_with("/v1/") && reply.media_type == JSON {
                    let content = &operation["responses"][reply.status.as_str()]["content"];
                    let schema = &content[JSON]["schema"];
                    assert!(
                        schema.get("$ref").is_some() || schema.get("properties").is_some(),
                        "{at}: {schema}"
                    );
                }
            }
        }
    }

    /// Errors in documents are collected by these.
    #[test]
    fn every_bodys_schema_has_a_price() {
        for route in routes() {
            for (_, described) in route.handler.takes {
                let price = crate::domain::schema::Price::of(&whole(*described));
                assert!(price.is_ok(), "{} {price:?}", route.path);
            }
        }
    }
}
