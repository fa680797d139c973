//! Templates, and runs for them.

use serde_json::{Value, json};

use super::{Attempt, Request};

/// Run webhooks with one template, and two runs that they hear of.
fn webhooks(target: &str, name: &str, count: usize, template: &Value) -> Attempt {
    let actor: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
    let mut body = json!({
        "eventTypes": ["ACTOR.RUN.CREATED"], "requestUrl": target, "condition": {"actorId": actor},
        "shouldInterpolateStrings": true
    });
    body.as_object_mut().unwrap().extend(template.as_object().unwrap().clone());
    let add = || Request::new("POST", "/v2/webhooks", &body);
    let run =
        || Request::new("POST", format!("/v2/actors/{actor}/runs"), &json!({"input": "x".repeat(100_000)}));
    Attempt {
        name: format!("template: {name}, {count} webhooks"),
        before: (0..count).map(|_| add()).collect(),
        requests: vec![add(), run(), run()],
    }
}

pub fn attempts(target: &str) -> Vec<Attempt> {
    let payload = |text: String| json!({ "payloadTemplate": text });
    let headers = |text: String| json!({ "headersTemplate": text });
    let list = |piece: &str, count: usize| format!("[{}]", vec![piece; count].join(","));
    let path =
        ["resource", "options"].into_iter().chain(std::iter::repeat_n("x", 14)).collect::<Vec<_>>().join(".");
    let member = format!("{{{{resource.{}}}}}", "n".repeat(900_000));
    let cases: Vec<(&str, usize, Value)> = vec![
        ("1,000 variables", 50, payload(list("{{resource}}", 1000))),
        ("1,000 texts", 50, payload(list("\"x{{resource}}y{{resource}}\"", 500))),
        ("1,000 long ways", 50, payload(list(&format!("{{{{{path}}}}}"), 1000))),
        ("a long name", 80, payload(member)),
        ("a megabyte of text", 80, payload(format!("\"{}\"", "x".repeat(999_000)))),
        ("a megabyte of space", 80, payload(format!("[{}]", " ".repeat(999_000)))),
        ("a megabyte of numbers", 40, payload(list("1", 490_000))),
        ("braces that open nothing", 40, payload(format!("\"{}\"", "{ {".repeat(330_000)))),
        ("braces that do not close", 1, payload(format!("\"{}\"", "{{".repeat(490_000)))),
        ("strings", 40, payload(list("\"\"", 330_000))),
        ("as deep as may be", 40, payload(format!("{}{{{{resource}}}}{}", "[".repeat(31), "]".repeat(31)))),
        ("headers of a megabyte", 20, headers(format!("{{\"X\":1{}}}", " ".repeat(990_000)))),
        (
            "headers of 1,000 variables",
            20,
            headers(format!("{{\"X\":\"{}\"}}", "{{resource.none}}".repeat(1000))),
        ),
        (
            "headers of a long name",
            20,
            headers(format!("{{\"X\":{{{{resource.{}}}}}}}", "n".repeat(900_000))),
        ),
        ("headers of the whole resource", 20, headers("{\"X\":\"{{resource}}{{resource}}\"}".to_owned())),
    ];
    cases.iter().map(|(name, count, template)| webhooks(target, name, *count, template)).collect()
}
