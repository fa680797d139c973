//! Which webhooks listen to what. The index answers by the event type's own prefixes, so the cost follows the
//! webhooks that match, not those that exist.

use std::collections::HashMap;

use smallvec::SmallVec;

use crate::domain::event_type::{EventPattern, EventType};
use crate::domain::id::{AccountNo, WebhookNo};
use crate::domain::reserved::is_operational;
use crate::domain::scope::Scope;
use crate::domain::webhook::Webhook;

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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tests::webhook;
    use super::*;
    use crate::domain::terms::Terms;

    fn pattern() -> impl Strategy<Value = String> {
        prop_oneof![Just("*".to_owned()), "[ab](\\.[ab]){0,2}", "[ab](\\.[ab]){0,1}\\.\\*"]
    }

    #[test]
    fn a_bound_webhook_gets_only_what_is_about_its_scope() {
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
