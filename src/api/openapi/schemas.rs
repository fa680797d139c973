//! JSON Schemas in the form that generators of clients read: types by their names, any JSON as `{}`, and no
//! nulls for what may be left out.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use crate::api::route::Described;

/// Collects types while a description is made.
pub(super) struct Schemas(SchemaGenerator);

impl Schemas {
    pub(super) fn new() -> Self {
        let mut settings = SchemaSettings::draft2020_12();
        settings.definitions_path = "/components/schemas".into();
        Self(settings.into_generator())
    }

    pub(super) fn of(&mut self, described: Described) -> Value {
        tidy(described(&mut self.0).to_value())
    }

    /// All that were named, by name.
    pub(super) fn take(&mut self) -> Map<String, Value> {
        let named = self.0.take_definitions(true).into_iter();
        named.map(|(name, schema)| (shown(&name), tidy(schema))).collect()
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
