//! The flags that several commands share: which deliveries, and which page of a list.

use std::time::Duration;

use crate::clock;
use crate::domain::time::{Timestamp, duration};

/// A parameter of the API's query, if it was given.
pub(super) type Param = (&'static str, Option<String>);

/// Which deliveries.
#[derive(Debug, clap::Args)]
pub(super) struct Deliveries {
    /// Only this state: pending, delivered, failed or cancelled; for replays also skipped, with --webhook
    #[arg(long)]
    state: Option<String>,
    /// Only deliveries to this webhook
    #[arg(long, value_name = "ID")]
    pub(super) webhook: Option<String>,
    /// Only events of this type or pattern, such as order.*
    #[arg(long = "type", visible_alias = "event-type", value_name = "TYPE")]
    event_type: Option<String>,
    /// Only events accepted at or after this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<String>,
    /// Only events accepted before this time
    #[arg(long, value_name = "TIME", value_parser = moment)]
    until: Option<String>,
    /// Only deliveries whose last attempt failed with this error, such as timeout_total or status
    #[arg(long, value_name = "KIND")]
    error: Option<String>,
    /// Only deliveries of this event
    #[arg(long, value_name = "ID")]
    pub(super) event: Option<String>,
    /// Only deliveries of events with this id of the producer's own
    #[arg(long, value_name = "ID")]
    source_id: Option<String>,
    /// Only deliveries of events whose metadata has a member of this name and value
    #[arg(long, value_name = "NAME:VALUE")]
    metadata: Option<String>,
}

/// Which page of a list.
#[derive(Debug, clap::Args)]
pub(super) struct Page {
    /// The maximum number to list
    #[arg(long)]
    limit: Option<u16>,
    /// Continue where an earlier page ended
    #[arg(long)]
    cursor: Option<String>,
}

impl Deliveries {
    /// Whether it says which, besides the webhook.
    pub(super) fn has_more(&self) -> bool {
        self.params().iter().any(|(name, text)| *name != "webhook_id" && text.is_some())
    }

    /// Under the names that the API has for them.
    pub(super) fn params(&self) -> [Param; 9] {
        let Self { state, webhook, event_type, since, until, error, event, source_id, metadata } = self;
        [
            ("state", state.clone()),
            ("webhook_id", webhook.clone()),
            ("event_type", event_type.clone()),
            ("since", since.clone()),
            ("until", until.clone()),
            ("error", error.clone()),
            ("event_id", event.clone()),
            ("source_id", source_id.clone()),
            ("metadata", metadata.clone()),
        ]
    }
}

impl Page {
    /// Under the names that the API has for them.
    pub(super) fn params(self) -> [Param; 2] {
        [("limit", self.limit.map(|limit| limit.to_string())), ("cursor", self.cursor)]
    }
}

/// A time, a date, or how long ago, as the API's time.
pub(super) fn moment(text: &str) -> Result<String, String> {
    moment_at(text, clock::now())
}

fn moment_at(text: &str, now: Timestamp) -> Result<String, String> {
    if let Ok(ago) = duration(text) {
        return Ok(now.minus(ago).to_string());
    }
    let whole = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    let at = whole.parse::<Timestamp>();
    at.map(|at| at.to_string()).map_err(|_| {
        "must be a time such as 2026-05-01T12:34:56Z, a date, or how long ago, such as 90m or 7d".to_owned()
    })
}

/// A duration in seconds; a number alone is seconds, too.
pub(super) fn seconds(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(seconds) => Ok(seconds),
        Err(_) => duration(text).as_ref().map(Duration::as_secs).map_err(Clone::clone),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_say_them() {
        let now: Timestamp = "2026-05-02T10:00:00Z".parse().unwrap();
        for (text, at) in [
            ("1h", "2026-05-02T09:00:00.000Z"),
            ("7d", "2026-04-25T10:00:00.000Z"),
            ("2026-05-01", "2026-05-01T00:00:00.000Z"),
            ("2026-05-01T12:34:56Z", "2026-05-01T12:34:56.000Z"),
            ("2026-05-01T12:34:56+02:00", "2026-05-01T10:34:56.000Z"),
        ] {
            assert_eq!(moment_at(text, now).as_deref(), Ok(at), "{text}");
        }
        for text in ["", "yesterday", "2026-05", "-1h", "1w", "12:00"] {
            assert!(moment_at(text, now).is_err(), "{text}");
        }
        assert_eq!((seconds("90"), seconds("2h")), (Ok(90), Ok(7200)));
        assert!(seconds("soon").is_err());
    }
}
