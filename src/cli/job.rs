//! `job`: look at jobs. Those who make and work on them use the API.

use http::Method;

use super::connection::with_id;
use super::context::Context;
use super::failure::Failure;
use super::ids;
use super::output::{Column, Shows};
use super::query::Page;

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List jobs, newest first
    #[command(visible_alias = "ls")]
    List(List),
    /// Show a job
    Show {
        /// The job's id
        id: String,
    },
}

/// Which jobs.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Only this status: queued, running, succeeded, failed, timed_out or aborted
    #[arg(long)]
    status: Option<String>,
    /// Only jobs of this type or pattern, such as report.*
    #[arg(long = "type", value_name = "TYPE")]
    job_type: Option<String>,
    /// Only jobs created at or after this time
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    #[command(flatten)]
    page: Page,
}

const PATH: &str = "/v1/jobs";
const COLUMNS: [Column<'_>; 5] = [
    ("ID", Shows::Id("/id")),
    ("STATUS", Shows::Text("/status")),
    ("TYPE", Shows::Long("/type")),
    ("ROWS", Shows::Text("/result_count")),
    ("CREATED", Shows::Time("/created_at")),
];

pub(super) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    match command {
        Command::List(List { status, job_type, since, page }) => {
            let [limit, cursor] = page.params();
            let query = [("status", status), ("type", job_type), ("since", since), limit, cursor];
            let page = daemon.page(PATH, &query).await?;
            context.output.list(&page, &COLUMNS)
        }
        Command::Show { id } => {
            let id = ids::resolve(&daemon, ids::JOB, ids::Purpose::Read, &id).await?;
            let job = daemon.api(Method::GET, &with_id(PATH, &id, ""), None).await?;
            context.output.thing(&job)
        }
    }
}
