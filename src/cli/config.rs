//! `config`: the settings in force.

use super::context::Context;
use super::failure::Failure;
use super::output::{Column, Shows};
use serde_json::{Value, json};

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Show the running daemon's settings, and where each comes from
    Show {
        /// Only settings whose name begins like this, such as egress
        #[arg(value_name = "NAME")]
        key: Option<String>,
    },
}

const COLUMNS: [Column<'_>; 3] =
    [("SETTING", Shows::Text("/key")), ("VALUE", Shows::Long("/value")), ("FROM", Shows::Text("/source"))];

pub(super) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let Command::Show { key } = command;
    let shown = context.daemon()?.admin_json("/admin/config").await?;
    let begins = |setting: &&Value| {
        let name = setting.get("key").and_then(Value::as_str).unwrap_or_default();
        key.as_ref().is_none_or(|key| name.starts_with(key.as_str()))
    };
    let settings = shown.get("settings").and_then(Value::as_array).into_iter().flatten();
    let settings: Vec<&Value> = settings.filter(begins).collect();
    context.output.list(&json!({ "data": settings }), &COLUMNS)
}
