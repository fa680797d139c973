//! The flags that several commands share: which deliveries, and which page of a list.

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
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only events accepted before this time
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only deliveries whose last attempt failed with this error, such as timeout_total or status
    #[arg(long, value_name = "KIND")]
    error: Option<String>,
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
        let texts = [&self.state, &self.event_type, &self.since, &self.until, &self.error];
        texts.iter().any(|text| text.is_some())
    }

    /// Under the names that the API has for them.
    pub(super) fn params(&self) -> [Param; 6] {
        let Self { state, webhook, event_type, since, until, error } = self;
        [
            ("state", state.clone()),
            ("webhook_id", webhook.clone()),
            ("event_type", event_type.clone()),
            ("since", since.clone()),
            ("until", until.clone()),
            ("error", error.clone()),
        ]
    }
}

impl Page {
    /// Under the names that the API has for them.
    pub(super) fn params(self) -> [Param; 2] {
        [("limit", self.limit.map(|limit| limit.to_string())), ("cursor", self.cursor)]
    }
}
