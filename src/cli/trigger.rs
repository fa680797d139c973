//! `trigger`: sends a sample event of a type, so that people see their receivers work.

use http::Method;
use http::header::CONTENT_TYPE;
use http_body_util::Full;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::connection::{Daemon, with_id};
use super::context::Context;
use super::failure::{Exit, Failure};
use super::input::argument_raw_json;
use super::many::eprint_line;
use super::output::clean;
use super::sample;

/// What is sent.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  ringback trigger order.paid
  ringback trigger order.paid --data '{\"order\": \"1001\"}'")]
pub(super) struct Args {
    /// The event's type, such as order.paid
    #[arg(value_name = "TYPE")]
    event_type: String,
    /// The event's data as JSON: inline, `@FILE`, or `-` for standard input [default: the declared type's example,
    /// or one made of its schema, or a small object]
    #[arg(long, value_name = "JSON")]
    data: Option<String>,
}

/// The request's body; `data` goes through byte for byte.
#[derive(Serialize)]
struct Body<'b> {
    r#type: &'b str,
    data: &'b RawValue,
}

/// What a declared type says of its data.
#[derive(Deserialize)]
struct Declared {
    example: Option<Box<RawValue>>,
    schema: Option<Value>,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    let (data, hint) = match &args.data {
        Some(given) => (argument_raw_json("--data", given)?, ""),
        None => sampled(&daemon, &args.event_type).await?,
    };
    let body = serde_json::to_vec(&Body { r#type: &args.event_type, data: &data }).map_err(Failure::other)?;
    let request = http::Request::post("/v1/events").header(CONTENT_TYPE, "application/json");
    let sent = daemon.request(request.body(Full::from(body)).map_err(Failure::other)?).await;
    let sent = sent.map_err(|failure| failure.naming(&[("/type", "TYPE"), ("/data", "--data")]));
    let answer = sent.map_err(|failure| match failure {
        Failure::Failed { exit: exit @ Exit::Refused, message } => Failure::new(exit, message + hint),
        failure => failure,
    })?;
    if context.output.json {
        return context.output.thing(&answer);
    }
    let id = answer.get("id").and_then(Value::as_str).unwrap_or_default();
    let count = answer.get("deliveries").and_then(Value::as_u64).unwrap_or_default();
    let webhooks = if count == 1 { "webhook" } else { "webhooks" };
    let (id, event_type) = (clean(id), clean(&args.event_type));
    context.output.line(&format!("{id}  {event_type}  to {count} {webhooks}"))?;
    if count == 0 {
        eprint_line(&format!(
            "no webhook takes it; `ringback event show {id}` says why, where one was skipped"
        ));
    }
    Ok(())
}

/// Data for an event of a type, and what to say where it is refused.
async fn sampled(daemon: &Daemon, event_type: &str) -> Result<(Box<RawValue>, &'static str), Failure> {
    let path = with_id("/v1/event-types", event_type, "");
    let declared: Declared = match daemon.api(Method::GET, &path, None).await {
        Ok(reply) => serde_json::from_slice(&reply.text).map_err(Failure::other)?,
        // It is not declared, or the token may send and not read.
        Err(Failure::Failed { exit: Exit::NotFound | Exit::Unauthorised, .. }) => {
            Declared { example: None, schema: None }
        }
        Err(failure) => return Err(failure),
    };
    if let Some(example) = declared.example {
        return Ok((example, "; the declared example is not taken: give --data"));
    }
    let made = declared.schema.as_ref().map_or_else(sample::plain, sample::of);
    let hint = "; this was made of the type's schema: give --data, or declare an example with it";
    Ok((to_raw_value(&made).map_err(Failure::other)?, if declared.schema.is_some() { hint } else { "" }))
}
