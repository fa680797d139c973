//! What is being gathered, in the writer's memory: of each webhook and event type how much there is
//! and when it closes. The rows themselves are in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::domain::event_type::EventType;
use crate::domain::id::WebhookNo;
use crate::domain::profile::PayloadForm;
use crate::domain::terms::Batch;
use crate::domain::time::Timestamp;

/// Whose events of which type.
pub(super) type Group = (WebhookNo, EventType);

/// What one event adds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Added {
    /// When it began to wait.
    pub(super) at: Timestamp,
    /// Its place in the list: its data and a comma.
    pub(super) bytes: u64,
    pub(super) form: PayloadForm,
}

/// How much is gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Gathered {
    pub(super) events: u32,
    pub(super) bytes: u64,
    /// What the batch's body will hold; one batch holds events of one form only.
    pub(super) form: PayloadForm,
    since: Timestamp,
    closes_at: Timestamp,
}

impl Gathered {
    /// Whether nothing more may come to it.
    pub(super) fn is_full(&self, batch: Batch) -> bool {
        self.events >= batch.max_events || self.bytes >= u64::from(batch.max_bytes)
    }
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    groups: BTreeMap<Group, Gathered>,
    /// The groups in the order in which they close.
    closing: BTreeSet<(Timestamp, Group)>,
}

impl Gathering {
    pub(super) fn get(&self, group: &Group) -> Option<Gathered> {
        self.groups.get(group).copied()
    }

    /// Adds an event, which waits for others for at most `max_wait` if it is the first.
    pub(super) fn add(&mut self, group: &Group, added: Added, max_wait: Duration) -> Gathered {
        let Added { at, bytes, form } = added;
        let before = self.remove(group);
        let closes_at = before.map_or_else(|| at.plus(max_wait), |before| before.closes_at);
        let (events, held, since) =
            before.map_or((0, 0, at), |before| (before.events, before.bytes, before.since));
        let gathered = Gathered { events: events + 1, bytes: held + bytes, form, since, closes_at };
        self.put(group.clone(), gathered);
        gathered
    }

    /// Takes an event away again.
    pub(super) fn take(&mut self, group: &Group, bytes: u64) {
        let Some(mut gathered) = self.remove(group) else { return };
        gathered.events -= 1;
        gathered.bytes = gathered.bytes.saturating_sub(bytes);
        if gathered.events > 0 {
            self.put(group.clone(), gathered);
        }
    }

    /// Lets what is gathered wait for so long in all.
    pub(super) fn wait_for(&mut self, group: &Group, max_wait: Duration) {
        if let Some(gathered) = self.get(group) {
            self.close_at(group, gathered.since.plus(max_wait));
        }
    }

    /// Lets a group close at a time.
    pub(super) fn close_at(&mut self, group: &Group, closes_at: Timestamp) {
        if let Some(gathered) = self.remove(group) {
            self.put(group.clone(), Gathered { closes_at, ..gathered });
        }
    }

    pub(super) fn remove(&mut self, group: &Group) -> Option<Gathered> {
        let (group, gathered) = self.groups.remove_entry(group)?;
        self.closing.remove(&(gathered.closes_at, group));
        Some(gathered)
    }

    fn put(&mut self, group: Group, gathered: Gathered) {
        self.closing.insert((gathered.closes_at, group.clone()));
        self.groups.insert(group, gathered);
    }

    /// The groups of a webhook.
    pub(super) fn of(&self, webhook: WebhookNo) -> Vec<Group> {
        let all = self.groups.keys().filter(|(no, _)| *no == webhook);
        all.cloned().collect()
    }

    /// When the next group closes.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.closing.first().map(|(at, _)| *at)
    }

    /// The first group that is to close by now.
    pub(super) fn due(&self, now: Timestamp) -> Option<Group> {
        self.closing.first().filter(|(at, _)| *at <= now).map(|(_, group)| group.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn group(no: u32) -> Group {
        (WebhookNo(no), "a.b".parse().unwrap())
    }

    proptest! {
        #[test]
        fn groups_close_in_the_order_of_their_times(
            steps in prop::collection::vec((0u32..4, 0u64..50, 0u8..5), 1..60),
        ) {
            let mut gathering = Gathering::default();
            for (no, at, what) in steps {
                let (group, at) = (group(no), Timestamp::from_millis(at));
                match what {
                    0 => gathering.take(&group, 5),
                    1 => gathering.close_at(&group, at),
                    2 => gathering.wait_for(&group, Duration::from_millis(9)),
                    3 => drop(gathering.remove(&group)),
                    _ => {
                        let added = Added { at, bytes: 5, form: PayloadForm::Data };
                        let gathered = gathering.add(&group, added, Duration::from_millis(10));
                        prop_assert_eq!(gathered.bytes, u64::from(gathered.events) * 5);
                    }
                }
                let first = gathering.groups.values().map(|gathered| gathered.closes_at).min();
                prop_assert_eq!(gathering.next(), first);
                prop_assert_eq!(gathering.closing.len(), gathering.groups.len());
                let due = gathering.due(at).map(|group| gathering.groups[&group].closes_at);
                prop_assert_eq!(due, first.filter(|first| *first <= at));
            }
        }
    }

    #[test]
    fn the_first_event_sets_the_time_and_any_bound_fills() {
        let mut gathering = Gathering::default();
        let batch = Batch { max_events: 3, max_bytes: 100, max_wait: Duration::from_millis(10) };
        let add = |gathering: &mut Gathering, at, bytes| {
            let added = Added { at: Timestamp::from_millis(at), bytes, form: PayloadForm::Data };
            gathering.add(&group(1), added, batch.max_wait).is_full(batch)
        };
        assert!(!add(&mut gathering, 5, 1) && !add(&mut gathering, 9, 1));
        assert_eq!(gathering.next(), Some(Timestamp::from_millis(15)));
        assert!(add(&mut gathering, 9, 1));
        gathering.take(&group(1), 1);
        assert!(add(&mut gathering, 9, 98));
        gathering.wait_for(&group(1), Duration::from_millis(20));
        assert_eq!(gathering.next(), Some(Timestamp::from_millis(25)));
        assert_eq!((gathering.of(WebhookNo(1)).len(), gathering.of(WebhookNo(2)).len()), (1, 0));
    }
}
