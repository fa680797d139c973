//! `openapi`: the description of the API, from the table that the daemon answers with. It needs none.

use super::context::Context;
use super::failure::Failure;
use crate::api::table;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Include the providers' paths besides Ringback's own
    #[arg(long)]
    dialects: bool,
}

pub(super) fn run(context: &Context, args: &Args) -> Result<(), Failure> {
    context.output.line(&table::described(args.dialects).to_string())
}
