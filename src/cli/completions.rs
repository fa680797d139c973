//! `completions`: what a shell needs to complete the command line.

use super::context::Context;
use super::failure::Failure;
use super::pages;

/// What `completions` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    #[arg(value_parser = ["bash", "zsh", "fish"])]
    shell: String,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let file = match args.shell.as_str() {
        "zsh" => "_ringback".to_owned(),
        shell => format!("ringback.{shell}"),
    };
    let text = pages::find(&file)?.ok_or_else(|| Failure::other("this build has no completions"))?;
    context.output.line(text.trim_end())
}
