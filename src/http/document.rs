//! JSON documents in requests. A good one costs one parse and one walk; only a bad one is looked at
//! again, slowly, so that the answer can name everything that is wrong with it.

use std::borrow::Cow;
use std::str::Utf8Error;

use schemars::generate::{SchemaGenerator, SchemaSettings};
use schemars::{JsonSchema, Schema};
use serde::de::{DeserializeOwned, Error as _, IgnoredAny};
use serde::{Deserialize as _, Deserializer};
use serde_json::{Map, Number, Value};

use super::json_check::walk;
use super::problem::{Code, Invalid, Problem};
use crate::domain::json;
pub use crate::domain::refusal::Faults;
use crate::domain::schema::explain::errors;
use crate::domain::schema::{Price, Shape};

/// A byte order mark in UTF-8.
pub const BOM: &[u8] = "\u{FEFF}".as_bytes();

/// Reads a document; with it come the faults of its form. Members with faults are left out of it.
///
/// # Errors
/// When it is not JSON, nests too deep, doubles a member, or nothing of it can be used.
pub fn read<T: DeserializeOwned + JsonSchema>(bytes: &[u8]) -> Result<(T, Faults), Problem> {
    if is_object(bytes)
        && let Ok(value) = serde_json::from_slice(bytes)
    {
        check_walk(bytes)?;
        return Ok((value, Faults::default()));
    }
    let (members, faults) = explain::<T>(bytes)?;
    let usable = usable(members, &faults, &|text| serde_json::from_slice::<T>(text).is_ok());
    match serde_json::from_slice(&usable) {
        Ok(value) => Ok((value, faults)),
        Err(_) => Err(Problem::invalid(faults.into_vec())),
    }
}

/// Whether a JSON text is an object; serde would also take an array, by the members' places.
#[must_use]
pub fn is_object(bytes: &[u8]) -> bool {
    bytes.trim_ascii_start().starts_with(b"{")
}

/// A member that is an object or null, and no array of its members.
///
/// # Errors
/// When it is anything else.
pub fn object<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    let members = Option::<Map<String, Value>>::deserialize(deserializer)?;
    members.map(|members| T::deserialize(Value::Object(members)).map_err(D::Error::custom)).transpose()
}

/// The walk, as a problem.
///
/// # Errors
/// When the document nests too deep or doubles a member.
pub fn check_walk(bytes: &[u8]) -> Result<(), Problem> {
    walk(bytes).map_err(|error| {
        let place = if error.pointer().is_empty() { "the document" } else { error.pointer() };
        Problem::new(Code::MalformedJson, format!("{place} {error}")).at(error.pointer(), error.to_string())
    })
}

/// The members of a document that does not have the form of a `T`, and what is wrong with them.
///
/// # Errors
/// When it is not JSON at all, or no object.
pub fn explain<T: JsonSchema>(bytes: &[u8]) -> Result<(Map<String, Value>, Faults), Problem> {
    explain_as(&schema_of::<T>, bytes)
}

fn explain_as(schema: &dyn Fn() -> Value, bytes: &[u8]) -> Result<(Map<String, Value>, Faults), Problem> {
    check_walk(bytes)?;
    if bytes.trim_ascii().is_empty() {
        return Err(Problem::new(Code::MalformedJson, "the body is empty; it must be a JSON document"));
    }
    json_text(bytes)?;
    let document = json::value(bytes).unwrap_or_default();
    let schema = schema();
    let mut faults = Faults::from(faults_of(&schema, &document, &Shape::of(bytes)));
    suggest(&schema, &mut faults);
    let Value::Object(members) = document else { return Err(Problem::invalid(faults.into_vec())) };
    if !faults.any() {
        serde_json::from_slice::<Value>(bytes).map_err(|error| syntax(&error))?;
        faults.add("", "does not have the expected form");
    }
    Ok((members, faults))
}

/// The text of a document without the members that have faults. Of a member with a fault within it the
/// rest stays, if what is left still `fits`, so that what else is wrong there can be reported with it.
#[must_use]
pub fn usable(mut members: Map<String, Value>, faults: &Faults, fits: &dyn Fn(&[u8]) -> bool) -> Vec<u8> {
    let mut partly = Map::new();
    for fault in faults.iter() {
        let mut names =
            fault.pointer.split('/').skip(1).map(|name| name.replace("~1", "/").replace("~0", "~"));
        let Some(first) = names.next() else { continue };
        let member = members.remove(&first).or_else(|| partly.remove(&first));
        if let Some(rest) = member.and_then(|member| without(member, names)) {
            partly.insert(first, rest);
        }
    }
    let text = |members: &Map<String, Value>| serde_json::to_vec(members).unwrap_or_default();
    for (name, rest) in partly {
        members.insert(name.clone(), rest);
        if !fits(&text(&members)) {
            members.remove(&name);
        }
    }
    text(&members)
}

/// An object without the member that a path leads to, through objects only.
fn without(member: Value, mut path: impl Iterator<Item = String>) -> Option<Value> {
    let name = path.next()?;
    let Value::Object(mut members) = member else { return None };
    if let Some(rest) = members.remove(&name).and_then(|member| without(member, path)) {
        members.insert(name, rest);
    }
    Some(Value::Object(members))
}

/// Whether bytes are JSON, in UTF-8 also where serde passes over them.
///
/// # Errors
/// Says where they are not.
pub fn json_text(bytes: &[u8]) -> Result<(), Problem> {
    serde_json::from_slice::<IgnoredAny>(bytes).map_err(|error| syntax(&error))?;
    let wrong = |error: Utf8Error| format!("the body is not UTF-8 after byte {}", error.valid_up_to());
    std::str::from_utf8(bytes).map(drop).map_err(|error| Problem::new(Code::MalformedJson, wrong(error)))
}

/// The problem of a text that is not JSON.
#[must_use]
pub fn syntax(error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let what = if error.is_eof() { "ends too early" } else { "is not JSON" };
    Problem::new(Code::MalformedJson, format!("the body {what} at line {line}, column {column}"))
}

/// The JSON Schema of a type, whole in one piece.
#[must_use]
pub fn schema_of<T: JsonSchema>() -> Value {
    root(T::json_schema, T::schema_name)
}

/// As `into_root_schema_for`, which is 2 kB of code for every type.
fn root(schema: fn(&mut SchemaGenerator) -> Schema, name: fn() -> Cow<'static, str>) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.inline_subschemas = true;
    let dialect = settings.meta_schema.clone();
    let mut schema = schema(&mut settings.into_generator());
    let members = schema.ensure_object();
    members.entry("title").or_insert_with(|| name().into());
    members.insert("$schema".to_owned(), dialect.into());
    schema.to_value()
}

fn faults_of(schema: &Value, document: &Value, shape: &Shape) -> Vec<Invalid> {
    let Ok(validator) = jsonschema::validator_for(schema) else { return Vec::new() };
    let price = Price::of(schema).unwrap_or_default();
    let mut document = document.clone();
    break_whole(&mut document);
    let mut faults = errors(&validator, &price, &document, shape, "");
    for fault in faults.iter_mut().filter(|fault| fault.detail.contains("an integer")) {
        fault.detail.push_str(", written without a fraction or an exponent");
    }
    faults
}

/// Makes fractions of numbers such as 4.0, which are integers for JSON Schema, and for serde are none.
fn break_whole(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let near = number.as_f64().filter(|float| float.fract() == 0.0).map(f64::next_up);
            *number = near.and_then(Number::from_f64).unwrap_or_else(|| number.clone());
        }
        Value::Array(items) => items.iter_mut().for_each(break_whole),
        Value::Object(members) => members.values_mut().for_each(break_whole),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Says, for unknown members, which known one was probably meant.
fn suggest(schema: &Value, faults: &mut Faults) {
    let Some(known) = schema.get("properties").and_then(Value::as_object) else { return };
    for fault in faults.iter_mut() {
        let Some(name) = fault.pointer.strip_prefix('/').filter(|name| !name.contains('/')) else { continue };
        if known.contains_key(name) {
            continue;
        }
        let nearest = nearest(name, known.keys().map(String::as_str));
        let names: Vec<&str> = known.keys().map(String::as_str).collect();
        fault.detail = match nearest {
            Some(nearest) => format!("is not a known member; did you mean \"{nearest}\"?"),
            None => format!("is not a known member; known are {}", names.join(", ")),
        };
    }
}

/// Longer names are not compared with those that are known.
const LONGEST_SLIP: usize = 64;

/// The known name that differs least, if it differs little.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // What is compared grows with both lengths, and a name may be as long as the request.
    if name.len() > LONGEST_SLIP {
        return None;
    }
    known
        .map(|candidate| (strsim::levenshtein(name, candidate), candidate))
        .filter(|&(distance, candidate)| distance <= 1 + candidate.len() / 4)
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what is refused of it is looked at")]
    struct Sample {
        #[schemars(required)]
        url: Option<String>,
        limit: Option<Limit>,
        events: Option<Vec<String>>,
        count: Option<u32>,
    }

    #[derive(Debug, Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    struct Limit {
        per_second: f64,
    }

    fn faults(json: &str) -> Vec<(String, String)> {
        let (_, faults) = read::<Sample>(json.as_bytes()).unwrap();
        faults.into_vec().into_iter().map(|fault| (fault.pointer, fault.detail)).collect()
    }

    #[test]
    fn every_fault_is_named_at_once() {
        let found = faults(r#"{"ur":"x","limit":{"per_second":"1","x":1},"events":[1],"count":-1}"#);
        let pointers: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
        for pointer in ["/ur", "/url", "/limit/per_second", "/limit/x", "/events/0", "/count"] {
            assert!(pointers.contains(&pointer), "{pointer} of {found:?}");
        }
        assert!(found.contains(&("/ur".into(), "is not a known member; did you mean \"url\"?".into())));
        assert!(found.contains(&("/limit/per_second".into(), "must be a number".into())), "{found:?}");
        assert!(found.contains(&("/url".into(), "is required".into())));
    }

    #[test]
    fn good_members_are_still_there_beside_bad_ones() {
        let (sample, faults) = read::<Sample>(br#"{"url":"u","events":3}"#).unwrap();
        assert_eq!((sample.url.as_deref(), faults.iter().count()), (Some("u"), 1));
    }

    #[test]
    fn of_a_member_the_good_rest_is_still_there() {
        let limit =
            |json: &str| read::<Sample>(json.as_bytes()).unwrap().0.limit.map(|limit| limit.per_second);
        assert_eq!(limit(r#"{"url":"u","limit":{"per_second":2,"x":1,"y":[{}]}}"#), Some(2.0));
        assert_eq!(
            limit(r#"{"url":"u","limit":{"per_second":"2","x":1}}"#),
            None,
            "nothing is left that fits"
        );
        let (sample, faults) = read::<Sample>(br#"{"url":"u","events":["a",1],"limit":{"x":1}}"#).unwrap();
        assert_eq!(
            (sample.events, sample.limit.is_none(), faults.iter().count()),
            (None, true, 3),
            "{faults:?}"
        );
    }

    #[test]
    fn an_integer_is_written_as_one() {
        for count in ["1.0", "1e2", "-0.0", "2.5"] {
            let found = faults(&format!(r#"{{"url":"u","count":{count},"more":1}}"#));
            let names: Vec<&str> = found.iter().map(|(pointer, _)| pointer.as_str()).collect();
            assert!(names.contains(&"/count") && names.contains(&"/more"), "{count}: {found:?}");
            assert!(found.iter().any(|(_, detail)| detail.contains("without a fraction")), "{found:?}");
        }
        assert!(faults(r#"{"url":"u","limit":{"per_second":4.0}}"#).is_empty(), "a number may be whole");
    }

    #[test]
    fn what_is_not_json_says_where() {
        let problem = |json: &str| read::<Sample>(json.as_bytes()).unwrap_err();
        assert_eq!(problem("{\n \"a\" 1}").detail, "the body is not JSON at line 2, column 6");
        assert_eq!(problem("{").detail, "the body ends too early at line 1, column 1");
        assert_eq!(problem("  ").code, Code::MalformedJson);
        assert_eq!(problem(r#"{"url":1,"url":2}"#).errors[0].pointer, "/url");
        assert_eq!(problem(&"[".repeat(200)).code, Code::MalformedJson);
        assert_eq!(problem("[]").code, Code::Invalid);
    }

    #[test]
    fn what_is_not_utf_8_says_where() {
        let problem = read::<Sample>(b"{\"url\":\"a\xff\"}").unwrap_err();
        assert_eq!(
            (problem.code, &*problem.detail),
            (Code::MalformedJson, "the body is not UTF-8 after byte 9")
        );
    }

    #[test]
    fn a_fault_within_a_member_stands_for_it() {
        let mut faults = Faults::default();
        faults.add("/filter/foo", "is not known");
        faults.require::<()>("/filter", None);
        faults.require::<()>("/filters", None);
        let pointers: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(pointers, ["/filter/foo", "/filters"]);
    }

    #[test]
    fn near_names_are_found() {
        assert_eq!(nearest("evnts", ["url", "events"].into_iter()), Some("events"));
        assert_eq!(nearest("zzz", ["url", "events"].into_iter()), None);
        assert_eq!(nearest(&"events".repeat(LONGEST_SLIP), ["events"].into_iter()), None);
    }
}
