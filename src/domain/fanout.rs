//! Fan-out: which webhooks get an event, and which that listen to its type do not, and why.

mod cost;
mod filling;
mod filtering;
mod index;
#[cfg(test)]
mod products;
mod share;

use std::sync::Arc;

use super::event::Skip;
use super::id::WebhookNo;
use super::profiles::Profiles;
use super::time::Timestamp;
use super::webhook::{Webhook, WebhookState};
use crate::limits;

pub use cost::{Allowance, PlanError};
use filling::Filling;
use filtering::Filtering;
pub use index::{Found, Index};
pub use share::Share;
use share::share_of;

/// Where an event goes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    /// Who gets it.
    pub shares: Vec<Share>,
    /// Who listens to its type but does not get it; at most [`limits::SKIPPED_PER_EVENT`].
    pub skipped: Vec<(WebhookNo, Skip)>,
}

/// Decides for each listening webhook; the `fresh` ones, which are made in the same commit, get the event in any
/// case. `data` is parsed only when a filter asks for it. What the event makes is taken off the request's allowance.
///
/// # Errors
/// When more webhooks match than one event may reach, their filters take too long, or the allowance does
/// not suffice.
pub fn plan(
    listeners: &[Arc<Webhook>],
    fresh: &[Arc<Webhook>],
    profiles: &Profiles,
    data: &[u8],
    now: Timestamp,
    allowance: &mut Allowance,
) -> Result<Plan, PlanError> {
    let planned = plan_within(listeners, fresh, profiles, data, now, allowance);
    allowance.exceeded |= planned.as_ref().is_err_and(|error| error.is_of_request());
    planned
}

fn plan_within(
    listeners: &[Arc<Webhook>],
    fresh: &[Arc<Webhook>],
    profiles: &Profiles,
    data: &[u8],
    now: Timestamp,
    allowance: &mut Allowance,
) -> Result<Plan, PlanError> {
    let mut plan = Plan::default();
    let mut bound: Vec<&Arc<Webhook>> = Vec::new();
    let (mut filtering, mut filling) = (Filtering::new(data), Filling::new(data));
    let listeners = listeners.iter().map(|webhook| (webhook, false));
    for (webhook, is_fresh) in listeners.chain(fresh.iter().map(|webhook| (webhook, true))) {
        let skip = match (skip(webhook, now), &webhook.filter) {
            _ if is_fresh => None,
            (None, Some(filter)) => filtering.skip(filter, allowance)?,
            (skip, _) => skip,
        };
        match skip {
            Some(skip) if plan.skipped.len() < limits::SKIPPED_PER_EVENT => {
                plan.skipped.push((webhook.no(), skip));
            }
            Some(_) => {}
            None if plan.shares.len() == limits::DELIVERIES_PER_EVENT => return Err(PlanError::TooWide),
            None if plan.shares.len() == allowance.deliveries => return Err(PlanError::Deliveries),
            None => {
                plan.shares.push(share_of(webhook, profiles, &mut filling, allowance, now, now)?);
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
    share_of(webhook, profiles, &mut Filling::new(data), &mut Allowance::default(), accepted_at, now)
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
    let (mut filtering, mut wanted) = (Filtering::new(data), Vec::new());
    for webhook in webhooks {
        let skip = webhook.filter.as_ref().map_or(Ok(None), |filter| filtering.skip(filter, allowance));
        let skip = skip.inspect_err(|error| allowance.exceeded |= error.is_of_request())?;
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
    let mut filling = Filling::new(data);
    let share =
        |webhook: &Arc<Webhook>| share_of(webhook, profiles, &mut filling, allowance, accepted_at, now);
    webhooks.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::filter::Filter;
    use crate::domain::id::{AccountNo, WebhookId};
    use crate::domain::scope::Scope;
    use crate::domain::secret::Secret;
    use crate::domain::target::TargetUrl;
    use crate::domain::terms::Terms;
    use crate::domain::webhook::DisabledWhy;

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
        plan(&webhooks, &[], &profiles, data.as_bytes(), now, &mut Allowance::default()).unwrap()
    }

    #[test]
    fn every_reason_to_skip_is_reported() {
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
        let planned =
            plan(&wide, &[], &Profiles::new([]), b"{}", Timestamp::default(), &mut Allowance::default());
        assert_eq!(planned, Err(PlanError::TooWide));
    }
}
