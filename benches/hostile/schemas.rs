//! Schemas, and data for them.

use serde_json::{Map, Value, json};

use super::{Attempt, Request};

/// A schema with an event of its type; each by itself in one attempt.
fn with_data(name: &str, schema: Value, data: Value) -> Attempt {
    let event_type: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let path = format!("/v1/event-types/{event_type}");
    Attempt {
        name: format!("schema: {name}"),
        before: Vec::new(),
        requests: vec![
            Request::new("PUT", path, &json!({ "schema": schema })),
            Request::event(&event_type, &data),
            Request::event(&event_type, &data),
        ],
    }
}

/// The same with an example, which the daemon looks at when the schema is declared.
fn with_example(name: &str, schema: Value, example: Value) -> Attempt {
    let body = json!({"schema": schema, "example": example});
    let requests = vec![Request::new("PUT", "/v1/event-types/example", &body)];
    Attempt { name: format!("schema: {name}, as an example"), before: Vec::new(), requests }
}

/// `$defs` of which each is made of a reference to the next.
fn chain(length: usize, link: impl Fn(Value) -> Value, last: Value) -> Value {
    let reference = |no: usize| json!({"$ref": format!("#/$defs/a{no}")});
    let mut defs: Map<String, Value> =
        (0..length).map(|no| (format!("a{no}"), link(reference(no + 1)))).collect();
    defs.insert(format!("a{length}"), last);
    json!({"$ref": "#/$defs/a0", "$defs": defs})
}

fn twice(keyword: &'static str) -> impl Fn(Value) -> Value {
    move |next| json!({keyword: [next.clone(), next]})
}

fn named(count: usize, member: impl Fn(usize) -> (String, Value)) -> Value {
    Value::Object((0..count).map(member).collect())
}

fn nested(depth: usize, inner: Value, around: impl Fn(Value) -> Value) -> Value {
    (0..depth).fold(inner, |inner, _| around(inner))
}

fn flood(keywords: usize) -> Value {
    json!({"items": {"allOf": vec![json!({"type": "string"}); keywords]}})
}

pub fn attempts() -> Vec<Attempt> {
    let text = json!({"type": "string"});
    let mut all = Vec::new();
    for depth in [12, 40] {
        for keyword in ["anyOf", "allOf", "oneOf"] {
            let schema = chain(depth, twice(keyword), text.clone());
            all.push(with_data(
                &format!("{keyword} of two references, {depth} deep"),
                schema.clone(),
                json!(1),
            ));
            all.push(with_example(&format!("{keyword} of two references, {depth} deep"), schema, json!(1)));
        }
    }
    all.extend(polynomial());
    all.extend(patterns());
    for (keywords, items) in [(500, 2000), (1000, 4000), (2000, 8000)] {
        let name = format!("{keywords} errors for each of {items} items");
        all.push(with_data(&name, flood(keywords), json!(vec![1; items])));
        all.push(with_example(&name, flood(keywords), json!(vec![1; items])));
    }
    all.extend(nesting());
    all.extend(keywords());
    all.extend(multitudes());
    all
}

/// What grows with the product of the schema and the data.
fn polynomial() -> Vec<Attempt> {
    let recursive = json!({"oneOf": [{"properties": {"x": {"$ref": "#"}}}, {"properties": {"x": {"$ref": "#"}}, "required": ["y"]}]});
    let objects: Vec<Value> = (0..5000).map(|no| json!({ "k": no })).collect();
    let patterns = named(1000, |no| (format!("^p{no}x"), json!({})));
    let keys = named(30_000, |no| (format!("key{no}"), json!(1)));
    vec![
        with_data("recursive oneOf", recursive, nested(50, json!(1), |inner| json!({ "x": inner }))),
        with_data(
            "enum of 5,000 objects",
            json!({"items": {"enum": objects}}),
            json!(vec![json!({"k": -1}); 20_000]),
        ),
        with_data(
            "enum of 1,000 objects",
            json!({"items": {"enum": (0..1000).map(|no| json!({ "k": no })).collect::<Vec<_>>()}}),
            json!(vec![json!({"k": -1}); 20_000]),
        ),
        with_data("1,000 patternProperties", json!({ "patternProperties": patterns }), keys),
    ]
}

fn patterns() -> Vec<Attempt> {
    let large = |count: usize| json!({"anyOf": (0..count).map(|no| json!({"pattern": format!("(?:[\\p{{L}}\\p{{N}}]{{10}}){{9}}{no}")})).collect::<Vec<_>>()});
    let mut all = vec![
        with_data("40 large patterns", large(40), json!("x")),
        with_data("800 large patterns", large(800), json!("x")),
        with_data(
            "400 classes with counts",
            json!({"anyOf": (1..400).map(|no| json!({"pattern": format!("\\p{{L}}{{{no}}}")})).collect::<Vec<_>>()}),
            json!("x"),
        ),
    ];
    // As many as are taken, in many types, each used: what is kept has a bound.
    let some: Vec<Value> = (0..12).map(|no| json!({"pattern": format!("[ab]*a[ab]{{30}}{no}")})).collect();
    let types = 60;
    let mut requests = Vec::new();
    for no in 0..types {
        let path = format!("/v1/event-types/kept{no}");
        requests.push(Request::new("PUT", path, &json!({"schema": {"anyOf": some}})));
        requests.push(Request::event(&format!("kept{no}"), &json!("abab".repeat(200))));
    }
    all.push(Attempt {
        name: format!("schema: {types} types with many patterns"),
        before: Vec::new(),
        requests,
    });
    all
}

fn draft_7_formats() -> Value {
    let names = [
        "email",
        "idn-email",
        "uri",
        "iri",
        "uri-template",
        "regex",
        "hostname",
        "idn-hostname",
        "date-time",
        "json-pointer",
        "ipv6",
    ];
    let formats: Vec<Value> = names.iter().map(|name| json!({ "format": name })).collect();
    json!({"$schema": "http://json-schema.org/draft-07/schema#", "allOf": formats})
}

/// Schemas that nest or refer.
fn nesting() -> Vec<Attempt> {
    let unevaluated = |inner| json!({"allOf": [inner], "unevaluatedProperties": false});
    let deep = |depth| nested(depth, json!(1), |inner| json!({ "x": inner }));
    let lists = |depth| nested(depth, json!(1), |inner| json!([inner]));
    let long = "x".repeat(30_000);
    vec![
        with_data("unevaluatedProperties, 28 deep", nested(28, json!({}), unevaluated), json!({"x": 1})),
        with_data(
            "chain of references and 60 levels",
            chain(60, |next| next, json!({"properties": {"x": {"$ref": "#"}}})),
            deep(60),
        ),
        with_data("1,500 references in a row", chain(1500, |next| next, json!({})), json!(1)),
        with_data(
            "a long name above 700 members",
            json!({"properties": {long.clone(): {"properties": named(700, |no| (no.to_string(), json!({"type": "null"})))}}}),
            json!({}),
        ),
        with_data(
            "a long $id",
            json!({"$id": format!("https://example.com/{long}"), "allOf": vec![json!({"type": "null"}); 1000]}),
            json!(1),
        ),
        with_data(
            "contains beside items",
            json!({"contains": {"$ref": "#"}, "items": {"$ref": "#"}}),
            lists(40),
        ),
        with_data(
            "if, then and else",
            json!({"if": {"items": {"$ref": "#"}}, "then": {"items": {"$ref": "#"}}, "else": {"items": {"$ref": "#"}}}),
            lists(40),
        ),
        with_data(
            "unevaluatedItems through $dynamicRef",
            json!({"unevaluatedItems": {"$dynamicRef": "#"}, "anyOf": [{"prefixItems": [{"$ref": "#"}]}]}),
            lists(50),
        ),
    ]
}

/// Keywords that take long for one value.
fn keywords() -> Vec<Attempt> {
    let many = |schema: Value| json!({"allOf": vec![schema; 500]});
    let long = "x".repeat(30_000);
    let word = json!("ab".repeat(250_000));
    vec![
        with_data(
            "uniqueItems 500 times",
            many(json!({"uniqueItems": true})),
            json!((0..100_000).collect::<Vec<_>>()),
        ),
        with_data(
            "uniqueItems of long texts",
            json!({"uniqueItems": true}),
            json!(vec![vec![long.as_str()]; 25]),
        ),
        with_data(
            "multipleOf of 100,000 numbers",
            json!({"items": {"multipleOf": 1e-300}}),
            json!(vec![1.5e300; 100_000]),
        ),
        with_data("format uri 500 times", many(json!({"format": "uri"})), word.clone()),
        with_data("formats of draft 7", draft_7_formats(), json!("(a|".repeat(150_000))),
        with_data(
            "a pattern with many states on a long text",
            json!({"pattern": "(a|b)*a(a|b){20}c"}),
            word.clone(),
        ),
        with_data("a pattern with 200 places on a long text", json!({"pattern": "[ab]*a[ab]{200}c"}), word),
    ]
}

/// Much of everything, and many errors.
fn multitudes() -> Vec<Attempt> {
    let invalid = named(6000, |no| (format!("a{no}"), json!(7)));
    vec![
        with_data(
            "8,000 subschemas of one value",
            json!({"allOf": vec![json!(true); 8000]}),
            json!(vec![1; 10_000]),
        ),
        with_data(
            "1,000 properties of 10,000 objects",
            json!({"items": {"properties": named(1000, |no| (format!("n{no}"), json!({"type": "string"})))}}),
            json!(vec![json!({}); 10_000]),
        ),
        with_data("a form that is wrong 6,000 times", json!({ "properties": invalid }), json!(1)),
        with_data(
            "6,000 wrong subschemas of draft 7",
            json!({"$schema": "http://json-schema.org/draft-07/schema#", "items": [{ "properties": named(6000, |no| (format!("a{no}"), json!(7))) }]}),
            json!(1),
        ),
        with_data(
            "errors below a long name",
            json!({"additionalProperties": {"items": {"type": "string"}}}),
            json!({"k".repeat(500_000): vec![1; 100_000]}),
        ),
        with_data(
            "errors of alternatives",
            json!({"items": {"anyOf": vec![json!({"items": {"type": "string"}}); 20]}}),
            json!(vec![vec![1; 100]; 30]),
        ),
        Attempt {
            name: "schema: an array of 1,000 events".to_owned(),
            before: vec![Request::new(
                "PUT",
                "/v1/event-types/dear",
                &json!({"schema": {"items": {"multipleOf": 3}}}),
            )],
            requests: vec![Request::new(
                "POST",
                "/v1/events",
                &json!(vec![json!({"type": "dear", "data": vec![3; 5000]}); 1000]),
            )],
        },
    ]
}
