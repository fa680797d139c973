//! `reload`: the daemon reads its configuration again; prints what changed, or why nothing did.

use http::{Method, StatusCode};
use serde_json::Value;

use super::context::Context;
use super::failure::{Exit, Failure};
use crate::config::ConfigError;

pub(super) async fn run(context: &Context) -> Result<(), Failure> {
    // A file that is bad elsewhere still says where the daemon is, so that its log has the problem too.
    let (loaded, problems) = context.source(Vec::new()).read()?;
    let daemon = context.connection.open(&loaded.config, &context.env)?;
    let reply = match daemon.admin(Method::POST, "/admin/reload").await {
        Err(_) if !problems.is_empty() => return Err(ConfigError(problems).into()),
        reply => reply?,
    };
    let answer = serde_json::from_slice::<Value>(&reply.body).unwrap_or_default();
    if reply.status == StatusCode::UNPROCESSABLE_ENTITY {
        let lines = items(&answer, "errors").filter_map(|error| error.get("detail")?.as_str());
        return Err(Failure::new(Exit::Config, lines.collect::<Vec<_>>().join("\n")));
    }
    daemon.accepted(reply)?;
    if context.output.json {
        return context.output.line(&answer.to_string());
    }
    for warning in items(&answer, "warnings").filter_map(Value::as_str) {
        context.output.line(&format!("warning: {warning}"))?;
    }
    for change in items(&answer, "changed") {
        context.output.line(&describe(change))?;
    }
    for change in items(&answer, "needs_restart") {
        context.output.line(&format!("{} (needs a restart)", describe(change)))?;
    }
    match items(&answer, "changed").chain(items(&answer, "needs_restart")).next() {
        Some(_) => Ok(()),
        None => context.output.line("no setting changed; the files that settings name were read again"),
    }
}

fn items<'a>(answer: &'a Value, member: &str) -> impl Iterator<Item = &'a Value> {
    answer.get(member).and_then(Value::as_array).into_iter().flatten()
}

fn describe(change: &Value) -> String {
    let member = |name: &str| change.get(name).unwrap_or(&Value::Null);
    let key = member("key").as_str().unwrap_or_default();
    format!("{}: {} -> {}", key, shown(member("from")), shown(member("to")))
}

fn shown(value: &Value) -> String {
    if value.is_null() { "unset".to_owned() } else { super::output::clean(&value.to_string()) }
}
