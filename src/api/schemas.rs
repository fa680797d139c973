//! JSON Schemas of event types, compiled once. Schemas come from tenants: references lead nowhere
//! but into the schema itself, and patterns run in linear time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::error::ValidationErrorKind;
use jsonschema::{PatternOptions, Validator};
use serde_json::Value;

use super::document::errors;
use super::problem::{Invalid, Problem};
use crate::domain::directory::EventTypeRecord;
use crate::domain::event_type::EventType;
use crate::domain::id::AccountNo;
use crate::domain::json;
use crate::domain::time::Timestamp;
use crate::limits;

/// Compiled schemas by event type. At most [`limits::SCHEMAS_CACHED`] are kept.
#[derive(Default)]
pub struct Schemas {
    compiled: Mutex<HashMap<(AccountNo, EventType), Compiled>>,
}

/// A compiled schema, and when the declaration it came from was changed.
type Compiled = (Timestamp, Arc<Validator>);

/// The drafts that a schema's `$schema` may name; without one it is the last.
const DRAFTS: &str = "http://json-schema.org/draft-04/schema#, draft-06 and draft-07, \
                      https://json-schema.org/draft/2019-09/schema and 2020-12";

/// Compiles a schema.
///
/// # Errors
/// Every place of it that makes it one that cannot be used, with pointers that begin with `/schema`.
pub fn compile(schema: &Value) -> Result<Validator, Vec<Invalid>> {
    let wrong = |place: &str, detail: String| vec![Invalid::new(format!("/schema{place}"), detail)];
    if let Some(reference) = outward_reference(schema) {
        let detail =
            format!("refers to \"{reference}\"; references must stay inside the schema, as \"#/$defs/…\"");
        return Err(wrong("", detail));
    }
    if loops(schema) {
        let detail = "has a reference that leads back to itself without going into the data";
        return Err(wrong("", detail.to_owned()));
    }
    let Ok(rules) = jsonschema::meta::validator_for(schema) else {
        return Err(wrong("/$schema", format!("is no draft that is known; known are {DRAFTS}")));
    };
    let faults = errors(&rules, schema, "/schema");
    if !faults.is_empty() {
        return Err(faults);
    }
    let built = jsonschema::options().with_pattern_options(PatternOptions::regex()).build(schema);
    built.map_err(|error| {
        let place = error.instance_path().to_string();
        let detail = match error.kind() {
            ValidationErrorKind::Format { .. } => "is no regular expression that is taken".to_owned(),
            _ => format!("is not a JSON Schema: {}", error.masked()),
        };
        wrong(&place, detail)
    })
}

/// Keywords whose subschemas are checked against the same value: a cycle through them never ends.
const IN_PLACE: [&str; 8] = ["allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas"];

/// Whether following references and in-place keywords can come back to where it began.
fn loops(root: &Value) -> bool {
    fn visit<'a>(
        root: &'a Value,
        schema: &'a Value,
        path: &mut Vec<&'a Value>,
        done: &mut Vec<&'a Value>,
    ) -> bool {
        if path.iter().any(|open| std::ptr::eq(*open, schema)) {
            return true;
        }
        if done.iter().any(|known| std::ptr::eq(*known, schema)) {
            return false;
        }
        path.push(schema);
        let found = in_place(root, schema).into_iter().any(|next| visit(root, next, path, done));
        path.pop();
        done.push(schema);
        found
    }
    fn every<'a>(root: &'a Value, schema: &'a Value, done: &mut Vec<&'a Value>) -> bool {
        let here = schema.is_object() && visit(root, schema, &mut Vec::new(), done);
        here || match schema {
            Value::Object(members) => members.values().any(|value| every(root, value, done)),
            Value::Array(items) => items.iter().any(|value| every(root, value, done)),
            _ => false,
        }
    }
    every(root, root, &mut Vec::new())
}

fn in_place<'a>(root: &'a Value, schema: &'a Value) -> Vec<&'a Value> {
    let Value::Object(members) = schema else { return Vec::new() };
    let mut next = Vec::new();
    for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
        let target = members.get(keyword).and_then(Value::as_str).and_then(|text| text.strip_prefix('#'));
        next.extend(target.and_then(|pointer| root.pointer(pointer)));
    }
    for keyword in IN_PLACE {
        match members.get(keyword) {
            Some(Value::Array(all)) => next.extend(all),
            Some(Value::Object(named)) if keyword == "dependentSchemas" => next.extend(named.values()),
            Some(one) => next.push(one),
            None => {}
        }
    }
    next
}

/// The first reference that leads out of the schema, or names a place by anything but a pointer.
fn outward_reference(schema: &Value) -> Option<&str> {
    match schema {
        Value::Object(members) => members.iter().find_map(|(name, value)| match value {
            Value::String(target) if matches!(name.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef") => {
                let inside = target == "#" || target.starts_with("#/");
                (!inside).then_some(target.as_str())
            }
            Value::String(target) if matches!(name.as_str(), "$id" | "id") && target.contains(':') => None,
            other => outward_reference(other),
        }),
        Value::Array(items) => items.iter().find_map(outward_reference),
        _ => None,
    }
}

impl Schemas {
    /// Checks an event's data against its type's schema, if that has one.
    ///
    /// # Errors
    /// Names every member of the data that does not fit.
    pub fn check(&self, account: AccountNo, declared: &EventTypeRecord, data: &[u8]) -> Result<(), Problem> {
        let Some(schema) = &declared.schema else { return Ok(()) };
        let Some(validator) = self.validator(account, declared, schema) else { return Ok(()) };
        let data = json::value(data).unwrap_or_default();
        if validator.is_valid(&data) {
            return Ok(());
        }
        Err(Problem::invalid(errors(&validator, &data, "/data")))
    }

    fn validator(
        &self,
        account: AccountNo,
        declared: &EventTypeRecord,
        schema: &str,
    ) -> Option<Arc<Validator>> {
        let key = (account, declared.name.clone());
        let lock = || self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, validator)) = lock().get(&key)
            && *at == declared.updated_at
        {
            return Some(Arc::clone(validator));
        }
        // It was compiled before it was stored; a schema that no longer compiles holds nothing up.
        let compiled = serde_json::from_str(schema).map_err(|error| error.to_string());
        let compiled =
            compiled.and_then(|schema: Value| compile(&schema).map_err(|faults| format!("{faults:?}")));
        let validator = match compiled {
            Ok(validator) => Arc::new(validator),
            Err(error) => {
                tracing::error!(event_type = %declared.name, %error, "a stored schema does not compile");
                return None;
            }
        };
        let mut all = lock();
        if all.len() >= limits::SCHEMAS_CACHED {
            all.clear();
        }
        all.insert(key, (declared.updated_at, Arc::clone(&validator)));
        Some(validator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn declared(schema: &Value, updated: u64) -> EventTypeRecord {
        EventTypeRecord {
            name: "order.paid".parse().unwrap(),
            description: String::new(),
            schema: Some(schema.to_string().into()),
            example: None,
            created_at: Timestamp::default(),
            updated_at: Timestamp::from_millis(updated),
        }
    }

    #[test]
    fn data_that_does_not_fit_is_named_below_data() {
        let schemas = Schemas::default();
        let schema = json!({"required": ["id"], "properties": {"items": {"items": {"type": "integer"}}}});
        let check = |data: &str| schemas.check(AccountNo(1), &declared(&schema, 1), data.as_bytes());
        assert_eq!(check(r#"{"id":1,"items":[1]}"#), Ok(()));
        let problem = check(r#"{"items":[1,"x"]}"#).unwrap_err();
        let mut pointers: Vec<&str> = problem.errors.iter().map(|e| e.pointer.as_str()).collect();
        pointers.sort_unstable();
        assert_eq!(pointers, ["/data/id", "/data/items/1"]);
    }

    #[test]
    fn a_problem_does_not_quote_the_data() {
        let keywords: Vec<Value> = (0..200).map(|n| json!({"pattern": format!("^{n}$")})).collect();
        let check = |schema: &Value, data: &Value| {
            Schemas::default()
                .check(AccountNo(1), &declared(schema, 1), data.to_string().as_bytes())
                .unwrap_err()
        };
        let long = "x".repeat(100_000);
        let problem = check(&json!({ "allOf": keywords }), &json!(long));
        assert_eq!(problem.errors.len(), limits::PROBLEM_ERRORS);
        assert!(problem.errors.iter().all(|error| error.detail.len() < 100), "{:?}", problem.errors[0]);
        // A name is in the pointer, so it is cut.
        let problem = check(&json!({"additionalProperties": {"type": "integer"}}), &json!({ long: "é" }));
        let pointer = &problem.errors[0].pointer;
        assert!(pointer.ends_with("x…") && pointer.len() < 1100, "{}", pointer.len());
    }

    #[test]
    fn a_changed_schema_is_compiled_again() {
        let schemas = Schemas::default();
        let check = |schema: Value, at| schemas.check(AccountNo(1), &declared(&schema, at), b"1").is_ok();
        assert!(check(json!({"type": "integer"}), 1));
        assert!(!check(json!({"type": "string"}), 2));
    }

    #[test]
    fn schemas_stay_inside_themselves_and_end() {
        for bad in [
            json!({"$ref": "https://example.com/s.json"}),
            json!({"properties": {"a": {"$ref": "file:///etc/passwd"}}}),
            json!({"$ref": "other.json"}),
            json!({"$ref": "#"}),
            json!({"allOf": [{"$ref": "#"}]}),
            json!({"properties": {"a": {"$ref": "#/$defs/x"}}, "$defs": {"x": {"anyOf": [{"$ref": "#/$defs/y"}]}, "y": {"$ref": "#/$defs/x"}}}),
            json!({"pattern": "(?=x)"}),
            json!({"type": "frog"}),
            json!({"pattern": "("}),
            json!(7),
        ] {
            assert!(compile(&bad).is_err(), "{bad}");
        }
        let tree = json!({"properties": {"left": {"$ref": "#"}, "list": {"items": {"$ref": "#"}}}});
        let validator = compile(&tree).unwrap();
        assert!(validator.is_valid(&json!({"left": {"left": {"list": [{}]}}})));
    }
}
