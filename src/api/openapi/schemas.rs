//! JSON Schemas in the form that generators of clients read: types by their names, any JSON as `{}`, and no
//! nulls for what may be left out.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::examples::Examples;
use crate::api::route::Described;

/// Collects types while a description is made.
pub(super) struct Schemas {
    generator: SchemaGenerator,
    examples: Examples,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let mut settings = SchemaSettings::draft2020_12();
        settings.definitions_path = "/components/schemas".into();
        Self { generator: settings.into_generator(), examples: Examples::new() }
    }

    pub(super) fn of(&mut self, described: Described) -> Value {
        tidy(described(&mut self.generator).to_value())
    }

    /// What stands for a body of an operation: its schema, and an example unless its type has one.
    pub(super) fn of_body(&mut self, operation: &str, media_type: &str, described: Described) -> Value {
        let mut body = json!({"schema": self.of(described)});
        if let Some(example) = self.examples.of_body(operation, media_type) {
            insert(&mut body, "example", example);
        }
        body
    }

    /// All that were named, by name, with an example each.
    pub(super) fn take(&mut self) -> Map<String, Value> {
        let named = self.generator.take_definitions(true).into_iter();
        let each = named.map(|(name, schema)| {
            let (name, mut schema) = (shown(&name), tidy(schema));
            if let Some(example) = self.examples.of(&name) {
                insert(&mut schema, "examples", json!([example]));
            }
            (name, schema)
        });
        each.collect()
    }
}

fn insert(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

/// A type's name without the part that sets it apart from the value that it shows.
fn shown(name: &str) -> String {
    name.replace("View", "")
}

/// `true` is right for any JSON, and no generator takes it; a null default says what leaving it out says.
fn tidy(schema: Value) -> Value {
    let Value::Object(members) = schema else {
        return if schema == Value::Bool(true) { json!({}) } else { schema };
    };
    let each = |(name, value): (String, Value)| {
        let value = match (&*name, value) {
            ("properties" | "patternProperties", Value::Object(parts)) => {
                parts.into_iter().map(|(name, part)| (name, tidy(part))).collect()
            }
            ("anyOf" | "oneOf" | "allOf" | "prefixItems", Value::Array(parts)) => {
                parts.into_iter().map(tidy).collect()
            }
            ("$ref", Value::String(to)) => shown(&to).into(),
            ("items" | "additionalProperties", part) => tidy(part),
            (_, value) => value,
        };
        (name, value)
    };
    let wanted = |(name, value): &(String, Value)| match &**name {
        "title" | "$schema" => false,
        "default" => !value.is_null(),
        _ => true,
    };
    members.into_iter().filter(wanted).map(each).collect()
}
