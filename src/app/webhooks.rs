//! Making and changing webhooks. Whatever API, declaration or job asks for a webhook, it is checked here
//! and nowhere else: only this file makes an [`Approved`] or a [`Change`], and the store is given no other.

use std::sync::Arc;

use super::masked;
use crate::clock::{self, EntropyError};
use crate::domain::event_type::EventPattern;
use crate::domain::header::MASK;
use crate::domain::id::{AccountNo, JobId, WebhookId, WebhookNo};
use crate::domain::profile::Profiles;
use crate::domain::scope::Scope;
use crate::domain::secret::{Secret, SecretSet};
use crate::domain::target::{TargetPolicy, TargetUrl};
use crate::domain::template::{self, Compiled, Roots, check_headers};
use crate::domain::terms::{Dialect, Template};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Webhook, WebhookState};
use crate::limits;
use crate::store::command::{Actor, Edit, Edited, Refused};
use crate::store::{Store, StoreError};

/// A member of a webhook that cannot be as it is asked for. Each API has its own name for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member {
    /// Where it is served.
    Url,
    /// What it listens to.
    Events,
    /// How it is rendered, signed and sent.
    Profile,
    /// Its own headers.
    Headers,
    /// Whether its deliveries keep an order.
    Ordering,
    /// When it ends.
    ExpiresAt,
    /// The template of its bodies.
    PayloadTemplate,
    /// The template of its headers.
    HeadersTemplate,
    /// Whether any certificate is taken.
    AnyCertificate,
}

/// What is wrong with a member, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The member.
    pub member: Member,
    /// A sentence without its subject, which is the member.
    pub detail: String,
}

/// What webhooks are checked against: the operator's rules, and what the caller may do.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The configured profiles, and how receivers have to confirm.
    pub profiles: &'a Profiles,
    /// What the URL gate lets through.
    pub targets: &'a TargetPolicy,
    /// Whether the operator lets webhooks take any certificate.
    pub any_certificate: bool,
    /// Whether the caller may manage the account's secrets. Whoever may not cannot name one in a template
    /// either, or its own receiver would be sent it.
    pub secrets: bool,
    /// When it is asked.
    pub now: Timestamp,
}

/// A webhook as somebody wants it to be.
#[derive(Debug, Clone)]
pub struct Draft {
    /// Every setting but the target and the state, which are decided here.
    pub webhook: Webhook,
    /// The target, as it was given; `None`: it stays.
    pub url: Option<String>,
    /// What the variables of its templates may begin with.
    pub template_roots: &'static [&'static str],
}

impl Draft {
    /// A plain webhook that listens to everything, with a secret of its own.
    ///
    /// # Errors
    /// When nothing unpredictable can be made.
    pub fn new(account: AccountNo, now: Timestamp) -> Result<Self, EntropyError> {
        let random = clock::random_bytes().map(u64::from_be_bytes)?;
        let secret = fresh_secret()?;
        let id = WebhookId::new(now, WebhookNo(0), random);
        let webhook = Webhook::plain(id, account, TargetUrl::placeholder(), secret, now);
        Ok(Self { webhook, url: None, template_roots: &[] })
    }

    /// A webhook as it stands.
    #[must_use]
    pub fn of(webhook: &Webhook) -> Self {
        Self { webhook: webhook.clone(), url: None, template_roots: &[] }
    }
}

/// A fresh secret.
///
/// # Errors
/// When nothing unpredictable can be made.
pub fn fresh_secret() -> Result<Secret, EntropyError> {
    clock::random_bytes().map(Secret::from_random)
}

/// A new webhook that passed every check.
#[derive(Debug, Clone, PartialEq)]
pub struct Approved(Webhook);

impl Approved {
    /// The webhook; the number in its id is the store's to give.
    #[must_use]
    pub fn webhook(&self) -> &Webhook {
        &self.0
    }

    /// The webhook, for a command that makes it together with other things.
    #[must_use]
    pub fn into_webhook(self) -> Webhook {
        self.0
    }

    /// With the events that `wanted` keeps; `None` when that is none.
    #[must_use]
    pub fn listening(mut self, wanted: impl FnMut(&EventPattern) -> bool) -> Option<Self> {
        self.0.events.retain(wanted);
        (!self.0.events.is_empty()).then_some(self)
    }

    /// Bound to one job, under a number that was reserved: it takes one event, and goes.
    #[must_use]
    pub fn bound_to(self, job: JobId, no: WebhookNo) -> Self {
        let mut webhook = self.0;
        let random = u64::from_be_bytes(webhook.id.to_bytes().last_chunk().copied().unwrap_or_default());
        webhook.id = WebhookId::new(webhook.created_at, no, random);
        (webhook.terms.scope, webhook.terms.once) = (Some(Scope::of("job", job)), true);
        Self(webhook)
    }
}

/// A change of a webhook that passed every check.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    from: Arc<Webhook>,
    to: Webhook,
}

impl Change {
    /// Whether there is nothing to change.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self.from == self.to
    }

    /// What it becomes.
    #[must_use]
    pub fn to(&self) -> &Webhook {
        &self.to
    }

    /// What it was computed from, and what it becomes.
    #[must_use]
    pub fn into_parts(self) -> (Arc<Webhook>, Webhook) {
        (self.from, self.to)
    }
}

/// Checks a new webhook.
///
/// # Errors
/// Names every member that cannot be as it is asked for.
pub fn make(draft: Draft, asking: &Asking<'_>) -> Result<Approved, Vec<Fault>> {
    let mut faults = Faults::default();
    if draft.url.is_none() {
        faults.add(Member::Url, "is required");
    }
    let mut webhook = checked(draft, None, asking, &mut faults);
    webhook.state = unconfirmed(&webhook, asking);
    faults.unless(Approved(webhook))
}

/// Checks what a webhook is to become.
///
/// # Errors
/// Names every member that cannot be as it is asked for.
pub fn change(from: Arc<Webhook>, draft: Draft, asking: &Asking<'_>) -> Result<Change, Vec<Fault>> {
    let mut faults = Faults::default();
    let given = draft.url.is_some();
    let mut to = checked(draft, Some(&from), asking, &mut faults);
    if to.ordering != from.ordering {
        faults.add(Member::Ordering, "cannot be changed once a webhook is made; make another one");
    }
    settle_target(&from, &mut to, given, asking);
    to.updated_at = asking.now;
    faults.unless(Change { from, to })
}

/// What a webhook that stands becomes when it is declared again as `draft`: it keeps its id, its secrets,
/// its log and its state.
#[must_use]
pub fn declared_again(from: Arc<Webhook>, draft: Approved, now: Timestamp) -> Change {
    let to_be = draft.0.state;
    let mut to = Webhook {
        id: from.id,
        secrets: from.secrets.clone(),
        state: from.state,
        created_at: from.created_at,
        updated_at: from.updated_at,
        ..draft.into_webhook()
    };
    let unconfirmed = to_be == WebhookState::Pending && from.state != WebhookState::Pending;
    if unconfirmed && to.url == *from.wanted_url() {
        (to.url, to.pending_url) = (from.url.clone(), from.pending_url.clone());
    } else if unconfirmed {
        let wanted = std::mem::replace(&mut to.url, from.url.clone());
        to.pending_url = Some(wanted).filter(|wanted| *wanted != from.url);
    }
    if to != *from {
        to.updated_at = now;
    }
    Change { from, to }
}

/// A webhook that gets nothing until it is resumed.
///
/// # Errors
/// When it is in no state for that.
pub fn pause(from: Arc<Webhook>, now: Timestamp) -> Result<Change, WrongState> {
    match from.state {
        WebhookState::Pending | WebhookState::Removed { .. } => return Err(WrongState),
        _ if from.expired(now) => return Err(WrongState),
        WebhookState::Active | WebhookState::Paused { .. } | WebhookState::Disabled { .. } => {}
    }
    let to = Webhook { state: WebhookState::Paused { since: now }, updated_at: now, ..Webhook::clone(&from) };
    Ok(Change { from, to })
}

/// A webhook that is served again. One that awaits its confirmation, or was given up, has its receiver asked
/// now; one that was only paused is served where its receiver confirmed it.
///
/// # Errors
/// When it is in no state for that.
pub fn resume(from: Arc<Webhook>, asking: &Asking<'_>) -> Result<Change, WrongState> {
    if matches!(from.state, WebhookState::Removed { .. }) || from.expired(asking.now) {
        return Err(WrongState);
    }
    let mut to = Webhook { state: WebhookState::Active, updated_at: asking.now, ..Webhook::clone(&from) };
    if matches!(from.state, WebhookState::Pending | WebhookState::Disabled { .. }) {
        (to.url, to.pending_url) = (from.wanted_url().clone(), None);
        to.state = unconfirmed(&to, asking);
    }
    Ok(Change { from, to })
}

/// A webhook that signs with other secrets.
#[must_use]
pub fn with_secrets(from: Arc<Webhook>, secrets: SecretSet, now: Timestamp) -> Change {
    let to = Webhook { secrets, updated_at: now, ..Webhook::clone(&from) };
    Change { from, to }
}

/// The webhook is in no state for what is asked of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WrongState;

/// Makes a webhook. A subscription is one per account, target and event; where the owner gave a key and has
/// a webhook under it, that one is given as it is.
///
/// # Errors
/// The outer one when the store cannot, the inner one when it refuses.
pub async fn create(
    store: &Store,
    approved: Approved,
    by: Actor,
    now: Timestamp,
) -> Result<Result<Arc<Webhook>, Refused>, StoreError> {
    let webhook = Box::new(approved.into_webhook());
    let edit = match webhook.terms.dialect {
        Dialect::RestHooks => Edit::Subscribe(webhook),
        Dialect::Native | Dialect::RunWebhooks | Dialect::ActionRuns => Edit::CreateWebhook(webhook),
    };
    stored(store, edit, by, now).await
}

/// Stores a change, unless somebody was quicker.
///
/// # Errors
/// The outer one when the store cannot, the inner one when it refuses.
pub async fn save(
    store: &Store,
    change: Change,
    by: Actor,
    now: Timestamp,
) -> Result<Result<Arc<Webhook>, Refused>, StoreError> {
    let Change { from, to } = change;
    stored(store, Edit::UpdateWebhook { from, to: Box::new(to) }, by, now).await
}

async fn stored(
    store: &Store,
    edit: Edit,
    by: Actor,
    now: Timestamp,
) -> Result<Result<Arc<Webhook>, Refused>, StoreError> {
    Ok(match store.edit(edit, by, now).await? {
        Ok(Edited::Webhook(webhook)) => Ok(webhook),
        Ok(_) => Err(Refused::NotFound),
        Err(refused) => Err(refused),
    })
}

/// The state of a webhook that is to be served from now on, if its receiver wants it.
fn unconfirmed(webhook: &Webhook, asking: &Asking<'_>) -> WebhookState {
    match asking.profiles.verification(webhook) {
        Some(_) => WebhookState::Pending,
        None => WebhookState::Active,
    }
}

/// Decides where a changed webhook is served. One whose receiver has to confirm the change, be it another
/// target or another way to confirm, is served where it was until that is done, so nothing is lost meanwhile.
fn settle_target(from: &Webhook, to: &mut Webhook, given: bool, asking: &Asking<'_>) {
    to.state = from.state;
    let target = if given { to.url.clone() } else { from.wanted_url().clone() };
    let (was, is) = (asking.profiles.verification(from), asking.profiles.verification(to));
    if from.state == WebhookState::Pending || is.is_none() {
        (to.url, to.pending_url) = (target, None);
        if from.state == WebhookState::Pending {
            to.state = unconfirmed(to, asking);
        }
        return;
    }
    to.url = from.url.clone();
    to.pending_url = match given || is != was {
        true => Some(target).filter(|target| *target != from.url || is != was),
        false => from.pending_url.clone(),
    };
}

/// The faults of a draft.
#[derive(Default)]
struct Faults(Vec<Fault>);

impl Faults {
    fn add(&mut self, member: Member, detail: impl std::fmt::Display) {
        self.0.push(Fault { member, detail: detail.to_string() });
    }

    fn check<T, E: std::fmt::Display>(&mut self, member: Member, value: Result<T, E>) -> Option<T> {
        value.map_err(|error| self.add(member, error)).ok()
    }

    fn unless<T>(self, value: T) -> Result<T, Vec<Fault>> {
        if self.0.is_empty() { Ok(value) } else { Err(self.0) }
    }
}

/// The draft with its target. What has not changed since `before` was checked when it was made: an operator's
/// later rules do not stand in the way of other changes.
fn checked(draft: Draft, before: Option<&Webhook>, asking: &Asking<'_>, faults: &mut Faults) -> Webhook {
    let Draft { mut webhook, url, template_roots } = draft;
    if let Some(text) = url
        && let Some(url) = target(&text, before, asking, faults)
    {
        webhook.url = url;
    }
    unmask_template(&mut webhook, before, faults);
    let fresh = |same: fn(&Webhook, &Webhook) -> bool| before.is_none_or(|before| !same(before, &webhook));
    if fresh(|a, b| a.profile == b.profile) && asking.profiles.get(&webhook.profile).is_none() {
        let known: Vec<&str> = asking.profiles.names().collect();
        let known = known.join(", ");
        faults.add(Member::Profile, format_args!("is not a configured profile; there are {known}"));
    }
    if webhook.events.len() > limits::EVENT_PATTERNS {
        let most = limits::EVENT_PATTERNS;
        faults.add(Member::Events, format_args!("must hold 1 to {most} types or patterns"));
    }
    if webhook.headers.len() > limits::CUSTOM_HEADERS {
        let most = limits::CUSTOM_HEADERS;
        faults.add(Member::Headers, format_args!("may hold at most {most} headers"));
    }
    if fresh(|a, b| a.expires_at == b.expires_at) && webhook.expired(asking.now) {
        faults.add(Member::ExpiresAt, "must lie ahead");
    }
    if fresh(|a, b| a.terms.any_certificate == b.terms.any_certificate)
        && webhook.terms.any_certificate
        && !asking.any_certificate
    {
        let detail = "is not allowed here; the operator would have to set egress.allow_any_certificate";
        faults.add(Member::AnyCertificate, detail);
    }
    if fresh(|a, b| a.terms.template == b.terms.template)
        && let Some(template) = webhook.terms.template.as_deref()
    {
        check_template(template, template_roots, asking, faults);
    }
    webhook
}

/// A target as it was given; one that comes back masked is the one that stands.
fn target(
    text: &str,
    before: Option<&Webhook>,
    asking: &Asking<'_>,
    faults: &mut Faults,
) -> Option<TargetUrl> {
    let known = before.into_iter().flat_map(|before| std::iter::once(&before.url).chain(&before.pending_url));
    for url in known {
        if masked::comes_back(text, &url.masked()) {
            return Some(url.clone());
        }
    }
    let url = faults.check(Member::Url, TargetUrl::parse(text, asking.targets))?;
    if url.query_values().any(|value| value == MASK) {
        faults.add(Member::Url, masked::UNKNOWN);
        return None;
    }
    Some(url)
}

/// Puts a template of headers that comes back masked back to what stands.
fn unmask_template(webhook: &mut Webhook, before: Option<&Webhook>, faults: &mut Faults) {
    let Some(template) = &webhook.terms.template else { return };
    let Some(text) = template.headers.as_deref() else { return };
    let stands = before.and_then(|before| before.terms.template.as_deref()?.headers.as_deref());
    if stands == Some(text) {
        return;
    }
    if let Some(stands) = stands.filter(|stands| masked::comes_back(text, &template::masked(stands))) {
        let template = Template { headers: Some(stands.into()), ..Template::clone(template) };
        webhook.terms.template = Some(template.into());
    } else if text.contains(&format!("\"{MASK}\"")) {
        faults.add(Member::HeadersTemplate, masked::UNKNOWN);
    }
}

fn check_template(
    template: &Template,
    data: &'static [&'static str],
    asking: &Asking<'_>,
    faults: &mut Faults,
) {
    let roots = Roots { data, secrets: false };
    if let Some(text) = &template.payload {
        let read = Compiled::read(text, template.interpolate_strings);
        faults.check(Member::PayloadTemplate, read.and_then(|compiled| compiled.check(roots)));
    }
    if let Some(text) = &template.headers {
        let read = check_headers(text, Roots { secrets: true, ..roots });
        if faults.check(Member::HeadersTemplate, read).is_some()
            && !asking.secrets
            && check_headers(text, roots).is_err()
        {
            let detail = "names a secret; only a caller with the role manager may";
            faults.add(Member::HeadersTemplate, detail);
        }
    }
}
