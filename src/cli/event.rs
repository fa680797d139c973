//! `event`: send events, and look at what became of them.

use http::Method;
use http::header::CONTENT_TYPE;
use http_body_util::Full;
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::connection::with_id;
use super::context::Context;
use super::failure::Failure;
use super::ids::{self, Purpose};
use super::input::argument_raw_json;
use super::many::each;
use super::output::{Column, Shows};
use super::query::{Page, moment};
use super::replay::{self, Start};
use super::result;

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Command {
    /// Send one event
    Send(Box<Send>),
    /// Show an event and its deliveries
    Show {
        /// The event's id
        id: String,
    },
    /// List events, newest first
    #[command(visible_alias = "ls")]
    List(List),
    /// Send events again: the given ones to the webhooks that missed them, or matching deliveries (like `replay`)
    Replay {
        /// The events' ids
        #[arg(value_name = "ID")]
        ids: Vec<String>,
        /// To all matching webhooks, including those that received them
        #[arg(long, requires = "ids", conflicts_with = "webhook")]
        all: bool,
        #[command(flatten)]
        start: Box<Start>,
    },
}

/// An event to send.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  ringback event send --type order.paid --data '{\"order\": \"1001\"}'
  ringback event send --type order.paid --data @order.json --id order-1001
  make-order | ringback event send --type order.made --data -")]
pub(super) struct Send {
    /// The event's type, such as order.paid
    #[arg(long = "type", value_name = "TYPE")]
    event_type: String,
    /// The event's data as JSON: inline, `@FILE`, or `-` for standard input
    #[arg(long, value_name = "JSON")]
    data: String,
    /// Your own id for the event; the same id is accepted only once
    #[arg(long)]
    id: Option<String>,
    /// When it happened, such as 2026-05-01T12:34:56Z
    #[arg(long, value_name = "TIME")]
    occurred_at: Option<String>,
    /// Events with the same key keep their order at webhooks with --ordering key
    #[arg(long, value_name = "KEY")]
    order_key: Option<String>,
    /// Your own labels, as a JSON object
    #[arg(long, value_name = "JSON")]
    metadata: Option<String>,
    /// A key that makes it safe to repeat the request
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
}

/// Which events.
#[derive(Debug, clap::Args)]
pub(super) struct List {
    /// Only events of this type or pattern, such as order.*
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
    /// Only events accepted at or after this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<String>,
    /// Only events accepted before this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<String>,
    #[command(flatten)]
    page: Page,
}

const COLUMNS: [Column<'_>; 3] =
    [("ID", Shows::Id("/id")), ("TYPE", Shows::Long("/type")), ("ACCEPTED", Shows::Time("/accepted_at"))];

const DELIVERIES: [Column<'_>; 4] = [
    ("ID", Shows::Id("/id")),
    ("WEBHOOK", Shows::Id("/webhook_id")),
    ("TO", Shows::Target("/webhook_name", "/url")),
    ("RESULT", Shows::Words(result::delivery)),
];

/// The flags that make the members of an event.
const FLAGS: [(&str, &str); 6] = [
    ("/type", "--type"),
    ("/data", "--data"),
    ("/id", "--id"),
    ("/occurred_at", "--occurred-at"),
    ("/order_key", "--order-key"),
    ("/metadata", "--metadata"),
];

const REPLAYS: Purpose = Purpose::Act("replay");

pub(super) async fn run(context: &Context, command: Command) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    match command {
        Command::Send(send) => {
            let answer = daemon.request(send.request()?).await;
            let answer = answer.map_err(|failure| failure.naming(&FLAGS))?;
            context.output.thing(&answer)
        }
        Command::Show { id } => {
            let id = ids::resolve(&daemon, ids::EVENT, Purpose::Read, &id).await?;
            let mut event = daemon.api(Method::GET, &with_id("/v1/events", &id, ""), None).await?;
            let rows = event.value_mut().get_mut("deliveries").and_then(Value::as_array_mut);
            if let Some(rows) = rows.filter(|_| !context.output.json) {
                result::statuses(&daemon, rows).await;
            }
            context.output.thing_with_tables(&event, &[("deliveries", &DELIVERIES)])
        }
        Command::List(List { event_type, since, until, page }) => {
            let [limit, cursor] = page.params();
            let query = [("type", event_type), ("since", since), ("until", until), limit, cursor];
            let page = daemon.page("/v1/events", &query).await?;
            context.output.list(&page, &COLUMNS)
        }
        Command::Replay { ids, start, .. } if ids.is_empty() => replay::start(context, &start).await,
        Command::Replay { start, .. } if start.has_more() => {
            Err(Failure::usage("give events' ids, with --webhook or not, or say which deliveries; not both"))
        }
        Command::Replay { ids, all, start } => {
            let webhook =
                ids::resolve_given(&daemon, ids::WEBHOOK, REPLAYS, start.which.webhook.clone()).await?;
            let body = match webhook {
                Some(id) => json!({"webhook_id": id}),
                None => json!({ "all": all }),
            };
            each(&ids, async |given| {
                let id = ids::resolve(&daemon, ids::EVENT, REPLAYS, given).await?;
                let path = with_id("/v1/events", &id, "/replay");
                let sent = daemon.api(Method::POST, &path, Some(&body)).await?;
                context.output.thing(&json!({"id": id, "deliveries": sent.get("deliveries")}))
            })
            .await
        }
    }
}

/// The request's body; `data` goes through byte for byte.
#[derive(Serialize)]
struct Body<'b> {
    r#type: &'b str,
    data: &'b RawValue,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    occurred_at: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_key: Option<&'b str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<&'b RawValue>,
}

impl Send {
    fn request(&self) -> Result<http::Request<Full<bytes::Bytes>>, Failure> {
        let data = argument_raw_json("--data", &self.data)?;
        let metadata =
            self.metadata.as_ref().map(|text| argument_raw_json("--metadata", text)).transpose()?;
        let body = Body {
            r#type: &self.event_type,
            data: &data,
            id: self.id.as_deref(),
            occurred_at: self.occurred_at.as_deref(),
            order_key: self.order_key.as_deref(),
            metadata: metadata.as_deref(),
        };
        let body = serde_json::to_vec(&body).map_err(Failure::other)?;
        let mut request = http::Request::post("/v1/events").header(CONTENT_TYPE, "application/json");
        if let Some(key) = &self.idempotency_key {
            request = request.header("idempotency-key", key);
        }
        request.body(Full::from(body)).map_err(|error| Failure::usage(format!("--idempotency-key: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http_body_util::BodyExt as _;

    #[tokio::test]
    async fn data_goes_through_byte_for_byte() {
        let send = Send {
            event_type: "order.paid".into(),
            data: r#"{ "b":1.0,  "a":12345678901234567890123 }"#.into(),
            id: None,
            occurred_at: None,
            order_key: Some("k".into()),
            metadata: None,
            idempotency_key: Some("once".into()),
        };
        let request = send.request().unwrap();
        assert_eq!(request.headers()["idempotency-key"], "once");
        let body = request.into_body().collect().await.unwrap().to_bytes();
        let expected =
            r#"{"type":"order.paid","data":{ "b":1.0,  "a":12345678901234567890123 },"order_key":"k"}"#;
        assert_eq!(body, expected);
    }
}
