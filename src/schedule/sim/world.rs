//! The fake daemon around the scheduler: a disk with one ordered writer, receivers with moods, an
//! operator, a clock that jumps, crashes. Everything follows from one seed.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use super::model::LaneModel;
use super::rng::Rng;
use crate::domain::delivery::{DueKey, DueRow, Trigger};
use crate::domain::form::PayloadForm;
use crate::domain::id::{Seq, WebhookNo};
use crate::domain::profile::DisableAfter;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Ordering, RateLimit, Waits};
use crate::schedule::{Health, Input, Landed, LaneSettings, Scheduler, SchedulerConfig};

/// A fault planted between the scheduler and the world, to show that the checks see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// The first lane's attempts are held back while others are under way.
    Unfair,
    /// Now and then the next try of a row is not reported.
    LostRetry,
    /// Now and then a row's end is reported as its settlement, before the commit.
    EarlySettle,
}

/// What a receiver is like at present.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Fine,
    Failing,
    Flaky,
    Dead,
    Throttling,
    RetryAfter,
    Unresolvable,
}

const MOODS: [Mood; 8] = [
    Mood::Fine,
    Mood::Fine,
    Mood::Failing,
    Mood::Flaky,
    Mood::Dead,
    Mood::Throttling,
    Mood::RetryAfter,
    Mood::Unresolvable,
];

/// What the writer is asked to commit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Command {
    Accept { lane: usize, row: DueRow },
    Settle { lane: usize, event: Seq, health: Health, is_final: bool, landed: Landed },
    Load { lane: usize, from: DueKey, limit: usize },
    UplinkChange { lane: usize, settings: LaneSettings },
    Disable { lane: usize },
    Remove { lane: usize },
    Cancel { lane: usize, nth: u64 },
    RetryNow { lane: usize, nth: u64 },
    Postpone { lane: usize, nth: u64, by: u64 },
    Open,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Happening {
    Commit,
    End { epoch: u32, lane: usize, event: Seq, attempt: u64 },
    Resume { epoch: u32, lane: usize, event: Seq },
    Arrivals,
    Operator,
    Weather,
    Jump,
    Crash,
}

pub(super) type Step = Result<(), String>;

pub(super) struct World {
    pub(super) rng: Rng,
    pub(super) fault: Option<Fault>,
    /// A run whose first lane is healthy and must never wait long for the dead.
    pub(super) fair: bool,
    pub(super) config: SchedulerConfig,
    pub(super) scheduler: Scheduler,
    pub(super) lanes: Vec<LaneModel>,
    pub(super) moods: Vec<Mood>,
    pub(super) no_network: bool,
    /// Monotonic milliseconds, and what the wall clock adds to them.
    pub(super) mono: u64,
    pub(super) wall: u64,
    pub(super) agenda: BinaryHeap<Reverse<(u64, u64, Happening)>>,
    pub(super) order: u64,
    pub(super) writer: VecDeque<Command>,
    pub(super) epoch: u32,
    pub(super) seq: u64,
    pub(super) attempts: u64,
    pub(super) offline: bool,
    pub(super) offline_probe: Option<(usize, Seq)>,
    /// Starts that a planted fault holds back.
    pub(super) held: Vec<(usize, DueRow)>,
    pub(super) calm: bool,
    pub(super) starts: u64,
}

impl World {
    pub(super) fn new(seed: u64, fault: Option<Fault>) -> Self {
        let mut rng = Rng(seed);
        let fair = fault == Some(Fault::Unfair) || fault.is_none() && rng.one_in(3);
        let config = SchedulerConfig {
            global_in_flight: if fair { 16 } else { u32::try_from(rng.between(1, 24)).unwrap() },
            lane_in_flight: u32::try_from(rng.between(1, 8)).unwrap(),
            bytes_in_flight: if fair || rng.one_in(2) { 1 << 30 } else { rng.between(500, 5000) },
            lane_rows: usize::try_from(rng.pick(&[1, 2, 3, 8, 16, 40])).unwrap(),
            all_rows: usize::try_from(rng.pick(&[20, 1000])).unwrap(),
            lane_loads: usize::try_from(rng.between(1, 4)).unwrap(),
            breaker_after: u32::try_from(rng.between(1, 6)).unwrap(),
            probe_max: Duration::from_secs(rng.pick(&[4, 60])),
        };
        let mut world = Self {
            fault,
            fair,
            config,
            scheduler: Scheduler::new(config),
            lanes: Vec::new(),
            moods: Vec::new(),
            no_network: false,
            mono: 0,
            wall: 1_700_000_000_000,
            agenda: BinaryHeap::new(),
            order: 0,
            writer: VecDeque::new(),
            epoch: 0,
            seq: 0,
            attempts: 0,
            offline: false,
            offline_probe: None,
            held: Vec::new(),
            calm: false,
            starts: 0,
            rng,
        };
        world.populate();
        world
    }

    fn populate(&mut self) {
        let least = if self.fair { 10 } else { 2 };
        for lane in 0..self.rng.between(least, 12) {
            self.add_lane(self.fair && lane == 0);
        }
        let plan = [Happening::Arrivals, Happening::Operator, Happening::Weather];
        plan.into_iter().for_each(|what| self.plan(0, what));
        if !self.fair {
            let (jump, crash) = (self.rng.between(1_000, 400_000), self.rng.between(1_000, 400_000));
            self.plan(jump, Happening::Jump);
            self.plan(crash, Happening::Crash);
        }
    }

    pub(super) fn add_lane(&mut self, healthy: bool) {
        let rng = &mut self.rng;
        let mut settings = LaneSettings::default();
        if !healthy {
            settings.ordering = rng.pick(&[Ordering::None, Ordering::Webhook, Ordering::Key]);
            settings.max_in_flight = rng.one_in(3).then(|| u32::try_from(rng.between(1, 12)).unwrap());
            #[expect(clippy::cast_precision_loss, reason = "small")]
            if rng.one_in(4) {
                let per_second = rng.between(1, 200) as f64 / 4.0;
                let burst = u32::try_from(rng.between(1, 5)).unwrap();
                settings.rate_limit = Some(RateLimit { per_second, burst });
            }
            settings.disable_after = rng.one_in(3).then(|| DisableAfter {
                failing_for: Duration::from_secs(rng.between(1, 300)),
                attempts: u32::try_from(rng.between(1, 20)).unwrap(),
            });
        }
        self.moods.push(if healthy { Mood::Fine } else { self.rng.pick(&MOODS) });
        let lane = self.lanes.len();
        let mut model = LaneModel::new(settings);
        model.counted = self.wall_now().as_millis();
        self.lanes.push(model);
        let webhook = number(lane);
        let waits = Waits::default();
        let opened = Input::LaneOpened { webhook, settings, disk_from: None, failing: None, waits };
        self.input(opened);
    }

    /// Runs a stretch of trouble, then a calm in which everything must be delivered.
    pub(super) fn run(&mut self) -> Step {
        let trouble = self.rng.between(60_000, 400_000);
        while self.mono < trouble {
            self.step()?;
        }
        self.calm_down();
        for _ in 0..60_000 {
            if self.lanes.iter().all(|lane| lane.disk.is_empty()) && self.writer.is_empty() {
                return Ok(());
            }
            self.step()?;
        }
        Err("rows are left after a long calm".to_owned())
    }

    fn calm_down(&mut self) {
        self.calm = true;
        self.no_network = false;
        self.moods.fill(Mood::Fine);
        for lane in 0..self.lanes.len() {
            let settings = LaneSettings { paused: false, ..self.lanes[lane].settings };
            self.commit_later(Command::UplinkChange { lane, settings });
        }
    }

    /// The next thing that happens, be it planned or the scheduler's own wake-up.
    fn step(&mut self) -> Step {
        let planned = self.agenda.peek().map(|Reverse((at, ..))| *at);
        let wakeup = self.scheduler.next_wakeup().map(|at| self.mono_of(at));
        match (planned, wakeup) {
            (None, None) => return Err("nothing will ever happen again".to_owned()),
            (Some(planned), wakeup) if wakeup.is_none_or(|wakeup| planned <= wakeup) => {
                let Some(Reverse((at, _, what))) = self.agenda.pop() else { return Ok(()) };
                self.mono = self.mono.max(at);
                self.happen(what)?;
            }
            (_, wakeup) => self.wake(wakeup.unwrap_or(self.mono))?,
        }
        self.pull()?;
        self.check()
    }

    /// Nothing may come before the wake-up.
    fn wake(&mut self, at: u64) -> Step {
        if at > self.mono + 1 && self.rng.one_in(2) {
            self.mono = at - 1;
            if let Some(action) = self.scheduler.next(self.wall_now()) {
                return Err(format!("before the wake-up came {action:?}"));
            }
        }
        self.mono = self.mono.max(at);
        Ok(())
    }

    fn happen(&mut self, what: Happening) -> Step {
        match what {
            Happening::Commit => self.commit(),
            Happening::End { epoch, lane, event, attempt } => {
                if epoch == self.epoch {
                    self.end(lane, event, attempt)?;
                }
            }
            Happening::Resume { epoch, lane, event } if epoch == self.epoch => self.resume(lane, event)?,
            Happening::Arrivals => self.arrive(),
            Happening::Operator => self.operate(),
            Happening::Weather => self.weather(),
            Happening::Jump if !self.calm => {
                let by = self.rng.pick(&[50, 5_000, 600_000, 90_000_000]);
                let by = self.rng.below(by);
                let before = self.wall_now().as_millis();
                self.wall = if self.rng.one_in(2) { self.wall + by } else { self.wall - by };
                let after = self.wall_now().as_millis();
                for lane in &mut self.lanes {
                    lane.not_before = 0;
                    lane.set_back |= after < before;
                    lane.count_tokens(before);
                    lane.count_tokens(after);
                }
                let later = self.rng.between(1_000, 400_000);
                self.plan(later, Happening::Jump);
            }
            Happening::Crash if !self.calm => {
                self.crash();
                let later = self.rng.between(1_000, 400_000);
                self.plan(later, Happening::Crash);
            }
            Happening::Jump | Happening::Crash | Happening::Resume { .. } => {}
        }
        Ok(())
    }

    fn arrive(&mut self) {
        if self.calm {
            return;
        }
        let most = if self.rng.one_in(10) { 60 } else { 4 };
        for _ in 0..self.rng.between(1, most) {
            let lane = self.some_lane();
            if self.fair && lane == 0 && self.rng.one_in(2) {
                continue;
            }
            let due = self.wall_now();
            self.seq += 1;
            let event = Seq(self.seq);
            let row = DueRow {
                key: self.lanes[lane].key(event, due),
                due,
                attempts: 0,
                order_key: (!self.rng.one_in(6)).then(|| self.rng.below(5)),
                trigger: Trigger::Scheduled,
                form: PayloadForm::Data,
                bytes: u32::try_from(self.rng.between(1, 400)).unwrap(),
                wait: 0,
            };
            self.commit_later(Command::Accept { lane, row });
        }
        let later = self.rng.between(1, 3_000);
        self.plan(later, Happening::Arrivals);
    }

    fn operate(&mut self) {
        if self.calm {
            return;
        }
        let lane = self.some_lane();
        let settings = self.lanes[lane].settings;
        let nth = self.rng.next();
        let command = match self.rng.below(if self.fair && lane == 0 { 0 } else { 20 }) {
            1..=4 => Command::UplinkChange { lane, settings: LaneSettings { paused: true, ..settings } },
            5..=8 => Command::UplinkChange { lane, settings: LaneSettings { paused: false, ..settings } },
            9 => {
                let max_in_flight = Some(u32::try_from(self.rng.between(1, 6)).unwrap());
                Command::UplinkChange { lane, settings: LaneSettings { max_in_flight, ..settings } }
            }
            10 => Command::Remove { lane },
            11 if self.lanes.len() < 16 => Command::Open,
            12..=14 => Command::Cancel { lane, nth },
            15..=17 => Command::RetryNow { lane, nth },
            18 => Command::Postpone { lane, nth, by: nth % 100_000 },
            _ => return self.plan(1_000, Happening::Operator),
        };
        self.commit_later(command);
        let later = self.rng.between(100, 20_000);
        self.plan(later, Happening::Operator);
    }

    fn weather(&mut self) {
        if self.calm {
            return;
        }
        let lane = self.some_lane();
        if !(self.fair && lane == 0) {
            self.moods[lane] = self.rng.pick(&MOODS);
        }
        if !self.fair {
            self.no_network = self.rng.one_in(if self.no_network { 2 } else { 8 });
        } else {
            // A fair run has a network throughout, names included.
            self.moods.iter_mut().filter(|mood| **mood == Mood::Unresolvable).for_each(|m| *m = Mood::Dead);
        }
        let later = self.rng.between(1_000, 60_000);
        self.plan(later, Happening::Weather);
    }

    /// The process dies: what was not committed is gone; a new scheduler learns the lanes' heads.
    fn crash(&mut self) {
        self.epoch += 1;
        self.writer.clear();
        self.scheduler = Scheduler::new(self.config);
        (self.offline, self.offline_probe) = (false, None);
        self.held.clear();
        let now = self.wall_now();
        for lane in 0..self.lanes.len() {
            let model = &mut self.lanes[lane];
            if model.removed {
                continue;
            }
            model.forget();
            let disk_from = model.disk.iter().next().map(|(key, row)| (*key, row.clamped(now).due));
            let (settings, failing, waits) = (model.settings, model.failing, model.waits);
            self.input(Input::LaneOpened { webhook: number(lane), settings, disk_from, failing, waits });
        }
    }

    pub(super) fn some_lane(&mut self) -> usize {
        usize::try_from(self.rng.below(self.lanes.len() as u64)).unwrap()
    }

    pub(super) fn input(&mut self, input: Input) {
        let now = self.wall_now();
        self.scheduler.handle(input, now);
    }

    pub(super) fn plan(&mut self, later: u64, what: Happening) {
        self.order += 1;
        self.agenda.push(Reverse((self.mono + later, self.order, what)));
    }

    pub(super) fn wall_now(&self) -> Timestamp {
        Timestamp::from_millis(self.wall + self.mono)
    }

    fn mono_of(&self, at: Timestamp) -> u64 {
        at.as_millis().saturating_sub(self.wall)
    }
}

pub(super) fn number(lane: usize) -> WebhookNo {
    WebhookNo(u32::try_from(lane).unwrap())
}
