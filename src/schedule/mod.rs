//! What to send next, as a value: it owns the lanes and decides; it performs nothing, reads no
//! clock, draws no randomness, touches no disk.
//!
//! The driver feeds it what the store committed, in the order of the commits, and the ends of
//! exchanges as they come ([`Scheduler::handle`], [`Scheduler::ended`]). Then it pulls
//! [`Scheduler::next`] until there is nothing more, and sleeps until [`Scheduler::next_wakeup`] or
//! until something happens. Time is the wall clock, because due times are; it may jump either way.
//! No row starts before its due time, and a rest of a lane never becomes longer than it was.
//!
//! The parts: [`types`] (what goes in and out), `window` (which rows are in memory, which may
//! start), `flights` (which are under way), `condition` (a receiver's health), `pace` (rests and
//! the token bucket), `lane` (these together), `budget` (whose turn it is), `board` (who is ready,
//! who waits), `offline` (whether there is a network), `status` (figures), `waiting` (why a row does not start).

mod board;
mod budget;
mod condition;
mod flights;
mod lane;
mod offline;
mod pace;
#[cfg(test)]
mod sim;
mod status;
#[cfg(test)]
mod tests;
pub mod types;
mod waiting;
mod window;

use std::collections::VecDeque;
use std::time::Duration;

use crate::domain::delivery::{DueKey, DueRow, Trigger};
use crate::domain::id::{NumberMap, Seq, WebhookNo};
use crate::domain::time::Timestamp;

use board::Board;
use condition::{Condition, End};
use lane::{Busy, Lane};
use offline::{Uplink, UplinkChange};
use pace::Bucket;
pub use types::{
    Action, Ended, Health, Input, Landed, LaneSettings, LaneStatus, RunChange, RunNews, SchedulerConfig,
    Snapshot,
};
use window::When;

/// The scheduler.
#[derive(Debug)]
pub struct Scheduler {
    config: SchedulerConfig,
    lanes: NumberMap<WebhookNo, Lane>,
    board: Board,
    /// Pages being read.
    loads: usize,
    uplink: Uplink,
    news: VecDeque<Action>,
    /// Counts starts.
    ticket: u64,
    /// Counts changes of runs of failures.
    run_changes: u64,
    draining: bool,
    /// The latest time seen: one before it means that the clock was set back.
    latest: Timestamp,
}

impl Scheduler {
    /// A scheduler without lanes.
    #[must_use]
    pub fn new(config: SchedulerConfig) -> Self {
        Self {
            config,
            lanes: NumberMap::default(),
            board: Board::new(&config),
            loads: 0,
            uplink: Uplink::default(),
            news: VecDeque::new(),
            ticket: 0,
            run_changes: 0,
            draining: false,
            latest: Timestamp::default(),
        }
    }

    /// Takes over other bounds. What is in flight beyond them goes on; nothing more starts until there
    /// is room.
    pub fn set_config(&mut self, config: SchedulerConfig, now: Timestamp) {
        self.config = config;
        self.board.budget.set_config(&config);
        let lanes: Vec<WebhookNo> = self.lanes.keys().copied().collect();
        lanes.into_iter().for_each(|webhook| self.reschedule(webhook, now));
    }

    /// Takes notice of something that was committed, or of the wish to drain. What concerns a
    /// lane that is not known is ignored.
    pub fn handle(&mut self, input: Input, now: Timestamp) {
        self.observe(now);
        let turn = self.first_turn();
        let webhook = match input {
            Input::LaneOpened { webhook, settings, disk_from, failing, waits } => {
                self.remove(webhook, now);
                let mut lane = Lane::new(settings);
                if let (Some(limit), Some(full_at)) = (settings.rate_limit, waits.tokens_full_at) {
                    lane.bucket = Bucket::kept(full_at, limit, now);
                }
                if disk_from.is_some() || failing.is_some() || waits.rests_until.is_some() {
                    let mut busy = Busy::new(&settings, disk_from, turn);
                    busy.condition = Condition::restored(failing, waits, &self.config, now);
                    lane.busy = Some(Box::new(busy));
                }
                lane.clamp(now);
                self.lanes.insert(webhook, lane);
                webhook
            }
            Input::LaneChanged { webhook, settings } => {
                let Some(lane) = self.lanes.get_mut(&webhook) else { return };
                lane.change(settings, now);
                webhook
            }
            Input::LaneRemoved { webhook } => return self.remove(webhook, now),
            Input::Committed { webhook, row } => {
                let Some(lane) = self.lanes.get_mut(&webhook) else { return };
                let row = row.clamped(now);
                let busy = lane.busy(turn);
                if row.trigger == Trigger::Manual && row.due <= now {
                    busy.condition.ask(now);
                    busy.window.place_first(row, &busy.flights);
                } else {
                    busy.window.place(row, &busy.flights);
                }
                webhook
            }
            Input::Withdrawn { webhook, event } => {
                let Some(busy) = self.busy(webhook) else { return };
                busy.window.withdraw(event, &busy.flights);
                webhook
            }
            Input::Page { webhook, from, rows, next } => {
                self.page(webhook, from, rows, next, now);
                webhook
            }
            Input::Settled { webhook, event, next } => {
                self.settle(webhook, event, next, now);
                webhook
            }
            Input::Drain => {
                self.draining = true;
                return;
            }
        };
        self.reschedule(webhook, now);
    }

    /// An exchange is over; its slot is free. Returns what that makes of its lane. Not spent are
    /// attempts that found no network while there is none, or while the lane only probes: a lost uplink
    /// costs no retries.
    pub fn ended(&mut self, webhook: WebhookNo, event: Seq, ended: Ended, now: Timestamp) -> Landed {
        self.observe(now);
        let landed = self.on_attempt_ended(webhook, event, ended, now);
        self.reschedule(webhook, now);
        landed
    }

    /// A row whose attempt was not made is due as before. It may have changed since it was started, so it is
    /// read again.
    pub fn returned(&mut self, webhook: WebhookNo, row: &DueRow, now: Timestamp) {
        self.observe(now);
        self.on_attempt_ended(webhook, row.key.event, Health::Neutral.into(), now);
        let Some(lane) = self.lanes.get_mut(&webhook) else { return };
        if let Some(limit) = lane.settings.rate_limit {
            lane.bucket.give_back(limit);
        }
        let Some(busy) = &mut lane.busy else { return };
        let flight = busy.flights.settle(row.key.event);
        busy.window.give_back(row);
        busy.window.key_left(flight.and_then(|flight| flight.order_key), &busy.flights);
        self.reschedule(webhook, now);
    }

    /// The attempt of a row that was started has to wait for something outside: meanwhile it takes no slot, and
    /// its row stays started.
    pub fn set_aside(&mut self, webhook: WebhookNo, event: Seq, now: Timestamp) {
        self.observe(now);
        let ticket = self.ticket;
        let Some(busy) = self.busy(webhook) else { return };
        if let Some(flight) = busy.flights.end(event, false) {
            self.uplink.ended(webhook, &flight, Health::Neutral, false, ticket, now);
        }
        self.reschedule(webhook, now);
    }

    /// Whether the attempt of a row that was set aside is made now; `None` if it is not to be made any more.
    pub fn resume(&mut self, webhook: WebhookNo, event: Seq, now: Timestamp) -> Option<bool> {
        self.observe(now);
        let full = self.board.budget.in_flight() >= self.config.global_in_flight;
        let lane = self.lanes.get_mut(&webhook)?;
        let may = lane.may_resume(&self.config, now) && !(full || self.draining);
        let busy = lane.busy.as_mut().filter(|busy| busy.flights.has(event))?;
        // Without a network it is made when it may be the probe: in a lane that keeps an order no other will be.
        let probes = !self.uplink.is_offline() || self.uplink.probes(busy.turn).is_some_and(|at| at <= now);
        let resumed = may && probes && busy.flights.resume(event, now);
        if resumed {
            self.uplink.began(webhook, event);
        }
        self.reschedule(webhook, now);
        Some(resumed)
    }

    /// The wall clock leapt ahead by so much, without that time having gone by.
    pub fn leapt(&mut self, by: Duration, now: Timestamp) {
        let mut active = Vec::new();
        for (webhook, lane) in &mut self.lanes {
            if let Some(busy) = &mut lane.busy {
                busy.condition.leapt(by);
                active.push(*webhook);
            }
        }
        self.latest = self.latest.max(now);
        active.into_iter().for_each(|webhook| self.reschedule(webhook, now));
    }

    /// What to do now; to be called until there is nothing more.
    pub fn next(&mut self, now: Timestamp) -> Option<Action> {
        self.observe(now);
        if let Some(action) = self.news.pop_front() {
            return Some(action);
        }
        if self.draining {
            return None;
        }
        while let Some((_, webhook)) = self.board.timer().filter(|(at, _)| *at <= now) {
            self.reschedule(webhook, now);
        }
        self.next_load(now).or_else(|| self.next_start(now))
    }

    /// The earliest time at which [`Scheduler::next`], having returned nothing, may return
    /// something without anything else happening.
    #[must_use]
    pub fn next_wakeup(&self) -> Option<Timestamp> {
        if self.draining {
            return None;
        }
        let timer = self.board.timer().map(|(at, _)| at);
        let probe = self.board.budget.pick_any().and_then(|(_, turn)| self.uplink.probes(turn));
        [timer, probe].into_iter().flatten().min()
    }

    fn busy(&mut self, webhook: WebhookNo) -> Option<&mut Busy> {
        self.lanes.get_mut(&webhook)?.busy.as_deref_mut()
    }

    /// Memory is scarce: lanes are kept small.
    fn is_scarce(&self) -> bool {
        self.board.rows > self.config.all_rows
    }

    /// Notices that the clock was set back: rare, so every lane is looked at.
    fn observe(&mut self, now: Timestamp) {
        if now < self.latest {
            self.uplink.clamp(now);
            let by = self.latest.since(now);
            let mut active = Vec::new();
            for (webhook, lane) in &mut self.lanes {
                lane.set_back(now, by);
                active.extend(lane.busy.is_some().then_some(*webhook));
            }
            active.into_iter().for_each(|webhook| self.reschedule(webhook, now));
        }
        self.latest = now;
    }

    fn next_load(&mut self, now: Timestamp) -> Option<Action> {
        while self.loads < self.config.lane_loads {
            let webhook = self.board.next_wanting()?;
            let scarce = self.is_scarce();
            let Some(lane) = self.lanes.get_mut(&webhook) else { continue };
            let wants = matches!(lane.load(&self.config, scarce, now), When::Now(()));
            let room = lane.room(&self.config, scarce, now);
            let Some(busy) = &mut lane.busy else { continue };
            busy.registered.queued = false;
            let asked = if wants { busy.window.ask(&busy.flights, room) } else { None };
            let Some((from, limit)) = asked else { continue };
            self.loads += 1;
            self.reschedule(webhook, now);
            return Some(Action::LoadPage { webhook, from, limit });
        }
        None
    }

    fn next_start(&mut self, now: Timestamp) -> Option<Action> {
        let offline = self.uplink.is_offline();
        loop {
            let webhook = if offline { self.pick_probe(now)? } else { self.pick()? };
            let lane = self.lanes.get_mut(&webhook)?;
            let launched = match lane.start(&self.config, now) {
                // Time went on, and another row than the noted one is first: its size matters.
                When::Now(at) if !lane.is_noted(at) => None,
                When::Now(at) => {
                    self.ticket += 1;
                    lane.launch(at, offline, self.ticket, now)
                }
                When::At(_) | When::Never => None,
            };
            self.reschedule(webhook, now);
            if let Some((row, probe)) = launched {
                self.uplink.began(webhook, row.key.event);
                return Some(Action::Start { webhook, row, probe });
            }
        }
    }

    fn pick_probe(&self, now: Timestamp) -> Option<WebhookNo> {
        let (webhook, turn) = self.board.budget.pick_any()?;
        self.uplink.probes(turn).filter(|at| *at <= now).map(|_| webhook)
    }

    fn pick(&self) -> Option<WebhookNo> {
        self.board.budget.pick(self.ticket, |webhook| {
            let busy = self.lanes.get(&webhook).and_then(|lane| lane.busy.as_ref());
            busy.map_or(0, |busy| busy.registered.bytes)
        })
    }

    fn page(
        &mut self,
        webhook: WebhookNo,
        from: DueKey,
        rows: Vec<DueRow>,
        next: Option<(DueKey, Timestamp)>,
        now: Timestamp,
    ) {
        let scarce = self.is_scarce();
        let Some(lane) = self.lanes.get_mut(&webhook) else { return };
        let room = lane.room(&self.config, scarce, now);
        let rows = rows.into_iter().map(|row| row.clamped(now)).collect();
        let Some(busy) = &mut lane.busy else { return };
        if busy.window.page(from, rows, next, &busy.flights, room) {
            self.loads -= 1;
        }
        busy.window.clamp(now);
    }

    /// A settlement without an end before it ends the exchange too.
    fn settle(&mut self, webhook: WebhookNo, event: Seq, next: Option<DueRow>, now: Timestamp) {
        self.on_attempt_ended(webhook, event, Health::Neutral.into(), now);
        let Some(lane) = self.lanes.get_mut(&webhook) else { return };
        let Some(busy) = &mut lane.busy else { return };
        let flight = busy.flights.settle(event);
        if let Some(row) = next {
            busy.window.place(row, &busy.flights);
            busy.window.clamp(now);
        }
        busy.window.key_left(flight.and_then(|flight| flight.order_key), &busy.flights);
    }

    /// The end of an exchange.
    fn on_attempt_ended(&mut self, webhook: WebhookNo, event: Seq, ended: Ended, now: Timestamp) -> Landed {
        let Ended { health, half_used, is_final } = ended;
        let unknown = Landed { spent: true, run: None, waits: None };
        let Some(lane) = self.lanes.get_mut(&webhook) else { return unknown };
        let cap = lane.cap(&self.config);
        let Some(busy) = &mut lane.busy else { return unknown };
        let Some(flight) = busy.flights.end(event, is_final) else { return unknown };
        let was_probing = busy.condition.is_probing();
        let own_fault = busy.condition.routeless || was_probing;
        let change = self.uplink.ended(webhook, &flight, health, own_fault, self.ticket, now);
        let no_network = matches!(health, Health::NoRoute | Health::Unresolved);
        let lost = no_network && self.uplink.is_offline();
        let end = End {
            health: if lost { Health::Neutral } else { health },
            flight: &flight,
            cap,
            disable_after: lane.settings.disable_after,
            half_used,
            config: &self.config,
            ticket: self.ticket + 1,
            now,
        };
        let news = busy.condition.note(&end);
        lane.proven |= health == Health::Success;
        self.news.extend(news.disable.map(|failing| Action::Disable { webhook, failing }));
        let run = news.run.map(|failing| {
            self.run_changes += 1;
            RunChange { order: self.run_changes, failing, news: news.news }
        });
        let waits = lane.waits(now);
        self.publish(change);
        Landed { spent: !(lost || no_network && was_probing), run, waits }
    }

    fn publish(&mut self, change: UplinkChange) {
        match change {
            UplinkChange::Same => {}
            UplinkChange::Lost => self.news.push_back(Action::Offline(true)),
            UplinkChange::Found { blame } => {
                self.news.push_back(Action::Offline(false));
                if let Some(lane) = blame.and_then(|webhook| self.lanes.get_mut(&webhook)) {
                    lane.busy(self.ticket).condition.routeless = true;
                }
            }
        }
    }

    fn remove(&mut self, webhook: WebhookNo, now: Timestamp) {
        self.uplink.removed(webhook, now);
        let Some(mut lane) = self.lanes.remove(&webhook) else { return };
        let Some(busy) = &mut lane.busy else { return };
        self.loads -= usize::from(busy.window.loading());
        self.board.forget(webhook, busy);
    }

    /// The turn of a lane that becomes active: behind the others. Without a network it is in
    /// front: the others were probed already.
    fn first_turn(&self) -> u64 {
        if self.uplink.is_offline() { 0 } else { self.ticket }
    }

    /// Notes again what a lane can do, after anything about it or the time changed.
    fn reschedule(&mut self, webhook: WebhookNo, now: Timestamp) {
        if let Some(lane) = self.lanes.get_mut(&webhook) {
            self.board.note(webhook, lane, &self.config, now);
        }
    }
}
