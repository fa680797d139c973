//! One test per rule.

use std::time::Duration;

use super::flights::Flights;
use super::window::Window;
use super::*;
use crate::domain::delivery::{DueKey, DueRow, Trigger};
use crate::domain::form::PayloadForm;
use crate::domain::profile::DisableAfter;
use crate::domain::waiting::{Waiting, WaitingFor};
use crate::domain::webhook::{Failing, Ordering, RateLimit, Waits};
use crate::limits;

mod clocks;
mod isolation;
mod offline;
mod order;
mod pages;
mod probes;
mod reasons;
mod starts;
const A: WebhookNo = WebhookNo(1);
const B: WebhookNo = WebhookNo(2);

fn at(ms: u64) -> Timestamp {
    Timestamp::from_millis(1_700_000_000_000 + ms)
}

fn row(event: u64, due: Timestamp) -> DueRow {
    DueRow {
        key: DueKey { order: due.as_millis(), event: Seq(event) },
        due,
        attempts: 0,
        order_key: None,
        trigger: Trigger::Scheduled,
        form: PayloadForm::Data,
        bytes: 100,
        wait: DueRow::UNKNOWN_WAIT,
    }
}

/// A row of a lane with an order.
fn ordered(event: u64, due: Timestamp, order_key: Option<u64>) -> DueRow {
    DueRow { key: DueKey { order: 0, event: Seq(event) }, order_key, ..row(event, due) }
}

/// A row that was made due so many seconds after it was decided on.
fn waiting(event: u64, due: Timestamp, wait: u32) -> DueRow {
    DueRow { wait, ..row(event, due) }
}

/// A scheduler and what a driver does with it.
struct Driver(Scheduler);

impl Driver {
    fn new(config: SchedulerConfig) -> Self {
        Self(Scheduler::new(config))
    }

    /// With the lanes A and B, which delivered before.
    fn with(settings: LaneSettings, config: SchedulerConfig) -> Self {
        let mut driver = Self::new(config);
        for lane in [A, B] {
            driver.open(lane, settings);
            driver.prove(lane);
        }
        driver
    }

    fn prove(&mut self, webhook: WebhookNo) {
        self.0.lanes.get_mut(&webhook).unwrap().proven = true;
    }

    fn open(&mut self, webhook: WebhookNo, settings: LaneSettings) {
        let opened =
            Input::LaneOpened { webhook, settings, disk_from: None, failing: None, waits: Waits::default() };
        self.0.handle(opened, at(0));
    }

    fn commit(&mut self, webhook: WebhookNo, row: DueRow) {
        let now = row.due.min(at(0));
        self.0.handle(Input::Committed { webhook, row }, now);
    }

    fn backlog(&mut self, webhook: WebhookNo, events: std::ops::Range<u64>) {
        events.for_each(|event| self.commit(webhook, row(event, at(0))));
    }

    fn actions(&mut self, now: Timestamp) -> Vec<Action> {
        std::iter::from_fn(|| self.0.next(now)).collect()
    }

    /// The attempts that start: lanes and events.
    fn starts(&mut self, now: Timestamp) -> Vec<(WebhookNo, u64)> {
        let started = |action| match action {
            Action::Start { webhook, row, .. } => Some((webhook, row.key.event.0)),
            _ => None,
        };
        self.actions(now).into_iter().filter_map(started).collect()
    }

    fn end(&mut self, webhook: WebhookNo, event: u64, health: Health, now: Timestamp) -> bool {
        self.0.ended(webhook, Seq(event), health.into(), now).spent
    }

    /// How the run of failures changed with an attempt that ends and is settled for good.
    fn run(&mut self, event: u64, health: Health, now: Timestamp) -> Option<RunChange> {
        let landed = self.0.ended(A, Seq(event), health.into(), now);
        self.settle(A, event, None, now);
        landed.run
    }

    fn settle(&mut self, webhook: WebhookNo, event: u64, next: Option<DueRow>, now: Timestamp) {
        self.0.handle(Input::Settled { webhook, event: Seq(event), next }, now);
    }

    /// An attempt ends and is settled for good.
    fn finish(&mut self, webhook: WebhookNo, event: u64, health: Health, now: Timestamp) -> bool {
        let spent = self.end(webhook, event, health, now);
        self.settle(webhook, event, None, now);
        spent
    }

    fn lane(&self, webhook: WebhookNo, now: Timestamp) -> LaneStatus {
        self.0.lane(webhook, now).unwrap()
    }
}

fn config() -> SchedulerConfig {
    SchedulerConfig { lane_in_flight: 4, breaker_after: 3, ..SchedulerConfig::default() }
}

fn plain() -> Driver {
    Driver::with(LaneSettings::default(), config())
}

fn ordering(ordering: Ordering) -> LaneSettings {
    LaneSettings { ordering, ..LaneSettings::default() }
}

fn failing(order: u64, since: Timestamp, attempts: u32) -> Option<RunChange> {
    Some(RunChange { order, failing: Some(Failing { since, attempts, warned: false }), news: None })
}

/// The run is over, and was known of.
fn recovered(order: u64) -> Option<RunChange> {
    Some(RunChange { order, failing: None, news: Some(RunNews::Recovered) })
}

/// Answers page requests from `disk` until nothing more is wanted; the events that started.
fn serve(driver: &mut Driver, disk: &[DueRow], now: Timestamp) -> Vec<u64> {
    let mut started = Vec::new();
    for _ in 0..1000 {
        match driver.0.next(now) {
            Some(Action::LoadPage { webhook, from, limit }) => {
                let mut rest = disk.iter().filter(|row| row.key >= from);
                let rows = rest.by_ref().take(limit).copied().collect();
                let next = rest.next().map(|row| (row.key, row.due));
                driver.0.handle(Input::Page { webhook, from, rows, next }, now);
            }
            Some(Action::Start { row, .. }) => started.push(row.key.event.0),
            Some(_) => {}
            None => return started,
        }
    }
    panic!("it has no end");
}
