//! `account`: the tenants.

use http::Method;
use serde_json::{Value, json};

use super::connection::{Daemon, with_id};
use super::context::Context;
use super::failure::Failure;
use super::output::{Column, Shows};
use super::query::Page;
use crate::limits;

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Create an account
    #[command(visible_alias = "add")]
    Create {
        /// The account's name: lowercase letters, digits and . _ -
        name: String,
    },
    /// Show an account and what it holds
    Show {
        /// Its name or id
        // Its own id: every command has a flag `--account`.
        #[arg(id = "shown", value_name = "NAME")]
        account: String,
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
        Command::Show { account } => {
            let id = id_of(&daemon, account).await?;
            context.output.thing(&daemon.api(Method::GET, &with_id(PATH, &id, ""), None).await?)
        }
        Command::List(page) => {
            let page = daemon.page(PATH, &page.params()).await?;
            context.output.list(&page, &COLUMNS)
        }
    }
}

/// The id of an account that may be named by its name.
async fn id_of(daemon: &Daemon, account: String) -> Result<String, Failure> {
    let mut query = vec![("limit", Some(limits::PAGE_MAX.to_string()))];
    loop {
        let page = daemon.page(PATH, &query).await?;
        let mut rows = page.get("data").and_then(Value::as_array).into_iter().flatten();
        let named = rows.find(|row| row.get("name").and_then(Value::as_str) == Some(&account));
        if let Some(id) = named.and_then(|row| row.get("id")?.as_str()) {
            return Ok(id.to_owned());
        }
        let Some(cursor) = page.get("next_cursor").and_then(Value::as_str) else { return Ok(account) };
        query = vec![("limit", Some(limits::PAGE_MAX.to_string())), ("cursor", Some(cursor.to_owned()))];
    }
}
