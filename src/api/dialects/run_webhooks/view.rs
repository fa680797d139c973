//! Webhooks and dispatches as this dialect's clients see them.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::run::{GENERAL_ACCESS, RunMetadata};
use crate::api::call::Call;
use crate::api::v1::deliveries::body::words;
use crate::app::accounts;
use crate::domain::delivery::{Attempt, Delivery, DeliveryState};
use crate::domain::dialect::Dialect;
use crate::domain::event::EventHeader;
use crate::domain::job::Job;
use crate::domain::template;
use crate::domain::webhook::Webhook;

/// A webhook's own settings; `stats` say how many dispatches there were, and the newest.
pub(super) fn webhook(webhook: &Webhook, call: &Call, stats: Option<(usize, Option<Delivery>)>) -> Value {
    let filled = webhook.terms.template.as_deref();
    let mut view = listed(webhook, call, stats);
    let sees_credentials = call.manages_secrets();
    if let Value::Object(view) = &mut view {
        let headers = filled.and_then(|t| t.headers.as_deref());
        let headers =
            headers.map(|text| if sees_credentials { text.to_owned() } else { template::masked(text) });
        view.insert("payloadTemplate".to_owned(), filled.and_then(|t| t.payload.as_deref()).into());
        view.insert("headersTemplate".to_owned(), headers.into());
    }
    view
}

/// A webhook in a list, without its templates.
pub(super) fn listed(webhook: &Webhook, call: &Call, stats: Option<(usize, Option<Delivery>)>) -> Value {
    let terms = &webhook.terms;
    let last = stats.as_ref().and_then(|(_, newest)| newest.as_ref()).map(|delivery| {
        json!({"status": status(delivery), "finishedAt": delivery.finished_at.map(|at| at.to_string())})
    });
    json!({
        "id": webhook.id.to_string(),
        "createdAt": webhook.created_at.to_string(),
        "modifiedAt": webhook.updated_at.to_string(),
        "userId": user(call),
        "isAdHoc": terms.once,
        "shouldInterpolateStrings": terms.template.as_ref().is_some_and(|t| t.interpolate_strings),
        "eventTypes": webhook.events.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "condition": condition(webhook),
        "ignoreSslErrors": terms.any_certificate,
        "doNotRetry": terms.max_attempts == Some(1),
        "requestUrl": call.shown_target(&webhook.url),
        "description": Some(&webhook.description).filter(|text| !text.is_empty()),
        "lastDispatch": last,
        "stats": stats.map(|(count, _)| json!({ "totalDispatches": count })),
    })
}

/// A run's dataset or key-value store: what both say, and what only this one says.
pub(super) fn storage(call: &Call, job: &Job, own: Value) -> Value {
    let id = job.id.to_string();
    let changed = job.completed_at.or(job.started_at).unwrap_or(job.created_at).to_string();
    let mut view = json!({
        "id": id,
        "userId": user(call),
        "actId": RunMetadata::of(job).actor_id,
        "actRunId": id,
        "createdAt": job.created_at.to_string(),
        "modifiedAt": changed,
        "accessedAt": changed,
        "generalAccess": GENERAL_ACCESS,
    });
    if let (Value::Object(view), Value::Object(own)) = (&mut view, own) {
        view.extend(own);
    }
    view
}

fn condition(webhook: &Webhook) -> Value {
    let Some((kind, id)) = webhook.terms.scope.as_ref().map(|scope| scope.parts()) else { return json!({}) };
    match kind {
        "actor" => json!({ "actorId": id }),
        "task" => json!({ "actorTaskId": id }),
        _ => json!({ "actorRunId": id }),
    }
}

fn status(delivery: &Delivery) -> &'static str {
    match delivery.state {
        DeliveryState::Pending => "ACTIVE",
        DeliveryState::Delivered => "SUCCEEDED",
        DeliveryState::Failed | DeliveryState::Cancelled => "FAILED",
    }
}

/// What a dispatch's view is made of.
pub(super) struct Dispatch<'d> {
    pub(super) delivery: &'d Delivery,
    pub(super) event: &'d EventHeader,
    /// `None` when not even the webhook's log is left.
    pub(super) webhook: Option<&'d Webhook>,
    /// The event's data, where it is to be shown.
    pub(super) data: Option<&'d [u8]>,
    pub(super) attempts: &'d [Attempt],
    /// Whether the answers' bodies are shown.
    pub(super) whole: bool,
}

impl Dispatch<'_> {
    pub(super) fn view(&self, call: &Call) -> Value {
        let summary = self.webhook.map(|webhook| {
            json!({
                "actionType": "HTTP_REQUEST",
                "condition": condition(webhook),
                "requestUrl": call.shown_target(&webhook.url),
                "isAdHoc": webhook.terms.once,
            })
        });
        json!({
            "id": self.delivery.id.to_string(),
            "userId": user(call),
            "webhookId": self.webhook.map(|webhook| webhook.id.to_string()).unwrap_or_default(),
            "createdAt": self.delivery.created_at.to_string(),
            "status": status(self.delivery),
            "eventType": self.event.event_type.as_str(),
            "eventData": self.data.and_then(event_data),
            "webhook": summary,
            "calls": self.attempts.iter().map(|attempt| call_view(attempt, self.whole)).collect::<Vec<_>>(),
        })
    }
}

/// The member of the data that says what the event is about.
fn event_data(data: &[u8]) -> Option<Value> {
    #[derive(serde::Deserialize)]
    struct Data<'d> {
        #[serde(borrow, rename = "eventData")]
        event_data: Option<&'d RawValue>,
    }
    let data: Data<'_> = serde_json::from_slice(data).ok()?;
    serde_json::from_str(data.event_data?.get()).ok()
}

fn call_view(attempt: &Attempt, whole: bool) -> Value {
    let response = attempt.exchange.response.as_ref();
    let body = response.filter(|_| whole).map(words);
    json!({
        "startedAt": attempt.started_at.to_string(),
        "finishedAt": attempt.started_at.plus(attempt.exchange.timings.total).to_string(),
        "errorMessage": attempt.exchange.error.as_ref().map(|error| &error.detail),
        "responseStatus": attempt.exchange.status(),
        "responseBody": body,
    })
}

/// The id of the caller's account, which is the user here.
pub(super) fn user(call: &Call) -> String {
    accounts::of(&call.context.app, call.account()).map(|account| account.id.to_string()).unwrap_or_default()
}

/// Whether a webhook was made through this API.
pub(super) fn is_ours(webhook: &Webhook) -> bool {
    webhook.terms.dialect == Dialect::RunWebhooks
}
