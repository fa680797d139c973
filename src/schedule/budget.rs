//! The global budget, and the lanes that wait for a part of it.
//!
//! Lanes have a standing. Those that time out or only probe share a half of the budget; they and
//! the lanes that have not delivered anything yet share seven eighths; those that deliver may use
//! all of it. So however many receivers are dead, the living find slots. Within that, a lane may
//! start only while it has fewer attempts in flight than slots are free: a single lane never holds
//! more than half of what it could.
//!
//! Of the lanes that are ready, the one with the fewest attempts in flight goes first, and among
//! equals the one that was served longest ago: round robin, and equal shares where slots are short.

use std::collections::BTreeSet;

use crate::domain::id::WebhookNo;

use super::types::SchedulerConfig;

/// How far a lane is trusted with the budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It delivers.
    Proven = 0,
    /// It has neither delivered nor failed for long.
    Unknown = 1,
    /// It times out, or only probes.
    Ailing = 2,
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
    classes: [Class; 3],
}

impl Budget {
    pub(super) fn new(config: &SchedulerConfig) -> Self {
        let mut budget = Self { classes: Default::default() };
        budget.rebound(config);
        budget
    }

    /// Takes over other bounds.
    pub(super) fn rebound(&mut self, config: &SchedulerConfig) {
        for (class, of) in self.classes.iter_mut().zip([8, 7, 4]) {
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

    /// The lane whose turn it is; `bytes` tells a lane's next payload.
    pub(super) fn pick(&self, bytes: impl Fn(WebhookNo) -> u64) -> Option<WebhookNo> {
        let mut best: Option<Place> = None;
        let (mut used_slots, mut used_bytes) = (self.in_flight(), self.bytes());
        let (mut free, mut room) = (u32::MAX, u64::MAX);
        for class in &self.classes {
            free = free.min(class.slots.saturating_sub(used_slots));
            room = room.min(if used_slots == 0 { u64::MAX } else { class.bytes.saturating_sub(used_bytes) });
            used_slots -= class.used_slots;
            used_bytes -= class.used_bytes;
            let Some(first) = class.ready.first().copied().filter(|place| place.0 < free) else { continue };
            if bytes(first.2) > room {
                // A large payload of a better standing is not overtaken for ever.
                break;
            }
            best = [best, Some(first)].into_iter().flatten().min();
        }
        best.map(|place| place.2)
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
