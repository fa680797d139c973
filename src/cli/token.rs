//! `token`: who may call.

use http::Method;
use serde_json::json;

use super::Context;
use super::connection::with_id;
use super::failure::{Exit, Failure};
use super::offline;
use super::output::Column;
use crate::service::keys;
use crate::store::{Opened, Store};

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a token; prints it, once
    Create {
        /// What it may do: admin, producer, manager, reader or metrics
        #[arg(long)]
        role: String,
        /// The account it opens
        #[arg(long, value_name = "NAME")]
        account: Option<String>,
        /// A note for people
        #[arg(long)]
        description: Option<String>,
    },
    /// List tokens (never their texts)
    List,
    /// Revoke a token
    Revoke {
        /// The token's id: tok_…
        id: String,
    },
    /// Put an admin token into the data directory's admin-token when all are lost; the daemon must be
    /// stopped. The others stay valid
    Recover,
}

const PATH: &str = "/v1/tokens";
const COLUMNS: [Column; 5] = [
    ("ID", "/id"),
    ("ROLE", "/role"),
    ("ACCOUNT", "/account"),
    ("CREATED", "/created_at"),
    ("DESCRIPTION", "/description"),
];

pub(super) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let daemon = || context.daemon();
    match command {
        Command::Create { role, account, description } => {
            let mut body = json!({"role": role});
            for (name, value) in [("account", account), ("description", description)] {
                if let (Some(value), Some(members)) = (value, body.as_object_mut()) {
                    members.insert(name.to_owned(), json!(value));
                }
            }
            context.output.thing(&daemon()?.api(Method::POST, PATH, Some(&body)).await?)
        }
        Command::List => context.output.list(&daemon()?.api(Method::GET, PATH, None).await?, &COLUMNS),
        Command::Revoke { id } => {
            daemon()?.api(Method::DELETE, &with_id(PATH, &id, ""), None).await?;
            context.output.removed(&id)
        }
        Command::Recover => recover(context).await,
    }
}

/// Whoever may write the store and has the key that seals it may do everything anyway.
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
    let state = if made { "made" } else { "not changed: the store knows its token" };
    context.output.thing(&json!({"file": file.display().to_string(), "state": state}))
}
