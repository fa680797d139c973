//! Looking at events, and sending them again.

use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::view::{Count, EventSummary, EventView, SkippedView};
use crate::api::answer::{Answer, json};
use crate::api::call::Call;
use crate::api::deliveries::{DeliveryView, webhook_ids};
use crate::api::document::Faults;
use crate::api::problem::{Code, Problem};
use crate::api::query::Param;
use crate::api::shown::Shown;
use crate::domain::event::EventHeader;
use crate::domain::fanout::{self, Allowance};
use crate::domain::id::{EventId, Seq, WebhookId, WebhookNo};
use crate::limits;
use crate::store::EventFilter;
use crate::store::command::{Edit, Edited};

/// What events can be filtered by.
pub const FILTERS: [Param; 3] = [
    Param { name: "type", about: "Those of this type, or of types that match: order.*" },
    Param { name: "since", about: "Those accepted at or after this time." },
    Param { name: "until", about: "Those accepted before this time." },
];

/// Answers `GET /v1/events`.
///
/// # Errors
/// When a parameter has no sense, or the store cannot be read.
pub async fn list(call: Box<Call>) -> Result<Answer, Problem> {
    let filter = EventFilter {
        event_type: call.query.value("type")?,
        since: call.query.value("since")?,
        until: call.query.value("until")?,
    };
    let page = call.query.page::<Seq>()?;
    let account = call.account();
    let found = call.read(move |store| store.events(account, &filter, page)).await?;
    call.list(found.rows.iter().map(EventSummary::new).collect(), found.next)
}

/// The id in the path.
fn id(call: &Call) -> Result<EventId, Problem> {
    call.param.parse().map_err(|_| Problem::not_found("event"))
}

/// Answers `GET /v1/events/{id}`.
///
/// # Errors
/// When there is no such event, or the store cannot be read.
pub async fn show(call: Box<Call>) -> Result<Answer, Problem> {
    let (id, account) = (id(&call)?, call.account());
    let found = call
        .read(move |store| {
            let event = store.event(id.seq())?;
            let Some(event) = event.filter(|e| e.header.id == id && e.header.account == account) else {
                return Ok(None);
            };
            let mut deliveries = Vec::with_capacity(event.header.webhooks.len());
            for &webhook in &event.header.webhooks {
                deliveries.extend(store.delivery(id.seq(), webhook)?);
            }
            let members = store.batch_members(id.seq())?;
            Ok(Some((event, deliveries, members)))
        })
        .await?;
    let (event, deliveries, members) = found.ok_or_else(|| Problem::not_found("event"))?;
    let skipped = event.header.skipped.iter().map(|(no, _)| *no);
    let ids = webhook_ids(&call.context, call.account(), deliveries.iter().map(|d| d.webhook).chain(skipped))
        .await?;
    let skipped = event.header.skipped.iter().map(|(no, skip)| SkippedView {
        webhook_id: ids.get(no).copied().map(Shown),
        reason: skip.as_str(),
        detail: skip.detail(),
    });
    let deliveries = deliveries.iter().map(|d| DeliveryView::new(d, ids.get(&d.webhook).copied()));
    let data = serde_json::from_slice::<&RawValue>(&event.data).map_err(|error| {
        tracing::error!(event = %id, %error, "a stored payload is not JSON");
        Problem::new(Code::Internal, "the event's payload cannot be shown")
    })?;
    let view = EventView::new(&event.header, data, deliveries.collect(), skipped.collect());
    json(StatusCode::OK, &view.batch_of(members))
}

/// What to send again.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayBody {
    /// To this webhook only, whether or not it got the event before.
    #[serde(default)]
    webhook_id: Option<String>,
}

/// Answers `POST /v1/events/{id}/replay`.
///
/// # Errors
/// When there is no such event or webhook, or the store cannot.
pub async fn replay(mut call: Box<Call>) -> Result<Answer, Problem> {
    let (id, account) = (id(&call)?, call.account());
    let (body, mut faults) = call.optional_document::<ReplayBody>().await?;
    let (header, data) = call
        .read(move |store| {
            let Some(header) = store.event_header(id.seq())? else { return Ok(None) };
            let event = store.event(id.seq())?;
            Ok(Some((header, event.map(|event| event.data).unwrap_or_default())))
        })
        .await?
        .filter(|(header, _)| header.id == id && header.account == account)
        .ok_or_else(|| Problem::not_found("event"))?;
    let webhooks = chosen(&call, &header, body.webhook_id.as_deref(), &mut faults);
    faults.done()?;
    let webhooks = call.context.store.webhooks_of(&webhooks);
    let (rules, accepted_at, now) = (call.context.rules(), header.accepted_at, call.now);
    let long = fanout::price(&webhooks, data.len()) > limits::LONG_STEPS;
    let shares = move || {
        fanout::shares(&webhooks, &rules.profiles, &data, accepted_at, now, &mut Allowance::default())
    };
    let shares = call.context.tenant_work.run_if_long(account, long, shares).await??;
    let edited = call.edit(Edit::Replay { event: id.seq(), shares }, "event").await?;
    let deliveries = if let Edited::Count(count) = edited { count } else { 0 };
    json(StatusCode::ACCEPTED, &Count { deliveries })
}

/// The webhooks to send to: all that got the event, or the one that is named.
fn chosen(call: &Call, event: &EventHeader, named: Option<&str>, faults: &mut Faults) -> Vec<WebhookNo> {
    let Some(named) = named else { return event.webhooks.clone() };
    let Some(id) = faults.parse::<WebhookId>("/webhook_id", Some(named)) else { return Vec::new() };
    if call.context.store.directory().webhook_of(call.account(), id).is_none() {
        faults.add("/webhook_id", "is not a webhook of this account");
    }
    vec![id.no()]
}
