use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use jsonschema::{Keyword, PatternOptions, ValidationError};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::limits;

fn refusal(schema: &Value) -> Refusal {
    Price::of(schema).expect_err(&schema.to_string().chars().take(300).collect::<String>())
}

fn shape(data: &Value) -> Shape {
    Shape::of(data.to_string().as_bytes())
}

fn price(schema: &Value) -> Price {
    Price::of(schema).unwrap_or_else(|refusal| panic!("{refusal:?}"))
}

/// `$defs` of which each is made of a reference to the next.
fn chain(length: usize, link: impl Fn(Value) -> Value, last: Value) -> Value {
    let reference = |no: usize| json!({"$ref": format!("#/$defs/a{no}")});
    let mut defs: Map<String, Value> =
        (0..length).map(|no| (format!("a{no}"), link(reference(no + 1)))).collect();
    defs.insert(format!("a{length}"), last);
    json!({"$ref": "#/$defs/a0", "$defs": defs})
}

#[test]
fn what_no_data_is_small_enough_for_is_refused_with_its_place() {
    let twice = |keyword: &'static str| move |next: Value| json!({keyword: [next.clone(), next]});
    let text = json!({"type": "string"});
    let condition = |next: Value| json!({"if": next, "then": next, "else": next});
    let dependent = |next: Value| json!({"dependentSchemas": {"a": next, "b": next}});
    let unevaluated = |next: Value| json!({"allOf": [next], "unevaluatedProperties": false});
    let nested = |depth: usize| {
        (0..depth).fold(json!({}), |inner, _| json!({"allOf": [inner], "unevaluatedItems": {"type": "null"}}))
    };
    for (schema, pointer, told) in [
        (chain(40, twice("anyOf"), text.clone()), "/$defs/a", "single value"),
        (chain(40, twice("allOf"), text.clone()), "/$defs/a", "single value"),
        (chain(40, twice("oneOf"), text.clone()), "/$defs/a", "single value"),
        (chain(40, condition, text.clone()), "/$defs/a", "single value"),
        (chain(40, dependent, text.clone()), "/$defs/a", "single value"),
        (chain(30, unevaluated, text.clone()), "/$defs/a", "single value"),
        (nested(28), "", "single value"),
        (chain(1000, |next| next, text), "/$defs/a", "more than 64 references"),
        (json!({"enum": vec![json!({"a": [1, 2, 3]}); 5000]}), "", "single value"),
        (json!({"anyOf": vec![json!({"const": {"a": 1}}); 4000]}), "", "single value"),
        (json!({"properties": {"x": {"required": vec!["n"; 20_001]}}}), "/properties/x", "single value"),
        (json!({"allOf": vec![json!(true); 8000]}), "", "at most 8000 subschemas"),
        (json!({"items": {"pattern": "(?:[\\p{L}\\p{N}]{10}){9}0"}}), "/items/pattern", "too large"),
        (json!({"patternProperties": {"\\p{L}{90}": {}}}), "/patternProperties", "too large"),
        (json!({"pattern": "a".repeat(1001)}), "/pattern", "too long"),
        (json!({"$ref": "#"}), "", "leads back to itself"),
        (json!({"$dynamicRef": "#"}), "", "leads back to itself"),
        (
            json!({"allOf": [{"$ref": "#/$defs/a%62"}], "$defs": {"ab": {"not": {"$ref": "#"}}}}),
            "",
            "leads back",
        ),
        (json!({"$ref": "#/$defs/none"}), "/$ref", "points to nothing"),
        (json!({"items": {"$id": "https://example.com/x", "$ref": "#/y"}}), "/items/$id", "at the top"),
        (json!({"$ref": "#/x/y", "x": {"$id": "https://example.com/x", "y": {}}}), "/$ref", "id of its own"),
        (
            json!({"items": {"$schema": "http://json-schema.org/draft-07/schema#"}}),
            "/items/$schema",
            "leave it out",
        ),
    ] {
        let refusal = refusal(&schema);
        let short: String = schema.to_string().chars().take(200).collect();
        assert!(refusal.pointer.starts_with(pointer), "{refusal:?}: {short}");
        assert!(refusal.detail.contains(told), "{refusal:?}: {short}");
    }
}

#[test]
fn what_takes_too_much_memory_is_refused() {
    let patterns: Vec<Value> =
        (0..200).map(|no| json!({"pattern": format!("(a|b)*a(a|b){{20}}{no}")})).collect();
    assert!(refusal(&json!({ "anyOf": patterns })).detail.contains("patterns"));
    // Each compiled keyword repeats the place it is at.
    let members: Map<String, Value> = (0..300).map(|no| (no.to_string(), json!({"type": "null"}))).collect();
    let long = json!({"properties": {"x".repeat(30_000): {"properties": members}}});
    assert!(refusal(&long).detail.contains("once compiled"));
    let id = format!("https://example.com/{}", "x".repeat(30_000));
    let many: Vec<Value> = (0..300).map(|_| json!({"type": "null"})).collect();
    assert!(refusal(&json!({"$id": id, "allOf": many})).detail.contains("once compiled"));
    // Each that asks for what is unevaluated has everything within it compiled once more.
    let tree = |depth| {
        (0..depth).fold(
            json!({"type": "null"}),
            |inner, _| json!({"if": inner, "unevaluatedProperties": false, "description": "x"}),
        )
    };
    assert!(Price::of(&tree(3)).is_ok());
    assert!(Price::of(&tree(40)).is_err());
    let itself = json!({"$defs": {"t": {"additionalProperties": {"unevaluatedProperties": false, "$ref": "#/$defs/t"}}},
        "$ref": "#/$defs/t"});
    assert!(refusal(&itself).detail.contains("comes back to itself"));
}

/// What services describe their events with.
fn ordinary() -> Vec<(Value, Value)> {
    let order = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://example.com/order",
        "type": "object",
        "required": ["id", "total", "lines"],
        "properties": {
            "id": {"type": "string", "format": "uuid", "pattern": "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"},
            "total": {"$ref": "#/$defs/money"},
            "customer": {"type": "object", "properties": {
                "email": {"type": "string", "format": "email", "maxLength": 200},
                "country": {"enum": (0..200).map(|no| format!("C{no}")).collect::<Vec<_>>()},
                "tags": {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": true}
            }},
            "lines": {"type": "array", "minItems": 1, "items": {"type": "object", "additionalProperties": false, "properties": {
                "sku": {"type": "string", "pattern": "^[A-Z0-9-]{1,32}$"},
                "price": {"$ref": "#/$defs/money"},
                "kind": {"oneOf": [{"const": "a"}, {"const": "b"}, {"type": "object", "properties": {"x": {"type": "number"}}}]}
            }}}
        },
        "$defs": {"money": {"type": "object", "required": ["amount", "currency"], "properties": {
            "amount": {"type": "integer", "minimum": 0}, "currency": {"type": "string", "pattern": "^[A-Z]{3}$"}}}}
    });
    let line = json!({"sku": "ABC-123", "price": {"amount": 100, "currency": "EUR"}, "kind": {"x": 1}});
    let data = json!({"id": "0188d3c4-0000-7000-8000-000000000000", "total": {"amount": 1, "currency": "EUR"},
        "customer": {"email": "a@example.com", "country": "C7", "tags": ["x", "y"]}, "lines": vec![line; 1000]});
    let tree = json!({"type": "object", "properties": {"name": {"type": "string"}, "children": {"items": {"$ref": "#"}}},
        "unevaluatedProperties": false});
    let leaves = (0..10).fold(
        json!({"name": "leaf"}),
        |inner, no| json!({"name": no.to_string(), "children": [inner.clone(), inner]}),
    );
    let union = json!({"oneOf": (0..40).map(|no| json!({"type": "object", "required": ["type"],
        "properties": {"type": {"const": format!("t{no}")}, "value": {"$ref": "#/$defs/value"}}})).collect::<Vec<_>>(),
        "$defs": {"value": {"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "array", "items": {"$ref": "#/$defs/value"}}]}}});
    let meta = meta_schemas();
    let mut all = vec![
        (order, data),
        (tree, leaves),
        (union, json!({"type": "t7", "value": [1, "a", [[2]]]})),
        (
            json!({"type": "array", "items": {"type": "object", "additionalProperties": {"type": "number"}}}),
            json!(vec![json!({"a": 1, "b": 2}); 10_000]),
        ),
        (json!(true), json!({"a": [1]})),
        (
            json!({"if": {"properties": {"a": {"const": 1}}}, "then": {"required": ["b"]}, "else": {"required": ["c"]}}),
            json!({"a": 1, "b": 1}),
        ),
        (json!({"pattern": "^[\\p{L} '-]+$", "maxLength": 100}), json!("Zoë O'Neill")),
    ];
    all.extend(meta.into_iter().map(|meta| (meta.clone(), meta)));
    all
}

/// Drafts describe themselves, with references to themselves.
fn meta_schemas() -> Vec<Value> {
    [json!("http://json-schema.org/draft-04/schema#"), json!("http://json-schema.org/draft-07/schema#")]
        .iter()
        .map(|draft| {
            let id = if draft.as_str().unwrap().contains("04") { "id" } else { "$id" };
            json!({"$schema": draft, id: draft, "definitions": {
                "schemaArray": {"type": "array", "minItems": 1, "items": {"$ref": "#"}}},
                "type": ["object", "boolean"], "properties": {
                    "items": {"anyOf": [{"$ref": "#"}, {"$ref": "#/definitions/schemaArray"}]},
                    "properties": {"type": "object", "additionalProperties": {"$ref": "#"}},
                    "definitions": {"type": "object", "additionalProperties": {"$ref": "#"}},
                    "dependencies": {"additionalProperties": {"anyOf": [{"$ref": "#"}, {"type": "array"}]}},
                    "allOf": {"$ref": "#/definitions/schemaArray"}, "not": {"$ref": "#"}}})
        })
        .collect()
}

#[test]
fn ordinary_schemas_and_their_data_are_within_the_price() {
    for (schema, data) in ordinary() {
        let price = price(&schema);
        let shape = shape(&data);
        assert!(
            price.allows(&shape),
            "{} steps, {} deep: {schema:#}",
            price.steps(&shape),
            price.frames(&shape)
        );
        assert!(price.bytes() < 1 << 20, "{} bytes: {schema:#}", price.bytes());
        assert!(build(&schema, &Arc::default()).is_valid(&data), "{schema:#}");
    }
}

#[test]
fn data_too_large_for_a_schema_is_known_before_it_is_validated() {
    let objects: Vec<Value> = (0..2000).map(|no| json!({"k": no})).collect();
    let patterns: Map<String, Value> = (0..400).map(|no| (format!("^{no}[a-z]+x$"), json!({}))).collect();
    let keys: Map<String, Value> = (0..30_000).map(|no| (format!("key{no}"), json!(1))).collect();
    let twice = json!({"oneOf": [{"properties": {"x": {"$ref": "#"}}}, {"properties": {"x": {"$ref": "#"}}, "required": ["y"]}]});
    let deep = |depth| (0..depth).fold(json!(1), |inner, _| json!({ "x": inner }));
    let lists = |depth| (0..depth).fold(json!(1), |inner, _| json!([inner]));
    let flood = json!({"items": {"allOf": vec![json!({"type": "string"}); 2000]}});
    let names: Map<String, Value> =
        (0..1000).map(|no| (format!("n{no}"), json!({"type": "string"}))).collect();
    let chained = chain(60, |next| next, json!({"properties": {"x": {"$ref": "#"}}}));
    for (schema, data) in [
        (json!({"items": {"enum": objects}}), json!(vec![json!({"k": -1}); 20_000])),
        (json!({ "patternProperties": patterns }), Value::Object(keys.clone())),
        (
            json!({"propertyNames": {"anyOf": vec![json!({"pattern": "[ab]*a[ab]{12}c"}); 8]}}),
            Value::Object(keys),
        ),
        (twice.clone(), deep(40)),
        (json!({"anyOf": [{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]}), lists(40)),
        (json!({"contains": {"$ref": "#"}, "items": {"$ref": "#"}}), lists(30)),
        (json!({"not": {"items": {"$ref": "#"}}, "if": {"items": {"$ref": "#"}}}), lists(40)),
        (
            json!({"properties": {"x": {"$ref": "#"}}, "unevaluatedProperties": {"$ref": "#"}, "anyOf": [{"required": ["x"]}]}),
            deep(60),
        ),
        (
            json!({"unevaluatedItems": {"$dynamicRef": "#"}, "anyOf": [{"prefixItems": [{"$ref": "#"}]}]}),
            lists(50),
        ),
        (flood, json!(vec![1; 8000])),
        (json!({"items": {"properties": names}}), json!(vec![json!({}); 10_000])),
        (json!({"items": {"const": vec![0; 5000]}}), json!(vec![json!([]); 10_000])),
        (json!({"pattern": "[ab]*a[ab]{200}"}), json!("ab".repeat(300_000))),
        (json!({"items": {"multipleOf": 0.01}}), json!(vec![1.5; 100_000])),
        (json!({"allOf": vec![json!({"uniqueItems": true}); 100]}), json!((0..50_000).collect::<Vec<_>>())),
        (json!({"allOf": vec![json!({"format": "uri"}); 500]}), json!("x".repeat(500_000))),
        (chained, deep(60)),
    ] {
        let price = price(&schema);
        let shape = shape(&data);
        let short: String = schema.to_string().chars().take(200).collect();
        assert!(
            !price.allows(&shape),
            "{} steps, {} deep: {short}",
            price.steps(&shape),
            price.frames(&shape)
        );
    }
    // The same with less data, so that it is the product that counts.
    assert!(price(&twice).allows(&shape(&deep(10))));
}

#[test]
fn floods_of_errors_are_known_before_they_are_collected() {
    let flood = json!({"items": {"allOf": vec![json!({"type": "string"}); 100]}});
    let bytes = |data: &Value| price(&flood).error_bytes(&shape(data));
    assert!(bytes(&json!(vec![1; 10])) < limits::SCHEMA_ERRORS_BYTES);
    assert!(bytes(&json!(vec![1; 1000])) > limits::SCHEMA_ERRORS_BYTES);
    // Each error has the place in the data as a text.
    let plain = price(&json!({"additionalProperties": {"items": {"type": "string"}}}));
    assert!(plain.error_bytes(&shape(&json!({"a": vec![1; 1000]}))) < limits::SCHEMA_ERRORS_BYTES);
    assert!(
        plain.error_bytes(&shape(&json!({"a".repeat(100_000): vec![1; 1000]}))) > limits::SCHEMA_ERRORS_BYTES
    );
}

/// A keyword that counts how often its subschema is applied.
struct Counted(Arc<AtomicU64>);

impl<'i> Keyword<'i> for Counted {
    fn validate(&self, _: &'i Value) -> Result<(), ValidationError<'i>> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
    fn is_valid(&self, _: &'i Value) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed);
        true
    }
}

fn build(schema: &Value, counted: &Arc<AtomicU64>) -> jsonschema::Validator {
    let counted = Arc::clone(counted);
    jsonschema::options()
        .with_pattern_options(PatternOptions::regex())
        .with_keyword("counted", move |_, _, _| Ok(Box::new(Counted(Arc::clone(&counted)))))
        .build(schema)
        .unwrap()
}

/// A subschema that counts, with references to three definitions.
fn any_subschema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        (0..3_usize).prop_map(|no| json!({"$ref": format!("#/$defs/d{no}")})),
        Just(json!({"$ref": "#"})),
        Just(json!({"type": "string"})),
        Just(json!({"enum": [1, {"a": 1}, "x"]})),
        Just(json!({"required": ["a"]})),
        Just(json!({})),
    ];
    let counted = |mut schema: Value| {
        if let Some(members) = schema.as_object_mut() {
            members.insert("counted".to_owned(), json!(true));
        }
        schema
    };
    leaf.prop_map(counted).prop_recursive(4, 24, 3, move |inner| {
        let list = prop::collection::vec(inner.clone(), 1..4);
        let named = prop::collection::btree_map("[ab]", inner.clone(), 1..3);
        let keyword = prop_oneof![
            list.clone().prop_map(|all| json!({ "allOf": all })),
            list.clone().prop_map(|all| json!({ "anyOf": all })),
            list.clone().prop_map(|all| json!({ "oneOf": all })),
            list.prop_map(|all| json!({ "prefixItems": all })),
            inner.clone().prop_map(|one| json!({ "not": one })),
            inner.clone().prop_map(|one| json!({ "items": one })),
            inner.clone().prop_map(|one| json!({ "contains": one })),
            inner.clone().prop_map(|one| json!({ "additionalProperties": one })),
            inner.clone().prop_map(|one| json!({ "unevaluatedProperties": one })),
            inner.clone().prop_map(|one| json!({ "unevaluatedItems": one })),
            inner.clone().prop_map(|one| json!({ "propertyNames": one })),
            named.clone().prop_map(|named| json!({ "properties": named })),
            named.clone().prop_map(|named| json!({ "patternProperties": named })),
            named.prop_map(|named| json!({ "dependentSchemas": named })),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| json!({"if": a, "then": b, "else": c})),
        ];
        prop::collection::vec(keyword, 1..4).prop_map(move |keywords| {
            let members = keywords.into_iter().filter_map(|one| one.as_object().cloned()).flatten();
            counted(Value::Object(members.collect()))
        })
    })
}

fn any_data() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![Just(json!(1)), Just(json!("x")), Just(json!(null))];
    leaf.prop_recursive(5, 40, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_validator_takes_more_steps_than_the_price(
        root in any_subschema(),
        defs in prop::collection::vec(any_subschema(), 3),
        data in prop::collection::vec(any_data(), 4),
    ) {
        let mut schema = root;
        let defs: Map<String, Value> = (0..).zip(defs).map(|(no, one): (u32, _)| (format!("d{no}"), one)).collect();
        schema["$defs"] = defs.into();
        if let Ok(price) = Price::of(&schema) {
            let counted = Arc::<AtomicU64>::default();
            let validator = build(&schema, &counted);
            for data in &data {
                let shape = shape(data);
                counted.store(0, Ordering::Relaxed);
                let valid = validator.is_valid(data);
                let took = counted.swap(0, Ordering::Relaxed);
                prop_assert!(took <= price.steps(&shape), "{took} of {}: {schema} {data}", price.steps(&shape));
                if price.steps_explained(&shape) < 1_000_000 {
                    let errors = validator.iter_errors(data).count() as u64;
                    let took = counted.swap(0, Ordering::Relaxed);
                    prop_assert_eq!(errors == 0, valid);
                    prop_assert!(took <= price.steps_explained(&shape), "{took}: {schema} {data}");
                    prop_assert!(errors * 400 <= price.error_bytes(&shape), "{errors}: {schema} {data}");
                }
            }
        }
    }
}
