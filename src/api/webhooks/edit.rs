//! Making and changing webhooks.

use std::sync::Arc;

use http::StatusCode;

use super::settings::WebhookPatch as Patch;
pub use super::settings::{WebhookBody, WebhookPatch};
use super::view::WebhookView;
use crate::api::accounts::{no_entropy, random};
use crate::api::answer::{Answer, json};
use crate::api::call::Call;
use crate::api::problem::{Code, Problem};
use crate::api::tokens::private;
use crate::clock;
use crate::domain::id::{AccountNo, WebhookId, WebhookNo};
use crate::domain::secret::Secret;
use crate::domain::target::TargetUrl;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Webhook, WebhookState};
use crate::store::command::{Edit, Edited};

/// A fresh secret.
pub(in crate::api) fn fresh_secret() -> Result<Secret, Problem> {
    clock::random_bytes().map(Secret::from_random).map_err(|error| no_entropy(&error))
}

/// Answers `POST /v1/webhooks`.
///
/// # Errors
/// Names every member that cannot be taken.
pub async fn create(mut call: Box<Call>) -> Result<Answer, Problem> {
    let (mut body, mut faults) = call.document::<Patch>().await?;
    let url = faults.require("/url", body.url.take().flatten());
    let url = url.and_then(|url| faults.check("/url", TargetUrl::parse(&url, &call.context.rules().targets)));
    let secret = body.secret.take().and_then(|text| faults.check("/secret", Secret::parse(&text)));
    // Whatever else is wrong is to be named too, so a draft is checked even without a URL.
    let stand_in = || TargetUrl::from_stored("https://stand-in.example/").ok();
    let Some(draft_url) = url.clone().or_else(stand_in) else { return faults.unless(None) };
    let secret = secret.map_or_else(fresh_secret, Ok)?;
    let mut webhook = draft(call.account(), draft_url, secret, call.now)?;
    body.events.get_or_insert(None);
    body.apply(&mut webhook, &call.context, call.now, &mut faults);
    faults.unless(url)?;
    webhook.state = unconfirmed(&call, &webhook);
    match call.edit(Edit::CreateWebhook(Box::new(webhook)), "account").await? {
        Edited::Webhook(made) => {
            json(StatusCode::CREATED, &WebhookView::new(&made, call.now).with_secret(&made)).map(private)
        }
        _ => Err(Problem::new(Code::Internal, "the webhook was not made")),
    }
}

/// A plain webhook that listens to everything; its id has no number yet.
pub(in crate::api) fn draft(
    account: AccountNo,
    url: TargetUrl,
    secret: Secret,
    now: Timestamp,
) -> Result<Webhook, Problem> {
    Ok(Webhook::plain(WebhookId::new(now, WebhookNo(0), random()?), account, url, secret, now))
}

/// The state of a webhook that is to be served from now on, if its receiver wants it.
pub(in crate::api) fn unconfirmed(call: &Call, webhook: &Webhook) -> WebhookState {
    match call.context.rules().profiles.verification(webhook) {
        Some(_) => WebhookState::Pending,
        None => WebhookState::Active,
    }
}

/// Whether what its receiver confirmed, or is asked, is another thing now.
fn asks_anew(call: &Call, from: &Webhook, to: &Webhook) -> bool {
    let asked = |webhook| call.context.rules().profiles.verification(webhook);
    matches!(from.state, WebhookState::Active | WebhookState::Pending)
        && (from.url != to.url || asked(from) != asked(to))
}

/// The account's webhook of the id in the path.
pub(super) fn own(call: &Call) -> Result<Arc<Webhook>, Problem> {
    let missing = || Problem::not_found("webhook");
    let id = call.param.parse().map_err(|_| missing())?;
    let directory = call.context.store.directory();
    directory.webhook_of(call.account(), id).cloned().ok_or_else(missing)
}

/// Stores a changed webhook, unless the daemon has changed it since it was `from`.
pub(in crate::api) async fn save(
    call: &Call,
    from: Arc<Webhook>,
    to: Webhook,
) -> Result<Arc<Webhook>, Problem> {
    let to = Box::new(Webhook { updated_at: call.now, ..to });
    match call.edit(Edit::UpdateWebhook { from, to }, "webhook").await? {
        Edited::Webhook(saved) => Ok(saved),
        _ => Err(Problem::new(Code::Internal, "the webhook was not changed")),
    }
}

/// A webhook as the answer.
pub(super) fn shown(call: &Call, webhook: &Webhook) -> Result<Answer, Problem> {
    json(StatusCode::OK, &WebhookView::new(webhook, call.now))
}

/// Answers `PATCH /v1/webhooks/{id}`.
///
/// # Errors
/// When there is no such webhook, or the daemon changed it meanwhile; names every member that cannot
/// be taken.
pub async fn update(mut call: Box<Call>) -> Result<Answer, Problem> {
    own(&call)?;
    let (patch, mut faults) = call.document::<Patch>().await?;
    let context = Arc::clone(&call.context);
    let _one_at_a_time = context.editing.lock().await;
    let from = own(&call)?;
    let mut webhook = Webhook::clone(&from);
    if patch.secret.is_some() {
        faults.add("/secret", "cannot be changed here; use rotate-secret");
    }
    patch.apply(&mut webhook, &context, call.now, &mut faults);
    if webhook.ordering != from.ordering {
        faults.add("/ordering", "cannot be changed once a webhook is made; make another one");
    }
    faults.done()?;
    if asks_anew(&call, &from, &webhook) {
        webhook.state = unconfirmed(&call, &webhook);
    }
    shown(&call, &*save(&call, from, webhook).await?)
}
