//! `man`: the manual page of a command, as `man` reads it.

use super::context::Context;
use super::failure::{Exit, Failure};
use super::pages;

/// What `man` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The command, such as `webhook add`; by default `ringback` itself
    command: Vec<String>,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let words = std::iter::once("ringback").chain(args.command.iter().map(String::as_str));
    let page = format!("{}.1", words.collect::<Vec<_>>().join("-"));
    let text = pages::find(&page)?.ok_or_else(|| {
        let command = args.command.join(" ");
        Failure::new(Exit::NotFound, format!("there is no command {command}; `ringback --help` lists them"))
    })?;
    context.output.line(text.trim_end())
}
