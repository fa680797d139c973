//! Where lanes are noted: their part of the budget, the ready ones, those that wait for a time,
//! those that want a page. A decision looks here and never walks through the lanes.

use std::collections::{BTreeSet, VecDeque};

use crate::domain::id::WebhookNo;
use crate::domain::time::Timestamp;

use super::budget::{Budget, Place, Standing};
use super::lane::{Busy, Lane};
use super::types::SchedulerConfig;
use super::window::When;

/// The notes about all lanes.
#[derive(Debug)]
pub(super) struct Board {
    pub(super) budget: Budget,
    /// When a lane may have something to do again; one entry per lane at most.
    timers: BTreeSet<(Timestamp, WebhookNo)>,
    /// Lanes that want a page, first come first served; may name lanes that no longer do.
    wanting: VecDeque<WebhookNo>,
    /// Waiting rows in memory.
    pub(super) rows: usize,
}

impl Board {
    pub(super) fn new(config: &SchedulerConfig) -> Self {
        Self { budget: Budget::new(config), timers: BTreeSet::new(), wanting: VecDeque::new(), rows: 0 }
    }

    /// The earliest timer.
    pub(super) fn timer(&self) -> Option<(Timestamp, WebhookNo)> {
        self.timers.first().copied()
    }

    /// The lane whose turn it is to read a page.
    pub(super) fn next_wanting(&mut self) -> Option<WebhookNo> {
        self.wanting.pop_front()
    }

    /// Notes again what a lane holds and can do.
    pub(super) fn note(
        &mut self,
        webhook: WebhookNo,
        lane: &mut Lane,
        config: &SchedulerConfig,
        now: Timestamp,
    ) {
        let scarce = self.rows > config.all_rows;
        let room = lane.room(config, scarce, now);
        let Some(busy) = &mut lane.busy else { return };
        busy.window.trim(room);
        if lane.is_idle(now) {
            if let Some(mut busy) = lane.busy.take() {
                self.forget(webhook, &mut busy);
            }
            return;
        }
        let start = lane.start(config, now);
        let load = lane.load(config, scarce, now);
        let (standing, silent) = (lane.standing(now), lane.silent_at(now));
        let Some(busy) = &mut lane.busy else { return };
        self.account(busy, standing);
        let place =
            matches!(start, When::Now(_)).then(|| (standing, (busy.flights.in_air(), busy.turn, webhook)));
        if let When::Now(at) = start {
            busy.registered.bytes = busy.window.get(at).map_or(0, |row| u64::from(row.bytes));
        }
        self.set_place(busy, place);
        self.set_timer(webhook, busy, earliest(&start, &load).into_iter().chain(silent).min());
        if matches!(load, When::Now(())) && !busy.registered.queued {
            busy.registered.queued = true;
            self.wanting.push_back(webhook);
        }
    }

    /// Takes a lane out of every list.
    pub(super) fn forget(&mut self, webhook: WebhookNo, busy: &mut Busy) {
        self.set_place(busy, None);
        self.set_timer(webhook, busy, None);
        let (standing, ..) = busy.registered.share;
        self.budget.account(busy.registered.share, (standing, 0, 0));
        self.rows -= busy.registered.rows;
    }

    fn account(&mut self, busy: &mut Busy, standing: Standing) {
        let share = (standing, busy.flights.in_air(), busy.flights.bytes());
        self.budget.account(busy.registered.share, share);
        busy.registered.share = share;
        self.rows = self.rows - busy.registered.rows + busy.window.len();
        busy.registered.rows = busy.window.len();
    }

    fn set_place(&mut self, busy: &mut Busy, place: Option<(Standing, Place)>) {
        if busy.registered.place != place {
            if let Some((standing, place)) = busy.registered.place {
                self.budget.remove(standing, place);
            }
            if let Some((standing, place)) = place {
                self.budget.insert(standing, place);
            }
            busy.registered.place = place;
        }
    }

    fn set_timer(&mut self, webhook: WebhookNo, busy: &mut Busy, timer: Option<Timestamp>) {
        if busy.registered.timer != timer {
            if let Some(at) = busy.registered.timer {
                self.timers.remove(&(at, webhook));
            }
            if let Some(at) = timer {
                self.timers.insert((at, webhook));
            }
            busy.registered.timer = timer;
        }
    }
}

fn earliest(start: &When<usize>, load: &When<()>) -> Option<Timestamp> {
    let start = if let When::At(at) = start { Some(*at) } else { None };
    let load = if let When::At(at) = load { Some(*at) } else { None };
    [start, load].into_iter().flatten().min()
}
