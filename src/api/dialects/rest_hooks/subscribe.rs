//! Making subscriptions, and looking at them.

use std::collections::BTreeMap;
use std::sync::Arc;

use http::header::LINK;
use http::{HeaderValue, StatusCode};
use serde_json::value::RawValue;

use super::settings::{HookBody, Members, Settings};
use super::view::HookView;
use crate::api::call::Call;
use crate::api::route::Takes;
use crate::api::v1::webhooks::edit::draft;
use crate::app::event_types;
use crate::app::webhook_list;
use crate::app::webhooks::{Approved, Member, make};
use crate::domain::dialect::Dialect;
use crate::domain::event_type::EventPattern;
use crate::domain::id::WebhookNo;
use crate::domain::terms::Terms;
use crate::domain::webhook::Webhook;
use crate::http::document::Faults;
use crate::http::problem::{Code, Problem};
use crate::http::reply::{Json, created, json};

/// The body as an object, whatever else it holds. What cannot be is 400 in this API.
///
/// # Errors
/// When it is no JSON object.
pub(super) async fn members(call: &mut Call) -> Result<Members, Problem> {
    let (members, faults) = call.document::<BTreeMap<String, Box<RawValue>>>().await.map_err(as_malformed)?;
    faults.done().map_err(as_malformed)?;
    Ok(Members::new(members))
}

fn as_malformed(why: impl Into<Problem>) -> Problem {
    let problem = why.into();
    if problem.code == Code::Invalid { problem.with_status(StatusCode::BAD_REQUEST) } else { problem }
}

/// Answers `POST /api/hooks`.
///
/// # Errors
/// 400 with every member that cannot be taken; 409 when the target is subscribed to one of the events
/// already, and that subscription has no end.
pub async fn create(mut call: Box<Call>, _: Takes<HookBody>) -> Result<Json<HookView>, Problem> {
    let members = members(&mut call).await?;
    let mut faults = Faults::default();
    let made = wanted(&call, &members, &mut faults)?;
    let made = faults.unless(made).map_err(as_malformed)?;
    let made = call.create_webhook(made, None).await?;
    created(&format!("/api/hooks/{}", made.id), &HookView::new(&made, &call))
}

/// The webhook that is asked for; `None` where it cannot be.
fn wanted(call: &Call, members: &Members, faults: &mut Faults) -> Result<Option<Approved>, Problem> {
    let mut draft = draft(call.account(), call.now)?;
    draft.settings.terms = Terms { dialect: Dialect::RestHooks, ..Terms::default() };
    let mut settings = Settings::new(members, faults);
    let name = settings.target(&mut draft);
    settings.apply(&mut draft.settings, call.now);
    check_declared(call, &draft.settings.events, faults);
    let made = make(draft, &call.context.app.rules().asking(call.manages_secrets(), call.now));
    Ok(faults.judged(made, |member| pointer(member, name)))
}

/// What this API calls a member; the target as the caller does.
fn pointer(member: Member, target: &'static str) -> &'static str {
    match member {
        Member::Url => target,
        Member::Events => "/events",
        Member::ExpiresAt => "/expiration_date",
        // These are not a subscriber's to say.
        Member::Profile
        | Member::Headers
        | Member::Ordering
        | Member::PayloadTemplate
        | Member::HeadersTemplate
        | Member::AnyCertificate
        | Member::Tls
        | Member::Secret => "",
    }
}

/// Where the account has declared event types, others are taken for typing mistakes.
fn check_declared(call: &Call, events: &[EventPattern], faults: &mut Faults) {
    if let Some(unknown) = event_types::undeclared(&call.context.app, call.account(), events) {
        faults.add("/event", format_args!("\"{unknown}\" is not a declared event type of this account"));
    }
}

/// The caller's subscription of the id in the path.
pub(super) fn hook_in_path(call: &Call) -> Option<Arc<Webhook>> {
    let found = webhook_list::find(&call.context.app, call.account(), call.param.parse().ok()?).ok()?;
    Some(found).filter(|webhook| webhook.terms.dialect == Dialect::RestHooks)
}

/// Answers `GET /api/hooks/{id}`.
///
/// # Errors
/// When there is no such subscription.
pub async fn show(call: Box<Call>) -> Result<Json<HookView>, Problem> {
    let webhook = hook_in_path(&call).ok_or_else(|| Problem::not_found("subscription"))?;
    json(StatusCode::OK, &HookView::new(&webhook, &call))
}

/// Answers `GET /api/hooks`: a bare array, as clients of such hooks expect of any list. Where there is
/// more, a `Link` header leads on.
///
/// # Errors
/// When a parameter makes no sense.
pub async fn list(call: Box<Call>) -> Result<Json<Vec<HookView>>, Problem> {
    let page = call.query.page::<WebhookNo>()?;
    let ours = |webhook: &Webhook| webhook.terms.dialect == Dialect::RestHooks;
    let found = webhook_list::page(&call.context.app, call.account(), ours, &page);
    let rows: Vec<HookView> = found.rows.iter().map(|webhook| HookView::new(webhook, &call)).collect();
    let listing = call.query.listing(rows, found.next);
    let mut answer = json(StatusCode::OK, &listing.data)?;
    if let Some(cursor) = listing.next_cursor {
        let link = format!("<{}/api/hooks?cursor={cursor}>; rel=\"next\"", call.context.public_url);
        answer.headers_mut().extend(HeaderValue::from_str(&link).ok().map(|link| (LINK, link)));
    }
    Ok(answer)
}
