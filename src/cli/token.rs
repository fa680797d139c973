//! `token`: who may call.

use http::Method;
use serde_json::json;

use super::Context;
use super::connection::with_id;
use super::failure::Failure;
use super::output::Column;

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Make a token; prints it, once
    Create {
        /// What it may do: admin, producer, manager or reader
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
    let daemon = context.daemon()?;
    match command {
        Command::Create { role, account, description } => {
            let mut body = json!({"role": role});
            for (name, value) in [("account", account), ("description", description)] {
                if let (Some(value), Some(members)) = (value, body.as_object_mut()) {
                    members.insert(name.to_owned(), json!(value));
                }
            }
            context.output.thing(&daemon.api(Method::POST, PATH, Some(&body)).await?)
        }
        Command::List => context.output.list(&daemon.api(Method::GET, PATH, None).await?, &COLUMNS),
        Command::Revoke { id } => {
            daemon.api(Method::DELETE, &with_id(PATH, &id, ""), None).await?;
            context.output.removed(&id)
        }
    }
}
