//! `filter test`: what a webhook's filter makes of an event's data, without a daemon.

use serde_json::json;

use super::context::Context;
use super::failure::{Exit, Failure};
use super::input::argument_raw_json;
use super::webhook;
use crate::domain::filter::{Data, Filter, Verdict};
use crate::limits;

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Say whether data passes a filter; the exit status is 1 if it does not
    #[command(after_help = "Examples:
  ringback filter test --filter '{\"status\": [\"paid\", \"refunded\"]}' --data '{\"status\": \"paid\"}'
  ringback filter test --filter '$[?@.amount >= 100]' --data @order.json")]
    Test {
        /// The filter: an object as JSON, or a JSONPath query
        #[arg(long, value_name = "FILTER")]
        filter: String,
        /// The event's data as JSON: inline, `@FILE`, or `-` for standard input
        #[arg(long, value_name = "JSON")]
        data: String,
    },
}

pub(super) fn run(context: &Context, command: &Command) -> Result<(), Failure> {
    let Command::Test { filter, data } = command;
    let text = webhook::filter(filter)?.to_string();
    let faults = Filter::faults(&text);
    if !faults.is_empty() {
        let lines =
            faults.iter().map(|(at, fault)| format!("--filter: {}", format!("{at} {fault}").trim_start()));
        return Err(Failure::usage(lines.collect::<Vec<_>>().join("\n")));
    }
    let filter = Filter::parse(&text).map_err(|fault| Failure::usage(format!("--filter: {fault}")))?;
    let data = argument_raw_json("--data", data)?;
    let mut steps = limits::FILTER_STEPS;
    let verdict = filter.judge(&Data::read(data.get().as_bytes()), &mut steps);
    let (passes, said) = match verdict {
        Verdict::Wanted => (true, "it passes the filter"),
        Verdict::Unwanted => (false, "it does not pass the filter"),
        Verdict::TooCostly | Verdict::OutOfSteps => (false, "the filter takes too many steps for this data"),
    };
    if context.output.json {
        context.output.line(&json!({ "passes": passes }).to_string())?;
    } else if passes {
        context.output.line(said)?;
    }
    if passes { Ok(()) } else { Err(Failure::new(Exit::Other, said)) }
}
