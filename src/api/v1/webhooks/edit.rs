//! Making and changing webhooks.

use std::sync::Arc;

use http::StatusCode;

use super::revision::{self, tagged};
use super::settings::WebhookPatch as Patch;
pub use super::settings::{WebhookBody, WebhookPatch};
use super::view::{WebhookView, view};
use crate::api::call::Call;
use crate::api::request_key;
use crate::api::route::{Takes, TakesPatch};
use crate::app::entropy::no_entropy;
use crate::app::webhook_list;
use crate::app::webhooks::{Draft, Member, change, make};
use crate::domain::id::AccountNo;
use crate::domain::secret::Secret;
use crate::domain::time::Timestamp;
use crate::domain::webhook::Webhook;
use crate::http::problem::Problem;
use crate::http::reply::{Json, created, json};
use crate::limits;

/// A fresh secret.
pub(in crate::api) fn fresh_secret() -> Result<Secret, Problem> {
    crate::app::webhooks::fresh_secret().map_err(|error| no_entropy(&error).into())
}

/// A plain webhook that listens to everything; it has no target yet.
pub(in crate::api) fn draft(account: AccountNo, now: Timestamp) -> Result<Draft, Problem> {
    Draft::new(account, now).map_err(|error| no_entropy(&error).into())
}

/// What this API calls a member.
pub(in crate::api::v1) fn pointer(member: Member) -> &'static str {
    match member {
        Member::Url => "/url",
        Member::Events => "/events",
        Member::Profile => "/profile",
        Member::Headers => "/headers",
        Member::Ordering => "/ordering",
        Member::ExpiresAt => "/expires_at",
        Member::Secret => "/secret",
        Member::Tls => "/tls",
        Member::AnyCertificate => "/tls/insecure",
        // Its webhooks are given no templates.
        Member::PayloadTemplate | Member::HeadersTemplate => "",
    }
}

/// Answers `POST /v1/webhooks`.
///
/// # Errors
/// Names every member that cannot be taken.
pub async fn create(mut call: Box<Call>, document: Takes<WebhookBody>) -> Result<Json<WebhookView>, Problem> {
    let key = request_key::of(&call.headers)?;
    let (WebhookBody(mut body), mut faults, text) =
        document.read_text(&mut call, limits::SETTINGS_BODY_BYTES).await?;
    let mut draft = draft(call.account(), call.now)?;
    let secret = body.secret.take().and_then(|text| faults.check("/secret", Secret::parse(&text)));
    if let Some(secret) = secret {
        draft.settings.secrets.current = secret;
    }
    draft.settings.profile = call.context.app.rules().profiles.default_name().to_owned();
    body.with_events().apply(&mut draft, &call.context, &mut faults);
    let made = make(draft, &call.context.app.rules().asking(call.manages_secrets(), call.now));
    let made = faults.judged(made, pointer);
    let approved = faults.unless(made)?;
    if call.query.is_dry_run()? {
        return shown(&call, approved.webhook()).await;
    }
    let idempotency = match key {
        Some(key) => key.idempotency("webhook", call.account(), text, &call.context.app, call.now).await?,
        None => None,
    };
    let drawn = approved.webhook().id;
    let made = call.create_webhook(approved, idempotency).await?;
    let view = view(&call, &made).await;
    if made.id.is_drawn_as(drawn) {
        let answer = created(&format!("/v1/webhooks/{}", made.id), &view.with_secret(&made))?;
        return Ok(tagged(answer.no_store(), &made, &call));
    }
    // The same request made it before: its secret was in that answer only.
    let answer = json(StatusCode::OK, &view)?.located(&format!("/v1/webhooks/{}", made.id));
    Ok(tagged(answer, &made, &call))
}

/// The account's webhook of the id in the path.
pub(in crate::api::v1) fn webhook_in_path(call: &Call) -> Result<Arc<Webhook>, Problem> {
    let missing = || Problem::not_found("webhook");
    let id = call.param.parse().map_err(|_| missing())?;
    Ok(webhook_list::find(&call.context.app, call.account(), id)?)
}

/// A webhook as the answer.
pub(super) async fn shown(call: &Call, webhook: &Webhook) -> Result<Json<WebhookView>, Problem> {
    Ok(tagged(json(StatusCode::OK, &view(call, webhook).await)?, webhook, call))
}

/// Answers `PATCH /v1/webhooks/{id}`.
///
/// # Errors
/// When there is no such webhook, it is another revision than is to be changed, or the daemon changed it at the same
/// time; names every member that cannot be taken.
pub async fn update(mut call: Box<Call>, document: TakesPatch<Patch>) -> Result<Json<WebhookView>, Problem> {
    webhook_in_path(&call)?;
    let (patch, mut faults) = document.read(&mut call).await?;
    let context = Arc::clone(&call.context);
    let _one_at_a_time = context.app.editing(call.caller.account).await;
    let from = webhook_in_path(&call)?;
    revision::check(&call, &from)?;
    let mut draft = Draft::of(&from);
    if patch.secret.is_some() {
        faults.add("/secret", "cannot be changed here; use rotate-secret");
    }
    patch.apply(&mut draft, &context, &mut faults);
    let changed = change(from, draft, &context.app.rules().asking(call.manages_secrets(), call.now));
    let changed = faults.judged(changed, pointer);
    let changed = faults.unless(changed)?;
    if call.query.is_dry_run()? {
        let view = view(&call, changed.to()).await;
        let answer = json(StatusCode::OK, &view.with_changes(changed.members()))?;
        return Ok(tagged(answer, changed.to(), &call));
    }
    shown(&call, &*call.save_webhook(changed).await?).await
}
