//! Payloads handed on in memory from ingest to dispatch, within a byte budget, so that the happy
//! path reads nothing back. What does not fit is read from the store when its turn comes.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::domain::event::Event;
use crate::domain::id::{NumberMap, Seq};

#[derive(Debug)]
struct Entry {
    event: Arc<Event>,
    /// Deliveries that have not ended yet.
    uses: usize,
}

/// Events by number; the oldest give way when the budget is spent.
#[derive(Debug)]
pub(super) struct EventCache {
    entries: NumberMap<Seq, Entry>,
    /// Numbers in the order they came; may name entries that are gone.
    order: VecDeque<Seq>,
    bytes: usize,
    budget: usize,
}

/// What an entry costs beside its payload, roughly: header, map and queue slots.
const ENTRY_BYTES: usize = 512;

fn cost(event: &Event) -> usize {
    event.data.len() + ENTRY_BYTES
}

impl EventCache {
    pub(super) fn new(budget: usize) -> Self {
        Self { entries: NumberMap::default(), order: VecDeque::new(), bytes: 0, budget }
    }

    /// Keeps an event for as many deliveries as it has, while the budget lasts.
    pub(super) fn insert(&mut self, event: Arc<Event>, uses: usize) {
        let seq = event.header.id.seq();
        if uses == 0 || cost(&event) > self.budget || self.entries.contains_key(&seq) {
            return;
        }
        self.bytes += cost(&event);
        self.entries.insert(seq, Entry { event, uses });
        self.order.push_back(seq);
        while self.bytes > self.budget {
            let Some(oldest) = self.order.pop_front() else { break };
            self.drop_entry(oldest);
        }
        self.forget_ended();
    }

    pub(super) fn get(&self, seq: Seq) -> Option<Arc<Event>> {
        self.entries.get(&seq).map(|entry| Arc::clone(&entry.event))
    }

    /// One delivery of the event has ended.
    pub(super) fn release(&mut self, seq: Seq) {
        let Some(entry) = self.entries.get_mut(&seq) else { return };
        entry.uses -= 1;
        if entry.uses == 0 {
            self.drop_entry(seq);
        }
    }

    fn drop_entry(&mut self, seq: Seq) {
        if let Some(entry) = self.entries.remove(&seq) {
            self.bytes -= cost(&entry.event);
        }
    }

    /// Keeps the queue from outgrowing the map when entries end out of order.
    fn forget_ended(&mut self) {
        while self.order.front().is_some_and(|seq| !self.entries.contains_key(seq)) {
            self.order.pop_front();
        }
        if self.order.len() > 64 + 2 * self.entries.len() {
            self.order.retain(|seq| self.entries.contains_key(seq));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::EventHeader;
    use crate::domain::id::{AccountNo, EventId};
    use crate::domain::time::Timestamp;

    fn event(seq: u64, bytes: usize) -> Arc<Event> {
        let at = Timestamp::from_millis(1);
        Arc::new(Event {
            header: EventHeader {
                id: EventId::new(at, Seq(seq), 0),
                account: AccountNo(1),
                event_type: "a".parse().unwrap(),
                source_id: None,
                accepted_at: at,
                occurred_at: at,
                order_key: None,
                metadata: None,
                data_len: 0,
                batch_of: 0,
                webhooks: vec![],
                skipped: vec![],
            },
            data: vec![0; bytes].into(),
        })
    }

    #[test]
    fn the_oldest_give_way_to_the_budget() {
        let mut cache = EventCache::new(4000);
        for seq in 0..10 {
            cache.insert(event(seq, 1000), 1);
            assert!(cache.bytes <= 4000);
        }
        assert!(cache.get(Seq(9)).is_some());
        assert!(cache.get(Seq(0)).is_none());
        cache.insert(event(99, 5000), 1);
        assert!(cache.get(Seq(99)).is_none());
    }

    #[test]
    fn an_event_stays_until_its_last_delivery_ends() {
        let mut cache = EventCache::new(10_000);
        cache.insert(event(1, 10), 2);
        cache.release(Seq(1));
        assert!(cache.get(Seq(1)).is_some());
        cache.release(Seq(1));
        assert!(cache.get(Seq(1)).is_none());
        assert_eq!(cache.bytes, 0);
        cache.release(Seq(1));
    }

    #[test]
    fn the_queue_does_not_outgrow_the_map() {
        let mut cache = EventCache::new(1 << 20);
        cache.insert(event(0, 1), 1);
        for seq in 1..10_000 {
            cache.insert(event(seq, 1), 1);
            cache.release(Seq(seq));
        }
        assert!(cache.order.len() < 100, "{}", cache.order.len());
    }
}
