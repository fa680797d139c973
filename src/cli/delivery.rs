//! `delivery`: what became of an event at a webhook.

use http::Method;

use super::Context;
use super::connection::{with_id, with_query};
use super::failure::Failure;
use super::output::Column;

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

/// Which deliveries.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Those in a state: pending, delivered, failed or cancelled
    #[arg(long)]
    state: Option<String>,
    /// Those to a webhook
    #[arg(long, value_name = "ID")]
    webhook: Option<String>,
    /// Those of events of a type or glob, as order.*
    #[arg(long, value_name = "TYPE")]
    event_type: Option<String>,
    /// Those of events accepted at or after a time
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Those of events accepted before a time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Those whose last attempt failed in a way, as timeout_total or status
    #[arg(long, value_name = "KIND")]
    error: Option<String>,
    /// At most this many
    #[arg(long)]
    limit: Option<u16>,
    /// Go on where an earlier page ended
    #[arg(long)]
    cursor: Option<String>,
}

const PATH: &str = "/v1/deliveries";
const COLUMNS: [Column; 6] = [
    ("ID", "/id"),
    ("STATE", "/state"),
    ("ATTEMPTS", "/attempts"),
    ("NEXT", "/next_attempt_at"),
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
            let page = daemon.api(Method::GET, &list.path(), None).await?;
            return context.output.list(&page, &COLUMNS);
        }
        Command::Show { id } => (Method::GET, with_id(PATH, &id, "")),
        Command::Retry { id } => (Method::POST, with_id(PATH, &id, "/retry")),
    };
    context.output.thing_with_rows(&daemon.api(method, &path, None).await?, &ATTEMPTS)
}

impl List {
    fn path(self) -> String {
        let query = [
            ("state", self.state),
            ("webhook_id", self.webhook),
            ("event_type", self.event_type),
            ("since", self.since),
            ("until", self.until),
            ("error", self.error),
            ("limit", self.limit.map(|limit| limit.to_string())),
            ("cursor", self.cursor),
        ];
        with_query(PATH, &query)
    }
}
