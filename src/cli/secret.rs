//! `secret`: texts that templates of headers may name. None is ever shown.

use http::Method;
use serde_json::json;

use super::connection::with_id;
use super::context::Context;
use super::failure::Failure;
use super::input::argument_bytes;
use super::output::{Column, Shows};
use super::query::Page;

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Set a secret
    Set {
        /// The secret's name: capital letters, digits and _
        name: String,
        /// The secret as @FILE, or - for standard input; a line end at its end is ignored
        #[arg(default_value = "-")]
        from: String,
    },
    /// List secrets by name
    #[command(visible_alias = "ls")]
    List(Page),
    /// Delete a secret; what names it fails from then on
    #[command(visible_aliases = ["delete", "remove"])]
    Rm {
        /// Its name
        name: String,
    },
}

const PATH: &str = "/v1/secrets";
const COLUMNS: [Column<'_>; 3] = [
    ("NAME", Shows::Text("/name")),
    ("CREATED", Shows::Time("/created_at")),
    ("UPDATED", Shows::Time("/updated_at")),
];

pub(super) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    match command {
        Command::Set { name, from } => {
            if from != "-" && !from.starts_with('@') {
                return Err(Failure::usage("give the secret as @FILE, or as - for standard input"));
            }
            let text = String::from_utf8(argument_bytes(&from)?)
                .map_err(|_| Failure::usage("it is not UTF-8 text"))?;
            let value =
                text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
            let body = json!({ "value": value });
            context.output.thing(&daemon.api(Method::PUT, &with_id(PATH, &name, ""), Some(&body)).await?)
        }
        Command::List(page) => {
            let page = daemon.page(PATH, &page.params()).await?;
            context.output.list(&page, &COLUMNS)
        }
        Command::Rm { name } => {
            daemon.api(Method::DELETE, &with_id(PATH, &name, ""), None).await?;
            context.output.removed(&name)
        }
    }
}
