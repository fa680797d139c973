//! `token`: who may call.

use http::Method;
use serde_json::json;

use super::connection::with_id;
use super::context::Context;
use super::failure::{Exit, Failure};
use super::ids;
use super::offline;
use super::output::{Column, Shows};
use super::query::Page;
use crate::daemon::keys;
use crate::store::{Opened, Store};

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Create a token and print it once
    #[command(visible_alias = "add")]
    Create {
        /// The role: admin, producer, manager, reader or metrics (may be repeated)
        #[arg(long = "role", value_name = "ROLE", required = true)]
        roles: Vec<String>,
        /// A description
        #[arg(long)]
        description: Option<String>,
        /// How long it is valid, such as 12h or 30d; by default it does not expire
        #[arg(long, value_name = "DURATION")]
        expires_in: Option<String>,
    },
    /// List tokens (never their texts), newest first
    #[command(visible_alias = "ls")]
    List(Page),
    /// Revoke a token
    #[command(visible_aliases = ["rm", "delete"])]
    Revoke {
        /// The token's id: tok_…
        id: String,
    },
    /// Write a new admin token to the data directory's admin-token file; the daemon must be stopped. Other tokens stay valid
    Recover,
}

const PATH: &str = "/v1/tokens";
/// The flags that make the members of a token.
const FLAGS: [(&str, &str); 3] =
    [("/roles", "--role"), ("/description", "--description"), ("/expires_in", "--expires-in")];
const COLUMNS: [Column<'_>; 7] = [
    ("ID", Shows::Id("/id")),
    ("ROLES", Shows::Text("/roles")),
    ("ACCOUNT", Shows::Text("/account")),
    ("CREATED", Shows::Time("/created_at")),
    ("EXPIRES", Shows::Time("/expires_at")),
    ("LAST USED", Shows::Time("/last_used_at")),
    ("DESCRIPTION", Shows::Long("/description")),
];

pub(super) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let daemon = || context.daemon();
    match command {
        Command::Create { roles, description, expires_in } => {
            let mut body = json!({"roles": roles});
            let more = [("description", description), ("expires_in", expires_in)];
            for (name, value) in more {
                if let (Some(value), Some(members)) = (value, body.as_object_mut()) {
                    members.insert(name.to_owned(), json!(value));
                }
            }
            let made = daemon()?.api(Method::POST, PATH, Some(&body)).await;
            context.output.thing(&made.map_err(|failure| failure.naming(&FLAGS))?)
        }
        Command::List(page) => {
            let page = daemon()?.page(PATH, &page.params()).await?;
            context.output.list(&page, &COLUMNS)
        }
        Command::Revoke { id } => {
            let daemon = daemon()?;
            let id = ids::resolve(&daemon, ids::TOKEN, ids::Purpose::End("revoke"), &id).await?;
            daemon.api(Method::DELETE, &with_id(PATH, &id, ""), None).await?;
            context.output.removed(&id)
        }
        Command::Recover => recover(context).await,
    }
}

/// Anyone who may write the store and has the key that seals it may do everything anyway.
async fn recover(context: &Context) -> Result<(), Failure> {
    let (path, options) = offline::store(context)?;
    if !path.exists() {
        return Err(Failure::new(Exit::NotFound, format!("there is no store at {}", path.display())));
    }
    let opened = Store::open(&path, &options).map_err(|error| offline::refused(&error))?;
    let Opened { store, mut committed, was_unclean, .. } = opened;
    let dir = path.parent().unwrap_or(&path);
    let recovered = keys::recovered_admin_token(&store, dir).await;
    // A crash of the daemon is for its next start to find.
    if !was_unclean {
        store.close_cleanly().await.map_err(Failure::other)?;
    }
    drop(store);
    while committed.recv().await.is_some() {}
    let (file, made) = recovered.map_err(|error| Failure::other(format!("{error:#}")))?;
    let state = if made { "made" } else { "not changed: the store knows this token" };
    context.output.thing(&json!({"file": file.display().to_string(), "state": state}))
}
