//! The global budget, and the lanes that wait for a part of it.
//!
//! Lanes have a standing. Those that time out or only probe share a half of the budget; they and
//! the lanes that have not delivered anything yet share seven eighths; those that deliver may use
//! all of it. So however many receivers are dead, the living find slots. Within that, a lane may
//! start only while it has fewer attempts in flight than slots are free: a single lane never holds
//! more than half of what it could.
//!
//! A lane that never delivered and whose attempts give no sign for a while counts with those that fail.
//! Until then it holds one of a few slots, a part of those that are free: hundreds of receivers that never
//! answer fill them ever more slowly, and one that was never asked need not wait for any of them.
//!
//! Of the lanes that are ready, the one with the fewest attempts in flight goes first, and among
//! equals the one that was served longest ago: round robin, and equal shares where slots are short. Of
//! those that were never served, every other time the one that came last goes first: so neither the first nor
//! the last waits for all others.

use std::collections::BTreeSet;

use crate::domain::id::WebhookNo;

use super::types::SchedulerConfig;
use crate::limits;

/// How far a lane is trusted with the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It delivers.
    Proven = 0,
    /// Nothing was ever sent to it.
    New = 1,
    /// It has neither delivered nor failed for long.
    Unknown = 2,
    /// It times out, only probes, or gave no sign yet for too long.
    Ailing = 3,
}

impl Standing {
    const ALL: [Self; 4] = [Self::Proven, Self::New, Self::Unknown, Self::Ailing];
}

/// A ready lane's place: attempts in flight, its last turn, its number.
pub(super) type Place = (u32, u64, WebhookNo);

#[derive(Debug, Default)]
struct Class {
    slots: u32,
    bytes: u64,
    used_slots: u32,
    used_bytes: u64,
    ready: BTreeSet<Place>,
}

/// The budget and the ready lanes.
#[derive(Debug)]
pub(super) struct Budget {
    classes: [Class; 4],
}

impl Budget {
    pub(super) fn new(config: &SchedulerConfig) -> Self {
        let mut budget = Self { classes: Default::default() };
        budget.set_config(config);
        budget
    }

    /// Takes over other bounds.
    pub(super) fn set_config(&mut self, config: &SchedulerConfig) {
        for (class, of) in self.classes.iter_mut().zip([8, 7, 7, 4]) {
            class.slots = (config.global_in_flight.saturating_mul(of) / 8).max(1);
            class.bytes = config.bytes_in_flight.saturating_mul(u64::from(of)) / 8;
        }
    }

    /// What a lane holds of the budget, before a change and after it.
    pub(super) fn account(&mut self, old: (Standing, u32, u64), new: (Standing, u32, u64)) {
        if let Some(class) = self.classes.get_mut(old.0 as usize) {
            class.used_slots -= old.1;
            class.used_bytes -= old.2;
        }
        if let Some(class) = self.classes.get_mut(new.0 as usize) {
            class.used_slots += new.1;
            class.used_bytes += new.2;
        }
    }

    pub(super) fn insert(&mut self, standing: Standing, place: Place) {
        if let Some(class) = self.classes.get_mut(standing as usize) {
            class.ready.insert(place);
        }
    }

    pub(super) fn remove(&mut self, standing: Standing, place: Place) {
        if let Some(class) = self.classes.get_mut(standing as usize) {
            class.ready.remove(&place);
        }
    }

    /// The lane whose turn it is; `bytes` gives the size of a lane's next payload, `ticket` is the scheduler's count of
    /// starts.
    pub(super) fn pick(&self, ticket: u64, bytes: impl Fn(WebhookNo) -> u64) -> Option<WebhookNo> {
        let mut best: Option<Place> = None;
        let (mut used_slots, mut used_bytes) = (self.in_flight(), self.bytes());
        let (mut free, mut room) = (u32::MAX, u64::MAX);
        let young = self.young();
        for (class, standing) in self.classes.iter().zip(Standing::ALL) {
            free = free.min(class.slots.saturating_sub(used_slots));
            room = room.min(if used_slots == 0 { u64::MAX } else { class.bytes.saturating_sub(used_bytes) });
            used_slots -= class.used_slots;
            used_bytes -= class.used_bytes;
            let first = match standing {
                Standing::New | Standing::Unknown if young == 0 => None,
                Standing::New if ticket.is_multiple_of(2) => class.ready.last().map(|last| (0, 0, last.2)),
                _ => class.ready.first().copied(),
            };
            let Some(first) = first.filter(|place| place.0 < free) else { continue };
            if bytes(first.2) > room {
                // A large payload of a better standing is not overtaken for ever.
                break;
            }
            best = [best, Some(first)].into_iter().flatten().min();
        }
        best.map(|place| place.2)
    }

    /// Slots left for lanes of which nothing is known.
    fn young(&self) -> u32 {
        let [_, _, unknown, ailing] = &self.classes;
        let free = unknown.slots.saturating_sub(ailing.used_slots);
        let part = free.div_ceil(limits::YOUNG_PART).max(limits::YOUNG_LEAST.min(free.div_ceil(2)));
        part.saturating_sub(unknown.used_slots)
    }

    /// The lane that was served longest ago, and its last turn, whatever its standing, if anything is free at
    /// all.
    pub(super) fn pick_any(&self) -> Option<(WebhookNo, u64)> {
        let full = self.classes.first().is_some_and(|all| self.in_flight() >= all.slots);
        let firsts = self.classes.iter().filter_map(|class| class.ready.first());
        firsts.min_by_key(|place| place.1).filter(|_| !full).map(|place| (place.2, place.1))
    }

    /// Lanes that are ready.
    pub(super) fn ready(&self) -> usize {
        self.classes.iter().map(|class| class.ready.len()).sum()
    }

    /// Exchanges going on.
    pub(super) fn in_flight(&self) -> u32 {
        self.classes.iter().map(|class| class.used_slots).sum()
    }

    /// Their payload bytes.
    pub(super) fn bytes(&self) -> u64 {
        self.classes.iter().map(|class| class.used_bytes).sum()
    }
}
