//! `apply`: makes accounts, secrets, event types and webhooks what files say they are.
//!
//! All files are read and everything is checked with the daemon before the first change. What `apply` made is
//! remembered by the daemon (`managed_by`), so that `--prune` removes nothing that was made otherwise.

mod declared;
mod diff;
mod plan;
mod read;

use std::path::PathBuf;

use serde_json::{Value, json};

use super::context::Context;
use super::failure::Failure;
use super::words::count;
use crate::domain::name::ManagedBy;
use plan::{Planned, Step};

/// What `apply` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  ringback apply webhooks.toml --dry-run
  ringback apply ./ringback.d --prune
  ringback apply shop.toml --set shop --account shop

Exit status: 0 also where nothing had to change; --json says what changed.")]
pub(super) struct Args {
    /// A file, or a directory whose *.toml files are read in the order of their names
    #[arg(value_name = "FILE|DIR")]
    path: PathBuf,
    /// Only print what would change
    #[arg(long)]
    dry_run: bool,
    /// Remove webhooks and event types of this set that the files no longer declare
    #[arg(long)]
    prune: bool,
    /// Take over things of the same name that were made otherwise
    #[arg(long)]
    adopt: bool,
    /// The name of what these files declare together; sets do not touch each other's things
    #[arg(long, value_name = "NAME", default_value = "default")]
    set: String,
}

pub(super) async fn run(context: &Context, args: Args) -> Result<(), Failure> {
    let Args { path, dry_run, prune, adopt, set } = args;
    let managed_by: ManagedBy =
        format!("apply:{set}").parse().map_err(|error| Failure::usage(format!("--set: {error}")))?;
    let declared = read::all(&path, &context.env)?;
    let daemon = context.daemon()?;
    let planned = plan::Planner { daemon: &daemon, managed_by: managed_by.as_str(), adopt, prune };
    let Planned { steps, left } = planned.plan(&declared).await?;
    let mut done: Vec<&Step> = Vec::new();
    let mut failed = None;
    for step in &steps {
        if !dry_run && let Err(failure) = step.take(&daemon).await {
            failed = Some(failure.about(&step.subject()));
            break;
        }
        if !context.output.json {
            context.output.line(step.text(context.output).trim_end())?;
        }
        done.push(step);
    }
    let changes: Vec<Value> = done.iter().map(|step| step.json()).collect();
    if context.output.json {
        let told = json!({"dry_run": dry_run, "changes": changes, "unpruned": left});
        context.output.line(&told.to_string())?;
    } else {
        for thing in &left {
            context.output.line(&format!("? {thing} is not in the files any more; --prune removes it"))?;
        }
        context.output.line(&summary(done.len(), dry_run))?;
    }
    failed.map_or(Ok(()), |failure| Err(unfinished(failure, done.len(), steps.len())))
}

fn summary(changes: usize, dry_run: bool) -> String {
    let noun = if changes == 1 { "change" } else { "changes" };
    match (changes, dry_run) {
        (0, _) => "no change".to_owned(),
        (some, true) => format!("{} {noun} would be made", count(some as u64)),
        (some, false) => format!("{} {noun} made", count(some as u64)),
    }
}

/// What went wrong, and how far it went.
fn unfinished(failure: Failure, done: usize, all: usize) -> Failure {
    let rest = format!("{done} of {all} changes were made; run it again to make the others");
    failure.and(Failure::other(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_much_changed_is_said() {
        let said = [summary(0, false), summary(0, true), summary(1, true), summary(2, false)];
        assert_eq!(said, ["no change", "no change", "1 change would be made", "2 changes made"]);
    }
}
