//! Filters by a member's name and one value, as they stand in subscriptions and in the query of samples:
//! both mean the same.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::api::display_json::raw;
use crate::domain::filter::{Filter, FilterError};
use crate::domain::json::{self, Exact, Halves};

/// Conditions: the JSON text of each wanted value, by the member's name.
#[derive(Debug, Default)]
pub struct Conditions(BTreeMap<String, String>);

impl Conditions {
    /// Asks that the data's member `name` is what a JSON text says. Forms send every value as text, so a number
    /// and its text mean each other; null, and the empty text of a field that was not filled in, ask nothing.
    pub fn add(&mut self, name: &str, wanted: &str) {
        let wanted = wanted.trim_ascii();
        let other = match json::value(wanted.as_bytes()) {
            Some(Value::String(text)) if text.is_empty() => return,
            Some(Value::String(text)) => scalar(&text).map(str::to_owned),
            // No rounding: what stands in the filter is what was sent.
            Some(Value::Number(_) | Value::Bool(_)) => Some(Value::from(wanted).to_string()),
            Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => return,
        };
        let all = other.map_or_else(|| wanted.to_owned(), |other| format!("[{wanted},{other}]"));
        self.0.insert(name.to_owned(), all);
    }

    /// The filter; `None` when nothing is asked.
    ///
    /// # Errors
    /// When there are too many, or they are too long.
    pub fn filter(self) -> Result<Option<Filter>, FilterError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let members: Vec<String> =
            self.0.iter().map(|(name, wanted)| format!("{}:{wanted}", Value::from(name.as_str()))).collect();
        Filter::parse(&format!("{{{}}}", members.join(","))).map(Some)
    }
}

/// The number, true or false that a text says as JSON.
fn scalar(text: &str) -> Option<&str> {
    let text = text.trim_ascii();
    let read = Exact::read(text.as_bytes(), Halves::Refused).ok()?;
    matches!(read, Exact::Number(_) | Exact::Bool(_)).then_some(text)
}

/// A filter as it was asked for: one value for each member.
#[must_use]
pub fn shown_conditions(filter: &Filter) -> Option<Box<RawValue>> {
    let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(filter.as_json()) else {
        return raw(filter.as_json());
    };
    let first = |wanted: &RawValue| {
        let list: Vec<&RawValue> = serde_json::from_str(wanted.get()).unwrap_or_default();
        list.first().map_or_else(|| wanted.to_owned(), |first| (*first).to_owned())
    };
    let members: BTreeMap<String, Box<RawValue>> =
        members.into_iter().map(|(name, wanted)| (name, first(wanted))).collect();
    serde_json::value::to_raw_value(&members).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::{Data, Verdict};
    use serde_json::json;

    fn filter(name: &str, wanted: &Value) -> Option<Filter> {
        let mut conditions = Conditions::default();
        conditions.add(name, &wanted.to_string());
        conditions.filter().unwrap()
    }

    #[test]
    fn numbers_stay_as_they_were_sent() {
        for (wanted, shown) in [
            ("18446744073709551617", "18446744073709551617"),
            ("\"18446744073709551617\"", "\"18446744073709551617\""),
            ("1.10", "1.10"),
            (" 1e400 ", "1e400"),
        ] {
            let mut conditions = Conditions::default();
            conditions.add("n", wanted);
            let filter = conditions.filter().unwrap().unwrap();
            assert_eq!(shown_conditions(&filter).unwrap().get(), format!("{{\"n\":{shown}}}"));
            let number = shown.trim_matches('"');
            for (data, want) in [
                (number.to_owned(), true),
                (format!("\"{number}\""), true),
                ("18446744073709551616".to_owned(), false),
            ] {
                let data = Data::read(format!("{{\"n\":{data}}}").as_bytes());
                assert_eq!(filter.judge(&data, &mut 10_000) == Verdict::Wanted, want, "{wanted} {data:?}");
            }
        }
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
            assert_eq!(shown_conditions(&filter).unwrap().get(), json!({"a": wanted}).to_string());
        }
    }

    #[test]
    fn what_was_not_filled_in_asks_nothing() {
        for nothing in [json!(null), json!(""), json!([1]), json!({"a": 1})] {
            assert_eq!(filter("a", &nothing), None, "{nothing}");
        }
    }
}
