//! Fan-out: which webhooks get an event, and which that listen to its type do not, and why.
//!
//! The index answers by the event type's own prefixes, so the cost follows the webhooks that
//! match, not those that exist.

mod cost;
#[cfg(test)]
mod products;

use std::collections::HashMap;
use std::sync::Arc;

use smallvec::SmallVec;

use super::event::Skip;
use super::event_type::{EventPattern, EventType};
use super::form::PayloadForm;
use super::id::{AccountNo, WebhookNo};
use super::profiles::Profiles;
use super::reserved::is_operational;
use super::scope::Scope;
use super::terms::Template;
use super::time::Timestamp;
use super::webhook::{Webhook, WebhookState};
use crate::limits;

use cost::Run;
pub use cost::{Allowance, PlanError};

/// One webhook's share of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// The webhook.
    pub webhook: WebhookNo,
    /// What its body will hold.
    pub form: PayloadForm,
    /// What the webhook's template gives, where `form` says so. `None` when it is too large to be
    /// kept; then the delivery fails.
    pub body: Option<Arc<[u8]>>,
    /// When its first attempt is due.
    pub due: Timestamp,
    /// How many bytes of data one body of that form may hold.
    pub room: u32,
}

/// Where an event goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Who gets it.
    pub shares: Vec<Share>,
    /// Who listens to its type but does not get it; at most [`limits::SKIPPED_PER_EVENT`].
    pub skipped: Vec<(WebhookNo, Skip)>,
}

/// Where a webhook listens: its account, and the one thing it is bound to.
type Place = (AccountNo, Option<Scope>);

/// Webhooks by what the types they listen to begin with: nothing, segments with the dot behind them,
/// or, as no type ends with a dot, a whole name.
type Listeners = HashMap<Box<str>, Vec<WebhookNo>>;

/// Webhooks that listen to a type. Those of most types fit without an allocation.
pub type Found = SmallVec<[WebhookNo; 16]>;

/// Which webhooks listen to what.
#[derive(Debug, Default)]
pub struct Index {
    places: HashMap<Place, Listeners>,
}

impl Index {
    /// Adds a webhook under each of its patterns.
    pub fn insert(&mut self, webhook: &Webhook) {
        for pattern in &webhook.events {
            let place = self.places.entry(place(webhook)).or_default();
            let listeners = place.entry(beginning(pattern)).or_default();
            if let Err(at) = listeners.binary_search(&webhook.no()) {
                listeners.insert(at, webhook.no());
            }
        }
    }

    /// Takes a webhook out of each of its patterns.
    pub fn remove(&mut self, webhook: &Webhook) {
        let key = place(webhook);
        let Some(place) = self.places.get_mut(&key) else { return };
        for beginning in webhook.events.iter().map(beginning) {
            if let Some(listeners) = place.get_mut(&beginning) {
                if let Ok(at) = listeners.binary_search(&webhook.no()) {
                    listeners.remove(at);
                }
                if listeners.is_empty() {
                    place.remove(&beginning);
                }
            }
        }
        if place.is_empty() {
            self.places.remove(&key);
        }
    }

    /// The webhooks of `account` that listen to `event_type`, each once, in order: those bound to
    /// nothing, and those bound to one of the things the event is `about`.
    #[must_use]
    pub fn listeners(&self, account: AccountNo, event_type: &EventType, about: &[Scope]) -> Found {
        let name = event_type.as_str();
        let everything = Some("").filter(|_| !is_operational(event_type));
        let mut found = Found::new();
        for scope in std::iter::once(None).chain(about.iter().cloned().map(Some)) {
            let Some(place) = self.places.get(&(account, scope)) else { continue };
            let under = name.match_indices('.').filter_map(|(dot, _)| name.get(..=dot));
            for beginning in everything.into_iter().chain([name]).chain(under) {
                if let Some(listeners) = place.get(beginning) {
                    found.extend_from_slice(listeners);
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn place(webhook: &Webhook) -> Place {
    (webhook.account, webhook.terms.scope.clone())
}

fn beginning(pattern: &EventPattern) -> Box<str> {
    match pattern {
        EventPattern::All => "".into(),
        EventPattern::Under(segments) => format!("{segments}.").into(),
        EventPattern::Exact(event_type) => event_type.as_str().into(),
    }
}

/// Decides for each listening webhook. `data` is parsed only when a filter asks for it. What the event
/// makes is taken off the request's allowance.
///
/// # Errors
/// When more webhooks match than one event may reach, their filters take too long, or the allowance does
/// not suffice.
pub fn plan(
    listeners: &[Arc<Webhook>],
    profiles: &Profiles,
    data: &[u8],
    now: Timestamp,
    allowance: &mut Allowance,
) -> Result<Plan, PlanError> {
    let planned = plan_within(listeners, profiles, data, now, allowance);
    allowance.exceeded |= planned.as_ref().is_err_and(|error| error.is_of_request());
    planned
}

fn plan_within(
    listeners: &[Arc<Webhook>],
    profiles: &Profiles,
    data: &[u8],
    now: Timestamp,
    allowance: &mut Allowance,
) -> Result<Plan, PlanError> {
    let mut plan = Plan::default();
    let mut bound: Vec<&Arc<Webhook>> = Vec::new();
    let mut run = Run::new(data, allowance);
    for webhook in listeners {
        let skip = match (skip(webhook, now), &webhook.filter) {
            (None, Some(filter)) => run.skip(filter)?,
            (skip, _) => skip,
        };
        match skip {
            Some(skip) if plan.skipped.len() < limits::SKIPPED_PER_EVENT => {
                plan.skipped.push((webhook.no(), skip));
            }
            Some(_) => {}
            None if plan.shares.len() == limits::DELIVERIES_PER_EVENT => return Err(PlanError::TooWide),
            None if plan.shares.len() == run.request.deliveries => return Err(PlanError::Deliveries),
            None => {
                plan.shares.push(share_of(webhook, profiles, &mut run, now, now)?);
                if webhook.terms.scope.is_some() {
                    bound.push(webhook);
                }
            }
        }
    }
    leave_out_twins(&mut plan, &bound);
    allowance.deliveries -= plan.shares.len();
    Ok(plan)
}

/// About how many steps it takes to plan an event with so many bytes of data, at most.
#[must_use]
pub fn price(listeners: &[Arc<Webhook>], data_bytes: usize) -> u64 {
    let of_one = |webhook: &Arc<Webhook>| {
        let filter = webhook.filter.as_ref().map_or(0, |filter| filter.price(data_bytes));
        let template = webhook.terms.template_bytes();
        let filled = if template > 0 { template + data_bytes } else { 0 };
        1 + filter + filled as u64
    };
    // The data is read once for all filters.
    let read = if listeners.iter().any(|webhook| webhook.filter.is_some()) { data_bytes as u64 } else { 0 };
    listeners.iter().map(of_one).fold(read, u64::saturating_add)
}

/// Of a declared webhook and one that was made for the same thing and URL, only the latter gets the event.
fn leave_out_twins(plan: &mut Plan, bound: &[&Arc<Webhook>]) {
    for declared in bound.iter().filter(|webhook| webhook.terms.declared) {
        let twin = |other: &&Arc<Webhook>| {
            !other.terms.declared && other.terms.scope == declared.terms.scope && other.url == declared.url
        };
        if bound.iter().any(twin) {
            plan.shares.retain(|share| share.webhook != declared.no());
            if plan.skipped.len() < limits::SKIPPED_PER_EVENT {
                plan.skipped.push((declared.no(), Skip::Twin));
            }
        }
    }
}

fn skip(webhook: &Webhook, now: Timestamp) -> Option<Skip> {
    match webhook.state {
        // The one event of a callback would come no second time.
        WebhookState::Pending if !(webhook.collect || webhook.terms.once) => Some(Skip::Pending),
        WebhookState::Removed { .. } => Some(Skip::Removed),
        WebhookState::Paused { .. } if !webhook.collect => Some(Skip::Paused),
        WebhookState::Disabled { .. } if !webhook.collect => Some(Skip::Disabled),
        _ if webhook.expired(now) => Some(Skip::Expired),
        WebhookState::Pending
        | WebhookState::Active
        | WebhookState::Paused { .. }
        | WebhookState::Disabled { .. } => None,
    }
}

/// The share of a webhook that gets an event accepted at `accepted_at`, to be sent from `now` on: what
/// its template says, else its terms, else its profile.
///
/// # Errors
/// None in practice: one template is never more than all of a request's may be.
pub fn share(
    webhook: &Webhook,
    profiles: &Profiles,
    data: &[u8],
    accepted_at: Timestamp,
    now: Timestamp,
) -> Result<Share, PlanError> {
    share_of(webhook, profiles, &mut Run::new(data, &mut Allowance::default()), accepted_at, now)
}

/// Those of the webhooks whose filters want an event with this data. What they take is taken off the allowance.
///
/// # Errors
/// When their filters take too long together, or the allowance does not suffice.
pub fn wanting(
    webhooks: &[Arc<Webhook>],
    data: &[u8],
    allowance: &mut Allowance,
) -> Result<Vec<Arc<Webhook>>, PlanError> {
    let mut run = Run::new(data, allowance);
    let mut wanted = Vec::new();
    for webhook in webhooks {
        let skip = webhook.filter.as_ref().map_or(Ok(None), |filter| run.skip(filter));
        let skip = skip.inspect_err(|error| run.request.exceeded |= error.is_of_request())?;
        if skip.is_none() {
            wanted.push(Arc::clone(webhook));
        }
    }
    Ok(wanted)
}

/// The shares of webhooks that get an event accepted at `accepted_at`, whatever their filters say.
///
/// # Errors
/// When the allowance does not suffice.
pub fn shares(
    webhooks: &[Arc<Webhook>],
    profiles: &Profiles,
    data: &[u8],
    accepted_at: Timestamp,
    now: Timestamp,
    allowance: &mut Allowance,
) -> Result<Vec<Share>, PlanError> {
    allowance.deliveries = allowance.deliveries.checked_sub(webhooks.len()).ok_or(PlanError::Deliveries)?;
    let mut run = Run::new(data, allowance);
    webhooks.iter().map(|webhook| share_of(webhook, profiles, &mut run, accepted_at, now)).collect()
}

fn share_of(
    webhook: &Webhook,
    profiles: &Profiles,
    run: &mut Run<'_, '_>,
    accepted_at: Timestamp,
    now: Timestamp,
) -> Result<Share, PlanError> {
    let profile = profiles.of(webhook);
    let due = now.plus(profile.retry.first_wait());
    let share = |form, body| {
        let room = u32::try_from(room(form, profile.max_body)).unwrap_or(u32::MAX);
        Share { webhook: webhook.no(), form, body, due, room }
    };
    let template = webhook.terms.template.as_deref();
    if let Some(Template { payload: Some(text), interpolate_strings, .. }) = template {
        let body = run.fill(text, *interpolate_strings, accepted_at)?;
        return Ok(share(PayloadForm::Template, body));
    }
    let wanted = match webhook.terms.payload.unwrap_or(profile.payload) {
        // Without a template it is the event as it is.
        PayloadForm::Template => PayloadForm::Data,
        form => form,
    };
    let too_large = run.data().len() > room(wanted, profile.max_body);
    let form =
        if too_large && webhook.terms.resource.when_too_large { PayloadForm::ResourceUrl } else { wanted };
    Ok(share(form, None))
}

/// How many bytes of data surely fit a body of `max_body`.
fn room(form: PayloadForm, max_body: usize) -> usize {
    match form {
        PayloadForm::Data => max_body,
        PayloadForm::Envelope | PayloadForm::Stamped | PayloadForm::CloudEvents => {
            max_body.saturating_sub(limits::ENVELOPE_BYTES)
        }
        // What these hold does not grow with the data.
        PayloadForm::ResourceUrl | PayloadForm::Template => usize::MAX,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::Filter;
    use crate::domain::id::WebhookId;
    use crate::domain::secret::Secret;
    use crate::domain::target::TargetUrl;
    use crate::domain::terms::Terms;
    use crate::domain::webhook::DisabledWhy;
    use proptest::prelude::*;

    const NOW: u64 = 1_000_000;

    pub(super) fn webhook(no: u32, events: &[&str]) -> Webhook {
        let at = Timestamp::from_millis(1);
        let id = WebhookId::new(at, WebhookNo(no), 7);
        let url = TargetUrl::from_stored("https://example.com/").unwrap();
        let events = events.iter().map(|text| text.parse().unwrap()).collect();
        Webhook { events, ..Webhook::plain(id, AccountNo(no % 2), url, Secret::from_random([7; 24]), at) }
    }

    fn planned(webhooks: &[Webhook], data: &str) -> Plan {
        let webhooks: Vec<_> = webhooks.iter().cloned().map(Arc::new).collect();
        let profiles = Profiles::new([]);
        let now = Timestamp::from_millis(NOW);
        plan(&webhooks, &profiles, data.as_bytes(), now, &mut Allowance::default()).unwrap()
    }

    #[test]
    fn every_reason_to_skip_is_told() {
        let since = Timestamp::from_millis(5);
        let base = Webhook { collect: false, ..webhook(0, &["*"]) };
        let paused = WebhookState::Paused { since };
        let disabled = WebhookState::Disabled { why: DisabledWhy::Gone, since };
        let removed = WebhookState::Removed { since };
        let state = |state| Webhook { state, ..base.clone() };
        for (webhook, skip) in [
            (base.clone(), None),
            (state(WebhookState::Pending), Some(Skip::Pending)),
            (Webhook { collect: true, ..state(WebhookState::Pending) }, None),
            (
                Webhook { terms: Terms { once: true, ..Terms::default() }, ..state(WebhookState::Pending) },
                None,
            ),
            (state(paused), Some(Skip::Paused)),
            (Webhook { collect: true, ..state(paused) }, None),
            (state(disabled), Some(Skip::Disabled)),
            (Webhook { collect: true, ..state(disabled) }, None),
            (Webhook { collect: true, ..state(removed) }, Some(Skip::Removed)),
            (Webhook { expires_at: Some(Timestamp::from_millis(NOW)), ..base.clone() }, Some(Skip::Expired)),
            (Webhook { expires_at: Some(Timestamp::from_millis(NOW + 1)), ..base.clone() }, None),
            (Webhook { filter: Filter::parse(r#"{"a":1}"#).ok(), ..base.clone() }, None),
            (Webhook { filter: Filter::parse(r#"{"a":2}"#).ok(), ..base.clone() }, Some(Skip::Filter)),
        ] {
            let plan = planned(std::slice::from_ref(&webhook), r#"{"a":1}"#);
            assert_eq!(plan.skipped, skip.map(|skip| (WebhookNo(0), skip)).into_iter().collect::<Vec<_>>());
            assert_eq!(plan.shares.len(), usize::from(skip.is_none()));
        }
    }

    #[test]
    fn a_declared_webhook_yields_to_one_that_was_made_for_the_same() {
        let bound = |no, declared, url: &str, actor| {
            let terms = Terms { scope: Some(Scope::of("actor", actor)), declared, ..Terms::default() };
            Webhook { terms, url: TargetUrl::from_stored(url).unwrap(), ..webhook(no, &["*"]) }
        };
        let (here, there) = ("https://example.com/a", "https://example.com/b");
        let declared = bound(0, true, here, 1);
        for (other, yields) in [
            (bound(2, false, here, 1), true),
            (bound(2, false, there, 1), false),
            (bound(2, false, here, 2), false),
            (bound(2, true, here, 1), false),
            (Webhook { state: WebhookState::Pending, collect: false, ..bound(2, false, here, 1) }, false),
            (Webhook { state: WebhookState::Pending, ..bound(2, false, here, 1) }, true),
        ] {
            let plan = planned(&[declared.clone(), other], "{}");
            assert_eq!(plan.shares.iter().any(|share| share.webhook == WebhookNo(0)), !yields);
            assert_eq!(plan.skipped.contains(&(WebhookNo(0), Skip::Twin)), yields);
        }
    }

    #[test]
    fn the_skipped_are_bounded_and_too_many_shares_are_refused() {
        let paused = WebhookState::Paused { since: Timestamp::default() };
        let paused = |no| Webhook { state: paused, collect: false, ..webhook(no, &["*"]) };
        let many: Vec<_> = (0..300).map(paused).collect();
        assert_eq!(planned(&many, "{}").skipped.len(), limits::SKIPPED_PER_EVENT);
        let one = Arc::new(webhook(0, &["*"]));
        let wide = vec![one; limits::DELIVERIES_PER_EVENT + 1];
        let planned = plan(&wide, &Profiles::new([]), b"{}", Timestamp::default(), &mut Allowance::default());
        assert_eq!(planned, Err(PlanError::TooWide));
    }

    fn pattern() -> impl Strategy<Value = String> {
        prop_oneof![Just("*".to_owned()), "[ab](\\.[ab]){0,2}", "[ab](\\.[ab]){0,1}\\.\\*"]
    }

    #[test]
    fn a_bound_webhook_hears_only_what_is_about_its_scope() {
        let (mine, other) = (Scope::of("job", 1), Scope::of("job", 2));
        let bound = |no, scope: &Scope| {
            let terms = Terms { scope: Some(scope.clone()), ..Terms::default() };
            Webhook { terms, ..webhook(no, &["job.*"]) }
        };
        let mut index = Index::default();
        let webhooks = [webhook(0, &["*"]), bound(2, &mine), bound(4, &other)];
        webhooks.iter().for_each(|webhook| index.insert(webhook));
        let name = "job.failed".parse().unwrap();
        let heard = |about: &[Scope]| index.listeners(AccountNo(0), &name, about).to_vec();
        assert_eq!(heard(&[]), [WebhookNo(0)]);
        assert_eq!(heard(std::slice::from_ref(&mine)), [WebhookNo(0), WebhookNo(2)]);
        assert_eq!(heard(&[other, mine]), [WebhookNo(0), WebhookNo(2), WebhookNo(4)]);
    }

    #[test]
    fn operational_events_go_only_to_those_who_name_them() {
        let mut index = Index::default();
        let all = [webhook(0, &["*"]), webhook(2, &["webhook.*"]), webhook(4, &["*", "webhook.disabled"])];
        all.iter().for_each(|webhook| index.insert(webhook));
        for (name, want) in [
            ("webhook.disabled", vec![2, 4]),
            ("webhook.failing", vec![2]),
            ("delivery.exhausted", vec![]),
            ("delivery.shipped", vec![0, 4]),
            ("webhook.test", vec![0, 2, 4]),
            ("job.failed", vec![0, 4]),
        ] {
            let name: EventType = name.parse().unwrap();
            let found: Vec<u32> = index.listeners(AccountNo(0), &name, &[]).iter().map(|no| no.0).collect();
            assert_eq!(found, want, "{name}");
            let listen = all.iter().filter(|webhook| webhook.listens_to(&name)).map(|webhook| webhook.no().0);
            assert_eq!(listen.collect::<Vec<_>>(), want, "{name}");
        }
    }

    proptest! {
        #[test]
        fn the_index_finds_what_looking_at_all_finds(
            all in proptest::collection::vec(proptest::collection::vec(pattern(), 1..4), 1..12),
            removed in proptest::collection::vec(any::<bool>(), 12),
            name in "[ab](\\.[ab]){0,3}",
        ) {
            let webhooks: Vec<_> = (0..).zip(&all).map(|(no, events)| {
                webhook(no, &events.iter().map(String::as_str).collect::<Vec<_>>())
            }).collect();
            let mut index = Index::default();
            webhooks.iter().for_each(|webhook| index.insert(webhook));
            let gone = |webhook: &&Webhook| removed[webhook.no().0 as usize];
            webhooks.iter().filter(gone).for_each(|webhook| index.remove(webhook));
            let name: EventType = name.parse().unwrap();
            for account in [AccountNo(0), AccountNo(1)] {
                let naive: Vec<_> = webhooks.iter()
                    .filter(|webhook| !gone(webhook) && webhook.account == account)
                    .filter(|webhook| webhook.events.iter().any(|pattern| pattern.matches(&name)))
                    .map(Webhook::no)
                    .collect();
                prop_assert_eq!(index.listeners(account, &name, &[]).to_vec(), naive);
            }
        }
    }
}
