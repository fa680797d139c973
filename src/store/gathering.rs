//! What is being gathered, in the writer's memory: of each webhook and event type how much there is
//! and when it closes. The rows themselves are in the file.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::domain::event_type::EventType;
use crate::domain::form::PayloadForm;
use crate::domain::id::WebhookNo;
use crate::domain::terms::Batch;
use crate::domain::time::Timestamp;
use crate::limits;

/// Whose events of which type.
pub(super) type Group = (WebhookNo, EventType);

/// What one event adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Added {
    /// When it began to wait.
    pub(super) at: Timestamp,
    /// Its place in the list: its data and a comma.
    pub(super) bytes: u64,
    pub(super) form: PayloadForm,
    /// How many bytes one body of its profile holds, where that is less than what the webhook asks for.
    pub(super) room: Option<u32>,
}

/// How much is gathered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PendingBatch {
    pub(super) events: u32,
    pub(super) bytes: u64,
    /// What the batch's body will hold; one batch holds events of one form only. Of a group that is more than
    /// one batch, what the first will.
    pub(super) form: PayloadForm,
    /// How many bytes its batches may hold at most, where that is less than what the webhook asks for.
    pub(super) room: Option<u32>,
    since: Timestamp,
    closes_at: Timestamp,
}

impl PendingBatch {
    /// Whether nothing more may come to it.
    pub(super) fn is_full(&self, batch: Batch) -> bool {
        self.events >= batch.max_events || self.bytes >= u64::from(batch.max_bytes)
    }

    /// What is left of it after its first batch, which has taken so many events and bytes; `first` is what is
    /// left first, and waits for others until `batch` says.
    pub(super) fn without(self, events: u32, bytes: u64, first: Added, batch: Option<Batch>) -> Self {
        let Added { at: since, form, .. } = first;
        let (events, bytes) = (self.events.saturating_sub(events).max(1), self.bytes.saturating_sub(bytes));
        let rest = Self { events, bytes, form, since, ..self };
        let closes_at = batch.filter(|batch| !rest.is_full(*batch)).map(|batch| since.plus(batch.max_wait));
        // What is full already closes as soon as there is room for it.
        Self { closes_at: closes_at.unwrap_or_default(), ..rest }
    }
}

/// The groups of one webhook.
type OfWebhook = BTreeMap<EventType, PendingBatch>;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Gathering {
    groups: BTreeMap<WebhookNo, OfWebhook>,
    /// The groups in the order in which they close.
    closing: BTreeSet<(Timestamp, Group)>,
    /// The time when it was last looked at: one before it means that the clock was set back.
    seen: Option<Timestamp>,
}

impl Gathering {
    pub(super) fn get(&self, (webhook, event_type): &Group) -> Option<PendingBatch> {
        self.groups.get(webhook)?.get(event_type).copied()
    }

    /// Whether there are more groups of a webhook, or of all, than are worth their memory.
    pub(super) fn is_crowded(&self, webhook: WebhookNo) -> bool {
        self.closing.len() > limits::GATHERINGS
            || self.groups.get(&webhook).is_some_and(|groups| groups.len() > limits::WEBHOOK_GATHERINGS)
    }

    /// Adds an event, which waits for others for at most `max_wait` if it is the first.
    pub(super) fn add(&mut self, group: &Group, added: Added, max_wait: Duration) -> PendingBatch {
        let Added { at, bytes, form, room } = added;
        let gathered = match self.remove(group) {
            None => PendingBatch { events: 1, bytes, form, room, since: at, closes_at: at.plus(max_wait) },
            Some(before) => PendingBatch {
                events: before.events + 1,
                bytes: before.bytes + bytes,
                room: [before.room, room].into_iter().flatten().min(),
                ..before
            },
        };
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
            self.put(group.clone(), PendingBatch { closes_at, ..gathered });
        }
    }

    /// Looks at the time: the groups to look at, because the clock was set back, or may have been.
    pub(super) fn observe(&mut self, now: Timestamp) -> Vec<Group> {
        let steady = self.seen.replace(now).is_some_and(|seen| seen <= now);
        if steady { Vec::new() } else { self.closing.iter().map(|(_, group)| group.clone()).collect() }
    }

    /// Lets a group wait for no longer than `max_wait` from now on.
    pub(super) fn clamp(&mut self, group: &Group, max_wait: Duration, now: Timestamp) {
        let latest = now.plus(max_wait);
        if let Some(mut gathered) = self.get(group).filter(|gathered| gathered.closes_at > latest) {
            self.remove(group);
            (gathered.since, gathered.closes_at) = (gathered.since.min(now), latest);
            self.put(group.clone(), gathered);
        }
    }

    pub(super) fn remove(&mut self, group: &Group) -> Option<PendingBatch> {
        let of_webhook = self.groups.get_mut(&group.0)?;
        let (event_type, gathered) = of_webhook.remove_entry(&group.1)?;
        if of_webhook.is_empty() {
            self.groups.remove(&group.0);
        }
        self.closing.remove(&(gathered.closes_at, (group.0, event_type)));
        Some(gathered)
    }

    /// Keeps how much is gathered of a group that is not there.
    pub(super) fn put(&mut self, group: Group, gathered: PendingBatch) {
        self.closing.insert((gathered.closes_at, group.clone()));
        self.groups.entry(group.0).or_default().insert(group.1, gathered);
    }

    /// The groups of a webhook.
    pub(super) fn of(&self, webhook: WebhookNo) -> Vec<Group> {
        let all = self.groups.get(&webhook).into_iter().flat_map(BTreeMap::keys);
        all.map(|event_type| (webhook, event_type.clone())).collect()
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
                        let added = Added { at, bytes: 5, form: PayloadForm::Data, room: None };
                        let gathered = gathering.add(&group, added, Duration::from_millis(10));
                        prop_assert_eq!(gathered.bytes, u64::from(gathered.events) * 5);
                    }
                }
                let all: Vec<PendingBatch> = gathering.groups.values().flat_map(BTreeMap::values).copied().collect();
                let first = all.iter().map(|gathered| gathered.closes_at).min();
                prop_assert_eq!(gathering.next(), first);
                prop_assert_eq!(gathering.closing.len(), all.len());
                let due = gathering.due(at).and_then(|group| gathering.get(&group)).map(|gathered| gathered.closes_at);
                prop_assert_eq!(due, first.filter(|first| *first <= at));
            }
        }
    }

    #[test]
    fn the_first_event_sets_the_time_and_any_bound_fills() {
        let mut gathering = Gathering::default();
        let batch = Batch { max_events: 3, max_bytes: 100, max_wait: Duration::from_millis(10) };
        let add = |gathering: &mut Gathering, at, bytes| {
            let at = Timestamp::from_millis(at);
            let added = Added { at, bytes, form: PayloadForm::Data, room: None };
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
