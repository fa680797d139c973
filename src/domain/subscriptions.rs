//! Subscriptions by target: which webhooks that were made as REST hooks a URL has, and for what. Whether
//! a subscription is new, and whose a target is, are asked without looking at every webhook.

use std::collections::{BTreeSet, HashMap};

use super::dialect::Dialect;
use super::event_type::EventPattern;
use super::id::{AccountNo, WebhookNo};
use super::target::TargetUrl;
use super::webhook::{Webhook, WebhookState};

/// One event of one webhook at a target.
type Entry = (AccountNo, EventPattern, WebhookNo);

/// See the module.
#[derive(Debug, Default)]
pub struct Subscriptions {
    targets: HashMap<TargetUrl, BTreeSet<Entry>>,
}

impl Subscriptions {
    /// Adds a webhook under its target, if it is a subscription.
    pub fn insert(&mut self, webhook: &Webhook) {
        if webhook.terms.dialect == Dialect::RestHooks {
            for target in targets(webhook) {
                self.targets.entry(target.clone()).or_default().extend(entries(webhook));
            }
        }
    }

    /// Takes a webhook out.
    pub fn remove(&mut self, webhook: &Webhook) {
        for target in targets(webhook) {
            let Some(known) = self.targets.get_mut(target) else { continue };
            for entry in entries(webhook) {
                known.remove(&entry);
            }
            if known.is_empty() {
                self.targets.remove(target);
            }
        }
    }

    /// The webhooks at the targets of `wanted`, of its account, for one of its events.
    #[must_use]
    pub fn like(&self, wanted: &Webhook) -> BTreeSet<WebhookNo> {
        let mut found = BTreeSet::new();
        for known in targets(wanted).filter_map(|target| self.targets.get(target)) {
            for pattern in &wanted.events {
                let entry = |no| (wanted.account, pattern.clone(), WebhookNo(no));
                found.extend(known.range(entry(0)..=entry(u32::MAX)).map(|(_, _, no)| *no));
            }
        }
        found
    }

    /// The webhooks at a target, or on the way to it, whosever they are.
    #[must_use]
    pub fn at(&self, target: &TargetUrl) -> BTreeSet<WebhookNo> {
        self.targets.get(target).into_iter().flatten().map(|(_, _, no)| *no).collect()
    }
}

/// Where a webhook is served, and where it is to be.
fn targets(webhook: &Webhook) -> impl Iterator<Item = &TargetUrl> {
    std::iter::once(&webhook.url).chain(&webhook.pending_url)
}

fn entries(webhook: &Webhook) -> impl Iterator<Item = Entry> + '_ {
    webhook.events.iter().map(|pattern| (webhook.account, pattern.clone(), webhook.no()))
}

/// Whether two subscriptions are of one target and account, and share an event.
#[must_use]
pub fn overlap(one: &Webhook, two: &Webhook) -> bool {
    one.terms.dialect == Dialect::RestHooks
        && two.terms.dialect == Dialect::RestHooks
        && one.account == two.account
        && targets(one).any(|target| targets(two).any(|other| other == target))
        && one.events.iter().any(|pattern| two.events.contains(pattern))
}

/// What becomes of a subscription when its subscriber asks for it again: it keeps its id, its secrets and
/// what was set elsewhere, and is as `wanted` in the rest. `None`: it stands as it is, because it has no
/// end and works, or because it is another list of events.
#[must_use]
pub fn renewed(old: &Webhook, wanted: Webhook) -> Option<Webhook> {
    let same = |pattern| old.events.contains(pattern);
    if old.url != wanted.url || old.events.len() != wanted.events.len() || !wanted.events.iter().all(same) {
        return None;
    }
    let state = match old.state {
        WebhookState::Active | WebhookState::Paused { .. } if old.expires_at.is_none() => return None,
        WebhookState::Active | WebhookState::Paused { .. } => old.state,
        WebhookState::Pending | WebhookState::Disabled { .. } | WebhookState::Removed { .. } => wanted.state,
    };
    Some(Webhook {
        filter: wanted.filter,
        profile: wanted.profile,
        expires_at: wanted.expires_at,
        terms: wanted.terms,
        state,
        updated_at: wanted.updated_at,
        ..old.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::WebhookId;
    use crate::domain::secret::Secret;
    use crate::domain::terms::Terms;
    use crate::domain::time::Timestamp;
    use crate::domain::webhook::DisabledWhy;

    fn subscription(no: u32, url: &str, events: &[&str]) -> Webhook {
        let at = Timestamp::from_millis(1);
        let id = WebhookId::new(at, WebhookNo(no), 7);
        let url = TargetUrl::from_stored(url).unwrap();
        Webhook {
            events: events.iter().map(|text| text.parse().unwrap()).collect(),
            profile: "rest-hooks".to_owned(),
            terms: Terms { dialect: Dialect::RestHooks, ..Terms::default() },
            ..Webhook::plain(id, AccountNo(1), url, Secret::from_random([1; 24]), at)
        }
    }

    fn nos(found: BTreeSet<WebhookNo>) -> Vec<u32> {
        found.into_iter().map(|no| no.0).collect()
    }

    #[test]
    fn a_target_is_found_with_its_events() {
        let mut all = Subscriptions::default();
        let one = subscription(1, "https://a.example/x", &["a", "b"]);
        let two = Webhook { account: AccountNo(2), ..subscription(2, "https://a.example/x", &["a"]) };
        let native = Webhook { terms: Terms::default(), ..subscription(3, "https://a.example/x", &["a"]) };
        for webhook in [&one, &two, &native] {
            all.insert(webhook);
        }
        assert_eq!(nos(all.at(&one.url)), [1, 2]);
        assert_eq!(nos(all.like(&subscription(0, "https://a.example/x", &["b", "c"]))), [1]);
        assert_eq!(nos(all.like(&subscription(0, "https://a.example/x", &["c"]))), [0; 0]);
        assert_eq!(nos(all.like(&subscription(0, "https://a.example/y", &["a"]))), [0; 0]);
        all.remove(&native);
        all.remove(&one);
        all.remove(&one);
        assert_eq!(nos(all.at(&one.url)), [2]);
        all.remove(&two);
        assert!(all.targets.is_empty());
        let moving = Webhook {
            pending_url: Some(TargetUrl::from_stored("https://a.example/y").unwrap()),
            ..one.clone()
        };
        all.insert(&moving);
        let there = subscription(0, "https://a.example/y", &["a"]);
        assert_eq!(nos(all.like(&there)), [1], "it is taken before it is confirmed");
        assert!(overlap(&moving, &there) && renewed(&moving, there).is_none());
        all.remove(&moving);
        assert!(all.targets.is_empty());
    }

    #[test]
    fn only_what_ends_or_does_not_work_is_renewed() {
        let url = "https://a.example/x";
        let later = Some(Timestamp::from_millis(99));
        let wanted = || Webhook { expires_at: later, ..subscription(0, url, &["b", "a"]) };
        let lasting = subscription(1, url, &["a", "b"]);
        assert_eq!(renewed(&lasting, wanted()), None);
        let ends = Webhook { expires_at: Some(Timestamp::from_millis(5)), ..lasting.clone() };
        let again = renewed(&ends, wanted()).unwrap();
        assert_eq!((again.id, again.expires_at, again.state), (ends.id, later, WebhookState::Active));
        assert_eq!(renewed(&ends, subscription(0, url, &["a"])), None);
        let why = DisabledWhy::Failing;
        let since = Timestamp::from_millis(3);
        let given_up = Webhook { state: WebhookState::Disabled { why, since }, ..lasting };
        assert_eq!(renewed(&given_up, wanted()).unwrap().state, WebhookState::Active);
        let paused = Webhook { state: WebhookState::Paused { since }, ..ends };
        assert_eq!(renewed(&paused, wanted()).unwrap().state, WebhookState::Paused { since });
    }
}
