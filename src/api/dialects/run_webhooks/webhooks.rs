//! `/v2/webhooks`: made, shown, changed, removed, tested.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value, json};

pub use super::settings::WebhookBody;
pub(super) use super::settings::ad_hoc;
pub(in crate::api) use super::settings::declared;
use super::settings::{RunIs, check_fires, check_whole, pointer};
use super::view::{DispatchView, WebhookSummary, WebhookView, is_ours, user};
use super::window::{Data, Listed, Window, data};
use crate::api::call::Call;
use crate::api::route::Takes;
use crate::app::jobs;
use crate::app::pages::fitting;
use crate::app::webhook_edits;
use crate::app::webhook_list;
use crate::app::webhook_test::send_test;
use crate::app::webhooks::{Draft, change, make};
use crate::domain::id::{DeliveryId, WebhookId, WebhookNo};
use crate::domain::scope::Scope;
use crate::domain::webhook::{Webhook, WebhookState};
use crate::http::document::Faults;
use crate::http::problem::{Code, Problem};
use crate::http::reply::Json;
use crate::http::response::{Response, no_content};
use crate::limits;

/// The type of the events that [`test`] sends.
const TEST: &str = "TEST";

/// The account's webhook of the id in the path, if it is this dialect's.
pub(super) fn webhook_in_path(call: &Call) -> Result<Arc<Webhook>, Problem> {
    let missing = || Problem::not_found("webhook");
    let id: WebhookId = call.param.parse().map_err(|_| missing())?;
    let found = webhook_list::find(&call.context.app, call.account(), id)?;
    if is_ours(&found) { Ok(found) } else { Err(missing()) }
}

async fn shown(
    call: &Call,
    status: StatusCode,
    webhook: &Webhook,
) -> Result<Json<Data<WebhookView>>, Problem> {
    let stats = webhook_list::logs(&call.context.app, call.account(), vec![webhook.no()]).await?;
    data(status, WebhookView::new(webhook, call, stats.into_iter().next().flatten()))
}

/// Refuses a webhook that is bound to a run which the account does not have, or from which it would never hear.
async fn check_run(call: &Call, webhook: &Webhook) -> Result<(), Problem> {
    let Some(("job", run)) = webhook.terms.scope.as_ref().map(Scope::parts) else { return Ok(()) };
    let known = match run.parse() {
        Ok(run) => jobs::find(&call.context.app, call.account(), run).await,
        Err(_) => Err(jobs::not_found()),
    };
    let run = known.map_err(|refusal| match refusal.code {
        Code::JobNotFound => {
            let detail = "is not a run of this account";
            Problem::new(Code::Invalid, detail).at("/condition/actorRunId", detail)
        }
        _ => refusal.into(),
    })?;
    let mut faults = Faults::default();
    if webhook.terms.once {
        let run = if run.status.is_terminal() { RunIs::Ended } else { RunIs::Open };
        check_fires(&webhook.events, run, &mut faults);
    }
    Ok(faults.done()?)
}

/// Answers `POST /v2/webhooks`.
///
/// # Errors
/// Names every member that cannot be taken.
pub async fn create(
    mut call: Box<Call>,
    document: Takes<WebhookBody>,
) -> Result<Json<Data<WebhookView>>, Problem> {
    let (body, mut faults) = document.read_of(&mut call, limits::RUN_WEBHOOK_BODY_BYTES).await?;
    let draft = body.drafted(call.account(), None, call.now, &mut faults)?;
    check_whole(&draft.settings.terms, &mut faults);
    let made = make(draft, &call.context.app.rules().asking(call.manages_secrets(), call.now));
    let made = faults.judged(made, pointer);
    let made = faults.unless(made)?;
    check_run(&call, made.webhook()).await?;
    let drawn = made.webhook().id;
    let made = call.create_webhook(made, None).await?;
    // All of an id but its number is drawn before: another one is of a webhook that was there.
    let status = if made.id.is_drawn_as(drawn) { StatusCode::CREATED } else { StatusCode::OK };
    Ok(shown(&call, status, &made).await?.located(&format!("/v2/webhooks/{}", made.id)))
}

/// Answers `GET /v2/webhooks`.
///
/// # Errors
/// When a parameter makes no sense.
pub async fn list(call: Box<Call>) -> Listed<WebhookSummary> {
    page(call, |_| true).await
}

/// Answers `GET /v2/actors/{id}/webhooks`.
///
/// # Errors
/// When a parameter makes no sense.
pub async fn list_of_actor(call: Box<Call>) -> Listed<WebhookSummary> {
    let scope = Scope::of("actor", &call.param);
    page(call, move |webhook| webhook.terms.scope.as_ref() == Some(&scope)).await
}

/// Answers `GET /v2/actor-tasks/{id}/webhooks`.
///
/// # Errors
/// When a parameter makes no sense.
pub async fn list_of_task(call: Box<Call>) -> Listed<WebhookSummary> {
    let scope = Scope::of("task", &call.param);
    page(call, move |webhook| webhook.terms.scope.as_ref() == Some(&scope)).await
}

async fn page(call: Box<Call>, wanted: impl Fn(&Webhook) -> bool) -> Listed<WebhookSummary> {
    let window = Window::of(&call)?;
    let (app, account) = (&call.context.app, call.account());
    let mut all = webhook_list::list(app, account, |webhook| is_ours(webhook) && wanted(webhook));
    if window.desc {
        all.reverse();
    }
    let total = all.len() as u64;
    let (offset, limit) = window.range();
    let mut rows: Vec<Arc<Webhook>> = all.into_iter().skip(offset).take(limit).collect();
    // Their templates may be long: then there are fewer in the answer, as it says.
    rows.truncate(fitting(rows.iter().map(|webhook| webhook.terms.template_bytes())));
    let numbers: Vec<WebhookNo> = rows.iter().map(|webhook| webhook.no()).collect();
    let stats = webhook_list::logs(app, account, numbers).await?;
    let items = rows.iter().zip(stats).map(|(webhook, stats)| WebhookSummary::new(webhook, &call, stats));
    window.answer(items.collect(), total)
}

/// Answers `GET /v2/webhooks/{id}`.
///
/// # Errors
/// When there is no such webhook.
pub async fn show(call: Box<Call>) -> Result<Json<Data<WebhookView>>, Problem> {
    shown(&call, StatusCode::OK, &*webhook_in_path(&call)?).await
}

/// Answers `PUT /v2/webhooks/{id}`.
///
/// # Errors
/// When there is no such webhook, or the daemon changed it meanwhile; names every member that cannot
/// be taken.
pub async fn update(
    mut call: Box<Call>,
    document: Takes<WebhookBody>,
) -> Result<Json<Data<WebhookView>>, Problem> {
    webhook_in_path(&call)?;
    let (body, mut faults) = document.read_of(&mut call, limits::RUN_WEBHOOK_BODY_BYTES).await?;
    let context = Arc::clone(&call.context);
    let _one_at_a_time = context.app.editing(call.caller.account).await;
    let from = webhook_in_path(&call)?;
    let mut draft = Draft::of(&from);
    body.apply(&mut draft, &mut faults);
    check_whole(&draft.settings.terms, &mut faults);
    let bound_anew = draft.settings.terms.scope != from.terms.scope
        || (draft.settings.terms.once && (!from.terms.once || draft.settings.events != from.events));
    let changed = change(from, draft, &context.app.rules().asking(call.manages_secrets(), call.now));
    let changed = faults.judged(changed, pointer);
    let changed = faults.unless(changed)?;
    if bound_anew {
        check_run(&call, changed.to()).await?;
    }
    let saved = call.save_webhook(changed).await?;
    shown(&call, StatusCode::OK, &saved).await
}

/// Answers `DELETE /v2/webhooks/{id}`.
///
/// # Errors
/// When there is no such webhook.
pub async fn remove(call: Box<Call>) -> Result<Response, Problem> {
    let webhook = webhook_in_path(&call)?;
    webhook_edits::remove(&call.context.app, webhook.id, call.actor(), call.now).await?;
    Ok(no_content())
}

/// Answers `POST /v2/webhooks/{id}/test`: dispatches an event in the form of a run's.
///
/// # Errors
/// When there is no such webhook, or nothing would be sent to it now.
pub async fn test(call: Box<Call>) -> Result<Json<Data<DispatchView>>, Problem> {
    let webhook = webhook_in_path(&call)?;
    if webhook.state != WebhookState::Active || webhook.expired(call.now) {
        return Err(Problem::new(Code::Conflict, "the webhook is not active; nothing would be sent to it"));
    }
    let user = user(&call);
    let body = test_data(&call, &webhook, &user).to_string().into_bytes().into();
    let receipt = send_test(&call.context.app, &webhook, (TEST, body), call.actor(), call.now).await?;
    let id = DeliveryId::new(call.now, receipt.id.seq(), webhook.no());
    let dispatch =
        super::dispatches::view_of(&call, id).await?.ok_or_else(|| Problem::not_found("webhook"))?;
    let answer = data(StatusCode::CREATED, dispatch)?;
    Ok(answer.located(&format!("/v2/webhook-dispatches/{id}")))
}

fn test_data(call: &Call, webhook: &Webhook, user: &str) -> Value {
    let id = webhook.id.to_string();
    let (kind, about) = webhook.terms.scope.as_ref().map(Scope::parts).unwrap_or_default();
    let of = |wanted: &str| if kind == wanted { about } else { "test" };
    json!({
        "userId": user,
        "createdAt": call.now.to_string(),
        "eventType": TEST,
        "eventData": { "actorId": of("actor"), "actorRunId": of("job"), "webhookId": id },
        "resource": {
            "id": id,
            "userId": user,
            "createdAt": webhook.created_at.to_string(),
            "requestUrl": webhook.url.as_str(),
        },
    })
}
