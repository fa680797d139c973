//! `account`: the tenants.

use http::Method;
use serde_json::json;

use super::context::Context;
use super::failure::Failure;
use super::output::{Column, Shows};
use super::query::Page;

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Create an account
    #[command(visible_alias = "add")]
    Create {
        /// The account's name: lowercase letters, digits and . _ -
        name: String,
    },
    /// List accounts
    #[command(visible_alias = "ls")]
    List(Page),
}

const PATH: &str = "/v1/accounts";
const COLUMNS: [Column<'_>; 3] =
    [("ID", Shows::Id("/id")), ("NAME", Shows::Text("/name")), ("CREATED", Shows::Time("/created_at"))];

pub(super) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    match command {
        Command::Create { name } => {
            let body = json!({ "name": name });
            let made = daemon.api(Method::POST, PATH, Some(&body)).await;
            context.output.thing(&made.map_err(|failure| failure.naming(&[("/name", "NAME")]))?)
        }
        Command::List(page) => {
            let page = daemon.page(PATH, &page.params()).await?;
            context.output.list(&page, &COLUMNS)
        }
    }
}
