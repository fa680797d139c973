//! `delivery`: what became of an event at a webhook.

use http::Method;

use super::connection::{with_id, with_query};
use super::context::Context;
use super::failure::Failure;
use super::output::Column;
use super::query::{Deliveries, Page};

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List deliveries, newest first
    List(Box<List>),
    /// Show a delivery and its attempts
    Show {
        /// The delivery's id
        id: String,
    },
    /// Try a delivery again now
    Retry {
        /// The delivery's id
        id: String,
    },
}

/// Which deliveries, and which page of them.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    #[command(flatten)]
    which: Deliveries,
    /// Those of an event
    #[arg(long, value_name = "ID")]
    event: Option<String>,
    /// Those of events with an id of the producer's own
    #[arg(long, value_name = "ID")]
    source_id: Option<String>,
    /// Those of events whose metadata has a member of this name and value
    #[arg(long, value_name = "NAME:VALUE")]
    metadata: Option<String>,
    #[command(flatten)]
    page: Page,
}

const PATH: &str = "/v1/deliveries";
const COLUMNS: [Column; 9] = [
    ("ID", "/id"),
    ("STATE", "/state"),
    ("ATTEMPTS", "/attempts"),
    ("NEXT", "/next_attempt_at"),
    ("WAITS FOR", "/waiting_for"),
    ("ERROR", "/last_error"),
    ("TYPE", "/event_type"),
    ("EVENT", "/event_id"),
    ("WEBHOOK", "/webhook_id"),
];

const ATTEMPTS: [Column; 6] = [
    ("NUMBER", "/number"),
    ("STARTED", "/started_at"),
    ("MS", "/duration_ms"),
    ("STATUS", "/status_code"),
    ("ERROR", "/error/kind"),
    ("DETAIL", "/error/detail"),
];

pub(super) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    let (method, path) = match command {
        Command::List(list) => {
            let List { which, event, source_id, metadata, page } = *list;
            let own = [("event_id", event), ("source_id", source_id), ("metadata", metadata)];
            let query = [&which.params()[..], &own, &page.params()].concat();
            let page = daemon.api(Method::GET, &with_query(PATH, &query), None).await?;
            return context.output.list(&page, &COLUMNS);
        }
        Command::Show { id } => (Method::GET, with_id(PATH, &id, "")),
        Command::Retry { id } => (Method::POST, with_id(PATH, &id, "/retry")),
    };
    context.output.thing_with_rows(&daemon.api(method, &path, None).await?, &ATTEMPTS)
}
