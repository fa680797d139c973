//! Webhooks and dispatches as this dialect's clients see them.

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::run::{GENERAL_ACCESS, RunMetadata};
use crate::api::call::Call;
use crate::api::display_json::DisplayJson;
use crate::api::v1::deliveries::body::words;
use crate::app::accounts;
use crate::domain::delivery::{Attempt, Delivery, DeliveryState};
use crate::domain::dialect::Dialect;
use crate::domain::event::EventHeader;
use crate::domain::event_type::EventPattern;
use crate::domain::id::{DeliveryId, JobId, WebhookId};
use crate::domain::job::Job;
use crate::domain::template;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;

/// A webhook in a list, without its templates.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunWebhookSummary")]
pub struct WebhookSummary {
    id: DisplayJson<WebhookId>,
    created_at: DisplayJson<Timestamp>,
    modified_at: DisplayJson<Timestamp>,
    user_id: String,
    /// Whether it is for one run only.
    is_ad_hoc: bool,
    should_interpolate_strings: bool,
    event_types: Vec<DisplayJson<EventPattern>>,
    condition: Condition,
    ignore_ssl_errors: bool,
    do_not_retry: bool,
    request_url: String,
    description: Option<String>,
    last_dispatch: Option<LastDispatch>,
    stats: Option<WebhookStats>,
}

/// The newest dispatch of a webhook.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunWebhookLastDispatch")]
struct LastDispatch {
    status: &'static str,
    finished_at: Option<DisplayJson<Timestamp>>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunWebhookStats")]
struct WebhookStats {
    total_dispatches: usize,
}

/// What runs a webhook is for: those of an actor or a task, or one run.
#[derive(Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunWebhookCondition")]
struct Condition {
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_task_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor_run_id: Option<String>,
}

/// A webhook.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunWebhook")]
pub struct WebhookView {
    #[serde(flatten)]
    summary: WebhookSummary,
    payload_template: Option<String>,
    /// Its values are masked where the caller may not see secrets.
    headers_template: Option<String>,
}

impl WebhookView {
    /// A webhook; `stats` say how many dispatches there were, and the newest.
    pub(super) fn new(webhook: &Webhook, call: &Call, stats: Option<(usize, Option<Delivery>)>) -> Self {
        let filled = webhook.terms.template.as_deref();
        let sees_credentials = call.manages_secrets();
        let headers = filled.and_then(|t| t.headers.as_deref());
        let headers =
            headers.map(|text| if sees_credentials { text.to_owned() } else { template::masked(text) });
        Self {
            summary: WebhookSummary::new(webhook, call, stats),
            payload_template: filled.and_then(|t| t.payload.as_deref()).map(str::to_owned),
            headers_template: headers,
        }
    }
}

impl WebhookSummary {
    /// A webhook; `stats` say how many dispatches there were, and the newest.
    pub(super) fn new(webhook: &Webhook, call: &Call, stats: Option<(usize, Option<Delivery>)>) -> Self {
        let terms = &webhook.terms;
        let newest = stats.as_ref().and_then(|(_, newest)| newest.as_ref());
        let last_dispatch = newest.map(|delivery| LastDispatch {
            status: status(delivery),
            finished_at: delivery.finished_at.map(DisplayJson),
        });
        Self {
            id: DisplayJson(webhook.id),
            created_at: DisplayJson(webhook.created_at),
            modified_at: DisplayJson(webhook.updated_at),
            user_id: user(call),
            is_ad_hoc: terms.once,
            should_interpolate_strings: terms.template.as_ref().is_some_and(|t| t.interpolate_strings),
            event_types: webhook.events.iter().cloned().map(DisplayJson).collect(),
            condition: Condition::of(webhook),
            ignore_ssl_errors: terms.any_certificate,
            do_not_retry: terms.max_attempts == Some(1),
            request_url: call.shown_target(&webhook.url),
            description: Some(&webhook.description).filter(|text| !text.is_empty()).map(ToString::to_string),
            last_dispatch,
            stats: stats.map(|(total_dispatches, _)| WebhookStats { total_dispatches }),
        }
    }
}

impl Condition {
    fn of(webhook: &Webhook) -> Self {
        let id = |wanted: Option<&str>| {
            let (kind, id) = webhook.terms.scope.as_ref()?.parts();
            let is_other = !["actor", "task"].contains(&kind);
            wanted.map_or(is_other, |wanted| wanted == kind).then(|| id.to_owned())
        };
        Self { actor_id: id(Some("actor")), actor_task_id: id(Some("task")), actor_run_id: id(None) }
    }
}

/// What a run's dataset and its key-value store both say.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunStorage")]
pub(super) struct Storage {
    id: DisplayJson<JobId>,
    user_id: String,
    act_id: String,
    act_run_id: DisplayJson<JobId>,
    created_at: DisplayJson<Timestamp>,
    modified_at: DisplayJson<Timestamp>,
    accessed_at: DisplayJson<Timestamp>,
    general_access: &'static str,
}

impl Storage {
    pub(super) fn of(call: &Call, job: &Job) -> Self {
        let changed = DisplayJson(job.completed_at.or(job.started_at).unwrap_or(job.created_at));
        Self {
            id: DisplayJson(job.id),
            user_id: user(call),
            act_id: RunMetadata::of(job).actor_id,
            act_run_id: DisplayJson(job.id),
            created_at: DisplayJson(job.created_at),
            modified_at: changed,
            accessed_at: changed,
            general_access: GENERAL_ACCESS,
        }
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

/// What was sent to a webhook for one event, and what came of it.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunDispatch")]
pub struct DispatchView {
    id: DisplayJson<DeliveryId>,
    user_id: String,
    webhook_id: String,
    created_at: DisplayJson<Timestamp>,
    status: &'static str,
    event_type: String,
    /// What the event is about.
    event_data: Option<Value>,
    webhook: Option<DispatchWebhook>,
    calls: Vec<CallView>,
}

/// The webhook of a dispatch.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunDispatchWebhook")]
struct DispatchWebhook {
    action_type: &'static str,
    condition: Condition,
    request_url: String,
    is_ad_hoc: bool,
}

/// A call of a dispatch: an attempt.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "RunDispatchCall")]
struct CallView {
    started_at: DisplayJson<Timestamp>,
    finished_at: DisplayJson<Timestamp>,
    error_message: Option<String>,
    response_status: Option<u16>,
    /// Shown for one dispatch, not in lists.
    response_body: Option<String>,
}

impl Dispatch<'_> {
    pub(super) fn view(&self, call: &Call) -> DispatchView {
        let webhook = self.webhook.map(|webhook| DispatchWebhook {
            action_type: "HTTP_REQUEST",
            condition: Condition::of(webhook),
            request_url: call.shown_target(&webhook.url),
            is_ad_hoc: webhook.terms.once,
        });
        DispatchView {
            id: DisplayJson(self.delivery.id),
            user_id: user(call),
            webhook_id: self.webhook.map(|webhook| webhook.id.to_string()).unwrap_or_default(),
            created_at: DisplayJson(self.delivery.created_at),
            status: status(self.delivery),
            event_type: self.event.event_type.as_str().to_owned(),
            event_data: self.data.and_then(event_data),
            webhook,
            calls: self.attempts.iter().map(|attempt| CallView::of(attempt, self.whole)).collect(),
        }
    }
}

impl CallView {
    fn of(attempt: &Attempt, whole: bool) -> Self {
        let response = attempt.exchange.response.as_ref();
        Self {
            started_at: DisplayJson(attempt.started_at),
            finished_at: DisplayJson(attempt.started_at.plus(attempt.exchange.timings.total)),
            error_message: attempt.exchange.error.as_ref().map(|error| error.detail.to_string()),
            response_status: attempt.exchange.status(),
            response_body: response.filter(|_| whole).map(words),
        }
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

/// The id of the caller's account, which is the user here.
pub(super) fn user(call: &Call) -> String {
    accounts::of(&call.context.app, call.account()).map(|account| account.id.to_string()).unwrap_or_default()
}

/// Whether a webhook was made through this API.
pub(super) fn is_ours(webhook: &Webhook) -> bool {
    webhook.terms.dialect == Dialect::RunWebhooks
}
