//! `job`: work that others do and say when it is done.

use http::Method;
use serde_json::{Map, Value, json};

use super::connection::{Daemon, with_id, with_query};
use super::context::Context;
use super::failure::Failure;
use super::ids::{self, Purpose};
use super::input::argument_json;
use super::many::each;
use super::output::{Column, Shows};
use super::query::{Page, moment};

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Create a job, and print its completion token once
    #[command(visible_alias = "add")]
    Create(Create),
    /// List jobs, newest first
    #[command(visible_alias = "ls")]
    List(List),
    /// Show a job
    Show {
        /// The job's id
        id: String,
    },
    /// Say that work on a job has begun
    Start {
        /// The job's id
        id: String,
    },
    /// Say that a job is done, or has failed
    Complete {
        /// The job's id
        id: String,
        /// It failed
        #[arg(long)]
        failed: bool,
        /// What went wrong, as JSON: inline, `@FILE`, or `-` for standard input
        #[arg(long, value_name = "JSON", requires = "failed")]
        error: Option<String>,
    },
    /// Abort jobs
    #[command(visible_alias = "cancel")]
    Abort {
        /// The jobs' ids
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
    },
    /// Print a job's result rows as lines of JSON
    Results {
        /// The job's id
        id: String,
        /// Begin after this many rows
        #[arg(long, default_value_t = 0)]
        offset: u64,
        /// The maximum number of rows [default: all]
        #[arg(long)]
        limit: Option<u64>,
    },
}

/// A job to create.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  ringback job create --type report.build --input '{\"month\": \"2026-05\"}'
  ringback job create --type report.build --timeout 30m --callback-url https://example.com/done")]
pub(super) struct Create {
    /// The type of work, such as report.build
    #[arg(long = "type", value_name = "TYPE")]
    job_type: String,
    /// The input as JSON: inline, `@FILE`, or `-` for standard input
    #[arg(long, value_name = "JSON")]
    input: Option<String>,
    /// How long it may take, such as 30m
    #[arg(long, value_name = "DURATION")]
    timeout: Option<String>,
    /// Gets one signed event when the job ends
    #[arg(long, value_name = "URL")]
    callback_url: Option<String>,
    /// Your own labels, as a JSON object
    #[arg(long, value_name = "JSON")]
    metadata: Option<String>,
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
    #[arg(long, value_name = "TIME", value_parser = moment)]
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
const FLAGS: [(&str, &str); 6] = [
    ("/type", "--type"),
    ("/input", "--input"),
    ("/timeout", "--timeout"),
    ("/callback_url", "--callback-url"),
    ("/metadata", "--metadata"),
    ("/error", "--error"),
];
/// Rows in one request.
const ROWS: u64 = 1000;

pub(super) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    let ask = async |purpose, given: &str, suffix: &str, body: Option<Value>| {
        let id = ids::resolve(&daemon, ids::JOB, purpose, given).await?;
        let method = if matches!(purpose, Purpose::Read) { Method::GET } else { Method::POST };
        let job = daemon.api(method, &with_id(PATH, &id, suffix), body.as_ref()).await;
        context.output.thing(&job.map_err(|failure| failure.naming(&FLAGS))?)
    };
    match command {
        Command::Create(create) => {
            let made = daemon.api(Method::POST, PATH, Some(&create.body()?)).await;
            context.output.thing(&made.map_err(|failure| failure.naming(&FLAGS))?)
        }
        Command::List(List { status, job_type, since, page }) => {
            let [limit, cursor] = page.params();
            let query = [("status", status), ("type", job_type), ("since", since), limit, cursor];
            let page = daemon.page(PATH, &query).await?;
            context.output.list(&page, &COLUMNS)
        }
        Command::Show { id } => ask(Purpose::Read, &id, "", None).await,
        Command::Start { id } => ask(Purpose::Act("start"), &id, "/start", None).await,
        Command::Complete { id, failed, error } => {
            let mut body = json!({"status": if failed { "failed" } else { "succeeded" }});
            if let (Some(error), Some(members)) = (error, body.as_object_mut()) {
                members.insert("error".to_owned(), argument_json("--error", &error)?);
            }
            ask(Purpose::End("complete"), &id, "/complete", Some(body)).await
        }
        Command::Abort { ids } => {
            each(&ids, async |id| ask(Purpose::End("abort"), id, "/abort", None).await).await
        }
        Command::Results { id, offset, limit } => {
            let id = ids::resolve(&daemon, ids::JOB, Purpose::Read, &id).await?;
            results(context, &daemon, &id, offset, limit).await
        }
    }
}

/// Prints rows until there are no more.
async fn results(
    context: &Context,
    daemon: &Daemon,
    id: &str,
    mut offset: u64,
    limit: Option<u64>,
) -> Result<(), Failure> {
    let mut left = limit.unwrap_or(u64::MAX);
    while left > 0 {
        let asked = left.min(ROWS);
        let query = [("offset", Some(offset.to_string())), ("limit", Some(asked.to_string()))];
        let page = daemon.api(Method::GET, &with_query(&with_id(PATH, id, "/results"), &query), None).await?;
        let rows = page.get("data").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        for row in rows {
            context.output.line(&row.to_string())?;
        }
        let count = rows.len() as u64;
        if count < asked {
            return Ok(());
        }
        (offset, left) = (offset + count, left - count);
    }
    Ok(())
}

impl Create {
    fn body(&self) -> Result<Value, Failure> {
        let mut body = Map::new();
        body.insert("type".to_owned(), json!(self.job_type));
        for (name, text) in [("timeout", &self.timeout), ("callback_url", &self.callback_url)] {
            body.extend(text.as_ref().map(|text| (name.to_owned(), json!(text))));
        }
        for (name, flag, given) in
            [("input", "--input", &self.input), ("metadata", "--metadata", &self.metadata)]
        {
            if let Some(given) = given {
                body.insert(name.to_owned(), argument_json(flag, given)?);
            }
        }
        Ok(Value::Object(body))
    }
}
