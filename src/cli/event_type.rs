//! `event-type`: the types of events that are declared, and what their data must look like.

use http::Method;
use serde_json::{Map, Value, json};

use super::connection::with_id;
use super::context::Context;
use super::failure::Failure;
use super::input::argument_json;
use super::many::each;
use super::output::{Column, Shows};
use super::query::Page;

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List declared event types
    #[command(visible_alias = "ls")]
    List(Page),
    /// Show an event type
    Show {
        /// Its name, such as order.paid
        name: String,
    },
    /// Declare an event type, or change it
    #[command(visible_aliases = ["add", "create", "edit"])]
    Set {
        /// Its name, such as order.paid
        name: String,
        /// A description
        #[arg(long)]
        description: Option<String>,
        /// The JSON Schema that data must match: inline, `@FILE`, or `-` for standard input
        #[arg(long, value_name = "JSON")]
        schema: Option<String>,
        /// An example of the data, which test events use: inline, `@FILE`, or `-`
        #[arg(long, value_name = "JSON")]
        example: Option<String>,
    },
    /// Remove event types; their events are accepted without a check from then on
    #[command(visible_aliases = ["delete", "remove"])]
    Rm {
        /// Their names
        #[arg(value_name = "NAME", required = true)]
        names: Vec<String>,
    },
}

const PATH: &str = "/v1/event-types";
const COLUMNS: [Column<'_>; 3] = [
    ("NAME", Shows::Text("/name")),
    ("DESCRIPTION", Shows::Long("/description")),
    ("UPDATED", Shows::Time("/updated_at")),
];
const FLAGS: [(&str, &str); 3] =
    [("/description", "--description"), ("/schema", "--schema"), ("/example", "--example")];

pub(super) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    match command {
        Command::List(page) => context.output.list(&daemon.page(PATH, &page.params()).await?, &COLUMNS),
        Command::Show { name } => {
            context.output.thing(&daemon.api(Method::GET, &with_id(PATH, &name, ""), None).await?)
        }
        Command::Set { name, description, schema, example } => {
            let mut body = Map::new();
            body.extend(description.map(|text| ("description".to_owned(), json!(text))));
            for (member, flag, given) in [("schema", "--schema", schema), ("example", "--example", example)] {
                if let Some(given) = given {
                    body.insert(member.to_owned(), argument_json(flag, &given)?);
                }
            }
            let set = daemon.api(Method::PUT, &with_id(PATH, &name, ""), Some(&Value::Object(body))).await;
            context.output.thing(&set.map_err(|failure| failure.naming(&FLAGS))?)
        }
        Command::Rm { names } => {
            each(&names, async |name| {
                daemon.api(Method::DELETE, &with_id(PATH, name, ""), None).await?;
                context.output.removed(name)
            })
            .await
        }
    }
}
