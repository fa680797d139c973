//! `webhook`: where events go.

use http::Method;
use serde_json::{Map, Value, json};

use super::Context;
use super::connection::{with_id, with_query};
use super::failure::Failure;
use super::output::Column;
use super::query::Page;

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Add a webhook; prints its secret, once
    Add(Box<Add>),
    /// List webhooks
    List(Page),
    /// Show a webhook
    Show(Id),
    /// Stop sending to a webhook; its events are kept until it is resumed
    Pause(Id),
    /// Send to a paused or disabled webhook again
    Resume {
        /// The webhook's id
        id: String,
        /// What becomes of the events that waited: deliver (the default) or drop
        #[arg(long, value_name = "ACTION")]
        backlog: Option<String>,
    },
    /// Send a test event to a webhook
    Test(Id),
    /// Give a webhook a new secret; the old one goes on signing for a while
    Rotate {
        /// The webhook's id
        id: String,
        /// For how many seconds the old secret goes on signing
        #[arg(long, value_name = "SECONDS")]
        overlap: Option<u32>,
    },
    /// Remove a webhook
    Rm(Id),
}

/// One webhook.
#[derive(Debug, clap::Args)]
pub(super) struct Id {
    /// The webhook's id
    id: String,
}

/// A webhook to add.
#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// Where it points
    url: String,
    /// The event types it wants, as order.* (may be repeated, or separated by commas)
    #[arg(long = "events", value_name = "TYPES", value_delimiter = ',')]
    events: Vec<String>,
    /// How to render, sign and retry
    #[arg(long)]
    profile: Option<String>,
    /// A note for people
    #[arg(long)]
    description: Option<String>,
    /// Its secret; made for you unless given
    #[arg(long)]
    secret: Option<String>,
    /// A header on its requests, as `Name: value` (may be repeated)
    #[arg(long = "header", value_name = "HEADER")]
    headers: Vec<String>,
    /// Which data it wants, as JSON
    #[arg(long, value_name = "JSON")]
    filter: Option<String>,
    /// Whether deliveries keep an order: none, webhook or key
    #[arg(long)]
    ordering: Option<String>,
    /// Attempts in flight at most
    #[arg(long, value_name = "N")]
    max_in_flight: Option<u32>,
    /// Attempts per second at most
    #[arg(long, value_name = "N")]
    rate: Option<f64>,
    /// Attempts that may start at once, with --rate
    #[arg(long, value_name = "N", requires = "rate", default_value_t = 1)]
    burst: u32,
}

const COLUMNS: [Column; 5] =
    [("ID", "/id"), ("STATE", "/state"), ("PROFILE", "/profile"), ("EVENTS", "/events"), ("URL", "/url")];
const PATH: &str = "/v1/webhooks";

pub(super) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    let (method, path, body) = match command {
        Command::List(page) => {
            let page = daemon.api(Method::GET, &with_query(PATH, &page.params()), None).await?;
            return context.output.list(&page, &COLUMNS);
        }
        Command::Rm(Id { id }) => {
            daemon.api(Method::DELETE, &with_id(PATH, &id, ""), None).await?;
            return context.output.removed(&id);
        }
        Command::Add(add) => (Method::POST, PATH.to_owned(), Some(add.body()?)),
        Command::Show(Id { id }) => (Method::GET, with_id(PATH, &id, ""), None),
        Command::Pause(Id { id }) => (Method::POST, with_id(PATH, &id, "/pause"), None),
        Command::Resume { id, backlog } => {
            let body = backlog.map_or_else(|| json!({}), |backlog| json!({ "backlog": backlog }));
            let resumed = daemon.api(Method::POST, &with_id(PATH, &id, "/resume"), Some(&body)).await?;
            context.output.thing(&resumed)?;
            return match waited(resumed.get("backlog")) {
                Some(line) if !context.output.json => context.output.line(&line),
                _ => Ok(()),
            };
        }
        Command::Test(Id { id }) => (Method::POST, with_id(PATH, &id, "/test"), None),
        Command::Rotate { id, overlap } => {
            let body = overlap.map_or_else(|| json!({}), |seconds| json!({"overlap_seconds": seconds}));
            (Method::POST, with_id(PATH, &id, "/rotate-secret"), Some(body))
        }
    };
    context.output.thing(&daemon.api(method, &path, body.as_ref()).await?)
}

/// What became of what waited for a webhook, in words.
fn waited(backlog: Option<&Value>) -> Option<String> {
    let backlog = backlog?;
    let count = backlog.get("deliveries")?.as_u64()?;
    let least = if backlog.get("more")? == true { "at least " } else { "" };
    let (were, noun) = if count == 1 { ("is", "delivery") } else { ("are", "deliveries") };
    let fate = match backlog.get("action")?.as_str()? {
        "drop" => "cancelled",
        _ => "being being sent now, at the webhook's rate",
    };
    Some(format!("{least}{count} {noun} waited and {were} {fate}"))
}

impl Add {
    fn body(&self) -> Result<Value, Failure> {
        let mut body = Map::new();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                body.insert(name.to_owned(), value);
            }
        };
        put("url", Some(json!(self.url)));
        put("events", (!self.events.is_empty()).then(|| json!(self.events)));
        put("profile", self.profile.as_ref().map(|text| json!(text)));
        put("description", self.description.as_ref().map(|text| json!(text)));
        put("secret", self.secret.as_ref().map(|text| json!(text)));
        put("ordering", self.ordering.as_ref().map(|text| json!(text)));
        put("max_in_flight", self.max_in_flight.map(|number| json!(number)));
        put("rate_limit", self.rate.map(|rate| json!({"per_second": rate, "burst": self.burst})));
        put("headers", headers(&self.headers)?);
        let filter = self.filter.as_ref().map(|text| serde_json::from_str(text)).transpose();
        put("filter", filter.map_err(|error| Failure::usage(format!("--filter: must be JSON: {error}")))?);
        Ok(Value::Object(body))
    }
}

fn headers(lines: &[String]) -> Result<Option<Value>, Failure> {
    let mut headers = Map::new();
    for line in lines {
        let pair = line.split_once(':');
        let (name, value) = pair.ok_or_else(|| Failure::usage("--header: must be \"Name: value\""))?;
        let name = name.trim();
        if headers.keys().any(|known: &String| known.eq_ignore_ascii_case(name)) {
            return Err(Failure::usage(format!("--header: {name:?} is named twice")));
        }
        headers.insert(name.to_owned(), json!(value.trim()));
    }
    Ok((!headers.is_empty()).then_some(Value::Object(headers)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        add: Add,
    }

    fn body(args: &[&str]) -> Result<Value, Failure> {
        Line::try_parse_from(["add"].iter().chain(args)).unwrap().add.body()
    }

    #[test]
    fn what_waited_is_told_in_words() {
        let told = |backlog| waited(Some(&backlog)).unwrap();
        let one = json!({"action": "deliver", "deliveries": 1, "more": false});
        assert_eq!(told(one), "1 delivery waited and is being being sent now, at the webhook's rate");
        let many = json!({"action": "drop", "deliveries": 7, "more": true});
        assert_eq!(told(many), "at least 7 deliveries waited and are cancelled");
        assert_eq!(waited(None), None);
    }

    #[test]
    fn only_what_is_said_is_sent() {
        assert_eq!(body(&["https://x/"]).unwrap(), json!({"url": "https://x/"}));
        let full = body(&[
            "https://x/",
            "--events",
            "a,b",
            "--events",
            "c",
            "--header",
            "X-A: 1:2",
            "--rate",
            "5",
            "--filter",
            "{\"a\":1}",
        ]);
        assert_eq!(
            full.unwrap(),
            json!({"url": "https://x/", "events": ["a", "b", "c"], "headers": {"X-A": "1:2"},
                "rate_limit": {"per_second": 5.0, "burst": 1}, "filter": {"a": 1}})
        );
        assert!(body(&["https://x/", "--header", "nonsense"]).is_err());
        assert!(body(&["https://x/", "--header", "X-A: 1", "--header", "x-a: 2"]).is_err());
        assert!(body(&["https://x/", "--filter", "{"]).is_err());
    }
}
