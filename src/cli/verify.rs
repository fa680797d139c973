//! `verify`: whether a delivery was signed with a secret, and if not, why not.

use std::path::PathBuf;

use serde_json::json;

use super::context::Context;
use super::failure::{Exit, Failure};
use super::input::argument_bytes;
use crate::{clock, sign};

/// What `verify` takes.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:
  ringback verify --secret whsec_… --header-file headers.txt < body.json")]
pub(super) struct Args {
    /// The webhook's secret: whsec_…, or a public key: whpk_… (`-` and `@FILE` are read)
    #[arg(long)]
    secret: String,
    /// A file with the delivery's headers, one `Name: value` on each line
    #[arg(long, value_name = "FILE", required_unless_present = "header")]
    header_file: Option<PathBuf>,
    /// One header, as `Name: value`
    #[arg(long, value_name = "HEADER")]
    header: Vec<String>,
    /// The exact body: inline, `@FILE`, or `-` for standard input
    #[arg(long, default_value = "-")]
    body: String,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    let secret = argument_bytes(&args.secret)?;
    let secret = String::from_utf8(secret).map_err(|_| Failure::usage("--secret: must be text"))?;
    let mut headers = String::new();
    if let Some(file) = &args.header_file {
        let text = std::fs::read_to_string(file);
        headers = text.map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
        headers.push('\n');
    }
    headers.push_str(&args.header.join("\n"));
    let body = argument_bytes(&args.body)?;
    let checked = sign::verify::check(&secret, &headers, &body, clock::now());
    let sentence = checked.map_err(|why| Failure::new(Exit::Refused, why))?;
    match context.output.json {
        true => context.output.line(&json!({"verified": true, "detail": sentence}).to_string()),
        false => context.output.line(&sentence),
    }
}
