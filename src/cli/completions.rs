//! `completions`: what a shell needs to complete the command line.

use super::failure::Failure;
use super::{Context, pages};

/// What `completions` takes.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell
    shell: Shell,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let file = match args.shell {
        Shell::Bash => "ringback.bash",
        Shell::Zsh => "_ringback",
        Shell::Fish => "ringback.fish",
    };
    let text = pages::find(file)?.ok_or_else(|| Failure::other("this build has no completions"))?;
    context.output.line(text.trim_end())
}
