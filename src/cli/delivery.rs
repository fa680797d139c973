//! `delivery`: what became of an event at a webhook.

use std::cell::Cell;

use http::Method;
use serde_json::{Value, json};

use super::connection::{Daemon, JsonReply, with_id};
use super::context::Context;
use super::failure::{Exit, Failure};
use super::ids::{self, Purpose};
use super::many::{self, each};
use super::output::{Column, Output, Shows, clean};
use super::query::{Deliveries, Page, moment};
use super::{result, words};

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// List deliveries, newest first
    #[command(visible_alias = "ls")]
    List(Box<List>),
    /// Show a delivery and its attempts
    Show {
        /// The delivery's id
        id: String,
    },
    /// Try deliveries again now
    Retry {
        /// The deliveries' ids
        #[arg(value_name = "ID", required = true)]
        ids: Vec<String>,
    },
    /// Give up pending deliveries
    Cancel(Box<Cancel>),
}

/// Which deliveries to give up.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  ringback delivery cancel 4000001 4000002
  ringback delivery cancel --all --webhook 0fsrk --since 1h --dry-run")]
pub(super) struct Cancel {
    /// The deliveries' ids
    #[arg(value_name = "ID", required_unless_present = "all")]
    ids: Vec<String>,
    /// All pending ones that match the filters below, after printing how many
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// Only print how many match
    #[arg(long, requires = "all")]
    dry_run: bool,
    /// Only deliveries to this webhook
    #[arg(long, value_name = "ID", requires = "all")]
    webhook: Option<String>,
    /// Only events of this type or pattern, such as order.*
    #[arg(long = "type", value_name = "TYPE", requires = "all")]
    event_type: Option<String>,
    /// Only events accepted at or after this time
    #[arg(long, value_name = "TIME", requires = "all", value_parser = moment)]
    since: Option<String>,
    /// Only events accepted before this time
    #[arg(long, value_name = "TIME", requires = "all", value_parser = moment)]
    until: Option<String>,
}

/// Which deliveries, and which page of them.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  ringback delivery list --state failed
  ringback delivery list --type 'order.*' --since 2026-05-01T00:00:00Z
  ringback delivery list --webhook wh_… --error timeout_total")]
pub(super) struct List {
    #[command(flatten)]
    which: Deliveries,
    #[command(flatten)]
    page: Page,
}

const PATH: &str = "/v1/deliveries";
const COLUMNS: [Column<'_>; 11] = [
    ("ID", Shows::Id("/id")),
    ("STATE", Shows::Text("/state")),
    ("ATTEMPTS", Shows::Text("/attempts")),
    ("NEXT", Shows::Time("/next_attempt_at")),
    ("WAITS FOR", Shows::Text("/waiting_for")),
    ("ERROR", Shows::Text("/last_error")),
    ("TYPE", Shows::Long("/event_type")),
    ("URL", Shows::Url("/url")),
    ("EVENT", Shows::Id("/event_id")),
    ("WEBHOOK", Shows::Id("/webhook_id")),
    ("NAME", Shows::Text("/webhook_name")),
];

/// What of it fits on a terminal.
const SHORT: [Column<'_>; 5] = [
    ("ID", Shows::Id("/id")),
    ("AGE", Shows::Age("/created_at")),
    ("EVENT", Shows::Long("/event_type")),
    ("TO", Shows::Target("/webhook_name", "/url")),
    ("RESULT", Shows::Words(result::delivery)),
];

/// How much of an answer's body is shown.
const BODY_LINES: usize = 5;
const BODY_CHARS: usize = 72;

pub(super) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    let output = context.output;
    match command {
        Command::List(list) => {
            let List { mut which, page } = *list;
            which.webhook = ids::resolve_given(&daemon, ids::WEBHOOK, Purpose::Read, which.webhook).await?;
            which.event = ids::resolve_given(&daemon, ids::EVENT, Purpose::Read, which.event).await?;
            let query = [&which.params()[..], &page.params()].concat();
            let mut page = daemon.page(PATH, &query).await?;
            if !output.terminal() {
                return output.list(&page, &COLUMNS);
            }
            if let Some(rows) = page.value_mut().get_mut("data").and_then(Value::as_array_mut) {
                result::statuses(&daemon, rows).await;
            }
            output.list(&page, &SHORT)
        }
        Command::Show { id } => {
            let id = ids::resolve(&daemon, ids::DELIVERY, Purpose::Read, &id).await?;
            show(output, daemon.api(Method::GET, &with_id(PATH, &id, ""), None).await?)
        }
        Command::Retry { ids } => {
            each(&ids, async |given| {
                let id = ids::resolve(&daemon, ids::DELIVERY, Purpose::Act("retry"), given).await?;
                show(output, daemon.api(Method::POST, &with_id(PATH, &id, "/retry"), None).await?)
            })
            .await
        }
        Command::Cancel(cancel) => give_up(output, &daemon, *cancel).await,
    }
}

async fn give_up(output: Output, daemon: &Daemon, cancel: Cancel) -> Result<(), Failure> {
    let Cancel { ids, all, dry_run, webhook, event_type, since, until } = cancel;
    if !all {
        return each(&ids, async |given| {
            let id = ids::resolve(daemon, ids::DELIVERY, Purpose::End("cancel"), given).await?;
            show(output, daemon.api(Method::POST, &with_id(PATH, &id, "/cancel"), None).await?)
        })
        .await;
    }
    let webhook =
        ids::resolve_given(daemon, ids::WEBHOOK, Purpose::Act("cancel deliveries to"), webhook).await?;
    let filters = [
        ("state", Some("pending".to_owned())),
        ("webhook_id", webhook),
        ("type", event_type),
        ("since", since),
        ("until", until),
    ];
    let found = many::all(daemon, PATH, &filters).await?;
    many::eprint_line(&format!(
        "{} in state pending",
        found.said("matching delivery", "matching deliveries")
    ));
    if dry_run {
        return Ok(());
    }
    let ended = Cell::new(0_u64);
    let result = each(&found.ids, async |id| {
        match daemon.api(Method::POST, &with_id(PATH, id, "/cancel"), None).await {
            Ok(_) => ended.set(ended.get() + 1),
            // It was delivered meanwhile.
            Err(Failure::Failed { exit: Exit::Refused, .. }) => {}
            Err(failure) => return Err(failure),
        }
        Ok(())
    })
    .await;
    let ended = ended.get();
    output.line(&if output.json {
        json!({"cancelled": ended}).to_string()
    } else {
        format!("{} cancelled", words::count(ended))
    })?;
    result
}

/// A delivery, and below it each attempt with what the receiver answered when it failed.
fn show(output: Output, mut delivery: JsonReply) -> Result<(), Failure> {
    if output.json {
        return output.thing(&delivery);
    }
    let output = output.now();
    let attempts = delivery.value_mut().as_object_mut().and_then(|members| members.remove("attempt_log"));
    let mut text = output.members(&delivery, &[]);
    let attempts: Vec<Value> = attempts.and_then(|log| log.as_array().cloned()).unwrap_or_default();
    if !attempts.is_empty() {
        text.push_str("attempts\n");
    }
    for row in &attempts {
        text.push_str(&attempt(output, row));
    }
    output.line(text.trim_end())
}

fn attempt(output: Output, row: &Value) -> String {
    let word = |at: &str| row.pointer(at).and_then(Value::as_str).unwrap_or_default();
    let started = word("/started_at");
    let when = words::time(started).filter(|_| output.terminal());
    let when = when.map_or_else(|| started.to_owned(), |at| words::relative(at, output.look.now));
    let by_hand = if word("/trigger") == "manual" { ", by hand" } else { "" };
    let number = row.get("number").and_then(Value::as_u64).unwrap_or_default();
    let result = output.paint(result::attempt(row));
    let mut text = format!("  {number:>2}  {when}  {result}{by_hand}\n");
    if row.get("error").is_none_or(Value::is_null) {
        return text;
    }
    let body = word("/response_body");
    let detail = word("/error/detail");
    // That a status is a wrong one was said.
    if word("/error/kind") != "status" {
        text.push_str(&format!("      {}\n", clean(detail)));
    }
    let lines: Vec<&str> = body.lines().filter(|line| !line.trim().is_empty()).collect();
    for line in lines.iter().take(BODY_LINES) {
        let shown: String = clean(line).chars().take(BODY_CHARS).collect();
        let more = if line.chars().count() > BODY_CHARS { "…" } else { "" };
        text.push_str(&format!("      {shown}{more}\n"));
    }
    if lines.len() > BODY_LINES {
        text.push_str(&format!("      … {} more lines, with --json\n", lines.len() - BODY_LINES));
    }
    text
}
