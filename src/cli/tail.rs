//! `tail`: accepted events and attempts, a line each, as they come.

use std::time::{Duration, Instant};

use http_body_util::Full;
use serde_json::Value;

use super::connection::{Daemon, with_query};
use super::context::Context;
use super::failure::{Exit, Failure};
use super::ids::{self, Purpose};
use super::many::eprint_line;
use super::output::{Output, clean};
use super::sse::{Item, Reader};
use super::{result, words};
use crate::clock;

/// What is followed.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  ringback tail
  ringback tail --type 'order.*' --webhook 0fsrk")]
pub(super) struct Args {
    /// Only events to this webhook, and its attempts
    #[arg(long, value_name = "ID")]
    webhook: Option<String>,
    /// Only events of this type or pattern, such as order.*, and their attempts
    #[arg(long = "type", value_name = "TYPE")]
    event_type: Option<String>,
}

/// The pause before a stream that ended is taken up again.
const PAUSE: Duration = Duration::from_secs(1);
/// How long a daemon may be away.
const AWAY: Duration = Duration::from_secs(60);

pub(super) async fn run(context: &Context, args: Args) -> Result<(), Failure> {
    let daemon = context.daemon()?;
    let webhook = ids::resolve_given(&daemon, ids::WEBHOOK, Purpose::Read, args.webhook).await?;
    let path = with_query("/v1/tail", &[("webhook_id", webhook), ("type", args.event_type)]);
    let mut tail = Tail { output: context.output, last: None, answered: None, bye: None };
    let mut reported = None;
    loop {
        let ended = tail.follow(&daemon, &path).await;
        if let Some((reason, detail)) = tail.bye.take().filter(|(reason, _)| !goes_on(reason)) {
            return Err(Failure::new(Exit::Other, format!("{reason}: {detail}")));
        }
        // Only a daemon that answered before may be away for a while.
        let away = tail.answered.is_some_and(|at| clock::monotonic().duration_since(at) < AWAY);
        match ended {
            Ok(()) => {}
            Err(Failure::Failed { exit: Exit::Unreachable, message }) if away => {
                if reported != tail.answered {
                    eprint_line(&format!("{}; trying again", clean(&message)));
                    reported = tail.answered;
                }
            }
            Err(failure) => return Err(failure),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Whether a stream that ended so is taken up again.
fn goes_on(reason: &str) -> bool {
    ["slow", "draining", "store_unavailable"].contains(&reason)
}

struct Tail {
    output: Output,
    /// The number after which it goes on.
    last: Option<String>,
    /// When the daemon last sent anything.
    answered: Option<Instant>,
    /// Why the daemon ended it.
    bye: Option<(String, String)>,
}

impl Tail {
    async fn follow(&mut self, daemon: &Daemon, path: &str) -> Result<(), Failure> {
        let mut request = http::Request::get(path);
        if let Some(last) = &self.last {
            request = request.header("last-event-id", last);
        }
        let request = request.body(Full::default()).map_err(Failure::other)?;
        let mut reader = Reader::default();
        let answered = daemon.api_stream(request, |piece| {
            self.answered = Some(clock::monotonic());
            reader.take(&piece)?.into_iter().try_for_each(|item| self.item(item))
        });
        answered.await?.map_err(|reply| daemon.refusal(&reply))
    }

    fn item(&mut self, item: Item) -> Result<(), Failure> {
        self.last = item.id.or(self.last.take());
        if item.name.is_empty() {
            return Ok(());
        }
        let value: Value = serde_json::from_str(&item.data).map_err(Failure::other)?;
        let text = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        if item.name == "bye" {
            self.bye = Some((text("reason"), text("detail")));
            return Ok(());
        }
        if self.output.json {
            self.output.line(&item.data)?;
        } else {
            self.output.line(&self.output.paint(line(&item.name, &value, self.output.terminal())))?;
        }
        Ok(())
    }
}

/// An item for people.
fn line(name: &str, value: &Value, terminal: bool) -> String {
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(clean).unwrap_or_default();
    let id = |name: &str| {
        let id = text(name);
        if terminal { words::short(&id, words::least(&id)) } else { id }
    };
    // The time of day of a time in the API's form.
    let clock = |name: &str| text(name).get(11..19).unwrap_or_default().to_owned();
    if name == "event" {
        let count = value.get("deliveries").and_then(Value::as_u64).unwrap_or_default();
        let webhooks = if count == 1 { "webhook" } else { "webhooks" };
        return format!(
            "{}  {}  {}  accepted, to {count} {webhooks}",
            clock("accepted_at"),
            id("id"),
            text("type")
        );
    }
    let (at, event, kind) = (clock("started_at"), id("event_id"), text("event_type"));
    format!("{at}  {event}  {kind} → {}  {}", id("webhook_id"), result::attempt(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn items_are_lines() {
        let event = json!({"id": "evt_1", "type": "order.paid", "accepted_at": "2026-05-01T12:34:56.789Z", "deliveries": 2});
        assert_eq!(line("event", &event, false), "12:34:56  evt_1  order.paid  accepted, to 2 webhooks");
        let attempt = json!({"event_id": "evt_1", "webhook_id": "wh_1", "event_type": "order.paid",
            "started_at": "2026-05-01T12:34:57.001Z", "status_code": 204, "error": null, "duration_ms": 12.4});
        assert_eq!(line("attempt", &attempt, false), "12:34:57  evt_1  order.paid → wh_1  ✓ 204 in 12 ms");
    }
}
