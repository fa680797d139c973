//! `export` and `import`: the running daemon's store as lines of JSON, and a store of such lines.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::backup::{input, refused, save};
use super::context::Context;
use super::failure::Failure;
use super::offline;
use crate::store::export::{self, ExportSummary};

/// What `export` takes.
#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    /// The file to write, or - for standard output
    #[arg(value_name = "FILE", default_value = "-")]
    file: PathBuf,
}

/// What `import` takes.
#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// The export, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Read the whole file and print what would be done; write nothing
    #[arg(long)]
    dry_run: bool,
    /// Replace an existing store
    #[arg(long)]
    replace: bool,
}

/// Writes every row of the running daemon's store as a line.
pub(super) async fn export(context: &Context, args: &ExportArgs) -> Result<(), Failure> {
    let saved = save(context, "/admin/export", &args.file, |pieces| export::verify(pieces, None)).await?;
    saved.map_or(Ok(()), |summary| report(context, &args.file, "written", &summary))
}

/// Reads an export into a store that the configuration names.
pub(super) fn import(context: &Context, args: &ImportArgs) -> Result<(), Failure> {
    let (path, options) = offline::store(context)?;
    let input = input(&args.file)?;
    if args.dry_run {
        let summary = export::verify(input, Some(&options)).map_err(refused)?;
        let would = match (path.exists(), args.replace) {
            (false, _) => "would be made",
            (true, true) => "would be replaced",
            (true, false) => "exists; use --replace to overwrite it",
        };
        return report(context, &path, would, &summary);
    }
    let summary = export::import(input, &path, &options, args.replace).map_err(refused)?;
    report(context, &path, "imported", &summary)
}

fn report(context: &Context, file: &Path, state: &str, summary: &ExportSummary) -> Result<(), Failure> {
    let kinds: Value =
        summary.counts.iter().map(|(kind, rows)| json!({"kind": kind, "rows": rows})).collect();
    context.output.thing(&json!({
        "file": file.display().to_string(), "state": state, "rows": summary.rows(), "bytes": summary.bytes,
        "kinds": kinds,
    }))
}
