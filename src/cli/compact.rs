//! `compact`: the stopped daemon's store in a file no larger than what it holds.

use serde_json::json;

use super::context::Context;
use super::failure::{Exit, Failure};
use super::offline;
use super::progress::Progress;
use crate::store::compact::{self, CompactError, Survey};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Print what the file holds and what would be saved; write nothing
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let (path, options) = offline::store(context)?;
    let before = compact::survey(&path, &options).map_err(refused)?;
    let file = path.display().to_string();
    let Survey { rows, live_bytes, file_bytes, compact_bytes } = before;
    if args.dry_run {
        return context.output.thing(&json!({
            "file": file,
            "state": "not changed",
            "rows": rows,
            "live_bytes": live_bytes,
            "bytes": file_bytes,
            "would_save_about": file_bytes.saturating_sub(compact_bytes),
        }));
    }
    let mut progress = Progress::new("copied", Some(live_bytes));
    let after = compact::compact(&path, &options, |bytes| progress.add(bytes)).map_err(refused)?;
    drop(progress);
    context.output.thing(&json!({
        "file": file,
        "state": "compacted",
        "rows": after.rows,
        "live_bytes": after.live_bytes,
        "bytes": after.file_bytes,
        "bytes_before": file_bytes,
    }))
}

fn refused(error: CompactError) -> Failure {
    match error {
        CompactError::Store(error) => offline::refused(&error),
        other => Failure::new(Exit::Refused, other.to_string()),
    }
}
