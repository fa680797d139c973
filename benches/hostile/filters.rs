//! Filters, and data for them.

use serde_json::{Value, json};

use super::{Attempt, Request};

/// Webhooks with one filter, and two events that they look at.
fn webhooks(target: &str, name: &str, count: usize, filter: &Value, data: &Value) -> Attempt {
    let event_type: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    let add = || {
        Request::new(
            "POST",
            "/v1/webhooks",
            &json!({"url": target, "events": [event_type], "filter": filter}),
        )
    };
    let event = || Request::event(&event_type, data);
    Attempt {
        name: format!("filter: {name}, {count} webhooks"),
        before: (0..count).map(|_| add()).collect(),
        requests: vec![add(), event(), event()],
    }
}

/// A query whose condition is as many terms as fit.
fn terms(term: &str) -> Value {
    let most = 1000 / (term.len() + 2);
    json!(format!("$..[?{}]", vec![term; most].join("||")))
}

/// Ones inside lists.
fn ones(count: usize, depth: usize) -> Value {
    (0..depth).fold(json!(vec![1; count]), |inner, _| json!([inner]))
}

pub fn attempts(target: &str) -> Vec<Attempt> {
    let member = |query: &str| json!(format!("$[?{query}]"));
    let objects = json!({"a": (0..20_000).map(|no| json!({"n": no})).collect::<Vec<_>>()});
    let text = json!({"a": "é1x".repeat(100_000)});
    let cases: Vec<(&str, usize, Value, Value)> = vec![
        ("deep comparisons", 3, terms("@!=@"), ones(100_000, 50)),
        ("comparisons with a number", 3, terms("@==2"), ones(400_000, 1)),
        ("lengths", 3, terms("length(@)==7"), ones(400_000, 1)),
        (
            "classes with counts",
            20,
            member("match(@.a,'[\\\\p{L}\\\\p{N}]{40}')||search(@.a,'[\\\\p{L}\\\\p{N}]{40}')"),
            json!({"a": "x"}),
        ),
        ("a class on a long text", 10, member("search(@.a,'(\\\\w|\\\\d){10}z')"), text.clone()),
        ("states on a long text", 10, member("search(@.a,'(é|1)*é(é|1){15}z')"), text),
        ("descent within descent", 5, json!("$..*..*..[?@.n==1]"), ones(1000, 40)),
        ("unions", 10, json!("$..[0,0,0,0]..n"), ones(10_000, 30)),
        ("the root in each node", 5, terms("$.a==@"), objects.clone()),
        ("counts", 5, terms("count($..*)==1"), objects.clone()),
        ("values of queries", 5, terms("value($..n)==@"), objects.clone()),
        (
            "many conditions",
            50,
            json!((0..32).map(|no| (format!("a[{no}].n"), json!(no))).collect::<serde_json::Map<_, _>>()),
            objects.clone(),
        ),
        ("whole values", 10, json!({"a": vec![json!({"n": 1}); 150]}), objects.clone()),
        ("slices", 10, json!("$..[::-1]..[::-1]"), ones(50_000, 20)),
        ("1,000 webhooks of one filter", 300, json!({"a": 1}), objects),
    ];
    cases.iter().map(|(name, count, filter, data)| webhooks(target, name, *count, filter, data)).collect()
}
