//! Action runs (`/v2/action-runs`): a run is a job, its callback a one-shot webhook bound to it.

use serde_json::{Value, json};

use super::problem::{Invalid, Problem};

/// A problem in this dialect's form: one entry for each member that cannot be as it is.
#[must_use]
pub fn errors(problem: &Problem) -> Value {
    let code = problem.code.as_str();
    let entry = |detail: &str, source: Value| {
        json!({
            "status": problem.status().as_u16(),
            "code": code,
            "title": problem.code.title(),
            "detail": detail,
            "source": source,
            "meta": {},
        })
    };
    let entries: Vec<Value> = match problem.errors.as_slice() {
        [] => vec![entry(&problem.detail, json!({}))],
        members => {
            let member = |Invalid { pointer, detail }: &Invalid| entry(detail, json!({ "pointer": pointer }));
            members.iter().map(member).collect()
        }
    };
    json!({ "errors": entries })
}
