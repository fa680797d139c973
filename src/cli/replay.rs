//! `replay`: past deliveries sent again, many at a time. How many there are is said before anything
//! is sent.

use std::io::{self, IsTerminal as _, Write as _};
use std::time::Duration;

use http::Method;
use serde_json::{Map, Value, json};

use super::connection::{Daemon, JsonReply, with_id};
use super::context::Context;
use super::failure::Failure;
use super::ids::{self, Purpose};
use super::output::{Column, Shows};
use super::query::{Deliveries, Page};

/// What can be done.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
#[command(after_help = "Examples:
  ringback replay --state failed --dry-run
  ringback replay --state failed --since 2026-05-01T00:00:00Z --wait
  ringback replay --webhook wh_… --type 'order.*' --rate 10")]
pub(super) struct Args {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    start: Start,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    /// List replays, newest first
    #[command(visible_alias = "ls")]
    List(Page),
    /// Show a replay and its progress
    Show {
        /// The replay's id
        id: String,
    },
    /// Stop a replay; what it has sent stays sent
    Cancel {
        /// The replay's id
        id: String,
    },
}

/// Which deliveries to send again, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Start {
    #[command(flatten)]
    pub(super) which: Deliveries,
    /// The maximum number of deliveries per second
    #[arg(long, value_name = "N")]
    rate: Option<u32>,
    /// Only count them
    #[arg(long)]
    dry_run: bool,
    /// Wait until the replay has finished
    #[arg(long)]
    wait: bool,
}

const PATH: &str = "/v1/replays";
const COLUMNS: [Column<'_>; 5] = [
    ("ID", Shows::Id("/id")),
    ("STATE", Shows::Text("/state")),
    ("MATCHED", Shows::Text("/matched")),
    ("DONE", Shows::Text("/done")),
    ("CREATED", Shows::Time("/created_at")),
];
/// The flags that make the members of a replay.
const FLAGS: [(&str, &str); 10] = [
    ("/filter/state", "--state"),
    ("/filter/webhook_id", "--webhook"),
    ("/filter/event_type", "--type"),
    ("/filter/since", "--since"),
    ("/filter/until", "--until"),
    ("/filter/error", "--error"),
    ("/filter/event_id", "--event"),
    ("/filter/source_id", "--source-id"),
    ("/filter/metadata", "--metadata"),
    ("/rate_per_second", "--rate"),
];
/// How often a waiting `replay` asks.
const PAUSE: Duration = Duration::from_millis(200);

pub(super) async fn run(context: &Context, args: Args) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    let (method, path) = match args.command {
        None => return start(context, &args.start).await,
        Some(Command::List(page)) => {
            let page = daemon.page(PATH, &page.params()).await?;
            return context.output.list(&page, &COLUMNS);
        }
        Some(Command::Show { id }) => {
            let id = ids::resolve(&daemon, ids::REPLAY, Purpose::Read, &id).await?;
            (Method::GET, with_id(PATH, &id, ""))
        }
        Some(Command::Cancel { id }) => {
            let id = ids::resolve(&daemon, ids::REPLAY, Purpose::End("cancel"), &id).await?;
            (Method::POST, with_id(PATH, &id, "/cancel"))
        }
    };
    context.output.thing(&daemon.api(method, &path, None).await?)
}

/// Counts, says so, and starts unless that was all.
pub(super) async fn start(context: &Context, start: &Start) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    let mut body = start.body()?;
    if let Some(given) = &start.which.webhook {
        let id = ids::resolve(&daemon, ids::WEBHOOK, Purpose::Act("replay to"), given).await?;
        if let Some(webhook) = body.pointer_mut("/filter/webhook_id") {
            *webhook = id.into();
        }
    }
    if let Some(given) = &start.which.event {
        let id = ids::resolve(&daemon, ids::EVENT, Purpose::Act("replay"), given).await?;
        if let Some(event) = body.pointer_mut("/filter/event_id") {
            *event = id.into();
        }
    }
    let counted = daemon.api(Method::POST, PATH, Some(&body)).await;
    let counted = counted.map_err(|failure| failure.naming(&FLAGS))?;
    let exact = member(&counted, "matched_exact") == true;
    if start.dry_run || member(&counted, "matched") == 0 && exact {
        return context.output.thing(&counted);
    }
    let least = if exact { "" } else { "at least " };
    let _ = writeln!(io::stderr(), "sending {least}{} deliveries again", member(&counted, "matched"));
    if let Some(dry_run) = body.get_mut("dry_run") {
        *dry_run = false.into();
    }
    let mut replay = daemon.api(Method::POST, PATH, Some(&body)).await?;
    if start.wait {
        replay = wait(&daemon, replay).await?;
    }
    context.output.thing(&replay)
}

fn member<'v>(value: &'v Value, name: &str) -> &'v Value {
    value.get(name).unwrap_or(&Value::Null)
}

async fn wait(daemon: &Daemon, mut replay: JsonReply) -> Result<JsonReply, Failure> {
    let terminal = io::stderr().is_terminal();
    let path = with_id(PATH, member(&replay, "id").as_str().unwrap_or_default(), "");
    while member(&replay, "state") == "running" {
        tokio::time::sleep(PAUSE).await;
        replay = daemon.api(Method::GET, &path, None).await?;
        if terminal {
            let _ = write!(
                io::stderr(),
                "\r{} of {} sent again",
                member(&replay, "done"),
                member(&replay, "matched")
            );
        }
    }
    if terminal {
        let _ = writeln!(io::stderr());
    }
    Ok(replay)
}

impl Start {
    /// Whether it says which deliveries, besides the webhook.
    pub(super) fn has_more(&self) -> bool {
        self.which.has_more() || self.rate.is_some() || self.dry_run || self.wait
    }

    /// The request that only counts.
    fn body(&self) -> Result<Value, Failure> {
        let given = self.which.params().into_iter();
        let filter: Map<String, Value> =
            given.filter_map(|(name, text)| Some((name.to_owned(), text?.into()))).collect();
        if filter.is_empty() {
            let flags =
                "--state, --webhook, --type, --since, --until, --error, --event, --source-id or --metadata";
            return Err(Failure::usage(format!("say which deliveries: give {flags}")));
        }
        Ok(json!({"filter": filter, "rate_per_second": self.rate, "dry_run": true}))
    }
}
