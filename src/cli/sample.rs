//! A sample of what a JSON Schema describes, as good as can be had without solving it. Pure. Whether it fits is for the
//! daemon to say.

use serde_json::{Map, Value, json};

/// How deep a schema is followed; what is deeper is left out.
const DEPTH: usize = 16;
/// How many values a sample holds; what comes after them is left out. A schema that refers to itself has no end.
const VALUES: u32 = 10_000;

/// A sample where nothing is known.
pub(super) fn plain() -> Value {
    json!({"sample": true})
}

/// A sample of what a schema describes.
pub(super) fn of(schema: &Value) -> Value {
    made(&mut Sample { root: schema, left: VALUES }, schema, 0)
}

struct Sample<'s> {
    /// What references begin at.
    root: &'s Value,
    /// How many values there may still be.
    left: u32,
}

fn made(sample: &mut Sample<'_>, schema: &Value, depth: usize) -> Value {
    sample.left = sample.left.saturating_sub(1);
    let fits = depth < DEPTH && sample.left > 0;
    let Some(said) = schema.as_object().filter(|_| fits) else { return Value::Null };
    for word in ["const", "default"] {
        if let Some(value) = said.get(word) {
            return value.clone();
        }
    }
    for word in ["examples", "enum"] {
        if let Some(first) = said.get(word).and_then(Value::as_array).and_then(|values| values.first()) {
            return first.clone();
        }
    }
    if let Some(target) = said.get("$ref").and_then(Value::as_str) {
        let target = target.strip_prefix('#').and_then(|pointer| sample.root.pointer(pointer));
        return target.map_or(Value::Null, |target| made(sample, target, depth + 1));
    }
    for word in ["anyOf", "oneOf"] {
        if let Some(first) = said.get(word).and_then(Value::as_array).and_then(|all| all.first()) {
            return made(sample, first, depth + 1);
        }
    }
    match kind(said) {
        Some("object") => object(sample, said, depth),
        Some("array") => {
            let items = said.get("items").unwrap_or(&Value::Null);
            let count = whole(said, "minItems").unwrap_or(1).min(DEPTH as u64);
            (0..count).map(|_| made(sample, items, depth + 1)).collect()
        }
        Some("string") => text(said).into(),
        Some("integer" | "number") => said.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        Some("boolean") => json!(true),
        Some("null") => Value::Null,
        _ => plain(),
    }
}

/// The type: what it says, or what its words are about.
fn kind(said: &Map<String, Value>) -> Option<&str> {
    match said.get("type") {
        Some(Value::String(kind)) => Some(kind),
        Some(Value::Array(kinds)) => kinds.iter().filter_map(Value::as_str).find(|kind| *kind != "null"),
        _ => [("properties", "object"), ("required", "object"), ("items", "array")]
            .into_iter()
            .find_map(|(word, kind)| said.contains_key(word).then_some(kind)),
    }
}

fn object(sample: &mut Sample<'_>, said: &Map<String, Value>, depth: usize) -> Value {
    let properties = said.get("properties").and_then(Value::as_object);
    let mut members: Map<String, Value> = properties
        .into_iter()
        .flatten()
        .map(|(name, schema)| (name.clone(), made(sample, schema, depth + 1)))
        .collect();
    let required = said.get("required").and_then(Value::as_array).into_iter().flatten();
    for name in required.filter_map(Value::as_str) {
        members.entry(name).or_insert_with(|| json!("sample"));
    }
    members.into()
}

fn text(said: &Map<String, Value>) -> String {
    let text = match said.get("format").and_then(Value::as_str) {
        Some("date-time") => "2026-01-01T12:00:00Z",
        Some("date") => "2026-01-01",
        Some("time") => "12:00:00Z",
        Some("email") => "sample@example.com",
        Some("uri") => "https://example.com/",
        Some("uuid") => "00000000-0000-4000-8000-000000000000",
        _ => "sample",
    };
    let least = whole(said, "minLength").unwrap_or_default().min(1000);
    let least = usize::try_from(least).unwrap_or_default();
    let mut text = text.to_owned();
    while text.chars().count() < least {
        text.push('e');
    }
    match whole(said, "maxLength").and_then(|most| usize::try_from(most).ok()) {
        Some(most) => text.chars().take(most).collect(),
        None => text,
    }
}

fn whole(said: &Map<String, Value>, word: &str) -> Option<u64> {
    said.get(word).and_then(Value::as_u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_fit_their_schemas() {
        let schema = json!({
            "type": "object", "required": ["order", "lines", "note"],
            "properties": {
                "order": {"type": "string", "minLength": 8}, "code": {"type": "string", "maxLength": 3},
                "total": {"type": "number", "minimum": 0.5}, "paid_at": {"type": "string", "format": "date-time"},
                "lines": {"type": "array", "minItems": 2, "items": {"$ref": "#/$defs/line"}},
                "state": {"enum": ["paid", "open"]}, "kind": {"const": 7}, "vip": {"type": ["null", "boolean"]},
                "way": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
            },
            "$defs": {"line": {"properties": {"sku": {"type": "string", "examples": ["A-1"]}}}},
        });
        let sample = of(&schema);
        assert!(jsonschema::validator_for(&schema).unwrap().is_valid(&sample), "{sample}");
        assert_eq!(sample["lines"], json!([{"sku": "A-1"}, {"sku": "A-1"}]));
        assert_eq!((&sample["order"], &sample["code"]), (&json!("sampleee"), &json!("sam")));
    }

    #[test]
    fn any_schema_has_a_sample() {
        let ring = json!({"properties": {"next": {"$ref": "#"}}});
        assert!(of(&ring)["next"]["next"].is_object());
        let many: Map<String, Value> = (0..50).map(|n| (n.to_string(), json!({"$ref": "#"}))).collect();
        assert!(of(&json!({"properties": many}))["0"]["0"].is_object());
        let deep = json!({"type": "array", "minItems": 99, "items": {"$ref": "#"}});
        assert!(of(&deep)[0][0].is_array());
        assert_eq!(of(&json!({})), plain());
        assert_eq!(of(&json!(true)), Value::Null);
        assert_eq!(of(&json!({"$ref": "https://elsewhere.example/"})), Value::Null);
    }
}
