//! Looking at webhooks, and what can be done with one.

use std::sync::Arc;

use http::StatusCode;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json as value;

use super::edit::{shown, webhook_in_path};
use super::revision::{self, tagged};
use super::view::{BacklogAction, ShownState, WebhookView, state, view, views};
use crate::api::call::Call;
use crate::api::param::{Param, Short};
use crate::api::query::Listing;
use crate::api::route::MayTake;
use crate::api::v1::events::view::AcceptedView;
use crate::api::words::{OneOf, Words};
use crate::app::tail;
use crate::app::webhook_edits;
use crate::app::webhook_list;
use crate::app::webhook_test::send_test;
use crate::app::webhooks::{Backlog, pause as pause_webhook, resume as resume_webhook};
use crate::domain::id::WebhookNo;
use crate::domain::name::{ManagedBy, WebhookName};
use crate::domain::reserved::WEBHOOK_TEST;
use crate::domain::webhook::{Webhook, WebhookState};
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Json, json};
use crate::http::response::{Response, no_content};
use crate::limits;

/// What webhooks can be filtered by.
pub const FILTERS: [Param; 3] = [
    Param::word::<ListedState>("state", "Only webhooks in this state."),
    Param::of::<Short<{ limits::WEBHOOK_NAME_BYTES }>>("name", "The webhook of this name."),
    Param::of::<Short<{ limits::MANAGED_BY_BYTES }>>("managed_by", "Only webhooks that this tool manages."),
];

/// The state of a webhook that is listed; removed ones are not.
#[derive(Clone, Copy)]
struct ListedState(ShownState);

impl Words for ListedState {
    const NAME: &'static str = "ListedWebhookState";
    const ALL: &'static [Self] = &[
        Self(ShownState::Pending),
        Self(ShownState::Active),
        Self(ShownState::Paused),
        Self(ShownState::Disabled),
        Self(ShownState::Expired),
    ];
    fn word(self) -> &'static str {
        self.0.as_str()
    }
}

/// Answers `GET /v1/webhooks`.
///
/// # Errors
/// When a parameter makes no sense.
pub async fn list(call: Box<Call>) -> Result<Json<Listing<WebhookView>>, Problem> {
    let wanted = call.query.word::<ListedState>("state")?.map(|ListedState(state)| state);
    let page = call.query.page::<WebhookNo>()?;
    let name = call.query.value::<WebhookName>("name")?;
    let tool = call.query.value::<ManagedBy>("managed_by")?;
    let is_wanted = |webhook: &Webhook| {
        wanted.is_none_or(|wanted| state(webhook, call.now).0 == wanted)
            && (name.is_none() || webhook.name == name)
            && (tool.is_none() || webhook.managed_by == tool)
    };
    let found = webhook_list::page(&call.context.app, call.account(), is_wanted, &page);
    call.list(views(&call, &found.rows).await, found.next)
}

/// Answers `GET /v1/webhooks/{id}`.
///
/// # Errors
/// When there is no such webhook.
pub async fn show(call: Box<Call>) -> Result<Json<WebhookView>, Problem> {
    shown(&call, &*webhook_in_path(&call)?).await
}

/// Answers `DELETE /v1/webhooks/{id}`.
///
/// # Errors
/// When there is no such webhook.
pub async fn remove(call: Box<Call>) -> Result<Response, Problem> {
    let _one_at_a_time = call.context.app.editing(call.caller.account).await;
    let webhook = webhook_in_path(&call)?;
    revision::check(&call, &webhook)?;
    webhook_edits::remove(&call.context.app, webhook.id, call.actor(), call.now).await?;
    Ok(no_content())
}

/// Answers `POST /v1/webhooks/{id}/pause`.
///
/// # Errors
/// When there is no such webhook, it awaits its confirmation, or the daemon changed it meanwhile.
pub async fn pause(call: Box<Call>) -> Result<Json<WebhookView>, Problem> {
    let _one_at_a_time = call.context.app.editing(call.caller.account).await;
    let webhook = webhook_in_path(&call)?;
    let paused = pause_webhook(Arc::clone(&webhook), call.now).map_err(|_| wrong_state(&webhook, &call))?;
    if matches!(webhook.state, WebhookState::Paused { .. }) {
        return shown(&call, &webhook).await;
    }
    shown(&call, &*call.save_webhook(paused).await?).await
}

/// How to resume.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResumeBody {
    /// What to do with the backlog; `deliver` is the default.
    #[serde(default)]
    backlog: Option<OneOf<BacklogAction>>,
}

/// Answers `POST /v1/webhooks/{id}/resume`.
///
/// # Errors
/// When there is no such webhook, the daemon changed it meanwhile, or it is served and so nothing of it can be
/// dropped.
pub async fn resume(
    mut call: Box<Call>,
    document: MayTake<ResumeBody>,
) -> Result<Json<WebhookView>, Problem> {
    let (body, faults) = document.read(&mut call).await?;
    faults.done()?;
    let action = body.backlog.map_or(BacklogAction::Deliver, |OneOf(action)| action);
    let newest = *tail::newest(&call.context.app).borrow();
    let backlog = match action {
        BacklogAction::Deliver => Backlog::Deliver,
        BacklogAction::Drop => Backlog::Drop(newest),
    };
    let context = Arc::clone(&call.context);
    let _one_at_a_time = context.app.editing(call.caller.account).await;
    let webhook = webhook_in_path(&call)?;
    let rules = call.context.app.rules();
    let resumed =
        resume_webhook(Arc::clone(&webhook), backlog, &rules.asking(call.manages_secrets(), call.now));
    let resumed = resumed.map_err(|_| wrong_state(&webhook, &call))?;
    if webhook.state == WebhookState::Active {
        if backlog != Backlog::Deliver {
            let rule = "only the backlog of a paused or disabled webhook can be dropped; pause it first";
            return Err(Problem::new(Code::Conflict, format!("the webhook is active: {rule}")));
        }
        if webhook.pending_url.is_none() {
            return shown(&call, &webhook).await;
        }
    }
    let waited = webhook_list::backlog(&call.context.app, &webhook).await?;
    let resumed = call.save_webhook(resumed).await?;
    let view = view(&call, &resumed).await.with_backlog(action, waited);
    Ok(tagged(json(StatusCode::OK, &view)?, &resumed, &call))
}

fn wrong_state(webhook: &Webhook, call: &Call) -> Problem {
    let state = state(webhook, call.now).0;
    let remedy = match state {
        ShownState::Expired => "; give it an expires_at in the future",
        ShownState::Pending => ": its receiver has not confirmed it; resume asks the receiver again",
        ShownState::Paused | ShownState::Disabled => "; resume it first",
        _ if webhook.dropping.is_some() => ", and its backlog is being dropped; try again once that is done",
        _ => "",
    };
    Problem::new(Code::Conflict, format!("the webhook is {}{remedy}", state.as_str()))
}

/// Answers `POST /v1/webhooks/{id}/test`.
///
/// # Errors
/// When there is no such webhook, or nothing would be sent to it now.
pub async fn test(call: Box<Call>) -> Result<Json<AcceptedView>, Problem> {
    let webhook = webhook_in_path(&call)?;
    if !webhook.is_served(call.now) {
        return Err(wrong_state(&webhook, &call));
    }
    let data = value!({"webhook_id": webhook.id.to_string(), "message": "a test of this webhook"});
    let data: Arc<[u8]> = data.to_string().into_bytes().into();
    let sent = (WEBHOOK_TEST, data);
    let receipt = send_test(&call.context.app, &webhook, sent, call.actor(), call.now).await?;
    json(StatusCode::ACCEPTED, &AcceptedView::from(receipt))
}
