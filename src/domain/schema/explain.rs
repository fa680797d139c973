//! What a JSON Schema does not allow in a document, in words.

use std::borrow::Cow;

use jsonschema::ValidationError;
use jsonschema::error::{TypeKind, ValidationErrorKind};
use serde_json::Value;

use super::{Price, Shape};
use crate::domain::refusal::{Invalid, push};
use crate::limits;

/// What a schema does not allow in a document, with pointers that begin with `prefix`: everything, if that
/// takes little time and memory; else the first of it, or only that there is something.
#[must_use]
pub fn errors(
    validator: &jsonschema::Validator,
    price: &Price,
    document: &Value,
    shape: &Shape,
    prefix: &str,
) -> Vec<Invalid> {
    let quick = price.steps_explained(shape) <= limits::SCHEMA_STEPS;
    if quick && price.error_bytes(shape) <= limits::SCHEMA_ERRORS_BYTES {
        return every_error(validator, document, prefix);
    }
    if !price.branches() {
        return first_error(validator, document, prefix);
    }
    if validator.is_valid(document) {
        return Vec::new();
    }
    let detail = "does not match its schema, and is too large to say where; try smaller parts of it";
    vec![Invalid::new(prefix, detail)]
}

/// Every error, up to one more than an answer names. The validator collects all of them first.
#[must_use]
pub fn every_error(validator: &jsonschema::Validator, document: &Value, prefix: &str) -> Vec<Invalid> {
    let mut found = Vec::new();
    for error in validator.iter_errors(document) {
        describe(&error, prefix, &mut found);
    }
    found
}

/// The first error. Where branches are alternatives, it holds all of theirs.
#[must_use]
pub fn first_error(validator: &jsonschema::Validator, document: &Value, prefix: &str) -> Vec<Invalid> {
    let mut found = Vec::new();
    if let Err(error) = validator.validate(document) {
        describe(&error, prefix, &mut found);
    }
    found
}

/// Adds what an error says, unless there is more than an answer names.
fn describe(error: &ValidationError<'_>, prefix: &str, found: &mut Vec<Invalid>) {
    use ValidationErrorKind as K;
    if found.len() > limits::PROBLEM_ERRORS {
        return;
    }
    let pointer = format!("{prefix}{}", error.instance_path());
    let below = |name: &str| {
        let mut pointer = pointer.clone();
        push(&mut pointer, name);
        pointer
    };
    let mut add = |pointer: String, detail: Cow<'_, str>| found.push(Invalid::new(pointer, detail));
    match error.kind() {
        K::AdditionalProperties { unexpected } | K::UnevaluatedProperties { unexpected } => {
            for name in unexpected.iter().take(limits::PROBLEM_ERRORS + 1) {
                add(below(name), "is not a known member".into());
            }
        }
        K::Required { property } => add(below(property.as_str().unwrap_or_default()), "is required".into()),
        K::Type { kind } => add(pointer, format!("must be {}", types(kind)).into()),
        K::Enum { options } => add(pointer, format!("must be one of {}", words(options)).into()),
        // A member that may be null: what the other alternative says is what is meant.
        K::AnyOf { context } | K::OneOfNotValid { context } => {
            let reported = context.iter().find(|errors| !errors.iter().any(only_null));
            for error in reported.into_iter().flatten() {
                describe(error, prefix, found);
            }
        }
        // Without the value, which the caller has: it may be as long as the document.
        _ => add(pointer, error.masked().to_string().into()),
    }
}

/// The values that an enumeration has: words without their quotes, anything else as JSON.
fn words(options: &Value) -> Cow<'_, str> {
    let is_plain = |word: &&str| {
        !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b))
    };
    let values = options.as_array().into_iter().flatten().filter(|value| !value.is_null());
    let words: Option<Vec<&str>> = values.map(|value| value.as_str().filter(is_plain)).collect();
    words
        .filter(|words| !words.is_empty())
        .map_or_else(|| options.to_string().into(), |words| words.join(", ").into())
}

fn only_null(error: &ValidationError<'_>) -> bool {
    let ValidationErrorKind::Type { kind } = error.kind() else { return false };
    types(kind) == "null"
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(one) => with_article(&one.to_string()),
        TypeKind::Multiple(set) => {
            let names: Vec<String> = set.iter().map(|one| with_article(&one.to_string())).collect();
            names.join(" or ")
        }
    }
}

fn with_article(name: &str) -> String {
    match name {
        "null" => "null".to_owned(),
        "array" | "integer" | "object" => format!("an {name}"),
        other => format!("a {other}"),
    }
}
