//! Fan-out: which webhooks get an event, and which that listen to its type do not, and why.
//!
//! The index answers by the event type's own prefixes, so the cost follows the webhooks that
//! match, not those that exist.

use std::collections::HashMap;
use std::sync::Arc;

use smallvec::SmallVec;

use super::event::Skip;
use super::event_type::{EventPattern, EventType};
use super::filter::Verdict;
use super::id::{AccountNo, WebhookNo};
use super::operational::is_operational;
use super::profile::{PayloadForm, Profiles};
use super::scope::Scope;
use super::template::Compiled;
use super::terms::Template;
use super::time::Timestamp;
use super::webhook::{Webhook, WebhookState};
use crate::limits;

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

/// Why an event cannot be planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// It reaches more webhooks than one event may.
    #[error("the event matches more than {} webhooks", limits::DELIVERIES_PER_EVENT)]
    TooWide,
    /// With the events before it in its request, it makes more deliveries than one commit may hold.
    #[error(
        "the events of one request may make {} deliveries together; post fewer events at once",
        limits::DELIVERIES_PER_REQUEST
    )]
    Deliveries,
    /// With the events before it in its request, it fills in more of its webhooks' templates than one
    /// commit may hold.
    #[error(
        "what webhooks' templates give for the events of one request may have {} bytes together; \
         post fewer events at once",
        limits::TEMPLATED_PER_REQUEST
    )]
    Templated,
    /// The filters of the webhooks that listen take longer for its data than they may together.
    #[error(
        "the filters of the webhooks that listen to the event's type would take more than {} steps for its \
         data; make the data smaller, or the filters fewer or simpler",
        limits::FILTER_STEPS_PER_EVENT
    )]
    Filters,
    /// The same with the events before it in its request.
    #[error(
        "the filters of webhooks would take more than {} steps for the events of one request; \
         post fewer events at once",
        limits::FILTER_STEPS_PER_REQUEST
    )]
    FiltersOfRequest,
}

impl PlanError {
    /// Whether the event can be planned in a request of its own.
    #[must_use]
    pub fn is_of_request(self) -> bool {
        match self {
            Self::Deliveries | Self::Templated | Self::FiltersOfRequest => true,
            Self::TooWide | Self::Filters => false,
        }
    }
}

/// What the events of one request may still make, together: they are one commit, which must not be long.
#[derive(Debug, Clone)]
pub struct Allowance {
    deliveries: usize,
    templated: usize,
    /// Steps of filters.
    steps: u64,
    exceeded: bool,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            deliveries: limits::DELIVERIES_PER_REQUEST,
            templated: limits::TEMPLATED_PER_REQUEST,
            steps: limits::FILTER_STEPS_PER_REQUEST,
            exceeded: false,
        }
    }
}

impl Allowance {
    fn take(&mut self, deliveries: usize, templated: usize) -> Result<(), PlanError> {
        let deliveries = self.deliveries.checked_sub(deliveries).ok_or(PlanError::Deliveries)?;
        let templated = self.templated.checked_sub(templated).ok_or(PlanError::Templated)?;
        *self = Self { deliveries, templated, ..*self };
        Ok(())
    }

    /// Whether an event did not find what it needs.
    #[must_use]
    pub fn is_exceeded(&self) -> bool {
        self.exceeded
    }
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
/// not suffice; then only what the filters took is taken off it.
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
    let (mut templated, mut kept) = (0, 0);
    let mut bound: Vec<&Arc<Webhook>> = Vec::new();
    let mut judge = Judge { data, list: None, steps: limits::FILTER_STEPS_PER_EVENT.min(allowance.steps) };
    let steps = judge.steps;
    for webhook in listeners {
        let skip = match skip(webhook, now) {
            None => {
                let before = judge.steps;
                let skip = judge.skip(webhook, steps < limits::FILTER_STEPS_PER_EVENT);
                allowance.steps -= before - judge.steps;
                skip?
            }
            skip => skip,
        };
        match skip {
            Some(skip) if plan.skipped.len() < limits::SKIPPED_PER_EVENT => {
                plan.skipped.push((webhook.no(), skip));
            }
            Some(_) => {}
            None if plan.shares.len() == limits::DELIVERIES_PER_EVENT => return Err(PlanError::TooWide),
            None if plan.shares.len() == allowance.deliveries => return Err(PlanError::Deliveries),
            None => {
                let mut share = share_of(webhook, profiles, data, now, now, templated);
                templated += share.body.as_ref().map_or(0, |body| body.len());
                share.body = share.body.filter(|_| templated <= limits::TEMPLATED_PER_EVENT);
                kept += share.body.as_ref().map_or(0, |body| body.len());
                if kept > allowance.templated {
                    return Err(PlanError::Templated);
                }
                plan.shares.push(share);
                if webhook.terms.scope.is_some() {
                    bound.push(webhook);
                }
            }
        }
    }
    leave_out_twins(&mut plan, &bound);
    allowance.take(plan.shares.len(), kept)?;
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

/// The data as filters want it: the one element of a list.
fn listed(data: &[u8]) -> serde_json::Value {
    serde_json::Value::Array(vec![super::json::value(data).unwrap_or_default()])
}

/// Asks filters about an event's data.
struct Judge<'d> {
    data: &'d [u8],
    /// The data as filters want it, once one has asked for it.
    list: Option<serde_json::Value>,
    /// Steps that filters may still take.
    steps: u64,
}

impl Judge<'_> {
    /// Why a webhook's filter keeps the event from it, if it does; `of_request` says whether it is the events
    /// before this one that left it so few steps.
    fn skip(&mut self, webhook: &Webhook, of_request: bool) -> Result<Option<Skip>, PlanError> {
        let Some(filter) = &webhook.filter else { return Ok(None) };
        let list = self.list.get_or_insert_with(|| listed(self.data));
        match filter.judge(list, &mut self.steps) {
            Verdict::Wanted => Ok(None),
            Verdict::Unwanted => Ok(Some(Skip::Filter)),
            Verdict::TooCostly => Ok(Some(Skip::FilterCost)),
            Verdict::OutOfSteps if of_request => Err(PlanError::FiltersOfRequest),
            Verdict::OutOfSteps => Err(PlanError::Filters),
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
#[must_use]
pub fn share(
    webhook: &Webhook,
    profiles: &Profiles,
    data: &[u8],
    accepted_at: Timestamp,
    now: Timestamp,
) -> Share {
    share_of(webhook, profiles, data, accepted_at, now, 0)
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
    let mut shares = Vec::with_capacity(webhooks.len().min(limits::DELIVERIES_PER_REQUEST));
    for webhook in webhooks {
        let share = share(webhook, profiles, data, accepted_at, now);
        allowance.take(1, share.body.as_ref().map_or(0, |body| body.len()))?;
        shares.push(share);
    }
    Ok(shares)
}

/// The same, where the event's earlier shares hold so many bytes of filled-in templates.
fn share_of(
    webhook: &Webhook,
    profiles: &Profiles,
    data: &[u8],
    accepted_at: Timestamp,
    now: Timestamp,
    templated_before: usize,
) -> Share {
    let profile = profiles.of(webhook);
    let due = now.plus(profile.retry.first_wait());
    let share = |form, body| {
        let room = u32::try_from(room(form, profile.max_body)).unwrap_or(u32::MAX);
        Share { webhook: webhook.no(), form, body, due, room }
    };
    let template = webhook.terms.template.as_deref();
    if let Some(Template { payload: Some(text), interpolate_strings, .. }) = template {
        // What is not kept is not worth making.
        let room = templated_before < limits::TEMPLATED_PER_EVENT;
        let body = if room { templated(text, *interpolate_strings, data, accepted_at) } else { None };
        return share(PayloadForm::Template, body);
    }
    let wanted = match webhook.terms.payload.unwrap_or(profile.payload) {
        // Without a template it is the event as it is.
        PayloadForm::Template => PayloadForm::Data,
        form => form,
    };
    let too_large = data.len() > room(wanted, profile.max_body);
    let form =
        if too_large && webhook.terms.resource.when_too_large { PayloadForm::ResourceUrl } else { wanted };
    share(form, None)
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

fn templated(text: &str, strings: bool, data: &[u8], accepted_at: Timestamp) -> Option<Arc<[u8]>> {
    // A template was checked when its webhook was made: it names no secret.
    let filled = Compiled::read(text, strings).ok()?.fill(data, accepted_at, |_| None).ok()?;
    Some(filled.as_slice().into())
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

    fn webhook(no: u32, events: &[&str]) -> Webhook {
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
        let base = webhook(0, &["*"]);
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
            (Webhook { state: WebhookState::Pending, ..bound(2, false, here, 1) }, false),
        ] {
            let plan = planned(&[declared.clone(), other], "{}");
            assert_eq!(plan.shares.iter().any(|share| share.webhook == WebhookNo(0)), !yields);
            assert_eq!(plan.skipped.contains(&(WebhookNo(0), Skip::Twin)), yields);
        }
    }

    #[test]
    fn the_skipped_are_bounded_and_too_many_shares_are_refused() {
        let paused = WebhookState::Paused { since: Timestamp::default() };
        let many: Vec<_> = (0..300).map(|no| Webhook { state: paused, ..webhook(no, &["*"]) }).collect();
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
