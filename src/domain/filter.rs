//! Filters on an event's data.
//!
//! A filter is written by a tenant and run for every event, so it is refused when it is saved if
//! its cost could grow faster than the data (the module `query` says how). It never fails at run time: data it
//! does not fit is simply not wanted.

mod query;

use std::fmt;
use std::sync::Arc;

use serde_json::{Number, Value};
use serde_json_path::JsonPath;

use query::Budget;
pub use query::QueryError;

use super::locked::assert_unlocked;
use crate::limits;

/// Why a filter cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FilterError {
    /// Longer than the limit.
    #[error("a filter may be {} bytes long at most", limits::FILTER_BYTES)]
    Length,
    /// Not JSON.
    #[error("is not JSON: {0}")]
    Json(String),
    /// JSON of another kind.
    #[error("must be an object of members and their values, or a string with one JSONPath query")]
    Kind,
    /// Too many members.
    #[error("may hold {} conditions at most", limits::FILTER_CONDITIONS)]
    Conditions,
    /// A member's value that nothing can equal.
    #[error("{key:?}: must be a string, a number, true, false or null, or a list of these that is not empty")]
    Value {
        /// The member's name.
        key: String,
    },
    /// A query with too many values to compare each node with.
    #[error("{key:?}: a query may be compared with {max} values at most", max = limits::FILTER_QUERY_VALUES)]
    Values {
        /// The member's name: the query.
        key: String,
    },
    /// A query that is not JSONPath, or costs too much.
    #[error("{query:?}: {why}")]
    Query {
        /// The query.
        query: String,
        /// What is wrong with it.
        why: QueryError,
    },
}

/// Which data a webhook wants.
///
/// Either an object, all of whose members must hold: the name is a member of the data or, when it
/// begins with `$`, a JSONPath query on the data; the value is a scalar to equal, or a list of
/// them. Or a string with a JSONPath query (RFC 9535) that is run on a list holding just the data:
/// `"$[?@.amount > 100]"` wants data whose `amount` exceeds 100.
#[derive(Clone)]
pub struct Filter {
    text: Box<str>,
    test: Arc<Test>,
}

enum Test {
    Query(JsonPath),
    All(Vec<Condition>),
}

struct Condition {
    place: Place,
    wanted: Vec<Value>,
}

enum Place {
    Member(String),
    Query(JsonPath),
}

impl Filter {
    /// The filter of a JSON text.
    ///
    /// # Errors
    /// Names the first member or query that is wrong.
    pub fn parse(json_text: &str) -> Result<Self, FilterError> {
        let read = read(json_text).map_err(|faults| faults.into_iter().next().map(|(_, error)| error));
        let test = read.map_err(|first| first.unwrap_or(FilterError::Kind))?;
        Ok(Self { text: json_text.into(), test: Arc::new(test) })
    }

    /// Everything that is wrong with a JSON text as a filter, with JSON pointers into it.
    #[must_use]
    pub fn faults(json_text: &str) -> Vec<(String, FilterError)> {
        read(json_text).err().unwrap_or_default()
    }

    /// The JSON text it was parsed from.
    #[must_use]
    pub fn as_json(&self) -> &str {
        &self.text
    }

    /// Whether `data` is wanted. Copies `data` where the filter is one query; who asks several
    /// filters makes the list once and calls [`Filter::matches_list`].
    #[must_use]
    pub fn matches(&self, data: &Value) -> bool {
        assert_unlocked();
        match &*self.test {
            Test::Query(query) => !query.query(&Value::Array(vec![data.clone()])).is_empty(),
            Test::All(conditions) => conditions.iter().all(|condition| condition.holds(data)),
        }
    }

    /// Whether the data that is the only element of `list` is wanted.
    #[must_use]
    pub fn matches_list(&self, list: &Value) -> bool {
        assert_unlocked();
        match &*self.test {
            Test::Query(query) => !query.query(list).is_empty(),
            Test::All(conditions) => {
                list.get(0).is_some_and(|data| conditions.iter().all(|condition| condition.holds(data)))
            }
        }
    }
}

/// What a filter's text says, or everything that is wrong with it, and where.
fn read(json_text: &str) -> Result<Test, Vec<(String, FilterError)>> {
    let whole = |error| vec![(String::new(), error)];
    if json_text.len() > limits::FILTER_BYTES {
        return Err(whole(FilterError::Length));
    }
    let value: Value =
        serde_json::from_str(json_text).map_err(|error| whole(FilterError::Json(error.to_string())))?;
    let mut budget = Budget::default();
    match value {
        Value::String(text) => {
            compile(&text, |text| budget.spend_on_list(text)).map(Test::Query).map_err(whole)
        }
        Value::Object(members) if members.len() > limits::FILTER_CONDITIONS => {
            Err(whole(FilterError::Conditions))
        }
        Value::Object(members) => {
            let (mut conditions, mut faults) = (Vec::with_capacity(members.len()), Vec::new());
            for (key, value) in members {
                let pointer = format!("/{}", key.replace('~', "~0").replace('/', "~1"));
                match condition(key, value, &mut budget) {
                    Ok(condition) => conditions.push(condition),
                    Err(error) => faults.push((pointer, error)),
                }
            }
            if faults.is_empty() { Ok(Test::All(conditions)) } else { Err(faults) }
        }
        _ => Err(whole(FilterError::Kind)),
    }
}

impl fmt::Debug for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Filter").field(&self.text).finish()
    }
}

impl PartialEq for Filter {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

fn compile(text: &str, spend: impl FnOnce(&str) -> Result<(), QueryError>) -> Result<JsonPath, FilterError> {
    // The price comes first: the parser recurses, so nesting must be bounded before it runs.
    let parsed = spend(text)
        .and_then(|()| JsonPath::parse(text).map_err(|error| QueryError::Syntax(error.position())));
    parsed.map_err(|why| FilterError::Query { query: text.to_owned(), why })
}

fn condition(key: String, value: Value, budget: &mut Budget) -> Result<Condition, FilterError> {
    let wanted = match value {
        Value::Array(values) => values,
        scalar => vec![scalar],
    };
    if wanted.is_empty() || wanted.iter().any(|value| value.is_array() || value.is_object()) {
        return Err(FilterError::Value { key });
    }
    let place = if key.starts_with('$') {
        if wanted.len() > limits::FILTER_QUERY_VALUES {
            return Err(FilterError::Values { key });
        }
        Place::Query(compile(&key, |text| budget.spend_on_data(text))?)
    } else {
        Place::Member(key)
    };
    Ok(Condition { place, wanted })
}

impl Condition {
    fn holds(&self, data: &Value) -> bool {
        let wants = |value: &Value| self.wanted.iter().any(|wanted| same(wanted, value));
        match &self.place {
            Place::Member(name) => data.get(name).is_some_and(wants),
            Place::Query(query) => query.query(data).iter().any(|value| wants(value)),
        }
    }
}

/// Equality in which 1 is 1.0.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => same_number(a, b),
        _ => a == b,
    }
}

fn same_number(a: &Number, b: &Number) -> bool {
    match (a.as_i128(), b.as_i128()) {
        (Some(a), Some(b)) => a == b,
        _ => a.as_f64() == b.as_f64(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn filter(value: &Value) -> Filter {
        Filter::parse(&value.to_string()).unwrap()
    }

    fn refusal(value: &Value) -> String {
        Filter::parse(&value.to_string()).unwrap_err().to_string()
    }

    #[test]
    fn members_equal_a_scalar_or_one_of_a_list() {
        let order = json!({"status": "paid", "amount": 1.0, "test": false, "note": null, "tags": ["a"]});
        for (conditions, want) in [
            (json!({}), true),
            (json!({"status": "paid"}), true),
            (json!({"status": "Paid"}), false),
            (json!({"status": ["open", "paid"], "amount": 1}), true),
            (json!({"status": "paid", "amount": 2}), false),
            (json!({"amount": "1"}), false),
            (json!({"test": false, "note": null}), true),
            (json!({"absent": null}), false),
            (json!({"tags": "a"}), false),
            (json!({"$.tags[*]": ["b", "a"]}), true),
            (json!({"$.tags[*]": "b"}), false),
            (json!({"$..status": "paid"}), true),
        ] {
            assert_eq!(filter(&conditions).matches(&order), want, "{conditions}");
            assert_eq!(filter(&conditions).matches_list(&json!([order])), want, "{conditions}");
        }
        assert!(!filter(&json!({"status": "paid"})).matches(&json!("paid")));
    }

    #[test]
    fn a_query_is_run_on_a_list_of_the_data() {
        let order =
            json!({"amount": 150, "name": "Ada", "lines": [{"sku": "x", "n": 2}, {"sku": "y", "n": 1}]});
        for (query, want) in [
            ("$[?@.amount > 100]", true),
            ("$[?@.amount > 200]", false),
            ("$[?@.amount == 150.0]", true),
            ("$[?@.amount > 100 && @.name == 'Ada']", true),
            ("$[?@.lines[?@.sku == 'x' && @.n >= 2]]", true),
            ("$[?@.lines[?@.sku == 'z']]", false),
            ("$[?!@.cancelled]", true),
            ("$[?length(@.lines) == 2]", true),
            ("$[?count(@.lines[*]) > 2]", false),
            ("$[?match(@.name, 'A.a')]", true),
            ("$[?search(@.name, '^d')]", false),
            ("$[0].lines[1].sku", true),
            ("$[0].missing", false),
            ("$..sku", true),
        ] {
            assert_eq!(filter(&json!(query)).matches(&order), want, "{query}");
            assert_eq!(filter(&json!(query)).matches_list(&json!([order])), want, "{query}");
        }
    }

    #[test]
    fn refusals_name_what_is_wrong() {
        assert_eq!(Filter::parse("{").unwrap_err().to_string().get(..12), Some("is not JSON:"));
        assert_eq!(Filter::parse(&" ".repeat(4097)), Err(FilterError::Length));
        assert!(refusal(&json!(7)).starts_with("must be an object"));
        assert!(refusal(&json!({"a": {"b": 1}})).starts_with("\"a\": must be a string"));
        assert!(refusal(&json!({"a": []})).starts_with("\"a\": must be a string"));
        assert!(refusal(&json!({"a": [1, [2]]})).starts_with("\"a\": must be a string"));
        let syntax = refusal(&json!({"$.[": 1}));
        assert!(syntax.starts_with("\"$.[\": is not JSONPath"), "{syntax}");
        let numbers = |count: usize| json!((0..count).collect::<Vec<_>>());
        assert_eq!(
            refusal(&json!({"$.a": numbers(33)})),
            "\"$.a\": a query may be compared with 32 values at most"
        );
        assert!(filter(&json!({"a": numbers(33)})).matches(&json!({"a": 32})));
        let many: serde_json::Map<_, _> = (0..33).map(|n| (n.to_string(), json!(n))).collect();
        assert_eq!(refusal(&Value::Object(many)), "may hold 32 conditions at most");
    }

    #[test]
    fn every_fault_is_named_where_it_is() {
        let faults = Filter::faults(r#"{"a":[],"b":1,"c/d":{},"$.x[":1}"#);
        let pointers: Vec<&str> = faults.iter().map(|(pointer, _)| pointer.as_str()).collect();
        assert_eq!(pointers, ["/$.x[", "/a", "/c~1d"]);
        assert!(faults[0].1.to_string().ends_with("is not JSONPath (RFC 9535) from byte 3 on"), "{faults:?}");
        assert_eq!(Filter::faults("\"$[\"")[0].0, "");
        assert_eq!(Filter::faults("{}"), []);
    }

    #[test]
    fn filters_are_their_text() {
        let one = Filter::parse("{\"a\":1}").unwrap();
        assert_eq!(one, one.clone());
        assert_ne!(one, Filter::parse("{\"a\": 1}").unwrap());
        assert_eq!(one.as_json(), "{\"a\":1}");
        assert_eq!(format!("{one:?}"), "Filter(\"{\\\"a\\\":1}\")");
    }

    #[test]
    fn whole_numbers_beyond_a_double_stay_apart() {
        let wanted = filter(&json!({"n": 9_007_199_254_740_993_u64}));
        assert!(wanted.matches(&json!({"n": 9_007_199_254_740_993_u64})));
        assert!(!wanted.matches(&json!({"n": 9_007_199_254_740_992_u64})));
        assert!(filter(&json!({"n": u64::MAX})).matches(&json!({"n": u64::MAX})));
        assert!(!filter(&json!({"n": -1})).matches(&json!({"n": u64::MAX})));
    }

    proptest! {
        #[test]
        fn any_text_is_a_filter_or_an_error(text: String) {
            let _ = Filter::parse(&text);
            let query = Value::String(format!("${text}"));
            if let Ok(filter) = Filter::parse(&query.to_string()) {
                let _ = filter.matches(&json!({"a": [1, {"b": null}]}));
            }
        }

        #[test]
        fn any_query_is_a_filter_or_an_error(text in r"\$([\[\]().?@*,:$'a1 ]|\.\.|&&|\|\||==|match\()*") {
            if let Ok(filter) = Filter::parse(&Value::String(text).to_string()) {
                let _ = filter.matches(&json!({"a": [1, {"b": null}]}));
            }
        }
    }
}
