//! Filters by a member's name and one value, as they stand in subscriptions and in the query of samples:
//! both mean the same.

use serde_json::{Map, Value};

use crate::domain::filter::{Filter, FilterError};

/// Conditions, gathered.
#[derive(Debug, Default)]
pub struct Conditions(Map<String, Value>);

impl Conditions {
    /// Asks that the data's member `name` is `wanted`. Forms send every value as text, so a number and its
    /// text mean each other; null, and the empty text of a field that was not filled in, ask nothing.
    pub fn add(&mut self, name: &str, wanted: &Value) {
        let text = match wanted {
            Value::String(text) if text.is_empty() => return,
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => wanted.to_string(),
            Value::Null | Value::Array(_) | Value::Object(_) => return,
        };
        let read = serde_json::from_str::<Value>(&text).ok();
        let scalar = read.filter(|value| value.is_number() || value.is_boolean());
        let others = std::iter::once(Value::String(text)).chain(scalar).filter(|other| other != wanted);
        let all: Vec<Value> = std::iter::once(wanted.clone()).chain(others).collect();
        self.0.insert(name.to_owned(), if all.len() == 1 { wanted.clone() } else { all.into() });
    }

    /// The filter; `None` when nothing is asked.
    ///
    /// # Errors
    /// When there are too many, or they are too long.
    pub fn filter(self) -> Result<Option<Filter>, FilterError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        Filter::parse(&Value::Object(self.0).to_string()).map(Some)
    }
}

/// A filter as it was asked for: one value for each member.
#[must_use]
pub fn asked(filter: &Filter) -> Value {
    let mut value: Value = serde_json::from_str(filter.as_json()).unwrap_or_default();
    for wanted in value.as_object_mut().into_iter().flat_map(Map::values_mut) {
        if let Some(first) = wanted.as_array_mut().filter(|list| !list.is_empty()) {
            *wanted = first.swap_remove(0);
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn filter(name: &str, wanted: &Value) -> Option<Filter> {
        let mut conditions = Conditions::default();
        conditions.add(name, wanted);
        conditions.filter().unwrap()
    }

    #[test]
    fn a_value_and_its_text_mean_each_other() {
        for (wanted, data, want) in [
            (json!("paid"), json!({"a": "paid"}), true),
            (json!("paid"), json!({"a": "open"}), false),
            (json!("paid"), json!({"b": "paid"}), false),
            (json!("5"), json!({"a": 5}), true),
            (json!("5"), json!({"a": "5"}), true),
            (json!(5), json!({"a": "5"}), true),
            (json!(5), json!({"a": 5.0}), true),
            (json!(true), json!({"a": "true"}), true),
            (json!("true"), json!({"a": true}), true),
            (json!("null"), json!({"a": null}), false),
        ] {
            let filter = filter("a", &wanted).unwrap();
            assert_eq!(filter.matches(&data), want, "{wanted} {data}");
            assert_eq!(asked(&filter), json!({"a": wanted}));
        }
    }

    #[test]
    fn what_was_not_filled_in_asks_nothing() {
        for nothing in [json!(null), json!(""), json!([1]), json!({"a": 1})] {
            assert_eq!(filter("a", &nothing), None, "{nothing}");
        }
    }
}
